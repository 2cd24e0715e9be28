"""Learn complaint and intensity in two steps: heads over the words, then a stack over what the heads say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from app.analysis import stack
from app.analysis.stack import COMPLAINS, Stack
from app.text.features import Features, Floats, Ints
from app.text.linear import Head
from app.training import classifiers
from app.training.classifiers import FOLDS, Fitted
from app.training.corpus import Labelled

STRENGTH = 0.1  # inverse regularisation of the stack
Model: TypeAlias = LinearSVC | LogisticRegression
UNSEEN = -1.0  # the margin of a label no text of a fold has


@dataclass(frozen=True, slots=True)
class Stacked:
    """The heads, and the second step's weights with their biases as the last row, not yet over columns."""

    heads: Mapping[str, Fitted]
    complaint: Floats
    level: Floats

    def over(self, heads: Mapping[str, Head]) -> Stack:
        """Return the stack once the heads have found their columns."""
        return Stack.over(heads, self.complaint, self.level)


def train(features: Features, texts: Sequence[Labelled], strip: Callable[[str], str]) -> Stacked:
    """Learn every head from the texts that have its label, and the second step from those that have all.

    `strip` removes degree adverbs: intensity is learnt without them, so that it cannot order them wrong.
    """
    complete = [t for t in texts if t.types and t.complaint is not None and t.level is not None]
    partial = [t for t in texts if not t.types or t.complaint is None or t.level is None]  # what agents corrected
    lessons = [
        _lesson(features, "complaint", complete, partial, lambda t: _said(t.complaint), str),
        _lesson(features, "level", complete, partial, lambda t: _said(t.level), strip),
        _lesson(features, "both", complete, partial, _both, str),
    ]
    heads = {one.name: classifiers.fitted(one.name, one.fit(np.arange(len(complete)))) for one in lessons}
    asked = lessons[:2]  # what the second step answers, each asked about the text as its own head reads it
    unseen: dict[str, list[Floats]] = {answer.name: [] for answer in asked}
    order: list[Ints] = []
    for here, there in GroupKFold(FOLDS).split(complete, groups=np.array([t.group for t in complete])):
        models = {one.name: one.fit(here) for one in lessons}
        order.append(there)
        for answer in asked:
            unseen[answer.name].append(np.hstack(list(_scores(models, heads, answer.data[there]))))
    rows = np.concatenate(order)
    first = sum(len(head.labels) for head in heads.values()) - len(heads["both"].labels)
    loud = np.char.endswith(np.array(heads["both"].labels), COMPLAINS)
    complained, named = first + np.flatnonzero(loud), first + np.flatnonzero(~loud)
    second = []
    for answer in asked:
        raw = np.vstack(unseen[answer.name])
        inputs = np.c_[raw, stack.margin(raw, complained, named)]
        second.append(_second(inputs, answer.targets[rows], answer.counts[rows]))
    return Stacked(heads, second[0][:, 0], second[1])


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What one head learns from: the first `complete` rows have every label, and the second step is tried on them."""

    name: str
    data: csr_matrix
    targets: Floats
    counts: Floats
    complete: int

    def fit(self, here: Ints) -> Model:
        """Learn from these of the complete rows and from all others."""
        rows = np.r_[here, np.arange(self.complete, len(self.targets))]
        return classifiers.model(self.name).fit(self.data[rows], self.targets[rows], self.counts[rows])


def _lesson(
    features: Features,
    name: str,
    complete: Sequence[Labelled],
    partial: Sequence[Labelled],
    label: Callable[[Labelled], str | None],
    edit: Callable[[str], str],
) -> _Lesson:
    rows = [*complete, *(t for t in partial if label(t) is not None)]
    data = classifiers.matrix(features, [edit(t.text) for t in rows])
    counts = np.array([t.weight for t in rows])
    return _Lesson(name, data, np.array([label(t) for t in rows]), counts, len(complete))


def _both(text: Labelled) -> str | None:
    return text.types[0] + COMPLAINS * text.complaint if text.types and text.complaint is not None else None


def _said(label: object) -> str | None:
    return None if label is None else str(label)


def _scores(models: Mapping[str, Model], heads: Mapping[str, Fitted], data: csr_matrix) -> Iterator[Floats]:
    """Yield the margins of each head's labels, in the order of the labels of the heads learnt from everything."""
    for name, model in models.items():
        labels, margins = heads[name].labels, model.decision_function(data).reshape(data.shape[0], -1)
        if len(labels) == 1:
            yield margins
            continue
        place = {str(label): i for i, label in enumerate(model.classes_)}
        absent = np.full(data.shape[0], UNSEEN)
        yield np.stack([margins[:, place[label]] if label in place else absent for label in labels], axis=1)


def _second(inputs: Floats, targets: Floats, counts: Floats) -> Floats:
    """Return the weights over the inputs as they come, (inputs + 1, labels), the biases as the last row."""
    level = StandardScaler().fit(inputs, sample_weight=counts)
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(level.transform(inputs), targets, sample_weight=counts)
    weights = model.coef_ / level.scale_
    return np.vstack([weights.T, model.intercept_ - weights @ level.mean_]).astype(np.float32)

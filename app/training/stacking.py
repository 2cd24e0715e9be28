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
from app.analysis.stack import COMPLAINS, INPUTS, Stack
from app.text.features import Features, Floats
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
    """Learn from every text with a topic, a complaint label and a level.

    `strip` removes degree adverbs: intensity is learnt without them, so that it cannot order them wrong.
    """
    rows = [t for t in texts if t.types and t.complaint is not None and t.level is not None]
    whole = classifiers.matrix(features, [t.text for t in rows])
    bare = classifiers.matrix(features, [strip(t.text) for t in rows])
    counts = np.array([t.weight for t in rows])
    targets = {
        "complaint": np.array([str(t.complaint) for t in rows]),
        "level": np.array([str(t.level) for t in rows]),
        "both": np.array([t.types[0] + COMPLAINS * bool(t.complaint) for t in rows]),
    }
    learnt = {"complaint": whole, "level": bare, "both": whole}
    heads = {n: _fitted(n, classifiers.model(n).fit(learnt[n], targets[n], counts)) for n in INPUTS}
    asked = {"complaint": whole, "level": bare}  # what each of the two answers is asked about
    unseen = {n: np.zeros((len(rows), sum(len(h.labels) for h in heads.values())), np.float32) for n in asked}
    for here, there in GroupKFold(FOLDS).split(whole, groups=np.array([t.group for t in rows])):
        models = {n: classifiers.model(n).fit(learnt[n][here], targets[n][here], counts[here]) for n in INPUTS}
        for answer, data in asked.items():
            unseen[answer][there] = np.hstack(list(_scores(models, heads, data[there])))
    labels = np.array([label for head in heads.values() for label in head.labels])
    both = np.arange(len(labels)) >= len(labels) - len(heads["both"].labels)
    loud = np.char.endswith(labels, COMPLAINS)
    second = [
        _second(
            np.c_[raw, stack.margin(raw, np.flatnonzero(both & loud), np.flatnonzero(both & ~loud))], targets[n], counts
        )
        for n, raw in unseen.items()
    ]
    return Stacked(heads, second[0][:, 0], second[1])


def _fitted(name: str, model: Model) -> Fitted:
    two = len(model.classes_) == 2
    weights = np.asarray(model.coef_, dtype=np.float32).T
    labels = (name,) if two else tuple(map(str, model.classes_))
    return Fitted(labels, weights, np.asarray(model.intercept_, dtype=np.float32), independent=two)


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

"""Learn complaint, intensity and risks in two steps: heads over the words, then a stack over what the heads say."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    risk: Floats

    def over(self, heads: Mapping[str, Head]) -> Stack:
        """Return the stack once the heads have found their columns."""
        return Stack.over(heads, self.complaint, self.level, self.risk)


@dataclass(frozen=True, slots=True)
class Cues:
    """What the second step reads of risks beside the heads.

    `risks` are the labels; `shown` returns which of them a cue names in a cleaned text, ones and zeros in that order.
    `unread` are the authors whose messages nobody read while cues were written: on the others' a cue is right more
    often than it will be, so the second step learns risks from these alone, from all where there are none.
    """

    risks: Sequence[str]
    shown: Callable[[str], Floats]
    unread: Collection[str] = ()


def train(features: Features, texts: Sequence[Labelled], strip: Callable[[str], str], cues: Cues) -> Stacked:
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
    shape = len(complete), sum(len(head.labels) for head in heads.values())
    unseen = {answer.name: np.zeros(shape, dtype=np.float32) for answer in asked}
    for here, there in GroupKFold(FOLDS).split(complete, groups=np.array([t.group for t in complete])):
        models = {one.name: one.fit(here) for one in lessons}
        for answer in asked:
            unseen[answer.name][there] = np.hstack(list(_scores(models, heads, answer.data[there])))
    count = len(heads["both"].labels)
    loud = np.char.endswith(np.array(heads["both"].labels), COMPLAINS)
    inputs = {}
    for name, raw in unseen.items():
        both = raw[:, -count:]
        inputs[name] = np.c_[raw, stack.margin(both, np.flatnonzero(loud), np.flatnonzero(~loud))]
    second = [_second(inputs[one.name], one.targets[: len(complete)], one.counts[: len(complete)]) for one in asked]
    read = inputs["complaint"]  # risks are read in the text as it is
    common = _Common(
        stack.chance(read @ second[0][:-1] + second[0][-1]),
        read @ second[1][:-1] + second[1][-1],
        read[:, -count - 1 : -1],
        stack.topics_of(heads["both"].labels),
    )
    head, risk = _risks(features, complete, partial, cues, common)
    return Stacked({**heads, "risks": head}, second[0][:, 0], second[1], risk)


@dataclass(frozen=True, slots=True)
class _Common:
    """What out-of-fold heads and the second step say of the complete texts, a row each."""

    complains: Floats
    levels: Floats
    both: Floats
    topics: Floats

    def seen(self, rows: Ints, shown: Floats) -> Floats:
        """Return what every risk is judged by beside its own score, as the served stack puts it together."""
        levels = stack.shares(self.levels[rows])
        return stack.seen(shown, self.complains[rows], levels, self.both[rows], self.topics)


def _risks(
    features: Features, complete: Sequence[Labelled], partial: Sequence[Labelled], cues: Cues, common: _Common
) -> tuple[Fitted, Floats]:
    """Return the head of the risks and the second step's weights over it, (inputs + 2, risks)."""
    more = [(t.text, t.risks) for t in partial if t.risks is not None]
    rows = [(t.text, t.risks) for t in complete]
    known = np.array([t.risks is not None for t in complete], dtype=np.bool_)
    groups = np.array([t.group for t in complete])
    unread = known & np.isin(groups, list(cues.unread))
    asked = np.flatnonzero(unread if unread.any() else known)

    def fit(here: Ints) -> Fitted:
        lesson = [(text, named) for text, named in (rows[i] for i in here) if named is not None]
        return classifiers.fit_independent(features, "risks", lesson + more, cues.risks)

    head = fit(np.arange(len(complete)))
    width = len(cues.risks)
    shown = np.array([cues.shown(rows[i][0]) for i in asked], dtype=np.float32).reshape(-1, width)
    seen = common.seen(asked, shown)
    weights = np.zeros((seen.shape[1] + 2, width), dtype=np.float32)
    weights[0] = 1  # without a second step a risk is judged by its own score
    if len(set(groups[asked])) < FOLDS:
        return head, weights
    own = np.zeros((len(asked), width), dtype=np.float32)
    for _, there in GroupKFold(FOLDS).split(asked, groups=groups[asked]):
        model = fit(np.setdiff1d(np.arange(len(complete)), asked[there]))
        texts = [rows[i][0] for i in asked[there]]
        own[there] = classifiers.matrix(features, texts) @ model.grams + model.bias
    even = np.ones(len(asked), dtype=np.float32)
    for column, name in enumerate(cues.risks):
        targets = np.array([name in (rows[i][1] or ()) for i in asked])
        if targets.sum() >= classifiers.MIN_POSITIVES:
            weights[:, column] = _second(np.c_[own[:, column], seen], targets, even)[:, 0]
    return head, weights


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

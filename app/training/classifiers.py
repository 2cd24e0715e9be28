"""Train the linear heads with scikit-learn and keep only their arrays."""

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from app.text.features import Features, Floats, ngrams
from app.text.linear import Head, Weights
from app.training.corpus import Labelled

MIN_DOCUMENTS = 2
STRENGTH = {
    "topics": 0.8,
    "both": 0.8,
    "complaint": 20.0,
    "level": 20.0,
    "risks": 20.0,
    "demands": 10.0,
}  # inverse regularisation, chosen by grouped cross-validation
FOLDS = 5
SEED = 20261123  # liblinear visits the texts in random order: the same texts give the same weights
MIN_POSITIVES = 8
NEVER = -20.0


@dataclass(frozen=True, slots=True)
class Fitted:
    """One head before its columns find their place: `grams` is (vocabulary, labels), `bias` (labels,)."""

    labels: tuple[str, ...]
    grams: Floats
    bias: Floats
    scale: float = 1.0
    independent: bool = False


def joined(features: Features, fitted: Mapping[str, Fitted]) -> tuple[Weights, dict[str, Head]]:
    """Put the heads' weights side by side."""
    firsts = np.cumsum([0, *(len(part.labels) for part in fitted.values())]).tolist()
    heads = {
        name: Head(part.labels, first, part.scale, part.independent)
        for (name, part), first in zip(fitted.items(), firsts, strict=False)
    }
    grams = np.hstack([part.grams for part in fitted.values()]).astype(np.float32)
    bias = np.concatenate([part.bias for part in fitted.values()]).astype(np.float32)
    return Weights.rounded(features, grams, bias), heads


def fit_independent(
    features: Features, name: str, rows: Sequence[tuple[str, tuple[str, ...]]], terms: Iterable[str]
) -> Fitted:
    """Fit one logistic regression per label that occurs often enough; the others always answer no."""
    labels = tuple(terms)
    weights = np.zeros((features.size, len(labels)), dtype=np.float32)
    bias = np.full(len(labels), NEVER, dtype=np.float32)
    if rows:
        data = matrix(features, [text for text, _ in rows])
        for column, label in enumerate(labels):
            targets = np.array([label in named for _, named in rows])
            if targets.sum() >= MIN_POSITIVES:
                model = LogisticRegression(C=STRENGTH[name], max_iter=400).fit(data, targets)
                weights[:, column], bias[column] = model.coef_[0], model.intercept_[0]
    return Fitted(labels, weights, bias, independent=True)


def vocabulary(texts: Sequence[str]) -> Features:
    """Return the n-grams that occur in at least MIN_DOCUMENTS texts with their inverse document frequencies."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(ngrams(text)))
    grams = sorted(gram for gram, count in counts.items() if count >= MIN_DOCUMENTS)
    idf = np.array([np.log((1 + len(texts)) / (1 + counts[g])) + 1 for g in grams], dtype=np.float32)
    return Features(np.array(grams, dtype=np.str_), idf)


def matrix(features: Features, texts: Sequence[str]) -> csr_matrix:
    """Return the feature matrix, shape (len(texts), vocabulary)."""
    readings = [features.read(text) for text in texts]
    starts = np.cumsum([0, *(len(r.ids) for r in readings)])
    values, ids = np.concatenate([r.values for r in readings]), np.concatenate([r.ids for r in readings])
    return csr_matrix((values, ids, starts), shape=(len(texts), features.size))


def fit(features: Features, name: str, texts: Sequence[str], labels: Sequence[str], rows: Sequence[Labelled]) -> Fitted:
    """Fit one head and calibrate its temperature on out-of-fold scores, folds split by group."""
    data, targets = matrix(features, texts), np.array(labels)
    counts = np.array([row.weight for row in rows])
    scale = _temperature(name, data, targets, counts, np.array([row.group for row in rows]))
    return fitted(name, model(name).fit(data, targets, sample_weight=counts), scale)


def fitted(name: str, learnt: LinearSVC | LogisticRegression, scale: float = 1.0) -> Fitted:
    """Return the arrays of a head; of two labels, False and True, one column tells both and has the head's name."""
    two = len(learnt.classes_) == 2
    labels = (name,) if two else tuple(map(str, learnt.classes_))
    weights = np.asarray(learnt.coef_, dtype=np.float32).T
    return Fitted(labels, weights, np.asarray(learnt.intercept_, dtype=np.float32), scale, independent=two)


def model(name: str) -> LinearSVC | LogisticRegression:
    """Many labels with few texts each are told apart best by a margin; the temperature makes it a probability."""
    if name in ("topics", "both"):
        return LinearSVC(C=STRENGTH[name], random_state=SEED)
    return LogisticRegression(C=STRENGTH[name], max_iter=400, class_weight="balanced" if name == "complaint" else None)


def _temperature(name: str, data: csr_matrix, targets: Floats, counts: Floats, groups: Floats) -> float:
    """Return the scale that makes out-of-fold probabilities most likely (grid search over one number)."""
    scores, truth = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for train_rows, test_rows in GroupKFold(FOLDS).split(data, targets, groups):
            learnt = model(name).fit(data[train_rows], targets[train_rows], sample_weight=counts[train_rows])
            known = np.isin(targets[test_rows], learnt.classes_)
            raw = learnt.decision_function(data[test_rows][known])
            scores.append(np.stack([-raw / 2, raw / 2], axis=1) if raw.ndim == 1 else raw)
            truth.append(np.searchsorted(learnt.classes_, targets[test_rows][known]))
    grid = np.geomspace(0.3, 12, 50)
    losses = [sum(_loss(raw * scale, rows) for raw, rows in zip(scores, truth, strict=True)) for scale in grid]
    return float(grid[int(np.argmin(losses))])


def _loss(scores: Floats, truth: Floats) -> float:
    top = scores.max(axis=1, keepdims=True)
    logs = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
    return float(-logs[np.arange(len(truth)), truth].sum())

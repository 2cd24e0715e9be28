"""Linear heads over Features: calibrated probabilities, and the stretch of text that moved a decision."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.text.features import Features, Floats, Reading


@dataclass(frozen=True, slots=True)
class Scored:
    """A text's features and the raw score of every label of every head."""

    reading: Reading
    raw: Floats


@dataclass(frozen=True, slots=True)
class Head:
    """One classifier: `labels` are columns `first`, `first + 1`, … of the weights all heads share.

    `independent` heads judge every label on its own (logistic); the others choose among their labels (softmax).
    `scale` is the temperature of the calibrated probabilities (Guo et al. 2017, "On Calibration of Modern Neural
    Networks").
    """

    labels: tuple[str, ...]
    first: int
    scale: float = 1.0
    independent: bool = False

    def probabilities(self, scored: Scored) -> Floats:
        """Return calibrated probabilities: they sum to 1 unless the head is independent."""
        scores = scored.raw[self.first : self.first + len(self.labels)] * self.scale
        if self.independent:
            return np.asarray(1 / (1 + np.exp(-scores)), dtype=np.float32)
        shifted = np.exp(scores - scores.max())
        return np.asarray(shifted / shifted.sum(), dtype=np.float32)

    def chance(self, score: float) -> float:
        """Return the calibrated probability of one label of an independent head from its raw score."""
        return 1 / (1 + math.exp(-max(score * self.scale, -500.0)))


class Weights:
    """The weights of all heads side by side: `grams` × `scale` is (vocabulary, all labels), `bias` (all labels,).

    A byte a weight, scaled per label, is a quarter of the memory and four times as quick to gather as half precision
    was to widen; it changes no decision that matters (docs/evaluation.md). Sums are made in single precision.
    """

    def __init__(self, features: Features, grams: NDArray[np.int8], scale: Floats, bias: Floats) -> None:
        self.features = features
        self.grams = grams
        self.scale = scale
        self.bias = bias

    @classmethod
    def rounded(cls, features: Features, grams: Floats, bias: Floats) -> "Weights":
        """Return weights learnt in full precision, (vocabulary, all labels), as bytes."""
        scale = np.maximum(np.abs(grams).max(axis=0, initial=0.0), np.float32(1e-6)) / np.float32(127)
        return cls(features, np.round(grams / scale).astype(np.int8), scale.astype(np.float32), bias)

    def read(self, text: str) -> Scored:
        """Return features and scores of one cleaned text."""
        return self.scored(self.features.read(text))

    def scored(self, reading: Reading) -> Scored:
        """Return the score of every label for a text's features."""
        rows = self.grams[reading.ids].astype(np.float32)
        return Scored(reading, self.bias + (reading.values @ rows) * self.scale)

    def score(self, reading: Reading, label: int) -> float:
        """Return the score of one label (a column of the weights): a hundred times less work than all of them."""
        return float(self.bias[label] + (reading.values @ self.grams[reading.ids, label]) * self.scale[label])

    def evidence(self, scored: Scored, head: Head, label: int) -> tuple[int, int] | None:
        """Return the stretch (start, end) whose n-grams speak most for a label, or None when nothing does."""
        reading = scored.reading
        which, places, sizes = reading.layout
        if not reading.length or not len(which):
            return None
        column = self.grams[reading.ids, head.first + label].astype(np.float32) * reading.values
        column *= self.scale[head.first + label] / np.bincount(which, minlength=len(column))
        weights = (column[which] / sizes).astype(np.float64)
        starts = np.maximum(places, 0)
        ends = np.minimum(places + sizes, reading.length)
        steps = np.bincount(starts, weights=weights, minlength=reading.length + 1)
        steps -= np.bincount(ends, weights=weights, minlength=reading.length + 1)
        return _heaviest(np.cumsum(steps)[:-1].tolist())


def _heaviest(weights: Sequence[float]) -> tuple[int, int] | None:
    """Return the contiguous stretch with the largest sum once the typical weight is taken off (Kadane's algorithm)."""
    positive = [w for w in weights if w > 1e-9]
    if not positive:
        return None
    toll = 0.5 * sum(positive) / len(positive)
    best, best_sum, start, running = None, 0.0, 0, 0.0
    for i, weight in enumerate(weights):
        if running <= 0:
            start, running = i, 0.0
        running += weight - toll
        if running > best_sum:
            best, best_sum = (start, i + 1), running
    return best

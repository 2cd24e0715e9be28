"""Linear heads over Features: scores, calibrated probabilities, and the stretch of text that moved a decision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.analysis.features import Floats, Reading


@dataclass(frozen=True, slots=True)
class Head:
    """One classifier: `grams` is (vocabulary, classes), `dense` is (encoder dimension, classes), `bias` (classes,).

    `independent` heads judge every label on its own (logistic); the others choose among their labels (softmax).
    `scale` is the temperature of the calibrated softmax (Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """

    labels: tuple[str, ...]
    grams: Floats
    dense: Floats
    bias: Floats
    scale: float = 1.0
    independent: bool = False

    def scores(self, reading: Reading) -> Floats:
        """Return one raw score per label."""
        scores = self.bias + reading.values @ self.grams[reading.ids]
        if self.dense.shape[0] and reading.vector.shape[0]:
            scores = scores + reading.vector @ self.dense
        return np.asarray(scores, dtype=np.float32)

    def probabilities(self, reading: Reading) -> Floats:
        """Return calibrated probabilities: they sum to 1 unless the head is independent."""
        scores = self.scores(reading) * self.scale
        if self.independent:
            return np.asarray(1 / (1 + np.exp(-scores)), dtype=np.float32)
        shifted = np.exp(scores - scores.max())
        return np.asarray(shifted / shifted.sum(), dtype=np.float32)

    def evidence(self, reading: Reading, label: int) -> tuple[int, int] | None:
        """Return the stretch (start, end) whose n-grams speak most for `label`, or None when nothing does."""
        if not reading.length:
            return None
        weights = np.zeros(reading.length, dtype=np.float32)
        column = self.grams[reading.ids, label] * reading.values
        for ident, weight in zip(reading.ids.tolist(), column.tolist(), strict=True):
            spots = reading.places[ident]
            for start, end in spots:
                weights[start:end] += weight / (len(spots) * (end - start))
        return _heaviest(weights.tolist())


def _heaviest(weights: Sequence[float]) -> tuple[int, int] | None:
    """Return the contiguous stretch with the largest sum once the typical weight is taken off (Kadane's algorithm)."""
    positive = [w for w in weights if w > 0]
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

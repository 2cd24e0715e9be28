"""The heads that read a customer message (index/classifier/)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.text import heads as store
from app.text.linear import Head, Scored, Weights

HEADS = ("topics", "complaint", "level", "risks", "demands")


@dataclass(frozen=True, slots=True)
class Classifier:
    """The heads over one set of weights."""

    weights: Weights
    topics: Head
    complaint: Head
    level: Head
    risks: Head
    demands: Head

    def read(self, text: str) -> Scored:
        """Return features and raw scores of one cleaned text."""
        return self.weights.read(text)


def load(folder: Path) -> Classifier:
    """Load the heads. Raises IndexUnusable when a file is missing, torn or of another format."""
    weights, heads = store.load(folder, HEADS)
    return Classifier(weights, **heads)


def save(folder: Path, classifier: Classifier, notes: Mapping[str, object]) -> None:
    """Write the heads."""
    store.save(folder, classifier.weights, {name: getattr(classifier, name) for name in HEADS}, notes)

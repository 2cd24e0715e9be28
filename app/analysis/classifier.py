"""The heads that read a customer message (index/classifier/)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.analysis import moves as turns
from app.analysis import stack as stacks
from app.analysis.moves import Moves
from app.analysis.stack import Stack
from app.text import heads as store
from app.text.linear import Head, Scored, Weights

MOVES = "moves"
HEADS = ("topics", *stacks.INPUTS, "risks", "demands")


@dataclass(frozen=True, slots=True)
class Classifier:
    """The heads over one set of weights, and what reads a running talk; None while that is being learnt."""

    weights: Weights
    topics: Head
    complaint: Head
    level: Head
    both: Head
    risks: Head
    demands: Head
    stack: Stack
    moves: Moves | None = None

    def read(self, text: str) -> Scored:
        """Return features and raw scores of one cleaned text."""
        return self.weights.read(text)


def load(folder: Path) -> Classifier:
    """Load the heads. Raises IndexUnusable when a file is missing, torn or of another format."""
    weights, heads = store.load(folder, HEADS)
    stack = stacks.load(folder, heads, store.notes(folder)["sha256"])
    return Classifier(weights, **heads, stack=stack, moves=turns.load(folder / MOVES))


def save(folder: Path, classifier: Classifier, notes: Mapping[str, object]) -> None:
    """Write the heads."""
    store.save(folder, classifier.weights, {name: getattr(classifier, name) for name in HEADS}, notes)
    stacks.save(folder, classifier.stack, store.notes(folder)["sha256"])
    if classifier.moves is not None:
        turns.save(folder / MOVES, classifier.moves, notes)

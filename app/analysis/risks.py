"""Risk signals: guarded lexicons, and a model for indirect wording; each with the words that show it."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from app.analysis.classifier import Classifier
from app.analysis.cues import CueFinder, CueList
from app.errors import ContentError
from app.library.documents import read
from app.library.taxonomy import Taxonomy
from app.records import Label, NormalText
from app.text.features import Floats
from app.text.linear import Scored

HEARD = 0.35  # probability from which a risk counts; chosen on writers left out (docs/decisions/0015)


class _RiskEntry(CueList):
    id: str
    always: bool = False
    heard: Annotated[float, Field(gt=0, le=1)] = HEARD


class RiskCues:
    """The words that name a risk, and the harmless longer expressions they must not be taken from."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        document = read(path)
        entries = document.entries("risks", _RiskEntry)
        for i, entry in enumerate(entries):
            if entry.id not in taxonomy.risks:
                raise ContentError(f"词表里没有风险 {entry.id}", path, document.line(("risks", i, "id")), "id")
        self._ids = tuple(entry.id for entry in entries)
        self.always = frozenset(entry.id for entry in entries if entry.always)
        self.heard_from = {entry.id: entry.heard for entry in entries}
        self._finder = CueFinder(entries)

    def find(self, text: str) -> dict[str, list[tuple[int, int]]]:
        """Return where each risk that a cue names shows in a cleaned text."""
        places: dict[int, list[tuple[int, int]]] = {}
        for hit in self._finder.find(text):
            places.setdefault(hit.group, []).append((hit.start, hit.end))
        return {self._ids[group]: spots for group, spots in sorted(places.items())}


def flags(labels: Sequence[str], shown: Collection[str]) -> Floats:
    """Return 1 for each label that is shown, else 0."""
    return np.array([label in shown for label in labels], dtype=np.float32)


class RiskReader:
    """Finds the risk signals of one message."""

    def __init__(self, path: Path, taxonomy: Taxonomy, classifier: Classifier) -> None:
        self._cues = RiskCues(path, taxonomy)
        self._classifier = classifier
        self._head = classifier.risks
        self._names = taxonomy.risks

    def read(self, normal: NormalText, scored: Scored) -> tuple[Label, ...]:
        """Return each risk once, those a cue names first, with the places that show it.

        How far cue and model can be believed together, the stack knows: "我是律师" may only say what somebody is. A cue
        of what is dangerous to miss counts in any case, and is then given the least confidence that counts.
        """
        places = self._cues.find(normal.text)
        labels = self._head.labels
        chances = self._classifier.stack.risks(scored.raw, flags(labels, places.keys())).tolist()
        found = [
            self._label(normal, scored, i, chances[i], places.get(ident))
            for i, ident in enumerate(labels)
            if chances[i] >= self._cues.heard_from.get(ident, HEARD) or (ident in places and ident in self._cues.always)
        ]
        return tuple(sorted(found, key=lambda label: label.id not in places))

    def _label(
        self, normal: NormalText, scored: Scored, index: int, chance: float, places: list[tuple[int, int]] | None
    ) -> Label:
        ident = self._head.labels[index]
        if places is None:
            stretch = self._classifier.weights.evidence(scored, self._head, index)
            places = [stretch] if stretch else []
        spans = tuple(normal.span(start, end) for start, end in places)
        return Label(ident, self._names[ident], round(max(chance, HEARD), 3), spans)

"""Risk signals: guarded lexicons, and a model for indirect wording; each with the words that show it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.analysis.classifier import Classifier
from app.analysis.cues import CueFinder, CueList
from app.errors import ContentError
from app.library.documents import read
from app.library.taxonomy import Taxonomy
from app.records import Label, NormalText
from app.text.linear import Scored

HEARD = 0.2  # probability from which a risk counts that no cue names, where its entry does not say otherwise
DENIED = 0.06  # probability under which a cue is taken for a harmless use of its words


class _RiskEntry(CueList):
    id: str
    always: bool = False
    heard: Annotated[float, Field(gt=0, le=1)] = HEARD


class RiskReader:
    """Finds the risk signals of one message."""

    def __init__(self, path: Path, taxonomy: Taxonomy, classifier: Classifier) -> None:
        self._classifier = classifier
        self._head = classifier.risks
        document = read(path)
        entries = document.entries("risks", _RiskEntry)
        for i, entry in enumerate(entries):
            if entry.id not in taxonomy.risks:
                raise ContentError(f"词表里没有风险 {entry.id}", path, document.line(("risks", i, "id")), "id")
        self._ids = tuple(entry.id for entry in entries)
        self._always = frozenset(entry.id for entry in entries if entry.always)
        self._heard_from = {entry.id: entry.heard for entry in entries}
        self._names = taxonomy.risks
        self._finder = CueFinder(entries)

    def read(self, normal: NormalText, scored: Scored) -> tuple[Label, ...]:
        """Return each risk once: those the lexicon shows, then those only the model hears, with their places.

        The model has the last word on a cue: where it hears nothing at all, "我是律师" only says what somebody is.
        """
        chances = dict(zip(self._head.labels, self._head.probabilities(scored).tolist(), strict=True))
        shown = self._named(normal)
        named = tuple(label for label in shown if label.id in self._always or chances[label.id] >= DENIED)
        known = {label.id for label in shown}
        heard = [(i, ident) for i, ident in enumerate(self._head.labels) if ident not in known]
        return named + tuple(
            self._heard(normal, scored, i, chances[ident])
            for i, ident in heard
            if chances[ident] >= self._heard_from.get(ident, HEARD)
        )

    def _heard(self, normal: NormalText, scored: Scored, index: int, chance: float) -> Label:
        ident = self._head.labels[index]
        stretch = self._classifier.weights.evidence(scored, self._head, index)
        return Label(ident, self._names[ident], round(chance, 3), (normal.span(*stretch),) if stretch else ())

    def _named(self, normal: NormalText) -> tuple[Label, ...]:
        places: dict[int, list[tuple[int, int]]] = {}
        for hit in self._finder.find(normal.text):
            places.setdefault(hit.group, []).append((hit.start, hit.end))
        return tuple(
            Label(self._ids[group], self._names[self._ids[group]], 1.0, tuple(normal.span(*p) for p in spots))
            for group, spots in sorted(places.items())
        )

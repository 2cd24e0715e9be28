"""Risk signals: guarded lexicons, each hit with the words that show it."""

from pathlib import Path

from app.analysis.cues import CueFinder, CueList
from app.errors import ContentError
from app.library.documents import read
from app.library.taxonomy import Taxonomy
from app.records import Label, NormalText


class _RiskEntry(CueList):
    id: str


class RiskReader:
    """Finds the risk signals of one message."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        document = read(path)
        entries = document.entries("risks", _RiskEntry)
        for i, entry in enumerate(entries):
            if entry.id not in taxonomy.risks:
                raise ContentError(f"词表里没有风险 {entry.id}", path, document.line(("risks", i, "id")), "id")
        self._ids = tuple(entry.id for entry in entries)
        self._names = taxonomy.risks
        self._finder = CueFinder(entries)

    def read(self, normal: NormalText) -> tuple[Label, ...]:
        """Return each risk once, in taxonomy order of the file, with every place that shows it."""
        places: dict[int, list[tuple[int, int]]] = {}
        for hit in self._finder.find(normal.text):
            places.setdefault(hit.group, []).append((hit.start, hit.end))
        return tuple(
            Label(self._ids[group], self._names[self._ids[group]], 1.0, tuple(normal.span(*p) for p in spots))
            for group, spots in sorted(places.items())
        )

"""What the customer wants done."""

from pathlib import Path

from app.analysis.cues import CueFinder, CueList
from app.errors import ContentError
from app.library.documents import Document, read
from app.library.taxonomy import Taxonomy
from app.records import Label, NormalText
from app.text.linear import Head, Scored

MAX_DEMANDS = 3
NAMED = 0.35  # what a cue adds to the model's probability
ENOUGH = 0.45
IMPLIED = 0.5  # confidence of a demand that the topic implies but nobody said


class _DemandEntry(CueList):
    id: str


class DemandReader:
    """Finds demands in words; a complaint that names none gets the one its topic implies."""

    def __init__(self, path: Path, taxonomy: Taxonomy, head: Head) -> None:
        self._head = head
        document = read(path)
        entries = document.entries("demands", _DemandEntry)
        self._ids = tuple(entry.id for entry in entries)
        self._names = taxonomy.demands
        self._finder = CueFinder(entries)
        self._defaults = _defaults(document, taxonomy, self._ids)

    def read(self, normal: NormalText, scored: Scored, topic: str | None, complaint: bool) -> tuple[Label, ...]:
        """Return up to three demands, most certain first: cues and the model count together."""
        places: dict[str, list[tuple[int, int]]] = {}
        for hit in self._finder.find(normal.text):
            places.setdefault(self._ids[hit.group], []).append((hit.start, hit.end))
        chances = dict(zip(self._head.labels, self._head.probabilities(scored).tolist(), strict=True))
        weights = {d: chances[d] + (NAMED if d in places else 0.0) for d in chances}
        found = [
            Label(d, self._names[d], round(min(1.0, w), 3), tuple(normal.span(*p) for p in places.get(d, [])))
            for d, w in sorted(weights.items(), key=lambda item: (-item[1], item[0]))
            if w >= ENOUGH
        ]
        implied = self._defaults.get(topic or "")
        if not found and implied and (complaint or implied == "information"):
            found = [Label(implied, self._names[implied], IMPLIED)]
        return tuple(found[:MAX_DEMANDS])


def _defaults(document: Document, taxonomy: Taxonomy, ids: tuple[str, ...]) -> dict[str, str]:
    defaults: dict[str, str] = dict(document.data.get("defaults") or {})
    for i, ident in enumerate(ids):
        if ident not in taxonomy.demands:
            raise ContentError(f"词表里没有诉求 {ident}", document.path, document.line(("demands", i, "id")), "id")
    for topic, demand in defaults.items():
        if topic not in taxonomy.types or demand not in taxonomy.demands:
            raise ContentError(
                f"{topic}: {demand} 不在词表里", document.path, document.line(("defaults", topic)), topic
            )
    return defaults

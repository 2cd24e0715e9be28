"""Analysis → Plan: which technique fits now, why, and what comes next. The table is knowledge/plan.yaml."""

from pathlib import Path

from app.errors import ContentError
from app.library.documents import Entry, read
from app.library.taxonomy import Taxonomy
from app.records import SEVERITIES, Analysis, Plan


class _Row(Entry):
    technique: str
    reason: str
    next: str | None = None
    complaint: bool | None = None
    stages: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    min_emotion: int = 0
    max_emotion: int = 4
    min_severity: str = "none"


class TechniqueTable:
    """Reads the table from the top; the first row whose conditions all hold gives the plan."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        document = read(path)
        self._rows = document.entries("plan", _Row)
        self._names = taxonomy.techniques
        for i, row in enumerate(self._rows):
            unknown = [t for t in (row.technique, row.next) if t is not None and t not in taxonomy.techniques]
            unknown += [s for s in row.stages if s not in taxonomy.stages]
            unknown += [d for d in row.demands if d not in taxonomy.demands]
            unknown += [t for t in row.types if not any(_covers(t, known) for known in taxonomy.types)]
            unknown += [row.min_severity] if row.min_severity not in taxonomy.severity else []
            if unknown:
                raise ContentError(f"词表里没有 {unknown[0]}", path, document.line(("plan", i)), "plan")
        if not self._rows or _conditions(self._rows[-1]):
            raise ContentError("最后一行必须没有条件，保证总有一种技巧", path, None, "plan")

    def plan(self, analysis: Analysis) -> Plan:
        """Return the technique for the next reply; `alternatives` are the techniques of further rows that also hold."""
        held = [row for row in self._rows if _holds(row, analysis)]
        row = held[0]
        others = tuple(dict.fromkeys(r.technique for r in held[1:] if r.technique != row.technique))
        return Plan(row.technique, self._names[row.technique], row.reason, row.next, others)


def _covers(pattern: str, ident: str) -> bool:
    """A pattern that ends with a dot names a whole domain."""
    return ident.startswith(pattern) if pattern.endswith(".") else ident == pattern


def _conditions(row: _Row) -> bool:
    return bool(
        row.complaint is not None
        or row.stages
        or row.types
        or row.demands
        or row.signals
        or row.min_emotion
        or row.max_emotion < 4
        or row.min_severity != "none"
    )


def _holds(row: _Row, analysis: Analysis) -> bool:
    level = analysis.emotion.level
    primary = analysis.types[0].id if analysis.types else ""
    return (
        row.complaint in (None, analysis.is_complaint)
        and row.min_emotion <= level <= row.max_emotion
        and SEVERITIES.index(analysis.severity.level) >= SEVERITIES.index(row.min_severity)
        and (not row.stages or analysis.stage in row.stages)
        and (not row.types or any(_covers(t, primary) for t in row.types))
        and (not row.demands or any(d.id in row.demands for d in analysis.demands))
        and (not row.signals or any(s in row.signals for s in analysis.signals))
    )

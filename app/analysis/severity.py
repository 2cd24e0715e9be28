"""How serious the case is: the highest floor that applies over the whole conversation, with the reasons."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import ContentError
from app.library.documents import Entry, read
from app.library.taxonomy import Taxonomy
from app.records import SEVERITIES, Severity


class _Floor(Entry):
    to: str
    reason: str
    complaint: bool = False
    always: bool = False
    min_emotion: int = 0
    risks: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    with_risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What the whole conversation shows: any complaint in it, its strongest emotion, all risks and topics."""

    complaint: bool
    emotion: int
    risks: Collection[str]
    types: Collection[str]


class SeverityTable:
    """The floors of knowledge/severity.yaml; docs/spec of the scale is taxonomy.yaml."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        document = read(path)
        self._floors = document.entries("floors", _Floor)
        self._risk_names: Mapping[str, str] = dict(document.data.get("risk_names") or {})
        self._grades = taxonomy.severity
        self._types = taxonomy.types
        for i, floor in enumerate(self._floors):
            unknown = [r for r in (*floor.risks, *floor.with_risks) if r not in taxonomy.risks]
            unknown += [t for t in floor.types if t not in taxonomy.types]
            if unknown or floor.to not in taxonomy.severity:
                raise ContentError(f"不在词表里：{unknown or floor.to}", path, document.line(("floors", i)), "floors")

    def grade(self, case: Case) -> Severity:
        """Return the highest floor that applies; `none` when no floor does. Reasons: those of the level reached."""
        met = [floor for floor in self._floors if _applies(floor, case)]
        level = max((floor.to for floor in met), key=SEVERITIES.index, default="none")
        grade = self._grades[level]
        reasons = tuple(dict.fromkeys(self._reason(floor, case) for floor in met if floor.to == level))
        return Severity(
            level,
            grade.name,
            reasons,
            grade.first_response_min,
            grade.second_contact_h,
            grade.red_alert_min,
            grade.departments,
        )

    def _reason(self, floor: _Floor, case: Case) -> str:
        risks = "、".join(self._risk_names.get(r, r) for r in floor.risks if r in case.risks)
        types = "、".join(self._types[t] for t in floor.types if t in case.types)
        return floor.reason.replace("{risks}", risks).replace("{types}", types)


def _applies(floor: _Floor, case: Case) -> bool:
    if floor.complaint and not (case.complaint or floor.always):
        return False
    return (
        case.emotion >= floor.min_emotion
        and (not floor.risks or any(r in case.risks for r in floor.risks))
        and (not floor.types or any(t in case.types for t in floor.types))
        and (not floor.with_risks or any(r in case.risks for r in floor.with_risks))
    )

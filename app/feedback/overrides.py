"""A draft that goes out against the check's advice: who let it, why, and which rules objected."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.errors import NotNeeded, WrongCode
from app.feedback.keeping import keepable
from app.feedback.supervisor import Supervisor
from app.records import Check
from app.storage import overrides as rows
from app.storage.database import Database
from app.storage.tables import OverrideRow

Who = Literal["agent", "supervisor"]


@dataclass(frozen=True, slots=True)
class Override:
    """`severity` is the verdict that was overridden; `checked` is False when the check itself had failed.

    `text` and `reason` are masked; `rule_ids` are the rules that objected, in the order of their places.
    """

    id: int
    at: str
    who: Who
    severity: Literal["confirm", "block"]
    checked: bool
    rule_ids: tuple[str, ...]
    text: str
    reason: str


class Overrides:
    """Decides and remembers; every method is one transaction. Thread-safe."""

    def __init__(
        self, database: Database, supervisor: Supervisor, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._supervisor = supervisor
        self._clock = clock

    def record(self, text: str, check: Check, reason: str, code: str | None = None) -> Override:
        """Keep an override of `check`, our own check of `text`.

        Raises NotNeeded for a draft that passes; for a block, and whenever a code is given, what `Supervisor.confirm`
        raises. A wrong code leaves a row in the audit log.
        """
        if check.verdict in ("pass", "hint"):
            raise NotNeeded("这条草稿可以直接发送，不需要说明理由")
        if check.verdict == "block" or code is not None:
            self._confirm(code)
        with self._database.write(serial=True) as session:
            return _override(rows.append(session, self._clock(), _row(text, check, reason, code is not None)))

    def page(self, before: int | None, limit: int) -> tuple[tuple[Override, ...], str | None]:
        """Return up to `limit` overrides older than `before`, newest first, and the next cursor or None."""
        with self._database.read() as session:
            found = [_override(row) for row in rows.page(session, before, limit + 1)]
        return tuple(found[:limit]), (str(found[limit - 1].id) if len(found) > limit else None)

    def _confirm(self, code: str | None) -> None:
        try:
            self._supervisor.confirm(code)
        except WrongCode:
            with self._database.write(serial=True) as session:
                rows.refused(session, self._clock())
            raise


def _row(text: str, check: Check, reason: str, supervised: bool) -> OverrideRow:
    objected = dict.fromkeys(f.rule_id for f in check.findings if f.severity != "hint")
    return OverrideRow(
        who="supervisor" if supervised else "agent",
        severity=check.verdict,
        checked=check.checked,
        rule_ids=list(objected),
        text=keepable(text),
        reason=keepable(reason),
    )


def _override(row: OverrideRow) -> Override:
    who: Who = "supervisor" if row.who == "supervisor" else "agent"
    severity: Literal["confirm", "block"] = "block" if row.severity == "block" else "confirm"
    return Override(row.id, row.at, who, severity, row.checked, tuple(row.rule_ids), row.text, row.reason)

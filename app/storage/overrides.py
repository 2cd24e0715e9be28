"""Overrides on disk: each row and its audit row are written in one transaction, so neither exists without the other."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from app.storage import audit
from app.storage.tables import AuditRow, OverrideRow, timestamp

ACTION = "override"
How = Literal["altered", "removed", "unrecorded"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """An override that differs from what the audit log says was written: changed, gone, or never written down."""

    id: int
    how: How


def append(session: Session, at: datetime, row: OverrideRow) -> OverrideRow:
    """Add a row and its audit row in the caller's transaction, which must be a serial write."""
    row.at = timestamp(at)
    session.add(row)
    session.flush()
    facts = {"severity": row.severity, "rule_ids": row.rule_ids, "sha256": digest(row)}
    audit.append(session, at, row.who, f"{ACTION}.{row.severity}", str(row.id), facts)
    return row


def refused(session: Session, at: datetime) -> None:
    """Write down that somebody gave a wrong supervisor code; the code itself is kept nowhere."""
    audit.append(session, at, "unknown", f"{ACTION}.refused", "", {"why": "wrong supervisor code"})


def page(session: Session, before: int | None, limit: int) -> list[OverrideRow]:
    """Return up to `limit` rows older than `before` (None: from the newest), newest first."""
    query = select(OverrideRow).order_by(OverrideRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(OverrideRow.id < before)
    return list(session.scalars(query))


def first_misfit(session: Session) -> Misfit | None:
    """Return the first override that is not as the audit log says, None when all are; the log itself must be whole."""
    query = select(AuditRow.target, AuditRow.detail).where(AuditRow.action.startswith(f"{ACTION}."))
    written = {int(target): facts["sha256"] for target, facts in session.execute(query) if "sha256" in facts}
    found = _digests(session)
    for ident in sorted(written.keys() | found.keys()):
        if found.get(ident) != written.get(ident):
            how: How = "removed" if ident not in found else "altered" if ident in written else "unrecorded"
            return Misfit(ident, how)
    return None


def count(session: Session) -> int:
    """Return how many overrides there are."""
    return session.scalar(select(func.count()).select_from(OverrideRow)) or 0


def digest(row: OverrideRow) -> str:
    """Return the fingerprint of a whole row: with the audit chain it shows that the row was not altered later."""
    return _digest([row.id, row.at, row.who, row.severity, row.checked, row.rule_ids, row.text, row.reason])


def _digests(session: Session) -> dict[int, str]:
    """Return the fingerprints of all rows as they are now, whatever somebody wrote into them."""
    row, raw = OverrideRow, cast(OverrideRow.rule_ids, Text)
    query = select(row.id, row.at, row.who, row.severity, row.checked, raw, row.text, row.reason)
    found: dict[int, str] = {}
    for ident, at, who, severity, checked, rule_ids, text, reason in session.execute(
        query.execution_options(yield_per=500)
    ):
        found[ident] = _digest([ident, at, who, severity, checked, audit.from_json(rule_ids), text, reason])
    return found


def _digest(body: list[object]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

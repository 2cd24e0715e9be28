"""Overrides on disk: each row and its audit row are written in one transaction, so neither exists without the other."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage import audit
from app.storage.tables import OverrideRow, timestamp

ACTION = "override"


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


def digest(row: OverrideRow) -> str:
    """Return the fingerprint of a whole row: with the audit chain it shows that the row was not altered later."""
    body = [row.id, row.at, row.who, row.severity, row.checked, row.rule_ids, row.text, row.reason]
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

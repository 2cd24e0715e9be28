"""The audit log: h(i) = sha256(h(i-1) ‖ canonical JSON of row i), after Schneier & Kelsey 1999, "Secure Audit Logs".

An altered, inserted or removed row breaks the chain from there on. Rows cut off at the end are only seen by comparing
with the last hash kept elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.tables import AuditRow, timestamp

START = "0" * 64


def append(
    session: Session, at: datetime, actor: str, action: str, target: str, detail: Mapping[str, object]
) -> AuditRow:
    """Add a row in the caller's transaction, which must be a serial write."""
    last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).first()
    row = AuditRow(
        id=last.id + 1 if last else 1,
        at=timestamp(at),
        actor=actor,
        action=action,
        target=target,
        detail=dict(detail),
    )
    row.hash = _hash(last.hash if last else START, row)
    session.add(row)
    session.flush()
    return row


def first_broken(session: Session) -> int | None:
    """Return the id of the first row that does not fit the chain; None when all do."""
    previous, expected = START, 1
    for row in session.scalars(select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=500)):
        if row.id != expected or row.hash != _hash(previous, row):
            return row.id
        previous, expected = row.hash, row.id + 1
    return None


def _hash(previous: str, row: AuditRow) -> str:
    body = [row.id, row.at, row.actor, row.action, row.target, row.detail]
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()

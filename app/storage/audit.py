"""The audit log: h(i) = sha256(h(i-1) ‖ canonical JSON of row i), after Schneier & Kelsey 1999, "Secure Audit Logs".

An altered, inserted or removed row breaks the chain from there on. Rows cut off at the end are only seen by comparing
with the last hash kept elsewhere. `kefu audit check` goes through all of it (feedback/evidence.py).
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Text, cast, select
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
    raw = cast(AuditRow.detail, Text)
    columns = (AuditRow.id, AuditRow.at, AuditRow.actor, AuditRow.action, AuditRow.target, raw, AuditRow.hash)
    query = select(*columns).order_by(AuditRow.id).execution_options(yield_per=500)
    with session.execute(query) as rows:
        for ident, at, actor, action, target, detail, kept in rows:
            if ident != expected or kept != _chained(previous, [ident, at, actor, action, target, from_json(detail)]):
                return ident
            previous, expected = kept, expected + 1
    return None


def newest(session: Session) -> tuple[int, str] | None:
    """Return id and hash of the last row, None without any: kept elsewhere, they show rows cut off at the end."""
    row = session.execute(select(AuditRow.id, AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)).first()
    return None if row is None else (row.id, row.hash)


def from_json(raw: str | None) -> object:
    """Return what a JSON column holds; None for what is no JSON, as only somebody else than the program writes it."""
    try:
        return json.loads(raw or "")
    except (ValueError, RecursionError):
        return None


def _hash(previous: str, row: AuditRow) -> str:
    return _chained(previous, [row.id, row.at, row.actor, row.action, row.target, row.detail])


def _chained(previous: str, body: list[object]) -> str:
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{canonical}".encode()).hexdigest()

"""The outbox: what changed, in the order it became visible, for other processes to poll."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.tables import Change, timestamp


def append(session: Session, at: datetime, kind: str, key: str) -> None:
    """Announce a change in the caller's transaction, which must be a serial write: else a poller could miss it."""
    session.add(Change(kind=kind, key=key, at=timestamp(at)))


def since(session: Session, kind: str, last: int) -> tuple[int, tuple[str, ...]]:
    """Return the newest id and the distinct keys of `kind` announced after `last`, oldest first."""
    query = select(Change.id, Change.key).where(Change.kind == kind, Change.id > last).order_by(Change.id)
    rows = session.execute(query).all()
    return (rows[-1].id if rows else last), tuple(dict.fromkeys(row.key for row in rows))

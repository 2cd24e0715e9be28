"""Answers of creating requests by Idempotency-Key, kept for 24 hours (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.storage.database import Database
from app.storage.tables import IdempotencyKey, timestamp

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer a request got."""

    status: int
    body: str


class IdempotencyKeys:
    """Remembers answers; the caller puts into `key` whatever scopes it (user, method, path)."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    def recall(self, key: str, fingerprint: str) -> Remembered | None:
        """Return the answer given to this key, or None. Raises Conflict when the key was used for another request."""
        with self._database.read() as session:
            return self._known(session, key, fingerprint)

    def remember(self, key: str, fingerprint: str, status: int, body: str) -> Remembered:
        """Keep an answer and return the one that counts: the first. Raises Conflict as `recall` does."""
        with self._database.write(serial=True) as session:
            if known := self._known(session, key, fingerprint):
                return known
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.at < self._oldest()))
            session.add(
                IdempotencyKey(
                    key=_digest(key), fingerprint=fingerprint, status=status, body=body, at=timestamp(self._clock())
                )
            )
        return Remembered(status, body)

    def _known(self, session: Session, key: str, fingerprint: str) -> Remembered | None:
        row = session.get(IdempotencyKey, _digest(key))
        if row is None or row.at < self._oldest():
            return None
        if row.fingerprint != fingerprint:
            raise Conflict("这个 Idempotency-Key 已经用于另一个请求")
        return Remembered(row.status, row.body)

    def _oldest(self) -> str:
        return timestamp(self._clock() - KEPT)


def _digest(key: str) -> str:
    """A key is any text a client sends; the column wants something short and plain."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

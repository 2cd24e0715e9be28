"""Answers of creating requests by Idempotency-Key, kept for 24 hours (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update

from app.errors import Conflict
from app.storage.database import Database
from app.storage.tables import IdempotencyKey, timestamp

KEPT = timedelta(hours=24)
UNANSWERED = timedelta(seconds=60)  # then whoever claimed the key is taken to have died on the way
_CLAIMED = 0  # the status of a key whose request is still being answered


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer a request got."""

    status: int
    body: str


class IdempotencyKeys:
    """Remembers answers; the caller puts into `key` whatever scopes it (user, method, path).

    A key is claimed before its request is answered, so that of two processes that get the same request one answers.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    def claim(self, key: str, fingerprint: str) -> Remembered | None:
        """Return the answer given to this key, or None: then the key is the caller's, to `keep` or to `release`.

        Raises Conflict when the key was used for another request, or this one is being answered elsewhere.
        """
        now, name = self._clock(), _digest(key)
        with self._database.write(serial=True) as session:
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.at < timestamp(now - KEPT)))
            row = session.get(IdempotencyKey, name)
            if row is not None:
                if row.fingerprint != fingerprint:
                    raise Conflict("这个 Idempotency-Key 已经用于另一个请求")
                if row.status != _CLAIMED:
                    return Remembered(row.status, row.body)
                if row.at > timestamp(now - UNANSWERED):
                    raise Conflict("同一个 Idempotency-Key 的请求还在处理，请稍后再试")
            session.merge(
                IdempotencyKey(key=name, fingerprint=fingerprint, status=_CLAIMED, body="", at=timestamp(now))
            )
        return None

    def keep(self, key: str, status: int, body: str) -> None:
        """Keep the answer to a claimed key."""
        with self._database.write() as session:
            answer = {"status": status, "body": body}
            session.execute(update(IdempotencyKey).where(IdempotencyKey.key == _digest(key)).values(answer))

    def release(self, key: str) -> None:
        """Give a claimed key back: its request came to nothing."""
        with self._database.write() as session:
            mine = (IdempotencyKey.key == _digest(key), IdempotencyKey.status == _CLAIMED)
            session.execute(delete(IdempotencyKey).where(*mine))


def _digest(key: str) -> str:
    """A key is any text a client sends; the column wants something short and plain."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

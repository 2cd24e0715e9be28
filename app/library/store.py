"""Scripts as trainers see them: the shipped ones with what is stored over them (docs/decisions/0003).

draft → review → published → retired. Every change raises the revision; whoever writes names the revision he read.
"""

import heapq
import logging
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, InvalidInput, NotFound, StorageError
from app.library.schema import Script
from app.library.stored import (
    PublishedVersion,
    Scripts,
    State,
    StoredScript,
    Versions,
    body,
    digest,
    from_row,
    parsed,
    stale,
)
from app.storage import audit, outbox
from app.storage.database import Database
from app.storage.tables import Json, ScriptEntry, ScriptVersion, timestamp

__all__ = ["PublishedVersion", "ScriptStore", "StoredScript", "new_id"]
KIND = "script"
MAX_LIMIT = 200
_PAGE = 200
_IDENT = re.compile(r"[a-z0-9][a-z0-9_-]{1,63}")
log = logging.getLogger(__name__)


class ScriptStore:
    """Reads and changes scripts; every method is one transaction. Thread-safe, and so are several processes."""

    def __init__(
        self,
        database: Database,
        shipped: Mapping[str, Script],
        check: Callable[[Script], Sequence[tuple[str, str]]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`check` returns (field, message) for what makes a script unusable, such as an unknown type."""
        self._database = database
        self._shipped = shipped
        self._shipped_ids = sorted(shipped)
        self._check = check
        self._clock = clock

    def get(self, ident: str) -> StoredScript:
        """Return one script. Raises NotFound."""
        with self._database.read() as session:
            return self._seen(self._entry(session, ident), ident)

    def list(
        self,
        cursor: str | None = None,
        limit: int = 50,
        type: str | None = None,
        technique: str | None = None,
        state: str | None = None,
    ) -> tuple[Scripts, str | None]:
        """Return up to `limit` (1–200) scripts after `cursor` in order of id, and the next cursor or None."""
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidInput("每页条数不对", [("limit", f"应在 1 到 {MAX_LIMIT} 之间")])
        if cursor is not None and not _IDENT.fullmatch(cursor):
            raise InvalidInput("翻页位置不对", [("cursor", "请用上一页返回的 next")])
        with self._database.read() as session:
            fitting = (s for s in self._merged(session, cursor or "") if _fits(s, type, technique, state))
            found = list(islice(fitting, limit + 1))
        return found[:limit], (found[limit - 1].id if len(found) > limit else None)

    def all(self) -> Scripts:
        """Return every script in order of id."""
        with self._database.read() as session:
            return list(self._merged(session, ""))

    def create(self, script: Script, author: str) -> StoredScript:
        """Store a new draft, revision 1. Raises Conflict when the id is taken, InvalidInput for unknown references."""
        self._refuse_unusable(script)
        with self._database.write(serial=True) as session:
            if script.id in self._shipped or session.get(ScriptEntry, script.id) is not None:
                raise Conflict(f"编号 {script.id} 已经有话术在用")
            entry = self._added(session, script.id, "draft", 0, author)
            entry.draft = body(script, 0)
            return self._saved(session, entry, "draft", author, "create")

    def change(self, ident: str, script: Script, revision: int, author: str) -> StoredScript:
        """Replace the draft; what is live stays. Raises NotFound, InvalidInput, or Conflict with both versions."""
        if script.id != ident:
            raise InvalidInput("编号不能修改", [("id", f"应为 {ident}")])
        self._refuse_unusable(script)
        with self._database.write(serial=True) as session:
            entry = self._claimed(session, ident, revision, author, script)
            entry.draft = body(script, entry.version)
            return self._saved(session, entry, "draft", author, "change")

    def submit(self, ident: str, revision: int, author: str) -> StoredScript:
        """Hand a draft to review. Raises NotFound, or Conflict when it changed or there is no draft."""
        with self._database.write(serial=True) as session:
            entry = self._claimed(session, ident, revision, author)
            if entry.state != "draft":
                raise Conflict("只有草稿可以提交审核")
            return self._saved(session, entry, "review", author, "submit")

    def publish(self, ident: str, revision: int, author: str) -> StoredScript:
        """Make the draft live as the next version. Raises NotFound, InvalidInput, Conflict as `submit` does."""
        with self._database.write(serial=True) as session:
            entry = self._claimed(session, ident, revision, author)
            if entry.draft is None or entry.state not in ("draft", "review"):
                raise Conflict("没有待发布的改动")
            script = parsed(entry.draft, ident)
            self._refuse_unusable(script)
            entry.version += 1
            entry.published, entry.draft, entry.withdrawn = body(script, entry.version), None, False
            saved = self._saved(session, entry, "published", author, "publish", live=True)
            self._keep_version(session, entry)
            return saved

    def retire(self, ident: str, revision: int, author: str) -> StoredScript:
        """Take a script out of use, a shipped one too. Raises NotFound or Conflict as `submit` does."""
        with self._database.write(serial=True) as session:
            entry = self._claimed(session, ident, revision, author)
            if entry.state == "retired":
                raise Conflict("这条话术已经停用")
            if entry.published is None and entry.draft is None:
                entry.published = body(self._shipped[ident], entry.version)  # a later release may no longer ship it
            entry.withdrawn = True
            return self._saved(session, entry, "retired", author, "retire", live=True)

    def rollback(self, ident: str, version: int, revision: int, author: str) -> StoredScript:
        """Make an old version the draft. Raises NotFound (version too) or Conflict."""
        with self._database.write(serial=True) as session:
            entry = self._claimed(session, ident, revision, author)
            old = next((v for v in self._versions(session, ident) if v.version == version), None)
            if old is None:
                raise NotFound(f"话术 {ident} 没有第 {version} 版")
            entry.draft = body(old.script, entry.version)
            return self._saved(session, entry, "draft", author, "rollback", {"from": version})

    def versions(self, ident: str) -> Versions:
        """Return all published versions, newest first. Raises NotFound."""
        with self._database.read() as session:
            self._seen(self._entry(session, ident), ident)
            return self._versions(session, ident)

    def published_overrides(self, idents: Collection[str] | None = None) -> dict[str, Script | None]:
        """Return what replaces the shipped scripts or joins them; None means withdrawn. `idents` narrows it down."""
        query = select(ScriptEntry).where(ScriptEntry.withdrawn | ScriptEntry.published.is_not(None))
        if idents is not None:
            query = query.where(ScriptEntry.id.in_(idents))
        found: dict[str, Script | None] = {}
        with self._database.read() as session:
            for entry in session.scalars(query.execution_options(yield_per=_PAGE)):
                try:
                    found[entry.id] = None if entry.withdrawn else parsed(entry.published, entry.id)
                except StorageError as error:  # one bad row must not take every reply away
                    log.error("left out: %s", error)
        return found

    def changes_since(self, last: int) -> tuple[int, tuple[str, ...]]:
        """Return the newest change number and the ids published or retired after `last`; one indexed look-up."""
        with self._database.read() as session:
            return outbox.since(session, KIND, last)

    def _entry(self, session: Session, ident: str) -> ScriptEntry | None:
        """Not every text is an id, and not every text can be asked of every database."""
        return session.get(ScriptEntry, ident) if _IDENT.fullmatch(ident) else None

    def _seen(self, entry: ScriptEntry | None, ident: str) -> StoredScript:
        shipped = self._shipped.get(ident)
        if entry is not None:
            return from_row(entry, shipped)
        if shipped is None:
            raise NotFound(f"没有编号为 {ident} 的话术")
        return StoredScript(ident, "published", shipped.version, 0, "shipped", shipped, shipped)

    def _merged(self, session: Session, after: str) -> Iterator[StoredScript]:
        """Shipped ids without a row and rows, in order of id; rows are fetched page by page."""
        base = ((ident, 1, None) for ident in self._shipped_ids if ident > after)
        last = ""
        for ident, _, entry in heapq.merge(_rows(session, after), base, key=lambda item: item[:2]):
            if ident != last:
                yield from self._readable(entry, ident)
            last = ident

    def _readable(self, entry: ScriptEntry | None, ident: str) -> Iterator[StoredScript]:
        """One row that no longer fits the schema must not take the whole list away."""
        try:
            yield self._seen(entry, ident)
        except StorageError as error:
            log.error("left out: %s", error)

    def _claimed(
        self, session: Session, ident: str, revision: int, author: str, yours: Script | None = None
    ) -> ScriptEntry:
        """Return the row to change; a shipped script gets one first. Raises NotFound or Conflict."""
        entry = self._entry(session, ident)
        current = self._seen(entry, ident)
        if current.revision != revision:
            raise stale(current, revision, yours)
        if entry is None:
            entry = self._added(session, ident, "published", current.version, author)
        return entry

    def _added(self, session: Session, ident: str, state: State, version: int, author: str) -> ScriptEntry:
        entry = ScriptEntry(id=ident, origin="stored", state=state, revision=0, version=version, withdrawn=False)
        entry.updated_at, entry.updated_by = timestamp(self._clock()), author
        session.add(entry)
        return entry

    def _saved(
        self,
        session: Session,
        entry: ScriptEntry,
        state: State,
        author: str,
        action: str,
        detail: Mapping[str, object] | None = None,
        *,
        live: bool = False,
    ) -> StoredScript:
        """Finish a change: revision, time, audit row and, when what is live changed, the announcement."""
        now = self._clock()
        entry.state, entry.revision = state, entry.revision + 1
        entry.updated_at, entry.updated_by = timestamp(now), author
        facts: Json = {"revision": entry.revision, "version": entry.version, "sha256": digest(entry), **(detail or {})}
        audit.append(session, now, author, f"{KIND}.{action}", entry.id, facts)
        if live:
            outbox.append(session, now, KIND, entry.id)
        return self._seen(entry, entry.id)

    def _keep_version(self, session: Session, entry: ScriptEntry) -> None:
        session.add(
            ScriptVersion(
                script_id=entry.id,
                version=entry.version,
                body=entry.published,
                published_at=entry.updated_at,
                published_by=entry.updated_by,
            )
        )

    def _versions(self, session: Session, ident: str) -> Versions:
        query = select(ScriptVersion).where(ScriptVersion.script_id == ident).order_by(ScriptVersion.version.desc())
        rows = session.scalars(query).all()
        found = [PublishedVersion(r.version, parsed(r.body, ident), r.published_at, r.published_by) for r in rows]
        shipped = self._shipped.get(ident)
        if shipped is not None and all(v.version != shipped.version for v in found):
            found.append(PublishedVersion(shipped.version, shipped, None, None))
        return found

    def _refuse_unusable(self, script: Script) -> None:
        if problems := tuple(self._check(script)):
            raise InvalidInput("话术里有不认识的编号", problems)


def new_id(types: Sequence[str]) -> str:
    """Return a fresh id for a trainer's script, such as u-logistics-delay-ab12cd."""
    topic = re.sub(r"[^a-z0-9_]+", "-", (types[0] if types else "").lower()).strip("-")[:40] or "script"
    return f"u-{topic}-{secrets.token_hex(3)}"


def _rows(session: Session, after: str) -> Iterator[tuple[str, int, ScriptEntry]]:
    """Page by page: the reader of a list may stop anywhere without leaving a cursor open in the database."""
    query = select(ScriptEntry).order_by(ScriptEntry.id).limit(_PAGE)
    while rows := session.scalars(query.where(ScriptEntry.id > after)).all():
        yield from ((row.id, 0, row) for row in rows)
        after = rows[-1].id


def _fits(item: StoredScript, type: str | None, technique: str | None, state: str | None) -> bool:
    return (
        (type is None or type in item.script.types)
        and (technique is None or technique in item.script.techniques)
        and (state is None or state == item.state)
    )

"""The records of the script store, and how rows become them."""

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from app.errors import Conflict, StorageError
from app.library.schema import Script
from app.storage.tables import Json, ScriptEntry

State = Literal["draft", "review", "published", "retired"]


@dataclass(frozen=True, slots=True)
class StoredScript:
    """A script with its place in the workflow; `script` is what is being edited, `published` what is live."""

    id: str
    state: State
    version: int
    revision: int
    origin: Literal["shipped", "stored"]
    script: Script
    published: Script | None
    updated_at: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A script as it once went live; the shipped text has no time and no author."""

    version: int
    script: Script
    published_at: str | None
    published_by: str | None


Scripts = list[StoredScript]
Versions = list[PublishedVersion]


def from_row(entry: ScriptEntry, shipped: Script | None) -> StoredScript:
    """Return the record of a row over the shipped script it stands on, if any. Raises StorageError."""
    published = parsed(entry.published, entry.id) if entry.published is not None else shipped
    script = parsed(entry.draft, entry.id) if entry.draft is not None else published
    if script is None:
        raise StorageError(f"话术 {entry.id} 的存档是空的")
    live = None if entry.withdrawn else published
    state: State = entry.state  # type: ignore[assignment]
    return StoredScript(
        entry.id, state, entry.version, entry.revision, "stored", script, live, entry.updated_at, entry.updated_by
    )


def parsed(value: Json | None, ident: str) -> Script:
    """Return the script kept in a row. Raises StorageError when it no longer fits the schema."""
    try:
        return Script.model_validate(value)
    except ValidationError as error:
        raise StorageError(f"话术 {ident} 的存档内容无法读取：{error.errors()[0]['msg']}") from error


def body(script: Script, version: int) -> Json:
    """Return the script as it is kept in a row."""
    return {**script.model_dump(mode="json"), "version": version}


def digest(entry: ScriptEntry) -> str:
    """Return the fingerprint of what a row holds, for the audit log."""
    canonical = json.dumps(entry.draft or entry.published, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def stale(current: StoredScript, revision: int, yours: Script | None) -> Conflict:
    """Return the Conflict for a writer who read an older revision, with both sides as plain values."""
    mine: Json = {"revision": revision}
    if yours is not None:
        mine["script"] = yours.model_dump(mode="json")
    theirs: Json = {
        "revision": current.revision,
        "state": current.state,
        "version": current.version,
        "updated_at": current.updated_at,
        "updated_by": current.updated_by,
        "script": current.script.model_dump(mode="json"),
    }
    return Conflict("这条话术刚被别人改过", {"yours": mine, "theirs": theirs})

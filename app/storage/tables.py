"""Every table the program writes. Times are RFC 3339 text in UTC, always with microseconds, so they sort as text."""

from datetime import UTC, datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, object]

# PostgreSQL would order ids by the language of the server; pages of a list need the order Python has.
IDENT = String(64).with_variant(postgresql.VARCHAR(64, collation="C"), "postgresql")
OPTIONAL_JSON = JSON(none_as_null=True)
SEQUENCE = Integer().with_variant(postgresql.BIGINT(), "postgresql")


def timestamp(moment: datetime) -> str:
    """Return an aware moment as 2026-11-23T08:15:30.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Table(DeclarativeBase):
    """Base of all tables."""


class ScriptEntry(Table):
    """A script a trainer made or changed. `draft` waits to be published, `published` is live unless `withdrawn`.

    Neither may be set: a shipped script that was only withdrawn, or whose first change is not yet published.
    """

    __tablename__ = "script_entries"

    id: Mapped[str] = mapped_column(IDENT, primary_key=True)
    origin: Mapped[str] = mapped_column(String(16), default="stored")
    state: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    withdrawn: Mapped[bool] = mapped_column(Boolean, default=False)
    draft: Mapped[Json | None] = mapped_column(OPTIONAL_JSON)
    published: Mapped[Json | None] = mapped_column(OPTIONAL_JSON)
    updated_at: Mapped[str] = mapped_column(String(32))
    updated_by: Mapped[str] = mapped_column(Text)


class ScriptVersion(Table):
    """A script as it was published; never changed afterwards."""

    __tablename__ = "script_versions"

    script_id: Mapped[str] = mapped_column(IDENT, ForeignKey("script_entries.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[Json] = mapped_column(JSON)
    published_at: Mapped[str] = mapped_column(String(32))
    published_by: Mapped[str] = mapped_column(Text)


class Change(Table):
    """Outbox: something other processes must take in. Ids only grow and are never used twice."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_kind_id", "kind", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))


class AuditRow(Table):
    """Who did what. `hash` covers the row and the hash before it, so an altered row is seen (see storage/audit.py)."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(Text)
    detail: Mapped[Json] = mapped_column(JSON)
    hash: Mapped[str] = mapped_column(String(64))


class IdempotencyKey(Table):
    """The answer given to a creating request, kept so that a repetition gets the same one."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32), index=True)


class OverrideRow(Table):
    """A draft that went out against the check's advice, personal data masked. Its audit row holds its digest."""

    __tablename__ = "overrides"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    at: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(16))
    severity: Mapped[str] = mapped_column(String(16))
    checked: Mapped[bool] = mapped_column(Boolean)
    rule_ids: Mapped[list[str]] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class CorrectionRow(Table):
    """What an agent said about one message (masked): `said` holds only what was said, `was` what the program had read.

    `carried`: the topic had come from the turns before, so the words of the message alone do not show it.
    """

    __tablename__ = "corrections"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(SEQUENCE, primary_key=True, autoincrement=True)
    at: Mapped[str] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(Text)
    said: Mapped[Json] = mapped_column(JSON)
    was: Mapped[Json] = mapped_column(JSON)
    carried: Mapped[bool] = mapped_column(Boolean)

"""Scripts with their versions, the outbox, the audit log, idempotency keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_IDENT = sa.String(64).with_variant(postgresql.VARCHAR(64, collation="C"), "postgresql")
_SEQUENCE = sa.Integer().with_variant(postgresql.BIGINT(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _scripts()
    _journals()


def _scripts() -> None:
    op.create_table(
        "script_entries",
        sa.Column("id", _IDENT, primary_key=True),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.JSON(none_as_null=True)),
        sa.Column("published", sa.JSON(none_as_null=True)),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
    )
    op.create_table(
        "script_versions",
        sa.Column("script_id", _IDENT, sa.ForeignKey("script_entries.id"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.String(32), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
    )


def _journals() -> None:
    op.create_table(
        "changes",
        sa.Column("id", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_kind_id", "changes", ["kind", "id"])
    op.create_table(
        "audit_log",
        sa.Column("id", _SEQUENCE, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("idempotency_keys", "audit_log", "changes", "script_versions", "script_entries"):
        op.drop_table(name)

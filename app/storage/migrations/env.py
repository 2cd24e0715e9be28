"""Alembic enters here; storage/database.py hands over an open connection inside a transaction of its own."""

from alembic import context

from app.storage.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
with context.begin_transaction():
    context.run_migrations()

"""Corrections on disk, in the order they were said."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.tables import CorrectionRow

_PAGE = 500


def append(session: Session, row: CorrectionRow) -> CorrectionRow:
    """Add a row in the caller's transaction."""
    session.add(row)
    session.flush()
    return row


def every(session: Session) -> Iterator[CorrectionRow]:
    """Yield all rows, oldest first."""
    yield from session.scalars(select(CorrectionRow).order_by(CorrectionRow.id).execution_options(yield_per=_PAGE))

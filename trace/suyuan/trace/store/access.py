"""The log of looks at what is sensitive: who saw what, when, and what for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select

from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import AccessRow


def note_access(writing: Writing, *, by: str, what: str, purpose: str, now: datetime) -> None:
    """Write a look down, in the unit of work that lets it happen."""
    number = (writing.connection.execute(select(func.max(AccessRow.id))).scalar() or 0) + 1
    row = {"id": number, "time": now, "by": by, "what": what, "purpose": purpose}
    writing.connection.execute(insert(AccessRow), row)

"""Which engine keeps the lineage of a store (decision 0027)."""

from __future__ import annotations

from secrets import token_bytes

from suyuan.api.settings import Form
from suyuan.trace.lineage.kept import ExactLineage, Kept
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage
from suyuan.trace.lineage.kept.words import ReadBack
from suyuan.trace.lineage.where import Owner

MOST_IN_OBJECTS = 200_000
"""Events beyond which lineage is kept in tables, where nobody said how."""
_SALT = 16  # bytes


def kept_lineage(form: Form, events: int, owner: Owner, read_back: ReadBack) -> Kept:
    """An empty lineage for a store of so many events."""
    if form == "tables" or (not form and events > MOST_IN_OBJECTS):
        return ChronicleLineage(read_back, owner=owner, salt=token_bytes(_SALT))
    return ExactLineage(owner=owner)

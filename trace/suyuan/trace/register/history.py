"""What was told of an entry before, and what else it is called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from suyuan.trace.register.listing import Registered
from suyuan.trace.register.sheets import Entry
from suyuan.trace.register.telling import VOCABULARIES, entry_of
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import AliasRow
from suyuan.trace.store.tables import VocabularyRow

MOST_TOLD = 50  # times; older ones stay in the store


def told_before(reading: Reading, found: Registered) -> Sequence[tuple[datetime, Entry]]:
    """When and what the owner told of an entry, the newest first."""
    rows = reading.connection.execute(
        select(VocabularyRow.record_time, VocabularyRow.attributes)
        .where(
            VocabularyRow.key == found.key,
            VocabularyRow.party == found.owner,
            VocabularyRow.type == VOCABULARIES[found.kind],
        )
        .order_by(VocabularyRow.record_time.desc(), VocabularyRow.id.desc())
        .limit(MOST_TOLD)
    )
    return [(time, entry_of(found.kind, found.key, attributes)) for time, attributes in rows]


def aliases_of(reading: Reading, key: str) -> Sequence[str]:
    """The other names of an entry, the oldest first."""
    return (
        reading.connection.execute(
            select(AliasRow.alias).where(AliasRow.key == key).order_by(AliasRow.created, AliasRow.alias)
        )
        .scalars()
        .all()
    )

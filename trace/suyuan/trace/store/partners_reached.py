"""Which parties goods may have come to: whom a party named as a receiver, whom those named, and so on."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import ConcernedRow, PassedRow


def reached(reading: Reading, makers: Collection[str], parties: Collection[str]) -> frozenset[str]:
    """Those of ``parties`` that ``makers`` deal with, directly or through others; makers themselves included.

    By what events name as sources and destinations, whatever the goods: containers hide what is in them.
    """
    asked = set(parties)
    known = asked & set(makers)
    if known == asked:
        return frozenset(known)
    deals = select(ConcernedRow.id).where(ConcernedRow.key.in_(list(makers))).cte("deals", recursive=True)
    further = (
        select(PassedRow.concerned_id).join(deals, PassedRow.by_id == deals.c.id).where(PassedRow.key == "")
    )
    everybody = deals.union(further)
    rows = reading.connection.execute(
        select(ConcernedRow.key)
        .join(everybody, ConcernedRow.id == everybody.c.id)
        .where(ConcernedRow.key.in_(list(asked)))
    )
    return frozenset(known) | frozenset(rows.scalars())

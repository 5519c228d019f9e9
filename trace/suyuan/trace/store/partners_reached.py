"""Which parties goods may have come to: whom a party named as a receiver, whom those named, and so on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import ConcernedRow, PassedRow


def reached(reading: Reading, makers: Collection[str], parties: Collection[str]) -> frozenset[str]:
    """Those of ``parties`` that ``makers`` deal with, directly or through others; makers themselves included.

    By what events name as sources and destinations, whatever the goods: containers hide what is in them.
    One statement for each of the others, which goes back from it: nobody names a stranger, and of a partner
    it ends where a maker is met. O(parties that a way leads from, and their rows).
    """
    ours = set(makers)
    ids = (
        reading.connection.execute(select(ConcernedRow.id).where(ConcernedRow.key.in_(ours))).scalars().all()
    )
    return frozenset(one for one in set(parties) if one in ours or _is_named(reading, one, ids))


def _is_named(reading: Reading, party: str, makers: Sequence[int]) -> bool:
    named = select(ConcernedRow.id).where(ConcernedRow.key == party).cte("named", recursive=True)
    before = (
        select(PassedRow.by_id).join(named, PassedRow.concerned_id == named.c.id).where(PassedRow.key == "")
    )
    everybody = named.union(before)
    # Alone in its statement the recursion is read as it goes, and ends with the first row that is wanted.
    found = select(everybody.c.id).where(everybody.c.id.in_(makers)).limit(1)
    return reading.connection.execute(found).first() is not None

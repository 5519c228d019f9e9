"""How far chips that sign have counted: each reading counts once, and is on the disk before it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tag_tables import TagReadingRow
from suyuan.trace.sun import Tap
from suyuan.trace.sun.taps import COUNTER_SIZE

_COUNTER_BITS = 8 * COUNTER_SIZE


@dataclass(frozen=True, slots=True)
class LastReading:
    """The last reading that counted of a chip (as :attr:`Tap.reading`), when and by whom it was sent."""

    reading: tuple[int, int]
    seen: datetime
    visitor: bytes


def count(writing: Writing, tap: Tap, *, seen: datetime, visitor: bytes) -> bool:
    """Let ``tap`` be the last reading of its chip, if it is later than the last: one atomic statement.

    It is durable once ``writing`` is left.
    """
    row = TagReadingRow
    told = {"chip": chip_of(tap.uid), "reading": _number(tap), "seen": seen, "visitor": visitor}
    insert = sqlite.insert if writing.connection.dialect.name == "sqlite" else postgresql.insert
    entered = insert(row).values(told)
    counted = entered.on_conflict_do_update(
        index_elements=[row.chip],
        set_={name: entered.excluded[name] for name in ("reading", "seen", "visitor")},
        where=row.reading < entered.excluded.reading,
    )
    return writing.connection.execute(counted.returning(row.chip)).first() is not None


def last_reading(reading: Reading, uid: bytes) -> LastReading | None:
    """The last reading of a chip that counted, None before the first."""
    row = TagReadingRow
    found = reading.connection.execute(
        select(row.reading, row.seen, row.visitor).where(row.chip == chip_of(uid))
    ).one_or_none()
    if found is None:
        return None
    return LastReading(divmod(found.reading, 1 << _COUNTER_BITS), found.seen, found.visitor)


def chip_of(uid: bytes) -> str:
    """A UID as bindings and readings have it.

    >>> chip_of(bytes.fromhex("04782e21801d80"))
    '04782E21801D80'
    """
    return uid.hex().upper()


def _number(tap: Tap) -> int:
    return tap.version << _COUNTER_BITS | tap.counter

"""Which chips goods bear, so that a copy of a tag can be told from the tag (decision 0023)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from suyuan.readers.station.filtering import Reading
from suyuan.readers.station.identity import Identity

_RANDOM_UID, _RANDOM_FIRST = 4, 0x08


def chips(readings: Iterable[Reading], taken: Iterable[Identity]) -> Iterator[tuple[Identity, str]]:
    """The TIDs, in hexadecimal, of the tags that taken items were read from, where the reader tells them.

    A lot is on many tags, and a pallet often on two: only of items two tags tell anything.
    """
    items = {one.key: one for one in taken if one.kind == "item"}
    for reading in readings:
        if (item := items.get(reading.identity.key)) is not None:
            yield from ((item, tid.hex().upper()) for tid in reading.tids if not is_random(tid))


def is_random(tid: bytes) -> bool:
    """A UID that a chip makes up for each session (ISO/IEC 14443-3): four bytes, the first of them 08."""
    return len(tid) == _RANDOM_UID and tid[0] == _RANDOM_FIRST

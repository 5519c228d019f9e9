"""Which chips goods bear, so that a copy of a tag can be told from the tag (decision 0023)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from suyuan.readers.station.filtering import Reading
from suyuan.readers.station.identity import Identity
from suyuan.readers.tags.tid import tid_of
from suyuan.trace.gs1 import TagError

_RANDOM_UID, _RANDOM_FIRST = 4, 0x08


def chips(readings: Iterable[Reading], taken: Iterable[Identity]) -> Iterator[tuple[Identity, str]]:
    """The TIDs, in hexadecimal, of the tags that taken items were read from, where the reader tells them.

    A lot is on many tags, and a pallet often on two: only of items two tags tell anything.
    """
    items = {one.key: one for one in taken if one.kind == "item"}
    for reading in readings:
        if (item := items.get(reading.identity.key)) is not None:
            yield from ((item, chip_name(tid)) for tid in reading.tids if not is_random(tid))


def chip_name(tid: bytes) -> str:
    """The TID in hexadecimal, to the end of its serial number: readers tell more or less behind it."""
    try:
        binding = tid_of(tid).binding
    except TagError:
        binding = b""
    return (binding or tid).hex().upper()


def is_random(tid: bytes) -> bool:
    """A UID that a chip makes up for each session (ISO/IEC 14443-3): four bytes, the first of them 08."""
    return len(tid) == _RANDOM_UID and tid[0] == _RANDOM_FIRST

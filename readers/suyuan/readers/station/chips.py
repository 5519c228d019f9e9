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
            yield from ((item, chip) for chip in sorted(chip_names(reading.tids)))


def chip_names(tids: Iterable[bytes]) -> frozenset[str]:
    """What tells these chips from all others, in hexadecimal; a chip that nothing tells apart has no name.

    Of a UHF chip that is its TID to the end of the serial number, for readers tell more or less behind it;
    without a serial number it is the same on millions of tags. A UID of NFC is its name as a whole.
    """
    return frozenset(name.hex().upper() for tid in tids if (name := _name(tid)))


def _name(tid: bytes) -> bytes:
    if is_random(tid):
        return b""
    try:
        return tid_of(tid).binding
    except TagError:
        return tid


def is_random(tid: bytes) -> bool:
    """A UID that a chip makes up for each session (ISO/IEC 14443-3): four bytes, the first of them 08."""
    return len(tid) == _RANDOM_UID and tid[0] == _RANDOM_FIRST

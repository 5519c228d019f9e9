"""Which chips goods bear, so that a copy of a tag can be told from the tag (decision 0023)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from suyuan.readers.station.filtering import Reading
from suyuan.readers.station.identity import Identity
from suyuan.readers.tags.tid import tid_of
from suyuan.trace.gs1 import TagError

_SHARED = 4


def chips(readings: Iterable[Reading], taken: Iterable[Identity]) -> Iterator[tuple[Identity, str]]:
    """The TIDs, in hexadecimal, of the tags that taken items were read from, where the reader tells them.

    A lot is on many tags, and a pallet often on two: only of items two tags tell anything.
    """
    items = {one.key: one for one in taken if one.kind == "item"}
    for reading in readings:
        if (item := items.get(reading.identity.key)) is not None:
            yield from ((item, chip) for chip in sorted(chip_names(reading.tids)))


def originals(readings: Iterable[Reading]) -> Mapping[str, bool]:
    """Of which chips the maker signed the number, by their names, where a reader could look."""
    told: dict[str, bool] = {}
    for reading in readings:
        for tid, original in reading.originals:
            for name in chip_names((tid,)):
                told[name] = told.get(name, True) and original
    return told


def chip_names(tids: Iterable[bytes]) -> frozenset[str]:
    """What tells these chips from all others, in hexadecimal; a chip that nothing tells apart has no name.

    Of a UHF chip that is its TID to the end of the serial number, for readers tell more or less behind it;
    without a serial number it is the same on millions of tags. A UID of NFC is its name as a whole, unless it
    has four bytes.
    """
    return frozenset(name.hex().upper() for tid in tids if (name := _name(tid)))


def _name(tid: bytes) -> bytes:
    if is_shared(tid):
        return b""
    try:
        return tid_of(tid).binding
    except TagError:
        return tid


def is_shared(tid: bytes) -> bool:
    """Four bytes name no chip, whatever they begin with.

    Of a UHF chip they are its model. An NFC UID of four bytes is made up for each session (08 in front:
    ISO/IEC 14443-3) or given out more than once; those of the tags that we write have seven.
    """
    return len(tid) == _SHARED

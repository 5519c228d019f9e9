"""Tags in the field of an imagined reader: what the simulated driver and the LLRP emulator look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from suyuan.readers.virtual.gen2 import VirtualGen2


@dataclass(frozen=True, slots=True)
class TagInField:
    """A tag that an antenna can hear now; ``rssi_dbm`` is how loud.

    ``chip`` is its memory, for those who read and write it; None where nobody keeps one.
    """

    epc: bytes
    rssi_dbm: float = -50.0
    tid: bytes | None = None
    chip: VirtualGen2 | None = None


class TagField(Protocol):
    """The world seen from the antennas, as a function of time."""

    def seen(self, antenna: int, at: datetime) -> Sequence[TagInField]:
        """The tags that ``antenna`` hears at the instant ``at`` (aware UTC)."""
        ...


def chips(field: TagField, antennas: Iterable[int], at: datetime) -> list[VirtualGen2]:
    """The tags before any of the antennas, each once; one whose memory nobody keeps can be read only."""
    found: dict[int, VirtualGen2] = {}
    for antenna in antennas:
        for tag in field.seen(antenna, at):
            chip = tag.chip or VirtualGen2(tag.epc, tag.tid, sealed=True)
            found.setdefault(id(tag.chip) if tag.chip else hash((tag.epc, tag.tid)), chip)
    return list(found.values())


class Bench:
    """A field in which tags stay where they are put, and remember what is written into them."""

    def __init__(self) -> None:
        self._tags: dict[int, list[tuple[VirtualGen2, float]]] = {}

    def put(self, antenna: int, epc: bytes, rssi_dbm: float = -50.0, tid: bytes | None = None) -> VirtualGen2:
        """Lay a new tag before an antenna, in the place of one with the same EPC."""
        self.take(antenna, epc)
        return self.lay(antenna, VirtualGen2(epc, tid), rssi_dbm)

    def lay(self, antenna: int, tag: VirtualGen2, rssi_dbm: float = -50.0) -> VirtualGen2:
        """Lay this very tag before an antenna, beside whatever lies there."""
        self._tags.setdefault(antenna, []).append((tag, rssi_dbm))
        return tag

    def take(self, antenna: int, epc: bytes) -> None:
        """Take every tag with this EPC away; nothing happens if there is none."""
        self._tags[antenna] = [each for each in self._tags.get(antenna, []) if each[0].epc != epc]

    def clear(self) -> None:
        """Take all tags away."""
        self._tags.clear()

    def seen(self, antenna: int, at: datetime) -> Sequence[TagInField]:
        """The tags that lie before the antenna and answer, at any time."""
        del at  # the bench does not change by itself
        return tuple(
            TagInField(chip.epc, rssi_dbm, chip.tid, chip)
            for chip, rssi_dbm in self._tags.get(antenna, [])
            if chip.there
        )


GID_96 = 0x35
"""EPC header of the general identifier (TDS 2.3, table of headers): company-neutral, 36 bits of serial."""


@dataclass(frozen=True, slots=True)
class Belt:
    """A belt that carries ``tags`` numbered tags past the antennas, ``per_second`` of them, round and round.

    A pure function of time: the tag in front of the first antenna at the instant t is number
    ``t * per_second`` modulo ``tags``; each further antenna sees it one tag later. EPCs are GID-96 with the
    general manager number 0, which is assigned to nobody.
    """

    tags: int
    per_second: float

    def seen(self, antenna: int, at: datetime) -> Sequence[TagInField]:
        """The one tag in front of the antenna."""
        serial = (int(at.timestamp() * self.per_second) - (antenna - 1)) % self.tags
        return (TagInField((GID_96 << 88 | serial).to_bytes(12, "big")),)

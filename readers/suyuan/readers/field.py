"""Tags in the field of an imagined reader: what the simulated driver and the LLRP emulator look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TagInField:
    """A tag that an antenna can hear now; ``rssi_dbm`` is how loud."""

    epc: bytes
    rssi_dbm: float = -50.0
    tid: bytes | None = None


class TagField(Protocol):
    """The world seen from the antennas, as a function of time."""

    def seen(self, antenna: int, at: datetime) -> Sequence[TagInField]:
        """The tags that ``antenna`` hears at the instant ``at`` (aware UTC)."""
        ...


class Bench:
    """A field in which tags stay where they are put."""

    def __init__(self) -> None:
        self._tags: dict[int, dict[bytes, TagInField]] = {}

    def put(self, antenna: int, epc: bytes, rssi_dbm: float = -50.0, tid: bytes | None = None) -> None:
        """Lay a tag before an antenna."""
        self._tags.setdefault(antenna, {})[epc] = TagInField(epc, rssi_dbm, tid)

    def take(self, antenna: int, epc: bytes) -> None:
        """Take the tag away; nothing happens if it is not there."""
        self._tags.get(antenna, {}).pop(epc, None)

    def seen(self, antenna: int, at: datetime) -> Sequence[TagInField]:
        """The tags that lie before the antenna, at any time."""
        del at  # the bench does not change by itself
        return tuple(self._tags.get(antenna, {}).values())


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

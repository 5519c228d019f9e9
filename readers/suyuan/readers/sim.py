"""The simulated reader: in this process, no device, an ordinary driver like all others.

``sim://dock?antennas=1,2&tags=24&per_second=4`` carries numbered tags past its antennas;
``sim://bench?epcs=3066...,3066...`` sees the given ones all the time. From Python a :class:`SimReader` takes
any :class:`~suyuan.readers.field.TagField`, and can be told what to see and when to fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Self, TypeVar

from suyuan.readers.address import (
    COMMON_OPTIONS,
    Option,
    ReaderAddress,
    integer,
    integers,
    number,
    read_options,
)
from suyuan.readers.errors import ReaderConfigError, ReaderError, TransientConnectionError
from suyuan.readers.field import Belt, Bench, TagField, chips
from suyuan.readers.memory import MemoryReader, refused, several_tags, tag_lost
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, ReaderInfo
from suyuan.readers.tags.gen2 import MAX_EPC_BYTES, Bank, Lock, LockField, Target
from suyuan.readers.virtual.gen2 import TagRefuses, VirtualGen2, WriteFaults

Told = TypeVar("Told")


def epc_list(text: str) -> tuple[bytes, ...]:
    """Comma-separated EPCs in hex, each a whole number of 16-bit words."""
    try:
        epcs = tuple(bytes.fromhex(part) for part in text.split(","))
    except ValueError:
        epcs = (b"",)
    if not all(0 < len(epc) <= MAX_EPC_BYTES and len(epc) % 2 == 0 for epc in epcs):
        message = f"each EPC needs 2 to {MAX_EPC_BYTES} bytes in hex, an even number"
        raise ValueError(message)
    return epcs


class SimReader(MemoryReader):
    """A reader that looks into a :class:`TagField` every ``period_s`` seconds, and writes the tags in it.

    Without a field it sees only what :meth:`present` tells it. ``faults``: the share of writes that go wrong.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = (
        *COMMON_OPTIONS,
        Option("antennas", integers(1, 255), (1,), "antennas, from 1, comma-separated"),
        Option("period", number(0.001, 3600), 0.5, "seconds between two looks into the field"),
        Option("tags", integer(1, 1_000_000), 12, "how many numbered tags the belt carries round"),
        Option("per_second", number(0.001, 10_000), 2.0, "tags that pass an antenna in a second"),
        Option("epcs", epc_list, (), "tags that lie still before every antenna (hex), instead of the belt"),
    )

    def __init__(
        self,
        name: str,
        *,
        now: Callable[[], datetime],
        field: TagField | None = None,
        antennas: tuple[int, ...] = (1,),
        period_s: float = 0.5,
        queue: int = DEFAULT_QUEUE,
        faults: WriteFaults | None = None,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._faults = faults
        self._field = field
        self._antennas = antennas
        self._period_s = period_s
        self.outputs: dict[int, bool] = {}

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """A simulated reader for ``sim://name?...``.

        Raises:
            ReaderConfigError: no name, a port or path, or a bad option.
        """
        if not address.host or address.port is not None or address.path not in {"", "/"}:
            raise ReaderConfigError(
                "{url} is not the address of a simulated reader.",
                where="url",
                remedy="Write sim://name, with options after a '?'.",
                url=address.url,
            )
        options = read_options(address, cls.OPTIONS)
        field: TagField = Belt(options["tags"], options["per_second"])
        if options["epcs"]:
            field = bench = Bench()
            for antenna in options["antennas"]:
                for epc in options["epcs"]:
                    bench.put(antenna, epc)
        return cls(
            options["name"] or address.host,
            now=now,
            field=field,
            antennas=options["antennas"],
            period_s=options["period"],
            queue=options["queue"],
        )

    @property
    def capabilities(self) -> Capabilities:
        """Everything an observation can carry, with the host's clock; tags are written and locked."""
        return Capabilities(
            rssi=True,
            tid=True,
            gpi=True,
            gpo=True,
            link=True,
            push=True,
            memory=True,
            lock=True,
            kill=True,
        )

    def present(
        self,
        antenna: int,
        epcs: Iterable[bytes],
        *,
        rssi_dbm: float = -50.0,
        tid: bytes | None = None,
        at: datetime | None = None,
    ) -> None:
        """Let the reader see these tags once, now or at the given instant.

        Raises:
            TransientConnectionError: the reader is not connected, so that nobody would hear of them.
        """
        if not self._connected:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self.name)
        seen_at = at or self._now()
        self._deliver(
            [Observation(self.name, antenna, epc, seen_at, seen_at, 1, rssi_dbm, tid) for epc in epcs]
        )

    def switch(self, port: int, *, high: bool, at: datetime | None = None) -> None:
        """Let an input become high or low, as when a photo-eye's beam is broken.

        Raises:
            TransientConnectionError: the reader is not connected, so that nobody would hear of it.
        """
        if not self._connected:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self.name)
        self._deliver_input(InputChange(self.name, port, high, at or self._now()))

    async def set_gpo(self, port: int, *, high: bool) -> None:
        """Switch an output; :attr:`outputs` tells how they are."""
        self.outputs[port] = high

    def push(self, text: str, antenna: int = 1) -> None:
        """Let the reader see a link or a symbol that says ``text``; see :meth:`Reader.push`."""
        if not self._connected:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self.name)
        at = self._now()
        self._deliver([Observation(self.name, antenna, b"", at, at, text=text)])

    def die(self, error: ReaderError | None = None) -> None:
        """Break down as if the device had gone, or for the given reason."""
        self._fail(error or TransientConnectionError("The reader {reader} went away.", reader=self.name))

    # The radio: commands to tags in the field

    async def identify(self, epc: bytes) -> Target:
        """The one tag with this EPC; see :meth:`MemoryReader.identify`."""
        return Target(epc, self._chip(Target(epc)).tid)

    async def read(self, tag: Target, bank: Bank, offset: int, words: int, password: int) -> bytes:
        """Words of a tag's memory."""
        return self._told(tag, lambda chip: chip.read(bank, offset, words, password))

    async def write(self, tag: Target, bank: Bank, offset: int, data: bytes, password: int) -> None:
        """Write words; the write may be one that is to go wrong."""
        fault = self._faults.draw() if self._faults else None
        self._told(tag, lambda chip: chip.write(bank, offset, data, password, fault))

    async def lock(self, tag: Target, locks: Mapping[LockField, Lock], password: int) -> None:
        """Change a tag's locks."""
        self._told(tag, lambda chip: chip.lock(locks, password))

    async def kill(self, tag: Target, password: int) -> None:
        """Silence a tag for ever."""
        self._told(tag, lambda chip: chip.kill(password))

    def _chip(self, tag: Target) -> VirtualGen2:
        if not self._connected:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self.name)
        there = chips(self._field, self._antennas, self._now()) if self._field is not None else []
        meant = [
            chip
            for chip in there
            if (tag.epc is None or chip.epc == tag.epc) and (tag.tid is None or chip.tid == tag.tid)
        ]
        if not meant:
            raise tag_lost(self.name, tag)
        if len(meant) > 1:
            raise several_tags(self.name, tag)
        return meant[0]

    def _told(self, tag: Target, deed: Callable[[VirtualGen2], Told]) -> Told:
        chip = self._chip(tag)
        try:
            return deed(chip)
        except TagRefuses as refusal:
            raise refused(self.name, tag, refusal.why) from refusal

    async def _connect(self) -> ReaderInfo:
        if self._field is not None:
            self._background(self._look(self._field))
        return ReaderInfo("Suyuan simulated reader", antennas=self._antennas)

    async def _disconnect(self) -> None:
        """There is nothing to release: the base ends the task."""

    async def _look(self, field: TagField) -> None:
        while self._error is None:
            at = self._now()
            seen = [
                Observation(self.name, antenna, tag.epc, at, at, 1, tag.rssi_dbm, tag.tid)
                for antenna in self._antennas
                for tag in field.seen(antenna, at)
            ]
            self._deliver(seen)
            await asyncio.sleep(self._period_s)

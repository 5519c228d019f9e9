"""``replay:///folder/file?speed=1``: a recording played again through the driver that made it.

The driver that the recording names decodes what it decoded then, with the clock of then: the same file gives
the same observations, whatever else happens. Nothing is connected to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Self

import structlog

from suyuan.readers.address import COMMON_OPTIONS, Option, ReaderAddress, number, parse_address, read_options
from suyuan.readers.errors import ReaderConfigError, ReaderError, RecordingEnded
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, Reader, ReaderDriver, ReaderInfo
from suyuan.readers.registry import driver_class, drivers
from suyuan.readers.tape import Report, Session, frames

log = structlog.get_logger(__name__)

SCHEME = "replay"
_BREATH_S = 0.001
_NANO = 1e9


class ReplayReader(ReaderDriver):
    """Plays a tape. At its end the iteration ends with :class:`RecordingEnded`, which nobody tries again.

    Args:
        path: of the tape.
        speed: 2 is twice as fast as it was; 0 as fast as whoever listens. Nothing is dropped then.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = (
        *COMMON_OPTIONS,
        Option("speed", number(0, 10_000), 1.0, "how much faster than it was; 0: as fast as can be"),
    )

    def __init__(
        self,
        name: str,
        path: Path,
        speed: float = 1.0,
        *,
        now: Callable[[], datetime],
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._path = path
        self._speed = speed
        self._then = now()
        """The host's clock at the report that is played."""
        self._decoder = self._decoder_of(self._first_session())

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """The recording at the path of the address.

        Raises:
            ReaderConfigError: no path, no recording there, or a bad option.
            MissingDependency: the library of the driver that made it is not installed.
        """
        if address.host or address.port is not None or len(address.path) <= 1:
            raise ReaderConfigError(
                "{url} is not the address of a recording.",
                where="url",
                remedy="Write replay:///folder/file with the path of a recording.",
                url=address.url,
            )
        options = read_options(address, cls.OPTIONS)
        path = Path(address.path)
        return cls(options["name"] or path.name, path, options["speed"], now=now, queue=options["queue"])

    @property
    def capabilities(self) -> Capabilities:
        """What observations of the recorded reader carry; a tape can do nothing to a tag."""
        then = self._decoder.capabilities
        return Capabilities(
            antennas=then.antennas,
            rssi=then.rssi,
            tid=then.tid,
            device_clock=then.device_clock,
            gpi=then.gpi,
            link=then.link,
        )

    async def _connect(self) -> ReaderInfo:
        self._background(self._play())
        return ReaderInfo(model=f"Recording {self._path.name}")

    async def _disconnect(self) -> None:
        """Nothing is held: the tape is read frame by frame in the task that has ended."""

    async def _play(self) -> None:
        began = asyncio.get_running_loop().time()
        first: int | None = None
        for frame in frames(self._path):
            if isinstance(frame, Session):
                former, self._decoder = self._decoder, self._decoder_of(frame)
                self._decoder.take_over(former)
                continue
            first = frame.monotonic_ns if first is None else first
            if self._speed:
                due = began + (frame.monotonic_ns - first) / _NANO / self._speed
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            else:
                await self._room()
            self._hear(frame)
        raise RecordingEnded("The recording {path} is at its end.", where=self.name, path=str(self._path))

    async def _room(self) -> None:
        """Wait for whoever listens, so that nothing is dropped."""
        await asyncio.sleep(0)
        while len(self._queue) > self._limit // 2:  # noqa: ASYNC110 - a queue has no event for "shorter"
            await asyncio.sleep(_BREATH_S)

    def _hear(self, report: Report) -> None:
        self._then = report.at
        try:
            self._decoder.take_raw(report.data)
        except ReaderError as error:
            self._garbled += 1
            log.info("replay.garbled", reader=self.name, reason=str(error))
        seen, inputs = self._decoder.heard()
        if seen:
            self._deliver(seen)
        for change in inputs:
            self._deliver_input(change)

    def _first_session(self) -> Session:
        for frame in frames(self._path):
            if isinstance(frame, Session):
                return frame
            break
        raise ReaderConfigError(
            "The recording {path} does not say of which reader it is.",
            where="url",
            remedy="It was cut off at once; record again.",
            path=str(self._path),
        )

    def _decoder_of(self, session: Session) -> Reader:
        """The driver of then, which is never connected, under our name."""
        address = parse_address(session.url)
        if address.scheme == SCHEME:  # it could name itself
            raise ReaderConfigError(
                "{path} is a recording of a recording.",
                where="url",
                remedy="Play the first one.",
                path=str(self._path),
            )
        decoder = driver_class(address, drivers()).from_address(address, now=lambda: self._then)
        decoder.name = self.name
        return decoder

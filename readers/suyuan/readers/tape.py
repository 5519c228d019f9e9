"""Tapes: what came over the wire of a reader, kept byte for byte, to be played again.

A tape is a file that only grows: a line that says what it is, then frames, each of a session (the address of
the reader) or of one report as the device sent it, with the monotonic and the wall clock and a checksum. A
report is the smallest thing that a driver decodes: an LLRP message, a line of an event stream, a message of
MQTT; drivers that decode in a library keep their observations instead. No request is kept, so no password is
on a tape.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import structlog

from suyuan.readers.errors import ReaderConfigError

log = structlog.get_logger(__name__)

MOST_BYTES = 256 * 1024 * 1024
"""A tape ends there: a forgotten recording must not fill the disk of a station."""
LONGEST_FRAME = 16 * 1024 * 1024

_MAGIC = b"suyuan tape 1\n"
_HEAD = struct.Struct(">II")  # length of what follows, its checksum
_FRAME = struct.Struct(">BQq")  # kind, monotonic nanoseconds, microseconds since the epoch
_SESSION, _REPORT = 0, 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_US = 253_402_300_799_000_000  # the end of the year 9999, after which Python has no dates
_FLUSH_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Session:
    """From here on the reports are those of the reader at ``url`` (without credentials)."""

    url: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a device sent: when, by a clock that never goes back and by the host's, and the bytes."""

    monotonic_ns: int
    at: datetime
    data: bytes


class Tape:
    """A tape that is written; several sessions may follow each other on one.

    A full tape and a disk that refuses end the recording, and never the reading: the reason is logged. What
    a crash tore off at the end is cut away before a new session begins.

    Args:
        path: of the file; it is made, or gone on with.
        url: of the reader, without credentials.
        most_bytes: where the tape ends.
        monotonic_ns: a clock that never goes back.
    """

    def __init__(
        self,
        path: Path,
        url: str,
        *,
        most_bytes: int = MOST_BYTES,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.path = path
        self._url = url
        self._most_bytes = most_bytes
        self._monotonic_ns = monotonic_ns
        self._file: BinaryIO | None = None
        self._size = 0
        self._flushed_ns = 0

    def begin(self, now: datetime) -> None:
        """Open the file and begin a session.

        Raises:
            ReaderConfigError: the file is something else than a tape.
        """
        try:
            self._file = self.path.open("r+b" if self.path.exists() else "w+b")
            if self._file.seek(0, SEEK_END):
                self._size = self._whole(self._file)
                self._file.truncate(self._size)
                self._file.seek(self._size)
            else:
                self._size = self._file.write(_MAGIC)
        except ReaderConfigError:
            self.close()
            raise
        except OSError as error:
            self._give_up(error)
        self._add(_SESSION, self._url.encode(), now)

    def _give_up(self, error: OSError) -> None:
        log.warning("tape.ended", path=str(self.path), reason=str(error))
        self.close()

    def _whole(self, file: BinaryIO) -> int:
        """How many bytes of the tape that is there are whole frames. Linear in its length."""
        file.seek(0)
        _check(self.path, file)
        end = file.tell()
        for _ in _frames(self.path, file):
            end = file.tell()
        return end

    def add(self, data: bytes, now: datetime) -> None:
        """Keep a report that has just come in; flushed to the system once a second."""
        self._add(_REPORT, data, now)

    def close(self) -> None:
        """End the recording; further calls do nothing."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # the disk is full: what fits is there
                file.close()

    def _add(self, kind: int, data: bytes, now: datetime) -> None:
        if self._file is None:
            return
        ticks = self._monotonic_ns()
        body = _FRAME.pack(kind, ticks, (now - _EPOCH) // timedelta(microseconds=1)) + data
        if self._size + _HEAD.size + len(body) > self._most_bytes or len(body) > LONGEST_FRAME:
            log.warning("tape.full", path=str(self.path), bytes=self._size)
            self.close()
            return
        try:
            self._file.write(_HEAD.pack(len(body), crc32(body)) + body)
            if ticks - self._flushed_ns > _FLUSH_NS:
                self._file.flush()
                self._flushed_ns = ticks
        except OSError as error:
            self._give_up(error)
            return
        self._size += _HEAD.size + len(body)


def frames(path: Path) -> Iterator[Session | Report]:
    """What is on a tape, in order. A torn or damaged end is left out and logged. Memory: one frame.

    Raises:
        ReaderConfigError: no such file, it cannot be read, or it is something else than a tape.
    """
    try:
        with path.open("rb") as file:
            _check(path, file)
            yield from _frames(path, file)
    except OSError as error:
        raise ReaderConfigError(
            "The recording {path} cannot be read: {reason}.",
            where="url",
            remedy="Write replay:///folder/file with the path of a recording.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error


def _check(path: Path, file: BinaryIO) -> None:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ReaderConfigError(
            "{path} is not a recording of a reader.",
            where="url",
            remedy="Name a file that was made with the option record= of a reader's address.",
            path=str(path),
        )


def _frames(path: Path, file: BinaryIO) -> Iterator[Session | Report]:
    while head := file.read(_HEAD.size):
        length, checksum = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
        body = file.read(length) if _FRAME.size <= length <= LONGEST_FRAME else b""
        if len(body) != length or not body or crc32(body) != checksum:
            log.warning("tape.damaged", path=str(path), at=file.tell())
            return
        kind, ticks, micros = _FRAME.unpack_from(body)
        data = body[_FRAME.size :]
        if kind == _SESSION:
            yield Session(data.decode("utf-8", "replace"))
        elif kind == _REPORT:
            yield Report(ticks, _EPOCH + timedelta(microseconds=min(max(micros, 0), _LATEST_US)), data)

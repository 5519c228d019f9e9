"""Columns in one file, which is mapped rather than read.

::

    magic, length and checksum of the header │ header in JSON │ column │ column │ …

Each column begins on a page and is followed by as much room as it has in memory, a hole that takes no disk:
whoever opens the file goes on adding rows in place, in memory of its own, and the file stays as it was.

Opening reads the header alone, whatever the size. It trusts columns to be what was written: the file is as
private as the database beside it, and one that others could have written is refused. :meth:`Mapped.check`
reads all of it for what a disk may have done.
"""

from __future__ import annotations

import mmap
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson

from suyuan.trace.errors import InvalidInput, Unavailable
from suyuan.trace.lineage.chronicle.columns import Column

_MAGIC = b"SUYUAN\x00C"
_HEAD = struct.Struct("<8sII")  # magic, and of the header its length and CRC-32
_LONGEST = 1 << 20  # bytes of a header
_PAGE = 4096
_AT_ONCE = 1 << 24
_OTHERS_MAY_WRITE = 0o022
_ABOUT, _COLUMNS = "about", "columns"


class SnapshotUnfit(InvalidInput):
    """A snapshot is none, is damaged, or is of something else; what it held is on record as evidence."""

    code = "snapshot-unfit"
    title = "This snapshot cannot be used"


class SnapshotFailed(Unavailable):
    """The file of a snapshot cannot be written or read: a full disk, a folder of somebody else."""

    code = "snapshot-failed"
    title = "The snapshot failed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column is in the file. ``crc`` is the CRC-32 of the rows that are used."""

    name: str
    offset: int
    used: int
    room: int
    crc: int


@dataclass(frozen=True, slots=True)
class Mapped:
    """A file that was opened. ``columns`` may be written to and grow; the file does not change by that."""

    path: Path
    about: Mapping[str, Any]
    columns: dict[str, Column]
    file: mmap.mmap
    places: tuple[Place, ...]
    identity: str
    """What another file under the same name has not."""

    def check(self) -> None:
        """Read everything once, as it is on disk: some seconds for some gigabytes.

        Raises ``SnapshotUnfit`` where it is not what was written.
        """
        content = memoryview(self.file)
        for place in self.places:
            size = place.used * self.columns[place.name].array.dtype.itemsize
            crc = 0
            for begin in range(place.offset, place.offset + size, _AT_ONCE):
                crc = zlib.crc32(content[begin : min(begin + _AT_ONCE, place.offset + size)], crc)
            if crc != place.crc:
                raise damaged(self.path, place.name)


def write(path: Path, columns: Mapping[str, Column], about: Mapping[str, Any]) -> None:
    """Write ``columns`` to ``path``, and ``about``, values of JSON. It appears complete or not at all.

    Raises ``SnapshotFailed`` where the disk or the folder refuses; what was at ``path`` is there still.
    """
    part = path.with_name(path.name + ".part")
    try:
        if not _private(path.absolute().parent.stat(), os.geteuid(), 0):
            raise SnapshotFailed(
                "Others may write in the folder of the snapshot {path}",
                where=str(path),
                path=str(path),
                remedy="Name a folder where nobody may write but the user that Suyuan runs as.",
            )
        part.unlink(missing_ok=True)  # of a process that died; a link that somebody laid is not followed
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(part, flags, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                _write(stream, columns, about)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.absolute().parent)
    except OSError as error:
        raise SnapshotFailed(
            "The snapshot cannot be written to {path}: {reason}",
            where=str(path),
            path=str(path),
            reason=error.strerror or str(error),
            remedy="Name a folder where this user may write, on a disk with room. Nothing was changed.",
        ) from error


def mapped(path: Path, kinds: Mapping[str, np.dtype[Any]]) -> Mapped:
    """The file at ``path``, which must hold columns of these rows. O(1).

    Raises:
        SnapshotUnfit: it is something else, was cut off, or could have been written by others.
        SnapshotFailed: it cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            status = os.fstat(descriptor)
            if not _private(status, os.geteuid()):
                raise SnapshotUnfit(
                    "The snapshot {path} could have been written by others",
                    where=str(path),
                    path=str(path),
                    remedy="Let nobody write to it but the user that Suyuan runs as.",
                )
            if status.st_size < _PAGE:
                raise _foreign(path)
            file = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
            memory = mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SnapshotFailed(
            "The snapshot {path} cannot be read: {reason}",
            where=str(path),
            path=str(path),
            reason=error.strerror or str(error),
            remedy="Nothing is lost: lineage is replayed from evidence.",
        ) from error
    about, places = _header(path, file, kinds)
    columns = {
        place.name: Column(np.frombuffer(memory, kinds[place.name], place.room, place.offset), place.used)
        for place in places
    }
    identity = f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
    return Mapped(path, about, columns, file, places, identity)


def _private(status: os.stat_result, *owners: int) -> bool:
    """Whether nobody but one of ``owners`` may write there."""
    return status.st_uid in owners and not status.st_mode & _OTHERS_MAY_WRITE


def _write(stream: IO[bytes], columns: Mapping[str, Column], about: Mapping[str, Any]) -> None:
    """Columns first, then the header before them, which tells their checksums."""
    places: list[Place] = []
    offset = _up(_HEAD.size + _longest(columns, about))
    for name, column in columns.items():
        rows = column.array[: column.used].view(np.uint8).reshape(-1).data
        stream.seek(offset)
        crc = 0
        for begin in range(0, len(rows), _AT_ONCE):
            some = rows[begin : begin + _AT_ONCE]
            crc = zlib.crc32(some, crc)
            stream.write(some)
        places.append(Place(name, offset, column.used, len(column.array), crc))
        offset = _up(offset + column.array.nbytes)
    stream.truncate(offset)
    header = _told(places, about)
    stream.seek(0)
    stream.write(_HEAD.pack(_MAGIC, len(header), zlib.crc32(header)) + header)


def _longest(columns: Mapping[str, Column], about: Mapping[str, Any]) -> int:
    """How long a header is at most."""
    most = (1 << 63) - 1
    return len(_told([Place(name, most, most, most, most) for name in columns], about))


def _told(places: list[Place], about: Mapping[str, Any]) -> bytes:
    return orjson.dumps({_ABOUT: about, _COLUMNS: places})


def _up(offset: int) -> int:
    """The next page."""
    return -(-offset // _PAGE) * _PAGE


def _header(
    path: Path, file: mmap.mmap, kinds: Mapping[str, np.dtype[Any]]
) -> tuple[Mapping[str, Any], tuple[Place, ...]]:
    magic, length, crc = _HEAD.unpack_from(file)
    if magic != _MAGIC:
        raise _foreign(path)
    if length > min(_LONGEST, len(file) - _HEAD.size):
        raise damaged(path, _ABOUT)
    header = file[_HEAD.size : _HEAD.size + length]
    if zlib.crc32(header) != crc:
        raise damaged(path, _ABOUT)
    about, places = _read(path, header)
    if [place.name for place in places] != list(kinds):
        raise other_version(path)
    end = _HEAD.size + length
    for place in places:
        size = place.room * kinds[place.name].itemsize
        if place.offset % _PAGE or place.offset < end or not 0 <= place.used <= place.room:
            raise damaged(path, place.name)
        end = place.offset + size
    if _up(end) != len(file):
        raise damaged(path, places[-1].name)
    return about, places


def _read(path: Path, header: bytes) -> tuple[Mapping[str, Any], tuple[Place, ...]]:
    try:
        told = orjson.loads(header)
        about, places = dict(told[_ABOUT]), tuple(Place(**place) for place in told[_COLUMNS])
    except (ValueError, TypeError, KeyError) as error:
        raise _foreign(path) from error
    if not all(type(told) is int for place in places for told in (place.offset, place.used, place.room)):
        raise _foreign(path)
    return about, places


def _foreign(path: Path) -> SnapshotUnfit:
    return SnapshotUnfit(
        "{path} is not a snapshot of Suyuan",
        where=str(path),
        path=str(path),
        remedy="Nothing is lost: lineage is replayed from evidence.",
    )


def damaged(path: Path, part: str) -> SnapshotUnfit:
    """What says that ``part`` of a snapshot is not as it was written."""
    return SnapshotUnfit(
        "The snapshot {path} is damaged in {part}",
        where=part,
        path=str(path),
        part=part,
        remedy="Nothing is lost: lineage is replayed from evidence. Look after the disk.",
    )


def other_version(path: Path) -> SnapshotUnfit:
    """What says that a snapshot was made by other code."""
    return SnapshotUnfit(
        "The snapshot {path} was made by another version of Suyuan",
        where=str(path),
        path=str(path),
        remedy="Nothing is lost: lineage is replayed from evidence.",
    )


def _sync_folder(folder: Path) -> None:
    """A new name is durable only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

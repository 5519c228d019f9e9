"""Files of secret keys: for their owner alone, never overwritten, on the disk before anything uses them."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

_OTHERS = 0o077
_TRIES, _PAUSE = 100, 0.1  # seconds between them


class ExposedFile(PermissionError):
    """The file can be read by others than its owner."""


def read_private(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a file that its owner alone can read.

    Raises :class:`ExposedFile` where others can, ``OSError`` where it cannot be read.
    """
    with path.open("rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & _OTHERS:
            raise ExposedFile(path)
        return file.read(most)


def write_private(path: Path, text: str) -> None:
    """Write a new file for its owner alone; it is on the disk when this returns.

    Raises ``OSError`` where there is a file already, or none can be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path)


@contextmanager
def alone(path: Path) -> Generator[None]:
    """Nobody else who asks so reads and replaces the file at ``path`` meanwhile: who comes second waits.

    Two who read the same keys, and each write more, would leave those of one on tags and in no file. What is
    locked is the folder: a file that is replaced is another one, and a lock of its own might be root's.
    Raises ``OSError`` where the folder cannot be opened or locked, or somebody else has locked it for ten
    seconds: any program may, of its own accord.
    """
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        _lock(folder)
        yield
    finally:
        os.close(folder)


def _lock(folder: int) -> None:
    if fcntl is None:
        return
    for _ in range(_TRIES):
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        else:
            return
    raise BlockingIOError(
        errno.EWOULDBLOCK, "another program has locked its folder; try again when it has ended"
    )


def replace_private(path: Path, text: str) -> None:
    """Let ``text`` stand at ``path`` instead of what does: after a power cut it is the old or the new whole.

    Whoever makes ``text`` of what stands there reads and replaces it :func:`alone`.

    The file stays that of its owner, whoever replaces it, and a link to it stays a link. Raises ``OSError``
    where it cannot be written; ``path`` is then as it was.
    """
    path = path.resolve()
    old = path.stat()
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    write_private(beside, text)
    if os.name == "posix":
        try:
            os.chown(beside, old.st_uid, old.st_gid)
        except OSError:
            beside.unlink()
            raise
    beside.replace(path)
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

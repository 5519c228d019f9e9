"""Which process here runs our own inventory on a reader: a lock on a file, which ends with its holder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import structlog

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)


def claims_folder() -> Path | None:
    """Where the locks of this user are, on this machine; None for a user without a home."""
    try:
        return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "suyuan"
    except RuntimeError:
        return None


class Claim:
    """The right to start and stop the preset ``name``: of one process at a time, and free once it is killed.

    Where there is no lock to be had (a system without them, a folder that cannot be written), everybody has
    the right, and the log says so.
    """

    def __init__(self, name: str, folder: Path | None) -> None:
        self._path = None if folder is None else folder / f"{name}.lock"
        self._file: BinaryIO | None = None

    def take(self) -> bool:
        """Whether the right is ours, from now until :meth:`release`."""
        if self._file is not None or self._path is None or fcntl is None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._path.open("ab")
        except OSError as error:
            log.warning("impinj.no_lock", path=str(self._path), reason=str(error))
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except OSError as error:
            file.close()
            log.warning("impinj.no_lock", path=str(self._path), reason=str(error))
            return True
        self._file = file
        return True

    def release(self) -> None:
        """Give the right up; the file stays, or two could lock two files of one name."""
        if self._file is not None:
            self._file.close()
            self._file = None

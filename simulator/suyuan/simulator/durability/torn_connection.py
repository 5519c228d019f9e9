"""Connections to an imagined disk, in the shape in which the station's outbox uses SQLite.

The library that can imagine disks is apsw; the outbox is written for ``sqlite3`` and goes by its errors.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from suyuan.readers.station.journal import FULL

NORMAL = 1
"""``PRAGMA synchronous`` as it is widely advised for WAL, and must not be."""
_CORRUPT = (apsw.CorruptError, apsw.NotADBError)


class TornConnection:
    """A connection to ``path`` on the disk ``vfs``, whose log goes into the file every twenty pages.

    With ``normal`` it says that it commits with FULL and does so with NORMAL.
    """

    def __init__(self, path: Path, vfs: str, *, normal: bool = False) -> None:
        self._normal = normal
        with _as_sqlite3():
            self._db: Any = apsw.Connection(str(path), vfs=vfs)
            self._db.execute("PRAGMA wal_autocheckpoint=20")

    @property
    def in_transaction(self) -> bool:
        """Whether there is something to roll back: SQLite may have done so by itself."""
        return bool(self._db.in_transaction)

    def execute(self, sql: str, parameters: Any = (), /) -> TornRows:
        """Run one statement."""
        with _as_sqlite3():
            if self._normal and sql == "PRAGMA synchronous":
                return TornRows(self._db.execute(f"SELECT {FULL}"))
            rows = self._db.execute(sql, parameters)
            if self._normal and sql.startswith("PRAGMA synchronous="):
                self._db.execute(f"PRAGMA synchronous={NORMAL}")
            return TornRows(rows)

    def close(self) -> None:
        """Give it up."""
        with _as_sqlite3():
            self._db.close()

    def abandon(self) -> None:
        """Close it whatever becomes of it: the process has died."""
        with suppress(apsw.Error):
            self._db.close()


class TornRows:
    """What a statement gives."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def fetchall(self) -> list[Any]:
        """All rows."""
        with _as_sqlite3():
            return list(self._cursor.fetchall())

    def fetchone(self) -> Any:
        """The next row, or None."""
        with _as_sqlite3():
            return self._cursor.fetchone()


@contextmanager
def _as_sqlite3() -> Generator[None]:
    """The same error as ``sqlite3`` would raise it."""
    try:
        yield
    except apsw.Error as error:
        told = sqlite3.OperationalError(str(error) or type(error).__name__)
        told.sqlite_errorname = "SQLITE_CORRUPT" if isinstance(error, _CORRUPT) else "SQLITE_IOERR"
        raise told from error

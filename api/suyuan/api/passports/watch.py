"""A connection of the event loop's own: look-ups by key take less than handing them to a thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine

_MAPPED = 1 << 40
"""Bytes of the store that are looked at where they lie: SQLite takes its own bound for it, 2 GB."""


class Watch:
    """What changes in a store of SQLite, and rows of it. For one event loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None

    def version(self) -> int:
        """A number that changes whenever anybody committed anything."""
        return int(self._connection().execute("PRAGMA data_version").fetchone()[0])

    def ask(self, statement: str, values: Mapping[str, object]) -> Sequence[Any] | None:
        """One row."""
        found: Sequence[Any] | None = self._connection().execute(statement, values).fetchone()
        return found

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            address = f"file:{quote(self._path)}?mode=ro"
            # An event loop may move to another thread between requests, as those of tests do.
            self._opened = sqlite3.connect(
                address, uri=True, isolation_level=None, timeout=1.0, check_same_thread=False
            )
            # Whatever is committed empties the cache of a connection; what is mapped is not read anew.
            self._opened.execute(f"PRAGMA mmap_size = {_MAPPED}")
        return self._opened

    def close(self) -> None:
        """Give it back."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def watching(engine: Engine) -> Watch | None:
    """What watches the store of an engine; None where a database does not tell that it changed."""
    if engine.url.get_backend_name() != "sqlite":
        return None
    return Watch(str(engine.url.database))

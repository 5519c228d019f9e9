"""What of a SQLite connection the station's store uses, so that a simulated disk can be behind it."""

from __future__ import annotations

from typing import Any, Protocol


class Rows(Protocol):
    """What a statement gives."""

    def fetchall(self) -> list[Any]:
        """All rows."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...


class Connection(Protocol):
    """As much of a SQLite connection as the journal uses, in autocommit mode."""

    def execute(self, sql: str, parameters: Any = (), /) -> Rows:
        """Run one statement."""
        ...

    def close(self) -> None:
        """Give it up."""
        ...

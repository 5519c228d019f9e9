"""Many rows in one statement by the driver itself.

SQLAlchemy's executemany builds and converts a dictionary per row, which costs more than SQLite's insert. Here
a row is a tuple of values as they are stored (times in microseconds), in the order of the named columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import InstrumentedAttribute


def insert_rows(
    connection: Connection, columns: Sequence[InstrumentedAttribute[Any]], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert ``rows`` into the table of ``columns``. Values are not checked: events were, before."""
    if not rows:
        return
    place = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join(column.key for column in columns)
    table = columns[0].class_.__tablename__
    values = ", ".join([place] * len(columns))
    # Names are those of our own model, never input.
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values})", list(rows))  # noqa: S608 (see above)

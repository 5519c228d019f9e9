"""Many rows, or many values to look up, in one statement by the driver itself.

SQLAlchemy's executemany builds and converts a dictionary per row, and its IN lists are compiled value by
value, which costs more than SQLite's own work. Here a row is a tuple of values as they are stored (times in
microseconds), in the order of the named columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import InstrumentedAttribute

Column = InstrumentedAttribute[Any]
_AT_ONCE = 500  # values looked up by one statement of SQLite, which takes so many


def insert_rows(
    connection: Connection, columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], conflict: str = ""
) -> None:
    """Insert ``rows`` into the table of ``columns``. Values are not checked: events were, before.

    ``conflict`` is the clause ON CONFLICT, if there is to be one; never input.
    """
    if not rows:
        return
    place = "?" if connection.dialect.name == "sqlite" else "%s"
    names = ", ".join(column.key for column in columns)
    table = columns[0].class_.__tablename__
    values = ", ".join([place] * len(columns))
    # Names are those of our own model, never input.
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({values}) {conflict}", list(rows))  # noqa: S608 (see above)


def look_up(
    connection: Connection,
    columns: Sequence[Column],
    values: Iterable[str],
    where: Mapping[Column, int | str | None] | None = None,
    since: Mapping[Column, int] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Those rows of the table of ``columns`` whose first column is one of ``values``; others as in ``where``.

    And of those only the ones that are greater than in ``since``.

    Given are the columns as they are stored, of rows in no order.
    """
    sqlite = connection.dialect.name == "sqlite"
    place = "?" if sqlite else "%s"
    names = ", ".join(column.key for column in columns)
    also, given = "", list[int | str]()
    for column, value in (where or {}).items():
        also += f" AND {column.key} IS NULL" if value is None else f" AND {column.key} = {place}"
        given.extend(() if value is None else (value,))
    for column, least in (since or {}).items():
        also += f" AND {column.key} > {place}"
        given.append(least)
    start = f"SELECT {names} FROM {columns[0].class_.__tablename__} WHERE {columns[0].key}"  # noqa: S608 (as above)
    rest = iter(values)
    while some := tuple(islice(rest, _AT_ONCE)):
        among = f"IN ({', '.join([place] * len(some))})" if sqlite else "= ANY(%s)"
        asked = (*some, *given) if sqlite else (list(some), *given)
        yield from map(tuple, connection.exec_driver_sql(f"{start} {among}{also}", asked))

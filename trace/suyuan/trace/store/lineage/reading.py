"""The statements by which a question reads lineage: one for each table and hop, each by key.

What is looked for is handed over as one list, and what is found comes as bytes, column by column. Neither
database is asked to follow anything. SQLite joins a list to a table in no other order than the one given
(CROSS JOIN), and by a range: by equality it may go through the whole table first to make a Bloom filter,
if it was told once that the table is small. PostgreSQL hands the bytes of many rows over as one value of each
column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from suyuan.trace.store.engine import Reading

Columns = tuple[bytes, ...]
_NOTHING = b""
_AT_ONCE = 4096
"""Numbers in one list: a value of PostgreSQL holds a gigabyte, and a page some tens of kilobytes."""


def raised(connection: Connection, error: Exception) -> BaseException:
    """What the driver raised, as SQLAlchemy would: a unit of reading or writing tells what that means."""
    dialect = connection.dialect
    return DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, dialect=dialect)


class Hops:
    """Hops over one snapshot of the store."""

    def __init__(self, reading: Reading) -> None:
        connection = reading.connection
        self._connection = connection
        self._error = connection.dialect.loaded_dbapi.Error
        self._sqlite = connection.dialect.name == "sqlite"
        self._driver: Any = connection.connection.driver_connection
        self.count = 0

    def _rows(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        self.count += 1
        try:
            if self._sqlite:
                rows: list[tuple[Any, ...]] = self._driver.execute(statement, values).fetchall()
            else:
                rows = self._driver.execute(statement, values, binary=True, prepare=True).fetchall()
        except self._error as error:
            raise raised(self._connection, error) from error
        return rows

    def bytes_of(self, table: str, columns: tuple[str, ...], numbers: Iterable[int]) -> Columns:
        """The bytes of each column in the rows with these numbers, one after the other in any order."""
        told = list(numbers)
        if len(told) <= _AT_ONCE:
            return self._bytes_of(table, columns, told)
        some = (told[at : at + _AT_ONCE] for at in range(0, len(told), _AT_ONCE))
        return _joined([self._bytes_of(table, columns, one) for one in some], columns)

    def _bytes_of(self, table: str, columns: tuple[str, ...], told: list[int]) -> Columns:
        if self._sqlite:
            return _joined(self._rows(_of_list(table, columns), (orjson.dumps(told).decode(),)), columns)
        if table == _VISIT:
            return _joined(self._rows(_VISITS_OF_ARRAY, (told,)), columns)
        (row,) = self._rows(_of_array(table, columns), (told,))
        return tuple(value or _NOTHING for value in row)

    def parts_of(self, line: int, nodes: Iterable[int]) -> bytes:
        """The parts of a line of nodes."""
        told = list(nodes)
        if self._sqlite:
            rows = self._rows(_PARTS_OF_LIST, (orjson.dumps(told).decode(), line, line + 1))
        else:
            rows = self._rows(_PARTS_OF_ARRAY, (told, line))
        return b"".join(row[0] for row in rows)

    def words_of(self, statements: Iterable[int]) -> list[tuple[int, str]]:
        """The evidence keys of statements."""
        told = list(statements)
        if self._sqlite:
            found = self._rows(
                _of_list("lineage_statement", ("number", "evidence")), (orjson.dumps(told).decode(),)
            )
        else:
            found = self._rows(_WORDS_OF_ARRAY, (told,))
        return [(number, evidence) for number, evidence in found]

    def one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a statement with ``?`` in the place of each value."""
        rows = self._rows(statement if self._sqlite else statement.replace("?", "%s"), values)
        return rows[0] if rows else None

    def evidence_of(self) -> tuple[Any, ...] | None:
        """The row that says what the tables hold."""
        return self.one("SELECT form, evidence, known FROM lineage WHERE number = 1")


def _joined(rows: Sequence[tuple[Any, ...]], columns: tuple[str, ...]) -> Columns:
    if not rows:
        return (_NOTHING,) * len(columns)
    return tuple([b"".join(filter(None, column)) for column in zip(*rows, strict=True)])


@cache
def _of_list(table: str, columns: tuple[str, ...]) -> str:
    told = ", ".join(f"l.{name}" for name in columns)
    key = f"l.{_key_of(table)}"
    return (
        f"SELECT {told} FROM json_each(?) AS f CROSS JOIN {table} AS l"  # noqa: S608 (names of our own)
        f" ON {key} >= f.value AND {key} <= f.value"
    )


@cache
def _of_array(table: str, columns: tuple[str, ...]) -> str:
    told = ", ".join(f"string_agg({name}, ''::bytea)" for name in columns)
    return f"SELECT {told} FROM {table} WHERE {_key_of(table)} = ANY(%s::bigint[])"  # noqa: S608 (as above)


def _key_of(table: str) -> str:
    return "site" if table == _VISIT else "number"


_PARTS_OF_LIST = (
    "SELECT l.rows FROM json_each(?) AS f CROSS JOIN lineage_part AS l"
    " ON (l.node, l.line) >= (f.value, ?) AND (l.node, l.line) < (f.value, ?)"
)
# Of one node or site there is no telling how many: a row for each part, never one value.
_PARTS_OF_ARRAY = "SELECT rows FROM lineage_part WHERE node = ANY(%s::bigint[]) AND line = %s"
_VISIT = "lineage_visit"
_VISITS_OF_ARRAY = "SELECT visits FROM lineage_visit WHERE site = ANY(%s::bigint[])"
_WORDS_OF_ARRAY = "SELECT number, evidence FROM lineage_statement WHERE number = ANY(%s::bigint[])"

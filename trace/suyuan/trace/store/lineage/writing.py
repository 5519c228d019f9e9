"""Lineage from memory into the store, in one transaction: who reads meanwhile reads what was there before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from suyuan.trace.errors import Conflict
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.statement import instant
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.lineage.making import Making, Row
from suyuan.trace.store.lineage.reading import raised
from suyuan.trace.store.lineage.written import form
from suyuan.trace.store.lineage_held import held
from suyuan.trace.store.lineage_tables import DERIVED


class LineageNewer(Conflict):
    """The store holds lineage that was told more than what is to be written."""

    code = "lineage-newer"
    title = "The store holds newer lineage"


def write(writing: Writing, record: Record, *, evidence: int, aliases: int, known: datetime | None) -> None:
    """Replace the lineage in the store by ``record``; O(all that is in it).

    Rows are made for some tens of thousands of nodes at a time. Nothing may be told meanwhile.

    Args:
        writing: where to.
        record: what was told; its tables hold no more rows than are in use.
        evidence: up to which sequence number it was told.
        aliases: the version of the second names under which it was told.
        known: the latest record time among what was told, declarations and what they take out included: from
            then on what is known is what ``record`` says. None where nothing was told.

    Raises:
        LineageNewer: the store holds what was told more evidence or later names; that stays.
    """
    connection = writing.connection
    there = held(writing)
    if there is not None and (there.evidence > evidence or there.aliases > aliases):
        raise LineageNewer(
            "The store holds lineage as of {held}, newer than what was to be written, as of {evidence}",
            held=there.evidence,
            evidence=evidence,
            remedy="Another has written it meanwhile; what the store holds was left as it is.",
        )
    forget(writing)
    put = _Putting(connection)
    for rows in Making(record).everything():
        put(*rows)
    tables: Any = record.tables
    sizes = len(tables.nodes), len(tables.statements)
    latest = 0 if known is None else instant(known)
    columns = ("number", "form", "evidence", "aliases", "known", "nodes", "statements")
    put("lineage", columns, [(1, form(), evidence, aliases, latest, *sizes)])
    if connection.dialect.name == "postgresql":
        for table in DERIVED:
            connection.execute(text(f"ANALYZE {table}"))


def forget(writing: Writing) -> None:
    """Take the lineage out of the store."""
    for table in DERIVED:
        writing.connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 (names of our own)


class _Putting:
    """Puts rows into the derived tables by the driver: SQLAlchemy would look at each value."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._driver: Any = connection.connection.driver_connection

    def __call__(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Put rows into a table that holds none of them."""
        try:
            if self._is_sqlite:
                self._driver.executemany(_inserting(table, columns), rows)
                return
            with (
                self._driver.cursor() as cursor,
                cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
        except self._connection.dialect.loaded_dbapi.Error as error:
            raise raised(self._connection, error) from error


def _inserting(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 (names of our own)

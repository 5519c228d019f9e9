"""What a station remembers of objects from its own steps, and how a step's part of it is taken back.

Functions over a connection, called inside the transactions of :mod:`suyuan.readers.station.journal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from suyuan.readers.station.knowledge import NOTHING_KNOWN, Known, Lesson

__all__ = ["SCHEMA", "Connection", "Former", "Lesson", "Rows", "as_text", "former", "known", "learn"]
__all__ += ["prepare", "recall_of", "restore"]

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS known(
        key TEXT PRIMARY KEY, lot_key TEXT, unit_key TEXT, expires TEXT, learned TEXT NOT NULL,
        disposition TEXT, tid TEXT) STRICT""",
    "CREATE INDEX IF NOT EXISTS known_unit ON known(unit_key) WHERE unit_key IS NOT NULL",
)
_COLUMNS = "key, lot_key, unit_key, expires, learned, disposition, tid"


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


def prepare(db: Connection) -> None:
    """Give the table of an older version the columns that it lacks; inside the transaction of the others."""
    there = {row[1] for row in db.execute("PRAGMA table_info(known)").fetchall()}
    for column in ("disposition", "tid"):
        if column not in there:
            db.execute(f"ALTER TABLE known ADD COLUMN {column} TEXT")


def learn(db: Connection, lessons: Sequence[Lesson], at: datetime) -> None:
    """Remember what an event teaches."""
    learned = as_text(at)
    for lesson in lessons:
        if lesson.emptied:
            db.execute("UPDATE known SET unit_key = NULL WHERE unit_key = ?", (lesson.key,))
            continue
        unit = None if lesson.left_unit else lesson.unit_key
        expires = None if lesson.expires is None else lesson.expires.isoformat()
        db.execute(
            "INSERT INTO known(key, lot_key, unit_key, expires, learned, disposition, tid)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET"
            " lot_key = coalesce(excluded.lot_key, lot_key),"
            " unit_key = CASE WHEN ? THEN NULL ELSE coalesce(excluded.unit_key, unit_key) END,"
            " expires = coalesce(excluded.expires, expires), learned = excluded.learned,"
            " disposition = coalesce(excluded.disposition, disposition), tid = coalesce(tid, excluded.tid)",
            (
                lesson.key,
                lesson.lot_key,
                unit,
                expires,
                learned,
                lesson.disposition,
                lesson.tid,
                int(lesson.left_unit),
            ),
        )


@dataclass(frozen=True, slots=True)
class Former:
    """What was remembered of ``key`` before a step; ``there`` is false where nothing was."""

    key: str
    there: bool
    lot_key: str | None = None
    unit_key: str | None = None
    expires: str | None = None
    learned: str = ""
    emptied: bool = False
    disposition: str | None = None
    tid: str | None = None

    def as_row(self) -> list[Any]:
        """As a JSON list."""
        return [
            self.key,
            self.there,
            self.lot_key,
            self.unit_key,
            self.expires,
            self.learned,
            self.emptied,
            self.disposition,
            self.tid,
        ]


def former(db: Connection, lessons: Sequence[Lesson]) -> list[Former]:
    """What ``lessons`` are about to change, as it is now."""
    found: list[Former] = []
    for lesson in lessons:
        column = "unit_key" if lesson.emptied else "key"
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM known WHERE {column} = ?",  # noqa: S608 - our own names
            (lesson.key,),
        ).fetchall()
        found += [
            Former(key, True, lot, unit, expires, learned, lesson.emptied, disposition, tid)
            for key, lot, unit, expires, learned, disposition, tid in rows
        ]
        if not rows and not lesson.emptied:
            found.append(Former(lesson.key, there=False))
    return found


def restore(db: Connection, formers: Sequence[Former], learned_at: datetime) -> None:
    """Take back what an event of ``learned_at`` taught, where nothing was learned since."""
    learned = as_text(learned_at)
    for was in formers:
        if was.emptied:
            db.execute(
                "UPDATE known SET unit_key = ? WHERE key = ? AND unit_key IS NULL AND learned = ?",
                (was.unit_key, was.key, was.learned),
            )
        elif was.there:
            db.execute(
                "UPDATE known SET lot_key = ?, unit_key = ?, expires = ?, learned = ?, disposition = ?,"
                " tid = ? WHERE key = ? AND learned = ?",
                (
                    was.lot_key,
                    was.unit_key,
                    was.expires,
                    was.learned,
                    was.disposition,
                    was.tid,
                    was.key,
                    learned,
                ),
            )
        else:
            db.execute("DELETE FROM known WHERE key = ? AND learned = ?", (was.key, learned))


def known(db: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """What is remembered of each of ``keys``."""
    found: dict[str, Known] = {}
    for key in keys:
        row = db.execute(
            "SELECT lot_key, unit_key, expires, disposition, tid FROM known WHERE key = ?", (key,)
        ).fetchone()
        if row is not None:
            lot, unit, expires, disposition, tid = row
            last_day = None if expires is None else date.fromisoformat(expires)
            found[key] = Known(lot, unit, last_day, disposition, tid)
    return found


def recall_of(found: Mapping[str, Known], key: str) -> Known:
    """What is known of ``key`` among ``found``."""
    return found.get(key, NOTHING_KNOWN)


def as_text(time: datetime) -> str:
    """UTC in a fixed width, so that text order is time order."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")

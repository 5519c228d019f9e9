"""What a station remembers of objects from its own steps, and how a step's part of it is taken back.

Functions over a connection, called inside the transactions of :mod:`suyuan.readers.station.journal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from suyuan.readers.station.knowledge import NOTHING_KNOWN, Known, Lesson

__all__ = [
    "SCHEMA",
    "Ask",
    "Connection",
    "Former",
    "Lesson",
    "Recollection",
    "Rows",
    "as_text",
    "former",
    "known",
    "learn",
    "prepare",
    "recall_of",
    "recollect",
    "restore",
]

DEEPEST = 16
"""Units inside units that are followed; what is deeper is taken for a circle."""
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS known(
        key TEXT PRIMARY KEY, lot_key TEXT, unit_key TEXT, expires TEXT, learned TEXT NOT NULL,
        disposition TEXT, tid TEXT, quality TEXT) STRICT""",
    "CREATE INDEX IF NOT EXISTS known_unit ON known(unit_key) WHERE unit_key IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS made_of(
        made TEXT NOT NULL, source TEXT NOT NULL, learned TEXT NOT NULL, PRIMARY KEY (made, source))
        STRICT, WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS missed(key TEXT PRIMARY KEY, sweeps INTEGER NOT NULL) STRICT",
)
_COLUMNS = "key, lot_key, unit_key, expires, learned, disposition, tid, quality"


_SOURCES = """WITH RECURSIVE behind(key) AS (
        SELECT source FROM made_of WHERE made = ?
        UNION SELECT source FROM made_of JOIN behind ON made = behind.key)
    SELECT key FROM behind"""
_CONTENTS = """WITH RECURSIVE inside(key) AS (
        SELECT key FROM known WHERE unit_key = ?
        UNION SELECT known.key FROM known JOIN inside ON known.unit_key = inside.key)
    SELECT key FROM inside"""


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
    for column in ("disposition", "tid", "quality"):
        if column not in there:
            db.execute(f"ALTER TABLE known ADD COLUMN {column} TEXT")


def learn(db: Connection, lessons: Sequence[Lesson], at: datetime) -> None:
    """Remember what an event teaches."""
    learned = as_text(at)
    for lesson in lessons:
        for source in lesson.made_of:
            db.execute("INSERT OR IGNORE INTO made_of VALUES (?, ?, ?)", (lesson.key, source, learned))
        if lesson.emptied:
            db.execute("UPDATE known SET unit_key = NULL WHERE unit_key = ?", (lesson.key,))
            continue
        unit = None if lesson.left_unit else lesson.unit_key
        expires = None if lesson.expires is None else lesson.expires.isoformat()
        db.execute(
            "INSERT INTO known(key, lot_key, unit_key, expires, learned, disposition, tid, quality)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET"
            " lot_key = coalesce(excluded.lot_key, lot_key),"
            " unit_key = CASE WHEN ? THEN NULL ELSE coalesce(excluded.unit_key, unit_key) END,"
            " expires = coalesce(excluded.expires, expires), learned = excluded.learned,"
            " disposition = coalesce(excluded.disposition, disposition), tid = coalesce(tid, excluded.tid),"
            " quality = coalesce(excluded.quality, quality)",
            (
                lesson.key,
                lesson.lot_key,
                unit,
                expires,
                learned,
                lesson.disposition,
                lesson.tid,
                lesson.quality,
                int(lesson.left_unit),
            ),
        )
        if lesson.missed is not None:
            _note_sweeps(db, lesson.key, _sweeps(db, lesson.key) + 1 if lesson.missed else 0)


def _sweeps(db: Connection, key: str) -> int:
    """How many sweeps in a row did not see ``key``."""
    row = db.execute("SELECT sweeps FROM missed WHERE key = ?", (key,)).fetchone()
    return 0 if row is None else int(row[0])


def _note_sweeps(db: Connection, key: str, sweeps: int) -> None:
    if sweeps:
        db.execute("INSERT OR REPLACE INTO missed VALUES (?, ?)", (key, sweeps))
    else:
        db.execute("DELETE FROM missed WHERE key = ?", (key,))


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be remembered: of ``keys``, of what ``uses`` were made of, of what is in ``units``."""

    keys: Sequence[str]
    uses: Sequence[str] = ()
    units: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """What the station remembers.

    At any depth: ``sources`` of objects, ``contents`` (lots) and ``inside`` (items and units) of units.
    """

    known: Mapping[str, Known]
    sources: Mapping[str, frozenset[str]]
    contents: Mapping[str, frozenset[str]]
    inside: Mapping[str, frozenset[str]]


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
    missed: int = 0
    quality: str | None = None

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
            self.missed,
            self.quality,
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
            Former(
                key, True, lot, unit, expires, learned, lesson.emptied, stands, tid, _sweeps(db, key), quality
            )
            for key, lot, unit, expires, learned, stands, tid, quality in rows
        ]
        if not rows and not lesson.emptied:
            found.append(Former(lesson.key, there=False))
    return found


def restore(db: Connection, formers: Sequence[Former], learned_at: datetime) -> None:
    """Take back what an event of ``learned_at`` taught, where nothing was learned since."""
    learned = as_text(learned_at)
    for key in {was.key for was in formers}:
        db.execute("DELETE FROM made_of WHERE made = ? AND learned = ?", (key, learned))
    for was in formers:
        if not was.emptied and _is_of(db, was.key, learned):
            _note_sweeps(db, was.key, was.missed)
        if was.emptied:
            db.execute(
                "UPDATE known SET unit_key = ? WHERE key = ? AND unit_key IS NULL AND learned = ?",
                (was.unit_key, was.key, was.learned),
            )
        elif was.there:
            db.execute(
                "UPDATE known SET lot_key = ?, unit_key = ?, expires = ?, learned = ?, disposition = ?,"
                " tid = ?, quality = ? WHERE key = ? AND learned = ?",
                (
                    was.lot_key,
                    was.unit_key,
                    was.expires,
                    was.learned,
                    was.disposition,
                    was.tid,
                    was.quality,
                    was.key,
                    learned,
                ),
            )
        else:
            db.execute("DELETE FROM known WHERE key = ? AND learned = ?", (was.key, learned))


def _is_of(db: Connection, key: str, learned: str) -> bool:
    """Whether what is remembered of ``key`` was learned then, and nothing since."""
    asked = db.execute("SELECT 1 FROM known WHERE key = ? AND learned = ?", (key, learned))
    return asked.fetchone() is not None


def known(db: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """What is remembered of each of ``keys``."""
    found: dict[str, Known] = {}
    for key in keys:
        row = db.execute(
            "SELECT lot_key, unit_key, expires, disposition, tid, quality FROM known WHERE key = ?", (key,)
        ).fetchone()
        if row is not None:
            lot, unit, expires, disposition, tid, quality = row
            last_day = None if expires is None else date.fromisoformat(expires)
            found[key] = Known(lot, unit, last_day, disposition, tid, quality)
    return found


def recollect(db: Connection, ask: Ask) -> Recollection:
    """All that a judgement of ``ask`` can come to look at: the objects, lots, what they are in, and hold."""
    found: dict[str, Known] = {}
    inside = {unit: _keys(db, _CONTENTS, unit) - {unit} for unit in ask.units}
    wanted = {*ask.keys, *(key for keys in inside.values() for key in keys)}
    for _ in range(DEEPEST):  # units inside units; each round looks one further out
        if not wanted:
            break
        new = known(db, sorted(wanted))
        found |= new
        wanted = {key for one in new.values() for key in (one.lot_key, one.unit_key) if key is not None}
        wanted -= found.keys()
    made_of = {*ask.uses, *(lot for key in ask.uses if (lot := recall_of(found, key).lot_key) is not None)}
    lots = {unit: _lots(found, keys) for unit, keys in inside.items()}
    return Recollection(found, {key: _keys(db, _SOURCES, key) for key in made_of}, lots, inside)


def _lots(found: Mapping[str, Known], keys: Iterable[str]) -> frozenset[str]:
    lots = (recall_of(found, key).lot_key for key in keys)
    return frozenset(lot for lot in lots if lot is not None)


def _keys(db: Connection, sql: str, key: str) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute(sql, (key,)).fetchall())


def recall_of(found: Mapping[str, Known], key: str) -> Known:
    """What is known of ``key`` among ``found``."""
    return found.get(key, NOTHING_KNOWN)


def as_text(time: datetime) -> str:
    """UTC in a fixed width, so that text order is time order."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")

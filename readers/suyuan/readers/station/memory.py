"""What a station remembers of objects from its own steps, and how a step's part of it is taken back.

Functions over a connection, called inside the transactions of :mod:`suyuan.readers.station.journal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import orjson

from suyuan.readers.station import amounts_inside, places
from suyuan.readers.station.connection import Connection, Rows
from suyuan.readers.station.knowledge import DRAINED, NOTHING_KNOWN, Known, Lesson

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
        disposition TEXT, tid TEXT, quality TEXT, held_with TEXT) STRICT""",
    "CREATE INDEX IF NOT EXISTS known_unit ON known(unit_key) WHERE unit_key IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS made_of(
        made TEXT NOT NULL, source TEXT NOT NULL, learned TEXT NOT NULL, PRIMARY KEY (made, source))
        STRICT, WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS missed(key TEXT PRIMARY KEY, sweeps INTEGER NOT NULL) STRICT",
    *amounts_inside.SCHEMA,
    *places.SCHEMA,
)
_COLUMNS = "key, lot_key, unit_key, expires, learned, disposition, tid, quality, held_with"


_SOURCES = """WITH RECURSIVE behind(key) AS (
        SELECT source FROM made_of WHERE made = ?
        UNION SELECT source FROM made_of JOIN behind ON made = behind.key)
    SELECT key FROM behind"""
_CONTENTS = """WITH RECURSIVE inside(key) AS (
        SELECT key FROM known WHERE unit_key = ?
        UNION SELECT known.key FROM known JOIN inside ON known.unit_key = inside.key)
    SELECT key FROM inside"""
_HERE = "'active', 'in_progress', 'sellable_not_accessible'"
_ORDINARY = f"{_HERE}, 'in_transit', 'retail_sold', 'consumed'"
"""Dispositions that keep nothing back, or only what has ended as it should. Any other one does."""
_ENDED = "'retail_sold', 'consumed', 'destroyed'"
"""Those of what is in no unit any more, whatever is undone."""
_IN_UNIT_AGAIN = f"""UPDATE known SET unit_key = ? WHERE key = ? AND unit_key IS NULL AND learned <> ?
    AND (learned = ? OR coalesce(disposition, '') NOT IN ({_ENDED}))"""  # noqa: S608 - our own names
_KEPT_AGAIN = f"""UPDATE known SET disposition = ? WHERE key = ? AND ? IN ({_ORDINARY})
    AND (disposition = ? OR disposition IN ({_HERE})) AND learned <> ? AND ? NOT IN ({_ORDINARY})"""  # noqa: S608 - our own names
_NOT_RELEASED_AGAIN = """UPDATE known SET quality = ? WHERE key = ? AND quality = ? AND learned <> ?
    AND quality <> 'non_conformant' AND ? IS NOT 'released'"""
_FORGOTTEN = f"""WITH RECURSIVE stops(key) AS (
        SELECT key FROM known WHERE quality = 'non_conformant' OR held_with IS NOT NULL
            OR disposition NOT IN ({_ORDINARY})),
    stopped(key) AS (
        SELECT key FROM known WHERE key IN stops OR lot_key IN stops
        UNION SELECT unit_key FROM amounts_moved WHERE lot_key IN stops
        UNION SELECT known.key FROM known JOIN stopped ON known.unit_key = stopped.key),
    kept(key) AS (
        SELECT key FROM stopped
        UNION SELECT known.unit_key FROM known JOIN kept ON known.key = kept.key
            WHERE known.unit_key IS NOT NULL)
    DELETE FROM known WHERE learned < ? AND coalesce(expires, '') < ? AND key NOT IN kept"""  # noqa: S608 - our own names


def prepare(db: Connection) -> None:
    """Give the table of an older version the columns that it lacks; inside the transaction of the others."""
    there = {row[1] for row in db.execute("PRAGMA table_info(known)").fetchall()}
    for column in ("disposition", "tid", "quality", "held_with"):
        if column not in there:
            db.execute(f"ALTER TABLE known ADD COLUMN {column} TEXT")
    if "held_with" not in there:  # then a lot was still in one unit only, as if it was a thing
        db.execute(
            "INSERT INTO amounts_moved(unit_key, way, lot_key, measure, learned)"
            " SELECT unit_key, 'in', key, '', learned FROM known WHERE unit_key IS NOT NULL AND lot_key = key"
        )
        db.execute("UPDATE known SET unit_key = NULL WHERE lot_key = key")
    places.prepare(db)


def learn(db: Connection, lessons: Sequence[Lesson], at: datetime) -> None:
    """Remember what an event teaches.

    Of two last days the earlier one stays, and so does the lot that was known, whatever a label says.
    """
    learned = as_text(at)
    for lesson in lessons:
        for source in lesson.made_of:
            db.execute("INSERT OR IGNORE INTO made_of VALUES (?, ?, ?)", (lesson.key, source, learned))
        if lesson.emptied:
            db.execute("UPDATE known SET unit_key = NULL WHERE unit_key = ?", (lesson.key,))
        if moves := (DRAINED,) if lesson.emptied else lesson.moved:
            amounts_inside.note(db, lesson.key, moves, learned)
            continue
        unit = None if lesson.left_unit else lesson.unit_key
        expires = None if lesson.expires is None else lesson.expires.isoformat()
        db.execute(
            f"INSERT INTO known({_COLUMNS})"  # noqa: S608 - our own names
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET"
            " lot_key = coalesce(lot_key, excluded.lot_key),"
            " unit_key = CASE WHEN ? THEN NULL ELSE coalesce(excluded.unit_key, unit_key) END,"
            " expires = min(coalesce(expires, excluded.expires), coalesce(excluded.expires, expires)),"
            " learned = excluded.learned,"
            " disposition = coalesce(excluded.disposition, disposition), tid = coalesce(tid, excluded.tid),"
            " quality = coalesce(excluded.quality, quality),"
            " held_with = coalesce(excluded.held_with, held_with)",
            (
                lesson.key,
                lesson.lot_key,
                unit,
                expires,
                learned,
                lesson.disposition,
                lesson.tid,
                lesson.quality,
                orjson.dumps(lesson.held_with).decode() if lesson.held_with else None,
                int(lesson.left_unit),
            ),
        )
        if lesson.place is not None:
            places.note(db, lesson.key, lesson.place, learned)
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
    """What is to be remembered: of ``keys``, of what is in ``units``, and of what ``uses`` were made.

    Of a unit among ``uses``, what that which is in it was made of.
    """

    keys: Sequence[str]
    uses: Sequence[str] = ()
    units: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """What the station remembers.

    At any depth: ``sources`` of objects, and of units ``contents``, the lots of which there is anything in
    them, and ``inside``, the items and units in them, and the lots of which there is an amount. ``loose`` are
    those of which there is an amount in the unit itself.
    """

    known: Mapping[str, Known]
    sources: Mapping[str, frozenset[str]]
    contents: Mapping[str, frozenset[str]]
    inside: Mapping[str, frozenset[str]]
    loose: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Former:
    """What was remembered of ``key`` before a step; ``there`` is false where nothing was.

    ``left_unit``, ``gave`` and ``judged`` are what the step taught then: that it is in no unit, its
    disposition, its quality.
    """

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
    held_with: str | None = None
    left_unit: bool = False
    gave: str | None = None
    judged: str | None = None

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
            self.held_with,
            self.left_unit,
            self.gave,
            self.judged,
        ]


def former(db: Connection, lessons: Sequence[Lesson]) -> list[Former]:
    """What ``lessons`` are about to change, as it is now."""
    found: list[Former] = []
    for lesson in lessons:
        if lesson.emptied:
            found += _formers(db, "unit_key", lesson.key, emptied=True)
        before = _formers(db, "key", lesson.key) or [Former(lesson.key, there=False)]
        found += (
            replace(was, left_unit=lesson.left_unit, gave=lesson.disposition, judged=lesson.quality)
            for was in before
        )
    return found


def _formers(db: Connection, column: str, key: str, *, emptied: bool = False) -> list[Former]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM known WHERE {column} = ?", (key,))  # noqa: S608 - our own names
    return [
        Former(k, True, lot, unit, expires, learned, emptied, stands, tid, _sweeps(db, k), quality, held_with)
        for k, lot, unit, expires, learned, stands, tid, quality, held_with in rows.fetchall()
    ]


def restore(db: Connection, formers: Sequence[Former], learned_at: datetime) -> None:
    """Take back what an event of ``learned_at`` taught, where nothing was learned since.

    Where something was, it stays; but what the event lifted comes back if nothing took its place: that goods
    are in a unit, that something keeps them back, or that a lot was not released.
    """
    learned = as_text(learned_at)
    for was in formers:
        _bring_back(db, was, learned)
    for key in {was.key for was in formers}:
        db.execute("DELETE FROM made_of WHERE made = ? AND learned = ?", (key, learned))
        amounts_inside.take_back(db, key, learned)
        places.take_back(db, key, learned)
    for was in formers:
        if not was.emptied and _is_of(db, was.key, learned):
            _note_sweeps(db, was.key, was.missed)
        if was.there and not was.emptied:
            db.execute(
                "UPDATE known SET lot_key = ?, unit_key = ?, expires = ?, learned = ?, disposition = ?,"
                " tid = ?, quality = ?, held_with = ? WHERE key = ? AND learned = ?",
                (
                    was.lot_key,
                    was.unit_key,
                    was.expires,
                    was.learned,
                    was.disposition,
                    was.tid,
                    was.quality,
                    was.held_with,
                    was.key,
                    learned,
                ),
            )
        elif not was.emptied:
            db.execute("DELETE FROM known WHERE key = ? AND learned = ?", (was.key, learned))


def _bring_back(db: Connection, was: Former, learned: str) -> None:
    """What the event of then lifted, although something was learned since."""
    if was.emptied or was.left_unit:
        db.execute(_IN_UNIT_AGAIN, (was.unit_key, was.key, learned, was.learned))
    db.execute(_KEPT_AGAIN, (was.disposition, was.key, was.gave, was.gave, learned, was.disposition))
    db.execute(_NOT_RELEASED_AGAIN, (was.quality, was.key, was.judged, learned, was.quality))


def _is_of(db: Connection, key: str, learned: str) -> bool:
    """Whether what is remembered of ``key`` was learned then, and nothing since."""
    asked = db.execute("SELECT 1 FROM known WHERE key = ? AND learned = ?", (key, learned))
    return asked.fetchone() is not None


def known(db: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """What is remembered of each of ``keys``."""
    found: dict[str, Known] = {}
    for key in keys:
        row = db.execute(
            "SELECT lot_key, unit_key, expires, disposition, tid, quality, held_with"
            " FROM known WHERE key = ?",
            (key,),
        ).fetchone()
        if row is not None:
            lot, unit, expires, disposition, tid, quality, held_with = row
            last_day = None if expires is None else date.fromisoformat(expires)
            holds = tuple((str(at), str(case)) for at, case in orjson.loads(held_with)) if held_with else ()
            found[key] = Known(lot, unit, last_day, disposition, tid, quality, holds)
    return found


def recollect(db: Connection, ask: Ask) -> Recollection:
    """All that a judgement of ``ask`` can come to look at: the objects, lots, what they are in, and hold."""
    found: dict[str, Known] = {}
    by_unit = {unit: amounts_inside.lots_inside(db, unit) for unit in ask.units}
    amounts = {unit: frozenset[str]().union(*held.values()) for unit, held in by_unit.items()}
    loose = {unit: held.get(unit, frozenset()) for unit, held in by_unit.items()}
    inside = {unit: (_keys(db, _CONTENTS, unit) | amounts[unit]) - {unit} for unit in ask.units}
    wanted = {*ask.keys, *(key for keys in inside.values() for key in keys)}
    for _ in range(DEEPEST):  # units inside units; each round looks one further out
        if not wanted:
            break
        new = known(db, sorted(wanted))
        found |= new
        wanted = {key for one in new.values() for key in (one.lot_key, one.unit_key) if key is not None}
        wanted -= found.keys()
    lots = {unit: _lots(found, keys) | amounts[unit] for unit, keys in inside.items()}
    made_of = {*ask.uses, *(lot for key in ask.uses if (lot := recall_of(found, key).lot_key) is not None)}
    made_of |= {recall_of(found, one).lot_key or one for key in ask.uses for one in inside.get(key, ())}
    return Recollection(found, {key: _keys(db, _SOURCES, key) for key in made_of}, lots, inside, loose)


def _lots(found: Mapping[str, Known], keys: Iterable[str]) -> frozenset[str]:
    lots = (recall_of(found, key).lot_key for key in keys)
    return frozenset(lot for lot in lots if lot is not None)


def _keys(db: Connection, sql: str, key: str) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute(sql, (key,)).fetchall())


def forget(db: Connection, before: str) -> None:
    """Let go what nothing was learned of since ``before``, and what has no last day after it.

    However old it is, nothing goes that keeps goods back, nor what leads from there to the goods.
    """
    db.execute(_FORGOTTEN, (before, before[: len("2026-11-22")]))
    db.execute("DELETE FROM made_of WHERE learned < ?", (before,))
    amounts_inside.forget(db, before)
    places.forget(db)


def recall_of(found: Mapping[str, Known], key: str) -> Known:
    """What is known of ``key`` among ``found``."""
    return found.get(key, NOTHING_KNOWN)


def as_text(time: datetime) -> str:
    """UTC in a fixed width, so that text order is time order."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")

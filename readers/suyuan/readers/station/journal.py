"""The tables and statements of the outbox: what is written, in which transaction.

Functions over a connection; threads, grouping and errors are :mod:`suyuan.readers.station.outbox`'s. The
connection is a :class:`Connection` in autocommit mode rather than a ``sqlite3.Connection``, so that the very
same statements run on a simulated disk whose power is cut.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import orjson

from suyuan.readers.station.errors import OutboxForeign, OutboxUnavailable
from suyuan.readers.station.steps import NOTHING_KNOWN, Known

FULL = 2
"""``PRAGMA synchronous``: every commit is on the disk before it is acknowledged.

With NORMAL, the widely copied advice for WAL, a power cut loses acknowledged commits.
"""
KEEP = timedelta(days=7)
MEMORY = timedelta(days=400)
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS station(
        one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, next_sequence INTEGER NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS outbox(
        sequence INTEGER NOT NULL UNIQUE, event_id TEXT PRIMARY KEY, payload BLOB NOT NULL,
        created_wall TEXT NOT NULL, created_mono REAL NOT NULL, boot_id TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, sent_at TEXT, receipt TEXT, refused TEXT) STRICT""",
    """CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox(sequence)
        WHERE sent_at IS NULL AND refused IS NULL""",
    """CREATE TABLE IF NOT EXISTS known(
        key TEXT PRIMARY KEY, lot_key TEXT, unit_key TEXT, expires TEXT, learned TEXT NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS known_unit ON known(unit_key) WHERE unit_key IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS done(
        order_id TEXT PRIMARY KEY, outcome BLOB NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS kept(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
)


class Corrupt(Exception):
    """SQLite's own check found the file broken."""


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


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an event teaches of one object; None leaves what was known. ``emptied``: the unit ``key`` was."""

    key: str
    lot_key: str | None = None
    unit_key: str | None = None
    expires: date | None = None
    left_unit: bool = False
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An event to be stored: its fixed id, its body without ``suyuan:sequence``, and what it teaches.

    With ``order_id`` its order is noted as done in the same commit: ``outcome`` is a JSON object to which
    the event's number is added as ``sequences``.
    """

    event_id: str
    body: Mapping[str, Any]
    created_wall: datetime
    created_mono: float
    boot_id: str
    lessons: tuple[Lesson, ...] = field(default=())
    order_id: str = ""
    outcome: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored event that the server has not confirmed."""

    sequence: int
    event_id: str
    payload: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits: ``depth`` events, the oldest stored at ``oldest``; ``refused`` ones are parked."""

    depth: int
    oldest: datetime | None
    refused: int
    last_sequence: int


@contextmanager
def transaction(db: Connection) -> Generator[None, None, None]:
    """All or nothing; returns only after the commit is on the disk."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        _roll_back(db)
        raise


def _roll_back(db: Connection) -> None:
    """SQLite may have rolled back by itself (disk full); then there is nothing left to do."""
    if getattr(db, "in_transaction", True):
        db.execute("ROLLBACK")


def prepare(db: Connection, station: str, first_sequence: int = 1, *, synchronous: int = FULL) -> None:
    """Set the connection up, and the tables where they are not there.

    ``synchronous`` is a parameter only for the test that shows what NORMAL loses.

    Raises:
        Corrupt: SQLite finds its own structure broken.
        OutboxForeign: the content belongs to another station.
        OutboxUnavailable: the file system does not allow durable commits.
    """
    mode = db.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    db.execute(f"PRAGMA synchronous={int(synchronous)}").fetchall()
    asserted = db.execute("PRAGMA synchronous").fetchone()[0]
    if str(mode).lower() != "wal" or asserted != synchronous:
        raise OutboxUnavailable(
            "SQLite would not commit durably (journal {mode}, synchronous {synchronous}).",
            where="outbox",
            remedy="Put the data folder on a local disk.",
            mode=mode,
            synchronous=asserted,
        )
    check = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if check != "ok":
        raise Corrupt(str(check)[:200])
    with transaction(db):
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute("INSERT OR IGNORE INTO station VALUES (1, ?, ?)", (station, first_sequence))
        owner = db.execute("SELECT id FROM station").fetchone()[0]
        if owner != station:
            raise OutboxForeign(
                "The outbox belongs to station {owner}, not to {station}.",
                where="outbox",
                remedy="Give each station its own data folder.",
                owner=owner,
                station=station,
            )


def append(db: Connection, entries: Sequence[Entry]) -> list[int]:
    """Store ``entries`` in one commit and return their sequence numbers, without gaps.

    An event id that is stored already keeps its number and content: a repeated call changes nothing. Neither
    does an event of an order that was done; its number is that of the event of then.
    """
    numbers: list[int] = []
    with transaction(db):
        number = first = db.execute("SELECT next_sequence FROM station").fetchone()[0]
        for entry in entries:
            known = db.execute("SELECT sequence FROM outbox WHERE event_id = ?", (entry.event_id,)).fetchone()
            if known is not None:
                numbers.append(known[0])
                continue
            before = done(db, entry.order_id) if entry.order_id else None
            if before is not None:
                numbers += before["sequences"]
                continue
            payload = orjson.dumps({**entry.body, "eventID": entry.event_id, "suyuan:sequence": number})
            db.execute(
                "INSERT INTO outbox(sequence, event_id, payload, created_wall, created_mono, boot_id)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    number,
                    entry.event_id,
                    payload,
                    _text(entry.created_wall),
                    entry.created_mono,
                    entry.boot_id,
                ),
            )
            _learn(db, entry)
            _note_done(db, entry, number)
            numbers.append(number)
            number += 1
        if number != first:
            db.execute("UPDATE station SET next_sequence = ?", (number,))
    return numbers


def _learn(db: Connection, entry: Entry) -> None:
    learned = _text(entry.created_wall)
    for lesson in entry.lessons:
        if lesson.emptied:
            db.execute("UPDATE known SET unit_key = NULL WHERE unit_key = ?", (lesson.key,))
            continue
        unit = None if lesson.left_unit else lesson.unit_key
        expires = None if lesson.expires is None else lesson.expires.isoformat()
        db.execute(
            "INSERT INTO known VALUES (?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET"
            " lot_key = coalesce(excluded.lot_key, lot_key),"
            " unit_key = CASE WHEN ? THEN NULL ELSE coalesce(excluded.unit_key, unit_key) END,"
            " expires = coalesce(excluded.expires, expires), learned = excluded.learned",
            (lesson.key, lesson.lot_key, unit, expires, learned, int(lesson.left_unit)),
        )


def _note_done(db: Connection, entry: Entry, number: int) -> None:
    if entry.order_id:
        outcome = orjson.dumps({**entry.outcome, "sequences": [number]})
        db.execute("INSERT INTO done VALUES (?, ?, ?)", (entry.order_id, outcome, _text(entry.created_wall)))


def done(db: Connection, order_id: str) -> dict[str, Any] | None:
    """The outcome that was noted with the event of an order, or None if it was not carried out."""
    row = db.execute("SELECT outcome FROM done WHERE order_id = ?", (order_id,)).fetchone()
    return None if row is None else orjson.loads(row[0])


def known(db: Connection, keys: Sequence[str]) -> dict[str, Known]:
    """What is remembered of each of ``keys``."""
    found: dict[str, Known] = {}
    for key in keys:
        row = db.execute("SELECT lot_key, unit_key, expires FROM known WHERE key = ?", (key,)).fetchone()
        if row is not None:
            found[key] = Known(row[0], row[1], None if row[2] is None else date.fromisoformat(row[2]))
    return found


def recall_of(found: Mapping[str, Known], key: str) -> Known:
    """What is known of ``key`` among ``found``."""
    return found.get(key, NOTHING_KNOWN)


def waiting(db: Connection, limit: int) -> list[Waiting]:
    """The first unconfirmed events in the order of their sequence."""
    rows = db.execute(
        "SELECT sequence, event_id, payload, attempts FROM outbox"
        " WHERE sent_at IS NULL AND refused IS NULL ORDER BY sequence LIMIT ?",
        (limit,),
    ).fetchall()
    return [Waiting(*row) for row in rows]


def count_attempt(db: Connection, sequences: Sequence[int]) -> None:
    """Note that these are about to be sent (again)."""
    with transaction(db):
        for number in sequences:
            db.execute("UPDATE outbox SET attempts = attempts + 1 WHERE sequence = ?", (number,))


def mark_sent(db: Connection, sequences: Sequence[int], at: datetime, receipt: str) -> None:
    """Note that the server stored these; ``receipt`` is where its capture job can be seen."""
    with transaction(db):
        for number in sequences:
            db.execute(
                "UPDATE outbox SET sent_at = ?, receipt = ? WHERE sequence = ?", (_text(at), receipt, number)
            )


def mark_refused(db: Connection, sequence: int, words: str) -> None:
    """Park an event that the server will never take; it stays until somebody has looked at it."""
    with transaction(db):
        db.execute("UPDATE outbox SET refused = ? WHERE sequence = ?", (words, sequence))


def purge(db: Connection, now: datetime, keep: timedelta = KEEP) -> int:
    """Delete what was delivered longer than ``keep`` ago, and say how many; the sequence goes on."""
    with transaction(db):
        db.execute("DELETE FROM known WHERE learned < ?", (_text(now - MEMORY),))
        db.execute("DELETE FROM done WHERE at < ?", (_text(now - MEMORY),))
        before = (_text(now - keep),)
        count = db.execute("SELECT count(*) FROM outbox WHERE sent_at < ?", before).fetchone()[0]
        db.execute("DELETE FROM outbox WHERE sent_at < ?", before)
    return int(count)


def queue(db: Connection) -> Queue:
    """How much waits, and how far the sequence has come."""
    depth, oldest = db.execute(
        "SELECT count(*), min(created_wall) FROM outbox WHERE sent_at IS NULL AND refused IS NULL"
    ).fetchone()
    refused = db.execute("SELECT count(*) FROM outbox WHERE refused IS NOT NULL").fetchone()[0]
    last = db.execute("SELECT next_sequence - 1 FROM station").fetchone()[0]
    return Queue(depth, None if oldest is None else datetime.fromisoformat(oldest), refused, last)


def keep(db: Connection, name: str, value: bytes) -> None:
    """Store a small value (the last good block list) durably under ``name``."""
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))


def kept(db: Connection, name: str) -> bytes | None:
    """The value stored under ``name``, or None."""
    row = db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def _text(time: datetime) -> str:
    """UTC in a fixed width, so that text order is time order."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")

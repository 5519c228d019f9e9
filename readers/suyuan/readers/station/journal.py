"""The tables and statements of the outbox: what is written, in which transaction.

Functions over a connection; threads, grouping and errors are :mod:`suyuan.readers.station.outbox`'s. The
connection is a :class:`Connection` in autocommit mode rather than a ``sqlite3.Connection``, so that the very
same statements run on a simulated disk whose power is cut.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from suyuan.readers.station import memory, secret_rows, tag_jobs, undo
from suyuan.readers.station.clock import Quality, step_s
from suyuan.readers.station.errors import OutboxForeign, OutboxUnavailable
from suyuan.readers.station.memory import Connection, Lesson, as_text

FULL = 2
"""``PRAGMA synchronous``: every commit is on the disk before it is acknowledged.

With NORMAL, the widely copied advice for WAL, a power cut loses acknowledged commits.
"""
KEEP = timedelta(days=7)
MEMORY = timedelta(days=400)
LABELS = "labels "
"""How the ids of orders begin that record what was written on tags, batch by batch."""
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS station(
        one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, next_sequence INTEGER NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS outbox(
        sequence INTEGER NOT NULL UNIQUE, event_id TEXT PRIMARY KEY, payload BLOB NOT NULL,
        created_wall TEXT NOT NULL, created_mono REAL NOT NULL, boot_id TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, sent_at TEXT, receipt TEXT, refused TEXT,
        party TEXT NOT NULL DEFAULT '', clock TEXT NOT NULL DEFAULT 'unknown') STRICT""",
    """CREATE TABLE IF NOT EXISTS done(
        order_id TEXT PRIMARY KEY, outcome BLOB NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS last_of(party TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS kept(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
    *memory.SCHEMA,
    *undo.SCHEMA,
    *tag_jobs.SCHEMA,
    *secret_rows.SCHEMA,
)


_INDEXES = (
    "DROP INDEX IF EXISTS outbox_waiting",
    """CREATE INDEX IF NOT EXISTS outbox_waits ON outbox(party, sequence, sent_at, refused)
        WHERE sent_at IS NULL AND refused IS NULL""",
    "CREATE INDEX IF NOT EXISTS outbox_refused ON outbox(party) WHERE refused IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS outbox_sent ON outbox(sent_at) WHERE sent_at IS NOT NULL",
)
"""Made once all columns are there: a screen asks every second how much waits, of a million records too."""


class Corrupt(Exception):
    """SQLite's own check found the file broken."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event to be stored: its fixed id, its body without ``suyuan:sequence``, and what it teaches.

    With ``order_id`` its order is noted as done in the same commit: ``outcome`` is a JSON object to which
    the event's number is added as ``sequences``. With ``read_point`` it is the last one of that point, which
    can be undone. ``clock`` is how far ``created_wall`` can be trusted.
    """

    event_id: str
    body: Mapping[str, Any]
    created_wall: datetime
    created_mono: float
    boot_id: str
    lessons: tuple[Lesson, ...] = field(default=())
    order_id: str = ""
    outcome: Mapping[str, Any] = field(default_factory=dict[str, Any])
    read_point: str = ""
    clock: Quality = "unknown"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored event that the server has not confirmed."""

    sequence: int
    event_id: str
    payload: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How much waits: ``depth`` events, the oldest stored at ``oldest``; ``refused`` ones are parked.

    ``apart`` is how many events wait for each other party in whose name the station once worked;
    ``last_refused`` is the number of the newest parked one, and what was said of it.
    """

    depth: int
    oldest: datetime | None
    refused: int
    last_sequence: int
    apart: tuple[tuple[str, int], ...] = ()
    last_refused: tuple[int, str] | None = None


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


def prepare(db: Connection, station: str, first_sequence: int = 1, *, party: str = "") -> None:
    """Set the connection up, and the tables where they are not there.

    What an older version stored was recorded for ``party``.

    Raises:
        Corrupt: SQLite finds its own structure broken.
        OutboxForeign: the content belongs to another station.
        OutboxUnavailable: the file system does not allow durable commits.
    """
    # To its end, and asked again: it answers "wal" before that is on the disk.
    db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.execute(f"PRAGMA synchronous={FULL}").fetchall()
    mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    asserted = db.execute("PRAGMA synchronous").fetchone()[0]
    if str(mode).lower() != "wal" or asserted != FULL:
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
        memory.prepare(db)
        columns = {row[1] for row in db.execute("PRAGMA table_info(outbox)").fetchall()}
        if "party" not in columns:
            db.execute("ALTER TABLE outbox ADD COLUMN party TEXT NOT NULL DEFAULT ''")
            db.execute("UPDATE outbox SET party = ?", (party,))
        if "clock" not in columns:
            db.execute("ALTER TABLE outbox ADD COLUMN clock TEXT NOT NULL DEFAULT 'unknown'")
        for statement in _INDEXES:
            db.execute(statement)
        if db.execute("SELECT count(*) FROM last_of").fetchone()[0] == 0:
            db.execute("INSERT INTO last_of SELECT party, max(sequence) FROM outbox GROUP BY party")
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


def append(db: Connection, entries: Sequence[Entry], party: str = "") -> list[int]:
    """Store ``entries``, recorded for ``party``, in one commit; returns their sequence numbers, without gaps.

    An event id that is stored already keeps its number and content: a repeated call changes nothing. Neither
    does an event of an order that was done; its number is that of the event of then.
    """
    numbers: list[int] = []
    with transaction(db):
        number = first = db.execute("SELECT next_sequence FROM station").fetchone()[0]
        before_it, after = _last_look(db), _after(db, number, party)
        for entry in entries:
            known = db.execute("SELECT sequence FROM outbox WHERE event_id = ?", (entry.event_id,)).fetchone()
            if known is not None:
                numbers.append(known[0])
                continue
            before = done(db, entry.order_id) if entry.order_id else None
            if before is not None:
                numbers += before["sequences"]
                continue
            own = {"eventID": entry.event_id, "suyuan:sequence": number, **_of_clock(entry, before_it)}
            before_it = entry.created_wall, entry.created_mono, entry.boot_id
            payload = orjson.dumps({**entry.body, **own, **after})
            after = {}
            _insert(db, number, entry.event_id, payload, entry, party)
            if entry.read_point:
                last = {**entry.outcome, "sequences": [number]}
                undo.note(db, entry.read_point, entry.event_id, entry.order_id, entry.lessons, last)
            memory.learn(db, entry.lessons, entry.created_wall)
            _note_done(db, entry, number)
            numbers.append(number)
            number += 1
        if number != first:
            _count_to(db, number - 1, party)
    return numbers


def _after(db: Connection, number: int, party: str) -> dict[str, object]:
    """What the event of that number says where the one before was another party's: which of its own was.

    So the platform can tell a number that it lacks from one that another party has. 0: there was none.
    """
    last = dict(db.execute("SELECT party, sequence FROM last_of").fetchall())
    before = last.get(party, 0 if last else number - 1)
    return {} if before == number - 1 else {"suyuan:sequenceAfter": before}


def _count_to(db: Connection, last: int, party: str) -> None:
    db.execute("UPDATE station SET next_sequence = ?", (last + 1,))
    db.execute("INSERT OR REPLACE INTO last_of VALUES (?, ?)", (party, last))


_Look = tuple[datetime, float, str]


def _last_look(db: Connection) -> _Look | None:
    """When the last record was made, by both clocks, and in which run of the machine."""
    row = db.execute(
        "SELECT created_wall, created_mono, boot_id FROM outbox ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return None if row is None else (datetime.fromisoformat(row[0]), row[1], row[2])


def _of_clock(entry: Entry, before: _Look | None) -> dict[str, object]:
    """What the event says of the clock: nothing where all is well."""
    told: dict[str, object] = {"suyuan:clockQuality": entry.clock} if entry.clock == "unsynchronised" else {}
    same_run = before is not None and before[2] == entry.boot_id != ""
    set_by = step_s(entry.created_wall, entry.created_mono, before[:2] if before and same_run else None)
    return {**told, "suyuan:clockStep": round(set_by)} if set_by else told


def declare_wrong(db: Connection, read_point: str, claim: undo.Claim, party: str = "") -> undo.Undone:
    """Store the error declaration of ``party``'s last event at ``read_point``; take back what it taught.

    The declaration repeats the event with its eventID and its number (EPCIS 2.0 §7.4.1.2); its own number
    stands inside ``errorDeclaration``.

    Raises:
        NothingToUndo: there is no such event, or it is too old, or it was undone before.
    """
    with transaction(db):
        last = undo.check(db, read_point, claim, party)
        number = db.execute("SELECT next_sequence FROM station").fetchone()[0]
        declared = {**claim.declaration, "suyuan:sequence": number, **_after(db, number, party)}
        payload = orjson.dumps({**last.body, "errorDeclaration": declared})
        name = f"{last.event_id}{undo.DECLARED}"
        _insert(db, number, name, payload, claim, party)
        _count_to(db, number, party)
        db.execute("DELETE FROM done WHERE order_id = ?", (last.order_id,))
        return undo.take_back(db, read_point, last, number)


def _insert(
    db: Connection, number: int, name: str, payload: bytes, made: Entry | undo.Claim, party: str
) -> None:
    db.execute(
        "INSERT INTO outbox(sequence, event_id, payload, created_wall, created_mono, boot_id, party, clock)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            name,
            payload,
            as_text(made.created_wall),
            made.created_mono,
            made.boot_id,
            party,
            made.clock,
        ),
    )


def _note_done(db: Connection, entry: Entry, number: int) -> None:
    if entry.order_id:
        outcome = orjson.dumps({**entry.outcome, "sequences": [number]})
        db.execute(
            "INSERT INTO done VALUES (?, ?, ?)", (entry.order_id, outcome, as_text(entry.created_wall))
        )


def done(db: Connection, order_id: str) -> dict[str, Any] | None:
    """The outcome that was noted with the event of an order, or None if it was not carried out."""
    row = db.execute("SELECT outcome FROM done WHERE order_id = ?", (order_id,)).fetchone()
    return None if row is None else orjson.loads(row[0])


def waiting(db: Connection, limit: int, party: str = "", most_bytes: int | None = None) -> list[Waiting]:
    """The first unconfirmed events of ``party`` in the order of their sequence: nobody sends another's.

    At most ``limit``, and at least one; with ``most_bytes`` no more are read than have that together.
    """
    found: list[Waiting] = []
    size = 0
    rows = db.execute(
        "SELECT sequence, event_id, payload, attempts FROM outbox"
        " WHERE sent_at IS NULL AND refused IS NULL AND party = ? ORDER BY sequence LIMIT ?",
        (party, limit),
    )
    while (row := rows.fetchone()) is not None:
        size += len(row[2])
        if found and most_bytes is not None and size > most_bytes:
            break
        found.append(Waiting(*row))
    return found


def count_attempt(db: Connection, sequences: Sequence[int]) -> None:
    """Note that these are about to be sent (again)."""
    with transaction(db):
        db.execute(
            "UPDATE outbox SET attempts = attempts + 1 WHERE sequence IN (SELECT value FROM json_each(?))",
            (_listed(sequences),),
        )


def mark_sent(db: Connection, sequences: Sequence[int], at: datetime, receipt: str) -> None:
    """Note that the server stored these; ``receipt`` is where its capture job can be seen."""
    with transaction(db):
        db.execute(
            "UPDATE outbox SET sent_at = ?, receipt = ? WHERE sequence IN (SELECT value FROM json_each(?))",
            (as_text(at), receipt, _listed(sequences)),
        )


def _listed(sequences: Sequence[int]) -> str:
    """For one statement, however many there are."""
    return orjson.dumps(list(sequences)).decode()


def mark_refused(db: Connection, sequence: int, words: str) -> None:
    """Park an event that the server will never take; it stays until somebody has looked at it."""
    with transaction(db):
        db.execute("UPDATE outbox SET refused = ? WHERE sequence = ?", (words, sequence))


def retry(db: Connection, party: str = "") -> int:
    """Let ``party``'s parked events wait again, each in its old place; how many there were."""
    with transaction(db):
        again = db.execute(
            "UPDATE outbox SET refused = NULL WHERE refused IS NOT NULL AND party = ? RETURNING sequence",
            (party,),
        ).fetchall()
    return len(again)


def purge(db: Connection, now: datetime, keep: timedelta = KEEP) -> int:
    """Delete what was delivered longer than ``keep`` ago, and say how many; the sequence goes on.

    What is remembered ages with the work, not with the clock alone: it is compared with the time of the last
    record whose clock was not known to be wrong. Without such a record nothing is forgotten, and that labels
    were recorded never is: their job may be resumed at any time.
    """
    with transaction(db):
        if (last := _last_sound_time(db)) is not None:
            long_ago = as_text(min(now, last) - MEMORY)
            memory.forget(db, long_ago)
            db.execute("DELETE FROM done WHERE at < ? AND order_id NOT LIKE ?", (long_ago, f"{LABELS}%"))
        before = (as_text(now - keep),)
        count = db.execute("SELECT count(*) FROM outbox WHERE sent_at < ?", before).fetchone()[0]
        db.execute("DELETE FROM outbox WHERE sent_at < ?", before)
    return int(count)


def _last_sound_time(db: Connection) -> datetime | None:
    row = db.execute(
        "SELECT created_wall FROM outbox WHERE clock <> 'unsynchronised' ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    return None if row is None else datetime.fromisoformat(row[0])


def queue(db: Connection, party: str = "") -> Queue:
    """How much waits of ``party`` and, apart, of others, and how far the sequence has come."""
    rows = db.execute(
        "SELECT party, count(*) FROM outbox"
        " WHERE sent_at IS NULL AND refused IS NULL GROUP BY party ORDER BY party"
    ).fetchall()
    depth = next((count for whose, count in rows if whose == party), 0)
    first = db.execute(
        "SELECT created_wall FROM outbox"
        " WHERE sent_at IS NULL AND refused IS NULL AND party = ? ORDER BY sequence LIMIT 1",
        (party,),
    ).fetchone()
    refused = db.execute(
        "SELECT count(*) FROM outbox WHERE refused IS NOT NULL AND party = ?", (party,)
    ).fetchone()[0]
    newest = db.execute(
        "SELECT sequence, refused FROM outbox WHERE refused IS NOT NULL AND party = ?"
        " ORDER BY rowid DESC LIMIT 1",  # the order of the sequence, and of the index
        (party,),
    ).fetchone()
    last = db.execute("SELECT next_sequence - 1 FROM station").fetchone()[0]
    apart = tuple((whose, count) for whose, count in rows if whose != party)
    since = None if first is None else datetime.fromisoformat(first[0])
    return Queue(depth, since, refused, last, apart, None if newest is None else (newest[0], newest[1]))


def keep(db: Connection, name: str, value: bytes) -> None:
    """Store a small value (the last good block list) durably under ``name``."""
    with transaction(db):
        db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))


def kept(db: Connection, name: str) -> bytes | None:
    """The value stored under ``name``, or None."""
    row = db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])

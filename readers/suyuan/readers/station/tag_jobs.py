"""Label jobs whose links are written on tags here: the tables, and what may happen to a link.

A link is ``free``, then ``open`` before a tag is touched (from then on it may be on the tag ``tid``, whatever
becomes of this process), and ``used`` once that tag was read back. So a link is never on two tags: while it
is open, only its own tag may be written with it, or a person says that this tag is destroyed. Where nobody
is there to say so, the link is ``spent``: it is never written again, and no event ever names it.

What is said here of links holds for the serials of UHF tags: their "link" names the item.

Functions over a connection, inside transactions of :class:`suyuan.readers.station.outbox.Outbox`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from suyuan.readers.station.memory import Connection, as_text
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.gs1.own import grouped

State = Literal["free", "open", "used", "spent"]
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS label_job(
        id TEXT PRIMARY KEY, told BLOB NOT NULL, fetched TEXT NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS label(
        job TEXT NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL, link TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL DEFAULT 'free', tid TEXT NOT NULL DEFAULT '', at TEXT NOT NULL DEFAULT '',
        batch INTEGER, PRIMARY KEY (job, position)) STRICT""",
    """CREATE TABLE IF NOT EXISTS label_reject(
        job TEXT NOT NULL, position INTEGER NOT NULL, tid TEXT NOT NULL, reason TEXT NOT NULL,
        at TEXT NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS label_original(tid TEXT PRIMARY KEY, original INTEGER NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS label_tid ON label(tid) WHERE tid != ''",
    "CREATE INDEX IF NOT EXISTS label_key ON label(key)",
    "CREATE INDEX IF NOT EXISTS label_reject_tid ON label_reject(tid)",
)
_COLUMNS = "job, position, key, link, state, tid, at, batch"


@dataclass(frozen=True, slots=True)
class Label:
    """One link: ``position`` from 0, ``tid`` the tag's UID in hex, ``batch`` the event that records it."""

    job: str
    position: int
    key: str
    link: str
    state: State
    tid: str = ""
    at: str = ""
    batch: int | None = None

    @property
    def code(self) -> str:
        """What people read on the label that this tag goes on: its serial or unit number, in groups."""
        try:
            found = identify(self.key)
        except IdentifierError:
            return self.key
        own = found.own[-1][1] if found.own else ""
        return grouped(found.serial or found.sscc or own or self.key)


@dataclass(frozen=True, slots=True)
class TagJob:
    """A job that was fetched; ``about`` is what stands on its labels beside their codes.

    ``wanted`` is how many tags are to come of it where it has serials to spare, else 0. ``rejected`` counts
    faults, of which a tag can have several before it is done or set aside.
    """

    id: str
    subject: str
    carrier: str
    count: int
    about: Mapping[str, str]
    used: int = 0
    rejected: int = 0
    spent: int = 0
    wanted: int = 0

    @property
    def finished(self) -> bool:
        """Whether every link that is wanted, or left, is on a verified tag."""
        return self.used >= (self.wanted or self.count) or self.used + self.spent == self.count


def store(db: Connection, job: TagJob, labels: Sequence[Label], now: datetime) -> None:
    """Keep a fetched job; one that is kept already stays as it is, with what was written of it."""
    if db.execute("SELECT 1 FROM label_job WHERE id = ?", (job.id,)).fetchone():
        return
    told: dict[str, Any] = {"subject": job.subject, "carrier": job.carrier, "count": job.count}
    told |= {"about": dict(job.about), "wanted": job.wanted}
    db.execute("INSERT INTO label_job VALUES (?, ?, ?)", (job.id, orjson.dumps(told), as_text(now)))
    for one in labels:
        db.execute(
            "INSERT INTO label(job, position, key, link) VALUES (?, ?, ?, ?)",
            (job.id, one.position, one.key, one.link),
        )


def job(db: Connection, number: str) -> TagJob | None:
    """A kept job with how far it has come."""
    row = db.execute("SELECT id, told FROM label_job WHERE id = ?", (number,)).fetchone()
    return None if row is None else _job(db, *row)


def jobs(db: Connection, limit: int = 20, *, uhf: bool = False) -> list[TagJob]:
    """The kept jobs for NFC tags, or for ``uhf`` ones, those fetched last first."""
    rows = db.execute(
        "SELECT id, told FROM label_job WHERE (json_extract(CAST(told AS TEXT), '$.carrier') = 'uhf') = ?"
        " ORDER BY fetched DESC, id LIMIT ?",
        (uhf, limit),
    ).fetchall()
    return [_job(db, *row) for row in rows]


def _job(db: Connection, number: str, told: bytes) -> TagJob:
    counted = dict(
        db.execute("SELECT state, count(*) FROM label WHERE job = ? GROUP BY state", (number,)).fetchall()
    )
    used, spent = counted.get("used", 0), counted.get("spent", 0)
    rejected = db.execute("SELECT count(*) FROM label_reject WHERE job = ?", (number,)).fetchone()[0]
    return TagJob(number, **orjson.loads(told), used=used, rejected=rejected, spent=spent)


def following(db: Connection, number: str) -> Label | None:
    """The first link that is neither on a verified tag nor spent, or None where the job has no more."""
    return _one(
        db.execute(
            f"SELECT {_COLUMNS} FROM label WHERE job = ? AND state IN ('free', 'open')"  # noqa: S608 - our own columns
            " ORDER BY position LIMIT 1",
            (number,),
        ).fetchone()
    )


def by_link(db: Connection, link: str) -> Label | None:
    """The label, of whichever job, that has this link."""
    return _one(db.execute(f"SELECT {_COLUMNS} FROM label WHERE link = ?", (link,)).fetchone())  # noqa: S608 - as above


def on_tag(db: Connection, tid: str) -> Label | None:
    """What the tag ``tid`` bears, may bear or was spoilt with: of several, what it was written with last."""
    return _one(
        db.execute(
            f"SELECT {_COLUMNS} FROM label WHERE tid = ? ORDER BY state = 'used' DESC, rowid DESC LIMIT 1",  # noqa: S608 - as above
            (tid,),
        ).fetchone()
    )


def by_key(db: Connection, key: str) -> Label | None:
    """The label, of whichever job, that names this object."""
    return _one(
        db.execute(f"SELECT {_COLUMNS} FROM label WHERE key = ? LIMIT 1", (key,)).fetchone()  # noqa: S608 - as above
    )


def in_doubt(db: Connection, number: str) -> list[Label]:
    """What may be on tags that were not read back."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM label WHERE job = ? AND state = 'open' ORDER BY position",  # noqa: S608 - as above
        (number,),
    ).fetchall()
    return [Label(*row) for row in rows]


def last_used(db: Connection, number: str, limit: int = 1) -> list[Label]:
    """The tags that were written last, the very last first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM label WHERE job = ? AND state = 'used'"  # noqa: S608 - as above
        " ORDER BY at DESC, position DESC LIMIT ?",
        (number, limit),
    ).fetchall()
    return [Label(*row) for row in rows]


def begin(db: Connection, label: Label, tid: str) -> None:
    """From now on the link may be on the tag ``tid``."""
    _set(db, label, "open", tid)


def release(db: Connection, label: Label) -> None:
    """Nothing was written: the link is as it was when ``label`` was read."""
    _set(db, label, label.state, label.tid, label.at)


def use(db: Connection, label: Label, tid: str, now: datetime) -> None:
    """The link was read back from the tag ``tid``. Another tag that it may have been on is a reject."""
    was = db.execute(
        "SELECT state, tid FROM label WHERE job = ? AND position = ?", (label.job, label.position)
    ).fetchone()
    if was[0] == "open" and was[1] not in {"", tid}:
        _note_reject(db, label, was[1], "replaced", now)
    _set(db, label, "used", tid, as_text(now))


def reject(db: Connection, label: Label, tid: str, reason: str, now: datetime) -> None:
    """The tag ``tid`` will never be used, so that the link is free for another."""
    _note_reject(db, label, tid, reason, now)
    _set(db, label, "free", "")


def spend(db: Connection, label: Label, tid: str, reason: str, now: datetime) -> None:
    """It may be on the tag ``tid``, which is set aside or gone: it is never written again."""
    _note_reject(db, label, tid, reason, now)
    _set(db, label, "spent", tid, as_text(now))


def note_fault(db: Connection, label: Label, tid: str, reason: str, now: datetime) -> None:
    """A fault of the tag ``tid``; what becomes of its link is another matter."""
    _note_reject(db, label, tid, reason, now)


def last_fault(db: Connection, tid: str) -> str:
    """Why the tag ``tid`` was noted last among the rejects, or nothing."""
    row = db.execute(
        "SELECT reason FROM label_reject WHERE tid = ? ORDER BY rowid DESC LIMIT 1", (tid,)
    ).fetchone()
    return "" if row is None else str(row[0])


def free(db: Connection, label: Label) -> None:
    """The tag was emptied: the link is on none."""
    _set(db, label, "free", "")


def rejects(db: Connection, number: str) -> list[tuple[int, str, str]]:
    """Position, UID and reason of the tags that were set aside, the last first."""
    return db.execute(
        "SELECT position, tid, reason FROM label_reject WHERE job = ? ORDER BY rowid DESC", (number,)
    ).fetchall()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A tag that was not done: why, and the label whose code is given up with it, if any is."""

    tid: str
    reason: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has come: its next label, those written last, tags set aside, both the last first.

    ``in_bin`` counts the tags set aside, ``unrecorded`` the tags that are written and in no event yet.
    """

    job: TagJob
    next: Label | None
    last: Sequence[Label]
    set_aside: Sequence[SetAside]
    in_bin: int
    unrecorded: int


def progress(db: Connection, job: TagJob, most: int = 10) -> Progress:
    """How far ``job`` has come. Linear in its labels."""
    number = job.id
    unrecorded = db.execute(
        "SELECT count(*) FROM label WHERE job = ? AND state = 'used' AND batch IS NULL", (number,)
    ).fetchone()[0]
    aside = _set_aside(db, number)
    job = _job(db, *db.execute("SELECT id, told FROM label_job WHERE id = ?", (number,)).fetchone())
    last = last_used(db, number, most)
    return Progress(job, following(db, number), last, aside[:most], len(aside), unrecorded)


def _set_aside(db: Connection, number: str) -> list[SetAside]:
    """The tags whose last fault was not mended; a tag that is being tried again is none of them."""
    rows = db.execute(
        f"SELECT r.tid, r.reason, {', '.join('l.' + name for name in _COLUMNS.split(', '))}"  # noqa: S608 - our own columns
        " FROM label_reject r JOIN label l USING (job, position)"
        " WHERE r.rowid IN (SELECT max(rowid) FROM label_reject WHERE job = ? GROUP BY tid)"
        " AND r.tid NOT IN (SELECT tid FROM label WHERE job = ? AND state IN ('used', 'open'))"
        " ORDER BY r.rowid DESC",
        (number, number),
    ).fetchall()
    found = [(tid, reason, Label(*row)) for tid, reason, *row in rows]
    return [
        SetAside(tid, reason, label if label.state == "spent" and label.tid == tid else None)
        for tid, reason, label in found
    ]


def batch_up(db: Connection, number: str) -> list[int]:
    """Put what was written and not recorded into one batch more; all batches of the job."""
    most = db.execute("SELECT coalesce(max(batch), 0) FROM label WHERE job = ?", (number,)).fetchone()[0]
    db.execute(
        "UPDATE label SET batch = ? WHERE job = ? AND state = 'used' AND batch IS NULL", (most + 1, number)
    )
    rows = db.execute(
        "SELECT DISTINCT batch FROM label WHERE job = ? AND batch IS NOT NULL ORDER BY batch", (number,)
    ).fetchall()
    return [row[0] for row in rows]


def written_in(db: Connection, number: str, batch: int) -> list[tuple[str, str]]:
    """The links of a batch, in their order, each with the TID of its tag."""
    rows = db.execute(
        "SELECT link, tid FROM label WHERE job = ? AND batch = ? ORDER BY position", (number, batch)
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def note_original(db: Connection, tid: str, *, original: bool) -> None:
    """Whether the maker of the chip ``tid`` signed its number."""
    db.execute("INSERT OR REPLACE INTO label_original VALUES (?, ?)", (tid, int(original)))


def originals_in(db: Connection, number: str, batch: int) -> dict[str, bool]:
    """Of the tags of a batch, by TID, whether the maker of the chip signed it, where that was looked at."""
    rows = db.execute(
        "SELECT tid, original FROM label JOIN label_original USING (tid) WHERE job = ? AND batch = ?",
        (number, batch),
    ).fetchall()
    return {tid: bool(original) for tid, original in rows}


def _set(db: Connection, label: Label, state: State, tid: str, at: str = "") -> None:
    db.execute(
        "UPDATE label SET state = ?, tid = ?, at = ? WHERE job = ? AND position = ?",
        (state, tid, at, label.job, label.position),
    )


def _note_reject(db: Connection, label: Label, tid: str, reason: str, now: datetime) -> None:
    db.execute(
        "INSERT INTO label_reject VALUES (?, ?, ?, ?, ?)",
        (label.job, label.position, tid, reason, as_text(now)),
    )


def _one(row: Any) -> Label | None:
    return None if row is None else Label(*row)

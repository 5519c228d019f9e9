"""What a station is about to write on tags as their next secret: on the disk before the tag is touched.

A row stays until what became of it stands in an event. So neither a tag that is torn away nor the end of this
process leaves a number on a tag of which nobody knows. The event has its name from the beginning: told twice,
it is stored once.

Functions over a connection, inside transactions of :class:`suyuan.readers.station.outbox.Outbox`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from suyuan.readers.station.memory import Connection, as_text

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS secret_write(
        chip TEXT PRIMARY KEY, event_id TEXT NOT NULL, epc TEXT NOT NULL, text TEXT NOT NULL,
        found TEXT NOT NULL, maybe BLOB NOT NULL, at TEXT NOT NULL, read_point TEXT NOT NULL,
        told INTEGER NOT NULL DEFAULT 0) STRICT""",
)


@dataclass(frozen=True, slots=True)
class Intent:
    """A secret that may be on the tag ``chip`` of the object ``epc`` from ``at`` on.

    ``text`` is what the tag is to say. ``found`` and ``maybe`` are digests, of what it said before and of
    what it may say now, the intended one first; ``near`` if the writing had hardly begun. ``told``:
    an event says so.
    """

    chip: str
    event_id: str
    epc: str
    text: str
    found: str
    maybe: tuple[str, ...]
    near: tuple[str, ...]
    at: datetime
    read_point: str
    told: bool = False


def begin(db: Connection, intent: Intent) -> None:
    """The tag is about to be touched."""
    _note(db, intent)


def never_begun(db: Connection, intent: Intent, before: Intent | None) -> None:
    """The tag was not touched after all: what was noted ``before`` holds again."""
    end(db, intent)
    if before is not None:
        _note(db, before)


def _note(db: Connection, intent: Intent) -> None:
    db.execute(
        "INSERT OR REPLACE INTO secret_write VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            intent.chip,
            intent.event_id,
            intent.epc,
            intent.text,
            intent.found,
            orjson.dumps([intent.maybe, intent.near]),
            as_text(intent.at),
            intent.read_point,
            int(intent.told),
        ),
    )


def end(db: Connection, intent: Intent) -> None:
    """The tag says what it was to say and an event tells it."""
    db.execute("DELETE FROM secret_write WHERE event_id = ?", (intent.event_id,))


def leave_in_doubt(db: Connection, intent: Intent) -> None:
    """An event tells what the tag may say. What it was to say is kept: it may have lost its link."""
    db.execute("UPDATE secret_write SET told = 1 WHERE event_id = ?", (intent.event_id,))


def untold(db: Connection) -> Sequence[Intent]:
    """What no event tells yet."""
    return [_intent(*row) for row in db.execute(f"{_SELECT} WHERE told = 0 ORDER BY at").fetchall()]


def of_chip(db: Connection, chip: str) -> Intent | None:
    """What this station last meant to write on a tag, if it does not know that it did."""
    row = db.execute(f"{_SELECT} WHERE chip = ?", (chip,)).fetchone()
    return None if row is None else _intent(*row)


_SELECT = "SELECT chip, event_id, epc, text, found, maybe, at, read_point, told FROM secret_write"


def _intent(
    chip: str,
    event_id: str,
    epc: str,
    text: str,
    found: str,
    maybe: bytes,
    at: str,
    read_point: str,
    told: int,
) -> Intent:
    left, near = (tuple(map(str, each)) for each in orjson.loads(maybe))
    return Intent(
        chip, event_id, epc, text, found, left, near, datetime.fromisoformat(at), read_point, bool(told)
    )

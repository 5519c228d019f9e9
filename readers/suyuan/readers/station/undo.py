"""Undoing the last event of a read point: an error declaration, and the station's own memory as it was.

What was recorded stays recorded (EPCIS 2.0 §7.4.1.2): the declaration repeats the event under its eventID and
says that it was wrong. Functions over a connection, inside the transactions of
:mod:`suyuan.readers.station.journal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import orjson

from suyuan.readers.station import memory
from suyuan.readers.station.clock import Quality
from suyuan.readers.station.memory import Connection, Former, Lesson
from suyuan.trace.errors import Conflict, InvalidInput

WITHIN_S = 600.0
"""How long after its commit an event can be undone at the station; later it is a matter of the records."""
DECLARED = "#errorDeclaration"
"""What is added to the eventID to name the declaration in the outbox, where names are unique."""
MOST_NOTE = 200
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS last_event(
        read_point TEXT PRIMARY KEY, event_id TEXT NOT NULL, order_id TEXT NOT NULL, former BLOB NOT NULL,
        outcome BLOB NOT NULL, undone INTEGER NOT NULL DEFAULT 0) STRICT""",
)
Reason = Literal["did_not_occur", "incorrect_data"]
"""Why an event is declared wrong, in the words of CBV 2.0 §7.5."""


class NothingToUndo(Conflict):
    """There is no event that could be undone here now."""

    code = "nothing-to-undo"
    title = "Nothing can be undone here"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says when that the last event is wrong, and why: ``declaration`` as in EPCIS."""

    declaration: Mapping[str, Any]
    created_wall: datetime
    created_mono: float
    boot_id: str
    clock: Quality = "unknown"


@dataclass(frozen=True, slots=True)
class Last:
    """The last event of a read point; ``outcome`` is what was told of it, ``age_s`` how long ago it was."""

    event_id: str
    order_id: str
    body: Mapping[str, Any]
    outcome: Mapping[str, Any]
    age_s: float
    undone: bool


@dataclass(frozen=True, slots=True)
class Undone:
    """A declaration that is durably stored under ``sequence``."""

    event_id: str
    sequence: int
    outcome: Mapping[str, Any]


def declaration(reason: Reason, note: str, time: str) -> dict[str, Any]:
    """The ``errorDeclaration`` of that reason; of the note at most ``MOST_NOTE`` characters are kept.

    Raises:
        InvalidInput: no such reason.
    """
    if reason not in get_args(Reason):
        raise InvalidInput(
            "{value} is no reason.", where="reason", remedy="Choose one of the list.", value=reason
        )
    told = {"declarationTime": time, "reason": reason}
    return {**told, "suyuan:note": note[:MOST_NOTE]} if note else told


def note(
    db: Connection,
    read_point: str,
    event_id: str,
    order_id: str,
    lessons: Sequence[Lesson],
    outcome: Mapping[str, Any],
) -> None:
    """Note an event as the last one of ``read_point``, and what is remembered before it teaches."""
    former = orjson.dumps([was.as_row() for was in memory.former(db, lessons)])
    db.execute(
        "INSERT OR REPLACE INTO last_event VALUES (?, ?, ?, ?, ?, 0)",
        (read_point, event_id, order_id, former, orjson.dumps(outcome)),
    )


def last(
    db: Connection, read_point: str, now: datetime, mono: float, boot_id: str, party: str = ""
) -> Last | None:
    """The last event of ``read_point``, recorded for ``party``, as long as it is kept, undone or not."""
    row = db.execute(
        "SELECT l.event_id, l.order_id, o.payload, l.outcome, l.undone,"
        " o.created_wall, o.created_mono, o.boot_id"
        " FROM last_event l JOIN outbox o ON o.event_id = l.event_id WHERE l.read_point = ?"
        " AND o.party = ?",
        (read_point, party),
    ).fetchone()
    if row is None:
        return None
    event_id, order_id, payload, outcome, undone, wall, then, boot = row
    # The wall clock may be set meanwhile; while the machine runs on, the monotonic one tells better.
    same_run = bool(boot) and boot == boot_id
    age_s = mono - then if same_run else (now - datetime.fromisoformat(wall)).total_seconds()
    return Last(event_id, order_id, orjson.loads(payload), orjson.loads(outcome), age_s, bool(undone))


def check(db: Connection, read_point: str, claim: Claim, party: str = "") -> Last:
    """The last event of ``read_point``, recorded for ``party``, if it can be undone.

    Raises:
        NothingToUndo: it cannot.
    """
    found = last(db, read_point, claim.created_wall, claim.created_mono, claim.boot_id, party)
    if found is None:
        raise NothingToUndo(
            "Nothing was recorded at {point} that could be undone.", where=read_point, point=read_point
        )
    if found.undone:
        raise NothingToUndo(
            "The last record of {point} was undone already.",
            where=read_point,
            remedy="Do the step again if it is needed.",
            point=read_point,
        )
    if not 0 <= found.age_s <= WITHIN_S:
        raise NothingToUndo(
            "The last record of {point} is more than {minutes} minutes old.",
            where=read_point,
            remedy="Ask the office to correct the record.",
            point=read_point,
            minutes=int(WITHIN_S // 60),
        )
    return found


def take_back(db: Connection, read_point: str, found: Last, sequence: int) -> Undone:
    """Restore what was remembered before the event, and note that it is undone."""
    row = db.execute(
        "SELECT l.former, o.created_wall FROM last_event l JOIN outbox o ON o.event_id = l.event_id"
        " WHERE l.read_point = ?",
        (read_point,),
    ).fetchone()
    memory.restore(db, [Former(*each) for each in orjson.loads(row[0])], datetime.fromisoformat(row[1]))
    db.execute("UPDATE last_event SET undone = 1 WHERE read_point = ?", (read_point,))
    return Undone(found.event_id, sequence, found.outcome)

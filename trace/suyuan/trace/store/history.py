"""The evidence read back: in order for lineage, one by its key, and those that name a thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row, Select, bindparam, func, select, tuple_

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage.digest import occurrence
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.store.columns import Instant
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.sight import HOUSE, NO_PURPOSE, Purpose, Viewer, visible_events
from suyuan.trace.store.tables import ContextRow, EvidenceRow, IncidenceRow, ObjectRow

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as stored. ``event.body`` has the recordTime and eventID that the server gave it."""

    sequence: int
    key: str
    event: Event
    party: str
    record_time: datetime
    status: str


STORED: Select[int, str, str, datetime, str, bytes, datetime, Any] = select(
    EvidenceRow.sequence,
    EvidenceRow.key,
    EvidenceRow.party,
    EvidenceRow.record_time,
    EvidenceRow.status,
    EvidenceRow.body,
    EvidenceRow.event_time,
    ContextRow.entries,
).outerjoin(ContextRow, ContextRow.id == EvidenceRow.context_id)
"""What :func:`recorded` reads."""
STORED_BYTES = func.length(EvidenceRow.body) + func.coalesce(func.length(ContextRow.entries), 0)
"""How much of it that is, measured where it lies."""


def occurrences(reading: Reading, after: int = 0) -> Iterator[tuple[int, Occurrence]]:
    """Accepted evidence after a sequence number, in sequence order, reduced for lineage.

    Streams in batches by key range: memory stays flat, and no cursor is held open between them.
    """
    while True:
        rows = reading.connection.execute(_ACCEPTED, {"after": after}).all()
        for row in rows:
            event = event_from_body(orjson.loads(row.body), tuple(row.entries or ()))
            yield (
                row.sequence,
                occurrence(event, evidence=row.key, party=row.party, record_time=row.record_time),
            )
        if len(rows) < _BATCH:
            return
        after = rows[-1].sequence


def in_time_order(reading: Reading, viewer: Viewer = HOUSE) -> Iterator[tuple[Event, Occurrence]]:
    """Accepted evidence in sight in the order of event times, without declarations and what they take out.

    That order is the one in which things happened but for what happened at one instant. Streams in batches by
    the index of times, so that memory stays flat but for the names of what was declared wrong.
    """
    wrong = {
        (row.party, row.event_id)
        for row in reading.connection.execute(
            select(EvidenceRow.party, EvidenceRow.event_id).where(EvidenceRow.declaration_time.is_not(None))
        )
    }
    after, in_sight = (_BEFORE_ALL, 0), _BY_TIME.where(visible_events(viewer))
    while True:
        rows = reading.connection.execute(in_sight, {"time": after[0], "after": after[1]}).all()
        for row in rows:
            event = event_from_body(orjson.loads(row.body), tuple(row.entries or ()))
            if (row.party, event.event_id) not in wrong:
                yield (
                    event,
                    occurrence(event, evidence=row.key, party=row.party, record_time=row.record_time),
                )
        if len(rows) < _BATCH:
            return
        after = (rows[-1].event_time, rows[-1].sequence)


def newest_sequence(reading: Reading) -> int:
    """The sequence number of the newest evidence, in whatever status; 0 where there is none."""
    return reading.connection.execute(_NEWEST).scalar() or 0


def newest_object(reading: Reading) -> int:
    """The number of the newest thing that any event names; 0 where there is none."""
    return reading.connection.execute(_NEWEST_OBJECT).scalar() or 0


# Every question asks these two first: they are made once.
_ACCEPTED = (
    STORED.where(EvidenceRow.status == "accepted", EvidenceRow.sequence > bindparam("after"))
    .order_by(EvidenceRow.sequence)
    .limit(_BATCH)
)
_NEWEST = select(func.max(EvidenceRow.sequence))
_NEWEST_OBJECT = select(func.max(ObjectRow.id))
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_BY_TIME = (
    STORED.where(
        EvidenceRow.status == "accepted",
        EvidenceRow.declaration_time.is_(None),
        tuple_(EvidenceRow.event_time, EvidenceRow.sequence)
        > tuple_(bindparam("time", type_=Instant), bindparam("after")),
    )
    .order_by(EvidenceRow.event_time, EvidenceRow.sequence)
    .limit(_BATCH)
)


def event(reading: Reading, evidence_key: str, *, viewer: Viewer, purpose: Purpose = NO_PURPOSE) -> Recorded:
    """The evidence of that key, in whatever status, or ``NotFound``: what is not in sight is as absent."""
    statement = STORED.where(EvidenceRow.key == evidence_key, visible_events(viewer, purpose))
    row = reading.connection.execute(statement).first()
    if row is None:
        raise NotFound("There is no evidence {key}", where="evidence", key=evidence_key)
    return recorded(row)


def events_by_key(reading: Reading, keys: Iterable[str]) -> dict[str, Recorded]:
    """The evidence of those ``keys`` that exist, in whatever status, for the house. One statement per 500."""
    found: dict[str, Recorded] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        rows = reading.connection.execute(STORED.where(EvidenceRow.key.in_(chunk)))
        found.update((row.key, recorded(row)) for row in rows)
    return found


def occurrences_by_key(reading: Reading, keys: Iterable[str]) -> Iterator[Occurrence]:
    """The evidence of those ``keys`` that exist, reduced for lineage. One statement per 500."""
    for chunk in chunks(dict.fromkeys(keys)):
        for row in reading.connection.execute(STORED.where(EvidenceRow.key.in_(chunk))):
            event = event_from_body(orjson.loads(row.body), tuple(row.entries or ()))
            yield occurrence(event, evidence=row.key, party=row.party, record_time=row.record_time)


def evidence_in_sight(reading: Reading, keys: Iterable[str], viewer: Viewer) -> dict[str, str]:
    """Those of the evidence ``keys`` that a viewer sees, with the party that captured each."""
    found: dict[str, str] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        statement = select(EvidenceRow.key, EvidenceRow.party).where(
            EvidenceRow.key.in_(chunk), visible_events(viewer)
        )
        found.update((key, party) for key, party in reading.connection.execute(statement))
    return found


def events_of(
    reading: Reading, event_id: str, *, viewer: Viewer, purpose: Purpose = NO_PURPOSE
) -> Sequence[Recorded]:
    """Everything recorded under an eventID, error declarations and conflicts included, in order."""
    statement = STORED.where(EvidenceRow.event_id == event_id, visible_events(viewer, purpose))
    return [recorded(row) for row in reading.connection.execute(statement.order_by(EvidenceRow.sequence))]


def declared_wrong(reading: Reading, event_ids: Iterable[str]) -> set[tuple[str, str]]:
    """Those of ``event_ids`` that an accepted error declaration is about, each with the party that made it.

    An event is declared wrong by whoever captured it, at any later time: compare the party too.
    """
    found: set[tuple[str, str]] = set()
    for chunk in chunks(dict.fromkeys(event_ids)):
        statement = select(EvidenceRow.party, EvidenceRow.event_id).where(
            EvidenceRow.event_id.in_(chunk),
            EvidenceRow.declaration_time.is_not(None),
            EvidenceRow.status == "accepted",
        )
        found.update((party, event_id) for party, event_id in reading.connection.execute(statement))
    return found


def events_naming(
    reading: Reading, key: str, limit: int = 200, *, viewer: Viewer, purpose: Purpose = NO_PURPOSE
) -> Sequence[Recorded]:
    """The latest accepted events that name a canonical key anywhere, newest event time first."""
    mentions = (
        select(IncidenceRow.sequence)
        .join(ObjectRow, ObjectRow.id == IncidenceRow.object_id)
        .where(ObjectRow.key == key)
    )
    statement = (
        STORED.where(
            EvidenceRow.sequence.in_(mentions),
            EvidenceRow.status == "accepted",
            visible_events(viewer, purpose),
        )
        .order_by(EvidenceRow.event_time.desc(), EvidenceRow.sequence.desc())
        .limit(limit)
    )
    return [recorded(row) for row in reading.connection.execute(statement)]


def recorded(row: Row[int, str, str, datetime, str, bytes, datetime, Any]) -> Recorded:
    """A row of ``STORED`` as a value."""
    body: dict[str, Any] = orjson.loads(row.body)
    body["recordTime"] = _written(row.record_time)
    event = event_from_body(body, tuple(row.entries or ()))
    return Recorded(
        row.sequence,
        row.key,
        replace(event, record_time=row.record_time),
        row.party,
        row.record_time,
        row.status,
    )


def _written(time: datetime) -> str:
    """EPCIS 2.0 §9.2 asks for at least milliseconds; ours are exact to the microsecond."""
    text = time.astimezone(UTC).isoformat(
        timespec="microseconds" if time.microsecond % 1000 else "milliseconds"
    )
    return text.replace("+00:00", "Z")

"""Capture: a document becomes evidence, all of it or (``proceed``) what is valid of it, in one transaction.

Reading, validating, hashing and canonicalising happen before the transaction (:mod:`.prepared`); inside it
only rows are looked up and inserted, so that the single writer is held for as short as possible. Because
everything that could be refused was refused before, no event can fail alone inside, and no savepoint per
event is needed.

The same event of the same party again is a duplicate and acknowledged. Same party and eventID with other
content, and no error declaration, is a conflict: stored and told, but out of lineage. Source: EPCIS 2.0
§7.4.1.2-3, §12.7.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, Engine, func, insert, select

from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, Limits
from suyuan.trace.store.bulk import insert_rows, look_up
from suyuan.trace.store.columns import instant, microseconds
from suyuan.trace.store.concerns import Told, store_concerns
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.event_fields import store_fields, store_prefixes
from suyuan.trace.store.event_rows import OF_EVENT, EventRows
from suyuan.trace.store.jobs import Behaviour, CaptureJob, Evidence, store_job
from suyuan.trace.store.objects import ObjectTold, object_ids
from suyuan.trace.store.prepared import Prepared, ReceivedBytes, prepare, received_bytes
from suyuan.trace.store.station_numbers import store_numbers
from suyuan.trace.store.tables import ContextRow, DocumentRow, EvidenceRow, IncidenceRow, VocabularyRow
from suyuan.trace.store.tag_told import TagsOfEvent, store_tags
from suyuan.trace.store.vocabulary import store_statements

MUCH_AHEAD = timedelta(minutes=5)
"""That a record time may lie ahead of the clock before it is told in the log."""
_log = logging.getLogger(__name__)


def capture(
    engine: Engine,
    data: bytes,
    media_type: str,
    *,
    party: str,
    now: datetime,
    behaviour: Behaviour = "rollback",
    single: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    randbytes: Callable[[int], bytes] = secrets.token_bytes,
    clock: Callable[[], datetime] | None = None,
) -> CaptureJob:
    """Store a document's events and master data for ``party``; durable when this returns.

    With ``single`` the data are one event, as on the address of events. An event without eventID gets its CBV
    hash. ``now`` is when the document arrived. With ``rollback`` one invalid event means that nothing is
    stored; the job then has ``success`` False and says why. ``clock`` tells when the writer's turn has come,
    which becomes the record time, and when the job is finished; without it, ``now``. O(events + EPCs).

    Raises:
        ValidationError: what is wrong is the document as a whole, not one of its events.
        TooLarge: a limit is exceeded.
        DatabaseUnavailable: nothing was stored; send again.
    """
    prepared = prepare(
        data, media_type, party=party, now=now, behaviour=behaviour, single=single, limits=limits
    )
    return store(engine, prepared, randbytes=randbytes, clock=clock)


def store(
    engine: Engine,
    prepared: Prepared,
    *,
    randbytes: Callable[[int], bytes] = secrets.token_bytes,
    clock: Callable[[], datetime] | None = None,
) -> CaptureJob:
    """Write down what was prepared, in one transaction; durable when this returns.

    Raises:
        DatabaseUnavailable: nothing was stored; send again.
    """
    errors = prepared.errors
    draft = CaptureJob(
        capture_id=randbytes(16).hex(),
        party=prepared.party,
        created_at=prepared.now,
        finished_at=prepared.now,
        success=not errors,
        capture_error_behaviour=prepared.behaviour,
        captured=0,
        duplicates=0,
        conflicts=0,
        errors=tuple(sorted(errors, key=lambda error: -1 if error.index is None else error.index)),
    )
    with Writing(engine) as writing:
        job, stored, conflicting = _store(writing, draft, prepared, clock)
    accepted_rows: list[Evidence] = []
    conflict_rows: list[Evidence] = []
    for each in stored:
        (conflict_rows if each.key in conflicting else accepted_rows).append(each)
    return replace(job, evidence=tuple(accepted_rows), conflicting=tuple(conflict_rows))


@paused_collector()
def _store(
    writing: Writing,
    draft: CaptureJob,
    prepared: Prepared,
    clock: Callable[[], datetime] | None,
) -> tuple[CaptureJob, Iterator[Evidence], set[str]]:
    recorded_at = _record_time(writing, draft.created_at if clock is None else clock())
    new = _without_duplicates(writing.connection, prepared.events)
    conflicting = _conflicts(writing.connection, draft.party, new)
    document_id = None
    sequences = range(0)
    repeated: Mapping[str, int] = {}
    if new or prepared.statements:
        document_id = _document_id(writing, draft.party, draft.created_at, prepared.received)
        stored_as = _Stored(draft.party, document_id, microseconds(recorded_at), conflicting)
        sequences = _insert_events(writing.connection, prepared, new, stored_as)
        store_tags(writing, _tags(sequences, new, stored_as))
        repeated = store_numbers(writing.connection, draft.party, new, recorded_at)
        store_statements(
            writing,
            prepared.statements,
            party=draft.party,
            record_time=recorded_at,
            document_id=document_id,
        )
    job = replace(
        draft,
        finished_at=draft.finished_at if clock is None else clock(),
        captured=len(new) - len(conflicting),
        duplicates=len(prepared.events) - len(new),
        conflicts=len(conflicting),
        repeated=tuple(repeated.items()),
    )
    store_job(writing, job, document_id)
    return job, _evidence(prepared, new, sequences, recorded_at), conflicting


def _evidence(
    prepared: Prepared, new: Sequence[EventRows], sequences: range, recorded_at: datetime
) -> Iterator[Evidence]:
    """What was stored, of the events that are told of; worked out when asked for."""
    for sequence, rows in zip(sequences, new, strict=True):
        if rows.key in prepared.told:
            event, seen = prepared.told[rows.key]
            yield Evidence(sequence, rows.key, event, replace(seen, record_time=recorded_at))


def _record_time(writing: Writing, now: datetime) -> datetime:
    """When what is written in this turn becomes known: never before what was written in an earlier one.

    A document may wait for its turn, a clock may be set back, and two machines have two clocks. Whoever asks
    for what came since the last recordTime that they saw would miss an event that got an earlier one. Of two
    statements of master data the one with the later time is shown: it must be the one that came later.

    So one clock that was far ahead holds up all record times until that time has come: the log says so.
    """
    ask = writing.connection.execute
    times = (
        ask(select(func.max(EvidenceRow.record_time))).scalar(),
        ask(select(VocabularyRow.record_time).order_by(VocabularyRow.id.desc()).limit(1)).scalar(),
    )
    newest = max((one for one in times if one is not None), default=now)
    if newest - now > MUCH_AHEAD:
        _log.warning(
            "The clock says %s, but evidence was recorded at %s already, and what comes now is recorded "
            "with that time: see that every server's clock is right",
            now.isoformat(),
            newest.isoformat(),
        )
    return max(now, newest)


def _without_duplicates(connection: Connection, rows: Sequence[EventRows]) -> list[EventRows]:
    """What is not stored yet, each key once."""
    first: dict[str, EventRows] = {}
    for one in rows:
        first.setdefault(one.key, one)
    for (key,) in look_up(connection, (EvidenceRow.key,), list(first)):
        del first[key]
    return list(first.values())


def _conflicts(connection: Connection, party: str, new: Sequence[EventRows]) -> set[str]:
    """Keys of those that say something else under an eventID that this party has used already.

    Declarations conflict with nothing: they keep the eventID of what they correct.
    """
    plain = [rows for rows in new if not rows.is_declaration]
    by_others = {EvidenceRow.party: party, EvidenceRow.declaration_time: None}
    found = look_up(connection, (EvidenceRow.event_id,), (rows.event_id for rows in plain), by_others)
    taken = {event_id for (event_id,) in found}
    conflicting: set[str] = set()
    for rows in plain:
        if rows.event_id in taken:
            conflicting.add(rows.key)
        taken.add(rows.event_id)
    return conflicting


def store_document(writing: Writing, data: bytes, media_type: str, *, party: str, now: datetime) -> int:
    """Keep the bytes of a document for ``party``; returns its id, the same for the same bytes again."""
    return _document_id(writing, party, now, received_bytes(data, media_type))


def _document_id(writing: Writing, party: str, now: datetime, received: ReceivedBytes) -> int:
    connection = writing.connection
    known = connection.execute(
        select(DocumentRow.id).where(DocumentRow.party == party, DocumentRow.sha256 == received.sha256)
    ).scalar()
    if known is not None:
        return known
    document_id = (connection.execute(select(func.max(DocumentRow.id))).scalar() or 0) + 1
    connection.execute(
        insert(DocumentRow),
        {
            "id": document_id,
            "party": party,
            "sha256": received.sha256,
            "media_type": received.media_type,
            "content": received.compressed,
            "size": received.size,
            "received": now,
        },
    )
    return document_id


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the events of one transaction have in common. ``record_time`` is in microseconds."""

    party: str
    document_id: int
    record_time: int
    conflicting: Collection[str]


def _insert_events(
    connection: Connection, prepared: Prepared, new: Sequence[EventRows], stored_as: _Stored
) -> range:
    """Insert the events with all that follows from them; returns their sequence numbers."""
    if not new:
        return range(0)
    first = (connection.execute(select(func.max(EvidenceRow.sequence))).scalar() or 0) + 1
    sequences = range(first, first + len(new))
    numbered = list(zip(sequences, new, strict=True))
    contexts = _context_ids(connection, {rows.context for rows in new if rows.context is not None})
    evidence = [
        (
            sequence,
            stored_as.party,
            stored_as.document_id,
            stored_as.record_time,
            None if rows.context is None else contexts[rows.context],
            "conflict" if rows.key in stored_as.conflicting else "accepted",
            *rows.evidence,
        )
        for sequence, rows in numbered
    ]
    insert_rows(connection, _EVIDENCE, evidence)
    _insert_incidences(connection, numbered, prepared.objects)
    store_fields(connection, [(sequence, told) for sequence, rows in numbered for told in rows.fields])
    store_prefixes(connection, prepared.prefixes)
    at = stored_as.record_time
    store_concerns(
        connection,
        [Told(sequence, rows.time, at, rows.concerned, rows.goods) for sequence, rows in numbered],
    )
    return sequences


def _tags(sequences: range, new: Sequence[EventRows], stored_as: _Stored) -> list[TagsOfEvent]:
    return [
        TagsOfEvent(
            sequence, stored_as.party, rows.event_id, instant(rows.time), rows.is_declaration, rows.tags
        )
        for sequence, rows in zip(sequences, new, strict=True)
        if rows.tags and rows.key not in stored_as.conflicting
    ]


_EVIDENCE = (
    EvidenceRow.sequence,
    EvidenceRow.party,
    EvidenceRow.document_id,
    EvidenceRow.record_time,
    EvidenceRow.context_id,
    EvidenceRow.status,
    *OF_EVENT,
)


def _insert_incidences(
    connection: Connection, numbered: Sequence[tuple[int, EventRows]], objects: Mapping[str, ObjectTold]
) -> None:
    mentioned = {mention.key: objects[mention.key] for _, rows in numbered for mention in rows.mentions}
    ids = object_ids(connection, mentioned)
    incidences = [
        (sequence, position, ids[key], *others)
        for sequence, rows in numbered
        for position, (key, *others) in enumerate(rows.mentions)
    ]
    insert_rows(connection, _INCIDENCE, incidences)


_INCIDENCE = (
    IncidenceRow.sequence,
    IncidenceRow.position,
    IncidenceRow.object_id,
    IncidenceRow.role,
    IncidenceRow.is_class,
    IncidenceRow.quantity,
    IncidenceRow.uom,
)


def _context_ids(connection: Connection, contexts: set[bytes]) -> dict[bytes, int]:
    by_hash = {hashlib.sha256(context).digest(): context for context in sorted(contexts)}
    ids: dict[bytes, int] = {}
    if by_hash:
        found = select(ContextRow.sha256, ContextRow.id).where(ContextRow.sha256.in_(list(by_hash)))
        ids = {by_hash[digest]: number for digest, number in connection.execute(found)}
    new = [digest for digest, context in by_hash.items() if context not in ids]
    if new:
        first = (connection.execute(select(func.max(ContextRow.id))).scalar() or 0) + 1
        ids.update((by_hash[digest], number) for number, digest in enumerate(new, first))
        rows = [
            {"id": number, "sha256": digest, "entries": orjson.loads(by_hash[digest])}
            for number, digest in enumerate(new, first)
        ]
        connection.execute(insert(ContextRow), rows)
    return ids

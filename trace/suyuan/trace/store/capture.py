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
import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Engine, func, insert, select

from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, Limits
from suyuan.trace.gs1 import identify
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.store.bulk import insert_rows
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.concerns import Told, store_concerns
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.event_fields import store_fields
from suyuan.trace.store.jobs import Behaviour, CaptureJob, Evidence, store_job
from suyuan.trace.store.objects import chunks, object_ids
from suyuan.trace.store.prepared import Prepared, PreparedEvent, ReceivedBytes, prepare, received_bytes
from suyuan.trace.store.tables import ContextRow, DocumentRow, EvidenceRow, IncidenceRow, Role
from suyuan.trace.store.vocabulary import store_statements


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
        return _store(writing, draft, prepared, clock)


def _store(
    writing: Writing,
    draft: CaptureJob,
    prepared: Prepared,
    clock: Callable[[], datetime] | None,
) -> CaptureJob:
    recorded_at = _record_time(writing, draft.created_at if clock is None else clock())
    new = [
        replace(item, occurrence=replace(item.occurrence, record_time=recorded_at))
        for item in _without_duplicates(writing, prepared.events)
    ]
    conflicting = _conflicts(writing, draft.party, new)
    document_id = None
    accepted_rows: list[Evidence] = []
    conflict_rows: list[Evidence] = []
    if new or prepared.statements:
        document_id = _document_id(writing, draft.party, draft.created_at, prepared.received)
        sequences = _insert_evidence(writing, draft, new, conflicting, document_id)
        for sequence, item in zip(sequences, new, strict=True):
            stored = Evidence(sequence, item.key, item.event, item.occurrence)
            (conflict_rows if item.key in conflicting else accepted_rows).append(stored)
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
        captured=len(accepted_rows),
        duplicates=len(prepared.events) - len(new),
        conflicts=len(conflict_rows),
        evidence=tuple(accepted_rows),
        conflicting=tuple(conflict_rows),
    )
    store_job(writing, job, document_id)
    return job


def _record_time(writing: Writing, now: datetime) -> datetime:
    """When what is written in this turn becomes known: never before what was written in an earlier one.

    A document may wait for its turn, a clock may be set back, and two machines have two clocks. Whoever asks
    for what came since the last recordTime that they saw would miss an event that got an earlier one.
    """
    newest = writing.connection.execute(select(func.max(EvidenceRow.record_time))).scalar()
    return now if newest is None else max(now, newest)


def _without_duplicates(writing: Writing, prepared: Sequence[PreparedEvent]) -> list[PreparedEvent]:
    """What is not stored yet, each key once."""
    first = {item.key: item for item in reversed(prepared)}
    for chunk in chunks(list(first)):
        rows = writing.connection.execute(select(EvidenceRow.key).where(EvidenceRow.key.in_(chunk)))
        for (key,) in rows:
            del first[key]
    return sorted(first.values(), key=lambda item: item.position)


def _conflicts(writing: Writing, party: str, new: Sequence[PreparedEvent]) -> set[str]:
    """Keys of those that say something else under an eventID that this party has used already.

    Declarations conflict with nothing: they keep the eventID of what they correct.
    """
    plain = [item for item in new if item.event.error_declaration is None]
    taken: set[str | None] = set()
    for chunk in chunks(str(item.event.event_id) for item in plain):
        rows = writing.connection.execute(
            select(EvidenceRow.event_id).where(
                EvidenceRow.event_id.in_(chunk),
                EvidenceRow.party == party,
                EvidenceRow.declaration_time.is_(None),
            )
        )
        taken.update(event_id for (event_id,) in rows)
    conflicting: set[str] = set()
    for item in plain:
        if item.event.event_id in taken:
            conflicting.add(item.key)
        taken.add(item.event.event_id)
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


def _insert_evidence(
    writing: Writing,
    draft: CaptureJob,
    new: Sequence[PreparedEvent],
    conflicting: set[str],
    document_id: int,
) -> range:
    connection = writing.connection
    first = (connection.execute(select(func.max(EvidenceRow.sequence))).scalar() or 0) + 1
    sequences = range(first, first + len(new))
    if not new:
        return sequences
    contexts = _context_ids(writing, {orjson.dumps(item.event.context) for item in new if item.event.context})
    rows = [
        (
            sequence,
            draft.party,
            document_id,
            contexts[orjson.dumps(item.event.context)] if item.event.context else None,
            "conflict" if item.key in conflicting else "accepted",
            *_values(item),
        )
        for sequence, item in zip(sequences, new, strict=True)
    ]
    insert_rows(connection, _EVIDENCE, rows)
    _insert_incidences(writing, sequences, new)
    store_fields(connection, [(number, item.event) for number, item in zip(sequences, new, strict=True)])
    store_concerns(
        connection,
        [Told(number, item.event, item.occurrence) for number, item in zip(sequences, new, strict=True)],
    )
    return sequences


_EVIDENCE = (
    EvidenceRow.sequence,
    EvidenceRow.party,
    EvidenceRow.document_id,
    EvidenceRow.context_id,
    EvidenceRow.status,
    EvidenceRow.key,
    EvidenceRow.hash,
    EvidenceRow.position,
    EvidenceRow.event_id,
    EvidenceRow.event_time,
    EvidenceRow.time_zone_offset,
    EvidenceRow.record_time,
    EvidenceRow.type,
    EvidenceRow.action,
    EvidenceRow.biz_step,
    EvidenceRow.disposition,
    EvidenceRow.read_point,
    EvidenceRow.biz_location,
    EvidenceRow.transformation_id,
    EvidenceRow.declaration_time,
    EvidenceRow.body,
)


def _values(item: PreparedEvent) -> tuple[Any, ...]:
    """What an event itself fills of a row of evidence: the columns from ``key`` on."""
    event, seen, declared = item.event, item.occurrence, item.event.error_declaration
    return (
        item.key,
        item.hash,
        item.position,
        event.event_id,
        microseconds(event.event_time),
        event.event_time_zone_offset,
        microseconds(seen.record_time),
        event.type,
        event.action,
        event.biz_step,
        event.disposition,
        seen.read_point,
        seen.biz_location,
        seen.transformation_id,
        microseconds(declared.declaration_time) if declared else None,
        item.body,
    )


def _insert_incidences(writing: Writing, sequences: Iterable[int], new: Sequence[PreparedEvent]) -> None:
    mentions = [
        (sequence, position, role, holding)
        for sequence, item in zip(sequences, new, strict=True)
        for position, (role, holding) in enumerate(_mentions(item.occurrence))
    ]
    if not mentions:
        return
    known = {found.key: found for item in new for found in map(identify, _spellings(item.event))}
    ids = object_ids(writing, (holding.key for _, _, _, holding in mentions), known)
    rows = [
        (
            sequence,
            position,
            ids[holding.key],
            role.value,
            holding.is_class,
            _finite(holding.quantity),
            holding.uom,
        )
        for sequence, position, role, holding in mentions
    ]
    insert_rows(writing.connection, _INCIDENCE, rows)


_INCIDENCE = (
    IncidenceRow.sequence,
    IncidenceRow.position,
    IncidenceRow.object_id,
    IncidenceRow.role,
    IncidenceRow.is_class,
    IncidenceRow.quantity,
    IncidenceRow.uom,
)


def _mentions(seen: Occurrence) -> Iterable[tuple[Role, Holding]]:
    if seen.parent is not None:
        yield Role.PARENT, Holding(seen.parent)
    for role, holdings in (
        (Role.EPC, seen.what),
        (Role.CHILD, seen.children),
        (Role.INPUT, seen.inputs),
        (Role.OUTPUT, seen.outputs),
    ):
        for holding in holdings:
            yield role, holding


def _spellings(event: Event) -> Iterator[str]:
    """Every identifier of an object in the event as sent; identifying them again is a look-up in a cache."""
    if event.parent_id is not None:
        yield event.parent_id
    yield from event.epc_list
    yield from event.child_epcs
    yield from event.input_epc_list
    yield from event.output_epc_list
    for elements in (
        event.quantity_list,
        event.child_quantity_list,
        event.input_quantity_list,
        event.output_quantity_list,
    ):
        for element in elements:
            yield element.epc_class


def _finite(quantity: float | None) -> float | None:
    return quantity if quantity is not None and math.isfinite(quantity) else None


def _context_ids(writing: Writing, contexts: set[bytes]) -> dict[bytes, int]:
    connection = writing.connection
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

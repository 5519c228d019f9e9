"""From bytes to what only has to be written down: read, validated, hashed, reduced for lineage. No database.

Everything here can be pickled, so that several processes may prepare what one then writes.

The evidence key is a hash of the party and of the canonical event with eventID and errorDeclaration.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

import orjson

from suyuan.trace.epcis.canonical import CanonicalNames, evidence_hash
from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.document import read_event
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, Limits, Problem, ValidationError
from suyuan.trace.errors import InvalidInput, SuyuanError, TooLarge
from suyuan.trace.lineage.digest import occurrence
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.store.documents import MOST_ERRORS, place_of, read, read_single
from suyuan.trace.store.event_rows import EventRows, RowMaker, serialised
from suyuan.trace.store.jobs import Behaviour, CaptureError
from suyuan.trace.store.objects import ObjectTold
from suyuan.trace.store.vocabulary import Statement, statements_of

LINES = "application/x-ndjson"
"""The media type under which a batch of lines is kept; each is one event, or one document."""
_JSON = "application/json"
_DOCUMENTS = (b"EPCISDocument", b"EPCISQueryDocument")
_FAST = 1  # zlib level: twice the speed of the default for a tenth more bytes


@dataclass(frozen=True, slots=True)
class ReceivedBytes:
    """What was received, as it is kept: compressed, with the size and hash of the original."""

    media_type: str
    size: int
    sha256: bytes
    compressed: bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that one transaction is to write for ``party``, and what was refused beforehand.

    ``objects`` has every key that an event mentions. ``told`` are the events themselves by their keys, and
    the same reduced for lineage, whose record time is that of arrival; empty where nobody asks for them.
    """

    party: str
    now: datetime
    behaviour: Behaviour
    received: ReceivedBytes
    errors: tuple[CaptureError, ...]
    events: tuple[EventRows, ...] = ()
    objects: Mapping[str, ObjectTold] = field(default_factory=dict[str, ObjectTold])
    prefixes: frozenset[tuple[str, str]] = frozenset()
    statements: tuple[Statement, ...] = ()
    told: Mapping[str, tuple[Event, Occurrence]] = field(default_factory=dict[str, tuple[Event, Occurrence]])


@paused_collector()
def prepare(
    data: bytes,
    media_type: str,
    *,
    party: str,
    now: datetime,
    behaviour: Behaviour = "rollback",
    single: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Prepared:
    """A document, or with ``single`` one event, ready to be written; see ``capture``.

    Raises:
        ValidationError: what is wrong is the document as a whole, not one of its events.
        TooLarge: a limit is exceeded.
    """
    document = read_single(data, media_type, limits) if single else read(data, media_type, limits, behaviour)
    maker = RowMaker()
    told: dict[str, tuple[Event, Occurrence]] = {}
    rows, refused = _prepare(document.events, party, now, maker, told)
    if refused and not single:
        refused = [replace(one, where=place_of(data, one.index or 0)) for one in refused[:MOST_ERRORS]]
    errors = (*document.errors, *refused)
    received = received_bytes(data, media_type)
    if errors and behaviour == "rollback":
        return Prepared(party, now, behaviour, received, errors)
    statements = tuple(statements_of(document.vocabularies))
    return Prepared(
        party, now, behaviour, received, errors, rows, maker.objects, maker.prefixes, statements, told
    )


@paused_collector()
def prepare_lines(
    lines: Sequence[tuple[int, bytes]], *, party: str, now: datetime, limits: Limits = DEFAULT_LIMITS
) -> Prepared:
    """A batch of numbered lines, each one event or one document, ready to be written in one transaction.

    Lines stand for themselves: one that is not valid is refused alone, as with ``proceed``, and told by its
    number (``where`` begins with ``line``). The events themselves are not told of again.
    """
    events: list[tuple[int, Event]] = []
    errors: list[CaptureError] = []
    statements: list[Statement] = []
    told_at: list[int] = []
    for number, line in lines:
        found, stated, wrong = _of_line(line, limits)
        errors.extend(replace(one, where=f"line {number}: {one.where}") for one in wrong)
        statements.extend(stated)
        for event in found:
            events.append((len(told_at), event))
            told_at.append(number)
    maker = RowMaker()
    rows, refused = _prepare(events, party, now, maker)
    errors.extend(replace(one, where=f"line {told_at[one.index or 0]}: {one.where}") for one in refused)
    received = received_bytes(b"\n".join(line for _, line in lines), LINES)
    return Prepared(
        party,
        now,
        "proceed",
        received,
        tuple(errors),
        rows,
        maker.objects,
        maker.prefixes,
        tuple(statements),
    )


def _of_line(
    line: bytes, limits: Limits
) -> tuple[Sequence[Event], Sequence[Statement], Sequence[CaptureError]]:
    try:
        if not _is_document(line):
            return (read_event(line, _JSON, limits),), (), ()
        document = read(line, _JSON, limits, "rollback")
    except ValidationError as error:
        return (), (), [_told(problem) for problem in error.problems]
    except TooLarge as error:
        return (), (), [_refusal(None, error)]
    return [event for _, event in document.events], statements_of(document.vocabularies), document.errors


def _is_document(line: bytes) -> bool:
    if not any(form in line for form in _DOCUMENTS):
        return False
    try:
        root: object = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(root, dict) and str(cast("dict[str, object]", root).get("type")).encode() in _DOCUMENTS


def _told(problem: Problem) -> CaptureError:
    return CaptureError(
        None, ValidationError.code, problem.where, problem.template, dict(problem.fields), problem.remedy
    )


def received_bytes(data: bytes, media_type: str) -> ReceivedBytes:
    """The bytes of a document as they are kept."""
    return ReceivedBytes(media_type, len(data), hashlib.sha256(data).digest(), zlib.compress(data, _FAST))


def evidence_key(party: str, event_hash_: str) -> str:
    """The key of one party's statement: 64 hexadecimal digits, also a safe path segment."""
    return hashlib.sha256(f"{party}\n{event_hash_}".encode()).hexdigest()


def _prepare(
    events: Iterable[tuple[int, Event]],
    party: str,
    now: datetime,
    maker: RowMaker,
    told: dict[str, tuple[Event, Occurrence]] | None = None,
) -> tuple[tuple[EventRows, ...], list[CaptureError]]:
    """The rows of all that can be stored, and why the others cannot; notes the events in ``told``."""
    rows: list[EventRows] = []
    refused: list[CaptureError] = []
    context, names = (), CanonicalNames(())
    for position, event in events:
        if event.context is not context:  # as a rule all have that of their document
            context, names = event.context, CanonicalNames(event.context)
        try:
            made, known, seen = _prepared(position, event, party, now, maker, names)
        except InvalidInput as error:
            refused.append(_refusal(position, error))
            continue
        rows.append(made)
        if told is not None:
            told.setdefault(made.key, (known, seen))
    return tuple(rows), refused


def _refusal(index: int | None, error: SuyuanError) -> CaptureError:
    fields = {name: str(value) for name, value in error.fields.items()}
    return CaptureError(index, error.code, error.where, error.template, fields, error.remedy)


def _prepared(
    position: int, event: Event, party: str, now: datetime, maker: RowMaker, names: CanonicalNames
) -> tuple[EventRows, Event, Occurrence]:
    body = event.body
    if event.event_id is None:
        body = {**body, "eventID": event_hash(event)}
        event = replace(event, event_id=body["eventID"], body=body)
    hashed = evidence_hash(event, names)
    seen = occurrence(event, evidence=evidence_key(party, hashed), party=party, record_time=now)
    return maker.rows(event, seen, position, hashed, serialised(body)), event, seen

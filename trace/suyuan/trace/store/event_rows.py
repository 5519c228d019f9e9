"""What one event fills of the tables, worked out before the transaction that writes it down.

Flat tuples of what the driver takes: several processes may make them, and handing them from one to another
costs a fraction of what events as objects do. What only the transaction knows (numbers, record time) is not
in them. Texts that repeat from event to event are one object each, of which pickle writes the first only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.query_fields import Names, stated
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import identify
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.concerns import concerned, goods
from suyuan.trace.store.event_fields import FieldTold
from suyuan.trace.store.objects import ObjectTold, object_told
from suyuan.trace.store.tables import EvidenceRow, Role
from suyuan.trace.store.tag_told import TagEntry, tag_entries

OF_EVENT = (
    EvidenceRow.key,
    EvidenceRow.hash,
    EvidenceRow.position,
    EvidenceRow.event_id,
    EvidenceRow.event_time,
    EvidenceRow.time_zone_offset,
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
"""The columns of evidence that an event itself fills."""


class Mention(NamedTuple):
    """A row of incidence, with the canonical key for the object's number."""

    key: str
    role: int
    is_class: bool
    quantity: float | None
    uom: str | None


class EventRows(NamedTuple):
    """The rows of one event. ``evidence`` is a value for each of ``OF_EVENT``, ``time`` in microseconds."""

    key: str
    event_id: str
    is_declaration: bool
    time: int
    context: bytes | None
    evidence: tuple[Any, ...]
    mentions: tuple[Mention, ...]
    concerned: tuple[str, ...]
    goods: tuple[str, ...]
    fields: tuple[FieldTold, ...]
    tags: tuple[TagEntry, ...]


class RowMaker:
    """Makes the rows of events that are written together, and gathers what they have in common."""

    def __init__(self) -> None:
        self.objects: dict[str, ObjectTold] = {}
        self._one: dict[Any, Any] = {}
        self._names: dict[bytes, Names] = {}
        self._last: tuple[tuple[Any, ...], bytes | None, Names] | None = None

    @property
    def prefixes(self) -> frozenset[tuple[str, str]]:
        """Prefix and namespace of every extension met."""
        return frozenset(pair for names in self._names.values() for pair in names.used)

    def rows(self, event: Event, seen: Occurrence, position: int, hashed: str, body: bytes) -> EventRows:
        """The rows of an event that has an eventID.

        Raises:
            InvalidInput: its context holds a value that cannot be stored.
        """
        context, names = self._of_context(event.context)
        same = self._one.setdefault
        self._gather(event)
        mentions = [
            Mention(same(one.key, one.key), role, one.is_class, _finite(one.quantity), same(one.uom, one.uom))
            for role, holdings in _mentions(seen)
            for one in holdings
        ]
        fields = [
            FieldTold(
                same(field, field), same(text, text), number, None if moment is None else microseconds(moment)
            )
            for field, text, number, moment in stated(event, names)
        ]
        return EventRows(
            seen.evidence,
            str(event.event_id),
            event.error_declaration is not None,
            microseconds(event.event_time),
            context,
            self._evidence(event, seen, (position, hashed, body)),
            tuple(mentions),
            tuple([same(key, key) for key in concerned(event, seen)]),
            tuple([same(good, good) for good in goods(seen)]),
            tuple(fields),
            tag_entries(event),
        )

    def _evidence(self, event: Event, seen: Occurrence, kept: tuple[int, str, bytes]) -> tuple[Any, ...]:
        same = self._one.setdefault
        position, hashed, body = kept
        declared = event.error_declaration
        return (
            seen.evidence,
            hashed,
            position,
            event.event_id,
            microseconds(event.event_time),
            same(event.event_time_zone_offset, event.event_time_zone_offset),
            same(event.type, event.type),
            same(event.action, event.action),
            same(event.biz_step, event.biz_step),
            same(event.disposition, event.disposition),
            same(seen.read_point, seen.read_point),
            same(seen.biz_location, seen.biz_location),
            seen.transformation_id,
            microseconds(declared.declaration_time) if declared else None,
            body,
        )

    def _of_context(self, context: tuple[Any, ...]) -> tuple[bytes | None, Names]:
        """As stored, None if empty; the events of a document share one, which is then looked at once."""
        if self._last is None or self._last[0] is not context:
            stored = serialised(context)
            names = self._names.get(stored)
            if names is None:
                names = self._names[stored] = Names(context)
            self._last = context, self._one.setdefault(stored, stored) if context else None, names
        return self._last[1:]

    def _gather(self, event: Event) -> None:
        objects = self.objects
        for spelling in _spellings(event):
            found = identify(spelling)
            if found.key not in objects:
                objects[self._one.setdefault(found.key, found.key)] = object_told(found)


def serialised(value: Any) -> bytes:
    """JSON as it is stored.

    Raises:
        InvalidInput: it holds what orjson reads and cannot write: an integer beyond 64 bits.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise InvalidInput("The event holds a value that cannot be stored: {reason}", reason=error) from error


def _mentions(seen: Occurrence) -> Iterator[tuple[int, Iterable[Holding]]]:
    if seen.parent is not None:
        yield Role.PARENT.value, (Holding(seen.parent),)
    yield Role.EPC.value, seen.what
    yield Role.CHILD.value, seen.children
    yield Role.INPUT.value, seen.inputs
    yield Role.OUTPUT.value, seen.outputs


def _finite(quantity: float | None) -> float | None:
    return quantity if quantity is not None and math.isfinite(quantity) else None


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

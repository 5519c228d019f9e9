"""What a condition of a query is in SQL.

Where a column of evidence answers, its indexes do. Everything else is in ``event_field``: equality is a range
of its primary key, less and greater a range of an index of numbers or moments.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from suyuan.trace.epcis.query import Condition, Value
from suyuan.trace.epcis.query_fields import kept
from suyuan.trace.store.field_tables import EventFieldRow, EventPathRow
from suyuan.trace.store.listed import listed
from suyuan.trace.store.objects import IN_CHUNK
from suyuan.trace.store.patterns import Range, named
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow, Role

_END = "\U0010ffff"
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}
_COLUMNS: Mapping[str, Any] = {
    "type": EvidenceRow.type,
    "eventTime": EvidenceRow.event_time,
    "recordTime": EvidenceRow.record_time,
    "action": EvidenceRow.action,
    "bizStep": EvidenceRow.biz_step,
    "disposition": EvidenceRow.disposition,
    "readPoint": EvidenceRow.read_point,
    "bizLocation": EvidenceRow.biz_location,
    "eventID": EvidenceRow.event_id,
    "transformationID": EvidenceRow.transformation_id,
    "errorDeclaration": EvidenceRow.declaration_time,
    "declarationTime": EvidenceRow.declaration_time,
}
_ANY = (Role.EPC, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT)
_ROLES: Mapping[str, tuple[Role, ...]] = {
    "epc": (Role.EPC, Role.CHILD),
    "parentID": (Role.PARENT,),
    "inputEPC": (Role.INPUT,),
    "outputEPC": (Role.OUTPUT,),
    "anyEPC": _ANY,
    "epcClass": (Role.EPC, Role.CHILD),
    "inputEPCClass": (Role.INPUT,),
    "outputEPCClass": (Role.OUTPUT,),
    "anyEPCClass": _ANY,
}
SELECTIVE = frozenset(("eventID", "transformationID"))
"""Columns whose values name few events."""


def clause(
    condition: Condition, often: Collection[Condition] = (), *, in_range: bool = False
) -> ColumnElement[bool]:
    """The clause of a condition, for selects from ``evidence``.

    Of a condition in ``often``, which many events meet, each event is looked up; of any other the events that
    meet it are looked up first. ``in_range``: none are, since there are others by which a short range of the
    evidence is walked. The condition must have been settled before.
    """
    if condition.comparison == "MATCH":
        classes = condition.field.endswith("Class")
        return _naming(_ROLES[condition.field], condition.values, classes=classes, looked_up=in_range)
    column = _COLUMNS.get(condition.field)
    if column is None:
        return _of_field(condition, looked_up=in_range or condition in often)
    if in_range:
        column = bare(column)
    if condition.comparison == "EXISTS":
        return and_(column.is_not(None))
    if condition.comparison == "EQ":
        return _among(column, condition.values)
    return and_(_SIGNS[condition.comparison](column, condition.values[0]))


def in_full(condition: Condition, namespace: str) -> Condition:
    """The condition with a namespace in place of its prefix."""
    scope, _, name = condition.field.partition(" ")
    full = f"{scope} {kept(namespace + name.removeprefix(f'{condition.prefix}:'))}"
    return replace(condition, field=full, prefix="", spaces=())


def _of_field(condition: Condition, *, looked_up: bool) -> ColumnElement[bool]:
    """Of a prefix that everybody means alike, as is usual, by that namespace; else by :func:`declared`."""
    if condition.prefix and not condition.spaces:
        return false()
    if condition.prefix and len(condition.spaces) == 1:
        ((space, contexts),) = condition.spaces
        if len(contexts) <= IN_CHUNK:
            meant = _of_field(in_full(condition, space), looked_up=looked_up)
            return and_(meant, EvidenceRow.context_id.in_(contexts))
    rows = declared(condition)
    if looked_up:
        return exists().where(rows, EventFieldRow.sequence == EvidenceRow.sequence).correlate(EvidenceRow)
    return EvidenceRow.sequence.in_(select(EventFieldRow.sequence).where(rows))


def declared(condition: Condition) -> ColumnElement[bool]:
    """Rows of ``event_field`` that meet a condition, a prefix meaning what the event's document declares.

    One clause, however many namespaces others gave the prefix.
    """
    if not condition.prefix:
        return _meeting(condition)
    its = aliased(EvidenceRow)
    name = select(EventPathRow.name).where(EventPathRow.id == EventFieldRow.path_id).correlate(EventFieldRow)
    meant = name.scalar_subquery() + "\n" + cast(its.context_id, Text)
    pairs = (f"{full}\n{number}" for full, contexts in _meanings(condition) for number in contexts)
    own = exists().where(its.sequence == EventFieldRow.sequence, meant.in_(listed(pairs)))
    return and_(_meeting(condition), own.correlate(EventFieldRow))


def _meanings(condition: Condition) -> Iterator[tuple[str, tuple[int, ...]]]:
    for space, contexts in condition.spaces:
        yield in_full(condition, space).field, contexts


def of_time(condition: Condition, row: Any) -> ColumnElement[bool] | None:
    """The clause of a condition upon the time of events, in ``row``; None for any other condition."""
    columns = {"eventTime": row.event_time, "recordTime": row.record_time}
    if condition.field not in columns:
        return None
    return and_(_SIGNS[condition.comparison](columns[condition.field], condition.values[0]))


def is_of_field(condition: Condition) -> bool:
    """Whether ``event_field`` answers it."""
    return condition.comparison != "MATCH" and condition.field not in _COLUMNS


def sequences(condition: Condition) -> Select[int]:
    """The sequence numbers of events that meet a condition upon ``event_field``; some twice.

    A prefix means there whatever any document declares.
    """
    return select(EventFieldRow.sequence).where(_meeting(condition))


def path_of(field: str) -> ScalarSelect[Any]:
    """The id of a field's path."""
    return select(EventPathRow.id).where(EventPathRow.name == field).scalar_subquery()


def _meeting(condition: Condition) -> ColumnElement[bool]:
    column = EventFieldRow.path_id
    here: ColumnElement[bool]
    if condition.any_type:
        here = column.in_(_of_any_type(condition))
    elif condition.prefix:
        names = listed(full for full, _ in _meanings(condition))
        here = column.in_(select(EventPathRow.id).where(EventPathRow.name.in_(names)))
    else:
        here = column == path_of(condition.field)
    if condition.comparison == "EXISTS":
        return here
    if condition.comparison == "EQ":
        return and_(here, _among(EventFieldRow.text, condition.values))
    value = condition.values[0]
    compared = EventFieldRow.moment if isinstance(value, datetime) else EventFieldRow.number
    return and_(here, _SIGNS[condition.comparison](compared, value))


def _of_any_type(condition: Condition) -> Select[int]:
    start = f"{condition.field} "
    inside = and_(EventPathRow.name >= start, EventPathRow.name < start + _END)
    return select(EventPathRow.id).where(inside)


def _among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    if len(values) == 1:
        return and_(column == values[0])
    return or_(*(column.in_(values[at : at + IN_CHUNK]) for at in range(0, max(len(values), 1), IN_CHUNK)))


def _naming(
    roles: Sequence[Role], values: Sequence[Value], *, classes: bool, looked_up: bool
) -> ColumnElement[bool]:
    """Events that name a value in one of the roles: from the object's index to the evidence's key.

    ``looked_up``: from the evidence's key to its objects instead.
    """
    keys: list[str] = []
    ranges: list[Range] = []
    for value in values:
        meant = named(str(value), classes=classes)
        keys.extend(meant.keys)
        ranges.extend(meant.ranges)
    either: list[ColumnElement[bool]] = [
        ObjectRow.key.in_(keys[at : at + IN_CHUNK]) for at in range(0, len(keys), IN_CHUNK)
    ]
    either.extend(_within(part) for part in ranges)
    among = [int(role) for role in roles]
    if looked_up:
        named_there = exists().where(
            IncidenceRow.sequence == EvidenceRow.sequence,
            IncidenceRow.role.in_(among),
            IncidenceRow.is_class == classes,
            ObjectRow.id == IncidenceRow.object_id,
            or_(false(), *either),
        )
        return named_there.correlate(EvidenceRow)
    mentions = select(IncidenceRow.sequence).where(
        IncidenceRow.role.in_(among), IncidenceRow.is_class == classes
    )
    if len(either) == 1:
        mentions = mentions.join(ObjectRow, ObjectRow.id == IncidenceRow.object_id).where(*either)
    else:  # each by the index of keys: of several joined by OR SQLite would rather look at all objects
        mentions = mentions.where(
            IncidenceRow.object_id.in_(union_all(*(select(ObjectRow.id).where(one) for one in either)))
        )
    return EvidenceRow.sequence.in_(mentions)


def _within(part: Range) -> ColumnElement[bool]:
    inside = and_(ObjectRow.key > part.prefix, ObjectRow.key < part.prefix + _END)
    return and_(inside, ObjectRow.key.contains(part.holding, autoescape=True)) if part.holding else inside


class _Bare(FunctionElement[Any]):
    """A column whose indexes SQLite leaves alone: without statistics it takes any equality for the rarest."""

    name = "bare"
    inherit_cache = True


def bare(column: Any) -> ColumnElement[Any]:
    """The same values, not to be searched by."""
    made = _Bare(column)
    made.type = column.type
    return made


@compiles(_Bare, "sqlite")
def _bare_on_sqlite(element: _Bare, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


@compiles(_Bare, "postgresql")
def _bare_on_postgresql(element: _Bare, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)

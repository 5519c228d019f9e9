"""What a query means here and now: what it leaves to master data, and to the prefixes of stored documents.

WD (with descendants), HASATTR and EQATTR become lists of the keys that master data give; so they are found by
the same indexes. Source: EPCIS 2.0 §6.5, §8.2.7.1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import ColumnElement, LargeBinary, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION
from suyuan.trace.epcis.context import STANDARD_PREFIXES, prefixes
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.query import Condition, Spaces, attribute_name, wrong
from suyuan.trace.epcis.query_fields import joined, spelled
from suyuan.trace.gs1 import IdentifierError, canonical_key, site
from suyuan.trace.store.conditions import is_of_field, sequences
from suyuan.trace.store.engine import QueryTooComplex, Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.parameters import EventQuery
from suyuan.trace.store.patterns import named
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Reach, Viewer, reach_of, visible_entries, visible_statements
from suyuan.trace.store.tables import ContextRow, VocabularyRow
from suyuan.trace.store.vocabulary import SHOWN

MOST_KEYS = 10_000
"""Keys of master data that one condition may come to."""
MOST_DESCRIBED = 50_000
"""Keys whose master data are looked at for an attribute of one name."""
MOST_LEVELS = 100
"""Levels of master data, one below the other, that are gone down."""
MOST_IN_ALL = 20_000
"""Values of a whole query; SQLite takes 32,766 in a statement, and sight needs some."""
MOST_CONTEXTS = 50_000
"""Contexts with one prefix that a query takes its meaning from."""
MOST_RANGES = 400
"""Patterns of one parameter, as ranges of keys: SQLite takes 500 selects in a union."""
_IN_FULL = "Declare it by GS1-Extensions or @context, or write the name in full: namespace#name."
MANY = 5_000
"""Events that meet a condition from which on they are walked in their order rather than gathered."""


def settle(reading: Reading, query: EventQuery, viewer: Viewer) -> EventQuery:
    """The query without WD, HASATTR and EQATTR, small enough for a statement.

    Raises:
        QueryParameterWrong: no document has ever declared a prefix that the query uses; told to whoever sees
            everything.
        QueryTooComplex: master data name too many things, or there are too many values.
    """
    query = _with_spaces(reading, query, viewer)
    conditions = tuple(_settled(reading, one, viewer) for one in query.conditions)
    _check_values(conditions)
    return query if conditions == query.conditions else replace(query, conditions=conditions)


def often_met(reading: Reading, query: EventQuery) -> Collection[Condition]:
    """The conditions upon fields that many events meet by one value.

    Of these it is cheaper to look at events in their order, and at each whether it meets them, than to gather
    and sort all that do. Reads five thousand entries of an index for each at most.
    """
    asked = [one for one in query.conditions if one.comparison == "EQ" and is_of_field(one)]
    return [one for one in asked if _is_often_met(reading, one)]


def _is_often_met(reading: Reading, condition: Condition) -> bool:
    some = sequences(condition).offset(MANY).limit(1)
    return reading.connection.execute(some).first() is not None


def _with_spaces(reading: Reading, query: EventQuery, viewer: Viewer) -> EventQuery:
    """The query with what its undeclared prefixes mean.

    Whoever does not see everything is not told that no document uses a prefix: that one does would be told
    as well, and it may be another's.
    """
    asked = {one.prefix: one.name for one in query.conditions if one.prefix}
    if query.order_prefix:
        asked.setdefault(query.order_prefix, "orderBy")
    if not asked:
        return query
    meant = {prefix: _spaces(reading, prefix, name) for prefix, name in asked.items()}
    for prefix, name in asked.items():
        if not meant[prefix] and reach_of(viewer) is Reach.ALL:
            raise wrong(
                name,
                prefix,
                "{name}: no event here has a field with the prefix {value}",
                _IN_FULL,
            )
    conditions = tuple(
        replace(one, spaces=meant[one.prefix]) if one.prefix else one for one in query.conditions
    )
    return replace(query, conditions=conditions, order_spaces=meant.get(query.order_prefix, ()))


def _spaces(reading: Reading, prefix: str, name: str) -> Spaces:
    """What contexts say of a prefix; there are far fewer of them than events. ``name`` is the parameter."""
    mentioning = _Holds(ContextRow.entries, literal(orjson.dumps(prefix), LargeBinary))
    rows = select(ContextRow.id, ContextRow.entries).where(mentioning.is_true()).order_by(ContextRow.id)
    found: dict[str, list[int]] = {}
    for place, (number, entries) in enumerate(reading.connection.execute(rows.limit(MOST_CONTEXTS + 1))):
        if place == MOST_CONTEXTS:
            raise QueryTooComplex(
                "{name} comes to more than {most} things",
                where=name,
                name=name,
                most=MOST_CONTEXTS,
                remedy=_IN_FULL,
            )
        if (namespace := prefixes(entries).get(prefix)) is not None:
            found.setdefault(joined(namespace), []).append(number)
    return tuple((namespace, tuple(numbers)) for namespace, numbers in found.items())


def _check_values(conditions: Iterable[Condition]) -> None:
    """All values go into one statement, and how many that may hold is up to the database."""
    in_all = 0
    for one in conditions:
        keys = len(one.values)
        if one.comparison == "MATCH":
            meant = [named(str(value), classes=one.field.endswith("Class")) for value in one.values]
            keys, ranges = sum(len(each.keys) for each in meant), sum(len(each.ranges) for each in meant)
            if ranges > MOST_RANGES:
                raise QueryTooComplex(
                    "{name} has patterns for more than {most} ranges of identifiers",
                    where=one.name,
                    name=one.name,
                    most=MOST_RANGES,
                    remedy="Ask with fewer patterns; one for a whole company counts ten times.",
                )
            keys += 3 * ranges
        in_all += keys
    if in_all > MOST_IN_ALL:
        raise QueryTooComplex(
            "The query has more than {most} values in all",
            where="query",
            most=MOST_IN_ALL,
            remedy="Ask for less at once.",
        )


def _settled(reading: Reading, condition: Condition, viewer: Viewer) -> Condition:
    match condition.comparison:
        case "WD":
            keys = descendants(reading, map(str, condition.values), condition.name, viewer)
            return replace(condition, comparison="EQ", values=tuple(sorted(keys)))
        case "HASATTR" | "EQATTR":
            return _compared(condition, _described(reading, condition, viewer))
        case _:
            return condition


def descendants(reading: Reading, keys: Iterable[str], name: str, viewer: Viewer) -> set[str]:
    """Some places and all that master data, or the register's read points, put below them.

    What says so must be in the viewer's sight; that a point belongs to its place, its key tells everybody.

    Raises:
        QueryTooComplex: there are too many of them, or they go down too far; ``name`` is the parameter.
    """
    found = set(keys)
    new = set(found)
    for _ in range(MOST_LEVELS):
        below: set[str] = set()
        for _, told in _told_in_sight(reading, sorted(new), viewer):
            below.update(map(_key, _children(told)))
            _check_many(below, name)
        for chunk in chunks(sorted(new)):
            below.update(_points(reading, chunk, viewer))
        new = below - found - {""}
        found |= new
        _check_many(found, name)
        if not new:
            return found
    raise QueryTooComplex(
        "{name} goes down more than {most} levels of master data",
        where=name,
        name=name,
        most=MOST_LEVELS,
        remedy="Ask for less of them, or for each by its own key.",
    )


def _points(reading: Reading, places: Sequence[str], viewer: Viewer) -> Iterator[str]:
    points = select(EntryRow.key, EntryRow.place).where(
        EntryRow.place.in_(places), EntryRow.state == "approved"
    )
    apart: list[str] = []
    for point, place in reading.connection.execute(points):
        if site(point) == place:
            yield point
        else:
            apart.append(point)
    for chunk in chunks(apart):
        seen = select(EntryRow.key).where(EntryRow.key.in_(chunk), visible_entries(viewer))
        yield from reading.connection.execute(seen).scalars()


def _told_in_sight(
    reading: Reading, keys: Iterable[str], viewer: Viewer
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The latest statement of each vocabulary about each of ``keys`` that is shown and in sight."""
    later_first = (VocabularyRow.record_time.desc(), VocabularyRow.id.desc())
    place = func.row_number().over(partition_by=(VocabularyRow.key, VocabularyRow.type), order_by=later_first)
    for chunk in chunks(keys):
        seen = (
            select(VocabularyRow.id, place.label("place"))
            .outerjoin(EntryRow, EntryRow.key == VocabularyRow.key)
            .where(VocabularyRow.key.in_(chunk), SHOWN, visible_statements(viewer))
            .subquery()
        )
        latest = (
            select(VocabularyRow.key, VocabularyRow.attributes)
            .join(seen, seen.c.id == VocabularyRow.id)
            .where(seen.c.place == 1)
        )
        yield from reading.connection.execute(latest)


def _children(told: Mapping[str, Any]) -> Iterator[str]:
    children = told.get("children", ())
    for child in children if is_list(children) else [children]:
        if isinstance(child, str):
            yield from child.split("\n")


def _described(reading: Reading, condition: Condition, viewer: Viewer) -> set[str]:
    """Keys whose master data, as the viewer sees them, have the attribute, and one of its values."""
    wanted = {condition.part} if condition.part else set(map(str, condition.values))
    locals_ = {name.rpartition("#")[2].rpartition(":")[2].rpartition("/")[2] for name in wanted}
    found: set[str] = set()
    for local in sorted(locals_):
        mentioning = _Holds(VocabularyRow.attributes, literal(local.encode(), LargeBinary))
        keys = select(VocabularyRow.key).where(mentioning.is_true(), visible_statements(viewer)).distinct()
        named = reading.connection.execute(keys.limit(MOST_DESCRIBED + 1)).scalars().all()
        _check_many(named, condition.name, MOST_DESCRIBED)
        for key, told in _told_in_sight(reading, named, viewer):
            if _tells(told, wanted, condition):
                found.add(key)
    _check_many(found, condition.name)
    return found


def _tells(told: Mapping[str, Any], wanted: Collection[str], condition: Condition) -> bool:
    for name, value in told.items():
        if value is None or attribute_name(name, STANDARD_PREFIXES) not in wanted:
            continue
        values = value if is_list(value) else [value]
        if condition.comparison == "HASATTR" or any(_text_of(one) in condition.values for one in values):
            return True
    return False


def _text_of(value: Any) -> str:
    return "" if value is None or is_list(value) or is_object(value) else spelled(value)[0]


def _compared(condition: Condition, keys: set[str]) -> Condition:
    """The condition that a field has one of the keys."""
    field = condition.field
    equal = replace(condition, comparison="EQ", part="", values=tuple(sorted(keys)))
    if field in ("epc", "epcClass"):
        things = tuple(sorted(key for key in keys if _key(key) and not key.startswith("urn:epcglobal:")))
        if not things:
            return replace(equal, field="type", values=())
        return replace(
            equal, comparison="MATCH", field="anyEPC" if field == "epc" else "anyEPCClass", values=things
        )
    if field in ("bizStep", "disposition"):
        words = (BIZ_STEP if field == "bizStep" else DISPOSITION).xml_spellings
        return replace(equal, values=tuple(sorted({words.get(key, key) for key in keys})))
    return replace(equal, any_type=True) if field in ("bizTransaction", "source", "destination") else equal


def _key(uri: str) -> str:
    try:
        return canonical_key(uri)
    except IdentifierError:
        return ""


def _check_many(keys: Collection[str], name: str, most: int | None = None) -> None:
    most = MOST_KEYS if most is None else most
    if len(keys) > most:
        raise QueryTooComplex(
            "{name} comes to more than {most} things",
            where=name,
            name=name,
            most=most,
            remedy="Ask for less of them, or for each by its own key.",
        )


class _Holds(FunctionElement[bool]):
    """Whether bytes hold others."""

    name = "holds"
    inherit_cache = True

    def is_true(self) -> ColumnElement[bool]:
        """As a clause."""
        return self > 0


@compiles(_Holds, "sqlite")
def _on_sqlite(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    whole, part = (compiler.process(one, **options) for one in element.clauses)
    return f"instr({whole}, {part})"


@compiles(_Holds, "postgresql")
def _on_postgresql(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    whole, part = (compiler.process(one, **options) for one in element.clauses)
    return f"position({part} in {whole})"

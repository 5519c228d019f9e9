"""What a query means here and now: what it leaves to master data, and to the prefixes of stored documents.

WD (with descendants), HASATTR and EQATTR become lists of the keys that master data give; so they are found by
the same indexes. Source: EPCIS 2.0 §6.5, §8.2.7.1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, exists, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION
from suyuan.trace.epcis.context import STANDARD_PREFIXES
from suyuan.trace.epcis.query import Condition, attribute_name, wrong
from suyuan.trace.epcis.query_fields import spelled
from suyuan.trace.errors import TooLarge
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.store.conditions import is_of_field, sequences
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.field_tables import EventPrefixRow
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.parameters import EventQuery
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Viewer, visible_statements
from suyuan.trace.store.tables import VocabularyRow
from suyuan.trace.store.vocabulary import attributes

MOST_KEYS = 10_000
"""Keys of master data that one condition may come to."""
MANY = 5_000
"""Events that meet a condition from which on they are walked in their order rather than gathered."""
_NULL = "null"


class QueryTooComplex(TooLarge):
    """A query that would compare with more than is sensible (QueryTooComplexException)."""

    code = "query-too-complex"
    title = "The query is too complex"


def settle(reading: Reading, query: EventQuery, viewer: Viewer) -> EventQuery:
    """The query without WD, HASATTR and EQATTR.

    Raises:
        QueryParameterWrong: no document has ever declared a prefix that the query uses.
        QueryTooComplex: master data name too many things.
    """
    _check_prefixes(reading, query)
    conditions = tuple(_settled(reading, one, viewer) for one in query.conditions)
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


def _check_prefixes(reading: Reading, query: EventQuery) -> None:
    asked = [(one.name, one.prefix) for one in query.conditions]
    for name, prefix in (*asked, ("orderBy", query.order_prefix)):
        known = exists().where(EventPrefixRow.prefix == prefix)
        if prefix and not reading.connection.execute(select(known)).scalar():
            raise wrong(
                name,
                prefix,
                "{name}: no event here has a field with the prefix {value}",
                "Declare it by GS1-Extensions or @context, or write the name in full: namespace#name.",
            )


def _settled(reading: Reading, condition: Condition, viewer: Viewer) -> Condition:
    match condition.comparison:
        case "WD":
            keys = _descendants(reading, map(str, condition.values), condition.name)
            return replace(condition, comparison="EQ", values=tuple(sorted(keys)))
        case "HASATTR" | "EQATTR":
            return _compared(condition, _described(reading, condition, viewer))
        case _:
            return condition


def _descendants(reading: Reading, keys: Iterable[str], name: str) -> set[str]:
    """Some places and all that master data, or the register's read points, put below them."""
    found = set(keys)
    new = set(found)
    while new:
        told = attributes(reading, sorted(new))
        below = {_key(child) for each in told.values() for child in each.get("children", "").split("\n")}
        for chunk in chunks(sorted(new)):
            points = select(EntryRow.key).where(EntryRow.place.in_(chunk), EntryRow.state == "approved")
            below.update(reading.connection.execute(points).scalars())
        new = below - found - {""}
        found |= new
        _check_many(found, name)
    return found


def _described(reading: Reading, condition: Condition, viewer: Viewer) -> set[str]:
    """Keys whose master data, as the viewer sees them, have the attribute, and one of its values."""
    wanted = {condition.part} if condition.part else set(map(str, condition.values))
    locals_ = {name.rpartition("#")[2].rpartition(":")[2].rpartition("/")[2] for name in wanted}
    found: set[str] = set()
    for local in sorted(locals_):
        mentioning = _Holds(VocabularyRow.attributes, literal(local.encode(), LargeBinary))
        keys = select(VocabularyRow.key).where(mentioning.is_true(), visible_statements(viewer)).distinct()
        told = attributes(reading, reading.connection.execute(keys).scalars().all())
        found.update(key for key, each in told.items() if _tells(each, wanted, condition))
    _check_many(found, condition.name)
    return found


def _tells(told: Mapping[str, str], wanted: Collection[str], condition: Condition) -> bool:
    for name, value in told.items():
        if attribute_name(name, STANDARD_PREFIXES) in wanted and value != _NULL:
            lines = value.split("\n")
            if condition.comparison == "HASATTR" or any(spelled(one)[0] in condition.values for one in lines):
                return True
    return False


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
    return (
        replace(equal, field=f"{field} *") if field in ("bizTransaction", "source", "destination") else equal
    )


def _key(uri: str) -> str:
    try:
        return canonical_key(uri)
    except IdentifierError:
        return ""


def _check_many(keys: Collection[str], name: str) -> None:
    if len(keys) > MOST_KEYS:
        raise QueryTooComplex(
            "{name} comes to more than {most} things",
            where=name,
            name=name,
            most=MOST_KEYS,
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

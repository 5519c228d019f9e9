"""SimpleMasterDataQuery: the master data in sight that match, as the latest statement tells them.

Source: EPCIS 1.2 §8.2.7.2. An element must meet every parameter. What is seen is decided twice: a statement
must be one that is shown (:mod:`suyuan.trace.store.vocabulary`) and one in the viewer's sight, also where it
only tells what lies below something else.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, func, select

from suyuan.trace.epcis.context import STANDARD_PREFIXES
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.query import MOST_VALUES, attribute_name, wrong
from suyuan.trace.epcis.query_fields import spelled
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.parameters import QueryTooLarge
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.settled import descendants
from suyuan.trace.store.sight import Viewer, visible_statements
from suyuan.trace.store.tables import VocabularyRow
from suyuan.trace.store.vocabulary import SHOWN

MOST_ELEMENTS = 10_000
"""Elements in one answer."""
MOST_BYTES = 16 << 20
"""Bytes of their attributes together, as they are stored."""
_AT_ONCE = 500
_CHILDREN = "children"


@dataclass(frozen=True, slots=True)
class MasterDataQuery:
    """A checked query. None asks for nothing; attributes are named in full, elements by their keys.

    ``valued`` are the EQATTR parameters: an attribute and its values in stored form.
    """

    include_attributes: bool
    include_children: bool
    types: frozenset[str] | None = None
    attribute_names: frozenset[str] | None = None
    names: frozenset[str] | None = None
    below: frozenset[str] | None = None
    having: frozenset[str] | None = None
    valued: tuple[tuple[str, frozenset[str]], ...] = ()
    most: int | None = None


def parse_master_data_query(
    params: Sequence[tuple[str, Any]], *, prefixes: Mapping[str, str] | None = None
) -> MasterDataQuery:
    """The query that parameters ask for: pairs of a name and a text, a number, a truth value, or texts.

    Raises:
        QueryParameterWrong: naming a parameter that is unknown, missing, given twice, or has a wrong value.
    """
    known = {**STANDARD_PREFIXES, **(prefixes or {})}
    told: dict[str, Any] = {}
    valued: dict[str, frozenset[str]] = {}
    for name, value in params:
        if name in told or name in valued:
            raise wrong(name, value, "The parameter {name} is given twice", "Give all values in one list.")
        if name in _READ:
            told[name] = _READ[name](name, value)
        elif name.startswith(_EQATTR) and len(name) > len(_EQATTR) and storable(name):
            valued[name] = frozenset(spelled(one)[0] for one in _texts(name, value))
        else:
            raise wrong(
                name,
                value,
                "SimpleMasterDataQuery has no parameter {name}",
                f"It has {', '.join(_READ)} and {_EQATTR}attribute.",
            )
    for name in ("includeAttributes", "includeChildren"):
        if name not in told:
            raise wrong(name, None, "The parameter {name} is missing", "Give it as true or false.")
    return MasterDataQuery(
        include_attributes=told["includeAttributes"],
        include_children=told["includeChildren"],
        types=told.get("vocabularyName"),
        attribute_names=_in_full(told.get("attributeNames"), known),
        names=_keys(told.get("EQ_name")),
        below=_keys(told.get("WD_name")),
        having=_in_full(told.get("HASATTR"), known),
        valued=tuple(
            (attribute_name(name.removeprefix(_EQATTR), known), values) for name, values in valued.items()
        ),
        most=told.get("maxElementCount"),
    )


def master_data(reading: Reading, query: MasterDataQuery, viewer: Viewer) -> Sequence[VocabularyElement]:
    """The elements that match and are in sight, by vocabulary and key.

    One pass over the statements in sight, of the named keys alone where keys are named.

    Raises:
        QueryTooLarge: more than ``maxElementCount`` match, or more than one answer holds.
        QueryTooComplex: too much lies below the names of WD_name.
    """
    most = min(query.most or MOST_ELEMENTS, MOST_ELEMENTS)
    found: list[VocabularyElement] = []
    size = 0
    with closing(_latest(reading, query, viewer, _wanted(reading, query, viewer))) as rows:
        for kind, key, told, length in rows:
            if not _meets(told, query):
                continue
            size += length
            if len(found) >= most:
                raise _too_large("More than {most} vocabulary elements match", most)
            if size > MOST_BYTES:
                raise _too_large("The vocabulary elements that match have more than {most} bytes", MOST_BYTES)
            found.append(_element(kind, key, told, query))
    return sorted(found, key=lambda one: (one.type, one.id))


def _too_large(template: str, most: int) -> QueryTooLarge:
    remedy = "Ask for fewer of them by vocabularyName, EQ_name or WD_name."
    return QueryTooLarge(template, where="maxElementCount", most=most, remedy=remedy)


def _meets(told: Mapping[str, Any], query: MasterDataQuery) -> bool:
    if query.having is None and not query.valued:
        return True
    given = {
        attribute_name(name, STANDARD_PREFIXES): value
        for name, value in told.items()
        if name != _CHILDREN and value is not None
    }
    if query.having is not None and not given.keys() & query.having:
        return False
    return all(any(text in values for text in _spellings(given.get(name))) for name, values in query.valued)


def _spellings(value: Any) -> Iterator[str]:
    for one in value if is_list(value) else (value,):
        if one is not None and not is_object(one) and not is_list(one):
            yield spelled(one)[0]


def _element(kind: str, key: str, told: Mapping[str, Any], query: MasterDataQuery) -> VocabularyElement:
    attributes: dict[str, Any] = {}
    if query.include_attributes:
        wanted = query.attribute_names
        attributes = {
            name: value
            for name, value in told.items()
            if name != _CHILDREN and (wanted is None or attribute_name(name, STANDARD_PREFIXES) in wanted)
        }
    children = tuple(told.get(_CHILDREN, ())) if query.include_children else ()
    return VocabularyElement(kind, key, attributes, children)


def _latest(
    reading: Reading, query: MasterDataQuery, viewer: Viewer, keys: Collection[str] | None
) -> Generator[tuple[str, str, Mapping[str, Any], int]]:
    """The latest statement in sight of each element: (vocabulary, key, attributes, their bytes)."""
    narrowed = [] if query.types is None else [VocabularyRow.type.in_(sorted(query.types))]
    for part in [None] if keys is None else chunks(sorted(keys)):
        named = [] if part is None else [VocabularyRow.key.in_(part)]
        # A cursor of the server, which is given back also where the rest is not wanted any more.
        with reading.connection.execute(
            _statement(viewer, *narrowed, *named), execution_options={"yield_per": _AT_ONCE}
        ) as rows:
            yield from rows


def _statement(viewer: Viewer, *narrowed: ColumnElement[bool]) -> Select[str, str, Any, int]:
    later_first = (VocabularyRow.record_time.desc(), VocabularyRow.id.desc())
    place = func.row_number().over(partition_by=(VocabularyRow.type, VocabularyRow.key), order_by=later_first)
    seen = (
        select(VocabularyRow.id, place.label("place"))
        .outerjoin(EntryRow, EntryRow.key == VocabularyRow.key)
        .where(SHOWN, visible_statements(viewer), *narrowed)
        .subquery()
    )
    length = func.length(VocabularyRow.attributes, type_=Integer)
    return (
        select(VocabularyRow.type, VocabularyRow.key, VocabularyRow.attributes, length)
        .join(seen, seen.c.id == VocabularyRow.id)
        .where(seen.c.place == 1)
    )


def _wanted(reading: Reading, query: MasterDataQuery, viewer: Viewer) -> Collection[str] | None:
    """The keys that the query names; None for all."""
    if query.below is None:
        return query.names
    found = descendants(reading, query.below, "WD_name", viewer)
    return found if query.names is None else found & query.names


# Reading values. A list of one may be given as that one.

_EQATTR = "EQATTR_"


def _texts(name: str, value: Any) -> Sequence[str]:
    listed = value if is_list(value) else [value]
    if len(listed) > MOST_VALUES:
        raise wrong(name, value, "{name} has more than {most} values", most=MOST_VALUES)
    texts = [_text(one) for one in listed]
    if not texts or not all(text and storable(text) for text in texts):
        raise wrong(name, value, "{name} has an empty or impossible value", "Give a list of texts.")
    return texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _set(name: str, value: Any) -> frozenset[str]:
    return frozenset(_texts(name, value))


def _truth(name: str, value: Any) -> bool:
    told = {"true": True, "1": True, "false": False, "0": False}.get(_text(value).strip())
    if told is None:
        raise wrong(name, value, "{name} is true or false, not {value}")
    return told


def _count(name: str, value: Any) -> int:
    text = _text(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):  # noqa: PLR2004 (digits)
        raise wrong(name, value, "{name} is a whole number from 1, not {value}")
    return int(text)


_READ = {
    "vocabularyName": _set,
    "includeAttributes": _truth,
    "includeChildren": _truth,
    "attributeNames": _set,
    "EQ_name": _set,
    "WD_name": _set,
    "HASATTR": _set,
    "maxElementCount": _count,
}


def _in_full(names: Iterable[str] | None, known: Mapping[str, str]) -> frozenset[str] | None:
    return None if names is None else frozenset(attribute_name(name, known) for name in names)


def _keys(names: Iterable[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(map(_key, names))


def _key(uri: str) -> str:
    """As statements are kept: by the canonical key, or the URI where it is no identifier of GS1."""
    try:
        return canonical_key(uri)
    except IdentifierError:
        return uri

"""Master data, of which the latest statement counts; and finding things by what people read of them.

Of a key in the register its owner's statements alone are shown, and none before it is approved or after it is
withdrawn (decision 0005); what others say of it is kept. Keys that nobody registered are shown as told; so is
what others say of a key that is only claimed: who claims what is not theirs hides nobody's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select

from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.gs1 import IdentifierError, canonical_key, identify
from suyuan.trace.gs1.own import read_as
from suyuan.trace.gs1.short_links import in_full
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import TAIL, chunks, tail_of
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.settings import set_setting, setting
from suyuan.trace.store.sight import Viewer, visible_entries, visible_objects, visible_statements
from suyuan.trace.store.tables import ObjectRow, VocabularyRow

SHORTEST_FRAGMENT = 3  # fewer characters of a serial or lot would name half the store
LONGEST_SEARCH = 200
_GROUPS = re.compile("[0-9A-Za-z]{4}(?:[ -][0-9A-Za-z]{1,4})+")  # a serial as it is printed on labels
_END = "\U0010ffff"  # sorts behind every character: [text, text + _END) holds what begins with text


@dataclass(frozen=True, slots=True)
class Statement:
    """What one document says of one element: ``attributes`` by their URIs as sent, ``children`` as sent."""

    type: str
    key: str
    attributes: Mapping[str, Any]
    search: str


@dataclass(frozen=True, slots=True)
class Found:
    """Something that matched a search: master data first, then things that events named."""

    key: str
    kind: str


def statements_of(elements: Iterable[VocabularyElement]) -> tuple[Statement, ...]:
    """The statements of a document; an element named twice counts as last told."""
    told: dict[tuple[str, str], Statement] = {}
    for element in elements:
        key = _key(element.id)
        attributes = dict(element.attributes)
        if element.children:
            attributes["children"] = list(element.children)
        told[element.type, key] = Statement(element.type, key, attributes, _search_text(key, attributes))
    return tuple(told.values())


def store_statements(
    writing: Writing,
    statements: Sequence[Statement],
    *,
    party: str,
    record_time: datetime,
    document_id: int,
) -> int:
    """Store what the party has not said in the same words before; returns how many that are."""
    if not statements:
        return 0
    connection = writing.connection
    before = _latest_of_party(writing, [statement.key for statement in statements], party)
    new = [s for s in statements if before.get((s.type, s.key)) != s.attributes]
    first = (connection.execute(select(func.max(VocabularyRow.id))).scalar() or 0) + 1
    rows = [
        {
            "id": number,
            "type": statement.type,
            "key": statement.key,
            "party": party,
            "record_time": record_time,
            "document_id": document_id,
            "attributes": statement.attributes,
            "search": statement.search,
        }
        for number, statement in enumerate(new, first)
    ]
    if rows:
        connection.execute(insert(VocabularyRow), rows)
    return len(rows)


def attributes(reading: Reading, keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Canonical key -> attribute URI -> text, for those of ``keys`` that master data describe.

    Per key and vocabulary type the latest statement that is shown counts, as a whole; several types are
    joined. Values that are not text are given in their JSON form.
    """
    latest: dict[str, dict[str, dict[str, str]]] = {}
    for chunk in chunks(dict.fromkeys(keys)):
        rows = reading.connection.execute(_SHOWN_STATEMENTS.where(VocabularyRow.key.in_(chunk)))
        _take_latest(latest, rows)
    return _joined(latest)


def all_attributes(reading: Reading) -> dict[str, dict[str, str]]:
    """The same of everything that master data describe: thousands of things, where events are millions."""
    latest: dict[str, dict[str, dict[str, str]]] = {}
    _take_latest(latest, reading.connection.execute(_SHOWN_STATEMENTS))
    return _joined(latest)


def _take_latest(latest: dict[str, dict[str, dict[str, str]]], rows: Iterable[Row[str, str, Any]]) -> None:
    for key, kind, told in rows:
        latest.setdefault(key, {})[kind] = {name: _text(value) for name, value in told.items()}


def _joined(latest: Mapping[str, Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    return {key: {n: v for told in kinds.values() for n, v in told.items()} for key, kinds in latest.items()}


def latest_change(reading: Reading) -> tuple[int, int]:
    """Numbers that rise whenever master data are told, or an entry of them is decided upon; two look-ups.

    For whoever remembers what follows from master data: it may be another process that changes them.
    """
    told = reading.connection.execute(_LATEST_TOLD).scalar() or 0
    return told, int(setting(reading, _DECIDED) or b"0")


def note_decision(writing: Writing) -> None:
    """Let :func:`latest_change` rise: an entry or a document is there, changed, or counts no longer."""
    set_setting(writing, _DECIDED, str(latest_change(writing)[1] + 1).encode())


_DECIDED = "register-decisions"
_LATEST_TOLD = select(func.max(VocabularyRow.id))


def find(reading: Reading, text: str, limit: int = 30, *, viewer: Viewer) -> Sequence[Found]:
    """What ``text`` may mean, at most ``limit`` of what the viewer sees of it.

    Tried are an identifier in any spelling, part of a name in the master data, and the beginning or end of a
    serial, lot or SSCC: ranges of indexes, and one pass over master data (thousands of rows, not millions).
    """
    wanted = text.strip()[:LONGEST_SEARCH]
    found: dict[str, Found] = {}
    if not wanted or not storable(wanted) or limit < 1:
        return []
    for part in _ways(reading, wanted, limit, viewer):
        for key, kind in part:
            found.setdefault(key, Found(key, kind))
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def _ways(reading: Reading, wanted: str, limit: int, viewer: Viewer) -> Iterator[Iterable[tuple[str, str]]]:
    connection = reading.connection
    objects = select(ObjectRow.key, ObjectRow.kind).where(visible_objects(viewer))
    in_sight = visible_statements(viewer)
    for spelling in (wanted, *_as_digital_links(wanted)):
        try:
            key = canonical_key(spelling)
        except IdentifierError:
            continue
        yield ((key, kind) for key, kind in connection.execute(objects.where(ObjectRow.key == key)))
        described = _STATED.where(VocabularyRow.key == key, in_sight).limit(1)
        yield ((found, _kind(found)) for (found,) in connection.execute(described))
        second = (
            select(AliasRow.key).join(EntryRow, EntryRow.key == AliasRow.key).where(AliasRow.alias == key)
        )
        named_so = connection.execute(second.where(visible_entries(viewer)))
        yield ((found, _kind(found)) for (found,) in named_so)
    folded = wanted.casefold()
    named = (
        # The text first: SQLite makes the sets of what is in sight at the first row that has it, or never.
        _STATED.where(VocabularyRow.search.contains(folded, autoescape=True), in_sight)
        .group_by(VocabularyRow.key)
        .order_by(VocabularyRow.key)
        .limit(limit)
    )
    yield ((found, _kind(found)) for (found,) in connection.execute(named))
    if _GROUPS.fullmatch(wanted):
        folded = read_as(wanted).casefold()
    if len(folded) >= SHORTEST_FRAGMENT:
        for column, part in ((ObjectRow.code, folded), (ObjectRow.tail, tail_of(folded))):
            if column is ObjectRow.tail and len(folded) > TAIL:
                continue
            some = select(ObjectRow.id).where(_begins(column, part)).order_by(column, ObjectRow.id)
            near = objects.where(ObjectRow.id.in_(some.limit(_MOST_LOOKED_AT).correlate(None)))
            found_objects = near.order_by(column, ObjectRow.id).limit(limit)
            yield ((key, kind) for key, kind in connection.execute(found_objects))


_MOST_LOOKED_AT = 5_000
"""Things with the same beginning of a code of which it is found out whether they are in sight."""

SHOWN = or_(
    EntryRow.key.is_(None),
    and_(EntryRow.state == "approved", EntryRow.owner == VocabularyRow.party),
    and_(EntryRow.state.in_(("pending", "refused")), EntryRow.owner != VocabularyRow.party),
)
"""Statements that are shown (decision 0005); for selects from ``vocabulary`` outer-joined with ``entry``."""
_SHOWN_STATEMENTS = (
    select(VocabularyRow.key, VocabularyRow.type, VocabularyRow.attributes)
    .outerjoin(EntryRow, EntryRow.key == VocabularyRow.key)
    .where(SHOWN)
    .order_by(VocabularyRow.record_time, VocabularyRow.id)
)
_STATED = select(VocabularyRow.key).outerjoin(EntryRow, EntryRow.key == VocabularyRow.key).where(SHOWN)


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _END)


def _as_digital_links(text: str) -> Iterator[str]:
    """A bare number as the keys that it may be; a short link in full."""
    if (link := in_full(text)) is not None:
        yield link
    if not text.isascii() or not text.isdigit():
        return
    if len(text) == 18:  # noqa: PLR2004 (SSCC)
        yield f"https://id.gs1.org/00/{text}"
    if len(text) in (8, 12, 13, 14):
        yield f"https://id.gs1.org/01/{text.zfill(14)}"
    if len(text) == 13:  # noqa: PLR2004 (GLN)
        yield f"https://id.gs1.org/414/{text}"


def _latest_of_party(reading: Reading, keys: Sequence[str], party: str) -> dict[tuple[str, str], Any]:
    latest: dict[tuple[str, str], Any] = {}
    for chunk in chunks(keys):
        rows = reading.connection.execute(
            select(VocabularyRow.type, VocabularyRow.key, VocabularyRow.attributes)
            .where(VocabularyRow.key.in_(chunk), VocabularyRow.party == party)
            .order_by(VocabularyRow.id)
        )
        latest.update(((kind, key), told) for kind, key, told in rows)
    return latest


def _key(uri: str) -> str:
    """Master data may describe what is no identifier of ours; then its URI is its key."""
    try:
        return canonical_key(uri)
    except IdentifierError:
        return uri


def _kind(key: str) -> str:
    try:
        return identify(key).kind
    except IdentifierError:
        return "other"


def _search_text(key: str, told: Mapping[str, Any]) -> str:
    values = [value for name, value in told.items() if isinstance(value, str) and name != "children"]
    return "\n".join([key, *values]).replace("\0", "").casefold()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):  # pyright: ignore[reportUnknownVariableType] (parsed JSON)
        return "\n".join(value)  # pyright: ignore[reportUnknownArgumentType] (see above)
    return orjson.dumps(value).decode()

"""What an entry says, as master data: an EPCIS document in its owner's name (decision 0005).

Attributes stand under the CBV's own ids where the CBV has one and under ours where it has none; some follow
from others, so that pages and foreign readers that know only the usual ones say the same. A list of one is
told as its one member, as it would be read from a document. Sources: EPCIS 2.0 §9.5, CBV 2.0 §9-10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import and_, select

from suyuan.trace.epcis.context import EPCIS_CONTEXT
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.epcis.json_shapes import is_list
from suyuan.trace.gs1 import identify
from suyuan.trace.register.choices import text_of
from suyuan.trace.register.districts import city_name, city_name_en
from suyuan.trace.register.fields import Field
from suyuan.trace.register.nutrition import nutrition_text
from suyuan.trace.register.sheets import SHEETS, Entry, EntryKind
from suyuan.trace.store.capture import store_document
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.tables import VocabularyRow
from suyuan.trace.store.vocabulary import statements_of, store_statements

NAMESPACE = "https://ns.suyuan.example/"
CONTEXT = (EPCIS_CONTEXT, {"suyuan": NAMESPACE})
_VTYPE = "urn:epcglobal:epcis:vtype:"
VOCABULARIES: Mapping[str, str] = {
    "party": _VTYPE + "Party",
    "place": _VTYPE + "BusinessLocation",
    "read_point": _VTYPE + "ReadPoint",
    "product": _VTYPE + "EPCClass",
    "recipe": NAMESPACE + "vtype/Recipe",
    "lot": _VTYPE + "EPCClass",
}
"""The vocabulary in which entries of each kind stand."""

_LISTS = frozenset({"choices", "districts", "parts", "nutrients"})


def element_of(
    entry: Entry, *, above: Mapping[str, str] | None = None, confirmed: Sequence[str] = ()
) -> VocabularyElement:
    """The master data of an entry. ``above`` is what it takes over from its place: party and district.

    ``confirmed`` are warnings, as field and code, that its author confirmed: they stay on record with it.
    """
    attributes: dict[str, Any] = {
        field.attribute: _told(field, entry.values[field.name])
        for field in SHEETS[entry.kind].fields
        if field.attribute and field.name in entry.values
    }
    for name, value in _following(entry, above or {}):
        if value:
            attributes.setdefault(name, value)
    if confirmed:
        attributes["suyuan:confirmed"] = list(confirmed) if len(confirmed) > 1 else confirmed[0]
    return VocabularyElement(VOCABULARIES[entry.kind], entry.key, attributes)


def entry_of(kind: EntryKind, key: str, attributes: Mapping[str, Any]) -> Entry:
    """The entry whose :func:`element_of` has these attributes."""
    values: dict[str, str] = {}
    for field in SHEETS[kind].fields:
        told = attributes.get(field.attribute) if field.attribute else None
        if is_list(told):
            values[field.name] = "\n".join(map(str, told))
        elif told is not None:
            values[field.name] = str(told)
    district = values.get("district", "")  # the names of its city follow from it
    if values.get("city_zh") == city_name(district):
        del values["city_zh"]
    if "city_zh" not in values and values.get("city_en") == city_name_en(district):
        del values["city_en"]
    return Entry(kind, key, values)


def document_of(elements: Sequence[VocabularyElement], now: datetime) -> bytes:
    """The elements as one EPCISDocument without events, in JSON."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for element in elements:
        listed: list[dict[str, Any]] = [
            {"id": name, "attribute": value}
            for name, told in element.attributes.items()
            for value in (told if is_list(told) else [told])
        ]
        by_type.setdefault(element.type, []).append({"id": element.id, "attributes": listed})
    vocabularies = [{"type": kind, "vocabularyElementList": members} for kind, members in by_type.items()]
    return orjson.dumps(
        {
            "@context": list(CONTEXT),
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}},
            "epcisBody": {"eventList": []},
        }
    )


def tell(writing: Writing, elements: Sequence[VocabularyElement], *, owner: str, now: datetime) -> None:
    """Keep the document that says ``elements`` in the name of ``owner``, and make its statements."""
    document = document_of(elements, now)
    document_id = store_document(writing, document, "application/json", party=owner, now=now)
    statements = statements_of(elements)
    store_statements(writing, statements, party=owner, record_time=now, document_id=document_id)


def told_by_owners(reading: Reading, keys: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Key -> attributes as its owner told them last, whatever the state of the entry. One query per 500."""
    latest: dict[str, Mapping[str, Any]] = {}
    for chunk in chunks(keys):
        own = and_(EntryRow.key == VocabularyRow.key, EntryRow.owner == VocabularyRow.party)
        rows = reading.connection.execute(
            select(VocabularyRow.key, VocabularyRow.type, VocabularyRow.attributes, EntryRow.kind)
            .join(EntryRow, own)
            .where(VocabularyRow.key.in_(chunk))
            .order_by(VocabularyRow.record_time, VocabularyRow.id)
        )
        latest.update((key, told) for key, type_, told, kind in rows if VOCABULARIES[kind] == type_)
    return latest


def _told(field: Field, value: str) -> Any:
    if field.value not in _LISTS:
        return value
    members = value.split("\n")
    return members if len(members) > 1 else members[0]


def _following(entry: Entry, above: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Attributes that follow from what was told."""
    name = entry.value("name_en") or entry.value("name_zh")
    district = entry.value("district") or above.get("district", "")
    if entry.kind == "product":
        yield "cbvmda:descriptionShort", name
        codes, choices = entry.value("allergens"), SHEETS["product"].field("allergens").choices
        yield "suyuan:allergensZh", text_of(choices, codes, language="zh")
        yield "suyuan:allergensEn", text_of(choices, codes, language="en")
        table = [entry.value(name) for name in ("nutrition", "nutrition_per", "serving")]
        yield "suyuan:nutritionZh", nutrition_text(*table, language="zh")
        yield "suyuan:nutritionEn", nutrition_text(*table, language="en")
    if entry.kind in {"party", "place", "read_point"}:
        yield "cbvmda:name", name
        yield "suyuan:cityZh", city_name(district)
        if entry.value("city_zh") in ("", city_name(district)):
            yield "suyuan:cityEn", city_name_en(district)
    if entry.kind in {"place", "read_point"}:
        yield "cbvmda:site", identify(entry.key).gln or ""
        yield "suyuan:party", above.get("party", "")

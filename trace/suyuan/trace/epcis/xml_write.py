"""Events to an EPCIS 2.0 XML document, valid against the GS1 schema.

CBV terms are written as URNs, GS1 Web Vocabulary terms as ``gs1:…``, as GS1's own examples do. What XML has
no room for is refused with its place, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from lxml import etree

from suyuan.trace.epcis.build import body_to_send
from suyuan.trace.epcis.canonical import extension_text
from suyuan.trace.epcis.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from suyuan.trace.epcis.context import CBV_MASTER_DATA, STANDARD_PREFIXES, expand, prefixes
from suyuan.trace.epcis.event import EVENT_TYPES, Event
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Problem, ValidationError, json_pointer, quote
from suyuan.trace.epcis.xml_values import XSI, Element

_EPCIS = "urn:epcglobal:epcis:xsd:2"
_QUERY = "urn:epcglobal:epcis-query:xsd:2"
_HEAD = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "errorDeclaration", "certificationInfo")
_WHY = ("bizStep", "disposition", "readPoint", "bizLocation")
_TAIL = ("sourceList", "destinationList", "sensorElementList", "persistentDisposition")
# The order in which the schema wants the elements of each type.
_ORDER: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": ("epcList", "action", *_WHY, "bizTransactionList", "quantityList", *_TAIL, "ilmd"),
    "AggregationEvent": (
        *("parentID", "childEPCs", "action"),
        *(*_WHY, "bizTransactionList", "childQuantityList", *_TAIL),
    ),
    "TransactionEvent": (
        "bizTransactionList",
        "parentID",
        "epcList",
        "action",
        *_WHY,
        "quantityList",
        *_TAIL,
    ),
    "TransformationEvent": (
        *("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID"),
        *(*_WHY, "bizTransactionList", *_TAIL, "ilmd"),
    ),
    "AssociationEvent": (
        *("parentID", "childEPCs", "childQuantityList", "action"),
        *(*_WHY, "bizTransactionList", *_TAIL),
    ),
}
_TERMS: Mapping[str, Vocabulary] = {
    "bizStep": BIZ_STEP,
    "disposition": DISPOSITION,
    "set": DISPOSITION,
    "unset": DISPOSITION,
    "reason": ERROR_REASON,
    "bizTransaction": BIZ_TRANSACTION_TYPE,
    "source": SOURCE_DESTINATION_TYPE,
    "destination": SOURCE_DESTINATION_TYPE,
    "exception": SENSOR_ALERT_TYPE,
    "component": COMPONENT,
    "type": MEASUREMENT_TYPE,
}
_ITEMS = {"epcList": "epc", "childEPCs": "epc", "inputEPCList": "epc", "outputEPCList": "epc"}
_REFERENCES = {
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")


def write_xml(
    events: Sequence[Event],
    creation_date: datetime,
    *,
    form: Literal["EPCISDocument", "EPCISQueryDocument"] = "EPCISDocument",
    query_name: str = "SimpleEventQuery",
    subscription_id: str | None = None,
) -> bytes:
    """The events as an EPCIS 2.0 XML document in UTF-8.

    Raises:
        ValidationError: an event says something that EPCIS XML has no room for.
    """
    space, prefix = (_EPCIS, "epcis") if form == "EPCISDocument" else (_QUERY, "epcisq")
    shared = _shared_namespaces(events)
    root = etree.Element(f"{{{space}}}{form}", nsmap={prefix: space, **shared})
    root.set("schemaVersion", "2.0")
    root.set(
        "creationDate",
        creation_date.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    holder = etree.SubElement(root, "EPCISBody")
    if form == "EPCISQueryDocument":
        results = etree.SubElement(holder, f"{{{_QUERY}}}QueryResults")
        etree.SubElement(results, "queryName").text = query_name
        if subscription_id is not None:
            etree.SubElement(results, "subscriptionID").text = subscription_id
        holder = etree.SubElement(results, "resultsBody")
    listed = etree.SubElement(holder, "EventList")
    for index, event in enumerate(events):
        _EventWriter(event, index).write(listed, shared)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _xml_namespace(namespace: str) -> str:
    return CBV_MASTER_DATA[:-1] if namespace == CBV_MASTER_DATA else namespace


def _namespaces(event: Event) -> dict[str, str]:
    """The prefixes that the event's own context declares, as XML namespaces."""
    own = prefixes(event.context)
    return {
        prefix: iri
        for prefix, iri in own.items()
        if STANDARD_PREFIXES.get(prefix) != iri and _NAME.match(prefix) and prefix != "xsi"
    }


def _shared_namespaces(events: Sequence[Event]) -> dict[str, str]:
    shared = {"cbvmda": CBV_MASTER_DATA[:-1], "gs1": STANDARD_PREFIXES["gs1"], "xsi": XSI}
    seen: tuple[Any, ...] | None = None
    for event in events:
        if event.context != seen:
            seen = event.context
            for prefix, iri in _namespaces(event).items():
                shared.setdefault(prefix, iri)
    shared.pop("epcis", None)
    return shared


class _EventWriter:
    """Writes one event; knows its prefixes and place, so that what cannot be written is located."""

    def __init__(self, event: Event, index: int) -> None:
        self._event = event
        self._known = prefixes(event.context)
        self._place: tuple[str | int, ...] = ("eventList", index)

    def write(self, listed: Element, shared: Mapping[str, str]) -> None:
        body = body_to_send(self._event)
        own = {p: iri for p, iri in _namespaces(self._event).items() if shared.get(p) != iri and p != "epcis"}
        kind = self._event.type
        if kind in EVENT_TYPES:
            element = etree.SubElement(listed, kind, nsmap=own)
            order = (*_HEAD, *_ORDER[kind])
        else:
            element = etree.SubElement(etree.SubElement(listed, "extension"), self._tag(kind, ()), nsmap=own)
            order = (
                *_HEAD,
                *(name for name in body if name not in _HEAD and name != "type" and ":" not in name),
            )
        for name in order:
            if name in body and body[name] not in ([], {}, None):
                self._field(element, name, body[name])
        self._extensions(element, body, ())

    def _refuse(
        self, path: tuple[str | int, ...], template: str, remedy: str, **fields: str
    ) -> ValidationError:
        return ValidationError([Problem(json_pointer((*self._place, *path)), template, fields, remedy)])

    def _text(self, parent: Element, tag: str, value: Any, path: tuple[str | int, ...]) -> Element:
        element = etree.SubElement(parent, tag)
        try:
            element.text = extension_text(value)
        except ValueError as error:
            raise self._no_character(value, path) from error
        return element

    def _set(self, element: Element, name: str, value: Any, path: tuple[str | int, ...]) -> None:
        try:
            element.set(name, extension_text(value))
        except ValueError as error:
            raise self._no_character(value, path) from error

    def _no_character(self, value: Any, path: tuple[str | int, ...]) -> ValidationError:
        return self._refuse(
            path,
            "The text {value} contains a character that XML cannot carry.",
            "Ask for the event in JSON.",
            value=quote(value),
        )

    def _tag(self, name: str, path: tuple[str | int, ...]) -> str:
        expanded = expand(name, self._known)
        if expanded is None or not _NAME.match(expanded[1]):
            raise self._refuse(
                path,
                "The name {name} cannot be an XML element.",
                "Ask for the event in JSON.",
                name=quote(name),
            )
        namespace, local = expanded
        return f"{{{_xml_namespace(namespace)}}}{local}" if namespace else local

    def _field(self, parent: Element, name: str, value: Any) -> None:
        if name in _ITEMS:
            self._identifiers(etree.SubElement(parent, name), name, value)
        elif name.endswith("uantityList"):
            self._quantities(etree.SubElement(parent, name), name, value)
        elif name in _REFERENCES:
            self._references(etree.SubElement(parent, name), name, value)
        elif name in ("readPoint", "bizLocation", "ilmd"):
            self._place_or_ilmd(etree.SubElement(parent, name), name, value)
        elif name == "sensorElementList":
            self._sensor_elements(etree.SubElement(parent, name), value)
        elif name == "persistentDisposition":
            self._persistent_disposition(etree.SubElement(parent, name), value)
        elif name == "errorDeclaration":
            self._error_declaration(etree.SubElement(parent, name), value)
        else:
            single = self._certification(value) if is_list(value) else value
            self._text(parent, name, _term(name, single), (name,))

    def _identifiers(self, element: Element, name: str, entries: Sequence[str]) -> None:
        for entry in entries:
            self._text(element, _ITEMS[name], entry, (name,))

    def _place_or_ilmd(self, element: Element, name: str, value: Mapping[str, Any]) -> None:
        if "id" in value:
            self._text(element, "id", value["id"], (name, "id"))
        self._extensions(element, value, (name,))

    def _sensor_elements(self, element: Element, entries: Sequence[Mapping[str, Any]]) -> None:
        for index, entry in enumerate(entries):
            self._sensor_element(element, entry, ("sensorElementList", index))

    def _persistent_disposition(self, element: Element, value: Mapping[str, Any]) -> None:
        for change in ("unset", "set"):
            for entry in value.get(change, ()):
                self._text(element, change, _term(change, entry), ("persistentDisposition", change))

    def _certification(self, entries: list[Any]) -> Any:
        if len(entries) > 1:
            raise self._refuse(
                ("certificationInfo",),
                "EPCIS XML has room for one certificationInfo, not for {count}.",
                "Ask for the event in JSON.",
                count=str(len(entries)),
            )
        return entries[0]

    def _quantities(self, element: Element, name: str, entries: Sequence[Mapping[str, Any]]) -> None:
        for index, entry in enumerate(entries):
            quantity = etree.SubElement(element, "quantityElement")
            self._text(quantity, "epcClass", entry["epcClass"], (name, index))
            if "quantity" in entry:
                self._text(quantity, "quantity", entry["quantity"], (name, index))
            elif "uom" in entry:
                etree.SubElement(quantity, "quantity").set(f"{{{XSI}}}nil", "true")
            if "uom" in entry:
                self._text(quantity, "uom", entry["uom"], (name, index))

    def _references(self, element: Element, name: str, entries: Sequence[Mapping[str, Any]]) -> None:
        tag = _REFERENCES[name]
        for index, entry in enumerate(entries):
            reference = self._text(element, tag, entry[tag], (name, index))
            if "type" in entry:
                self._set(reference, "type", _term(tag, entry["type"]), (name, index))

    def _error_declaration(self, element: Element, value: Mapping[str, Any]) -> None:
        path = ("errorDeclaration",)
        self._text(element, "declarationTime", value["declarationTime"], path)
        if "reason" in value:
            self._text(element, "reason", _term("reason", value["reason"]), path)
        if value.get("correctiveEventIDs"):
            listed = etree.SubElement(element, "correctiveEventIDs")
            for entry in value["correctiveEventIDs"]:
                self._text(listed, "correctiveEventID", entry, path)
        self._extensions(element, value, path)

    def _sensor_element(self, parent: Element, value: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        element = etree.SubElement(parent, "sensorElement")
        if "sensorMetadata" in value:
            self._measured(etree.SubElement(element, "sensorMetadata"), value["sensorMetadata"], path)
        for report in value["sensorReport"]:
            self._measured(etree.SubElement(element, "sensorReport"), report, path)
        self._extensions(element, value, path)

    def _measured(self, element: Element, value: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        for name, entry in value.items():
            if is_object(entry) or is_list(entry):
                raise self._refuse(
                    (*path, name),
                    "The sensor field {name} is not a single value, and in XML it is an attribute.",
                    "Ask for the event in JSON.",
                    name=quote(name),
                )
            self._set(element, self._tag(name, (*path, name)), _term(name, entry), (*path, name))

    def _extensions(self, element: Element, value: Mapping[str, Any], path: tuple[str | int, ...]) -> None:
        for name, member in value.items():
            if ":" in name:
                self._extension(element, name, member, (*path, name))

    def _extension(self, parent: Element, name: str, value: Any, path: tuple[str | int, ...]) -> None:
        if is_list(value):
            for entry in value:
                self._extension(parent, name, entry, path)
        elif is_object(value):
            element = etree.SubElement(parent, self._tag(name, path))
            for inner, member in value.items():
                self._extension(element, inner, member, (*path, inner))
        elif value is not None:
            self._text(parent, self._tag(name, path), value, path)


def _term(name: str, value: Any) -> Any:
    """The XML spelling of a CBV word: its URN, else ``gs1:…`` or the web URI; anything else as it is."""
    vocabulary = _TERMS.get(name)
    if vocabulary is None or value not in vocabulary.words:
        return value
    if vocabulary.urn:
        return vocabulary.urn + value
    return (vocabulary.compact if vocabulary.compact == "gs1:" else vocabulary.web) + value

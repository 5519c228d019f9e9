"""One event to its XML element, by the layout of the edition asked for.

CBV terms are written as URNs, GS1 Web Vocabulary terms as ``gs1:…``, as GS1's own examples do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from suyuan.trace.epcis.build import body_to_send
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
from suyuan.trace.epcis.context import STANDARD_PREFIXES, prefixes
from suyuan.trace.epcis.event import EVENT_TYPES, Event
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path, quote
from suyuan.trace.epcis.xml_elements import Elements, is_name, xml_namespace
from suyuan.trace.epcis.xml_layouts import LOCALS, Edition, Layout, Within
from suyuan.trace.epcis.xml_values import XSI, Element

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


_NOT_OURS = ("epcis", "xsi", "xml", "xmlns")  # the first is the root's, the others are XML's


def namespaces(context: Sequence[Any]) -> dict[str, str]:
    """The prefixes that a context declares beside the standard ones, as XML namespaces."""
    return {
        prefix: xml_namespace(iri)
        for prefix, iri in prefixes(context).items()
        if STANDARD_PREFIXES.get(prefix) != iri and is_name(prefix) and prefix not in _NOT_OURS
    }


class EventWriter:
    """Writes one event; ``shared`` are the prefixes that the document declares."""

    def __init__(self, event: Event, index: int, shared: Mapping[str, str], edition: Edition) -> None:
        self._event = event
        self._edition = edition
        self._own = {p: iri for p, iri in namespaces(event.context).items() if shared.get(p) != iri}
        self._out = Elements(prefixes(event.context), ("eventList", index))

    def write(self, listed: Element) -> None:
        """Append the event to the EventList.

        Raises:
            ValidationError: it says something that this edition has no room for.
        """
        body = body_to_send(self._event)
        kind, edition = self._event.type, self._edition
        if kind in EVENT_TYPES:
            for wrapper in edition.around.get(kind, ()):
                listed = etree.SubElement(listed, wrapper)
            element = etree.SubElement(listed, kind, nsmap=self._own)
            layout = edition.layouts[kind]
        elif edition.has_own_types:
            listed = etree.SubElement(listed, "extension")
            element = etree.SubElement(listed, self._out.tag(kind, ()), nsmap=self._own)
            layout = tuple(n for n in body if n not in edition.head and n != "type" and ":" not in n)
        else:
            raise self._out.refusal(
                ("type",),
                "EPCIS {version} has no room for the event type {type}.",
                "Ask for the event in EPCIS 2.0.",
                version=edition.version,
                type=quote(kind),
            )
        self._parts(element, (*edition.head, *layout), body, edition.always.get(kind, frozenset()))
        self._out.extensions(element, body, (), besides_locals=edition.has_locals)

    def _parts(
        self, element: Element, layout: Layout, body: Mapping[str, Any], always: frozenset[str]
    ) -> None:
        for part in layout:
            if isinstance(part, Within):
                wrapper = etree.SubElement(element, part.wrapper)
                self._parts(wrapper, part.parts, body, always)
                if not len(wrapper):
                    element.remove(wrapper)
            elif part == LOCALS:
                self._out.locals(element, body, ())
            elif part in body and body[part] not in ([], {}, None):
                self._field(element, part, body[part])
            elif part in always:
                etree.SubElement(element, part)

    def _field(self, parent: Element, name: str, value: Any) -> None:
        if name in _ITEMS:
            self._identifiers(etree.SubElement(parent, name), name, value)
        elif name.endswith("uantityList"):
            self._quantities(etree.SubElement(parent, name), value)
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
            self._out.text(parent, name, _term(name, single))

    def _identifiers(self, element: Element, name: str, entries: Sequence[str]) -> None:
        for entry in entries:
            self._out.text(element, _ITEMS[name], entry)

    def _place_or_ilmd(self, element: Element, name: str, value: Mapping[str, Any]) -> None:
        if "id" in value:
            self._out.text(element, "id", value["id"])
        self._out.extensions(element, value, (name,))

    def _sensor_elements(self, element: Element, entries: Sequence[Mapping[str, Any]]) -> None:
        for index, entry in enumerate(entries):
            self._sensor_element(element, entry, ("sensorElementList", index))

    def _persistent_disposition(self, element: Element, value: Mapping[str, Any]) -> None:
        for change in ("unset", "set"):
            for entry in value.get(change, ()):
                self._out.text(element, change, _term(change, entry))

    def _certification(self, entries: list[Any]) -> Any:
        if len(entries) > 1:
            raise self._out.refusal(
                ("certificationInfo",),
                "EPCIS XML has room for one certificationInfo, not for {count}.",
                "Ask for the event in JSON.",
                count=str(len(entries)),
            )
        return entries[0]

    def _quantities(self, element: Element, entries: Sequence[Mapping[str, Any]]) -> None:
        for entry in entries:
            quantity = etree.SubElement(element, "quantityElement")
            self._out.text(quantity, "epcClass", entry["epcClass"])
            if "quantity" in entry:
                self._out.text(quantity, "quantity", entry["quantity"])
            elif "uom" in entry:
                etree.SubElement(quantity, "quantity").set(f"{{{XSI}}}nil", "true")
            if "uom" in entry:
                self._out.text(quantity, "uom", entry["uom"])

    def _references(self, element: Element, name: str, entries: Sequence[Mapping[str, Any]]) -> None:
        tag = _REFERENCES[name]
        for entry in entries:
            reference = self._out.text(element, tag, entry[tag])
            if "type" in entry:
                self._out.set(reference, "type", _term(tag, entry["type"]))

    def _error_declaration(self, element: Element, value: Mapping[str, Any]) -> None:
        path = ("errorDeclaration",)
        self._out.text(element, "declarationTime", value["declarationTime"])
        if "reason" in value:
            self._out.text(element, "reason", _term("reason", value["reason"]))
        if value.get("correctiveEventIDs"):
            listed = etree.SubElement(element, "correctiveEventIDs")
            for entry in value["correctiveEventIDs"]:
                self._out.text(listed, "correctiveEventID", entry)
        self._out.extensions(element, value, path)

    def _sensor_element(self, parent: Element, value: Mapping[str, Any], path: Path) -> None:
        element = etree.SubElement(parent, "sensorElement")
        if "sensorMetadata" in value:
            self._measured(etree.SubElement(element, "sensorMetadata"), value["sensorMetadata"], path)
        for report in value["sensorReport"]:
            self._measured(etree.SubElement(element, "sensorReport"), report, path)
        self._out.extensions(element, value, path)

    def _measured(self, element: Element, value: Mapping[str, Any], path: Path) -> None:
        for name, entry in value.items():
            if is_object(entry) or is_list(entry):
                raise self._out.refusal(
                    (*path, name),
                    "The sensor field {name} is not a single value, and in XML it is an attribute.",
                    "Ask for the event in JSON.",
                    name=quote(name),
                )
            if entry is not None:
                tag = self._out.tag(name, (*path, name))
                self._out.set(element, tag, _term(name, entry))


def _term(name: str, value: Any) -> Any:
    """The XML spelling of a CBV word: its URN, else ``gs1:…`` or the web URI; anything else as it is."""
    vocabulary = _TERMS.get(name)
    if vocabulary is None or value not in vocabulary.words:
        return value
    if vocabulary.urn:
        return vocabulary.urn + value
    return (vocabulary.compact if vocabulary.compact == "gs1:" else vocabulary.web) + value

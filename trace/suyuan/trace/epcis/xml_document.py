"""EPCIS documents in XML: 2.0 (namespace …:xsd:2) and 1.2 (…:xsd:1) read into the JSON form, 2.0 written.

Source: EPCIS 2.0 §9 and the GS1 schemas. The parser loads nothing, resolves nothing, and refuses any DOCTYPE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.context import prefixes
from suyuan.trace.epcis.envelope import Document, Form, VocabularyElement
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.master_data import master_data
from suyuan.trace.epcis.problems import (
    DEFAULT_LIMITS,
    Findings,
    Limits,
    Path,
    Problem,
    ValidationError,
    quote,
    too_large,
)
from suyuan.trace.epcis.validate import check_event
from suyuan.trace.epcis.xml_event import EventElements
from suyuan.trace.epcis.xml_values import Element, Names, local_name, put, split, text_of
from suyuan.trace.epcis.xml_write import write_xml

__all__ = ["read_xml", "write_xml"]

_FORMS: Mapping[str, Form] = {
    "epcis": "EPCISDocument",
    "epcis-query": "EPCISQueryDocument",
    "epcis-masterdata": "EPCISMasterDataDocument",
}
_ROOTS: Mapping[tuple[str, str], Form] = {
    (f"urn:epcglobal:{space}:xsd:{version}", form): form
    for version in (1, 2)
    for space, form in _FORMS.items()
}
_SBDH = "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}"
_ITEMS = {
    "epcList": "epc",
    "childEPCs": "epc",
    "inputEPCList": "epc",
    "outputEPCList": "epc",
    "quantityList": "quantityElement",
    "childQuantityList": "quantityElement",
    "inputQuantityList": "quantityElement",
    "outputQuantityList": "quantityElement",
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
    "sensorElementList": "sensorElement",
    "correctiveEventIDs": "correctiveEventID",
}


@paused_collector()
def read_xml(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """The document of an XML text, its events checked and in the form that the JSON rendering would have.

    Raises:
        ValidationError: with up to 100 problems, each located by XPath.
        TooLarge: a limit is exceeded.
    """
    root = _parse(data, limits)
    form = _ROOTS.get(split(root.tag))
    if form is None:
        problem = Problem(
            "/*",
            "{name} is not an EPCIS document.",
            {"name": quote(root.tag)},
            "Send an EPCISDocument in the namespace of EPCIS 2.0 or 1.2: urn:epcglobal:epcis:xsd:2 or :1.",
        )
        raise ValidationError([problem])
    elements: list[Element] = []
    places = _Places(root, elements)
    findings = Findings(places)
    body = _child(root, "EPCISBody")
    if body is None:
        findings.add(("EPCISBody",), "The element {name} is missing.", "Add the element.", name="EPCISBody")
        findings.raise_any()
    holder = _results(body) if form == "EPCISQueryDocument" and body is not None else body
    _collect_events(_child(holder, "EventList"), elements, limits)
    names = Names()
    converted = EventElements(names, limits, findings, is_old=split(root.tag)[0].endswith(":1"))
    bodies = [converted.body(element, index) for index, element in enumerate(elements)]
    listed = _vocabularies(root, holder, names, limits)
    context = (names.declared,) if names.declared else ()
    warnings = Findings(places)
    reading = Reading(prefixes(context), limits, is_xml=True, findings=findings, warnings=warnings)
    creation_date = _creation_date(root, reading)
    events = _events(bodies, context, reading)
    vocabularies: tuple[VocabularyElement, ...] = master_data(listed, ("VocabularyList",), reading)
    findings.raise_any()
    return Document(
        form=form,
        schema_version=str(root.get("schemaVersion", "")),
        creation_date=fields.parse_time(creation_date),
        context=context,
        events=events,
        vocabularies=vocabularies,
        header=_header(root, holder),
        warnings=tuple(warnings.problems),
    )


def _parse(data: bytes, limits: Limits) -> Element:
    if len(data) > limits.body_bytes:
        raise too_large("body_bytes", limits.body_bytes)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        problem = Problem(
            "",
            "This is not XML: {reason}.",
            {"reason": quote(error.msg or "")},
            "Send one well-formed XML document.",
        )
        raise ValidationError([problem]) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValidationError([Problem("", "The document has a DOCTYPE.", remedy="Leave the DOCTYPE out.")])
    return root


def _child(element: Element | None, name: str) -> Element | None:
    """The first child of that local name, whatever its namespace."""
    if element is None:
        return None
    return next((child for child in element if local_name(child) == name), None)


def _results(body: Element) -> Element | None:
    return _child(_child(body, "QueryResults"), "resultsBody")


def _collect_events(event_list: Element | None, elements: list[Element], limits: Limits) -> None:
    """Gather event elements in document order, from within ``extension`` elements too (EPCIS 1.2 §9.6)."""
    pending = list(event_list)[::-1] if event_list is not None else []
    while pending:
        element = pending.pop()
        if element.tag == "extension":
            pending.extend(list(element)[::-1])
            continue
        elements.append(element)
        if len(elements) > limits.events:
            raise too_large("events", limits.events, "EPCISBody/EventList")


def _creation_date(root: Element, reading: Reading) -> str:
    for name in ("schemaVersion", "creationDate"):
        if root.get(name) is None:
            reading.findings.add(
                ("@" + name,), "The attribute {name} is missing.", "Add the attribute.", name=name
            )
    created = str(root.get("creationDate", ""))
    if created:
        fields.time(created, ("@creationDate",), reading)
    return created


def _events(bodies: list[dict[str, Any]], context: tuple[Any, ...], reading: Reading) -> tuple[Event, ...]:
    events: list[Event] = []
    for index, body in enumerate(bodies):
        check_event(body, (index,), reading)
        if reading.findings.full:
            break
        if not reading.findings.problems:
            events.append(event_from_body(body, context))
    return tuple(events)


def _header(root: Element, holder: Element | None) -> dict[str, str]:
    """The plain envelope fields, as the JSON form has them; the rest of an SBDH header is passed over."""
    header: dict[str, str] = {}
    sbdh = _child(_child(root, "EPCISHeader"), "StandardBusinessDocumentHeader")
    for name, path in (
        ("sender", f"{_SBDH}Sender/{_SBDH}Identifier"),
        ("receiver", f"{_SBDH}Receiver/{_SBDH}Identifier"),
        ("instanceIdentifier", f"{_SBDH}DocumentIdentification/{_SBDH}InstanceIdentifier"),
    ):
        found = sbdh.find(path) if sbdh is not None else None
        if found is not None and text_of(found):
            header[name] = text_of(found)
    results = holder.getparent() if holder is not None else None
    for name in ("queryName", "subscriptionID"):
        told = _child(results, name)
        if told is not None:
            header[name] = text_of(told)
    return header


def _vocabularies(
    root: Element, holder: Element | None, names: Names, limits: Limits
) -> list[dict[str, Any]]:
    """The master data in JSON form, from the header or the body."""
    header = _child(root, "EPCISHeader")
    master = _child(_child(header, "extension"), "EPCISMasterData")
    listed: list[dict[str, Any]] = []
    for vocabulary_list in (_child(master, "VocabularyList"), _child(holder, "VocabularyList")):
        for vocabulary in vocabulary_list if vocabulary_list is not None else ():
            elements = _child(vocabulary, "VocabularyElementList")
            listed.append(
                {
                    "type": vocabulary.get("type"),
                    "vocabularyElementList": [
                        _vocabulary_element(element, names, limits)
                        for element in (() if elements is None else elements)
                    ],
                }
            )
    return listed


def _vocabulary_element(element: Element, names: Names, limits: Limits) -> dict[str, Any]:
    attributes: list[dict[str, Any]] = []
    for attribute in element:
        if local_name(attribute) != "attribute":
            continue
        value: Any = text_of(attribute)
        if len(attribute):
            value = {}
            for child in attribute:
                put(value, names.member(child), names.extension(child, limits))
        attributes.append({"id": attribute.get("id"), "attribute": value})
    children = _child(element, "children")
    entry: dict[str, Any] = {"id": element.get("id"), "attributes": attributes}
    if children is not None and len(children):
        entry["children"] = [text_of(child) for child in children]
    return entry


class _Places:
    """Where in the XML a path of the JSON form is: a function from path to XPath."""

    def __init__(self, root: Element, events: list[Element]) -> None:
        self._root = root
        self._events = events

    def __call__(self, path: Path) -> str:
        steps = list(path)
        place = "/" + local_name(self._root)
        if path and isinstance(path[0], int):
            place = self._root.getroottree().getpath(self._events[path[0]])
            del steps[0]
        name = ""
        for step in steps:
            if isinstance(step, int):
                place += f"/{_ITEMS[name]}[{step + 1}]" if name in _ITEMS else f"[{step + 1}]"
            elif name in ("sensorReport", "sensorMetadata"):
                place += "/@" + step
            elif step == "type" and name:
                place += "/@type"
            elif not (
                name in ("bizTransactionList", "sourceList", "destinationList") and step == _ITEMS[name]
            ):
                place += "/" + step
            name = step if isinstance(step, str) else name
        return place

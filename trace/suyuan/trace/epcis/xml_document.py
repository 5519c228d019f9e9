"""EPCIS documents in XML: 2.0 (namespace …:xsd:2) and 1.2 (…:xsd:1) read into the JSON form.

Source: EPCIS 2.0 §9 and the GS1 schemas. The parser loads nothing, resolves nothing, and refuses any DOCTYPE.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lxml import etree

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.context import prefixes
from suyuan.trace.epcis.envelope import Document, Form, extensions_of, header_of_shell
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.master_data import master_data_of
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
from suyuan.trace.epcis.xml_elements import is_name
from suyuan.trace.epcis.xml_encoding import check_encoding
from suyuan.trace.epcis.xml_envelope import Envelope, child
from suyuan.trace.epcis.xml_event import EventElements
from suyuan.trace.epcis.xml_sbdh import SBDH
from suyuan.trace.epcis.xml_values import Element, Names, local_name, split
from suyuan.trace.epcis.xml_write import write_document_xml, write_xml

__all__ = ["bodies_as_sent", "parse_xml", "read_xml", "write_document_xml", "write_xml"]

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
_MOST_IN_SCOPE = 100
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
    root = parse_xml(data, limits)
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
    names = Names()
    names.declare(root, (split(root.tag)[0], SBDH), is_all=_is_declared_at_root(root, data))
    envelope = Envelope(root, form, names, limits)
    places = _Places(root, elements, envelope.vocabularies)
    findings = Findings(places)
    body = child(root, "EPCISBody")
    if body is None:
        findings.add(("EPCISBody",), "The element {name} is missing.", "Add the element.", name="EPCISBody")
        findings.raise_any()
    holder = child(child(body, "QueryResults"), "resultsBody") if form == "EPCISQueryDocument" else body
    _collect_events(child(holder, "EventList"), elements, limits)
    converted = EventElements(names, limits, findings, is_old=split(root.tag)[0].endswith(":1"))
    bodies = [converted.body(element, index) for index, element in enumerate(elements)]
    shell = envelope.shell()
    context = (names.declared,) if names.declared else ()
    warnings = Findings(places)
    reading = Reading(prefixes(context), limits, is_xml=True, findings=findings, warnings=warnings)
    _check_attributes(root, reading)
    events = _events(bodies, context, reading)
    vocabularies = master_data_of(shell, reading)
    findings.raise_any()
    return Document(
        form=form,
        schema_version=str(root.get("schemaVersion", "")),
        creation_date=fields.parse_time(shell["creationDate"]),
        context=context,
        events=events,
        vocabularies=vocabularies,
        header=header_of_shell(shell),
        extensions=extensions_of(shell),
        warnings=tuple(warnings.problems),
        shell=shell,
    )


@paused_collector()
def bodies_as_sent(data: bytes, positions: Collection[int]) -> dict[int, dict[str, Any]]:
    """Position → body of these events of a document that was captured, CBV terms as it spells them.

    Positions that it has not are left out. Limits are those of its time, which let it pass.
    """
    limits = Limits(body_bytes=len(data), events=len(data), parts=len(data))
    root = _root(data, limits)
    names = Names()
    names.declare(root, (split(root.tag)[0], SBDH), is_all=_is_declared_at_root(root, data))
    elements: list[Element] = []
    event_list = next(root.iterfind("EPCISBody//EventList"), None)
    _collect_events(event_list, elements, limits)
    converted = EventElements(names, limits, Findings(), is_old=split(root.tag)[0].endswith(":1"))
    there = (position for position in positions if position < len(elements))
    return {position: converted.body(elements[position], position) for position in there}


def parse_xml(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Element:
    """The root of an XML text, whatever its vocabulary: nothing is loaded, resolved, or built beyond limits.

    Raises:
        ValidationError: it is not well-formed, has a DOCTYPE, or is in an encoding that is not read here.
        TooLarge: it has more bytes or parts than the limits.
    """
    check_encoding(data)
    return _root(data, limits)


def _root(data: bytes, limits: Limits) -> Element:
    if len(data) > limits.body_bytes:
        raise too_large("body_bytes", limits.body_bytes)
    elements, attributes = data.count(b"<") - data.count(b"</"), data.count(b"=")
    if elements + attributes > limits.parts:
        raise too_large("parts", limits.parts)
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


def _is_declared_at_root(root: Element, data: bytes) -> bool:
    """Whether no element but the root declares namespaces.

    Raises:
        TooLarge: another one does, and so many are in scope that to ask each element for its own would take
            for ever.
    """
    if data.count(b"xmlns") == len(root.nsmap):
        return True
    total = in_scope = most = 0
    for event, _ in etree.iterwalk(root, events=("start-ns", "end-ns")):
        in_scope += 1 if event == "start-ns" else -1
        total += event == "start-ns"
        most = max(most, in_scope)
    if total != len(root.nsmap) and most > _MOST_IN_SCOPE:
        raise too_large("namespaces", _MOST_IN_SCOPE)
    return total == len(root.nsmap)


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


def _check_attributes(root: Element, reading: Reading) -> None:
    for name in ("schemaVersion", "creationDate"):
        if root.get(name) is None:
            reading.findings.add(
                ("@" + name,), "The attribute {name} is missing.", "Add the attribute.", name=name
            )
    if (created := root.get("creationDate")) is not None:
        fields.time(created, ("@creationDate",), reading)


def _events(bodies: list[dict[str, Any]], context: tuple[Any, ...], reading: Reading) -> tuple[Event, ...]:
    events: list[Event] = []
    for index, body in enumerate(bodies):
        check_event(body, (index,), reading)
        if reading.findings.full:
            break
        if not reading.findings.problems:
            events.append(event_from_body(body, context))
    return tuple(events)


class _Places:
    """Where in the XML a path of the JSON form is: a function from path to XPath."""

    def __init__(
        self, root: Element, events: list[Element], vocabularies: Mapping[str, list[Element]]
    ) -> None:
        self._root = root
        self._events = events
        self._vocabularies = vocabularies
        self._attributes: dict[Element, list[Element]] = {}

    def __call__(self, path: Path) -> str:
        if path and isinstance(path[0], int):
            return self._in_event(self._events[path[0]], list(path[1:]))
        if "vocabularyList" in path:
            listed = self._vocabularies[str(path[0])]
            return self._in_master_data(listed, list(path[path.index("vocabularyList") + 1 :]))
        return "/" + "/".join((local_name(self._root), *map(str, path)))

    def _in_event(self, element: Element, steps: list[str | int]) -> str:
        place = _xpath(element)
        if steps[:2] == ["quantityList", 0] and local_name(element) == "QuantityEvent":
            del steps[:2]
        if steps:
            place += "".join("/" + wrapper for wrapper in _wrappers(element, str(steps[0])))
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

    def _in_master_data(self, listed: list[Element], steps: list[str | int]) -> str:
        """``steps`` go on from the list of vocabularies, whose elements are told apart by their place."""
        if not steps:
            return "/" + local_name(self._root)
        element = listed[int(steps[0])]
        rest = ""
        for name, index in zip(steps[1::2], steps[2::2], strict=False):
            if name == "attributes":
                element = self._attributes_of(element)[int(index)]
            elif name in _HOLDERS and (holder := element.find("{*}" + _HOLDERS[str(name)])) is not None:
                element = holder[int(index)]
            else:
                break
        if len(steps) % 2 == 0:
            rest = f"/@{steps[-1]}" if steps[-1] in ("id", "type") else f"/{steps[-1]}"
        return _xpath(element) + rest

    def _attributes_of(self, element: Element) -> list[Element]:
        """Gathered once for all problems of the element: it may have very many."""
        if element not in self._attributes:
            self._attributes[element] = list(element.iterchildren("{*}attribute"))
        return self._attributes[element]


_WRAPPERS: tuple[tuple[str, ...], ...] = (
    (),
    ("baseExtension",),
    ("extension",),
    ("extension", "extension"),
    ("baseExtension", "extension"),
)
_HOLDERS = {"vocabularyElementList": "VocabularyElementList", "children": "children"}


def _xpath(element: Element) -> str:
    return str(element.getroottree().getpath(element))


def _wrappers(element: Element, name: str) -> tuple[str, ...]:
    """The extension elements of EPCIS 1.2 around a field of the event."""
    if is_name(name):  # others are of foreign namespaces, which stand outside of them
        for wrappers in _WRAPPERS:
            if element.find("/".join((*wrappers, name))) is not None:
                return wrappers
    return ()

"""Events and whole documents to EPCIS XML, 2.0 or 1.2, valid against the GS1 schemas.

What XML has no room for is refused with its place, never dropped. Comments (members that begin with an
underscore) and contexts named by URL belong to JSON and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from lxml import etree

from suyuan.trace.epcis.context import CBV_MASTER_DATA, STANDARD_PREFIXES, prefixes
from suyuan.trace.epcis.envelope import PARTIES, Document, Form, member_of
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path, quote
from suyuan.trace.epcis.xml_elements import Elements
from suyuan.trace.epcis.xml_event_write import EventWriter, namespaces
from suyuan.trace.epcis.xml_layouts import EDITIONS, Edition, Version
from suyuan.trace.epcis.xml_sbdh import HEADER, SBDH, header_of, parties_of
from suyuan.trace.epcis.xml_values import XSD, XSI, Element

_MASTER_DATA = ("epcisHeader", "epcisMasterData")
_VOCABULARIES: Path = (*_MASTER_DATA, "vocabularyList")


def write_xml(
    events: Sequence[Event],
    creation_date: datetime,
    *,
    form: Literal["EPCISDocument", "EPCISQueryDocument"] = "EPCISDocument",
    query_name: str = "SimpleEventQuery",
    subscription_id: str | None = None,
    version: Version = "2.0",
) -> bytes:
    """The events as an EPCIS XML document in UTF-8.

    Raises:
        ValidationError: an event says something that EPCIS XML of this version has no room for.
    """
    results = {"queryName": query_name, "subscriptionID": subscription_id}
    shell = {"creationDate": _stamp(creation_date), "epcisBody": {"queryResults": results}}
    return _written(shell, form, (), events, EDITIONS[version])


def write_document_xml(document: Document, *, now: datetime, version: Version = "2.0") -> bytes:
    """The whole document as EPCIS XML in UTF-8; ``now`` dates one that has no creationDate.

    Raises:
        ValidationError: it says something that EPCIS XML of this version has no room for.
    """
    shell = {"creationDate": _stamp(now), **document.shell}
    return _written(shell, document.form, document.context, document.events, EDITIONS[version])


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written(
    shell: Mapping[str, Any],
    form: Form,
    context: Sequence[Any],
    events: Sequence[Event],
    edition: Edition,
) -> bytes:
    prefix, space = edition.spaces[form]
    shared = _shared_namespaces(context, events)
    root = etree.Element(f"{{{space}}}{form}", nsmap={prefix: space, **shared})
    root.set("schemaVersion", edition.version)
    out = Elements(prefixes(context))
    out.set(root, "creationDate", shell["creationDate"])
    if "id" in shell:
        out.set(root, "id", shell["id"])
    _header(root, shell, form, edition, out)
    body = etree.SubElement(root, "EPCISBody")
    listed = _body(body, shell, form, space, out)
    if listed is not None:
        for index, event in enumerate(events):
            EventWriter(event, index, shared, edition).write(listed)
    _rest(root, shell, (), out)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _shared_namespaces(context: Sequence[Any], events: Sequence[Event]) -> dict[str, str]:
    shared = {"cbvmda": CBV_MASTER_DATA[:-1], "gs1": STANDARD_PREFIXES["gs1"], "xsi": XSI, "xsd": XSD}
    shared.update(namespaces(context))
    seen: tuple[Any, ...] | None = None
    for event in events:
        if event.context != seen:
            seen = event.context
            for prefix, iri in namespaces(event.context).items():
                shared.setdefault(prefix, iri)
    return shared


def _body(body: Element, shell: Mapping[str, Any], form: Form, space: str, out: Elements) -> Element | None:
    """Fill the body but for the events; where these belong, if anywhere."""
    told = member_of(shell, "epcisBody")
    if form == "EPCISMasterDataDocument":
        _vocabulary_list(body, member_of(shell, *_MASTER_DATA), _VOCABULARIES, out)
        _rest(body, told, ("epcisBody",), out)
        return None
    if form == "EPCISDocument":
        listed = etree.SubElement(body, "EventList")
        _rest(body, told, ("epcisBody",), out)
        return listed
    answer = member_of(told, "queryResults")
    at: Path = ("epcisBody", "queryResults")
    results = etree.SubElement(body, f"{{{space}}}QueryResults")
    for name in ("queryName", "subscriptionID"):
        if name == "queryName" or answer.get(name) is not None:
            out.text(results, name, answer.get(name, "SimpleEventQuery"))
    holder = etree.SubElement(results, "resultsBody")
    found = member_of(answer, "resultsBody")
    vocabularies = found.get("vocabularyList")
    if vocabularies:
        _vocabulary_list(holder, found, (*at, "resultsBody", "vocabularyList"), out)
    else:
        etree.SubElement(holder, "EventList")
    _rest(results, answer, at, out)
    _rest(body, told, ("epcisBody",), out)
    return None if vocabularies else holder[0]


def _header(root: Element, shell: Mapping[str, Any], form: Form, edition: Edition, out: Elements) -> None:
    told = member_of(shell, "epcisHeader")
    at: Path = ("epcisHeader",)
    header = etree.SubElement(root, "EPCISHeader")
    foreign = {name: value for name, value in told.items() if ":" in name and not out.is_local(name)}
    sbdh = next((name for name in foreign if out.tag(name, at) == HEADER), None)
    if sbdh is not None:
        _agree(shell, foreign[sbdh], sbdh, out)
        out.qualified(header, sbdh, foreign.pop(sbdh), (*at, sbdh))
    elif any(name in shell for name in PARTIES):
        _plain_header(header, shell)
    extension = etree.SubElement(header, "extension")
    if "epcisMasterData" in told and form != "EPCISMasterDataDocument":
        holder = etree.SubElement(extension, "EPCISMasterData")
        _vocabulary_list(holder, member_of(told, "epcisMasterData"), _VOCABULARIES, out)
    later = etree.SubElement(extension, "extension")
    out.locals(later, told, at)
    for parent, element in ((extension, later), (header, extension)):
        if not len(element):
            parent.remove(element)
    for name, value in foreign.items():
        if edition.version == "1.2":
            out.extension(header, name, value, (*at, name))
        else:
            _header_attribute(header, name, value, out)
    if not len(header) and not header.attrib:
        root.remove(header)
    elif edition.version == "1.2" and header.find(HEADER) is None:
        _plain_header(header, shell)  # 1.2 wants one, even if nobody said anything


def _plain_header(header: Element, shell: Mapping[str, Any]) -> None:
    """Put a header in front that says who sends what to whom, and no more."""
    Elements({"sbdh": SBDH}).qualified(header, "sbdh:StandardBusinessDocumentHeader", header_of(shell), ())
    header.insert(0, header[-1])


def _agree(shell: Mapping[str, Any], told: Any, name: str, out: Elements) -> None:
    """Refuse a header that contradicts the plain members: XML has room for one of the two."""
    parties = parties_of(told, name.rpartition(":")[0])
    for party, value in parties.items():
        if shell.get(party, value) != value:
            raise out.refusal(
                (party,),
                "{name} is {value} here and {other} in the StandardBusinessDocumentHeader.",
                "Say the same in both, or leave one out.",
                name=party,
                value=quote(shell[party]),
                other=quote(value),
            )


def _header_attribute(header: Element, name: str, value: Any, out: Elements) -> None:
    """Write an extension of the header of 2.0, which has room for attributes but for no foreign elements."""
    path: Path = ("epcisHeader", name)
    if is_object(value) or is_list(value):
        raise out.refusal(
            path,
            "The header of EPCIS XML 2.0 has no room for the structure {name}.",
            "Ask for the document in JSON.",
            name=quote(name),
        )
    if value is not None:
        out.set(header, out.tag(name, path), value)


def _rest(element: Element, told: Mapping[str, Any], path: Path, out: Elements) -> None:
    """Append the extensions of a part of the document: those without namespace first, as the schemas want."""
    extension = etree.SubElement(element, "extension")
    out.locals(extension, told, path)
    if not len(extension):
        element.remove(extension)
    out.extensions(element, told, path, besides_locals=True)


def _vocabulary_list(parent: Element, told: Mapping[str, Any], path: Path, out: Elements) -> None:
    listed = etree.SubElement(parent, "VocabularyList")
    for index, vocabulary in enumerate(told.get("vocabularyList") or ()):
        at = (*path, index)
        element = etree.SubElement(listed, "Vocabulary")
        out.set(element, "type", vocabulary["type"])
        members: list[dict[str, Any]] = vocabulary.get("vocabularyElementList") or []
        if members:
            holder = etree.SubElement(element, "VocabularyElementList")
            for place, member in enumerate(members):
                _vocabulary_element(holder, member, (*at, "vocabularyElementList", place), out)
        _rest(element, vocabulary, at, out)


def _vocabulary_element(parent: Element, told: Mapping[str, Any], path: Path, out: Elements) -> None:
    element = etree.SubElement(parent, "VocabularyElement")
    out.set(element, "id", told["id"])
    for index, attribute in enumerate(told.get("attributes") or ()):
        at = (*path, "attributes", index)
        value = attribute.get("attribute")
        for entry in value if is_list(value) else [value]:
            out.attribute(element, attribute["id"], entry, at)
    if told.get("children"):
        holder = etree.SubElement(element, "children")
        for child in told["children"]:
            out.text(holder, "id", child)
    _rest(element, told, path, out)

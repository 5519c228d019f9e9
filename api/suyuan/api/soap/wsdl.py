"""The WSDL 1.1 description of ``/soap``, of either edition of EPCIS, with bindings for SOAP 1.1 and 1.2.

It stands alone: the types of the messages are in it, so that a client needs no other file and no network. The
contents of events and vocabularies are left open, as the schemas of GS1 describe them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lxml import etree

from suyuan.api.problems import as_xml
from suyuan.trace.epcis.xml_layouts import Version
from suyuan.trace.epcis.xml_values import XSD, Element

_WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
_BINDINGS: Final = (
    ("", "http://schemas.xmlsoap.org/wsdl/soap/"),
    ("12", "http://schemas.xmlsoap.org/wsdl/soap12/"),
)
"""What is added to the names of binding and port, and the namespace of its SOAP."""
_OVER_HTTP = "http://schemas.xmlsoap.org/soap/http"
_NUMBERS: dict[Version, int] = {"1.2": 1, "2.0": 2}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the elements of its message and answer, and the exceptions besides the usual three."""

    name: str
    request: str
    response: str
    exceptions: tuple[str, ...] = ()


OPERATIONS: Final[Sequence[Operation]] = (
    Operation("getQueryNames", "GetQueryNames", "GetQueryNamesResult"),
    Operation(
        "subscribe",
        "Subscribe",
        "SubscribeResult",
        (
            *("NoSuchName", "InvalidURI", "DuplicateSubscription", "QueryParameter", "QueryTooComplex"),
            *("SubscriptionControls", "SubscribeNotPermitted"),
        ),
    ),
    Operation("unsubscribe", "Unsubscribe", "UnsubscribeResult", ("NoSuchSubscription",)),
    Operation("getSubscriptionIDs", "GetSubscriptionIDs", "GetSubscriptionIDsResult", ("NoSuchName",)),
    Operation(
        "poll",
        "Poll",
        "QueryResults",
        ("QueryParameter", "QueryTooLarge", "QueryTooComplex", "NoSuchName"),
    ),
    Operation("getStandardVersion", "GetStandardVersion", "GetStandardVersionResult"),
    Operation("getVendorVersion", "GetVendorVersion", "GetVendorVersionResult"),
)
_ALWAYS = ("Security", "Validation", "Implementation")

# Each type of the messages: its members as "name type occurrence", where an occurrence is 1, ? or *. The
# members have no namespace. A type that begins with xs: is one of XML Schema.
_TYPES: dict[str, Sequence[str]] = {
    "EmptyParms": (),
    "VoidHolder": (),
    "ArrayOfString": ("string xs:string *",),
    "Poll": ("queryName xs:string 1", "params QueryParams 1"),
    "Subscribe": (
        *("queryName xs:string 1", "params QueryParams 1", "dest xs:anyURI 1"),
        *("controls SubscriptionControls 1", "subscriptionID xs:string 1"),
    ),
    "Unsubscribe": ("subscriptionID xs:string 1",),
    "GetSubscriptionIDs": ("queryName xs:string 1",),
    "QueryParams": ("param QueryParam *",),
    "QueryParam": ("name xs:string 1", "value xs:anyType 1"),
    "SubscriptionControls": (
        *("schedule QuerySchedule ?", "trigger xs:anyURI ?"),
        *("initialRecordTime xs:dateTime ?", "reportIfEmpty xs:boolean 1"),
    ),
    "QuerySchedule": tuple(
        f"{name} xs:string ?" for name in ("second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek")
    ),
    "QueryResults": ("queryName xs:string 1", "subscriptionID xs:string ?", "resultsBody ResultsBody 1"),
    "ResultsBody": ("EventList Open ?", "VocabularyList Open ?"),
    "EPCISException": ("reason xs:string 1",),
    "QueryTooLargeException": ("reason xs:string 1", "queryName xs:string ?", "subscriptionID xs:string ?"),
    "ImplementationException": (
        *("reason xs:string 1", "severity xs:string 1"),
        *("queryName xs:string ?", "subscriptionID xs:string ?"),
    ),
}
_OPEN = "Open"
_OCCURRENCES = {"1": ("1", "1"), "?": ("0", "1"), "*": ("0", "unbounded")}
_OF_ELEMENTS = {
    "GetQueryNames": "EmptyParms",
    "GetQueryNamesResult": "ArrayOfString",
    "SubscribeResult": "VoidHolder",
    "UnsubscribeResult": "VoidHolder",
    "GetSubscriptionIDsResult": "ArrayOfString",
    "GetStandardVersion": "EmptyParms",
    "GetStandardVersionResult": "xs:string",
    "GetVendorVersion": "EmptyParms",
    "GetVendorVersionResult": "xs:string",
}
"""The types of elements that are not named like one."""


@lru_cache(4)
def description(edition: Version, address: str) -> bytes:
    """The WSDL of one edition, whose service is at that address."""
    number = _NUMBERS[edition]
    own, query = f"urn:epcglobal:epcis:wsdl:{number}", f"urn:epcglobal:epcis-query:xsd:{number}"
    spaces = {f"soap{suffix}": space for suffix, space in _BINDINGS}
    root = etree.Element(
        _in(_WSDL, "definitions"),
        nsmap={"wsdl": _WSDL, "xs": XSD, "impl": own, "epcisq": query, **spaces},
        name="EPCglobalEPCISService",
        targetNamespace=own,
    )
    etree.SubElement(root, _in(_WSDL, "types")).append(schema(edition))
    _messages(root)
    _port_type(root)
    for suffix, space in _BINDINGS:
        _binding(root, suffix, space)
    service = _put(root, _WSDL, "service", name="EPCglobalEPCISService")
    for suffix, space in _BINDINGS:
        bound = f"impl:EPCISServiceBinding{suffix}"
        port = _put(service, _WSDL, "port", name=f"EPCglobalEPCISServicePort{suffix}", binding=bound)
        _put(port, space, "address", location=address)
    return as_xml(root)


def schema(edition: Version) -> Element:
    """The XML Schema of the messages of one edition."""
    query = f"urn:epcglobal:epcis-query:xsd:{_NUMBERS[edition]}"
    root = etree.Element(
        _in(XSD, "schema"),
        nsmap={"xs": XSD, "epcisq": query},
        targetNamespace=query,
        elementFormDefault="unqualified",
    )
    for operation in OPERATIONS:
        for name in (operation.request, operation.response):
            _put(root, XSD, "element", name=name, type=_type(_OF_ELEMENTS.get(name, name)))
    for name in _exceptions():
        _put(root, XSD, "element", name=name, type=_type(name if name in _TYPES else "EPCISException"))
    for name, members in _TYPES.items():
        sequence = _put(_put(root, XSD, "complexType", name=name), XSD, "sequence")
        for member in members:
            local, kind, occurs = member.split()
            least, most = _OCCURRENCES[occurs]
            _put(sequence, XSD, "element", name=local, type=_type(kind), minOccurs=least, maxOccurs=most)
    content = _put(_put(root, XSD, "complexType", name=_OPEN), XSD, "sequence")
    _put(content, XSD, "any", namespace="##any", processContents="skip", minOccurs="0", maxOccurs="unbounded")
    return root


def _messages(root: Element) -> None:
    for operation in OPERATIONS:
        for suffix, part, element in (
            ("Request", "parms", operation.request),
            ("Response", f"{operation.name}Return", operation.response),
        ):
            message = _put(root, _WSDL, "message", name=operation.name + suffix)
            _put(message, _WSDL, "part", name=part, element=f"epcisq:{element}")
    for name in _exceptions():
        message = _put(root, _WSDL, "message", name=f"{name}Response")
        _put(message, _WSDL, "part", name="fault", element=f"epcisq:{name}")


def _port_type(root: Element) -> None:
    port_type = _put(root, _WSDL, "portType", name="EPCISServicePortType")
    for operation in OPERATIONS:
        element = _put(port_type, _WSDL, "operation", name=operation.name)
        for way, suffix in (("input", "Request"), ("output", "Response")):
            name = operation.name + suffix
            _put(element, _WSDL, way, name=name, message=f"impl:{name}")
        for name in _raised(operation):
            _put(element, _WSDL, "fault", name=f"{name}Fault", message=f"impl:{name}Response")


def _binding(root: Element, suffix: str, space: str) -> None:
    name = f"EPCISServiceBinding{suffix}"
    binding = _put(root, _WSDL, "binding", name=name, type="impl:EPCISServicePortType")
    _put(binding, space, "binding", style="document", transport=_OVER_HTTP)
    for operation in OPERATIONS:
        element = _put(binding, _WSDL, "operation", name=operation.name)
        _put(element, space, "operation", soapAction="")
        for way, end in (("input", "Request"), ("output", "Response")):
            _put(_put(element, _WSDL, way, name=operation.name + end), space, "body", use="literal")
        for exception in _raised(operation):
            fault = f"{exception}Fault"
            _put(_put(element, _WSDL, "fault", name=fault), space, "fault", name=fault, use="literal")


def _raised(operation: Operation) -> Sequence[str]:
    return [f"{name}Exception" for name in (*operation.exceptions, *_ALWAYS)]


def _exceptions() -> Sequence[str]:
    return list(dict.fromkeys(name for operation in OPERATIONS for name in _raised(operation)))


def _type(name: str) -> str:
    return name if name.startswith("xs:") else f"epcisq:{name}"


def _in(space: str, local: str) -> str:
    return f"{{{space}}}{local}"


def _put(parent: Element, space: str, local: str, **attributes: str) -> Element:
    return etree.SubElement(parent, _in(space, local), attributes)

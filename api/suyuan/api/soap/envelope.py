"""SOAP envelopes, 1.1 and 1.2: one message is read from them, an answer or a fault is written into them.

Source: SOAP 1.1 §4 and §6; SOAP 1.2 Part 1 §5 and Part 2 §7. No header is understood here, so one that must
be understood is refused; who is asking is told by HTTP, as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from starlette.responses import Response

from suyuan.api.problems import as_xml, put_text
from suyuan.trace.epcis.problems import Limits
from suyuan.trace.epcis.xml_document import parse_xml
from suyuan.trace.epcis.xml_values import Element, local_name, split
from suyuan.trace.errors import InvalidInput

MOST_BYTES = 512 << 10
"""Of a message; its longest list has a thousand texts."""
_LIMITS = Limits(body_bytes=MOST_BYTES, parts=20_000)
_XML = "http://www.w3.org/XML/1998/namespace"
_PREFIX = "soap"


class SoapWrong(InvalidInput):
    """A message that is no SOAP, or calls nothing."""

    code = "soap-wrong"
    title = "The SOAP message is not valid"


class VersionMismatch(SoapWrong):
    """An envelope of a version of SOAP that is not spoken here."""

    code = "soap-version"


class MustUnderstand(SoapWrong):
    """A header block that must be understood and is not."""

    code = "soap-must-understand"


@dataclass(frozen=True, slots=True)
class Soap:
    """One version of SOAP. ``faulty`` are its names for "the sender's fault" and "the server's"."""

    version: str
    space: str
    media_type: str
    faulty: tuple[str, str]
    role: str
    roles: frozenset[str]

    def name(self, local: str) -> str:
        """The name of an element of the envelope."""
        return f"{{{self.space}}}{local}"


SOAP_11 = Soap(
    "1.1",
    "http://schemas.xmlsoap.org/soap/envelope/",
    "text/xml",
    ("Client", "Server"),
    "actor",
    frozenset(("", "http://schemas.xmlsoap.org/soap/actor/next")),
)
SOAP_12 = Soap(
    "1.2",
    "http://www.w3.org/2003/05/soap-envelope",
    "application/soap+xml",
    ("Sender", "Receiver"),
    "role",
    frozenset(
        (
            "",
            "http://www.w3.org/2003/05/soap-envelope/role/next",
            "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
        )
    ),
)
_BY_SPACE = {soap.space: soap for soap in (SOAP_11, SOAP_12)}
_BY_MEDIA_TYPE = {"text/xml": SOAP_11, "application/xml": SOAP_11, "application/soap+xml": SOAP_12}


def soap_of(media_type: str) -> Soap | None:
    """The version that is told by a Content-Type, until the envelope tells; None where it is none of XML."""
    return _BY_MEDIA_TYPE.get(media_type)


def parsed(content: bytes) -> Element:
    """The envelope as an element.

    Raises:
        ValidationError: it is no XML, or has a DOCTYPE.
        TooLarge: it has far more parts than a message needs.
    """
    return parse_xml(content, _LIMITS)


def version_of(envelope: Element) -> Soap:
    """The version of SOAP that an envelope has.

    Raises:
        SoapWrong: it is no envelope.
        VersionMismatch: it is one of another version.
    """
    space, local = split(envelope.tag)
    if local != "Envelope":
        raise SoapWrong(
            "{name} is no SOAP envelope",
            where="/*",
            remedy="Send an Envelope with a Body; /soap?wsdl describes it.",
            name=envelope.tag[:200],
        )
    if (soap := _BY_SPACE.get(space)) is None:
        raise VersionMismatch(
            "The envelope is in the namespace {space}",
            where="/*",
            remedy="Send SOAP 1.1 or 1.2: " + " or ".join(_BY_SPACE) + ".",
            space=space[:200],
        )
    return soap


def message_of(envelope: Element, soap: Soap) -> Element:
    """The one element in the body.

    Raises:
        SoapWrong: there is no body, or not one element in it.
        MustUnderstand: a header block must be understood.
    """
    for block in envelope.iterfind(f"{soap.name('Header')}/*"):
        required = block.get(soap.name("mustUnderstand"), "0").strip() in ("1", "true")
        if required and block.get(soap.name(soap.role), "") in soap.roles:
            raise MustUnderstand(
                "The header {name} is not understood here",
                where="/Envelope/Header",
                remedy="Leave it out; credentials go into the HTTP header Authorization.",
                name=block.tag[:200],
            )
    bodies = envelope.findall(soap.name("Body"))
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise SoapWrong(
            "The envelope does not hold one message",
            where="/Envelope/Body",
            remedy="Put exactly one element into one Body.",
        )
    return bodies[0][0]


def child_text(element: Element, name: str) -> str | None:
    """The text of the one child of that local name, trimmed; None where there is none.

    Raises:
        SoapWrong: there are several.
    """
    found = children(element, name)
    if len(found) > 1:
        raise SoapWrong("{name} is given twice", where=local_name(element), name=name)
    return (found[0].text or "").strip() if found else None


def children(element: Element, name: str) -> Sequence[Element]:
    """The children of that local name: older clients put them into a namespace, or into none."""
    return [one for one in element if local_name(one) == name]


def answer(soap: Soap, content: Element) -> Response:
    """An answer with that content. Its prefixes are declared for all of it: values may use them too."""
    envelope = _envelope(soap, {prefix: space for prefix, space in content.nsmap.items() if prefix})
    etree.SubElement(envelope, soap.name("Body")).append(content)
    return Response(as_xml(envelope), media_type=_media_type(soap))


def fault(soap: Soap, code: str, reason: str, status: int, detail: Element | None = None) -> Response:
    """A fault; ``code`` is a local name in the namespace of the envelope."""
    envelope = _envelope(soap, {})
    element = etree.SubElement(etree.SubElement(envelope, soap.name("Body")), soap.name("Fault"))
    if soap is SOAP_11:
        put_text(element, "faultcode", f"{_PREFIX}:{code}")
        put_text(element, "faultstring", reason)
    else:
        holder = etree.SubElement(element, soap.name("Code"))
        put_text(holder, soap.name("Value"), f"{_PREFIX}:{code}")
        put_text(etree.SubElement(element, soap.name("Reason")), soap.name("Text"), reason)
        element[-1][0].set(f"{{{_XML}}}lang", "en")
    if detail is not None:
        name = "detail" if soap is SOAP_11 else soap.name("Detail")
        etree.SubElement(element, name).append(detail)
    return Response(as_xml(envelope), status, media_type=_media_type(soap))


def _envelope(soap: Soap, prefixes: dict[str, str]) -> Element:
    return etree.Element(soap.name("Envelope"), nsmap={_PREFIX: soap.space, **prefixes})


def _media_type(soap: Soap) -> str:
    return f"{soap.media_type}; charset=utf-8"

"""Errors as RFC 9457 problem+json or problem+xml for programs, and as pages for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast
from urllib.parse import quote

import orjson
import structlog
from lxml import etree
from starlette.requests import Request
from starlette.responses import Response

from suyuan.portal.language import Speech, negotiate
from suyuan.portal.register.forms import as_error
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, ValidationError
from suyuan.trace.epcis.xml_elements import carried
from suyuan.trace.epcis.xml_values import Element
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.incident.problems import Faulty
from suyuan.trace.register.finding import EntryRefused

_LARGEST = 1 << 53  # what every reader of JSON keeps exactly
_WEIGHT = re.compile(r"0?\.[0-9]+|0\.?|1(\.0*)?")  # also as Java writes it: q=.2
_FORMS = (
    "application/problem+json",
    "application/json",
    "application/ld+json",
    "application/problem+xml",
    "application/xml",
    "text/xml",
)
EPCIS_XML = "urn:epcglobal:epcis:xsd:2"
OWN_XML = "https://ns.suyuan.example/"
_STANDARD = ("type", "title", "status", "detail", "instance")
_NO_NAME = re.compile(r"\W", re.ASCII)
_TAKE_DOCUMENTS = ("/capture", "/events")
CAPTURE_LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(DEFAULT_LIMITS.events),
    "GS1-EPCIS-Capture-File-Size-Limit": str(DEFAULT_LIMITS.body_bytes),
}
_log = structlog.get_logger(__name__)

# EPCIS 2.0 §12.6 names its exceptions; where one fits, it is the problem's type. Ours are relative URIs
# into the documentation that this server has of its own errors.
_EPCIS_EXCEPTIONS = {
    "epcis-invalid": "epcisException:ValidationException",
    "query-parameter": "epcisException:QueryParameterException",
    "query-too-large": "epcisException:QueryTooLargeException",
    "uri-too-long": "epcisException:URITooLongException",
    "query-too-complex": "epcisException:QueryTooComplexException",
    "too-large": "epcisException:CaptureLimitExceededException",
    "not-authenticated": "epcisException:SecurityException",
    "not-allowed": "epcisException:SecurityException",
    "not-an-account": "epcisException:SecurityException",
    "account-gone": "epcisException:SecurityException",
    "not-found": "epcisException:NoSuchResourceException",
    "not-acceptable": "epcisException:NotAcceptableException",
    "event-exists": "epcisException:ResourceAlreadyExistsException",
    "credentials-wrong": "epcisException:SecurityException",
    "unsupported-media-type": "epcisException:UnsupportedMediaTypeException",
    "capture-wrong": "epcisException:ValidationException",
    "internal-error": "epcisException:ImplementationException",
    "query-exists": "epcisException:ResourceAlreadyExistsException",
    "query-unfit": "epcisException:QueryValidationException",
    "subscription-controls": "epcisException:SubscriptionControlsException",
}


class CaptureWrong(InvalidInput):
    """A capture request whose body cannot be unpacked, or whose headers mean nothing."""

    code = "capture-wrong"
    title = "The capture request is not valid"


class UnsupportedMediaType(SuyuanError):
    """The body is of a kind that this resource does not take."""

    code = "unsupported-media-type"
    status = 415
    title = "This media type is not supported"


class NotAcceptable(SuyuanError):
    """The answer does not exist in a form that the caller takes."""

    code = "not-acceptable"
    status = 406
    title = "Not available in this form"


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type that an Accept header prefers, our first among equals; None if it takes none.

    A browser's header asks for pages first and takes anything else too. Source: RFC 9110 §12.5.1; more
    digits of a weight than it has, none before the point, and a lone ``*`` are taken, as clients send them.
    """
    weights: dict[str, float] = {}
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        found = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        weights["*/*" if name == "*" else name] = float(found) if _WEIGHT.fullmatch(found) else 0.0
    best, most = None, 0.0
    for media_type in offered:
        family = media_type.partition("/")[0]
        told = (weights[name] for name in (media_type, f"{family}/*", "*/*") if name in weights)
        weight = next(told, 0.0)
        if weight > most:
            best, most = media_type, weight
    return best


def problem(error: SuyuanError, instance: str, accept: str = "", accept_language: str = "") -> Response:
    """The problem of an error in the form that ``accept`` prefers; JSON for who takes neither.

    The fields of the error become extension members where they are plain values. XML is the EPCISException
    of the EPCIS 2.0 schema, with what is ours in a namespace of ours.
    """
    speech = speech_of(accept_language)
    members = problem_members(error, instance, speech)
    spoken = {} if speech is None else {"Content-Language": speech.language}
    if (preferred(accept, _FORMS) or "").endswith("xml"):
        content = as_xml(problem_element("EPCISException", members))
        return Response(content, error.status, spoken, "application/problem+xml")
    return Response(orjson.dumps(members), error.status, spoken, "application/problem+json")


def problem_members(error: SuyuanError, instance: str, speech: Speech | None = None) -> dict[str, object]:
    """The members of the problem of an error; its sentences in English unless ``speech`` has other words."""
    body: dict[str, object] = {
        "type": _EPCIS_EXCEPTIONS.get(error.code, f"/problems/{error.code}"),
        "title": error.title if speech is None else speech.say(error.title),
        "status": error.status,
        "detail": _detail(error, speech),
        "instance": quote(instance, safe="/:@!$&'()*+,;=~%", errors="replace"),
        "code": error.code,
    }
    if error.where:
        body["where"] = error.where
    if error.remedy:
        body["remedy"] = _remedy(error, speech)
    for name, value in error.fields.items():
        if isinstance(value, str) or (isinstance(value, int) and abs(value) < _LARGEST):
            body.setdefault(name, value)
    if isinstance(error, ValidationError | Faulty | EntryRefused):
        body["problems"] = list(_problems(error, speech))
    return body


def _problems(
    error: ValidationError | Faulty | EntryRefused, speech: Speech | None
) -> Iterator[dict[str, object]]:
    """Everything that is wrong, with the row of a table where it is one."""
    told: list[tuple[int | None, SuyuanError]]
    if isinstance(error, EntryRefused):
        told = [(one.row, as_error(one)) for one in error.findings]
    else:
        told = [
            (None, InvalidInput(one.template, where=one.where, remedy=one.remedy, **one.fields))
            for one in error.problems
        ]
    for row, one in told:
        at = {} if row is None else {"row": row}
        yield {**at, "where": one.where, "detail": _detail(one, speech), "remedy": _remedy(one, speech)}


def _detail(error: SuyuanError, speech: Speech | None) -> str:
    return error.detail if speech is None else speech.error(error)


def _remedy(error: SuyuanError, speech: Speech | None) -> str:
    return error.advice if speech is None else speech.remedy(error)


def speech_of(accept_language: str) -> Speech | None:
    """The words of whoever asks for another language than English; programs seldom say."""
    if accept_language.strip() in ("", "*"):
        return None
    language = negotiate(None, accept_language)
    return None if language == "en" else Speech(language)


def problem_element(name: str, members: Mapping[str, object]) -> Element:
    """The members of a problem as an element of the schema's RFC7807ProblemResponseBodyType.

    The element itself is in the EPCIS namespace where it is a document's root, ``EPCISException``; its own
    members are unqualified, extension members in our namespace.
    """
    is_root = name == "EPCISException"
    element = etree.Element(
        f"{{{EPCIS_XML}}}{name}" if is_root else name,
        nsmap={"epcis": EPCIS_XML, "suyuan": OWN_XML} if is_root else None,
    )
    for member in _STANDARD:
        if member in members:
            put_text(element, member, members[member])
    for member, value in members.items():
        if member not in _STANDARD:
            _put_extension(element, member, value)
    return element


def _put_extension(element: Element, name: str, value: object) -> None:
    own = f"{{{OWN_XML}}}{_NO_NAME.sub('_', name.removeprefix('suyuan:'))}"
    if not isinstance(value, list):
        put_text(element, own, value)
        return
    for item in cast("Iterable[Mapping[str, object]]", value):
        group = etree.SubElement(element, own)
        for part, text in item.items():
            put_text(group, f"{{{OWN_XML}}}{part}", text)


def put_text(element: Element, name: str, value: object) -> None:
    """Add a child that says ``value``; characters that XML cannot carry are replaced."""
    etree.SubElement(element, name).text = carried(str(value))


def as_xml(element: Element) -> bytes:
    """The element as a document."""
    return etree.tostring(element, encoding="UTF-8", xml_declaration=True)


def wants_page(request: Request) -> bool:
    """Whether a person with a browser is asking rather than a program."""
    return "text/html" in request.headers.get("accept", "")


def render_error(
    page: Callable[[Request, SuyuanError], Response],
) -> Callable[[Request, Exception], Response]:
    """An exception handler: the page for browsers, problem+json for everything else."""

    def handle(request: Request, error: Exception) -> Response:
        if not isinstance(error, SuyuanError):
            raise error
        if error.status >= 500:  # noqa: PLR2004 (ours to mend, so it goes to the log)
            _log.error("request failed", code=error.code, detail=error.detail, path=request.url.path)
            # Where our database is and why it failed is nobody else's business.
            error = type(error)(remedy="Try again in a moment.")
        if wants_page(request) and request.method in ("GET", "HEAD", "POST"):
            response = page(request, error)
        else:
            headers = request.headers
            response = problem(
                error, request.url.path, headers.get("accept", ""), headers.get("accept-language", "")
            )
        response.headers.update(_headers(error))
        if request.method == "POST" and request.url.path in _TAKE_DOCUMENTS:
            response.headers.update(CAPTURE_LIMITS)
        return response

    return handle


def _headers(error: SuyuanError) -> dict[str, str]:
    """What RFC 9110 asks for beside some statuses."""
    if error.status == 401:  # noqa: PLR2004 (RFC 9110 §11.6.1)
        return {"WWW-Authenticate": "Bearer"}
    if "seconds" in error.fields:
        return {"Retry-After": str(error.fields["seconds"])}
    return {}

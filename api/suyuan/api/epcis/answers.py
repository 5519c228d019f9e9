"""What every answer of the EPCIS interface carries: the standard's headers, and events in the form asked for.

Source: EPCIS 2.0 §12 (REST bindings). What is not here is not announced either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from suyuan.api.epcis.negotiation import FORMATS, VERSIONS, extensions, wanted
from suyuan.api.problems import NotAcceptable, preferred
from suyuan.trace.epcis.context import EPCIS_CONTEXT
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.epcis.representation import EpcFormat, is_in_form, represent
from suyuan.trace.epcis.xml_write import write_xml
from suyuan.trace.gs1.prefixes import LengthOf, known_prefixes
from suyuan.trace.store.company_prefixes import prefixes_on_record
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import Recorded
from suyuan.trace.store.sent_terms import with_sent_terms

__all__ = ["VERSIONS", "collection", "discovered", "document", "json", "only_read", "paged"]

_JSON = ("application/json", "application/ld+json")
_OFFERED = (*_JSON, "application/xml", "text/xml")
READ = "GET, HEAD, OPTIONS"


def discovered(methods: str, more: Mapping[str, str] | None = None) -> Response:
    """The answer to OPTIONS: what may be done at an address, and what this server can."""
    return Response(status_code=204, headers={"Allow": methods, **VERSIONS, **FORMATS, **(more or {})})


def only_read() -> Response:
    """The answer to OPTIONS at an address that is only read."""
    return discovered(READ)


def document(
    request: Request, found: Sequence[Recorded], now: datetime, headers: Mapping[str, str]
) -> Response:
    """An EPCISQueryDocument of these events, in JSON or XML and in the spelling that the request asks for.

    Its own headers say which spelling that is: where not all EPCs have one in the form asked for, there is
    no preference left to announce (decision 0014).

    Raises:
        NotAcceptable: there is no such form, and what there is.
    """
    accepted = preferred(request.headers.get("accept", ""), _OFFERED)
    if accepted is None:
        raise NotAcceptable(
            "Events are not available in {given}",
            where="Accept",
            given=request.headers.get("accept", ""),
            remedy="Ask for application/json, application/ld+json or application/xml.",
        )
    form = wanted(request)
    length_of = lengths(request, form.epc_format)
    events: Sequence[Event] = [one.event for one in found]
    if not accepted.endswith("xml"):
        given = [represent(event, form.epc_format, length_of=length_of) for event in events]
        told = {**headers, "GS1-EPC-Format": _done(given, form.epc_format)}
        content = write_json(given, form="EPCISQueryDocument", creation_date=now)
        return Response(content, media_type=accepted, headers=told)
    spelled = form.cbv_format if form.cbv_format in ("Always_Web_URI", "Never_Translates") else "Always_URN"
    if form.cbv_format == "Never_Translates":
        events = _as_sent(request, found)
    given = [represent(event, form.epc_format, form.cbv_format, length_of) for event in events]
    told = {**headers, "GS1-EPC-Format": _done(given, form.epc_format), "GS1-CBV-XML-Format": spelled}
    return Response(
        write_xml(given, creation_date=now, form="EPCISQueryDocument"), media_type=accepted, headers=told
    )


def lengths(request: Request, epc_format: EpcFormat) -> LengthOf:
    """Lengths of company prefixes on record, where the spelling asked for needs them."""
    if epc_format != "Always_EPC_URN":
        return known_prefixes(())
    with Reading(request.app.state.house.engine) as reading:
        return prefixes_on_record(reading)


def _done(given: Sequence[Event], epc_format: EpcFormat) -> EpcFormat:
    if epc_format in ("No_Preference", "Never_Translates"):
        return "Never_Translates"
    return epc_format if all(is_in_form(event, epc_format) for event in given) else "No_Preference"


def _as_sent(request: Request, found: Sequence[Recorded]) -> Sequence[Event]:
    with Reading(request.app.state.house.engine) as reading:
        told = with_sent_terms(reading, found)
    if told is None:
        raise NotAcceptable(
            "The documents of these events are too long to look up how each spelled its CBV terms",
            where="GS1-CBV-XML-Format",
            remedy="Ask for fewer events at once, or for Always_URN, Always_Web_URI or No_Preference.",
        )
    return told


def collection(
    request: Request, members: Sequence[str], headers: Mapping[str, str] | None = None
) -> Response:
    """A Collection of resources (EPCIS 2.0 §12), which there is in JSON only.

    Members that lie in a namespace of the request's GS1-Extensions stand under its prefix.
    """
    accepted = preferred(request.headers.get("accept", ""), _JSON)
    if accepted is None:
        raise NotAcceptable(
            "Lists of resources are not available in {given}",
            where="Accept",
            given=request.headers.get("accept", ""),
            remedy="Ask for application/json or application/ld+json.",
        )
    short, used = _shortened(members, extensions(request))
    context = [EPCIS_CONTEXT, used] if used else EPCIS_CONTEXT
    body = {"@context": context, "type": "Collection", "member": short}
    return Response(orjson.dumps(body), media_type=accepted, headers={**VERSIONS, **(headers or {})})


def _shortened(members: Sequence[str], known: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Members under the prefixes that the request declares, where one fits, and which of these did."""
    used: dict[str, str] = {}
    short: list[str] = []
    for member in members:
        fitting = [prefix for prefix, namespace in known.items() if member.startswith(namespace)]
        if fitting:
            prefix = max(fitting, key=lambda one: len(known[one]))
            used[prefix] = known[prefix]
            short.append(f"{prefix}:{member[len(known[prefix]) :]}")
        else:
            short.append(member)
    return short, used


def paged(request: Request, token: str | None, expires: datetime | None) -> dict[str, str]:
    """The headers that lead to the next page; the standard's versions alone on the last one."""
    headers = dict(VERSIONS)
    if token is not None:
        keep = [pair for pair in request.query_params.multi_items() if pair[0] != "nextPageToken"]
        path = request.scope.get("raw_path", b"").partition(b"?")[0].decode("ascii") or request.url.path
        headers["Link"] = f'<{path}?{urlencode([*keep, ("nextPageToken", token)])}>; rel="next"'
        if expires is not None:
            headers["GS1-Next-Page-Token-Expires"] = expires.isoformat()
    return headers


def json(content: Any) -> Response:
    """A JSON answer with the standard's headers."""
    return Response(
        orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json", headers=VERSIONS
    )

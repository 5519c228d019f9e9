"""What every answer of the EPCIS interface carries: the standard's headers, and events in the form asked for.

Source: EPCIS 2.0 §12 (REST bindings). What is not here is not announced either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response

from suyuan.api.problems import NotAcceptable, preferred
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.epcis.xml_write import write_xml

VERSIONS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-EPCIS-Min": "1.2",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-CBV-Min": "1.2",
    "GS1-CBV-Max": "2.0.0",
    "GS1-EPC-Format": "Never_Translates",
    "GS1-CBV-XML-Format": "Never_Translates",
    "GS1-Extensions": "suyuan=https://ns.suyuan.example/",
    "GS1-Vendor-Version": "0.1.0",
}
_OFFERED = ("application/json", "application/ld+json", "application/xml", "text/xml")


def discovered(methods: str, more: dict[str, str] | None = None) -> Response:
    """The answer to OPTIONS: what may be done at an address, and what this server can."""
    return Response(status_code=204, headers={"Allow": methods, **VERSIONS, **(more or {})})


def only_read() -> Response:
    """The answer to OPTIONS at an address that is only read."""
    return discovered("GET, HEAD, OPTIONS")


def document(request: Request, found: Sequence[Event], now: datetime, headers: dict[str, str]) -> Response:
    """An EPCISQueryDocument of these events, in JSON or XML as the request accepts."""
    accepted = preferred(request.headers.get("accept", ""), _OFFERED)
    if accepted is None:
        raise NotAcceptable(
            "Events are not available in {given}",
            where="Accept",
            given=request.headers.get("accept", ""),
            remedy="Ask for application/json, application/ld+json or application/xml.",
        )
    if accepted.endswith("xml"):
        return Response(write_xml(found, creation_date=now), media_type=accepted, headers=headers)
    content = write_json(found, form="EPCISQueryDocument", creation_date=now)
    return Response(content, media_type=accepted, headers=headers)


def json(content: object) -> Response:
    """A JSON answer with the standard's headers."""
    return Response(
        orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json", headers=VERSIONS
    )

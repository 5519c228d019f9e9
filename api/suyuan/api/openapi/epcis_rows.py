"""The operations of the EPCIS 2.0 interface (§12, REST bindings)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from suyuan.api.openapi.components import (
    ASKED_FOR,
    BEHAVIOUR,
    BROUGHT,
    DISCOVERED,
    FORMATS_ASKED,
    OF_EVERY_ANSWER,
    PAGING,
)
from suyuan.api.openapi.event_query import EVENT_QUERY
from suyuan.api.openapi.rows import EPCIS_BOTH, EPCIS_JSON, Answer, Row, Taken

EVENT_EXAMPLE = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "ObjectEvent",
    "eventID": "urn:uuid:0193429a-0000-7000-8000-000000000001",
    "eventTime": "2026-11-19T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["https://id.gs1.org/01/09521234000013/21/7001"],
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    "readPoint": {"id": "https://id.gs1.org/414/9521234000006"},
    "bizLocation": {"id": "https://id.gs1.org/414/9521234000006"},
}
DOCUMENT_EXAMPLE = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-11-20T08:00:00Z",
    "epcisBody": {
        "eventList": [{name: value for name, value in EVENT_EXAMPLE.items() if name != "@context"}]
    },
}
_LIMITS = ("GS1-EPCIS-Capture-Limit", "GS1-EPCIS-Capture-File-Size-Limit", "GS1-Capture-Error-Behaviour")
_NEXT = ("Link", "GS1-Next-Page-Token-Expires")
_MET = (400, 401, 403, 406)
_ASKED = (*ASKED_FOR, *FORMATS_ASKED)
_SENT = (*BROUGHT, *FORMATS_ASKED)
_A_JOB = "3f2a0c52b1e94f6c8d7e6a5b4c3d2e1f"


def _events(description: str, *more: str) -> Answer:
    return Answer(description, "EPCISQueryDocument", EPCIS_BOTH, (*OF_EVERY_ANSWER, *FORMATS_ASKED, *more))


def _discovery(*more: str, path: str = "") -> Row:
    told = Answer("What may be done here, and what this server can.", headers=(*DISCOVERED, *more))
    refused = (400, 404, 406) if "{" in path else (400, 406)
    return Row({204: told}, refused, _ASKED, public=True)


def _capture() -> Iterator[tuple[tuple[str, str], Row]]:
    yield ("options", "/capture"), _discovery(*_LIMITS)
    yield ("options", "/capture/{}"), _discovery(path="/capture/{}")
    made = Answer("Stored, durably; `Location` is the job.", headers=("Location", *OF_EVERY_ANSWER, *_LIMITS))
    document = Taken(
        "An EPCISDocument or EPCISQueryDocument: JSON-LD, or XML 2.0 or 1.2; gzip is read too.",
        "EPCISDocument",
        EPCIS_BOTH,
        DOCUMENT_EXAMPLE,
    )
    yield ("post", "/capture"), Row({202: made}, (*_MET, 413, 415), (*_SENT, *BEHAVIOUR), document)
    jobs = Answer("Jobs, newest first.", "CaptureJobs", EPCIS_JSON, (*OF_EVERY_ANSWER, *_NEXT))
    yield ("get", "/capture"), Row({200: jobs}, _MET, (*_ASKED, *PAGING))
    job = Answer("The job.", "CaptureJob", EPCIS_BOTH, OF_EVERY_ANSWER)
    yield ("get", "/capture/{}"), Row({200: job}, (401, 403, 404, 406), _ASKED, path={"": _A_JOB})


def _of_events() -> Iterator[tuple[tuple[str, str], Row]]:
    yield ("options", "/events"), _discovery()
    yield ("options", "/events/{}"), _discovery(path="/events/{}")
    asked = (*_ASKED, *PAGING, *EVENT_QUERY)
    found = _events("The events that match and are in sight, a page of them.", *_NEXT)
    yield ("get", "/events"), Row({200: found}, (*_MET, 413), asked)
    event = Taken("One event with its @context, in JSON-LD or XML.", "Event", EPCIS_BOTH, EVENT_EXAMPLE)
    made = Answer("Stored, durably.", headers=("Location", *OF_EVERY_ANSWER))
    yield ("post", "/events"), Row({201: made}, (*_MET, 409, 413, 415), _SENT, event)
    one = _events("The event and its error declarations.")
    example = {"": "urn:uuid:0193429a-0000-7000-8000-000000000001"}
    yield ("get", "/events/{}"), Row({200: one}, (*_MET, 404), _ASKED, path=example)


_RESOURCES = {
    "eventTypes": "ObjectEvent",
    "epcs": "https://id.gs1.org/01/09521234000013/21/7001",
    "bizSteps": "commissioning",
    "bizLocations": "https://id.gs1.org/414/9521234000006",
    "readPoints": "https://id.gs1.org/414/9521234000006",
    "dispositions": "active",
}


def _of_resources() -> Iterator[tuple[tuple[str, str], Row]]:
    listed = Answer("A page of what there is in sight.", "Collection", EPCIS_JSON, (*OF_EVERY_ANSWER, *_NEXT))
    inside = Answer("What there is below it.", "Collection", EPCIS_JSON, OF_EVERY_ANSWER)
    found = _events("The events of it that match, a page of them.", *_NEXT)
    named = Answer("What there is; a browser gets the front page.", "Collection", (*EPCIS_JSON, "text/html"))
    yield ("get", "/"), Row({200: named}, (400, 406), public=True)
    yield ("options", "/"), _discovery()
    yield ("options", "/nextPageToken/{}"), _discovery(path="/nextPageToken/{}")
    given_back = Answer("The token opens nothing any more.", headers=OF_EVERY_ANSWER)
    yield ("delete", "/nextPageToken/{}"), Row({204: given_back}, (*_MET, 404), _ASKED)
    for name, example in _RESOURCES.items():
        for path in (f"/{name}", f"/{name}/{{}}", f"/{name}/{{}}/events"):
            yield ("options", path), _discovery(path=path)
        yield ("get", f"/{name}"), Row({200: listed}, _MET, (*_ASKED, *PAGING))
        of = {"": example}
        yield ("get", f"/{name}/{{}}"), Row({200: inside}, (*_MET, 404), _ASKED, path=of)
        asked = (*_ASKED, *PAGING, *EVENT_QUERY)
        yield ("get", f"/{name}/{{}}/events"), Row({200: found}, (*_MET, 404, 413), asked, path=of)


ROWS: Mapping[tuple[str, str], Row] = dict([*_capture(), *_of_events(), *_of_resources()])

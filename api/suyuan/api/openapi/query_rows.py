"""The operations of named queries and subscriptions (EPCIS 2.0 §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from suyuan.api.openapi.components import (
    ASKED_FOR,
    BROUGHT,
    DISCOVERED,
    FORMATS_ASKED,
    OF_EVERY_ANSWER,
    PAGING,
)
from suyuan.api.openapi.event_query import EVENT_QUERY
from suyuan.api.openapi.rows import EPCIS_BOTH, EPCIS_JSON, JSON, Answer, Row, Taken

_NEXT = ("Link", "GS1-Next-Page-Token-Expires")
_MET = (400, 401, 403, 406)
_ASKED = (*ASKED_FOR, *FORMATS_ASKED)
_SENT = (*BROUGHT, *FORMATS_ASKED)
_NAME = {"query_name": "recalledHere", "subscription_id": "Nn6vUqzQxJYc0yqHk3b1"}
_QUERY = Taken(
    "A name and a SimpleEventQuery: lists are arrays; extension fields have the prefixes of its @context.",
    "NewQuery",
    EPCIS_JSON,
    {"name": "recalledHere", "query": {"eventType": ["ObjectEvent"], "EQ_disposition": ["recalled"]}},
)
_SUBSCRIPTION = Taken(
    "Where to send, and when: either schedule or stream. With a signatureToken every delivery is signed.",
    "NewSubscription",
    EPCIS_JSON,
    {"dest": "https://partner.example/events", "signatureToken": "of 1 to 1000 characters", "stream": True},
)


def _discovery(*more: str, public: bool = True) -> Row:
    told = Answer("What may be done here.", headers=(*DISCOVERED, *more))
    refused = (400, 404, 406) if public else (*_MET, 404)
    return Row({204: told}, refused, _ASKED, public=public, path=_NAME)


def _made(schema: str, media_types: tuple[str, ...]) -> Answer:
    return Answer("Made; `Location` is where.", schema, media_types, ("Location", *OF_EVERY_ANSWER))


def _all() -> Iterator[tuple[tuple[str, str], Row]]:
    gone = {204: Answer("It is gone.", headers=OF_EVERY_ANSWER)}
    yield ("options", "/queries"), _discovery()
    listed = Answer("The party's queries by name.", "Queries", JSON, (*OF_EVERY_ANSWER, *_NEXT))
    yield ("get", "/queries"), Row({200: listed}, _MET, (*_ASKED, *PAGING))
    yield ("post", "/queries"), Row({201: _made("", ())}, (*_MET, 409, 413, 415), _SENT, _QUERY)
    one = "/queries/{}"
    yield ("options", one), _discovery()
    query = Answer("What it asks for.", "NewQuery", JSON, OF_EVERY_ANSWER)
    yield ("get", one), Row({200: query}, (*_MET, 404), _ASKED, path=_NAME)
    yield ("delete", one), Row(gone, (*_MET, 404), _ASKED, path=_NAME)
    yield ("options", f"{one}/events"), _discovery()
    events = Answer(
        "What it finds now, a page of it; parameters narrow it. As a WebSocket: what comes, as it comes.",
        "EPCISQueryDocument",
        EPCIS_BOTH,
        (*OF_EVERY_ANSWER, *FORMATS_ASKED, *_NEXT),
    )
    asked = (*_ASKED, *PAGING, *EVENT_QUERY)
    yield ("get", f"{one}/events"), Row({200: events}, (*_MET, 404, 413), asked, path=_NAME)
    below = f"{one}/subscriptions"
    yield ("options", below), _discovery()
    those = Answer("The subscriptions to it.", "Subscriptions", JSON, (*OF_EVERY_ANSWER, *_NEXT))
    yield ("get", below), Row({200: those}, (*_MET, 404), (*_ASKED, *PAGING), path=_NAME)
    made = {201: _made("Subscription", JSON)}
    yield ("post", below), Row(made, (*_MET, 404, 409, 413, 415), _SENT, _SUBSCRIPTION, path=_NAME)
    that = f"{below}/{{}}"
    yield ("options", that), _discovery("GS1-Query-Min-Record-Time", public=False)
    known = Answer("The subscription and its state.", "Subscription", JSON, OF_EVERY_ANSWER)
    yield ("get", that), Row({200: known}, (*_MET, 404), _ASKED, path=_NAME)
    yield ("delete", that), Row(gone, (*_MET, 404), _ASKED, path=_NAME)


ROWS: Mapping[tuple[str, str], Row] = dict(_all())

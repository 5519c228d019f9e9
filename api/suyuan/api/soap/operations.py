"""The operations of the EPCIS query interface, each from its message to the content of its answer.

Source: EPCIS 1.2 §8.2.5 and §11, EPCIS 2.0 likewise. Queries and subscriptions are those of the REST
interface, seen from here (decision 0017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from lxml import etree

from suyuan.api.device_auth import check_account
from suyuan.api.epcis.negotiation import VERSIONS
from suyuan.api.house import House
from suyuan.api.notify.addresses import Network
from suyuan.api.notify.standing import owner_of
from suyuan.api.problems import OWN_XML, NotAcceptable, put_text
from suyuan.api.soap.faults import NoSuchName, NoSuchSubscription, in_space
from suyuan.api.soap.values import params, prefixes, required
from suyuan.trace.epcis.context import STANDARD_PREFIXES, expand
from suyuan.trace.epcis.conversion import in_form
from suyuan.trace.epcis.envelope import Document, VocabularyElement
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.epcis.query import wrong
from suyuan.trace.epcis.representation import EpcFormat, represent
from suyuan.trace.epcis.xml_elements import is_name
from suyuan.trace.epcis.xml_layouts import Version
from suyuan.trace.epcis.xml_values import Element
from suyuan.trace.epcis.xml_write import write_document_xml, write_xml
from suyuan.trace.store.company_prefixes import prefixes_on_record
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.master_data_query import master_data, parse_master_data_query
from suyuan.trace.store.named_queries import (
    EVENT_QUERY,
    MASTER_DATA_QUERY,
    MOST_QUERIES,
    named_queries,
    named_query_or_none,
)
from suyuan.trace.store.parameters import LARGEST_PAGE, QueryTooLarge
from suyuan.trace.store.query import Page, PageTooLarge
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.subscriptions import delete_subscription, subscriptions_of

MOST_EVENTS = 10_000
"""Events in one answer: there are no pages here."""
MOST_BYTES = 16 << 20
"""Bytes of these events in JSON."""
_CONTROLS = frozenset(("orderBy", "orderDirection", "eventCountLimit", "maxEventCount"))
_REST_ONLY = frozenset(("perPage", "nextPageToken", "@context"))
SPELLED: Mapping[Version, EpcFormat] = {"1.2": "Always_EPC_URN", "2.0": "Always_GS1_Digital_Link"}
"""As each edition spells EPCs; one that has no such spelling stays as it was sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: by whom, in which edition, with which message.

    ``changed`` is told of subscriptions; ``receivers`` are networks that may be called beside public ones.
    """

    house: House
    viewer: Viewer
    edition: Version
    message: Element
    changed: Callable[[], None]
    receivers: Sequence[Network]


def get_query_names(asked: Asked) -> Element:
    """The two queries of the standard, and those that the party gave a name."""
    with Reading(asked.house.engine) as reading:
        own = named_queries(reading, owner_of(asked.viewer), limit=MOST_QUERIES)
    return _texts(asked, "GetQueryNamesResult", [EVENT_QUERY, MASTER_DATA_QUERY, *(one.name for one in own)])


def get_subscription_ids(asked: Asked) -> Element:
    """The subscriptions of the party to a query."""
    name = required(asked.message, "queryName")
    stored_query(asked, name)
    with Reading(asked.house.engine) as reading:
        found = subscriptions_of(reading, owner_of(asked.viewer))
    told = [one.told_id for one in found if one.told_query == name]
    return _texts(asked, "GetSubscriptionIDsResult", told)


def unsubscribe(asked: Asked) -> Element:
    """End a subscription, to whichever query it is."""
    check_account(asked.viewer)
    told, party = required(asked.message, "subscriptionID"), owner_of(asked.viewer)
    with Writing(asked.house.engine) as writing:
        found = next((one for one in subscriptions_of(writing, party) if one.told_id == told), None)
        if found is None:
            raise NoSuchSubscription("There is no subscription {id}", where="subscriptionID", id=told[:100])
        delete_subscription(writing, party, found.told_query, found.id)
    asked.changed()
    return in_space(asked.edition, "UnsubscribeResult")


def get_standard_version(asked: Asked) -> Element:
    """The edition that was asked in."""
    return _text(asked, "GetStandardVersionResult", asked.edition)


def get_vendor_version(asked: Asked) -> Element:
    """A URI of ours: what there is beyond the standard, and its version."""
    return _text(asked, "GetVendorVersionResult", OWN_XML + VERSIONS["GS1-Vendor-Version"])


def poll(asked: Asked) -> Element:
    """The results of a query: everything at once, or a refusal."""
    name = required(asked.message, "queryName")
    given = params(asked.message)
    if name == MASTER_DATA_QUERY:
        return _master_data(asked, given)
    stored = stored_query(asked, name)
    found = _events(asked, stored, given)
    with Reading(asked.house.engine) as reading:
        length_of = prefixes_on_record(reading)
    spelled = [represent(one, SPELLED[asked.edition], length_of=length_of) for one in found]
    try:
        content = write_xml(
            spelled,
            asked.house.now(),
            form="EPCISQueryDocument",
            query_name=name,
            version=asked.edition,
        )
    except ValidationError as error:
        raise _no_room(asked, error) from error
    return _results(content)


def _events(asked: Asked, stored: Mapping[str, Any] | None, given: Sequence[tuple[str, Any]]) -> list[Event]:
    """All events that a query finds; a page is too few for SOAP, which has none."""
    pairs = [pair(name, value) for name, value in given]
    declared = prefixes(asked.message)
    view = asked.house.seen_by(asked.viewer).told
    found: list[Event] = []
    size = 0
    token: str | None = None
    while True:
        turn = [*pairs, ("perPage", str(LARGEST_PAGE))]
        if token is not None:
            turn.append(("nextPageToken", token))
        page: Page
        try:
            if stored is None:
                page = view.page(turn, prefixes=declared, most_bytes=MOST_BYTES - size)
            else:
                page = view.page_of_query(stored, turn, prefixes=declared, most_bytes=MOST_BYTES - size)
        except PageTooLarge as error:
            raise _too_large() from error
        found.extend(one.event for one in page.events)
        size += sum(len(orjson.dumps(one.event.body)) for one in page.events)
        token = page.next_token
        if size > MOST_BYTES or len(found) + bool(token) > MOST_EVENTS:
            raise _too_large()
        if token is None:
            return found


def _too_large() -> QueryTooLarge:
    return QueryTooLarge(
        "More than {most} events or {bytes} bytes match, and SOAP has no pages",
        where="params",
        most=MOST_EVENTS,
        bytes=MOST_BYTES,
        remedy="Ask for a shorter time, use eventCountLimit and orderBy, or GET /events in pages.",
    )


def pair(name: str, value: Any) -> tuple[str, Any]:
    """A parameter as ``parse_query`` takes it: in a list, texts may contain a ``|``."""
    if name in _REST_ONLY:
        raise wrong(name, None, "There is no query parameter {name} here", "Leave it out: SOAP has no pages.")
    if name in _CONTROLS and value is None:
        raise wrong(name, None, "{name} has an empty or impossible value", "Give it one, or leave it out.")
    is_plain = name in _CONTROLS or value is None or is_list(value)
    return name, value if is_plain else [value]


def _master_data(asked: Asked, given: Sequence[tuple[str, Any]]) -> Element:
    query = parse_master_data_query(given, prefixes=prefixes(asked.message))
    with Reading(asked.house.engine) as reading:
        found = master_data(reading, query, asked.viewer)
        length_of = prefixes_on_record(reading)
    results = {"queryName": MASTER_DATA_QUERY, "resultsBody": {"vocabularyList": _vocabularies(found)}}
    document = Document(  # noqa: S604 (its shell runs nothing)
        form="EPCISQueryDocument",
        schema_version=asked.edition,
        creation_date=None,
        shell={"epcisBody": {"queryResults": results}},
    )
    try:
        content = write_document_xml(
            in_form(document, SPELLED[asked.edition], length_of),
            now=asked.house.now(),
            version=asked.edition,
        )
    except ValidationError as error:
        raise _no_room(asked, error) from error
    answer = _results(content)
    if not found:  # nothing of master data is an empty list of vocabularies, not of events
        for holder in answer.iterfind("resultsBody/EventList"):
            holder.tag = "VocabularyList"
    return answer


def _vocabularies(found: Sequence[VocabularyElement]) -> list[Mapping[str, Any]]:
    """The elements, which come by vocabulary, as a vocabularyList in JSON form."""
    listed: dict[str, list[Mapping[str, Any]]] = {}
    for one in found:
        told: dict[str, Any] = {"id": one.id}
        if one.attributes:
            told["attributes"] = [
                {"id": name, "attribute": _sayable(value)} for name, value in one.attributes.items()
            ]
        if one.children:
            told["children"] = list(one.children)
        listed.setdefault(one.type, []).append(told)
    return [{"type": kind, "vocabularyElementList": elements} for kind, elements in listed.items()]


def _sayable(value: Any) -> Any:
    """A value of an attribute; one with members under prefixes of its document is told in its JSON form.

    Statements are kept without the prefixes of the document that they came in.
    """
    if is_list(value):
        return [_sayable(one) for one in value]
    return orjson.dumps(value).decode() if is_object(value) and not _is_plain(value) else value


def _is_plain(value: Any) -> bool:
    if is_object(value):
        names = [expand(name, STANDARD_PREFIXES) for name in value]
        named = all(name is not None and name[0] and is_name(name[1]) for name in names)
        return named and all(map(_is_plain, value.values()))
    return all(map(_is_plain, value)) if is_list(value) else True


def stored_query(asked: Asked, name: str) -> Mapping[str, Any] | None:
    """What a query of the party asks for; None for the two of the standard.

    Raises:
        NoSuchName: there is none of that name.
    """
    if name in (EVENT_QUERY, MASTER_DATA_QUERY):
        return None
    with Reading(asked.house.engine) as reading:
        known = named_query_or_none(reading, owner_of(asked.viewer), name)
    if known is None:
        raise NoSuchName("There is no query named {name}", where="queryName", name=name[:100])
    return known.query


def _results(content: bytes) -> Element:
    """The QueryResults of a document, which is ours: no limits."""
    root = etree.fromstring(content, etree.XMLParser(huge_tree=True))
    return root.findall("EPCISBody/{*}QueryResults")[0]


def _no_room(asked: Asked, error: ValidationError) -> NotAcceptable:
    return NotAcceptable(
        "What was found cannot be written as EPCIS XML {edition}: {reason}",
        where=error.where,
        remedy="Ask in the namespace of EPCIS 2.0, for less, or for JSON by GET /events.",
        edition=asked.edition,
        reason=error.detail,
    )


def _text(asked: Asked, name: str, text: str) -> Element:
    element = in_space(asked.edition, name)
    element.text = text
    return element


def _texts(asked: Asked, name: str, texts: Sequence[str]) -> Element:
    element = in_space(asked.edition, name)
    for text in texts:
        put_text(element, "string", text)
    return element

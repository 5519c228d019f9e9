"""Top-level resources over HTTP: members are what the events in each viewer's sight say, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import delete
from tests.integration.market import (
    CASE_UNIT,
    FAR,
    ITEM_KEYS,
    ITEMS,
    LOT,
    PLANT,
    RIVAL,
    RIVAL_LOT,
    SHOP,
    Market,
    capture,
    open_market,
)

from suyuan.api.house import CapturedBy
from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION
from suyuan.trace.epcis.document import read_document
from suyuan.trace.epcis.event import EVENT_TYPES
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store import sent_terms
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.settings import set_setting
from suyuan.trace.store.tables import SettingRow

VIEWERS = ("admin", "owner", "downstream", "rival", "competent", "unregistered")
SOAKING = "https://example.org/steps/soaking"
SECRET_STEP = "https://example.org/rival/pickling"
ENDING = "https://example.org/steps/events"
RIVAL_ITEM = f"{RIVAL.product}/21/R1"
UUID = "urn:uuid:00000000-0000-7000-8000-00000000{:04x}"
RESOURCES: Mapping[str, tuple[str, frozenset[str]]] = {
    "eventTypes": ("eventType", frozenset(EVENT_TYPES)),
    "epcs": ("MATCH_anyEPC", frozenset()),
    "bizSteps": ("EQ_bizStep", BIZ_STEP.words),
    "bizLocations": ("EQ_bizLocation", frozenset()),
    "readPoints": ("EQ_readPoint", frozenset()),
    "dispositions": ("EQ_disposition", DISPOSITION.words),
}


def observed(number: int, place: str, **told: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": UUID.format(number),
        "eventTime": f"2026-11-10T08:00:{number:02}+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "readPoint": {"id": place},
        **told,
    }


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as opened:
        plant, rival = (canonical_key(one.place).rpartition("/")[2] for one in (PLANT, RIVAL))
        capture(
            opened.house,
            PLANT.party,
            observed(
                1, f"urn:epc:id:sgln:9521234.{plant[7:12]}.vat", epcList=[ITEM_KEYS[2]], bizStep=SOAKING
            ),
            observed(2, PLANT.dock, quantityList=[{"epcClass": LOT}], bizStep=ENDING),
        )
        capture(
            opened.house,
            RIVAL.party,
            observed(
                3,
                f"urn:epc:id:sgln:9521234.{rival[7:12]}.back",
                epcList=[RIVAL_ITEM],
                bizStep=SECRET_STEP,
                disposition="https://example.org/rival/brined",
                bizLocation={"id": RIVAL.place},
            ),
        )
        yield opened


def pages(market: Market, who: str, path: str, size: int) -> Iterator[list[str]]:
    more: str | None = f"{path}?perPage={size}"
    while more:
        answer = market.ask(who, "GET", more)
        assert answer.status_code == 200, answer.text
        assert answer.json()["type"] == "Collection"
        yield answer.json()["member"]
        more = answer.links.get("next", {}).get("url")
        assert ("GS1-Next-Page-Token-Expires" in answer.headers) == bool(more)


def events(market: Market, who: str, path: str = "/events", **headers: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more: str | None = path
    while more:
        answer = market.ask(who, "GET", more, headers=headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        more = answer.links.get("next", {}).get("url")
    return found


def values(event: dict[str, Any], resource: str) -> set[str]:
    """What an event says that makes it one of a member's events; written from the standard's field names."""
    match resource:
        case "eventTypes":
            return {event["type"]}
        case "epcs":
            lists = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
            named = [one for name in lists for one in event.get(name, ())]
            return {canonical_key(one) for one in (*named, *filter(None, [event.get("parentID")]))}
        case "bizSteps" | "dispositions":
            return {event[name] for name in (resource[:-1],) if name in event}
        case _:
            return {canonical_key(event[name]["id"]) for name in (resource[:-1],) if name in event}


@pytest.mark.parametrize("resource", RESOURCES)
def test_members_are_what_events_in_sight_say(market: Market, resource: str) -> None:
    parameter, standard = RESOURCES[resource]
    for who in VIEWERS:
        seen = events(market, who, "/events?perPage=1000")
        expected = standard.union(*(values(event, resource) for event in seen))
        for size in (2 if parameter.startswith("MATCH") else 9, 1000):
            members = [one for page in pages(market, who, f"/{resource}", size) for one in page]
            assert sorted(members) == sorted(expected), (who, size)
        for member in sorted(expected - standard)[:3] + sorted(standard & set(members))[-1:]:
            at = f"/{resource}/{quote(member, safe='')}"
            assert market.ask(who, "GET", at).json()["member"] == ["events"], (who, member)
            told = {event["eventID"] for event in events(market, who, f"{at}/events")}
            assert {one["eventID"] for one in seen if member in values(one, resource)} <= told, (who, member)
            assert told == {
                one["eventID"] for one in events(market, who, f"/events?{parameter}={quote(member, safe='')}")
            }


@pytest.mark.parametrize(
    ("path", "who"),
    [
        (f"/bizLocations/{quote(RIVAL.place, safe='')}", "owner"),
        (f"/readPoints/{quote(RIVAL.place + '/254/back', safe='')}", "owner"),
        (f"/bizSteps/{quote(SECRET_STEP, safe='')}", "owner"),
        ("/dispositions/https%3A%2F%2Fexample.org%2Frival%2Fbrined", "owner"),
        (f"/epcs/{quote(RIVAL_ITEM, safe='')}", "owner"),
        (f"/epcs/{quote(CASE_UNIT, safe='')}", "rival"),
        ("/bizSteps/no_such_step", "admin"),
        ("/eventTypes/NoSuchEvent", "admin"),
        ("/epcs/%2F%2F%00x", "admin"),
        ("/readPoints/%FF", "admin"),
    ],
)
def test_what_nothing_in_sight_says_is_not_there(market: Market, path: str, who: str) -> None:
    for asked in (path, f"{path}/events"):
        answer = market.ask(who, "GET", asked)
        assert answer.status_code == 404, asked
        assert answer.json()["type"] == "epcisException:NoSuchResourceException"
        assert answer.json()["remedy"]
    if "no_such" not in path and "%" in path and who != "admin":
        assert market.ask("admin", "GET", path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/bizSteps/receiving",
        "/bizSteps/https%3A%2F%2Fref.gs1.org%2Fcbv%2FBizStep-receiving",
        "/bizSteps/urn%3Aepcglobal%3Acbv%3Abizstep%3Areceiving",
        "/bizSteps/cbv:BizStep-receiving",
        "/bizSteps/https://ref.gs1.org/cbv/BizStep-receiving",  # its slashes as they are
    ],
)
def test_a_word_is_found_in_every_spelling(market: Market, path: str) -> None:
    told = {event["eventID"] for event in events(market, "owner", f"{path}/events")}
    assert told == {one["eventID"] for one in events(market, "owner") if one.get("bizStep") == "receiving"}


def test_values_stand_under_the_prefixes_of_the_request(market: Market) -> None:
    extensions = {"GS1-Extensions": "own=https://example.org/steps/, x=https://example.org/"}
    answer = market.ask("owner", "GET", "/bizSteps?perPage=1000", headers=extensions)
    assert "own:soaking" in answer.json()["member"]
    assert answer.json()["@context"][1] == {"own": "https://example.org/steps/"}
    (only,) = events(market, "owner", "/bizSteps/own:soaking/events", **extensions)
    assert only["bizStep"] == SOAKING
    assert market.ask("owner", "GET", "/bizSteps/own:soaking").status_code == 404


def test_a_place_is_found_by_its_urn_and_a_value_may_end_like_a_resource(market: Market) -> None:
    urn = f"urn:epc:id:sgln:9521234.{PLANT.place[-6:-1]}.vat"
    (only,) = events(market, "owner", f"/readPoints/{urn}/events")
    assert only["eventID"] == UUID.format(1)
    at = f"/bizSteps/{quote(ENDING, safe='')}"
    assert market.ask("owner", "GET", at).json()["member"] == ["events"]
    assert [one["eventID"] for one in events(market, "owner", f"{at}/events")] == [UUID.format(2)]


def test_a_resource_is_one_more_condition(market: Market) -> None:
    item, unit = (quote(one, safe="") for one in (ITEM_KEYS[0], CASE_UNIT))
    both = events(market, "owner", f"/epcs/{item}/events?MATCH_anyEPC={unit}")
    seen = events(market, "owner")
    assert {one["eventID"] for one in both} == {
        one["eventID"] for one in seen if {ITEM_KEYS[0], CASE_UNIT} <= values(one, "epcs")
    }
    assert both
    assert not events(market, "owner", "/bizSteps/receiving/events?EQ_bizStep=packing")
    paged = events(market, "owner", f"/epcs/{item}/events?perPage=1&orderBy=eventTime")
    assert [one["eventID"] for one in paged] == [
        one["eventID"] for one in events(market, "owner", f"/events?MATCH_anyEPC={item}&orderBy=eventTime")
    ]
    wrong = market.ask("owner", "GET", "/bizSteps/receiving/events?nonsense=1")
    assert (wrong.status_code, wrong.json()["type"]) == (400, "epcisException:QueryParameterException")


def test_a_list_grows_with_what_comes_into_sight(market: Market) -> None:
    def steps(who: str) -> set[str]:
        return {one for page in pages(market, who, "/bizSteps", 1000) for one in page}

    before = {who: steps(who) for who in ("owner", "rival", "admin")}
    new = "https://example.org/steps/steaming"
    capture(market.house, PLANT.party, observed(20, PLANT.dock, epcList=[ITEM_KEYS[2]], bizStep=new))
    assert steps("owner") - before["owner"] == {new}
    assert steps("admin") - before["admin"] == {new}
    assert steps("rival") == before["rival"]


def test_the_front_page_is_a_list_for_programs(market: Market) -> None:
    for accept in ("application/json", "application/ld+json"):
        answer = market.ask("anonymous", "GET", "/", headers={"Accept": accept})
        assert answer.headers["content-type"] == accept
        assert sorted(answer.json()["member"]) == [
            *("bizLocations", "bizSteps", "capture", "dispositions", "epcs"),
            *("eventTypes", "events", "queries", "readPoints"),
        ]
    for accept in ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "*/*"):
        page = market.ask("anonymous", "GET", "/", headers={"Accept": accept})
        assert page.headers["content-type"].startswith("text/html")


def test_every_address_tells_what_may_be_done(market: Market) -> None:
    item = quote(ITEM_KEYS[0], safe="")
    paths = ["/", *(f"/{name}" for name in RESOURCES)]
    paths += [f"/epcs/{item}", f"/epcs/{item}/events", "/bizSteps/receiving", "/bizSteps/receiving/events"]
    for path in paths:
        told = market.ask("owner", "OPTIONS", path)
        assert told.status_code == 204, path
        assert told.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert told.headers["GS1-EPC-Format"] == told.headers["GS1-CBV-XML-Format"] == "No_Preference"
        assert told.headers["GS1-EPCIS-Version"] == "2.0.0"
        head = market.ask("owner", "HEAD", path, headers={"Accept": "application/json"})
        assert (head.status_code, head.content) == (200, b""), path
        assert market.ask("owner", "POST", path, json={}).status_code == 405, path


@pytest.mark.parametrize("path", ["/events", "/bizSteps", "/epcs", "/readPoints"])
def test_a_page_token_ends_when_it_is_given_back(market: Market, path: str) -> None:
    first = market.ask("owner", "GET", f"{path}?perPage=1")
    onward = first.links["next"]["url"]
    token = onward.rpartition("nextPageToken=")[2]
    assert market.ask("rival", "DELETE", f"/nextPageToken/{token}").status_code == 204
    assert market.ask("owner", "GET", onward).status_code == 200  # it was not the rival's
    for _ in range(2):
        assert market.ask("owner", "DELETE", f"/nextPageToken/{token}").status_code == 204
    after = market.ask("owner", "GET", onward)
    assert (after.status_code, after.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert after.json()["remedy"] == "Begin at the first page."


@pytest.mark.parametrize("token", ["x", "W10", "WzFd", "%00", "a" * 4000, "bnVsbA", "WyJ4IiwxXQ"])
def test_what_is_no_token_is_told_in_words(market: Market, token: str) -> None:
    for path in ("/events", "/bizSteps", "/epcs"):
        answer = market.ask("owner", "GET", f"{path}?nextPageToken={token}")
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert market.ask("owner", "DELETE", f"/nextPageToken/{token}").status_code in (204, 400)


def test_lists_take_paging_only(market: Market) -> None:
    for query in ("perPage=0", "perPage=many", "EQ_bizStep=packing", "perPage=-1", "perPage=99999999999"):
        answer = market.ask("owner", "GET", f"/readPoints?{query}")
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")
    other = market.ask("owner", "GET", "/epcs?perPage=1").links["next"]["url"].partition("?")[2]
    assert market.ask("owner", "GET", f"/readPoints?{other}").status_code == 400
    xml = market.ask("owner", "GET", "/epcs", headers={"Accept": "application/xml"})
    assert xml.status_code == 406
    assert market.ask("anonymous", "GET", "/epcs").status_code == 401
    assert {SHOP.place, FAR.place, RIVAL_LOT}.isdisjoint(*pages(market, "upstream", "/bizLocations", 9))


# Answers in the form asked for


def told(market: Market, path: str, **headers: str) -> Any:
    return market.ask("owner", "GET", path, headers={n.replace("_", "-"): v for n, v in headers.items()})


def test_identifiers_are_spelled_as_asked(market: Market) -> None:
    path = f"/events/{UUID.format(1)}"
    urn, link = f"urn:epc:id:sgln:9521234.{PLANT.place[-6:-1]}.vat", f"{PLANT.place}/254/vat"
    item = f"urn:epc:id:sgtin:9521234.{PLANT.product[-14]}{PLANT.product[-6:-1]}.S3"
    expected = {
        "": (link, ITEM_KEYS[2], "Always_GS1_Digital_Link"),
        "Always_GS1_Digital_Link": (link, ITEM_KEYS[2], "Always_GS1_Digital_Link"),
        "Never_Translates": (urn, ITEM_KEYS[2], "Never_Translates"),
        "No_Preference": (urn, ITEM_KEYS[2], "Never_Translates"),
        "Always_EPC_URN": (urn, item, "Always_EPC_URN"),
    }
    for asked, (place, epc, done) in expected.items():
        for accept in ("application/json", "application/xml"):
            answer = told(market, path, Accept=accept, **({"GS1_EPC_Format": asked} if asked else {}))
            assert answer.headers["GS1-EPC-Format"] == done, asked
            (event,) = read_document(answer.content, accept).events
            assert (event.read_point, event.epc_list) == (place, (epc,)), asked


def test_what_cannot_be_spelled_so_stays_and_the_answer_says_so(market: Market) -> None:
    sold = f"/events/{quote('urn:uuid:00000000-0000-7000-8000-000000000009', safe='')}"
    before = told(market, sold, GS1_EPC_Format="Always_EPC_URN")
    assert before.headers["GS1-EPC-Format"] == "No_Preference"
    assert before.json()["epcisBody"] == told(market, sold).json()["epcisBody"]
    with Writing(market.house.engine) as writing:
        set_setting(writing, "gs1-prefix:9521234", PLANT.party.encode())
    try:
        after = told(market, sold, GS1_EPC_Format="Always_EPC_URN")
        (event,) = read_document(after.content, "application/json").events
        assert event.epc_list[0].startswith("urn:epc:id:sscc:9521234.")
        assert event.epc_list[1] == ITEMS[0]  # a URN has no room for its lot
        assert after.headers["GS1-EPC-Format"] == "No_Preference"
        places = told(market, "/bizLocations", GS1_EPC_Format="Always_EPC_URN")
        assert places.headers["GS1-EPC-Format"] == "Always_EPC_URN"
        assert all(one.startswith("urn:epc:id:sgln:9521234.") for one in places.json()["member"])
    finally:
        with Writing(market.house.engine) as writing:
            writing.connection.execute(delete(SettingRow).where(SettingRow.name == "gs1-prefix:9521234"))


def test_cbv_terms_are_spelled_as_asked_in_xml(market: Market) -> None:
    path = f"/events/{quote('urn:uuid:00000000-0000-7000-8000-000000000009', safe='')}"
    for asked, spelled, done in (
        ("", b"urn:epcglobal:cbv:bizstep:shipping", "Always_URN"),
        ("No_Preference", b"urn:epcglobal:cbv:disp:in_transit", "Always_URN"),
        ("Always_URN", b"urn:epcglobal:cbv:sdt:possessing_party", "Always_URN"),
        ("Always_Web_URI", b"https://ref.gs1.org/cbv/BizStep-shipping", "Always_Web_URI"),
        ("Always_Web_URI", b"https://ref.gs1.org/cbv/SDT-possessing_party", "Always_Web_URI"),
    ):
        form = {"GS1_CBV_XML_Format": asked} if asked else {}
        answer = told(market, path, Accept="application/xml", **form)
        assert answer.headers["GS1-CBV-XML-Format"] == done
        assert spelled in answer.content
        as_json = told(market, path, **form)
        assert b'"bizStep":"shipping"' in as_json.content
        assert "GS1-CBV-XML-Format" not in as_json.headers
    # What came in JSON came as a bare word, which XML has not.
    kept = told(market, path, Accept="application/xml", GS1_CBV_XML_Format="Never_Translates")
    assert b"<bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>" in kept.content


def test_cbv_terms_that_came_in_xml_go_out_as_they_came(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(number: int, step: str, disposition: str) -> str:
        return (
            "<ObjectEvent><eventTime>2026-11-21T08:00:00+08:00</eventTime>"
            f"<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><eventID>{UUID.format(number)}</eventID>"
            f"<epcList><epc>urn:x:sent:{number}</epc></epcList><action>OBSERVE</action>"
            f"<bizStep>{step}</bizStep><disposition>{disposition}</disposition></ObjectEvent>"
        )

    spelled = (
        ("https://ref.gs1.org/cbv/BizStep-stocking", "urn:epcglobal:cbv:disp:in_progress"),
        ("urn:epcglobal:cbv:bizstep:stocking", "cbv:Disp-in_progress"),
        ("https://example.org/soaking", "https://ref.gs1.org/cbv/Disp-in_progress"),
    )
    listed = "".join(sent(71 + index, *terms) for index, terms in enumerate(spelled))
    # One declared wrong in the same document has the eventID and the recordTime of what it corrects.
    wrong = ("https://ref.gs1.org/cbv/BizStep-stocking", "https://ref.gs1.org/cbv/Disp-in_progress")
    declared = "<errorDeclaration><declarationTime>2026-11-21T09:00:00Z</declarationTime></errorDeclaration>"
    listed += sent(71, *wrong).replace("</eventID>", f"</eventID>{declared}")
    data = (
        '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"'
        f' creationDate="2026-11-21T08:00:00Z"><EPCISBody><EventList>{listed}</EventList></EPCISBody>'
        "</e:EPCISDocument>"
    ).encode()
    job = market.house.capture(data, "application/xml", by=CapturedBy(PLANT.party), behaviour="rollback")
    assert job.success, job.errors
    page = "/events?EQ_disposition=in_progress&GE_eventTime=2026-11-21T00:00:00Z"
    asked = {"Accept": "application/xml", "GS1_CBV_XML_Format": "Never_Translates"}
    answer = told(market, page, **asked)
    assert answer.headers["GS1-CBV-XML-Format"] == "Never_Translates"
    for step, disposition in (*spelled, wrong):
        told_so = f"<bizStep>{step}</bizStep><disposition>{disposition}</disposition>".encode()
        assert answer.content.count(told_so) == 1
    assert told(market, page, GS1_CBV_XML_Format="Never_Translates").json()  # JSON has words
    monkeypatch.setattr(sent_terms, "MOST_BYTES", 0)
    assert told(market, "/events?EQ_bizStep=shipping", **asked).status_code == 200  # all in JSON
    monkeypatch.setattr(sent_terms, "MOST_BYTES", len(data) - 1)
    refused = told(market, page, **asked)
    assert (refused.status_code, "too long" in refused.text) == (406, True)


@pytest.mark.parametrize(
    ("header", "value", "words"),
    [
        ("GS1-EPC-Format", "Always_Barcode", "No_Preference, Always_GS1_Digital_Link, Always_EPC_URN"),
        ("GS1-CBV-XML-Format", "urn", "Always_Web_URI"),
        ("GS1-EPCIS-Version", "1.2", "2.0.0"),
        ("GS1-EPCIS-Version", "two", "no version"),
        ("GS1-EPCIS-Min", "2.0.1", "2.0.0"),
        ("GS1-EPCIS-Max", "1.2.0", "2.0.0"),
        ("GS1-CBV-Min", "3", "2.0.0"),
        ("GS1-CBV-Max", "1.99.99", "2.0.0"),
        ("GS1-CBV-Version", "2.1", "2.0.0"),
    ],
)
def test_what_is_not_spoken_is_told_before_anything_else(
    market: Market, header: str, value: str, words: str
) -> None:
    for path in (
        "/events",
        "/bizSteps",
        "/bizSteps/shipping/events",
        f"/events/{UUID.format(1)}",
        "/capture",
    ):
        answer = told(market, path, **{header.replace("-", "_"): value})
        assert answer.status_code == 406, path
        problem = answer.json()
        assert (problem["type"], problem["where"]) == ("epcisException:NotAcceptableException", header)
        assert words in problem["detail"]
        assert problem["remedy"]


def test_what_is_spoken_passes(market: Market) -> None:
    headers = {
        "GS1_EPCIS_Min": "1.2",
        "GS1_EPCIS_Max": "2.1.0",
        "GS1_CBV_Version": "2.0",
        "GS1_EPCIS_Version": "2",
    }
    answer = told(market, "/dispositions", **headers)
    assert answer.status_code == 200
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"

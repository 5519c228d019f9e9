"""Named queries over HTTP: kept by party, run with the sight of who asks, refused in words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FARM, SHOP = "urn:epc:id:pgln:9521234.00001", "urn:epc:id:pgln:9521234.00002"
SHIPPED = {"eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping"]}


@dataclass(frozen=True, slots=True)
class World:
    client: TestClient
    house: House
    tokens: dict[str, str]

    def ask(self, method: str, path: str, who: str = "farm", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **options.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **options)

    def capture(self, who: str, *steps: str) -> None:
        answer = self.ask("POST", "/capture", who, content=document(*steps), headers=JSON)
        assert answer.status_code == 202, answer.text


JSON = {"Content-Type": "application/json"}
SERIALS = itertools.count(1)


def document(*steps: str) -> bytes:
    events = [
        {
            "type": "ObjectEvent",
            "eventTime": "2026-11-20T08:00:00+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": step,
            "epcList": [f"urn:epc:id:sgtin:9521234.012345.{next(SERIALS)}"],
        }
        for step in steps
    ]
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T00:00:00Z",
            "epcisBody": {"eventList": events},
        }
    )


def steps_of(answer: Any) -> list[str]:
    body = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return [event["bizStep"] for event in body]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})
    clock = itertools.count()
    house = open_house(settings, lambda: NOW + timedelta(milliseconds=next(clock)))
    tokens: dict[str, str] = {}
    with Writing(house.engine) as writing:
        for number, (name, party) in enumerate({"farm": FARM, "shop": SHOP}.items()):
            create_account(writing, name, role=AccountRole.STATION, party=party, now=NOW)
            tokens[name], _ = create_token(
                writing, name, now=NOW, randbytes=lambda count, n=number: bytes([n]) * count
            )
    with TestClient(application(settings, house, house.now)) as client:
        yield World(client, house, tokens)


def test_a_query_is_kept_run_narrowed_and_forgotten(world: World) -> None:
    made = world.ask("POST", "/queries", json={"name": "发货 1", "query": SHIPPED})
    assert made.status_code == 201, made.text
    address = made.headers["Location"]
    assert address == "/queries/%E5%8F%91%E8%B4%A7%201"
    assert world.ask("GET", address).json() == {"name": "发货 1", "query": SHIPPED}
    assert world.ask("HEAD", address).status_code == 200
    world.capture("farm", "shipping", "receiving", "shipping")
    world.capture("shop", "shipping")
    assert steps_of(world.ask("GET", f"{address}/events")) == ["shipping", "shipping"]
    none = {"EQ_bizStep": "receiving"}
    assert steps_of(world.ask("GET", f"{address}/events", params=none)) == []
    first = world.ask("GET", f"{address}/events", params={"perPage": 1})
    assert steps_of(first) == ["shipping"]
    then = world.ask("GET", first.links["next"]["url"])
    assert steps_of(then) == ["shipping"]
    assert "Link" not in then.headers
    newest = world.ask("GET", f"{address}/events", params={"orderBy": "recordTime", "eventCountLimit": 1})
    assert steps_of(newest) == ["shipping"]
    again = world.ask("POST", "/queries", json={"name": "发货 1", "query": {}})
    assert (again.status_code, again.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    assert world.ask("DELETE", address).status_code == 204
    assert world.ask("GET", address).status_code == 404
    assert world.ask("GET", f"{address}/events").status_code == 404
    assert world.ask("DELETE", address).status_code == 404


def test_parameters_beside_a_query_are_honoured_or_refused(world: World) -> None:
    world.capture("farm", "shipping", "receiving", "storing")
    declared = {"@context": {"farm": "https://farm.example/ns/"}}
    for name, query in (
        ("plain", {}),
        ("sorted", {"orderBy": "recordTime", "orderDirection": "ASC"}),
        ("newest", {"orderBy": "recordTime", "eventCountLimit": 2}),
        ("own", {**declared, "orderBy": "farm:weight"}),
    ):
        assert world.ask("POST", "/queries", json={"name": name, "query": query}).status_code == 201
    rising = ["shipping", "receiving", "storing"]
    falling = rising[::-1]
    asked: list[tuple[str, str, list[str] | str]] = [
        ("sorted", "", rising),
        ("sorted", "orderDirection=DESC", falling),
        ("sorted", "orderBy=recordTime", falling),
        ("sorted", "eventCountLimit=1", rising[:1]),
        ("sorted", "orderDirection=DESC&eventCountLimit=1", falling[:1]),
        ("sorted", "maxEventCount=2", "QueryTooLargeException"),
        ("newest", "", falling[:2]),
        ("newest", "orderDirection=ASC", rising[:2]),
        ("newest", "eventCountLimit=1", falling[:1]),
        ("newest", "maxEventCount=9", "maxEventCount"),
        ("own", "", rising),  # none has the field
        ("own", "orderDirection=ASC", rising),
        ("own", "EQ_bizStep=storing", ["storing"]),
        ("plain", "orderBy=recordTime&orderDirection=ASC", rising),
        ("plain", "orderDirection=UP", "orderDirection"),
        ("plain", "stream=true", "stream"),
        ("plain", "nextPageToken=a&nextPageToken=b", "nextPageToken"),
    ]
    for name, params, found in asked:
        answer = world.ask("GET", f"/queries/{name}/events?{params}")
        if isinstance(found, list):
            assert (answer.status_code, steps_of(answer)) == (200, found), (name, params, answer.text)
        else:
            assert found in (answer.json().get("where"), answer.json()["type"].partition(":")[2]), (
                name,
                params,
            )
            assert answer.status_code in (400, 413)


def test_another_party_does_not_learn_of_a_query(world: World) -> None:
    for who in ("farm", "shop"):  # the same name twice
        made = world.ask("POST", "/queries", who, json={"name": "mine", "query": {"EQ_action": [who]}})
        assert made.status_code == 400
        made = world.ask("POST", "/queries", who, json={"name": "mine", "query": {}})
        assert made.status_code == 201
    world.capture("farm", "shipping")
    assert steps_of(world.ask("GET", "/queries/mine/events", "shop")) == []
    world.ask("DELETE", "/queries/mine", "farm")
    assert world.ask("GET", "/queries/mine", "shop").status_code == 200


def test_prefixes_of_the_header_belong_to_the_query(world: World) -> None:
    declared = {"GS1-Extensions": "farm=https://farm.example/ns/"}
    query = {"EQ_farm:field": ["A"], "orderBy": "eventTime"}
    made = world.ask("POST", "/queries", json={"name": "a", "query": query}, headers=declared)
    assert made.status_code == 201, made.text
    kept = world.ask("GET", "/queries/a").json()["query"]
    assert kept == {**query, "@context": [{"farm": "https://farm.example/ns/"}]}
    answer = world.ask("GET", "/queries/a/events", params={"eventCountLimit": 3, "GE_eventTime": str(NOW)})
    assert (answer.status_code, steps_of(answer)) == (200, [])


def test_the_list_comes_in_pages_by_name(world: World) -> None:
    for number in range(5):
        world.ask("POST", "/queries", json={"name": f"q{number}", "query": {}})
    names: list[str] = []
    address = "/queries?perPage=2"
    while address:
        page = world.ask("GET", address)
        names += [query["name"] for query in page.json()]
        assert ("GS1-Next-Page-Token-Expires" in page.headers) == ("next" in page.links)
        address = page.links.get("next", {}).get("url", "")
    assert names == [f"q{number}" for number in range(5)]
    for wrong in ("perPage=0", "perPage=x", "nextPageToken=x", "nextPageToken=WzFd"):
        answer = world.ask("GET", f"/queries?{wrong}")
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")


UNFIT: list[tuple[Any, str, str]] = [
    ({"name": "a", "query": {"EQ_nothing": ["x"]}}, "QueryParameterException", "EQ_nothing"),
    ({"name": "a", "query": {"GE_eventTime": "soon"}}, "QueryParameterException", "GE_eventTime"),
    ({"name": "a"}, "QueryValidationException", "query"),
    ({"query": {}}, "QueryValidationException", "name"),
    ({"name": "a", "query": []}, "QueryValidationException", "query"),
    ({"name": "a", "query": {}, "more": 1}, "QueryValidationException", "query"),
    ({"name": "a/b", "query": {}}, "QueryValidationException", "name"),
    ({"name": "..", "query": {}}, "QueryValidationException", "name"),
    ({"name": " a", "query": {}}, "QueryValidationException", "name"),
    ({"name": "x" * 101, "query": {}}, "QueryValidationException", "name"),
    ([], "QueryValidationException", "name"),
]


def test_what_cannot_run_is_not_kept(world: World) -> None:
    for body, kind, where in UNFIT:
        answer = world.ask("POST", "/queries", json=body)
        assert answer.status_code == 400, answer.text
        assert (answer.json()["type"], answer.json()["where"]) == (f"epcisException:{kind}", where), body
    assert world.ask("GET", "/queries").json() == []


def test_what_is_no_json_is_refused(world: World) -> None:
    assert world.ask("POST", "/queries", content=b"{", headers=JSON).status_code == 400
    large = b'{"name": "' + b"x" * 70_000
    assert world.ask("POST", "/queries", content=large, headers=JSON).status_code == 413
    assert world.ask("POST", "/queries", content=b"<x/>").status_code == 415
    assert world.client.get("/queries").status_code == 401
    for path, allowed in (
        ("/queries", "POST"),
        ("/queries/a", "DELETE"),
        ("/queries/a/events", "GET"),
        ("/queries/a/subscriptions", "POST"),
    ):
        told = world.ask("OPTIONS", path)
        assert told.status_code == 204
        assert allowed in told.headers["Allow"].split(", ")
        assert told.headers["GS1-EPCIS-Version"]

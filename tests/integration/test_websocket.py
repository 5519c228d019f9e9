"""WebSockets of named queries: who may open one, what comes through it, and when it ends."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from tests.integration.test_named_queries import (
    JSON,
    NOW,
    SHOP,
    World,
    document,
    world,  # noqa: F401 # pyright: ignore[reportUnusedImport] (the fixture)
)

from suyuan.api.app import application
from suyuan.api.epcis import websocket
from suyuan.api.epcis.websocket import MOST_SOCKETS, Sockets
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.trace.store.accounts import (
    AccountRole,
    bind_account,
    create_account,
    create_token,
    disable_account,
    end_session,
    revoke_token,
    start_session,
)
from suyuan.trace.store.engine import Writing

STREAM = "/queries/q/events?stream=true"


@contextmanager
def opened(
    given: World, path: str = STREAM, who: str = "farm", **headers: str
) -> Generator[WebSocketTestSession]:
    token = {"Authorization": f"Bearer {given.tokens[who]}"} if who else {}
    with given.client.websocket_connect(path, headers={**token, **headers}) as socket:
        yield socket


def refused(given: World, path: str = STREAM, who: str = "farm", **headers: str) -> tuple[int, str]:
    with pytest.raises(WebSocketDenialResponse) as caught, opened(given, path, who, **headers):
        pass
    told = caught.value.json()
    assert told["detail"]
    return caught.value.status_code, told["type"].removeprefix("epcisException:")


def steps(socket: WebSocketTestSession) -> list[str]:
    told = orjson.loads(socket.receive_text())
    return [one["bizStep"] for one in told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]


@pytest.fixture
def asked(world: World) -> World:  # noqa: F811 (the fixture above)
    made = world.ask("POST", "/queries", json={"name": "q", "query": {"EQ_bizStep": ["shipping", "storing"]}})
    assert made.status_code == 201
    return world


def test_events_come_as_they_are_captured_and_others_do_not(asked: World) -> None:
    asked.capture("farm", "shipping")
    since = {"initialRecordTime": NOW.isoformat()}
    with (
        opened(asked, STREAM) as socket,
        opened(asked, f"{STREAM}&initialRecordTime={since['initialRecordTime']}") as past,
    ):
        assert socket.accepted_subprotocol is None
        assert steps(past) == ["shipping"]
        asked.capture("farm", "receiving", "storing", "shipping")
        asked.capture("shop", "shipping")
        assert steps(socket) == steps(past) == ["storing", "shipping"]
        asked.capture("farm", "storing")
        assert steps(socket) == ["storing"]


def test_who_may_not_ask_opens_nothing(asked: World) -> None:
    assert refused(asked, who="") == (401, "SecurityException")
    assert refused(asked, who="", Authorization="Bearer wrong") == (401, "SecurityException")
    assert refused(asked, Origin="https://elsewhere.example")[0] == 403
    assert refused(asked, **{"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"})[0] == 403
    assert refused(asked, who="shop") == (404, "NoSuchResourceException")
    with opened(asked, Origin="http://testserver"):
        pass


def test_a_page_from_elsewhere_opens_nothing_with_the_cookie_of_its_visitor(asked: World) -> None:
    with Writing(asked.house.engine) as writing:
        create_account(writing, "boss", role=AccountRole.ADMINISTRATOR, party="", now=NOW)
        secret = start_session(
            writing, "boss", now=NOW, randbytes=lambda n: b"x" * n, lifetime=NOW - NOW.replace(year=2025)
        )
    cookie = {"Cookie": f"suyuan={secret}"}
    assert refused(asked, who="", Origin="https://elsewhere.example", **cookie)[0] == 403
    assert (
        refused(asked, who="", Origin="http://testserver", **cookie)[0] == 404
    )  # its party has no such query


def test_what_cannot_be_subscribed_is_told_before_the_handshake(asked: World) -> None:
    for params in (
        "",
        "?stream=false",
        "?stream=true&minute=0",
        "?minute=60",
        "?stream=true&reportIfEmpty=maybe",
        "?stream=true&initialRecordTime=yesterday",
        "?stream=true&EQ_bizStep=shipping",
        "?stream=true&stream=true",
    ):
        assert refused(asked, f"/queries/q/events{params}") == (400, "SubscriptionControlsException"), params


def test_nothing_else_speaks_websocket(asked: World) -> None:
    for path in ("/", "/events", "/capture", "/queries", "/console", "/sign-in", "/queries/q/subscriptions"):
        with pytest.raises(WebSocketDisconnect), opened(asked, path):
            pass


def test_a_party_has_so_many_sockets_and_no_more(asked: World) -> None:
    application: Any = asked.client.app
    sockets: Sockets = application.state.sockets
    with opened(asked):
        for _ in range(MOST_SOCKETS - 1):
            sockets.enter("https://id.gs1.org/417/9521234000013")
        assert refused(asked) == (400, "SubscriptionControlsException")
        for _ in range(MOST_SOCKETS - 1):
            sockets.leave("https://id.gs1.org/417/9521234000013")
        with opened(asked):
            pass


def test_a_socket_ends_with_its_query_its_account_and_whoever_talks(asked: World) -> None:
    with opened(asked) as socket:
        socket.send_text("hello")
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1003
    with opened(asked) as socket, opened(asked, "/queries/q/events?hour=3") as daily:
        assert asked.ask("DELETE", "/queries/q").status_code == 204
        for one in (socket, daily):
            assert orjson.loads(one.receive_text())["type"] == "epcisException:NoSuchResourceException"
            with pytest.raises(WebSocketDisconnect) as ended:
                one.receive_text()
            assert ended.value.code == 1008
    asked.ask("POST", "/queries", json={"name": "q", "query": {}})
    with opened(asked) as socket:
        with Writing(asked.house.engine) as writing:
            disable_account(writing, "farm", NOW)
        asked.capture("shop", "shipping")
        ends_with(socket, 401)


def test_by_the_real_clock_a_schedule_reports_and_pages_of_others_are_refused_also_without_credentials(
    tmp_path: Path,
) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_INSECURE": "1"})
    house = open_house(settings)
    with TestClient(application(settings, house)) as client:
        given = World(client, house, {})
        assert client.post("/queries", json={"name": "q", "query": {}}).status_code == 201
        assert refused(given, who="", Origin="https://elsewhere.example")[0] == 403
        with opened(given, "/queries/q/events?second=[0-59]&reportIfEmpty=true", who="") as socket:
            assert steps(socket) == []
            assert client.post("/capture", content=document("shipping"), headers=JSON).status_code == 202
            assert ["shipping"] in (steps(socket), steps(socket))


def test_a_socket_ends_with_the_token_or_session_that_opened_it(
    asked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "LOOK_EVERY_S", 0.1)
    year = NOW.replace(year=2027) - NOW
    with Writing(asked.house.engine) as writing:
        asked.tokens["other"], other = create_token(writing, "farm", now=NOW, randbytes=lambda n: b"o" * n)
        session = start_session(writing, "farm", now=NOW, randbytes=lambda n: b"s" * n, lifetime=year)
        short = timedelta(seconds=60)  # sixty thousand looks at this clock
        asked.tokens["short"], _ = create_token(
            writing, "farm", now=NOW, randbytes=lambda n: b"t" * n, lifetime=short
        )
    daily = "/queries/q/events?hour=3"
    with (
        opened(asked, who="other") as stream,
        opened(asked, daily, who="other") as scheduled,
        opened(asked, who="", Cookie=f"suyuan={session}") as signed_in,
        opened(asked) as stays,
        opened(asked, who="short") as expires,
    ):
        with Writing(asked.house.engine) as writing:
            revoke_token(writing, other.id, NOW)
            end_session(writing, session)
        for socket in (stream, scheduled, signed_in):
            ends_with(socket, 401)
        asked.capture("farm", "shipping")
        assert steps(stays) == ["shipping"]
        assert steps(expires) == ["shipping"]
        for _ in range(60_001):
            asked.house.now()
        ends_with(expires, 401)
        asked.capture("farm", "storing")
        assert steps(stays) == ["storing"]
        with Writing(asked.house.engine) as writing:
            bind_account(writing, "farm", SHOP)
        ends_with(stays, 403)


def ends_with(socket: WebSocketTestSession, status: int) -> None:
    told = orjson.loads(socket.receive_text())
    assert (told["status"], told["type"]) == (status, "epcisException:SecurityException")
    with pytest.raises(WebSocketDisconnect) as ended:
        socket.receive_text()
    assert (ended.value.code, ended.value.reason) == (1008, told["detail"])

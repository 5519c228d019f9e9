"""The application over a real store: who may do what, and what each kind of bad input gets."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.authority import ensure_authority
from suyuan.api.house import House, open_house
from suyuan.api.settings import SettingInvalid, Settings, read_settings
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
AUTHORITY = "https://ns.suyuan.example/party/bureau"
PASSWORD = "a long sentence of the regulator"
ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
SSCC = "https://id.gs1.org/00/095212340000000015"


@dataclass(frozen=True, slots=True)
class World:
    client: TestClient
    house: House
    token: str

    def post(self, content: bytes, **headers: str) -> Any:
        return self.client.post(
            "/capture",
            content=content,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def sign_in(self) -> None:
        answer = self.client.post(
            "/sign-in",
            data={"name": "officer", "password": PASSWORD},
            headers={"Origin": "http://testserver"},
            follow_redirects=False,
        )
        assert answer.status_code == 303


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    house = open_house(settings, lambda: NOW)
    with Writing(house.engine) as writing:
        ensure_authority(writing, AUTHORITY, name="局", now=NOW)
        create_account(
            writing, "officer", role=AccountRole.REGULATOR, party=AUTHORITY, now=NOW, password=PASSWORD
        )
        create_account(
            writing, "dock", role=AccountRole.STATION, party="urn:epc:id:pgln:9521234.00000", now=NOW
        )
        token, _ = create_token(writing, "dock", now=NOW, randbytes=lambda count: bytes(range(count)))
    with TestClient(application(settings, house, lambda: NOW)) as client:
        yield World(client, house, token)


def document(*events: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": list(events)},
        }
    )


def commissioning(**other: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:0193429a-0000-7000-8000-000000000001",
        "eventTime": "2026-11-19T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [ITEM],
        "action": "ADD",
        "bizStep": "commissioning",
        "bizLocation": {"id": "https://id.gs1.org/414/9521234000006"},
        **other,
    }


def test_a_captured_event_is_durable_known_and_traceable(world: World) -> None:
    answer = world.post(document(commissioning()))
    assert answer.status_code == 202
    job = world.client.get(
        answer.headers["Location"], headers={"Authorization": f"Bearer {world.token}"}
    ).json()
    assert (job["running"], job["success"], job["suyuan:captured"]) == (False, True, 1)
    assert world.post(document(commissioning())).status_code == 202  # again: acknowledged, not stored twice
    world.sign_in()
    found = world.client.get("/events", params={"MATCH_epc": ITEM}).json()
    assert [event["epcList"] for event in found["epcisBody"]["queryResults"]["resultsBody"]["eventList"]] == [
        [ITEM]
    ]
    trace = world.client.get("/trace", params={"suspect": ITEM}).json()
    assert [state["key"] for state in trace["states"] if not state["carrier"]] == [ITEM]
    page = world.client.get("/01/09521234000013/21/7001")
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", {}, 400, "epcis-invalid"),
        (b"\xff\xfe", {}, 400, "epcis-invalid"),
        (b"[" * 100_000, {}, None, None),
        (document(commissioning(type="NoSuchEvent")), {}, 202, None),
        (document(commissioning(epcList=["https://id.gs1.org/01/09521234000014/21/7001"])), {}, 202, None),
        (b"x" * (16 * 1024 * 1024 + 1), {}, 413, "too-large"),
        (gzip.compress(b"0" * (20 * 1024 * 1024)), {"Content-Encoding": "gzip"}, 413, "too-large"),
        (b"not gzip", {"Content-Encoding": "gzip"}, 400, "capture-wrong"),
        (b"{}", {"Content-Type": "text/csv"}, 415, "unsupported-media-type"),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
            {"Content-Type": "application/xml"},
            400,
            "epcis-invalid",
        ),
        (b"{}", {"GS1-Capture-Error-Behaviour": "whatever"}, 400, "capture-wrong"),
    ],
    ids=[
        "cut off",
        "not UTF-8",
        "deep",
        "unknown type",
        "check digit",
        "large",
        "gzip bomb",
        "not gzip",
        "media type",
        "DOCTYPE",
        "behaviour",
    ],
)
def test_bad_documents_get_a_clear_problem_and_leave_nothing(
    world: World, content: bytes, headers: dict[str, str], status: int | None, code: str | None
) -> None:
    answer = world.post(content, **{name.replace("-", "_"): value for name, value in headers.items()})
    if answer.status_code == 202:  # refused event by event: the job says why
        job = world.client.get(
            answer.headers["Location"], headers={"Authorization": f"Bearer {world.token}"}
        ).json()
        assert not job["success"]
        assert job["errors"][0]["detail"]
        assert job["errors"][0]["where"]
    else:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert problem["detail"]
        assert status is None or answer.status_code == status
        assert code is None or problem["code"] == code
    assert world.house.follow() == 0
    assert world.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/events", "/capture/x", "/trace?suspect=x", "/blocklist", "/capture"])
def test_everything_but_the_consumer_page_needs_credentials(world: World, path: str) -> None:
    answer = world.client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    wrong = world.client.get(path, headers={"Authorization": "Bearer sy_wrong"})
    assert wrong.json()["code"] == "credentials-wrong"


def test_the_console_sends_a_stranger_to_the_sign_in_page_and_back(world: World) -> None:
    answer = world.client.get("/console/search?q=a", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fconsole%2Fsearch%3Fq%3Da"


def test_a_station_may_not_see_the_console(world: World) -> None:
    answer = world.client.get("/console", headers={"Authorization": f"Bearer {world.token}"})
    assert answer.status_code == 403


def test_a_wrong_password_is_told_on_the_page(world: World) -> None:
    answer = world.client.post(
        "/sign-in",
        data={"name": "officer", "password": "x" * 20},
        headers={"Origin": "http://testserver"},
    )
    assert answer.status_code in (400, 401)
    assert "suyuan" not in world.client.cookies


@pytest.mark.parametrize(
    "evil", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:x"]
)
def test_sign_in_goes_nowhere_else(world: World, evil: str) -> None:
    answer = world.client.post(
        "/sign-in",
        data={"name": "officer", "password": PASSWORD, "next": evil},
        headers={"Origin": "http://testserver"},
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/console"


def test_a_foreign_page_cannot_post_in_our_name(world: World) -> None:
    world.sign_in()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        answer = world.client.post("/sign-out", headers=headers, follow_redirects=False)
        assert answer.status_code == 403
    assert world.client.get("/console").status_code == 200
    world.client.post("/sign-out", headers={"Origin": "http://testserver"})
    assert world.client.get("/console", follow_redirects=False).status_code == 303


def test_pages_carry_a_strict_policy_and_set_no_cookie(world: World) -> None:
    answer = world.client.get("/01/09521234000013/21/404")
    assert answer.status_code == 404
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


def test_insecure_serves_loopback_only() -> None:
    assert read_settings({"SUYUAN_INSECURE": "1"}).insecure
    with pytest.raises(SettingInvalid, match="loopback"):
        read_settings({"SUYUAN_INSECURE": "1", "SUYUAN_HOST": "192.0.2.1"})


def test_a_time_at_the_end_of_the_calendar_is_refused(world: World) -> None:
    answer = world.post(document(commissioning(eventTime="9999-12-31T23:59:59Z")))
    assert b"9999-12-31" in (
        answer.content
        or world.client.get(
            answer.headers["Location"], headers={"Authorization": f"Bearer {world.token}"}
        ).content
    )
    assert world.house.follow() == 0


def test_the_type_of_a_problem_leads_to_its_meaning(world: World) -> None:
    told = world.client.get("/problems/check-digit-wrong").json()
    assert (told["code"], told["status"]) == ("check-digit-wrong", 400)
    assert world.client.get("/problems/nonsense").status_code == 404

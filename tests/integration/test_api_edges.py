"""The edges of the HTTP interface: headers, methods, forms of answers, and what hostile callers get."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.attempts import PER_ADDRESS, PER_NAME, WINDOW, Attempts, TooManyAttempts
from suyuan.api.authority import ensure_authority
from suyuan.api.house import House, open_house
from suyuan.api.limits import FORM_LIMIT
from suyuan.api.parameters import misread
from suyuan.api.problems import preferred
from suyuan.api.settings import SettingInvalid, Settings, read_settings
from suyuan.portal.language import Speech
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import DatabaseUnavailable, Writing

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
AUTHORITY = "https://ns.suyuan.example/party/bureau"
PASSWORD = "a long sentence of the regulator"
ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
OURS = {"Origin": "http://testserver"}


@dataclass
class World:
    client: TestClient
    house: House
    station: dict[str, str]
    officer: dict[str, str]
    clock: list[datetime] = field(default_factory=list[datetime])

    def sign_in(self, password: str = PASSWORD, name: str = "officer", **data: str) -> Any:
        form = {"name": name, "password": password, **data}
        return self.client.post("/sign-in", data=form, headers=OURS, follow_redirects=False)

    def tell(self, **other: Any) -> Any:
        event = {
            "@context": [
                "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                {"suyuan": "https://ns.suyuan.example/"},
            ],
            "type": "ObjectEvent",
            "eventTime": "2026-11-19T23:30:00Z",
            "eventTimeZoneOffset": "+08:00",
            "epcList": [ITEM],
            "action": "ADD",
            "bizStep": "commissioning",
            **other,
        }
        headers = {**self.station, "Content-Type": "application/json"}
        return self.client.post("/events", content=orjson.dumps(event), headers=headers)


def accounts(engine: Engine) -> tuple[dict[str, str], dict[str, str]]:
    with Writing(engine) as writing:
        ensure_authority(writing, AUTHORITY, name="局", now=NOW)
        create_account(
            writing, "officer", role=AccountRole.REGULATOR, party=AUTHORITY, now=NOW, password=PASSWORD
        )
        create_account(writing, "dock", role=AccountRole.STATION, party="", now=NOW)
        station, _ = create_token(writing, "dock", now=NOW, randbytes=lambda count: bytes(range(count)))
        officer, _ = create_token(
            writing, "officer", now=NOW, randbytes=lambda count: bytes(range(1, count + 1))
        )
    return {"Authorization": f"Bearer {station}"}, {"Authorization": f"Bearer {officer}"}


def settings(tmp_path: Path, **other: str) -> Settings:
    return read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver", **other})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = [NOW]
    house = open_house(settings(tmp_path), lambda: clock[0])
    station, officer = accounts(house.engine)
    with TestClient(application(settings(tmp_path), house, lambda: clock[0])) as client:
        yield World(client, house, station, officer, clock)


# Sign-in


def test_guessing_one_account_is_stopped_and_told_how_long(world: World) -> None:
    attempts = Attempts(lambda: world.clock[0])
    for number in range(PER_NAME):
        world.clock[0] = NOW + timedelta(seconds=number)
        attempts.begin("officer", f"192.0.2.{number}")
    world.clock[0] = NOW + timedelta(minutes=5)
    with pytest.raises(TooManyAttempts) as refused:
        attempts.begin("officer", "198.51.100.1")
    assert refused.value.fields["seconds"] == 600
    attempts.begin("another", "198.51.100.1")
    world.clock[0] = NOW + WINDOW
    attempts.begin("officer", "198.51.100.1")


def test_guessing_many_accounts_from_one_address_is_stopped_and_success_is_no_failure() -> None:
    attempts = Attempts(lambda: NOW)
    for number in range(PER_ADDRESS * 2):
        attempts.begin("officer", "192.0.2.1")
        attempts.succeeded("officer", "192.0.2.1")
        if number % 2:
            attempts.begin(f"name {number}", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        attempts.begin("officer", "192.0.2.1")
    attempts.begin("officer", "192.0.2.2")


def test_too_many_attempts_are_refused_even_with_the_right_password(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.attempts.PER_NAME", 2)
    assert [world.sign_in("x" * 20).status_code for _ in range(2)] == [401, 401]
    refused = world.sign_in()
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "900"
    assert (refused.json()["code"], refused.json()["seconds"]) == ("too-many-attempts", 900)
    world.clock[0] += WINDOW
    assert world.sign_in().status_code == 303


def test_signing_in_again_ends_the_session_before_it(world: World) -> None:
    world.sign_in()
    first = world.client.cookies["suyuan"]
    world.sign_in()
    assert world.client.cookies["suyuan"] != first
    stale = {"Cookie": f"suyuan={first}"}
    world.client.cookies.clear()
    assert world.client.get("/console", headers=stale, follow_redirects=False).status_code == 303


def test_a_session_that_somebody_chose_is_not_taken_over(world: World) -> None:
    world.client.cookies.set("suyuan", "chosen")
    assert "suyuan=chosen" not in world.sign_in().headers["set-cookie"]


@pytest.mark.parametrize("next_", ["http://[", "/\\evil.example", "//evil.example", "/\r\nx", ""])
def test_no_next_address_breaks_or_misleads_the_sign_in(world: World, next_: str) -> None:
    assert world.sign_in(next=next_).headers["location"] == "/console"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://["},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_foreign_origin_however_spelled_signs_nobody_in(world: World, headers: dict[str, str]) -> None:
    data = {"name": "officer", "password": PASSWORD}
    assert world.client.post("/sign-in", data=data, headers=headers).status_code == 403


def test_the_cookie_is_for_us_alone(tmp_path: Path) -> None:
    secure = settings(tmp_path, SUYUAN_PUBLIC_URL="https://testserver")
    house = open_house(secure, lambda: NOW)
    accounts(house.engine)
    with TestClient(application(secure, house, lambda: NOW), base_url="https://testserver") as client:
        data = {"name": "officer", "password": PASSWORD}
        answer = client.post(
            "/sign-in", data=data, headers={"Origin": "https://testserver"}, follow_redirects=False
        )
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("__host-suyuan=")
        assert all(flag in cookie for flag in ("secure", "httponly", "samesite=lax", "path=/"))
        assert "domain" not in cookie
        assert "strict-transport-security" in client.get("/").headers


def test_without_credentials_a_foreign_page_still_cannot_post(tmp_path: Path) -> None:
    insecure = settings(tmp_path, SUYUAN_INSECURE="1")
    house = open_house(insecure, lambda: NOW)
    with TestClient(application(insecure, house, lambda: NOW)) as client:
        headers = {"Content-Type": "application/json"}
        assert client.post("/capture", content=b"{}", headers=headers).status_code == 400
        headers["Sec-Fetch-Site"] = "cross-site"
        assert client.post("/capture", content=b"{}", headers=headers).status_code == 403


# Bodies


def test_a_stranger_is_refused_before_the_body_is_read(world: World) -> None:
    answer = world.client.post("/capture", content=b"x" * (17 << 20), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 401


def test_a_huge_form_is_not_kept_in_memory(world: World) -> None:
    answer = world.client.post("/sign-in", data={"name": "x" * FORM_LIMIT}, headers=OURS)
    assert answer.status_code == 413


@pytest.mark.parametrize("tail", [b"junk", gzip.compress(b"{}", mtime=0)], ids=["junk", "another stream"])
def test_nothing_may_follow_the_gzip_stream(world: World, tail: bytes) -> None:
    headers = {**world.station, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = world.client.post("/capture", content=gzip.compress(b"{}") + tail, headers=headers)
    assert (answer.status_code, answer.json()["where"]) == (400, "Content-Encoding")


# EPCIS 2.0 §12


@pytest.mark.parametrize("path", ["/capture", "/events", "/capture/x", "/events/urn:x"])
def test_options_tell_versions_and_methods(world: World, path: str) -> None:
    answer = world.client.options(path)
    assert answer.status_code == 204
    assert "OPTIONS" in answer.headers["allow"]
    names = (
        "EPCIS-Version EPCIS-Min EPCIS-Max CBV-Version CBV-Min CBV-Max EPC-Format CBV-XML-Format Extensions"
    )
    for name in names.split():
        assert answer.headers[f"GS1-{name}"], name
    assert ("GS1-EPCIS-Capture-Limit" in answer.headers) == (path == "/capture")


def test_the_location_of_an_event_leads_to_it(world: World) -> None:
    posted = world.tell()
    assert posted.status_code == 201
    assert posted.headers["location"].startswith("/events/ni%3A%2F%2F%2Fsha-256%3B")
    found = world.client.get(posted.headers["location"], headers=world.officer)
    assert found.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]["epcList"] == [ITEM]
    again = world.tell()
    assert again.status_code == 409
    assert quote(again.json()["detail"].split()[2], safe="") in posted.headers["location"]
    assert world.client.get("/events/urn%3Ax%7Curn%3Ay", headers=world.officer).status_code == 404


def test_pages_of_events_have_limits_and_end(world: World) -> None:
    for number in range(3):
        world.tell(epcList=[f"{ITEM}{number}"])
    first = world.client.get("/events?perPage=2", headers=world.officer)
    assert len(first.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 2
    last = world.client.get(first.links["next"]["url"], headers=world.officer)
    assert len(last.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 1
    assert "next" not in last.links
    for wrong in ("0", "-1", "x", "1" * 40):
        assert world.client.get(f"/events?perPage={wrong}", headers=world.officer).status_code == 400


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("application/xml", "application/xml"),
        ("application/json;q=0.1, application/xml", "application/xml"),
        ("application/xml;q=0, application/*", "application/json"),
        ("TEXT/XML", "text/xml"),
        ("application/ld+json", "application/ld+json"),
        ("text/csv", None),
        ("application/json;q=nan", None),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),  # Java's own
        ("*", "application/json"),
        ("application/json;q=0.9999, text/xml;q=1.0000", "text/xml"),
        ("application/json;q=.0, *;q=0.", None),
        (";;;,,", None),
    ],
)
def test_the_form_of_the_answer_is_the_one_that_was_asked_for(
    world: World, accept: str, expected: str | None
) -> None:
    offered = ("application/json", "application/ld+json", "application/xml", "text/xml")
    assert preferred(accept, offered) == expected
    answer = world.client.get("/events", headers={**world.officer, "Accept": accept})
    if expected is None:
        assert (answer.status_code, answer.json()["type"]) == (406, "epcisException:NotAcceptableException")
    else:
        assert answer.headers["content-type"].removesuffix("; charset=utf-8") == expected


def test_what_the_framework_says_of_a_value_is_not_repeated_in_its_english() -> None:
    told = {"type": "string_pattern_mismatch", "loc": ("query", "x"), "input": "y", "msg": "String should"}
    error = misread([told])
    assert (error.detail, error.where) == ("y is not taken here.", "x")
    assert Speech("zh-CN").error(error) == "此处不接受 y。"


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", f"{ITEM.removeprefix('https://id.gs1.org')}", "/events", "/blocklist"]
)
def test_head_answers_like_get_without_a_body(world: World, path: str) -> None:
    world.tell()
    headers = world.station if path == "/blocklist" else world.officer
    got, head = world.client.get(path, headers=headers), world.client.head(path, headers=headers)
    assert (head.status_code, got.status_code, head.content) == (200, 200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


def test_a_wrong_method_is_told_the_right_ones(world: World) -> None:
    for path, method, right in (
        ("/", "DELETE", "GET, HEAD, OPTIONS"),
        ("/events", "PUT", "GET, HEAD, OPTIONS, POST"),
        ("/bizSteps/shipping/events", "POST", "GET, HEAD, OPTIONS"),
        ("/nextPageToken/x", "GET", "DELETE, OPTIONS"),
        ("/sign-out", "GET", "POST"),
    ):
        answer = world.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, right), path


# Hostile content, times at the end of the calendar, and faults


@pytest.mark.parametrize("check", ["x", [1], 7, {"what": 5, "by": ["x"], "document": {}}])
def test_a_check_of_any_shape_leaves_the_page_alone(world: World, check: Any) -> None:
    told = world.tell(**{"suyuan:check": check, "bizStep": "inspecting"})
    assert told.status_code == 201
    assert world.client.get("/01/09521234000013/21/7001").status_code == 200


def test_a_morning_in_china_is_that_day_in_china(world: World) -> None:
    world.tell(ilmd={"cbvmda:bestBeforeDate": "2026-11-21T20:00:00Z"})
    world.tell(bizStep="inspecting", action="OBSERVE")
    passport = world.house.passport("/01/09521234000013/21/7001")
    assert [check.on.isoformat() for check in passport.checks] == ["2026-11-20"]
    assert (str(passport.best_before_date), passport.days_left) == ("2026-11-22", 2)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B08:00", "9999-12-31T23:59:59-08:00"])
def test_a_time_outside_the_calendar_is_bad_input(world: World, moment: str) -> None:
    for name in ("from_time", "to_time", "known_at"):
        answer = world.client.get(f"/trace?suspect={quote(ITEM)}&{name}={moment}", headers=world.officer)
        assert (answer.status_code, answer.json()["where"]) == (400, name)


def test_a_database_that_is_away_is_told_without_its_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> int:
        raise DatabaseUnavailable("The database at {address} does not answer", address="db.internal/secret")

    monkeypatch.setattr(world.house, "follow", away)
    for accept in ("application/json", "text/html"):
        answer = world.client.get("/readyz", headers={"Accept": accept})
        assert answer.status_code == 503
        assert "internal" not in answer.text
    assert world.client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUYUAN_TIME_ZONE", "Mars/Olympus"),
        ("SUYUAN_TIME_ZONE", "../../etc/passwd"),
        ("SUYUAN_PUBLIC_URL", "http://["),
        ("SUYUAN_PUBLIC_URL", "ftp://x"),
        ("SUYUAN_PORT", "٣"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as refused:
        read_settings({name: value})
    assert refused.value.where == name

"""Stations' numbers as people and programs see them: on the page of devices, at an interface, in a header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.portal.device_pages import state_of_numbers
from suyuan.readers.station.delivery import REPEATED, document
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.station_numbers import Run, Standing

SHOP = "https://id.gs1.org/417/9521234000013"
RIVAL = "https://id.gs1.org/417/9521234000037"
URL = "http://testserver"
PASSWORD = "a long sentence of somebody"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class World:
    """One platform with a company, its rival, and a station of each."""

    def __init__(self, folder: Path) -> None:
        settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": URL})
        self.now = NOON
        self.house: House = open_house(settings, lambda: self.now)
        self.tokens: dict[str, str] = {}
        with Writing(self.house.engine) as writing:
            for name, role, party in (
                ("boss", AccountRole.COMPANY, SHOP),
                ("rival", AccountRole.COMPANY, RIVAL),
                ("dock", AccountRole.STATION, SHOP),
                ("officer", AccountRole.REGULATOR, SHOP),
            ):
                create_account(writing, name, role=role, party=party, now=NOON, password=PASSWORD)
                self.tokens[name], _ = create_token(writing, name, now=NOON, randbytes=bytes_of(name))
        self.client = TestClient(application(settings, self.house, lambda: self.now))

    def send(self, *numbers: int, of: str = "") -> Any:
        events = [event(number, of or str(number)) for number in numbers]
        headers = {**self.bearer("dock"), "Content-Type": "application/json"}
        answer = self.client.post("/capture", content=document(events, self.now), headers=headers)
        assert answer.status_code == 202, answer.text
        return answer

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def stations(self, name: str) -> Any:
        return self.client.get("/api/stations", headers=self.bearer(name))

    def page(self, language: str) -> str:
        self.client.cookies.clear()
        told = {"name": "boss", "password": PASSWORD}
        self.client.post("/sign-in", data=told, headers={"Origin": URL}, follow_redirects=False)
        answer = self.client.get(
            "/console/devices", params={"lang": language}, headers={"Accept": "text/html"}
        )
        assert answer.status_code == 200, answer.text
        return re.sub(r"<[^>]+>|\s+", " ", answer.text)


def bytes_of(name: str) -> Callable[[int], bytes]:
    def made(count: int) -> bytes:
        return (name.encode() * count)[:count]

    return made


def event(number: int, name: str) -> bytes:
    return orjson.dumps(
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "eventID": f"urn:uuid:{name}",
            "eventTime": NOON.isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": ["https://id.gs1.org/01/09521234000013/21/1"],
            "suyuan:station": "dock",
            "suyuan:sequence": number,
        }
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    with made.client:
        yield made


def test_a_missing_number_is_on_the_page_after_a_minute_and_at_the_interface(world: World) -> None:
    world.send(1, 2, 5)
    (told,) = world.stations("boss").json()["stations"]
    assert (told["station"], told["party"], told["highest"]) == ("dock", SHOP, 5)
    assert [(run["first"], run["last"]) for run in told["missing"]] == [(3, 4)]
    assert not told["overdue"]
    world.now += timedelta(seconds=61)
    assert world.stations("boss").json()["stations"][0]["overdue"]
    assert "numbers missing" in world.page("en")
    assert "3 to 4, since" in world.page("en")
    assert "was refused by the platform" in world.page("en")
    assert "Only the first" not in world.page("en")
    assert "有缺号" in world.page("zh-CN")
    world.send(3, 4)
    assert "numbers missing" not in world.page("en")
    assert world.stations("boss").json()["stations"][0]["missing"] == []


def test_two_stations_under_one_name_are_told_to_both_and_on_the_page(world: World) -> None:
    assert REPEATED not in world.send(1, 2).headers
    assert world.send(2, of="another's").headers[REPEATED] == "dock;2"
    assert world.send(3).headers[REPEATED] == "dock;2"
    assert "number used twice" in world.page("en")
    assert "编号重复" in world.page("zh-CN")
    (told,) = world.stations("boss").json()["stations"]
    assert told["repeatedNumber"] == 2


def test_a_header_names_a_few_stations_however_many_a_document_has(world: World) -> None:
    headers = {**world.bearer("dock"), "Content-Type": "application/json"}
    for of in ("a", "b"):
        events = [
            orjson.dumps({**orjson.loads(event(1, f"{of}{n}")), "suyuan:station": f"门{n}" * 60})
            for n in range(50)
        ]
        answer = world.client.post("/capture", content=document(events, world.now), headers=headers)
    assert answer.headers[REPEATED].count(";1") == 4
    assert len(answer.headers[REPEATED]) < 8_000


def test_stations_are_their_companys_business(world: World) -> None:
    world.send(1)
    assert world.stations("rival").json() == {"stations": []}
    for name in ("dock", "officer"):
        assert world.stations(name).status_code == 403
    assert world.client.get("/api/stations").status_code == 401


@pytest.mark.parametrize(
    ("missing_s", "repeated_s", "heard_s", "word"),
    [
        (None, None, 0, "whole"),
        (60, None, 0, "whole"),
        (61, None, 0, "missing"),
        (None, None, 90_000, "silent"),
        (61, 3_599, 90_000, "repeated"),
        (None, 3_600, 0, "whole"),
    ],
)
def test_the_word_about_a_station(
    missing_s: float | None, repeated_s: float | None, heard_s: float, word: str
) -> None:
    def ago(seconds: float) -> datetime:
        return NOON - timedelta(seconds=seconds)

    missing = () if missing_s is None else (Run(2, 3, ago(missing_s)),)
    repeated = None if repeated_s is None else ago(repeated_s)
    standing = Standing(SHOP, "dock", 9, ago(heard_s), missing, repeated, repeated and 4)
    assert state_of_numbers(standing, NOON) == word

"""Scans over HTTP: what is counted and shown, what is kept of whom, and what guessing brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.recall.passport import Seen
from suyuan.trace.scan.look import Look
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.scans import Scan, batch_scans, scans_of

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PARTY = "https://ns.suyuan.example/party/dairy"
GTIN = "09521234000013"
PATH = f"/p/01/{GTIN}/21/7001"
KEY = f"https://id.gs1.org/01/{GTIN}/21/7001"
PHONE = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 "
    "Mobile Safari/537.36"
)
BROWSER = {"User-Agent": PHONE, "Accept": "text/html", "Accept-Language": "en"}
VISITOR = "203.0.113.7"


@dataclass
class World:
    client: TestClient
    house: House
    clock: list[datetime] = field(default_factory=list[datetime])

    def look(self, path: str = PATH, address: str = VISITOR, **headers: str) -> Any:
        told = {**BROWSER, "X-Forwarded-For": address, **headers}
        return self.client.get(path, headers=told, follow_redirects=False)

    def later(self, **time: float) -> None:
        self.clock[0] += timedelta(**time)

    def written(self, key: str = KEY) -> list[Scan]:
        """The scans of a code, once all that waits is written."""
        while self.house.scanning.log.write():
            pass
        self.house.scanning.log.write_probes(self.clock[0])
        with Reading(self.house.engine) as reading:
            return scans_of(reading, key)

    def seen(self) -> Seen:
        self.written()
        return self.house.looked_at(
            self.house.passport(PATH.removeprefix("/p")), Look(self.clock[0], is_scan=False)
        )


def settings(folder: Path, **other: str) -> Settings:
    told = {"SUYUAN_PUBLIC_URL": "http://testserver", "SUYUAN_TRUSTED_PROXY": "127.0.0.1"}
    return read_settings({"SUYUAN_VAR": str(folder), **told, **other})


@pytest.fixture
def limit() -> str:
    return "12000"


@pytest.fixture
def world(tmp_path: Path, limit: str) -> Iterator[World]:
    clock = [NOW]
    set_up = settings(tmp_path, SUYUAN_SCAN_LIMIT=limit)
    house = open_house(set_up, lambda: clock[0])
    capture(house, "7001", "7002")
    app = application(set_up, house, lambda: clock[0])
    client = TestClient(app, client=("127.0.0.1", 50_000))  # no life: what waits is written when asked for
    yield World(client, house, clock)
    house.close()


def capture(house: House, *serials: str) -> None:
    told = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventTime": "2026-11-19T23:30:00Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"https://id.gs1.org/01/{GTIN}/21/{serial}" for serial in serials],
        "quantityList": [{"epcClass": f"https://id.gs1.org/01/{GTIN}", "quantity": 5}],
        "action": "ADD",
        "bizStep": "commissioning",
    }
    house.capture_event(orjson.dumps(told), "application/json", by=CapturedBy(PARTY))


def test_the_first_look_counts_and_the_next_is_told_of_it(world: World) -> None:
    assert world.look().status_code == 200
    assert world.seen().count == 1
    world.later(minutes=11)
    world.look()
    seen = world.seen()
    assert (seen.count, seen.first) == (2, datetime(2026, 11, 19, 16, 0, tzinfo=UTC)), (
        "since a day of the house"
    )


def test_a_page_that_is_opened_again_at_once_is_the_same_scan(world: World) -> None:
    for _ in range(3):
        world.look()
    world.look(**{"Accept-Language": "zh-CN"})
    world.look(f"{PATH}?large=1")
    assert len(world.written()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"User-Agent": "Mozilla/5.0 (compatible; DingTalkBot-LinkService/1.0)"},
        {"User-Agent": "curl/8.15"},
        {"If-None-Match": '"x"'},
        {"Cookie": "suyuan=of-an-officer"},
    ],
)
def test_what_nobody_looks_at_is_not_counted(world: World, headers: dict[str, str]) -> None:
    assert world.look(**headers).status_code in (200, 304)
    world.client.head(PATH, headers={**BROWSER, "X-Forwarded-For": VISITOR})
    assert world.written() == []


def test_of_a_visitor_nothing_is_kept_but_a_number_of_the_day(world: World, tmp_path: Path) -> None:
    world.look()
    world.later(minutes=20)
    world.look(address="203.0.113.200")
    world.later(days=1)
    world.look()
    first, neighbour, tomorrow = world.written()
    assert first.visitor == neighbour.visitor, "a network, not an address"
    assert first.visitor != tomorrow.visitor
    assert len(first.visitor) == 8
    world.house.engine.dispose()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert b"203.0.113" not in content, path
        assert b"Pixel" not in content, path


def test_no_line_of_the_log_tells_who_asked(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    world.look()
    world.look("/p/01/09521234000013/21/NEVER")
    world.look("/01/09521234000014")
    out, err = capfd.readouterr()
    assert not re.search(r"203\.0\.113|Pixel", out + err + caplog.text)


def test_a_visitor_may_tell_the_city_and_it_is_no_second_scan(world: World) -> None:
    page = world.look()
    assert f"/whereabouts?code=/01/{GTIN}/21/7001" in page.text.replace("%2F", "/")
    asked = world.look(f"/whereabouts?code=/01/{GTIN}/21/7001")
    assert asked.status_code == 200
    assert 'value="330100"' in asked.text
    world.later(seconds=20)
    form = {"code": f"/01/{GTIN}/21/7001", "place": "330100"}
    headers = {**BROWSER, "X-Forwarded-For": VISITOR}
    answer = world.client.post("/whereabouts", data=form, headers=headers, follow_redirects=False)
    assert answer.status_code == 303
    assert "Thank you" in world.look(answer.headers["location"]).text
    assert [one.place for one in world.written()] == ["", "330100"]
    assert world.seen().count == 1


def test_places_that_do_not_exist_or_come_from_other_pages_are_not_noted(world: World) -> None:
    code = f"/01/{GTIN}/21/7001"
    headers = {**BROWSER, "X-Forwarded-For": VISITOR}
    wrong = world.client.post("/whereabouts", data={"code": code, "place": "nowhere"}, headers=headers)
    assert wrong.status_code == 400
    assert "Choose the city" in wrong.text
    elsewhere = {**headers, "Sec-Fetch-Site": "cross-site"}
    world.client.post("/whereabouts", data={"code": code, "place": "330100"}, headers=elsewhere)
    outside = world.client.post(
        "/whereabouts", data={"code": "//evil.example", "place": "330100"}, headers=headers
    )
    assert outside.status_code == 400
    assert world.look("/whereabouts?code=/01/09521234000013/21/NEVER").status_code == 404
    assert world.written() == []


def test_who_never_opened_the_page_tells_no_place(world: World) -> None:
    """Else a few requests from one address would accuse any code."""
    form = {"code": f"/01/{GTIN}/21/7001", "place": "650100"}
    headers = {**BROWSER, "X-Forwarded-For": VISITOR}
    assert world.client.post("/whereabouts", data=form, headers=headers).status_code == 200
    assert world.written() == []


@pytest.mark.parametrize(("language", "words"), [("en", "180 days"), ("zh-CN", "180 天")])
def test_the_page_on_privacy_says_what_is_true(world: World, language: str, words: str) -> None:
    page = world.look(f"/privacy?lang={language}")
    assert page.status_code == 200
    assert words in page.text
    assert "set-cookie" not in page.headers
    assert "/privacy" in world.look(PATH).text, "the footer leads there"


# Guessing


def guess(world: World, number: int, address: str = VISITOR) -> None:
    for serial in range(number):
        assert world.look(f"/p/01/{GTIN}/21/{80_000 + serial}", address).status_code == 404


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each request had to wait, without waiting."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("suyuan.api.scan_limits.FREE_MISSES", 3)
    monkeypatch.setattr("suyuan.api.scan_limits.sleep", sleep)
    return waited


FORMS = (
    PATH,
    "/01/{gtin}/21/7001",
    "/01/{gtin}/21/7001?linkType=linkset",
    "/api/verdict?code=/01/{gtin}/21/7001",
)


def test_who_guessed_waits_for_known_and_unknown_codes_alike(world: World, slept: list[float]) -> None:
    guess(world, 3)
    assert slept == []
    known, unknown = world.look(), world.look(f"/p/01/{GTIN}/21/90000")
    assert (known.status_code, unknown.status_code) == (200, 404)
    assert len(slept) == 2
    assert slept[0] < slept[1] <= slept[0] + 1
    for form in FORMS:
        world.look(form)
    assert len(slept) == 2 + len(FORMS), "whatever way it is asked"
    assert world.look(address="203.0.113.8").status_code == 200
    assert len(slept) == 2 + len(FORMS), "a neighbour has an address of its own"


@pytest.mark.parametrize(("language", "words"), [("en", "Too many codes"), ("zh-CN", "查询过于频繁")])
def test_where_many_wait_the_refusal_is_the_same_for_any_code(
    world: World, slept: list[float], language: str, words: str
) -> None:
    guess(world, 3)
    for _ in range(10):
        world.look()
    refused = [
        world.look(path, **{"Accept-Language": language})
        for path in (PATH, f"/p/01/{GTIN}/21/NEVER", "/p/01/09521234000020/21/1", f"/p/01/{GTIN}/10/NO")
    ]
    assert {answer.status_code for answer in refused} == {429}
    assert all(0 < int(answer.headers["retry-after"]) <= 2 for answer in refused)
    assert words in refused[0].text
    told = {answer.text.replace(answer.request.url.path, "") for answer in refused}
    assert len({re.sub(r"[0-9]+ (seconds|秒)", "", text) for text in told}) == 1
    assert slept


def test_a_shop_whose_codes_are_known_never_waits(world: World, slept: list[float]) -> None:
    for _ in range(40):
        assert world.look().status_code == 200
    assert slept == []


@pytest.mark.parametrize("limit", ["5"])
def test_there_is_a_limit_on_everything_too(world: World) -> None:
    assert [world.look().status_code for _ in range(5)] == [200] * 5
    refused = world.look()
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 12
    assert world.look("/").status_code == 200, "pages that are no codes have none"


@pytest.mark.parametrize("limit", ["5"])
def test_a_look_that_goes_on_to_the_routes_counts_once(world: World) -> None:
    of_another_lot = PATH.replace("/21/", "/10/ANOTHER/21/")
    assert [world.look(of_another_lot).status_code for _ in range(6)] == [200] * 5 + [429]


def test_an_unknown_code_costs_as_many_look_ups_whatever_else_is_on_record(world: World) -> None:
    """Serials that are next to known ones and serials of nothing at all take the same way."""
    statements: list[str] = []

    @event.listens_for(world.house.engine, "before_cursor_execute")
    def count(_c: object, _k: object, statement: str, *_more: object) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
        statements.append(statement)

    found: list[list[str]] = []
    for serial in ("7003", "70010", "XYZ") * 2:
        statements.clear()
        assert world.look(f"/p/01/{GTIN}/21/{serial}").status_code == 404
        found.append(list(statements))
    del found[:3]  # what is remembered by the first is not compared
    assert found[0] == found[1] == found[2]


def test_what_is_asked_for_in_vain_is_added_up_without_anybody(world: World) -> None:
    for serial in ("9001", "9002", "9003", "A77"):
        world.look(f"/p/01/{GTIN}/21/{serial}")
    world.look("/p/01/09521234000020/21/1")
    world.look(f"/01/{GTIN}/21/9004?linkType=linkset", Accept="application/linkset+json")
    world.written()
    with Reading(world.house.engine) as reading:
        found = batch_scans(reading, "", f"https://id.gs1.org/01/{GTIN}")
        others = batch_scans(reading, "", "https://id.gs1.org/01/09521234000020")
    assert (found.probes, found.sequential) == (5, 2), "77 and 9004 do not follow one another"
    assert others.probes == 0, "of products that are not on record nothing is kept"

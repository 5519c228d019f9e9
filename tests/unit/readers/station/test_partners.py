"""Whom the company deals with: by name, GLN or short own code, also when the platform is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.readers.station.fakes import FakeReader, Platform, point, station, until

from suyuan.readers.station.identity import GS1
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.fields import fill
from suyuan.readers.station.partners import AddressBook, Partner
from suyuan.trace.epcis.event import TypedReference
from suyuan.trace.gs1.own import code_of_number

HOME = "https://trace.example"
DAIRY, SHOP = code_of_number("C", 7), code_of_number("S", 9)
PARTY, PLACE = f"{HOME}/own/party/{DAIRY}", f"{HOME}/own/place/{SHOP}"
GLN_PLACE = "https://id.gs1.org/414/9521234000020"
BOOK = AddressBook(
    (
        Partner(PARTY, "party", "晨光乳业", "Morning Dairy"),
        Partner(PLACE, "place", "东门店", "East Shop", PARTY),
        Partner(GLN_PLACE, "place", "西门店", "West Shop", PARTY),
    ),
    HOME,
)


class Telling(Platform):
    """A platform that tells whom the company deals with."""

    def __init__(self, told: Any) -> None:
        super().__init__()
        self.asked = 0
        self.told = told if isinstance(told, bytes) else orjson.dumps(told)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/partners" and not self.away:
            self.asked += 1
            return httpx.Response(200, content=self.told)
        return super().__call__(request)


def answer(*partners: Any) -> Any:
    return {"namespace": HOME, "partners": list(partners)}


EAST = {"key": PLACE, "kind": "place", "name": {"zh": "东门店", "en": "East Shop"}, "party": PARTY}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (DAIRY, PARTY),
        (f" {DAIRY[:4].lower()} {DAIRY[4:]} ", PARTY),
        ("晨光乳业", PARTY),
        ("East Shop", PLACE),
        ("9521234000020", GLN_PLACE),
        (code_of_number("C", 8), f"{HOME}/own/party/{code_of_number('C', 8)}"),  # not in the list, yet right
        (f"{DAIRY[:-1]}{'2' if DAIRY[-1] != '2' else '3'}", None),
        ("Somebody", None),
        ("", None),
    ],
)
def test_whoever_is_meant(text: str, key: str | None) -> None:
    found = BOOK.meant(text)
    assert (found and found.key) == key


def test_a_place_is_told_with_the_party_that_runs_it(tmp_path: Path) -> None:
    config = station(tmp_path, FakeReader(), Platform()).config
    filled = fill(Step.SHIP, {"receiver": SHOP}, config, point(), GS1, BOOK)
    assert filled.order is not None
    assert filled.order.destinations == (
        TypedReference("possessing_party", PARTY),
        TypedReference("location", PLACE),
    )
    wrong = f"{SHOP[:-1]}{'2' if SHOP[-1] != '2' else '3'}"
    assert fill(Step.SHIP, {"receiver": wrong}, config, point(), GS1, BOOK).faults.keys() == {"receiver"}


def test_a_name_that_two_have_is_asked_for_by_code(tmp_path: Path) -> None:
    config = station(tmp_path, FakeReader(), Platform()).config
    twin = Partner(f"{HOME}/own/party/{code_of_number('C', 9)}", "party", "晨光乳业", "Other Dairy")
    book = AddressBook((*BOOK.partners, twin), HOME)
    faults = fill(Step.SHIP, {"receiver": "晨光乳业"}, config, point(), GS1, book).faults
    assert faults == {"receiver": ("fault.partner-alike", {"codes": f"{DAIRY} / {twin.typed}"})}


def test_a_product_is_named_by_its_code_as_printed(tmp_path: Path) -> None:
    config = station(tmp_path, FakeReader(), Platform()).config
    code = code_of_number("P", 1)
    filled = fill(Step.COMMISSION, {"product": f" {code.lower()} "}, config, point(), GS1, BOOK)
    assert filled.order is not None
    assert filled.order.product == f"{HOME}/own/product/{code}"
    assert fill(Step.COMMISSION, {"product": DAIRY}, config, point(), GS1, BOOK).faults.keys() == {"product"}


async def test_the_list_is_there_without_the_platform_and_for_this_company_alone(tmp_path: Path) -> None:
    platform = Telling(answer(EAST))
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: len(at.addresses.partners) == 1)
    platform.away = True
    async with station(tmp_path, FakeReader(), platform) as at:
        found = at.addresses.meant(SHOP)
        assert found is not None
        assert (found.zh, found.party) == ("东门店", PARTY)
    async with station(tmp_path, FakeReader(), platform, party="https://id.gs1.org/417/9521234000006") as at:
        assert at.addresses.partners == ()


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"[]",
        b"<html>",
        {"partners": 3},
        answer(1, None, {"key": 7}, {**EAST, "kind": "shop"}, {**EAST, "key": "javascript:alert(1)"}),
        answer({**EAST, "party": "nobody"}),
    ],
)
async def test_what_is_not_understood_is_left_out(tmp_path: Path, told: Any) -> None:
    platform = Telling(told)
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: platform.asked > 0)
        await at.status()  # by then the answer was taken up
        assert at.addresses.partners == ()

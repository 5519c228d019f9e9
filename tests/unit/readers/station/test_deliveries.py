"""What is on its way: read from the platform's answer, kept for when it is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.readers.station.fakes import NOW, FakeReader, Platform, item, station, until

from suyuan.readers.station.deliveries import MOST, MOST_GOODS, read_deliveries
from suyuan.readers.station.despatch import Expected
from suyuan.readers.station.outbox import Outbox

SSCC = "https://id.gs1.org/00/069012345000000011"
LOT = "https://id.gs1.org/01/06901234567892/10/L1"


def told(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"urn:uuid:{number}",
        "sent": NOW.isoformat(),
        "from": {"key": "https://id.gs1.org/417/6901234567892", "name": {"zh": "晨光", "en": "Dairy"}},
        "to": ["https://id.gs1.org/417/6901234567908"],
        "documents": [{"type": "po", "id": "urn:x:PO-1"}, {"type": "desadv", "id": "urn:x:DA-77"}],
        "goods": [
            {"epc": SSCC, "key": SSCC},
            {"epc": item(1), "key": item(1), "in": SSCC, "lot": LOT, "tid": "E280"},
            {"epc": LOT, "key": LOT, "class": True, "quantity": 5.5, "uom": "KGM"},
        ],
        "lots": {LOT: {"name": {"zh": "奶", "en": "Milk"}, "expires": "2026-12-20", "produced": "soon"}},
        "whole": True,
        **more,
    }


def page(*some: Any, **more: Any) -> bytes:
    return orjson.dumps({"as_of": NOW.isoformat(), "deliveries": list(some), "next": None, **more})


def test_a_despatch_is_read_with_all_that_is_known_of_it() -> None:
    expected = read_deliveries([page(told())])
    [one] = expected.despatches
    assert (one.number, one.supplier.zh, one.whole, expected.as_of) == ("DA-77", "晨光", True, NOW)
    assert [good.inside for good in one.goods] == [None, SSCC, None]
    assert (one.goods[2].quantity, one.goods[2].uom, one.goods[2].is_class) == (5.5, "KGM", True)
    assert str(one.lots[LOT].expires) == "2026-12-20"
    assert one.lots[LOT].produced is None
    for text in ("DA-77", " PO-1 ", "urn:x:DA-77", "urn:uuid:1", SSCC):
        assert expected.meant(text) is one
    assert expected.meant("DA-78") is None
    assert Expected((one, one)).meant("DA-77") is None
    assert expected.holding([item(1)]) == (one,)
    assert expected.holding([item(2)]) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"deliveries": 5}',
        b'{"deliveries": [5, null, {"id": 1}]}',
        b'{"deliveries": [{"id": "x"}]}',
    ],
)
def test_what_cannot_be_understood_is_left_out(content: bytes) -> None:
    assert read_deliveries([content]).despatches == ()


def test_hostile_answers_are_bounded_and_told_as_not_whole() -> None:
    goods = [{"epc": item(n), "key": item(n)} for n in range(MOST_GOODS + 5)]
    [one] = read_deliveries([page(told(goods=goods))]).despatches
    assert (len(one.goods), one.whole) == (MOST_GOODS, False)
    assert len(read_deliveries([page(*(told(n) for n in range(MOST + 5)))]).despatches) == MOST
    odd = [
        {"epc": "rm -rf", "key": "x"},
        {"epc": item(1), "key": item(2) + "?a=b"},
        {"epc": item(1), "key": item(1), "quantity": True},
    ]
    [other] = read_deliveries([page(told(goods=odd, id="x" * 9000))]).despatches
    assert [good.quantity for good in other.goods] == [None]
    assert not other.whole
    assert len(other.id) <= 2000


class Telling(Platform):
    """A platform that has pages of deliveries."""

    def __init__(self, *pages: bytes) -> None:
        super().__init__()
        self.pages = pages
        self.status = 200
        self.failing, self.asked = -1, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/api/deliveries" or self.away:
            return super().__call__(request)
        at = int(request.url.params.get("next", "0"))
        self.asked = at + 1 if self.failing >= 0 else 0
        return httpx.Response(503 if at == self.failing else self.status, content=self.pages[at])


async def test_all_pages_are_fetched_and_kept_for_when_the_platform_is_away(tmp_path: Path) -> None:
    platform = Telling(page(told(1), next="1"), page(told(2)))
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: len(at.coming.despatches) == 2)
    platform.away = True
    async with station(tmp_path, FakeReader(), platform) as at:
        assert [one.id for one in at.coming.despatches] == ["urn:uuid:1", "urn:uuid:2"]
        assert at.coming.as_of == NOW


async def test_a_refusal_leaves_the_list_as_it_was(tmp_path: Path) -> None:
    platform = Telling(page(told(1)))
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: len(at.coming.despatches) == 1)
    platform.status = 500
    async with station(tmp_path, FakeReader(), platform) as at:
        assert len(at.coming.despatches) == 1


@pytest.mark.parametrize("answer", [b"<html>Sign in</html>", b"{}", b'{"deliveries": 5}', b"\xff[", b"[[[["])
async def test_an_answer_that_is_no_list_does_not_empty_it(tmp_path: Path, answer: bytes) -> None:
    platform = Telling(page(told(1)))
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: len(at.coming.despatches) == 1)
    platform.pages, platform.failing = (answer,), 5
    for _ in range(2):  # nor is it kept
        async with station(tmp_path, FakeReader(), platform) as at:
            platform.asked = 0
            await until(lambda: platform.asked > 0)
            await at.status()
            assert len(at.coming.despatches) == 1


async def test_a_list_that_an_older_version_kept_is_taken_up(tmp_path: Path) -> None:
    platform = Platform()
    config = station(tmp_path, FakeReader(), platform).config
    async with Outbox(config.data, config.station, now=lambda: NOW, party=config.party) as outbox:
        await outbox.keep(f"deliveries {config.party}", page(told(1)))
    async with station(tmp_path, FakeReader(), platform) as at:
        assert len(at.coming.despatches) == 1


async def test_half_a_list_does_not_take_the_place_of_a_whole_one(tmp_path: Path) -> None:
    platform = Telling(page(told(1), next="1"), page(told(2)))
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: len(at.coming.despatches) == 2)
    platform.failing = 1
    async with station(tmp_path, FakeReader(), platform) as at:
        await until(lambda: platform.asked > 1)
        assert len(at.coming.despatches) == 2

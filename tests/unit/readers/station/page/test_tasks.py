"""The page of tasks: recalls by place, places to count, what to pick first; each leads to its step."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.unit.readers.station.fakes import GTIN, NOW, Clock, item, point, read, until
from tests.unit.readers.station.page.test_work import JSON, hall
from tests.unit.readers.station.test_recalls import OTHER_PLACE, Recalling

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.stock import Keeping

PRODUCT = f"https://id.gs1.org/01/{GTIN}"


def put(place: str, lot: str, days: int) -> Order:
    last = (NOW + timedelta(days=days)).date()
    return Order(Step.STORE, GTIN, lot, expires=last, particulars=Keeping(place, pickable=True))


def made(lot: str, days: int) -> Order:
    return Order(Step.COMMISSION, GTIN, lot, expires=(NOW + timedelta(days=days)).date())


async def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        text = await at.page("/tasks")
        assert "list of recalls was never fetched" in text
        assert "No recall concerns" not in text  # nobody told this station of any
        assert "Nothing is on record" in text
        assert "/tasks?point=dock" in await at.page("/")
        at.host.station = None
        assert (await at.client.get("/tasks")).status_code == 200  # as without a station


async def test_a_recall_is_swept_for_from_the_page_offline(tmp_path: Path) -> None:
    platform = Recalling()
    async with hall(tmp_path, platform=platform) as at:
        station = at.host.station
        assert station is not None
        await until(lambda: bool(station.asked.asked))
        platform.away = True
        text = await at.page("/tasks")
        for said in (
            "Recall R2026-0001 · Yoghurt recall",
            "Take it off",
            "0 of 1 found",
            "no place on record",
            "1 missing",
            "At other places of the company: East Shop 1",
        ):
            assert said in text
        assert "Tasks and stock <b>1</b>" in await at.page("/")
        answer = await at.post("/tasks/begin", step="hold", case="R2026-0001")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?point=dock&step=hold")
        text = await at.page(answer.headers["location"])
        assert 'value="R2026-0001"' in text
        await at.post("/start", step="hold", case="R2026-0001", hold="1")
        await at.until("reading")
        assert (await at.post("/tasks/begin", step="hold", case="x")).status_code == 400
        at.reader.show(item(1))
        await until(lambda: at.reader.seen == 1)
        await at.post("/close")
        await at.until("done")
        text = await at.page("/tasks")
        assert "1 of 1 found" in text
        assert "All that should be here is found" in text
        assert "Tasks and stock</span>" in await at.page("/")


async def test_an_old_list_says_so_and_an_empty_one_that_there_is_nothing(tmp_path: Path) -> None:
    platform, clock = Recalling(), Clock()
    platform.tasks = ()
    async with hall(tmp_path, platform=platform, clock=clock) as at:
        station = at.host.station
        assert station is not None
        await until(lambda: station.asked.as_of is not None)
        text = await at.page("/tasks")
        assert "No recall concerns goods of this station." in text
        assert "goods to look for may not be in it" not in text
        clock.forward(2 * 3600)
        assert "recall tasks is 2 hours old: goods to look for may not be in it" in await at.page("/tasks")


@pytest.mark.parametrize("whole", [True, False])
async def test_of_a_list_that_is_not_whole_nobody_says_that_nothing_is_here(
    tmp_path: Path, whole: bool
) -> None:
    away = [{"key": item(2), "place": OTHER_PLACE}]
    async with hall(tmp_path, platform=Recalling(goods=away, whole=whole)) as at:
        station = at.host.station
        assert station is not None
        await until(lambda: bool(station.asked.asked))
        text = await at.page("/tasks")
        assert ("nothing of it is here" in text) is whole
        assert ("more goods than are listed" in text) is not whole


async def test_first_expired_is_picked_first_with_where_it_lies(tmp_path: Path) -> None:
    async with hall(tmp_path) as at:
        station, reader = at.host.station, at.reader
        assert station is not None
        await read(station, reader, made("L1", 30), item(1), item(2))
        await read(station, reader, made("L2", 3), item(3))
        await read(station, reader, put("A-1", "L1", 30), item(1), item(2))
        await read(station, reader, put("B-7", "L2", 3), item(3))
        listed = f"/tasks?point=dock&product={quote(PRODUCT, safe='')}"
        text = await at.page(f"{listed}&count=2")
        assert f"{GTIN} (3 to pick)" in text
        assert text.index("B-7") < text.index("A-1")
        assert "There are only 3 of the 9 wanted." in await at.page(f"{listed}&count=9")
        for wrong in ("0", "-1", "x", "५", "99999", ""):
            answer = await at.client.get(f"{listed}&count={quote(wrong)}")
            assert answer.status_code == 400, wrong
            assert "Give a whole number, 1 to 5000." in answer.text
        none = await at.client.get("/tasks?product=javascript:alert(1)&count=3")
        assert (none.status_code, '"javascript:' in none.text) == (400, False)
        answer = await at.post("/tasks/begin", step="ship", product=PRODUCT, count="2")
        text = await at.page(answer.headers["location"])
        area = text[text.index('id="f-expected"') :].split("</textarea>")[0]
        assert area.split(">")[1].split() == [item(3), item(1)]
        text = await at.page("/tasks")
        assert 'name="storage" value="B-7"' in text
        answer = await at.post("/tasks/begin", step="count", storage="B-7")
        assert 'id="f-storage" name="storage" value="B-7"' in await at.page(answer.headers["location"])
        await at.post("/start", step="count", storage="B-7", hold="1")
        await at.until("reading")
        at.reader.show(item(1))
        await until(lambda: at.reader.seen == 7)
        await at.post("/close")
        text = await at.until("attention")
        assert "1 missing: 3." in text
        assert "1 more than ordered: 1." in text


async def test_a_step_that_nobody_does_here_is_not_offered(tmp_path: Path) -> None:
    async with hall(tmp_path, point(step=Step.RECEIVE, steps=(Step.RECEIVE,))) as at:
        assert "/tasks/begin" not in await at.page("/tasks")
        for step in ("hold", "count", "ship", "nonsense"):
            answer = await at.client.post("/tasks/begin", data={"point": "dock", "step": step}, headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (400, "wrong-use")

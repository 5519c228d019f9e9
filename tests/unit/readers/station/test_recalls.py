"""Recall tasks: read from the platform's answer, kept for when it is away, reported when they are done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.readers.station.fakes import (
    NOW,
    PLACE,
    FakeReader,
    Platform,
    item,
    point,
    read,
    station,
    until,
)

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.recall_task import RecallTask, Sought
from suyuan.readers.station.recalls import MOST_GOODS, MOST_TASKS, read_tasks

LOT = "https://id.gs1.org/01/06901234567892/10/L1"
OTHER_PLACE = "https://id.gs1.org/414/6901234567908"


def told(case: str = "R2026-0001", **more: Any) -> dict[str, Any]:
    return {
        "case": case,
        "class": 1,
        "title": {"zh": "酸奶召回", "en": "Yoghurt recall"},
        "what_to_do": {"zh": "立即下架", "en": "Take it off"},
        "contact": "+86 571 1",
        "since": NOW.isoformat(),
        "goods": [
            {"key": item(1), "place": PLACE, "lot": LOT},
            {"key": item(2), "place": OTHER_PLACE, "lot": LOT},
            {"key": LOT, "place": PLACE},
        ],
        "places": {OTHER_PLACE: {"zh": "东门店", "en": "East Shop"}},
        "whole": True,
        **more,
    }


def page(*some: Any, **more: Any) -> bytes:
    return orjson.dumps({"as_of": NOW.isoformat(), "tasks": some, "next": None, **more})


def test_a_task_has_what_is_here_and_tells_what_is_elsewhere() -> None:
    found = read_tasks([page(told())], {PLACE})
    assert found is not None
    [one] = found.asked
    assert (one.title, one.what_to_do, one.contact, one.since) == (
        ("酸奶召回", "Yoghurt recall"),
        ("立即下架", "Take it off"),
        "+86 571 1",
        NOW,
    )
    assert one.goods == (Sought(item(1), PLACE, LOT), Sought(LOT, PLACE))
    assert dict(one.elsewhere) == {OTHER_PLACE: (1, ("东门店", "East Shop"))}
    assert found.of("R2026-0002").goods == ()


@pytest.mark.parametrize(
    "ours",
    [f"{PLACE}/254/cold", "urn:epc:id:sgln:6901234.56789.0", "urn:epc:id:sgln:6901234.56789.cold", PLACE],
)
@pytest.mark.parametrize("told_at", [PLACE, f"{PLACE}/254/7"])
def test_a_place_is_ours_however_the_file_spells_it(ours: str, told_at: str) -> None:
    goods = [{"key": item(1), "place": told_at}, {"key": item(2), "place": OTHER_PLACE}, {"key": item(3)}]
    found = read_tasks([page(told(goods=goods))], {ours})
    assert found is not None
    [one] = found.asked
    assert one.goods == (Sought(item(1), told_at),)
    assert set(one.elsewhere) == {OTHER_PLACE, ""}


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b"<html>", b'{"tasks": 4}', b"\xff"])
def test_another_answer_is_no_list(answer: bytes) -> None:
    assert read_tasks([answer], {PLACE}) is None
    assert read_tasks([page(told()), answer], {PLACE}) is None


def test_hostile_answers_are_bounded() -> None:
    odd = [
        {"key": "javascript:1"},
        {"key": item(1) + "?x=1", "place": PLACE},
        7,
        {"key": PLACE, "place": PLACE},
    ]
    many = [{"key": item(n), "place": PLACE} for n in range(MOST_GOODS + 5)]
    found = read_tasks([page(told(goods=odd), told("R2", goods=many), told(case="")), page(5, None)], {PLACE})
    assert found is not None
    strange, large = found.asked
    assert (strange.goods, strange.whole) == ((), False)
    assert (len(large.goods), large.whole) == (MOST_GOODS, False)
    loud = read_tasks([page(told(title={"zh": "x\u202e\x00" * 9_000, "en": 5}))], {PLACE})
    assert loud is not None
    assert loud.asked[0].title == ("x" * 2_000, "")
    crowd = read_tasks([page(*(told(f"R{n}", goods=[]) for n in range(MOST_TASKS + 5)))], {PLACE})
    assert crowd is not None
    assert len(crowd.asked) == MOST_TASKS


@pytest.mark.parametrize("odd", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22"])
def test_an_instant_that_no_clock_can_show_is_none(odd: str) -> None:
    found = read_tasks([page(told(since=odd), as_of=odd)], {PLACE})
    assert found is not None
    assert (found.as_of, found.asked[0].since) == (None, None)


class Recalling(Platform):
    """A platform with one recall task, of which it tells ``more``."""

    def __init__(self, **more: Any) -> None:
        super().__init__()
        self.tasks: tuple[dict[str, Any], ...] = (told(**more),)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/recall-tasks" and not self.away:
            return httpx.Response(200, content=page(*self.tasks))
        return super().__call__(request)


async def test_a_task_is_done_and_told_with_the_platform_away(tmp_path: Path) -> None:
    platform, reader, dock = Recalling(), FakeReader(), point()
    async with station(tmp_path, reader, platform, dock) as at:
        await until(lambda: bool(at.asked.asked))
    platform.away = True
    async with station(tmp_path, reader, platform, dock) as at:
        [task] = await at.recall_tasks()
        assert (task.missing, task.asked.title[0]) == ((item(1),), "酸奶召回")
        order = Order(Step.HOLD, particulars=RecallTask(task.case), operator="w7")
        swept = await read(at, reader, order, item(1))
        assert (swept.expected, swept.read, swept.missing) == (1, 1, ())
        [task] = await at.recall_tasks()
        assert (task.found, task.missing) == ((item(1),), ())
        platform.away = False
        await at.wait_delivered()
    [event] = platform.events
    assert (event["epcList"], event["disposition"], event["suyuan:operator"]) == ([item(1)], "recalled", "w7")
    assert event["suyuan:recallTask"] == {
        "suyuan:case": "R2026-0001",
        "suyuan:found": 1,
        "suyuan:notFound": 0,
    }

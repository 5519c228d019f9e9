"""What stations are told of recalls: the goods in their company's hands, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market import (
    AUTHORITIES,
    ITEM_KEYS,
    LOT,
    NOW,
    PLANT,
    SHOP,
    Market,
    capture,
    open_market,
)

from suyuan.trace.lineage import Suspect
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Act, CaseDraft, Initiative
from suyuan.trace.store.sight import EVERYTHING, Viewer

AUTHORITY = AUTHORITIES["competent"][0]


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as made:
        yield made


def officer(name: str) -> Viewer:
    return Viewer(name, "regulator", AUTHORITY, EVERYTHING)


def publish(market: Market, title: str = "酸奶召回", suspect: str = LOT) -> str:
    draft = CaseDraft(
        Text(title, "Yoghurt recall"),
        Text("检出李斯特菌", "Listeria"),
        "biological",
        1,
        Text("立即下架封存", "Take it off the shelf"),
        "+86 571 1",
        (Suspect(suspect),),
        Initiative.ORDERED,
        NOW,
        party=AUTHORITY,
    )
    desk = market.house.desk
    number = desk.draft(draft, officer("a")).number
    proposed = desk.propose(number, Act.PUBLISH, officer("a"), "因检出").proposal
    assert proposed is not None
    desk.confirm(number, proposed.number, officer("b"))
    return number


def told(market: Market, who: str) -> list[dict[str, Any]]:
    answer = market.ask(who, "GET", "/api/recall-tasks")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["tasks"]
    return found


def test_a_task_is_told_to_whoever_has_the_goods_and_to_nobody_else(market: Market) -> None:
    assert told(market, "device") == []
    made = f"{PLANT.product}/21/T1"
    event = {
        "type": "ObjectEvent", "eventTime": "2026-11-13T09:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "ADD", "bizStep": "commissioning", "epcList": [made], "bizLocation": {"id": PLANT.place},
        "readPoint": {"id": PLANT.dock}, "ilmd": {"cbvmda:lotNumber": LOT.rpartition("/")[2]},
    }  # fmt: skip
    capture(market.house, PLANT.party, event)
    number = publish(market)
    [task] = told(market, "device")
    assert (task["case"], task["class"], task["whole"]) == (number, 1, True)
    assert task["title"] == {"zh": "酸奶召回", "en": "Yoghurt recall"}
    assert (task["what_to_do"]["zh"], task["contact"]) == ("立即下架封存", "+86 571 1")
    goods = {one["key"]: one for one in task["goods"]}
    assert goods[made] == {"key": made, "place": PLANT.place, "lot": LOT}
    assert task["places"][PLANT.place]["zh"]
    assert not set(goods) & {key for one in told(market, "downstream") for key in _keys(one)}
    for other in ("rival device", "upstream"):
        assert told(market, other) == []
    assert market.ask("competent", "GET", "/api/recall-tasks").status_code == 403
    assert market.ask("anonymous", "GET", "/api/recall-tasks").status_code == 401
    gone = {**event, "eventTime": "2026-11-14T09:00:00+08:00", "action": "DELETE", "bizStep": "destroying"}
    del gone["ilmd"]
    capture(market.house, PLANT.party, {**gone, "disposition": "destroyed"})
    assert made not in {key for one in told(market, "device") for key in _keys(one)}


def test_a_full_place_leaves_no_other_without(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = f"{PLANT.place}/254/cold"
    for place, names in ((PLANT.place, "ABCDE"), (cold, "Z")):
        event = {
            "type": "ObjectEvent", "eventTime": "2026-11-13T09:00:00+08:00",
            "eventTimeZoneOffset": "+08:00", "action": "ADD", "bizStep": "commissioning",
            "epcList": [f"{PLANT.product}/21/{name}" for name in names], "bizLocation": {"id": place},
            "readPoint": {"id": PLANT.dock}, "ilmd": {"cbvmda:lotNumber": LOT.rpartition("/")[2]},
        }  # fmt: skip
        capture(market.house, PLANT.party, event)
    publish(market)
    places = {one.get("place") for one in told(market, "device")[0]["goods"]}
    assert {PLANT.place, cold} <= places
    monkeypatch.setattr("suyuan.api.station_recalls.MOST_GOODS", len(places))
    [task] = told(market, "device")
    assert ({one.get("place") for one in task["goods"]}, task["whole"]) == (places, False)


def _keys(task: dict[str, Any]) -> set[str]:
    return {one["key"] for one in task["goods"]}


def test_what_was_sold_is_not_to_be_found(market: Market) -> None:
    publish(market)
    shop = {key for one in told(market, "downstream") for key in _keys(one)}
    sold = {
        "type": "ObjectEvent", "eventTime": "2026-11-18T09:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE", "bizStep": "retail_selling", "disposition": "retail_sold",
        "epcList": sorted(shop & set(ITEM_KEYS)), "bizLocation": {"id": SHOP.place},
    }  # fmt: skip
    assert sold["epcList"], "the shop has items of the lot"
    capture(market.house, SHOP.party, sold)
    assert not {key for one in told(market, "downstream") for key in _keys(one)} & set(ITEM_KEYS)


def test_pages_and_bounds(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [publish(market, f"召回 {n}") for n in range(3)]
    monkeypatch.setattr("suyuan.api.station_recalls.PER_PAGE", 1)
    seen: list[str] = []
    token: str | None = None
    for _ in range(5):
        answer = market.ask("downstream", "GET", "/api/recall-tasks", params={"next": token} if token else {})
        seen += [one["case"] for one in answer.json()["tasks"]]
        if (token := answer.json()["next"]) is None:
            break
    assert (seen, token) == (numbers[::-1], None)
    monkeypatch.setattr("suyuan.api.station_recalls.PER_PAGE", 20)
    assert len(told(market, "downstream")) == 3
    monkeypatch.setattr("suyuan.api.station_recalls.MOST_ON_PAGE", 1)  # a page of many goods ends
    first = market.ask("downstream", "GET", "/api/recall-tasks").json()
    assert ([one["case"] for one in first["tasks"]], first["next"]) == ([numbers[2]], numbers[2])
    monkeypatch.setattr("suyuan.api.station_recalls.PER_PAGE", 1)
    monkeypatch.setattr("suyuan.api.station_recalls.MOST_GOODS", 0)
    assert [(len(one["goods"]), one["whole"]) for one in told(market, "downstream")] == [(0, False)]
    for forged in ("x", "R2026", "1 OR 1=1", "R2026-00०1"):
        answer = market.ask("downstream", "GET", "/api/recall-tasks", params={"next": forged})
        assert answer.status_code == 400, forged

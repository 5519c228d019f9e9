"""What stations are told of deliveries: what comes to their company, as far as they may know it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market import FARM_A, ITEM_KEYS, LOT, PLANT, RIVAL, SHOP, Market, capture, open_market

UNIT = "https://id.gs1.org/00/095212340000000020"
CHILDREN = tuple(f"{PLANT.product}/21/D{n}" for n in range(1, 4))
DESADV = "urn:epcglobal:cbv:bt:9521234003001:DA-77"


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as made:
        yield made


def event(kind: str, day: int, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "eventTime": f"2026-11-{day:02}T09:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "readPoint": {"id": PLANT.dock},
        **more,
    }


def shipped(event_id: str = "urn:uuid:00000000-0000-7000-8000-0000000000f1", **more: Any) -> dict[str, Any]:
    return event(
        "ObjectEvent", 15, eventID=event_id, action="OBSERVE", bizStep="shipping", disposition="in_transit",
        epcList=[UNIT], bizTransactionList=[{"type": "desadv", "bizTransaction": DESADV}],
        destinationList=[{"type": "possessing_party", "destination": SHOP.party}], **more,
    )  # fmt: skip


def send(market: Market, **more: Any) -> None:
    made = {
        **event("ObjectEvent", 13, action="ADD", bizStep="commissioning", epcList=list(CHILDREN)),
        "ilmd": {"cbvmda:lotNumber": "PL-7301", "cbvmda:itemExpirationDate": "2026-12-24"},
    }
    packed = event("AggregationEvent", 14, action="ADD", bizStep="packing", parentID=UNIT)
    capture(market.house, PLANT.party, made, {**packed, "childEPCs": list(CHILDREN)}, shipped(**more))


def told(market: Market, who: str = "downstream") -> list[dict[str, Any]]:
    answer = market.ask(who, "GET", "/api/deliveries")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


def test_a_delivery_is_told_with_what_is_inside_and_what_is_known_of_its_lots(market: Market) -> None:
    tags = [{"suyuan:epc": CHILDREN[0], "suyuan:tid": "E28011"}]
    send(market, **{"@context": [{"suyuan": "https://ns.suyuan.example/"}], "suyuan:tags": tags})
    [one] = [each for each in told(market) if each["documents"]]
    assert one["documents"] == [{"type": "desadv", "id": DESADV}]
    assert one["from"]["key"] == PLANT.party
    assert one["from"]["name"]["zh"] == f"{PLANT.name}公司"
    goods = {each["key"]: each for each in one["goods"]}
    assert goods.keys() == {UNIT, *CHILDREN}
    assert {goods[child]["in"] for child in CHILDREN} == {UNIT}
    assert (one["whole"], one["to"]) == (True, [SHOP.party])
    assert [goods[child].get("tid") for child in CHILDREN] == ["E28011", None, None]
    assert goods[CHILDREN[0]]["lot"] == LOT
    assert one["lots"][LOT]["expires"] == "2026-12-24"
    assert one["lots"][LOT]["name"]["zh"] == f"{PLANT.name}产品"


def test_nobody_else_is_told_of_it(market: Market) -> None:
    send(market)
    for who in ("rival", "rival device", "upstream", "owner", "device"):
        assert DESADV not in str(told(market, who))
    assert market.ask("anonymous", "GET", "/api/deliveries").status_code == 401
    assert market.ask("competent", "GET", "/api/deliveries").status_code == 403


def test_what_was_received_is_not_told_again_and_the_rest_is(market: Market) -> None:
    send(market)
    receipt = event("ObjectEvent", 16, action="OBSERVE", bizStep="receiving", epcList=[CHILDREN[0]])
    receipt |= {"readPoint": {"id": SHOP.dock}, "bizLocation": {"id": SHOP.place}}
    capture(market.house, SHOP.party, receipt)
    [one] = [each for each in told(market) if each["documents"]]
    assert CHILDREN[0] not in {each["key"] for each in one["goods"]}
    capture(market.house, SHOP.party, {**receipt, "epcList": [UNIT]})
    assert [each for each in told(market) if each["documents"]] == []


def test_a_despatch_that_was_declared_wrong_is_none(market: Market) -> None:
    send(market)
    declared = {"declarationTime": "2026-11-15T10:00:00+08:00", "reason": "did_not_occur"}
    capture(market.house, PLANT.party, shipped(errorDeclaration=declared))
    assert [each for each in told(market) if each["documents"]] == []


def test_a_declaration_counts_on_whatever_page_it_is(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    send(market)
    more: list[dict[str, Any]] = [
        shipped(f"urn:uuid:00000000-0000-7000-8000-0000000001{n:02}") | {"epcList": [CHILDREN[0]]}
        for n in range(12)
    ]
    declared = {"declarationTime": "2026-11-15T10:00:00+08:00", "reason": "did_not_occur"}
    wrong = [{**more[n], "errorDeclaration": declared} for n in (0, 5, 11)]
    capture(market.house, PLANT.party, *more)
    capture(market.house, PLANT.party, *wrong)
    others = [{**more[1], "errorDeclaration": declared}]
    capture(market.house, RIVAL.party, *others)  # nobody declares another's event wrong
    for per_page in (1, 2, 50):
        monkeypatch.setattr("suyuan.api.station_deliveries.PER_PAGE", per_page)
        seen = all_pages(market)
        assert {each["eventID"] for each in more} & seen == {
            each["eventID"] for n, each in enumerate(more) if n not in {0, 5, 11}
        }


def all_pages(market: Market) -> set[str]:
    seen, token = set[str](), None
    while True:
        answer = market.ask("downstream", "GET", "/api/deliveries", params={"next": token} if token else {})
        seen |= {each["id"] for each in answer.json()["deliveries"]}
        if (token := answer.json()["next"]) is None:
            return seen


def test_loose_goods_are_told_by_lot_until_the_company_says_that_they_came(market: Market) -> None:
    lots = {each["key"] for one in told(market, "device") for each in one["goods"]}
    assert FARM_A.lot("FA-1187") in lots  # sent a second time on the 12th, under the place's other name
    receipt = event("ObjectEvent", 16, action="OBSERVE", bizStep="receiving")
    receipt |= {"bizLocation": {"id": PLANT.place}, "quantityList": [{"epcClass": FARM_A.lot("FA-1187")}]}
    capture(market.house, RIVAL.party, {**receipt, "bizLocation": {"id": RIVAL.place}})
    assert FARM_A.lot("FA-1187") in {each["key"] for one in told(market, "device") for each in one["goods"]}
    capture(market.house, PLANT.party, receipt)
    assert FARM_A.lot("FA-1187") not in {
        each["key"] for one in told(market, "device") for each in one["goods"]
    }


def test_a_page_leads_to_the_next_and_a_forged_one_to_nothing(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(market)
    monkeypatch.setattr("suyuan.api.station_deliveries.PER_PAGE", 1)
    seen, token = set[str](), None
    for _ in range(20):
        answer = market.ask("downstream", "GET", "/api/deliveries", params={"next": token} if token else {})
        seen |= {each["id"] for each in answer.json()["deliveries"]}
        if (token := answer.json()["next"]) is None:
            break
    assert token is None
    assert seen == {each["id"] for each in told(market)} | seen
    assert "urn:uuid:00000000-0000-7000-8000-0000000000f1" in seen
    for forged in ("x", "A" * 400, "-1|-1|-1"):
        assert market.ask("downstream", "GET", "/api/deliveries", params={"next": forged}).status_code == 400


def test_a_delivery_is_bounded(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    send(market)
    monkeypatch.setattr("suyuan.api.station_deliveries.MOST_GOODS", 2)
    [one] = [each for each in told(market) if each["documents"]]
    assert (len(one["goods"]), one["whole"]) == (2, False)
    assert ITEM_KEYS[0] not in str(one)

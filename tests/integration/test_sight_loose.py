"""Loose goods of one lot at several companies: each sees its own portions, and nobody another's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market import FAR, FARM_A, SHOP, Company, Market, capture, open_market

from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.store.sight import HOUSE, Viewer

LOT = FARM_A.lot("LOOSE-50")


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """50 kg of a farm: 20 go to the shop, which sells 2 of them; 10 are on the way to another."""
    with open_market(tmp_path) as opened:
        tell = opened.house
        capture(tell, FARM_A.party, event(1, FARM_A, 50, action="ADD", bizStep="commissioning"))
        capture(tell, FARM_A.party, shipment(2, SHOP, 20), shipment(3, FAR, 10))
        capture(tell, SHOP.party, event(4, SHOP, 20, bizStep="receiving"))
        capture(tell, SHOP.party, event(5, SHOP, 2, bizStep="retail_selling", disposition="retail_sold"))
        yield opened


def event(hour: int, where: Company, kilograms: float, **told: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:10000000-0000-7000-8000-00000000000{hour}",
        "eventTime": f"2026-11-19T0{hour}:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "readPoint": {"id": where.dock},
        "quantityList": [{"epcClass": LOT, "quantity": kilograms, "uom": "KGM"}],
        **({} if told.get("bizStep") == "shipping" else {"bizLocation": {"id": where.place}}),
        **told,
    }


def shipment(hour: int, target: Company, kilograms: float) -> dict[str, Any]:
    destination = [{"type": "possessing_party", "destination": target.party}]
    told = {"bizStep": "shipping", "disposition": "in_transit", "destinationList": destination}
    return event(hour, FARM_A, kilograms, **told)


def lines(market: Market, viewer: Viewer) -> set[tuple[str | None, str | None, str, float | None]]:
    scope = market.house.seen_by(viewer).scope((Suspect(LOT),), Options())
    return {(line.place, line.party, line.status, line.hold) for line in scope.lines}


def company(one: Company) -> Viewer:
    return Viewer(one.name, "company", one.party)


FARMS_REST = (FARM_A.place, FARM_A.party, "in_stock", 20.0)
ON_THE_WAY = (None, FARM_A.party, "in_transit", 10.0)
ON_THE_SHELF = (SHOP.place, SHOP.party, "in_stock", 18.0)
SOLD = (SHOP.place, SHOP.party, "sold", 2.0)


def test_the_scope_finds_every_portion_where_it_is(market: Market) -> None:
    assert lines(market, HOUSE) == {FARMS_REST, ON_THE_WAY, ON_THE_SHELF, SOLD}


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (FARM_A, {FARMS_REST, ON_THE_WAY}),
        (SHOP, {ON_THE_SHELF, SOLD}),
        (FAR, {ON_THE_WAY}),
    ],
)
def test_a_company_sees_the_portions_that_its_events_tell_of(
    market: Market, who: Company, seen: set[Any]
) -> None:
    assert lines(market, company(who)) == seen


def test_what_left_the_sight_of_a_company_is_told_by_its_own_shipments(tmp_path: Path) -> None:
    def on(day: int, told: dict[str, Any]) -> dict[str, Any]:
        return {**told, "eventTime": f"2026-11-{day:02}T08:00:00Z"}

    with open_market(tmp_path) as opened:
        made = event(1, FARM_A, 50, action="ADD", bizStep="commissioning")
        sent = (shipment(2, SHOP, 20), shipment(3, FAR, 10), shipment(4, FAR, 2), shipment(5, SHOP, 7))
        days = zip((2, 3, 18, 19), sent, strict=True)
        capture(opened.house, FARM_A.party, on(1, made), *(on(day, told) for day, told in days))

        def told(viewer: Viewer) -> tuple[list[float | None], list[float | None]]:
            scope = opened.house.seen_by(viewer).scope((Suspect(LOT),), Options())
            found = opened.house.desk.sighted(scope, viewer)
            moving = [line.hold for line in found.lines if line.status == "in_transit"]
            return moving, [one.line.hold for one in found.lost]

        assert told(HOUSE) == ([9.0], [20.0, 10.0])
        assert told(company(FARM_A)) == ([9.0], [20.0, 10.0])
        assert told(company(FAR)) == ([2.0], [10.0])
        assert told(company(SHOP)) == ([7.0], [20.0])


def test_where_the_lot_is_now_is_hidden_from_whom_that_portion_does_not_concern(market: Market) -> None:
    def now(viewer: Viewer) -> str | None:
        trace = market.house.seen_by(viewer).trace((Suspect(LOT),), Options())
        [state] = [state for state in trace.states if state.key == LOT]
        return None if state.where_now is None else state.where_now.place

    assert now(company(SHOP)) == SHOP.place
    assert now(company(FARM_A)) is None


def test_the_page_of_the_lot_says_how_much_is_where(market: Market) -> None:
    def page(who: str) -> str:
        address = f"/console/object/{LOT.replace('/', '%2F').replace(':', '%3A')}"
        told = market.ask(who, "GET", address, params={"lang": "en"})
        assert told.status_code == 200
        return str(told.text)

    everything = page("admin")
    for amount, status in (("20", "in_stock"), ("10", "in_transit"), ("18", "in_stock"), ("2", "sold")):
        assert re.search(rf"<b>{amount}\s?kg</b> <span class=\"tag status-{status}\">", everything), amount
    shop = page("downstream")
    assert "<b>18" in shop
    assert "<b>20" not in shop


def test_a_company_that_names_anothers_pallet_does_not_learn_that_its_old_piece_is_on_it(
    market: Market,
) -> None:
    piece, pallet = f"{FARM_A.product}/21/P1", "https://id.gs1.org/00/095212340000000013"

    def told(hour: int, where: Company, **more: Any) -> dict[str, Any]:
        return {key: one for key, one in event(hour, where, 0, **more).items() if key != "quantityList"}

    packs = {"type": "AggregationEvent", "action": "ADD", "parentID": pallet, "childEPCs": [piece]}
    capture(market.house, FAR.party, told(7, FAR, **packs, bizStep="packing"))
    capture(
        market.house,
        SHOP.party,
        told(6, SHOP, epcList=[piece], bizStep="inspecting"),
        told(8, SHOP, epcList=[pallet], bizStep="inspecting"),
    )

    def known(viewer: Viewer) -> set[str | None]:
        trace = market.house.seen_by(viewer).trace((Suspect(piece),), Options())
        return {
            state.where_now and state.where_now.container for state in trace.states if state.kind == "item"
        }

    assert known(HOUSE) == {pallet}
    assert known(company(SHOP)) == {None}

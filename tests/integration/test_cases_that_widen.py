"""What a case covers follows what goods were made into, as events tell it later: so do kept pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration import market
from tests.integration.market import Market

from suyuan.api.passports import kept
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import identify
from suyuan.trace.recall.passports import build_passport
from suyuan.trace.store.sight import EVERYTHING, Viewer

BROWSER = {"accept": "text/html", "accept-language": "en"}
MADE = market.PLANT.lot("PL-NEW")
ITEMS = [f"{MADE}/21/N{number}" for number in (1, 2)]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Market]:
    """A market where the lot is held."""
    with market.open_market(tmp_path) as made:
        officer = Viewer("conducting", "regulator", market.AUTHORITIES["conducting"][0], EVERYTHING)
        made.house.desk.hold_at_once(made.case, officer, "Residues found")
        _look(made, market.ITEM_KEYS[0])
        yield made


def _into(number: int, source: str, **made: Any) -> dict[str, Any]:
    return {
        "type": "TransformationEvent", "eventID": f"urn:uuid:00000000-0000-7000-8000-{number:012}",
        "eventTime": "2026-11-10T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", "bizStep": "commissioning",
        "inputQuantityList": [{"epcClass": source, "quantity": 1.0, "uom": "KGM"}], **made,
    }  # fmt: skip


def _lot(key: str) -> dict[str, Any]:
    return {"outputQuantityList": [{"epcClass": key, "quantity": 10.0, "uom": "KGM"}]}


def _new_lot(number: int, source: str) -> dict[str, Any]:
    at = {"readPoint": {"id": market.PLANT.dock}, "outputEPCList": ITEMS}
    return _into(number, source, **at, **_lot(MADE))


def _look(here: Market, key: str) -> tuple[int, bool]:
    """Status, and whether it is stopped: alike by the plain way and by the routes."""
    url = f"/p{key.removeprefix('https://id.gs1.org')}"
    fast = here.client.get(url, headers=BROWSER)
    slow = here.client.get(url, headers={**BROWSER, "cookie": "other=1"})
    assert (fast.status_code, fast.content) == (slow.status_code, slow.content)
    return fast.status_code, "verdict tone-stop" in fast.text


def _truth(here: Market, key: str) -> tuple[str, int]:
    house = here.house
    found = build_passport(
        identify(key), house.records, house.cases(), now=market.NOW, zone=house.zone,
        public_url="http://testserver", first_name=house.records.aliases().key,
    )  # fmt: skip
    return found.verdict.state.value, len(found.notices)


def _kept(here: Market, key: str) -> tuple[str, int]:
    found = here.house.passport(key.removeprefix("https://id.gs1.org"))
    return found.verdict.state.value, len(found.notices)


def test_a_number_that_nobody_gave_out_of_a_lot_that_came_to_be_held(here: Market) -> None:
    market.capture(here.house, market.PLANT.party, _new_lot(1, market.LOT))
    assert _look(here, f"{MADE}/21/NOBODY") == (200, True)


def test_what_was_declared_wrong_holds_nothing_and_answers_for_no_number(here: Market) -> None:
    told = _new_lot(1, market.LOT)
    market.capture(here.house, market.PLANT.party, told)
    assert _look(here, ITEMS[0]) == (200, True)
    wrong = {"declarationTime": "2026-11-19T08:00:00+08:00", "reason": "did_not_occur"}
    market.capture(here.house, market.PLANT.party, {**told, "errorDeclaration": wrong})
    market.capture(here.house, market.PLANT.party, _new_lot(2, market.FARM_B.lot("FB-2291")))
    with pytest.raises(NotFound):
        _truth(here, f"{MADE}/21/NOBODY")
    assert _look(here, f"{MADE}/21/NOBODY") == (404, False)
    assert _look(here, ITEMS[0]) == (200, False)


def test_what_came_to_be_held_is_built_once(here: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    market.capture(here.house, market.PLANT.party, _new_lot(1, market.LOT))
    built: list[str] = []
    on_record = kept.on_record

    def counted(identifier: Any, *given: Any, **more: Any) -> Any:
        built.append(identifier.key)
        return on_record(identifier, *given, **more)

    monkeypatch.setattr(kept, "on_record", counted)
    for _ in range(3):
        assert _look(here, f"{market.PLANT.product}/21/N1") == (200, True)
    assert len(built) == 1


def test_the_page_of_a_product_tells_of_a_lot_that_came_to_be_held_by_what_others_told(here: Market) -> None:
    between, made = market.RIVAL.lot("X1"), market.FAR.lot("Y1")
    told = _into(2, between, readPoint={"id": market.FAR.dock}, **_lot(made))
    market.capture(here.house, market.FAR.party, {**told, "eventTime": "2026-11-12T08:00:00+08:00"})
    product = market.FAR.product
    assert _kept(here, product) == _truth(here, product)
    assert _kept(here, product)[1] == 0
    late = _into(3, market.LOT, readPoint={"id": market.RIVAL.dock}, **_lot(between))
    market.capture(here.house, market.RIVAL.party, late)
    assert _kept(here, product) == _truth(here, product)
    assert _kept(here, product)[1] == 1
    assert _look(here, made) == (200, True)
    assert _look(here, f"{made}/21/NOBODY") == (200, True)

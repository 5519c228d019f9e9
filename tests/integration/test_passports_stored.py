"""What is kept of passports: never what is another thing's, and no more than is on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from tests.integration import market
from tests.integration.farm import HERE, NOW, farming
from tests.integration.market import Market
from tests.integration.test_proofs import commissioned

from suyuan.api.passports import bodies, kept
from suyuan.api.passports.kept import Passports, owner_of
from suyuan.api.passports.pages import Asked, Before, Pages
from suyuan.api.settings import read_settings
from suyuan.portal.labels import Order
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.passport_rows import asking, standing
from suyuan.trace.store.passport_tables import PassportBodyRow, PassportRow
from suyuan.trace.store.sight import EVERYTHING, Viewer

BROWSER = {"accept": "text/html"}
ITEM = identify(market.ITEM_KEYS[1])
FARM_LOT = identify(market.FARM_A.lot("FA-1187"))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Market]:
    with market.open_market(tmp_path) as made:
        yield made


def _process(here: Market) -> Passports:
    """What another process makes of the same store."""
    house = here.house
    return Passports(
        house.engine, house.records, house.cases, now=house.now, zone=house.zone, public_url="http://testserver"
    )  # fmt: skip


def _touch_the_case(here: Market) -> None:
    """An event of something that the item is in; it does not name the item."""
    market.capture(here.house, market.SHOP.party, {
        "type": "ObjectEvent", "eventTime": "2026-11-15T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE", "bizStep": "storing", "epcList": [market.CASE_UNIT],
        "readPoint": {"id": market.SHOP.dock},
    })  # fmt: skip


def _stored(here: Market) -> tuple[int, int]:
    with Reading(here.house.engine) as reading:
        return tuple(  # type: ignore[return-value] (two of them)
            reading.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (PassportRow, PassportBodyRow)
        )


def _asked(here: Market, identifier: Identifier) -> None:
    here.house.passports.of(identifier)
    here.house.passports.keep()


def test_a_row_whose_body_is_gone_never_leads_to_the_next_body(here: Market) -> None:
    first = _process(here)
    assert first.of(ITEM).key == ITEM.key
    first.keep()
    live = _process(here)
    live.of(ITEM)
    _touch_the_case(here)
    first.declare()
    assert _stored(here) == (0, 0)
    second = _process(here)
    second.of(FARM_LOT)
    second.keep()
    assert _process(here).of(ITEM).key == ITEM.key
    assert live.of(FARM_LOT).key == FARM_LOT.key


def test_two_versions_of_the_program_show_and_spoil_nothing_of_each_other(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while processes are replaced one by one: what the new one keeps, the old one might misread."""
    old = _process(here)
    old.of(FARM_LOT)
    old.keep()

    def another(*_: str) -> str:
        return "another"

    monkeypatch.setattr(kept, "form_of", another)
    new = _process(here)
    new.of(ITEM)
    new.keep()
    assert _stored(here) == (1, 1)
    with Reading(here.house.engine) as reading:
        ask, owner = asking(reading), owner_of(ITEM)
        row = standing(ask, owner)
        assert (old.load(row, ask), _process(here).load(row, ask) is None) == (None, False)
    assert old.of(ITEM).key == ITEM.key
    assert old.of(FARM_LOT).key == FARM_LOT.key
    assert old.keep() == 0
    built = old.find(owner_of(ITEM), old.catch_up())
    assert built is not None  # what the store does not take is still at hand
    assert old.find(owner_of(ITEM), old.catch_up()) is built
    _touch_the_case(here)
    old.declare()
    assert _stored(here) == (1, 1)
    new.declare()
    assert _stored(here) == (0, 0)


def test_a_made_up_lot_is_answered_and_not_kept(here: Market) -> None:
    _asked(here, ITEM)
    before = _stored(here)
    product = market.PLANT.product
    for number in range(3):
        told = here.house.passports.of(identify(f"{product}/10/MADEUP{number}/21/{ITEM.serial}"))
        assert "wrong-lot" in {reason.code for reason in told.verdict.reasons}
    here.house.passports.keep()
    assert _stored(here) == before
    _asked(here, identify(f"{product}/10/{market.LOT.rpartition('/')[2]}/21/{ITEM.serial}"))
    assert _stored(here)[0] == before[0] + 1


def test_a_made_up_serial_of_a_held_lot_is_answered_and_not_kept(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Viewer("conducting", "regulator", market.AUTHORITIES["conducting"][0], EVERYTHING)
    here.house.desk.hold_at_once(here.case, authority, "Residues found")
    lot = identify(market.LOT)
    _asked(here, lot)
    before = _stored(here)

    def built(identifier: Identifier, *_: object, **_more: object) -> None:
        raise AssertionError(identifier.key)

    monkeypatch.setattr(kept, "on_record", built)  # whoever makes up numbers has no work done for them
    for number in range(3):
        told = here.house.passports.of(identify(f"{market.LOT}/21/NONE{number}"))
        assert told.key == lot.key
    here.house.passports.keep()
    assert _stored(here) == before


def test_of_bodies_the_oldest_are_let_go(here: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_MOST", 1)
    known, found = bodies.Bodies(), [here.house.passports.built(one) for one in (ITEM, FARM_LOT)]
    item, lot = found
    assert item is not None
    assert lot is not None
    assert known.put(b"1", item.body) is item.body
    assert known.put(b"1", lot.body) is item.body  # pages are remembered by the one that is there
    known.put(b"2", lot.body)
    assert (known.get(b"1"), known.get(b"2")) == (None, lot.body)


def test_a_page_that_cannot_be_made_ahead_takes_no_room(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unproven(*_: object) -> bool:
        return False

    monkeypatch.setattr(Pages, "_is_right", unproven)
    pages, item = Pages(here.house.zone, None), here.house.passports.built(ITEM)
    assert item is not None
    asked = Asked("/p/01", "/01", (), "en", None, large=False)
    assert pages.page(item.body, asked, Before(), market.NOW) is None
    assert not pages._made  # pyright: ignore[reportPrivateUsage]


def test_the_next_process_finds_what_was_kept_on_either_database(engine: Engine, tmp_path: Path) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": HERE})
    with farming(engine, settings, lambda: NOW) as farm:
        house = farm.house

        def process() -> Passports:
            return Passports(
                house.engine, house.records, house.cases, now=house.now, zone=house.zone, public_url=HERE
            )

        link = commissioned(farm, Order(farm.lot, 1, "nfc"))[0].partition("?")[0]
        item = house.identified(link.removeprefix(HERE))
        first = process()
        told = first.of(item)
        for _ in range(2):  # the second time over what is there
            assert first.built(item) is not None
            assert first.keep() == 1
        later = process()
        later.declare()
        found = later.find(owner_of(item), later.catch_up())
        assert found is not None
        assert found.passport(item.serial).key == told.key

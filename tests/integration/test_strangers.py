"""What a company with a valid account can do to the page of goods that it never had: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.authority import LOADER
from suyuan.api.house import House, open_house
from suyuan.api.settings import Settings, read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.recall.passport import Passport, VerdictState
from suyuan.trace.register.book import enter, withdraw
from suyuan.trace.register.sheets import Entry
from suyuan.trace.resolver.link_types import link_type
from suyuan.trace.resolver.links import Link, Role
from suyuan.trace.scan.past import FindingKind
from suyuan.trace.store.accounts import AccountRole, bind_account, create_account, own_party
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.links import OPERATOR, replace_links
from suyuan.trace.store.sight import HOUSE, Viewer

DAIRY, SHOP, RIVAL, DEPOT = (
    f"https://id.gs1.org/417/{gln}"
    for gln in ("9521234000013", "9521235000029", "9521236000035", "9521237000041")
)
PLANT, STORE, ELSEWHERE = (
    f"https://id.gs1.org/414/{gln}" for gln in ("9521234000013", "9521235000029", "9521236000035")
)
PRODUCT = "https://id.gs1.org/01/09521234000013"
RIVALS, GROWN = "https://id.gs1.org/01/09521236000035", "https://id.gs1.org/01/09521237000041"
FARM = "https://id.gs1.org/414/9521237000041"
ITEM, LOT, BAD_LOT = f"{PRODUCT}/21/7", f"{PRODUCT}/10/L1", f"{PRODUCT}/10/BAD"
BOX, TRAP = "https://id.gs1.org/00/095212340000000013", "https://id.gs1.org/00/095212340000000020"
MADE = datetime(2026, 11, 20, 8, tzinfo=UTC)
TO_SHOP = [
    {"type": "possessing_party", "destination": SHOP},
    {"type": "location", "destination": STORE},
]


class World:
    """A carton of milk that a dairy made, sent to a shop by name, and that the shop may sell."""

    def __init__(self, house: House, settings: Settings) -> None:
        self.house, self.settings = house, settings
        self._now = MADE + timedelta(days=2)

    def tell(self, party: str, step: str, hour: float, **more: Any) -> None:
        event = {
            **({} if "type" in more else {"type": "ObjectEvent", "action": "OBSERVE"}),
            "eventTime": (MADE + timedelta(hours=hour)).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "bizStep": step,
            **({} if "type" in more else {"epcList": [ITEM]}),
            **more,
        }
        self._now += timedelta(seconds=1)
        sent = document([orjson.dumps(event)], self._now)
        job = capture(self.house.engine, sent, "application/json", party=party, now=self._now)
        assert job.success, job.errors

    def made(self) -> None:
        ilmd = {"cbvmda:lotNumber": "L1", "cbvmda:itemExpirationDate": "2026-12-24"}
        here = {"readPoint": {"id": PLANT}, "bizLocation": {"id": PLANT}}
        self.tell(DAIRY, "commissioning", 0, action="ADD", ilmd=ilmd, **here)

    def sent(self, **more: Any) -> None:
        self.tell(DAIRY, "shipping", 2, readPoint={"id": PLANT}, **{"destinationList": TO_SHOP, **more})

    def received(self, party: str = SHOP, hour: float = 6) -> None:
        self.tell(party, "receiving", hour, **at(STORE))

    def sold(self, party: str = SHOP, hour: float = 8, place: str = STORE) -> None:
        self.tell(party, "retail_selling", hour, **at(place))

    def page(self, key: str = ITEM) -> Passport:
        return self.house.passport(key)


def at(place: str) -> dict[str, Any]:
    return {"readPoint": {"id": place}, "bizLocation": {"id": place}}


def codes(page: Passport) -> list[str]:
    return [reason.code for reason in page.verdict.reasons]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "https://trace.example"})
    house = open_house(settings, lambda: MADE + timedelta(days=3))
    made = World(house, settings)
    made.made()
    made.sent()
    made.received()
    yield made
    house.close()


def test_a_sale_that_a_stranger_tells_is_no_second_sale(world: World) -> None:
    world.sold()
    before = world.page()
    world.sold(RIVAL, 7, ELSEWHERE)
    world.sold(RIVAL, 9, ELSEWHERE)
    found = world.page()
    assert found.verdict.state is VerdictState.SOLD
    assert found.verdict.reasons[0] == before.verdict.reasons[0], "the genuine sale"
    assert codes(found) == ["sold", "registered", "strange-sale"]
    assert found.journey == before.journey


@pytest.mark.parametrize("step", ["storing", "receiving"])
def test_a_stranger_takes_back_no_sale_and_nothing_that_became_of_goods(world: World, step: str) -> None:
    world.sold()
    world.tell(RIVAL, step, 9, **at(ELSEWHERE))
    assert world.page().verdict.state is VerdictState.SOLD
    made = {"outputEPCList": [f"{PRODUCT}/21/9"], "inputEPCList": [ITEM]}
    world.tell(RIVAL, "creating_class_instance", 10, type="TransformationEvent", **made, **at(ELSEWHERE))
    assert world.page().verdict.state is VerdictState.SOLD
    world.tell(SHOP, "destroying", 11, disposition="destroyed", **at(STORE))
    world.tell(RIVAL, step, 12, **at(ELSEWHERE))
    assert world.page().verdict.state is VerdictState.DESTROYED


def test_a_sale_that_a_stranger_tells_of_unsold_goods_changes_no_verdict(world: World) -> None:
    world.sold(RIVAL, 9, ELSEWHERE)
    found = world.page()
    assert (found.verdict.state, codes(found)) == (VerdictState.REGISTERED, ["registered", "strange-sale"])


def test_who_had_the_goods_and_sells_them_twice_is_told_of(world: World) -> None:
    world.sold()
    world.sold(hour=9)
    assert world.page().verdict.state is VerdictState.RESOLD


@pytest.mark.parametrize(
    "told",
    [
        {"step": "destroying", "disposition": "destroyed"},
        {"step": "destroying", "disposition": "destroyed", "action": "DELETE"},
        {"step": "inspecting", "disposition": "recalled"},
        {"step": "inspecting", "disposition": "non_conformant"},
        {"step": "storing", "disposition": "stolen"},
        {"step": "holding", "disposition": "non_sellable_other"},
    ],
)
@pytest.mark.parametrize("hour", [1, 9])
def test_what_a_stranger_tells_against_goods_is_against_nothing(
    world: World, told: dict[str, str], hour: float
) -> None:
    before = world.page()
    world.tell(RIVAL, told["step"], hour, **{name: said for name, said in told.items() if name != "step"})
    found = world.page()
    assert found.verdict.state is VerdictState.REGISTERED
    assert codes(found) == [*codes(before), "strange-word"]
    assert (found.journey, found.checks) == (before.journey, before.checks)


def test_what_is_told_by_its_holder_stands_and_a_strangers_good_word_takes_nothing_back(world: World) -> None:
    world.tell(SHOP, "inspecting", 9, disposition="non_conformant")
    assert world.page().verdict.state is VerdictState.WITHDRAWN
    world.tell(RIVAL, "inspecting", 10, disposition="conformant")
    found = world.page()
    assert found.verdict.state is VerdictState.WITHDRAWN
    assert [check.result for check in found.checks] == ["non_conformant"]


@pytest.mark.parametrize("hour", [-1, 9])
def test_a_stranger_gives_goods_neither_another_lot_nor_other_dates_nor_origins(
    world: World, hour: float
) -> None:
    before = world.page()
    ilmd = {"cbvmda:lotNumber": "BAD", "cbvmda:itemExpirationDate": "2026-11-01"}
    world.tell(RIVAL, "commissioning", hour, action="ADD", ilmd=ilmd, **at(ELSEWHERE))
    world.tell(RIVAL, "storing", hour, epcList=[f"{BAD_LOT}/21/7"], **at(ELSEWHERE))
    goods = {"outputEPCList": [ITEM], "inputQuantityList": [{"epcClass": f"{BAD_LOT}X", "quantity": 1}]}
    world.tell(RIVAL, "creating_class_instance", hour, type="TransformationEvent", **goods, **at(ELSEWHERE))
    found = world.page()
    assert (found.lot, found.expiration_date) == (before.lot, before.expiration_date)
    assert (found.origins, found.producer, found.journey) == (before.origins, before.producer, before.journey)
    assert found.verdict.state is VerdictState.REGISTERED


@pytest.mark.parametrize("step", ["inspecting", "destroying"])
def test_a_stranger_says_nothing_against_a_whole_lot(world: World, step: str) -> None:
    goods = {"epcList": [], "quantityList": [{"epcClass": LOT}]}
    world.tell(RIVAL, step, 3, disposition="recalled", **goods)
    assert world.page().verdict.state is VerdictState.REGISTERED
    world.tell(DAIRY, step, 4, disposition="recalled", **goods)
    assert world.page().verdict.state is VerdictState.RECALLED


def test_who_got_other_pieces_of_a_lot_says_nothing_of_this_one(world: World) -> None:
    def lot(place: str) -> dict[str, Any]:
        return {"epcList": [], "quantityList": [{"epcClass": LOT}], **at(place)}

    to_rival = [{"type": "possessing_party", "destination": RIVAL}]
    to_depot = [{"type": "possessing_party", "destination": DEPOT}]
    world.tell(DAIRY, "shipping", 3, destinationList=to_rival, **lot(PLANT))
    world.tell(RIVAL, "inspecting", 4, disposition="recalled", **lot(ELSEWHERE))
    assert world.page().verdict.state is VerdictState.REGISTERED
    world.tell(DAIRY, "shipping", -3, destinationList=to_depot, **lot(PLANT))
    world.tell(DEPOT, "inspecting", 4, disposition="non_conformant", **lot(ELSEWHERE))
    assert world.page().verdict.state is VerdictState.WITHDRAWN, "it had all of it before there were pieces"


def test_a_stranger_makes_nothing_warm(world: World) -> None:
    too_warm = {"type": "Temperature", "uom": "CEL", "value": 30.0, "exception": "ALARM_CONDITION"}
    world.tell(RIVAL, "sensor_reporting", 4, sensorElementList=[{"sensorReport": [too_warm]}])
    found = world.page()
    assert (found.temperature, codes(found)) == (None, ["registered"])


def test_whom_nobody_named_is_heard_after_a_sending_to_nobody_and_accuses_nothing(tmp_path: Path) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "https://trace.example"})
    world = World(open_house(settings, lambda: MADE + timedelta(days=3)), settings)
    world.made()
    world.sent(destinationList=[])
    world.received()
    world.sold()
    found = world.page()
    assert (found.verdict.state, [step.step for step in found.journey][-1]) == (
        VerdictState.SOLD,
        "retail_selling",
    )
    world.sold(RIVAL, 9, ELSEWHERE)
    assert codes(world.page()) == ["sold", "registered", "strange-sale"]
    world.received(RIVAL, 3)
    found = world.page()
    assert (found.verdict.state, codes(found)[0]) == (VerdictState.ATTENTION, "unsure-word")
    assert "resold" not in codes(found)
    world.house.close()


def test_who_claims_to_be_where_goods_were_sent_by_name_is_a_stranger_still(world: World) -> None:
    world.tell(RIVAL, "receiving", 3, **at(STORE))
    named = [{"type": "possessing_party", "destination": RIVAL}]
    world.tell(RIVAL, "shipping", 3, destinationList=named, **at(STORE))
    world.tell(RIVAL, "destroying", 4, disposition="destroyed", **at(STORE))
    found = world.page()
    assert (found.verdict.state, codes(found)) == (VerdictState.REGISTERED, ["registered", "strange-word"])


def test_who_runs_the_platform_tells_for_the_producer(world: World) -> None:
    register(world)
    for number, (party, is_believed) in enumerate(
        [
            (LOADER, True),
            (own_party("root"), True),
            (own_party("officer"), False),
            (own_party("nobody"), False),
        ]
    ):
        item = f"{PRODUCT}/21/OF{number}"
        world.tell(party, "commissioning", 5, action="ADD", epcList=[item], **at(PLANT))
        assert ("made-by-others" not in codes(world.page(item))) is is_believed, party
        world.tell(party, "retail_selling", 6, epcList=[item], **at(STORE))
        assert codes(world.page(item))[0] == ("sold" if is_believed else "made-by-others")


def register(world: World) -> None:
    """The dairy and its product, and who runs the platform; an officer does not."""
    with Writing(world.house.engine) as writing:
        facts = {"name_zh": "乳业", "roles": "producer", "district": "330106"}
        enter(writing, Entry("party", DAIRY, facts), by=HOUSE, now=MADE, confirmed=True)
        told = {"name_zh": "牛奶", "producer": DAIRY, "category": "05"}
        enter(writing, Entry("product", PRODUCT, told), by=HOUSE, now=MADE, confirmed=True)
        create_account(writing, "root", role=AccountRole.ADMINISTRATOR, party="", now=MADE)
        create_account(writing, "officer", role=AccountRole.REGULATOR, party=own_party("officer"), now=MADE)


def test_goods_that_are_not_of_the_producer_are_not_praised(world: World) -> None:
    register(world)
    assert world.page().verdict.state is VerdictState.REGISTERED
    forged = f"{PRODUCT}/21/FORGED"
    world.tell(RIVAL, "commissioning", 5, action="ADD", epcList=[forged], **at(ELSEWHERE))
    found = world.page(forged)
    assert (found.verdict.state, codes(found)) == (
        VerdictState.ATTENTION,
        ["made-by-others", "copyable"],
    )
    brand = Link(link_type("gs1:pip"), "https://brand.example.cn/", "Brand", role=Role.DEFAULT)
    with Writing(world.house.engine) as writing:
        for key in (ITEM, forged):
            replace_links(writing, key, [brand], owner=OPERATOR, by="root", now=MADE)
    app = application(world.settings, world.house, lambda: MADE + timedelta(days=3))
    with TestClient(app, "https://trace.example", follow_redirects=False) as client:
        browser = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}
        asked = [client.get(urlsplit(key).path, headers=browser).status_code for key in (ITEM, forged)]
    assert asked == [307, 200], "a forged item does not lead to the site of the brand"
    named = [{"type": "possessing_party", "destination": RIVAL}]
    world.tell(DAIRY, "shipping", 4, epcList=[forged], destinationList=named, **at(PLANT))
    assert world.page(forged).verdict.state is VerdictState.REGISTERED


def test_a_recalled_thing_that_a_stranger_packs_recalls_no_pallet(world: World) -> None:
    packing = {"type": "AggregationEvent", "action": "ADD", "parentID": BOX}
    world.tell(DAIRY, "packing", 1, childEPCs=[ITEM], **packing)
    found = world.page(BOX)
    world.tell(RIVAL, "packing", 1.5, childEPCs=[f"{PRODUCT}/21/8"], **packing)
    assert world.page(BOX).verdict == found.verdict


def packed(child: str, box: str, *, out: bool = False) -> dict[str, Any]:
    action = "DELETE" if out else "ADD"
    return {"type": "AggregationEvent", "action": action, "parentID": box, "childEPCs": [child]}


@pytest.mark.parametrize("trap", ["the item", "its box", "the item out"])
@pytest.mark.parametrize("hour", [1.5, 2.5])
@pytest.mark.parametrize("whole", [True, False], ids=["emptied", "unpacked"])
def test_a_stranger_takes_goods_out_of_no_box_and_puts_them_into_none(
    tmp_path: Path, trap: str, hour: float, whole: bool
) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "https://trace.example"})
    world = World(open_house(settings, lambda: MADE + timedelta(days=3)), settings)
    world.made()
    world.tell(DAIRY, "packing", 1, **packed(ITEM, BOX), **at(PLANT))
    world.sent(epcList=[BOX])
    world.tell(SHOP, "receiving", 6, epcList=[BOX], **at(STORE))
    out = packed(ITEM, BOX, out=True)
    if whole:
        out["childEPCs"] = []
    world.tell(SHOP, "unpacking", 7, **out, **at(STORE))
    world.tell(SHOP, "destroying", 7.5, epcList=[BOX], disposition="destroyed", **at(STORE))
    world.sold()
    before = world.page()
    assert [step.step for step in before.journey][1:] == [
        "packing", "shipping", "receiving", "unpacking", "retail_selling"
    ]  # fmt: skip
    told = {
        "the item": packed(ITEM, TRAP),
        "its box": packed(BOX, TRAP),
        "the item out": packed(ITEM, BOX, out=True),
    }[trap]
    world.tell(RIVAL, "unpacking" if "out" in trap else "packing", hour, **told, **at(ELSEWHERE))
    world.tell(DAIRY, "destroying", 3, epcList=[TRAP], disposition="destroyed", **at(PLANT))
    found = world.page()
    assert found.verdict == before.verdict
    assert found.journey == before.journey
    world.house.close()


def test_boxes_that_a_stranger_puts_into_each_other_are_no_endless_way(world: World) -> None:
    world.tell(DAIRY, "packing", 1, **packed(ITEM, BOX), **at(PLANT))
    world.tell(DAIRY, "packing", 1.1, **packed(BOX, TRAP), **at(PLANT))
    world.tell(DAIRY, "packing", 1.2, **packed(TRAP, BOX), **at(PLANT))
    world.tell(RIVAL, "packing", 1.3, **packed(BOX, TRAP), **at(ELSEWHERE))
    world.tell(RIVAL, "packing", 1.3, **packed(ITEM, TRAP), **at(ELSEWHERE))
    assert world.page().verdict.state is VerdictState.REGISTERED


def lot_at(place: str) -> dict[str, Any]:
    return {"epcList": [], "quantityList": [{"epcClass": LOT, "quantity": 10}], **at(place)}


def to(party: str, place: str = "") -> list[dict[str, str]]:
    return [
        *([{"type": "possessing_party", "destination": party}] if party else []),
        *([{"type": "location", "destination": place}] if place else []),
    ]


def enter_for(world: World, kind: Any, key: str, **told: str) -> None:
    with Writing(world.house.engine) as writing:
        told = {"name_zh": "名称", "district": "330106", **told}
        enter(writing, Entry(kind, key, told), by=HOUSE, now=MADE, confirmed=True)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """A carton that was made, and of which nothing more is on record."""
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "https://trace.example"})
    house = open_house(settings, lambda: MADE + timedelta(days=3))
    made = World(house, settings)
    made.made()
    yield made
    house.close()


@pytest.mark.parametrize("is_registered", [False, True])
def test_whoever_begins_a_lot_late_recalls_none_of_its_items(world: World, is_registered: bool) -> None:
    if is_registered:
        register(world)
    world.tell(RIVAL, "commissioning", 20, action="ADD", **lot_at(ELSEWHERE))
    world.tell(RIVAL, "inspecting", 21, disposition="recalled", **lot_at(ELSEWHERE))
    inside = {"childQuantityList": [{"epcClass": LOT, "quantity": 1}], "parentID": TRAP}
    world.tell(RIVAL, "packing", 22, type="AggregationEvent", action="ADD", **inside, **at(ELSEWHERE))
    found = world.page()
    assert (found.verdict.state, codes(found)) == (VerdictState.REGISTERED, ["registered", "strange-word"])
    assert ("made-by-others" in codes(world.page(LOT))) is is_registered
    assert (world.page(LOT).verdict.state is VerdictState.RECALLED) is not is_registered
    assert "strange-word" not in codes(world.page(LOT))


def test_the_lot_of_goods_without_a_beginning_is_made_by_who_told_of_it_before(fresh: World) -> None:
    lot, item = f"{PRODUCT}/10/L9", f"{PRODUCT}/21/90"
    goods = {"epcList": [], "quantityList": [{"epcClass": lot, "quantity": 10}], **at(PLANT)}
    ilmd = {"cbvmda:itemExpirationDate": "2026-12-01"}
    fresh.tell(DAIRY, "commissioning", 0, action="ADD", ilmd=ilmd, **goods)
    fresh.tell(SHOP, "retail_selling", 8, epcList=[f"{lot}/21/90"], **at(STORE))
    assert str(fresh.page(item).expiration_date) == "2026-12-01"


@pytest.mark.parametrize(
    "ends",
    [
        {"sourceList": "both", "destinationList": to("", STORE)},
        {"sourceList": "party", "destinationList": []},
        {"destinationList": to(STORE)},
        {"destinationList": to(DEPOT)},
        {"destinationList": to("", f"{STORE}/254/dock")},
    ],
)
@pytest.mark.parametrize("is_registered", [False, True])
def test_however_a_sending_names_the_shop_its_sale_is_heard(
    fresh: World, ends: dict[str, Any], is_registered: bool
) -> None:
    if is_registered:
        enter_for(fresh, "party", SHOP, roles="shop")
        enter_for(fresh, "place", STORE, party=SHOP, stage="retail")
    named = {"type": "possessing_party", "source": DAIRY}, {"type": "location", "source": PLANT}
    source = {"both": [*named], "party": [named[0]]}.get(ends.get("sourceList", ""), [])
    fresh.sent(sourceList=source, destinationList=ends["destinationList"])
    fresh.received()
    fresh.sold()
    found = fresh.page()
    assert codes(found) == ["sold", "registered"]
    assert [step.step for step in found.journey][1:] == ["shipping", "receiving", "retail_selling"]


def test_a_shop_of_a_chain_may_be_named_by_its_own_number(fresh: World) -> None:
    shop = "https://id.gs1.org/414/9521235000050"
    enter_for(fresh, "party", SHOP, roles="shop")
    enter_for(fresh, "place", shop, party=SHOP, stage="retail")
    fresh.sent(destinationList=to(shop.replace("/414/", "/417/")))
    fresh.sold(place=shop)
    fresh.sold(hour=9, place=shop)
    assert fresh.page().verdict.state is VerdictState.RESOLD, "a holder, and no mere taker"


@pytest.mark.parametrize("way", ["nobody", "silence", "lot"])
def test_a_shop_that_tells_of_its_sales_only_is_heard(fresh: World, way: str) -> None:
    if way == "nobody":
        fresh.sent(destinationList=[])
    if way == "lot":
        fresh.tell(DAIRY, "shipping", 2, destinationList=TO_SHOP, **lot_at(PLANT))
        fresh.tell(SHOP, "receiving", 6, **lot_at(STORE))
    fresh.sold()
    assert codes(fresh.page()) == ["sold", "registered"]
    fresh.sold(RIVAL, 7, ELSEWHERE)
    assert codes(fresh.page()) == ["sold", "registered", "strange-sale"]


def test_boxes_in_boxes_make_neither_a_long_way_nor_a_deep_one(world: World) -> None:
    def sscc(number: int) -> str:
        body = f"09521234{number:09d}"
        weighed = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(body))
        return f"https://id.gs1.org/00/{body}{-weighed % 10}"

    chain = [ITEM, *map(sscc, range(60))]
    for number, (child, box) in enumerate(pairwise(chain)):
        times = 4 if number < 6 else 1
        for again in range(times):
            world.tell(DAIRY, "packing", 3 + again / 100, **packed(child, box), **at(PLANT))
        world.tell(RIVAL, "packing", 3.5, **packed(child, sscc(1000 + number)), **at(ELSEWHERE))
    found = world.page()
    assert len({step.evidence for step in found.journey}) == len(found.journey) < 100


def test_who_begins_what_others_told_of_makes_it_no_more(fresh: World) -> None:
    fresh.tell(DAIRY, "packing", 1, **packed(ITEM, BOX), **at(PLANT))
    fresh.sent(epcList=[BOX])
    fresh.tell(SHOP, "receiving", 6, epcList=[BOX], **at(STORE))
    before = fresh.page(BOX)
    imported = f"{PRODUCT}/21/IMPORTED"
    fresh.tell(DEPOT, "receiving", 0, epcList=[imported], **at(PLANT))
    fresh.tell(DEPOT, "shipping", 1, epcList=[imported], destinationList=TO_SHOP, **at(PLANT))
    way = fresh.page(imported).journey
    for key in (BOX, imported):
        fresh.tell(RIVAL, "commissioning", 20, action="ADD", epcList=[key], **at(ELSEWHERE))
        fresh.tell(RIVAL, "destroying", 21, epcList=[key], disposition="destroyed")
    assert (fresh.page(BOX).verdict.state, fresh.page(BOX).journey) == (before.verdict.state, before.journey)
    assert fresh.page(imported).journey == way


def test_a_neighbour_among_company_prefixes_takes_no_goods_away_from_who_made_them(fresh: World) -> None:
    """Of GS1 China's 692 a prefix has eight digits: 69212345 and 69212346 are two companies."""
    neighbour, pack = "https://id.gs1.org/417/6921234600016", "https://id.gs1.org/01/06921234500019/21/7"
    fresh.tell(DAIRY, "commissioning", 0, action="ADD", epcList=[pack], **at(PLANT))
    fresh.sent(epcList=[pack])
    before = fresh.page(pack)
    fresh.tell(neighbour, "commissioning", -1, action="ADD", epcList=[pack], **at(ELSEWHERE))
    fresh.tell(neighbour, "destroying", 21, epcList=[pack], disposition="destroyed")
    after = fresh.page(pack)
    assert (after.verdict.state, after.journey) == (before.verdict.state, before.journey)
    assert before.journey[0].time == MADE


def test_a_maker_that_is_late_is_believed_where_the_shop_names_it(fresh: World) -> None:
    late = f"{PRODUCT}/21/LATE"
    source = [{"type": "possessing_party", "source": DAIRY}]
    fresh.tell(SHOP, "receiving", 6, epcList=[late], sourceList=source, **at(STORE))
    ilmd = {"cbvmda:itemExpirationDate": "2026-12-01"}
    fresh.tell(DAIRY, "commissioning", 0, epcList=[late], action="ADD", ilmd=ilmd, **at(PLANT))
    assert str(fresh.page(late).expiration_date) == "2026-12-01"


def test_who_took_goods_over_gives_them_no_lot_date_heat_or_past_and_takes_back_no_sale(fresh: World) -> None:
    fresh.sent(destinationList=[])
    fresh.received()
    fresh.received(RIVAL, 7)
    fresh.sold()
    ilmd = {"cbvmda:lotNumber": "BAD", "cbvmda:itemExpirationDate": "2026-11-01"}
    fresh.tell(RIVAL, "commissioning", -1, action="ADD", ilmd=ilmd, **at(ELSEWHERE))
    fresh.tell(RIVAL, "commissioning", 7.5, action="ADD", ilmd=ilmd, **at(ELSEWHERE))
    fresh.tell(
        DAIRY, "inspecting", 1, disposition="recalled", quantityList=[{"epcClass": BAD_LOT}], epcList=[]
    )
    fresh.tell(RIVAL, "storing", 9, **at(ELSEWHERE))
    found = fresh.page()
    assert (found.verdict.state, found.lot, str(found.expiration_date)) == (
        VerdictState.SOLD,
        "L1",
        "2026-12-24",
    )
    assert found.journey[0].time == MADE, "nothing from before it had them"
    too_warm = {"type": "Temperature", "uom": "CEL", "value": 30.0, "exception": "ALARM_CONDITION"}
    fresh.tell(RIVAL, "sensor_reporting", 10, sensorElementList=[{"sensorReport": [too_warm]}])
    assert (fresh.page().temperature, codes(fresh.page())[0]) == (None, "unsure-word")


@pytest.mark.parametrize("role", ["officer", "laboratory", "says so of itself"])
def test_what_an_authority_or_a_laboratory_finds_is_told(world: World, role: str) -> None:
    if role == "officer":
        with Writing(world.house.engine) as writing:
            create_account(writing, "officer", role=AccountRole.REGULATOR, party=DEPOT, now=MADE)
    else:
        enter_for(world, "party", DEPOT, roles="laboratory")
    if role == "laboratory":
        world.tell(DAIRY, "shipping", 3, destinationList=to(DEPOT), **lot_at(PLANT))
    world.tell(DEPOT, "inspecting", 7, disposition="non_conformant", **lot_at(ELSEWHERE))
    found = world.page()
    if role == "says so of itself":
        assert codes(found) == ["registered", "strange-word"]
    else:
        assert (found.verdict.state, codes(found)[0]) == (VerdictState.WITHDRAWN, "check-failed")


@pytest.mark.parametrize("way", ["places", "lot"])
def test_who_makes_goods_for_a_brand_may_be_named_by_its_place_or_on_the_lot(world: World, way: str) -> None:
    register(world)
    plant = "https://id.gs1.org/414/9521237000041"
    enter_for(world, "party", DEPOT, roles="producer")
    enter_for(world, "place", plant, party=DEPOT, stage="processing")
    item = f"{PRODUCT}/21/PACKED"
    ilmd = {"cbvmda:lotNumber": "L1"}
    world.tell(DEPOT, "commissioning", 0, action="ADD", epcList=[item], ilmd=ilmd, **at(plant))
    if way == "places":
        source = [{"type": "location", "source": plant}]
        world.tell(DAIRY, "receiving", 2, epcList=[item], sourceList=source, **at(PLANT))
    else:
        world.tell(DAIRY, "shipping", 0.5, destinationList=to(DEPOT), **lot_at(PLANT))
    assert "made-by-others" not in codes(world.page(item))


def test_strangers_give_a_history_of_scans_no_stay_and_no_sale(world: World) -> None:
    def history() -> tuple[object, ...]:
        with Reading(world.house.engine) as reading:
            found = world.house.judging.histories.of(reading, ITEM)
        return found.stays, found.shipped, found.sold, found.destroyed, found.findings

    world.sold()
    before = history()
    assert before[2] == MADE + timedelta(hours=8)
    for step, hour in (("shipping", 0.5), ("receiving", 1), ("retail_selling", 3), ("storing", 20)):
        world.tell(RIVAL, step, hour, **at(ELSEWHERE))
    world.tell(RIVAL, "destroying", 21, disposition="destroyed", action="DELETE", **at(ELSEWHERE))
    assert history() == before
    world.sold(hour=30)
    assert [one.kind for one in history()[4]] == [FindingKind.SOLD_TWICE]  # type: ignore[attr-defined]


@pytest.mark.parametrize("step", ["packing", "storing", "commissioning"])
def test_who_tells_of_the_next_pallets_of_another_before_it_packs_them_has_none_of_them(
    fresh: World, step: str
) -> None:
    if step == "packing":
        fresh.tell(RIVAL, step, -5, **packed(f"{RIVALS}/21/9", BOX), **at(ELSEWHERE))
    else:
        action = "ADD" if step == "commissioning" else "OBSERVE"
        fresh.tell(RIVAL, step, -5, action=action, epcList=[BOX], **at(ELSEWHERE))
    fresh.tell(DAIRY, "packing", 1, **packed(ITEM, BOX), **at(PLANT))
    fresh.tell(DAIRY, "inspecting", 1.5, disposition="recalled", **lot_at(PLANT))
    fresh.sent(epcList=[BOX])
    fresh.tell(RIVAL, "destroying", 3, epcList=[BOX], disposition="destroyed", **at(ELSEWHERE))
    found = fresh.page(BOX)
    assert [step.step for step in found.journey] == ["packing", "shipping"]
    assert found.verdict.state is not VerdictState.DESTROYED


def test_strangers_give_what_goods_were_made_of_neither_a_past_nor_a_beginning(fresh: World) -> None:
    def amount(lot: str) -> dict[str, object]:
        return {"epcClass": lot, "quantity": 10, "uom": "KGM"}

    def told(lot: str, place: str) -> dict[str, Any]:
        return {"epcList": [], "quantityList": [amount(lot)], **at(place)}

    grown, milk, poison = f"{GROWN}/10/G1", f"{GROWN}/10/MILK", f"{RIVALS}/10/POISON"
    made = {"type": "TransformationEvent"}
    fresh.tell(DEPOT, "commissioning", -9, action="ADD", **told(grown, FARM))
    fresh.tell(
        DEPOT, "creating_class_instance", -8, inputQuantityList=[amount(grown)],
        outputQuantityList=[amount(milk)], **made, **at(FARM),
    )  # fmt: skip
    fresh.tell(DEPOT, "shipping", -7, destinationList=to(DAIRY, PLANT), **told(milk, FARM))
    fresh.tell(DAIRY, "receiving", -6, **told(milk, PLANT))
    bottled = f"{PRODUCT}/21/BOTTLED"
    fresh.tell(
        DAIRY, "creating_class_instance", -5, inputQuantityList=[amount(milk)], outputEPCList=[bottled],
        **made, **at(PLANT),
    )  # fmt: skip
    before = fresh.page(bottled).origins
    assert [origin.key for origin in before] == [grown]
    fresh.tell(RIVAL, "commissioning", -20, action="ADD", **told(poison, ELSEWHERE))
    fresh.tell(RIVAL, "storing", -15, **told(grown, ELSEWHERE))
    for lot in (milk, grown):
        fresh.tell(
            RIVAL, "creating_class_instance", -12, inputQuantityList=[amount(poison)],
            outputQuantityList=[amount(lot)], **made, **at(ELSEWHERE),
        )  # fmt: skip
    assert fresh.page(bottled).origins == before


@pytest.mark.parametrize("lied_of", ["a crate", "a crate of the truth", "a box", "the goods"])
def test_strangers_give_crates_on_the_way_no_lot_and_take_none_away(fresh: World, lied_of: str) -> None:
    def amount(lot: str) -> dict[str, object]:
        return {"epcClass": lot, "quantity": 10, "uom": "KGM"}

    seed, grown, poison = f"{GROWN}/10/SEED", f"{GROWN}/10/G1", f"{RIVALS}/10/POISON"
    crate, bottled, filled = f"{GROWN}/21/CRATE", f"{PRODUCT}/21/BOTTLED", f"{PRODUCT}/10/FILLED"
    made = {"type": "TransformationEvent"}
    fresh.tell(DEPOT, "commissioning", -9, action="ADD", epcList=[], quantityList=[amount(seed)], **at(FARM))
    fresh.tell(
        DEPOT, "creating_class_instance", -8, inputQuantityList=[amount(seed)],
        outputQuantityList=[amount(grown)], **made, **at(FARM),
    )  # fmt: skip
    ilmd = {"cbvmda:lotNumber": "G1"}
    fresh.tell(DEPOT, "commissioning", -7.5, action="ADD", epcList=[crate], ilmd=ilmd, **at(FARM))
    fresh.tell(DEPOT, "packing", -7.4, **packed(crate, BOX), **at(FARM))
    fresh.tell(DEPOT, "shipping", -7, epcList=[BOX], destinationList=to(DAIRY, PLANT), **at(FARM))
    fresh.tell(DAIRY, "unpacking", -6, **packed(crate, BOX, out=True), **at(PLANT))
    fresh.tell(
        DAIRY, "creating_class_instance", -5, inputEPCList=[crate], outputQuantityList=[amount(filled)],
        **made, **at(PLANT),
    )  # fmt: skip
    ilmd = {"cbvmda:lotNumber": "FILLED"}
    fresh.tell(DAIRY, "commissioning", -4, action="ADD", epcList=[bottled], ilmd=ilmd, **at(PLANT))
    before = fresh.page(bottled).origins
    assert [origin.key for origin in before] == [seed]

    def lie(thing: str, number: str) -> None:
        lot = {"cbvmda:lotNumber": number}
        fresh.tell(RIVAL, "commissioning", -20, action="ADD", epcList=[thing], ilmd=lot, **at(ELSEWHERE))

    fresh.tell(
        RIVAL, "commissioning", -21, action="ADD", epcList=[], quantityList=[amount(poison)], **at(ELSEWHERE)
    )
    if lied_of == "a box":
        fresh.tell(
            RIVAL, "creating_class_instance", -20, inputQuantityList=[amount(poison)], outputEPCList=[TRAP],
            **made, **at(ELSEWHERE),
        )  # fmt: skip
        fresh.tell(RIVAL, "packing", -6.5, **packed(BOX, TRAP), **at(ELSEWHERE))
    elif lied_of == "the goods":
        lie(bottled, "LIE")
    else:
        lie(crate, "G1" if "truth" in lied_of else "LIE")
        fresh.tell(
            RIVAL, "creating_class_instance", -20, inputQuantityList=[amount(poison)],
            outputQuantityList=[amount(f"{GROWN}/10/LIE")], **made, **at(ELSEWHERE),
        )  # fmt: skip
    assert fresh.page(bottled).origins == before


def test_a_crate_that_a_stranger_counts_among_a_lot_that_was_used_was_not_used(fresh: World) -> None:
    def amount(lot: str) -> dict[str, object]:
        return {"epcClass": lot, "quantity": 10, "uom": "KGM"}

    milk, poison, bottled = f"{GROWN}/10/MILK", f"{RIVALS}/10/POISON", f"{PRODUCT}/21/BOTTLED"
    crate, false = f"{GROWN}/21/CRATE", f"{GROWN}/21/FALSE"
    made, ilmd = {"type": "TransformationEvent"}, {"cbvmda:lotNumber": "MILK"}
    seed = f"{GROWN}/10/SEED"
    for party, lot, place in ((DEPOT, seed, FARM), (RIVAL, poison, ELSEWHERE)):
        fresh.tell(
            party, "commissioning", -30, action="ADD", epcList=[], quantityList=[amount(lot)], **at(place)
        )
    fresh.tell(
        DEPOT, "creating_class_instance", -9, inputQuantityList=[amount(seed)], outputEPCList=[crate],
        ilmd=ilmd, **made, **at(FARM),
    )  # fmt: skip
    fresh.tell(DEPOT, "shipping", -7, epcList=[crate], destinationList=to(DAIRY, PLANT), **at(FARM))
    fresh.tell(DAIRY, "receiving", -6, epcList=[crate], **at(PLANT))
    fresh.tell(
        DAIRY, "creating_class_instance", -5, inputQuantityList=[amount(milk)], outputEPCList=[bottled],
        **made, **at(PLANT),
    )  # fmt: skip
    before = fresh.page(bottled).origins
    assert [origin.key for origin in before] == [seed], "the crate may have been used"
    fresh.tell(
        RIVAL, "creating_class_instance", -20, inputQuantityList=[amount(poison)], outputEPCList=[false],
        ilmd=ilmd, **made, **at(PLANT),
    )  # fmt: skip
    assert fresh.page(bottled).origins == before


def test_a_shop_that_closed_still_had_what_was_sent_there(fresh: World) -> None:
    enter_for(fresh, "party", SHOP, roles="shop")
    enter_for(fresh, "place", STORE, party=SHOP, stage="retail")
    fresh.sent(destinationList=to("", STORE))
    fresh.sold()
    fresh.sold(hour=9)
    assert fresh.page().verdict.state is VerdictState.RESOLD
    with Writing(fresh.house.engine) as writing:
        withdraw(writing, STORE, by=HOUSE, now=MADE + timedelta(days=2))
    assert fresh.page().verdict.state is VerdictState.RESOLD, "a holder still, and no mere taker"


def test_an_account_that_is_made_later_moves_pages_that_were_built_before(world: World) -> None:
    world.sold(own_party("late"), 9)
    world.tell(DEPOT, "inspecting", 10, disposition="non_conformant", **at(ELSEWHERE))
    assert codes(world.page()) == ["registered", "strange-sale"]
    with Writing(world.house.engine) as writing:
        create_account(writing, "late", role=AccountRole.ADMINISTRATOR, party="", now=MADE)
    assert codes(world.page())[:1] == ["sold"]
    with Writing(world.house.engine) as writing:
        create_account(writing, "officer", role=AccountRole.REGULATOR, party="", now=MADE)
        bind_account(writing, "officer", DEPOT)
    assert codes(world.page())[:1] == ["check-failed"]
    with Writing(world.house.engine) as writing:
        bind_account(writing, "officer", RIVAL)
    assert codes(world.page())[:1] == ["sold"]


def test_an_officer_sees_which_events_strangers_told_and_a_company_does_not(world: World) -> None:
    world.sold()
    world.sold(RIVAL, 9, ELSEWHERE)
    told = {event.party: event.evidence for event in world.house.seen_by(HOUSE).events_of(ITEM)}
    assert world.house.seen_by(HOUSE).strange(ITEM) == {told[RIVAL]}
    assert world.house.seen_by(Viewer("rival", "company", RIVAL)).strange(ITEM) == frozenset()

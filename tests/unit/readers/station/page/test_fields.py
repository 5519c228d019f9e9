"""What the fields of a step make of what people write in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.readers.station.fakes import GTIN, PLACE, SSCC, item, point

from suyuan.readers.station.config import ReaderConfig, ServerConfig, StationConfig
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.page.fields import FIELDS, Filled, defaults, fill, remembered, standing
from suyuan.trace.epcis.event import QuantityElement, TypedReference

CONFIG = StationConfig(
    "s1",
    "https://id.gs1.org/417/6901234567892",
    Path("data"),
    ServerConfig("http://platform.test", "t"),
    (ReaderConfig("r", "llrp://r"),),
    (point(),),
)
GTIN_LINK = f"https://id.gs1.org/01/{GTIN}"
OTHER = "https://id.gs1.org/417/6912345678902"


def made(step: Step, **values: str) -> Filled:
    return fill(step, values, CONFIG, point(), GS1)


def order(step: Step, **values: str) -> Order:
    filled = made(step, **values)
    assert filled.order is not None, filled.faults
    return filled.order


def test_commissioning() -> None:
    assert order(
        Step.COMMISSION,
        product=" 6901234567892 ",
        lot="L1",
        produced="2026-11-21",
        expires="2026-12-01",
        country_of_origin="cn",
        expected_count="12",
    ) == Order(
        Step.COMMISSION,
        product=GTIN,
        lot="L1",
        produced=date(2026, 11, 21),
        expires=date(2026, 12, 1),
        country_of_origin="CN",
        expected_count=12,
    )


def test_goods_with_own_codes() -> None:
    product = "https://trace.example.cn/own/product/P00001A"
    own = order(Step.COMMISSION, product=product, lot="端午", amount="3", unit="KGM")
    assert (own.product, own.lot) == (product, "端午")
    assert own.quantities == (QuantityElement(f"{product}/lot/%E7%AB%AF%E5%8D%88", 3.0, "KGM"),)


@pytest.mark.parametrize("step", [Step.PACK, Step.UNPACK])
def test_amounts_go_into_a_unit_and_out_of_it_whether_that_is_typed_or_read(step: Step) -> None:
    loose = {"product": GTIN, "lot": "L1", "amount": "20", "unit": "KGM"}
    typed, read = order(step, parent=SSCC, **loose), order(step, **loose)
    assert typed.quantities == read.quantities == (QuantityElement(f"{GTIN_LINK}/10/L1", 20.0, "KGM"),)
    assert (typed.parent, typed.typed) == (SSCC, True)
    assert (read.parent, read.typed) == (None, False)


def test_loose_goods_need_no_tags() -> None:
    loose = order(Step.RECEIVE, product=GTIN, lot="L/1", amount="12.5", unit="KGM")
    assert loose.typed
    assert loose.quantities == (QuantityElement(f"https://id.gs1.org/01/{GTIN}/10/L%2F1", 12.5, "KGM"),)
    pieces = order(Step.SELL, product=GTIN, lot="L1", amount="3", unit="PCE")
    assert pieces.quantities[0].uom is None


def test_a_transformation_says_what_it_makes() -> None:
    transform = order(Step.TRANSFORM, product=GTIN, lot="L9", amount="40", unit="KGM", expires="2026-12-01")
    assert not transform.typed
    assert transform.outputs == (QuantityElement(f"https://id.gs1.org/01/{GTIN}/10/L9", 40.0, "KGM"),)
    assert made(Step.TRANSFORM).faults.keys() == {"amount", "product", "lot"}


@pytest.mark.parametrize(
    "text", ["069012345000000011", "00069012345000000011", "(00)069012345000000011", SSCC]
)
def test_a_unit_in_any_spelling(text: str) -> None:
    assert order(Step.PACK, parent=text).parent == SSCC


def test_a_list_of_what_to_expect() -> None:
    assert order(Step.SHIP, untold="1", expected=f"{item(1)}\n069012345000000011, {item(2)}").expected == (
        item(1),
        SSCC,
        item(2),
    )
    assert made(Step.SHIP, expected=f"{item(1)} nonsense").faults["expected"] == (
        "fault.expected",
        {"code": "nonsense"},
    )
    assert "expected" in made(Step.SHIP, expected=f"{SSCC} " * 5001).faults


def test_who_gives_to_whom_and_on_which_paper() -> None:
    ship = order(Step.SHIP, receiver="6912345678902", document="D-17")
    ours = (TypedReference("possessing_party", CONFIG.party), TypedReference("location", PLACE))
    theirs = (TypedReference("possessing_party", OTHER),)
    assert (ship.sources, ship.destinations) == (ours, theirs)
    assert ship.biz_transactions == (TypedReference("desadv", "urn:epcglobal:cbv:bt:6901234567892:D-17"),)
    receive = order(Step.RECEIVE, sender=OTHER, document="D-17")
    assert (receive.sources, receive.destinations) == (theirs, ours)
    assert receive.biz_transactions == (TypedReference("desadv", "urn:epcglobal:cbv:bt:6912345678902:D-17"),)
    assert made(Step.RECEIVE, document="D-17").faults.keys() == {"sender"}
    assert order(Step.RECEIVE, document="urn:x:y").biz_transactions[0].id == "urn:x:y"


@pytest.mark.parametrize(
    ("step", "name", "text"),
    [
        (Step.COMMISSION, "product", "6901234567891"),
        (Step.COMMISSION, "product", SSCC),
        (Step.COMMISSION, "product", "鲜奶"),
        (Step.COMMISSION, "expires", "2026-02-30"),
        (Step.COMMISSION, "country_of_origin", "China"),
        (Step.COMMISSION, "expected_count", "-1"),
        (Step.COMMISSION, "expected_count", "1000001"),
        (Step.COMMISSION, "expected_count", "¹"),
        (Step.COMMISSION, "amount", "nan"),
        (Step.COMMISSION, "amount", "inf"),
        (Step.PACK, "parent", "069012345000000012"),
        (Step.PACK, "parent", item(1)),
        (Step.SHIP, "receiver", "6912345678903"),
        (Step.SHIP, "receiver", ""),
        (Step.SHIP, "document", "a b"),
        (Step.INSPECT, "finding", "fine"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(step: Step, name: str, text: str) -> None:
    filled = made(step, **{name: text})
    assert filled.order is None
    assert name in filled.faults


def test_a_lot_needs_its_product_and_is_plain() -> None:
    assert made(Step.COMMISSION, lot="L1").faults.keys() == {"product"}
    assert "lot" in made(Step.COMMISSION, product=GTIN, lot="批次").faults


def test_fields_of_other_steps_are_not_read() -> None:
    assert order(Step.SELL, parent="nonsense", finding="fine") == Order(Step.SELL)


def test_what_stays_for_the_next_pass() -> None:
    values = {"product": GTIN, "lot": "", "expected_count": "5", "hold": "1", "other": "x"}
    assert remembered(Step.COMMISSION, values) == {"product": GTIN, "hold": "1"}


def test_shipping_to_nobody_is_asked_for_once() -> None:
    assert made(Step.SHIP).faults == {"receiver": ("fault.no-receiver", {})}
    confirmed = {"untold": "1"}
    assert order(Step.SHIP, **confirmed).destinations == ()
    assert remembered(Step.SHIP, confirmed) == confirmed
    assert remembered(Step.SHIP, {**confirmed, "receiver": OTHER}) == {"receiver": OTHER}


def test_a_lot_goes_on_only_where_many_passes_make_one() -> None:
    values = {"product": GTIN, "lot": "L1", "unit": "KGM"}
    assert remembered(Step.COMMISSION, values)["lot"] == "L1"
    for step in (Step.SHIP, Step.RECEIVE, Step.SELL):
        assert remembered(step, values) == {"unit": "KGM"}


def test_what_the_next_pass_takes_over_is_told_in_short() -> None:
    values = {"product": "https://trace.example.cn/own/product/P00001A", "lot": "L/1", "expected_count": "3"}
    told = [(each.name, text) for each, text in standing(Step.COMMISSION, values)]
    assert told == [("product", "P00001A"), ("lot", "L/1")]


def test_the_configuration_fills_the_fields() -> None:
    own = point(step=Step.COMMISSION, order=Order(Step.COMMISSION, product=GTIN, expires=date(2026, 12, 1)))
    assert defaults(own, Step.COMMISSION, "llrp") == {"product": GTIN, "expires": "2026-12-01"}
    assert defaults(own, Step.SHIP, "wedge") == {"hold": "1"}
    assert defaults(own, Step.INSPECT, "llrp") == {"finding": "conformant"}


@given(st.sampled_from(list(Step)), st.data())
def test_no_text_breaks_a_form(step: Step, data: st.DataObject) -> None:
    names = [field.name for field in FIELDS[step]]
    values = data.draw(st.dictionaries(st.sampled_from(names), st.text(max_size=40)))
    filled = fill(step, values, CONFIG, point(), GS1)
    assert (filled.order is None) == bool(filled.faults)
    assert filled.faults.keys() <= set(names)

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.readers.station.floor import GTIN, OTHER, TODAY, Floor, codes, item, lot

from suyuan.readers.station.amounts import Amount
from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.licences import LICENCES, Licence
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.recipe import RECIPES, Ingredient, Production, Recipe, deviations, yield_percent
from suyuan.readers.station.release import Release
from suyuan.trace.epcis.event import QuantityElement
from suyuan.trace.errors import InvalidInput

SUGAR = "06901234567830"


def kg(value: str) -> Amount:
    return Amount(Decimal(value), "mass")


RECIPE = Recipe(
    "yoghurt-1",
    OTHER,
    (Ingredient(GTIN, kg("92.5"), Decimal("0.02")), Ingredient(SUGAR, kg("7.5"), Decimal(0), optional=True)),
    (Decimal(95), Decimal("101.5")),
    frozenset({"milk"}),
)
PLAIN = replace(RECIPE, id="jam-1", allergens=frozenset(), yields=None)
REWORKED = replace(RECIPE, id="yoghurt-2", rework=True)
MILK, MADE = lot("M1"), lot("Y1", OTHER)


def order(milk: float = 92.5, made: float | None = 99.0, recipe: str = "yoghurt-1", **more: Any) -> Order:
    production = Production(
        recipe, line=str(more.pop("line", "")), cleared_by=str(more.pop("cleared_by", ""))
    )
    inputs = (QuantityElement(MILK, milk, "KGM"), QuantityElement(lot("S1", SUGAR), 7500, "GRM"))
    return Order(
        Step.TRANSFORM,
        typed=True,
        inputs=more.pop("inputs", inputs),
        outputs=more.pop("outputs", (QuantityElement(MADE, made, "KGM"),)),
        particulars=production,
        **more,
    )


def floor(**more: Any) -> Floor:
    return Floor({RECIPES.name: (RECIPE, PLAIN, REWORKED)}, **more)


def test_a_batch_after_its_recipe_is_recorded_with_what_was_weighed() -> None:
    at = floor()
    judged = at.do(order(93.1))
    assert codes(judged) == []
    (event,) = at.events
    assert event["inputQuantityList"][0] == {"epcClass": MILK, "quantity": 93.1, "uom": "KGM"}
    assert event["outputQuantityList"] == [{"epcClass": MADE, "quantity": 99.0, "uom": "KGM"}]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (order(95), "OUT_OF_TOLERANCE"),
        (order(94.36), "OUT_OF_TOLERANCE"),
        (order(90.6), "OUT_OF_TOLERANCE"),
        (order(made=94), "YIELD_OUT"),
        (order(made=102), "YIELD_OUT"),
    ],
    ids=["much", "a little", "too little", "low yield", "high yield"],
)
def test_what_is_out_of_its_band_needs_a_reason_and_a_second_person(changed: Order, code: str) -> None:
    at = floor()
    assert codes(at.do(changed)) == [code]
    assert at.events == []
    reasoned = replace(changed, reason="传感器校准后复称", operator="p1")
    assert codes(at.do(reasoned)) == [code, "FOUR_EYES"]
    for operator in ("p1", "", "P1 "):
        same = replace(reasoned, operator=operator, approver="p1")
        assert codes(at.do(same)) == [code, "FOUR_EYES"]
    assert at.events == []
    assert codes(at.do(replace(reasoned, approver="p2"))) == [code]
    (event,) = at.events
    assert (event["suyuan:operator"], event["suyuan:approver"]) == ("p1", "p2")
    assert event["suyuan:reason"] == "传感器校准后复称"
    assert event["suyuan:exceptions"][0]["suyuan:detail"] == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (order(recipe="none"), "NO_RECIPE"),
        (order(inputs=(QuantityElement(lot("X", "06901234567823"), 1, "KGM"),)), "NOT_IN_RECIPE"),
        (order(inputs=(QuantityElement(MILK, None, None),)), "NOT_ENOUGH_TOLD"),
        (order(inputs=(QuantityElement(MILK, 90, "LTR"),)), "NOT_ENOUGH_TOLD"),
        (order(made=None), "NOT_ENOUGH_TOLD"),
        (order(outputs=(QuantityElement(lot("Z"), 99, "KGM"),)), "WRONG_PRODUCT"),
    ],
    ids=["no recipe", "foreign", "not weighed", "other dimension", "no yield", "other product made"],
)
def test_what_is_not_of_the_recipe_stops_and_no_reason_helps(changed: Order, code: str) -> None:
    at = floor()
    judged = at.do(replace(changed, reason="x", operator="a", approver="b"))
    assert code in codes(judged)
    assert at.events == []


def test_a_lot_that_is_scanned_and_weighed_goes_in_once() -> None:
    at = floor()
    scanned = replace(order(), typed=False)
    judged = at.do(scanned, MILK)
    assert codes(judged) == []
    assert [each["epcClass"] for each in at.events[0]["inputQuantityList"]] == [MILK, lot("S1", SUGAR)]
    assert "NOT_ENOUGH_TOLD" in codes(at.do(scanned, lot("M2")))


def test_who_weighs_without_scanning_is_not_told_that_no_tag_was_read() -> None:
    assert codes(floor().do(replace(order(), typed=False))) == []


def test_pieces_are_counted_by_their_tags() -> None:
    recipe = Recipe("tray", OTHER, (Ingredient(GTIN, Amount(Decimal(2), "pieces"), Decimal(0)),))
    at = Floor({RECIPES.name: (recipe,)})
    made = Order(Step.TRANSFORM, outputs=(QuantityElement(MADE, 1, "KGM"),), particulars=Production("tray"))
    assert codes(at.do(made, item(1))) == ["OUT_OF_TOLERANCE"]
    assert codes(at.do(made, item(1), item(2))) == []
    twice = replace(made, particulars=Production("tray", Decimal(2)))
    assert codes(at.do(twice, *(item(n) for n in range(3, 7)))) == []


@pytest.mark.parametrize("stop", [Blocked("held", "3"), Blocked("recalled", "3")])
def test_a_stopped_input_is_a_hard_stop(stop: Blocked) -> None:
    at = floor(blocked={MILK: stop})
    assert codes(at.do(order(reason="x", operator="a", approver="b"))) == [stop.state.upper()]
    assert at.events == []


def test_an_expired_input_is_a_hard_stop() -> None:
    at = floor()
    at.do(Order(Step.COMMISSION, product=GTIN, lot="M1", expires=TODAY), item(1))
    at.today = date(2026, 11, 22)
    assert codes(at.do(order(reason="x", operator="a", approver="b"))) == ["EXPIRED"]


def test_the_line_is_cleared_before_what_has_fewer_allergens() -> None:
    at = floor()
    assert codes(at.do(order(line="L1"))) == []
    jam = order(recipe="jam-1", line="L1", outputs=(QuantityElement(lot("J1", OTHER), 99, "KGM"),))
    judged = at.do(jam)
    assert codes(judged) == ["ALLERGEN"]
    assert judged.messages[0].fields["allergens"] == "milk"
    assert codes(at.do(replace(jam, particulars=Production("jam-1", line="L2")))) == []
    cleared = replace(jam, particulars=Production("jam-1", line="L1", cleared_by="p7"))
    assert codes(at.do(cleared)) == []
    assert at.events[-1]["suyuan:lineCleared"] == {"suyuan:line": "L1", "suyuan:by": "p7"}
    assert codes(at.do(jam)) == []


def test_rework_never_goes_in_a_circle() -> None:
    at = floor()
    at.do(order())
    again = order(recipe="yoghurt-2", inputs=(*order().inputs, QuantityElement(MADE, 5, "KGM")), made=104)
    assert codes(at.do(again)) == ["REWORK_LOOP"]
    second = replace(again, outputs=(QuantityElement(lot("Y2", OTHER), 104, "KGM"),))
    assert codes(at.do(second)) == []
    back = order(
        recipe="yoghurt-2",
        inputs=(*order().inputs, QuantityElement(lot("Y2", OTHER), 5, "KGM")),
        made=104,
    )
    judged = at.do(back)
    assert codes(judged) == ["REWORK_LOOP"]
    assert judged.findings[0].epcs == (lot("Y2", OTHER),)
    assert "NOT_IN_RECIPE" in codes(at.do(replace(second, particulars=Production("yoghurt-1"))))


def test_what_a_step_taught_of_sources_is_taken_back_with_it() -> None:
    from suyuan.readers.station import memory  # noqa: PLC0415
    from suyuan.readers.station.identity import GS1  # noqa: PLC0415
    from suyuan.readers.station.lessons import lessons  # noqa: PLC0415

    at = floor()
    judged = at.do(order())
    taught = lessons(order(), judged, GS1)
    assert at.db.execute("SELECT count(*) FROM made_of").fetchone()[0] == 2
    memory.restore(at.db, [memory.Former(each.key, there=False) for each in taught], at.time)
    assert at.db.execute("SELECT count(*) FROM made_of").fetchone()[0] == 0


def test_an_expired_licence_stops_what_needs_it_and_names_it() -> None:
    licence = Licence("SC", "SC10633010101234", "杭州乳业", date(2026, 11, 20), (Step.COMMISSION,))
    at = Floor({LICENCES.name: (licence,)})
    judged = at.do(Order(Step.COMMISSION, product=GTIN), item(1))
    assert codes(judged) == ["LICENCE_EXPIRED"]
    assert "SC10633010101234" in judged.messages[0].text("zh")
    assert at.events == []
    assert codes(at.do(Order(Step.SELL), item(1))) == []
    assert (
        codes(Floor({LICENCES.name: (replace(licence, until=TODAY),)}).do(Order(Step.COMMISSION), item(1)))
        == []
    )


def test_particulars_of_another_step_are_refused_before_anything_is_read() -> None:
    with pytest.raises(InvalidInput) as caught:
        floor().do(replace(order(), particulars=Release("7")))
    assert caught.value.where == "particulars"


def test_amounts_are_exact() -> None:
    used = {GTIN: Amount(Decimal("94.35"), "mass")}
    assert deviations(RECIPE, Decimal(1), used) == ()
    assert len(deviations(RECIPE, Decimal(1), {GTIN: kg("94.3500001")})) == 1
    assert yield_percent(kg("3"), kg("1")) == Decimal("33.3")
    assert yield_percent(kg("0"), kg("1")) is None


def test_a_code_that_is_written_on_a_second_tag_is_told() -> None:
    at = Floor()
    chip = "E2801160200074A1B2C3D4E5"
    one = Order(Step.COMMISSION, product=GTIN, lot="L1", typed=True, epcs=(item(1),), tids={item(1): chip})
    assert codes(at.do(one)) == []
    assert codes(at.do(one)) == []  # on the same tag it is the same thing
    assert codes(at.do(replace(one, tids={item(1): chip[:-4] + "0000"}))) == ["DUP_TAG"]

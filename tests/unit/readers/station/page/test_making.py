"""Making, inspecting and releasing from the page: what its fields make of an order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.readers.station.fakes import PLACE, point
from tests.unit.readers.station.floor import GTIN, OTHER, lot

from suyuan.readers.station.config import ReaderConfig, ServerConfig, StationConfig
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.inspection import PLANS, Item, Plan, Result
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.fields import Filled, fill
from suyuan.readers.station.page.words import say
from suyuan.readers.station.recipe import Production
from suyuan.readers.station.release import Inspection, Release
from suyuan.trace.epcis.event import QuantityElement

CONFIG = StationConfig(
    "s1", f"{PLACE}", Path("data"), ServerConfig("http://x", "t"), (ReaderConfig("r", "sim://r"),), (point(),)
)


PLANNED = replace(CONFIG, sections={PLANS.name: (Plan(GTIN, (Item("铅", "mg/kg", most=Decimal("0.02")),)),)})


def filled(step: Step, **values: str) -> Filled:
    return fill(step, values, CONFIG, CONFIG.read_points[0], GS1)


def inspected(product: str, results: str) -> Filled:
    told = {"product": product, "results": results}
    return fill(Step.INSPECT, told, PLANNED, PLANNED.read_points[0], GS1)


def test_a_recipe_with_what_was_weighed_becomes_an_order() -> None:
    made = {"product": OTHER, "lot": "Y1", "amount": "99", "recipe": "yoghurt-1", "line": "L1"}
    weights = f"{lot('M1')} 92.5 kg\n\n(01){GTIN}(10)M2 500 g\n{lot('B')} 3 EA"
    found = filled(Step.TRANSFORM, **made, weighed=weights, cleared_by="王芳", reason="复称", approver="p2")
    assert found.faults == {}
    order = found.order
    assert order is not None
    assert order.particulars == Production("yoghurt-1", line="L1", cleared_by="王芳")
    assert order.inputs[0] == QuantityElement(lot("M1"), 92.5, "KGM")
    assert (order.inputs[1].quantity, order.inputs[1].uom) == (500, "GRM")
    assert order.inputs[2].uom is None
    assert (order.reason, order.approver) == ("复称", "p2")


@pytest.mark.parametrize(
    "line", ["x", f"{lot('M')} 5 furlong", f"{lot('M')} -5 kg", "nothing 5 kg", lot("M")]
)
def test_a_line_that_is_no_weight_is_told(line: str) -> None:
    found = filled(Step.TRANSFORM, product=OTHER, lot="Y", amount="9", weighed=line)
    assert found.order is None
    assert found.faults["weighed"][0] == "fault.weighed"
    assert say("zh", "fault.weighed") != say("en", "fault.weighed")


def test_pasted_results_and_a_certificate_become_orders() -> None:
    found = filled(Step.INSPECT, product=GTIN, lot="L1", amount="5", results="项目,结果,单位\n铅,0.01,mg/kg")
    assert found.order is not None
    assert found.order.particulars == Inspection((Result("铅", "0.01", "mg/kg"),))
    who: dict[str, Any] = {"operator": "p1", "approver": "p2", "reason": "tested again"}
    found = filled(Step.RELEASE, product=GTIN, lot="L1", amount="5", release_certificate="C-7", **who)
    assert found.order is not None
    assert found.order.particulars == Release("C-7")
    assert (found.order.operator, found.order.approver) == ("p1", "p2")
    assert found.order.reason == "tested again"  # without one, what was set aside waits for ever


@pytest.mark.parametrize(
    ("step", "field", "text"),
    [(Step.INSPECT, "results", "lead 0.01"), (Step.RELEASE, "release_certificate", "a b")],
)
def test_what_cannot_be_is_told_at_its_field(step: Step, field: str, text: str) -> None:
    found = filled(step, **{field: text})
    assert found.order is None
    assert found.faults[field][0] == f"fault.{field}"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("汞,0.01,mg/kg", "没有项目 '汞'"),
        ("铅,合格,mg/kg", "铅有限量要求，'合格' 不能作为结果"),
        ("铅,0.01,毫克/升", "'毫克/升'，限量单位是 mg/kg"),
        ("铅,0.01,g/kg,1e999999", "'1e999999' 不是数字"),
        ("铅,0.01,g/kg,,1e-999999", "'1e-999999' 不是数字"),
    ],
)
@pytest.mark.parametrize("product", [GTIN, ""])
def test_results_that_the_plan_cannot_judge_are_told_at_their_field(
    row: str, fault: str, product: str
) -> None:
    pasted = f"项目,结果,单位,检出限,不确定度\n{row}"
    found = inspected(product, pasted)
    assert found.order is None
    key, told = found.faults["results"]
    assert fault in say("zh", key, **told)
    assert "{" not in say("en", key, **told)


@pytest.mark.parametrize("product", [GTIN, OTHER, ""])
def test_results_that_the_plan_can_judge_are_taken(product: str) -> None:
    pasted = "项目,结果,单位,检出限\n铅,未检出,毫克/千克,＜0.005"
    assert inspected(product, pasted).faults == {}


def test_results_of_a_product_without_a_plan_are_taken() -> None:
    assert inspected(OTHER, "项目,结果,单位\n汞,1,-").faults == {}

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.unit.readers.station.floor import (
    GTIN,
    NOW,
    OTHER,
    PLACE,
    Floor,
    burst,
    check_event,
    codes,
    item,
    lot,
)

from suyuan.readers.station.amounts import Amount
from suyuan.readers.station.bodies import bodies, sighting
from suyuan.readers.station.exceptions import (
    CATALOGUE,
    EXCEPTIONS,
    MOST_NAMED,
    Witness,
    exceptional,
    told,
    told_of_tags,
)
from suyuan.readers.station.filtering import Burst
from suyuan.readers.station.identity import from_text
from suyuan.readers.station.inspection import PLANS, Plan
from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.licences import LICENCES, Licence
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.recipe import RECIPES, Ingredient, Production, Recipe
from suyuan.readers.station.steps import PROCEDURES, finding
from suyuan.readers.station.words import SAYINGS, Message
from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION
from suyuan.trace.epcis.event import QuantityElement

CODES = [
    "MISREAD",
    "NO_READ",
    "DUP_TAG",
    "UNKNOWN_TAG",
    "FOREIGN_SCHEME",
    "OVER_READ",
    "WRONG_ORDER",
    "WRONG_PRODUCT",
    "WRONG_PARENT",
    "HELD",
    "RECALLED",
    "EXPIRED",
    "LICENCE_EXPIRED",
    "TEMP_EXCURSION",
    "SENSOR_GAP",
    "QTY_MISMATCH",
    "MASS_BALANCE",
    "CLOCK_SKEW",
    "OFFLINE",
    "QUEUE_FULL",
    "READER_DOWN",
    "WRITE_FAIL",
    "LOCKED_TAG",
    "SIGNATURE_FAIL",
]


def test_the_catalogue_has_the_twenty_four_exceptions_with_words_for_all() -> None:
    assert len(CODES) == 24
    assert list(CATALOGUE) == CODES
    for each in CATALOGUE.values():
        assert each.code in SAYINGS
        for special in each.also:
            assert exceptional(special) is each
    belongs = [code for each in CATALOGUE.values() for code in (each.code, *each.also)]
    assert len(belongs) == len(set(belongs))
    assert exceptional("UNDONE") is None


def test_every_step_has_a_procedure_in_the_words_of_the_cbv() -> None:
    assert set(PROCEDURES) == set(Step)
    assert {each.row for each in PROCEDURES.values()} == set("ABCDEFGHIJKLM")
    for each in PROCEDURES.values():
        assert each.biz_step in BIZ_STEP.words
        assert each.disposition is None or each.disposition in DISPOSITION.words


def test_the_platform_is_told_of_exceptions_boundedly() -> None:
    many = [from_text(f"https://id.gs1.org/01/06901234567892/21/{n}") for n in range(MOST_NAMED + 7)]
    (entry,) = told((finding("MISSING", many),))
    assert (entry["suyuan:code"], entry["suyuan:detail"]) == ("QTY_MISMATCH", "MISSING")
    assert entry["suyuan:count"] == MOST_NAMED + 7
    assert len(entry["suyuan:epc"]) == MOST_NAMED
    assert told((finding("NO_READ", ()),)) == []
    assert Message("HELD", {"case": "3", "epcs": "x"}).text("en")


def test_faults_of_tags_are_told_by_their_chips() -> None:
    faults = [("TAG_GONE", "E1"), ("reader-tag-write", "E2"), ("TID_BOUND", "E3"), ("TAG_GONE", "E4")]
    assert told_of_tags(faults) == [
        {
            "suyuan:code": "WRITE_FAIL",
            "suyuan:detail": "TAG_GONE",
            "suyuan:count": 2,
            "suyuan:tid": ["E1", "E4"],
        },
        {"suyuan:code": "WRITE_FAIL", "suyuan:count": 1, "suyuan:tid": ["E2"]},
        {"suyuan:code": "DUP_TAG", "suyuan:detail": "TID_BOUND", "suyuan:count": 1, "suyuan:tid": ["E3"]},
    ]


RECALLED = Blocked("recalled", "7")
RECIPE = Recipe(
    "r", OTHER, (Ingredient(GTIN, Amount(Decimal(10), "mass"), Decimal(0)),), (Decimal(90), Decimal(100))
)
PASSES: dict[str, tuple[Order, Burst, Floor]] = {
    "MISREAD": (Order(Step.RECEIVE), Burst(unreadable=(b"\x00\x01",)), Floor()),
    "NO_READ": (Order(Step.RECEIVE), Burst(), Floor()),
    "DUP_TAG": (Order(Step.STORE), burst(item(1), tids=(b"a", b"b")), Floor()),
    "FOREIGN_SCHEME": (Order(Step.STORE), burst("https://id.gs1.org/414/6901234567892"), Floor()),
    "OVER_READ": (Order(Step.STORE), Burst(overflow=3), Floor()),
    "WRONG_ORDER": (
        Order(Step.SELL),
        burst(item(1)),
        Floor({PLANS.name: (Plan(GTIN, (), (Step.SELL,)),)}),
    ),
    "WRONG_PRODUCT": (Order(Step.STORE, product=OTHER), burst(item(1)), Floor()),
    "WRONG_PARENT": (Order(Step.PACK), burst(item(1)), Floor()),
    "HELD": (Order(Step.SHIP), burst(item(1)), Floor(blocked={item(1): Blocked("held", "3")})),
    "RECALLED": (Order(Step.SELL), burst(item(1)), Floor(blocked={item(1): RECALLED})),
    "EXPIRED": (
        Order(Step.SELL, product=GTIN, lot="L", expires=date(2026, 1, 1)),
        burst(item(1)),
        Floor(),
    ),
    "LICENCE_EXPIRED": (
        Order(Step.COMMISSION),
        burst(item(1)),
        Floor({LICENCES.name: (Licence("SC", "1", "x", date(2026, 1, 1), (Step.COMMISSION,)),)}),
    ),
    "QTY_MISMATCH": (Order(Step.STORE, expected_count=2), burst(item(1)), Floor()),
    "MASS_BALANCE": (
        Order(
            Step.TRANSFORM,
            typed=True,
            inputs=(QuantityElement(lot("M"), 10, "KGM"),),
            outputs=(QuantityElement(lot("Y", OTHER), 3, "KGM"),),
            particulars=Production("r"),
        ),
        Burst(),
        Floor({RECIPES.name: (RECIPE,)}),
    ),
    "CLOCK_SKEW": (
        Order(Step.STORE),
        Burst((replace(burst(item(1)).readings[0], last_seen=NOW - timedelta(hours=1)),)),
        Floor(),
    ),
}
ELSEWHERE = {
    "UNKNOWN_TAG": "receiving: test_receiving",
    "TEMP_EXCURSION": "cold chain: cold_chain/test_telling",
    "SENSOR_GAP": "cold chain: cold_chain/test_telling",
    "OFFLINE": "delivery: test_agent",
    "QUEUE_FULL": "outbox: test_agent",
    "READER_DOWN": "intake: test_agent",
    "WRITE_FAIL": "tags: test_commission",
    "LOCKED_TAG": "tags: test_commission",
    "SIGNATURE_FAIL": "block list: test_blocklist",
}
"""What other tests produce, by what they are about."""


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_exception_is_produced_and_told_as_the_catalogue_says(code: str) -> None:
    if code in ELSEWHERE:
        assert code not in PASSES
        return
    order, seen, floor = PASSES[code]
    judged = floor.judge(order, seen)
    found = [exceptional(each) for each in codes(judged)]
    assert CATALOGUE[code] in found
    told_in_event = [
        e["suyuan:code"] for body in bodies(order, judged, PLACE, NOW) for e in body.get(EXCEPTIONS, ())
    ]
    apart = sighting(order, judged, PLACE, NOW)
    told_apart = [] if apart is None else [e["suyuan:code"] for e in apart[EXCEPTIONS]]
    if CATALOGUE[code].witness is Witness.STATION:
        assert code not in told_in_event + told_apart
    elif judged.recorded and judged.taken:
        assert code in told_in_event + told_apart


@pytest.mark.parametrize("code", ["RECALLED", "HELD", "EXPIRED", "WRONG_ORDER", "LICENCE_EXPIRED"])
def test_what_is_kept_out_is_told_in_an_event_of_its_own(code: str) -> None:
    order, seen, floor = PASSES[code]
    judged = floor.judge(order, seen)
    assert bodies(order, judged, PLACE, NOW) == ()
    apart = sighting(order, judged, PLACE, NOW)
    assert apart is not None
    assert apart["epcList"] == [item(1)]
    assert "bizStep" not in apart
    check_event(apart)
    assert apart["suyuan:refused"] == order.step.value
    assert apart[EXCEPTIONS][0]["suyuan:code"] == code

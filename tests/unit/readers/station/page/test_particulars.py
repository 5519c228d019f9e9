"""What is written into the fields of deliveries, the cold chain, the store, recalls, destruction, imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.readers.station.fakes import GTIN, NOW, FakeReader, Platform, item, point, station

from suyuan.readers.station.cold_chain.assessment import Span
from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.despatch import NOTHING_COMES, Despatch, Expected, Supplier
from suyuan.readers.station.ending import Decision, Destroying, Notice, Returning
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.importing import Certificate, Importing
from suyuan.readers.station.knowledge import Known
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.fields import Filled, fill
from suyuan.readers.station.page.particulars import FIELDS
from suyuan.readers.station.partners import AddressBook, Partner
from suyuan.readers.station.purchase import OrderLine
from suyuan.readers.station.recall_task import RecallTask
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.shipping import Buyer, Shipping
from suyuan.readers.station.steps import Surroundings, judge
from suyuan.readers.station.stock import Keeping, Sweeping

PRODUCT = f"https://id.gs1.org/01/{GTIN}"
MEAT = Profile("meat", "冷鲜肉", "chilled meat", 0.0, 4.0)
SHOP = "https://id.gs1.org/417/6901234567908"
COMING = Expected((Despatch("urn:uuid:1", NOW, Supplier("x"), ()),), NOW)
CSV = "时间,温度(℃)\n2026-11-20 08:00,3.5\n2026-11-20 08:10,9\n"
PROOF = "AB" * 32
CHINA = timezone(timedelta(hours=8))


def filled(
    folder: Path,
    step: Step,
    values: Mapping[str, str],
    coming: Expected = NOTHING_COMES,
    book: AddressBook | None = None,
) -> Filled:
    config = station(folder, FakeReader(), Platform()).config
    config = replace(config, sections={"profiles": (MEAT,)})
    return fill(step, values, config, point(step=step), GS1, book or AddressBook(), coming)


@pytest.mark.parametrize(
    ("step", "values", "told"),
    [
        (Step.RECEIVE, {}, None),
        (Step.RECEIVE, {"profile": "冷鲜肉"}, None),
        (Step.RECEIVE, {"unopened": "1", "temperature": "3,5"}, Receiving(unopened=True, temperature_c=3.5)),
        (Step.RECEIVE, {"damaged": f"{item(1)} {item(2)}"}, Receiving(damaged=(item(1), item(2)))),
        (
            Step.RECEIVE,
            {"confirmed": f"{item(1)} {item(2)}", "reason": "标签脱落"},
            Receiving(confirmed=(item(1), item(2))),
        ),
        (
            Step.RECEIVE,
            {"ordered": f"商品,数量,单位\n{GTIN},12,件\n{GTIN}\t0.5 kg\n\n{GTIN} 3"},
            Receiving(ordered=(OrderLine(PRODUCT, Decimal(15)), OrderLine(PRODUCT, Decimal("0.5"), "KGM"))),
        ),
        (
            Step.SHIP,
            {"untold": "1", "ordered": f"{PRODUCT} 2.5 千克"},
            Shipping((OrderLine(PRODUCT, Decimal("2.5"), "KGM"),)),
        ),
        (Step.SHIP, {"untold": "1"}, None),
        (
            Step.SHIP,
            {"untold": "1", "seal": "S-9", "set_point": "−18 ℃"},
            Shipping(seal="S-9", set_point_c=-18),
        ),
        (Step.STORE, {}, None),
        (Step.STORE, {"storage": "Q-1", "storage_kind": "quarantined"}, Keeping("Q-1", pickable=False)),
        (Step.COUNT, {}, None),
        (Step.COUNT, {"whole_store": "1"}, Sweeping()),
        (Step.HOLD, {}, None),
        (Step.HOLD, {"case": "7", "counted": "3", "proof": PROOF}, RecallTask("7", 3, PROOF.lower())),
        (Step.RETURN, {}, Returning()),
        (Step.RETURN, {"decision": "resale", "receipt": "R1"}, Returning(Decision.RESALE, "R1")),
        (Step.IMPORT, {"declaration": "D", "tests": "T1 T2"}, Importing("D", None, ("T1", "T2"))),
        (
            Step.IMPORT,
            {"certificate": "C", "certificate_products": "06901234567892", "certificate_lots": "L1"},
            Importing("", Certificate("C", frozenset({"06901234567892"}), frozenset({"L1"}))),
        ),
        (Step.DESTROY, {"witness_1": "a"}, Destroying(witnesses=("a",))),
    ],
)
def test_what_is_written_stands_in_the_order(
    tmp_path: Path, step: Step, values: dict[str, str], told: object
) -> None:
    found = filled(tmp_path, step, values)
    assert found.faults == {}
    assert found.order is not None
    assert found.order.particulars == told


@pytest.mark.parametrize(
    ("step", "values", "fault"),
    [
        (Step.RECEIVE, {"despatch": "DA-77"}, "despatch"),
        (Step.RECEIVE, {"profile": "fish"}, "profile"),
        (Step.RECEIVE, {"temperature": "277 K"}, "temperature"),
        (Step.RECEIVE, {"temperature": "nan"}, "temperature"),
        (Step.RECEIVE, {"damaged": "<script>"}, "damaged"),
        (Step.SHIP, {"untold": "1", "set_point": "400"}, "set_point"),
        (Step.MEASURE, {"profile": "meat"}, "readings"),
        (Step.MEASURE, {"profile": "meat", "readings": "hello"}, "readings"),
        (
            Step.MEASURE,
            {"profile": "meat", "readings": "time,temp\n2026-11-20 08:00,3\n"},
            "temperature_unit",
        ),
        (Step.MEASURE, {"readings": CSV}, "profile"),
        (Step.HOLD, {"case": "7", "counted": "-3"}, "counted"),
        (Step.HOLD, {"case": "7", "proof": "photo.jpg"}, "proof"),
        (Step.RETURN, {"decision": "burn"}, "decision"),
        (Step.DESTROY, {"notice": "N", "notice_place": "x", "notice_time": "tomorrow"}, "notice_time"),
        (Step.DESTROY, {"notice": "N", "notice_time": "2026-11-25 09:00"}, "notice_place"),
        (Step.IMPORT, {"tests": "x " * 1001}, "tests"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    tmp_path: Path, step: Step, values: dict[str, str], fault: str
) -> None:
    assert filled(tmp_path, step, values).faults.keys() == {fault}


def test_a_despatch_is_named_and_a_notice_is_local(tmp_path: Path) -> None:
    found = filled(tmp_path, Step.RECEIVE, {"despatch": "urn:uuid:1"}, COMING)
    assert found.order is not None
    assert found.order.particulars == Receiving(COMING.despatches[0])
    told = {"notice": "N", "notice_place": "焚烧厂", "notice_time": "2026-11-25 09:00"}
    found = filled(tmp_path, Step.DESTROY, told)
    assert found.order is not None
    at = datetime(2026, 11, 25, 9, 0, tzinfo=CHINA)
    assert found.order.particulars == Destroying(Notice("N", at, "焚烧厂"))


def test_pasted_readings_are_a_series(tmp_path: Path) -> None:
    found = filled(tmp_path, Step.MEASURE, {"profile": "meat", "readings": CSV, "device": "L7"})
    assert found.order is not None
    told = found.order.particulars
    assert isinstance(told, Measuring)
    assert [(one.value_c, one.device) for one in told.readings] == [(3.5, "L7"), (9.0, "L7")]
    assert told.readings[0].time == datetime(2026, 11, 20, 8, 0, tzinfo=CHINA)


def test_rows_that_were_left_out_are_told(tmp_path: Path) -> None:
    rows = "".join(f"2026-11-20 08:{minute},3.5\n" for minute in range(10, 30))
    pasted = f"time,temp c\n{rows}2026-11-20 08:40,3,6\n"
    order = filled(tmp_path, Step.MEASURE, {"profile": "meat", "readings": pasted}).order
    assert order is not None
    around = Surroundings(GS1, lambda _: None, lambda _: Known(), NOW, NOW.date())
    reading = Reading(GS1.from_text(f"https://id.gs1.org/01/{GTIN}/21/1"), NOW, NOW, 1, 1)
    told = [each for each in judge(order, Burst((reading,)), around).messages if each.code == "SENSOR_ROWS"]
    assert [each.fields for each in told] == [{"count": 1, "line": 22}]


def test_the_buyers_licence_comes_from_the_address_book(tmp_path: Path) -> None:
    book = AddressBook((Partner(SHOP, "party", "东门店", "", "", "JY1", date(2026, 1, 1)),))
    found = filled(tmp_path, Step.SHIP, {"receiver": "东门店"}, book=book)
    assert found.order is not None
    assert found.order.particulars == Shipping(buyer=Buyer("东门店", "JY1", date(2026, 1, 1)))


def test_every_field_of_every_step_can_be_left_out_or_be_nonsense(tmp_path: Path) -> None:
    for step, some in FIELDS.items():
        for text in ("", "x" * 200, "\x00", "';--", "∞", GTIN):
            found = filled(tmp_path, step, {each.name: text for each in some})
            assert found.order is not None or found.faults


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{GTIN}", 1),
        (f"{GTIN} 0", 1),
        (f"{GTIN} -1", 1),
        (f"{GTIN} 1e9", 1),
        (f"{GTIN} 2\n\n{GTIN} 3 furlong", 3),
        ("商品 数量", 1),
        (f"牛奶 两箱\n{GTIN} 3", 1),
        (f"milk two boxes\n{GTIN} 3", 1),
        ("商品 数量\n\n6901234567890 4", 3),
        ("https://id.gs1.org/00/069012345000000011 4", 1),
        ("12; DROP TABLE known", 1),
        (f"{GTIN} 1\n" * 501, 501),
        ("9" * 5_000, 1),
    ],
)
def test_the_line_of_an_order_that_is_wrong_is_told(tmp_path: Path, text: str, line: int) -> None:
    for step in (Step.SHIP, Step.RECEIVE):
        faults = filled(tmp_path, step, {"untold": "1", "ordered": text}).faults
        assert faults == {"ordered": ("fault.ordered", {"line": str(line)})}


def test_what_was_counted_by_hand_is_in_the_order_and_says_why(tmp_path: Path) -> None:
    told = {"confirmed": f"{item(1)} {item(2)}"}
    assert filled(tmp_path, Step.RECEIVE, told).faults.keys() == {"reason"}
    assert filled(tmp_path, Step.RECEIVE, {"confirmed": "x", "reason": "y"}).faults.keys() == {"confirmed"}
    order = filled(tmp_path, Step.RECEIVE, {**told, "reason": "标签脱落"}).order
    assert order is not None
    assert (order.epcs, order.reason, order.typed) == ((item(1), item(2)), "标签脱落", False)


def test_readings_that_do_not_cover_the_journey_leave_a_gap(tmp_path: Path) -> None:
    told = {"profile": "meat", "readings": CSV}
    journey = {"covers_from": "2026-11-20 06:00", "covers_until": "2026-11-20T09:00+08:00"}
    order = filled(tmp_path, Step.MEASURE, {**told, **journey}).order
    assert order is not None
    assert isinstance(order.particulars, Measuring)
    begin = datetime(2026, 11, 20, 6, 0, tzinfo=CHINA)
    assert order.particulars.span == Span(begin, begin + timedelta(hours=3))
    gaps = order.particulars.assessed(NOW).gaps
    assert [(gap.since, gap.until) for gap in gaps] == [
        (begin, begin + timedelta(hours=2)),
        (begin + timedelta(hours=2, minutes=10), begin + timedelta(hours=3)),
    ]
    for wrong, at in (
        ({"covers_until": ""}, "covers_until"),
        ({"covers_from": "  "}, "covers_from"),
        ({"covers_from": "soon"}, "covers_from"),
        ({"covers_until": "2026-11-20 05:00"}, "covers_until"),
    ):
        assert at in filled(tmp_path, Step.MEASURE, {**told, **journey, **wrong}).faults


@pytest.mark.parametrize(
    ("written", "ahead_s"), [("", 0.0), ("+5", 300.0), ("−480", -28_800.0), ("0,5", 30.0)]
)
def test_a_loggers_clock_that_is_off_is_written_in_minutes(
    tmp_path: Path, written: str, ahead_s: float
) -> None:
    told = {"profile": "meat", "readings": CSV, "clock_ahead": written}
    order = filled(tmp_path, Step.MEASURE, told).order
    assert order is not None
    assert isinstance(order.particulars, Measuring)
    assert order.particulars.ahead_s == ahead_s


@pytest.mark.parametrize("written", ["fast", "1e9", "8:00", "nan", "99999999"])
def test_minutes_that_are_none_are_told_at_their_field(tmp_path: Path, written: str) -> None:
    told = {"profile": "meat", "readings": CSV, "clock_ahead": written}
    assert filled(tmp_path, Step.MEASURE, told).faults.keys() == {"clock_ahead"}

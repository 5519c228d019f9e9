"""Verdicts and their precedence, from facts that a fake brings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import identify
from suyuan.trace.lineage import Options, Suspect, Trace, Visit, WhereNow
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.passport import (
    Check,
    Entered,
    Excursion,
    Paper,
    Passport,
    Text,
    VerdictState,
)
from suyuan.trace.recall.passports import build_passport
from suyuan.trace.recall.recall import (
    Case,
    CaseDraft,
    CaseState,
    Decision,
    Initiative,
    RiskWarning,
)

CHINA = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # already the 21st in China
PRODUCT = "https://id.gs1.org/01/09521234000013"
LOT = f"{PRODUCT}/10/L%2F1"
ITEM = f"{PRODUCT}/21/7001"
UNIT = "https://id.gs1.org/00/095212340000000013"
SHOP = "https://id.gs1.org/414/9521234000006"
MAKER = "https://id.gs1.org/417/9521234000006"


@dataclass
class FakeRecords:
    """Facts as given; what is not given is not known."""

    lots: dict[str, str] = field(default_factory=dict[str, str])
    visits: dict[str, list[Visit]] = field(default_factory=dict[str, list[Visit]])
    events: dict[str, Event] = field(default_factory=dict[str, Event])
    described: dict[str, Attributes] = field(default_factory=dict[str, Attributes])
    lots_registered: dict[str, Attributes] = field(default_factory=dict[str, Attributes])
    owners: dict[str, str] = field(default_factory=dict[str, str])
    entries: dict[str, Entered] = field(default_factory=dict[str, Entered])
    documents: list[Paper] = field(default_factory=list[Paper])
    status: Status = "in_stock"

    def is_known(self, key: str) -> bool:
        return key in self.visits or key in self.described

    def lot_of(self, key: str) -> str | None:
        return self.lots.get(key)

    def journey(self, key: str) -> Sequence[Visit]:
        return self.visits.get(key, ())

    def where_now(self, key: str) -> WhereNow:
        del key
        return WhereNow(SHOP, None, MAKER, self.status)

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        return Trace(tuple(suspects), options, (), (), (), ())

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        return {key: self.events[key] for key in keys if key in self.events}

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        return {key: self.described[key] for key in keys if key in self.described}

    def registered(self, lot: str) -> Attributes:
        return self.lots_registered.get(lot, {})

    def told_by(self, key: str, producer: str) -> str | None:
        owner = self.owners.get(key)
        return None if owner == producer else owner

    def entered(self, key: str) -> Entered | None:
        return self.entries.get(key)

    def operators(self) -> Collection[str]:
        return ()

    def authorities(self) -> Collection[str]:
        return ()

    def papers(self, lot: str, producer: str) -> Sequence[Paper]:
        del lot, producer
        return self.documents

    def tell(self, key: str, step: str, *, through: str | None = None, **body: Any) -> None:
        number = f"{key} {step} {len(self.events)}"
        time = NOW - timedelta(days=10) + timedelta(hours=len(self.events))
        written = {
            "type": "ObjectEvent",
            "eventTime": time.isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": [key],
            "action": "ADD" if step == "commissioning" else "OBSERVE",
            "bizStep": step,
            **body,
        }
        self.events[number] = event_from_body(written, ())
        basis = Basis.READ if through is None else Basis.INFERRED
        self.visits.setdefault(key, []).append(
            Visit(time, step, body.get("disposition"), SHOP, MAKER, basis, number, through)
        )


def commissioned(key: str = ITEM, **ilmd: Any) -> FakeRecords:
    records = FakeRecords(lots={ITEM: LOT})
    records.tell(key, "commissioning", ilmd=ilmd)
    return records


def passport(records: FakeRecords, *cases: Case, key: str = ITEM) -> Passport:
    return build_passport(
        identify(key), records, cases, now=NOW, zone=CHINA, public_url="https://suyuan.example"
    )


def case(*states: CaseState, keys: Iterable[str] = (ITEM,), number: str = "R1") -> Case:
    draft = CaseDraft(Text(en="t"), Text(en="r"), "chemical", 2, Text(en="w"), "c", ())
    log = tuple(Decision(NOW, "officer", state) for state in (CaseState.DRAFT, *states))
    return Case(number, CaseState(log[-1].what), draft, (), frozenset(keys), log)


DRAFT, HELD, PUBLISHED, COMPLETED, RELEASED = CaseState


def test_a_plain_item_is_registered_and_facts_that_are_missing_stay_none() -> None:
    found = passport(commissioned())
    assert found.verdict.state is VerdictState.REGISTERED
    assert (found.lot, found.serial, found.gtin) == ("L/1", "7001", "09521234000013")
    assert (found.product, found.best_before_date, found.days_left, found.checks) == (None, None, None, ())
    assert found.verdict.checked_at == NOW


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ((), VerdictState.REGISTERED),
        ((HELD,), VerdictState.HELD),
        ((PUBLISHED,), VerdictState.RECALLED),
        ((HELD, PUBLISHED), VerdictState.RECALLED),
        ((RELEASED,), VerdictState.REGISTERED),
        ((HELD, RELEASED), VerdictState.REGISTERED),
        ((PUBLISHED, COMPLETED), VerdictState.RECALLED),
        ((PUBLISHED, RELEASED), VerdictState.REGISTERED),
        ((PUBLISHED, COMPLETED, RELEASED), VerdictState.REGISTERED),
    ],
)
def test_cases_decide_and_a_recall_stays_after_it_is_completed(
    states: tuple[CaseState, ...], verdict: VerdictState
) -> None:
    for keys in ((ITEM,), (LOT,)):
        found = passport(commissioned(), case(*states, keys=keys))
        assert found.verdict.state is verdict
        expected = [] if states in ((), (RELEASED,)) else [notice_kind(states)]
        assert [notice.kind for notice in found.notices] == expected
        assert all(
            (notice.ended_at is None) == {RELEASED, COMPLETED}.isdisjoint(states) for notice in found.notices
        )
    assert passport(commissioned(), case(*states, keys=(UNIT,))).verdict.state is VerdictState.REGISTERED


def notice_kind(states: tuple[CaseState, ...]) -> str:
    """What the page tells of a case: what was lifted is past, a recall that was completed is not."""
    kind = "recall" if PUBLISHED in states else "hold"
    return f"past-{kind}" if RELEASED in states else kind


def test_a_warning_and_a_recall_are_two_notices_and_say_who_allowed_and_who_recalls() -> None:
    recalled = case(HELD, PUBLISHED)
    warned = replace(
        recalled,
        draft=replace(recalled.draft, initiative=Initiative.ORDERED, operator="Qinghe"),
        warning=RiskWarning(Text("请勿食用", "Do not eat it"), "Province", "2026-17"),
        log=(*recalled.log, Decision(NOW, "officer", "warned")),
    )
    found = passport(commissioned(), warned)
    assert [(one.kind, one.operator, one.initiative) for one in found.notices] == [
        ("warning", "Province", "ordered"),
        ("recall", "Qinghe", "ordered"),
    ]
    assert found.notices[0].reason == Text("请勿食用", "Do not eat it")


def test_what_is_in_force_is_told_before_what_is_past() -> None:
    found = passport(commissioned(), case(HELD, RELEASED, number="R1"), case(HELD, number="R2"))
    assert [(one.number, one.kind) for one in found.notices] == [("R2", "hold"), ("R1", "past-hold")]
    assert found.verdict.state is VerdictState.HELD


def test_the_most_serious_fact_is_the_headline_and_the_others_follow() -> None:
    records = commissioned(**{"cbvmda:itemExpirationDate": "2026-11-01"})
    records.tell(ITEM, "retail_selling")
    records.tell(ITEM, "retail_selling")
    records.status = "destroyed"
    found = passport(records, case(HELD, number="R1"), case(PUBLISHED, number="R2"))
    assert [reason.state.value for reason in found.verdict.reasons] == [
        "recalled", "destroyed", "held", "expired", "resold",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "verdict", "left"),
    [
        ("2026-11-20", VerdictState.EXPIRED, -1),
        ("2026-11-21", VerdictState.ATTENTION, 0),
        ("2026-11-23", VerdictState.ATTENTION, 2),
        ("2026-11-24", VerdictState.REGISTERED, 3),
        ("2026-11-20T15:59:59Z", VerdictState.EXPIRED, -1),
        ("2026-11-20T16:00:00Z", VerdictState.ATTENTION, 0),
        ("21/11/2026", VerdictState.REGISTERED, None),
    ],
)
def test_days_end_where_the_goods_are(told: str, verdict: VerdictState, left: int | None) -> None:
    found = passport(commissioned(**{"cbvmda:bestBeforeDate": told}))
    assert (found.verdict.state, found.days_left) == (verdict, left)


def test_the_day_to_sell_by_is_not_the_end_of_the_shelf_life() -> None:
    found = passport(
        commissioned(**{"cbvmda:sellByDate": "2026-11-01", "cbvmda:bestBeforeDate": "2026-12-01"})
    )
    assert (found.verdict.state, found.expiration_date) == (VerdictState.REGISTERED, None)
    assert found.best_before_date == date(2026, 12, 1)


def test_an_item_has_the_dates_of_its_lot_but_not_those_of_its_box() -> None:
    records = commissioned()
    records.tell(LOT, "commissioning", ilmd={"cbvmda:bestBeforeDate": "2026-12-01"})
    records.tell(ITEM, "packing", through=UNIT, ilmd={"cbvmda:bestBeforeDate": "2020-01-01"})
    assert passport(records).best_before_date == date(2026, 12, 1)


def test_one_sale_is_normal_at_home_and_two_are_told() -> None:
    records = commissioned()
    records.tell(ITEM, "retail_selling")
    records.status = "sold"
    assert passport(records).verdict.state is VerdictState.SOLD
    records.tell(ITEM, "retail_selling")
    assert passport(records).verdict.state is VerdictState.RESOLD


def test_the_beginning_of_the_box_is_not_the_beginning_of_the_item() -> None:
    records = FakeRecords(lots={ITEM: LOT})
    records.tell(ITEM, "commissioning", through=UNIT)
    assert passport(records).verdict.reasons[0].code == "record-incomplete"
    records = FakeRecords(lots={ITEM: LOT})
    records.tell(ITEM, "assembling", type="TransformationEvent", outputEPCList=[ITEM], epcList=[])
    assert passport(records).verdict.state is VerdictState.REGISTERED


def test_a_logistic_unit_needs_no_record_of_its_beginning() -> None:
    records = FakeRecords()
    records.tell(UNIT, "packing")
    found = passport(records, key=UNIT)
    assert (found.verdict.state, found.sscc, found.product) == (VerdictState.REGISTERED, UNIT[-18:], None)


def test_the_lot_in_the_code_is_compared_with_the_one_on_record() -> None:
    found = passport(commissioned(), key=f"{PRODUCT}/10/OTHER/21/7001")
    assert (found.verdict.state, found.verdict.reasons[0].code) == (VerdictState.ATTENTION, "wrong-lot")
    assert found.lot == "L/1"
    # The recall of the lot on record counts, whatever the code says.
    recalled = passport(commissioned(), case(PUBLISHED, keys=(LOT,)), key=f"{PRODUCT}/10/OTHER/21/7001")
    assert recalled.verdict.state is VerdictState.RECALLED


@pytest.mark.parametrize(
    ("link", "where"),
    [(f"{PRODUCT}/21/404", "21"), (f"{LOT}/21/404", "21"), (f"{PRODUCT}/10/404", "10"), (UNIT, "00")],
)
def test_what_nobody_told_of_is_not_found_with_the_part_at_fault(link: str, where: str) -> None:
    records = commissioned()
    records.described[PRODUCT] = {"nameEn": "Ham"}
    with pytest.raises(NotFound) as refused:
        passport(records, key=link)
    assert refused.value.where == where


def test_an_unknown_serial_with_a_stopped_lot_gets_the_passport_of_the_lot() -> None:
    records = commissioned()
    records.tell(LOT, "commissioning")
    for states in ((HELD,), (PUBLISHED,), (PUBLISHED, COMPLETED)):
        found = passport(records, case(*states, keys=(LOT,)), key=f"{LOT}/21/404")
        assert (found.kind, found.lot, found.serial) == ("lot", "L/1", None)
        assert found.notices
    for states in ((HELD, RELEASED), (PUBLISHED, RELEASED)):
        with pytest.raises(NotFound):
            passport(records, case(*states, keys=(LOT,)), key=f"{LOT}/21/404")


def test_the_page_of_a_product_warns_of_its_lots_without_condemning_all() -> None:
    records = FakeRecords(
        described={PRODUCT: {"nameEn": "Ham", "producer": MAKER}, MAKER: {"nameEn": "Maker"}}
    )
    found = passport(
        records, case(PUBLISHED, keys=(LOT,)), case(PUBLISHED, RELEASED, keys=(LOT,)), key=PRODUCT
    )
    assert [notice.kind for notice in found.notices] == ["recall"]
    assert found.verdict.state is VerdictState.ATTENTION
    assert found.producer is not None
    assert found.producer.name.en == "Maker"
    assert passport(records, case(PUBLISHED, keys=(PRODUCT + "0/10/X",)), key=PRODUCT).notices == ()


@pytest.mark.parametrize("check", [None, "x", [1], 7, {"what": 5, "by": ["x"], "document": {}}])
def test_an_inspection_is_listed_on_its_local_day_whatever_is_written_in_it(check: Any) -> None:
    records = commissioned()
    records.tell(ITEM, "inspecting", disposition="conformant", **{"suyuan:check": check})
    found = passport(records)
    assert [(one.result, one.on) for one in found.checks] == [("conformant", date(2026, 11, 11))]
    assert [step.step for step in found.journey] == ["commissioning"]


def test_the_latest_check_counts() -> None:
    records = commissioned()
    records.tell(ITEM, "inspecting", disposition="non_conformant")
    assert passport(records).verdict.reasons[0].code == "check-failed"
    records.tell(LOT, "inspecting", disposition="conformant")
    assert passport(records).verdict.state is VerdictState.REGISTERED


def test_a_registered_date_stands_where_no_event_tells_one_and_is_named_so() -> None:
    records = commissioned(**{"cbvmda:bestBeforeDate": "2026-12-01"})
    records.lots_registered[LOT] = {
        "productionDate": "2026-11-01", "bestBeforeDate": "2027-01-01", "itemExpirationDate": "2026-11-20",
    }  # fmt: skip
    found = passport(records)
    assert found.production_date == date(2026, 11, 1)
    assert found.best_before_date == date(2026, 12, 1)  # an event says so: what was entered does not count
    assert found.expiration_date == date(2026, 11, 20)
    assert found.registered == {"production", "expiration"}
    assert found.verdict.state is VerdictState.EXPIRED
    assert passport(commissioned()).registered == frozenset()


def test_a_gap_in_the_record_and_a_consistent_journey_are_never_said_together() -> None:
    records = FakeRecords(lots={ITEM: LOT})
    records.tell(ITEM, "receiving")
    for found in (passport(records), passport(commissioned(), key=f"{PRODUCT}/10/OTHER/21/7001")):
        codes = [reason.code for reason in found.verdict.reasons]
        assert {"record-incomplete", "wrong-lot"} & set(codes)
        assert "registered" not in codes
        assert codes[-1] == "copyable"  # that a printed code can be copied is said all the same
    assert [reason.code for reason in passport(commissioned()).verdict.reasons] == ["registered"]


def sensor(*reports: Any, **element: Any) -> list[dict[str, Any]]:
    return [{"sensorReport": list(reports), **element}]


def warm(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Temperature", "uom": "CEL", "value": value, **more}


TOO_WARM = warm(9.04, exception="ALARM_CONDITION")


@pytest.mark.parametrize("found_good", ["conformant", "sellable_not_accessible"], ids=["tested", "released"])
def test_too_warm_is_for_attention_until_the_goods_are_found_good(found_good: str) -> None:
    records = commissioned()
    records.tell(ITEM, "sensor_reporting", sensorElementList=sensor(TOO_WARM))
    found = passport(records)
    assert found.verdict.state is VerdictState.ATTENTION
    assert found.verdict.reasons[0].code == "temperature-open"
    assert found.verdict.reasons[0].fields["worst"] == 9.0
    assert found.temperature is not None
    assert found.temperature.decided is None
    records.tell(LOT, "inspecting", disposition=found_good)  # other pieces
    records.tell(ITEM, "stocking", disposition=found_good)  # no test
    assert passport(records).verdict.reasons[0].code == "temperature-open"
    records.tell(ITEM, "inspecting", disposition=found_good)
    found = passport(records)
    assert found.verdict.state is VerdictState.REGISTERED
    assert found.temperature is not None
    assert len(found.temperature.excursions) == 1  # what was stays told
    assert found.temperature.decided is not None


def test_what_was_measured_at_other_pieces_of_the_lot_is_not_told_of_this_one() -> None:
    records = commissioned()
    records.tell(LOT, "sensor_reporting", sensorElementList=sensor(TOO_WARM))
    assert passport(records).temperature is None
    assert passport(records, key=LOT).temperature is not None


@pytest.mark.parametrize(
    "told",
    [
        None, "x", [1], [{}], [{"sensorReport": 5}], [{"sensorReport": [warm("4")]}],
        [{"sensorReport": [warm(float("nan"))]}], [{"sensorReport": [warm(900)]}],
        [{"sensorReport": [warm(4, uom="K9")]}], [{"sensorReport": [warm(True)]}],
        [{"sensorReport": [warm(4) | {"type": "Humidity"}]}],
    ],
)  # fmt: skip
def test_what_is_no_temperature_is_skipped(told: Any) -> None:
    records = commissioned()
    records.tell(ITEM, "sensor_reporting", sensorElementList=told)
    assert passport(records).temperature is None


def test_a_summary_of_devices_and_a_curve_of_at_most_a_hundred_points() -> None:
    begin = NOW - timedelta(days=2)
    times = [begin + timedelta(seconds=30 * i) for i in range(5_000)]
    curve = [warm(3.5 if i == 2_718 else 2 + i % 2 / 10, time=t.isoformat()) for i, t in enumerate(times)]
    records = commissioned()
    records.tell(ITEM, "sensor_reporting", sensorElementList=sensor(*curve, **{
        "suyuan:leastAllowed": 0, "suyuan:mostAllowed": 4.0, "suyuan:secondsOutside": 0,
    }))  # fmt: skip
    fahrenheit = {"type": "gs1:MT-Temperature", "uom": "FAH", "minValue": 32, "maxValue": 39.2}
    records.tell(ITEM, "sensor_reporting", sensorElementList=sensor(fahrenheit, **{
        "suyuan:leastAllowed": 0, "suyuan:mostAllowed": 4, "suyuan:secondsOutside": 0,
    }))  # fmt: skip
    found = passport(records).temperature
    assert found is not None
    assert (found.least_c, found.most_c) == (0, 4)
    assert (found.low_c, found.high_c, found.outside_s, found.unknown_s) == (0, 4, 0, None)
    assert len(found.curve) <= 96
    assert max(one.value_c for one in found.curve) == 3.5  # the only peak is not lost
    assert [one.time for one in found.curve] == sorted(one.time for one in found.curve)
    assert found.excursions == ()


def test_an_excursion_is_not_lost_behind_a_flood_of_readings() -> None:
    records = commissioned()
    flood = sensor(*[warm(3)] * 60_000)
    records.tell(ITEM, "sensor_reporting", sensorElementList=[*flood, *sensor(TOO_WARM)])
    found = passport(records)
    assert found.temperature is not None
    assert len(found.temperature.curve) <= 96
    assert found.verdict.reasons[0].code == "temperature-open"


def test_limits_that_differ_along_the_way_are_not_told_as_one() -> None:
    records = commissioned()
    for most in (4, 8):
        records.tell(
            ITEM, "sensor_reporting", sensorElementList=sensor(warm(3), **{"suyuan:mostAllowed": most})
        )
    found = passport(records).temperature
    assert found is not None
    assert (found.low_c, found.high_c) == (None, None)


def allowed(low: float, high: float, outside_s: float | None = None) -> dict[str, Any]:
    told = {"suyuan:leastAllowed": low, "suyuan:mostAllowed": high}
    return told if outside_s is None else {**told, "suyuan:secondsOutside": outside_s}


def test_what_one_part_of_the_way_told_is_not_told_of_all_of_it() -> None:
    records = commissioned()
    records.tell(ITEM, "sensor_reporting", sensorElementList=sensor(warm(3), **allowed(0, 4, 0)))
    records.tell(ITEM, "sensor_reporting", sensorElementList=sensor(warm(2)))
    found = passport(records)
    assert found.temperature is not None
    assert (found.temperature.high_c, found.temperature.outside_s) == (None, None)
    assert found.temperature.excursions == ()


Parts = list[tuple[dict[str, Any], dict[str, Any]]]
PARTS: list[tuple[Parts, float | None]] = [
    ([({"minValue": 1, "maxValue": 3}, allowed(0, 4, 0)), ({"minValue": 2, "maxValue": 19}, {})], 19),
    ([({"minValue": -7, "maxValue": 5}, allowed(0, 4))], -7),
    ([({"value": 6}, allowed(0, 4, 0))], 6),
    ([({"value": 6}, allowed(0, 4, 60))], None),  # told, and within the grace of who judged it
    ([({"value": 6}, allowed(0, 8, 0)), ({"value": 6}, allowed(0, 4, 0))], 6),
    ([({"value": 3}, allowed(0, 4)), ({"value": 3}, allowed(0, 8)), ({"value": 6}, {})], None),
]


@pytest.mark.parametrize(("parts", "worst"), PARTS)
def test_beyond_the_limits_is_for_attention_though_nobody_told_of_it(
    parts: Parts, worst: float | None
) -> None:
    records = commissioned()
    for report, told in parts:
        element = sensor({"type": "Temperature", "uom": "CEL", **report}, **told)
        records.tell(ITEM, "sensor_reporting", sensorElementList=element)
    found = passport(records)
    assert found.temperature is not None
    assert [one.worst_c for one in found.temperature.excursions] == ([] if worst is None else [worst])
    assert (found.verdict.state is VerdictState.ATTENTION) is (worst is not None)


def test_the_worst_of_a_frost_is_the_coldest() -> None:
    records = commissioned()
    limits = {"suyuan:leastAllowed": 0, "suyuan:mostAllowed": 4}
    cold, cool = (warm(value, exception="ALARM_CONDITION") for value in (-6.0, -1.0))
    records.tell(ITEM, "sensor_reporting", sensorElementList=sensor(cool, cold, **limits))
    found = passport(records)
    assert found.verdict.reasons[0].fields["worst"] == -6.0
    assert found.temperature is not None
    assert found.temperature.excursions[0] == Excursion(found.temperature.since, None, -1.0)


def test_who_recorded_a_test_is_told_where_it_is_not_who_did_it() -> None:
    records = commissioned()
    records.described[MAKER] = {"name": "Maker"}
    checks: tuple[Any, ...] = ({"by": "Laboratory"}, {"by": "Maker"}, {})
    for check in checks:
        body: dict[str, Any] = {"suyuan:check": check}
        records.tell(ITEM, "inspecting", **body)
    told: list[Check] = list(passport(records).checks)
    assert [(one.by.en, one.told_by.en) for one in told] == [
        ("Laboratory", "Maker"), ("Maker", ""), ("Maker", ""),
    ]  # fmt: skip


def test_a_certificate_stands_by_its_last_day_in_the_zone_of_the_house() -> None:
    records = commissioned()
    days = ("2026-11-20", "2026-11-21", "")
    records.documents = [Paper("other", str(n), "", "", day, attached=False) for n, day in enumerate(days)]
    assert [paper.standing for paper in passport(records).papers] == ["over", "valid", "open"]


@pytest.mark.parametrize(("until", "over"), [("2026-11-20", True), ("2026-11-21", False), ("soon", False)])
def test_a_licence_runs_out_with_its_last_day(until: str, over: bool) -> None:
    records = commissioned()
    records.described[MAKER] = {"name": "Maker", "licenceUntil": until}
    found = passport(records).producer
    assert found is not None
    assert found.licence_over is over


def test_a_product_of_which_only_documents_told_was_entered_by_nobody() -> None:
    records = commissioned()
    records.described[PRODUCT] = {"descriptionShort": "Salad", "storageEn": "Keep cold"}
    assert not passport(records).product_entered
    records.entries[PRODUCT] = Entered(NOW)
    assert passport(records).product_entered


def test_the_producer_comes_with_its_standing_in_the_register() -> None:
    records = commissioned()
    records.described[MAKER] = {"name": "Maker", "licence": "SC10413010200279", "licenceUntil": "x"}
    records.entries[MAKER] = Entered(NOW)
    found = passport(records).producer
    assert found is not None
    assert found.entered == Entered(NOW)
    assert found.licence_until is None

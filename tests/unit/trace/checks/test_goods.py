"""Dates, stops, regions, and how complete records are, worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.trace.checks.ledgers import (
    FARM,
    GROWER,
    LOT,
    MAKER,
    MEAL,
    MEALS,
    OTHER,
    PLANT,
    SELLER,
    SHOP,
    Tale,
    case,
    day,
    hour,
    item,
    kg,
    numbers,
    pieces,
    untold,
    with_facts,
)

from suyuan.trace.checks import Stop, checked_json, narrowed, told
from suyuan.trace.epcis.json_document import read_json
from suyuan.trace.lineage import occurrence


@pytest.fixture
def tale() -> Tale:
    return Tale()


def test_sold_after_the_last_day_of_its_place(tale: Tale) -> None:
    tale.make(0, SHOP, item(1), item(2), lot=MEALS, last_day=day(2))
    tale.sell(65, SHOP, item(1))  # 17:00 UTC of the last day
    assert tale.codes() == []
    sold = tale.sell(65, SHOP, item(2), offset_s=8 * 3600)  # and 01:00 of the next one in Beijing
    (found,) = tale.found()
    assert (found.code, found.keys, found.evidence) == ("sold-expired", (item(2),), (sold,))
    assert (found.party, numbers(found)) == (SELLER, {"days": 1})


@pytest.mark.parametrize("by_register", [True, False])
def test_used_after_the_last_day(tale: Tale, by_register: bool) -> None:
    facts = with_facts(last_days={LOT: day(3)})
    tale.make(0, PLANT, kg(10), last_day=None if by_register else day(3))
    tale.pack(1, PLANT, case(1), kg(10))
    tale.turn(24 * 6, PLANT, [case(1)], [pieces(5)])
    (found,) = [one for one in tale.found(facts) if one.code == "used-expired"]
    assert (found.keys, numbers(found)) == ((LOT,), {"days": 3})


def test_without_a_date_nothing_is_told(tale: Tale) -> None:
    tale.make(0, SHOP, item(1))
    tale.sell(1, SHOP, item(1))
    found = tale.checked()
    assert found.findings == ()
    assert untold(found, "expiry") == {"no-date": 1}


def test_after_a_stop_nothing_is_sold_used_or_sent_on(tale: Tale) -> None:
    facts = with_facts(stops={MEALS: Stop(hour(10), "2026-7")})
    tale.make(0, SHOP, *(item(number) for number in range(5)), lot=MEALS)
    tale.sell(9, SHOP, item(0))
    tale.sell(11, SHOP, item(1))
    tale.pack(12, SHOP, case(1), item(2))
    tale.send(13, SHOP, OTHER, case(1))
    tale.receive(40, OTHER, case(1))
    tale.send(14, SHOP, PLANT, item(3), disposition="recalled")
    tale.receive(41, PLANT, item(3))
    tale.turn(50, PLANT, [item(3)], [kg(1)])
    found = tale.found(facts)
    assert [one.code for one in found] == ["sold-after-stop", "used-after-stop", "moved-after-stop"]
    assert [one.keys for one in found] == [(item(1),), (item(3),), (item(2),)]
    assert {one.case for one in found} == {"2026-7"}
    assert tale.codes() == []


def test_goods_stay_in_their_region(tale: Tale) -> None:
    facts = with_facts(regions={MEAL: ("33", "31")}, districts={PLANT: "310104", SHOP: "110101"})
    tale.make(0, PLANT, item(1), item(2), lot=MEALS)
    tale.send(1, PLANT, SHOP, item(1), item(2))
    tale.receive(30, SHOP, item(1), item(2))
    tale.sell(31, SHOP, item(1))
    (found,) = tale.found(facts)
    assert (found.code, found.keys, found.place) == ("outside-region", (item(1), item(2)), SHOP)
    nowhere = tale.checked(with_facts(regions={MEAL: ("33",)}))
    assert nowhere.findings == ()
    assert untold(nowhere, "route")["no-district"] == 5


def test_a_lot_of_which_nobody_told_the_making(tale: Tale) -> None:
    tale.see(0, FARM, kg(10), step="storing")
    tale.make(1, FARM, kg(10, f"{LOT}2"))
    (found,) = tale.found()
    assert (found.code, found.keys, found.party, found.severity) == (
        "lot-without-origin", (LOT,), GROWER, "notice",
    )  # fmt: skip
    (records,) = tale.checked().records
    assert (records.lots, records.lots_with_origin, records.unlinked) == (2, 1, (LOT,))


def test_events_without_their_key_data(tale: Tale) -> None:
    tale.make(0, PLANT, item(1), lot=MEALS)
    tale.make(1, PLANT, item(2))
    tale.send(2, PLANT, (), kg(None))
    tale.tell(3, PLANT, "TransformationEvent", inputs=(), outputs=(pieces(1),), step="commissioning")
    (records,) = [one for one in tale.checked().records if one.party == MAKER]
    assert (records.events, records.complete) == (4, 1)
    assert records.missing == {
        "bizTransactionList": 1, "destinationList": 1, "inputEPCList": 1, "lotNumber": 1, "quantity": 1,
    }  # fmt: skip


def test_how_long_until_an_event_is_on_record(tale: Tale) -> None:
    for number in range(101):
        tale.see(number, SHOP, item(1), record_time=hour(number) + timedelta(seconds=number))
    (records,) = tale.checked().records
    assert (records.delay_median_s, records.delay_p95_s, records.delay_longest_s) == (50, 95, 100)


def test_what_was_declared_wrong_does_not_count(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    tale.sell(1, PLANT, kg(50))
    assert tale.codes() == ["stock-below-zero"]
    tale.see(2, PLANT, kg(50), event_id="ide2", declared_wrong_at=hour(2))
    assert tale.codes() == []


def test_findings_are_the_same_in_whatever_order_they_are_told(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10), item(1))
    tale.sell(1, PLANT, kg(50))
    tale.see(1, SHOP, item(1))
    tale.send(2, PLANT, OTHER, case(1))
    before = tale.checked()
    tale.told.reverse()
    assert tale.checked() == before
    assert [one.severity for one in before.findings] == ["alarm", "alarm", "warning"]


def test_only_what_concerns_a_party_or_came_about_lately(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    tale.sell(1, PLANT, kg(50))
    tale.send(2, FARM, OTHER, case(1))
    found = tale.checked()
    assert [one.code for one in narrowed(found, party=GROWER).findings] == ["not-received"]
    assert [one.code for one in narrowed(found, since=hour(1.5)).findings] == ["not-received"]
    assert [one.party for one in narrowed(found, party=MAKER).records] == [MAKER]


def test_findings_as_json(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    tale.sell(1, PLANT, kg(50))
    shown = json.loads(b"".join(checked_json(tale.checked())))
    (finding,) = shown["findings"]
    assert finding["numbers"]["short"] == {"value": 40.0, "uom": "KGM"}
    assert finding["from_time"] == "2026-03-01T01:00:00Z"
    assert [one["check"] for one in shown["tallies"]][:2] == ["stock", "yield"]
    assert shown["balances"][0]["stock"] == -40.0
    assert json.loads(b"".join(checked_json(Tale().checked())))["findings"] == []


EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T01:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "epcList": [item(1)],
    "sourceList": [{"type": "possessing_party", "source": MAKER}],
    "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000005:1"}],
    "sy:tags": [
        {"sy:epc": item(1), "sy:tid": "e28011"},
        {"sy:epc": "no identifier", "sy:tid": "e2"},
        {"sy:epc": item(1)},
        "foreign",
    ],
}


def test_what_is_read_of_an_event() -> None:
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                     {"sy": "https://ns.suyuan.example/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T00:00:00Z",
        "epcisBody": {"eventList": [EVENT]},
    }  # fmt: skip
    (event,) = read_json(json.dumps(document).encode()).events
    seen = occurrence(event, evidence="e", party=MAKER, record_time=datetime(2026, 3, 2, tzinfo=UTC))
    found = told(event, seen, last_day=day(3))
    assert found.tags == ((item(1), "E28011"),)
    assert (found.sources, found.documents, found.last_day) == ((MAKER,), True, day(3))
    assert (found.offset_s, found.local_day) == (8 * 3600, day(1))

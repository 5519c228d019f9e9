"""From looks at codes to what the page says of copies: over custody, places and chips on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from suyuan.api import scan_histories, scan_judging
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.scan_histories import merged
from suyuan.api.settings import read_settings
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.passport import VerdictState
from suyuan.trace.scan.counting import visits_of
from suyuan.trace.scan.likelihood import Suspicion, suspicion
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.past import FindingKind, History, Outcome
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.scans import Scan, keep_scans, pending, summary_of

MADE = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)
GTIN = "09521234000013"
KEY = f"https://id.gs1.org/01/{GTIN}/21/7001"
PARTY = "https://ns.suyuan.example/party/dairy"
PLANT, SHOP = "https://id.gs1.org/414/9521234000006", "https://id.gs1.org/414/9521234000013"
FAR = "650100"
TOWNS = ("650100", "230100", "440300", "510100", "610100", "210100", "450100", "620100")
SYSTEMS = ("iPhone", "Android", "Windows")


class Market:
    """One carton of milk, made in Hangzhou and sold there, and whoever looks at its code."""

    def __init__(self, house: House, clock: list[datetime]) -> None:
        self.house = house
        self.clock = clock
        self.later = 0

    def tell(self, step: str, place: str, day: float, action: str = "OBSERVE") -> None:
        event = {
            "type": "ObjectEvent",
            "eventTime": (MADE + timedelta(days=day)).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": [KEY],
            "action": action,
            "bizStep": step,
            "readPoint": {"id": place},
            "bizLocation": {"id": place},
        }
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-04T00:00:00Z",
            "epcisBody": {"eventList": [event]},
            "epcisHeader": {"epcisMasterData": {"vocabularyList": [places()]}},
        }
        by = CapturedBy(PARTY)
        self.house.capture(orjson.dumps(document), "application/json", by=by, behaviour="rollback")

    def look(self, address: str, place: str = "", day: float = 12) -> None:
        self.later += 1
        time = MADE + timedelta(days=day, minutes=20 * self.later)
        self.house.looked_at(self.house.passport(KEY), Look(time, address=address, place=place))

    def judged(self) -> str:
        while self.house.scanning.log.write():
            pass
        self.house.judging.judge()
        with Reading(self.house.engine) as reading:
            found = summary_of(reading, KEY)
        assert found is not None
        return found.state


def places() -> dict[str, object]:
    told = [
        {"id": place, "attributes": [{"id": "https://ns.suyuan.example/cityZh", "attribute": "杭州市"}]}
        for place in (PLANT, SHOP)
    ]
    return {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": told}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    clock = [MADE + timedelta(days=20)]
    told = {"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"}
    house = open_house(read_settings(told), lambda: clock[0])
    market = Market(house, clock)
    market.tell("commissioning", PLANT, 0, "ADD")
    market.tell("shipping", PLANT, 1)
    market.tell("receiving", SHOP, 2)
    market.tell("retail_selling", SHOP, 10)
    yield market
    house.close()


def test_the_history_of_a_code_has_custody_sale_and_scans(market: Market) -> None:
    market.look("203.0.113.7", "330100")
    market.judged()
    with Reading(market.house.engine) as reading:
        history = market.house.judging.histories.of(reading, KEY)
    assert [(stay.spot and stay.spot.code, stay.retail) for stay in history.stays] == [
        ("330100", False),
        ("330100", True),
    ]
    assert history.stays[0].until == history.shipped == MADE + timedelta(days=1)
    assert history.sold == MADE + timedelta(days=10)
    assert [scan.spot and scan.spot.code for scan in history.scans] == ["330100"]
    assert (history.findings, history.destroyed) == ((), None)


def test_a_buyer_who_looks_again_is_no_suspicion(market: Market) -> None:
    for _ in range(4):
        market.look("203.0.113.7", "330100")
    assert market.judged() == "cannot-tell"
    verdict = market.house.scanned(KEY, Look(market.clock[0], is_scan=False)).verdict
    assert VerdictState.SUSPICIOUS not in {reason.state for reason in verdict.reasons}


def test_scans_all_over_the_country_are_told_on_the_page(market: Market) -> None:
    for number, town in enumerate(TOWNS * 2):
        market.look(f"198.51.{number}.7", town, day=12 + number / 10)
    assert market.judged() == "suspicious"
    passport = market.house.scanned(KEY, Look(market.clock[0], is_scan=False))
    assert passport.verdict.state is VerdictState.SUSPICIOUS
    assert passport.verdict.reasons[0].code == "copied"
    with Reading(market.house.engine) as reading:
        assert pending(reading, 10) == [], "it is not asked for ever"


def test_a_code_that_cannot_be_judged_is_told_and_holds_up_no_other(
    market: Market, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails(history: History) -> Suspicion:
        if len(history.scans) == 1:
            raise ValueError("math domain error")
        return suspicion(history)

    monkeypatch.setattr(scan_judging, "suspicion", fails)
    market.look("203.0.113.7")
    assert market.judged() == ""
    assert KEY in capfd.readouterr().out
    assert market.judged() == ""
    assert KEY not in capfd.readouterr().out, "told once"
    market.look("198.51.100.7")
    assert market.judged() == "cannot-tell"


def test_a_round_that_is_ended_goes_on_behind_the_code_that_was_judged_last(market: Market) -> None:
    keys = [f"https://id.gs1.org/01/{GTIN}/21/{serial}" for serial in ("8001", "8002", "8003")]
    with Writing(market.house.engine) as writing:
        keep_scans(writing, [Scan(key, MADE, bytes(8)) for key in keys], lambda instant: instant)

    def waiting() -> list[str]:
        with Reading(market.house.engine) as reading:
            return [code.key for code in pending(reading, 10)]

    for left in (2, 1, 0):
        assert market.house.judging.judge(lambda: False) == 1
        assert waiting() == keys[3 - left :]


def test_one_address_accuses_nothing_and_counts_for_one_place(market: Market) -> None:
    """Each kind of browser is a visitor of its own, but not each is somewhere else."""
    browsers = [
        f"Mozilla/5.0 {browser} {system}" for browser in ("Edg", "Firefox", "Chrome") for system in SYSTEMS
    ]
    for number, agent in enumerate(browsers):
        time, place = MADE + timedelta(days=12, minutes=number), TOWNS[number % len(TOWNS)]
        market.house.looked_at(
            market.house.passport(KEY), Look(time, address="203.0.113.7", agent=agent, place=place)
        )
    assert market.judged() == "cannot-tell"
    with Reading(market.house.engine) as reading:
        history = market.house.judging.histories.of(reading, KEY)
    assert len({scan.visitor for scan in history.scans}) == len(browsers)
    assert [visit.spot and visit.spot.code for visit in visits_of(history.scans)] == [TOWNS[0]]


def test_what_is_read_in_the_chain_after_its_sale_is_evidence(market: Market) -> None:
    market.tell("shipping", PLANT, 14)
    market.tell("retail_selling", SHOP, 15)
    market.look("203.0.113.7")
    market.judged()
    with Reading(market.house.engine) as reading:
        kinds = [one.kind for one in market.house.judging.histories.of(reading, KEY).findings]
    assert kinds == [FindingKind.SOLD_TWICE, FindingKind.AFTER_SALE]


def test_a_station_that_reads_on_at_the_sale_and_an_inspection_after_it_are_neither_return_nor_copy(
    market: Market,
) -> None:
    market.tell("stocking", SHOP, 10.2)
    market.tell("inspecting", PLANT, 11)
    visits = market.house.records.journey(KEY)
    told = scan_histories._against_the_sale  # pyright: ignore[reportPrivateUsage]
    assert list(told(visits)) == []
    market.tell("shipping", PLANT, 14)
    visits = market.house.records.journey(KEY)
    assert [one.kind for one in told(visits)] == [FindingKind.AFTER_SALE]
    inferred = [
        replace(visit, basis=Basis.INFERRED) if visit.biz_step == "retail_selling" else visit
        for visit in visits
    ]
    assert list(told(inferred)) == [], "of a sale that nobody told nothing is concluded"


def test_what_was_brought_back_may_be_sold_again(market: Market) -> None:
    market.tell("accepting", SHOP, 14)
    market.tell("stocking", SHOP, 15)
    market.look("203.0.113.7")
    market.judged()
    with Reading(market.house.engine) as reading:
        assert market.house.judging.histories.of(reading, KEY).findings == ()


def test_a_place_that_is_told_after_the_look_belongs_to_it() -> None:
    def scan(minutes: float, visitor: bytes = b"a", **told: str) -> Scan:
        return Scan(KEY, MADE + timedelta(minutes=minutes), visitor, **told)  # type: ignore[arg-type]

    looks = [
        scan(0, outcome="verified"),
        scan(1, b"b"),
        scan(2, place=FAR),
        scan(3, b"c", place=FAR),
        scan(4, b"b", outcome="replayed"),
        scan(30, b"b", place=FAR),
    ]
    found = [(one.visitor, one.outcome, one.spot and one.spot.code) for one in merged(looks)]
    assert found == [
        ("61", Outcome.VERIFIED, FAR),
        ("62", Outcome.NONE, None),
        ("63", Outcome.NONE, FAR),
        ("62", Outcome.REPLAYED, None),
        ("62", Outcome.NONE, FAR),
    ]

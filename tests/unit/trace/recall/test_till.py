"""What a till is told: every reason, and which of two counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from suyuan.trace.gs1 import scanned
from suyuan.trace.lineage import Visit, WhereNow
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.recall.till import REASONS, TillAnswer, ask, stopped_by_product

TODAY = date(2026, 11, 20)
BASE = "https://id.gs1.org"
PRODUCT = f"{BASE}/01/09521234000013"
LOT, OTHER_LOT = f"{PRODUCT}/10/L1", f"{PRODUCT}/10/L2"
ITEM, SECOND = f"{PRODUCT}/21/1", f"{PRODUCT}/21/2"
UNIT = f"{BASE}/00/095212340000000013"
BORN = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Known:
    """Records of one product with one lot and one item of it."""

    status: Status = "in_stock"
    told_of_item: Mapping[str, str] = field(default_factory=dict[str, str])
    of_lots: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    keys: frozenset[str] = frozenset({PRODUCT, LOT, ITEM, UNIT})

    def is_known(self, key: str) -> bool:
        return key in self.keys

    def lot_of(self, key: str) -> str | None:
        return LOT if key == ITEM else None

    def lots(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: LOT for key in keys if key == ITEM}

    def journey(self, key: str) -> Sequence[Visit]:
        if key != ITEM:
            return ()
        return (Visit(BORN, "commissioning", "active", None, "p", Basis.READ, "e1"),)

    def where_now(self, key: str) -> WhereNow:
        assert key != LOT  # a lot is in many places
        return WhereNow(None, None, None, self.status)

    def ilmd(self, evidence: str) -> Mapping[str, object]:
        assert evidence == "e1"
        return self.told_of_item

    def registered(self, lot: str) -> Mapping[str, str]:
        return self.of_lots.get(lot, {})


def asked(code: str, records: Known | None = None, **blocked: str) -> TillAnswer:
    names = {"lot": LOT, "other_lot": OTHER_LOT, "item": ITEM, "unit": UNIT}
    entries = {
        names[name]: {"state": state.removesuffix("+"), "case": "R1"}
        | ({"carries": "yes"} if "+" in state else {})
        for name, state in blocked.items()
    }
    known = records or Known()
    stopped = stopped_by_product(entries, known)
    return ask(scanned(code), known, entries, stopped, today=TODAY, zone=UTC)


def test_what_is_stopped_is_stopped_however_it_is_named() -> None:
    for code in (ITEM, LOT, "(01)09521234000013(10)L1(21)999", "urn:epc:id:sgtin:9521234.000001.1"):
        answer = asked(code, lot="recalled")
        assert (answer.verdict, answer.reason, answer.case) == ("stop", "recalled", "R1"), code
    assert asked(ITEM, item="held").reason == "held"
    assert asked(SECOND, item="held", records=Known(keys=frozenset({SECOND}))).verdict == "sell"
    assert asked(UNIT, unit="held+").reason == "carries"
    assert asked(UNIT).verdict == "sell"


def test_a_stop_counts_before_everything_else() -> None:
    late = Known("sold", {"cbvmda:itemExpirationDate": "2026-11-19"})
    assert asked(ITEM, late, lot="held").reason == "held"
    assert asked(ITEM, late).reason == "expired"
    assert asked(ITEM, Known("sold")).reason == "sold-already"
    assert asked(ITEM, Known("destroyed")).reason == asked(ITEM, Known("consumed")).reason == "gone"


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({"cbvmda:itemExpirationDate": "2026-11-20"}, "sell"),  # the last day is a day of sale
        ({"cbvmda:itemExpirationDate": "2026-11-19"}, "stop"),
        ({"cbvmda:bestBeforeDate": "2026-11-19"}, "stop"),
        ({"cbvmda:bestBeforeDate": "2026-11-19", "cbvmda:itemExpirationDate": "2026-11-30"}, "sell"),
        ({"cbvmda:itemExpirationDate": "2026-11-19T23:00:00Z"}, "stop"),
        ({"cbvmda:itemExpirationDate": "soon"}, "sell"),
    ],
)
def test_the_last_day_of_sale(told: dict[str, str], verdict: str) -> None:
    assert asked(ITEM, Known(told_of_item=told)).verdict == verdict


def test_the_last_day_may_be_registered_for_the_lot() -> None:
    records = Known(of_lots={LOT: {"bestBeforeDate": "2026-11-01"}})
    assert asked(ITEM, records).last_day == asked(LOT, records).last_day == date(2026, 11, 1)
    assert asked(LOT, records).reason == "expired"


def test_an_events_word_goes_before_the_registers() -> None:
    registered = {LOT: {"itemExpirationDate": "2026-11-01", "bestBeforeDate": "2026-10-01"}}
    told = Known(told_of_item={"cbvmda:itemExpirationDate": "2026-11-30"}, of_lots=registered)
    assert asked(ITEM, told).last_day == date(2026, 11, 30)
    partly = Known(told_of_item={"cbvmda:bestBeforeDate": "2026-11-30"}, of_lots=registered)
    assert asked(ITEM, partly).last_day == date(2026, 11, 1)  # a use-by date counts before a shelf life


def test_a_product_code_alone_cannot_be_decided_while_a_lot_is_stopped() -> None:
    answer = asked("9521234000013", lot="recalled", other_lot="held", item="recalled")
    assert (answer.verdict, answer.reason) == ("cannot-decide", "some-lots-stopped")
    assert [(lot.lot, lot.state) for lot in answer.stopped] == [("L1", "recalled"), ("L2", "held")]
    assert asked("9521234000013").reason == "no-lot-stopped"
    assert asked("9521234000020", lot="recalled").reason == "no-record"


def test_what_is_not_on_record_is_never_sold_as_good() -> None:
    assert asked(SECOND).reason == "unknown-serial"
    assert asked(OTHER_LOT).reason == "unknown-lot"
    assert asked(f"{BASE}/01/09521234000020/21/1").reason == "no-record"
    assert asked("(01)09521234000013(10)L2(21)1").reason == "wrong-lot"
    for code in (SECOND, OTHER_LOT, "(01)09521234000013(10)L2(21)1"):
        assert asked(code).verdict == "cannot-decide"
    assert {"unknown-serial", "unknown-lot", "no-record", "wrong-lot"} < set(REASONS)


def test_keys_that_are_no_identifiers_do_no_harm() -> None:
    entries = {"nonsense": {"state": "held", "case": "R1"}, "urn:x:y": {"state": "held", "case": "R1"}}
    assert stopped_by_product(entries, Known()) == {}

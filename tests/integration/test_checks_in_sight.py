"""What findings tell whoever asks: nothing that follows from what they do not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.integration.test_checks import NOW, at, document, house_with, seen
from tests.unit.trace.checks.ledgers import FARM, GROWER, MAKER, MEAL, PLANT, RICE, SELLER, case, gln, item

from suyuan.api.checking import findings_in
from suyuan.api.database import prepared_engine
from suyuan.api.house import CapturedBy, House
from suyuan.api.incident.checks import Checks, ChecksWanted
from suyuan.api.incident.inspected import Inspected
from suyuan.api.incident.jobs import Progress
from suyuan.trace.checks import Checked
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence
from suyuan.trace.store.sight import HOUSE, Competence, Viewer

PRYING, ELSEWHERE = gln(77, "417"), gln(77)
PALLET = case(18)
OLD_PALLET = case(19)
STRANGE = f"{RICE}/10/PALLET"
C = Viewer("c", "company", PRYING)
"""A company that knows the numbers of others' things, and captures what it likes about them."""


def capture(house: House, *told: tuple[str, dict[str, Any]]) -> None:
    for party, event in told:
        job = house.capture(document([event]), "application/json", by=CapturedBy(party), behaviour="rollback")
        assert job.success, job.errors


def found(house: House, by: Viewer, **wanted: Any) -> Checked:
    return Checks(house).seen(by, ChecksWanted(**wanted), Progress()).checked


def makes(kg: float, **what: Any) -> dict[str, Any]:
    made = {"epcClass": f"{MEAL}/10/OURS", "quantity": kg, "uom": "KGM"}
    where = {"bizLocation": {"id": ELSEWHERE}, "outputQuantityList": [made]}
    return {"type": "TransformationEvent", "bizStep": "creating_class_instance", **where, **what}


def packs(parent: str, **what: Any) -> dict[str, Any]:
    where = {"bizLocation": {"id": FARM}, "bizStep": "packing"}
    return {"type": "AggregationEvent", "action": "ADD", "parentID": parent, **where, **what}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    engine = prepared_engine(str(tmp_path_factory.mktemp("sight") / "store.db"))
    made, old = house_with(engine), [item(number) for number in range(500, 520)]
    amount = {"epcClass": STRANGE, "quantity": 730, "uom": "KGM"}
    last = {"ilmd": {"cbvmda:itemExpirationDate": "2026-03-06"}}
    capture(
        made,
        (GROWER, {**seen("commissioning", FARM, kg=4321, lot=STRANGE, action="ADD"), **at(1)}),
        (GROWER, {**packs(PALLET, childQuantityList=[amount]), **at(2)}),
        (GROWER, {**seen("commissioning", FARM, action="ADD", epcList=old), **last, **at(1)}),
        (GROWER, {**packs(OLD_PALLET, childEPCs=old), **at(2)}),
        (PRYING, {**makes(1e9, inputEPCList=[PALLET]), **at(9)}),
        (PRYING, {**seen("retail_selling", ELSEWHERE, epcList=[OLD_PALLET]), **at(9)}),
        (PRYING, {**seen("commissioning", ELSEWHERE, kg=0.001, lot=STRANGE, action="ADD"), **at(1, "00:10")}),
        (PRYING, {**seen("receiving", ELSEWHERE, quantityList=[{"epcClass": STRANGE}]), **at(9)}),
        (PRYING, {**seen("destroying", ELSEWHERE, kg=1e9, lot=STRANGE, disposition="destroyed"), **at(10)}),
    )  # fmt: skip
    yield made
    engine.dispose()


def test_whoever_names_anothers_pallet_learns_nothing_of_what_is_on_it(house: House) -> None:
    whole, shown = found(house, HOUSE), found(house, C)
    asked = {one.code for one in whole.findings if ELSEWHERE in (one.place, one.other_place)}
    assert asked >= {"yield-high", "sold-expired"}  # of which the event in sight is all the evidence
    assert not {one.code for one in shown.findings} & asked
    assert "lot-overdrawn" in {one.code for one in whole.findings}
    assert "lot-overdrawn" not in {one.code for one in shown.findings}
    rows = [one for one in shown.balances if one.party == PRYING]
    assert not [one for one in rows if one.came == 730]
    assert {number.value for one in shown.findings for number in one.numbers}.isdisjoint({730, 4321.001})


def test_nor_do_sources_tell_how_much_there_is_of_it(house: House) -> None:
    def amounts(by: Viewer) -> set[float | None]:
        found = Inspected(house, by).network([STRANGE, f"{MEAL}/10/OURS", *old[:1]])
        flows = {one.quantity for one in found.flows}
        return flows | {amount for one in found.lots for amount in (one.size, one.sold)}

    old = [canonical_key(item(number)) for number in range(500, 520)]
    assert amounts(HOUSE) >= {730, 4321.001}
    assert amounts(C).isdisjoint({730, 4321, 4321.001, 20})


def test_what_follows_from_what_is_in_sight_is_shown(house: House) -> None:
    maker = Viewer("m", "company", MAKER)
    shown = found(house, maker)
    assert "stock-below-zero" in {one.code for one in shown.findings}
    assert "yield-high" not in {one.code for one in shown.findings}  # by a recipe that another told
    assert set(shown.findings) <= set(found(house, HOUSE).findings)
    assert {one.party for one in shown.balances} == {MAKER}


def test_the_number_withheld_does_not_depend_on_what_is_asked(house: House) -> None:
    checks = Checks(house)
    by = Viewer("x", "regulator", "urn:x", Competence(frozenset({"retail"}), frozenset({"11"})))
    wanted = (
        ChecksWanted(), ChecksWanted(since=NOW), ChecksWanted(party=MAKER), ChecksWanted(checks=("stock",)),
    )  # fmt: skip
    told = {checks.seen(by, one, Progress()).withheld for one in wanted}
    assert len(told) == 1
    assert told != {0}


def test_what_takes_long_is_told_again_with_the_evidence_that_it_knew(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, clock, runs = house_with(sqlite_engine), [0.0], list[int]()

    def slowly(reading: Reading, of: House, **how: Any) -> Checked:
        runs.append(newest_sequence(reading))
        clock[0] += 60
        return findings_in(reading, of, **how)

    monkeypatch.setattr("suyuan.api.incident.checks.findings_in", slowly)
    checks = Checks(made, lambda: clock[0])

    def evidence() -> int:
        return checks.seen(HOUSE, ChecksWanted(), Progress()).evidence

    first = evidence()
    capture(made, (SELLER, {**seen("stocking", PLANT, kg=1), **at(11)}))
    assert (evidence(), runs) == (first, [first])
    clock[0] += 300
    assert evidence() == made.follow() > first
    assert runs == [first, made.follow()]

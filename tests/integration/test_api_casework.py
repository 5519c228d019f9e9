"""Cases and the block list over a real store: late evidence, restarts, and two processes at once."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage import Suspect
from suyuan.trace.recall.passport import Text, VerdictState
from suyuan.trace.recall.recall import Act, CaseDraft, CaseState, Initiative
from suyuan.trace.recall.steps import DecisionRefused
from suyuan.trace.store.sight import EVERYTHING, Viewer

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PARTY = "https://ns.suyuan.example/party/bureau"
OFFICER = Viewer("officer", "regulator", PARTY, EVERYTHING)
SECOND = Viewer("second", "regulator", PARTY, EVERYTHING)
MILK = "https://id.gs1.org/01/09521234000013/10/MILK"
CHEESE = "https://id.gs1.org/01/09521234000020/10/CH%2F1"
WHEEL = "https://id.gs1.org/01/09521234000020/21/W1"
DRAFT = CaseDraft(
    title=Text("召回", "Recall"),
    reason=Text("", "Listeria"),
    hazard="microbial",
    recall_class=1,
    what_to_do=Text("", "Bring it back"),
    contact="+86 10 1234",
    suspects=(Suspect(MILK),),
    initiative=Initiative.ORDERED,
    known_at=NOW,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    opened = open_house(settings, lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def other(settings: Settings, house: House) -> Iterator[House]:
    """A second process on the same store."""
    del house  # only: after it
    opened = open_house(settings, lambda: NOW)
    yield opened
    opened.close()


def tell(house: House, *events: dict[str, Any]) -> None:
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    by = CapturedBy("https://id.gs1.org/417/9521234000006")
    job = house.capture(orjson.dumps(document), "application/json", by=by, behaviour="rollback")
    assert job.success, job.errors


def decide(house: House, number: str, act: Act) -> None:
    """Proposed by one officer, confirmed by the other."""
    proposed = house.desk.propose(number, act, OFFICER, "Because").proposal
    assert proposed is not None
    house.desk.confirm(number, proposed.number, SECOND)


def event(kind: str, day: int, **other: Any) -> dict[str, Any]:
    time = f"2026-11-{day:02}T08:00:00+08:00"
    return {"type": kind, "eventTime": time, "eventTimeZoneOffset": "+08:00", **other}


def milked() -> dict[str, Any]:
    amount = [{"epcClass": MILK, "quantity": 100.0, "uom": "KGM"}]
    return event("ObjectEvent", 10, action="ADD", bizStep="creating_class_instance", quantityList=amount)


def made() -> dict[str, Any]:
    return event(
        "TransformationEvent",
        11,
        inputQuantityList=[{"epcClass": MILK, "quantity": 100.0, "uom": "KGM"}],
        outputQuantityList=[{"epcClass": CHEESE, "quantity": 1.0}],
        outputEPCList=[WHEEL],
        ilmd={"cbvmda:lotNumber": "CH/1"},
    )


def listed(house: House) -> dict[str, Any]:
    payload: dict[str, Any] = orjson.loads(base64.b64decode(orjson.loads(house.block_list())["payload"]))
    return payload


def test_late_evidence_widens_block_list_and_passports_alike(house: House) -> None:
    tell(house, milked())
    decide(house, house.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    assert set(listed(house)["keys"]) == {MILK}
    decide(house, "R2026-0001", Act.COMPLETE)
    tell(house, made())  # a station that was offline
    assert house.passport("/01/09521234000020/21/W1").verdict.state is VerdictState.RECALLED
    assert set(listed(house)["keys"]) == {MILK, CHEESE, WHEEL}


def test_the_list_follows_decisions_and_says_whether_it_is_a_hold(house: House) -> None:
    tell(house, milked(), made())
    number = house.desk.draft(DRAFT, OFFICER).number
    assert listed(house)["keys"] == {}
    decide(house, number, Act.HOLD)
    assert listed(house)["keys"][WHEEL] == {"state": "held", "case": number}
    assert house.passport("/01/09521234000020/21/W1").verdict.state is VerdictState.HELD
    decide(house, number, Act.PUBLISH)
    assert listed(house)["keys"][WHEEL] == {"state": "recalled", "case": number}
    sequence = listed(house)["sequence"]
    decide(house, number, Act.COMPLETE)
    # What turns up later, sold or on a shelf, is recalled all the same: list and page go on saying so.
    assert listed(house)["keys"][WHEEL] == {"state": "recalled", "case": number}
    assert listed(house)["sequence"] == sequence
    assert house.passport("/01/09521234000020/21/W1").verdict.state is VerdictState.RECALLED
    decide(house, number, Act.RELEASE)
    assert listed(house)["keys"] == {}
    page = house.passport("/01/09521234000020/21/W1")
    assert (page.verdict.state, page.verdict.reasons[0].code) == (VerdictState.REGISTERED, "recall-lifted")
    assert [notice.kind for notice in page.notices] == ["past-recall"]


def test_a_lifted_hold_is_told_as_past(house: House) -> None:
    tell(house, milked(), made())
    number = house.desk.draft(DRAFT, OFFICER).number
    decide(house, number, Act.HOLD)
    decide(house, number, Act.RELEASE)
    passport = house.passport("/01/09521234000020/21/W1")
    assert passport.verdict.state is VerdictState.REGISTERED
    assert [(notice.kind, notice.ended_at) for notice in passport.notices] == [("past-hold", NOW)]


def test_a_restart_serves_the_very_same_list(house: House, other: House) -> None:
    tell(house, milked(), made())
    decide(house, house.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    before = house.block_list()
    assert other.block_list() == before
    assert house.block_list_public_key() == other.block_list_public_key()


def test_two_processes_never_let_the_number_fall_or_the_list_differ(house: House, other: House) -> None:
    tell(house, milked())
    house.block_list()
    other.block_list()
    number = other.desk.draft(DRAFT, OFFICER).number
    decide(other, number, Act.HOLD)
    lists = [listed(house), listed(other)]
    tell(other, made())
    lists += [listed(other), listed(house)]
    decide(house, number, Act.RELEASE)
    lists += [listed(other), listed(house)]
    numbers = [told["sequence"] for told in lists]
    assert numbers == sorted(numbers)
    assert [set(told["keys"]) for told in lists[1::2]] == [{MILK}, {MILK, CHEESE, WHEEL}, set()]
    assert all(first == second for first, second in zip(lists[::2], lists[1::2], strict=True))


def test_two_processes_give_no_number_twice_and_decide_on_what_is_the_case(
    house: House, other: House
) -> None:
    assert house.cases() == []
    assert other.cases() == []
    first, second = house.desk.draft(DRAFT, OFFICER), other.desk.draft(DRAFT, OFFICER)
    assert (first.number, second.number) == ("R2026-0001", "R2026-0002")
    decide(house, first.number, Act.RELEASE)
    with pytest.raises(DecisionRefused):
        decide(other, first.number, Act.PUBLISH)
    assert {case.number: case.state for case in other.cases()} == {
        "R2026-0001": CaseState.RELEASED,
        "R2026-0002": CaseState.DRAFT,
    }


def test_an_unknown_serial_of_a_recalled_lot_gets_the_recall_and_of_another_lot_nothing(house: House) -> None:
    tell(house, milked(), made())
    link = "/01/09521234000020/10/CH%2F1/21/NEVER"
    with pytest.raises(NotFound):
        house.passport(link)
    decide(house, house.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    passport = house.passport(link)
    assert (passport.verdict.state, passport.lot) == (VerdictState.RECALLED, "CH/1")
    with pytest.raises(NotFound):
        house.passport("/01/09521234000020/10/OTHER/21/NEVER")


def test_a_box_is_recalled_for_as_long_as_something_recalled_is_in_it(house: House) -> None:
    box, pallet = (
        f"https://id.gs1.org/00/{number}" for number in ("095212340000000013", "095212340000000020")
    )

    def packed(day: int, action: str, parent: str, child: str) -> dict[str, Any]:
        return event("AggregationEvent", day, action=action, parentID=parent, childEPCs=[child])

    tell(house, milked(), made(), packed(12, "ADD", box, WHEEL), packed(12, "ADD", pallet, box))
    assert house.passport(pallet).verdict.state is VerdictState.REGISTERED
    decide(house, house.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    assert house.passport(box).verdict.state is VerdictState.RECALLED
    assert house.passport(pallet).verdict.state is VerdictState.RECALLED
    stopped = {key: entry.get("carries") for key, entry in listed(house)["keys"].items()}
    assert stopped == {MILK: None, CHEESE: None, WHEEL: None, box: "yes", pallet: "yes"}
    tell(house, packed(13, "DELETE", box, WHEEL))
    assert set(listed(house)["keys"]) == {MILK, CHEESE, WHEEL}
    assert house.passport(pallet).verdict.state is VerdictState.REGISTERED
    assert house.passport(WHEEL).verdict.state is VerdictState.RECALLED

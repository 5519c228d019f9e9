from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from tests.unit.readers.station.fakes import NOW, Clock, FakeReader, Platform, item, read, station, until
from tests.unit.readers.station.test_config import GOOD, write

from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities
from suyuan.readers.station.config_file import load
from suyuan.readers.station.duty import CONFIRMED_S, TRIES_WITHIN_S, Duty, NobodyAtWork, RoleMissing, WrongPin
from suyuan.readers.station.ending import Destroying
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.staff import STAFF, Day, Person, pin_hash
from suyuan.readers.station.steps import PROCEDURES
from suyuan.readers.station.table import ConfigFault
from suyuan.trace.errors import InvalidInput

SALT = bytes(16)
HASH = pin_hash("4711", SALT)
ANNA = Person("w1", "王芳", frozenset({"operator"}), HASH)
BODO = Person(
    "w2", "李强", frozenset({"operator", "qa", "supervisor"}), pin_hash("0815", SALT), badge="ABBA01"
)
CARL = Person("w3", "C", frozenset({"supervisor"}), pin_hash("1234", SALT))


class FedReader(FakeReader):
    """One that whoever reaches the page can make see things."""

    capabilities = Capabilities(push=True)

    def push(self, text: str, antenna: int = 1) -> None:
        raise NotImplementedError


class Clocks:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


def duty(*staff: Person) -> tuple[Duty, Clocks]:
    clocks = Clocks()
    return Duty(staff or (ANNA, BODO, CARL), "+08:00", now=clocks.now, monotonic=clocks.monotonic), clocks


async def test_who_signs_in_stands_in_the_order_and_in_the_event(tmp_path: Path) -> None:
    reader, platform = FakeReader(), Platform()
    clock = Clock()
    at = station(tmp_path, reader, platform, clock=clock)
    at.duty = Duty((ANNA, BODO), "+08:00", now=clock.now, monotonic=clock.monotonic)
    async with at:
        with pytest.raises(NobodyAtWork):
            await at.perform(Order(Step.RECEIVE), "dock")
        await at.duty.sign_in("w1", "4711")
        outcome = await read(at, reader, Order(Step.RECEIVE, operator="somebody else"), item(1))
        assert outcome.sequences
        await at.wait_delivered()
        at.duty.sign_out()
        with pytest.raises(NobodyAtWork):
            await at.undo("dock", "incorrect_data")
    (event,) = platform.events
    assert event["suyuan:operator"] == "w1"
    assert "王芳" not in str(event)


async def test_a_role_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    release = replace(PROCEDURES[Step.RELEASE], roles=frozenset({"qa"}))
    monkeypatch.setattr("suyuan.readers.station.duty.PROCEDURES", {**PROCEDURES, Step.RELEASE: release})
    made, _ = duty()
    await made.sign_in("w1", "4711")
    assert made.ordered(Order(Step.SHIP)).operator == "w1"
    with pytest.raises(RoleMissing, match="qa") as caught:
        made.ordered(Order(Step.RELEASE))
    assert "王芳" in str(caught.value)


async def test_the_second_person_is_another_one_and_confirms_one_step() -> None:
    made, clocks = duty()
    with pytest.raises(NobodyAtWork):
        await made.confirm("w2", "0815")
    await made.sign_in("w1", "4711")
    with pytest.raises(RoleMissing, match="another one"):
        await made.confirm("w1", "4711")
    await made.confirm("w2", "0815")
    order = Order(Step.SHIP, approver="w9", reason="退回供货方")
    told = made.ordered(order)
    assert (told.operator, told.approver) == ("w1", "w2")
    assert made.ordered(order).approver == ""
    await made.confirm("w2", "0815")
    clocks.passed += CONFIRMED_S + 1
    assert made.ordered(order).approver == ""


async def test_what_was_confirmed_waits_for_the_step_that_needs_it() -> None:
    made, _ = duty()
    await made.sign_in("w2", "0815")
    await made.confirm("w3", "1234")
    assert made.ordered(Order(Step.COUNT)).approver == ""
    assert made.ordered(Order(Step.RELEASE)).approver == "w3"
    assert made.ordered(Order(Step.RELEASE)).approver == ""


async def test_not_everybody_confirms_what_not_everybody_may_do() -> None:
    made, _ = duty()
    await made.sign_in("w2", "0815")
    await made.confirm("w1", "4711")
    with pytest.raises(RoleMissing, match="needs: qa, supervisor") as caught:
        made.ordered(Order(Step.RELEASE))
    assert "confirm" in caught.value.remedy
    assert made.ordered(Order(Step.RETURN)).approver == "w1"


async def test_a_badge_makes_an_operator_whose_work_nobody_confirms() -> None:
    made, _ = duty()
    assert made.takes_badge(badge(bytes.fromhex("abba01")))
    assert made.ordered(Order(Step.SHIP)).operator == "w2"
    with pytest.raises(RoleMissing, match="qa") as caught:
        made.ordered(Order(Step.RELEASE))
    assert "PIN" in caught.value.remedy
    with pytest.raises(RoleMissing):
        made.may_undo(NOW - timedelta(seconds=1))
    with pytest.raises(RoleMissing, match="badge"):
        await made.confirm("w1", "4711")
    await made.sign_in("w2", "0815")
    assert made.takes_badge(badge(bytes.fromhex("abba01")))
    assert made.ordered(Order(Step.RELEASE)).operator == "w2"


async def test_witnesses_are_of_the_staff_and_stand_by_their_pseudonyms() -> None:
    made, _ = duty()
    await made.sign_in("w2", "0815")
    order = Order(Step.DESTROY, particulars=Destroying(witnesses=(" W1", "w3", "")))
    assert made.ordered(order).particulars == Destroying(witnesses=("w1", "w3"))
    with pytest.raises(InvalidInput, match="王芳"):
        made.ordered(replace(order, particulars=Destroying(witnesses=("w1", "王芳"))))


@pytest.mark.parametrize(("scheme", "at_work"), [("wedge", None), ("llrp", "w2")])
async def test_what_a_page_says_that_it_scanned_is_no_badge(
    tmp_path: Path, scheme: str, at_work: str | None
) -> None:
    """The text of a badge can be guessed; who holds it to a reader has it."""
    source = FedReader() if scheme == "wedge" else FakeReader()
    at = station(tmp_path, source, Platform())
    at.duty, _ = duty()
    async with at:
        await until(lambda: at.hears("dock"))
        source.queue.put_nowait(replace(badge(b""), text="ABBA01"))
        source.show(item(1))
        await until(lambda: source.seen == 2)
        assert (at.duty.person and at.duty.person.id) == at_work


async def test_wrong_pins_are_few_in_a_minute() -> None:
    made, clocks = duty()
    for _ in range(5):
        with pytest.raises(WrongPin, match="do not match"):
            await made.sign_in("w1", "0000")
    with pytest.raises(WrongPin, match="Too many"):
        await made.sign_in("w1", "4711")
    clocks.passed += TRIES_WITHIN_S
    assert (await made.sign_in("w1", "4711")).id == "w1"
    assert made.wait_s() == 0.0


def badge(content: bytes) -> Observation:
    return Observation("r", 1, content, NOW, NOW)


async def test_a_badge_is_no_goods_and_brings_its_owner_to_work() -> None:
    made, _ = duty()
    assert not made.takes_badge(badge(b"\x30"))
    assert not made.takes_badge(replace(badge(b""), text="ABBA01", typed=True))
    assert made.takes_badge(badge(bytes.fromhex("abba01")))
    assert made.person == BODO


async def test_undoing_is_for_own_work_or_a_supervisor() -> None:
    made, clocks = duty()
    clocks.passed = 100.0
    await made.sign_in("w1", "4711")
    made.may_undo(NOW + timedelta(seconds=150))
    with pytest.raises(RoleMissing):
        made.may_undo(NOW)
    await made.sign_in("w2", "0815")
    made.may_undo(NOW)


async def test_without_staff_everybody_may_do_everything() -> None:
    made = Duty((), "+08:00", now=lambda: NOW, monotonic=lambda: 0.0)
    order = Order(Step.DESTROY, operator="typed")
    assert made.ordered(order) is order
    made.may_undo(NOW)


async def test_a_shift_that_is_over_ends_the_work() -> None:
    clocks = Clocks()
    early = Person("w1", "A", pin_hash=HASH, begins=time(6), ends=time(14))  # it is 11:00 there
    made = Duty((early,), "+08:00", now=clocks.now, monotonic=clocks.monotonic)
    await made.sign_in("w1", "4711")
    clocks.passed = 3 * 3600.0
    assert made.person is None
    with pytest.raises(NobodyAtWork, match="no shift"):
        await made.sign_in("w1", "4711")


@pytest.mark.parametrize(
    ("at", "works"),
    [
        ("2026-11-20T22:00", True),  # Friday night
        ("2026-11-21T05:59", True),  # still Friday's shift
        ("2026-11-21T06:00", False),
        ("2026-11-21T23:00", False),  # Saturday
        ("2026-11-20T21:59", False),
    ],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_began(at: str, works: bool) -> None:
    night = Person("n", "N", days=frozenset({Day.FRIDAY}), begins=time(22), ends=time(6))
    assert night.works_at(datetime.fromisoformat(at)) is works


def test_a_person_is_valid_for_some_days() -> None:
    day = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert Person("p", "P", valid_until=day.date()).works_at(day)
    assert not Person("p", "P", valid_until=(day - timedelta(days=1)).date()).works_at(day)
    assert not Person("p", "P", valid_from=(day + timedelta(days=1)).date()).works_at(day)


def test_staff_in_the_file(tmp_path: Path) -> None:
    text = f"""{GOOD}
[[staff]]
id = "w1"
name = "王芳"
roles = ["operator", "qa"]
pin_hash = "{HASH}"
days = ["mon", "fri"]
begins = 22:00:00
ends = 06:00:00
valid_until = 2026-12-31
"""
    config = load(write(tmp_path, text))
    (person,) = STAFF.of(config)
    assert (person.id, person.roles) == ("w1", {"operator", "qa"})
    assert person.has_pin("4711")
    assert not person.has_pin("4712")
    assert HASH not in repr(config)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('roles = ["chef"]', "operator, qa, supervisor"),
        ('pin_hash = "4711"', "suyuan station pin"),
        ("", "neither a PIN nor a badge"),
        ('badge = "x"\ndays = ["monday"]', "did you mean mon"),
        ('badge = "x"\nbegins = "06:00"', "a time such as"),
        ('badge = "x"\n[[staff]]\nid = "w1"\nname = "B"\nbadge = "y"', "the same id"),
        ('badge = "30AB"\n[[staff]]\nid = "w2"\nname = "B"\nbadge = "30ab"', "the same badge"),
        ('badge = "x"\n[[staff]]\nid = "W1"\nname = "B"\nbadge = "y"', "the same id"),
    ],
)
def test_what_is_wrong_with_staff_is_named(tmp_path: Path, line: str, hint: str) -> None:
    with pytest.raises(ConfigFault, match=hint) as caught:
        load(write(tmp_path, f'{GOOD}\n[[staff]]\nid = "w1"\nname = "A"\n{line}\n'))
    assert caught.value.line is not None


@pytest.mark.parametrize(
    "text",
    [f'{GOOD}\n[[staff]]\nid = "w1"\nname = "A"\npin_hash = "13579"', f'{GOOD}\n[page]\npin = "13579"'],
)
def test_no_error_tells_a_pin(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigFault, match="is not right") as caught:
        load(write(tmp_path, text))
    assert "13579" not in str(caught.value)
    assert "13579" not in str(caught.value.fields)


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1234567890123"])
def test_what_is_no_pin(pin: str) -> None:
    with pytest.raises(ConfigFault):
        pin_hash(pin, SALT)

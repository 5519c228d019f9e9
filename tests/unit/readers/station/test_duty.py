from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from tests.unit.readers.station.fakes import NOW, Clock, FakeReader, Platform, item, read, station
from tests.unit.readers.station.test_config import GOOD, write

from suyuan.readers.observation import Observation
from suyuan.readers.station.config_file import load
from suyuan.readers.station.duty import CONFIRMED_S, TRIES_WITHIN_S, Duty, NobodyAtWork, RoleMissing, WrongPin
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.staff import STAFF, Day, Person, pin_hash
from suyuan.readers.station.steps import PROCEDURES
from suyuan.readers.station.table import ConfigFault

SALT = bytes(16)
HASH = pin_hash("4711", SALT)
ANNA = Person("w1", "王芳", frozenset({"operator"}), HASH)
BODO = Person(
    "w2", "李强", frozenset({"operator", "qa", "supervisor"}), pin_hash("0815", SALT), badge="ABBA01"
)


class Clocks:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


def duty(*staff: Person) -> tuple[Duty, Clocks]:
    clocks = Clocks()
    return Duty(staff or (ANNA, BODO), "+08:00", now=clocks.now, monotonic=clocks.monotonic), clocks


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
    told = made.ordered(Order(Step.SHIP, approver="w9"))
    assert (told.operator, told.approver) == ("w1", "w2")
    assert made.ordered(Order(Step.SHIP)).approver == ""
    await made.confirm("w2", "0815")
    clocks.passed += CONFIRMED_S + 1
    assert made.ordered(Order(Step.SHIP)).approver == ""


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
        ('badge = "x"\ndays = ["monday"]', "mon, tue"),
        ('badge = "x"\nbegins = "06:00"', "a time such as"),
        ('badge = "x"\n[[staff]]\nid = "w1"\nname = "B"\nbadge = "y"', "the same id"),
    ],
)
def test_what_is_wrong_with_staff_is_named(tmp_path: Path, line: str, hint: str) -> None:
    with pytest.raises(ConfigFault, match=hint) as caught:
        load(write(tmp_path, f'{GOOD}\n[[staff]]\nid = "w1"\nname = "A"\n{line}\n'))
    assert caught.value.line is not None


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1234567890123"])
def test_what_is_no_pin(pin: str) -> None:
    with pytest.raises(ConfigFault):
        pin_hash(pin, SALT)

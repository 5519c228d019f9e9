"""Secrets on tags under every fault of ours: a genuine tag is never called a copy, and a copy is found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from suyuan.trace.scan.secrets import AT_ONCE, CLOCKS_APART, Act, Standing, standing, told_apart
from suyuan.trace.sun.renewal import digest, is_secret, near, new_secret, torn

MANY = settings(max_examples=examples(300), deadline=None)
KEY, CHIP = "https://id.gs1.org/01/06901234567892/21/1", "04A1B2C3D4E501"
FAULTS = ("no fault", "gone before", "torn", "gone after", "garbled", "read only")
SEEDS = st.integers(0, 2**64)


def seen(secret: str) -> str:
    return digest(KEY, CHIP, secret) if is_secret(secret) else ""


@dataclass
class World:
    """Tags of one number, stations that renew them, and what they tell of it."""

    chance: Random
    now: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    told: list[Act] = field(default_factory=list[Act])
    clocks: list[float] = field(default_factory=list[float])
    unsound: float = 0.1

    def __post_init__(self) -> None:
        half = CLOCKS_APART.total_seconds() / 2
        self.clocks = [self.chance.uniform(-half, half) for _ in range(3)]

    def renew(self, tag: str, fault: str = "no fault") -> str:
        """What the tag says after a station had it; what the station tells is noted."""
        new = new_secret(self.chance.randbytes)
        self.now += timedelta(seconds=self.chance.choice((1, 300, 86400, 400_000)))
        ahead = timedelta(seconds=self.chance.choice(self.clocks))
        time = self.now + ahead if self.chance.random() >= self.unsound else None
        between = torn(tag, new)
        maybe = (seen(new), *map(seen, between))
        close = tuple(map(seen, near(tag, new)))
        between = (*between, *near(tag, new))
        found = seen(tag)
        match fault:
            case "no fault":
                act, tag = Act(found, seen(new), time=time), new
            case "gone before":
                act = Act(found, maybe=maybe, time=time, near=close)
            case "torn":
                act, tag = (
                    Act(found, maybe=maybe, time=time, near=close),
                    self.chance.choice(between or (new,)),
                )
            case "gone after":
                act, tag = Act(found, maybe=maybe, time=time, near=close), new
            case "garbled":
                act, tag = Act(found, maybe=maybe, time=time, near=close), self.chance.choice(("", "~" * 12))
            case _:
                act = Act(found, time=time)
        self.told.append(act)
        return tag

    def arrived(self) -> list[Act]:
        """What is told in some order, some of it twice or as if it had been torn, and some of it never."""
        acts = [each for each in self.told if self.chance.random() < 0.9]
        again = [each for each in acts if self.chance.random() < 0.2]
        doubtful = [replace(each, written="", maybe=(each.written,)) for each in again if each.written]
        acts += again + doubtful
        self.chance.shuffle(acts)
        return acts


@MANY
@given(SEEDS, st.integers(1, 12))
def test_no_fault_of_ours_makes_a_genuine_tag_a_copy(seed: int, times: int) -> None:
    world = World(Random(seed))
    tag = world.chance.choice(("", new_secret(world.chance.randbytes)))
    for _ in range(times):
        tag = world.renew(tag, world.chance.choice(FAULTS))
        heard: list[Act] = []
        for act in world.arrived():
            heard.append(act)
            assert told_apart(heard) is None
            assert standing(heard, seen(tag)) is not Standing.STALE


@MANY
@given(SEEDS, st.integers(0, 6), st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_a_copy_is_found_once_both_were_read(
    seed: int, before: int, genuine: int, copied: int, sound: bool
) -> None:
    """Where no clock can be trusted, once both were read again."""
    world = World(Random(seed), unsound=0 if sound else 0.5)
    genuine, copied = genuine + (not sound), copied + (not sound)
    tag = new_secret(world.chance.randbytes)
    for _ in range(before):
        tag = world.renew(tag, world.chance.choice(FAULTS[:4])) or tag
    lost_so_far = world.arrived()
    tags, world.told = {"genuine": tag, "copy": tag}, []
    turns = ["genuine"] * genuine + ["copy"] * copied
    world.chance.shuffle(turns)
    for which in turns:
        world.now += AT_ONCE + CLOCKS_APART
        tags[which] = world.renew(tags[which])
    acts = [*lost_so_far, *world.told]
    world.chance.shuffle(acts)
    fork = told_apart(acts)
    assert fork is not None
    assert fork.certain
    assert standing(acts, seen(tag)) is Standing.STALE


@MANY
@given(SEEDS)
def test_a_copy_without_a_secret_is_found_once_the_genuine_tag_is_back(seed: int) -> None:
    world = World(Random(seed))
    world.clocks = [0.0]
    tag, copy = "", ""
    for which in "gcg":
        world.now += 2 * CLOCKS_APART
        if which == "g":
            tag = world.renew(tag)
            world.told[-1] = replace(world.told[-1], time=world.now)
        else:
            copy = world.renew(copy)
            world.told[-1] = replace(world.told[-1], time=world.now)
            assert told_apart(world.told) is None
    fork = told_apart(world.told)
    assert fork is not None
    assert not fork.certain


@pytest.mark.parametrize("sound", [True, False])
def test_two_antennas_that_hear_one_tag_are_no_two_tags(sound: bool) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    second = at + timedelta(seconds=1) if sound else None
    told = [Act("a", "b", time=at), Act("a", "c", time=second), Act("c", "d", time=at)]
    assert told_apart(told) is None
    both = [*told, Act("b", "e", time=at + timedelta(days=3))]
    assert told_apart(both) is not None, "each of the two was found again"


@pytest.mark.parametrize("late", [False, True])
def test_what_was_replaced_is_stale_whatever_the_clocks_say(late: bool) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    told = [Act("", "a", time=at), Act("a", "b", time=at - timedelta(days=300))]
    told = told[::-1] if late else told
    assert standing(told, "a") is Standing.STALE
    assert standing(told, "b") is Standing.CURRENT
    assert standing(told, "x") is Standing.UNKNOWN
    assert standing(told, "") is Standing.UNKNOWN


def test_what_a_torn_writing_may_have_left_is_current_until_it_was_found() -> None:
    told = [Act("", "a"), Act("a", maybe=("b", "ab"))]
    assert {standing(told, each) for each in ("a", "b", "ab")} == {Standing.CURRENT}
    assert standing([*told, Act("ab", "c")], "a") is Standing.STALE


def test_writings_that_had_hardly_begun_are_none() -> None:
    torn_twice = [Act("f", maybe=("w",), near=("m",)), Act("f", maybe=("v",), near=("m",))]
    back = [Act("m", maybe=("u",), near=("f",)), Act("f", "x")]
    assert told_apart([*torn_twice, *back]) is None, (
        "both may have left the same, and a third brought it back"
    )
    assert standing(torn_twice, "m") is Standing.CURRENT
    assert standing([*torn_twice, *back], "m") is Standing.STALE
    at = datetime(2026, 11, 1, tzinfo=UTC)
    timed = [replace(back[1], time=at), Act("m", "y", time=at + 2 * AT_ONCE)]
    assert told_apart([*torn_twice, back[0], *timed]) is not None

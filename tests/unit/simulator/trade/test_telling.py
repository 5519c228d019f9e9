"""How a trade is told: the faults that are noted are those that are there, and no others."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from suyuan.simulator.trade.deeds import Act, Deed, Role, event_number
from suyuan.simulator.trade.mischief import Fault
from suyuan.simulator.trade.telling import PROMPT, TOLD, Told, badly, plainly

from .worlds import played

COURSE, DEEDS, NAMES = played()
RIGHT = {told.event: told for told in plainly(DEEDS)}


def told_with(kind: str, share: float = 0.1) -> tuple[list[Told], list[Fault]]:
    faults: list[Fault] = []
    told = list(badly(DEEDS, {kind: share}, Random(2), len(COURSE.plan.sites), faults.append))
    assert faults, kind
    return told, faults


def differing(told: list[Told]) -> set[int]:
    """Numbers of the deeds that are not told once, promptly and as they are."""
    seen: dict[int, list[Told]] = {}
    for one in told:
        seen.setdefault(one.deed.number, []).append(one)
    return {deed.number for deed in DEEDS if seen.get(deed.number) != [RIGHT[event_number(deed.number)]]}


def deeds_of(faults: list[Fault]) -> set[int]:
    return {event // event_number(1) for fault in faults for event, _ in fault.events}


@pytest.mark.parametrize("kind", TOLD)
def test_faults_noted_are_faults_present(kind: str) -> None:
    told, faults = told_with(kind)
    assert differing(told) == deeds_of(faults)
    assert {fault.kind for fault in faults} == {kind}
    assert [one.known for one in told] == sorted(one.known for one in told)
    again: list[Fault] = []
    assert list(badly(DEEDS, {kind: 0.1}, Random(2), len(COURSE.plan.sites), again.append)) == told
    assert again == faults


def things(deed: Deed) -> set[tuple[int, int, int]]:
    return {
        (one.role, one.series, number)
        for one in deed.mentions
        for number in range(one.first, one.first + one.count)
    }


def test_one_tag_is_missed_or_strays_in() -> None:
    for kind, extra in (("missed", -1), ("stray", 1)):
        told, faults = told_with(kind)
        wrong = {fault.events[0][0]: fault.things[0] for fault in faults}
        for one in told:
            if one.event in wrong:
                thing = wrong[one.event]
                apart = things(one.deed) ^ things(RIGHT[one.event].deed)
                assert {(series, number) for _, series, number in apart} == {(thing.series, thing.first)}
                assert len(things(one.deed)) - len(things(RIGHT[one.event].deed)) == extra


def test_an_amount_is_left_out() -> None:
    told, faults = told_with("unquantified")
    wrong = {fault.events[0][0] for fault in faults}
    for one in told:
        lots = [m for m in one.deed.mentions if NAMES.is_class(m)]
        assert sum(m.amount is None for m in lots) == (one.event in wrong)


def test_late_is_late_and_twice_is_the_same_twice() -> None:
    told, faults = told_with("late")
    late = {one.event for one in told if one.known > one.deed.at + PROMPT}
    assert late == {fault.events[0][0] for fault in faults}
    told, faults = told_with("repeated")
    twice = {event for event, count in Counter(one.event for one in told).items() if count == 2}
    assert twice == {fault.events[0][0] for fault in faults}


def test_what_was_told_wrongly_is_declared_wrong_and_told_anew() -> None:
    told, faults = told_with("corrected")
    declarations = [one for one in told if one.declared is not None]
    assert len(declarations) == len(faults)
    for declaration in declarations:
        first = next(one for one in told if one.event == declaration.event and one.declared is None)
        right = next(one for one in told if one.event == declaration.corrected_by)
        assert first.deed != right.deed == RIGHT[right.event].deed
        assert first.known < declaration.known
        assert declaration.deed == first.deed


def test_what_did_not_occur_is_declared_so() -> None:
    told, _ = told_with("retracted")
    for one in told:
        if one.declared is not None:
            ghost = next(other for other in told if other.event == one.event and other.declared is None)
            assert ghost.deed.site != RIGHT[event_number(one.deed.number)].deed.site
            assert one.corrected_by == 0
            assert one.deed.act is not Act.MAKE


def test_without_faults_everything_is_told_once_in_the_order_of_time() -> None:
    faults: list[Fault] = []
    assert list(badly(DEEDS, {}, Random(2), 1, faults.append)) == list(plainly(DEEDS))
    assert not faults
    assert sum(one.role is Role.PARENT for deed in DEEDS for one in deed.mentions) > 100

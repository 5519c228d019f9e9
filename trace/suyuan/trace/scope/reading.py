"""A question from JSON: every fault at its JSON pointer, nothing half-read.

::

    {"selections": [{"kind": "objects", "keys": […], "from_time": …, "to_time": …},
                    {"kind": "lots", "lots": […], "from_time": …, "to_time": …},
                    {"kind": "product", "product": …, "dates": "made|best_before|expires",
                     "first_day": "2026-03-01", "last_day": …},
                    {"kind": "place", "place": …, "from_time": …, "to_time": …},
                    {"kind": "supplier", "party": …, "deeds": ["made", "shipped"],
                     "from_time": …, "to_time": …},
                    {"kind": "cases", "least": null, "common": "nearest|all", "cases": [
                      {"case": …, "objects": […], "places": […], "products": […],
                       "from_time": …, "to_time": …}]}],
     "options": {"direction": "forward|backward", "known_at": …, "depth": …,
                 "what_if": {"cross_contamination": [{"kind": "place|line|container|tank", "key": …,
                                                      "from_time": …, "to_time": …}],
                             "kill": [{"kind": "place|line", "key": …, "from_time": …, "to_time": …},
                                      {"kind": "event", "key": …}]}}}

A member that is left out or null is without bound. Keys may have any spelling that capture takes; times need
their offset.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import get_args

from suyuan.trace.incident.problems import Problems
from suyuan.trace.lineage.contract import Direction
from suyuan.trace.scope.members import Members
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.selection import (
    Cases,
    Common,
    Dating,
    Deeds,
    Eaten,
    KillKind,
    KillStep,
    Lots,
    Objects,
    Place,
    Product,
    Question,
    Selection,
    Shared,
    SharedKind,
    Supplier,
    Suppositions,
)

MOST_DEPTH = 1_000
_DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_DATINGS: tuple[Dating, ...] = get_args(Dating)
_DEEDS: tuple[Deeds, ...] = get_args(Deeds)
_COMMON: tuple[Common, ...] = get_args(Common)
_SHARED: tuple[SharedKind, ...] = get_args(SharedKind)
_KILLS: tuple[KillKind, ...] = get_args(KillKind)


def read_question(value: object) -> Question:
    """The question of a JSON value.

    Raises:
        QuestionInvalid: every fault: no selection, an unknown member or word, a key that is none or is of
            another kind, a time without offset, a window that is empty or ends before it begins, a depth
            below zero, lists that are too long.
    """
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    found = [_selection(each) for each in members.objects("selections", least=1)]
    options = read_suppositions(members.take("options"), "/options", problems)
    members.end()
    problems.raise_any()
    return Question(tuple(one for one in found if one is not None), options)


def read_suppositions(value: object, where: str, problems: Problems) -> Suppositions:
    """The options of a question; their faults go to ``problems``."""
    if value is None:
        return Suppositions()
    options = Members(value, where, problems)
    what_if = Members(options.take("what_if") or {}, f"{where}/what_if", problems)
    found = Suppositions(
        options.word("direction", _DIRECTIONS, "forward"),
        options.time("known_at"),
        options.whole("depth", 0, MOST_DEPTH),
        tuple([_shared(each) for each in what_if.objects("cross_contamination")]),
        tuple([_kill(each) for each in what_if.objects("kill")]),
    )
    what_if.end()
    options.end()
    return found


def _selection(each: Members) -> Selection | None:
    kind = each.choice("kind", tuple(_READERS))
    if kind is None:
        return None
    found = _READERS[kind](each)
    each.end()
    return found


def _objects(each: Members) -> Selection:
    return Objects(each.keys("keys", least=1), *each.window())


def _lots(each: Members) -> Selection:
    return Lots(each.keys("lots", "lot", least=1), *each.window())


def _product(each: Members) -> Selection:
    return Product(each.key("product", "product"), each.word("dates", _DATINGS, "made"), *each.days())


def _place(each: Members) -> Selection:
    return Place(each.key("place", "place"), *each.window())


def _supplier(each: Members) -> Selection:
    return Supplier(each.key("party", "party"), each.words("deeds", _DEEDS), *each.window())


def _cases(each: Members) -> Selection:
    cases = tuple([_eaten(one) for one in each.objects("cases", least=1)])
    names: set[str] = set()
    for row, one in enumerate(cases):
        if one.case and one.case in names:
            each.problems.fault(
                "Case {id} is told twice.",
                where=f"{each.where}/cases/{row}/case",
                remedy="Tell it once.",
                id=one.case,
            )
        names.add(one.case)
    return Cases(cases, each.whole("least", 1, max(1, len(cases))), each.word("common", _COMMON, "nearest"))


def _eaten(each: Members) -> Eaten:
    found = Eaten(
        each.text("case"),
        each.keys("objects"),
        each.keys("places", "place"),
        each.keys("products", "product"),
        *each.window(),
    )
    if found.case and not found.objects and not found.places:
        each.problems.fault(
            "Case {id} names no place and no object.",
            where=each.where,
            remedy="Tell where the goods were bought, or which they were.",
            id=found.case,
        )
    each.end()
    return found


def _shared(each: Members) -> Shared:
    kind: SharedKind = each.word("kind", _SHARED, None)
    of = {"place": "place", "line": "place", "container": "container"}.get(kind, "")
    found = Shared(kind, each.key("key", of), *each.window())
    each.end()
    return found


def _kill(each: Members) -> KillStep:
    kind: KillKind = each.word("kind", _KILLS, None)
    if kind == "event":
        found = KillStep(kind, each.text("key"))
        each.no_window()
    else:
        found = KillStep(kind, each.key("key", "place"), *each.window())
    each.end()
    return found


_READERS = MappingProxyType[str, Callable[[Members], Selection]](
    {
        "objects": _objects,
        "lots": _lots,
        "product": _product,
        "place": _place,
        "supplier": _supplier,
        "cases": _cases,
    }
)

"""What a station's company has to take out of trade: the recalls in force, and its goods that they cover.

A task is a published case with the part of its scope that is in the company's own hands and not gone. Of the
case it tells what everybody is told; of the goods nothing that :class:`suyuan.api.glimpse.Glimpse` does not
know to be in hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from suyuan.api.glimpse import Glimpse
from suyuan.api.house import House
from suyuan.portal.services import Principal
from suyuan.trace.epcis.query_names import QueryParameterWrong
from suyuan.trace.lineage.contract import ScopeLine
from suyuan.trace.recall.names import name
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Case, CaseState
from suyuan.trace.store.sight import Viewer, is_own

PER_PAGE = 20
MOST_GOODS = 5_000
"""Of one task; beyond, it is told that it is not whole. The block list stops the rest all the same."""
MOST_ON_PAGE = 10_000
"""With so many goods a page ends, whatever tasks are left: stations take no answer of any length."""
_NUMBER = re.compile(r"R[0-9]{4}-[0-9]{4,9}")
_HERE = frozenset({"in_stock", "in_transit", "unaccounted"})
"""Where something can be that is to be found: what was sold, used up or destroyed cannot."""


def recall_tasks(house: House, by: Principal, after: str | None) -> Mapping[str, object]:
    """The answer to ``GET /api/recall-tasks``: a page of tasks, the newest case first.

    ``next`` is the number of the last case of the page, and the page after it begins behind that case: a case
    that is published meanwhile comes before, and is told the next time the list is asked for.

    Raises:
        QueryParameterWrong: ``after`` is no number of a case.
    """
    if after is not None and not _NUMBER.fullmatch(after):
        raise QueryParameterWrong(
            "{given} is no page of this list", where="next", given=after, remedy="Ask without it."
        )
    viewer, now = Viewer(by.name, by.role, by.party), house.now()
    glimpse = Glimpse(house.engine, house.records, viewer)
    waiting = [case for case in _in_force(house) if after is None or _age(case) < _age_of(after)]
    tasks, goods, last = list[Mapping[str, Any]](), 0, None
    for case in waiting[:PER_PAGE]:
        if goods >= MOST_ON_PAGE:
            break
        last, task = case, _task(case, house, viewer, glimpse)
        if task is not None:
            tasks.append(task)
            goods += len(task["goods"])
    return {
        "as_of": now.isoformat(timespec="seconds"),
        "tasks": tasks,
        "next": last.number if last is not None and last is not waiting[-1] else None,
    }


def _in_force(house: House) -> Sequence[Case]:
    found = (case for case in house.cases() if case.state is CaseState.PUBLISHED)
    return sorted(found, key=_age, reverse=True)


def _age(case: Case) -> tuple[int, str]:
    return _age_of(case.number)


def _age_of(number: str) -> tuple[int, str]:
    """What orders case numbers as they were given: of a year the longer number is the later one."""
    return len(number), number


def _task(case: Case, house: House, viewer: Viewer, glimpse: Glimpse) -> Mapping[str, Any] | None:
    lines = [line for line in house.desk.covered(case) if line.status in _HERE and _is_ours(line, viewer)]
    things = _by_turns(lines)
    goods = list(_goods(things[:MOST_GOODS], glimpse, house))
    whole = len(things) <= MOST_GOODS
    if not goods and whole:
        return None
    places = {one["place"] for one in goods if "place" in one}
    draft = case.draft
    return {
        "case": case.number,
        "class": draft.recall_class,
        "title": _text(draft.title),
        "reason": _text(draft.reason),
        "what_to_do": _text(draft.what_to_do),
        "contact": draft.contact,
        "since": case.log[-1].time.isoformat(),
        "goods": goods,
        "places": {key: _text(called) for key, called in _names(house, places)},
        "whole": whole,
    }


def _is_ours(line: ScopeLine, viewer: Viewer) -> bool:
    return line.party is not None and is_own(viewer, line.party)


def _by_turns(lines: Sequence[ScopeLine]) -> list[tuple[str, str | None]]:
    """The things of these lines, each once at each place; of an amount of a lot the lot itself.

    The first of every place, then the second of each: a cut takes from the fullest places only.
    """
    turns = defaultdict[str | None, Iterator[int]](count)
    found = dict.fromkeys((key, line.place) for line in lines for key in line.keys)
    return sorted(found, key=lambda one: next(turns[one[1]]))


def _goods(
    things: Sequence[tuple[str, str | None]], glimpse: Glimpse, house: House
) -> Iterator[dict[str, str]]:
    """Those of these things that are in hand."""
    hands = glimpse.handled(key for key, _ in things)
    lots = house.records.lots(key for key, _ in things if key in hands)
    for key, place in things:
        if key in hands:
            told = {"key": key}
            if place is not None:
                told["place"] = place
            if key in lots:
                told["lot"] = lots[key]
            yield told


def _names(house: House, places: set[str]) -> Iterator[tuple[str, Text]]:
    known = house.records.attributes(places)
    for key in sorted(places):
        yield key, name(known.get(key, {}))


def _text(told: Text) -> Mapping[str, str]:
    return {"zh": told.zh or told.en, "en": told.en or told.zh}

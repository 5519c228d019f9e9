"""What a station's company has to take out of trade: the recalls in force, and its goods that they cover.

A task is a published case with the part of its scope that is in the company's own hands and not gone. Of the
case it tells what everybody is told; of the goods nothing that :class:`suyuan.api.glimpse.Glimpse` does not
know to be in hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

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
    page = waiting[:PER_PAGE]
    tasks = (_task(case, house, viewer, glimpse) for case in page)
    return {
        "as_of": now.isoformat(timespec="seconds"),
        "tasks": [task for task in tasks if task is not None],
        "next": page[-1].number if len(page) < len(waiting) else None,
    }


def _in_force(house: House) -> Sequence[Case]:
    found = (case for case in house.cases() if case.state is CaseState.PUBLISHED)
    return sorted(found, key=_age, reverse=True)


def _age(case: Case) -> tuple[int, str]:
    return _age_of(case.number)


def _age_of(number: str) -> tuple[int, str]:
    """What orders case numbers as they were given: of a year the longer number is the later one."""
    return len(number), number


def _task(case: Case, house: House, viewer: Viewer, glimpse: Glimpse) -> Mapping[str, object] | None:
    lines = [line for line in house.desk.covered(case) if line.status in _HERE and _is_ours(line, viewer)]
    hands = glimpse.handled(key for line in lines for key in line.keys)
    goods = _by_turns(_goods(lines, hands, house))
    if not goods:
        return None
    told = goods[:MOST_GOODS]
    places = {place for one in told if isinstance(place := one.get("place"), str)}
    draft = case.draft
    return {
        "case": case.number,
        "class": draft.recall_class,
        "title": _text(draft.title),
        "reason": _text(draft.reason),
        "what_to_do": _text(draft.what_to_do),
        "contact": draft.contact,
        "since": case.log[-1].time.isoformat(),
        "goods": told,
        "places": {key: _text(called) for key, called in _names(house, places)},
        "whole": len(told) == len(goods),
    }


def _is_ours(line: ScopeLine, viewer: Viewer) -> bool:
    return line.party is not None and is_own(viewer, line.party)


def _goods(
    lines: Sequence[ScopeLine], hands: Mapping[str, object], house: House
) -> Iterator[dict[str, object]]:
    """The things of these lines, each once; of an amount of a lot the lot itself."""
    seen: set[tuple[str, str | None]] = set()
    lots = house.records.lots(key for line in lines for key in line.keys if key in hands)
    for line in lines:
        for key in line.keys:
            if key in hands and (key, line.place) not in seen:
                seen.add((key, line.place))
                told: dict[str, object] = {"key": key}
                if line.place is not None:
                    told["place"] = line.place
                if key in lots:
                    told["lot"] = lots[key]
                yield told


def _by_turns(goods: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The first thing of every place, then the second of each: a cut takes from the fullest places only."""
    turns = defaultdict[object, Iterator[int]](count)
    return sorted(goods, key=lambda one: next(turns[one.get("place")]))


def _names(house: House, places: set[str]) -> Iterator[tuple[str, Text]]:
    known = house.records.attributes(places)
    for key in sorted(places):
        yield key, name(known.get(key, {}))


def _text(told: Text) -> Mapping[str, str]:
    return {"zh": told.zh or told.en, "en": told.en or told.zh}

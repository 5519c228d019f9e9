"""From which place to which the goods of a trace went: the routes that what is left of them may take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from suyuan.trace.lineage.contract import Trace
from suyuan.trace.scope.ways import Stay, Told

Legs = Iterable["tuple[str | None, str | None]"]


def routes_of(trace: Trace) -> Mapping[str, Sequence[str]]:
    """Per site the sites to which anything affected went on from there, itself or what was made of it.

    Of an instance, a crate or pallet too, that is its next place. Of a lot by its own word it is any later
    one, since nobody tells which part of it went where: more routes than there were, so that more is held
    rather than less. The work is that of the stays, of lots times their places.
    """
    told = Told([trace])
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for key in told.moved:
        stays = told.stays_of(key)
        if key not in told.lots:
            _add(found, _next(stays))
            continue
        own = [stay for stay in stays if stay.own]
        _add(found, _later(own))
        carried = [stay for stay in stays if not stay.own]
        _add(found, ((stay.place, _at(carried, stay.start)) for stay in own))
    for key, steps in told.steps.items():
        for step in steps:
            if step.made is not None:
                made = _at(told.stays_of(step.target), step.made)
                _add(found, [(_until(told.stays_of(key), step.opens), made)])
    return {place: sorted(onward) for place, onward in found.items()}


def _add(found: defaultdict[str, dict[str, None]], legs: Legs) -> None:
    for start, end in legs:
        if start is not None and end is not None and start != end:
            found[start][end] = None


def _next(stays: Sequence[Stay]) -> Legs:
    return pairwise(stay.place for stay in stays if stay.place is not None)


def _later(stays: Sequence[Stay]) -> Legs:
    first: dict[str | None, int] = {}
    last: dict[str | None, int] = {}
    for stay in stays:
        first.setdefault(stay.place, stay.start)
        last[stay.place] = stay.start
    return ((one, two) for one, began in first.items() for two, came in last.items() if began < came)


def _until(stays: Sequence[Stay], at: int) -> str | None:
    """Where something was last, when it was used."""
    return next((stay.place for stay in reversed(stays) if stay.start <= at and stay.place is not None), None)


def _at(stays: Sequence[Stay], at: int) -> str | None:
    """Where something was first, when it was made."""
    return next((stay.place for stay in stays if stay.end > at and stay.place is not None), None)

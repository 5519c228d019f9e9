"""Suppositions that name what nothing is on record of: they change no answer, and that has to be said.

A misspelt kill step would leave a scope too wide, a misspelt tank one too narrow, and neither would show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from suyuan.api.incident.inspected import Inspected
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage import Scope, Trace
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.answer import Bounds, Found
from suyuan.trace.scope.asking import is_line
from suyuan.trace.scope.selection import KillStep, Shared, Suppositions

_MOST_DOUBTS = 100
_PLACES = ("place", "other")


def with_doubts(bounds: Bounds[Found], seen: Inspected) -> Bounds[Found]:
    """``bounds`` with what is doubtful about the suppositions of their question."""
    doubts = (*bounds.choice.doubts, *_doubts(bounds.question.options, bounds.maximum, seen))
    return replace(bounds, choice=replace(bounds.choice, doubts=doubts))


def _doubts(supposed: Suppositions, found: Trace | Scope, seen: Inspected) -> tuple[Problem, ...]:
    trace = found.trace if isinstance(found, Scope) else found
    return supposed_doubts(supposed, seen, _left_out(supposed, trace, seen))


def _left_out(supposed: Suppositions, trace: Trace, seen: Inspected) -> frozenset[str]:
    """Places supposed to be shared that were not traced, since nothing in sight was ever there."""
    shared = [one.key for one in supposed.cross_contamination if not is_line(one)]
    if len(trace.options.what_if.cross_contamination) == len(shared):
        return frozenset()
    places = [key for key in shared if kind_by_name(key) in _PLACES]
    return frozenset(places) - seen.told_at(places)


def moved(doubts: Sequence[Problem], where: str) -> tuple[Problem, ...]:
    """Doubts about a question that stands at a JSON pointer."""
    return tuple(replace(one, where=where + one.where) for one in doubts)


def unknown_among(keys: Sequence[str], where: str, seen: Inspected) -> Iterator[Problem]:
    """A doubt for each key of a list under which nothing is on record."""
    unknown = _unknown(keys, seen)
    for row, key in enumerate(keys):
        if key in unknown:
            yield unknown_key(key, f"{where}/{row}")


def _unknown(keys: Iterable[str], seen: Inspected) -> frozenset[str]:
    """Those under which nothing is on record. Of places few are master data: events at their site will do."""
    refused = {key for key in keys if isinstance(seen.refused(key), NotFound)}
    return frozenset(refused - seen.told_at([key for key in refused if kind_by_name(key) in _PLACES]))


def supposed_doubts(
    supposed: Suppositions, seen: Inspected, left_out: frozenset[str] = frozenset()
) -> tuple[Problem, ...]:
    """A doubt for each supposition that changes nothing, and for a knowledge that lies ahead.

    ``left_out``: places that are known, and not shared with anything in sight.
    """
    steps: list[tuple[str, Shared | KillStep]] = [
        *((f"cross_contamination/{row}", one) for row, one in enumerate(supposed.cross_contamination)),
        *((f"kill/{row}", one) for row, one in enumerate(supposed.kill)),
    ]
    shared = (one.key for one in supposed.cross_contamination if not is_line(one))
    unknown = _unknown(shared, seen)
    places = left_out - unknown
    doubts = (
        _no_work(step.key, f"/options/what_if/{at}")
        if isinstance(step, Shared) and not is_line(step) and step.key in places
        else _doubt(step, f"/options/what_if/{at}", supposed, seen, unknown)
        for at, step in steps
    )
    found = islice((doubt for doubt in doubts if doubt is not None), _MOST_DOUBTS)
    ahead = supposed.known_at is not None and supposed.known_at > seen.now()
    return (*([_AHEAD] if ahead else []), *found)


_AHEAD = Problem(
    "/options/known_at",
    "What will be on record by then nobody knows; this is the answer as of now.",
    remedy="Leave known_at out, or name a time that is past.",
)


def _doubt(
    step: Shared | KillStep, where: str, supposed: Suppositions, seen: Inspected, unknown: Collection[str]
) -> Problem | None:
    if isinstance(step, KillStep) and step.kind == "event":
        return None if seen.sees(step.key) else _no_event(step.key, f"{where}/key")
    if isinstance(step, Shared) and not is_line(step):
        return unknown_key(step.key, f"{where}/key") if step.key in unknown else None
    works = seen.work_at(
        step.key, step.from_time, step.to_time, supposed.known_at, whole_site=step.kind == "place"
    )
    return None if works else _no_work(step.key, where)


def unknown_key(key: str, where: str) -> Problem:
    """The doubt that what was named is misspelt."""
    return Problem(where, "Nothing is on record of {key}.", {"key": key}, "Check the spelling.")


def _no_event(key: str, where: str) -> Problem:
    return Problem(
        where,
        "No event {key} is on record; the supposition changes nothing.",
        {"key": key},
        "Name it as the steps of a trace name their evidence.",
    )


def _no_work(key: str, where: str) -> Problem:
    return Problem(
        where,
        "Nothing on record was processed at {key} at that time; the supposition changes nothing.",
        {"key": key},
        "Check the spelling, or take a wider window.",
    )

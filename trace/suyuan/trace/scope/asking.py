"""A question answered: what is certain and what is possible, side by side, under what is supposed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.contract import (
    CrossContamination,
    Options,
    Scope,
    ScopeLine,
    State,
    Suspect,
    Trace,
    WhatIf,
)
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.answer import Because, Bounds, Choice, Chosen, Reason
from suyuan.trace.scope.choosing import choose
from suyuan.trace.scope.records import Records, Work
from suyuan.trace.scope.selection import Question, Shared, Suppositions

_STEP = timedelta(microseconds=1)
"""The smallest step of time (law of tracing §1.3)."""


def traced(question: Question, records: Records) -> Bounds[Trace]:
    """The minimum and maximum trace of a question, in its direction."""
    sure, most = _closed(question, records)
    high = records.trace(most.choice.suspects, most.options)
    if sure.choice == most.choice and _is_certain(high):
        return Bounds(question, most.choice, replace(high, options=sure.options), high)
    low = records.trace(sure.choice.suspects, sure.options)
    if sure.choice != most.choice:
        high = _doubted(high, low)
    return Bounds(question, most.choice, low, high)


def scoped(question: Question, records: Records) -> Bounds[Scope]:
    """The minimum and maximum scope of a question.

    Raises:
        InvalidInput: the direction is backward.
    """
    if question.options.direction != "forward":
        raise InvalidInput(
            "A scope is summed from a forward trace.",
            where="/options/direction",
            remedy="Trace back first, then ask for the scope of the source that was found.",
        )
    sure, most = _closed(question, records)
    high = records.scope(most.choice.suspects, most.options)
    if sure.choice == most.choice and _is_certain(high.trace):
        low = replace(high, trace=replace(high.trace, options=sure.options))
        return Bounds(question, most.choice, low, high)
    low = records.scope(sure.choice.suspects, sure.options)
    if sure.choice != most.choice:
        high = Scope(_doubted(high.trace, low.trace), _capped(high.lines, low.lines))
    return Bounds(question, most.choice, low, high)


def options_of(supposed: Suppositions, records: Records) -> Options:
    """What a tracer is asked: kill steps become the events that they stand for, as far as in sight.

    Only whom nothing is kept from may ask for all that was done at a site by its name.
    """
    crossed = tuple(
        CrossContamination(one.key, one.from_time, one.to_time)
        for one in supposed.cross_contamination
        if not is_line(one)
    )
    kill: set[str] = set()
    for step in supposed.kill:
        if step.kind == "event":
            if records.sees(step.key):  # a tracer would take the name of a place for all of its site
                kill.add(step.key)
        elif step.kind == "place" and step.from_time is step.to_time is None and records.sees_all:
            kill.add(step.key)
        else:
            whole = step.kind == "place"
            works = records.work_at(
                step.key, step.from_time, step.to_time, supposed.known_at, whole_site=whole
            )
            kill.update(work.evidence for work in works)
    what_if = WhatIf(crossed, frozenset(kill))
    return Options(supposed.direction, supposed.known_at, supposed.depth, what_if)


def is_line(shared: Shared) -> bool:
    """Whether it is narrower than what the law of tracing knows: a read point, or a tank known as one."""
    return shared.kind == "line" or (shared.kind == "tank" and kind_by_name(shared.key) == "place")


@dataclass(frozen=True, slots=True)
class _Line:
    """A supposed line with everything that was processed there, in order of time."""

    where: str
    because: Because
    works: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a tracer is asked for one of the bounds."""

    choice: Choice
    options: Options


def _closed(question: Question, records: Records) -> tuple[_Asked, _Asked]:
    """The suspects of both bounds, with those that supposed lines add to them."""
    options = options_of(question.options, records)
    choice = choose(question.selections, records, options)
    lines = _lines(question.options, records)
    sure = replace(options, certain_only=True)
    return (
        _Asked(_with_lines(choice, lines, sure, records), sure),
        _Asked(_with_lines(choice, lines, options, records), options),
    )


def _lines(supposed: Suppositions, records: Records) -> tuple[_Line, ...]:
    found: list[_Line] = []
    for row, one in enumerate(supposed.cross_contamination):
        if is_line(one):
            works = records.work_at(one.key, one.from_time, one.to_time, supposed.known_at)
            where = f"/options/what_if/cross_contamination/{row}"
            found.append(_Line(where, "tank" if one.kind == "tank" else "line", tuple(works)))
    return tuple(found)


def _with_lines(choice: Choice, lines: tuple[_Line, ...], options: Options, records: Records) -> Choice:
    """``choice`` and what lines pass on, until that adds nothing.

    One trace more than there are lines in a row on a way.
    """
    chosen = {one.suspect: one for one in choice.chosen}
    grown = bool(lines)
    while grown:
        found = records.trace(tuple(chosen), options)
        passed = [one for line in lines for one in _passed_on(line, found)]
        grown = any(one.suspect not in chosen for one in passed)
        for one in passed:
            chosen.setdefault(one.suspect, one)
    return Choice(tuple(chosen.values()), choice.doubts)


def _passed_on(line: _Line, found: Trace) -> list[Chosen]:
    """Forward, what was made on a line from when something affected went in; backward, the converse."""
    forward = found.options.direction == "forward"
    through = {edge.evidence[0 if forward else -1] for edge in found.edges if edge.kind == "transform"}
    affected: dict[str, list[State]] = {}
    for state in found.states:
        if not state.carrier:
            affected.setdefault(state.key, []).append(state)
    touched = [
        work.time
        for work in line.works
        if work.evidence in through
        or any(
            _covers(state, work.time)
            for key in (work.inputs if forward else work.outputs)
            for state in affected.get(key, ())
        )
    ]
    if not touched:
        return []
    if forward:
        return [
            _chosen(Suspect(key, work.time), line, work)
            for work in line.works
            if work.time >= min(touched)
            for key in work.outputs
        ]
    return [
        _chosen(Suspect(key, None, work.time + _STEP), line, work)
        for work in line.works
        if work.time <= max(touched)
        for key in work.inputs
    ]


def _chosen(suspect: Suspect, line: _Line, work: Work) -> Chosen:
    return Chosen(suspect, (Reason(line.because, line.where, evidence=(work.evidence,)),))


def _covers(state: State, time: datetime) -> bool:
    begun = state.from_time is None or state.from_time <= time
    return begun and (state.to_time is None or time < state.to_time)


def _is_certain(found: Trace) -> bool:
    """Whether leaving out what is only possible would leave out nothing."""
    steps = all(edge.certainty == "certain" for edge in found.edges)
    return steps and not found.withheld and all(state.certainty == "certain" for state in found.states)


def _doubted(found: Trace, sure: Trace) -> Trace:
    """``found`` with as possible what is not in ``sure``: a line that only something possible reached."""
    certain = {state.key for state in sure.states}
    states = tuple(state if state.key in certain else _possible(state) for state in found.states)
    return replace(found, states=states)


def _possible(state: State) -> State:
    told = state.contaminated
    share = None if told is None else replace(told, min=0.0)
    return replace(state, certainty="possible", contaminated=share)


def _capped(lines: tuple[ScopeLine, ...], sure: tuple[ScopeLine, ...]) -> tuple[ScopeLine, ...]:
    """``lines`` of which no more is surely contaminated than ``sure`` says."""
    least: dict[tuple[str | None, ...], float] = {}
    for line in sure:
        head = (line.place, line.party, line.status, line.uom)
        least[head] = least.get(head, 0.0) + line.contaminated_min
    return tuple(
        replace(
            line,
            contaminated_min=min(
                line.contaminated_min, least.get((line.place, line.party, line.status, line.uom), 0.0)
            ),
        )
        for line in lines
    )

"""The edges of a trace: every step of influence between reported states, with its evidence (law §10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from suyuan.trace.lineage.contract import Edge, EdgeKind
from suyuan.trace.lineage.extents import Extents
from suyuan.trace.lineage.intervals import Intervals, holds, meets, overlaps
from suyuan.trace.lineage.question import Question
from suyuan.trace.lineage.records import Consumption, Containment, Episode, Production, basis_of
from suyuan.trace.lineage.statement import NEVER, moment


def influence_edges(question: Question, affected: Extents) -> Iterator[Edge]:
    """Transform, contain and member edges of a forward trace."""
    history = question.history
    for key, extent in affected.items():
        for consumption in history.consumptions.get(key, ()):
            if holds(extent.all, consumption.by.at):
                for production in consumption.group.productions:
                    yield from _transform(question, affected, consumption, production, production)
        for containment in history.containments_in.get(key, ()):
            for start, _ in overlaps(extent.all, containment.start, containment.end)[:1]:
                if _reported(question, affected, containment.child, start):
                    yield from _contain(question, containment)
        yield from _members(question, affected, key)


def influence_edges_back(question: Question, affected: Extents, reach: Mapping[str, int]) -> Iterator[Edge]:
    """Transform, contain and member edges of a backward trace; ``reach``: before when a key matters."""
    history = question.history
    for key, end in reach.items():
        for production in history.productions.get(key, ()):
            if production.by.at < end:
                for consumption in production.group.consumptions:
                    yield from _transform(question, affected, consumption, production, consumption)
        for containment in history.containers_of.get(key, ()):
            low, high = containment.start, min(end, containment.end)
            if low < high and _reported(question, affected, containment.parent, low):
                yield from _contain(question, containment)
        told = history.lots.get(key)
        if told is not None:
            born = history.births[key]
            if born < end and _reported(question, affected, told[0], born):
                yield _member(question, key)


def carried_in(question: Question, key: str, extent: Intervals) -> Iterator[Containment]:
    """The containments of ``key`` while it was of interest."""
    for containment in question.history.containers_of.get(key, ()):
        if meets(extent, containment.start, containment.end):
            yield containment


def carry_edge(containment: Containment) -> Edge:
    """The edge from what is carried to its container."""
    return _containment_edge(containment, containment.child, containment.parent, "carry")


def move_edge(key: str, episode: Episode) -> Edge:
    """The edge from an object to a place where it was."""
    return Edge(
        key,
        episode.place,
        "move",
        moment(episode.start),
        moment(episode.end),
        "certain",
        basis_of(episode.begun, inferred=episode.inferred),
        (episode.begun.occurrence.evidence,),
    )


def _reported(question: Question, affected: Extents, key: str, at: int) -> bool:
    """Whether the step leads to a reported state. Without a limit of depth it does if ``key`` is there."""
    extent = affected.get(key)
    return extent is not None and (question.options.depth is None or holds(extent.all, at))


def _transform(
    question: Question,
    affected: Extents,
    consumption: Consumption,
    production: Production,
    target: Consumption | Production,
) -> Iterator[Edge]:
    """The edge of a link, if influence may pass and what it leads to (``target``) is reported."""
    eaten, made = consumption.by, production.by
    certain = eaten.at <= made.at and not consumption.possible
    if not certain and question.options.certain_only:
        return
    if not question.linked(consumption, production):
        return
    if not _reported(question, affected, target.key, target.by.at):
        return
    yield Edge(
        consumption.key,
        production.key,
        "transform",
        moment(min(eaten.at, made.at)),
        moment(made.at),
        "certain" if certain else "possible",
        basis_of(eaten, inferred=consumption.inferred),
        (eaten.occurrence.evidence, made.occurrence.evidence),
    )


def _contain(question: Question, containment: Containment) -> Iterator[Edge]:
    certain = question.all_of_its_lot(containment)
    if certain or not question.options.certain_only:
        yield _containment_edge(
            containment, containment.parent, containment.child, "contain", certain=certain
        )


def _containment_edge(
    containment: Containment, source: str, target: str, kind: EdgeKind, *, certain: bool = True
) -> Edge:
    return Edge(
        source,
        target,
        kind,
        moment(containment.start),
        moment(containment.end),
        "certain" if certain else "possible",
        basis_of(containment.begun, inferred=False),
        (containment.begun.occurrence.evidence,),
    )


def _members(question: Question, affected: Extents, lot: str) -> Iterator[Edge]:
    history, extent = question.history, affected[lot]
    for instance in history.instances.get(lot, ()):
        for start, _ in overlaps(extent.all, history.births[instance], NEVER)[:1]:
            if _reported(question, affected, instance, start):
                yield _member(question, instance)


def _member(question: Question, instance: str) -> Edge:
    lot, told = question.history.lots[instance]
    return Edge(
        lot,
        instance,
        "member",
        moment(question.history.births[instance]),
        None,
        "certain",
        basis_of(told, inferred=False),
        (told.occurrence.evidence,),
    )

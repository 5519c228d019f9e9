"""The edges of a trace: every step of influence between reported states, with its evidence (law §10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from suyuan.trace.lineage.contract import Edge, EdgeKind
from suyuan.trace.lineage.intervals import Intervals, holds, meets, union
from suyuan.trace.lineage.question import Label, Question
from suyuan.trace.lineage.records import Consumption, Containment, Episode, Production, basis_of
from suyuan.trace.lineage.statement import EVER, NEVER, moment

Labels = Mapping[str, Sequence[Label]]


def influence_edges(question: Question, labels: Labels) -> Iterator[Edge]:
    """Transform, contain and member edges of a forward trace from the labels it found.

    A place passes on by what is present there, whatever it contains: that has no edges of its own (§10).
    """
    history = question.history
    for key, found in labels.items():
        if question.is_place(key):
            continue
        whole = union((label.start, label.end) for label in found)
        deep = union((label.start, label.end) for label in found if question.deeper(label) is not None)
        for consumption in history.consumptions.get(key, ()):
            if holds(deep, consumption.by.at):
                for production in consumption.group.productions:
                    yield from _transform(question, consumption, production)
        for containment in history.containments_in.get(key, ()):
            if meets(whole, containment.start, containment.end):
                yield _contain(question, containment)
        for instance in history.instances.get(key, ()):
            if meets(whole, history.births[instance], NEVER):
                yield _member(question, instance)


def influence_edges_back(question: Question, labels: Labels) -> Iterator[Edge]:
    """Transform, contain and member edges of a backward trace from the labels it found; none from a place."""
    return (edge for edge in _steps_back(question, labels) if not question.is_place(edge.source))


def _steps_back(question: Question, labels: Labels) -> Iterator[Edge]:
    history = question.history
    for key, found in labels.items():
        if question.is_place(key):
            continue
        end = max(label.end for label in found)
        deep = max((label.end for label in found if question.deeper(label) is not None), default=EVER)
        for production in history.productions.get(key, ()):
            if production.by.at < deep:
                for consumption in production.group.consumptions:
                    yield from _transform(question, consumption, production)
        for containment in history.containers_of.get(key, ()):
            if containment.start < min(end, containment.end):
                yield _contain(question, containment)
        if key in history.lots and history.births[key] < end:
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


def _transform(question: Question, consumption: Consumption, production: Production) -> Iterator[Edge]:
    """The edge of a link, if influence may pass."""
    eaten, made = consumption.by, production.by
    certain = eaten.at <= made.at and not consumption.possible
    if question.linked(consumption, production):
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


def _contain(question: Question, containment: Containment) -> Edge:
    certain = question.all_of_its_lot(containment)
    return _containment_edge(containment, containment.parent, containment.child, "contain", certain=certain)


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

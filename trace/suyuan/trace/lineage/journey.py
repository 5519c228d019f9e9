"""The checkpoints of one object, those of the containers it was in among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.lineage.records import Containment
from suyuan.trace.lineage.statement import Position, Statement, packs


@dataclass(frozen=True, slots=True)
class Visit:
    """One checkpoint. ``basis`` is ``inferred`` where only a container (``through``) was named."""

    time: datetime
    biz_step: str | None
    disposition: str | None
    place: str | None
    party: str
    basis: Basis
    evidence: str
    through: str | None = None


def journey(lineage: Lineage, key: str, *, known_at: datetime | None = None) -> tuple[Visit, ...]:
    """Every checkpoint of ``key`` in the order of history; what it was made of is another question.

    The work is that of the statements that name the object and its containers. Empty for an unknown key.
    """
    return tuple(visit(told, container) for told, container in checkpoints(lineage.history(known_at), key))


def checkpoints(history: History, key: str) -> list[tuple[Statement, str | None]]:
    """The statements of a journey in order, each with the container that it names instead, if it does.

    Of several containers that one statement names it is the nearest, of equally near ones the first by key.
    """
    told = {one.occurrence.evidence: one for one in history.naming.get(key, ())}
    through: dict[str, tuple[int, str]] = {}
    for containment in history.containers_of.get(key, ()):
        for one, container, depth in _along(history, containment):
            evidence = one.occurrence.evidence
            if evidence not in told or through.get(evidence, (0, "")) > (depth, container):
                told[evidence], through[evidence] = one, (depth, container)
    found = [(one, through.get(evidence, (0, None))[1]) for evidence, one in told.items()]
    return sorted(found, key=lambda one: one[0].position)


def along(history: History, containment: Containment) -> list[tuple[Statement, str]]:
    """What was said of a container, and of those that it was in, while something was in it.

    Each statement with the container that it names, in no order; the one that takes it out is among them.
    """
    return [(told, container) for told, container, _ in _along(history, containment)]


def _along(history: History, containment: Containment) -> Iterator[tuple[Statement, str, int]]:
    """The same with how far outward the container is."""
    last: Position = (1 << 63, 0, 0, "")
    stack = [(containment, containment.begun.position, containment.ended or last, 1)]
    while stack:
        inside, low, high, depth = stack.pop()
        for told in history.naming.get(inside.parent, ()):
            if low < told.position <= high:
                yield told, inside.parent, depth
        for outer in history.containers_of.get(inside.parent, ()):
            since, until = max(low, outer.begun.position), min(high, outer.ended or last)
            if since < until:
                stack.append((outer, since, until, depth + 1))


def in_hand(
    journey: Sequence[tuple[Statement, str | None]],
    sees: Callable[[str], bool],
    others: Callable[[str], bool],
    *known: str,
) -> Iterator[Statement]:
    """What of a journey somebody knows by what is in their sight (decision 0005).

    ``sees`` says of an evidence key whether it is in sight, ``others`` of one in sight whether somebody else
    told it; of ``known`` containers it is known that the thing was in them.

    What others told of a container that it was in was given so. Else what somebody says of a container
    counts once it is in sight that the thing was put there: to name another's pallet tells nobody what is on
    it.
    """
    seen = [(told, through) for told, through in journey if sees(told.occurrence.evidence)]
    is_given = any(through is not None and others(told.occurrence.evidence) for told, through in seen)
    containers = set(known)
    for told, through in seen:
        if is_given or through is None or through in containers:
            yield told
            said = told.occurrence
            if said.parent is not None and said.action == "ADD" and packs(said):
                containers.add(said.parent)


def visit(told: Statement, container: str | None) -> Visit:
    """A checkpoint by what a statement says; of a container that it names instead, if it does."""
    said = told.occurrence
    return Visit(
        said.time,
        said.biz_step,
        said.disposition,
        told.place,
        said.party,
        said.basis if container is None else Basis.INFERRED,
        said.evidence,
        container,
    )

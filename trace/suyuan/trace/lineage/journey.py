"""The checkpoints of one object, those of the containers it was in among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.lineage.records import Containment
from suyuan.trace.lineage.statement import Position, Statement


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
    """The statements of a journey in order, each with the container that it names instead, if it does."""
    found: dict[str, tuple[Statement, str | None]] = {}
    for told in history.naming.get(key, ()):
        found[told.occurrence.evidence] = (told, None)
    for told, container in _through_containers(history, key):
        found.setdefault(told.occurrence.evidence, (told, container))
    return sorted(found.values(), key=lambda one: one[0].position)


def _through_containers(history: History, key: str) -> list[tuple[Statement, str]]:
    """What was said of the containers of ``key`` while it was in them, at any depth."""
    return [one for containment in history.containers_of.get(key, ()) for one in along(history, containment)]


def along(history: History, containment: Containment) -> list[tuple[Statement, str]]:
    """What was said of a container, and of those that it was in, while something was in it.

    Each statement with the container that it names, in no order; the one that takes it out is among them.
    """
    last: Position = (1 << 63, 0, 0, "")
    found: list[tuple[Statement, str]] = []
    stack = [(containment, containment.begun.position, containment.ended or last)]
    while stack:
        inside, low, high = stack.pop()
        found.extend(
            (told, inside.parent)
            for told in history.naming.get(inside.parent, ())
            if low < told.position <= high
        )
        for outer in history.containers_of.get(inside.parent, ()):
            since, until = max(low, outer.begun.position), min(high, outer.ended or last)
            if since < until:
                stack.append((outer, since, until))
    return found


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

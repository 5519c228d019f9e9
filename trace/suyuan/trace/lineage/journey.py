"""The checkpoints of one object, those of the containers it was in among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.occurrence import Basis
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
    return tuple(_visit(told, container) for told, container in checkpoints(lineage.history(known_at), key))


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
    last: Position = (1 << 63, 0, 0, "")
    found: list[tuple[Statement, str]] = []
    stack: list[tuple[str, Position, Position]] = [(key, (-(1 << 63), 0, 0, ""), last)]
    while stack:
        child, since, until = stack.pop()
        for containment in history.containers_of.get(child, ()):
            low = max(since, containment.begun.position)
            high = min(until, containment.ended or last)
            if low < high:
                found.extend(
                    (told, containment.parent)
                    for told in history.naming.get(containment.parent, ())
                    if low < told.position <= high
                )
                stack.append((containment.parent, low, high))
    return found


def _visit(told: Statement, container: str | None) -> Visit:
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

"""Occurrences become rows of statements, of what they say and of what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from suyuan.trace.lineage.chronicle.books import DESTROYS, MEMBER, PARENT, SHARED, WAITING
from suyuan.trace.lineage.chronicle.names import Names
from suyuan.trace.lineage.compiled.sayings import ACTIONS, BASES, TYPES, Numbers, fate_of
from suyuan.trace.lineage.compiled.tables import (
    CHILD,
    INPUT,
    LEAVES,
    NONE,
    OUTPUT,
    WHAT,
    order_of,
)
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.statement import Statement, instant, says_destroyed, statement

Row = tuple[float, ...]


class Run(NamedTuple):
    """Instances with keys in sequence, or an amount of a lot."""

    prefix: int
    first: int
    length: int
    holding: Holding


@dataclass(slots=True)
class Batch:
    """Rows to be taken in. The place, site and group of a statement are told apart from its row, by key."""

    statements: list[Row] = field(default_factory=list[Row])
    stories: list[Row] = field(default_factory=list[Row])
    mentions: list[Row] = field(default_factory=list[Row])
    places: list[str | None] = field(default_factory=list["str | None"])
    shared: list[tuple[str, str] | None] = field(default_factory=list["tuple[str, str] | None"])
    evidence: list[str] = field(default_factory=list[str])
    events: list[tuple[str, str] | None] = field(default_factory=list["tuple[str, str] | None"])


def runs(holdings: Iterable[Holding], names: Names) -> Iterator[Run]:
    """What is listed; instances with keys in sequence are told together."""
    under_way: Run | None = None
    for holding in holdings:
        prefix, number = names(holding.key)
        if (
            under_way is not None
            and not holding.is_class
            and not under_way.holding.is_class
            and under_way.prefix == prefix
            and under_way.first + under_way.length == number
        ):
            under_way = under_way._replace(length=under_way.length + 1)
            continue
        if under_way is not None:
            yield under_way
        under_way = Run(prefix, number, 1, holding)
    if under_way is not None:
        yield under_way


def encode(
    occurrences: Iterable[Occurrence],
    names: Names,
    parties: Numbers,
    units: Numbers,
    first_statement: int,
    first_mention: int,
) -> Batch:
    """The rows of ``occurrences``, numbered from ``first_statement`` and ``first_mention`` on.

    Those of the earliest position come first: then least has to be told again.
    """
    batch = Batch()
    in_order = sorted(map(statement, occurrences), key=lambda told: told.position)
    for number, told in enumerate(in_order, first_statement):
        said, begun = told.occurrence, first_mention + len(batch.mentions)
        batch.mentions += _mentions(said, names, units, number)
        batch.statements.append(_statement(told, parties))
        batch.stories.append(_story(said, begun, first_mention + len(batch.mentions) - begun))
        batch.places.append(told.place)
        shared = said.type == "TransformationEvent" and said.transformation_id is not None
        batch.shared.append((said.party, said.transformation_id or "") if shared else None)
        batch.evidence.append(said.evidence)
        batch.events.append(None if said.event_id is None else (said.party, said.event_id))
    return batch


def _statement(told: Statement, parties: Numbers) -> Row:
    at, rank, sequence, evidence = told.position
    said = told.occurrence
    marks = LEAVES if told.leaves else 0
    marks |= DESTROYS if says_destroyed(said) else 0
    marks |= SHARED if said.type == "TransformationEvent" and said.transformation_id is not None else 0
    return at, sequence, order_of(evidence), parties(said.party), NONE, rank, fate_of(told), marks


def _story(said: Occurrence, first_mention: int, mentions: int) -> Row:
    return (
        instant(said.record_time),
        *(NONE, NONE, first_mention, mentions),
        *(NONE, NONE, NONE, NONE, NONE, NONE, NONE),
        *(TYPES[said.type], ACTIONS[said.action], BASES.index(said.basis), WAITING),
    )


def _mentions(said: Occurrence, names: Names, units: Numbers, by: int) -> Iterator[Row]:
    listed = ((WHAT, said.what), (CHILD, said.children), (INPUT, said.inputs), (OUTPUT, said.outputs))
    if said.parent is not None:
        prefix, number = names(said.parent)
        yield number, 0, np.nan, prefix, 1, NONE, NONE, by, NONE, NONE, PARENT, False
    for role, holdings in listed:
        for prefix, number, count, holding in runs(holdings, names):
            amount, uom = np.nan, NONE
            if holding.is_class and holding.quantity is not None:
                amount, uom = holding.quantity, units(holding.uom)
            yield number, 0, amount, prefix, count, uom, NONE, by, NONE, NONE, role, holding.is_class
    for lot, instances in _by_lot(said.lot_of):
        lot_prefix, lot_number = names(lot)
        for prefix, number, count, _ in runs(map(Holding, instances), names):
            yield (
                *(number, lot_number, np.nan, prefix, count, NONE, lot_prefix, by, NONE, NONE, MEMBER),
                False,
            )


def _by_lot(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Pairs of the same lot that follow one another, together."""
    under_way: tuple[str, list[str]] | None = None
    for instance, lot in pairs:
        if under_way is not None and under_way[0] == lot:
            under_way[1].append(instance)
            continue
        if under_way is not None:
            yield under_way
        under_way = (lot, [instance])
    if under_way is not None:
        yield under_way

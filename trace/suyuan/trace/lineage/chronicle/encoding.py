"""Occurrences become rows of statements, of what they say and of what they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.chronicle.books import DESTROYS, MEMBER, PARENT, SHARED
from suyuan.trace.lineage.chronicle.names import Names
from suyuan.trace.lineage.chronicle.texts import Texts, Units
from suyuan.trace.lineage.compiled.sayings import ACTIONS, BASES, TYPES, fate_of
from suyuan.trace.lineage.compiled.tables import (
    CHILD,
    INPUT,
    LEAVES,
    NONE,
    OUTPUT,
    STEPS,
    WHAT,
    order_of,
)
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.statement import Statement, instant, says_destroyed, statement

Row = tuple[float, ...]
_STEPS = {None: NONE} | {step: number for number, step in enumerate(STEPS)}


class Run(NamedTuple):
    """Instances with keys in sequence, or an amount of a lot."""

    prefix: int
    first: int
    length: int
    holding: Holding


@dataclass(slots=True)
class Batch:
    """Rows to be taken in. The place, site and group of a statement are told apart from its row, by key.

    ``named`` counts the mentions of each. Destinations are numbered from 0.
    """

    statements: list[Row] = field(default_factory=list[Row])
    sayings: list[Row] = field(default_factory=list[Row])
    destinations: list[Row] = field(default_factory=list[Row])
    named: list[int] = field(default_factory=list[int])
    mentions: list[Row] = field(default_factory=list[Row])
    places: list[str | None] = field(default_factory=list["str | None"])
    shared: list[tuple[str, str] | None] = field(default_factory=list["tuple[str, str] | None"])
    evidence: list[str] = field(default_factory=list[str])
    events: list[tuple[str, str] | None] = field(default_factory=list["tuple[str, str] | None"])


def runs(holdings: Iterable[Holding], names: Names, *, singly: bool = False) -> Iterator[Run]:
    """What is listed; instances with keys in sequence are told together, unless ``singly``."""
    under_way: Run | None = None
    for holding in holdings:
        prefix, number = names(holding.key)
        if (
            under_way is not None
            and not singly
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
    parties: Texts,
    units: Units,
    sites: Texts,
    first_statement: int,
) -> Batch:
    """The rows of ``occurrences``, numbered from ``first_statement`` on.

    Those of the earliest position come first: then least has to be told again.
    """
    batch = Batch()
    in_order = sorted(map(statement, occurrences), key=lambda told: told.position)
    for number, told in enumerate(in_order, first_statement):
        said, before = told.occurrence, len(batch.mentions)
        batch.mentions += _mentions(said, names, units, number)
        batch.named.append(len(batch.mentions) - before)
        batch.statements.append(_statement(told, parties))
        batch.sayings.append(_saying(said, sites, len(batch.destinations)))
        batch.destinations += _sent(said, parties, sites, len(batch.destinations))
        batch.places.append(told.place)
        shared = said.type == "TransformationEvent" and said.transformation_id is not None
        batch.shared.append((said.party, said.transformation_id or "") if shared else None)
        batch.evidence.append(said.evidence)
        batch.events.append(None if said.event_id is None else (said.party, said.event_id))
    return batch


def _statement(told: Statement, parties: Texts) -> Row:
    at, rank, sequence, evidence = told.position
    said = told.occurrence
    marks = LEAVES if told.leaves else 0
    marks |= DESTROYS if says_destroyed(said) else 0
    marks |= SHARED if said.type == "TransformationEvent" and said.transformation_id is not None else 0
    return at, sequence, order_of(evidence), parties(said.party), NONE, rank, fate_of(told), marks


def _saying(said: Occurrence, sites: Texts, first_destination: int) -> Row:
    return (
        instant(said.record_time),
        NONE,
        NONE if said.read_point is None else sites(site(said.read_point)),
        *(NONE, NONE),
        _STEPS.get(said.biz_step, len(STEPS)),
        *(NONE, NONE, NONE),
        first_destination if said.destinations else NONE,
        *(TYPES[said.type], ACTIONS[said.action], BASES.index(said.basis)),
    )


def _sent(said: Occurrence, parties: Texts, sites: Texts, first: int) -> Iterator[Row]:
    for number, name in enumerate(said.destinations, first + 1):
        following = NONE if number == first + len(said.destinations) else number
        is_place = kind_by_name(name) == "place"
        yield sites(site(name)), NONE if is_place else parties(name), following, is_place


def _mentions(said: Occurrence, names: Names, units: Units, by: int) -> Iterator[Row]:
    listed = ((WHAT, said.what), (CHILD, said.children), (INPUT, said.inputs), (OUTPUT, said.outputs))
    beside = any(one.is_class for one in said.what)
    if said.parent is not None:
        prefix, number = names(said.parent)
        yield number, 0, np.nan, prefix, 1, NONE, NONE, by, NONE, NONE, PARENT, False
    for role, holdings in listed:
        for prefix, number, count, holding in runs(holdings, names, singly=beside and role == WHAT):
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

"""Lineage as tables: what a replayed history left behind, in records that machine code walks.

A *node* is an object (or a place) under a dense number, or a *run*: ``count`` instances with one history and
keys in sequence. What a row says of a run it says of each one of it, so a run is split by copying rows; only
where instances are counted or their amounts are summed does ``count`` matter.

Rows of one table that belong together are linked: ``first_…`` of a node or group is the number of a row,
``next…`` of a row that of another, and :data:`NONE` ends the line. So a row is added at the end of its table
and at the front of its lines; nothing ever moves.

Instants are whole microseconds since 1970 (:mod:`suyuan.trace.lineage.statement`), amounts numbers with the
number of their unit beside them (0 is pieces); NaN is an amount that nobody knows. The names are those of the
law of tracing (docs/decisions/0002) and of :mod:`suyuan.trace.lineage.records`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Flags,
    Instant,
    Number,
    Quantity,
    Table,
    Tiny,
    record,
    walking,
)

NONE = -1
"""No row, no node, no unit told."""

POSSIBLE = 1
"""Of a consumption: only the lot was named (§4.3)."""
INFERRED = 2
"""Of a consumption or an episode: it follows from a container."""
VOID = 4
"""Of a possible consumption: the same group consumes the instance outright."""


class Node:
    """An object, a place or a run."""

    birth: Instant
    """NEVER where nobody named it."""
    made: Quantity
    """Q of §8."""
    made_uom: Number
    count: Number
    """How many instances it stands for; 1 of anything else."""
    is_class: Flag
    is_place: Flag
    consumed: Flag
    """Whether the statement that ended it consumed it."""
    lot: Number
    """Of an instance."""
    first_member: Number
    """Of a lot: an instance."""
    next_member: Number
    """Of an instance: another of its lot."""
    first_consumption: Number
    first_production: Number
    first_content: Number
    """Of a container: a containment."""
    first_container: Number
    """Of what is in it: a containment."""
    first_episode: Number
    inside: Number
    """The containment that an instance is in at the end of history."""
    here: Number
    """The episode that goes on."""
    last: Number
    """The last statement that names it."""
    ended: Number
    """The statement that ended an instance."""
    lot_told: Number
    """The statement that told its lot."""
    lies: Number
    """Of a lot: the portion of loose goods that tells where it is."""


class Group:
    """The events of one transformation."""

    first_consumption: Number
    first_production: Number
    first_draw: Number


class Consumption:
    """An object went into a group."""

    at: Instant
    node: Number
    group: Number
    by: Number
    next: Number
    next_of_group: Number
    marks: Flags


class Production:
    """An object came out of a group by one statement: the sum of what is listed."""

    at: Instant
    amount: Quantity
    uom: Number
    node: Number
    group: Number
    by: Number
    next: Number
    next_of_group: Number


class Draw:
    """An amount that a directly named input, or what is in it, brought into a group."""

    amount: Quantity
    uom: Number
    consumption: Number
    next: Number


class Containment:
    """A child was in a parent during [start, end); of a lot ``peak`` is the most that was inside."""

    start: Instant
    end: Instant
    peak: Quantity
    uom: Number
    is_class: Flag
    child: Number
    parent: Number
    by: Number
    next_content: Number
    next_container: Number


class Episode:
    """An object was at a place during [start, end) by its own statements."""

    start: Instant
    end: Instant
    node: Number
    place: Number
    by: Number
    next: Number
    marks: Flags


class Statement:
    """What one occurrence says."""

    party: Number
    site: Number
    """Of its place."""
    fate: Tiny
    """The status that it leaves what it names in, NONE where its words tell none."""


class Portion:
    """Where loose goods lie."""

    by: Number
    place: Number
    container: Number
    status: Tiny


class Tables(NamedTuple):
    """All of them. Statements are numbered in the order of their positions."""

    nodes: Table[Node]
    groups: Table[Group]
    consumptions: Table[Consumption]
    productions: Table[Production]
    draws: Table[Draw]
    containments: Table[Containment]
    episodes: Table[Episode]
    statements: Table[Statement]
    portions: Table[Portion]


NODE, GROUP, STATEMENT, PORTION = record(Node), record(Group), record(Statement), record(Portion)
CONSUMPTION, PRODUCTION, DRAW = record(Consumption), record(Production), record(Draw)
CONTAINMENT, EPISODE = record(Containment), record(Episode)


@walking
def lines(first: Any, members: Any, following: Any) -> None:
    """Link rows: ``members[row]`` is to what a row belongs. Each line keeps the order of rows."""
    for row in range(len(members) - 1, -1, -1):
        following[row] = first[members[row]]
        first[members[row]] = row

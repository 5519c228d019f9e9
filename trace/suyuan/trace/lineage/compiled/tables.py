"""Lineage as tables: what a replayed history left behind, in records that machine code walks.

A *node* is an object (or a place) under a dense number, or a *run*: ``count`` instances with one history and
keys in sequence. What a row says of a run it says of each one of it, so a run is split by copying rows; only
where instances are counted or their amounts are summed does ``count`` matter.

Rows of one table that belong together are linked: ``first_…`` of a node or group is the number of a row,
``next…`` of a row that of another, and :data:`NONE` ends the line. So a row is added at the end of its table
and at the front of its lines; nothing ever moves.

:class:`Tables` are what every question walks; :class:`Told` is what only some ask.

Instants are whole microseconds since 1970 (:mod:`suyuan.trace.lineage.statement`), amounts numbers with the
number of their unit beside them (0 is pieces); NaN is an amount that nobody knows. The names are those of the
law of tracing (docs/decisions/0002) and of :mod:`suyuan.trace.lineage.records`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Flags,
    Instant,
    Made,
    Number,
    Order,
    Quantity,
    Sequence,
    Table,
    Tiny,
    record,
    walking,
)
from suyuan.trace.lineage.statement import NEVER

NONE = -1
"""No row, no node, no unit told."""

POSSIBLE = 1
"""Of a consumption: only the lot was named (§4.3)."""
INFERRED = 2
"""Of a consumption or an episode: it follows from a container."""
VOID = 4
"""Of a possible consumption: the same group consumes the instance outright."""
LEAVES = 1
"""Of a statement: it tells no place because what it names leaves (§2.5)."""

OBJECT, AGGREGATION, TRANSACTION, TRANSFORMATION, ASSOCIATION = range(5)
"""Types of events."""
ADD, OBSERVE, DELETE = range(3)
"""Actions."""
WHAT, CHILD, INPUT, OUTPUT = range(4)
"""The lists of an event in which something is named."""
STEPS = ("shipping", "receiving", "arriving")
"""Business steps that the law speaks of in the stories of loose goods: the first numbers of steps."""
SHIPPING, RECEIVING, ARRIVING = range(3)


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
    goods: Number
    """Of what was named at class level: its row among goods."""
    site: Number
    """Of a place."""


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
    """A child was in a parent during [start, end); of a lot ``peak`` is the most that was inside.

    An empty one may be listed: nothing follows from it, but of a lot that it ended. What every walk asks
    stands first, in half a line of the cache; a row is one line.
    """

    start: Instant
    end: Instant
    child: Number
    parent: Number
    next_content: Number
    next_container: Number
    peak: Quantity
    uom: Number
    by: Number
    ended: Number
    """The statement that ended it, NONE while it goes on."""
    was: Number
    """Of a lot: the place where the parent was just before that, if the statement does not say."""
    is_class: Flag


class Episode:
    """An object was at a place during [start, end) by its own statements."""

    start: Instant
    end: Instant
    node: Number
    place: Number
    by: Number
    next: Number
    next_visit: Number
    """Another of any object at the same site."""
    marks: Flags


class Statement:
    """What one occurrence says to every question; see :func:`before` for its position."""

    at: Instant
    sequence: Sequence
    order: Order
    """Of its evidence: :func:`order_of`."""
    party: Number
    site: Number
    """Of its place."""
    rank: Tiny
    """At one instant (§1.4)."""
    fate: Tiny
    """The status that it leaves what it names in, NONE where its words tell none."""
    marks: Flags


class Saying:
    """What else an occurrence says; the row of a statement has the same number."""

    known: Instant
    """Its record time."""
    place: Number
    """§2.5; NONE where none is told."""
    read_site: Number
    """Of its read point."""
    parent: Number
    was: Number
    """Of an unpacking: the place where the parent was just before, if the statement does not say."""
    step: Number
    """Its business step: one of :data:`STEPS`, or any other."""
    group: Number
    """Of a transformation."""
    first_mention: Number
    """Its mentions are the rows from here."""
    mentions: Number
    first_destination: Number
    type: Tiny
    action: Tiny
    basis: Tiny


class Mention:
    """A statement names an amount of a lot; ``amount`` is NaN where it states none.

    Instances are listed only where loose goods are named as what beside them: these may lie in them.
    """

    amount: Quantity
    uom: Number
    node: Number
    by: Number
    next: Number
    """Of an amount: another of the same lot."""
    role: Tiny
    is_class: Flag


class Destination:
    """To whom or where a statement sends what leaves by it: a site, or a party, or a name used as either."""

    site: Number
    party: Number
    next: Number
    is_place: Flag
    """Whether it is a place by its name."""


class Goods:
    """What was named at class level."""

    latest: Instant
    """The last time at which a statement named it or consumed some of it."""
    repairs: Sequence
    """:attr:`Told.repairs` when anything was last changed on which it depends where the goods lie."""
    node: Number
    first_mention: Number


class Site:
    """A place without extensions."""

    first_visit: Number
    """An episode of any object there."""


class Tables(NamedTuple):
    """What every question walks. Statements are numbered as they came: see :func:`before`."""

    nodes: Table[Node]
    groups: Table[Group]
    consumptions: Table[Consumption]
    productions: Table[Production]
    draws: Table[Draw]
    containments: Table[Containment]
    episodes: Table[Episode]
    statements: Table[Statement]


class Told(NamedTuple):
    """What is asked of statements for loose goods (§9) and for what was at a place (§5)."""

    sayings: Table[Saying]
    mentions: Table[Mention]
    destinations: Table[Destination]
    goods: Table[Goods]
    sites: Table[Site]
    repairs: Table[Sequence]
    """One number: how often anything was changed on which it depends where loose goods lie."""


NODE, GROUP, STATEMENT = record(Node), record(Group), record(Statement)
CONSUMPTION, PRODUCTION, DRAW = record(Consumption), record(Production), record(Draw)
CONTAINMENT, EPISODE = record(Containment), record(Episode)
SAYING, MENTION, DESTINATION = record(Saying), record(Mention), record(Destination)
GOODS, SITE = record(Goods), record(Site)

_NUMBERS = tuple(name for name in NODE.names or () if NODE[name] == np.dtype("i4"))


def nameless(count: int) -> Made:
    """Nodes of which nothing is on record: places, until something is."""
    nodes = np.zeros(count, dtype=NODE)
    for name in _NUMBERS:
        nodes[name] = NONE
    nodes["birth"], nodes["made"], nodes["count"], nodes["is_place"] = NEVER, np.nan, 1, True
    return nodes


_DIGEST = 64
_HEX = frozenset("0123456789abcdef")


def order_of(evidence: str) -> int:
    """A number below 2^64 in the order of evidence keys (§1.4).

    Exact for the first eight bytes of the digests that our keys are; of other keys, of which a lineage has
    either all or none, for the first eight bytes of their text. Keys that agree in them keep the order of
    their numbers.
    """
    if len(evidence) == _DIGEST and _HEX.issuperset(evidence):
        return int(evidence[:16], 16)
    return int.from_bytes(evidence.encode()[:8].ljust(8, b"\0"), "big")


@walking
def before(statements: Table[Statement], one: int, other: int) -> bool:
    """Whether statement ``one`` has an earlier position than ``other`` (§1.4)."""
    this, that = statements[one], statements[other]
    if this.at != that.at:
        return this.at < that.at
    if this.rank != that.rank:
        return this.rank < that.rank
    if this.sequence != that.sequence:
        return this.sequence < that.sequence
    if this.order != that.order:
        return this.order < that.order
    return one < other


@walking
def lines(first: Any, members: Any, following: Any) -> None:
    """Link rows: ``members[row]`` is to what a row belongs. Each line keeps the order of rows."""
    for row in range(len(members) - 1, -1, -1):
        following[row] = first[members[row]]
        first[members[row]] = row

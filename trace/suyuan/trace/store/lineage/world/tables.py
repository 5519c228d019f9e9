"""What a question has read so far: small tables with numbers of their own, in machine code.

A row that is read gets the next number in its table; where it speaks of what was not read, a *ghost* stands,
of which nothing is known. The walk over these tables touches ghosts only where it goes on from what it knows,
and never goes through one. So what it touches is what has to be read next, and when it touches no ghost any
more, it says what it would say over all tables.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Address,
    Number,
    Sequence,
    Table,
    inlined,
    kinds,
    opening,
    walking,
)
from suyuan.trace.lineage.compiled.tables import (
    NONE,
    Consumption,
    Containment,
    Destination,
    Draw,
    Episode,
    Goods,
    Group,
    Mention,
    Node,
    Production,
    Saying,
    Site,
    Statement,
)
from suyuan.trace.lineage.statement import EVER, NEVER
from suyuan.trace.store.lineage.world.rows import (
    LINES,
    StoredConsumption,
    StoredContainment,
    StoredEpisode,
    StoredProduction,
)

(
    NODES,
    GROUPS_READ,
    STATEMENTS,
    CONSUMPTIONS,
    PRODUCTIONS,
    CONTAINMENTS,
    EPISODES,
    SITES,
    DRAWS,
    MENTIONS,
    DESTINATIONS,
    GOODS,
) = range(12)
"""Tables, as :attr:`World.used` counts their rows. The first eight have numbers in the store too."""
WANTED_NODES, WANTED_GROUPS, WANTED_STATEMENTS, WANTED_PARTS, WHAT, TURN = *range(12, 17), 19
"""How many numbers are on each list of what is to be read, from WHAT on what of any on the first three, and
which question this is."""

ITSELF = 1
"""Of what was read of a node: the node itself. The bit of its line ``name`` is ``OF[name]``."""
OF = {name: 2 << number for number, name in enumerate(LINES)}
EATEN, MADE, CONTENTS, CONTAINERS, STAYS, MEMBERS, MENTIONED = OF.values()
ALL_LINES = (2 << len(LINES)) - 1
AS_PUT_OUT, AS_PUT_IN = 1, 2
"""Of what was read of a group: what it made; what it consumed."""
POSITION, WORDS = 1, 2
"""Of what was read of a statement: the statement itself; what it says beside."""

Key = Annotated[int, "i8"]


class Seat:
    """Of a row in the store: its number here. One of an earlier question is none."""

    key: Key
    here: Number
    turn: Number


class Origin:
    """Of a row here: its number in the store, and what of it was read.

    The upper half of ``read`` says what of that is being read just now.
    """

    number: Number
    read: Number


class Called:
    """The name of a node: a prefix of the store, and the number of its first key."""

    first: Key
    prefix: Number


class Wanted:
    """A row in the store that is to be read, and what of it."""

    number: Number
    what: Number


class World(NamedTuple):
    """Tables of one question, each with room for more rows."""

    used: Table[int]
    seats: Table[Seat]
    node_origins: Table[Origin]
    node_names: Table[Called]
    group_origins: Table[Origin]
    statement_origins: Table[Origin]
    site_origins: Table[int]
    wanted_nodes: Table[Wanted]
    wanted_groups: Table[Wanted]
    wanted_statements: Table[Wanted]
    wanted_parts: Table[Wanted]
    nodes: Table[Node]
    groups: Table[Group]
    consumptions: Table[Consumption]
    productions: Table[Production]
    draws: Table[Draw]
    containments: Table[Containment]
    episodes: Table[Episode]
    statements: Table[Statement]
    sayings: Table[Saying]
    mentions: Table[Mention]
    destinations: Table[Destination]
    goods: Table[Goods]
    sites: Table[Site]
    repairs: Table[Sequence]  # one number: nothing here is ever repaired


world_at = opening(World)
_SEATS_EACH = 16


def empty_world(size: int) -> World:
    """Room for ``size`` rows in each table; a power of two."""
    lengths = {"used": TURN + 1, "seats": _SEATS_EACH * size, "repairs": 1}
    made: dict[str, Any] = {
        name: np.zeros(lengths.get(name, size), dtype=kind) for name, kind in kinds(World).items()
    }
    return World(**made)


@walking
def begin(world: Address, guests: int) -> None:
    """Nothing was read; the first nodes are guests, of which nothing is ever read."""
    w = world_at(world)
    turn = w.used[TURN] + 1
    for which in range(len(w.used)):
        w.used[which] = 0
    w.used[TURN] = turn
    for _ in range(guests):
        node = _new_node(w, NONE)
        w.nodes[node].is_place, w.nodes[node].birth = True, NEVER
        w.node_origins[node].read = ALL_LINES


# Numbers


@inlined
def _seat(w: World, kind: int, number: int) -> int:
    """Where the number of a row of the store stands, or is to stand."""
    key, mask = (kind << 32) | int(number), len(w.seats) - 1
    at = ((key * 0x9E3779B1) >> 15) & mask
    while w.seats[at].turn == w.used[TURN] and w.seats[at].key != key:
        at = (at + 1) & mask
    if w.seats[at].turn != w.used[TURN]:
        w.seats[at].key, w.seats[at].here = key, NONE
    return at


@inlined
def known(w: World, kind: int, number: int) -> int:
    """The number here of a row of the store, NONE where nothing speaks of it yet."""
    return w.seats[_seat(w, kind, number)].here


@inlined
def _taken(w: World, at: int, here: int) -> int:
    w.seats[at].here, w.seats[at].turn = here, w.used[TURN]
    return here


@inlined
def _new_node(w: World, number: int) -> int:
    """A ghost: it may have been born at any time."""
    node = w.used[NODES]
    w.used[NODES] = node + 1
    row = w.nodes[node]
    row.birth, row.made, row.made_uom, row.count = EVER, np.nan, NONE, 1
    row.is_class = row.is_place = row.consumed = False
    row.lot = row.first_member = row.next_member = NONE
    row.first_consumption = row.first_production = row.first_content = row.first_container = NONE
    row.first_episode = row.inside = row.here = row.last = row.ended = NONE
    row.lot_told = row.goods = row.site = NONE
    w.node_origins[node].number, w.node_origins[node].read = number, 0
    w.node_names[node].prefix = NONE
    return node


@walking
def node_of(w: World, number: int) -> int:
    """The node here of one in the store."""
    if number == NONE:
        return NONE
    at = _seat(w, NODES, number)
    return _taken(w, at, _new_node(w, number)) if w.seats[at].here == NONE else w.seats[at].here


@inlined
def group_of(w: World, number: int) -> int:
    """The group here of one in the store."""
    if number == NONE:
        return NONE
    at = _seat(w, GROUPS_READ, number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    group = w.used[GROUPS_READ]
    w.used[GROUPS_READ] = group + 1
    row = w.groups[group]
    row.first_consumption = row.first_production = row.first_draw = NONE
    w.group_origins[group].number, w.group_origins[group].read = number, 0
    return _taken(w, at, group)


@walking
def statement_of(w: World, number: int) -> int:
    """The statement here of one in the store."""
    if number == NONE:
        return NONE
    at = _seat(w, STATEMENTS, number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    statement = w.used[STATEMENTS]
    w.used[STATEMENTS] = statement + 1
    row, saying = w.statements[statement], w.sayings[statement]
    row.at, row.sequence, row.order, row.rank, row.marks = 0, 0, 0, 0, 0
    row.party = row.site = row.fate = NONE
    saying.known, saying.type, saying.action, saying.basis = 0, 0, 0, 0
    saying.place = saying.read_site = saying.parent = saying.was = saying.step = saying.group = NONE
    saying.first_mention, saying.mentions, saying.first_destination = 0, 0, NONE
    w.statement_origins[statement].number, w.statement_origins[statement].read = number, 0
    return _taken(w, at, statement)


@walking
def site_of(w: World, number: int) -> int:
    """The site here of one in the store."""
    if number == NONE:
        return NONE
    at = _seat(w, SITES, number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    site = w.used[SITES]
    w.used[SITES] = site + 1
    w.sites[site].first_visit = NONE
    w.site_origins[site] = number
    return _taken(w, at, site)


@walking
def node_here(world: Address, number: int) -> int:
    """As :func:`node_of`."""
    return node_of(world_at(world), number)


@walking
def site_here(world: Address, number: int) -> int:
    """As :func:`site_of`."""
    return site_of(world_at(world), number)


@walking
def statement_here(world: Address, number: int) -> int:
    """As :func:`statement_of`."""
    return statement_of(world_at(world), number)


# Rows that are on two lines


@inlined
def consumption_of(w: World, told: StoredConsumption) -> int:
    """The row here of one in the store, on no line yet."""
    at = _seat(w, CONSUMPTIONS, told.number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    row = w.used[CONSUMPTIONS]
    w.used[CONSUMPTIONS] = row + 1
    _taken(w, at, row)
    node = node_of(w, told.node)
    w.nodes[node].count = told.count
    one = w.consumptions[row]
    one.at, one.node, one.marks, one.next, one.next_of_group = told.at, node, told.marks, NONE, NONE
    one.group, one.by = group_of(w, told.group), statement_of(w, told.by)
    return row


@inlined
def production_of(w: World, told: StoredProduction) -> int:
    """The row here of one in the store, on no line yet."""
    at = _seat(w, PRODUCTIONS, told.number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    row = w.used[PRODUCTIONS]
    w.used[PRODUCTIONS] = row + 1
    _taken(w, at, row)
    node = node_of(w, told.node)
    w.nodes[node].count = told.count
    one = w.productions[row]
    one.at, one.node, one.amount, one.uom = told.at, node, told.amount, told.uom
    one.next = one.next_of_group = NONE
    one.group, one.by = group_of(w, told.group), statement_of(w, told.by)
    return row


@inlined
def containment_row(w: World, number: int) -> int:
    """A row of which so far only the number is known."""
    at = _seat(w, CONTAINMENTS, number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    row = w.used[CONTAINMENTS]
    w.used[CONTAINMENTS] = row + 1
    one = w.containments[row]
    one.start = one.end = EVER
    one.peak, one.uom, one.is_class = np.nan, NONE, False
    one.child = one.parent = one.by = one.ended = one.was = NONE
    one.next_content = one.next_container = NONE
    return _taken(w, at, row)


@inlined
def containment_of(w: World, told: StoredContainment) -> int:
    """The row here of one in the store, on no line yet."""
    row = containment_row(w, told.number)
    one = w.containments[row]
    one.start, one.end, one.peak, one.uom, one.is_class = (
        told.start,
        told.end,
        told.peak,
        told.uom,
        told.is_class,
    )
    one.child, one.parent = node_of(w, told.child), node_of(w, told.parent)
    one.by, one.ended = statement_of(w, told.by), statement_of(w, told.ended)
    one.was = node_of(w, told.was)
    return row


@inlined
def episode_row(w: World, number: int) -> int:
    """A row of which so far only the number is known."""
    at = _seat(w, EPISODES, number)
    if w.seats[at].here != NONE:
        return w.seats[at].here
    row = w.used[EPISODES]
    w.used[EPISODES] = row + 1
    one = w.episodes[row]
    one.start = one.end = EVER
    one.node = one.place = one.by = one.next = one.next_visit = NONE
    one.marks = 0
    return _taken(w, at, row)


@inlined
def episode_of(w: World, told: StoredEpisode) -> int:
    """The row here of one in the store, on no line yet."""
    row = episode_row(w, told.number)
    one = w.episodes[row]
    one.start, one.end, one.marks = told.start, told.end, told.marks
    one.node, one.place, one.by = node_of(w, told.node), node_of(w, told.place), statement_of(w, told.by)
    w.nodes[one.place].site = site_of(w, told.site)
    return row

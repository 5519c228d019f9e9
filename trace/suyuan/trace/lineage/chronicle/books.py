"""What a chronicle keeps beside the tables that are walked: enough to undo one statement and tell it again.

The tables of :mod:`suyuan.trace.lineage.compiled.tables` say what became of everything. A :class:`Life`, a
:class:`Bond` and a :class:`Visit` stand beside each row of nodes, containments and episodes, under the same
number. Each row knows the statement that began it and the one that ended it, and each statement the rows that
it began and ended, so that one statement is undone in the time that it took to tell it.

Lines are linked, newest first. Rows that were undone are linked too, and used again.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np

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
from suyuan.trace.lineage.compiled.tables import (
    CONSUMPTION,
    CONTAINMENT,
    DESTINATION,
    DRAW,
    EPISODE,
    GROUP,
    NODE,
    PRODUCTION,
    SAYING,
    SITE,
    STATEMENT,
    Consumption,
    Containment,
    Destination,
    Draw,
    Episode,
    Goods,
    Group,
    Node,
    Production,
    Saying,
    Site,
    Statement,
    before,
)
from suyuan.trace.lineage.compiled.tables import GOODS as LOOSE
from suyuan.trace.lineage.compiled.tables import MENTION as AMOUNT
from suyuan.trace.lineage.compiled.tables import Mention as Amount

Serial = Annotated[int, "i8"]
"""The number at the end of a key."""

PARENT, MEMBER = 4, 5
"""Of a mention, beside the lists of an event: a parent, and an instance that is told to be of a lot."""
WAITING, STANDING, UNDONE, OUT = range(4)
"""Of a statement: not told yet, told, to be told again, declared wrong."""
DESTROYS, SHARED = 2, 4
"""Of a statement, beside LEAVES: it speaks of destruction; others may speak of its group."""
NAMED, CONCERNED, AS_CLASS, TELLS, AS_LOT = 1, 2, 4, 8, 16
"""Of a concern: named as object; read or changed by the replay; named as an amount; told the lot of; told
as the lot of another."""
OF_CLASS, DIRECT = 8, 16
"""Of a consumption, beside the marks of the tables: an amount was consumed; it was named itself."""


class Life:
    """Of a node: its name and what its replay asks for."""

    first: Serial
    """The number at the end of its key, or of its first one."""
    mark: Serial
    """The last search that met it."""
    stated: Quantity
    """Of a lot, the sum of what was ever stated to be made; NaN where that is not known."""
    members: Serial
    eaten: Instant
    """Of a lot, the latest time at which an amount of it was consumed, or a later one."""
    prefix: Number
    next_piece: Number
    """The piece of the same prefix that begins next, in the same 32 numbers."""
    first_open: Number
    """A containment in it that goes on."""
    first_end: Number
    first_concern: Number
    first_stated: Number
    """Of a lot: a mention."""
    previous_member: Number
    """The one before it on the line of its lot."""
    stated_uom: Number
    loose: Flag
    """Of a container: an amount of a lot was ever in it, or in what was in it."""


class Cause:
    """Of a group: the statements that speak of it."""

    first_concern: Number


class Bond:
    """Of a containment: its ends in the stories of statements, and the amount inside (law §3)."""

    added: Quantity
    taken: Quantity
    largest: Quantity
    unit: Number
    """NONE before any quantity was added."""
    first_measure: Number
    """A mention that put in or took out."""
    next_begun: Number
    next_ended: Number
    next_open: Number
    previous_open: Number
    unknown: Flag


class Visit:
    """Of an episode: its ends in the stories of statements."""

    left: Number
    next_begun: Number
    next_left: Number
    previous_visit: Number
    """The one before it on the line of its site."""


class End:
    """An instance ended by a statement, and perhaps was there again by another."""

    node: Number
    by: Number
    revived: Number
    next: Number
    next_begun: Number
    next_revived: Number
    consumed: Flag


class Story:
    """What a statement names, and what it did."""

    first_mention: Number
    mentions: Number
    first_concern: Number
    first_begun: Number
    """A containment."""
    first_ended: Number
    first_came: Number
    """An episode."""
    first_left: Number
    first_end: Number
    first_revived: Number
    state: Tiny


class Mention:
    """A statement names something: ``count`` instances with keys in sequence, or an amount of a lot."""

    first: Serial
    lot_number: Serial
    """Of a MEMBER: the number at the end of the key of its lot."""
    amount: Quantity
    """NaN where none is stated."""
    prefix: Number
    count: Number
    uom: Number
    lot_prefix: Number
    by: Number
    bond: Number
    """The containment that it put something in or took something out of."""
    next: Number
    """Another that measures the same containment, or that states an amount of the same lot."""
    role: Tiny
    is_class: Flag


class Concern:
    """A statement speaks of a node or a group, or its replay looks at it."""

    node: Number
    """NONE for a group."""
    group: Number
    by: Number
    next: Number
    next_of_statement: Number
    marks: Flags


class Prefix:
    """Keys that differ in the number at the end."""

    levels: Tiny
    """How often 32 of its numbers are taken together until there is one."""
    is_place: Flag


class Shelf:
    """Of 32 numbers of a prefix the first piece that begins there; above, which of 32 shelves are in use."""

    index: Serial
    value: Serial
    prefix: Number
    level: Tiny
    used: Flag


class Piece:
    """A node that a mention names."""

    mention: Number
    node: Number
    place: Number
    """Where it was before."""


LIFE, CAUSE, BOND, VISIT, END = record(Life), record(Cause), record(Bond), record(Visit), record(End)
STORY, MENTION, CONCERN = record(Story), record(Mention), record(Concern)
PREFIX, SHELF, PIECE = record(Prefix), record(Shelf), record(Piece)
NUMBER = np.dtype(np.int32)

(
    NODES,
    GROUPS,
    CONSUMPTIONS,
    PRODUCTIONS,
    DRAWS,
    CONTAINMENTS,
    EPISODES,
    ENDS,
    STATEMENTS,
    MENTIONS,
    CONCERNS,
    SHELVES,
    PIECES,
    FOUND,
    STACK,
    HEAP,
    PIT,
    SEARCH,
    WORK,
    NEXT,
    REDONE,
    SITES,
    WANTED,
    SPLITS,
    AMOUNTS,
    DESTINATIONS,
    GOODS,
    REPAIRS,
    FREE,
) = range(29)
"""Where :attr:`Books.used` counts what: rows first, then what is under way. From FREE on stand the first free
rows of the tables of the same numbers."""
KEY = FREE + CONCERNS + 1
"""No counter: 64 bits of the salt, by which shelves are seated."""
COUNTERS = KEY + 1
SHELVES_OF_A_PIECE = 12
"""A new one may need so many new shelves. Half of the seats of shelves are left free."""


class Books(NamedTuple):
    """Everything that replaying asks and changes."""

    used: Table[int]
    nodes: Table[Node]
    groups: Table[Group]
    consumptions: Table[Consumption]
    productions: Table[Production]
    draws: Table[Draw]
    containments: Table[Containment]
    episodes: Table[Episode]
    lives: Table[Life]
    causes: Table[Cause]
    bonds: Table[Bond]
    visits: Table[Visit]
    ends: Table[End]
    statements: Table[Statement]
    sayings: Table[Saying]
    amounts: Table[Amount]  # what Told calls mentions
    destinations: Table[Destination]
    goods: Table[Goods]
    sites: Table[Site]
    stories: Table[Story]
    mentions: Table[Mention]
    concerns: Table[Concern]
    prefixes: Table[Prefix]
    shelves: Table[Shelf]
    pieces: Table[Piece]  # what the statement under way names
    found: Table[int]  # the nodes that it concerns
    stack: Table[int]
    heap: Table[int]  # statements to be told, the earliest first
    pit: Table[int]  # statements to be undone, the latest first


KINDS: dict[str, tuple[np.dtype[Any], int]] = {
    "nodes": (NODE, NODES),
    "groups": (GROUP, GROUPS),
    "consumptions": (CONSUMPTION, CONSUMPTIONS),
    "productions": (PRODUCTION, PRODUCTIONS),
    "draws": (DRAW, DRAWS),
    "containments": (CONTAINMENT, CONTAINMENTS),
    "episodes": (EPISODE, EPISODES),
    "lives": (LIFE, NODES),
    "causes": (CAUSE, GROUPS),
    "bonds": (BOND, CONTAINMENTS),
    "visits": (VISIT, EPISODES),
    "ends": (END, ENDS),
    "statements": (STATEMENT, STATEMENTS),
    "sayings": (SAYING, STATEMENTS),
    "amounts": (AMOUNT, AMOUNTS),
    "destinations": (DESTINATION, DESTINATIONS),
    "goods": (LOOSE, GOODS),
    "stories": (STORY, STATEMENTS),
    "mentions": (MENTION, MENTIONS),
    "concerns": (CONCERN, CONCERNS),
    "shelves": (SHELF, SHELVES),
    "pieces": (PIECE, PIECES),
    "sites": (SITE, SITES),
    "found": (NUMBER, FOUND),
    "stack": (NUMBER, NODES),
    "heap": (NUMBER, STATEMENTS),
    "pit": (NUMBER, STATEMENTS),
}
"""Of each table its rows, and where it is counted how many there are."""
PASSING = ("pieces", "found", "stack", "heap", "pit")
"""Tables that say nothing between two statements."""


@walking
def earlier(b: Books, one: int, other: int) -> bool:
    """Whether statement ``one`` has an earlier position than ``other``."""
    return before(b.statements, one, other)


@walking
def fresh(b: Books, kind: int) -> int:
    """A row of a table, a free one or behind the last; there is one (:func:`roomy`)."""
    row = b.used[FREE + kind] - 1
    if row < 0:
        row = b.used[kind]
        b.used[kind] = row + 1
        return int(row)
    if kind == CONSUMPTIONS:
        following = b.consumptions[row].next
    elif kind == PRODUCTIONS:
        following = b.productions[row].next
    elif kind == DRAWS:
        following = b.draws[row].next
    elif kind == CONTAINMENTS:
        following = b.containments[row].next_content
    elif kind == EPISODES:
        following = b.episodes[row].next
    elif kind == ENDS:
        following = b.ends[row].next
    else:
        following = b.concerns[row].next
    b.used[FREE + kind] = following + 1
    return int(row)


@walking
def free(b: Books, kind: int, row: int) -> None:
    """A row is on no line any more."""
    following = b.used[FREE + kind] - 1
    if kind == CONSUMPTIONS:
        b.consumptions[row].next = following
    elif kind == PRODUCTIONS:
        b.productions[row].next = following
    elif kind == DRAWS:
        b.draws[row].next = following
    elif kind == CONTAINMENTS:
        b.containments[row].next_content = following
    elif kind == EPISODES:
        b.episodes[row].next = following
    elif kind == ENDS:
        b.ends[row].next = following
    else:
        b.concerns[row].next = following
    b.used[FREE + kind] = row + 1


@walking
def roomy(b: Books, rows: int) -> bool:
    """Whether every table has room for so many more rows; WANTED tells how many, if not."""
    b.used[WANTED] = rows
    return (
        b.used[NODES] + rows <= len(b.nodes)
        and b.used[GROUPS] + rows <= len(b.groups)
        and b.used[CONSUMPTIONS] + rows <= len(b.consumptions)
        and b.used[PRODUCTIONS] + rows <= len(b.productions)
        and b.used[DRAWS] + rows <= len(b.draws)
        and b.used[CONTAINMENTS] + rows <= len(b.containments)
        and b.used[EPISODES] + rows <= len(b.episodes)
        and b.used[ENDS] + rows <= len(b.ends)
        and b.used[CONCERNS] + rows <= len(b.concerns)
        and 2 * (b.used[SHELVES] + SHELVES_OF_A_PIECE * rows) <= len(b.shelves)
        and b.used[PIECES] + rows <= len(b.pieces)
        and b.used[GOODS] + rows <= len(b.goods)
    )

"""What one row of lineage is in the store: records of fixed size, side by side in the columns of pages.

A record says what the row of the same number in :mod:`suyuan.trace.lineage.compiled.tables` says, without the
links of lines: what stands together in a column is a line. Numbers are those of the tables.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.machine import (
    Flag,
    Flags,
    Instant,
    Number,
    Order,
    Quantity,
    Sequence,
    Table,
    Tiny,
    kinds,
)


class StoredNode:
    """A node, what it is in and where it is now, and its name: a prefix, and the number of its first key."""

    birth: Instant
    made: Quantity
    first: Instant
    number: Number
    made_uom: Number
    count: Number
    lot: Number
    inside: Number
    """A containment; ``container`` is its parent."""
    container: Number
    here: Number
    """An episode; ``place`` is where."""
    place: Number
    last: Number
    ended: Number
    lot_told: Number
    goods: Number
    site: Number
    prefix: Number
    longer: Number
    """A bit for each line of which more stands among the parts."""
    is_class: Flag
    is_place: Flag
    consumed: Flag


class StoredConsumption:
    """``count`` is that of its node, here and in :class:`StoredProduction`."""

    at: Instant
    number: Number
    node: Number
    group: Number
    by: Number
    count: Number
    marks: Flags


class StoredProduction:
    """What a group made."""

    at: Instant
    amount: Quantity
    number: Number
    uom: Number
    node: Number
    group: Number
    by: Number
    count: Number


class StoredDraw:
    """``consumption`` is one of the same group."""

    amount: Quantity
    uom: Number
    consumption: Number
    group: Number


class StoredContainment:
    """A child in a parent."""

    start: Instant
    end: Instant
    peak: Quantity
    number: Number
    uom: Number
    child: Number
    parent: Number
    by: Number
    ended: Number
    was: Number
    is_class: Flag


class StoredEpisode:
    """An object at a place."""

    start: Instant
    end: Instant
    number: Number
    node: Number
    place: Number
    by: Number
    site: Number
    """Of the place."""
    marks: Flags


class StoredMember:
    """An instance of a lot."""

    lot: Number
    node: Number


class StoredMention:
    """A statement names an amount, or an instance beside one."""

    amount: Quantity
    uom: Number
    node: Number
    by: Number
    role: Tiny
    is_class: Flag


class StoredStatement:
    """What an occurrence says to every question."""

    at: Instant
    sequence: Sequence
    order: Order
    number: Number
    party: Number
    site: Number
    rank: Tiny
    fate: Tiny
    marks: Flags


class StoredSaying:
    """What else it says."""

    known: Instant
    number: Number
    place: Number
    read_site: Number
    parent: Number
    was: Number
    step: Number
    group: Number
    type: Tiny
    action: Tiny
    basis: Tiny


class StoredDestination:
    """Where it sends what leaves by it."""

    by: Number
    site: Number
    party: Number
    is_place: Flag


class Pages(NamedTuple):
    """The columns of pages of nodes. All but the first are lines, of one node after the other."""

    nodes: Table[StoredNode]
    eaten: Table[StoredConsumption]
    made: Table[StoredProduction]
    contents: Table[StoredContainment]
    containers: Table[StoredContainment]
    stays: Table[StoredEpisode]
    members: Table[StoredMember]
    mentions: Table[StoredMention]


class Groups(NamedTuple):
    """The columns of groups."""

    output: Table[StoredProduction]
    input: Table[StoredConsumption]
    draws: Table[StoredDraw]


class Statements(NamedTuple):
    """The columns of statements, beside their evidence."""

    statements: Table[StoredStatement]
    sayings: Table[StoredSaying]
    named: Table[StoredMention]
    sent: Table[StoredDestination]


class Visits(NamedTuple):
    """The column of sites."""

    visits: Table[StoredEpisode]


PAGE = 8
"""So many nodes, of numbers in sequence, stand in one row: what comes of one lot mostly stands together."""
PART = 128
"""Of a line so many rows stand in the page; what is more stands in parts of so many rows, by time."""
LINES = Pages._fields[1:]
KINDS = {name: kind for rows in (Pages, Groups, Statements, Visits) for name, kind in kinds(rows).items()}
_LAYOUT = [(name, kind.fields and sorted(kind.fields.items()), kind.itemsize) for name, kind in KINDS.items()]
FORM = sha256(repr((PAGE, PART, np.dtype("i4").str, _LAYOUT)).encode()).hexdigest()[:16]
"""Tells of rows whether they are of this layout."""


def filled(kind: np.dtype[Any], **columns: Any) -> Any:
    """Records of those columns."""
    length = len(next(iter(columns.values())))
    rows: Any = np.zeros(length, dtype=kind)
    for name, column in columns.items():
        rows[name] = column
    return rows

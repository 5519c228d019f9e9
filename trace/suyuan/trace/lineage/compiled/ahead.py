"""Rows brought from memory some turns before they are asked for.

A great recall waits for memory more than for anything else; a small question finds its rows in the caches,
and is spared the trouble.
"""

from __future__ import annotations

from typing import Any

from suyuan.trace.lineage.compiled.machine import Table, fetch, inlined
from suyuan.trace.lineage.compiled.scratch import GROUPS, Scratch
from suyuan.trace.lineage.compiled.tables import Tables

_MANY, _FAR = 4096, 8


@inlined
def containers_ahead(t: Tables, rows: Table[Any], at: int, count: int) -> None:
    """The containers of what the rows after this one tell of."""
    if count > _MANY and at + 2 * _FAR < count:
        fetch(t.nodes, rows[at + 2 * _FAR].node)
        node: int = rows[at + _FAR].node
        fetch(t.containments, max(t.nodes[node].first_container, 0))


@inlined
def stays_ahead(t: Tables, rows: Table[Any], at: int, count: int) -> None:
    """Their stays."""
    if count > _MANY and at + 2 * _FAR < count:
        fetch(t.nodes, rows[at + 2 * _FAR].node)
        node: int = rows[at + _FAR].node
        fetch(t.episodes, max(t.nodes[node].first_episode, 0))


@inlined
def whereabouts_ahead(t: Tables, rows: Table[Any], at: int, count: int) -> None:
    """What they are in, or where they stay."""
    if count > _MANY and at + 2 * _FAR < count:
        fetch(t.nodes, rows[at + 2 * _FAR].node)
        node: int = rows[at + _FAR].node
        fetch(t.containments, max(t.nodes[node].inside, 0))
        fetch(t.episodes, max(t.nodes[node].here, 0))


@inlined
def inputs_ahead(t: Tables, s: Scratch, place: int) -> None:
    """What went into the groups that come later in their order."""
    if s.used[GROUPS] > _MANY and place + 2 * _FAR < s.used[GROUPS]:
        fetch(t.groups, s.gone[s.order[place + 2 * _FAR]].group)
        group = t.groups[s.gone[s.order[place + _FAR]].group]
        fetch(t.consumptions, max(group.first_consumption, 0))
        fetch(t.draws, max(group.first_draw, 0))

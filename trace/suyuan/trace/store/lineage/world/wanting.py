"""What is to be read next, in machine code: whatever a walk touched of which nothing was read."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.edges import CARRY, CONTAIN, MEMBER, TRANSFORM
from suyuan.trace.lineage.compiled.machine import Address, Table, inlined, opening, walking
from suyuan.trace.lineage.compiled.scratch import (
    BESIDE,
    GROUPS,
    LABELS,
    STATES,
    TOUCHED,
    Found,
    Scratch,
    Step,
)
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.store.lineage.world.tables import (
    AS_PUT_IN,
    CONSUMPTIONS,
    CONTAINERS,
    CONTAINMENTS,
    EATEN,
    GROUPS_READ,
    ITSELF,
    MEMBERS,
    MENTIONED,
    NODES,
    POSITION,
    PRODUCTIONS,
    STATEMENTS,
    STAYS,
    TURN,
    WANTED_GROUPS,
    WANTED_NODES,
    WANTED_STATEMENTS,
    WHAT,
    WORDS,
    Origin,
    Wanted,
    World,
    known,
    world_at,
)

_scratch_at = opening(Scratch)
_BEING_READ = 16
"""By so many bits what is being read stands above what was read."""
_READ = (1 << _BEING_READ) - 1


@inlined
def _list(w: World, which: int, wanted: Table[Wanted], origin: Origin, what: int) -> None:
    """Put a row on a list, unless so much of it was read."""
    lacking = what & ~origin.read
    place = w.used[which]
    if lacking != 0 and origin.number != NONE and place < len(wanted):
        wanted[place].number, wanted[place].what = origin.number, lacking
        w.used[which] = place + 1
        w.used[which - WANTED_NODES + WHAT] |= lacking
        origin.read |= lacking | (lacking << _BEING_READ)


@walking
def want_node(w: World, node: int, what: int) -> None:
    """Put a node on the list of what is to be read, unless so much of it was read."""
    _list(w, WANTED_NODES, w.wanted_nodes, w.node_origins[node], what)


@walking
def want_group(w: World, group: int, what: int) -> None:
    """The same for a group."""
    _list(w, WANTED_GROUPS, w.wanted_groups, w.group_origins[group], what)


@walking
def want_statement(w: World, statement: int, what: int) -> None:
    """The same for a statement, if there is one."""
    if statement != NONE:
        _list(w, WANTED_STATEMENTS, w.wanted_statements, w.statement_origins[statement], what)


@inlined
def _want_way_out(w: World, node: int) -> None:
    """What a node is in now, outward, and the last words of all that."""
    while True:
        want_statement(w, w.nodes[node].last, POSITION)
        want_statement(w, w.nodes[node].ended, POSITION)
        if w.nodes[node].inside == NONE:
            return
        node = w.containments[w.nodes[node].inside].parent
        want_node(w, node, ITSELF)


@inlined
def _all_wanted(w: World) -> int:
    return w.used[WANTED_NODES] + w.used[WANTED_GROUPS] + w.used[WANTED_STATEMENTS]


@walking
def want(world: Address, scratch: Address, touched: int, beside: int, gone: int, makers: bool) -> int:
    """List what a walk touched and did not know; returns how much that is.

    ``touched``, ``beside`` and ``gone`` say what is to be read of nodes reached and beside, and of groups;
    with ``makers`` the statements by which groups made something too.
    """
    w, s = world_at(world), _scratch_at(scratch)
    for slot in range(s.used[TOUCHED]):
        want_node(w, s.reached[slot].node, touched)
    for label in range(s.used[LABELS]):  # some nodes have these alone
        want_node(w, s.labels[label].node, touched)
    for number in range(s.used[GROUPS]):
        group = s.gone[number].group
        want_group(w, group, gone)
        row = w.groups[group].first_production if makers else NONE
        while row != NONE:
            want_statement(w, w.productions[row].by, POSITION)
            row = w.productions[row].next_of_group
    for member in range(s.used[BESIDE]):
        want_node(w, s.beside[member].node, beside)
    for number in range(s.used[STATES]):
        _want_way_out(w, s.found[number].node)
    return _all_wanted(w)


@walking
def want_numbers(world: Address, nodes: Table[int], what: int) -> int:
    """List nodes by their numbers here; returns how much is wanted."""
    w = world_at(world)
    for place in range(len(nodes)):
        want_node(w, nodes[place], what)
    return _all_wanted(w)


@walking
def want_told(world: Address) -> int:
    """List the statements by which anything went into groups or came out; returns how much is wanted."""
    w = world_at(world)
    for row in range(w.used[CONSUMPTIONS]):
        want_statement(w, w.consumptions[row].by, POSITION)
    for row in range(w.used[PRODUCTIONS]):
        want_statement(w, w.productions[row].by, POSITION)
    return _all_wanted(w)


_OUTWARD = ITSELF | CONTAINERS | STAYS


@walking
def want_goods(world: Address, lots: Table[int]) -> int:
    """List all that the ledgers of loose goods of ``lots`` ask for; returns how much is wanted.

    A lot with instances has none: it is where its last word says.
    """
    w = world_at(world)
    for place in range(len(lots)):
        lot = lots[place]
        want_node(w, lot, _OUTWARD | EATEN | MENTIONED | MEMBERS)
        row = w.nodes[lot].first_consumption
        while row != NONE:
            want_statement(w, w.consumptions[row].by, POSITION | WORDS)
            want_group(w, w.consumptions[row].group, AS_PUT_IN)
            row = w.consumptions[row].next
        row = w.goods[w.nodes[lot].goods].first_mention if w.nodes[lot].goods != NONE else NONE
        while row != NONE:
            want_statement(w, w.mentions[row].by, POSITION | WORDS)
            row = w.mentions[row].next
        row = w.nodes[lot].first_container
        while row != NONE:
            inside = w.containments[row]
            want_statement(w, inside.ended, POSITION | WORDS)
            want_node(w, inside.parent, _OUTWARD)
            _want_way_out(w, inside.parent)
            if inside.was != NONE:
                want_node(w, inside.was, ITSELF)
            row = inside.next_container
    _want_spoken_of(w)
    return _all_wanted(w)


@inlined
def _want_spoken_of(w: World) -> None:
    """The places and containers of which statements speak, and all that these ever were in."""
    for statement in range(w.used[STATEMENTS]):
        saying = w.sayings[statement]
        if saying.place != NONE:
            want_node(w, saying.place, ITSELF)
        if saying.was != NONE:
            want_node(w, saying.was, ITSELF)
        if saying.parent != NONE:
            want_node(w, saying.parent, _OUTWARD)
            _want_way_out(w, saying.parent)
    for row in range(w.used[CONTAINMENTS]):
        child = w.containments[row].child
        if child != NONE and w.node_origins[child].read & _OUTWARD == _OUTWARD:
            want_node(w, w.containments[row].parent, _OUTWARD)
            _want_way_out(w, w.containments[row].parent)


@walking
def want_names(world: Address, states: Table[Found], steps: Table[Step]) -> int:
    """List what is named in an answer; returns how much is wanted."""
    w = world_at(world)
    for number in range(len(states)):
        want_node(w, states[number].node, ITSELF)
        if states[number].place != NONE:
            want_node(w, states[number].place, ITSELF)
        if states[number].container != NONE:
            want_node(w, states[number].container, ITSELF)
    for number in range(len(steps)):
        row, kind = steps[number].row, steps[number].kind
        if kind == TRANSFORM:
            want_statement(w, w.consumptions[row].by, POSITION | WORDS)
            want_node(w, w.consumptions[row].node, ITSELF)
            want_statement(w, w.productions[steps[number].other].by, POSITION | WORDS)
            want_node(w, w.productions[steps[number].other].node, ITSELF)
        elif kind == MEMBER:
            want_statement(w, w.nodes[row].lot_told, POSITION | WORDS)
            want_node(w, row, ITSELF)
            want_node(w, w.nodes[row].lot, ITSELF)
        elif kind in (CONTAIN, CARRY):
            want_statement(w, w.containments[row].by, POSITION | WORDS)
            want_node(w, w.containments[row].child, ITSELF)
            want_node(w, w.containments[row].parent, ITSELF)
        else:
            want_statement(w, w.episodes[row].by, POSITION | WORDS)
            want_node(w, w.episodes[row].node, ITSELF)
            want_node(w, w.episodes[row].place, ITSELF)
    return _all_wanted(w)


@walking
def served(world: Address) -> None:
    """What was wanted was read."""
    w = world_at(world)
    for place in range(w.used[WANTED_NODES]):
        w.node_origins[known(w, NODES, w.wanted_nodes[place].number)].read &= _READ
    for place in range(w.used[WANTED_GROUPS]):
        w.group_origins[known(w, GROUPS_READ, w.wanted_groups[place].number)].read &= _READ
    for place in range(w.used[WANTED_STATEMENTS]):
        w.statement_origins[known(w, STATEMENTS, w.wanted_statements[place].number)].read &= _READ
    for which in range(WANTED_NODES, TURN):
        w.used[which] = 0

"""How transformations are replayed in machine code: as :mod:`suyuan.trace.lineage.transformation` (§4)."""

from __future__ import annotations

import numpy as np

from suyuan.trace.lineage.chronicle.amounts import inside, state
from suyuan.trace.lineage.chronicle.books import (
    CONSUMPTIONS,
    DIRECT,
    DRAWS,
    OF_CLASS,
    PIECES,
    PRODUCTIONS,
    STACK,
    Books,
    fresh,
)
from suyuan.trace.lineage.chronicle.changes import effective_place, empty, end, name, search
from suyuan.trace.lineage.chronicle.goods import concerned_at
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import INFERRED, INPUT, NONE, OUTPUT, POSSIBLE, VOID


@walking
def transform(b: Books, by: int) -> None:
    """Inputs end with what is in them, then outputs begin.

    The stack lists the consumptions of the statement, in the order in which they are found.
    """
    b.used[STACK] = 0
    for number in range(b.used[PIECES]):
        if b.mentions[b.pieces[number].mention].role == INPUT:
            _consume(b, by, b.pieces[number].node, b.pieces[number].mention)
    _consume_contents(b, by)
    outright = b.used[STACK]
    for number in range(outright):
        if b.consumptions[b.stack[number]].marks & OF_CLASS:
            _consume_instances(b, by, b.stack[number])
    for number in range(outright):
        row = b.stack[number]
        if not b.consumptions[row].marks & OF_CLASS:
            empty(b, b.consumptions[row].node, by)
            end(b, b.consumptions[row].node, by, True)
    for number in range(b.used[PIECES]):
        if b.mentions[b.pieces[number].mention].role == OUTPUT:
            _produce(b, by, b.pieces[number].node, b.pieces[number].mention)


@walking
def _by_this(b: Books, by: int, node: int) -> int:
    """The consumption of a node by this statement so far, NONE if there is none."""
    row = b.nodes[node].first_consumption
    while row != NONE and b.consumptions[row].by == by:
        if not b.consumptions[row].marks & POSSIBLE:
            return row
        row = b.consumptions[row].next
    return NONE


@walking
def _note(b: Books, by: int, node: int, marks: int) -> int:
    """A consumption."""
    row, group = fresh(b, CONSUMPTIONS), b.sayings[by].group
    one = b.consumptions[row]
    one.at, one.node, one.group, one.by, one.marks = b.statements[by].at, node, group, by, marks
    one.next, b.nodes[node].first_consumption = b.nodes[node].first_consumption, row
    one.next_of_group, b.groups[group].first_consumption = b.groups[group].first_consumption, row
    if not marks & POSSIBLE:
        b.stack[b.used[STACK]] = row
        b.used[STACK] += 1
        if marks & OF_CLASS:
            b.lives[node].eaten = max(b.lives[node].eaten, b.statements[by].at)
    if marks & OF_CLASS:
        concerned_at(b, node, by)
    else:
        settle_void(b, node, group)
    return row


@walking
def settle_void(b: Books, node: int, group: int) -> None:
    """A possible consumption is void where the same group consumes the instance outright (§4.3)."""
    some = outright = False
    row = b.nodes[node].first_consumption
    while row != NONE:
        one = b.consumptions[row]
        if one.group == group:
            some = some or (one.marks & POSSIBLE) != 0
            outright = outright or not one.marks & (POSSIBLE | OF_CLASS)
        row = one.next
    if not some:
        return
    row = b.nodes[node].first_consumption
    while row != NONE:
        one = b.consumptions[row]
        if one.group == group and one.marks & POSSIBLE:
            one.marks = one.marks | VOID if outright else one.marks & (0xFF ^ VOID)
        row = one.next


@walking
def _draw(b: Books, consumption: int, amount: float, uom: int) -> None:
    """An amount that comes into the group (§8)."""
    row, group = fresh(b, DRAWS), b.consumptions[consumption].group
    one = b.draws[row]
    one.consumption = consumption
    one.amount, one.uom = amount, NONE if np.isnan(amount) else uom
    one.next, b.groups[group].first_draw = b.groups[group].first_draw, row


@walking
def _consume(b: Books, by: int, node: int, mention: int) -> None:
    """What is named as an input; a container counts by its contents."""
    is_class = b.mentions[mention].is_class
    row = _by_this(b, by, node)
    again = row != NONE
    if not again:
        row = _note(b, by, node, DIRECT | OF_CLASS if is_class else DIRECT)
    if is_class:
        _draw(b, row, b.mentions[mention].amount, b.mentions[mention].uom)
    elif not again and b.lives[node].first_open == NONE:
        _draw(b, row, 1.0, 0)


@walking
def _consume_contents(b: Books, by: int) -> None:
    """What is in the named containers; what is also named itself is consumed once, as named."""
    mark, named = search(b), b.used[STACK]
    for number in range(named):
        row = b.stack[number]
        if not b.consumptions[row].marks & OF_CLASS:
            _consume_within(b, by, b.consumptions[row].node, mark)


@walking
def _consume_within(b: Books, by: int, container: int, mark: int) -> None:
    """Each container is opened once; the piece list, behind what is named, holds those to be opened."""
    todo = b.used[PIECES]
    b.pieces[todo].node = container
    end_ = todo + 1
    while todo < end_:
        at = b.pieces[todo].node
        todo += 1
        if b.lives[at].mark == mark:
            continue
        b.lives[at].mark = mark
        row = b.lives[at].first_open
        while row != NONE:
            _consume_inner(b, by, row)
            if b.lives[b.containments[row].child].first_open != NONE:
                b.pieces[end_].node = b.containments[row].child
                end_ += 1
            row = b.bonds[row].next_open


@walking
def _consume_inner(b: Books, by: int, containment: int) -> None:
    child, is_class = b.containments[containment].child, b.containments[containment].is_class
    row = _by_this(b, by, child)
    if row != NONE and b.consumptions[row].marks & DIRECT:
        return
    if row == NONE:
        row = _note(b, by, child, INFERRED | OF_CLASS if is_class else INFERRED)
    if is_class:
        _draw(b, row, inside(b, containment), b.bonds[containment].unit)
    elif b.lives[child].first_open == NONE:
        _draw(b, row, 1.0, 0)


@walking
def _consume_instances(b: Books, by: int, consumption: int) -> None:
    """Class-level consumption possibly takes every instance that may have been there (§4.3)."""
    lot, inferred = b.consumptions[consumption].node, b.consumptions[consumption].marks & INFERRED
    place = b.sayings[by].place
    site = NONE if place == NONE else b.nodes[place].site
    instance = b.nodes[lot].first_member
    while instance != NONE:
        if b.nodes[instance].birth <= b.statements[by].at and b.nodes[instance].ended == NONE:
            there = NONE if place == NONE else effective_place(b, instance)
            if there == NONE or b.nodes[there].site == site:
                _note(b, by, instance, POSSIBLE | inferred)
        instance = b.nodes[instance].next_member


@walking
def _produce(b: Books, by: int, node: int, mention: int) -> None:
    is_class, group = b.mentions[mention].is_class, b.sayings[by].group
    name(b, node, is_class, by)  # made after all is consumed: what is reworked into itself lives on
    amount, uom = (b.mentions[mention].amount, b.mentions[mention].uom) if is_class else (1.0, 0)
    row = b.nodes[node].first_production
    if row != NONE and b.productions[row].by == by:
        one = b.productions[row]
        one.amount = one.amount + amount if one.uom == uom else np.nan
    else:
        row = fresh(b, PRODUCTIONS)
        one = b.productions[row]
        one.at, one.node, one.group, one.by = b.statements[by].at, node, group, by
        one.amount, one.uom = amount, uom
        one.next, b.nodes[node].first_production = b.nodes[node].first_production, row
        one.next_of_group, b.groups[group].first_production = b.groups[group].first_production, row
    if np.isnan(one.amount):
        one.uom = NONE
    if is_class:
        state(b, mention, node)

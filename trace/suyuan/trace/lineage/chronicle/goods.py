"""What loose goods depend on, in machine code: what is said of lots, and where their crates are (law §9).

Where the goods of a lot lie is worked out when somebody asks (:mod:`suyuan.trace.lineage.compiled.loose`).
Here it is noted that it may have changed: when something is said of the lot or unsaid, or when a crate with
some of it is somewhere else at an instant of which a statement about the lot speaks, or at a later one. So
a crate that goes on its way after all that is told of what is in it changes nothing.
"""

from __future__ import annotations

from suyuan.trace.lineage.chronicle.books import GOODS, PIECES, REPAIRS, Books
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import NONE, WHAT
from suyuan.trace.lineage.statement import EVER


@walking
def changed(b: Books, lot: int) -> None:
    """It may be otherwise where the goods of ``lot`` lie, if it is one that was named at class level."""
    row = b.nodes[lot].goods
    if row != NONE:
        b.used[REPAIRS] += 1
        b.goods[row].repairs = b.used[REPAIRS]


@walking
def concerned_at(b: Books, lot: int, by: int) -> None:
    """A statement takes or puts some of a lot that was named at class level."""
    row = b.nodes[lot].goods
    b.goods[row].latest = max(b.goods[row].latest, b.statements[by].at)
    changed(b, lot)


@walking
def moved(b: Books, crate: int, at: int) -> None:
    """From ``at`` on a crate is perhaps elsewhere, and all that is in it now."""
    if not b.lives[crate].loose:
        return
    node, row = crate, b.lives[crate].first_open
    while True:
        while row == NONE:
            if node == crate:
                return
            around = b.nodes[node].inside
            row, node = b.bonds[around].next_open, b.containments[around].parent
        child = b.containments[row].child
        if b.containments[row].is_class:
            if b.goods[b.nodes[child].goods].latest >= at:
                changed(b, child)
            row = b.bonds[row].next_open
        elif b.lives[child].loose:
            node, row = child, b.lives[child].first_open
        else:
            row = b.bonds[row].next_open


@walking
def carries(b: Books, crate: int) -> None:
    """An amount of a lot is in a crate, and so in all around it."""
    while not b.lives[crate].loose:
        b.lives[crate].loose = True
        if b.nodes[crate].inside == NONE:
            return
        crate = b.containments[b.nodes[crate].inside].parent


@walking
def tell_amounts(b: Books, by: int) -> None:
    """The statement under way names amounts: each joins the line of its lot. There is room for their goods.

    Of instances those are listed that are named as what beside amounts: see :class:`tables.Mention`.
    """
    saying = b.sayings[by]
    row, end = saying.first_mention, saying.first_mention + saying.mentions
    beside = _names_amounts(b)
    for number in range(b.used[PIECES]):
        mention, node = b.mentions[b.pieces[number].mention], b.pieces[number].node
        if row == end:
            return
        if not mention.is_class and not (beside and mention.role == WHAT):
            continue
        b.amounts[row].node = node
        if mention.is_class:
            goods = _goods_of(b, node)
            b.amounts[row].next, b.goods[goods].first_mention = b.goods[goods].first_mention, row
            concerned_at(b, node, by)
        row += 1


@walking
def _names_amounts(b: Books) -> bool:
    """Whether the statement under way names an amount as what."""
    for number in range(b.used[PIECES]):
        mention = b.mentions[b.pieces[number].mention]
        if mention.is_class and mention.role == WHAT:
            return True
    return False


@walking
def _goods_of(b: Books, lot: int) -> int:
    """The row of a lot among goods; there is room for one."""
    row = b.nodes[lot].goods
    if row == NONE:
        row = b.used[GOODS]
        b.used[GOODS] = row + 1
        b.nodes[lot].goods = row
        goods = b.goods[row]
        goods.node, goods.first_mention, goods.latest, goods.repairs = lot, NONE, EVER, 0
    return int(row)


@walking
def untell_amounts(b: Books, by: int) -> None:
    """A statement does not count: its amounts are on no line any more."""
    saying = b.sayings[by]
    for row in range(saying.first_mention, saying.first_mention + saying.mentions):
        if not b.amounts[row].is_class:
            continue
        lot = b.amounts[row].node
        goods = b.nodes[lot].goods
        other = b.goods[goods].first_mention
        if other == row:
            b.goods[goods].first_mention = b.amounts[row].next
        else:
            while b.amounts[other].next != row:
                other = b.amounts[other].next
            b.amounts[other].next = b.amounts[row].next
        changed(b, lot)

"""Statements are told, in any order, and history is as if they had come in the right one (machine code).

A statement is *announced*: what it names is known from then on, since when, and of which lot. Then it is
replayed, after all statements of later positions that concern what it concerns were undone; these wait on a
heap and are replayed again after it. Each is replayed once at most, in order of positions, for whatever is
undone on the way is of a later position than the one being replayed.
"""

from __future__ import annotations

from suyuan.trace.lineage.chronicle.amounts import settle
from suyuan.trace.lineage.chronicle.books import (
    AS_CLASS,
    AS_LOT,
    CONCERNED,
    FOUND,
    GROUPS,
    HEAP,
    MEMBER,
    NAMED,
    NEXT,
    OF_CLASS,
    OUT,
    PIECES,
    SHARED,
    SPLITS,
    STANDING,
    TELLS,
    WORK,
    Books,
    earlier,
    roomy,
)
from suyuan.trace.lineage.chronicle.concerns import concerned, first_told, forget, last_naming, note
from suyuan.trace.lineage.chronicle.goods import tell_amounts, untell_amounts
from suyuan.trace.lineage.chronicle.packing import delete, pack, parent_of, see, unpack
from suyuan.trace.lineage.chronicle.pieces import born, gather, single
from suyuan.trace.lineage.chronicle.shelves import holder
from suyuan.trace.lineage.chronicle.transforming import transform
from suyuan.trace.lineage.chronicle.undoing import pop, push, undo
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import (
    AGGREGATION,
    ASSOCIATION,
    DELETE,
    NONE,
    OBJECT,
    TRANSFORMATION,
)
from suyuan.trace.lineage.statement import NEVER


@walking
def go_on(b: Books, until: int) -> bool:
    """Tell the statements before number ``until``; False where there is no room, to be called again then."""
    while True:
        if b.used[HEAP] == 0:
            by = b.used[NEXT]
            if by >= until:
                return True
            if b.stories[by].state != OUT:
                if not _announce(b, by):
                    return False
                push(b, by)
            b.used[NEXT] = by + 1
            continue
        if not _tell_next(b):
            return False


@walking
def take_back(b: Books, by: int) -> bool:
    """A statement was declared wrong (§1.2); False where there is no room, to be called again then."""
    if b.stories[by].state != OUT:
        if not (_gather(b, by) and roomy(b, 8)):
            return False
        undo(b, by)
        b.stories[by].state = OUT
        forget(b, by, 0)
        untell_amounts(b, by)
        for number in range(b.used[PIECES]):
            piece = b.pieces[number]
            _rename(b, piece.node)
            if b.mentions[piece.mention].role == MEMBER:
                _rename(b, _lot_of(b, piece.mention))
    while b.used[HEAP] > 0:
        if not _tell_next(b):
            return False
    return True


@walking
def _gather(b: Books, by: int) -> bool:
    """List the nodes of everything that a statement names; False where there is no room.

    A lot that it tells something to be of has a node of its own from then on, for its members are its alone.
    """
    b.used[FOUND] = 0
    story, splits = b.stories[by], NONE
    while splits != b.used[SPLITS]:  # what one mention names may be split by the next
        splits = int(b.used[SPLITS])
        b.used[PIECES] = 0
        for mention in range(story.first_mention, story.first_mention + story.mentions):
            one = b.mentions[mention]
            if not gather(b, mention, one.prefix, one.first, one.count):
                return False
        for mention in range(story.first_mention, story.first_mention + story.mentions):
            one = b.mentions[mention]
            if one.role == MEMBER and not single(b, one.lot_prefix, one.lot_number):
                return False
    return True


@walking
def _lot_of(b: Books, mention: int) -> int:
    """The node of the lot that a MEMBER is told to be of; NONE where it has none yet."""
    return holder(b, b.mentions[mention].lot_prefix, b.mentions[mention].lot_number)


@walking
def _announce(b: Books, by: int) -> bool:
    """Births, lots and what is an amount are known before anything is replayed."""
    if not _gather(b, by):
        return False
    for number in range(b.used[PIECES]):
        mention = b.pieces[number].mention
        if b.mentions[mention].role == MEMBER and _lot_of(b, mention) == NONE:
            if not roomy(b, 4):
                return False
            born(b, b.mentions[mention].lot_prefix, b.mentions[mention].lot_number, 1)
    if not roomy(b, 2 * b.used[PIECES] + 8):
        return False
    if b.sayings[by].type == TRANSFORMATION and b.sayings[by].group == NONE:
        b.sayings[by].group = _group(b)
    for number in range(b.used[PIECES]):
        node, mention = b.pieces[number].node, b.pieces[number].mention
        if b.mentions[mention].role != MEMBER:
            _name(b, node, by, NAMED | AS_CLASS if b.mentions[mention].is_class else NAMED)
            continue
        _name(b, _lot_of(b, mention), by, AS_LOT)
        _name(b, node, by, TELLS)
        _settle_lot(b, node, b.nodes[node].birth, by, mention)
    b.sayings[by].parent = parent_of(b)
    tell_amounts(b, by)
    return True


@walking
def _group(b: Books) -> int:
    """A group of one statement."""
    number = b.used[GROUPS]
    b.used[GROUPS] = number + 1
    group = b.groups[number]
    group.first_consumption, group.first_production, group.first_draw = NONE, NONE, NONE
    b.causes[number].first_concern = NONE
    return int(number)


@walking
def _name(b: Books, node: int, by: int, marks: int) -> None:
    """It is spoken of."""
    note(b, node, NONE, by, marks)
    row, known = b.nodes[node], b.nodes[node].birth
    if b.statements[by].at < known:
        row.birth = b.statements[by].at
        if row.lot != NONE:
            _judge_again(b, row.lot, row.birth, known)
    if marks & NAMED and (row.last == NONE or earlier(b, row.last, by)):
        row.last = by
    if marks & (AS_CLASS | AS_LOT) and not row.is_class:
        row.is_class = True
        settle(b, node)
    elif known == NEVER:
        row.is_place = b.prefixes[b.lives[node].prefix].is_place
        settle(b, node)


@walking
def _rename(b: Books, node: int) -> None:
    """One that spoke of it is gone."""
    first, known = first_told(b, node), b.nodes[node].birth
    row, birth = b.nodes[node], NEVER if first == NONE else b.statements[first].at
    row.birth, row.last = birth, last_naming(b, node)
    row.is_class = False
    concern = b.lives[node].first_concern
    while concern != NONE:
        if b.concerns[concern].marks & (AS_CLASS | AS_LOT):
            row.is_class = True
        concern = b.concerns[concern].next
    settle(b, node)
    if row.lot != NONE:
        _judge_again(b, row.lot, min(known, birth), max(known, birth))
    _settle_lot(b, node, birth, NONE, NONE)


@walking
def _settle_lot(b: Books, node: int, birth: int, by: int, mention: int) -> None:
    """The lot of an instance is that of the earliest statement that tells one (§2.2).

    Where ``by`` is announced, this is the ``mention`` by which it tells; the first one of its counts.
    """
    told, row = NONE, b.lives[node].first_concern
    while row != NONE:
        if b.concerns[row].marks & TELLS:
            told = b.concerns[row].by
        row = b.concerns[row].next
    lot, known = NONE, b.nodes[node].lot
    if told != NONE and told == b.nodes[node].lot_told:  # as before; and mentions are many, perhaps
        return
    if told != NONE and told == by:
        lot = _lot_of(b, mention)
    elif told != NONE:
        lot = _lot_told(b, node, told)
    b.nodes[node].lot_told = told
    if lot == known:
        return
    if known != NONE:
        _leave(b, node, known)
        _judge_again(b, known, birth, NEVER)
    b.nodes[node].lot = lot
    if lot != NONE:
        following = b.nodes[lot].first_member
        b.nodes[node].next_member, b.nodes[lot].first_member = following, node
        if following != NONE:
            b.lives[following].previous_member = node
        b.lives[lot].members += b.nodes[node].count
        settle(b, lot)
        _judge_again(b, lot, birth, NEVER)


@walking
def _lot_told(b: Books, node: int, by: int) -> int:
    """The lot that a statement tells of an instance; the first mention of it counts."""
    story = b.stories[by]
    for mention in range(story.first_mention, story.first_mention + story.mentions):
        one = b.mentions[mention]
        if (
            one.role == MEMBER
            and one.prefix == b.lives[node].prefix
            and one.first <= b.lives[node].first < one.first + one.count
        ):
            return _lot_of(b, mention)
    return NONE


@walking
def _leave(b: Books, node: int, lot: int) -> None:
    """It is none of its lot any more."""
    following, previous = b.nodes[node].next_member, b.lives[node].previous_member
    if previous == NONE:
        b.nodes[lot].first_member = following
    else:
        b.nodes[previous].next_member = following
    if following != NONE:
        b.lives[following].previous_member = previous
    b.nodes[node].next_member, b.lives[node].previous_member = NONE, NONE
    b.lives[lot].members -= b.nodes[node].count
    settle(b, lot)


@walking
def _judge_again(b: Books, lot: int, since: int, until: int) -> None:
    """What was consumed of a lot during [since, until) may be another of its instances than it seemed."""
    if b.lives[lot].eaten < since:
        return
    row = b.nodes[lot].first_consumption
    while row != NONE:
        one = b.consumptions[row]
        if one.marks & OF_CLASS and since <= one.at < until:
            undo(b, one.by)
            row = b.nodes[lot].first_consumption  # that took rows off the line
        else:
            row = one.next


@walking
def _later(b: Books, by: int, node: int, group: int) -> int:
    """One that stands, of a later position than ``by``, and was concerned by a node or group; or NONE."""
    row = b.lives[node].first_concern if node != NONE else b.causes[group].first_concern
    while row != NONE and earlier(b, by, b.concerns[row].by):
        if b.concerns[row].marks & CONCERNED and b.stories[b.concerns[row].by].state == STANDING:
            return int(b.concerns[row].by)
        row = b.concerns[row].next
    return NONE


@walking
def _clear_the_way(b: Books, by: int) -> bool:
    """Undo what is of later positions and concerns what ``by`` concerns; False where there is no room.

    That may bring to light more that it concerns.
    """
    group = b.sayings[by].group if b.statements[by].marks & SHARED else NONE
    clear = False
    while not clear:
        if not concerned(b, by):
            return False
        clear = True
        for number in range(b.used[FOUND]):
            later = _later(b, by, b.found[number], NONE)
            while later != NONE:
                undo(b, later)
                clear = False
                later = _later(b, by, b.found[number], NONE)
        if group != NONE:
            later = _later(b, by, NONE, group)
            while later != NONE:
                undo(b, later)
                clear = False
                later = _later(b, by, NONE, group)
    return True


@walking
def _tell_next(b: Books) -> bool:
    """Replay the earliest of those that wait; False where there is no room."""
    by = b.heap[0]
    if b.stories[by].state == OUT:
        pop(b)
        return True
    if not (_gather(b, by) and _clear_the_way(b, by) and roomy(b, 2 * b.used[WORK] + 16)):
        return False
    pop(b)
    for number in range(b.used[FOUND]):
        note(b, b.found[number], NONE, by, CONCERNED)
    if b.statements[by].marks & SHARED:
        note(b, NONE, b.sayings[by].group, by, CONCERNED)
    _replay(b, by)
    b.stories[by].state = STANDING
    return True


@walking
def _replay(b: Books, by: int) -> None:
    kind, action = b.sayings[by].type, b.sayings[by].action
    if kind in (AGGREGATION, ASSOCIATION):
        if action == DELETE:
            unpack(b, by)
        else:
            pack(b, by)
    elif kind == TRANSFORMATION:
        transform(b, by)
    elif kind == OBJECT and action == DELETE:
        delete(b, by)
    else:
        see(b, by)

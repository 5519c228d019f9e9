"""What the replay of one statement looks at or changes, in machine code: as :mod:`suyuan.trace.lineage.late`.

A statement of a later position that concerned any of it has to wait for this one: it is undone, and told
again after it.
"""

from __future__ import annotations

from suyuan.trace.lineage.chronicle.books import (
    AS_CLASS,
    AS_LOT,
    CONCERNS,
    DESTROYS,
    FOUND,
    MEMBER,
    NAMED,
    PARENT,
    PIECES,
    STACK,
    TELLS,
    WANTED,
    WORK,
    Books,
    earlier,
    free,
    fresh,
)
from suyuan.trace.lineage.chronicle.changes import all_above, search
from suyuan.trace.lineage.chronicle.packing import parent_of
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.tables import (
    AGGREGATION,
    ASSOCIATION,
    CHILD,
    DELETE,
    INPUT,
    NONE,
    OBJECT,
    OUTPUT,
    TRANSFORMATION,
    WHAT,
)


@walking
def concerned(b: Books, by: int) -> bool:
    """List every node that replaying ``by`` on history as it stands reads or writes, some more than once.

    A lot is not concerned by being consumed: that only adds to what became of it. WORK counts the steps,
    which are more than the rows that the replay will make of any one kind. False where there is no room.
    """
    b.used[FOUND], b.used[WORK] = 0, b.used[PIECES] + 2
    kind, action = b.sayings[by].type, b.sayings[by].action
    parent = parent_of(b)
    for number in range(b.used[PIECES]):
        role = b.mentions[b.pieces[number].mention].role
        if role in (WHAT, PARENT, OUTPUT, MEMBER):
            _add(b, b.pieces[number].node)
    if kind in (AGGREGATION, ASSOCIATION):
        _packing(b, by, parent)
    elif kind == TRANSFORMATION:
        _transforming(b, by)
    elif kind == OBJECT and action == DELETE:
        for number in range(b.used[PIECES]):
            mention = b.mentions[b.pieces[number].mention]
            if mention.role == WHAT and not mention.is_class:
                _freeing(b, b.pieces[number].node)
                if b.statements[by].marks & DESTROYS:
                    _within(b, by, b.pieces[number].node, False)
    b.used[WANTED] = 1
    return b.used[FOUND] < len(b.found)


@walking
def _add(b: Books, node: int) -> None:
    """The list is full where it has no room for one more."""
    b.used[WORK] += 1
    if b.used[FOUND] < len(b.found):
        b.found[b.used[FOUND]] = node
        b.used[FOUND] += 1


@walking
def _packing(b: Books, by: int, parent: int) -> None:
    named = False
    for number in range(b.used[PIECES]):
        mention = b.mentions[b.pieces[number].mention]
        if mention.role == CHILD:
            named = True
            if not mention.is_class or b.sayings[by].place != NONE:
                _add(b, b.pieces[number].node)
    if parent == NONE:
        return
    if b.sayings[by].action == DELETE:
        if named:
            _above(b, parent)
        else:
            _freeing(b, parent)
        return
    for number in range(b.used[PIECES]):
        mention = b.mentions[b.pieces[number].mention]
        if mention.role == CHILD:
            _moving(b, b.pieces[number].node, parent, mention.is_class)


@walking
def _moving(b: Books, child: int, parent: int, is_class: bool) -> None:
    """It comes from where it was, and must not be around where it goes."""
    if not is_class and b.nodes[child].inside != NONE:
        _add(b, b.containments[b.nodes[child].inside].parent)
    if b.lives[child].first_open != NONE:  # a cycle of containers is looked for
        all_above(b, parent, NONE)
        for number in range(b.used[STACK]):
            _add(b, b.stack[number])


@walking
def _transforming(b: Books, by: int) -> None:
    for number in range(b.used[PIECES]):
        mention = b.mentions[b.pieces[number].mention]
        if mention.role != INPUT:
            continue
        node = b.pieces[number].node
        if mention.is_class:
            _possibly_consumed(b, by, node)
            continue
        _add(b, node)
        if b.nodes[node].inside != NONE:
            _add(b, b.containments[b.nodes[node].inside].parent)
        _within(b, by, node, True)


@walking
def _within(b: Books, by: int, container: int, consumed: bool) -> None:
    """What is in it at any depth, and of consumed amounts the instances that may be meant."""
    mark = search(b)
    b.lives[container].mark = mark
    b.used[STACK] = 0
    done, at = 0, container
    while True:
        row = b.lives[at].first_open
        while row != NONE:
            one = b.containments[row]
            b.used[WORK] += 1
            if not one.is_class:
                _add(b, one.child)
            elif consumed:
                _possibly_consumed(b, by, one.child)
            if b.lives[one.child].mark != mark and b.lives[one.child].first_open != NONE:
                b.lives[one.child].mark = mark
                b.stack[b.used[STACK]] = one.child
                b.used[STACK] += 1
            row = b.bonds[row].next_open
        if done == b.used[STACK]:
            return
        at = b.stack[done]
        done += 1


@walking
def _possibly_consumed(b: Books, by: int, lot: int) -> None:
    """Whether an instance was alive, and where, is asked of all that were born by then (§4.3)."""
    instance = b.nodes[lot].first_member
    while instance != NONE:
        if b.nodes[instance].birth <= b.statements[by].at:
            _add(b, instance)
            if b.sayings[by].place != NONE:
                _above(b, instance)
        instance = b.nodes[instance].next_member


@walking
def _freeing(b: Books, container: int) -> None:
    """What is directly in ``container`` leaves it, to where that is."""
    _above(b, container)
    row = b.lives[container].first_open
    while row != NONE:
        b.used[WORK] += 1
        if not b.containments[row].is_class:
            _add(b, b.containments[row].child)
        row = b.bonds[row].next_open


@walking
def _above(b: Books, node: int) -> None:
    """The containers around an instance."""
    while b.nodes[node].inside != NONE:
        node = b.containments[b.nodes[node].inside].parent
        _add(b, node)


@walking
def note(b: Books, node: int, group: int, by: int, marks: int) -> None:
    """A statement concerns a node, or a group: on both their lines, of the node in order of positions."""
    first = b.lives[node].first_concern if node != NONE else b.causes[group].first_concern
    before, row = NONE, first
    while row != NONE and b.concerns[row].by != by and earlier(b, by, b.concerns[row].by):
        before, row = row, b.concerns[row].next
    if row != NONE and b.concerns[row].by == by:
        b.concerns[row].marks |= marks
        return
    fresh_row = fresh(b, CONCERNS)
    one = b.concerns[fresh_row]
    one.node, one.group, one.by, one.marks, one.next = node, group, by, marks, row
    one.next_of_statement, b.stories[by].first_concern = b.stories[by].first_concern, fresh_row
    _follow(b, node, group, before, fresh_row)


@walking
def _follow(b: Books, node: int, group: int, before: int, row: int) -> None:
    """What comes after ``before`` on the line of a node or group is ``row``."""
    if before != NONE:
        b.concerns[before].next = row
    elif node != NONE:
        b.lives[node].first_concern = row
    else:
        b.causes[group].first_concern = row


@walking
def forget(b: Books, by: int, marks: int) -> None:
    """Keep of the concerns of a statement only those that have one of these marks."""
    row, kept = b.stories[by].first_concern, NONE
    b.stories[by].first_concern = NONE
    while row != NONE:
        one = b.concerns[row]
        following = one.next_of_statement
        one.marks &= marks
        if one.marks:
            one.next_of_statement, kept = kept, row
        else:
            before = NONE
            other = b.lives[one.node].first_concern if one.node != NONE else b.causes[one.group].first_concern
            while other != row:
                before, other = other, b.concerns[other].next
            _follow(b, one.node, one.group, before, one.next)
            free(b, CONCERNS, row)
        row = following
    b.stories[by].first_concern = kept


@walking
def first_told(b: Books, node: int) -> int:
    """The earliest statement that names a node at all, NONE if none does."""
    found, row = NONE, b.lives[node].first_concern
    while row != NONE:
        if b.concerns[row].marks & (NAMED | AS_CLASS | TELLS | AS_LOT):
            found = b.concerns[row].by
        row = b.concerns[row].next
    return found


@walking
def last_naming(b: Books, node: int) -> int:
    """The latest statement that names a node as an object, NONE if none does."""
    row = b.lives[node].first_concern
    while row != NONE and not b.concerns[row].marks & NAMED:
        row = b.concerns[row].next
    return NONE if row == NONE else b.concerns[row].by

"""What the replay of one statement looks at or changes: only that must wait for a late arrival.

A statement that comes late may be replayed after all others, with the same outcome as in its own place, where
nothing that it concerns concerned a statement of a later position: then both orders say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.records import Containment
from suyuan.trace.lineage.statement import Statement, packs, says_destroyed
from suyuan.trace.lineage.transformation import group_of

Concern = str | tuple[str, ...]
"""An object, or a group of transformations."""


def concerned(history: History, told: Statement) -> Iterator[Concern]:
    """Everything that replaying ``told`` on ``history`` as it stands reads or writes, some of it twice.

    A lot is not concerned by being consumed: that only adds to what became of it, in order of positions.
    O(what is found); the containers above an object count only where its place is asked for.
    """
    occurrence = told.occurrence
    for instance, _ in occurrence.lot_of:
        yield instance
    for holding in occurrence.what:
        yield holding.key
    if occurrence.parent is not None:
        yield occurrence.parent
    if packs(occurrence):
        yield from _packing(history, told)
    elif occurrence.type == "TransformationEvent":
        yield from _transforming(history, told)
    elif occurrence.type == "ObjectEvent" and occurrence.action == "DELETE":
        for holding in occurrence.what:
            if not holding.is_class:
                yield from _freeing(history, holding.key)
                if says_destroyed(occurrence):
                    yield from _instances(history.within(holding.key))


def _packing(history: History, told: Statement) -> Iterator[Concern]:
    parent, children = told.occurrence.parent, told.occurrence.children
    for child in children:
        if not child.is_class or told.place is not None:
            yield child.key
    if parent is None:
        return
    if told.occurrence.action == "DELETE":
        if children:
            yield from _above(history, parent)
        else:
            yield from _freeing(history, parent)
        return
    for child in children:
        if not child.is_class and (current := history.inside.get(child.key)) is not None:
            yield current.parent
        if history.contents.get(child.key):  # a cycle of containers is looked for
            yield from _all_above(history, parent)


def _transforming(history: History, told: Statement) -> Iterator[Concern]:
    occurrence = told.occurrence
    if occurrence.transformation_id is not None:
        yield group_of(occurrence)
    for holding in occurrence.outputs:
        yield holding.key
    for holding in occurrence.inputs:
        if holding.is_class:
            yield from _possibly_consumed(history, holding.key, told)
            continue
        yield holding.key
        if (current := history.inside.get(holding.key)) is not None:
            yield current.parent
        for containment in history.within(holding.key):
            if containment.is_class:
                yield from _possibly_consumed(history, containment.child, told)
            else:
                yield containment.child


def _possibly_consumed(history: History, lot: str, told: Statement) -> Iterator[Concern]:
    """Whether an instance was alive, and where, is asked of all that were born by then (§4.3)."""
    for instance in history.instances.get(lot, ()):
        if history.births[instance] <= told.at:
            yield instance
            if told.place is not None:
                yield from _above(history, instance)


def _freeing(history: History, container: str) -> Iterator[Concern]:
    """What is directly in ``container`` leaves it, to where that is."""
    yield from _above(history, container)
    yield from _instances(history.contents.get(container, {}).values())


def _instances(containments: Iterable[Containment]) -> Iterator[Concern]:
    return (containment.child for containment in containments if not containment.is_class)


def _above(history: History, key: str) -> Iterator[Concern]:
    """The containers around an instance."""
    while (containment := history.inside.get(key)) is not None:
        key = containment.parent
        yield key


def _all_above(history: History, key: str) -> Iterator[Concern]:
    """The containers around ``key``, also where it is known only as an amount in them."""
    seen, stack = {key}, [key]
    while stack:
        for containment in history.containers_of.get(stack.pop(), ()):
            if containment.ended is None and containment.parent not in seen:
                seen.add(containment.parent)
                stack.append(containment.parent)
                yield containment.parent

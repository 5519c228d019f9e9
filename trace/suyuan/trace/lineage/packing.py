"""How packing and unpacking are replayed: what is in a container from then on (law of tracing §3)."""

from __future__ import annotations

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.occurrence import Holding
from suyuan.trace.lineage.records import ENOUGH, Containment, Inside
from suyuan.trace.lineage.statement import Statement


def _name_packing(history: History, told: Statement) -> None:
    occurrence = told.occurrence
    if occurrence.parent is not None:
        history.revive((occurrence.parent,))
        history.seen(occurrence.parent, told)
    for child in occurrence.children:
        if not child.is_class:
            history.name(child, told)
        elif told.place is not None:  # as a child, a lot's episode only begins: the rest of it may stay
            history.arrive(child.key, told, told.place)


def pack(history: History, told: Statement) -> None:
    """An ADD or OBSERVE: the children are in the parent from now on."""
    _name_packing(history, told)
    parent = told.occurrence.parent
    if parent is None:  # an OBSERVE of children under no named parent
        return
    for child in told.occurrence.children:
        if child.is_class:
            _pack_class(history, child, parent, told)
        else:
            _pack_instance(history, child.key, parent, told)


def _pack_instance(history: History, child: str, parent: str, told: Statement) -> None:
    current = history.inside.get(child)
    if (current is not None and current.parent == parent) or history.is_in(parent, child):
        return
    if current is not None:
        history.take_out(current, told)
    history.depart(child, told.at)
    history.open(Containment(child, parent, told.at, told))


def _pack_class(history: History, child: Holding, parent: str, told: Statement) -> None:
    containment = history.contents[parent].get((child.key, True))
    if containment is None:
        if history.is_in(parent, child.key):
            return
        containment = history.open(Containment(child.key, parent, told.at, told, Inside()))
    if told.occurrence.action == "ADD" and containment.inside is not None:
        containment.inside.add(child.quantity, child.uom)


def unpack(history: History, told: Statement) -> None:
    """A DELETE: the children, or all there are where none is named, leave the parent alive."""
    _name_packing(history, told)
    parent, children = told.occurrence.parent, told.occurrence.children
    if parent is None:
        return
    place = history.effective_place(parent)
    history.note_place(parent, told, place)
    if not children:
        release_all(history, parent, told, place)
    for child in children:
        containment = history.contents[parent].get((child.key, child.is_class))
        if containment is None:
            continue
        if containment.inside is None:
            history.let_go(containment, told, place)
        elif child.quantity is None:
            history.take_out(containment, told)
        else:
            containment.inside.take(child.quantity, child.uom)
            left = containment.inside.amount()
            if left is not None and left.quantity <= ENOUGH:
                history.take_out(containment, told)


def release_all(history: History, parent: str, told: Statement, place: str | None) -> None:
    """Everything directly in ``parent`` leaves it; instances stay alive."""
    for containment in list(history.contents.get(parent, {}).values()):
        if containment.is_class:
            history.take_out(containment, told)
        else:
            history.let_go(containment, told, place)


def empty(history: History, container: str, told: Statement) -> None:
    """What is directly in a container that ends with its contents is in nothing from now on."""
    for containment in list(history.contents.get(container, {}).values()):
        history.take_out(containment, told)

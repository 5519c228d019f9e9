"""How one statement changes a history (law of tracing §2 to §5)."""

from __future__ import annotations

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.measures import stated
from suyuan.trace.lineage.packing import empty, pack, release_all, unpack
from suyuan.trace.lineage.statement import Statement, packs, says_destroyed
from suyuan.trace.lineage.transformation import transform


def replay(history: History, told: Statement) -> None:
    """Apply an announced statement. Order of positions is the caller's care."""
    occurrence = told.occurrence
    if packs(occurrence):
        if occurrence.action == "DELETE":
            unpack(history, told)
        else:
            pack(history, told)
    elif occurrence.type == "TransformationEvent":
        transform(history, told)
    elif occurrence.type == "ObjectEvent" and occurrence.action == "DELETE":
        _delete(history, told)
    else:
        _see(history, told)


def _see(history: History, told: Statement) -> None:
    """ObjectEvent ADD and OBSERVE, TransactionEvent: named, and perhaps told where."""
    occurrence = told.occurrence
    if occurrence.parent is not None:
        history.revive((occurrence.parent,))
        history.seen(occurrence.parent, told)
    for holding in occurrence.what:
        history.name(holding, told)
    if occurrence.type == "ObjectEvent" and occurrence.action == "ADD":
        for holding in occurrence.what:
            if holding.is_class:
                history.stated[holding.key].append(stated(holding))


def _delete(history: History, told: Statement) -> None:
    """ObjectEvent DELETE: what is named ends, what is in it is let go or destroyed with it (§2.4)."""
    occurrence = told.occurrence
    for holding in occurrence.what:
        history.name(holding, told)
    doomed = [holding.key for holding in occurrence.what if not holding.is_class]
    places = {key: history.effective_place(key) for key in doomed}
    for key, place in places.items():
        history.note_place(key, told, place)
    spared = {
        containment.child: None
        for key in doomed
        for containment in history.within(key)
        if not containment.is_class
    }
    if says_destroyed(occurrence):
        for child in spared:
            empty(history, child, told)
            history.end(child, told, consumed=False)
    for key in doomed:
        history.end(key, told, consumed=False)
    for key in doomed:
        release_all(history, key, told, places[key])

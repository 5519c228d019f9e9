"""A trade as occurrences, for trace engines: no text is written and read again.

They equal what :func:`suyuan.trace.lineage.digest.occurrence` makes of the events of
:mod:`suyuan.simulator.trade.written`, but for evidence, party and record time, which capture gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from suyuan.simulator.trade.deeds import Deed, Role
from suyuan.simulator.trade.telling import Told
from suyuan.simulator.trade.words import WORDS, Names, quantity, things_brought
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def occurrences(told: Iterable[Told], names: Names) -> Iterator[Occurrence]:
    """Each event once, as its own firm captured it; what is told twice is evidence once."""
    seen: set[str] = set()
    for one in told:
        found = occurrence(one, names)
        if found.evidence not in seen:
            seen.add(found.evidence)
            yield found


def occurrence(told: Told, names: Names) -> Occurrence:
    """One event. Its evidence is its number; that of a declaration begins with ``x``."""
    deed, words = told.deed, WORDS[told.deed.act]
    declared = told.declared
    leaves = words.biz_step == "shipping"
    parent = _holdings(deed, names, Role.PARENT)
    return Occurrence(
        evidence=f"x{told.event}" if declared is not None else f"e{told.event}",
        party=names.parties[deed.site],
        type=words.type,
        time=instant(deed.at),
        record_time=instant(told.known),
        sequence=deed.number,
        event_id=names.event_id(told.event, deed.at),
        action=words.action,
        biz_step=words.biz_step,
        disposition=words.disposition,
        read_point=names.door(deed),
        biz_location=None if leaves else names.places[deed.site],
        destinations=names.ends(deed.target),
        what=_holdings(deed, names, Role.WHAT),
        parent=parent[0].key if parent else None,
        children=_holdings(deed, names, Role.CHILD),
        inputs=_holdings(deed, names, Role.INPUT),
        outputs=_holdings(deed, names, Role.OUTPUT),
        transformation_id=names.transformation_id(deed),
        lot_of=_lots(deed, names),
        basis=Basis(basis(deed, names)),
        declared_wrong_at=None if declared is None else instant(declared),
    )


def instant(milliseconds: int) -> datetime:
    """As a time, UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def basis(deed: Deed, names: Names) -> str:
    """Tags are read; amounts without one are typed."""
    return "typed" if all(names.is_class(one) for one in deed.mentions) else "read"


def _holdings(deed: Deed, names: Names, role: Role) -> tuple[Holding, ...]:
    """Instances first, then amounts, as they stand in an event."""
    found = [one for one in deed.mentions if one.role is role]
    if not found:
        return ()
    things = [Holding(key) for one in found if not names.is_class(one) for key in names.keys(one)]
    things += [
        Holding(names.series[one.series].key(one.first), quantity(one), one.uom, is_class=True)
        for one in found
        if names.is_class(one)
    ]
    return tuple(things)


def _lots(deed: Deed, names: Names) -> tuple[tuple[str, str], ...]:
    brought = deed.brought
    if brought is None:
        return ()
    lot = names.series[brought.series].key(brought.number)
    return tuple((key, lot) for one in things_brought(deed, names) for key in names.keys(one))

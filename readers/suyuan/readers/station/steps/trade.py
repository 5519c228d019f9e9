"""Checks that goods on their way share: what was set aside, returned, sold or destroyed does not go on."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.station.identity import Identity
from suyuan.readers.station.steps.case import Case, Effect, Finding, finding

OUT_OF_TRADE = frozenset(
    {"non_sellable_other", "returned", "recalled", "damaged", "retail_sold", "disposed", "stolen", "expired"}
)
"""Dispositions (CBV 2.0 §7.2) that end the way of an object unless two persons say why it goes on."""
DESTROYED = "destroyed"


def not_destroyed(case: Case) -> Iterable[Finding]:
    """That nothing is seen which this station saw destroyed."""
    if seen := [i for i in case.found if case.around.known(i.key).disposition == DESTROYED]:
        yield finding("DESTROYED_SEEN", seen, Effect.REFUSED)


def in_trade(case: Case) -> Iterable[Finding]:
    """That goods, or the unit they are in, are not set aside; two persons with a reason may send them on."""
    if case.order.reason and case.order.approver:
        return
    found: dict[str, list[Identity]] = {}
    for who in case.found:
        if (state := state_of(case, who)) in OUT_OF_TRADE:
            found.setdefault(str(state), []).append(who)
    for state, some in found.items():
        yield finding("OUT_OF_TRADE", some, Effect.REFUSED, state=state)


def state_of(case: Case, who: Identity) -> str | None:
    """The disposition that the station said last of ``who``, or of the unit that it is in."""
    known = case.around.known(who.key)
    around = case.around.known(known.unit_key).disposition if known.unit_key else None
    return around if around in OUT_OF_TRADE else known.disposition

"""Checks that goods on their way share: what was set aside, returned, sold or destroyed does not go on."""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order, two_persons
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message

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
    if case.order.reason and two_persons(case.order):
        return
    found: dict[str, list[Identity]] = {}
    for who in case.found:
        if (state := state_of(case, who)) in OUT_OF_TRADE:
            found.setdefault(str(state), []).append(who)
    for state, some in found.items():
        yield finding("OUT_OF_TRADE", some, Effect.REFUSED, state=state)


def explained(case: Case) -> Iterable[Finding]:
    """That whoever lets goods that were set aside go on says why, and another person agrees."""
    order = case.order
    if not any(state_of(case, who) in OUT_OF_TRADE for who in case.found):
        return
    if not order.reason:
        yield Finding(Message("REASON_NEEDED"), effect=Effect.WAITS)
    if not two_persons(order):
        yield Finding(Message("FOUR_EYES"), effect=Effect.WAITS)


def let_go(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That goods, and units, which were set aside are in trade again."""
    del order, identities
    case = judged.case
    for who in judged.taken:
        if case is not None and case.around.known(who.key).disposition in OUT_OF_TRADE:
            yield Lesson(who.key, disposition="sellable_not_accessible")


def still(case: Case, key: str, otherwise: str) -> str:
    """How an object stands: ``otherwise``, unless it is out of trade, which only a release or return ends."""
    before = case.around.known(key).disposition
    return before if before is not None and before in {*OUT_OF_TRADE, DESTROYED} else otherwise


def state_of(case: Case, who: Identity) -> str | None:
    """The disposition that the station said last of ``who``, or of the unit that it is in."""
    known = case.around.known(who.key)
    around = case.around.known(known.unit_key).disposition if known.unit_key else None
    return around if around in OUT_OF_TRADE else known.disposition

"""Checks that goods on their way share: what was set aside, returned, sold or destroyed does not go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from suyuan.readers.station.identity import Identities, Identity, lot_number
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order, two_persons
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, Surroundings, finding
from suyuan.readers.station.steps.goods import named_classes
from suyuan.readers.station.stock import GONE
from suyuan.readers.station.words import Message, listing

SOLD, CONSUMED, DESTROYED = "retail_sold", "consumed", "destroyed"
"""How single things end. The CBV has no word for what went into something else; no event says it."""
SENT_ON = "sent_on"
"""What left though it was out of trade, as two persons said; back here it is set aside. No event says it."""
FAILED = "non_conformant"
OUT_OF_TRADE = frozenset(
    {
        "non_sellable_other",
        "returned",
        "recalled",
        "damaged",
        "disposed",
        "stolen",
        "expired",
        SOLD,
        CONSUMED,
        SENT_ON,
        FAILED,
    }
)
"""Dispositions (CBV 2.0 §7.2) that end the way of an object unless two persons say why it goes on."""
_OF_WHOLE_LOTS = frozenset({"non_sellable_other", "recalled", "expired"})
"""What, said of a lot, goes for its items too; that some of it was sold or came back does not."""


_CLASSES = frozenset({"lot", "product"})


def not_destroyed(case: Case) -> Iterable[Finding]:
    """That nothing is seen or named which this station saw destroyed. Lots do not end."""

    def destroyed(who: Identity) -> bool:
        return who.kind != "lot" and case.around.known(who.key).disposition == DESTROYED

    if seen := [i for i in case.found if destroyed(i)]:
        yield finding("DESTROYED_SEEN", seen, left_out(case))
    if named := [i for i in named_classes(case.order, case.parent, case.around.identities) if destroyed(i)]:
        yield finding("DESTROYED_SEEN", named, Effect.STOPPED)


def in_trade(case: Case) -> Iterable[Finding]:
    """That goods are not set aside, nor what they are in, what is in them, or their lot, and no lot failed.

    No label may name another lot than the one that is remembered.

    Two persons with a reason may send them on.
    """
    if sent_on(case.order):
        return
    seen, _ = _going(case)
    if disputed := [who for who in seen if len(case.lots_of(who)) > 1]:
        lots = sorted({lot_number(lot) for who in disputed for lot in case.lots_of(who)})
        yield finding("LOT_DISPUTED", disputed, left_out(case), lots=listing(tuple(lots), most=4))
    yield from _kept_in(case, lambda who: _out(state_of(case, who)) or _failed(case, who))


def none_failed(case: Case) -> Iterable[Finding]:
    """That no lot failed of what goes on, read or by amount, or of what is in it."""
    yield from _kept_in(case, lambda who: _failed(case, who))


def _kept_in(case: Case, why: Callable[[Identity], str | None]) -> Iterable[Finding]:
    """What may not go on, and ``why``: what was read is left out, what the order names cannot be."""
    seen, named = _going(case)
    for some, effect in ((seen, left_out(case)), (named, Effect.STOPPED)):
        found: dict[str, list[Identity]] = {}
        for who in some:
            if (state := why(who)) is not None:
                found.setdefault(state, []).append(who)
        for state, concerned in found.items():
            yield finding("OUT_OF_TRADE", concerned, effect, state=state)


def _out(state: str | None) -> str | None:
    return state if state in OUT_OF_TRADE else None


def _failed(case: Case, who: Identity) -> str | None:
    return FAILED if any(case.around.known(lot).quality == FAILED for lot in _lots(case, who)) else None


def sent_on(order: Order) -> bool:
    """Whether two persons say why goods that are out of trade go on."""
    return bool(order.reason) and two_persons(order)


def _going(case: Case) -> tuple[list[Identity], list[Identity]]:
    """What goes on or into something else: as read, and as the order names it, which cannot be left out."""
    seen = [] if case.reads_made else list(case.found)
    return seen, list(named_classes(case.order, None, case.around.identities))


def left_out(case: Case) -> Effect:
    """What becomes of what was read and may not go on; where the pass is one whole, of all of it."""
    return Effect.STOPPED if case.procedure.whole else Effect.REFUSED


def _lots(case: Case, who: Identity) -> Iterable[str]:
    """The lot of ``who``, or all that may be one in it: labels of lots are packed too."""
    if who.kind == "unit":
        return case.around.contents.get(who.key, frozenset()) | case.around.held_by(who.key)
    return (who.key,) if who.kind == "lot" else case.lots_of(who)


def explained(case: Case) -> Iterable[Finding]:
    """That whoever lets goods that were set aside go on says why, and another person agrees.

    What was sold comes back by a return, and what went into something else does not.
    """
    order = case.order
    seen, named = _going(case)
    if sold := [who for who in seen if who.kind != "lot" and case.around.known(who.key).disposition == SOLD]:
        yield finding("SOLD_BEFORE", sold, Effect.STOPPED)
    if used := [who for who in seen if case.around.known(who.key).disposition == CONSUMED]:
        yield finding("OUT_OF_TRADE", used, Effect.STOPPED, state=CONSUMED)
    if not any(state_of(case, who) in OUT_OF_TRADE for who in (*seen, *named)):
        return
    if not order.reason:
        yield Finding(Message("REASON_NEEDED"), effect=Effect.WAITS)
    if not two_persons(order):
        yield Finding(Message("FOUR_EYES"), effect=Effect.WAITS)


def still_kept(case: Case) -> Iterable[Finding]:
    """What in the units that are released stays out of trade: set aside itself, or of a lot that is.

    The release of a unit lifts what was against the unit, and thereby what that kept in it out of trade. What
    stands against a thing in it, or its lot, is lifted only by a release of that.
    """
    around = case.around
    for unit in (who for who in case.found if who.kind == "unit"):
        inside = around.held_by(unit.key)
        lots = around.contents.get(unit.key, frozenset())
        kept = {key for key in inside - lots if around.known(key).disposition in {*OUT_OF_TRADE, DESTROYED}}
        bad = {lot for lot in lots if around.known(lot).disposition in _OF_WHOLE_LOTS}
        kept |= {lot for lot in lots if lot in bad or around.known(lot).quality == FAILED}
        if kept:
            named = [around.identities.from_text(key) for key in sorted(kept)]
            yield finding("STILL_KEPT", named, unit=unit.epc)


def let_go(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """That goods, units and lots which were set aside are in trade again: those that are read or named."""
    case = judged.case
    keys = [i.key for i in judged.taken]
    keys += [identities.from_text(amount.epc_class).key for amount in order.quantities]
    keys += [judged.lot_key] if judged.lot_key is not None else []
    for key in dict.fromkeys(keys):
        if case is not None and case.around.known(key).disposition in OUT_OF_TRADE:
            yield Lesson(key, disposition="sellable_not_accessible")


def contents(judged: Judgement) -> list[str]:
    """The keys of the items and units in what was taken, as the station remembers them."""
    if judged.case is None:
        return []
    around = judged.case.around
    inside = {key for who in judged.taken for key in around.held_by(who.key)}
    return sorted(key for key in inside if around.identities.from_text(key).kind not in _CLASSES)


def still(case: Case, key: str, otherwise: str) -> str:
    """How an object stands: ``otherwise``, unless it is out of trade, which only a release or return ends."""
    before = case.around.known(key).disposition
    return _here(before) if before is not None and before in {*OUT_OF_TRADE, DESTROYED} else otherwise


def left(case: Case, key: str) -> str:
    """How an object stands that left: on its way, though what kept it out of trade is not forgotten."""
    before = still(case, key, "in_transit")
    stays = before in GONE or case.around.identities.from_text(key).kind in _CLASSES
    return before if stays else SENT_ON


def _here(state: str) -> str:
    return "non_sellable_other" if state == SENT_ON else state


def inherited(around: Surroundings, key: str) -> str | None:
    """What keeps ``key`` out of trade because a unit around it is; None: nothing."""
    states = (around.known(unit).disposition for unit in around.units_around(key))
    return next((_here(state) for state in states if state in OUT_OF_TRADE), None)


def own_state(case: Case, who: Identity) -> str | None:
    """The disposition that the station said last of ``who``, or of a unit around it that is out of trade."""
    own = case.around.known(who.key).disposition
    return inherited(case.around, who.key) or (None if own is None else _here(own))


def state_of(case: Case, who: Identity) -> str | None:
    """The same, or what keeps out of trade something in ``who``, or the lot of either."""
    own = own_state(case, who)
    if own in OUT_OF_TRADE:
        return own
    inside = case.around.held_by(who.key) - case.around.contents.get(who.key, frozenset())
    states = [case.around.known(key).disposition for key in sorted(inside)]
    lots = (case.around.known(lot).disposition for lot in sorted(_lots(case, who)))
    states += [state for state in lots if state in _OF_WHOLE_LOTS]
    return next((_here(state) for state in states if state in OUT_OF_TRADE), own)

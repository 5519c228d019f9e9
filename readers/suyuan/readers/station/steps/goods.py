"""The checks that steps share: what was in the air, what belongs, what was expected, what must stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

from suyuan.readers.station.chips import chip_names
from suyuan.readers.station.duration import duration
from suyuan.readers.station.filtering import Reading
from suyuan.readers.station.identity import Identities, Identity, lot_number
from suyuan.readers.station.knowledge import Blocked, Known
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps.case import Case, Check, Effect, Finding, Surroundings, finding
from suyuan.readers.station.steps.orders import is_gtin
from suyuan.readers.station.words import Message, listing

MOST_SKEW = timedelta(minutes=5)


def of_the_air(case: Case) -> Iterable[Finding]:
    """What of the readings cannot be used: unreadable, cloned, too many, products, foreign schemes."""
    burst = case.burst
    if burst.unreadable:
        tags = tuple(_excerpt(each) for each in burst.unreadable)
        yield Finding(Message("MISREAD", {"count": len(tags), "tags": listing(tags)}))
    cloned = {r.identity.key: r.identity for r in burst.readings if _is_doubled(r, case)}
    cloned |= {i.key: i for i in case.found if _is_on_another(i, case)}
    if cloned:
        yield finding("DUP_TAG", cloned.values())
    if burst.overflow:
        yield Finding(Message("OVER_READ", {"count": burst.overflow}))
    if burst.uncertain:
        yield finding("UNCERTAIN_READ", (r.identity for r in burst.uncertain))
    if products := [i for i in case.foreign if i.kind == "product"]:
        yield finding("PRODUCT_ONLY", products, Effect.ASIDE)
    if foreign := [i for i in case.foreign if i.kind != "product"]:
        yield finding("FOREIGN_SCHEME", foreign, Effect.ASIDE)


def _is_doubled(reading: Reading, case: Case) -> bool:
    """Whether two chips bear the code: both here, or this one and the one that the station remembers."""
    found, bound = chip_names(reading.tids), case.around.known(reading.identity.key).tid
    return len(found) > 1 or (bound is not None and bool(found - {bound}))


def _is_on_another(who: Identity, case: Case) -> bool:
    """Whether a code that was written on a chip here is remembered on another one."""
    written, bound = case.order.tids.get(who.epc), case.around.known(who.key).tid
    return written is not None and bound is not None and written.upper() != bound.upper()


def _excerpt(unreadable: bytes | str) -> str:
    """The beginning of a content that is no identifier, fit for a message."""
    if isinstance(unreadable, bytes):
        return unreadable[:16].hex() or "?"
    return "".join(c if c.isprintable() else "·" for c in unreadable[:40]) or "?"


def clear_parent(case: Case) -> Iterable[Finding]:
    """That it is clear which unit is meant."""
    if case.units is not None:
        yield Finding(Message("WRONG_PARENT", {"count": case.units}), effect=Effect.WAITS)


def right_product(case: Case) -> Iterable[Finding]:
    """That what is read is of the ordered product."""
    product = case.order.product
    if product is None:
        return
    if is_gtin(product):
        gtin = product.zfill(14)
        wrong = [i for i in case.found if (i.gtin is not None and i.gtin != gtin) or _is_own_piece(i)]
    else:
        wrong = [i for i in case.found if i.product_key not in (None, product)]
    if wrong:
        yield finding("WRONG_PRODUCT", wrong, Effect.ASIDE)


def right_made_product(case: Case) -> Iterable[Finding]:
    """The same where what is read is made; what goes in is of other products."""
    return right_product(case) if case.order.reads_outputs else ()


def _is_own_piece(who: Identity) -> bool:
    """An item or lot of a product with an own code."""
    return who.gtin is None and who.product_key is not None and "/own/" in who.product_key


def as_expected(case: Case) -> Iterable[Finding]:
    """What is missing and what is too many, against the list or the number of the order."""
    order = case.order
    if order.expected is None:
        if order.expected_count is not None and order.expected_count != len(case.found):
            told = {"expected": order.expected_count, "read": len(case.found)}
            yield Finding(Message("QTY_MISMATCH", told))
        return
    wanted: dict[str, Identity] = {}
    for epc in order.expected:
        who = case.around.identities.from_text(epc)
        wanted[who.key] = replace(who, epc=epc)
    read = {i.key for i in case.found}
    if missing := [who for key, who in wanted.items() if key not in read]:
        yield finding("MISSING", missing)
    if extra := [i for i in case.found if i.key not in wanted]:
        yield finding("EXTRA", extra)


def one_lot(case: Case) -> Iterable[Finding]:
    """That goods of the order's product have the lot that the order names: a field of the job before?"""
    lot_key = case.lot_key
    if lot_key is None:
        return
    others = {i.key: case.lots_of(i) - {lot_key} for i in case.found if i.key in case.said}
    wrong = [
        i
        for i in case.found
        if i.product_key is not None and lot_key.startswith(f"{i.product_key}/") and others.get(i.key)
    ]
    if wrong:
        lots = dict.fromkeys(lot_number(lot) for i in wrong for lot in sorted(others[i.key]))
        told = {"order": case.order.lot, "lots": listing(tuple(lots), most=3)}
        yield finding("WRONG_LOT", wrong, Effect.STOPPED, **told)


def not_stopped(case: Case) -> Iterable[Finding]:
    """That nothing is held, recalled or expired: no object, nothing in it, no lot or unit of the order."""
    keys = {i.key for i in case.found}
    stops: dict[tuple[str, str, str], list[Identity]] = {}
    for who in (*case.found, *named_classes(case.order, case.parent, case.around.identities)):
        blocked, last_day = _stop(case, who)
        if blocked is not None:
            code = "RECALLED" if blocked.state == "recalled" else "HELD"
            stops.setdefault((code, "case", blocked.case), []).append(who)
        elif last_day is not None:
            stops.setdefault(("EXPIRED", "date", last_day.isoformat()), []).append(who)
    for (code, field, value), concerned in sorted(stops.items(), key=lambda each: each[0][0] == "EXPIRED"):
        effect = Effect.TOLD
        if code.lower() in case.procedure.refuses:
            # A lot or unit of the order cannot be left out: then nothing goes.
            single = all(i.key in keys for i in concerned)
            effect = Effect.REFUSED if single and not case.procedure.whole else Effect.STOPPED
        yield finding(code, concerned, effect, **{field: value})


def _stop(case: Case, who: Identity) -> tuple[Blocked | None, date | None]:
    """Why ``who``, or anything in it, must stop, or the earliest last day that is over."""
    around = case.around
    known, lots = around.known(who.key), case.lots_of(who)
    inside = [(key, around.known(key)) for key in around.held_by(who.key)]
    within = {each for key, one in inside for each in (key, one.lot_key)}
    holds = {**holds_around(around, who.key), **{h: w for key, _ in inside for h, w in _brought(around, key)}}
    blocked = _why(around.blocked, (who.key, *sorted(lots), *within), holds.values())
    if blocked is not None:
        return blocked, None
    own = [_last_day(around, known, lot) for lot in (*lots, None)]
    if not any(own) and case.made_lot in lots:
        own = [case.order.expires]
    days = (*own, *(_last_day(around, one, one.lot_key) for _, one in inside))
    return None, min((day for day in days if day is not None and day < around.today), default=None)


def holds_around(around: Surroundings, key: str) -> dict[tuple[str, str], Blocked]:
    """The listed holds of units that cover ``key``, each by unit and case, as long as the list has them.

    A hold of a unit covers what is in it, and goes along with what is taken out meanwhile, or with the unit
    that this is in. A hold of the thing itself or of its lot is another matter: it goes along anyhow.
    """
    units = tuple(around.units_around(key))
    found = {(unit, why.case): why for unit in units if (why := _of_unit(around, unit)) is not None}
    return found | {hold: why for each in (key, *units) for hold, why in _brought(around, each)}


def _brought(around: Surroundings, key: str) -> Iterable[tuple[tuple[str, str], Blocked]]:
    """The holds that ``key`` brought along out of units, where the list still has them."""
    for unit, case in around.known(key).held_with:
        why = _of_unit(around, unit)
        if why is not None and why.case == case:
            yield (unit, case), why


def _of_unit(around: Surroundings, unit: str) -> Blocked | None:
    """Why the unit is stopped with all that is in it, if it is."""
    why = around.blocked(unit)
    return None if why is None or why.carries else why


def _last_day(around: Surroundings, known: Known, lot: str | None) -> date | None:
    return known.expires or (around.known(lot).expires if lot else None)


def named_classes(order: Order, parent: Identity | None, identities: Identities) -> Iterable[Identity]:
    """What else of the order can be blocked: its unit, its lots, the inputs of a transformation."""
    if parent is not None:
        yield parent
    for epc in order.input_epcs:
        yield identities.from_text(epc)
    for amount in (*order.quantities, *order.inputs):
        yield identities.from_text(amount.epc_class)


def _why(
    blocked: Callable[[str], Blocked | None], own: Iterable[str | None], holds: Iterable[Blocked]
) -> Blocked | None:
    reasons = [why for key in own if key is not None and (why := blocked(key)) is not None]
    reasons += holds
    recalled = [why for why in reasons if why.state == "recalled"]
    return recalled[0] if recalled else reasons[0] if reasons else None


def something_read(case: Case) -> Iterable[Finding]:
    """That there was a tag, if the order does not name all that the step is about."""
    order, burst = case.order, case.burst
    named = order.typed or (case.procedure.uses and (order.inputs or order.input_epcs))
    heard = burst.readings or burst.uncertain or burst.unreadable
    if not (named or heard or case.units is not None):
        yield Finding(Message("NO_READ"))


def clocks_agree(case: Case) -> Iterable[Finding]:
    """That the readers' clocks and the station's are about the same."""
    time = max((r.last_seen for r in case.burst.readings), default=case.around.now)
    skew = abs(time - case.around.now)
    if skew > MOST_SKEW:
        yield Finding(Message("CLOCK_SKEW", {"span": duration(skew.total_seconds())}))


AIR: tuple[Check, ...] = (of_the_air, clear_parent)
END: tuple[Check, ...] = (not_stopped, something_read, clocks_agree)
USUAL: tuple[Check, ...] = (*AIR, right_product, as_expected, one_lot, *END)
"""What most steps check."""

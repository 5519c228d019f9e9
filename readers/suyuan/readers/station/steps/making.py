"""What is checked when goods go into others: licence, recipe, weights, yield, allergens, and no circle."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from suyuan.readers.station.amounts import Amount, amount_of, exact
from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import DRAINED, Lesson
from suyuan.readers.station.licences import LICENCES
from suyuan.readers.station.order import Order, two_persons
from suyuan.readers.station.recipe import (
    RECIPES,
    Production,
    Recipe,
    deviations,
    line_key,
    yield_percent,
)
from suyuan.readers.station.steps import shapes, teaching, trade
from suyuan.readers.station.steps.case import Case, Effect, Finding, Judgement, finding
from suyuan.readers.station.words import Message, listing
from suyuan.trace.epcis.event import QuantityElement


def licensed(case: Case) -> Iterable[Finding]:
    """That the licences that this step needs are good today."""
    for licence in case.around.rows(LICENCES):
        if case.order.step in licence.steps and licence.until < case.around.today:
            told = {
                "who": licence.holder or licence.kind,
                "licence": f"{licence.kind} {licence.number}",
                "date": licence.until.isoformat(),
            }
            yield Finding(Message("LICENCE_EXPIRED", told), effect=Effect.STOPPED)


def no_rework_in_circles(case: Case) -> Iterable[Finding]:
    """That nothing of what is made is, or was made of it, among what goes in: the history has no circle."""
    made = {who.key for who in _outputs(case)} | {lot for who in _outputs(case) if (lot := _lot(case, who))}
    circle: list[Identity] = []
    for who in _inputs(case):
        lot = _lot(case, who)
        put_in = {who.key, *_inside(case, who), *case.around.held_by(who.key), *((lot,) if lot else ())}
        behind = put_in.union(*(case.around.made_of(key) for key in put_in))
        if behind & made:
            circle.append(who)
    if circle:
        yield finding("REWORK_LOOP", circle, Effect.STOPPED)


def after_the_recipe(case: Case) -> Iterable[Finding]:
    """That the order's recipe is kept, where it names one."""
    production = case.order.particulars
    if not isinstance(production, Production):
        return
    recipe = next((each for each in case.around.rows(RECIPES) if each.id == production.recipe), None)
    if recipe is None:
        told = {"recipe": production.recipe[:40]}
        yield Finding(Message("NO_RECIPE", told), effect=Effect.STOPPED)
        return
    yield from _right_things(case, recipe)
    yield from _amounts(case, recipe, production)
    yield from _line_cleared(case, recipe, production)


def _right_things(case: Case, recipe: Recipe) -> Iterable[Finding]:
    foreign = [
        who
        for who in _inputs(case)
        if recipe.takes(_product(who)) is None and not (recipe.rework and _product(who) == recipe.product)
    ]
    if foreign:
        yield finding("NOT_IN_RECIPE", foreign, Effect.STOPPED, recipe=recipe.id)
    if wrong := [who for who in _outputs(case) if _product(who) != recipe.product]:
        yield finding("WRONG_PRODUCT", wrong, Effect.STOPPED)


def _amounts(case: Case, recipe: Recipe, production: Production) -> Iterable[Finding]:
    """That each ingredient is within its tolerance, and what comes out within the yield."""
    used, unknown = _totals(case, case.order.inputs, _inputs(case))
    apart = deviations(recipe, production.batches, used)
    missing = [each.product for each in apart if each.used is None]
    if missing := [*missing, *(product for product in unknown if product not in missing)]:
        told = {"products": listing(tuple(missing))}
        yield Finding(Message("NOT_ENOUGH_TOLD", told), effect=Effect.STOPPED)
    for each in apart:
        if each.used is not None:
            told = {"product": each.product, "amount": str(each.used)}
            told |= {"low": str(each.low), "high": str(each.high)}
            yield from confirmed(case, Message("OUT_OF_TOLERANCE", told))
    if recipe.yields is not None and not missing:
        yield from _yield(case, recipe.yields)


def _yield(case: Case, band: tuple[Decimal, Decimal]) -> Iterable[Finding]:
    put_in, came_out = _sum(case.order.inputs), _sum(case.order.outputs)
    percent = None if put_in is None or came_out is None else yield_percent(put_in, came_out)
    low, high = band
    if percent is None:
        told = {"products": listing(tuple(a.epc_class for a in case.order.outputs)) or "-"}
        yield Finding(Message("NOT_ENOUGH_TOLD", told), effect=Effect.STOPPED)
    elif not low <= percent <= high:
        told = {"value": exact(percent), "low": exact(low), "high": exact(high)}
        yield from confirmed(case, Message("YIELD_OUT", told))


def confirmed(case: Case, message: Message) -> Iterable[Finding]:
    """What is out of the ordinary: it goes with a reason that a second person confirms, and not else."""
    order = case.order
    good = order.reason and two_persons(order)
    yield Finding(message, effect=Effect.TOLD if good else Effect.STOPPED)
    if order.reason and not good:
        yield Finding(Message("FOUR_EYES"), effect=Effect.STOPPED)


def _line_cleared(case: Case, recipe: Recipe, production: Production) -> Iterable[Finding]:
    """That no allergen of what ran before comes into what does not have it."""
    before = case.around.known(line_key(production.line)).disposition if production.line else None
    last = next((each for each in case.around.rows(RECIPES) if each.id == before), None)
    left = sorted(last.allergens - recipe.allergens) if last is not None else []
    if left and not production.cleared_by:
        yield Finding(Message("ALLERGEN", {"allergens": ", ".join(left)}), effect=Effect.STOPPED)


def _inputs(case: Case) -> tuple[Identity, ...]:
    """What goes in: read, typed and weighed, each once."""
    order, identities = case.order, case.around.identities
    named = [identities.from_text(epc) for epc in order.input_epcs]
    named += [identities.from_text(element.epc_class) for element in order.inputs]
    read = () if order.reads_outputs else case.found
    return tuple({who.key: who for who in (*read, *named)}.values())


def _inside(case: Case, who: Identity) -> set[str]:
    """What is in a unit: the lots, and what has none."""
    return {case.around.known(key).lot_key or key for key in case.around.held_by(who.key)}


def _used_up(case: Case) -> set[str]:
    """The items that are no more (decision 0002, §2.4): what goes in, alone or in units. Lots stay open."""
    items = {who.key for who in _inputs(case) if who.kind == "item"}
    inside = {key for who in _inputs(case) for key in case.around.held_by(who.key)}
    return items | {key for key in inside if case.around.identities.from_text(key).kind == "item"}


def _emptied(case: Case) -> set[str]:
    """The units whose amounts went in with them; they themselves can be filled again."""
    units = {who.key for who in _inputs(case) if who.kind == "unit"}
    inside = {key for unit in units for key in case.around.held_by(unit)}
    return units | {key for key in inside if case.around.identities.from_text(key).kind == "unit"}


def _outputs(case: Case) -> tuple[Identity, ...]:
    order, identities = case.order, case.around.identities
    named = [identities.from_text(epc) for epc in order.output_epcs]
    named += [identities.from_text(element.epc_class) for element in order.outputs]
    read = case.found if order.reads_outputs else ()
    return tuple({who.key: who for who in (*read, *named)}.values())


def _product(who: Identity) -> str:
    return who.gtin or who.product_key or who.key


def _lot(case: Case, who: Identity) -> str | None:
    return who.key if who.kind == "lot" else who.lot_key or case.around.known(who.key).lot_key


def _totals(
    case: Case, elements: Iterable[QuantityElement], inputs: tuple[Identity, ...]
) -> tuple[dict[str, Amount | None], list[str]]:
    """How much of each product went in, and products of which something has no weight."""
    totals: dict[str, Amount | None] = {}
    weighed = set[str]()
    unknown: list[str] = []
    for element in elements:
        who = case.around.identities.from_text(element.epc_class)
        product, told = _product(who), amount_of(element)
        before = totals.get(product)
        if told is None or (before is not None and before.dimension != told.dimension):
            unknown.append(product)
            continue
        weighed.add(who.key)
        totals[product] = told if before is None else Amount(before.value + told.value, told.dimension)
    for who in inputs:
        if who.kind == "lot" and who.key not in weighed and _product(who) not in unknown:
            unknown.append(_product(who))
        elif who.kind == "item":
            before = totals.get(_product(who)) or Amount(Decimal(0), "pieces")
            if before.dimension == "pieces":
                totals[_product(who)] = Amount(before.value + 1, "pieces")
    return totals, unknown


def _sum(elements: Iterable[QuantityElement]) -> Amount | None:
    """All of them in one dimension, or None where they cannot be added."""
    total: Amount | None = None
    for element in elements:
        told = amount_of(element)
        if told is None or (total is not None and total.dimension != told.dimension):
            return None
        total = told if total is None else Amount(total.value + told.value, told.dimension)
    return total


def made(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Inputs became outputs; who cleared the line before."""
    body, production = shapes.transformed(order, judged), order.particulars
    if body is not None and isinstance(production, Production) and production.cleared_by:
        told = {"suyuan:line": production.line, "suyuan:by": production.cleared_by}
        body["suyuan:lineCleared"] = {name: text for name, text in told.items() if text}
    return body


def teaches(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    """Lots and last days of what was made, of what it was made, what is used up, and what ran on the line."""
    yield from teaching.transformed(order, judged, identities)
    case = judged.case
    if case is None:
        return
    # A lot stands for its items: what they were made of, and what was made of them, is told of it.
    put_in = {_lot(case, who) or who.key for who in _inputs(case)}
    put_in = put_in.union(*(_inside(case, who) for who in _inputs(case)))
    for key in sorted({_lot(case, who) or judged.lot_key or who.key for who in _outputs(case)}):
        yield Lesson(key, made_of=tuple(sorted(put_in - {key})))
    for key in sorted(_used_up(case)):
        yield Lesson(key, disposition=trade.CONSUMED, left_unit=True)
    for key in sorted(_emptied(case)):
        yield Lesson(key, moved=(DRAINED,))
    production = order.particulars
    if isinstance(production, Production) and production.line:
        yield Lesson(line_key(production.line), disposition=production.recipe)

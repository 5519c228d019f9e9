"""The checks of a step: what of the readings is taken, what is refused, and what the station says.

Pure. What is taken becomes EPCIS events in :mod:`suyuan.readers.station.bodies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote

from suyuan.readers.station.chips import chips
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import Identities, Identity, lot_number
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.words import Message, State, listing, worst
from suyuan.trace.errors import InvalidInput

REFUSING = frozenset({Step.SHIP, Step.SELL, Step.TRANSFORM})
"""Steps that put goods on their way or into others: they record nothing for a blocked object.

The other steps record what is a fact anyhow (a held pallet has arrived) and say stop.
"""
MOST_SKEW = timedelta(minutes=5)
_GTIN = range(8, 15)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why an object must not go on: ``state`` held, recalled or expired; ``case`` the number of its case.

    ``carries``: it is a unit that only holds something stopped; what else is in it may go on.
    """

    state: str
    case: str
    carries: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What this station remembers of an object from earlier steps: its lot, its container, its last day."""

    lot_key: str | None = None
    unit_key: str | None = None
    expires: date | None = None


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step is checked against: the block list, the station's memory, the instant and the local day."""

    identities: Identities
    blocked: Callable[[str], Blocked | None]
    known: Callable[[str], Known]
    now: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of one pass: ``taken`` is recorded, ``refused`` is not.

    ``parent`` is the unit packed into or unpacked from. ``lot_key`` is the lot of the order, or the one lot
    that everything made here says of itself. ``recorded`` is false where nothing may be recorded. ``chips``
    are the TIDs, in hexadecimal, of the tags that taken items were read from, where the reader tells them.
    """

    state: State
    messages: tuple[Message, ...]
    taken: tuple[Identity, ...] = ()
    refused: tuple[Identity, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    parent: Identity | None = None
    expected: int | None = None
    read: int = 0
    read_any: bool = False
    event_time: datetime | None = None
    lot_key: str | None = None
    recorded: bool = True
    chips: tuple[tuple[Identity, str], ...] = ()


def check_order(order: Order, identities: Identities) -> None:
    """See that the order can be carried out.

    Raises:
        InvalidInput: ``where`` names the field of the order that is wrong.
    """
    product = order.product
    if product is not None and not _is_product(product, identities):
        raise _unfit("product", "{value} is no GTIN.", "Give 8 to 14 digits.", product)
    if order.lot is not None and (not order.lot or order.product is None):
        raise _unfit("lot", "The lot {value} has no product.", "Name the product too.", order.lot)
    for name, epcs in _named(order):
        for epc in epcs:
            identities.from_text(epc)
            if name != "expected" and identities.from_text(epc).kind in {"lot", "product"}:
                raise _unfit(name, "{value} is a class.", "Give it as a quantity element.", epc)
    if order.typed and not _says_something(order):
        raise _unfit(
            "epcs", "The order {value} names nothing.", "Name objects or quantities.", str(order.step)
        )
    if order.step is Step.TRANSFORM and order.transformation_id is None:
        inputs = order.inputs or order.input_epcs or not (order.typed or order.reads_outputs)
        outputs = order.outputs or order.output_epcs or (order.reads_outputs and not order.typed)
        if not (inputs and outputs):
            raise _unfit(
                "transformation_id",
                "A transformation without inputs or without outputs needs {value}.",
                "Give a transformation_id, or both sides.",
                "a transformationID",
            )


def _named(order: Order) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("epcs", order.epcs),
        ("expected", order.expected or ()),
        ("parent", (order.parent,) if order.parent else ()),
        ("input_epcs", order.input_epcs),
        ("output_epcs", order.output_epcs),
    )


def _says_something(order: Order) -> bool:
    if order.step is Step.TRANSFORM:
        return bool(order.inputs or order.outputs or order.input_epcs or order.output_epcs)
    return bool(order.epcs or order.quantities or (order.step is Step.UNPACK and order.parent))


def _unfit(where: str, template: str, remedy: str, value: str) -> InvalidInput:
    return InvalidInput(template, where=where, remedy=remedy, value=value)


def judge(order: Order, burst: Burst, around: Surroundings) -> Judgement:
    """What is taken and refused of ``burst`` under ``order``, and what the station says. Linear."""
    messages = list(_of_the_air(burst))
    goods, foreign = _split(burst.readings)
    products = tuple(i for i in foreign if i.kind == "product")
    foreign = tuple(i for i in foreign if i.kind != "product")
    if products:
        messages.append(_message("PRODUCT_ONLY", products))
    if foreign:
        messages.append(_message("FOREIGN_SCHEME", foreign))
    parent, goods, unclear = _parent(order, goods, around.identities)
    messages += unclear
    typed = tuple(around.identities.from_text(epc) for epc in order.epcs)
    found = tuple({i.key: i for i in (*typed, *goods)}.values())
    found, wrong = _right_product(order, found)
    if wrong:
        messages.append(_message("WRONG_PRODUCT", wrong))
    missing, extra, differences = _compare(order, found, around.identities)
    messages += differences
    lot_key = lot_key_of(order, around.identities)
    reads_made = order.step is Step.COMMISSION or order.reads_outputs
    said = {} if order.step is Step.TRANSFORM and not reads_made else _said(found, around)
    contradicted = _contradiction(found, said, order, lot_key)
    messages += contradicted
    if lot_key is None and reads_made and len(said) == len(found) and len(set(said.values())) == 1:
        lot_key = next(iter(said.values()))
    stops, blocked = _blocked(order, found, parent, lot_key, around)
    messages += stops
    if not (order.typed or burst.readings or burst.unreadable or unclear):
        messages.append(Message("NO_READ"))
    time = max((r.last_seen for r in burst.readings), default=around.now)
    skew = abs(time - around.now)
    if skew > MOST_SKEW:
        messages.append(Message("CLOCK_SKEW", {"seconds": int(skew.total_seconds())}))
    refusing = order.step in REFUSING and bool(blocked)
    whole = bool(contradicted) or (refusing and (order.step is Step.TRANSFORM or not _stays(blocked, found)))
    taken = tuple(i for i in found if not (refusing and i.key in blocked))
    return Judgement(
        state=worst(tuple(m.state for m in messages)),
        messages=tuple(messages),
        taken=() if whole else taken,
        refused=(*wrong, *(found if whole else (i for i in found if refusing and i.key in blocked))),
        missing=missing,
        extra=extra,
        parent=parent,
        expected=order.expected_count if order.expected is None else len(order.expected),
        read=len(found),
        read_any=any(not r.typed for r in burst.readings),
        event_time=time,
        lot_key=lot_key,
        recorded=not whole and not unclear,
        chips=() if whole else tuple(chips(burst.readings, taken)),
    )


def named(order: Order, burst: Burst, identities: Identities) -> tuple[Identity, ...]:
    """Everything that the check of this order will ask the station's memory about."""
    parent = None if order.parent is None else identities.from_text(order.parent)
    typed = (identities.from_text(epc) for epc in order.epcs)
    return (*(r.identity for r in burst.readings), *typed, *_classes(order, parent, identities))


def _stays(blocked: Mapping[str, Blocked], found: Iterable[Identity]) -> bool:
    """Whether what is blocked is only single objects that can be left out, and not the order as a whole."""
    keys = {i.key for i in found}
    return all(key in keys for key in blocked)


def _message(code: str, who: Iterable[Identity], **fields: object) -> Message:
    epcs = tuple(i.epc for i in who)
    return Message(code, {"count": len(epcs), "epcs": listing(epcs), "tags": listing(epcs), **fields})


def _of_the_air(burst: Burst) -> Iterable[Message]:
    if burst.unreadable:
        tags = tuple(_excerpt(each) for each in burst.unreadable)
        yield Message("MISREAD", {"count": len(tags), "tags": listing(tags)})
    cloned = [r.identity for r in burst.readings if len(r.tids) > 1]
    if cloned:
        yield _message("DUP_TAG", cloned)
    if burst.overflow:
        yield Message("OVER_READ", {"count": burst.overflow})


def _excerpt(unreadable: bytes | str) -> str:
    """The beginning of a content that is no identifier, fit for a message."""
    if isinstance(unreadable, bytes):
        return unreadable[:16].hex() or "(empty)"
    return "".join(c if c.isprintable() else "·" for c in unreadable[:40]) or "(empty)"


def _split(readings: Iterable[Reading]) -> tuple[tuple[Identity, ...], tuple[Identity, ...]]:
    goods, foreign = list[Identity](), list[Identity]()
    for reading in readings:
        usable = reading.identity.kind in {"item", "lot", "unit"}
        (goods if usable else foreign).append(reading.identity)
    return tuple(goods), tuple(foreign)


def _parent(
    order: Order, goods: tuple[Identity, ...], identities: Identities
) -> tuple[Identity | None, tuple[Identity, ...], list[Message]]:
    """The unit of a packing or unpacking, the goods without it, and a message if it is not clear which."""
    if order.step not in {Step.PACK, Step.UNPACK}:
        return None, goods, []
    if order.parent is not None:
        parent = identities.from_text(order.parent)
        return parent, tuple(g for g in goods if g.key != parent.key), []
    units = [g for g in goods if g.kind == "unit"]
    if len(units) != 1:
        return None, goods, [Message("WRONG_PARENT", {"count": len(units)})]
    return units[0], tuple(g for g in goods if g.key != units[0].key), []


def _right_product(
    order: Order, found: tuple[Identity, ...]
) -> tuple[tuple[Identity, ...], tuple[Identity, ...]]:
    """Those of the ordered product and the others; a receipt keeps all: what has come has come."""
    inputs_read = order.step is Step.TRANSFORM and not order.reads_outputs
    if order.product is None or order.step is Step.RECEIVE or inputs_read:
        return found, ()
    if _is_gtin(order.product):
        gtin = order.product.zfill(14)
        wrong = tuple(i for i in found if (i.gtin is not None and i.gtin != gtin) or _is_own_piece(i))
    else:
        wrong = tuple(i for i in found if i.product_key not in (None, order.product))
    return tuple(i for i in found if i not in wrong), wrong


def _compare(
    order: Order, found: tuple[Identity, ...], identities: Identities
) -> tuple[tuple[str, ...], tuple[str, ...], list[Message]]:
    """The EPCs that are missing and those that are too many, against the list or the number of the order."""
    if order.expected is None:
        if order.expected_count is None or order.expected_count == len(found):
            return (), (), []
        fields = {"expected": order.expected_count, "read": len(found)}
        return (), (), [Message("QTY_MISMATCH", fields)]
    wanted = {identities.from_text(epc).key: epc for epc in order.expected}
    read = {i.key: i.epc for i in found}
    missing = tuple(epc for key, epc in wanted.items() if key not in read)
    extra = tuple(epc for key, epc in read.items() if key not in wanted)
    messages = [
        Message(code, {"count": len(epcs), "epcs": listing(epcs)})
        for code, epcs in (("MISSING", missing), ("EXTRA", extra))
        if epcs
    ]
    return missing, extra, messages


def _said(found: Iterable[Identity], around: Surroundings) -> dict[str, str]:
    """The lots that goods have of themselves, by key: on the label, or else as this station remembers it."""
    lots = {i.key: i.lot_key or around.known(i.key).lot_key for i in found}
    return {key: lot for key, lot in lots.items() if lot is not None}


def _contradiction(
    found: Iterable[Identity], said: Mapping[str, str], order: Order, lot_key: str | None
) -> list[Message]:
    """That goods of the order's product have another lot than the order names: a field of the job before?"""
    if lot_key is None:
        return []
    other = [
        i
        for i in found
        if i.product_key is not None
        and lot_key.startswith(f"{i.product_key}/")
        and said.get(i.key, lot_key) != lot_key
    ]
    if not other:
        return []
    lots = listing(tuple(dict.fromkeys(lot_number(said[i.key]) for i in other)), most=3)
    return [_message("WRONG_LOT", other, order=order.lot, lots=lots)]


def lot_key_of(order: Order, identities: Identities) -> str | None:
    """The canonical key of the lot that the order names, if it names one."""
    if order.product is None or order.lot is None:
        return None
    lot = quote(order.lot, safe="")
    if not _is_gtin(order.product):
        return identities.from_text(f"{order.product}/lot/{lot}").key
    return identities.from_text(f"https://id.gs1.org/01/{order.product.zfill(14)}/10/{lot}").key


def _is_gtin(product: str) -> bool:
    return product.isascii() and product.isdigit() and len(product) in _GTIN


def _is_product(product: str, identities: Identities) -> bool:
    """A GTIN, or the key of a product that a platform gave a code to."""
    if _is_gtin(product):
        return True
    if "/own/product/" not in product:
        return False
    return identities.from_text(product).key == product and identities.from_text(product).kind == "product"


def _is_own_piece(who: Identity) -> bool:
    """An item or lot of a product with an own code."""
    return who.gtin is None and who.product_key is not None and "/own/" in who.product_key


def _blocked(
    order: Order,
    found: tuple[Identity, ...],
    parent: Identity | None,
    lot_key: str | None,
    around: Surroundings,
) -> tuple[list[Message], dict[str, Blocked]]:
    """Messages about what must stop, and why, by key: of the objects, or of a lot or unit of the order."""
    made_here = lot_key if order.step is not Step.TRANSFORM or order.reads_outputs else None
    blocked: dict[str, Blocked] = {}
    expired: dict[str, date] = {}
    names: dict[str, str] = {}
    for who in (*found, *_classes(order, parent, around.identities)):
        known = around.known(who.key)
        own_lot = who.lot_key or known.lot_key or (made_here if who.kind == "item" else None)
        why = _why(around.blocked, (who.key, own_lot), known.unit_key)
        last_day = known.expires or (around.known(own_lot).expires if own_lot else None)
        if last_day is None and own_lot is not None and own_lot == made_here:
            last_day = order.expires
        if why is not None:
            blocked[who.key], names[who.key] = why, who.epc
        elif last_day is not None and last_day < around.today:
            expired[who.key], names[who.key] = last_day, who.epc
    messages = [
        Message(
            "RECALLED" if why.state == "recalled" else "HELD",
            {"case": why.case, "epcs": listing(tuple(names[k] for k, w in blocked.items() if w == why))},
        )
        for why in dict.fromkeys(blocked.values())
    ]
    for day in dict.fromkeys(expired.values()):
        epcs = listing(tuple(names[k] for k, d in expired.items() if d == day))
        messages.append(Message("EXPIRED", {"date": day.isoformat(), "epcs": epcs}))
    return messages, {**blocked, **{k: Blocked("expired", "") for k in expired}}


def _classes(order: Order, parent: Identity | None, identities: Identities) -> Iterable[Identity]:
    """What else of the order can be blocked: its unit, its lots, the inputs of a transformation."""
    if parent is not None:
        yield parent
    for epc in order.input_epcs:
        yield identities.from_text(epc)
    for amount in (*order.quantities, *order.inputs):
        yield identities.from_text(amount.epc_class)


def _why(
    blocked: Callable[[str], Blocked | None], own: Iterable[str | None], unit: str | None
) -> Blocked | None:
    reasons = [why for key in own if key is not None and (why := blocked(key)) is not None]
    around = blocked(unit) if unit is not None else None
    if around is not None and not around.carries:
        reasons.append(around)
    recalled = [why for why in reasons if why.state == "recalled"]
    return recalled[0] if recalled else reasons[0] if reasons else None

"""Random histories of few objects at few instants, so that ties, reuse and cycles are frequent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from suyuan.trace.lineage.contract import CrossContamination, Options, Suspect, WhatIf
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

from .stories import BAKERY, DOCK, FARM, MILL, OVEN, SHOP, at, clock, item, lot, unit

ITEMS = tuple(item(serial) for serial in "ABCD")
UNITS = (unit(1), unit(2), unit(3))
LOTS = (lot("FLOUR"), lot("DOUGH"), lot("BREAD"))
LOOSE = (lot("MILK"), lot("HONEY"))  # lots of which no instance is ever told: they lie in portions
PARTIES = ("acme", "other")
PLACES = (FARM, MILL, DOCK, BAKERY, OVEN)
STALLS = (FARM, MILL, DOCK, SHOP)
INSTANCES = (*ITEMS, *UNITS)
LOT_OF = {ITEMS[0]: LOTS[0], ITEMS[1]: LOTS[0], ITEMS[2]: LOTS[1], ITEMS[3]: LOTS[2]}
OWNER = {MILL: "miller", DOCK: "docker", BAKERY: "baker"}
TYPES = ("ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent")
STEPS = (None, "shipping", "departing", "retail_selling", "destroying", "receiving", "arriving")
DISPOSITIONS = (None, None, None, "in_transit", "retail_sold", "destroyed")
AMOUNTS = (None, 1.0, 2.0, 5.0, 10.0)
DEALS = (
    *(
        "ship",
        "receive",
        "pack",
        "unpack",
        "sell",
        "pack",
        "unpack",
        "cook",
        "ship",
        "receive",
        "stir",
        "depart",
    ),
    *("pack", "unpack", "cook", "burn crate", "burn crate", "sell crate", "arrive", "shelve", "grow", "burn"),
    *("write off", "stack", "move"),
)
JOURNEYS = (
    ("ship", "receive"),
    ("depart", "ship", "receive"),
    ("ship", "arrive", "receive"),
    ("depart", "ship", "arrive", "receive"),
    ("receive", "arrive"),
    ("arrive", "receive"),
)
WORDS = {  # of a deal: type, action, bizStep
    "grow": ("ObjectEvent", "ADD", None),
    "pack": ("AggregationEvent", "ADD", "packing"),
    "unpack": ("AggregationEvent", "DELETE", None),
    "stir": ("TransformationEvent", None, None),
    "cook": ("TransformationEvent", None, None),
    "ship": ("ObjectEvent", "OBSERVE", "shipping"),
    "depart": ("ObjectEvent", "OBSERVE", "departing"),
    "receive": ("ObjectEvent", "OBSERVE", "receiving"),
    "arrive": ("ObjectEvent", "OBSERVE", "arriving"),
    "shelve": ("ObjectEvent", "OBSERVE", "stocking"),
    "sell": ("ObjectEvent", "OBSERVE", "retail_selling"),
    "burn": ("ObjectEvent", "DELETE", "destroying"),
    "write off": ("ObjectEvent", "DELETE", None),
    "stack": ("AggregationEvent", "ADD", None),
    "move": ("ObjectEvent", "OBSERVE", None),
    "sell crate": ("ObjectEvent", "DELETE", "retail_selling"),
    "burn crate": ("ObjectEvent", "DELETE", "destroying"),
}
LAST_HOUR = 6

T = TypeVar("T")

hours = st.integers(min_value=0, max_value=LAST_HOUR)
instances = st.sampled_from(INSTANCES).map(Holding)


def destinations(of: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Half of all shipments have none; a destinationList names places, parties or both."""
    return st.one_of(st.just(()), st.lists(st.sampled_from((*of, *PARTIES)), max_size=2).map(tuple))


@st.composite
def amounts(draw: st.DrawFn) -> Holding:
    quantity = draw(st.sampled_from(AMOUNTS))
    uom = None if quantity is None else draw(st.sampled_from(("KGM", "KGM", "KGM", None)))
    return Holding(draw(st.sampled_from(LOTS)), quantity, uom, is_class=True)


def some_holdings(most: int, least: int = 0) -> st.SearchStrategy[tuple[Holding, ...]]:
    named = st.lists(
        st.one_of(instances, amounts()), min_size=least, max_size=most, unique_by=lambda h: h.key
    )
    return named.map(tuple)


def maybe(of: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.one_of(st.none(), of)


@st.composite
def occurrences(draw: st.DrawFn, number: int) -> Occurrence:
    kind = draw(st.sampled_from(TYPES))
    hour = draw(hours)
    told = Occurrence(
        evidence=f"e{number}",
        party=draw(st.sampled_from(PARTIES)),
        type=kind,
        time=clock(hour),
        record_time=clock(draw(hours)),
        sequence=draw(st.integers(min_value=0, max_value=2)),
        event_id=draw(maybe(st.sampled_from(("id1", "id2", "id3")))),
        action=None,
        biz_step=draw(st.sampled_from(STEPS)),
        disposition=draw(st.sampled_from(DISPOSITIONS)),
        read_point=draw(maybe(st.sampled_from(PLACES))),
        biz_location=draw(maybe(st.sampled_from(PLACES))),
        destinations=draw(destinations(PLACES)),
        basis=draw(st.sampled_from((Basis.READ, Basis.TYPED, Basis.TOLD))),
        declared_wrong_at=clock(hour) if draw(st.integers(0, 19)) == 7 else None,
    )
    if kind == "TransformationEvent":
        told = replace(
            told,
            inputs=draw(some_holdings(3)),
            outputs=draw(some_holdings(2)),
            transformation_id=draw(maybe(st.sampled_from(("t1", "t2")))),
        )
    else:
        told = replace(told, action=draw(st.sampled_from(("ADD", "ADD", "OBSERVE", "DELETE"))))
        if kind in ("AggregationEvent", "AssociationEvent"):
            told = replace(
                told,
                # A tank is a place, too; a lot that is a container may come to be in itself.
                parent=draw(st.sampled_from((*UNITS, ITEMS[0], BAKERY, LOTS[0], LOOSE[0]))),
                children=draw(some_holdings(3)),
            )
        else:
            told = replace(told, what=draw(some_holdings(2, 1)))
            if kind == "TransactionEvent":
                told = replace(told, parent=draw(maybe(st.sampled_from(UNITS))))
    return replace(told, lot_of=tuple(draw(lots_told(told))))


@st.composite
def lots_told(draw: st.DrawFn, told: Occurrence) -> list[tuple[str, str]]:
    """Most often the lot that everybody knows; now and then another."""
    named = {h.key for h in (*told.what, *told.children, *told.inputs, *told.outputs) if not h.is_class}
    pairs: list[tuple[str, str]] = []
    for key in sorted(named & set(ITEMS)):
        choice = draw(st.integers(0, 7))
        if choice < 6:
            pairs.append((key, LOT_OF[key] if choice else draw(st.sampled_from(LOTS))))
    return pairs


@st.composite
def weights(draw: st.DrawFn, *, always: bool = False) -> Holding:
    """Of a loose lot, mostly of the same and in its unit; ``always`` stated."""
    quantity = draw(st.sampled_from((2.0, 1.0, 5.0, 10.0)))
    odd = 0 if always else draw(st.integers(0, 9))
    key = LOOSE[draw(st.integers(0, 7)) == 7]
    if odd >= 8:
        return Holding(key, None, None, is_class=True)
    return Holding(key, quantity, "LTR" if odd == 7 else "KGM", is_class=True)


@st.composite
def deals(draw: st.DrawFn, number: int, deal: str | None = None) -> Occurrence:
    """One deal with loose goods: made, packed, sent, received, sold, used, thrown away.

    Mostly one after the other by the hour, since goods are received after they were sent.
    """
    first = deal is not None  # fixed ones begin a history
    deal = deal or draw(st.sampled_from(DEALS))
    kind, action, step = WORDS[deal]
    hour = min(number, LAST_HOUR) if first or draw(st.integers(0, 3)) < 3 else draw(hours)
    place, origin = draw(st.sampled_from((*STALLS, None))), draw(st.sampled_from((*STALLS, None)))
    if deal in ("unpack", "sell crate", "burn crate") and draw(st.integers(0, 2)) == 2:
        place = origin = None  # where the crate is, whoever opens it may not say
    leaving = deal in ("ship", "depart")
    done = Occurrence(
        evidence=f"e{number}",
        party=draw(st.sampled_from(PARTIES)),
        type=kind,
        time=clock(hour),
        record_time=clock(draw(hours)),
        event_id=draw(maybe(st.sampled_from(("id1", "id2", "id3")))),
        action=action,
        biz_step=step,
        disposition="in_transit" if draw(st.integers(0, 15)) == 15 else None,
        read_point=origin,
        biz_location=None if leaving and draw(st.integers(0, 7)) < 7 else place,
        destinations=draw(destinations(STALLS)) if leaving else (),
        declared_wrong_at=clock(hour) if draw(st.integers(0, 29)) == 29 else None,
    )
    crate = UNITS[max(0, draw(st.integers(0, 9)) - 7)]  # mostly the first
    goods = (
        Holding(LOOSE[0], 20.0, "KGM", is_class=True) if first else draw(weights(always=deal == "grow")),
    )
    if deal in ("stir", "cook"):
        inputs = (
            goods if deal == "stir" else draw(st.sampled_from(((Holding(crate),), (*goods, Holding(crate)))))
        )
        return replace(
            done, inputs=inputs, outputs=draw(st.sampled_from(((), (draw(weights(always=True)),))))
        )
    if deal == "stack":
        return replace(done, parent=crate, children=(Holding(draw(st.sampled_from(UNITS))),))
    if deal == "unpack":
        return replace(done, parent=crate, children=draw(st.sampled_from((goods, goods, ()))))
    if deal == "pack":
        action = "OBSERVE" if draw(st.integers(0, 7)) == 7 else "ADD"
        return replace(done, parent=crate, children=goods, action=action)
    if deal in ("move", "sell crate", "burn crate"):
        return replace(done, what=(Holding(crate),))
    if draw(st.integers(0, 5)) == 5:
        goods = (*goods, Holding(crate))  # an amount beside the crate that may hold it
    return replace(done, what=goods, type="TransactionEvent" if draw(st.integers(0, 15)) == 15 else kind)


@dataclass(frozen=True, slots=True)
class Leg:
    """What one of those who see an amount on its way tells of it."""

    deal: str
    amount: Holding
    origin: str | None
    target: str | None
    destinations: tuple[str, ...]

    def told(self, deal: Occurrence) -> Occurrence:
        told = replace(deal, what=(self.amount,))
        if self.deal in ("ship", "depart"):
            return replace(told, read_point=self.origin, biz_location=None, destinations=self.destinations)
        return replace(told, biz_location=self.target)


@st.composite
def journeys(draw: st.DrawFn) -> list[Leg]:
    """An amount goes from one place to another; the carrier, the sender and the receiver tell of it.

    Mostly all tell the same amount, and of destinations only the sender.
    """
    origin, target = draw(st.sampled_from(STALLS)), draw(st.sampled_from(STALLS))
    amount = draw(st.sampled_from((2.0, 5.0, 10.0)))
    meant = draw(st.sampled_from(((), (target,), (target,), ("acme",), (draw(st.sampled_from(STALLS)),))))
    legs: list[Leg] = []
    for deal in draw(st.sampled_from(JOURNEYS)):
        its = draw(st.sampled_from((amount, amount, amount, amount / 2, amount + 1, None)))
        holding = Holding(LOOSE[0], its, None if its is None else "KGM", is_class=True)
        legs.append(Leg(deal, holding, origin, target, meant if deal == "ship" else ()))
    return legs


@st.composite
def trades(draw: st.DrawFn, most: int = 12) -> list[Occurrence]:
    """Loose goods over few places; now and then anything else happens too."""
    begin = [draw(deals(0, "grow"))]
    if draw(st.booleans()):
        begin.append(draw(deals(1, "pack")))
    strange = draw(st.sampled_from((False, False, True)))
    under_way = draw(st.lists(journeys(), max_size=2))
    for number in range(len(begin), draw(st.integers(min_value=len(begin), max_value=most))):
        waiting = [legs for legs in under_way if legs]
        legs = draw(st.sampled_from([*waiting, *waiting, []]))
        if legs:
            leg = legs.pop(0)
            begin.append(leg.told(draw(deals(number, leg.deal))))
        else:
            begin.append(draw(occurrences(number) if strange and draw(st.booleans()) else deals(number)))
    if draw(st.integers(0, 3)) == 3:  # half days instead of hours: an arrival is not confirmed for ever
        return [replace(told, time=clock(0) + 12 * (told.time - clock(0))) for told in begin]
    return begin


@st.composite
def wild_histories(draw: st.DrawFn, most: int = 9) -> list[Occurrence]:
    count = draw(st.integers(min_value=1, max_value=most))
    return [draw(occurrences(number)) for number in range(count)]


@st.composite
def circles_of_lots(draw: st.DrawFn) -> list[Occurrence]:
    """Whatever is told of may be said to be of any other, or of itself: no event can, but it must end."""
    history = draw(wild_histories())
    pairs = st.tuples(st.sampled_from(INSTANCES), st.sampled_from((*INSTANCES, *LOTS)))
    return [replace(told, lot_of=draw(st.lists(pairs, max_size=2).map(tuple))) for told in history]


def histories(most: int = 9) -> st.SearchStrategy[list[Occurrence]]:
    return st.one_of(wild_histories(most), trades(most + 3), trades(most + 3))


@st.composite
def windows(draw: st.DrawFn) -> tuple[int | None, int | None]:
    start, end = draw(maybe(hours)), draw(maybe(hours))
    if start is not None and end is not None and start >= end:
        return start, None
    return start, end


@st.composite
def suspects(draw: st.DrawFn) -> Suspect:
    since, until = draw(windows())
    return Suspect(draw(st.sampled_from((*INSTANCES, *LOTS, *LOOSE, *PLACES))), at(since), at(until))


@st.composite
def suppositions(draw: st.DrawFn) -> WhatIf:
    crossed: list[CrossContamination] = []
    for key in draw(st.lists(st.sampled_from((*UNITS, *PLACES)), max_size=2)):
        since, until = draw(windows())
        crossed.append(CrossContamination(key, at(since), at(until)))
    kill = draw(st.sets(st.sampled_from(("e0", "e1", "e2", *PLACES)), max_size=1))
    return WhatIf(tuple(crossed), frozenset(kill))


@st.composite
def questions(draw: st.DrawFn) -> Options:
    known = draw(maybe(hours))
    return Options(
        direction=draw(st.sampled_from(("forward", "backward"))),
        known_at=None if known is None or draw(st.booleans()) else clock(known),
        depth=draw(st.sampled_from((None, None, None, 0, 1, 2))),
        what_if=draw(st.one_of(st.just(WhatIf()), suppositions())),
        certain_only=draw(st.integers(0, 9)) == 9,
    )

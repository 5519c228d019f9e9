"""The network of lots on which sources are ranked, out of what is on record.

A lot is a row for each site where it was: made there, or brought there. What went on is counted in pieces
where a lot has pieces, else in its own unit; so that amounts can be compared along a chain, a lot in another
unit than mass or volume counts as much as went into it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.incident.lots import Flow, TracedLot
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.journey import along, checkpoints
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.records import Consumption, Containment
from suyuan.trace.lineage.statement import Statement, holdings, moment, packs, says_sold

_MEASURES = ("KGM", "LTR")
_BRINGS = frozenset({"receiving", "arriving", "accepting", "unpacking", "storing"})


@dataclass(frozen=True, slots=True)
class Stay:
    """A lot at a site: what one row of the network stands for."""

    lot: str
    place: str


@dataclass(frozen=True, slots=True)
class Around:
    """What history does not tell: whose a place is, the zone of days, and what may be seen.

    ``sees`` says of the evidence key of an event whether whoever asks may know of it.
    """

    owner: Callable[[str], str | None]
    zone: tzinfo
    sees: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Lots and flows as :func:`suyuan.trace.incident.lots.lay_out` takes them; ``stays`` by their ids.

    ``lot_of``: the lots of those of the keys that are pieces.
    """

    lots: tuple[TracedLot, ...]
    flows: tuple[Flow, ...]
    stays: Mapping[str, Stay]
    lot_of: Mapping[str, str]
    doubts: tuple[Problem, ...] = ()


def recorded_lots(history: History, keys: Iterable[str], around: Around) -> Recorded:
    """The lots that ``keys`` are or belong to, wherever they were, and what was made of them.

    A lot that is only made of them stands where it was made, as far as it took something up. The work is that
    of the events that name the lots, their pieces and the containers of these.
    """
    gathered = _Gathered(history, around)
    lot_of = {key: lot for key in keys if (lot := gathered.lot_of(key)) is not None}
    for lot in dict.fromkeys(lot_of.values()):
        gathered.take(lot)
    for lot in list(gathered.lots):
        gathered.consume(lot)
    return gathered.laid_out(lot_of)


@dataclass(slots=True)
class _At:
    """A lot at a site: since when, how much came or was made there, how much of it was sold there."""

    since: int
    party: str
    amount: float | None = None
    sold: float = 0.0


@dataclass(slots=True)
class _Lot:
    """A lot in the making. ``moved`` and ``used`` are amounts in its unit, None where nobody said."""

    key: str
    unit: str | None = None
    made: float | None = None
    at: dict[str, _At] = field(default_factory=dict[str, _At])
    moved: dict[tuple[str, str], float | None] = field(default_factory=dict[tuple[str, str], "float | None"])
    used: dict[tuple[str, str], float | None] = field(default_factory=dict[tuple[str, str], "float | None"])

    @property
    def first(self) -> str:
        """The site where it was first."""
        return next(iter(self.at))


@dataclass(slots=True)
class _Loose:
    """Where loose goods were told last, and what is on its way: destination -> from where, how much."""

    here: str = ""
    sent: dict[str, tuple[str, float | None]] = field(default_factory=dict[str, "tuple[str, float | None]"])


class _Gathered:
    """Lots as they are gathered from one history."""

    def __init__(self, history: History, around: Around) -> None:
        self._history = history
        self._around = around
        self._backward = 0
        self.lots: dict[str, _Lot] = {}

    def lot_of(self, key: str) -> str | None:
        """The lot that a key is or belongs to, or itself; None of a place or a mere container."""
        if (found := self._history.lots.get(key)) is not None:
            return found[0]
        kind = _kind(key)
        if kind in ("place", "product") or (kind == "unit" and key not in self._history.productions):
            return None
        return key if key in self._history.births else None

    def take(self, key: str) -> None:
        """Where a lot was, and what of it went from one site to another."""
        if key in self.lots:
            return
        lot = _Lot(key)
        pieces = self._history.instances.get(key, {}) if self._history.is_class(key) else {key: None}
        for piece in pieces:
            self._follow_piece(lot, piece)
        if not pieces:
            self._follow_amounts(lot)
        produced = self._history.produced(key)
        if pieces:
            lot.made = float(len(pieces))
        elif produced is not None:
            lot.made, lot.unit = produced.quantity, produced.uom
        if lot.at:
            self.lots[key] = lot

    def _seen(self, key: str) -> Iterator[tuple[Statement, str | None]]:
        return (one for one in checkpoints(self._history, key) if self._around.sees(_evidence(one[0])))

    def _follow_piece(self, lot: _Lot, piece: str) -> None:
        here, been = "", set[str]()
        for told, _ in self._seen(piece):
            if told.place is not None and (there := site(told.place)) != here:
                stay = _stay(lot, there, told)
                if there not in been:
                    stay.amount = (stay.amount or 0.0) + 1
                    if here:
                        lot.moved[here, there] = (lot.moved.get((here, there)) or 0.0) + 1
                been.add(there)
                here = there
            if here and says_sold(told.occurrence):
                lot.at[here].sold += 1

    def _follow_amounts(self, lot: _Lot) -> None:
        """Loose goods: what was told of the lot itself, and each container that some of it travelled in."""
        loose = _Loose()
        for told in self._history.naming.get(lot.key, ()):
            if self._around.sees(_evidence(told)):
                self._follow_statement(lot, told, loose)
        for containment in self._history.containers_of.get(lot.key, ()):
            if containment.inside is not None:
                self._follow_container(lot, containment)
        coming: defaultdict[str, list[float | None]] = defaultdict(list)
        for (_, there), amount in lot.moved.items():
            coming[there].append(amount)
        for there, amounts in coming.items():
            lot.at[there].amount = None if None in amounts else math.fsum(filter(None, amounts))

    def _follow_statement(self, lot: _Lot, told: Statement, loose: _Loose) -> None:
        said, quantity = told.occurrence, self._quantity(lot.key, told)
        if told.leaves:
            origin = site(said.read_point) if said.read_point is not None else loose.here
            if origin in lot.at:
                loose.sent.update({site(to): (origin, quantity) for to in said.destinations})
        elif told.place is not None:
            there = site(told.place)
            is_new = there not in lot.at
            stay = _stay(lot, there, told)
            comes = loose.here and there != loose.here and not packs(said)
            if comes and (is_new or said.biz_step in _BRINGS):
                origin, shipped = loose.sent.pop(there, (loose.here, None))
                _add(lot.moved, (origin, there), shipped if quantity is None else quantity)
            if says_sold(said):
                stay.sold += quantity or 0.0
            loose.here = there

    def _follow_container(self, lot: _Lot, containment: Containment) -> None:
        begun = containment.begun
        if not self._around.sees(_evidence(begun)):
            return
        here = next(iter(lot.at), "") if begun.place is None else site(begun.place)
        been = {here}
        inside = None if containment.inside is None else containment.inside.peak()
        quantity = self._in_unit(lot.key, inside)
        for told, _ in sorted(along(self._history, containment), key=lambda one: one[0].position):
            if told.place is None or not self._around.sees(_evidence(told)):
                continue
            there = site(told.place)
            _stay(lot, there, told)
            if there not in been and here in lot.at:
                _add(lot.moved, (here, there), quantity)
            been.add(there)
            here = there

    def _quantity(self, lot: str, told: Statement) -> float | None:
        """How much of a lot a statement names."""
        amounts = [
            None if one.quantity is None else Amount(one.quantity, one.uom)
            for one in holdings(told.occurrence)
            if one.key == lot and one.is_class
        ]
        return self._in_unit(lot, total(amounts) if amounts else None)

    def _in_unit(self, lot: str, found: Amount | None) -> float | None:
        """An amount in the unit of the lot."""
        if found is None:
            return None
        produced = self._history.produced(lot)
        return found.quantity if produced is None or produced.uom == found.uom else None

    def consume(self, key: str) -> None:
        """What of a lot went into others; those that are not among them yet are so from here on."""
        lot = self.lots[key]
        pieces = self._history.instances.get(key, {}) if self._history.is_class(key) else {}
        for name in (key, *pieces):
            for consumption in self._history.consumptions.get(name, ()):
                if (
                    consumption.counts
                    and not consumption.possible
                    and self._around.sees(_evidence(consumption.by))
                ):
                    self._use(lot, name, consumption)

    def _use(self, lot: _Lot, name: str, consumption: Consumption) -> None:
        place = consumption.by.place
        here = site(place) if place is not None and site(place) in lot.at else next(reversed(lot.at))
        amount: float | None = 1.0  # a piece
        if name == lot.key and self._history.is_class(name):
            told = total(consumption.amounts) if consumption.amounts else None
            amount = None if told is None else told.quantity
        made: defaultdict[str, float] = defaultdict(float)
        for production in consumption.group.productions:
            into = self.lot_of(production.key)
            if into is None or not self._around.sees(_evidence(production.by)):
                continue
            if into not in self.lots:
                self._stand(into, production.by)
            quantity = total(production.amounts) if production.amounts else None
            made[into] += 1.0 if quantity is None else quantity.quantity
        whole = sum(made.values())
        for into, part in made.items():
            if into in self.lots and into != lot.key and whole > 0:
                _add(lot.used, (here, into), None if amount is None else amount * part / whole)

    def _stand(self, key: str, told: Statement) -> None:
        """A lot of which only its making matters."""
        if told.place is None:
            return
        lot = _Lot(key)
        _stay(lot, site(told.place), told)
        produced = self._history.produced(key)
        if produced is not None:
            lot.made, lot.unit = produced.quantity, produced.uom
        self.lots[key] = lot

    def laid_out(self, lot_of: Mapping[str, str]) -> Recorded:
        """Everything in one measure."""
        factors = self._factors()
        lots: list[TracedLot] = []
        flows: list[Flow] = []
        stays: dict[str, Stay] = {}
        for lot in self.lots.values():
            for place, at in lot.at.items():
                name = _id(lot, place)
                stays[name] = Stay(lot.key, place)
                size = lot.made if place == lot.first and lot.made is not None else at.amount
                lots.append(self._row(lot, place, size, factors[lot.key]))
            flows += self._flows(lot, factors[lot.key])
        doubts: list[Problem] = []
        if self._backward:
            told = "{count} flows lead back in time; they are left out."
            doubts.append(
                Problem("", told, {"count": str(self._backward)}, "Compare the times of the events.")
            )
        return Recorded(tuple(lots), tuple(flows), stays, lot_of, tuple(doubts))

    def _row(self, lot: _Lot, place: str, size: float | None, factor: float) -> TracedLot:
        at = lot.at[place]
        return TracedLot(
            _id(lot, place),
            place,
            self._day(at.since),
            supplier=self._around.owner(place) or at.party,
            product=_product(lot.key),
            size=None if size is None else size * factor,
            sold=at.sold * factor if at.sold else None,
        )

    def _day(self, at: int) -> date | None:
        found = moment(at)
        return None if found is None else found.astimezone(self._around.zone).date()

    def _flows(self, lot: _Lot, factor: float) -> Iterator[Flow]:
        for (here, there), amount in lot.moved.items():
            if lot.at[here].since > lot.at[there].since:
                self._backward += 1
            else:
                yield Flow(_id(lot, here), _id(lot, there), None if amount is None else amount * factor)
        for (here, into), amount in lot.used.items():
            other = self.lots[into]
            if lot.at[here].since > other.at[other.first].since:
                self._backward += 1
            else:
                yield Flow(
                    _id(lot, here), _id(other, other.first), None if amount is None else amount * factor
                )

    def _factors(self) -> Mapping[str, float]:
        """How much of the common measure one unit of each lot is."""
        came: defaultdict[str, list[float | None]] = defaultdict(list)
        factors: dict[str, float] = {}
        for lot in sorted(self.lots.values(), key=lambda one: one.at[one.first].since):
            inputs = came[lot.key]
            known = [amount for amount in inputs if amount is not None]
            factor = 1.0
            if lot.unit not in _MEASURES and inputs and len(known) == len(inputs) and lot.made:
                factor = sum(known) / lot.made or 1.0
            factors[lot.key] = factor
            for (_, into), amount in lot.used.items():
                came[into].append(None if amount is None else amount * factor)
        return factors


def _stay(lot: _Lot, place: str, told: Statement) -> _At:
    found = lot.at.get(place)
    if found is None:
        found = lot.at[place] = _At(told.at, told.occurrence.party)
    elif told.at < found.since:
        found.since = told.at
    return found


def _add(amounts: dict[tuple[str, str], float | None], of: tuple[str, str], more: float | None) -> None:
    """Sum what is known; what nobody said makes all of it unknown."""
    if of in amounts:
        before = amounts[of]
        amounts[of] = None if before is None or more is None else before + more
    else:
        amounts[of] = more


def _id(lot: _Lot, place: str) -> str:
    """The lot's own key where it was first; else with the place."""
    return lot.key if place == lot.first else f"{lot.key} {place}"


def _evidence(told: Statement) -> str:
    return told.occurrence.evidence


def _kind(key: str) -> str:
    try:
        return identify(key).kind
    except IdentifierError:
        return "other"


def _product(key: str) -> str:
    """The product of a lot or piece; nothing where its key tells none."""
    before, found, _ = key.partition("/10/")
    return before if found else key.partition("/21/")[0] if "/21/" in key else ""


def rows_of(
    recorded: Recorded,
    goods: Sequence[str],
    places: Sequence[str] = (),
    *,
    since: date | None = None,
    until: date | None = None,
) -> Sequence[str]:
    """The ids of rows of these lots or products at these sites; empty where nothing narrows them down.

    Where nothing of them was at the places, or none is named, rows from which nothing of the same lot went
    on. ``until``: what came later is left out; ``since`` alone narrows nothing, since goods stay on shelves.
    """
    if not goods and since is None and until is None:
        return ()
    day_of = {lot.id: lot.day for lot in recorded.lots}
    product_of = {lot.id: lot.product for lot in recorded.lots}
    wanted = {recorded.lot_of.get(key, key) for key in goods}
    rows = [
        name
        for name, stay in recorded.stays.items()
        if (not goods or stay.lot in wanted or product_of[name] in wanted)
        and (until is None or (day := day_of[name]) is None or day <= until)
    ]
    there = [name for name in rows if recorded.stays[name].place in set(places)]
    if there or not goods:
        return there
    stays = recorded.stays
    on = {one.out_of for one in recorded.flows if stays[one.out_of].lot == stays[one.into].lot}
    return [name for name in rows if name not in on] or rows

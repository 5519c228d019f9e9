"""Lots as they are gathered from lineage, some at a time, so that whoever keeps it is not held up.

Where each lot was, what of it went from one site to another, and what went into others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.journey import in_hand
from suyuan.trace.lineage.kept import Packing, Things, Use
from suyuan.trace.lineage.kept.things import Checkpoint
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.statement import Statement, holdings, packs, says_sold

_BRINGS = frozenset({"receiving", "arriving", "accepting", "unpacking", "storing"})
_AT_ONCE = 256
"""Pieces, lots or keys of one step: some hundredths of a second."""


def anything(_: str) -> bool:
    """Whoever sees everything need not ask who told it."""
    return True


@dataclass(slots=True)
class GatheredStay:
    """A lot at a site: since when, how much came or was made there, how much of it was sold there."""

    since: int
    party: str
    amount: float | None = None
    sold: float = 0.0


@dataclass(slots=True)
class GatheredLot:
    """A lot with the sites where it was. ``moved`` and ``used`` are in its unit, None where nobody said."""

    key: str
    unit: str | None = None
    made: float | None = None
    at: dict[str, GatheredStay] = field(default_factory=dict[str, GatheredStay])
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


class Gathering:
    """The lots that ``keys`` are or belong to, and those that were made of them.

    ``lots`` by their keys; ``lot_of`` those of ``keys``. ``sees`` says of the evidence key of an event
    whether whoever asks may know of it, ``others`` of one in sight whether somebody else told it. The work is
    that of the events that name the lots, their pieces and the containers of these.
    """

    def __init__(
        self, keys: Iterable[str], sees: Callable[[str], bool], others: Callable[[str], bool] = anything
    ) -> None:
        self.lots: dict[str, GatheredLot] = {}
        self.lot_of: dict[str, str] = {}
        self._sees, self._others = sees, others
        self._things: Things
        self._hand: tuple[str, frozenset[str]] = "", frozenset()  # of one thing: what is in sight of it
        self._put_in: dict[str, bool] = {}  # per lot whether all that was put into containers is in sight
        self._steps = self._gather(tuple(keys))

    def go_on(self, things: Things) -> bool:
        """Gather some more, and say whether there may be more yet.

        More may be on record by then: each lot is as it was known when it was come to.
        """
        self._things = things
        return sum(1 for _ in islice(self._steps, _AT_ONCE)) == _AT_ONCE

    def _gather(self, keys: Iterable[str]) -> Iterator[None]:
        for key in keys:
            if (lot := self._lot_of(key)) is not None:
                self.lot_of[key] = lot
            yield
        for key in dict.fromkeys(self.lot_of.values()):
            yield from self._take(key)
        for taken in tuple(self.lots.values()):
            yield from self._consume(taken)

    def _lot_of(self, key: str) -> str | None:
        """The lot that a key is or belongs to, or itself; None of a place or a mere container."""
        if (found := self._things.lot_of(key)) is not None:
            return found
        kind = _kind(key)
        if kind in ("place", "product") or (kind == "unit" and self._things.first_made(key) is None):
            return None
        return key if self._things.is_born(key) else None

    def _take(self, key: str) -> Iterator[None]:
        """Where a lot was, and what of it went from one site to another."""
        pieces, begun = self._pieces_of(key), 0
        lot = GatheredLot(key, None if pieces else self._unit_of(key))
        for some in _together(pieces):
            for journey in self._things.checkpoints(some).values():
                self._follow_piece(lot, self._in_hand(journey))
                begun += self._saw_begin(told for told, through in journey if through is None)
                yield
        if not pieces:
            self._follow_amounts(lot)
        if lot.at:
            self.lots[key] = lot
            self._measure(lot, pieces, begun)
        yield

    def _measure(self, lot: GatheredLot, pieces: Sequence[str], begun: int) -> None:
        """How much of it there ever was: whoever did not see all of it come about is not told."""
        if pieces:
            lot.made = float(begun) if begun == len(pieces) else None
        elif self._saw_made(lot.key):
            lot.made = _in_unit(lot, self._things.produced(lot.key))

    def _unit_of(self, lot: str) -> str | None:
        """The unit in which all of a lot was made; for who did not see that, the first in sight."""
        naming = [told for told in self._things.naming(lot) if self._sees(_evidence(told))]
        produced = self._things.produced(lot)
        if produced is not None and self._saw_made(lot):
            return produced.uom
        told = (one for statement in naming for one in holdings(statement.occurrence))
        return next((one.uom for one in told if one.key == lot and one.quantity is not None), None)

    def _saw_begin(self, naming: Iterable[Statement]) -> bool:
        """Whether the first of the statements that name a piece is in sight."""
        return any(self._sees(_evidence(told)) for told in islice(naming, 1))

    def _saw_made(self, lot: str) -> bool:
        told = [one.occurrence for one in self._things.naming(lot)]
        making = [
            one
            for one in told
            if (one.type == "ObjectEvent" and one.action == "ADD")
            or any(output.key == lot for output in one.outputs)
        ]
        return all(self._sees(one.evidence) for one in making or told)

    def _in_hand(self, journey: Sequence[Checkpoint], *known: str) -> Iterator[Statement]:
        return in_hand(journey, self._sees, self._others, *known)

    def _pieces_of(self, key: str) -> tuple[str, ...]:
        """The pieces of a lot; what is none is one."""
        return tuple(sorted(self._things.pieces(key))) if self._things.is_class(key) else (key,)

    def _follow_piece(self, lot: GatheredLot, seen: Iterable[Statement]) -> None:
        here, been = "", set[str]()
        for told in seen:
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

    def _follow_amounts(self, lot: GatheredLot) -> None:
        """Loose goods: what was told of the lot itself, and each container that some of it travelled in."""
        loose = _Loose()
        for told in self._things.naming(lot.key):
            if self._sees(_evidence(told)):
                self._follow_statement(lot, told, loose)
        for packing in self._things.packings(lot.key):
            self._follow_container(lot, packing)
        coming: defaultdict[str, list[float | None]] = defaultdict(list)
        for (_, there), amount in lot.moved.items():
            coming[there].append(amount)
        for there, amounts in coming.items():
            lot.at[there].amount = None if None in amounts else sum(filter(None, amounts))

    def _follow_statement(self, lot: GatheredLot, told: Statement, loose: _Loose) -> None:
        said, quantity = told.occurrence, _quantity(lot, told)
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
            if is_new:
                stay.amount = quantity
            if says_sold(said):
                stay.sold += quantity or 0.0
            loose.here = there

    def _follow_container(self, lot: GatheredLot, packing: Packing) -> None:
        begun = packing.begun
        if not self._sees(_evidence(begun)):
            return
        here = next(iter(lot.at), "") if begun.place is None else site(begun.place)
        been = {here}
        along = sorted(packing.along, key=lambda one: one[0].position)
        is_whole = self._saw_put_in(lot.key, (told for told, _ in along))
        quantity = _in_unit(lot, packing.peak) if is_whole else None
        for told in self._in_hand(along, begun.occurrence.parent or ""):
            if told.place is None:
                continue
            there = site(told.place)
            _stay(lot, there, told)
            if there not in been and here in lot.at:
                _add(lot.moved, (here, there), quantity)
            been.add(there)
            here = there

    def _saw_put_in(self, lot: str, told: Iterable[Statement]) -> bool:
        """Whether all that was put into containers of it is in sight: else how much that was is not told."""
        return all(
            self._sees(_evidence(one))
            for one in told
            if packs(one.occurrence) and any(child.key == lot for child in one.occurrence.children)
        )

    def _consume(self, lot: GatheredLot) -> Iterator[None]:
        """What of a lot went into others; those that are not among them yet are so from here on."""
        for some in _together(tuple(dict.fromkeys((lot.key, *self._pieces_of(lot.key))))):
            for name, uses in self._things.uses(some).items():
                for use in uses:
                    if self._saw_used(name, use.by):
                        yield from self._use(lot, name, use)
                yield

    def _saw_used(self, key: str, by: Statement) -> bool:
        """Whether a statement in sight says so: of what it does not name itself, as :meth:`_in_hand` does."""
        if not self._sees(_evidence(by)):
            return False
        if self._others(_evidence(by)) or _takes_in(by, key):
            return True
        if self._hand[0] != key:
            journey = self._things.checkpoints([key])[key]
            self._hand = key, frozenset(map(_evidence, self._in_hand(journey)))
        return _evidence(by) in self._hand[1]

    def _saw_amount(self, lot: str, by: Statement) -> bool:
        """Whether how much a statement took in of a lot follows from what is in sight."""
        if _takes_in(by, lot):
            return True
        if lot not in self._put_in:
            self._put_in[lot] = self._saw_put_in(lot, self._things.naming(lot))
        return self._put_in[lot]

    def _use(self, lot: GatheredLot, name: str, use: Use) -> Iterator[None]:
        place = use.by.place
        here = site(place) if place is not None and site(place) in lot.at else next(reversed(lot.at))
        amount: float | None = 1.0  # a piece
        if name == lot.key and self._things.is_class(name):
            amount = _in_unit(lot, total(use.amounts)) if self._saw_amount(name, use.by) else None
        made: defaultdict[str, list[Amount | None]] = defaultdict(list)
        for output in use.outputs:
            into = self._lot_of(output.key)
            if into is None or not self._sees(_evidence(output.by)):
                continue
            if into not in self.lots:
                yield from self._stand(into, output.by)
            made[into].append(output.amount)
        for into, part in _parts(made).items():
            if into in self.lots and into != lot.key and part != 0:
                _add(lot.used, (here, into), None if amount is None or part is None else amount * part)

    def _stand(self, key: str, told: Statement) -> Iterator[None]:
        """A lot of which only its making matters."""
        if told.place is None:
            return
        pieces, begun = self._pieces_of(key), 0
        lot = GatheredLot(key, None if pieces else self._unit_of(key))
        _stay(lot, site(told.place), told)
        self.lots[key] = lot
        for piece in pieces:
            begun += self._saw_begin(self._things.naming(piece))
            yield
        self._measure(lot, pieces, begun)


def _together(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """``keys``, as many at once as are looked up together."""
    return (keys[first : first + _AT_ONCE] for first in range(0, len(keys), _AT_ONCE))


def _quantity(lot: GatheredLot, told: Statement) -> float | None:
    """How much of a lot a statement names, in its unit."""
    amounts = [
        None if one.quantity is None else Amount(one.quantity, one.uom)
        for one in holdings(told.occurrence)
        if one.key == lot.key and one.is_class
    ]
    return _in_unit(lot, total(amounts))


def _in_unit(lot: GatheredLot, found: Amount | None) -> float | None:
    """An amount in the unit of the lot; None of one in another."""
    return found.quantity if found is not None and found.uom == lot.unit else None


def _parts(made: Mapping[str, Sequence[Amount | None]]) -> Mapping[str, float | None]:
    """The share of each lot in all that was made; None where amounts in no common unit tell it."""
    if len(made) == 1:
        return dict.fromkeys(made, 1.0)
    whole = total(amount for amounts in made.values() for amount in amounts)
    if whole is None:
        return dict.fromkeys(made)
    known = {into: sum(one.quantity for one in amounts if one) for into, amounts in made.items()}
    return {into: part / whole.quantity if whole.quantity > 0 else 0.0 for into, part in known.items()}


def _stay(lot: GatheredLot, place: str, told: Statement) -> GatheredStay:
    found = lot.at.get(place)
    if found is None:
        found = lot.at[place] = GatheredStay(told.at, told.occurrence.party)
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


def _takes_in(told: Statement, key: str) -> bool:
    """Whether it names the key itself as an input, rather than what it is in."""
    return any(one.key == key for one in told.occurrence.inputs)


def _evidence(told: Statement) -> str:
    return told.occurrence.evidence


def _kind(key: str) -> str:
    try:
        return identify(key).kind
    except IdentifierError:
        return "other"

"""Where the portions of a lot lie, from where it is taken first, and where it is put (law of tracing §9)."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, count, islice

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import NEVER, Statement
from suyuan.trace.lineage.whereabouts import place_at


@dataclass(slots=True, eq=False)
class Portion:
    """Some of a lot, in its unit: in a container, or at a place with a status, put there by a statement.

    ``number`` counts the puttings; ``through`` are the containers that any of it came through.
    """

    number: int
    quantity: float
    place: str | None
    status: Status
    by: Statement
    through: frozenset[str] = frozenset()
    container: str | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken, and the containers that any of it came through."""

    quantity: float = 0.0
    through: frozenset[str] = frozenset()

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.quantity + other.quantity, self.through | other.through)


Sources = Iterable["Portion | None"]
"""None stands for what is untold."""


class Stock:
    """The portions of one lot: together never more than was produced.

    ``stays``: per site, when anything of it lay there loose. ``packed``: by container. ``on_the_way``: how
    much is moving.
    """

    def __init__(self, history: History, produced: float) -> None:
        self.stays: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.packed: dict[str, Portion] = {}
        self.on_the_way = 0.0
        self._history = history
        self._untold = produced
        self._sites: defaultdict[str, dict[str, Portion]] = defaultdict(dict)  # by site and party
        self._moving: deque[Portion] = deque()
        self._meant: defaultdict[str, deque[Portion]] = defaultdict(deque)  # by destination, "" without
        self._departed: deque[Portion] = deque()  # what moves by words that are no shipping
        self._nowhere: list[Portion] = []
        self._gone: list[Portion] = []
        self._number = count()

    def portions(self) -> list[Portion]:
        """All there are, in the order of putting."""
        loose = (one for parties in self._sites.values() for one in parties.values())
        living = (*loose, *self.packed.values(), *self._moving, *self._nowhere)
        return sorted(_some([*living, *self._gone]), key=_number)

    # Where it is taken from

    def at(self, told: Statement, place: str | None) -> Iterator[Portion]:
        """At the site of a place, first what the party of the statement put there."""
        parties = self._sites.get(site(place), {}) if place is not None else {}
        own = parties.get(told.occurrence.party)
        yield from _some(() if own is None else (own,))
        yield from _oldest(one for one in parties.values() if one is not own)

    def packed_at(self, told: Statement, but: str | None = None) -> Iterator[Portion]:
        """Packed at the place of a statement, but not in this container."""
        here = None if told.place is None else site(told.place)
        for portion in _oldest(self.packed.values()):
            if portion.container is not None and portion.container != but and here is not None:
                there = place_at(self._history, portion.container, told.at)
                if there is not None and site(there) == here:
                    yield portion

    def meant_for(self, told: Statement) -> Iterator[Portion]:
        """What moves to where ``told`` is told, or to who tells it."""
        here = {told.occurrence.party} if told.place is None else {told.occurrence.party, site(told.place)}
        last: Portion | None = None
        for portion in merge(*(_front(self._meant[name]) for name in here), key=_number):
            if portion is not last:
                yield portion
            last = portion

    def meant_for_nobody(self) -> Sequence[Portion]:
        """What moves and is not said to whom: the first two of it."""
        return list(islice(_front(self._meant[""]), 2))

    def moving_to(self, told: Statement) -> Iterator[Portion]:
        """What is meant for it, then what is meant for nobody in particular."""
        yield from self.meant_for(told)
        yield from _front(self._meant[""])

    def near(self, told: Statement, but: str | None = None) -> Sources:
        """At X, packed at X (``but`` in this container), moving to X, the untold, elsewhere."""
        yield from self.at(told, told.place)
        yield from self.packed_at(told, but)
        yield from self.moving_to(told)
        yield None
        yield from self.elsewhere(told.place)

    def elsewhere(self, place: str | None) -> Iterator[Portion]:
        """Loose at other sites or nowhere, the oldest first."""
        here = None if place is None else site(place)
        others = (one for name, held in self._sites.items() if name != here for one in held.values())
        yield from _oldest(chain(others, self._nowhere))  # sorted only when what is nearer was not enough

    def unclaimed(self, begin: str | None) -> Iterator[Portion]:
        """What moves from here by words that are no shipping."""
        for portion in _front(self._departed):
            by = portion.by.occurrence
            if begin and by.read_point and site(by.read_point) == site(begin):
                yield portion

    def take_all(self, sources: Sources) -> Taken:
        """All that the sources have."""
        return self.take(math.inf, sources)

    def take(self, wanted: float, sources: Sources) -> Taken:
        """As much of ``wanted`` as the sources have, taken from one after another."""
        taken, through = 0.0, frozenset[str]()
        for source in sources:
            if wanted - taken <= ENOUGH:
                break
            part = min(self._untold if source is None else source.quantity, wanted - taken)
            taken += part
            if source is None:
                self._untold -= part
            elif part > 0:
                source.quantity -= part
                through |= source.through
                if source.status == "in_transit":
                    self.on_the_way -= part
        return Taken(taken, through) if taken > ENOUGH else Taken()

    # Where it is put

    def put(self, told: Statement, taken: Taken, container: str = "") -> None:
        """Placed, in the word of the law; ``container`` is what it came out of."""
        if not taken.quantity:
            return
        place = told.place or self._history.emptied_at.get((told.position, container))
        if told.leaves:
            self.move(told, taken)
        elif place is not None:
            self.stay(told, place, taken)
        else:
            self._nowhere.append(self._portion(told, taken, None, "unaccounted"))

    def move(self, told: Statement, taken: Taken) -> None:
        """On the way to where the statement sends it."""
        if taken.quantity:
            portion = self._portion(told, taken, None, "in_transit")
            self.on_the_way += taken.quantity
            self._moving.append(portion)
            meant = told.occurrence.destinations
            places = {site(one) for one in meant if kind_by_name(one) == "place"}
            for name in places or set(meant) or {""}:
                self._meant[name].append(portion)
            if told.occurrence.biz_step != "shipping":
                self._departed.append(portion)

    def stay(self, told: Statement, place: str, taken: Taken, *, confirms: bool = True) -> None:
        """In stock at a place, with what its party put there before, which the statement confirms."""
        parties, party = self._sites[site(place)], told.occurrence.party
        before = parties.get(party)
        if before is not None and before.quantity <= ENOUGH:
            before = None
        if not taken.quantity and (before is None or not confirms):
            return
        if before is not None:
            taken += Taken(before.quantity, before.through)
        kept = place if before is None else before.place
        parties[party] = self._portion(told, taken, kept, "in_stock")

    def pack(self, told: Statement, container: str, taken: Taken) -> None:
        """Into a container, beside what is in it."""
        before = self.packed.get(container)
        if taken.quantity and before is not None and before.quantity > ENOUGH:
            taken += Taken(before.quantity, before.through)
        if taken.quantity:
            packed = Taken(taken.quantity, taken.through | {container})
            self.packed[container] = self._portion(told, packed, None, "unaccounted", container)

    def end(self, told: Statement, taken: Taken, status: Status) -> None:
        """Gone, with this status."""
        if taken.quantity:
            self._gone.append(self._portion(told, taken, told.place, status, gone=True))

    def _portion(
        self,
        told: Statement,
        taken: Taken,
        place: str | None,
        status: Status,
        container: str | None = None,
        *,
        gone: bool = False,
    ) -> Portion:
        return Portion(
            next(self._number), taken.quantity, place, status, told, taken.through, container, gone
        )

    def note(self, told: Statement, emptied: Iterable[str] = ()) -> None:
        """When something begins or ends to lie at the sites that the statement speaks of.

        ``emptied`` are containers that let go of the lot: it may lie now where they were.
        """
        for place in {told.place, told.occurrence.read_point, *self._were(told, emptied)}:
            if place is not None:
                where = site(place)
                there = any(one.quantity > ENOUGH for one in self._sites.get(where, {}).values())
                known = self.stays[where]
                if there and (not known or known[-1][1] != NEVER):
                    known.append((told.at, NEVER))
                elif not there and known and known[-1][1] == NEVER:
                    known[-1] = (known[-1][0], told.at)

    def _were(self, told: Statement, emptied: Iterable[str]) -> Iterator[str]:
        for container in (told.occurrence.parent or "", *emptied):
            if place := self._history.emptied_at.get((told.position, container)):
                yield place


def _number(portion: Portion) -> int:
    return portion.number


def _some(among: Iterable[Portion]) -> Iterator[Portion]:
    """Those of which anything is left."""
    return (one for one in among if one.quantity > ENOUGH)


def _front(line: deque[Portion]) -> Iterator[Portion]:
    """Those of a line of which anything is left; what is used up at its front is forgotten."""
    while line and line[0].quantity <= ENOUGH:
        line.popleft()
    return _some(line)


def _oldest(among: Iterable[Portion]) -> Iterator[Portion]:
    """Those of which anything is left, the one put first before the others."""
    yield from sorted(_some(among), key=_number)

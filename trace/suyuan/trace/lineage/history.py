"""The history that counts, in the making (law of tracing §2-§5).

A :class:`History` keeps, for every object, its births and ends, containments, own episodes, consumptions and
productions. What a statement does to it says :mod:`suyuan.trace.lineage.replaying`; it knows nothing of late
arrivals: see :class:`suyuan.trace.lineage.live.Lineage`.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.occurrence import Holding
from suyuan.trace.lineage.records import (
    Consumption,
    Containment,
    End,
    Episode,
    Group,
    Production,
)
from suyuan.trace.lineage.statement import Position, Statement, holdings, names


class History:
    """What is known of every object after the statements told so far.

    The attributes are for reading: per key, in order of positions. Kept by
    :class:`suyuan.trace.lineage.live.Replay`; only the replay of a statement changes it.
    """

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}
        self.naming: defaultdict[str, list[Statement]] = defaultdict(list)
        self.births: dict[str, int] = {}
        self.lots: dict[str, tuple[str, Statement]] = {}
        self.lots_told: set[str] = set()
        self.instances: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.classes: set[str] = set()
        self.ends: dict[str, End] = {}
        self.inside: dict[str, Containment] = {}
        self.contents: defaultdict[str, dict[tuple[str, bool], Containment]] = defaultdict(dict)
        self.containers_of: defaultdict[str, list[Containment]] = defaultdict(list)
        self.containments_in: defaultdict[str, list[Containment]] = defaultdict(list)
        self.lot_exits: defaultdict[str, list[tuple[Position, str]]] = defaultdict(list)
        self.emptied_at: dict[tuple[Position, str], str] = {}  # where a container was, if nobody said it then
        self.here: dict[str, Episode] = {}
        self.episodes: defaultdict[str, list[Episode]] = defaultdict(list)
        self.visitors: defaultdict[str, list[tuple[str, Episode]]] = defaultdict(list)
        self.groups: dict[tuple[str, ...], Group] = {}
        self.consumptions: defaultdict[str, list[Consumption]] = defaultdict(list)
        self.productions: defaultdict[str, list[Production]] = defaultdict(list)
        self.stated: defaultdict[str, list[Amount | None]] = defaultdict(list)
        self.last_class_consumption: dict[str, int] = {}
        self._summed: dict[str, tuple[int, Amount | None]] = {}  # of how many that were stated, the sum

    # What must be known of all statements before the first is replayed

    def announce(self, statements: Iterable[Statement]) -> None:
        """Learn births, lots and classes: §4.3 asks for all instances of a lot, also those told of later.

        ``statements`` are in order of positions, but may come late: see :mod:`suyuan.trace.lineage.late`.
        """
        statements = tuple(statements)
        self.lots_told.update(lot for told in statements for _, lot in told.occurrence.lot_of)
        for told in statements:
            occurrence = told.occurrence
            self.statements[occurrence.evidence] = told
            for key in names(occurrence):
                self._born(key, told.at)
                _insert(self.naming[key], told)
            for holding in holdings(occurrence):
                if holding.is_class:
                    self.classes.add(holding.key)
            for instance, lot in occurrence.lot_of:
                self._born(instance, told.at)
                self._born(lot, told.at)
                self.classes.add(lot)
                if instance not in self.lots and instance not in self.lots_told:
                    self.lots[instance] = (lot, told)
                    self.instances[lot][instance] = None

    def _born(self, key: str, at: int) -> None:
        if at < self.births.setdefault(key, at):
            self.births[key] = at

    # Questions

    def is_class(self, key: str) -> bool:
        """Whether ``key`` was named as a lot or product, or is one by its name where nobody named it."""
        return key in self.classes or (key not in self.births and kind_by_name(key) in {"lot", "product"})

    def produced(self, key: str) -> Amount | None:
        """Q of §8: how much of it there ever was."""
        if not self.is_class(key):
            return Amount(1.0)
        stated = self.stated.get(key)
        if stated is not None:
            summed, whole = self._summed.get(key, (0, None))
            if summed < len(stated):
                whole = total(stated)
                self._summed[key] = len(stated), whole
            return whole
        number = len(self.instances.get(key, ()))
        return Amount(float(number)) if number else None

    def effective_place(self, key: str) -> str | None:
        """Where ``key`` is now: the place of its outermost container, or its own (§5)."""
        here = self.here.get(self.outermost(key))
        return None if here is None else here.place

    def outermost(self, key: str) -> str:
        """The outermost container that ``key`` is in now, or ``key`` itself."""
        while (containment := self.inside.get(key)) is not None:
            key = containment.parent
        return key

    # Places (§5)

    def arrive(self, key: str, told: Statement, place: str, *, inferred: bool = False) -> None:
        """An own episode of ``key`` begins at ``place``, unless it is at that site already."""
        here = self.here.get(key)
        if here is not None and site(here.place) == site(place):
            return
        self.depart(key, told.at)
        episode = Episode(place, told.at, told, inferred)
        self.here[key] = episode
        self.episodes[key].append(episode)
        self.visitors[site(place)].append((key, episode))

    def depart(self, key: str, at: int) -> None:
        """The own episode of ``key`` ends."""
        here = self.here.pop(key, None)
        if here is None:
            return
        here.end = at
        if here.start == at:  # it never was there for the smallest step of time
            self.episodes[key].pop()
            visitors = self.visitors[site(here.place)]
            visitors.remove((key, here))

    def seen(self, key: str, told: Statement) -> None:
        """``key`` is named: it is where the statement says, if it says where."""
        if told.place is not None:
            self.arrive(key, told, told.place)
        elif told.leaves:
            self.depart(key, told.at)

    def name(self, holding: Holding, told: Statement) -> None:
        """An instance that is named lives, and is seen."""
        if not holding.is_class:
            self.ends.pop(holding.key, None)
        self.seen(holding.key, told)

    def revive(self, keys: Iterable[str]) -> None:
        """What ended is there again."""
        for key in keys:
            self.ends.pop(key, None)

    # Containment (§3)

    def open(self, containment: Containment) -> Containment:
        """A containment begins."""
        if not containment.is_class:
            self.inside[containment.child] = containment
        self.contents[containment.parent][containment.child, containment.is_class] = containment
        self.containments_in[containment.parent].append(containment)
        self.containers_of[containment.child].append(containment)
        return containment

    def is_in(self, key: str, container: str) -> bool:
        """Whether ``key`` is ``container`` or in it at any depth."""
        if key == container:
            return True
        if not self.contents.get(container):
            return False
        seen, stack = {key}, [key]
        while stack:
            for containment in self.containers_of.get(stack.pop(), ()):
                if containment.ended is None and containment.parent not in seen:
                    if containment.parent == container:
                        return True
                    seen.add(containment.parent)
                    stack.append(containment.parent)
        return False

    def let_go(self, containment: Containment, told: Statement, place: str | None) -> None:
        """An instance leaves a container alive: where is it then? (§5)."""
        self.take_out(containment, told)
        if told.place is not None or told.leaves:
            self.seen(containment.child, told)
        elif place is not None:
            self.arrive(containment.child, told, place, inferred=True)

    def note_place(self, container: str, told: Statement, place: str | None) -> None:
        """Where a container was when it was emptied, if the statement does not say."""
        if told.place is None and place is not None:
            self.emptied_at[told.position, container] = place

    def take_out(self, containment: Containment, told: Statement) -> None:
        """A containment ends."""
        containment.end, containment.ended = told.at, told.position
        del self.contents[containment.parent][containment.child, containment.is_class]
        if containment.is_class:
            self.lot_exits[containment.child].append((told.position, containment.parent))
        else:
            del self.inside[containment.child]
        if containment.start == containment.end:  # empty: no influence, and replay needs it no more
            self.containments_in[containment.parent].remove(containment)
            self.containers_of[containment.child].remove(containment)

    def within(self, container: str) -> Iterator[Containment]:
        """What is in ``container`` now, at any depth, nearest first."""
        stack = [container]
        while stack:
            for containment in self.contents.get(stack.pop(), {}).values():
                yield containment
                stack.append(containment.child)

    # Ends (§2.4)

    def end(self, key: str, told: Statement, *, consumed: bool) -> None:
        """An instance ends, and with it its containment and its episode."""
        containment = self.inside.get(key)
        if containment is not None:
            self.take_out(containment, told)
        self.depart(key, told.at)
        self.ends[key] = End(consumed, told)


def _insert(line: list[Statement], told: Statement) -> None:
    """Keep ``line`` in order of positions; most often ``told`` is the last."""
    if not line or line[-1].position < told.position:
        line.append(told)
    else:
        insort(line, told, key=lambda one: one.position)

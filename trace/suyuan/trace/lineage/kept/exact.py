"""Single things, and a whole lineage, as the exact engine keeps them: a replayed history in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount, WhereNow
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.journey import along, checkpoints
from suyuan.trace.lineage.kept.things import Checkpoint, Output, Packing, Use
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.presence import lots_at
from suyuan.trace.lineage.records import Consumption, Group
from suyuan.trace.lineage.scope import Head, heard, lying
from suyuan.trace.lineage.statement import NEVER, Statement, holdings
from suyuan.trace.lineage.tracer import ExactTracer
from suyuan.trace.lineage.where import Owner, last_word, nobody, where_now


class ExactLineage:
    """A lineage of Python objects: about a kilobyte for each object and microseconds for each answer."""

    def __init__(self, *, owner: Owner = nobody) -> None:
        self._lineage = Lineage()
        self._owner = owner
        self._lots_named: defaultdict[str, set[str]] = defaultdict(set)
        self.tracer = ExactTracer(self._lineage, owner=owner)

    def add(self, occurrences: Sequence[Occurrence]) -> None:
        """Take in what was told."""
        self._lineage.add(occurrences)
        for told in occurrences:
            named = (one.key for one in holdings(told) if one.is_class)
            for key in (*named, *(lot for _, lot in told.lot_of)):
                self._lots_named[product_of(key)].add(key)

    def things(self, known_at: datetime | None = None) -> ExactThings:
        """What is on record of single things."""
        return ExactThings(self._lineage.history(known_at), self._owner, self._lots_named)


def product_of(lot: str) -> str:
    """The key of the product of a lot, GS1's or own: without a qualifier and its value."""
    return lot.rsplit("/", 2)[0]


@dataclass(frozen=True, slots=True, eq=False)
class ExactThings:
    """See :class:`suyuan.trace.lineage.kept.things.Things`; ``lots_named`` are keys of lots by product."""

    history: History
    owner: Owner = nobody
    lots_named: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])

    def is_born(self, key: str) -> bool:
        """Whether any statement that counts names it."""
        return key in self.history.births

    def birth(self, key: str) -> int:
        """When it was first named."""
        return self.history.births.get(key, NEVER)

    def is_class(self, key: str) -> bool:
        """Whether it is a lot or product."""
        return self.history.is_class(key)

    def is_visited(self, place: str) -> bool:
        """Whether anything ever was at the site of a place."""
        return bool(self.history.visitors.get(site(place)))

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        found = self.history.lots.get(key)
        return None if found is None else found[0]

    def pieces(self, lot: str) -> Iterator[str]:
        """The instances of a lot."""
        return iter(self.history.instances.get(lot, ()))

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product; without what only erroneous events named."""
        return sorted(self.history.classes.intersection(self.lots_named.get(product, ())))

    def produced(self, key: str) -> Amount | None:
        """How much of it there ever was."""
        return self.history.produced(key)

    def first_made(self, key: str) -> int | None:
        """The first instant at which a transformation produced it."""
        return min((one.by.at for one in self.history.productions.get(key, ())), default=None)

    def naming(self, key: str) -> Sequence[Statement]:
        """The statements that name it."""
        return list(self.history.naming.get(key, ()))

    def checkpoints(self, keys: Iterable[str]) -> Mapping[str, Sequence[Checkpoint]]:
        """Per key what was told of it and of its containers."""
        return {key: checkpoints(self.history, key) for key in keys}

    def contents(self, unit: str) -> Sequence[tuple[str, Amount | None]]:
        """What is directly in a unit now."""
        found = self.history.contents.get(unit, {}).values()
        return [(one.child, None if one.inside is None else one.inside.amount()) for one in found]

    def uses(self, keys: Iterable[str]) -> Mapping[str, Sequence[Use]]:
        """What took each of them in."""
        outputs: dict[Group, Sequence[Output]] = {}
        return {key: [self._use(one, outputs) for one in self._taken_in(key)] for key in keys}

    def _taken_in(self, key: str) -> Iterator[Consumption]:
        return (one for one in self.history.consumptions.get(key, ()) if not one.possible)

    def _use(self, one: Consumption, outputs: dict[Group, Sequence[Output]]) -> Use:
        group = one.group
        if group not in outputs:
            outputs[group] = [Output(made.key, made.by, total(made.amounts)) for made in group.productions]
        return Use(one.by, tuple(one.amounts), outputs[group])

    def packings(self, lot: str) -> Sequence[Packing]:
        """The containers that some of a lot was in."""
        found = [
            Packing(one.begun, one.inside.peak(), along(self.history, one))
            for one in self.history.containers_of.get(lot, ())
            if one.inside is not None
        ]
        return sorted(found, key=lambda one: one.begun.position)

    def where_now(self, key: str) -> WhereNow:
        """Where it is."""
        return where_now(self.history, key, self.owner)

    def last_word(self, key: str) -> Statement | None:
        """The last statement of it or of what it is in."""
        return last_word(self.history, key)

    def lying(self, lot: str) -> Sequence[tuple[Head, Portion]]:
        """The portions of a lot."""
        return list(lying(self.history, lot, self.owner))

    def heard(self, lot: str) -> Sequence[tuple[Head, Statement]]:
        """Where a lot is only heard of."""
        return list(heard(self.history, lot, self.owner))

    def lots_at(
        self, place: str, lots: Collection[str], start: int, end: int
    ) -> Mapping[str, tuple[int, int]]:
        """Those of ``lots`` of which anything was at a place."""
        return lots_at(self.history, place, lots, start, end)

    def told_at(
        self, sites: Collection[str], start: int, end: int, *, party: str | None = None, type_: str = ""
    ) -> Sequence[Statement]:
        """What a party told, or was told at these sites. Linear in the history."""
        found = (
            told
            for told in self.history.statements.values()
            if start <= told.at < end
            and type_ in ("", told.occurrence.type)
            and (told.occurrence.party == party or _is_at(told, sites))
        )
        return sorted(found, key=lambda told: told.position)


def _is_at(told: Statement, sites: Collection[str]) -> bool:
    return any(
        place is not None and site(place) in sites for place in (told.place, told.occurrence.read_point)
    )

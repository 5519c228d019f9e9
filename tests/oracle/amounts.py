"""Section 8 of the law of tracing (docs/decisions/0002): hold and contaminated amounts, forward only."""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.lineage.contract import Amount

from .history import History, Ingredient, Intake, Position, Process, position
from .influence import Fact, Influence, Link, links_of, produced


@dataclass(frozen=True, slots=True)
class Share:
    """C: minimum, expected and maximum, in the unit of the amount it is a share of."""

    min: float
    expected: float | None
    max: float


CLEAN = Share(0.0, 0.0, 0.0)


def within(share: Share, most: float) -> Share:
    """8: 0 <= min <= expected <= max <= Q."""
    top = max(0.0, min(share.max, most))
    low = max(0.0, min(share.min, top))
    expected = None if share.expected is None else max(low, min(share.expected, top))
    return Share(low, expected, top)


def added(shares: list[Share]) -> Share:
    """The sum; unknown once a part is unknown."""
    expected: float | None = 0.0
    for share in shares:
        expected = None if expected is None or share.expected is None else expected + share.expected
    return Share(sum(s.min for s in shares), expected, sum(s.max for s in shares))


def largest(shares: list[Share]) -> Share:
    """The largest of each number; unknown only if no way gives a number."""
    expected = [s.expected for s in shares if s.expected is not None]
    return Share(max(s.min for s in shares), max(expected, default=None), max(s.max for s in shares))


def draw(quantity: float, whole: float | None, share: Share | None) -> Share:
    """8, *draw* of ``quantity`` from (Q, C). Reading: from an unknown or empty Q, (0, unknown, quantity)."""
    if whole is None or whole <= 0 or share is None:
        return Share(0.0, None, quantity)
    expected = None if share.expected is None else share.expected * quantity / whole
    drawn = Share(max(0.0, quantity - (whole - share.min)), expected, min(quantity, share.max))
    return within(drawn, quantity)


class Amounts:
    """Hold and C of every affected key."""

    def __init__(self, history: History, influence: Influence) -> None:
        self.history = history
        self.influence = influence
        self.affected = [fact for fact in influence.facts() if not fact.carrier]
        self.from_groups: dict[str, list[Share]] = {}
        for process in sorted(self._producing(), key=self._earliest_output):
            self._pass_on(process)

    def _producing(self) -> list[Process]:
        return [process for process in self.history.processes.values() if process.productions]

    def _earliest_output(self, process: Process) -> Position:
        return min(position(production.occurrence) for production in process.productions)

    def hold(self, key: str) -> Amount | None:
        """8: Q(o), or for a lot reached only through *contain* the largest amount inside on the way."""
        ways = [way for way in self.influence.ways if way.key == key]
        if self.history.is_class(key) and ways and all(way.kind == "contain" for way in ways):
            known = [(way.inside, way.uom) for way in ways if way.inside is not None]
            if len(known) < len(ways) or len({uom for _, uom in known}) > 1:
                return None
            return Amount(max(inside for inside, _ in known), known[0][1])
        quantity, uom = produced(self.history, key)
        return None if quantity is None else Amount(quantity, uom)

    def contaminated(self, key: str) -> Share | None:
        """C so far: the largest of each number over the ways in which ``key`` is reached."""
        hold = self.hold(key)
        if hold is None:
            return None
        shares: list[Share] = []
        for way in self.influence.ways:
            if way.key == key and way.kind in ("suspect", "contain", "place", "cross"):
                shares.append(Share(hold.quantity if way.certain else 0.0, hold.quantity, hold.quantity))
            if way.key == key and way.kind == "member":
                share = self._as_member(key)
                shares.append(share if way.certain else Share(0.0, share.expected, share.max))
        if self.from_groups.get(key):
            shares.append(added(self.from_groups[key]))
        return within(largest(shares), hold.quantity) if shares else CLEAN

    def _as_member(self, key: str) -> Share:
        """8, *member*."""
        lot = self.history.lot_of[key][0]
        whole, uom = produced(self.history, lot)
        share = self.contaminated(lot)
        if whole is None or whole <= 0 or share is None:
            return Share(0.0, None, 1.0)
        if uom is None:
            return draw(1.0, whole, share)
        expected = None if share.expected is None else share.expected / whole
        return Share(1.0 if share.min >= whole else 0.0, expected, 1.0 if share.max > 0 else 0.0)

    def _facts_at(self, key: str, time: int) -> list[Fact]:
        """The paths that have ``key`` affected at ``time`` and may cross one more transformation."""
        depth = self.influence.options.depth
        return [
            fact
            for fact in self.affected
            if fact.key == key and fact.start <= time < fact.end and (depth is None or fact.hops < depth)
        ]

    def _drawn(self, ingredient: Ingredient, time: int, *, only_possibly: bool) -> Share:
        """The draw of one ingredient; clean if it is not affected in time."""
        facts = self._facts_at(ingredient.key, time)
        if not facts or ingredient.quantity is None:
            return CLEAN
        whole, uom = produced(self.history, ingredient.key)
        share = self.contaminated(ingredient.key)
        if share is not None and not any(fact.certain for fact in facts):
            share = Share(0.0, share.expected, share.max)
        drawn = draw(ingredient.quantity, whole if uom == ingredient.uom else None, share)
        return Share(0.0, drawn.expected, drawn.max) if only_possibly else drawn

    def _input_of(self, process: Process, links: list[Link]) -> Share:
        """The contaminated input of one output: the directly named inputs that have a link to it."""
        shares: list[Share] = []
        for intake in process.intakes:
            its = [
                x
                for x in links
                if x.consumption.occurrence == intake.occurrence and not x.consumption.possible
            ]
            if its:
                only_possibly = not any(link.certain for link in its)
                for ingredient in intake.ingredients:
                    hidden = self._possibly_inside(ingredient, intake, links)
                    drawn = self._drawn(ingredient, intake.time, only_possibly=only_possibly)
                    shares.append(hidden or drawn)
        return added(shares)

    def _possibly_inside(self, ingredient: Ingredient, intake: Intake, links: list[Link]) -> Share | None:
        """8: an amount of a lot that is not affected itself, but affected instances of it may be in it."""
        if ingredient.quantity is None or self._facts_at(ingredient.key, intake.time):
            return None
        members = self.history.instances_of(ingredient.key)
        possible = {
            link.consumption.key
            for link in links
            if link.consumption.possible and link.consumption.occurrence == intake.occurrence
        }
        inside = [key for key in possible if key in members and self._facts_at(key, intake.time)]
        most = ingredient.quantity if ingredient.uom is not None else min(ingredient.quantity, len(inside))
        return Share(0.0, None, most) if inside else None

    def _pass_on(self, process: Process) -> None:
        """8, *group*."""
        links = links_of(process, self.influence.options.what_if.kill)
        reaching = [x for x in links if self._facts_at(x.consumption.key, x.consumption.time)]
        given: dict[str, Share] = {}
        for key in {link.production.holding.key for link in reaching}:
            share = self._output_share(process, key, [x for x in links if x.production.holding.key == key])
            if share is not None:
                given[key] = share
        for key, share in given.items():  # only now: a draw sees what earlier groups gave
            self.from_groups.setdefault(key, []).append(share)

    def _output_share(self, process: Process, key: str, links: list[Link]) -> Share | None:
        made = [
            (
                p.holding.key,
                p.holding.quantity if p.holding.is_class else 1.0,
                p.holding.uom if p.holding.is_class else None,
            )
            for p in process.productions
        ]
        used = [(p.quantity, p.uom) for intake in process.intakes for p in intake.ingredients]
        own = [quantity for its, quantity, _ in made if its == key and quantity is not None]
        if len(own) < len([its for its, _, _ in made if its == key]):
            return None
        drawn = sum(own)
        total_in = sum(quantity for quantity, _ in used if quantity is not None)
        all_known = all(q is not None for q, _ in used) and all(q is not None for _, q, _ in made)
        one_unit = len({uom for _, uom in used}) == 1 and len({uom for _, _, uom in made}) == 1
        if not (all_known and one_unit and total_in > 0):
            return Share(0.0, None, drawn)
        total_out = sum(quantity for _, quantity, _ in made if quantity is not None)
        contaminated = self._input_of(process, links)
        ratio = total_out / total_in
        whole = Share(
            contaminated.min * ratio,
            None if contaminated.expected is None else contaminated.expected * ratio,
            contaminated.max * ratio,
        )
        return draw(drawn, total_out, within(whole, total_out))

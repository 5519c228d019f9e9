"""How much must be held, and how much of it is contaminated material (law of tracing §8)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from suyuan.trace.lineage.contract import Amount, Contaminated
from suyuan.trace.lineage.extents import Extents
from suyuan.trace.lineage.forward import Forward
from suyuan.trace.lineage.intervals import meets
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.records import ENOUGH, Consumption, Group, Production
from suyuan.trace.lineage.statement import NEVER


class Share(NamedTuple):
    """Contaminated material, in the unit of what it is a share of; ``expected`` None: nothing tells."""

    low: float
    expected: float | None
    high: float

    def times(self, factor: float, most: float) -> Share:
        """Scaled, and cut to ``most``."""
        expected = None if self.expected is None else min(most, self.expected * factor)
        return Share(min(most, self.low * factor), expected, min(most, self.high * factor))


def drawn(quantity: float, whole: float, share: Share) -> Share:
    """What ``quantity`` drawn from ``whole`` holds of the contaminated ``share`` of it.

    >>> drawn(100, 1000, Share(10, 10, 10))
    Share(low=0.0, expected=1.0, high=10)
    """
    if whole <= 0:
        return Share(0.0, None, quantity)
    low = max(0.0, quantity - (whole - share.low))
    expected = None if share.expected is None else share.expected * quantity / whole
    return ordered(Share(low, expected, min(quantity, share.high)), min(quantity, whole))


def ordered(share: Share, most: float) -> Share:
    """``share`` with 0 <= low <= expected <= high <= ``most``.

    More drawn from a lot than there ever was, as sloppy records tell, would break that order.
    """
    high = min(share.high, most)
    low = min(share.low, high)
    expected = None if share.expected is None else min(high, max(low, share.expected))
    return Share(low, expected, high)


class Amounts:
    """Hold and contaminated of every affected key of a forward trace.

    One pass over the groups that influence went through, in order of their earliest output.
    """

    def __init__(self, forward: Forward, affected: Extents) -> None:
        self._forward = forward
        self._question = forward.question
        self._history = forward.question.history
        self._affected = affected
        self._made: dict[str, Share] = {}
        self._holds: dict[str, Amount | None] = {}
        self._shares: dict[str, Share | None] = {}
        groups = {
            production.group: None
            for key in affected
            for production in self._history.productions.get(key, ())
        }
        passages = [passage for group in groups if (passage := _Passage(self, group)).outputs]
        self._transformed = {key for passage in passages for key in passage.outputs}
        for passage in sorted(passages, key=_Passage.first_output):
            for key, share in passage.shares():
                self._made[key] = _sum((self._made[key], share)) if key in self._made else share
            self._shares.clear()  # what was known before this group gave its share

    def hold(self, key: str) -> Amount | None:
        """How much of ``key`` must be held, if known."""
        if key not in self._holds:
            self._holds[key] = self._hold(key)
        return self._holds[key]

    def _hold(self, key: str) -> Amount | None:
        through = self._forward.through.get(key)
        only_contained = (
            through is not None
            and key not in self._forward.whole
            and key not in self._transformed
            and self._history.is_class(key)
        )
        if not only_contained or through is None:
            return self._history.produced(key)
        peaks = [c.inside.peak() for c in through if c.inside is not None]
        known = [peak for peak in peaks if peak is not None]
        if len(known) < len(peaks) or total(known) is None:  # one unknown, or units that do not go together
            return None
        return max(known, key=lambda peak: peak.quantity)

    def contaminated(self, key: str, *, possible: bool = False) -> Contaminated | None:
        """How much of what is held of ``key`` is contaminated material."""
        hold, share = self.hold(key), self.share(key)
        if hold is None or share is None:
            return None
        return Contaminated(0.0 if possible else share.low, share.expected, share.high, hold.uom)

    def share(self, key: str) -> Share | None:
        """As :meth:`contaminated`, by the groups passed so far."""
        if key not in self._shares:
            self._shares[key] = self._share(key)
        return self._shares[key]

    def _share(self, key: str) -> Share | None:
        hold = self.hold(key)
        if hold is None:
            return None
        most = hold.quantity
        ways: list[Share] = []
        whole, through = self._forward.whole.get(key), self._forward.through.get(key)
        if whole is not None or through is not None:
            certain = whole or (through is not None and any(through.values()))
            ways.append(Share(most if certain else 0.0, most, most))
        if key in self._made:
            ways.append(self._made[key])
        member = self._as_member(key)
        if member is not None:
            ways.append(member)
        if not ways:
            return Share(0.0, 0.0, 0.0)  # rework: no earlier group has given it anything yet
        known = [way.expected for way in ways if way.expected is not None]
        low, high = max(way.low for way in ways), max(way.high for way in ways)
        return ordered(Share(low, max(known, default=None), high), most)

    def _as_member(self, key: str) -> Share | None:
        """The share of one instance in what is known of its lot."""
        told = self._history.lots.get(key)
        extent = None if told is None else self._affected.get(told[0])
        if told is None or extent is None or not meets(extent.all, self._history.births[key], NEVER):
            return None
        whole, share = self._history.produced(told[0]), self.share(told[0])
        if whole is None or share is None or whole.quantity <= 0:
            return Share(0.0, None, 1.0)
        if not meets(extent.certain, self._history.births[key], NEVER):
            share = share._replace(low=0.0)
        if whole.uom is None:
            return drawn(1.0, whole.quantity, share)
        expected = None if share.expected is None else share.expected / whole.quantity
        sure = share.low >= whole.quantity - ENOUGH
        return Share(1.0 if sure else 0.0, expected, 1.0 if share.high > 0 else 0.0)

    def entering(self, consumption: Consumption) -> bool | None:
        """Whether what is consumed is then affected certainly (True), possibly (False), or not (None)."""
        question = self._question
        if not consumption.counts or question.killed(consumption.by):
            return None
        at = consumption.by.at
        found: bool | None = None
        for label in self._forward.frontier.labels.get(consumption.key, ()):
            if label.start <= at < label.end and question.deeper(label) is not None:
                found = bool(found) or not (label.possible or consumption.possible)
        return found

    def draw(self, key: str, amount: Amount) -> Share:
        """The contaminated share of ``amount`` of ``key``."""
        whole, share = self._history.produced(key), self.share(key)
        if whole is None or share is None or whole.uom != amount.uom:
            return Share(0.0, None, amount.quantity)
        return drawn(amount.quantity, whole.quantity, share)

    def lot_of(self, instance: str) -> str | None:
        """The lot that ``instance`` was said to be of."""
        told = self._history.lots.get(instance)
        return None if told is None else told[0]

    def alive_outputs(self, group: Group) -> list[Production]:
        """The outputs of ``group`` that the investigator does not suppose killed."""
        return [p for p in group.productions if not self._question.killed(p.by)]


class _Passage:
    """One group that influence went through."""

    def __init__(self, amounts: Amounts, group: Group) -> None:
        self._amounts = amounts
        self._group = group
        self._entering = {
            consumption: certain
            for consumption in group.consumptions
            if (certain := amounts.entering(consumption)) is not None
        }
        # How many affected instances of a lot may be what a statement took of it (§4.3).
        self._possible = Counter(
            (other.by, amounts.lot_of(other.key)) for other in self._entering if other.possible
        )
        self.outputs: defaultdict[str, list[Production]] = defaultdict(list)
        for production in amounts.alive_outputs(group) if self._entering else ():
            self.outputs[production.key].append(production)

    def first_output(self) -> tuple[int, int, int, str]:
        """The earliest position at which the group made something."""
        return min(production.by.position for production in self._group.productions)

    def shares(self) -> Iterable[tuple[str, Share]]:
        """What each output gets."""
        put_in = total(draw.amount for draw in self._group.draws)
        made = total(amount for production in self._group.productions for amount in production.amounts)
        inputs = list(self._contaminated_inputs())
        entered: dict[int, Share] = {}  # by when the last of an output was made
        for key, productions in self.outputs.items():
            amount = total(amount for production in productions for amount in production.amounts)
            if amount is None:
                continue  # then neither what to hold of it is known
            if put_in is None or made is None or put_in.quantity <= 0 or made.quantity <= 0:
                yield key, Share(0.0, None, amount.quantity)
                continue
            last = max(production.by.at for production in productions)
            if last not in entered:
                entered[last] = _sum(share if at <= last else share._replace(low=0.0) for at, share in inputs)
            whole = entered[last].times(made.quantity / put_in.quantity, made.quantity)
            yield key, drawn(amount.quantity, made.quantity, whole)

    def _contaminated_inputs(self) -> Iterable[tuple[int, Share]]:
        """When each affected amount was put in, and what of it is contaminated."""
        for draw in self._group.draws:
            if draw.amount is None:
                continue
            certain = self._entering.get(draw.consumption)
            if certain is None:
                some = self._possible[draw.consumption.by, draw.key]
                if some:
                    high = draw.amount.quantity if draw.amount.uom else min(draw.amount.quantity, some)
                    yield draw.consumption.by.at, Share(0.0, None, high)
                continue
            share = self._amounts.draw(draw.key, draw.amount)
            yield draw.consumption.by.at, share if certain else share._replace(low=0.0)


def _sum(shares: Iterable[Share]) -> Share:
    """All of them together; expected is known where all of it is."""
    low, expected, high = 0.0, 0.0, 0.0
    unknown = False
    for share in shares:
        low, high = low + share.low, high + share.high
        unknown = unknown or share.expected is None
        expected += share.expected or 0.0
    return Share(low, None if unknown else expected, high)

"""The sums of a mass balance: of a lot at a site, and of a party's products.

A :class:`Ledger` is a handful of sums, whatever the number of movements. The same movement may be told twice,
in two words (shipping and departing, arriving and receiving): what came in is then between the larger of the
two and their sum, and goods are only called missing if they are so however that was meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from suyuan.trace.checks.facts import Rules


@dataclass(slots=True)
class Ledger:
    """What is told of one lot at one site in one unit; instants in microseconds.

    ``counted`` is what counts found more, or less, than the movements before them tell. ``returned`` is what
    came in containers and left in them again, by what is told.
    """

    first_at: int
    last_at: int = 0
    made: float = 0.0
    received: float = 0.0
    arrived: float = 0.0
    shipped: float = 0.0
    departed: float = 0.0
    carried_in: float = 0.0
    carried_out: float = 0.0
    seen: float = 0.0
    used: float = 0.0
    destroyed: float = 0.0
    sold: float = 0.0
    removed: float = 0.0
    counted: float = 0.0
    returned: float = 0.0
    in_unknown: bool = False
    out_unknown: bool = False
    was_unknown: bool = False
    lowest: float = 0.0
    lowest_in: float = 0.0
    lowest_returned: float = 0.0
    below_from: int = 0
    below_to: int = 0
    party: str = ""
    came_by: str = ""
    went_by: str = ""
    below_by: str = ""

    @property
    def most_in(self) -> float:
        """All that can have come in."""
        return self.made + self.received + self.arrived + self.seen + self.counted + self.carried_in

    @property
    def least_out(self) -> float:
        """What went out at least."""
        return max(self.shipped, self.departed) + self.carried_out + self.ended

    @property
    def balance(self) -> float:
        """The most that can be there."""
        return self.most_in - self.least_out

    @property
    def ended(self) -> float:
        """What is gone for good."""
        return self.used + self.destroyed + self.sold + self.removed


@dataclass(frozen=True, slots=True)
class Balance:
    """What a party did with a product in one unit, over all its sites, by the amounts that are told.

    ``stock`` is what is left by the sums; None where an amount is not told. Not in it are lots of which the
    pieces are known one by one.
    """

    party: str
    product: str
    uom: str | None
    made: float
    came: float
    used: float
    sent: float
    sold: float
    destroyed: float
    stock: float | None


def allowed(whole: float, uom: str | None, rules: Rules) -> float:
    """By how much two tellings of an amount may differ."""
    return 0.5 if uom is None else max(rules.slack, rules.tolerance * whole)


def balance(party: str, product: str, uom: str | None, ledgers: Iterable[Ledger]) -> Balance:
    """The sums of ``ledgers``."""
    told = list(ledgers)
    known = not any(one.in_unknown or one.out_unknown for one in told)
    return Balance(
        party,
        product,
        uom,
        made=sum(one.made for one in told),
        came=sum(max(one.received, one.arrived) + one.seen + one.carried_in for one in told),
        used=sum(one.used for one in told),
        sent=sum(max(one.shipped, one.departed) + one.carried_out for one in told),
        sold=sum(one.sold for one in told),
        destroyed=sum(one.destroyed + one.removed for one in told),
        stock=sum(one.balance for one in told) if known else None,
    )

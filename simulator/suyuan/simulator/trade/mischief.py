"""What people do wrong in a trade: fraud, clones, goods that end elsewhere; each strikes at drawn instants.

Goods move differently then, and what is told of them is not the whole truth. What is told wrongly although
goods move as they should is the business of :mod:`suyuan.simulator.trade.telling`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from suyuan.simulator.trade.deeds import Mention, event_number

DONE = ("oversell", "relabel", "dilution", "clone", "diversion", "lost", "expired")
"""More of a lot is sold than there was; goods are sold under the name of an earlier lot; a batch is stretched
with what nobody records; a counterfeit bears a sold item's number; a load goes to another than it is told to
go to; a load never arrives; goods past their last day are sold."""
_EARLIEST, _LATEST = 0.3, 0.9
"""Share of the days of a trade between which it strikes: before, there is little to cheat with."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One of them as it happened. ``events``: number and instant of those that show it, where some do."""

    kind: str
    at: int
    site: int
    things: tuple[Mention, ...]
    events: tuple[tuple[int, int], ...]
    detail: Mapping[str, object]


@dataclass(slots=True)
class Mischief:
    """When each kind strikes next, and what it did."""

    due: dict[str, list[int]] = field(default_factory=dict[str, list[int]])  # the next one last
    faults: list[Fault] = field(default_factory=list[Fault])

    def strikes(self, kind: str, at: int) -> bool:
        """Whether it strikes at this chance; each drawn instant is used up by the first chance after it."""
        due = self.due.get(kind)
        if not due or due[-1] > at:
            return False
        due.pop()
        return True

    def note(
        self,
        kind: str,
        at: int,
        site: int,
        things: Sequence[Mention],
        deeds: Sequence[tuple[int, int]] = (),
        **detail: object,
    ) -> None:
        """It struck, and this is what it did; ``deeds``: numbers and instants of those that show it."""
        events = tuple((event_number(deed), when) for deed, when in deeds)
        self.faults.append(Fault(kind, at, site, tuple(things), events, detail))


def plotted(wanted: Mapping[str, int], begins: int, ends: int, random: Random) -> Mischief:
    """Mischief that strikes so many times of each kind, at instants drawn between begin and end."""
    first, last = (begins + int((ends - begins) * part) for part in (_EARLIEST, _LATEST))
    return Mischief(
        {
            kind: sorted((random.randrange(first, last) for _ in range(wanted[kind])), reverse=True)
            for kind in DONE
            if wanted.get(kind)
        }
    )

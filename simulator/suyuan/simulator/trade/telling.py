"""How a trade is told: every deed once and at once, or with the faults of those who tell it.

Goods move as the deeds say; only what is told of them, and when, is wrong here. Each fault is noted where
it is made. Memory: what is told late waits for its time; nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from random import Random

from suyuan.simulator.trade.deeds import DAY, HOUR, MINUTE, NOWHERE, Act, Deed, Mention, Role, event_number
from suyuan.simulator.trade.mischief import Fault

TOLD: Mapping[str, float] = {
    "missing": 0.01,
    "unquantified": 0.01,
    "missed": 0.01,
    "stray": 0.005,
    "repeated": 0.01,
    "late": 0.03,
    "corrected": 0.005,
    "retracted": 0.002,
}
"""Of all deeds, how many are told wrongly unless one is asked for more: not at all; without an amount; with a
tag that was not read; with one of a neighbour; twice; days late; wrongly first, declared wrong and told anew;
at a place where it was not, and declared wrong."""
PROMPT = 1000
"""Milliseconds until what is done is on record, where nobody is late."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event: ``event`` numbers it, ``known`` is when it went on record.

    With ``declared`` it is an error declaration of that instant, of the event with this number;
    ``corrected_by``: the number of the event that takes its place, or 0.
    """

    deed: Deed
    event: int
    known: int
    declared: int | None = None
    corrected_by: int = 0


def plainly(deeds: Iterable[Deed]) -> Iterator[Told]:
    """Everything as it is, in the order of time."""
    return (Told(deed, event_number(deed.number), deed.at + PROMPT) for deed in deeds)


def badly(
    deeds: Iterable[Deed],
    shares: Mapping[str, float],
    random: Random,
    sites: int,
    note: Callable[[Fault], None],
) -> Iterator[Told]:
    """In the order in which it goes on record, so many of them with each fault; each is noted.

    A fault that a deed cannot have (an amount missing where there is none) is not made.
    """
    waiting: list[tuple[int, int, int, Told]] = []
    teller = _Teller(shares, random, sites, note)
    number = 0
    for deed in deeds:
        for told in teller.tell(deed):
            number += 1
            heappush(waiting, (told.known, told.event, number, told))
        while waiting and waiting[0][0] <= deed.at:
            yield heappop(waiting)[-1]
    while waiting:
        yield heappop(waiting)[-1]


class _Teller:
    """Draws what happens to each deed; knows the last thing that was seen at each site."""

    def __init__(
        self, shares: Mapping[str, float], random: Random, sites: int, note: Callable[[Fault], None]
    ) -> None:
        self._shares = [(kind, shares[kind]) for kind in TOLD if shares.get(kind)]
        self._random = random
        self._sites = sites
        self._note = note
        self._seen: dict[int, Mention] = {}

    def tell(self, deed: Deed) -> list[Told]:
        """The events of a deed: none, one or several."""
        right = Told(deed, event_number(deed.number), deed.at + PROMPT)
        drawn = self._random.random()
        found: list[Told] | None = None
        for kind, share in self._shares:
            drawn -= share
            if drawn < 0:
                found = self._told(kind, right)
                break
        self._remember(deed)
        return [right] if found is None else found

    def _told(self, kind: str, right: Told) -> list[Told] | None:
        """With this fault; None where the deed cannot have it."""
        match kind:
            case "missing":
                return self._noted(kind, right, [])
            case "late":
                later = int((0.1 + 5 * self._random.random()) * DAY)
                return self._noted(kind, right, [replace(right, known=right.known + later)])
            case "repeated":
                again = right.known + int((1 + 50 * self._random.random()) * MINUTE)
                return self._noted(kind, right, [right, replace(right, known=again)])
            case "corrected":
                return self._corrected(right)
            case "retracted":
                return self._retracted(right)
            case _:
                wrong = self._misread(kind, right.deed)
                return (
                    None
                    if wrong is None
                    else self._noted(kind, right, [replace(right, deed=wrong[0])], wrong[1])
                )

    def _noted(self, kind: str, right: Told, told: list[Told], thing: Mention | None = None) -> list[Told]:
        deed = right.deed
        things = deed.mentions if thing is None else (thing,)
        events = dict.fromkeys(one.event for one in told) or {right.event: None}
        self._note(Fault(kind, deed.at, deed.site, things, tuple((one, deed.at) for one in events), {}))
        return told

    def _misread(self, kind: str, deed: Deed) -> tuple[Deed, Mention] | None:
        """The deed as it is told then, and what is missing or too much in it."""
        if kind == "unquantified":
            return _unquantified(deed)
        if kind == "stray":
            near = self._seen.get(deed.site)
            if near is None or deed.act not in (Act.SHIP, Act.RECEIVE, Act.STORE) or _names(deed, near):
                return None
            return replace(deed, mentions=(*deed.mentions, near)), near
        many = [
            n
            for n, one in enumerate(deed.mentions)
            if one.amount is None and one.role in (Role.WHAT, Role.CHILD) and one.count > 1
        ]
        if not many:
            return None
        place = many[self._random.randrange(len(many))]
        run = deed.mentions[place]
        gone = run.first + self._random.randrange(run.count)
        parts = [
            replace(run, first=first, count=count)
            for first, count in ((run.first, gone - run.first), (gone + 1, run.first + run.count - gone - 1))
            if count
        ]
        return _with(deed, place, *parts), replace(run, first=gone, count=1)

    def _corrected(self, right: Told) -> list[Told] | None:
        """Told wrongly first: an amount ten times as large, or a tag missed."""
        deed = right.deed
        amounts = [n for n, one in enumerate(deed.mentions) if one.amount is not None]
        if amounts:
            place = amounts[self._random.randrange(len(amounts))]
            one = deed.mentions[place]
            told = _with(deed, place, replace(one, amount=(one.amount or 0) * 10))
        else:
            missed = self._misread("missed", deed)
            if missed is None:
                return None
            told = missed[0]
        first = Told(told, event_number(deed.number, 1), right.known)
        declared = right.known + int((0.5 + 40 * self._random.random()) * HOUR)
        return self._noted(
            "corrected",
            right,
            [
                first,
                replace(first, known=declared + PROMPT, declared=declared, corrected_by=right.event),
                replace(right, known=declared + PROMPT),
            ],
        )

    def _retracted(self, right: Told) -> list[Told] | None:
        """Beside the deed, the same at a place where it was not, declared wrong some hours later."""
        deed = right.deed
        site = self._random.randrange(self._sites)
        if site == deed.site or deed.act is Act.MAKE:
            return None
        ghost = replace(deed, site=site, source=NOWHERE, target=NOWHERE)
        first = Told(ghost, event_number(deed.number, 2), right.known + PROMPT)
        declared = right.known + int((0.5 + 20 * self._random.random()) * HOUR)
        declaration = replace(first, known=declared + PROMPT, declared=declared)
        return self._noted("retracted", right, [right, first, declaration])

    def _remember(self, deed: Deed) -> None:
        for one in deed.mentions:
            if one.amount is None and one.role is Role.WHAT:
                self._seen[deed.site] = replace(one, count=1)
                return


def _unquantified(deed: Deed) -> tuple[Deed, Mention] | None:
    """Without the first of its amounts."""
    for place, one in enumerate(deed.mentions):
        if one.amount is not None:
            return _with(deed, place, replace(one, amount=None, uom=None)), one
    return None


def _with(deed: Deed, place: int, *told: Mention) -> Deed:
    """The deed with other things told in that place."""
    return replace(deed, mentions=(*deed.mentions[:place], *told, *deed.mentions[place + 1 :]))


def _names(deed: Deed, near: Mention) -> bool:
    return any(
        one.series == near.series and one.first <= near.first < one.first + one.count for one in deed.mentions
    )

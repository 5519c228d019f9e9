"""How many visits a code has: genuine ones few, with a long tail; copies each add theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache

from suyuan.trace.scan.parameters import (
    AT_A_PARTY,
    COPIES,
    IN_COMPANY,
    IN_PUBLIC,
    MOST_VISITS,
    SAME_DAY,
    SAME_DAY_COPIED,
    SCANNED,
    TAIL,
)
from suyuan.trace.scan.past import Channel, Scan

_Law = list[float]
_ANYBODYS = frozenset({Channel.PHONE, Channel.KIOSK})  # who tells a place and has shown nobody who they are


def visits_of(scans: Iterable[Scan]) -> list[Scan]:
    """Scans in order of time as visits: one for each visitor of a day, and one for those who come together.

    Whoever scans within the hour and is not known to be elsewhere is company. A visit has the first place
    that was told in it; of phones and screens of shops in one network only the first counts that tells one on
    a day.
    """
    found: list[Scan] = []
    visit: dict[str, int] = {}
    told: set[str] = set()
    for scan in scans:
        one = scan
        if one.spot is not None and one.network and one.channel in _ANYBODYS:
            if one.network in told:
                one = replace(one, spot=None)
            told.add(one.network)
        number = visit.get(one.visitor)
        if number is None and found and one.time - found[-1].time <= IN_COMPANY:
            last = found[-1].spot
            if last is None or one.spot is None or last.code == one.spot.code:
                number = len(found) - 1
        if number is None:
            number = len(found)
            found.append(one)
        elif found[number].spot is None and one.spot is not None:
            found[number] = replace(found[number], spot=one.spot, channel=one.channel)
        visit[one.visitor] = number
    return found


def on_a_shared_day(visits: Iterable[Scan]) -> int:
    """How many visits were on a day on which there was another before."""
    days: list[date] = [one.time.date() for one in visits]
    return len(days) - len(set(days))


@cache
def visits_ratios() -> tuple[tuple[float, ...], ...]:
    """For each number of copies in ``COPIES`` how much likelier v visits are than of a genuine code.

    Index v up to ``MOST_VISITS``; 1.0 at none. Both laws are of codes that were scanned at all: that anybody
    looked is no evidence.
    """
    one = _one()
    scanned = [1 - SCANNED, *(SCANNED * chance for chance in one[1:])]
    alone = _given_any(one)
    genuine = [(1 - IN_PUBLIC) * own + IN_PUBLIC * wide for own, wide in zip(alone, _wide(), strict=True)]
    return tuple(
        (1.0, *(law / own for law, own in zip(_of_copies(scanned, number)[1:], genuine[1:], strict=True)))
        for number in COPIES
    )


def days_ratios(visits: int, same_day: int) -> tuple[float, ...]:
    """For each number of copies how much likelier it is that so many visits shared their day with another.

    A household has few devices; the buyers of many copies come when they come.
    """
    others = visits - 1 - same_day

    def chance(of: float) -> float:
        return of**same_day * (1 - of) ** others

    together, at_once = AT_A_PARTY
    genuine = (1 - together) * chance(SAME_DAY) + together * chance(at_once)
    return tuple(chance(of) / genuine for of in SAME_DAY_COPIED)


def _one() -> _Law:
    """Of a thing that is scanned; what lies beyond the end is left out."""
    return [0.0, *(v**-TAIL - (v + 1) ** -TAIL for v in range(1, MOST_VISITS + 1))]


def _wide() -> _Law:
    """Of a picture that is passed around: every order of magnitude alike."""
    return _given_any([0.0, *(1 / v for v in range(1, MOST_VISITS + 1))])


def _of_copies(scanned: _Law, number: int) -> _Law:
    """Of the genuine thing and that many copies together."""
    total, factor, left = scanned, scanned, number
    while left:
        if left % 2:
            total = _sum_of(total, factor)
        factor, left = _sum_of(factor, factor), left // 2
    return _given_any(total)


def _sum_of(one: _Law, other: _Law) -> _Law:
    """What lies beyond the end is put there."""
    found = [0.0] * len(one)
    for v, chance in enumerate(one):
        for w, also in enumerate(other):
            found[min(v + w, len(one) - 1)] += chance * also
    return found


def _given_any(law: _Law) -> _Law:
    whole = sum(law[1:])
    return [0.0, *(chance / whole for chance in law[1:])]

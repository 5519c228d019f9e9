"""Whether a code was copied: how many times more likely what is known of it is if it was.

Pure: the same history gives the same answer, wherever and whenever it is asked. Of places and visits the
likelihood is computed (:mod:`suyuan.trace.scan.wandering`, :mod:`suyuan.trace.scan.counting`) over how many
copies there may be; contradictions with the state on record and findings of chips have the weights of
:mod:`suyuan.trace.scan.parameters`, which says where each number comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from datetime import time as clock
from enum import StrEnum
from types import MappingProxyType

from suyuan.trace.scan import parameters as by
from suyuan.trace.scan.counting import days_ratios, on_a_shared_day, visits_of, visits_ratios
from suyuan.trace.scan.past import (
    Batch,
    Channel,
    Finding,
    FindingKind,
    History,
    Outcome,
    Scan,
    Spot,
    Stay,
)
from suyuan.trace.scan.wandering import CLOCKS_OF_DAYS, Way, is_followed, kilometres, way_of

__all__ = [
    "REASONS",
    "Batch",
    "Channel",
    "Finding",
    "FindingKind",
    "History",
    "Outcome",
    "Reason",
    "Scan",
    "Spot",
    "State",
    "Stay",
    "Suspicion",
    "suspicion",
]


REASONS = (
    "many-visits", "far-away", "too-fast", "many-places", "places", "before-shipping",
    "after-destruction", "after-expiry", "link-kept", "tap-of-another", "mark-missing", "chip-answered",
    *FindingKind, "lot-probed", "lot-far-away",
)  # fmt: skip
"""The codes of reasons: each has a sentence for shoppers and officials."""


class State(StrEnum):
    """What may be said of a code, from best to worst; ``CANNOT_TELL`` is the usual answer.

    ``GENUINE_LOOKING`` needs a chip that answered freshly. ``KNOWN_COPY`` needs findings of chips or
    stations: scans alone never suffice, for a picture of a genuine label may be scanned anywhere.
    """

    GENUINE_LOOKING = "genuine-looking"
    CANNOT_TELL = "cannot-tell"
    SUSPICIOUS = "suspicious"
    KNOWN_COPY = "known-copy"


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: its code, how many bans it weighs (may be negative), numbers for its sentence.

    ``fields`` hold counts and distances only, never where anybody was: shoppers are shown them.
    """

    code: str
    weight: float
    fields: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``score`` in bans: 2.0 means that what is known is 100 times as likely if the code was copied.

    ``reasons`` by weight, heaviest first; their weights add up to the score.
    """

    score: float = 0.0
    state: State = State.CANNOT_TELL
    reasons: tuple[Reason, ...] = ()


def suspicion(history: History) -> Suspicion:
    """What is to be thought of the code that ``history`` is of."""
    scans = [one for one in history.scans if history.cleared is None or one.time > history.cleared]
    findings = [
        one
        for one in history.findings
        if history.cleared is None or (one.known or one.time) > history.cleared
    ]
    visits = visits_of(scans)[: by.MOST_VISITS]
    way = way_of(history, visits)
    told_by_scans = [
        *_places_and_visits(visits, way),
        *_against_the_state(history, scans),
        *_proofs(scans),
        *_of_the_lot(history.batch, way),
    ]
    placed = () if way is None else way.placed
    away = [one.scan for one in placed if one.km is not None and one.km > by.NEIGHBOURS_KM]
    destroyed = history.destroyed is not None
    if not (destroyed or _may_warn(scans, away)):
        told_by_scans = _at_most(by.MOST_OF_FEW, told_by_scans)
    reasons = [*told_by_scans, *_findings(findings)]
    reasons.sort(key=lambda one: (-one.weight, one.code))
    score = sum(one.weight for one in reasons)
    least = _least(away) if is_followed(history.stays) else by.SUSPICIOUS
    return Suspicion(
        round(score, 3), _state(score, least, scans, findings, destroyed=destroyed), tuple(reasons)
    )


def _networks(scans: Iterable[Scan]) -> set[str]:
    return {one.network or one.visitor for one in scans}


def _networks_of_a_day(scans: Sequence[Scan]) -> int:
    """The most of one day, whichever clock days go by: who comes on two days passes for two networks."""
    found: list[int] = []
    for clock_of_days in CLOCKS_OF_DAYS:
        days: dict[date, set[str]] = {}
        for one in scans:
            days.setdefault((one.time + clock_of_days).date(), set()).add(one.network or one.visitor)
        found.append(max(map(len, days.values()), default=0))
    return min(found)


def _least(away: Sequence[Scan]) -> float:
    """From which score on a code is suspicious; ``away``: who told of places far from where it should be."""
    if _networks_of_a_day(away) >= by.NETWORKS_AWAY:
        return by.SUSPICIOUS_AWAY
    return by.SUSPICIOUS_ON_DAYS if len(_networks(away)) >= by.NETWORKS_AWAY else by.SUSPICIOUS


def _may_warn(scans: Sequence[Scan], away: Sequence[Scan]) -> bool:
    """Whether so many networks scanned it, or speak against it, that shoppers may be warned of it."""
    against = [*away, *(one for one in scans if one.outcome in _AGAINST)]
    return (
        _networks_of_a_day(against) >= by.WARNED_ON_A_DAY
        or len(_networks(against)) >= by.WARNED_ON_DAYS
        or len(_networks(scans)) >= by.WARNED_OF_ALL
    )


_AGAINST = frozenset({Outcome.REPLAYED, Outcome.STALE, Outcome.OF_ANOTHER})


def _at_most(most: float, reasons: Sequence[Reason]) -> list[Reason]:
    """``reasons``, of which the heaviest weighs so much less that they weigh ``most`` together."""
    beyond = sum(one.weight for one in reasons) - most
    if beyond <= 0:
        return list(reasons)
    heaviest = max(reasons, key=lambda one: one.weight)
    return [replace(one, weight=round(one.weight - beyond, 3)) if one is heaviest else one for one in reasons]


def _state(
    score: float, least: float, scans: Sequence[Scan], findings: Sequence[Finding], *, destroyed: bool
) -> State:
    """By scans alone nothing is suspicious that few networks tell, unless nobody should have it any more."""
    if sum(by.FINDINGS[kind] for kind in {one.kind for one in findings}) >= by.KNOWN:
        return State.KNOWN_COPY
    if score >= least and (findings or destroyed or len(_networks(scans)) >= by.NETWORKS):
        return State.SUSPICIOUS
    verified = any(one.outcome is Outcome.VERIFIED for one in scans)
    return State.GENUINE_LOOKING if verified and score < 0 else State.CANNOT_TELL


def _places_and_visits(seen: Sequence[Scan], way: Way | None) -> Iterator[Reason]:
    """The joint likelihood over how many copies there are, told in two parts: visits, then places."""
    if not seen:
        return
    visits, same_day = len(seen), on_a_shared_day(seen)
    days = days_ratios(visits, same_day)
    ratios = [law[visits] * day for law, day in zip(visits_ratios(), days, strict=True)]
    of_visits = math.log10(sum(ratios) / len(ratios))
    yield _reason("many-visits", of_visits, visits=visits, same_day=same_day)
    if way is None:
        return
    alone = way.of_one()
    joint = sum(
        ratio * math.exp(min(way.with_copies(number, spread) - alone, _MOST_NATS))
        for number, ratio in zip(by.COPIES, ratios, strict=True)
        for spread in by.SPREADS
    )
    of_places = math.log10(max(joint, _LEAST) / len(by.SPREADS) / len(ratios)) - of_visits
    far = [one for one in way.placed if one.km is not None and one.km > by.NEIGHBOURS_KM]
    code = "too-fast" if way.too_fast else "far-away" if far else "many-places" if of_places > 0 else "places"
    yield _reason(
        code,
        of_places,
        places=len({one.spot.code for one in way.placed}),
        far=len({one.spot.code for one in far}),
        visits=len(way.placed),
        kilometres=10 * round(max(one.km or 0.0 for one in way.placed) / 10),
    )


_MOST_NATS, _LEAST = 600.0, 1e-300  # beyond these a float is infinite, or nothing


def _against_the_state(history: History, scans: Sequence[Scan]) -> Iterator[Reason]:
    """Scans of what has not left its maker, of what is destroyed, and of what is long past its date."""
    phones = [one for one in scans if one.channel is Channel.PHONE]
    shipped = history.shipped
    if shipped is not None and history.stays:
        early = _firsts(phones, lambda at: at < shipped - by.LATE_RECORDS)
        inside = all(_is_at(history.stays[0].spot, one.spot) for one in early)
        weigh = by.BEFORE_SHIPPING_AT_MAKER if inside else by.BEFORE_SHIPPING
        yield from _counted("before-shipping", len(early), weigh)
    destroyed, expiry = history.destroyed, history.expiry
    if destroyed is not None:
        after = _firsts(phones, lambda at: at > destroyed + by.LATE_RECORDS)
        yield from _counted("after-destruction", len(after), by.AFTER_DESTRUCTION)
    if expiry is not None:
        over = datetime.combine(expiry, clock(), UTC) + by.EXPIRED_FOR
        after = _firsts(phones, lambda at: at > over)
        yield from _counted("after-expiry", len(after), by.AFTER_EXPIRY)


def _is_at(maker: Spot | None, spot: Spot | None) -> bool:
    km = None if spot is None or maker is None else kilometres(maker, spot)
    return km is not None and km <= by.SAME_CITY_KM


def _proofs(scans: Sequence[Scan]) -> Iterator[Reason]:
    of = {outcome: _networks(one for one in scans if one.outcome is outcome) for outcome in Outcome}
    yield from _counted("link-kept", len(of[Outcome.REPLAYED] | of[Outcome.STALE]), by.REPLAYED)
    yield from _counted("tap-of-another", len(of[Outcome.OF_ANOTHER]), by.OF_ANOTHER)
    yield from _counted("mark-missing", len(of[Outcome.MISSING]), by.MISSING)
    if of[Outcome.VERIFIED]:
        yield _reason("chip-answered", by.VERIFIED, visits=len(of[Outcome.VERIFIED]))


def _findings(findings: Sequence[Finding]) -> Iterator[Reason]:
    """One of a kind says it; that it is found again and again is the same fact."""
    for kind in FindingKind:
        times = sum(one.kind is kind for one in findings)
        if times:
            yield _reason(kind.value, by.FINDINGS[kind], times=times)


def _of_the_lot(batch: Batch, way: Way | None) -> Iterator[Reason]:
    if batch.in_sequence >= by.IN_SEQUENCE:
        for_ten, most = by.PROBED
        yield _reason("lot-probed", min(most, for_ten * math.log10(1 + batch.probes)), probes=batch.probes)
    if way is None:
        return
    far = {one.spot.code for one in way.placed if one.km is not None and one.km > by.FAR_KM}
    most_there = max((batch.far.get(code, 0) for code in far), default=0)
    if most_there >= by.LOT_FAR:
        weight = min(by.LOT_FAR_MOST, math.log10(most_there))
        yield _reason("lot-far-away", weight, codes=most_there, of=batch.scanned)


def _firsts(scans: Iterable[Scan], when: Callable[[datetime], bool]) -> list[Scan]:
    """The first scan of each network at such a time."""
    found: dict[str, Scan] = {}
    for one in scans:
        if when(one.time):
            found.setdefault(one.network or one.visitor, one)
    return list(found.values())


def _counted(code: str, visits: int, weigh: tuple[float, float, float]) -> Iterator[Reason]:
    if visits:
        yield _reason(code, _weight(visits, weigh), visits=visits)


def _weight(visits: int, weigh: tuple[float, float, float]) -> float:
    first, further, most = weigh
    return min(most, first + further * (visits - 1))


def _reason(code: str, weight: float, **fields: float) -> Reason:
    return Reason(code, round(weight, 3), MappingProxyType(fields))

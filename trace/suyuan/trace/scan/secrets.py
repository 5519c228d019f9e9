"""Whether what stations told of the secrets on a tag can be told of one tag (decision 0029).

Each time that a station renews a secret, it tells what it found and what it wrote, as digests. Numbers are
random, so what one act wrote and another found joins the two, whenever and in whatever order they are told:
the acts on one tag make a line. Two acts that found the same number and both replaced it are a fork, and no
single tag can have been both. No clock is needed for that, and nothing that is told late, twice or never
makes a fork: what is missing leaves a gap.

::

    ∅ ──> a ──> b ──> c            one tag            gap:   ∅ ──> a     c ──> d
                └──> x             and a copy of it at b

A gap may have been filled by acts that nobody told. Then the pieces lie one after the other in time; if they
lie beside each other by more than clocks may be wrong, there are two tags as well.

Pure; linear in the acts, but for the sorting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

CLOCKS_APART = timedelta(days=1)
"""How far two clocks that are not known to be wrong may be apart."""
AT_ONCE = timedelta(minutes=2)
"""Two antennas that hear one tag may both renew it: the earlier writing is lost, and nobody ever finds it."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a station did to the secret of a tag.

    ``found`` is the digest of what it read, empty where the tag had none. ``written`` is what it wrote and
    read back; without it, ``maybe`` are those that the tag may have now instead of ``found``, the intended
    one first: the writing was torn. Neither: it only read. ``time`` is None where its clock was not sound.
    ``near`` are those that it may have if the writing had hardly begun: two writings could leave the same,
    and a third bring ``found`` back, so each of them counts as ``found`` itself.
    """

    found: str
    written: str = ""
    maybe: tuple[str, ...] = ()
    time: datetime | None = None
    evidence: str = ""
    near: tuple[str, ...] = ()


class Standing(StrEnum):
    """What a secret that somebody shows is, by what was told so far."""

    CURRENT = "current"
    STALE = "stale"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fork:
    """Two tags: the acts that cannot both have been on one, in the order of their times.

    ``certain`` is a fork proper; otherwise the clocks say so.
    """

    acts: tuple[Act, ...]
    certain: bool


def told_apart(acts: Iterable[Act]) -> Fork | None:
    """The first proof that acts on the tag of one chip number were on more than one; None: there is none."""
    happened = _happened(_once(acts))
    return _fork(happened) or _beside(happened)


def standing(acts: Iterable[Act], shown: str) -> Standing:
    """What the secret of digest ``shown``, just read from a tag by anybody, is.

    It is stale only if an act is known that replaced it: acts that are known have happened, whatever their
    clocks say. Where a writing was torn, what it found and what it may have left both count as current.
    """
    given = list(acts)
    shown = _one_name(given).get(shown, shown)
    known = _once(given)
    if shown and any(act.found == shown for act, _ in _happened(known)):
        return Standing.STALE
    states = {state for act in known for state in (act.found, act.written, *act.maybe) if state}
    return Standing.CURRENT if shown in states else Standing.UNKNOWN


_Edge = tuple[Act, str]
"""An act that replaced what it found, and by what."""
_NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


def _once(acts: Iterable[Act]) -> Sequence[Act]:
    """Each act once: a station that came back from a backup tells some of them again, or as doubtful."""
    given = _with_one_name(list(acts))
    sure = {(act.found, act.written) for act in given if act.written}
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    kept: list[Act] = []
    for act in given:
        name = act.found, act.written, act.maybe
        doubled = not act.written and any((act.found, each) in sure for each in act.maybe)
        if not doubled and (name not in seen or not (act.written or act.maybe)):
            seen.add(name)
            kept.append(act)
    return kept


def _with_one_name(acts: Sequence[Act]) -> Sequence[Act]:
    names = _one_name(acts)
    return [replace(act, found=names.get(act.found, act.found)) for act in acts] if names else acts


def _one_name(acts: Iterable[Act]) -> Mapping[str, str]:
    """What a writing that had hardly begun may have left, by what was there before, and so on back."""
    first: dict[str, str] = {}

    def origin(state: str) -> str:
        while state in first:
            state = first[state]
        return state

    for act in acts:
        for each in act.near if act.found else ():
            one, other = origin(each), origin(act.found)
            if one != other:
                first[one] = other
    return {state: origin(state) for state in first}


def _happened(acts: Sequence[Act]) -> Sequence[_Edge]:
    """The acts that replaced what they found: read back, or what they may have left was found later."""
    found = {act.found for act in acts if act.found}
    edges: list[_Edge] = []
    for act in acts:
        left = act.written or next((each for each in act.maybe if each in found and each != act.found), "")
        if left and left != act.found:
            edges.append((act, left))
    return edges


def _fork(happened: Sequence[_Edge]) -> Fork | None:
    out: dict[str, list[_Edge]] = {}
    for edge in happened:
        if edge[0].found:
            out.setdefault(edge[0].found, []).append(edge)
    found = {act.found for act, _ in happened}
    for edges in out.values():
        for at, one in enumerate(edges):
            for other in edges[:at]:
                if not _at_once(one, other, found):
                    return Fork(_in_time((other[0], one[0])), certain=True)
    return None


def _at_once(one: _Edge, other: _Edge, found: set[str]) -> bool:
    """Whether two antennas may have written the same tag at a time: one of the writings was lost.

    Where a clock was not sound they may have, too.
    """
    times = one[0].time, other[0].time
    if times[0] is not None and times[1] is not None and abs(times[0] - times[1]) > AT_ONCE:
        return False
    return not (one[1] in found and other[1] in found)


def _beside(happened: Sequence[_Edge]) -> Fork | None:
    """Two pieces of a line that lie beside each other in time. Quadratic in the pieces."""
    spans = [span for piece in _pieces(happened) if (span := _span(piece)) is not None]
    for at, (begin, end) in enumerate(spans):
        for other_begin, other_end in spans[:at]:
            if _after(end, other_begin) and _after(other_end, begin):
                return Fork(_in_time((begin, end, other_begin, other_end)), certain=False)
    return None


def _after(one: Act, other: Act) -> bool:
    """Whether ``one`` was later than ``other``, however wrong their clocks may be."""
    return one.time is not None and other.time is not None and one.time - other.time > CLOCKS_APART


def _pieces(happened: Sequence[_Edge]) -> Iterable[Sequence[Act]]:
    """The acts joined where one found what another left."""
    left_by = {left: act.found for act, left in happened}
    pieces: dict[str, list[Act]] = {}
    roots: dict[str, str] = {}
    for act, left in happened:
        way, state = [left], act.found
        while state and state not in roots and state in left_by and state not in way:
            way.append(state)
            state = left_by[state]
        root = roots.get(state, state or way[-1])
        roots |= dict.fromkeys(way, root)
        pieces.setdefault(root, []).append(act)
    return pieces.values()


def _span(piece: Iterable[Act]) -> tuple[Act, Act] | None:
    """The first and the last act of a piece by their clocks."""
    timed = _in_time(act for act in piece if act.time is not None)
    return (timed[0], timed[-1]) if timed else None


def _in_time(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Each act once, those without a sound clock last."""
    once = {id(act): act for act in acts}.values()
    return tuple(sorted(once, key=lambda act: (act.time is None, act.time or _NO_TIME)))

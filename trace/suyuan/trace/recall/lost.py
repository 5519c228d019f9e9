"""What of a scope has left our sight: goods that are affected and of which nobody can say where they are.

Three things count, and nothing else:

- *unaccounted*: the record names no place (deleted without a word why, or never told where);
- *not received*: the last word is that it left, and nothing was told of it for ``patience`` (7 days: longer
  than any transport of fresh food within the country takes; a slower one is named, and reappears when it
  arrives);
- *outside*: the last word sends it to a place or party of which the platform knows nothing.

What was sold to consumers is not lost: it is counted apart, for it is called back by other means. What stands
on a shelf without news is in sight: its place is known. Used up and destroyed goods are gone. Every line of
the scope is told in exactly one row or split so that its rows add up to it: of loose goods every shipment
speaks for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from suyuan.trace.lineage.contract import Scope, ScopeLine
from suyuan.trace.lineage.last_seen import LastSeen
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.recall.parcels import Parcel, Share, held_states, told_apart

PATIENCE = timedelta(days=7)

ASTRAY = ("in_transit", "unaccounted")
"""What may have left our sight."""

Reason = Literal["unaccounted", "not-received", "outside"]


InSight = Callable[[str, Collection[str]], Collection[str]]
"""Those of some evidence about a key that somebody may know."""

_Why = tuple[Reason, "LastSeen | None", str]


@dataclass(frozen=True, slots=True)
class Lost:
    """Goods that left our sight together: one last event, one reason, one unit.

    ``line`` has the amounts; ``to`` names the destination outside the platform, where that is the reason.
    """

    reason: Reason
    line: ScopeLine
    last: LastSeen | None
    to: str = ""


@dataclass(frozen=True, slots=True)
class Sighted:
    """A scope with what left our sight taken out of its lines; the amounts of both add up to the scope's."""

    lines: tuple[ScopeLine, ...]
    lost: tuple[Lost, ...]


def everything(key: str, evidence: Collection[str]) -> Collection[str]:  # noqa: ARG001 (the shape of InSight)
    """All of it."""
    return evidence


def sighted(
    scope: Scope,
    lines: Sequence[ScopeLine],
    *,
    share: Share,
    outside: Callable[[str], str],
    now: datetime,
    left: Sequence[str | None] | None = None,
    in_sight: InSight = everything,
    patience: timedelta = PATIENCE,
) -> Sighted:
    """Divide ``lines`` of ``scope``. ``outside``: evidence key -> destination unknown to us, or empty.

    ``left`` tells of lines that a division made which place their goods left (:class:`Division`); where lines
    were cut for somebody, ``in_sight`` says what they may know.
    """
    states = held_states(scope)
    kept: list[ScopeLine] = []
    lost: list[Lost] = []
    for index, line in enumerate(lines):
        if line.status not in ASTRAY:
            kept.append(line)
            continue
        its = _seen(share if left is None else _only(share, left[index]), line, in_sight)

        def why(_: str, parcel: Parcel, line: ScopeLine = line) -> _Why | None:
            return _reason(line, parcel.last, outside, now - patience)

        for found, part in told_apart(line, states, its, why).items():
            if found is None:
                kept.append(part)
            else:
                lost.append(Lost(found[0], part, found[1], found[2]))
    return Sighted(tuple(kept), tuple(sorted(lost, key=_oldest_first)))


def _only(share: Share, left: str | None) -> Share:
    """Of lines without a place what left ``left``: the rest of it is another line."""

    def of_it(key: str, line: ScopeLine) -> Sequence[Parcel]:
        return [one for one in share(key, line) if line.place is not None or one.left == left]

    return of_it


def _seen(share: Share, line: ScopeLine, in_sight: InSight) -> Share:
    """Of a line that is less than its parcels, those in sight: the others were cut from it."""
    told = {key: share(key, line) for key in line.keys}
    if line.hold is None or sum(one.quantity for its in told.values() for one in its) <= line.hold + ENOUGH:
        return share

    def of_it(key: str, _: ScopeLine) -> Sequence[Parcel]:
        seen = in_sight(key, {one.last.evidence for one in told[key] if one.last is not None})
        mine = [one for one in told[key] if one.last is not None and one.last.evidence in seen]
        return mine or [Parcel(0.0, None)]

    return of_it


def _reason(
    line: ScopeLine, last: LastSeen | None, outside: Callable[[str], str], since: datetime
) -> _Why | None:
    to = "" if last is None else outside(last.evidence)
    if line.status == "in_transit" and to:
        return "outside", last, to
    if line.status == "unaccounted" or last is None:
        return "unaccounted", last, ""
    return ("not-received", last, "") if last.time <= since else None


def _oldest_first(lost: Lost) -> tuple[str, str, str]:
    at = "" if lost.last is None else lost.last.time.isoformat()
    return at, lost.line.place or "", lost.line.keys[0] if lost.line.keys else ""

"""What of a scope has left our sight: goods that are affected and of which nobody can say where they are.

Three things count, and nothing else:

- *unaccounted*: the record names no place (deleted without a word why, or never told where);
- *not received*: the last word is that it left, and nothing was told of it for ``patience`` (7 days: longer
  than any transport of fresh food within the country takes; a slower one is named, and reappears when it
  arrives);
- *outside*: the last word sends it to a place or party of which the platform knows nothing.

What was sold to consumers is not lost: it is counted apart, for it is called back by other means. What stands
on a shelf without news is in sight: its place is known. Used up and destroyed goods are gone. Every line of
the scope is told in exactly one row or split so that its rows add up to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from suyuan.trace.lineage.contract import Scope, ScopeLine
from suyuan.trace.lineage.last_seen import LastSeen
from suyuan.trace.recall.division import Portion, parted

PATIENCE = timedelta(days=7)

Reason = Literal["unaccounted", "not-received", "outside"]


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


def sighted(
    scope: Scope,
    lines: Sequence[ScopeLine],
    *,
    seen: Callable[[str, ScopeLine], LastSeen | None],
    outside: Callable[[str], str],
    portion: Portion,
    now: datetime,
    patience: timedelta = PATIENCE,
) -> Sighted:
    """Divide ``lines`` of ``scope``. ``outside``: evidence key -> destination unknown to us, or empty.

    ``seen`` tells of a thing when it was last seen, of a lot what put the oldest of it where the line is.
    """
    kept: list[ScopeLine] = []
    lost: list[Lost] = []
    for line in lines:
        if line.status not in ("unaccounted", "in_transit"):
            kept.append(line)
            continue
        groups: dict[tuple[Reason, LastSeen | None, str], set[str]] = defaultdict(set)
        for key in line.keys:
            last = seen(key, line)
            found = _reason(line, last, outside, now - patience)
            if found is not None:
                groups[found[0], last, found[1]].add(key)
        rest: ScopeLine | None = line
        for (reason, last, to), keys in groups.items():
            if rest is not None:
                part, rest = parted(rest, keys, scope.trace.states, portion)
                if part is not None:
                    lost.append(Lost(reason, part, last, to))
        if rest is not None:
            kept.append(rest)
    return Sighted(tuple(kept), tuple(sorted(lost, key=_oldest_first)))


def _reason(
    line: ScopeLine, last: LastSeen | None, outside: Callable[[str], str], since: datetime
) -> tuple[Reason, str] | None:
    to = "" if last is None else outside(last.evidence)
    if line.status == "in_transit" and to:
        return "outside", to
    if line.status == "unaccounted" or last is None:
        return "unaccounted", ""
    return ("not-received", "") if last.time <= since else None


def _oldest_first(lost: Lost) -> tuple[str, str, str]:
    at = "" if lost.last is None else lost.last.time.isoformat()
    return at, lost.line.place or "", lost.line.keys[0] if lost.line.keys else ""

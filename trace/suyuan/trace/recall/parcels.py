"""What a line of a scope counts of one thing, told apart by when it was last seen.

A piece is last seen once; of loose goods every portion is: five kilograms sent ten days ago and thirty sent
yesterday share a line, and neither speaks for the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from suyuan.trace.lineage.contract import Amount, Scope, ScopeLine, State
from suyuan.trace.lineage.kept import Things
from suyuan.trace.lineage.last_seen import LastSeen, sighting
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.scope import Head, shared_out


@dataclass(frozen=True, slots=True)
class Parcel:
    """Some of a thing, in the unit of its line, and when it was last seen; 0 where no amount is told."""

    quantity: float
    last: LastSeen | None

    @property
    def left(self) -> str | None:
        """The place where it was last."""
        return None if self.last is None else self.last.place


Share = Callable[[str, ScopeLine], Sequence[Parcel]]
"""What of the amount of a line is of one of its keys: of a line of the whole scope, all that it counts."""

Label = TypeVar("Label")


def share_of(things: Callable[[], Things], scope: Scope) -> Share:
    """How the lines of ``scope`` are shared by their keys. The portions of a lot are replayed once.

    ``things`` is asked for at every key that is new: more may have been told since the last one. What was
    once told of a key is told again.
    """
    states = held_states(scope)

    @cache
    def found(key: str) -> Mapping[Head, Sequence[Parcel]]:
        now = things()
        told = None if key not in states else states[key].hold
        hold = told or now.produced(key)  # to whom it is not told, the portions in sight are
        return {} if hold is None else parcels(now, key, hold, states.keys())

    @cache
    def whole(key: str) -> Sequence[Parcel]:
        return (Parcel(0.0, last_seen(things(), key)),)

    def share(key: str, line: ScopeLine) -> Sequence[Parcel]:
        if line.hold is None:
            return whole(key)
        head = (line.place, line.party, line.status, line.uom)
        return found(key).get(head) or whole(key)

    return share


def parcels(
    things: Things, key: str, hold: Amount, affected: Collection[str] = ()
) -> Mapping[Head, Sequence[Parcel]]:
    """The parcels of ``key`` by the line that they belong to. ``hold`` and ``affected``: those of the scope.

    What is in a container was last seen when that was. One replay of the portions of a lot.
    """
    word = last_seen(things, key)
    lying = things.lying(key)
    waiting: defaultdict[Head, list[Portion]] = defaultdict(list)
    for head, portion in reversed(lying):
        waiting[head].append(portion)
    found: defaultdict[Head, list[Parcel]] = defaultdict(list)
    parts = shared_out(hold, things.produced(key), lying, affected, lambda: things.where_now(key))
    for head, quantity in parts:
        counted = _counted(waiting[head], quantity)
        found[head].append(Parcel(quantity, word if counted is None else _seen(things, counted)))
    return found


def last_seen(things: Things, key: str) -> LastSeen | None:
    """The last sighting of ``key``; None where nothing names it."""
    told = things.last_word(key)
    return None if told is None else sighting(told, things.owner)


def told_apart(
    line: ScopeLine, states: Mapping[str, State], share: Share, label: Callable[[str, Parcel], Label]
) -> Mapping[Label, ScopeLine]:
    """A line divided by what ``label`` says of its parcels; the parts add up to the line, exactly.

    ``share`` has at least one parcel of each key.
    """
    groups: defaultdict[Label, dict[str, float]] = defaultdict(dict)
    for key in line.keys:
        for parcel in share(key, line):
            group = groups[label(key, parcel)]
            group[key] = group.get(key, 0.0) + parcel.quantity
    *firsts, last = groups
    found: dict[Label, ScopeLine] = {}
    rest = line
    for one in firsts:
        found[one] = _part(rest, groups[one], states)
        rest = _less(rest, found[one])
    keys = tuple(groups[last])
    return found | {last: replace(rest, objects=len(keys), keys=keys)}


def held_states(scope: Scope) -> Mapping[str, State]:
    """The affected states of a scope by key, the certain one where there are several."""
    ordered = sorted(scope.trace.states, key=lambda state: state.certainty == "certain")
    return {state.key: state for state in ordered if not state.carrier}


def _counted(among: list[Portion], quantity: float) -> Portion | None:
    """Take out the portion that counts with ``quantity``, the last put first; else some of that one."""
    whole = (index for index in range(len(among) - 1, -1, -1) if among[index].quantity == quantity)
    return among.pop(next(whole, -1)) if among else None


def _seen(things: Things, portion: Portion) -> LastSeen | None:
    inside = None if portion.container is None else last_seen(things, portion.container)
    return inside or sighting(portion.by, things.owner)


def _part(line: ScopeLine, amounts: Mapping[str, float], states: Mapping[str, State]) -> ScopeLine:
    keys = tuple(amounts)
    if line.hold is None:
        return replace(line, objects=len(keys), keys=keys)
    low = high = 0.0
    expected: float | None = 0.0
    for key, amount in amounts.items():
        state = states.get(key)
        share = None if state is None else state.contaminated
        whole = 0.0 if state is None or state.hold is None else state.hold.quantity
        part = amount / whole if whole > 0 else 1.0
        expected = _sum(expected, None if share is None or share.expected is None else share.expected * part)
        low += 0.0 if share is None else share.min * part
        high += 0.0 if share is None else share.max * part
    return replace(
        line,
        objects=len(keys),
        hold=min(line.hold, sum(amounts.values())),
        contaminated_min=low,
        contaminated_expected=expected,
        contaminated_max=high,
        keys=keys,
    )


def _less(whole: ScopeLine, part: ScopeLine) -> ScopeLine:
    if whole.hold is None:
        return whole
    return replace(
        whole,
        hold=_rest(whole.hold, part.hold),
        contaminated_min=max(0.0, whole.contaminated_min - part.contaminated_min),
        contaminated_expected=_rest(whole.contaminated_expected, part.contaminated_expected),
        contaminated_max=_rest(whole.contaminated_max, part.contaminated_max),
    )


def _sum(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first + second


def _rest(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else max(0.0, whole - part)

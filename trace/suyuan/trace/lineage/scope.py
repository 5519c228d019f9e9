"""A forward trace summed: where what is affected is now, whose it is, and how much (law of tracing §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount, Contaminated, ScopeLine, State, Status, WhereNow
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.portions import Portion, heard_of, portions
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import Statement
from suyuan.trace.lineage.where import Owner, where_now, where_portion

_LIVING = ("in_stock", "in_transit", "unaccounted")

Head = tuple["str | None", "str | None", Status, "str | None"]


class Held(Protocol):
    """What a trace tells of amounts."""

    def hold(self, key: str) -> Amount | None:
        """How much of it must be held."""
        ...

    def contaminated(self, key: str, *, possible: bool = False) -> Contaminated | None:
        """How much of that is contaminated."""
        ...


@dataclass(slots=True)
class _Sum:
    """What one line adds up to."""

    keys: dict[str, None] = field(default_factory=dict[str, None])
    hold: float = 0.0
    low: float = 0.0
    expected: float | None = 0.0
    high: float = 0.0

    def add(self, key: str, quantity: float, share: Contaminated | None, part: float) -> None:
        """``quantity`` of what is held of ``key``, which is ``part`` (0 to 1) of it."""
        self.keys[key] = None
        self.hold += quantity
        if share is None or share.expected is None or self.expected is None:
            self.expected = None
        else:
            self.expected += share.expected * part
        if share is not None:
            self.low += share.min * part
            self.high += share.max * part


def scope_lines(
    history: History, states: Iterable[State], amounts: Held | None, owner: Owner
) -> tuple[ScopeLine, ...]:
    """One line per (place, party, status, unit), and one for each lot of which no amount is known."""
    certain: dict[str, bool] = {}
    for state in states:
        if not state.carrier and state.kind != "place":
            certain[state.key] = certain.get(state.key, False) or state.certainty == "certain"
    sums: defaultdict[Head, _Sum] = defaultdict(_Sum)
    unknown: list[ScopeLine] = []
    for key, sure in certain.items():
        if not _counts(history, key, certain):
            continue
        hold = None if amounts is None else amounts.hold(key)
        found = [_unknown(history, key, owner)] if hold is None else []
        told = {(line.place, line.status) for line in found}
        heads = (head for head, _ in heard(history, key, owner))
        unknown += [*found, *(_some(key, head) for head in heads if (head[0], head[2]) not in told)]
        if amounts is None or hold is None:
            continue
        share = amounts.contaminated(key, possible=not sure)
        for head, quantity in parts(history, key, hold, owner, certain):
            sums[head].add(key, quantity, share, quantity / hold.quantity if hold.quantity > 0 else 1.0)
    return tuple(sorted([*unknown, *(_line(head, found) for head, found in sums.items())], key=none_first))


def _counts(history: History, key: str, affected: dict[str, bool]) -> bool:
    """A container counts by what is affected in it, a lot by its instances where they are known."""
    if history.is_class(key):
        return not history.instances.get(key)
    return not any(containment.child in affected for containment in history.within(key))


def _unknown(history: History, key: str, owner: Owner) -> ScopeLine:
    """A lot of which nobody told an amount: in a sum with others it would look like none."""
    now = where_now(history, key, owner)
    return _some(key, (now.place, now.party, now.status, None))


def _some(key: str, head: Head) -> ScopeLine:
    place, party, status, _ = head
    return ScopeLine(place, party, status, None, 1, None, 0.0, None, None, (key,))


def lying(history: History, lot: str, owner: Owner) -> Iterator[tuple[Head, Portion]]:
    """The portions of a lot, those put last first, each under the line that it belongs to."""
    produced = history.produced(lot)
    for portion in reversed(portions(history, lot)):
        now = where_portion(history, portion, owner)
        yield (now.place, now.party, now.status, None if produced is None else produced.uom), portion


def parts(
    history: History, key: str, hold: Amount, owner: Owner, affected: Container[str] = ()
) -> Iterator[tuple[Head, float]]:
    """The lines that ``key`` belongs to, each with how much of it: of a lot its portions.

    Where ``hold`` is less than the lot, each portion that is in an ``affected`` container or came through one
    counts up to it, for what was mixed cannot be told apart; then others, the last put first, up to the hold.
    """
    produced = history.produced(key)
    found = list(lying(history, key, owner))
    return shared_out(hold, produced, found, affected, lambda: where_now(history, key, owner))


def shared_out(
    hold: Amount,
    produced: Amount | None,
    lying: Sequence[tuple[Head, Portion]],
    affected: Container[str],
    now: Callable[[], WhereNow],
) -> Iterator[tuple[Head, float]]:
    """The same of a thing of which so much was produced and that lies so; ``now`` tells where the rest is."""
    found = lying if produced is not None and produced.uom == hold.uom else ()
    is_part = produced is not None and hold.quantity < produced.quantity - ENOUGH
    mixed = [not is_part or _came_through(portion, affected) for _, portion in found]
    counted = 0.0
    for (head, portion), whole in sorted(zip(found, mixed, strict=True), key=lambda one: not one[1]):
        most = hold.quantity - (0.0 if whole else counted) if is_part else portion.quantity
        part = min(portion.quantity, most)
        if part > ENOUGH:
            counted += part
            yield head, part
    if hold.quantity - counted > ENOUGH or not counted:
        where = now()
        yield (where.place, where.party, where.status, hold.uom), hold.quantity - counted


def _came_through(portion: Portion, affected: Container[str]) -> bool:
    return any(one in affected for one in (portion.container, *portion.through) if one is not None)


def heard(history: History, lot: str, owner: Owner) -> Iterator[tuple[Head, Statement]]:
    """Lines of sites where ``lot`` may be, nobody knows how much, with the last word of each."""
    found = lying(history, lot, owner)
    living = (head[0] for head, portion in found if not portion.gone and head[2] in _LIVING)
    there = {site(place) for place in living if place is not None}
    for told in heard_of(history, lot):
        if told.place is not None and site(told.place) not in there:
            yield (told.place, owner(told.place) or told.occurrence.party, "in_stock", None), told


def none_first(line: ScopeLine) -> tuple[tuple[tuple[bool, str], ...], bool, tuple[str, ...]]:
    """The order of lines: by place, party, status and unit, None first."""
    head = (line.place, line.party, line.status, line.uom)
    first = tuple(line.keys) if line.hold is None else ()  # of a known amount there is one line per head
    return tuple((part is not None, part or "") for part in head), line.hold is None, first


def _line(head: Head, found: _Sum) -> ScopeLine:
    place, party, status, uom = head
    return ScopeLine(
        place,
        party,
        status,
        uom,
        len(found.keys),
        found.hold,
        found.low,
        found.expected,
        found.high,
        tuple(sorted(found.keys)),
    )

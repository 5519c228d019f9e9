"""A forward trace summed: where what is affected is now, whose it is, and how much (law of tracing §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from suyuan.trace.lineage.amounts import Amounts
from suyuan.trace.lineage.contract import Amount, Contaminated, ScopeLine, State, Status
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.portions import Portion, portions
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.where import Owner, where_now, where_portion

Head = tuple["str | None", "str | None", Status, "str | None"]


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
    history: History, states: Iterable[State], amounts: Amounts | None, owner: Owner
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
        if amounts is None or hold is None:
            unknown.append(_unknown(history, key, owner))
            continue
        share = amounts.contaminated(key, possible=not sure)
        for head, quantity in parts(history, key, hold, owner, certain):
            sums[head].add(key, quantity, share, quantity / hold.quantity if hold.quantity > 0 else 1.0)
    return tuple(sorted([*unknown, *(_line(head, found) for head, found in sums.items())], key=_none_first))


def _counts(history: History, key: str, affected: dict[str, bool]) -> bool:
    """A container counts by what is affected in it, a lot by its instances where they are known."""
    if history.is_class(key):
        return not history.instances.get(key)
    return not any(containment.child in affected for containment in history.within(key))


def _unknown(history: History, key: str, owner: Owner) -> ScopeLine:
    """A lot of which nobody told an amount: in a sum with others it would look like none."""
    now = where_now(history, key, owner)
    return ScopeLine(now.place, now.party, now.status, None, 1, None, 0.0, None, None, (key,))


def lying(history: History, lot: str, owner: Owner) -> Iterator[tuple[Head, Portion]]:
    """The portions of a lot, those put last first, each under the line that it belongs to."""
    produced = history.produced(lot)
    for portion in reversed(portions(history, lot)):
        now = where_portion(history, portion, owner)
        yield (now.place, now.party, now.status, None if produced is None else produced.uom), portion


def parts(
    history: History, key: str, hold: Amount, owner: Owner, affected: Container[str] = ()
) -> Iterator[tuple[Head, float]]:
    """The lines that ``key`` belongs to, each with how much of it: of a lot its portions, up to ``hold``.

    Where that is less than the lot, what is in ``affected`` containers counts first, then what came through
    one, then what was put last.
    """

    def nearness(portion: Portion) -> int:
        if portion.container is not None and portion.container in affected:
            return 0
        return 1 if any(one in affected for one in portion.through) else 2

    left = hold.quantity
    produced = history.produced(key)
    if produced is not None and produced.uom == hold.uom:
        for head, portion in sorted(lying(history, key, owner), key=lambda one: nearness(one[1])):
            part = min(left, portion.quantity)
            if part > ENOUGH:
                left -= part
                yield head, part
    if left > ENOUGH or left == hold.quantity:
        now = where_now(history, key, owner)
        yield (now.place, now.party, now.status, hold.uom), left


def _none_first(line: ScopeLine) -> tuple[tuple[tuple[bool, str], ...], bool, tuple[str, ...]]:
    head = (line.place, line.party, line.status, line.uom)
    return tuple((part is not None, part or "") for part in head), line.hold is None, line.keys


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

"""What of a scope is within the competence of who decides, and what is for others (decision 0006).

A market regulator never holds a farm: what is there is named in a request to the authority that is competent.
A company stops its own goods, wherever they are, and nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from suyuan.trace.lineage.contract import Scope, ScopeLine, State
from suyuan.trace.recall.cases import affected_keys
from suyuan.trace.store.sight import Competence

Portion = Callable[[str, ScopeLine], float]
"""How much of the amount of a line is of one of its keys, in the unit of the line."""
PlaceFacts = Mapping[str, tuple[str, str]]
"""Place key -> its stage and district code, as registered; a place that is not registered is not in it."""


@dataclass(frozen=True, slots=True)
class Division:
    """A scope in two. ``nowhere``: places of the first part of which no stage and district are on record."""

    lines: tuple[ScopeLine, ...]
    keys: frozenset[str]
    beyond_lines: tuple[ScopeLine, ...] = ()
    beyond_keys: frozenset[str] = frozenset()
    beyond_at: tuple[tuple[str, str], ...] = ()  # stage and district of each beyond line
    nowhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Request:
    """What one authority is asked for: ``to`` is empty where none is registered for it."""

    to: str
    stage: str
    district: str
    lines: tuple[ScopeLine, ...]
    keys: frozenset[str]


def divided_by_place(
    scope: Scope,
    competence: Competence | None,
    facts: PlaceFacts,
    *,
    left: Callable[[str], str | None],
    portion: Portion,
) -> Division:
    """Divide by where things are now; what is on the way falls to whoever answers for where it left.

    A place without facts is nobody's to refuse: stopping a sale protects, so it stays within and is named. A
    lot of which a part is within stays on the list as a whole: a list of keys cannot say "only here".
    ``left`` tells of a key the place where it was last, for lines without a place.
    """
    lines: list[ScopeLine] = []
    beyond: list[tuple[ScopeLine, str]] = []
    for line, place in _placed(scope, left, portion):
        if place is None or _within(place, competence, facts):
            lines.append(line)
        else:
            beyond.append((line, place))
    kept = {key for line in lines for key in line.keys}
    out = {key for line, _ in beyond for key in line.keys} - kept
    for state in _affected(scope):
        place = None if state.where_now is None else state.where_now.place
        if place is not None and not _within(place, competence, facts) and state.key not in kept:
            out.add(state.key)
    keys = affected_keys(scope)
    for lot, pieces in _pieces(scope, keys).items():
        # Who scans a piece is told by its lot, too; a lot that is all pieces is where they are.
        (out.discard if lot in kept or pieces - out else out.add)(lot)
    nowhere = frozenset(line.place for line in lines if line.place is not None and line.place not in facts)
    return Division(
        tuple(lines),
        keys - out,
        tuple(line for line, _ in beyond),
        frozenset(out),
        tuple(facts[place] for _, place in beyond),
        nowhere,
    )


def _placed(
    scope: Scope, left: Callable[[str], str | None], portion: Portion
) -> Iterator[tuple[ScopeLine, str | None]]:
    """Every line with the place that decides: its own, or where its goods were last, split by that."""
    for line in scope.lines:
        rest: ScopeLine | None = line
        if line.place is None:
            last = {key: left(key) for key in line.keys}
            for place in sorted({place for place in last.values() if place is not None}):
                if rest is not None:
                    keys = [key for key in rest.keys if last[key] == place]
                    part, rest = parted(rest, keys, scope.trace.states, portion)
                    if part is not None:
                        yield part, place
        if rest is not None:
            yield rest, line.place


def divided_by_owner(scope: Scope, is_ours: Callable[[str], bool], portion: Portion) -> Division:
    """Divide by whose goods they are: what was made of a company's goods by others is not its own."""
    keys = affected_keys(scope)
    ours = frozenset(filter(is_ours, keys))
    pairs = [parted(line, ours, scope.trace.states, portion) for line in scope.lines]
    return Division(
        lines=tuple(line for line, _ in pairs if line is not None),
        keys=ours,
        beyond_lines=tuple(line for _, line in pairs if line is not None),
        beyond_keys=keys - ours,
    )


def requests(
    division: Division, authorities: Sequence[tuple[str, Competence]], *, asked: Collection[str] = ()
) -> list[Request]:
    """Whom to ask for what is beyond: per stage and district, the nearest that is competent.

    Lines of which all keys were ``asked`` for are left out.
    """
    by_facts: dict[tuple[str, str], list[ScopeLine]] = defaultdict(list)
    for line, known in zip(division.beyond_lines, division.beyond_at, strict=True):
        if not set(line.keys) <= set(asked):
            by_facts[known].append(line)
    found: list[Request] = []
    for (stage, district), lines in sorted(by_facts.items()):
        keys = frozenset(key for line in lines for key in line.keys)
        found.append(Request(_competent(stage, district, authorities), stage, district, tuple(lines), keys))
    return found


def parted(
    line: ScopeLine, keys: Collection[str], states: Sequence[State], portion: Portion
) -> tuple[ScopeLine | None, ScopeLine | None]:
    """A line in two: what of it is of ``keys``, and the rest. The two add up to the line, exactly."""
    first = tuple(key for key in line.keys if key in keys)
    if len(first) == len(line.keys):
        return line, None
    if not first:
        return None, line
    second = tuple(key for key in line.keys if key not in keys)
    if line.hold is None:
        return replace(line, objects=len(first), keys=first), replace(line, objects=len(second), keys=second)
    shares = {s.key: s for s in sorted(states, key=lambda s: s.certainty == "certain") if not s.carrier}
    amounts = {key: portion(key, line) for key in first}
    hold = sum(amounts.values())
    low = high = 0.0
    expected: float | None = 0.0
    for key, amount in amounts.items():
        state = shares.get(key)
        share = None if state is None else state.contaminated
        whole = 0.0 if state is None or state.hold is None else state.hold.quantity
        part = amount / whole if whole > 0 else 1.0
        expected = (
            None
            if expected is None or share is None or share.expected is None
            else expected + share.expected * part
        )
        low += 0.0 if share is None else share.min * part
        high += 0.0 if share is None else share.max * part
    one = replace(
        line,
        objects=len(first),
        hold=hold,
        contaminated_min=low,
        contaminated_expected=expected,
        contaminated_max=high,
        keys=first,
    )
    other = replace(
        line,
        objects=len(second),
        hold=line.hold - hold,
        contaminated_min=max(0.0, line.contaminated_min - low),
        contaminated_expected=_less(line.contaminated_expected, expected),
        contaminated_max=_less(line.contaminated_max, high),
        keys=second,
    )
    return one, other


def _less(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else max(0.0, whole - part)


def _within(place: str, competence: Competence | None, facts: PlaceFacts) -> bool:
    known = facts.get(place)
    return known is None or (competence is not None and competence.covers(*known))


def _affected(scope: Scope) -> Sequence[State]:
    return [state for state in scope.trace.states if not state.carrier and state.kind != "place"]


def _pieces(scope: Scope, keys: frozenset[str]) -> Mapping[str, set[str]]:
    """The affected pieces of every affected lot that has some."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for edge in scope.trace.edges:
        if edge.kind == "member" and edge.source in keys and edge.target in keys:
            found[edge.source].add(edge.target)
    return found


def _competent(stage: str, district: str, authorities: Sequence[tuple[str, Competence]]) -> str:
    """Of all that are competent the one of the smallest region, then of the fewest stages."""
    fitting = [
        (-max(len(region) for region in c.regions if district.startswith(region)), len(c.stages), key)
        for key, c in authorities
        if stage and c.covers(stage, district)
    ]
    return min(fitting)[2] if fitting else ""

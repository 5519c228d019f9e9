"""What of a scope is within the competence of who decides, and what is for others (decision 0006).

A market regulator never holds a farm: what is there is named in a request to the authority that is competent.
A company stops its own goods, wherever they are, and nobody else's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from suyuan.trace.lineage.contract import Scope, ScopeLine, State
from suyuan.trace.recall.cases import affected_keys
from suyuan.trace.recall.parcels import Share, held_states, told_apart
from suyuan.trace.store.sight import Competence

PlaceFacts = Mapping[str, tuple[str, str]]
"""Place key -> its stage and district code, as registered; a place that is not registered is not in it."""


@dataclass(frozen=True, slots=True)
class Division:
    """A scope in two. ``nowhere``: places of the first part of which no stage and district are on record.

    ``left`` and ``beyond_left`` tell of each line the place that its goods left, where they are at none; a
    division that asks no place has neither.
    """

    lines: tuple[ScopeLine, ...]
    keys: frozenset[str]
    beyond_lines: tuple[ScopeLine, ...] = ()
    beyond_keys: frozenset[str] = frozenset()
    beyond_at: tuple[tuple[str, str], ...] = ()  # stage and district of each beyond line
    nowhere: frozenset[str] = frozenset()
    left: tuple[str | None, ...] | None = None
    beyond_left: tuple[str | None, ...] | None = None


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
    share: Share,
) -> Division:
    """Divide by where things are now; what is on the way falls to whoever answers for where it left.

    A place without facts is nobody's to refuse: stopping a sale protects, so it stays within and is named. A
    lot of which a part is within stays on the list as a whole: a list of keys cannot say "only here".
    """
    within: list[tuple[ScopeLine, str | None]] = []
    beyond: list[tuple[ScopeLine, str]] = []
    for line, place in _placed(scope, share):
        if place is None or _within(place, competence, facts):
            within.append((line, place))
        else:
            beyond.append((line, place))
    lines = tuple(line for line, _ in within)
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
        lines,
        keys - out,
        tuple(line for line, _ in beyond),
        frozenset(out),
        tuple(facts[place] for _, place in beyond),
        nowhere,
        tuple(place for _, place in within),
        tuple(place for _, place in beyond),
    )


def places_left(scope: Scope, share: Share) -> frozenset[str]:
    """Where goods that are at no place were last."""
    nowhere = ((key, line) for line in scope.lines if line.place is None for key in line.keys)
    found = {parcel.left for key, line in nowhere for parcel in share(key, line)}
    return frozenset(place for place in found if place is not None)


def _placed(scope: Scope, share: Share) -> Iterator[tuple[ScopeLine, str | None]]:
    """Every line with the place that decides: its own, or where its goods were last, split by that."""
    states = held_states(scope)
    for line in scope.lines:
        if line.place is not None:
            yield line, line.place
            continue
        for place, part in told_apart(line, states, share, lambda _, parcel: parcel.left).items():
            yield part, place


def divided_by_owner(scope: Scope, is_ours: Callable[[str], bool], share: Share) -> Division:
    """Divide by whose goods they are: what was made of a company's goods by others is not its own."""
    keys = affected_keys(scope)
    ours = frozenset(filter(is_ours, keys))
    states = held_states(scope)

    def parted(line: ScopeLine) -> Mapping[bool, ScopeLine]:
        if len({key in ours for key in line.keys}) == 1:
            return {line.keys[0] in ours: line}  # as most are: no amounts need be told apart
        return told_apart(line, states, share, lambda key, _: key in ours)

    parts = list(map(parted, scope.lines))
    return Division(
        lines=tuple(part[True] for part in parts if True in part),
        keys=ours,
        beyond_lines=tuple(part[False] for part in parts if False in part),
        beyond_keys=keys - ours,
    )


def requests(
    division: Division,
    authorities: Sequence[tuple[str, Competence]],
    *,
    asked: Collection[tuple[str, str, str]] = (),
) -> list[Request]:
    """Whom to ask for what is beyond: per stage and district, the nearest that is competent.

    ``asked`` are keys with the stage and district that they were asked for at (:attr:`Case.asked`).
    """
    by_facts: dict[tuple[str, str], list[ScopeLine]] = defaultdict(list)
    for line, known in unasked(division, asked):
        by_facts[known].append(line)
    found: list[Request] = []
    for (stage, district), lines in sorted(by_facts.items()):
        keys = frozenset(key for line in lines for key in line.keys)
        found.append(Request(_competent(stage, district, authorities), stage, district, tuple(lines), keys))
    return found


def unasked(
    division: Division, asked: Collection[tuple[str, str, str]]
) -> Iterator[tuple[ScopeLine, tuple[str, str]]]:
    """The lines for others, each with its stage and district, of which some key was not asked for there."""
    if division.beyond_at:
        for line, (stage, district) in zip(division.beyond_lines, division.beyond_at, strict=True):
            if any((key, stage, district) not in asked for key in line.keys):
                yield line, (stage, district)


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

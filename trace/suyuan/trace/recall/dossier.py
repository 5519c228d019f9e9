"""The dossier of a lot: everything on record of it on a few pages, every fact with the evidence for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage.contract import Amount, Trace
from suyuan.trace.lineage.journey import Visit
from suyuan.trace.recall.lost import Sighted
from suyuan.trace.recall.passport import Paper, Passport
from suyuan.trace.recall.recall import Case

_ROWS_PER_STEP = 20
_PROOFS = 8  # evidence printed of one row


@dataclass(frozen=True, slots=True)
class Flow:
    """What went into the lot or was made of it: the amounts as told, and the events that tell it."""

    key: str
    time: datetime | None
    amounts: tuple[tuple[float | None, str | None], ...]  # quantity and unit; None where nobody told
    pieces: int  # serialised ones named beside or instead
    certainty: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """What happened to pieces of the lot, summed: one step at one place, from first to last.

    ``places`` over 1: so many places whose own rows were too many to print; ``place`` is None then.
    ``evidence`` are the first of ``events``.
    """

    step: str
    place: str | None
    party: str
    pieces: int
    first: datetime
    last: datetime
    events: int
    evidence: tuple[str, ...]
    places: int = 1


@dataclass(frozen=True, slots=True)
class Dossier:
    """A lot, told from one reading of the records at ``made_at`` for ``made_by``."""

    passport: Passport
    papers: tuple[Paper, ...]
    inputs: tuple[Flow, ...]
    outputs: tuple[Flow, ...]
    sighted: Sighted
    cases: tuple[Case, ...]
    dates_from: tuple[str, ...]  # the evidence of the dates
    made_at: datetime
    made_by: str
    course: tuple[Passage, ...] = ()  # of its pieces
    withheld: int = 0  # things around it that are not shown to them


Consumed = Callable[[str, Sequence[str]], Sequence[Amount]]
"""How much of a lot some events consumed, where they name only its containers."""


def pieces_of(found: Trace, lot: str) -> Sequence[str]:
    """The instances of ``lot`` in a trace from it."""
    return sorted({edge.target for edge in found.edges if edge.kind == "member" and edge.source == lot})


def course(journeys: Iterable[Sequence[Visit]]) -> tuple[Passage, ...]:
    """What happened to pieces, from their journeys: in the order of time, at most so many rows per step.

    The places with the most pieces keep a row of their own, the others of the same step share one.
    """
    groups: dict[tuple[str, str | None, str], list[tuple[int, Visit]]] = {}
    for number, journey in enumerate(journeys):
        for visit in journey:
            groups.setdefault((visit.biz_step or "", visit.place, visit.party), []).append((number, visit))
    by_step: dict[str, list[tuple[tuple[str, str | None, str], list[tuple[int, Visit]]]]] = {}
    for group, told in groups.items():
        by_step.setdefault(group[0], []).append((group, told))
    rows: list[Passage] = []
    for found in by_step.values():
        found.sort(key=lambda one: -len(one[1]))
        shown = found if len(found) <= _ROWS_PER_STEP else found[: _ROWS_PER_STEP - 1]
        rows += [_passage(group, told) for group, told in shown]
        rest = found[len(shown) :]
        if rest:
            step = rest[0][0][0]
            row = _passage((step, None, ""), [one for _, told in rest for one in told])
            rows.append(replace(row, places=len({group[1:] for group, _ in rest})))
    return tuple(sorted(rows, key=lambda row: (row.first, row.last, row.step, row.place or "")))


def _passage(group: tuple[str, str | None, str], told: Sequence[tuple[int, Visit]]) -> Passage:
    step, place, party = group
    times = [visit.time for _, visit in told]
    evidence = list(dict.fromkeys(visit.evidence for _, visit in sorted(told, key=lambda one: one[1].time)))
    return Passage(
        step,
        place,
        party,
        len({number for number, _ in told}),
        min(times),
        max(times),
        len(evidence),
        tuple(evidence[:_PROOFS]),
    )


def flows(
    found: Trace, lot: str, events: Mapping[str, Event], consumed: Consumed, *, into: bool
) -> tuple[Flow, ...]:
    """What was made into the lot (``into``) or of it, one transformation away, pieces of the lot included.

    ``found`` is a trace of depth 1 from the lot; ``events`` those of its transformations.
    """
    own = {lot, *pieces_of(found, lot)}
    gathered: dict[str, list[tuple[str, datetime | None, str]]] = {}
    for edge in found.edges:
        near, far = (edge.target, edge.source) if into else (edge.source, edge.target)
        if edge.kind == "transform" and near in own:
            for key in edge.evidence:
                gathered.setdefault(far, []).append((key, edge.from_time, edge.certainty))
    made = [_flow(key, told, events, into=into) for key, told in gathered.items()]
    return tuple(
        replace(flow, amounts=_summed(consumed(flow.key, flow.evidence)))
        if into and not flow.amounts and not flow.pieces
        else flow
        for flow in made
    )


def _summed(amounts: Iterable[Amount]) -> tuple[tuple[float | None, str | None], ...]:
    sums: dict[str | None, float] = {}
    for amount in amounts:
        sums[amount.uom] = sums.get(amount.uom, 0.0) + amount.quantity
    return tuple((quantity, uom) for uom, quantity in sums.items())


def _flow(
    key: str, told: Sequence[tuple[str, datetime | None, str]], events: Mapping[str, Event], *, into: bool
) -> Flow:
    evidence = tuple(dict.fromkeys(one for one, _, _ in told))
    amounts: list[tuple[float | None, str | None]] = []
    pieces = 0
    for one in evidence:
        event = events.get(one)
        if event is None:
            continue
        listed = event.input_quantity_list if into else event.output_quantity_list
        named = event.input_epc_list if into else event.output_epc_list
        amounts += [(e.quantity, e.uom) for e in listed if canonical_key(e.epc_class) == key]
        pieces += sum(canonical_key(epc) == key for epc in named)
    times = [time for _, time, _ in told if time is not None]
    certain = any(certainty == "certain" for _, _, certainty in told)
    return Flow(
        key, min(times, default=None), tuple(amounts), pieces, "certain" if certain else "possible", evidence
    )

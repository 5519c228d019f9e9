"""The dossier of a lot: everything on record of it on a few pages, every fact with the evidence for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage.contract import Amount, Trace
from suyuan.trace.recall.lost import Sighted
from suyuan.trace.recall.passport import Paper, Passport
from suyuan.trace.recall.recall import Case


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
    withheld: int = 0  # things around it that are not shown to them


Consumed = Callable[[str, Sequence[str]], Sequence[Amount]]
"""How much of a lot some events consumed, where they name only its containers."""


def flows(
    found: Trace, lot: str, events: Mapping[str, Event], consumed: Consumed, *, into: bool
) -> tuple[Flow, ...]:
    """What was made into the lot (``into``) or of it, one transformation away, pieces of the lot included.

    ``found`` is a trace of depth 1 from the lot; ``events`` those of its transformations.
    """
    own = {lot} | {edge.target for edge in found.edges if edge.kind == "member" and edge.source == lot}
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

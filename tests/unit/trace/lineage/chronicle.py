"""A small language for histories: times are minutes, strings are instances, ``some`` is a lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from suyuan.trace.lineage import (
    CrossContamination,
    Edge,
    ExactTracer,
    Holding,
    Lineage,
    Occurrence,
    Options,
    State,
    Suspect,
    Trace,
    WhatIf,
)

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)

Said = dict[str, list[tuple[str, float | None, float | None]]]


def minute(at: float) -> datetime:
    return MIDNIGHT + timedelta(minutes=at)


def minutes(time: datetime | None) -> float | None:
    return None if time is None else (time - MIDNIGHT) / timedelta(minutes=1)


def some(lot: str, quantity: float | None = None, uom: str | None = "KGM") -> Holding:
    return Holding(lot, quantity, uom, is_class=True)


def held(what: Sequence[str | Holding]) -> tuple[Holding, ...]:
    return tuple(Holding(one) if isinstance(one, str) else one for one in what)


class Chronicle:
    """Tells occurrences one after another; evidence is e1, e2, … in the order of telling."""

    def __init__(self) -> None:
        self.told: list[Occurrence] = []

    def tell(self, at: float, kind: str, **fields: Any) -> Occurrence:
        number = len(self.told) + 1
        defaults: dict[str, Any] = {
            "evidence": f"e{number}",
            "party": "acme",
            "record_time": minute(at),
            "event_id": f"id{number}",
        }
        if "place" in fields:
            fields["biz_location"] = fields.pop("place")
        if "step" in fields:
            fields["biz_step"] = fields.pop("step")
        self.told.append(Occurrence(type=kind, time=minute(at), **{**defaults, **fields}))
        return self.told[-1]

    def see(self, at: float, *what: str | Holding, **fields: Any) -> Occurrence:
        return self.tell(at, "ObjectEvent", what=held(what), **{"action": "OBSERVE", **fields})

    def make(self, at: float, *what: str | Holding, lot: str | None = None, **fields: Any) -> Occurrence:
        lots = () if lot is None else tuple((one, lot) for one in what if isinstance(one, str))
        return self.see(at, *what, **{"action": "ADD", "lot_of": lots, **fields})

    def delete(self, at: float, *what: str | Holding, **fields: Any) -> Occurrence:
        return self.see(at, *what, **{"action": "DELETE", **fields})

    def destroy(self, at: float, *what: str | Holding, **fields: Any) -> Occurrence:
        return self.delete(at, *what, **{"step": "destroying", **fields})

    def pack(self, at: float, parent: str, *children: str | Holding, **fields: Any) -> Occurrence:
        told = {"action": "ADD", "parent": parent, "children": held(children), **fields}
        return self.tell(at, "AggregationEvent", **told)

    def unpack(self, at: float, parent: str, *children: str | Holding, **fields: Any) -> Occurrence:
        return self.pack(at, parent, *children, **{"action": "DELETE", **fields})

    def turn(
        self, at: float, inputs: Sequence[str | Holding], outputs: Sequence[str | Holding], **fields: Any
    ) -> Occurrence:
        if "id" in fields:
            fields["transformation_id"] = fields.pop("id")
        return self.tell(at, "TransformationEvent", inputs=held(inputs), outputs=held(outputs), **fields)

    def declare_wrong(self, at: float, wrong: Occurrence) -> Occurrence:
        declaration = replace(
            wrong,
            evidence=f"e{len(self.told) + 1}",
            record_time=minute(at),
            declared_wrong_at=minute(at),
        )
        self.told.append(declaration)
        return declaration

    # Questions

    def lineage(self) -> Lineage:
        return Lineage(self.told)

    def trace(self, *suspects: Suspect | str, **asked: Any) -> Trace:
        return ExactTracer(self.lineage()).trace([suspect(one) for one in suspects], options(**asked))

    def forward(self, *suspects: Suspect | str, **asked: Any) -> Said:
        return said(self.trace(*suspects, **asked))

    def backward(self, *suspects: Suspect | str, **asked: Any) -> Said:
        return said(self.trace(*suspects, direction="backward", **asked))


def suspect(one: Suspect | str) -> Suspect:
    return Suspect(one) if isinstance(one, str) else one


def since(key: str, at: float | None, until: float | None = None) -> Suspect:
    return Suspect(key, None if at is None else minute(at), None if until is None else minute(until))


def options(
    direction: Literal["forward", "backward"] = "forward",
    *,
    known_at: float | None = None,
    depth: int | None = None,
    cross: Sequence[tuple[str, float | None, float | None]] = (),
    kill: Sequence[str] = (),
    certain_only: bool = False,
) -> Options:
    supposed = tuple(
        CrossContamination(key, None if x is None else minute(x), None if y is None else minute(y))
        for key, x, y in cross
    )
    return Options(
        direction,
        None if known_at is None else minute(known_at),
        depth,
        WhatIf(supposed, frozenset(kill)),
        certain_only,
    )


def said(trace: Trace, *, carriers: bool = False) -> Said:
    """Per key: (certainty, from, to) in minutes, affected states only, or only the carriers."""
    found: Said = {}
    for state in trace.states:
        if state.carrier == carriers:
            span = (state.certainty, minutes(state.from_time), minutes(state.to_time))
            found.setdefault(state.key, []).append(span)
    return found


def edges(trace: Trace, kind: str) -> list[Edge]:
    return [edge for edge in trace.edges if edge.kind == kind]


def state(trace: Trace, key: str) -> State:
    """The one affected state of ``key``."""
    (found,) = [one for one in trace.states if one.key == key and not one.carrier]
    return found

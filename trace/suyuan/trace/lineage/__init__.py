"""Lineage: what became of every object, and what every object came from.

::

    EPCIS event ── occurrence ──> Occurrence ── Lineage.add ──> History ── ExactTracer ──> Trace, Scope

The meaning of every answer is written in ``docs/decisions/0002-law-of-tracing.md``.
"""

from __future__ import annotations

from suyuan.trace.lineage.contract import (
    Amount,
    Contaminated,
    CrossContamination,
    Edge,
    Options,
    Scope,
    ScopeLine,
    State,
    Suspect,
    Trace,
    Tracer,
    WhatIf,
    WhereNow,
)
from suyuan.trace.lineage.digest import occurrence
from suyuan.trace.lineage.journey import Visit, journey
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence
from suyuan.trace.lineage.render import scope_json, trace_json
from suyuan.trace.lineage.tracer import ExactTracer
from suyuan.trace.lineage.where import where_now

__all__ = [
    "Amount",
    "Basis",
    "Contaminated",
    "CrossContamination",
    "Edge",
    "ExactTracer",
    "Holding",
    "Lineage",
    "Occurrence",
    "Options",
    "Scope",
    "ScopeLine",
    "State",
    "Suspect",
    "Trace",
    "Tracer",
    "Visit",
    "WhatIf",
    "WhereNow",
    "journey",
    "occurrence",
    "scope_json",
    "trace_json",
    "where_now",
]

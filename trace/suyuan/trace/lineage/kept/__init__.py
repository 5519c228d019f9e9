"""Lineage as a service keeps it: told as events come, traced, and asked of single things.

::

    Occurrence ── Kept.add ──> Kept.tracer ──> Trace, Scope
                               Kept.things ──> Things: where, when, how much, in what

Several engines keep it (docs/decisions/0027); what each answers is the same.
"""

from __future__ import annotations

from suyuan.trace.lineage.kept.exact import ExactLineage, ExactThings, product_of
from suyuan.trace.lineage.kept.things import Kept, Packing, Things, Use

__all__ = [
    "ExactLineage",
    "ExactThings",
    "Kept",
    "Packing",
    "Things",
    "Use",
    "product_of",
]

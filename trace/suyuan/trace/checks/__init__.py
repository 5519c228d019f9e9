"""Checks over the graph: what does not add up, and what cannot be told.

::

    Event ── told ──> Told ── in_order ── check ──> Checked ── checked_json ──> bytes

Mass balance, clones, diversion, missing halves of shipments, expiry, and how complete the records are. What
each finding means is written in ``docs/decisions/0023-checks.md``.
"""

from __future__ import annotations

from suyuan.trace.checks.checking import Checked, check, narrowed
from suyuan.trace.checks.facts import Facts, Point, Recipe, Rules, Scan, Stop
from suyuan.trace.checks.finding import Finding, Number, Tally
from suyuan.trace.checks.ledger import Balance
from suyuan.trace.checks.records import Completeness
from suyuan.trace.checks.render import checked_json
from suyuan.trace.checks.told import Told, in_order, told, within_instants

__all__ = [
    "Balance",
    "Checked",
    "Completeness",
    "Facts",
    "Finding",
    "Number",
    "Point",
    "Recipe",
    "Rules",
    "Scan",
    "Stop",
    "Tally",
    "Told",
    "check",
    "checked_json",
    "in_order",
    "narrowed",
    "told",
    "within_instants",
]

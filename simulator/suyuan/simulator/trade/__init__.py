"""A trade of any size with recorded truth: who trades with whom, what is done, how it is told.

::

    plan.lay_out(Extent) ── grown.begun ──> Course ── deeds() ──> Deed ── telling.plainly, badly ──> Told
        Told ── written.lines, documents ──> EPCIS 2.0        Told ── spoken.occurrences ──> Occurrence
        Told ── bulk.parts ──> arrays                         Course ── truth.close, truth ──> truth.json
"""

from __future__ import annotations

from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.plan import Extent, Plan, lay_out

__all__ = ["Extent", "Plan", "begun", "lay_out"]

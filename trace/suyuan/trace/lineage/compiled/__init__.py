"""The compiled engine: lineage as tables of records, questions worked out by machine code.

::

    History ── weave ──> Record(Tables, Told, Names)
    suspects, options ── asking ──> Asked ── answer ──> states and steps in numbers ── Rendering ──> Trace
    lots among them ── LooseGoods ──> where they lie ── parts, lines_of ──> lines of a Scope

It follows the exact engine function by function, and equals the oracle on random histories.
"""

from __future__ import annotations

from suyuan.trace.lineage.compiled.tracer import CompiledTracer

__all__ = ["CompiledTracer"]

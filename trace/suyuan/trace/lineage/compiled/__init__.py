"""The compiled engine: lineage as tables of records, questions worked out by machine code.

::

    History ── weave ──> Tables ── answer ──> states and steps in numbers ── Rendering ──> Trace, Scope

It follows the exact engine function by function, and equals the oracle on random histories.
"""

from __future__ import annotations

from suyuan.trace.lineage.compiled.tracer import CompiledTracer

__all__ = ["CompiledTracer"]

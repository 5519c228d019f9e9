"""Has numba make all machine code once, so that the processes of a test run do not each make it."""

from __future__ import annotations

from datetime import UTC, datetime

from suyuan.trace.lineage import Holding, Lineage, Occurrence, Options, Suspect
from suyuan.trace.lineage.compiled import CompiledTracer

if __name__ == "__main__":
    day = datetime(2026, 3, 2, tzinfo=UTC)
    item = Holding("https://id.gs1.org/01/09506000134352/21/1")
    tracer = CompiledTracer(Lineage([Occurrence("e0", "acme", "ObjectEvent", day, day, what=(item,))]))
    for direction in ("forward", "backward"):
        tracer.trace([Suspect(item.key)], Options(direction=direction))

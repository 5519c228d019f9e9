"""Has numba make all machine code once, so that the processes of a test run do not each make it.

Started a second time meanwhile, it waits for the first and finds all made.
"""

from __future__ import annotations

import fcntl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from suyuan.trace.lineage import Holding, Lineage, Occurrence, Options, Suspect
from suyuan.trace.lineage.chronicle import Chronicle, ChronicleTracer
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.compiled.weave import weave
from suyuan.trace.lineage.contract import WhatIf
from suyuan.trace.store.engine import Writing, open_engine
from suyuan.trace.store.lineage import SqlTracer, write
from suyuan.trace.store.migrate import migrate

if __name__ == "__main__":
    alone = Path(__file__).open("rb")  # noqa: SIM115 (held until the process ends)
    fcntl.flock(alone, fcntl.LOCK_EX)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    item = Holding("https://id.gs1.org/01/09506000134352/21/1")
    milk = Holding("https://id.gs1.org/01/09506000134352/10/MILK", 1.0, "KGM", is_class=True)
    place = "https://id.gs1.org/414/9506000000015"
    made = Occurrence(
        *("e0", "acme", "ObjectEvent", day, day), action="ADD", what=(item, milk), biz_location=place
    )
    tracer = CompiledTracer(Lineage([made]))
    suspects = [Suspect(key) for key in (item.key, milk.key, place)]
    tracer.scope(suspects)
    for direction in ("forward", "backward"):
        tracer.trace(suspects, Options(direction=direction))
    with TemporaryDirectory() as folder:
        engine = open_engine(Path(folder) / "suyuan.db")
        migrate(engine)
        with Writing(engine) as writing:
            write(writing, weave(Lineage([made]).history()), evidence=1, aliases=0, known=day)
        kill = Options(what_if=WhatIf(kill=frozenset((place,))))
        SqlTracer(engine).scope(suspects, kill)
        engine.dispose()
    chronicle = Chronicle(16)
    items = tuple(Holding(f"https://id.gs1.org/01/09506000134352/21/{number}") for number in range(10, 13))
    block = replace(made, evidence="e1", event_id="1", what=items)
    chronicle.add([made, block])
    ChronicleTracer(chronicle).scope([Suspect(items[1].key)])
    chronicle.add([replace(block, evidence="e2", declared_wrong_at=day)])

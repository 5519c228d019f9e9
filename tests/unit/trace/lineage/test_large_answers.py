"""What millions of things stand for is told in few lines, from the first moment on, in little memory.

``SUYUAN_THOROUGH=20`` traces a lot of 100,000 items in 1,000 cases; the suite one of 5,000.
"""

from __future__ import annotations

import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from suyuan.trace.lineage import (
    ExactTracer,
    Holding,
    Lineage,
    Occurrence,
    Options,
    Scope,
    State,
    Suspect,
    Trace,
)
from suyuan.trace.lineage.lines import scope_lines, trace_lines

MANY = 5_000 * int(os.environ.get("SUYUAN_THOROUGH", "1"))
IN_A_CASE = 100
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LOT, PLANT = "https://id.gs1.org/01/09521234000013/10/L1", "https://id.gs1.org/414/9521234100015"
MOST_BYTES = 4_000_000
"""Of memory while an answer is written, however large it is."""


def item(number: int) -> str:
    return f"https://id.gs1.org/01/09521234000013/21/{number:07}"


def packed(many: int) -> Lineage:
    """A lot of so many items, commissioned in a row and packed in rows of a hundred."""
    items = [item(number) for number in range(many)]
    told: list[dict[str, Any]] = [
        {
            "type": "ObjectEvent", "action": "ADD", "biz_step": "commissioning",
            "what": tuple(map(Holding, items)), "lot_of": tuple((one, LOT) for one in items),
        },
        *(
            {
                "type": "AggregationEvent", "action": "ADD", "biz_step": "packing",
                "parent": f"https://id.gs1.org/00/0952123400000{number:05d}",
                "children": tuple(map(Holding, items[number * IN_A_CASE :][:IN_A_CASE])),
            }
            for number in range(many // IN_A_CASE)
        ),
    ]  # fmt: skip
    return Lineage(
        Occurrence(
            evidence=f"e{number}", party="urn:p", time=BEGIN + timedelta(minutes=number), record_time=BEGIN,
            biz_location=PLANT, **one,
        )
        for number, one in enumerate(told)
    )  # fmt: skip


def test_a_scope_of_many_items_is_a_line_for_each_row_of_them() -> None:
    scope = ExactTracer(packed(MANY)).scope([Suspect(LOT)])
    assert len(scope.trace.states) > MANY
    head, *rest = map(orjson.loads, b"".join(scope_lines(scope, 7)).splitlines())
    assert head["states"] == len(scope.trace.states)
    assert len(rest) < 6 * (MANY // IN_A_CASE) + 10
    keys = [one for line in rest if "line" in line for one in line["ranges"]]
    assert sum(count for _, _, count in keys) == sum(line.objects for line in scope.lines)
    assert sum(one["state"]["count"] for one in rest if "state" in one) == head["states"]
    assert sum(one.get("count", 1) for one in rest if "edge" in one) == head["edges"]


def test_an_answer_of_a_hundred_thousand_items_begins_at_once_and_needs_little_memory() -> None:
    rows = [item(number + number // 10) for number in range(100_000)]  # every eleventh is missing
    states = tuple(State(key, "item", BEGIN, None, "certain") for key in rows)
    trace = Trace((Suspect(LOT),), Options(), states, (), (), ())
    pieces = scope_lines(Scope(trace, ()), 7)
    assert orjson.loads(next(pieces))["states"] == len(rows)  # before anything else is written
    assert next(trace_lines(trace, 7)).count(b"\n") == 1
    tracemalloc.start()
    assert sum(piece.count(b"\n") for piece in pieces) == len(rows) // 10
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST_BYTES

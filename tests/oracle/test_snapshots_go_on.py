"""A chronicle that was saved and opened in the middle of a history is the one that never stopped."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.snapshot import opened, save
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.standing import Standing

from .test_runs_equal_the_oracle import in_sequence

EXAMPLES = int(os.environ.get("SUYUAN_TRACE_EXAMPLES", "20"))
LAID_ANEW = ("used", "tables.shelves", ".seats")
"""Where rows are depends on how much room there was; counters tell what was asked and repaired as well."""


def held(chronicle: Chronicle) -> dict[str, Any]:
    """Everything that stays where it is once it is there."""
    return {
        name: column.array[: column.used]
        for name, column in chronicle.columns().items()
        if not name.endswith(LAID_ANEW)
    }


@settings(max_examples=EXAMPLES, deadline=None)
@given(history=in_sequence(), batch=st.sampled_from((1, 3)), data=st.data())
def test_opened_in_the_middle_it_goes_on_as_if_it_had_never_stopped(
    history: list[Occurrence], batch: int, data: st.DataObject
) -> None:
    told = data.draw(st.permutations(history))
    batches = [told[first : first + batch] for first in range(0, len(told), batch)]
    stop = data.draw(st.integers(0, len(batches)))
    whole, some = Chronicle(16, salt=b"s"), Chronicle(16, salt=b"s")
    for one in batches[:stop]:
        some.add(one)
    with TemporaryDirectory() as folder:
        save(some, Path(folder) / "s", Standing())
        some = opened(Path(folder) / "s").chronicle
    for one in batches[stop:]:
        some.add(one)
    for one in batches:
        whole.add(one)
    expected, found = held(whole), held(some)
    assert list(expected) == list(found)
    for name, rows in expected.items():
        for field in rows.dtype.names or [...]:
            np.testing.assert_array_equal(rows[field], found[name][field], f"{name} {field}")
    assert whole.redone == some.redone

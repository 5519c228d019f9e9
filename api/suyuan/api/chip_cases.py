"""What is known of the chips of an item, out of one store."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from suyuan.trace.scan.chips import ChipCase, chip_case, cleared
from suyuan.trace.store.copies import cleared_at
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.partners_reached import reached
from suyuan.trace.store.tag_bindings import Binding
from suyuan.trace.store.tag_told import makers_of, tags_told, tellers


def case_of(reading: Reading, keys: Collection[str], bindings: Sequence[Binding]) -> ChipCase:
    """The case of the item that has ``keys``, whose chips have ``bindings``; a look-up where nobody told any.

    The word of those counts who put the chips on, or without any who brought the item about, and of whom they
    deal with, directly or through others; where neither is known, nobody's. What somebody answered for counts
    no more; a number that was replaced stays stale.
    """
    asked = tellers(reading, keys)
    makers = {one.party for one in bindings} or (set(makers_of(reading, keys).values()) if asked else ())
    trusted = reached(reading, makers, set(asked.values()))
    by = {*makers, *(party for party, key in asked.items() if key in trusted)}
    told = [one for key in sorted(keys) for one in tags_told(reading, key, by)] if asked and by else []
    case = chip_case(bindings, told)
    if case.others or case.fork is not None:
        times = [at for key in keys if (at := cleared_at(reading, key)) is not None]
        return cleared(case, max(times)) if times else case
    return case

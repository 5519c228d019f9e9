"""What is known of the chips of an item, out of one store."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from suyuan.trace.scan.chips import ChipCase, chip_case, cleared
from suyuan.trace.store.copies import cleared_at
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.partners_reached import reached
from suyuan.trace.store.tag_bindings import Binding
from suyuan.trace.store.tag_told import tags_told


def case_of(reading: Reading, keys: Collection[str], bindings: Sequence[Binding]) -> ChipCase:
    """The case of the item that has ``keys``, whose chips have ``bindings``; a look-up for each key.

    Where it is known who put the chip on, the word of those counts whom that party deals with, directly or
    through others: another look-up, where anybody else told something. What somebody answered for counts no
    more; a number that was replaced stays stale.
    """
    told = [one for key in sorted(keys) for one in tags_told(reading, key)]
    if not (told or bindings):
        return ChipCase()
    makers = {one.party for one in bindings}
    trusted = reached(reading, makers, {one.party for one in told}) if makers else None
    case = chip_case(bindings, told, trusted)
    if case.others or case.fork is not None:
        times = [at for key in keys if (at := cleared_at(reading, key)) is not None]
        return cleared(case, max(times)) if times else case
    return case

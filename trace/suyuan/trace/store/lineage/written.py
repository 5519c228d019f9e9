"""What the lineage in the store was made by, and how far: whether it may be read."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from suyuan.trace.lineage.chronicle.mapped import SnapshotFailed
from suyuan.trace.lineage.chronicle.snapshot import code
from suyuan.trace.store.lineage.reading import Hops
from suyuan.trace.store.lineage.world.rows import FORM
from suyuan.trace.store.lineage_held import LineageAbsent

_REMEDY = "Have it written anew: suyuan rebuild."


@cache
def form() -> str:
    """What made the records: their layout, and what decides what evidence becomes (0002), in one digest.

    Raises ``SnapshotFailed`` where Suyuan is installed without its sources.
    """
    return sha256((FORM + code()).encode()).hexdigest()[:16]


def written(hops: Hops, evidence: int | None = None) -> int:
    """The latest record time among what was told, whether it counts or not.

    Raises ``LineageAbsent`` where nothing was, by another version, or other ``evidence`` than is asked for.
    """
    told = hops.evidence_of()
    try:
        fits = told is not None and told[0] == form() and evidence in {None, told[1]}
    except SnapshotFailed as error:
        raise LineageAbsent(remedy=_REMEDY) from error
    if told is None or not fits:
        raise LineageAbsent(remedy=_REMEDY)
    return int(told[2])

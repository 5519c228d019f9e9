"""Everything that answers the contract, by name: the oracle, and the engines that must equal it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from suyuan.trace.lineage.contract import Tracer
from suyuan.trace.lineage.occurrence import Occurrence

from .law import Oracle

Build = Callable[[Sequence[Occurrence], Mapping[str, str]], Tracer]


def oracle(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    return Oracle(occurrences, owner)


ENGINES: dict[str, Build] = {"oracle": oracle}

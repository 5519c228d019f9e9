"""Everything that answers the contract, by name: the oracle, and the engines that must equal it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from suyuan.trace.lineage import ExactTracer, Lineage
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.contract import Tracer
from suyuan.trace.lineage.occurrence import Occurrence

from .law import Oracle

Build = Callable[[Sequence[Occurrence], Mapping[str, str]], Tracer]


def oracle(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The law, slowly."""
    return Oracle(occurrences, owner)


def exact(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The exact engine, given everything at once."""
    return ExactTracer(Lineage(occurrences), owner=owner.get)


def exact_live(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The exact engine, told one occurrence after the other and asked in between."""
    lineage = Lineage()
    for occurrence in occurrences:
        lineage.add([occurrence])
        lineage.history()
    return ExactTracer(lineage, owner=owner.get)


def compiled(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The compiled engine, given everything at once."""
    return CompiledTracer(Lineage(occurrences), owner=owner.get)


ENGINES: dict[str, Build] = {"oracle": oracle, "exact": exact, "exact-live": exact_live, "compiled": compiled}

"""Everything that answers the contract, by name: the oracle, and the engines that must equal it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from suyuan.trace.lineage import ExactTracer, Lineage
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.contract import Tracer
from suyuan.trace.lineage.occurrence import Occurrence

from .chronicled import ChronicledTracer
from .law import Oracle
from .stored import StoredTracer

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


def chronicle(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The chronicle, given everything at once."""
    return ChronicledTracer(occurrences, len(occurrences), owner.get)


def chronicle_live(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The chronicle, told one by one, the later half before the earlier one, and asked in between."""
    half = len(occurrences) // 2
    return ChronicledTracer((*occurrences[half:], *occurrences[:half]), 1, owner.get, eager=True)


def sql(occurrences: Sequence[Occurrence], owner: Mapping[str, str]) -> Tracer:
    """The engine that reads the store hop by hop."""
    return StoredTracer(occurrences, owner.get)


ENGINES: dict[str, Build] = {
    "oracle": oracle,
    "exact": exact,
    "exact-live": exact_live,
    "compiled": compiled,
    "chronicle": chronicle,
    "chronicle-live": chronicle_live,
    "sql": sql,
}

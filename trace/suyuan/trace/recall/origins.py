"""What goods were made of: the lots at the far end of the trace back, by the word of those who had them.

Lineage believes everybody. Here each step back is asked by whose word it is (decision 0039): who never had a
lot gives it neither ingredients nor a beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.lineage import Options, Suspect, Trace, Visit
from suyuan.trace.lineage.contract import Edge
from suyuan.trace.recall.custody import Told
from suyuan.trace.recall.hearing import Hearing


class Records(Protocol):
    """Where the facts come from: the part of :class:`suyuan.trace.recall.facts.Records` that is asked."""

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        ...


def origins_of(
    key: str, lot: str | None, records: Records, hearing: Hearing, doubted: Collection[str]
) -> Mapping[str, Visit]:
    """Farm lot -> its first checkpoint, of what went into ``key``, whose own lot is ``lot``.

    ``doubted`` is the evidence of whoever did not have the thing itself, or only says so. Each lot on the way
    is asked once: linear in the steps that are believed, however many others are told.
    """
    back = records.trace([Suspect(key)], Options(direction="backward"))
    way = _Back(back, {key, lot or key}, hearing, frozenset(doubted))
    firsts = {lot: way.first(lot) for lot in way.far_lots()}
    return {lot: first for lot, first in firsts.items() if first is not None}


class _Back:
    """A trace back from goods, of which each lot is asked by whose word it is as it is reached."""

    def __init__(self, found: Trace, own: Collection[str], hearing: Hearing, doubted: frozenset[str]) -> None:
        self._own, self._hearing, self._doubted = own, hearing, doubted
        self._lots = {state.key: None for state in found.states if state.kind == "lot"}
        self._told: dict[str, Told] = {}
        self._into: dict[str, list[Edge]] = {}
        self._pieces: dict[str, list[str]] = {}
        for edge in found.edges:
            self._into.setdefault(edge.target, []).append(edge)
            if edge.kind == "member":
                self._pieces.setdefault(edge.source, []).append(edge.target)

    def far_lots(self) -> list[str]:
        """Lots that nothing on record was made into, and that are no mere grouping of something made."""
        reached, new = set(self._own), list(self._own)
        made: set[str] = set()
        while new:
            key = new.pop()
            for edge in self._believed(key):
                if edge.kind == "transform":
                    made.add(key)
                if edge.source not in reached:
                    reached.add(edge.source)
                    new.append(edge.source)
        made |= {lot for lot, pieces in self._pieces.items() if not made.isdisjoint(pieces)}
        return [lot for lot in self._lots if lot in reached and lot not in made and lot not in self._own]

    def first(self, lot: str) -> Visit | None:
        """Where a lot begins: its own first checkpoint, or that of the first of its pieces on the way."""
        for key in (lot, *self._pieces.get(lot, ())):
            told = self._of(key)
            if told.heard:
                return (told.certain or told.heard)[0]
        return None

    def _believed(self, key: str) -> list[Edge]:
        """The steps that lead to ``key``, without those that only strangers to it or takers tell."""
        into = self._into.get(key, [])
        if key in self._own or not any(edge.kind == "transform" for edge in into):
            return [edge for edge in into if not is_only(edge, self._doubted)]
        told = self._of(key)
        doubted = frozenset(visit.evidence for visit in (*told.strange, *told.uncertain))
        return [edge for edge in into if not is_only(edge, doubted)]

    def _of(self, key: str) -> Told:
        if key not in self._told:
            self._told[key], _ = self._hearing.of(key, product_of(key))
        return self._told[key]


def is_only(edge: Edge, doubted: frozenset[str]) -> bool:
    """Whether nothing but doubted evidence tells of a step."""
    return bool(edge.evidence) and doubted.issuperset(edge.evidence)


def product_of(key: str) -> str | None:
    """The key of the product of a lot or piece, where its key tells it."""
    try:
        return identify(key).product_key
    except IdentifierError:
        return None  # a lot may be named by what is no identifier of GS1

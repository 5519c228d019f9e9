"""What goods were made of: the lots at the far end of the trace back, by the word of those who had them.

Lineage believes everybody. Here each step back is asked by whose word it is (decision 0039): who never had
what is on the way gives it neither ingredients nor a lot, and no lot a beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.lineage import Options, Suspect, Trace, Visit
from suyuan.trace.lineage.contract import Edge
from suyuan.trace.recall.custody import Custody, Told
from suyuan.trace.recall.hearing import Hearing

_EVER = datetime.min.replace(tzinfo=UTC)


class Records(Protocol):
    """Where the facts come from: the part of :class:`suyuan.trace.recall.facts.Records` that is asked."""

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        ...


def origins_of(
    key: str, lot: str | None, records: Records, hearing: Hearing, doubted: Collection[str]
) -> Mapping[str, Visit]:
    """Farm lot -> its first checkpoint, of what went into ``key``, whose own lot is ``lot``.

    ``doubted`` is the evidence of whoever did not have the thing itself, or only says so. Each thing on the
    way is asked once, and traced once more where strangers alone tell its lot: linear in the steps that are
    believed, however many others are told, times the lots in a row that are so mended.
    """
    way = _Back(records, {key, lot or key}, hearing, frozenset(doubted))
    firsts = {lot: way.first(lot) for lot in way.far_lots(key)}
    return {lot: first for lot, first in firsts.items() if first is not None}


class _Back:
    """A trace back from goods, of which each thing is asked by whose word it is as it is reached."""

    def __init__(
        self, records: Records, own: Collection[str], hearing: Hearing, doubted: frozenset[str]
    ) -> None:
        self._records, self._own, self._hearing, self._doubted = records, own, hearing, doubted
        self._traced: set[str] = set()
        self._lots: dict[str, None] = {}
        self._told: dict[str, tuple[Told, Custody]] = {}
        self._into: dict[str, dict[Edge, None]] = {}
        self._pieces: dict[str, list[str]] = {}

    def far_lots(self, key: str) -> list[str]:
        """Lots that nothing on record was made into, and that are no mere grouping of something made."""
        untraced: Collection[str] = {key}
        reached, made = set[str](), set[str]()
        while untraced:
            self._trace(untraced)
            believed = self._way()
            reached = {*self._own, *(edge.source for edge in believed)}
            made = {edge.target for edge in believed if edge.kind == "transform"}
            members = [edge for edge in believed if edge.kind == "member"]
            self._pieces = {}
            for edge in sorted(members, key=lambda edge: (edge.from_time or _EVER, edge.target)):
                self._pieces.setdefault(edge.source, []).append(edge.target)
            untraced = {edge.source for edge in members} - self._traced
        made |= {lot for lot, pieces in self._pieces.items() if not made.isdisjoint(pieces)}
        return [lot for lot in self._lots if lot in reached and lot not in made and lot not in self._own]

    def _trace(self, keys: Collection[str]) -> None:
        """What lineage knows of these, beside what was found before."""
        found = self._records.trace([Suspect(key) for key in sorted(keys)], Options(direction="backward"))
        self._traced.update(keys, (state.key for state in found.states))
        self._lots.update((state.key, None) for state in found.states if state.kind == "lot")
        for edge in found.edges:
            self._into.setdefault(edge.target, {})[edge] = None

    def _way(self) -> list[Edge]:
        """All steps that are believed, from the goods back."""
        way: list[Edge] = []
        reached, new = set(self._own), list(self._own)
        while new:
            for edge in self._believed(new.pop()):
                way.append(edge)
                if edge.source not in reached:
                    reached.add(edge.source)
                    new.append(edge.source)
        return way

    def first(self, lot: str) -> Visit | None:
        """Where a lot begins: its own first checkpoint, or that of the first of its pieces on the way."""
        for key in (lot, *self._pieces.get(lot, ())):
            told = self._of(key)
            if told.heard:
                return (told.certain or told.heard)[0]
        return None

    def _believed(self, key: str) -> list[Edge]:
        """The steps that lead to ``key``, without those that only strangers to it or takers tell.

        Which lot it was of is told by who had it, where lineage believes another: whoever says so of the
        earliest time.
        """
        into = list(self._into.get(key, ()))
        if key not in self._own and not any(map(self._leads_on, into)):
            return into
        doubted = self._doubted if key in self._own else self._doubted_of(key)
        believed = [edge for edge in into if not is_only(edge, doubted) and not self._is_made_up(edge)]
        for edge in into:
            if edge.kind == "member" and is_only(edge, doubted):
                lot = self._hearing.lot_of(key, self._of(key))
                believed += [] if lot is None else [replace(edge, source=lot, evidence=())]
        return believed

    def _leads_on(self, edge: Edge) -> bool:
        """Whether more may follow: of a box that nothing leads to nothing does, whoever tells of it."""
        return edge.kind != "contain" or edge.source in self._into or edge.source in self._lots

    def _is_made_up(self, edge: Edge) -> bool:
        """Whether a piece may be in it only for its lot, and nobody who had that tells of the piece."""
        if edge.kind != "transform" or edge.certainty == "certain":
            return False
        if all(other.kind != "member" for other in self._into.get(edge.source, ())):
            return False
        told = self._of(edge.source)
        if any(visit.evidence == edge.evidence[0] for visit in told.heard):
            return False  # it was used by name
        lot = self._hearing.lot_of(edge.source, told)
        return lot is None or not self._hearing.is_told_by(told, self._asked(lot)[1])

    def _doubted_of(self, key: str) -> frozenset[str]:
        told = self._of(key)
        return frozenset(visit.evidence for visit in (*told.strange, *told.uncertain))

    def _of(self, key: str) -> Told:
        return self._asked(key)[0]

    def _asked(self, key: str) -> tuple[Told, Custody]:
        if key not in self._told:
            self._told[key] = self._hearing.of(key, product_of(key))
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

"""The chronicle behind the compiled engine's walk: its tables in place of those woven from a history.

What statements say of loose goods, sayings, mentions and destinations, is still woven from a history and gets
the numbers of the chronicle. The tables are copied, with every run split into single instances, so that
answers can be compared with the oracle's key by key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suyuan.trace.lineage import Lineage, Occurrence
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.books import KINDS
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.tables import NONE, SAYING, SITE, Tables, Told, nameless
from suyuan.trace.lineage.compiled.weave import GUESTS, WovenNames, weave
from suyuan.trace.lineage.contract import Options
from suyuan.trace.lineage.statement import NEVER
from suyuan.trace.lineage.where import Owner


def told(occurrences: Sequence[Occurrence], batch: int) -> Chronicle:
    """A chronicle that was told so many occurrences at a time, and had hardly any room at first."""
    chronicle = Chronicle(16)
    for first in range(0, len(occurrences), batch):
        chronicle.add(occurrences[first : first + batch])
    return chronicle


class ChronicledTracer(CompiledTracer):
    """Today's walk over the tables of a chronicle; views of the past are chronicles of their own."""

    def __init__(self, occurrences: Sequence[Occurrence], batch: int, owner: Owner) -> None:
        super().__init__(Lineage(occurrences), owner=owner)
        self._chronicle = told(occurrences, batch)

    def _on_record(self, options: Options) -> tuple[Record, Rooms, LooseGoods]:
        chronicle = self._chronicle
        if options.known_at is not None:
            chronicle = chronicle.as_known(options.known_at)
        record = recorded(chronicle, weave(self._lineage.history(options.known_at)))
        return record, Rooms(record.tables), LooseGoods()


def recorded(chronicle: Chronicle, woven: Record) -> Record:
    """The tables of ``chronicle`` under its own numbers, with what ``woven`` tells of words."""
    chronicle.split_all()
    books: Any = chronicle.books
    tables: dict[str, Any] = {
        name: np.array(getattr(books, name)[: int(books.used[counter])])
        for name, (_, counter) in KINDS.items()
    }
    count = len(tables["nodes"])
    keys = [chronicle.names.key(int(life["prefix"]), int(life["first"])) for life in tables["lives"]]
    known = (tables["nodes"]["birth"] != NEVER) | (tables["nodes"]["site"] != NONE)
    node = {key: number for number, key in enumerate(keys) if known[number]}
    names = WovenNames(
        node,
        keys,
        {key: number for number, key in enumerate(chronicle.evidence)},
        chronicle.evidence,
        {str(name): number for name, number in chronicle.sites.of.items()},
        [str(party) for party in chronicle.parties.of],
        list(chronicle.units.of),
    )
    nodes = nameless(count + GUESTS)
    nodes[:count] = tables["nodes"]
    words = _Words(chronicle, woven, names, tables["stories"]["group"])
    words_told = words.told(nodes, tables["sites"])
    return Record(
        Tables(nodes, *(tables[name] for name in Tables._fields[1:])),
        words_told,
        names,
        range(count, count + GUESTS),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """What is woven of words, under other numbers."""

    chronicle: Chronicle
    woven: Record
    names: WovenNames
    groups: Any

    def told(self, nodes: Any, sites: Any) -> Told:
        """All of them; ``nodes`` learn their goods."""
        old: Any = self.woven.told
        statements = [self.names.statements[key] for key in _woven_names(self.woven).evidences]
        by = np.array([*statements, NONE])
        node = np.array([self.names.nodes[key] for key in _woven_names(self.woven).keys] + [NONE])
        sayings = np.zeros(len(self.chronicle.evidence), dtype=SAYING)
        sayings[by[:-1]] = old.sayings
        for name in ("place", "parent", "was"):
            sayings[name] = node[sayings[name]]
        sayings["group"] = self.groups
        site = self._sites()
        sayings["read_site"] = site[sayings["read_site"]]
        mentions, destinations, goods = old.mentions.copy(), old.destinations.copy(), old.goods.copy()
        mentions["node"], mentions["by"] = node[mentions["node"]], by[mentions["by"]]
        units = [self.chronicle.units(unit) for unit in _woven_names(self.woven).units]
        mentions["uom"] = np.array([*units, NONE])[mentions["uom"]]
        destinations["site"] = site[destinations["site"]]
        parties = [self.chronicle.parties(party) for party in _woven_names(self.woven).parties]
        destinations["party"] = np.array([*parties, NONE])[destinations["party"]]
        goods["node"] = node[goods["node"]]
        nodes["goods"][goods["node"]] = np.arange(len(goods))
        all_sites = np.full(len(self.chronicle.sites.of), NONE, dtype=SITE)
        all_sites[: len(sites)] = sites
        return Told(sayings, mentions, destinations, goods, all_sites)

    def _sites(self) -> Any:
        numbers = dict(_woven_names(self.woven).sites)
        found = np.full(len(numbers) + 1, NONE)
        for name, number in numbers.items():
            found[number] = self.chronicle.sites(name)
        return found


def _woven_names(record: Record) -> WovenNames:
    assert isinstance(record.names, WovenNames)
    return record.names

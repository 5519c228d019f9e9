"""A trade of any size for measuring trace engines, written as tables at once: no event is replayed.

Farms' lots go, some in crates that are used again, into plants' lots, those into packers' lots, and these are
packed as items in cases on pallets that go to a centre and to a shop: two to fifty inputs with few very
common ones, lots of 40 to 2,000 items, cases of 20, pallets of 40 cases, crates from which another lot had
gone before. The items of one case are one run, unless each is wanted as a node of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from suyuan.trace.lineage.compiled.machine import rows_of
from suyuan.trace.lineage.compiled.tables import (
    CONSUMPTION,
    CONTAINMENT,
    DRAW,
    EPISODE,
    GROUP,
    INFERRED,
    NODE,
    NONE,
    PRODUCTION,
    STATEMENT,
    Tables,
    lines,
)
from suyuan.trace.lineage.statement import NEVER

HOUR = 3_600_000_000
Numbers = np.ndarray[tuple[int], np.dtype[Any]]
_PLACES, _FARMS, _PLANTS, _CENTRES, _SHOPS = 4_000, 1_000, 200, 50, 2_750
_CASE, _PALLET = 20, 40
_IN_CRATES, _INPUTS, _TAIL = 0.3, 50, 0.9


@dataclass(frozen=True, slots=True)
class Trade:
    """The tables, and the same thing by thing for engines of other kinds.

    Nodes and things are numbered in one order; a run of twenty is one node and twenty things.
    """

    tables: Tables
    raw: Numbers  # nodes
    items: Numbers  # nodes

    @property
    def count(self) -> Numbers:
        """How many things each node stands for."""
        nodes: Any = self.tables.nodes
        count: Numbers = nodes["count"]
        return count

    @property
    def thing(self) -> Numbers:
        """The first thing of each node, and how many there are."""
        return _begins(self.count)

    @property
    def size(self) -> int:
        """In bytes, of all tables."""
        tables: Any = self.tables
        return sum(int(table.nbytes) for table in tables)

    @property
    def rows(self) -> int:
        """Links and stays, thing by thing."""
        t: Any = self.tables
        made = np.bincount(t.productions["group"], self.count[t.productions["node"]], len(t.groups))
        eaten = np.bincount(t.consumptions["group"], self.count[t.consumptions["node"]], len(t.groups))
        inside, stays = self.count[t.containments["child"]].sum(), self.count[t.episodes["node"]].sum()
        return int(made @ eaten + inside + stays)

    def links(self) -> Mapping[str, Numbers]:
        """What is of interest in ``source`` during [``start``, ``end``) makes ``target`` so.

        Transformations (at one instant, ``then`` is when the output was made) and containments (``then`` is
        NONE: at once).
        """
        t: Any = self.tables
        eaten, made = t.consumptions, t.productions
        # every group here has one statement; its outputs follow one another
        outputs = np.bincount(made["group"], minlength=len(t.groups))
        count = outputs[eaten["group"]]
        which = np.repeat(np.arange(len(eaten)), count)
        target = np.repeat(_begins(outputs)[eaten["group"]], count) + _within(count)
        inside = t.containments
        return self._thing_by_thing(
            {
                "source": np.concatenate([eaten["node"][which], inside["parent"]]),
                "target": np.concatenate([made["node"][target], inside["child"]]),
                "start": np.concatenate([eaten["at"][which], inside["start"]]),
                "end": np.concatenate([eaten["at"][which] + 1, inside["end"]]),
                "then": np.concatenate([made["at"][target], np.full(len(inside), NONE)]),
            },
            "target",
        )

    def stays(self) -> Mapping[str, Numbers]:
        """Each ``thing`` was at ``place`` during [``start``, ``end``)."""
        stays: Any = self.tables.episodes
        places = self.thing[stays["place"]]
        columns = {"thing": stays["node"], "place": places, "start": stays["start"], "end": stays["end"]}
        return self._thing_by_thing(columns, "thing")

    def now(self) -> tuple[Numbers, Numbers]:
        """The container and the place of each thing by its own last word, NONE where there is none."""
        t: Any = self.tables
        nodes, thing = t.nodes, self.thing
        box = np.where(nodes["inside"] == NONE, NONE, thing[t.containments["parent"][nodes["inside"]]])
        place = np.where(nodes["here"] == NONE, NONE, thing[t.episodes["place"][nodes["here"]]])
        return np.repeat(box, self.count), np.repeat(place, self.count)

    def _thing_by_thing(self, columns: Mapping[str, Numbers], single: str) -> Mapping[str, Numbers]:
        """A row for each thing of the nodes in the column ``single``; other columns name no runs."""
        count = self.count[columns[single]]
        told = {name: np.repeat(column, count) for name, column in columns.items()}
        told[single] = np.repeat(self.thing[columns[single]], count) + _within(count)
        if "source" in told:
            told["source"] = self.thing[told["source"]]
        return told


def _begins(count: Numbers) -> Numbers:
    """Where each begins, if as many follow one another as told."""
    ends: Numbers = np.cumsum(count, dtype=np.int64)
    return ends - count


def _within(count: Numbers) -> Numbers:
    """0, 1, … for each of the counts."""
    ends = np.cumsum(count, dtype=np.int64)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - count, count)


def grow(raw: int, seed: int = 7, *, runs: bool = True) -> Trade:
    """A trade with ``raw`` lots of farms; some hundred rows of links and stays come of each."""
    dice = np.random.default_rng(seed)
    plan = _Plan(dice, raw, runs=runs)
    return plan.trade()


class _Plan:
    """Who is what, and when; numbers of nodes are given kind by kind."""

    def __init__(self, dice: np.random.Generator, raw: int, *, runs: bool) -> None:
        self.dice = dice
        self.firsts = max(2, raw // 3)
        self.seconds = max(2, raw // 9)
        self.crates = max(1, raw // 20)
        size = np.clip(dice.lognormal(5.2, 0.9, self.seconds), 40, 2_000).astype(np.int64)
        self.size = size
        self.cases = -(-size // _CASE)
        self.pallets = -(-self.cases // _PALLET)
        self.of_lot = self.cases if runs else size  # nodes of items
        self.of_case = np.ones(int(self.cases.sum()), np.int64) if runs else _left(size, self.cases, _CASE)
        counts = [raw, self.firsts, self.seconds, self.of_lot.sum(), self.cases.sum(), self.pallets.sum()]
        ends = np.cumsum([0, *counts, self.crates, _PLACES]).astype(np.int64)
        kinds = [np.arange(one, other, dtype=np.int64) for one, other in pairwise(ends)]
        self.raw, self.first, self.second, self.item, self.case, self.pallet, self.crate, self.place = kinds
        self.nodes = int(ends[-1])
        self.raw_at = np.sort(dice.integers(0, 2_000 * HOUR, raw))
        self.first_at = np.sort(dice.integers(100 * HOUR, 2_200 * HOUR, self.firsts))
        self.second_at = np.sort(dice.integers(200 * HOUR, 2_400 * HOUR, self.seconds))

    def _inputs(self, at: Numbers, born: Numbers) -> tuple[Numbers, Numbers]:
        """Of each group how many inputs, and which: few of those born before go into very many."""
        count = np.clip(2 * (1 + self.dice.pareto(_TAIL, len(at))), 2, _INPUTS).astype(np.int64)
        before = np.maximum(np.searchsorted(born, at - 10 * HOUR), 1)
        born_before = np.repeat(before, count)
        which = (born_before * (1 - self.dice.random(len(born_before)) ** 3)).astype(np.int64)
        return count, np.minimum(which, born_before - 1)

    def trade(self) -> Trade:
        nodes: Any = rows_of(NODE, self.nodes)
        nodes[:] = np.array(NONE, dtype=NODE)
        nodes["birth"], nodes["made"], nodes["made_uom"], nodes["count"] = 0, 1.0, 0, 1
        if len(self.item) == len(self.case):
            nodes["count"][self.item] = _left(self.size, self.cases, _CASE)
        nodes["is_class"] = nodes["is_place"] = nodes["consumed"] = False
        nodes["is_place"][self.place] = True
        for lots, at in ((self.raw, self.raw_at), (self.first, self.first_at), (self.second, self.second_at)):
            nodes["is_class"][lots], nodes["made"][lots], nodes["made_uom"][lots] = True, 1_000.0, 1
            nodes["birth"][lots] = at
        consumptions, productions, draws, groups = self._groups(nodes)
        containments = self._containments(nodes)
        episodes = self._episodes(nodes)
        # One for each group, numbered as it is; all else is told by the first.
        statements = rows_of(STATEMENT, len(groups))
        statements["fate"] = statements["site"] = NONE
        statements["at"][productions["group"]] = productions["at"]
        tables = Tables(
            *(nodes, groups, consumptions, productions, draws, containments, episodes, statements),
        )
        return Trade(tables, self.raw, self.item)

    def _groups(self, nodes: Any) -> tuple[Any, Any, Any, Any]:
        count1, which1 = self._inputs(self.first_at, self.raw_at)
        count2, which2 = self._inputs(self.second_at, self.first_at)
        total = self.firsts + 2 * self.seconds
        eaten = rows_of(CONSUMPTION, len(which1) + len(which2) + self.seconds)
        eaten["node"] = np.concatenate([self.raw[which1], self.first[which2], self.second])
        eaten["group"] = np.repeat(
            np.arange(total), np.concatenate([count1, count2, np.ones_like(self.size)])
        )
        at = np.concatenate([self.first_at, self.second_at, self.second_at + 5 * HOUR])
        eaten["at"] = at[eaten["group"]]
        made = rows_of(PRODUCTION, self.firsts + self.seconds + len(self.item))
        made["node"] = np.concatenate([self.first, self.second, self.item])
        outputs = np.concatenate([np.ones(self.firsts + self.seconds, dtype=np.int64), self.of_lot])
        made["group"] = np.repeat(np.arange(total), outputs)
        made["at"] = at[made["group"]] + HOUR
        made["by"], eaten["by"] = made["group"], eaten["group"]
        made["amount"] = np.where(made["group"] < self.firsts + self.seconds, 1_000.0, 1.0)
        made["uom"] = np.where(made["group"] < self.firsts + self.seconds, 1, 0)
        draws = rows_of(DRAW, len(eaten))
        draws["amount"], draws["uom"], draws["consumption"] = 100.0, 1, np.arange(len(eaten))
        groups = rows_of(GROUP, total)
        groups[:] = np.array(NONE, dtype=GROUP)
        self._in_crates(eaten, count1)
        lines(nodes["first_consumption"], eaten["node"], eaten["next"])
        lines(nodes["first_production"], made["node"], made["next"])
        lines(groups["first_consumption"], eaten["group"], eaten["next_of_group"])
        lines(groups["first_production"], made["group"], made["next_of_group"])
        lines(groups["first_draw"], eaten["group"], draws["next"])
        nodes["birth"][self.item] = np.repeat(self.second_at + 6 * HOUR, self.of_lot)
        return eaten, made, draws, groups

    def _in_crates(self, eaten: Any, count: Numbers) -> None:
        """Three of ten first groups take their lots out of a crate; another lot was in it before."""
        through = np.repeat(self.dice.random(self.firsts) < _IN_CRATES, count)
        rows = np.flatnonzero(through)
        eaten["marks"][rows] = INFERRED
        self.crated = eaten["node"][rows], eaten["at"][rows], eaten["group"][rows]

    def _containments(self, nodes: Any) -> Any:
        lot, at, group = self.crated
        crate = self.crate[group % len(self.crate)]
        packed = np.repeat(self.second_at + 8 * HOUR, self.of_lot)
        of_case = np.repeat(self.case, self.of_case)
        loaded = np.repeat(self.second_at + 9 * HOUR, self.cases)
        of_pallet = np.repeat(self.pallet, _left(self.cases, self.pallets, _PALLET))
        decoy = np.roll(lot, 1)
        rows = rows_of(CONTAINMENT, 2 * len(lot) + len(self.item) + len(self.case))
        rows["child"] = np.concatenate([lot, decoy, self.item, self.case])
        rows["parent"] = np.concatenate([crate, crate, of_case, of_pallet])
        rows["start"] = np.concatenate([at - 2 * HOUR, at - 9 * HOUR, packed, loaded])
        unloaded = loaded + 100 * HOUR
        rows["end"] = np.concatenate([at, at - 5 * HOUR, np.full(len(self.item), NEVER), unloaded])
        rows["is_class"][: 2 * len(lot)] = True
        rows["peak"], rows["uom"], rows["was"] = np.nan, NONE, NONE
        rows["ended"] = np.where(rows["end"] == NEVER, NONE, 0)
        lines(nodes["first_content"], rows["parent"], rows["next_content"])
        lines(nodes["first_container"], rows["child"], rows["next_container"])
        begin = 2 * len(lot)
        nodes["inside"][self.item] = np.arange(begin, begin + len(self.item))
        return rows

    def _episodes(self, nodes: Any) -> Any:
        """Farm, plant, packer, centre and shop; a case is at the shop when its pallet is unloaded."""
        dice, place = self.dice, self.place
        farms, plants = place[:_FARMS], place[_FARMS : _FARMS + _PLANTS]
        centres, shops = place[-_CENTRES - _SHOPS : -_SHOPS], place[-_SHOPS:]
        packer = dice.choice(plants, self.seconds)
        at = self.second_at
        shop = dice.choice(shops, len(self.pallet))
        of_pallet = np.repeat(np.arange(len(self.pallet)), _left(self.cases, self.pallets, _PALLET))
        left = np.repeat(at + 20 * HOUR, self.pallets)
        never = NEVER
        parts = [
            (self.raw, dice.choice(farms, len(self.raw)), self.raw_at, never),
            (self.first, dice.choice(plants, self.firsts), self.first_at + HOUR, never),
            (self.second, packer, at + HOUR, never),
            (
                self.item,
                np.repeat(packer, self.of_lot),
                np.repeat(at + 6 * HOUR, self.of_lot),
                np.repeat(at + 8 * HOUR, self.of_lot),
            ),
            (
                self.case,
                np.repeat(packer, self.cases),
                np.repeat(at + 8 * HOUR, self.cases),
                np.repeat(at + 9 * HOUR, self.cases),
            ),
            (self.pallet, np.repeat(packer, self.pallets), np.repeat(at + 9 * HOUR, self.pallets), left),
            (self.pallet, dice.choice(centres, len(self.pallet)), left + 5 * HOUR, left + 50 * HOUR),
            (self.pallet, shop, left + 60 * HOUR, never),
            (self.case, shop[of_pallet], np.repeat(at + 109 * HOUR, self.cases), never),
        ]
        rows = rows_of(EPISODE, sum(len(part[0]) for part in parts))
        begin = 0
        for node, where, start, end in parts:
            part = rows[begin : begin + len(node)]
            part["node"], part["place"], part["start"], part["end"] = node, where, start, end
            begin += len(node)
        rows["next_visit"] = NONE
        lines(nodes["first_episode"], rows["node"], rows["next"])
        going_on = np.flatnonzero(rows["end"] == NEVER)
        nodes["here"][rows["node"][going_on]] = going_on
        return rows


def _left(whole: Numbers, parts: Numbers, most: int) -> Numbers:
    """How many are in each part of each whole; all parts but the last have ``most``."""
    shares: Numbers = np.minimum(most, np.repeat(whole, parts) - most * _within(parts))
    return shares

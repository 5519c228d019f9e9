"""From a replayed history to tables.

One pass over what :class:`suyuan.trace.lineage.history.History` keeps; O(what is in it).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.sayings import Numbers, Sayings
from suyuan.trace.lineage.compiled.tables import (
    CONSUMPTION,
    CONTAINMENT,
    DRAW,
    EPISODE,
    GROUP,
    INFERRED,
    NONE,
    POSSIBLE,
    PRODUCTION,
    SITE,
    VOID,
    Tables,
    Told,
    lines,
    nameless,
)
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.measures import total
from suyuan.trace.lineage.records import Consumption, Containment, Episode
from suyuan.trace.lineage.statement import NEVER, Position, Statement

GUESTS = 64
"""Nodes without a name: more places than that are seldom asked for under names that nobody told."""


@dataclass(frozen=True, slots=True)
class WovenNames:
    """What the numbers of woven tables stand for, as :class:`suyuan.trace.lineage.compiled.names.Names`."""

    nodes: Mapping[str, int]
    keys: Sequence[str]
    statements: Mapping[str, int]
    evidences: Sequence[str]
    sites: Mapping[str, int]
    parties: Sequence[str]
    units: Sequence[str | None]

    def node(self, key: str) -> int | None:
        """The node of an object or place."""
        return self.nodes.get(key)

    def key(self, node: int, number: int = 0) -> str:  # noqa: ARG002 - no node is a run here
        """The key of a node."""
        return self.keys[node]

    def site(self, name: str) -> int | None:
        """The number of a site."""
        return self.sites.get(name)

    def party(self, number: int) -> str:
        """Who captured."""
        return self.parties[number]

    def unit(self, number: int) -> str | None:
        """A unit of measure, None for pieces."""
        return self.units[number]

    def statement(self, evidence: str) -> int | None:
        """The statement of an evidence key."""
        return self.statements.get(evidence)

    def evidence(self, statement: int) -> str:
        """The evidence key of a statement."""
        return self.evidences[statement]


def weave(history: History) -> Record:
    """The tables of ``history``, which must not change meanwhile."""
    return _Weaver(history).woven()


class _Weaver:
    def __init__(self, history: History) -> None:
        self._history = history
        statements = sorted(history.statements.values(), key=lambda one: one.position)
        self._statements = statements
        self._number = {one.occurrence.evidence: number for number, one in enumerate(statements)}
        places = (one.place for one in statements if one.place is not None)
        self._keys = list(dict.fromkeys((*history.births, *places)))
        self._node = {key: number for number, key in enumerate(self._keys)}
        self._parties, self._sites, self._units = Numbers(), Numbers(), Numbers([None])
        self._groups = {group: number for number, group in enumerate(history.groups.values())}
        self._nodes = nameless(len(self._keys) + GUESTS)

    def woven(self) -> Record:
        """One table after the other; each also writes the nodes' ends of its lines."""
        self._tell_nodes()
        sayings = Sayings(self._history, self._node, self._parties, self._sites, self._units)
        goods = sayings.goods(self._nodes)
        statements, told = sayings.statements(self._statements, self._groups)
        mentions, destinations = sayings.mentions(goods)
        consumptions, productions, draws, groups = self._tell_groups()
        containments, inside = self._tell_containments()
        episodes, here, sites = self._tell_episodes()
        self._tell_now(inside, here)
        tables = Tables(
            self._nodes,
            groups,
            consumptions,
            productions,
            draws,
            containments,
            episodes,
            statements,
        )
        names = WovenNames(
            self._node,
            self._keys,
            self._number,
            [one.occurrence.evidence for one in self._statements],
            {str(name): number for name, number in self._sites.of.items()},
            [str(party) for party in self._parties.of],
            list(self._units.of),
        )
        guests = range(len(self._keys), len(self._nodes))
        never_changed = np.zeros(1, dtype=np.int64)
        return Record(tables, Told(told, mentions, destinations, goods, sites, never_changed), names, guests)

    def _by(self, told: Statement) -> int:
        return self._number[told.occurrence.evidence]

    def _amount(self, amount: Amount | None) -> tuple[float, int]:
        return (np.nan, NONE) if amount is None else (amount.quantity, self._units(amount.uom))

    def _tell_nodes(self) -> None:
        history, nodes = self._history, self._nodes
        for number, key in enumerate(self._keys):
            nodes["birth"][number] = history.births.get(key, NEVER)
            nodes["is_class"][number] = history.is_class(key)
            nodes["is_place"][number] = _is_place(history, key)
            if nodes["is_place"][number] or site(key) in history.visitors:
                nodes["site"][number] = self._sites(site(key))
            if key in history.births:
                nodes["made"][number], nodes["made_uom"][number] = self._amount(history.produced(key))
        for instance, (lot, told) in history.lots.items():
            number = self._node[instance]
            nodes["lot"][number], nodes["lot_told"][number] = self._node[lot], self._by(told)
        for lot, instances in history.instances.items():
            following = NONE
            for instance in reversed(instances):
                nodes["next_member"][self._node[instance]] = following
                following = self._node[instance]
            nodes["first_member"][self._node[lot]] = following

    def _tell_groups(self) -> tuple[Made, Made, Made, Made]:
        told = list(enumerate(self._history.groups.values()))
        eaten = [(number, one) for number, group in told for one in group.consumptions]
        consumptions = np.zeros(len(eaten), dtype=CONSUMPTION)
        for row, (group, consumption) in zip(consumptions, eaten, strict=True):
            row["node"], row["group"] = self._node[consumption.key], group
            row["at"], row["by"] = consumption.by.at, self._by(consumption.by)
            row["marks"] = _flags(consumption)
        made = [(number, one) for number, group in told for one in group.productions]
        productions = np.zeros(len(made), dtype=PRODUCTION)
        for row, (group, production) in zip(productions, made, strict=True):
            row["node"], row["group"] = self._node[production.key], group
            row["at"], row["by"] = production.by.at, self._by(production.by)
            row["amount"], row["uom"] = self._amount(total(production.amounts))
        drawn = [(number, one) for number, group in told for one in group.draws]
        draws = np.zeros(len(drawn), dtype=DRAW)
        number_of = {one: number for number, (_, one) in enumerate(eaten)}
        for row, (_, draw) in zip(draws, drawn, strict=True):
            row["consumption"] = number_of[draw.consumption]
            row["amount"], row["uom"] = self._amount(draw.amount)
        groups = np.full(len(told), NONE, dtype=GROUP)
        lines(self._nodes["first_consumption"], consumptions["node"], consumptions["next"])
        lines(self._nodes["first_production"], productions["node"], productions["next"])
        lines(groups["first_consumption"], consumptions["group"], consumptions["next_of_group"])
        lines(groups["first_production"], productions["group"], productions["next_of_group"])
        lines(groups["first_draw"], np.array([group for group, _ in drawn], dtype=np.int32), draws["next"])
        return consumptions, productions, draws, groups

    def _tell_containments(self) -> tuple[Made, Mapping[Containment, int]]:
        told = [one for line in self._history.containments_in.values() for one in line]
        empty = list(self._empty_of_lots(told))
        containments = np.zeros(len(told) + len(empty), dtype=CONTAINMENT)
        for row, one in zip(containments, told, strict=False):
            row["start"], row["end"], row["by"] = one.start, one.end, self._by(one.begun)
            row["child"], row["parent"] = self._node[one.child], self._node[one.parent]
            row["is_class"] = one.is_class
            row["peak"], row["uom"] = self._amount(None if one.inside is None else one.inside.peak())
            row["ended"], row["was"] = self._ended(one.ended, one.parent)
        for row, (lot, container, position) in zip(containments[len(told) :], empty, strict=True):
            row["start"] = row["end"] = position[0]
            row["child"], row["parent"] = self._node[lot], self._node[container]
            row["is_class"], row["peak"], row["uom"] = True, np.nan, NONE
            row["ended"], row["was"] = self._ended(position, container)
            row["by"] = row["ended"]
        lines(self._nodes["first_content"], containments["parent"], containments["next_content"])
        lines(self._nodes["first_container"], containments["child"], containments["next_container"])
        return containments, {one: row for row, one in enumerate(told)}

    def _empty_of_lots(self, told: Iterable[Containment]) -> Iterator[tuple[str, str, Position]]:
        """Containments of lots that ended in the instant in which they began: lot, container, end."""
        listed = {(one.child, one.parent, one.ended) for one in told if one.is_class}
        for lot, exits in self._history.lot_exits.items():
            for position, container in exits:
                if (lot, container, position) not in listed:
                    yield lot, container, position

    def _ended(self, position: Position | None, container: str) -> tuple[int, int]:
        """The statement that ended a containment, and where the container was if that does not say."""
        if position is None:
            return NONE, NONE
        was = self._history.emptied_at.get((position, container))
        return self._number[position[-1]], NONE if was is None else self._node[was]

    def _tell_episodes(self) -> tuple[Made, Mapping[Episode, int], Made]:
        told = [(key, one) for key, line in self._history.episodes.items() for one in line]
        episodes = np.zeros(len(told), dtype=EPISODE)
        for row, (key, one) in zip(episodes, told, strict=True):
            row["start"], row["end"], row["by"] = one.start, one.end, self._by(one.begun)
            row["node"], row["place"] = self._node[key], self._node[one.place]
            row["marks"] = INFERRED if one.inferred else 0
        lines(self._nodes["first_episode"], episodes["node"], episodes["next"])
        sites = np.full(len(self._sites.of), NONE, dtype=SITE)
        lines(sites["first_visit"], self._nodes["site"][episodes["place"]], episodes["next_visit"])
        return episodes, {one: row for row, (_, one) in enumerate(told)}, sites

    def _tell_now(self, inside: Mapping[Containment, int], here: Mapping[Episode, int]) -> None:
        history, nodes, node = self._history, self._nodes, self._node
        for key, containment in history.inside.items():
            nodes["inside"][node[key]] = inside[containment]
        for key, episode in history.here.items():
            nodes["here"][node[key]] = here[episode]
        for key, line in history.naming.items():
            if line:
                nodes["last"][node[key]] = self._by(line[-1])
        for key, end in history.ends.items():
            nodes["ended"][node[key]], nodes["consumed"][node[key]] = self._by(end.by), end.consumed


def _is_place(history: History, key: str) -> bool:
    """As :meth:`suyuan.trace.lineage.question.Question.is_place`."""
    kind = kind_by_name(key)
    return kind == "place" or (
        kind == "other" and key not in history.births and site(key) in history.visitors
    )


def _flags(consumption: Consumption) -> int:
    return (
        (POSSIBLE if consumption.possible else 0)
        | (INFERRED if consumption.inferred else 0)
        | (0 if consumption.counts else VOID)
    )

"""What statements say, as tables: their positions and words, and the lots that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.tables import (
    ADD,
    AGGREGATION,
    ASSOCIATION,
    DELETE,
    DESTINATION,
    GOODS,
    LEAVES,
    MENTION,
    NONE,
    OBJECT,
    OBSERVE,
    SAYING,
    STATEMENT,
    STEPS,
    TRANSACTION,
    TRANSFORMATION,
    WHAT,
    order_of,
)
from suyuan.trace.lineage.compiled.whereabouts import IN_TRANSIT, STATUSES
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence
from suyuan.trace.lineage.records import Group
from suyuan.trace.lineage.statement import (
    Statement,
    after_deletion,
    instant,
    says_destroyed,
    says_it_leaves,
    says_sold,
)
from suyuan.trace.lineage.transformation import group_of

TYPES = {
    "ObjectEvent": OBJECT,
    "AggregationEvent": AGGREGATION,
    "TransactionEvent": TRANSACTION,
    "TransformationEvent": TRANSFORMATION,
    "AssociationEvent": ASSOCIATION,
}
ACTIONS = {None: NONE, "ADD": ADD, "OBSERVE": OBSERVE, "DELETE": DELETE}
BASES = tuple(Basis)


class Numbers:
    """Dense numbers in the order of first asking."""

    def __init__(self, first: Iterable[str | None] = ()) -> None:
        self.of: dict[str | None, int] = {}
        for key in first:
            self(key)

    def __call__(self, key: str | None) -> int:
        """The number of ``key``."""
        return self.of.setdefault(key, len(self.of))


class Sayings:
    """The rows of statements in the making. Called in the order of the methods."""

    def __init__(
        self,
        history: History,
        node: Mapping[str, int],
        parties: Numbers,
        sites: Numbers,
        units: Numbers,
    ) -> None:
        self._history = history
        self._node = node
        self._parties, self._sites, self._units = parties, sites, units
        self._steps = Numbers(STEPS)
        self._mentions: list[tuple[float, int, int, int, int, int, bool]] = []
        self._destinations: list[tuple[int, int, int, bool]] = []

    def goods(self, nodes: Any) -> Made:
        """A row for each lot; ``nodes`` learn theirs."""
        goods = np.zeros(len(self._history.classes), dtype=GOODS)
        goods["first_mention"] = NONE
        for row, lot in enumerate(sorted(self._history.classes)):
            nodes["goods"][self._node[lot]] = row
            goods["node"][row] = self._node[lot]
        return goods

    def statements(self, told: Sequence[Statement], groups: Mapping[Group, int]) -> tuple[Made, Made]:
        """Statements and sayings, under the numbers that they have in ``told``."""
        group = {key: groups[one] for key, one in self._history.groups.items()}
        statements = [self._statement(one) for one in told]
        sayings = [self._saying(number, one, group) for number, one in enumerate(told)]
        return np.array(statements, dtype=STATEMENT), np.array(sayings, dtype=SAYING)

    def mentions(self, goods: Made) -> tuple[Made, Made]:
        """Mentions and destinations; ``goods`` learn the first of theirs."""
        mentions = np.array(self._mentions, dtype=MENTION)
        amounts = np.flatnonzero(mentions["is_class"])
        row_of = {node: row for row, node in enumerate(goods["node"].tolist())}
        for row in amounts[::-1].tolist():
            lot = row_of[int(mentions["node"][row])]
            mentions["next"][row] = goods["first_mention"][lot]
            goods["first_mention"][lot] = row
        return mentions, np.array(self._destinations, dtype=DESTINATION)

    def _statement(self, told: Statement) -> tuple[int, ...]:
        at, rank, sequence, evidence = told.position
        return (
            at,
            sequence,
            order_of(evidence),
            self._parties(told.occurrence.party),
            NONE if told.place is None else self._sites(site(told.place)),
            rank,
            fate_of(told),
            LEAVES if told.leaves else 0,
        )

    def _saying(self, number: int, told: Statement, groups: Mapping[tuple[str, ...], int]) -> tuple[int, ...]:
        said = told.occurrence
        parent = said.parent
        was = None if parent is None else self._history.emptied_at.get((told.position, parent))
        first_mention, first_destination = len(self._mentions), len(self._destinations)
        self._mentions += self._named(number, said)
        self._destinations += self._sent(said)
        return (
            instant(said.record_time),
            NONE if told.place is None else self._node[told.place],
            NONE if said.read_point is None else self._sites(site(said.read_point)),
            NONE if parent is None else self._node[parent],
            NONE if was is None else self._node[was],
            NONE if said.biz_step is None else self._steps(said.biz_step),
            groups[group_of(said)] if said.type == "TransformationEvent" else NONE,
            first_mention,
            len(self._mentions) - first_mention,
            first_destination if said.destinations else NONE,
            TYPES[said.type],
            ACTIONS[said.action],
            BASES.index(said.basis),
        )

    def _named(self, number: int, said: Occurrence) -> Iterator[tuple[float, int, int, int, int, int, bool]]:
        """Amounts of lots; of instances those beside which loose goods are named as what."""
        beside = any(one.is_class for one in said.what)
        for role, listed in enumerate((said.what, said.children, said.inputs, said.outputs)):
            for one in listed:
                if one.is_class or (beside and role == WHAT):
                    yield (*self._amount(one), self._node[one.key], number, NONE, role, one.is_class)

    def _amount(self, holding: Holding) -> tuple[float, int]:
        if holding.quantity is None or not holding.is_class:
            return np.nan, NONE
        return holding.quantity, self._units(holding.uom)

    def _sent(self, said: Occurrence) -> Iterator[tuple[int, int, int, bool]]:
        first = len(self._destinations)
        for number, name in enumerate(said.destinations, 1):
            following = NONE if number == len(said.destinations) else first + number
            is_place = kind_by_name(name) == "place"
            party = NONE if is_place else self._parties(name)
            yield self._sites(site(name)), party, following, is_place


def fate_of(told: Statement) -> int:
    """The status that its words leave what it names in (§9), NONE if they say nothing of it."""
    said = told.occurrence
    if said.type == "ObjectEvent" and said.action == "DELETE":
        return STATUSES.index(after_deletion(said))
    if says_sold(said):
        return STATUSES.index("sold")
    if says_destroyed(said):
        return STATUSES.index("destroyed")
    return IN_TRANSIT if says_it_leaves(said) else NONE

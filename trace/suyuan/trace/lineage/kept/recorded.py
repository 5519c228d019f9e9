"""Single things as tables tell them: numbers from memory, what statements said from evidence.

The rows that a question touches are read one by one, in Python; what touches many (loose goods, what was at
a place) is worked out in machine code. Words that tables do not keep (business steps, dispositions, read
points) are read back from evidence, all that a question needs at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.loose import Ledger, Lying
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.sayings import TYPES
from suyuan.trace.lineage.compiled.stays import lots_at
from suyuan.trace.lineage.compiled.tables import ADD, CHILD, DELETE, NONE, POSSIBLE
from suyuan.trace.lineage.compiled.whereabouts import STATUSES
from suyuan.trace.lineage.contract import Amount, WhereNow
from suyuan.trace.lineage.kept.rows import Annals, Rows, Whereabouts
from suyuan.trace.lineage.kept.things import Checkpoint, Output, Packing, Use
from suyuan.trace.lineage.kept.words import Words
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.records import Inside
from suyuan.trace.lineage.scope import Head
from suyuan.trace.lineage.statement import NEVER, Statement
from suyuan.trace.lineage.where import Owner, nobody

_LIVING = ("in_stock", "in_transit", "unaccounted")


class RecordedThings:
    """See :class:`suyuan.trace.lineage.kept.things.Things`; to be asked while nothing is told."""

    def __init__(self, annals: Annals, words: Words, owner: Owner = nobody) -> None:
        self.owner = owner
        self._annals = annals
        self._words = words
        self._rows = Rows(annals)
        self._tables: Any = self._rows.record.tables
        self._told: Any = self._rows.record.told
        self._names = self._rows.names

    # What it is

    def is_born(self, key: str) -> bool:
        """Whether any statement that counts names it."""
        return self.birth(key) != NEVER

    def birth(self, key: str) -> int:
        """When it was first named."""
        node = self._rows.node(key)
        return NEVER if node == NONE else int(self._rows.of(node, "birth"))

    def is_class(self, key: str) -> bool:
        """Whether it is a lot or product."""
        return self._rows.record.is_class(key)

    def is_visited(self, place: str) -> bool:
        """Whether anything was at the site of a place."""
        where = self._rows.record.visited(place)
        first = NONE if where is None else int(self._told.sites[where]["first_visit"])
        visits = self._rows.line(self._tables.episodes, first, "next_visit")
        return any(row["start"] < row["end"] for _, row in visits)

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        node = self._rows.node(key)
        lot = NONE if node == NONE else self._rows.of(node, "lot")
        return None if lot == NONE else self._names.key(lot)

    def pieces(self, lot: str) -> Iterator[str]:
        """The instances of a lot."""
        node = self._rows.node(lot)
        first = NONE if node == NONE else self._rows.of(node, "first_member")
        for member, _ in self._rows.line(self._tables.nodes, first, "next_member"):
            yield from self._rows.keys(member)

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product; without what only erroneous events named."""
        nodes, of = self._annals.lots_named(product), self._rows.of
        return sorted(
            self._names.key(node) for node in nodes if of(node, "is_class") and of(node, "birth") != NEVER
        )

    def produced(self, key: str) -> Amount | None:
        """How much of it there ever was."""
        if not self.is_class(key):
            return Amount(1.0)
        node = self._rows.node(key)
        if node == NONE:
            return None
        return self._rows.amount(self._rows.of(node, "made"), self._rows.of(node, "made_uom"))

    def first_made(self, key: str) -> int | None:
        """The first instant at which a transformation produced it."""
        node = self._rows.node(key)
        first = NONE if node == NONE else self._rows.of(node, "first_production")
        made = self._rows.line(self._tables.productions, first, "next")
        return min((int(row["at"]) for _, row in made), default=None)

    # What was told of it

    def naming(self, key: str) -> Sequence[Statement]:
        """The statements that name it."""
        told = self._said(self._naming(self._rows.node(key)))
        return sorted(told.values(), key=lambda one: one.position)

    def _naming(self, node: int) -> list[int]:
        return [] if node == NONE else self._annals.naming(node)

    def _said(self, numbers: Iterable[int]) -> Mapping[int, Statement]:
        """What statements said."""
        evidence = {number: self._names.evidence(number) for number in numbers}
        words = self._words(evidence.values())
        return {number: words[key] for number, key in evidence.items()}

    def checkpoints(self, keys: Iterable[str]) -> Mapping[str, Sequence[Checkpoint]]:
        """Per key what was told of it and of its containers."""
        found = {key: self._journey(self._rows.node(key)) for key in keys}
        said = self._said({number for journey in found.values() for number in journey})
        return {
            key: sorted(
                ((said[number], container) for number, container in journey.items()),
                key=lambda one: one[0].position,
            )
            for key, journey in found.items()
        }

    def _journey(self, node: int) -> Mapping[int, str | None]:
        """The statements of a journey, each with the container that it names instead, if it does."""
        journey: dict[int, tuple[int, str | None]] = dict.fromkeys(self._naming(node), (0, None))
        if node == NONE:
            return {}
        for _, containment in self._rows.containers(node):
            for number, container, depth in self._rows.along(containment):
                through = depth, self._names.key(container)
                if number not in journey or through < cast("tuple[int, str]", journey[number]):
                    journey[number] = through
        return {number: container for number, (_, container) in journey.items()}

    # What is in it, and what it went into

    def contents(self, unit: str) -> Sequence[tuple[str, Amount | None]]:
        """What is directly in a unit now."""
        node = self._rows.node(unit)
        first = NONE if node == NONE else self._rows.of(node, "first_content")
        found: list[tuple[str, Amount | None]] = []
        for _, row in self._rows.line(self._tables.containments, first, "next_content"):
            if row["ended"] == NONE and row["is_class"]:
                child = int(row["child"])
                found.append((self._names.key(child), self._amount_inside(child, node, int(row["by"]))))
            elif row["ended"] == NONE:
                found += [(key, None) for key in self._rows.keys(int(row["child"]))]
        return found

    def _amount_inside(self, lot: int, parent: int, begun: int) -> Amount | None:
        """How much of a lot is in a container since it last came there (§3)."""
        since, told = self._rows.position(begun), self._told
        first = told.goods[self._rows.of(lot, "goods")]["first_mention"]
        measures = [
            (self._rows.position(int(row["by"])), number, row)
            for number, row in self._rows.line(told.mentions, int(first), "next")
            if row["role"] == CHILD and told.sayings[int(row["by"])]["parent"] == parent
        ]
        inside = Inside()
        for at, _, row in sorted(measures, key=lambda one: one[:2]):
            action, amount = told.sayings[int(row["by"])]["action"], None
            if at >= since:
                amount = self._rows.amount(float(row["amount"]), int(row["uom"]))
            if at >= since and action == ADD:
                inside.add(*((None, None) if amount is None else (amount.quantity, amount.uom)))
            elif action == DELETE and amount is not None:
                inside.take(amount.quantity, amount.uom)
        return inside.amount()

    def uses(self, keys: Iterable[str]) -> Mapping[str, Sequence[Use]]:
        """What took each of them in."""
        taken = {key: self._taken_in(self._rows.node(key)) for key in keys}
        groups = {int(row["group"]) for rows in taken.values() for _, row in rows}
        drawn = {group: self._drawn(group) for group in groups}
        made = {group: self._made(group) for group in groups}
        numbers = {int(row["by"]) for rows in taken.values() for _, row in rows}
        said = self._said(numbers.union(by for rows in made.values() for _, by, _ in rows))
        outputs = {
            group: [Output(key, said[by], amount) for key, by, amount in rows] for group, rows in made.items()
        }
        return {
            key: sorted(
                (
                    Use(
                        said[int(row["by"])],
                        tuple(drawn[int(row["group"])].get(number, ())) if self.is_class(key) else (),
                        outputs[int(row["group"])],
                    )
                    for number, row in rows
                ),
                key=lambda one: one.by.position,
            )
            for key, rows in taken.items()
        }

    def _taken_in(self, node: int) -> list[tuple[int, Any]]:
        first = NONE if node == NONE else self._rows.of(node, "first_consumption")
        rows = self._rows.line(self._tables.consumptions, first, "next")
        return [(number, row) for number, row in rows if not row["marks"] & POSSIBLE]

    def _drawn(self, group: int) -> Mapping[int, list[Amount | None]]:
        """The amounts that each consumption of a group brought in."""
        found: dict[int, list[Amount | None]] = {}
        first = int(self._tables.groups[group]["first_draw"])
        for _, row in self._rows.line(self._tables.draws, first, "next"):
            amount = self._rows.amount(float(row["amount"]), int(row["uom"]))
            found.setdefault(int(row["consumption"]), []).append(amount)
        return found

    def _made(self, group: int) -> list[tuple[str, int, Amount | None]]:
        """What came out of a group: key, statement and amount."""
        first = int(self._tables.groups[group]["first_production"])
        return [
            (key, int(row["by"]), self._rows.amount(float(row["amount"]), int(row["uom"])))
            for _, row in self._rows.line(self._tables.productions, first, "next_of_group")
            for key in self._rows.keys(int(row["node"]))
        ]

    def packings(self, lot: str) -> Sequence[Packing]:
        """The containers that some of a lot was in."""
        node = self._rows.node(lot)
        if node == NONE:
            return []
        rows = [row for _, row in self._rows.containers(node) if row["is_class"]]
        along = [[(number, container) for number, container, _ in self._rows.along(row)] for row in rows]
        said = self._said({int(row["by"]) for row in rows} | {number for told in along for number, _ in told})
        found = [
            Packing(
                said[int(row["by"])],
                self._rows.amount(float(row["peak"]), int(row["uom"])),
                [(said[number], self._names.key(container)) for number, container in told],
            )
            for row, told in zip(rows, along, strict=True)
        ]
        return sorted(found, key=lambda one: one.begun.position)

    # Where it is

    def where_now(self, key: str) -> WhereNow:
        """Where it is."""
        node = self._rows.node(key)
        if node == NONE:
            return WhereNow(None, None, None, "unaccounted")
        kept, ledger = self._ledger(node)
        newest = NONE if ledger is None else int(ledger["newest"])
        if newest == NONE:
            return self._where(self._rows.whereabouts(node))
        return self._where(self._where_portion(kept.kept.portions[newest]))

    def _where(self, found: Whereabouts) -> WhereNow:
        place, container, party, status = found
        at = None if place == NONE else self._names.key(place)
        owner = None if at is None else self.owner(at)
        told_by = None if party == NONE else self._names.party(party)
        inside = None if container == NONE else self._names.key(container)
        return WhereNow(at, inside, owner or told_by, STATUSES[status])

    def _where_portion(self, portion: Any) -> Whereabouts:
        """What is in a container is where that is."""
        if portion["container"] == NONE:
            by = self._tables.statements[int(portion["by"])]
            return int(portion["place"]), NONE, int(by["party"]), int(portion["status"])
        place, _, party, status = self._rows.whereabouts(int(portion["container"]))
        return place, NONE, party, status  # lots have none

    def _ledger(self, node: int) -> tuple[Any, Any]:
        """What is known of the loose goods of a lot, and its ledger; None where it is none."""
        of = self._rows.of
        if (
            node == NONE
            or of(node, "goods") == NONE
            or not of(node, "is_class")
            or of(node, "first_member") != NONE
        ):
            return None, None
        record = self._rows.record
        lying: Lying = self._annals.goods.of(record.tables, record.told, np.array([node], dtype=np.int32))
        ledgers: Any = lying.ledgers
        return lying, cast("Ledger", ledgers[0])

    def last_word(self, key: str) -> Statement | None:
        """The last statement of it or of what it is in."""
        node = self._rows.node(key)
        last = NONE if node == NONE else self._rows.last_word(node)
        return None if last == NONE else self._said([last])[last]

    def lying(self, lot: str) -> Sequence[tuple[Head, Portion]]:
        """The portions of a lot."""
        node = self._rows.node(lot)
        lying, ledger = self._ledger(node)
        if ledger is None:
            return []
        first, count = int(ledger["first"]), int(ledger["portions"])
        rows = [lying.kept.portions[row] for row in range(first, first + count)]
        said = self._said({int(row["by"]) for row in rows})
        unit = self._names.unit(self._rows.of(node, "made_uom")) if rows else None
        found: list[tuple[Head, Portion]] = []
        for number, row in enumerate(rows):
            now = self._where(self._where_portion(row))
            portion = Portion(
                number,
                float(row["quantity"]),
                self._key(row["place"]),
                STATUSES[int(row["status"])],
                said[int(row["by"])],
                frozenset(self._through(lying, int(row["through"]))),
                self._key(row["container"]),
                gone=bool(row["gone"]),
            )
            found.append(((now.place, now.party, now.status, unit), portion))
        return found[::-1]

    def _key(self, node: Any) -> str | None:
        return None if node == NONE else self._names.key(int(node))

    def _through(self, lying: Any, via: int) -> Iterator[str]:
        """The containers that a portion came through."""
        stack = [via]
        while stack:
            if (at := stack.pop()) != NONE:
                row = lying.kept.vias[at]
                if row["container"] != NONE:
                    yield self._names.key(int(row["container"]))
                stack += [int(row["one"]), int(row["other"])]

    def heard(self, lot: str) -> Sequence[tuple[Head, Statement]]:
        """Where a lot is only heard of."""
        node = self._rows.node(lot)
        lying, ledger = self._ledger(node)
        if ledger is None or not ledger["words"]:
            return []
        living = (head[0] for head, portion in self.lying(lot) if not portion.gone and head[2] in _LIVING)
        there = {site(place) for place in living if place is not None}
        first = int(ledger["first_word"])
        said = self._said(lying.kept.words[first : first + int(ledger["words"])].tolist())
        return [
            ((told.place, self.owner(told.place) or told.occurrence.party, "in_stock", None), told)
            for told in said.values()
            if told.place is not None and site(told.place) not in there
        ]

    # What was at a place

    def lots_at(
        self, place: str, lots: Collection[str], start: int, end: int
    ) -> Mapping[str, tuple[int, int]]:
        """Those of ``lots`` of which anything was at a place."""
        return lots_at(self._rows.record, self._annals.goods, place, lots, start, end)

    def told_at(
        self, sites: Collection[str], start: int, end: int, *, party: str | None = None, type_: str = ""
    ) -> Sequence[Statement]:
        """What a party told, or was told at these sites. One pass over the numbers of all statements."""
        count = self._annals.statements
        rows, sayings = self._tables.statements[:count], self._told.sayings[:count]
        known = [number for name in sites if (number := self._annals.site(name)) is not None]
        teller = None if party is None else self._annals.party(party)
        meant: Made = np.isin(rows["site"], known) | np.isin(sayings["read_site"], known)
        if teller is not None:
            meant |= rows["party"] == teller
        meant &= (rows["at"] >= start) & (rows["at"] < end)
        if type_:
            meant &= sayings["type"] == TYPES[type_]
        numbers = self._annals.counting(np.flatnonzero(meant))
        return sorted(self._said(numbers.tolist()).values(), key=lambda told: told.position)

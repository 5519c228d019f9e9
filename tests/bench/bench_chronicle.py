"""How many events a second the chronicle takes in, in what room, and what late words cost; all in one run.

Run with ``.venv/bin/python -m tests.bench.bench_chronicle [LOTS]``. A packing trade in numbers, without EPCIS
or Python objects: each lot is made as a run of 1,000 items and packed in cases of 20; twenty cases go on a
pallet to a centre, where they are taken off, and to a shop. Times are of the processor. A logical row is one
instance in one row: a thousand items made by one statement are a thousand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.books import KINDS, MEMBER, PARENT
from suyuan.trace.lineage.chronicle.names import Spelling
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.tables import (
    ADD,
    AGGREGATION,
    CHILD,
    DELETE,
    INPUT,
    LEAVES,
    NONE,
    OBJECT,
    OBSERVE,
    OUTPUT,
    TRANSFORMATION,
    WHAT,
)

_ITEMS, _CASE, _PALLET = 1_000, 20, 20
_HOUR = 3_600_000_000
_RANKS = {(AGGREGATION, DELETE): 0, (TRANSFORMATION, NONE): 1, (AGGREGATION, ADD): 3}
_STATUS = 1  # in transit
Mention = tuple[int, int, int, int]  # role, prefix, number, count


class Rows(NamedTuple):
    """What :meth:`Chronicle.add_rows` takes."""

    statements: Made
    sayings: Made
    named: Made
    mentions: Made

    def part(self, low: int, high: int) -> Rows:
        """The statements from ``low`` to before ``high``."""
        first, last = (int(self.named[:number].sum()) for number in (low, high))
        return Rows(
            self.statements[low:high],
            self.sayings[low:high],
            self.named[low:high],
            self.mentions[first:last],
        )


class Trade:
    """Statements in the making; ``known`` are the places and prefixes of a chronicle."""

    def __init__(self, chronicle: Chronicle) -> None:
        self.chronicle = chronicle
        self.plants, self.centres, self.shops = (
            [chronicle.place(f"urn:place:{kind}:{n}.") for n in range(50)] for kind in ("a", "b", "c")
        )
        names = chronicle.names
        self.item = names.add(Spelling("urn:item:", 12, checked=False))
        self.unit = names.add(Spelling("urn:unit:", 12, checked=False))
        self.lot = names.add(Spelling("urn:lot:", 9, checked=False))
        self.milk = names.add(Spelling("urn:milk:", 9, checked=False))

    def lots(self, count: int) -> Iterator[tuple[int, int, int, int, list[Mention]]]:
        """At, type, action, place and mentions of every statement, in order of time."""
        day = 0
        for lot in range(count):
            day += _HOUR
            plant, centre, shop = self.plants[lot % 50], self.centres[lot % 47], self.shops[lot % 43]
            made = [
                (INPUT, self.milk, lot // 100, 1),
                (OUTPUT, self.item, lot * _ITEMS, _ITEMS),
                (MEMBER, self.item, lot * _ITEMS, _ITEMS),
            ]
            yield day, TRANSFORMATION, NONE, plant, made
            cases = _ITEMS // _CASE
            first = lot * 100
            for case in range(cases):
                packed = [
                    (PARENT, self.unit, first + case, 1),
                    (CHILD, self.item, lot * _ITEMS + case * _CASE, _CASE),
                ]
                yield day + 1 + case, AGGREGATION, ADD, plant, packed
            for number, case in enumerate(range(0, cases, _PALLET)):
                some = min(_PALLET, cases - case)
                pallet = (PARENT, self.unit, first + 90 + number, 1)
                load = [pallet, (CHILD, self.unit, first + case, some)]
                seen = [(WHAT, self.unit, first + 90 + number, 1)]
                yield day + 100 + 10 * number, AGGREGATION, ADD, plant, load
                yield day + 101 + 10 * number, OBJECT, OBSERVE, NONE, seen
                yield day + 102 + 10 * number, OBJECT, OBSERVE, centre, seen
                yield day + 103 + 10 * number, AGGREGATION, DELETE, centre, [pallet]
                there = [(WHAT, self.unit, first + case, some)]
                yield day + 104 + 10 * number, OBJECT, OBSERVE, NONE, there
                yield day + 105 + 10 * number, OBJECT, OBSERVE, shop, there

    def rows(self, count: int) -> Rows:
        """Everything that is told of so many lots."""
        statements: list[tuple[int, ...]] = []
        sayings: list[tuple[int, ...]] = []
        named_by: list[int] = []
        mentions: list[tuple[float, ...]] = []
        for at, kind, action, place, named in self.lots(count):
            number = len(statements)
            rank = _RANKS.get((kind, action), 2)
            leaves = place == NONE
            fate = _STATUS if leaves else NONE
            statements.append((at, 0, number, 0, NONE, rank, fate, LEAVES if leaves else 0))
            sayings.append((at, place, *(NONE,) * 8, kind, action, 0))
            named_by.append(len(named))
            for role, prefix, first, some in named:
                lot, of = (first // _ITEMS, self.lot) if role == MEMBER else (0, NONE)
                is_class = role == INPUT
                amount, uom = (100.0, 1) if is_class else (np.nan, NONE)
                mentions.append(
                    (first, lot, amount, prefix, some, uom, of, number, NONE, NONE, role, is_class)
                )
        return Rows(
            np.array(statements, dtype=KINDS["statements"][0]),
            np.array(sayings, dtype=KINDS["sayings"][0]),
            np.array(named_by, dtype=np.int64),
            np.array(mentions, dtype=KINDS["mentions"][0]),
        )


def told(rows: Rows, batch: int) -> tuple[Chronicle, float]:
    """A chronicle that took the rows in, so many at a time, and how long it took."""
    chronicle = Chronicle(1 << 12)
    Trade(chronicle)
    bounds = [*range(0, len(rows.statements), batch), len(rows.statements)]
    parts = [rows.part(low, high) for low, high in pairwise(bounds)]
    begun = process_time()
    for part in parts:
        chronicle.add_rows(*part)
    return chronicle, process_time() - begun


def logical(chronicle: Chronicle) -> int:
    """Instances, each with all that is told of it."""
    books: Any = chronicle.books
    tables = {name: getattr(books, name)[: int(books.used[KINDS[name][1]])] for name in KINDS}
    count = tables["nodes"]["count"].astype(np.int64)
    total = int(count.sum() + count[tables["nodes"]["lot"] != NONE].sum())
    total += sum(
        int(count[tables[name]["node"]].sum()) for name in ("episodes", "consumptions", "productions")
    )
    return total + int(count[tables["containments"]["child"]].sum())


def main(lots: int) -> None:
    """Print the tables."""
    told(Trade(Chronicle()).rows(2), 10)  # machine code is made
    rows = Trade(Chronicle(1 << 12)).rows(lots)
    events = len(rows.statements)
    sys.stdout.write(f"{lots:,} lots, {events:,} events\n")
    for batch in (1, 100, 10_000):
        some = rows.part(0, 20_000) if batch == 1 else rows
        chronicle, took = told(some, batch)
        sys.stdout.write(f"in batches of {batch:>6,}: {len(some.statements) / took:>12,.0f} events/s\n")
    parts = chronicle.sizes()
    total, count = sum(parts.values()), logical(chronicle)
    sys.stdout.write(f"{count:,} logical rows, {total / count:.2f} bytes each\n")
    for name, size in sorted(parts.items(), key=lambda part: -part[1]):
        sys.stdout.write(f"  {name:<14}{size / count:6.2f}\n")
    late = _late(chronicle, rows)
    sys.stdout.write(
        f"late: {late[0]:.1f} statements told again for each, {late[1]:,.0f} late events/s" + "\n"
    )


def _late(chronicle: Chronicle, rows: Rows, count: int = 1_000) -> tuple[float, float]:
    """Cases are seen once more on the day they were packed, told when all else is known."""
    drawn = np.random.default_rng(3)
    packed = np.flatnonzero((rows.sayings["type"] == AGGREGATION) & (rows.named == 2))
    late = [rows.part(number, number + 1) for number in drawn.choice(packed, count).tolist()]
    before, begun = chronicle.redone, process_time()
    for part in late:
        statement, saying, named, mentions = (rows.copy() for rows in part)
        statement["at"] += 50
        statement["rank"] = 2
        saying["type"], saying["action"], named[0] = OBJECT, OBSERVE, 1
        mentions["role"] = WHAT
        chronicle.add_rows(statement, saying, named, mentions[:1])
    return (chronicle.redone - before) / count, count / (process_time() - begun)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)

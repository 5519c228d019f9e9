"""Laws of the checks on random trades: what keeps its mass has no finding, and each fault is found alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.unit.trace.checks.ledgers import (
    FARM,
    LOT,
    MEAL,
    OTHER,
    PLANT,
    SHOP,
    Tale,
    case,
    item,
    kg,
)

from suyuan.trace.checks import Told
from suyuan.trace.lineage import Holding
from suyuan.trace.lineage.statement import statement

SITES = (FARM, PLANT, SHOP, OTHER)
DRIVE_H = 30.0
seeds = st.integers(0, 2**32)


@dataclass
class Trade:
    """Honest dealings in lots, crates and pieces, told as they happen; ``at`` is the hour."""

    random: Random
    tale: Tale = field(default_factory=Tale)
    at: float = 0.0
    stock: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    pieces: dict[str, str] = field(default_factory=dict[str, str])
    crates: int = 0
    lots: int = 0

    def play(self, steps: int) -> Tale:
        """So many dealings, one after the other."""
        for _ in range(steps):
            self.at += 1 + 5 * self.random.random()
            self.random.choice((self.make, self.send, self.carry, self.sell, self.cook, self.travel))()
        return self.tale

    def make(self) -> None:
        self.lots += 1
        where, lot = self.random.choice(SITES), f"{LOT}{self.lots}"
        self.put(where, lot, 100.0)
        self.tale.make(self.at, where, kg(100.0, lot))
        self.pieces[item(self.lots)] = where
        self.tale.make(self.at, where, item(self.lots), lot=f"{MEAL}/10/P{self.lots}")

    def send(self) -> None:
        where, lot, some = self.some()
        if not some:
            return
        to = self.elsewhere(where)
        self.tale.send(self.at, where, to, kg(some, lot))
        self.tale.receive(self.at + DRIVE_H, to, kg(some * (1 + self.random.uniform(-0.004, 0.004)), lot))
        self.put(where, lot, -some)
        self.at += DRIVE_H
        self.put(to, lot, some)

    def carry(self) -> None:
        where, lot, some = self.some()
        if not some:
            return
        self.crates += 1
        to, crate, outer = self.elsewhere(where), case(self.crates), case(5000 + self.crates)
        self.tale.pack(self.at, where, crate, kg(some, lot))
        self.tale.pack(self.at + 0.1, where, outer, crate)
        self.tale.send(self.at + 0.2, where, to, outer)
        self.at += DRIVE_H
        self.tale.receive(self.at, to, outer)
        self.tale.unpack(self.at + 0.1, to, outer)
        self.tale.unpack(self.at + 0.2, to, crate, kg(some, lot))
        self.put(where, lot, -some)
        self.put(to, lot, some)

    def sell(self) -> None:
        where, lot, some = self.some()
        if some:
            self.put(where, lot, -some)
            self.tale.sell(self.at, where, kg(some, lot))

    def cook(self) -> None:
        where, lot, some = self.some()
        if some:
            self.lots += 1
            self.put(where, lot, -some)
            self.put(where, f"{LOT}{self.lots}", some * 0.8)
            self.tale.turn(self.at, where, [kg(some, lot)], [kg(some * 0.8, f"{LOT}{self.lots}")])

    def travel(self) -> None:
        if self.pieces:
            piece = self.random.choice(sorted(self.pieces))
            where = self.pieces[piece]
            to = self.pieces[piece] = self.elsewhere(where)
            self.tale.send(self.at, where, to, piece)
            self.at += DRIVE_H
            self.tale.receive(self.at, to, piece)

    def some(self) -> tuple[str, str, float]:
        there = sorted(which for which, quantity in self.stock.items() if quantity > 1)
        if not there:
            return "", "", 0.0
        which = self.random.choice(there)
        return *which, self.stock[which] * self.random.choice((0.25, 0.5, 1.0))

    def elsewhere(self, where: str) -> str:
        return self.random.choice([one for one in SITES if one != where])

    def put(self, where: str, lot: str, quantity: float) -> None:
        self.stock[where, lot] = self.stock.get((where, lot), 0.0) + quantity


def trade(seed: int, steps: int = 25) -> Trade:
    played = Trade(Random(seed))
    played.make()
    played.play(steps)
    return played


@settings(max_examples=examples(25))
@given(seeds)
def test_an_honest_trade_has_no_finding(seed: int) -> None:
    honest = trade(seed)
    assert honest.tale.found(now=honest.at + 500) == []


@settings(max_examples=examples(15))
@given(seeds)
def test_nothing_depends_on_the_order_of_telling(seed: int) -> None:
    honest = trade(seed)
    told = honest.tale.told
    del told[:: Random(seed).randrange(2, 9)]  # some are missing, so that there is something to find
    before = honest.tale.checked()
    Random(seed).shuffle(told)
    assert honest.tale.checked() == before


@settings(max_examples=examples(15))
@given(seeds)
def test_each_fault_is_found_and_nothing_else(seed: int) -> None:
    honest = trade(seed)
    random, tale, later = Random(seed), honest.tale, honest.at + 400.0
    where, lot = random.choice(sorted(honest.stock))
    tale.sell(later, where, kg(max(honest.stock[where, lot], 0.0) + 20.0, lot))
    piece = random.choice(sorted(honest.pieces))
    there = honest.pieces[piece]
    tale.see(later, there, piece)
    tale.sell(later + 0.1, honest.elsewhere(there), piece)
    tale.send(later, FARM, SHOP, case(9000))
    tale.see(later + 0.5, SHOP, item(99_999), action="DELETE", step="destroying")
    tale.see(later + 1, SHOP, item(99_999))
    found = tale.found(now=later + 100)
    assert {(one.code, one.keys) for one in found} == {
        ("stock-below-zero", (lot,)),
        ("impossible-travel", (piece,)),
        ("not-received", (case(9000),)),
        ("seen-after-destruction", (item(99_999),)),
    }


@settings(max_examples=examples(15))
@given(seeds, st.floats(0.0, 1.0))
def test_what_is_not_told_accuses_nobody(seed: int, share: float) -> None:
    honest, random = trade(seed), Random(seed)
    for number, one in enumerate(honest.tale.told):
        if random.random() < share:
            honest.tale.told[number] = without_amounts(one)
    found = honest.tale.found(now=honest.at + 500)
    assert [one for one in found if one.severity == "alarm"] == []


def without_amounts(told: Told) -> Told:
    said = told.said
    listed = {
        name: tuple(forgotten(one) for one in getattr(said, name))
        for name in ("what", "children", "inputs", "outputs")
    }
    return replace(told, statement=statement(replace(said, **listed)))


def forgotten(one: Holding) -> Holding:
    return Holding(one.key, None, None, is_class=True) if one.is_class else one

"""Loose goods of lots, worked out when a question first touches them and kept until that changes.

Whoever keeps the tables live tells of each lot when anything was changed on which it depends where its goods
lie (:class:`suyuan.trace.lineage.compiled.tables.Goods`). A lot is told again from its first statement on;
what was worked out before is left where it is, for whoever still reads it, until that is
half of all.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.lineage.compiled.ledger import (
    CONCERN,
    MENTIONED,
    Concern,
    concerns,
    hear,
    in_order,
    leaves_it_there,
    tell,
)
from suyuan.trace.lineage.compiled.machine import (
    Made,
    Number,
    Sequence,
    Table,
    inlined,
    record,
    walking,
)
from suyuan.trace.lineage.compiled.stock import (
    FULL,
    PORTION,
    PORTIONS,
    STAY,
    STAYS,
    VIA,
    VIAS,
    Portion,
    Stay,
    Stock,
    Via,
    begin,
    stock,
)
from suyuan.trace.lineage.compiled.tables import NONE, Tables, Told
from suyuan.trace.lineage.records import ENOUGH


class Ledger:
    """Of one lot: its rows among what is kept."""

    since: Sequence
    """One more than :attr:`Told.repairs` was when they were worked out, 0 where they never were."""
    first: Number
    """Its portions, in the order of putting."""
    portions: Number
    newest: Number
    """The portion that tells where the lot is, NONE where none is."""
    first_via: Number
    vias: Number
    first_stay: Number
    stays: Number
    first_word: Number
    words: Number


LEDGER = record(Ledger)


class Kept(NamedTuple):
    """What was worked out for all lots; rows are added at the ends. ``words`` are last words of sites."""

    used: Table[int]
    portions: Table[Portion]
    vias: Table[Via]
    stays: Table[Stay]
    words: Table[int]


class Lying(NamedTuple):
    """Loose goods of ``lots``, which are in order of their numbers: a ledger for each."""

    lots: Table[int]
    ledgers: Table[Ledger]
    kept: Kept


class _Desk(NamedTuple):
    """Where one lot is worked out."""

    stock: Stock
    concerns: Table[Concern]
    order: Table[int]
    spare: Table[int]
    sites: Table[int]


_PORTIONS, _VIAS, _STAYS, _WORDS = range(4)
_DONE, _DESK_TOO_SMALL, _KEPT_TOO_SHORT = range(3)


def _desk(size: int) -> _Desk:
    """Room for so many concerns, each of which may speak of two sites."""
    rows: list[Any] = [np.zeros(size, dtype=CONCERN)]
    rows += [np.zeros(length, dtype=np.int32) for length in (size, size, 2 * size)]
    return _Desk(stock(size), *rows)


def _kept(size: int) -> Kept:
    rows: list[Any] = [np.zeros(size, dtype=kind) for kind in (PORTION, VIA, STAY, np.dtype(np.int32))]
    return Kept(np.zeros(4, dtype=np.int64), *rows)


class LooseGoods:
    """What is known of loose goods. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forget()
        self._desk = _desk(256)

    def _forget(self) -> None:
        self._ledgers: Any = np.zeros(0, dtype=LEDGER)
        self._kept = _kept(256)
        self._stale = 0

    def of(self, tables: Tables, told: Told, lots: Made) -> Lying:
        """The loose goods of ``lots``, which are told at class level and have no instances.

        O(lots, and what is told of those of which anything changed).
        """
        lots = np.unique(lots)
        goods: Made = np.asarray(tables.nodes)["goods"][lots]
        with self._lock:
            if self._stale > max(4096, len(self._kept.portions) // 2):
                self._forget()
            if len(self._ledgers) < len(told.goods):
                more: Any = np.zeros(max(len(told.goods), 2 * len(self._ledgers)), dtype=LEDGER)
                more[: len(self._ledgers)] = self._ledgers
                self._ledgers = more
            ledgers = self._ledgers[goods]
            done = 0
            while True:
                why, done = _work_out(tables, told, self._desk, lots, ledgers, self._kept, done)
                if why == _DESK_TOO_SMALL:
                    self._desk = _desk(4 * len(self._desk.order))
                elif why == _KEPT_TOO_SHORT:
                    self._kept = _longer(self._kept)
                else:
                    break
            old = self._ledgers[goods]
            self._stale += int(old["portions"][old["first"] != ledgers["first"]].sum())
            self._ledgers[goods] = ledgers
            return Lying(lots, ledgers, self._kept)


def _longer(kept: Kept) -> Kept:
    rows: list[Any] = []
    for number, table in enumerate(kept[1:]):
        told: Any = table
        more: Any = np.zeros(2 * len(told) + 64, dtype=told.dtype)
        more[: int(kept.used[number])] = told[: int(kept.used[number])]
        rows.append(more)
    return Kept(kept.used, *rows)


@walking
def _work_out(
    t: Tables,
    told: Told,
    desk: _Desk,
    lots: Table[int],
    ledgers: Table[Ledger],
    kept: Kept,
    done: int,
) -> tuple[int, int]:
    """Work out the lots from number ``done`` on whose ledgers are old; tells why it stops, and where."""
    for number in range(done, len(lots)):
        lot, ledger = lots[number], ledgers[number]
        if ledger.since > told.goods[t.nodes[lot].goods].repairs:
            continue
        count = concerns(t, told, lot, desk.concerns)
        if count > len(desk.concerns):
            return _DESK_TOO_SMALL, number
        words = _tell_all(t, told, desk, lot, count)
        if desk.stock.used[FULL] == 1:
            return _DESK_TOO_SMALL, number
        if not _keep(t, told, desk, lot, words, kept, ledger):
            return _KEPT_TOO_SHORT, number
        ledger.since = told.repairs[0] + 1
    return _DONE, len(lots)


@walking
def _tell_all(t: Tables, told: Told, desk: _Desk, lot: int, count: int) -> int:
    """Tell a lot from the first statement on; returns of how many sites anything is told."""
    in_order(t, desk.concerns, count, desk.order, desk.spare)
    # A line for each place, party and crate that a statement speaks of, and for each kind of list of it.
    sites = _tell_in_order(t, told, desk, lot, count, 24 * count)
    if desk.stock.used[FULL] == 1:  # one statement may name very many destinations
        sites = _tell_in_order(t, told, desk, lot, count, len(desk.stock.lines))
    return sites


@walking
def _tell_in_order(t: Tables, told: Told, desk: _Desk, lot: int, count: int, lines: int) -> int:
    made = t.nodes[lot].made
    begin(desk.stock, made, lines)
    first, sites = 0, 0
    while first < count:
        by, last, named = desk.concerns[desk.order[first]].by, first, False
        while last < count and desk.concerns[desk.order[last]].by == by:
            named = named or desk.concerns[desk.order[last]].why == MENTIONED
            last += 1
        if named:
            sites = hear(t, told, desk.stock, by, desk.sites, sites)
        if made > 0.0:  # not where nobody knows how much
            tell(t, told, desk.stock, lot, desk.concerns, desk.order, first, last)
        first = last
    return sites


@walking
def _keep(t: Tables, told: Told, desk: _Desk, lot: int, sites: int, kept: Kept, ledger: Ledger) -> bool:
    """Copy what is left at the end to what is kept; False where that is too short."""
    s, used = desk.stock, kept.used
    if (
        used[_PORTIONS] + s.used[PORTIONS] > len(kept.portions)
        or used[_VIAS] + s.used[VIAS] > len(kept.vias)
        or used[_STAYS] + s.used[STAYS] > len(kept.stays)
        or used[_WORDS] + sites > len(kept.words)
    ):
        return False
    ledger.first, ledger.first_stay, ledger.first_word = used[_PORTIONS], used[_STAYS], used[_WORDS]
    ledger.newest, ledger.portions, ledger.words = NONE, 0, 0
    vias = used[_VIAS]
    ledger.first_via, ledger.vias = vias, s.used[VIAS]
    for via in range(s.used[VIAS]):
        kept.vias[vias + via] = s.vias[via]
        _moved(kept.vias, vias + via, vias)
    used[_VIAS] = vias + s.used[VIAS]
    for row in range(s.used[PORTIONS]):
        if s.portions[row].quantity > ENOUGH:
            at = used[_PORTIONS]
            kept.portions[at] = s.portions[row]
            if kept.portions[at].through != NONE:
                kept.portions[at].through += vias
            if ledger.newest == NONE or kept.portions[ledger.newest].gone or not kept.portions[at].gone:
                ledger.newest = at
            used[_PORTIONS] = at + 1
            ledger.portions += 1
    for row in range(s.used[STAYS]):
        kept.stays[used[_STAYS] + row] = s.stays[row]
    ledger.stays = s.used[STAYS]
    used[_STAYS] += s.used[STAYS]
    for number in range(sites):
        word = leaves_it_there(t, told, s, lot, desk.sites[number])
        if word != NONE:
            kept.words[used[_WORDS]] = word
            used[_WORDS] += 1
            ledger.words += 1
    return True


@inlined
def _moved(vias: Table[Via], row: int, by: int) -> None:
    """The two others of a row are so many rows further down."""
    if vias[row].one != NONE:
        vias[row].one += by
    if vias[row].other != NONE:
        vias[row].other += by

"""Lots with dates and what went from one into another: the network on which sources are ranked.

Columns, one row per lot in time order and one per flow in the order of where it comes from, so that one sweep
from the last lot to the first sees every flow after what it leads to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import TooLarge
from suyuan.trace.incident.problems import Problems

Reals = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Kind = Literal["place", "supplier", "product", "region"]

KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_LOTS = 5_000_000
MOST_FLOWS = 50_000_000
_WEIGHING = 0.05


@dataclass(frozen=True, slots=True)
class TracedLot:
    """A lot at one place: made there, or received there.

    ``size`` is how much there was and ``sold`` how much of it went to consumers there, in one unit throughout
    the network; None: nobody said. A lot from which nothing goes on is sold where it is.
    """

    id: str
    place: str
    day: date | None
    supplier: str = ""
    product: str = ""
    region: str = ""
    size: float | None = None
    sold: float | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """So much of lot ``into`` came out of lot ``out_of``; None: nobody said how much."""

    out_of: str
    into: str
    quantity: float | None = None


@dataclass(frozen=True, slots=True)
class LotNetwork:
    """Columns. ``day`` is a day's ordinal; ``size`` and ``sold`` are NaN where nobody said.

    ``codes[kind]`` numbers each lot's place, supplier, product and region in ``labels[kind]``. Flows out of
    lot u are rows ``first[u]`` up to ``first[u + 1]`` of ``into`` and ``quantity``.
    """

    ids: Sequence[str]
    day: Whole
    labels: Mapping[Kind, Sequence[str]]
    codes: Mapping[Kind, Numbers]
    size: Reals
    sold: Reals
    first: Whole
    into: Numbers
    quantity: Reals

    @property
    def out_of(self) -> Whole:
        """The lot that each flow comes from."""
        return np.repeat(np.arange(len(self.ids)), np.diff(self.first))

    @property
    def begins(self) -> npt.NDArray[np.bool_]:
        """Which lots nothing is known to have gone into."""
        found = np.ones(len(self.ids), np.bool_)
        found[self.into] = False
        return found

    @property
    def amount(self) -> Reals:
        """How much of each lot there was: as told or what went out of it, if that is more, or into it.

        A lot of which nobody said anything is of middling size.
        """
        count = len(self.ids)
        out = sums(self.out_of, self.quantity, count) + np.nan_to_num(self.sold)
        came = sums(self.into, self.quantity, count)
        found = np.fmax(self.size, np.where(out > 0, out, np.where(came > 0, came, math.nan)))
        found = np.where(np.isnan(self.size) | (out > self.size), found, self.size)
        told = found[~np.isnan(found)]
        return np.where(np.isnan(found), np.median(told) if told.any() else 1.0, found)


@dataclass(frozen=True, slots=True)
class LotReading:
    """A network, and what is doubtful in it."""

    network: LotNetwork
    warnings: tuple[Problem, ...]


def lay_out(lots: Sequence[TracedLot], flows: Sequence[Flow]) -> LotReading:
    """The network of what is told, with every doubt.

    A flow back in time is left out. Where nobody said how much went one of the ways out of a lot, nothing is
    guessed: all its ways count alike. Both are told.

    Raises:
        NetworkInvalid: every fault at its JSON pointer: an id unknown, empty or told twice, no date, a
            quantity that is negative or no number, flows in a circle on one day.
        TooLarge: more lots or flows than are taken.
    """
    if len(lots) > MOST_LOTS:
        raise TooLarge("There are more than {most} lots.", most=MOST_LOTS, remedy="Take a shorter time.")
    if len(flows) > MOST_FLOWS:
        raise TooLarge("There are more than {most} flows.", most=MOST_FLOWS, remedy="Take a shorter time.")
    problems = Problems()
    rows = _rows(lots, problems)
    _check_sizes(lots, problems)
    kept, quantities = _kept(lots, flows, rows, problems)
    problems.raise_any()
    days = np.array([lot.day.toordinal() for lot in lots if lot.day is not None], np.int64)
    order = _time_order(lots, days, kept, problems)
    problems.raise_any()
    network = _columns(lots, days, kept, quantities, order)
    _check_balance(network, order, problems)
    return LotReading(network, problems.warnings)


def _rows(lots: Sequence[TracedLot], problems: Problems) -> Mapping[str, int]:
    rows: dict[str, int] = {}
    for row, lot in enumerate(lots):
        where = f"/lots/{row}"
        if not lot.id:
            problems.fault("There is no id.", where=f"{where}/id", remedy="Write the id as text.")
        elif lot.id in rows:
            problems.fault("Lot {id} is told twice.", where=f"{where}/id", remedy="Tell it once.", id=lot.id)
        if lot.day is None:
            problems.fault(
                "Lot {id} has no date.",
                where=f"{where}/day",
                remedy="Write the day on which it was made or received, or leave the lot out.",
                id=lot.id,
            )
        rows.setdefault(lot.id, row)
    return rows


def _check_sizes(lots: Sequence[TracedLot], problems: Problems) -> None:
    for row, lot in enumerate(lots):
        for name, told in (("size", lot.size), ("sold", lot.sold)):
            if told is not None and not _is_quantity(told):
                _no_quantity(told, f"/lots/{row}/{name}", problems)


def _is_quantity(told: float) -> bool:
    return math.isfinite(told) and told >= 0


def _no_quantity(told: float, where: str, problems: Problems) -> None:
    problems.fault(
        "{value} is no quantity.",
        where=where,
        remedy="Write a number that is not below zero, or leave it out if nobody knows.",
        value=told,
    )


def _kept(
    lots: Sequence[TracedLot], flows: Sequence[Flow], rows: Mapping[str, int], problems: Problems
) -> tuple[Whole, Reals]:
    """Rows of both ends of each flow that counts, [flows, 2], and how much it carries."""
    ends: list[tuple[int, int]] = []
    quantities: list[float] = []
    unsaid: dict[str, int] = {}
    for row, flow in enumerate(flows):
        where = f"/flows/{row}"
        both = [(name, getattr(flow, name)) for name in ("out_of", "into")]
        unknown = [(name, lot) for name, lot in both if lot not in rows]
        for name, lot in unknown:
            problems.fault(
                "There is no lot {id}.", where=f"{where}/{name}", remedy="Check the spelling.", id=lot
            )
        if flow.quantity is not None and not _is_quantity(flow.quantity):
            _no_quantity(flow.quantity, f"{where}/quantity", problems)
        elif not unknown and _forward(lots[rows[flow.out_of]], lots[rows[flow.into]], where, problems):
            if flow.quantity is None:
                unsaid.setdefault(flow.out_of, row)
            ends.append((rows[flow.out_of], rows[flow.into]))
            quantities.append(math.nan if flow.quantity is None else flow.quantity)
    for lot, row in unsaid.items():
        problems.warn(
            "Not all quantities out of lot {id} are known; all its ways count alike.",
            where=f"/flows/{row}/quantity",
            remedy="Ask for the quantities.",
            id=lot,
        )
    kept, amounts = np.array(ends, np.int64).reshape(-1, 2), np.array(quantities)
    return kept, _alike(lots, kept, amounts, [rows[lot] for lot in unsaid])


def _alike(lots: Sequence[TracedLot], ends: Whole, quantities: Reals, unsaid: Sequence[int]) -> Reals:
    """``quantities``; those out of such lots are equal parts of the lot, or the mean of all that is known."""
    known = quantities[~np.isnan(quantities)]
    mean = float(known.mean()) if known.any() else 1.0
    ways = np.bincount(ends[:, 0], minlength=len(lots))
    each = np.full(len(lots), math.nan)
    for row in unsaid:
        each[row] = (lots[row].size or mean * ways[row]) / ways[row]
    return np.where(np.isnan(each[ends[:, 0]]), quantities, each[ends[:, 0]])


def _forward(out_of: TracedLot, into: TracedLot, where: str, problems: Problems) -> bool:
    """Whether a flow keeps to time; a lot is none of its own ingredients."""
    if out_of.id == into.id:
        problems.warn("Lot {id} is told as its own ingredient; that is left out.", where=where, id=into.id)
        return False
    if out_of.day is not None and into.day is not None and into.day < out_of.day:
        problems.warn(
            "Lot {into} of {earlier} is told to come out of lot {id} of {later}; that is left out.",
            where=where,
            remedy="Check both dates.",
            into=into.id,
            earlier=into.day.isoformat(),
            id=out_of.id,
            later=out_of.day.isoformat(),
        )
        return False
    return True


def _check_balance(network: LotNetwork, order: Whole, problems: Problems) -> None:
    """Tell of lots out of which more went than there was; they are taken as told."""
    out = sums(network.out_of, network.quantity, len(network.ids)) + np.nan_to_num(network.sold)
    for row in np.flatnonzero(out > network.size * (1 + _WEIGHING)).tolist():
        problems.warn(
            "More went out of lot {id} than there was of it.",
            where=f"/lots/{order[row]}/size",
            remedy="Check its size, and that all quantities have one unit.",
            id=network.ids[row],
        )


def _time_order(lots: Sequence[TracedLot], days: Whole, ends: Whole, problems: Problems) -> Whole:
    """Rows by day, and within one day what goes into something before that."""
    same = ends[days[ends[:, 0]] == days[ends[:, 1]]]
    rank = np.zeros(len(lots), np.int64)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for out_of, into in same.tolist():
        sorter.add(into, out_of)
    try:
        for place, row in enumerate(sorter.static_order(), 1):
            rank[row] = place
    except CycleError as error:
        rows: Sequence[int] = error.args[1]
        problems.fault(
            "Lots of one day go into each other in a circle: {ids}.",
            where="/flows",
            remedy="Check what went into what.",
            ids=[lots[row].id for row in rows],
        )
    last = np.ones(len(lots), np.bool_)  # so that what goes astray within a day can still go there
    last[ends[:, 0]] = False
    return np.lexsort((np.arange(len(lots)), rank, last, days))


def _columns(
    lots: Sequence[TracedLot], days: Whole, ends: Whole, quantities: Reals, order: Whole
) -> LotNetwork:
    rows: list[int] = order.tolist()
    told = [lots[row] for row in rows]
    labels: dict[Kind, Sequence[str]] = {}
    codes: dict[Kind, Numbers] = {}
    for kind in KINDS:
        named: list[str] = [getattr(lot, kind) for lot in told]
        labels[kind] = sorted(set(named))
        number = {label: code for code, label in enumerate(labels[kind])}
        codes[kind] = np.array([number[label] for label in named], np.int32)
    place = np.empty(len(lots), np.int64)
    place[order] = np.arange(len(lots))
    return arranged(
        LotNetwork(
            [lot.id for lot in told],
            days[order],
            labels,
            codes,
            np.array([math.nan if lot.size is None else lot.size for lot in told]),
            np.array([math.nan if lot.sold is None else lot.sold for lot in told]),
            np.zeros(len(lots) + 1, np.int64),
            np.empty(0, np.int32),
            np.empty(0),
        ),
        place[ends[:, 0]],
        place[ends[:, 1]],
        quantities,
    )


def sums(where: npt.NDArray[Any], weights: npt.NDArray[Any], count: int) -> Reals:
    """The sum of the weights that fall to each number below ``count``."""
    return np.asarray(np.bincount(where, weights, count), np.float64)


def arranged(network: LotNetwork, out_of: Whole, into: Whole, quantity: Reals) -> LotNetwork:
    """``network``, whose lots are in time order, with these flows instead of its own.

    None may lead to an earlier row; those that carry nothing are left out.
    """
    some = quantity > 0
    out_of, into, quantity = out_of[some], into[some], quantity[some]
    by_source = np.lexsort((into, out_of))
    first = np.searchsorted(out_of[by_source], np.arange(len(network.ids) + 1))
    return replace(
        network,
        first=first.astype(np.int64),
        into=into[by_source].astype(np.int32),
        quantity=quantity[by_source].astype(np.float64),
    )

"""How probable each case is, given that a unit out of a certain lot made someone ill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suyuan.trace.incident.cases import Case, Negative, exposures
from suyuan.trace.incident.lots import LotNetwork, Numbers, Reals, Whole, sums
from suyuan.trace.incident.walks import Singles, absorb

_CHUNK = 32  # cases at once: 128 bytes per lot
_SURE = 1 - 1e-9  # no test rules a source out for ever
_RARE = 1e-12
SEARCHED_DAYS = 14
"""Unrelated cases fall ill on any day between the first and the last case, or of so many days at least."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Rows are the lots of one place and product on one day, ``members[start[i]:start[i + 1]]``.

    ``group`` numbers place and product, ``explained[pace, row, case]`` and ``reached[row]`` are sums over
    lots of amount x probability, ``tested[row, test]`` which part of what was tested is from it, ``power`` of
    each test, ``unrelated[case]`` how probable a case is by the shops' shares of all sales.
    """

    group: Numbers
    day: Whole
    members: Whole
    start: Whole
    explained: Reals
    reached: Reals
    tested: Reals
    power: Reals
    unrelated: Reals


def chances(
    network: LotNetwork,
    cases: Sequence[Case],
    negatives: Sequence[Negative],
    densities: Sequence[Reals],
    allowed: npt.NDArray[np.bool_],
) -> Chances:
    """Of every allowed lot, summed by place, product and day; O(flows x cases)."""
    members = np.flatnonzero(allowed)
    place, product = (network.codes[kind].astype(np.int64) for kind in ("place", "product"))
    both = place * (int(product.max(initial=0)) + 1) + product
    members = members[np.lexsort((members, network.day[members], both[members]))]
    keys = np.stack([both[members], network.day[members]])
    new = (np.diff(keys, axis=1, prepend=-1) != 0).any(axis=0)
    start = np.append(np.flatnonzero(new), len(members))
    heads = members[start[:-1]]
    amount = network.amount
    shares, sold = ways(network)
    exposed = exposures(network, cases)

    def summed(found: Singles, weight: Reals) -> Reals:
        if not len(heads):
            return np.zeros((0, found.shape[1]))
        return np.add.reduceat(found[members] * weight[members, None], start[:-1], axis=0).astype(np.float64)

    reached = summed(_swept(network, shares, sold.astype(np.float32)[:, None]), amount)[:, 0]
    explained = np.zeros((len(densities), len(heads), len(cases)))
    for pace, density in enumerate(densities):
        for first in range(0, len(cases), _CHUNK):
            some = slice(first, first + _CHUNK)
            found = eaten(network, cases[some], exposed[some], sold, density)
            explained[pace, :, some] = summed(_swept(network, shares, found), amount)
    return Chances(
        np.unique(both[heads], return_inverse=True)[1].astype(np.int32),
        network.day[heads],
        members,
        start,
        explained,
        reached,
        _tests(network, negatives, members, start),
        np.minimum(np.array([one.power for one in negatives]), _SURE),
        _by_sales(cases, exposed, sold * amount),
    )


def ways(network: LotNetwork) -> tuple[Reals, Reals]:
    """Which part of its lot each flow takes, and which part of each lot is sold to consumers there.

    Where nobody said, all is sold at places that send nothing on, and nothing at others: it is in stock.
    """
    count = len(network.ids)
    out = sums(network.out_of, network.quantity, count)
    places = network.codes["place"]
    sends = np.zeros(len(network.labels["place"]), np.bool_)
    sends[places[out > 0]] = True
    amount = network.amount
    sold = np.where(np.isnan(network.sold), np.where(sends[places], 0.0, amount), network.sold)
    whole = np.maximum(out + sold, np.finfo(np.float64).tiny)
    return network.quantity / whole[network.out_of], sold / whole


def _swept(network: LotNetwork, shares: Reals, found: Singles) -> Singles:
    absorb(network.first, network.into, shares, found)
    return found


def eaten(
    network: LotNetwork, cases: Sequence[Case], exposed: Sequence[Whole], sold: Reals, density: Reals
) -> Singles:
    """How probable each case is of a unit that lies in each lot: it is sold there, and the lag fits.

    A lot that a case names counts as a whole; how long ago it was made says little of when it was eaten.
    """
    found = np.zeros((len(network.ids), len(cases)), np.float32)
    for column, (case, rows) in enumerate(zip(cases, exposed, strict=True)):
        if case.lots:
            found[rows, column] = 1.0
        elif case.onset is None:
            found[rows, column] = sold[rows]
        else:
            lag = case.onset.toordinal() - network.day[rows]
            fits = (lag >= 0) & (lag < len(density))
            found[rows[fits], column] = sold[rows[fits]] * density[lag[fits]]
    return found


def _tests(network: LotNetwork, negatives: Sequence[Negative], members: Whole, start: Whole) -> Reals:
    """Which part of each tested lot is from the lots of each row."""
    if not negatives or not len(members):
        return np.zeros((len(start) - 1, len(negatives)))
    came = sums(network.into, network.quantity, len(network.ids))
    found = np.zeros((len(network.ids), len(negatives)), np.float32)
    row_of = {lot: row for row, lot in enumerate(network.ids)}
    for column, negative in enumerate(negatives):
        found[row_of[negative.lot], column] = 1.0
    _swept(network, network.quantity / came[network.into], found)
    return np.add.reduceat(found[members], start[:-1], axis=0).astype(np.float64)


def _by_sales(cases: Sequence[Case], exposed: Sequence[Whole], mass: Reals) -> Reals:
    """How probable each case is if unrelated: by the share of all sales, on any day of those searched."""
    onsets = [case.onset.toordinal() for case in cases if case.onset is not None]
    days = max(max(onsets) - min(onsets) + 1, SEARCHED_DAYS) if onsets else 1
    whole = mass.sum() or 1.0
    return np.array(
        [
            max(mass[rows].sum() / whole, _RARE) / (1 if case.lots or case.onset is None else days)
            for case, rows in zip(cases, exposed, strict=True)
        ]
    )

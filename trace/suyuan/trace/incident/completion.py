"""Goods that were made and of which no record says where they went: they go the usual ways of their place.

A lot of which less went on than there was, at a place whose lots go on, has a gap. The gap is laid on flows
to lots of the usual takers, after the usual days: in proportion to what the place sends each taker, and to
how much more there is of a taker's lot than is known to have gone into it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from suyuan.trace.incident.lots import LotNetwork, Reals, Whole, arranged, sums

TOLERANCE = 0.08
"""Gaps of a smaller part of a lot are weighing, waste or samples: an assumption."""
_USUAL_DAYS = 14
_SETTLED = 0.25  # quantile: most records are there


def completed(network: LotNetwork) -> LotNetwork:
    """``network`` with flows for what is missing; itself where nothing is, or no sizes are known.

    O(flows + gaps x usual ways of their places).
    """
    gap = _gaps(network)
    lots = np.flatnonzero(gap > 0)
    if not len(lots):
        return network
    usual = _usual(network)
    wanting = _wanting(network)
    parts = [
        _filled(network, usual, wanting, some, gap) for some in np.array_split(lots, len(lots) // 4096 + 1)
    ]
    return arranged(
        network,
        np.concatenate([network.out_of, *(part[0] for part in parts)]),
        np.concatenate([network.into.astype(np.int64), *(part[1] for part in parts)]),
        np.concatenate([network.quantity, *(part[2] for part in parts)]),
    )


def carried_over(network: LotNetwork, share: float) -> LotNetwork:
    """``network`` where such a share of each lot stays in tanks and lines and goes into the next one.

    So at places that make lots of others and send them on; the next lot is of the same place and product.
    """
    count = len(network.ids)
    out = sums(network.out_of, network.quantity, count) + np.nan_to_num(network.sold)
    place = network.codes["place"]
    makes, sends = (np.zeros(len(network.labels["place"]), np.bool_) for _ in range(2))
    makes[place[network.into]] = True
    sends[place[network.out_of]] = True
    order = np.lexsort((np.arange(count), network.codes["product"], place))
    before, after = order[:-1], order[1:]
    same = (place[before] == place[after]) & (
        network.codes["product"][before] == network.codes["product"][after]
    )
    keeps = same & makes[place[before]] & sends[place[before]] & (out[before] > 0)
    before, after = before[keeps], after[keeps]
    return arranged(
        network,
        np.concatenate([network.out_of, before]),
        np.concatenate([network.into.astype(np.int64), after]),
        np.concatenate([network.quantity, out[before] * share / (1 - share)]),
    )


def _gaps(network: LotNetwork) -> Reals:
    """How much of each lot is not accounted for, where its place sends goods on; 0 if sizes are unknown."""
    count = len(network.ids)
    out = sums(network.out_of, network.quantity, count)
    place = network.codes["place"]
    whole = np.nan_to_num(network.size)
    gap = whole - out - np.nan_to_num(network.sold)
    days = network.day[network.into] - network.day[network.out_of]
    slowest = np.full(len(network.labels["place"]), -1)
    few = days < _USUAL_DAYS
    np.maximum.at(slowest, place[network.out_of][few], days[few])
    # What was made lately has not gone on yet, and places that send nothing on sell it.
    settled = (slowest[place] >= 0) & (network.day + slowest[place] <= network.day.max(initial=0))
    return np.where(settled & (gap > TOLERANCE * whole), gap, 0.0)


def _usual(network: LotNetwork) -> tuple[Whole, Whole, Whole, Reals]:
    """Ways from place to place after so many days, by where they come from: first, to, days, quantity."""
    places = len(network.labels["place"])
    place = network.codes["place"].astype(np.int64)
    days = network.day[network.into] - network.day[network.out_of]
    few = days < _USUAL_DAYS
    key = (place[network.out_of][few] * places + place[network.into][few]) * _USUAL_DAYS + days[few]
    ways, at = np.unique(key, return_inverse=True)
    quantity = sums(at, network.quantity[few], len(ways))
    out_of, rest = np.divmod(ways, places * _USUAL_DAYS)
    first = np.searchsorted(out_of, np.arange(places + 1)).astype(np.int64)
    return first, rest // _USUAL_DAYS, rest % _USUAL_DAYS, quantity


def _wanting(network: LotNetwork) -> Reals:
    """How much more there is of each lot than what is known to have gone into it; the place's yield counts.

    1 for all where sizes are unknown.
    """
    came = sums(network.into, network.quantity, len(network.ids))
    place = network.codes["place"]
    ratio = np.divide(network.size, came, out=np.full(len(came), np.nan), where=came > 0)
    order = np.lexsort((ratio, place))
    known = order[~np.isnan(ratio[order])]
    first = np.searchsorted(place[known], np.arange(len(network.labels["place"])))
    number = np.bincount(place[known], minlength=len(network.labels["place"]))
    at = np.minimum(first + (number * _SETTLED).astype(np.int64), max(len(known) - 1, 0))
    gained = np.where(number > 0, ratio[known][at], 1.0) if len(known) else np.ones(len(number))
    wanting = network.size / np.maximum(gained, 1e-9)[place] - came
    return np.where(np.isnan(network.size), 1.0, np.maximum(wanting, 0.02 * np.nan_to_num(network.size)))


def _filled(
    network: LotNetwork, usual: tuple[Whole, Whole, Whole, Reals], wanting: Reals, lots: Whole, gap: Reals
) -> tuple[Whole, Whole, Reals]:
    """Flows that fill the gaps of these lots."""
    first, to, after, weight = usual
    place = network.codes["place"].astype(np.int64)
    many = (first[1:] - first[:-1])[place[lots]]
    source = np.repeat(lots, many)
    way: Whole = np.repeat(first[place[lots]] - np.cumsum(many) + many, many) + np.arange(len(source))
    key = to[way] * _FAR + network.day[source] + after[way]
    order = np.lexsort((np.arange(len(place)), network.day, place))
    keys = (place * _FAR + network.day)[order]
    low, high = np.searchsorted(keys, key), np.searchsorted(keys, key, side="right")
    number = high - low
    flow = np.repeat(np.arange(len(way)), number)
    into = order[np.repeat(low - np.cumsum(number) + number, number) + np.arange(len(flow))]
    out_of = source[flow]
    likely = weight[way[flow]] * wanting[into]
    fits = (into > out_of) & (likely > 0) & ~_told(network, out_of, into)
    out_of, into, likely = out_of[fits], into[fits], likely[fits]
    whole = sums(out_of, likely, len(place))
    return out_of, into, likely / whole[out_of] * gap[out_of]


_FAR = 1 << 24  # beyond any day


def _told(network: LotNetwork, out_of: Whole, into: Whole) -> npt.NDArray[np.bool_]:
    """Which of these flows are on record."""
    count = len(network.ids)
    return np.isin(out_of * count + into, network.out_of * count + network.into)

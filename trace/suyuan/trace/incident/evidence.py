"""Why a source is believed: the most probable way from its lots to each case, and the cases it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from suyuan.trace.errors import NotFound
from suyuan.trace.incident.cases import Case, exposures
from suyuan.trace.incident.chances import eaten, ways
from suyuan.trace.incident.lots import LotNetwork, Reals
from suyuan.trace.incident.sources import PACE_BELIEF, Ranking, Run, believed
from suyuan.trace.incident.walks import best_way

_SOME = 0.5
_CHUNK = 32


@dataclass(frozen=True, slots=True)
class Explained:
    """One case: how probable it is that the source made this person ill, and the most probable way.

    ``way`` are the lots' ids from the source to what was eaten, empty if there is none; ``way_share`` is the
    part of the source that took it. ``supposed`` are the lots reached by flows that no record tells.
    """

    case: str
    probability: float
    way: tuple[str, ...]
    way_share: float
    supposed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the best run of a place explains; ``left`` are the cases that are rather unrelated to it."""

    run: Run
    cases: tuple[Explained, ...]
    left: tuple[str, ...]


def evidence(ranking: Ranking, place: str) -> Evidence:
    """What speaks for the best run of ``place``; O(flows x cases).

    Raises:
        NotFound: the place is no source of any case.
    """
    if place not in ranking.runs:
        raise NotFound("{place} is not among the sources.", where="place", place=place)
    run = ranking.runs[place]
    probability = _explained(ranking, run)
    found: list[Explained] = []
    for first in range(0, len(ranking.cases), _CHUNK):
        some = ranking.cases[first : first + _CHUNK]
        for case, (rows, share), likely in zip(
            some, _ways(ranking, run, some), probability[first : first + _CHUNK].tolist(), strict=True
        ):
            supposed = [
                ranking.network.ids[into]
                for out, into in pairwise(rows)
                if not _told(ranking.recorded, out, into)
            ]
            names = tuple(ranking.network.ids[row] for row in rows)
            found.append(Explained(case.id, likely, names, share, tuple(supposed)))
    left = tuple(one.case for one in found if one.probability < _SOME)
    return Evidence(run, tuple(found), left)


def _told(recorded: LotNetwork, out_of: int, into: int) -> bool:
    return into in recorded.into[recorded.first[out_of] : recorded.first[out_of + 1]]


def _explained(ranking: Ranking, run: Run) -> Reals:
    """How probable it is of each case that it is not unrelated, the run being the source."""
    found = ranking.chances
    lots = frozenset(run.lots)
    rows = [row for row, first in enumerate(found.start[:-1].tolist()) if int(found.members[first]) in lots]
    ratio = found.explained[:, rows].sum(axis=1) / found.reached[rows].sum() / found.unrelated
    share = np.array(ranking.assumptions.unrelated)[None, :, None]
    related = (1 - share) * ratio[:, None, :]
    mixed = np.log(related + share).sum(axis=2)  # of each pace and share of unrelated cases
    weight = np.exp(mixed - mixed.max()) * believed(ranking.assumptions.unrelated)
    weight *= np.array(PACE_BELIEF)[:, None]
    return np.asarray(np.einsum("ps,psc->c", weight / weight.sum(), related / (related + share)), np.float64)


def _ways(ranking: Ranking, run: Run, cases: Sequence[Case]) -> list[tuple[list[int], float]]:
    """Rows of the most probable way of each case, and its share; empty if there is none."""
    network = ranking.network
    shares, sold = ways(network)
    own = eaten(network, cases, exposures(network, cases), sold, ranking.assumptions.densities[1]).astype(
        np.float64
    )
    best = own.copy()
    best_way(network.first, network.into, shares, best)
    amount = network.amount
    found: list[tuple[list[int], float]] = []
    for column in range(len(cases)):
        row = max(run.lots, key=lambda lot: (amount[lot] * best[lot, column], -lot))
        if best[row, column] <= 0:
            found.append(([], 0.0))
            continue
        way, share = [row], 1.0
        while best[row, column] > own[row, column]:
            flows = slice(network.first[row], network.first[row + 1])
            along = shares[flows] * best[network.into[flows], column]
            at = int(np.argmax(along))
            share *= float(shares[flows][at])
            row = int(network.into[flows][at])
            way.append(row)
        found.append((way, share))
    return found

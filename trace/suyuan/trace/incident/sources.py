"""Which source explains the cases: runs of lots of one place and product, ranked by likelihood.

::

    LotNetwork, Case, Negative ── chances ──> P(case | lot) ── judge ──> posterior ──> Ranking

The model is that of ``docs/decisions/0019-source-ranking.md``: a unit of contaminated goods goes on from a
lot in proportion to the quantities of its flows until a consumer takes it; how long after that the consumer
falls ill has a density; some cases are unrelated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suyuan.trace.errors import TooLarge, WrongUse
from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.cases import Case, Negative, check_cases
from suyuan.trace.incident.chances import Chances, chances
from suyuan.trace.incident.completion import carried_over, completed
from suyuan.trace.incident.lags import LONGEST_DAYS
from suyuan.trace.incident.lots import KINDS, Kind, LotNetwork, Reals, Whole, sums
from suyuan.trace.incident.walks import judge

MOST_CASES = 10_000
_AS_USUAL = Assumptions()
_BELIEF = 4
PACE_BELIEF = (0.25, 0.5, 0.25)
UNEXPLAINED = 0.01
"""How far it is believed beforehand that none of the sources explains any case."""


@dataclass(frozen=True, slots=True)
class Run:
    """Lots of one place and product from one day to another: one hypothesis."""

    place: str
    product: str
    first_day: int
    last_day: int
    lots: tuple[int, ...]
    posterior: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """How far each source is believed after the cases.

    ``posterior[kind]`` sums, with ``unexplained``, to 1, best first; ``lots`` the same by row of the network:
    how probable it is that a contaminated unit came out of that lot. ``runs`` are the best of each place.
    ``network`` is ``recorded`` with what is supposed; both have the same rows.
    """

    posterior: Mapping[Kind, Mapping[str, float]]
    lots: Reals
    runs: Mapping[str, Run]
    unexplained: float
    recorded: LotNetwork
    network: LotNetwork
    chances: Chances
    assumptions: Assumptions
    cases: Sequence[Case]


def rank_sources(
    network: LotNetwork,
    cases: Sequence[Case],
    negatives: Sequence[Negative] = (),
    assumptions: Assumptions = _AS_USUAL,
) -> Ranking:
    """Every source with how far it is believed; O(flows x cases).

    Raises:
        NetworkInvalid: cases or tests that name unknown places or lots, or have no number.
        TooLarge: more than 10,000 cases and tests.
        WrongUse: an unknown pathogen, or assumptions outside their bounds.
    """
    _check_assumptions(assumptions)
    if len(cases) + len(negatives) > MOST_CASES:
        raise TooLarge(
            "There are more than {most} cases and tests.", most=MOST_CASES, remedy="Rank by a part of them."
        )
    check_cases(network, cases, negatives)
    known = completed(network) if assumptions.complete else network
    known = carried_over(known, assumptions.carry_over) if assumptions.carry_over else known
    allowed = network.begins if assumptions.begins_only else np.ones(len(network.ids), np.bool_)
    found = chances(known, cases, negatives, assumptions.densities, allowed)
    likelihoods = _likelihoods(found, assumptions)
    return _ranking((network, known), cases, found, likelihoods, assumptions)


def _check_assumptions(told: Assumptions) -> None:
    times = (told.consumption, told.incubation or told.consumption)
    if not told.unrelated or not all(0 < share < 1 for share in told.unrelated):
        raise WrongUse(
            "Shares of unrelated cases lie above 0 and below 1.",
            where="unrelated",
            remedy="Write numbers such as 0.05 and 0.2.",
        )
    if not all(0 < time.median <= LONGEST_DAYS and 1 < time.dispersion <= LONGEST_DAYS for time in times):
        raise WrongUse(
            "A time has a median of up to {most} days, and a dispersion above 1.",
            where="incubation",
            remedy="Write a median such as 2 and a dispersion such as 1.8.",
            most=LONGEST_DAYS,
        )
    if not 0 <= told.carry_over < 1:
        raise WrongUse(
            "The share that stays behind is at least 0 and below 1.",
            where="carry_over",
            remedy="Write a number such as 0.1.",
        )
    if not 1 <= told.longest_run_days <= LONGEST_DAYS:
        raise WrongUse(
            "A source is contaminated for 1 to {most} days.",
            where="longest_run_days",
            remedy="Write a number such as 7.",
            most=LONGEST_DAYS,
        )


def believed(shares: Sequence[float]) -> Reals:
    """How far each share of unrelated cases is believed beforehand."""
    belief: Reals = (1 - np.array(shares)) ** _BELIEF
    return np.asarray(belief / belief.sum(), np.float64)


def _likelihoods(found: Chances, assumptions: Assumptions) -> Reals:
    """Log-likelihood of each run against "all are unrelated": [rows, days]; -inf where there is none."""
    share = np.array(assumptions.unrelated)
    prior = believed(assumptions.unrelated)
    total = np.full((len(found.day), assumptions.longest_run_days), -np.inf)
    for explained, belief in zip(found.explained, PACE_BELIEF, strict=True):
        runs = np.full_like(total, -np.inf)
        judge(
            found.group,
            found.day,
            explained,
            found.reached,
            found.tested,
            found.power,
            found.unrelated,
            share,
            prior,
            runs,
        )
        np.logaddexp(total, runs + math.log(belief), out=total)
    return total


def _ranking(
    networks: tuple[LotNetwork, LotNetwork],
    cases: Sequence[Case],
    found: Chances,
    runs: Reals,
    assumptions: Assumptions,
) -> Ranking:
    recorded, network = networks
    row, length = np.nonzero(np.isfinite(runs))
    likelihood = runs[row, length]
    group = found.group[row]
    in_group = np.bincount(group, minlength=1)
    weighed = likelihood - np.log(np.maximum(in_group[group], 1) * max(np.count_nonzero(in_group), 1))
    weighed += np.log1p(-UNEXPLAINED)
    top = max(float(weighed.max(initial=-np.inf)), np.log(UNEXPLAINED))
    weight = np.exp(weighed - top)
    none = float(np.exp(np.log(UNEXPLAINED) - top))
    whole = weight.sum() + none
    posterior, unexplained = weight / whole, none / whole
    last = _last_rows(found, row, length)
    lots = _by_lot(network, found, row, last, posterior)
    return Ranking(
        {kind: _by_kind(network, kind, lots) for kind in KINDS},
        lots,
        _best_runs(network, found, (row, last), posterior, likelihood),
        unexplained,
        recorded,
        network,
        found,
        assumptions,
        cases,
    )


def _last_rows(found: Chances, row: Whole, length: Whole) -> Whole:
    """The row in which the run of so many days ends."""
    most = int(found.day.max(initial=0)) + LONGEST_DAYS
    key = found.group.astype(np.int64) * most + found.day
    return np.searchsorted(key, key[row] + length)


def _by_lot(network: LotNetwork, found: Chances, row: Whole, last: Whole, posterior: Reals) -> Reals:
    """Each run's probability, shared among its lots by how much of them consumers took."""
    before = np.append(0.0, np.cumsum(found.reached))
    per_unit = posterior / np.maximum(before[last + 1] - before[row], np.finfo(np.float64).tiny)
    change = np.zeros(len(found.day) + 1)
    np.add.at(change, row, per_unit)
    np.add.at(change, last + 1, -per_unit)
    of_row = found.reached * np.maximum(np.cumsum(change)[:-1], 0.0)
    lots = np.zeros(len(network.ids))
    amount = network.amount[found.members]
    size = np.diff(found.start)
    together = np.add.reduceat(amount, found.start[:-1]) if len(size) else amount
    lots[found.members] = np.repeat(of_row / np.where(together > 0, together, 1.0), size) * amount
    return np.asarray(lots * (posterior.sum() / (lots.sum() or 1.0)), np.float64)


def _by_kind(network: LotNetwork, kind: Kind, lots: Reals) -> Mapping[str, float]:
    labels = network.labels[kind]
    share = sums(network.codes[kind], lots, len(labels))
    order: list[int] = np.argsort(-share, kind="stable").tolist()
    return {labels[code]: float(share[code]) for code in order if share[code] > 0}


def _best_runs(
    network: LotNetwork, found: Chances, ends: tuple[Whole, Whole], posterior: Reals, likelihood: Reals
) -> Mapping[str, Run]:
    row, last = ends
    best: dict[str, Run] = {}
    heads = found.members[found.start[:-1]]
    order = np.argsort(-posterior, kind="stable")
    firsts = np.unique(network.codes["place"][heads[row[order]]], return_index=True)[1]
    for at in order[np.sort(firsts)].tolist():
        head = int(heads[row[at]])
        place = network.labels["place"][int(network.codes["place"][head])]
        lots = found.members[found.start[row[at]] : found.start[last[at] + 1]]
        best[place] = Run(
            place,
            network.labels["product"][int(network.codes["product"][head])],
            int(found.day[row[at]]),
            int(found.day[last[at]]),
            tuple(lots.tolist()),
            float(posterior[at]),
            float(likelihood[at]),
        )
    return best

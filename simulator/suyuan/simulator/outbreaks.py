"""Outbreaks for judging how sources are ranked: five stages of stations, lots with dates, cases, the truth.

Farms -> processors -> packers -> distributors -> shops, 60/40/30/80/250 of them for 50 days. Each station
takes from a few of the stage before, most from large and near ones; each day it makes one lot of what came,
and sends it on in shares during the next three days. One farm is contaminated for three days. A case ate of
it in proportion to the contaminated amount that each shop sold, some days after that came, and fell ill after
an incubation. An unrelated case ate anything that any shop ever sold. Everything follows from the seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from suyuan.trace.incident.cases import Case
from suyuan.trace.incident.lags import CONSUMPTION, PATHOGENS, LogNormal
from suyuan.trace.incident.lots import KINDS, Kind, LotNetwork, Numbers, Reals, Whole, arranged

Shape = Literal["proportional", "heavy-tailed", "carry-over", "first-in", "other-lag", "patchy", "same-days"]
"""How goods are mixed and dispatched, and cases found: the first is what the ranking assumes.

*heavy-tailed*: sizes of stations, and so how much of each lot is whose, by a power law. *carry-over*: a third
of each lot stays behind in tanks and silos and goes into the station's next lot, which nobody records.
*first-in*: lots are not mixed but sold off in layers; what is contaminated goes to whoever comes first.
*other-lag*: goods are eaten three times as late, and incubation takes twice as long, as is assumed.
*patchy*: cases at one shop in five are noticed, eight times more likely than elsewhere. *same-days*:
unrelated cases fall ill on the very days of the outbreak instead of on any day.
"""

STAGES = (60, 40, 30, 80, 250)
STAGE_NAMES = ("farm", "processor", "packer", "distributor", "shop")
DAYS = 50
CONTAMINATED_DAYS = 3
KEPT = 0.33
"""Of each lot, in the shape carry-over."""
_BEGAN = date(2026, 3, 1).toordinal()
_SUPPLIERS = ((12, 24), (8, 16), (4, 10), (2, 5))
_DELAYS = 2
_OFTEN = 0.45
"""How often one of its takers gets something of a day's lot."""


@dataclass(frozen=True, slots=True)
class Outbreak:
    """What is on record, and the truth: which farm, which days, which cases have nothing to do with it."""

    network: LotNetwork
    cases: tuple[Case, ...]
    farm: str
    days: tuple[int, int]
    unrelated: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Chain:
    """Lots by number, station by station and day by day, and flows between them."""

    station: Numbers
    day: Whole
    stage: Numbers
    out_of: Whole
    into: Whole
    quantity: Reals


class World:
    """The chain of one number in a series; outbreaks of any number of cases are drawn from it."""

    def __init__(self, seed: int, number: int = 0, shape: Shape = "proportional") -> None:
        self._seed = (seed, number)
        self._shape: Shape = shape
        dice = np.random.default_rng([*self._seed, 1])
        self._chain = _grown(dice, shape)
        self._amount = _amounts(self._chain)
        shops = self._chain.stage == len(STAGES) - 1
        while True:  # a farm that sent nothing on these days makes nobody ill
            self._farm = int(dice.integers(STAGES[0]))
            self._first = int(dice.integers(8, 25))
            self._dirty = self._contaminated()
            if self._dirty[shops].any():
                break

    def _contaminated(self) -> Reals:
        """How much of each lot is contaminated."""
        chain = self._chain
        dirty = np.zeros(len(chain.day))
        source = (chain.station == self._farm) & (chain.day >= self._first)
        source &= chain.day < self._first + CONTAMINATED_DAYS
        dirty[source] = self._amount[source]
        dice = np.random.default_rng([*self._seed, 2])
        share = _dispatched(chain, self._amount, dice, self._shape)
        kept = KEPT if self._shape == "carry-over" else 0.0
        flows = np.searchsorted(chain.out_of, np.arange(len(chain.day) + 1))
        for lot in range(len(chain.day)):
            if not dirty[lot]:
                continue
            mine = slice(flows[lot], flows[lot + 1])
            sent = dirty[lot] * share[mine]
            if kept and 0 < chain.stage[lot] < len(STAGES) - 1 and chain.day[lot] + 1 < DAYS:
                dirty[lot + 1] += kept * dirty[lot]  # rows of a station follow its days
                sent = sent * (1 - kept)
            np.add.at(dirty, chain.into[mine], sent)
        return dirty

    def outbreak(self, cases: int, *, unrelated: float = 0.0, missing: float = 0.0) -> Outbreak:
        """An outbreak with so many cases: a share of them unrelated, a share of the flows not on record."""
        dice = np.random.default_rng([*self._seed, 3, cases, round(unrelated * 1000), round(missing * 1000)])
        chain = self._chain
        strange = round(cases * unrelated)
        shops = np.flatnonzero(chain.stage == len(STAGES) - 1)
        eaten = self._dirty[shops]
        if self._shape == "patchy":
            often = np.random.default_rng([*self._seed, 4]).random(STAGES[-1]) < 0.2  # noqa: PLR2004
            eaten = eaten * np.where(often[chain.station[shops] - sum(STAGES[:-1])], 8.0, 1.0)
        lots = shops[dice.choice(len(shops), cases - strange, p=eaten / eaten.sum())]
        onset = np.floor(chain.day[lots] + dice.random(len(lots)) + _lags(len(lots), dice, self._shape))
        sold = self._amount[shops]
        others = shops[dice.choice(len(shops), strange, p=sold / sold.sum())]
        station = np.concatenate([chain.station[lots], chain.station[others]])
        ill = np.floor(chain.day[others] + dice.random(strange) + _lags(strange, dice, self._shape))
        if self._shape == "same-days":
            ill = dice.choice(onset, strange)
        days = np.concatenate([onset, ill]).astype(np.int64)
        told = tuple(
            Case(f"case {number}", (_name(int(shop)),), date.fromordinal(_BEGAN + int(day)))
            for number, (shop, day) in enumerate(zip(station, days, strict=True))
        )
        first = _BEGAN + self._first
        return Outbreak(
            self._recorded(missing, dice),
            told,
            _name(self._farm),
            (first, first + CONTAMINATED_DAYS - 1),
            frozenset(case.id for case in told[len(lots) :]),
        )

    def _recorded(self, missing: float, dice: np.random.Generator) -> LotNetwork:
        """What is on record: sizes as weighed (2 %), flows but for those that are missing."""
        chain = self._chain
        order = np.argsort(chain.day, kind="stable")
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        names = [_name(station) for station in range(sum(STAGES))]
        regions = [f"region {station % 10}" for station in range(sum(STAGES))]
        station = chain.station[order]
        code = {
            "place": station,
            "supplier": station,
            "product": chain.stage[order],
            "region": (station % 10).astype(np.int32),
        }
        weighed = self._amount[order] * np.exp(0.02 * dice.standard_normal(len(order)))
        seen = dice.random(len(chain.into)) >= missing
        labels: dict[Kind, Sequence[str]] = {
            "place": names,
            "supplier": names,
            "product": STAGE_NAMES,
            "region": regions[:10],
        }
        network = LotNetwork(
            [f"{names[at]} day {day}" for at, day in zip(station, chain.day[order], strict=True)],
            chain.day[order] + _BEGAN,
            labels,
            {kind: code[kind] for kind in KINDS},
            weighed,
            np.full(len(order), math.nan),
            np.zeros(len(order) + 1, np.int64),
            np.empty(0, np.int32),
            np.empty(0),
        )
        return arranged(network, place[chain.out_of[seen]], place[chain.into[seen]], chain.quantity[seen])


def _name(station: int) -> str:
    stage = 0
    while station >= STAGES[stage]:
        station -= STAGES[stage]
        stage += 1
    return f"{STAGE_NAMES[stage]} {station}"


def _grown(dice: np.random.Generator, shape: Shape) -> _Chain:
    """Stations, who takes from whom, and what goes from lot to lot: rows by stage, station and day."""
    starts = [sum(STAGES[:stage]) for stage in range(len(STAGES) + 1)]
    where = dice.random((starts[-1], 2))
    wide = shape == "heavy-tailed"
    size = dice.pareto(1.1, starts[-1]) + 0.1 if wide else np.exp(0.6 * dice.standard_normal(starts[-1]))
    amount = np.zeros((starts[-1], DAYS))
    amount[: STAGES[0]] = size[: STAGES[0], None] * np.exp(0.3 * dice.standard_normal((STAGES[0], DAYS)))
    parts: list[tuple[Whole, Whole, Reals]] = []
    for stage in range(len(STAGES) - 1):
        sources = np.arange(starts[stage], starts[stage + 1])
        pairs = _partners(sources, np.arange(starts[stage + 1], starts[stage + 2]), where, size, dice, stage)
        parts.append(_sent(pairs, amount, dice))
    out_of = np.concatenate([part[0] for part in parts])
    into = np.concatenate([part[1] for part in parts])
    quantity = np.concatenate([part[2] for part in parts])
    order = np.lexsort((into, out_of))
    station, day = np.divmod(np.arange(starts[-1] * DAYS), DAYS)
    return _Chain(
        station.astype(np.int32),
        day,
        (np.searchsorted(np.array(starts), station, side="right") - 1).astype(np.int32),
        out_of[order].astype(np.int64),
        into[order].astype(np.int64),
        quantity[order],
    )


def _partners(
    sources: Whole, takers: Whole, where: Reals, size: Reals, dice: np.random.Generator, stage: int
) -> tuple[Whole, Whole, Reals]:
    """Who takes from whom, and how much weight that has: sizes over the square of the distance."""
    apart = ((where[takers, None, :] - where[None, sources, :]) ** 2).sum(axis=2) + 0.02
    pull: Reals = size[None, sources] * size[takers, None] / apart
    few, many = _SUPPLIERS[stage]
    number = dice.integers(few, many + 1, len(takers))
    rank = np.argsort(np.argsort(-np.log(pull) + np.log(-np.log(dice.random(pull.shape))), axis=1), axis=1)
    chosen = rank < number[:, None]  # drawn without replacement in proportion to the pull
    lonely = np.flatnonzero(~chosen.any(axis=0))
    chosen[np.argmax(pull[:, lonely], axis=0), lonely] = True
    taker, source = np.nonzero(chosen)
    return sources[source], takers[taker], pull[taker, source]


def _sent(
    pairs: tuple[Whole, Whole, Reals], amount: Reals, dice: np.random.Generator
) -> tuple[Whole, Whole, Reals]:
    """Flows of all days between two stages; adds what arrives to ``amount``."""
    source, taker, pull = pairs
    weight = pull[:, None] * np.exp(0.5 * dice.standard_normal((len(pull), DAYS)))
    weight *= dice.random(weight.shape) < _OFTEN
    total = np.zeros_like(amount)
    np.add.at(total, source, weight)
    share = np.divide(weight, total[source], out=np.zeros_like(weight), where=total[source] > 0)
    arrival = np.arange(DAYS)[None, :] + dice.integers(1, _DELAYS + 1, weight.shape)
    pair, day = np.nonzero((share > 0) & (arrival < DAYS))
    quantity = share[pair, day] * amount[source[pair], day]
    np.add.at(amount, (taker[pair], arrival[pair, day]), quantity)
    return source[pair] * DAYS + day, taker[pair] * DAYS + arrival[pair, day], quantity


def _amounts(chain: _Chain) -> Reals:
    """What is in each lot: what came, or at a farm what went."""
    came = np.bincount(chain.into, chain.quantity, len(chain.day))
    went = np.bincount(chain.out_of, chain.quantity, len(chain.day))
    return np.where(chain.stage == 0, went, came)


def _dispatched(chain: _Chain, amount: Reals, dice: np.random.Generator, shape: Shape) -> Reals:
    """The share of a lot's contamination that each flow takes."""
    went = np.bincount(chain.out_of, chain.quantity, len(chain.day))
    whole = np.maximum(np.maximum(went, amount), np.finfo(np.float64).tiny)
    even: Reals = chain.quantity / whole[chain.out_of]
    if shape != "first-in":
        return even
    # The contaminated layer lies somewhere in the lot; flows are cut off it one after the other.
    count = len(chain.day)
    deep, thick = dice.random(count), 0.25
    order = np.lexsort((dice.random(len(even)), chain.out_of))
    ends = np.cumsum(even[order])
    begins = ends - even[order]
    start = np.zeros(count)
    lots = chain.out_of[order]
    heads = np.flatnonzero(np.diff(lots, prepend=-1))
    start[lots[heads]] = begins[heads]
    low, high = begins - start[lots], ends - start[lots]
    top = deep[lots] * (1 - thick)
    inside = np.clip(np.minimum(high, top + thick) - np.maximum(low, top), 0, None) / thick
    farm = chain.stage[lots] == 0  # a farm's whole lot is contaminated
    found = np.empty_like(even)
    found[order] = np.where(farm, even[order], inside)
    return found


def _lags(count: int, dice: np.random.Generator, shape: Shape) -> Reals:
    late, slow = (3.0, 2.0) if shape == "other-lag" else (1.0, 1.0)
    salmonella = PATHOGENS["salmonella"].incubation
    eaten = replace(CONSUMPTION, median=CONSUMPTION.median * late)
    return _drawn(eaten, count, dice) + _drawn(
        replace(salmonella, median=salmonella.median * slow), count, dice
    )


def _drawn(time: LogNormal, count: int, dice: np.random.Generator) -> Reals:
    drawn: Reals = time.median * np.exp(math.log(time.dispersion) * dice.standard_normal(count))
    return drawn

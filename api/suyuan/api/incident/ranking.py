"""Which source explains the cases: from what is told of them, over what is on record, to ranked places.

The model is that of decision 0019.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from suyuan.portal.incident.desk import LotAt, Ranked, Source, Way
from suyuan.portal.incident.waiting import Progress
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.gs1 import identify, site
from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.cases import Case, Negative
from suyuan.trace.incident.lots import KINDS, Kind, LotNetwork, lay_out
from suyuan.trace.incident.recorded import Recorded, rows_of
from suyuan.trace.incident.reported import Reported
from suyuan.trace.lineage import Suspect

if TYPE_CHECKING:
    from suyuan.trace.incident.evidence import Explained
    from suyuan.trace.incident.rivals import Compared
    from suyuan.trace.incident.sources import Ranking

SINCE_DAYS = 60
"""What was at a place so many days before somebody fell ill may have been eaten, unless it is told better."""
MOST_SOURCES = 10
_MOST_LISTED = 50
_RATHER = 0.5
_AS_USUAL = Assumptions()


class NothingToRank(InvalidInput):
    """None of the cases leads to anything on record."""

    code = "nothing-to-rank"
    title = "No case leads to anything on record"


class OnRecord(Protocol):
    """What a ranking asks of the records, as far as they are in sight of whoever asks.

    ``heard`` is called between the steps of what takes long, and may raise to end it.
    """

    def refused(self, key: str) -> SuyuanError | None:
        """Why nothing may be told of a key; None where something may."""
        ...

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product."""
        ...

    def origins(self, suspects: Sequence[Suspect], heard: Callable[[], None]) -> tuple[Sequence[str], int]:
        """The things that suspects may come from, and how many of them are out of sight."""
        ...

    def network(self, keys: Collection[str], heard: Callable[[], None]) -> Recorded:
        """The network of lots that these keys belong to."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A ranking as it is asked for; ``most`` sources are told with their evidence."""

    cases: tuple[Reported, ...]
    assumptions: Assumptions = _AS_USUAL
    since_days: int = SINCE_DAYS
    most: int = MOST_SOURCES


@dataclass(frozen=True, slots=True)
class Sources:
    """A ranking, with ``posterior`` of the best of each kind, summed over their lots; ``used`` are labels."""

    ranked: Ranked
    posterior: Mapping[Kind, Mapping[str, float]]
    used: tuple[str, ...]


def rank(records: OnRecord, wanted: Wanted, zone: tzinfo, progress: Progress) -> Sources:
    """The sources of the cases, as far as records are in sight.

    Raises:
        NothingToRank: no case leads to anything on record; it says what is wrong with the first.
        NetworkInvalid, TooLarge, WrongUse: as :func:`suyuan.trace.incident.sources.rank_sources`.
        Cancelled: nobody waits any more.
    """
    progress.at(0.02, "trace")
    unused: dict[str, Problem] = {}
    suspects = _suspects(records, wanted, zone, unused)
    if not suspects:
        raise _nothing(unused)
    keys, withheld = records.origins(suspects, lambda: progress.at(progress.share))
    progress.at(0.3, "network")
    recorded = records.network(keys, lambda: progress.at(progress.share))
    cases, negatives = _meant(recorded, wanted, unused)
    if not cases:
        raise _nothing(unused)
    # Who never ranks pays for no compiler of machine code: half a second of each start, and 150 MiB.
    from suyuan.trace.incident.rivals import compared  # noqa: PLC0415
    from suyuan.trace.incident.sources import rank_sources  # noqa: PLC0415

    laid = lay_out(recorded.lots, recorded.flows)
    progress.at(0.6, "rank")
    ranking = rank_sources(laid.network, cases, negatives, wanted.assumptions)
    beside = compared(laid.network, cases)
    progress.at(0.8, "evidence")
    sources = tuple(_sources(recorded, ranking, beside, wanted.most, progress))
    ranked = Ranked(
        sources,
        max(0.0, 1.0 - float(ranking.unexplained) - sum(one.posterior for one in sources)),
        float(ranking.unexplained),
        len(cases),
        tuple(unused.items()),
        (*recorded.doubts, *laid.warnings),
        _silent(laid.network),
        withheld,
    )
    best: dict[Kind, Mapping[str, float]] = {
        kind: {name: float(share) for name, share in islice(ranking.posterior[kind].items(), _MOST_LISTED)}
        for kind in KINDS
    }
    return Sources(ranked, best, tuple(case.id for case in cases))


def _suspects(
    records: OnRecord, wanted: Wanted, zone: tzinfo, unused: dict[str, Problem]
) -> Sequence[Suspect]:
    """What the cases may have eaten of, and what was tested."""
    found: dict[Suspect, None] = {}
    refused: dict[str, SuyuanError | None] = {}
    for case in wanted.cases:
        start, end = _window(case, wanted.since_days, zone)
        things = [key for key in case.goods if identify(key).kind != "product"]
        meant = [Suspect(key) for key in things] or [Suspect(key, start, end) for key in case.places]
        if not things:
            meant += [Suspect(lot) for key in case.goods if not case.places for lot in records.lots_of(key)]
        for one in meant:
            if one.key not in refused:
                refused[one.key] = records.refused(one.key)
        there = [one for one in meant if refused[one.key] is None]
        found.update(dict.fromkeys(there))
        if not there:
            why = next((error for one in meant if (error := refused[one.key]) is not None), None)
            unused[case.label] = _not_there() if why is None else _problem(why)
    return tuple(found)


def _problem(error: SuyuanError) -> Problem:
    return Problem(
        "", error.template, {name: str(value) for name, value in error.fields.items()}, error.remedy
    )


def _not_there() -> Problem:
    return Problem(
        "", "Nothing on record was there at that time.", {}, "Compare the places, the goods and the days."
    )


def _window(case: Reported, since_days: int, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """When it may have been bought: as told, else so many days before the onset."""
    last = case.to_day or case.onset
    first = case.from_day or (
        None if last is None else last - timedelta(days=min(since_days, last.toordinal() - 1))
    )
    end = None if last is None or last == date.max else midnight(last + timedelta(days=1), zone)
    return (None if first is None else midnight(first, zone)), end


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a local day begins, in UTC; where that is before all years, the beginning of the first."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _meant(
    recorded: Recorded, wanted: Wanted, unused: dict[str, Problem]
) -> tuple[Sequence[Case], Sequence[Negative]]:
    """The cases and clean samples, as rows of the network."""
    cases: list[Case] = []
    negatives: list[Negative] = []
    places = {lot.place for lot in recorded.lots}
    for case in wanted.cases:
        at = tuple(dict.fromkeys(there for one in case.places if (there := site(one)) in places))
        rows = rows_of(recorded, case.goods, at, since=case.from_day, until=case.to_day)
        if case.kind == "ill" and (rows or at) and (rows or not _narrows(case)):
            cases.append(Case(case.label, at, case.onset, tuple(rows)))
        elif case.kind != "ill" and rows:
            negatives += [Negative(row, case.power) for row in rows]
        else:
            unused.setdefault(case.label, _not_there())
    return cases, negatives


def _narrows(case: Reported) -> bool:
    """Whether more is told than where and when somebody fell ill."""
    return bool(case.goods or case.from_day or case.to_day)


def _nothing(unused: Mapping[str, Problem]) -> NothingToRank:
    first = next(iter(unused.values()), None)
    if first is None:
        return NothingToRank(where="cases", remedy="Add people who fell ill, with what they ate or where.")
    return NothingToRank(first.template, where="cases", remedy=first.remedy, **first.fields)


def _sources(
    recorded: Recorded, ranking: Ranking, beside: Compared, most: int, progress: Progress
) -> Iterator[Source]:
    from suyuan.trace.incident.evidence import evidence  # noqa: PLC0415 (see above)

    network = ranking.network
    days = dict(zip(network.ids, network.day.tolist(), strict=True))
    distance = _best_by_place(network, -beside.distance)
    score = _best_by_place(network, beside.score)
    believed = [place for place in ranking.posterior["place"] if place in ranking.runs][:most]
    for number, place in enumerate(believed):
        progress.at(0.8 + 0.2 * number / len(believed))
        run, told = ranking.runs[place], evidence(ranking, place)
        yield Source(
            place,
            run.product,
            date.fromordinal(run.first_day),
            date.fromordinal(run.last_day),
            tuple(dict.fromkeys(recorded.stays[network.ids[row]].lot for row in run.lots)),
            float(ranking.posterior["place"][place]),
            sum(one.probability > _RATHER for one in told.cases),
            told.left,
            -distance[place],
            _rank_of(distance, place),
            score[place],
            _rank_of(score, place),
            tuple(_way(recorded, days, one) for one in told.cases),
        )


def _way(recorded: Recorded, days: Mapping[str, int], told: Explained) -> Way:
    def lots(names: Sequence[str]) -> tuple[LotAt, ...]:
        stays = ((recorded.stays[name], days[name]) for name in names)
        return tuple(LotAt(stay.lot, stay.place, date.fromordinal(day)) for stay, day in stays)

    return Way(told.case, float(told.probability), lots(told.way), lots(told.supposed))


def _best_by_place(network: LotNetwork, value: np.ndarray) -> Mapping[str, float]:
    """Of each place the best value of its lots."""
    best = np.full(len(network.labels["place"]), -np.inf)
    np.maximum.at(best, network.codes["place"], value)
    return dict(zip(network.labels["place"], best.tolist(), strict=True))


def _rank_of(value: Mapping[str, float], place: str) -> int:
    return 1 + sum(other > value[place] for other in value.values())


def _silent(network: LotNetwork) -> float | None:
    """Of what goes on anywhere, the share of which no record says where it went."""
    out = np.bincount(network.out_of, np.nan_to_num(network.quantity), len(network.ids))
    goes_on = (np.diff(network.first) > 0) & ~np.isnan(network.size)
    whole = float(network.size[goes_on].sum())
    if whole <= 0:
        return None
    told = np.minimum(out + np.nan_to_num(network.sold), network.size)[goes_on]
    return float(max(0.0, 1.0 - told.sum() / whole))

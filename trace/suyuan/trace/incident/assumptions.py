"""What a ranking of sources believes beside the records (decision 0019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suyuan.trace.errors import WrongUse
from suyuan.trace.incident.lags import CONSUMPTION, PATHOGENS, LogNormal, lag_density
from suyuan.trace.incident.lots import Reals

UNRELATED = (0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8)
"""Shares of unrelated cases that are thought possible; share e is believed as (1 - e)^4."""
PACES = (0.5, 1.0, 2.0)
"""The lag is so many times as long as assumed, for all cases of an incident alike: food is eaten sooner or
later than usual, doses and strains differ."""
LONGEST_RUN_DAYS = 7
"""A source is contaminated for so many days at most; each length is believed alike."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is believed beside the records.

    ``pathogen`` and ``consumption`` give the lag from the shop to falling ill, unless ``incubation`` is told.
    ``complete`` lets goods that were made and of which nobody says where they went go the usual ways.
    ``carry_over`` is the share of each lot that stays in tanks and lines and goes into the place's next one.
    ``begins_only`` looks for sources among lots that nothing is known to have gone into.
    """

    pathogen: str = "salmonella"
    incubation: LogNormal | None = None
    consumption: LogNormal = CONSUMPTION
    unrelated: tuple[float, ...] = UNRELATED
    longest_run_days: int = LONGEST_RUN_DAYS
    complete: bool = True
    carry_over: float = 0.0
    begins_only: bool = False

    @property
    def densities(self) -> Sequence[Reals]:
        """Of the lag in whole days, at each pace.

        Raises:
            WrongUse: an unknown pathogen.
        """
        if self.incubation is None and self.pathogen not in PATHOGENS:
            raise WrongUse(
                "No incubation is known for {pathogen}.",
                where="pathogen",
                pathogen=self.pathogen,
                remedy="Take one of those listed, or tell the median and dispersion.",
            )
        told = self.incubation or PATHOGENS[self.pathogen].incubation
        return [lag_density(told.slower(pace), self.consumption.slower(pace)) for pace in PACES]

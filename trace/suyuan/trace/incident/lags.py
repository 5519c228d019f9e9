"""How long after food reached a shop a person falls ill: eaten some days later, then incubation.

Both are log-normal; the sum is told for whole days, since lots and cases have dates and no hours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np

from suyuan.trace.incident.lots import Reals, sums

LONGEST_DAYS = 150
"""Later than that nobody is counted as ill by something."""
_STEPS = 8  # of one day


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Half is below ``median`` days; ``dispersion`` is exp of the standard deviation of the logarithms."""

    median: float
    dispersion: float

    def slower(self, factor: float) -> LogNormal:
        """The same, so many times as long."""
        return replace(self, median=self.median * factor)


@dataclass(frozen=True, slots=True)
class Pathogen:
    """Time from eating to falling ill, and where that is from."""

    incubation: LogNormal
    source: str


PATHOGENS: Mapping[str, Pathogen] = MappingProxyType(
    {
        "salmonella": Pathogen(
            LogNormal(1.875, 2.6),
            "Eikmeier et al. 2018, Epidemiol Infect 146:423: median 45 h, 11 % within 12 h, 29 % after 72 h; "
            "the dispersion is between those that fit either share",
        ),
        "stec": Pathogen(
            LogNormal(4.0, 1.7),
            "Awofisayo-Okuyelu et al. 2019, Epidemiol Infect 147:e162: median 4 days; the dispersion is an "
            "assumption, within which 95 % fall ill after 1.4 to 11 days",
        ),
        "campylobacter": Pathogen(
            LogNormal(3.0, 1.6),
            "Awofisayo-Okuyelu et al. 2017, Epidemiol Infect 145:2241: means of groups of outbreaks from 2.5 "
            "to 4.3 days; the median within them and the dispersion are assumptions",
        ),
        "listeria": Pathogen(
            LogNormal(11.0, 2.07),
            "Angelo et al. 2016, Clin Infect Dis 63:1487 (invasive): median 11 days, 90 % within 28 days",
        ),
        "norovirus": Pathogen(
            LogNormal(1.2, 1.6),
            "Lee et al. 2013, BMC Infect Dis 13:446: log-normal, median 1.2 days; the "
            "dispersion is an assumption",
        ),
        "hepatitis-a": Pathogen(
            LogNormal(28.0, 1.36),
            "as health authorities state it: 28 days on average, 15 to 50; read as median and 95 %",
        ),
    }
)

CONSUMPTION = LogNormal(3.0, 1.8)
"""From the day on which goods reached the shop until they are eaten: an assumption, for fresh food."""


@cache
def lag_density(incubation: LogNormal, consumption: LogNormal) -> Reals:
    """Probability of each number of days, 0 to 150, between the date at the shop and the date of falling ill.

    Both dates hide an hour. A lag of L days shows as k dates with probability 1 - |L - k|.
    """
    grid = (np.arange(LONGEST_DAYS * _STEPS) + 0.5) / _STEPS
    together = np.convolve(_mass(incubation), _mass(consumption))[: len(grid)]
    days = np.floor(grid).astype(np.int64)
    over = grid - days
    found = sums(days, together * (1 - over), LONGEST_DAYS + 1)
    found += sums(days + 1, together * over, LONGEST_DAYS + 1)
    found.setflags(write=False)
    return found


def _mass(time: LogNormal) -> Reals:
    """Probability of each step of the grid."""
    spread = math.log(time.dispersion) * math.sqrt(2)
    edges = np.arange(LONGEST_DAYS * _STEPS + 1) / _STEPS
    below = [0.5 * (1 + math.erf(math.log(edge / time.median) / spread)) if edge else 0.0 for edge in edges]
    return np.diff(np.array(below, np.float64))

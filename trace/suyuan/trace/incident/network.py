"""A network of stations and deliveries, and what an investigator supposes about it.

A delivery is some of a lot that went from one station to another. A *link* (d, e) says that d is an
ingredient of e: goods of d went into the lot that e was delivered from. Ids are texts, unique among stations
and among deliveries; the order is that of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.incident.amounts import Amount
from suyuan.trace.incident.dates import UNKNOWN, PartialDate

MOST_STATIONS = 200_000
MOST_DELIVERIES = 500_000
MOST_LINKS = 2_000_000
LONGEST_ID = 200  # characters

Observed = Literal["full", "forward", "backward"]
"""In which direction a trace is drawn from something that is observed."""

_NO_NUMBERS: Mapping[str, float] = MappingProxyType({})
_NO_WORDS: Mapping[str, str] = MappingProxyType({})
_NONE_OBSERVED: Mapping[str, Observed] = MappingProxyType({})


def _no_numbers() -> Mapping[str, float]:
    return _NO_NUMBERS  # shared: Python 3.11 takes no unhashable default


def _no_words() -> Mapping[str, str]:
    return _NO_WORDS


def _none_observed() -> Mapping[str, Observed]:
    return _NONE_OBSERVED


@dataclass(frozen=True, slots=True)
class Station:
    """A company, shop, farm or case of illness."""

    id: str
    name: str = ""
    country: str = ""
    business: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of a product as its supplier made or sold it; ``size`` as declared for the whole lot."""

    id: str
    station: str
    product: str = ""
    number: str = ""
    size: Amount | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Goods from ``supplier`` to ``recipient``; ``lot`` is the id of their lot, empty if none is told."""

    id: str
    supplier: str
    recipient: str
    departure: PartialDate = UNKNOWN
    arrival: PartialDate = UNKNOWN
    product: str = ""
    lot: str = ""
    amount: Amount | None = None

    @property
    def left(self) -> PartialDate:
        """When it left, or failing that arrived."""
        return self.departure or self.arrival

    @property
    def came(self) -> PartialDate:
        """When it arrived, or failing that left."""
        return self.arrival or self.departure


@dataclass(frozen=True, slots=True)
class Network:
    """Checked: every id that is named is there once, and no delivery is an ingredient of itself."""

    stations: tuple[Station, ...]
    deliveries: tuple[Delivery, ...]
    links: tuple[tuple[str, str], ...] = ()
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """What is supposed: cases and clean findings, cross-contamination, kill steps, stations seen as one.

    Weights are above zero for cases and below for what is known to be clean. ``merge`` maps a station to the
    one that stands for it. ``temporal_order``: cross-contamination never goes against time.
    """

    station_weight: Mapping[str, float] = field(default_factory=_no_numbers)
    delivery_weight: Mapping[str, float] = field(default_factory=_no_numbers)
    cc_stations: frozenset[str] = frozenset()
    cc_deliveries: frozenset[str] = frozenset()
    kill_stations: frozenset[str] = frozenset()
    kill_deliveries: frozenset[str] = frozenset()
    observed_stations: Mapping[str, Observed] = field(default_factory=_none_observed)
    observed_deliveries: Mapping[str, Observed] = field(default_factory=_none_observed)
    merge: Mapping[str, str] = field(default_factory=_no_words)
    temporal_order: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A network as read, what its file supposes, and what is doubtful about it."""

    network: Network
    settings: Settings
    warnings: tuple[Problem, ...] = ()

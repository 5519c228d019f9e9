"""Incidents: networks of stations and deliveries, what is supposed about them, and what that says.

The semantics are those of FoodChain-Lab, word for word in ``docs/decisions/0018-foodchain-lab.md``. Which
source explains the cases is ranked in :mod:`suyuan.trace.incident.sources`, imported by itself: it compiles.
"""

from __future__ import annotations

from suyuan.trace.incident.json_network import read_json
from suyuan.trace.incident.network import Delivery, Lot, Network, Reading, Settings, Station
from suyuan.trace.incident.problems import NetworkInvalid
from suyuan.trace.incident.scores import Dialect, Score, Scores, score
from suyuan.trace.incident.web import Dates

__all__ = [
    "Dates",
    "Delivery",
    "Dialect",
    "Lot",
    "Network",
    "NetworkInvalid",
    "Reading",
    "Score",
    "Scores",
    "Settings",
    "Station",
    "read_json",
    "score",
]

"""The steps of a station: a table of procedures, the checks in it, and the judging of a pass. Pure.

What is taken becomes EPCIS events in :mod:`suyuan.readers.station.bodies`. A step is a row of
:data:`PROCEDURES`; what it works with (a recipe, a sampling plan) is a module beside this package, which
imports nothing from it.
"""

from suyuan.readers.station.knowledge import NOTHING_KNOWN, Blocked, Known
from suyuan.readers.station.steps.case import (
    Case,
    Check,
    Effect,
    Finding,
    Judgement,
    Surroundings,
    finding,
)
from suyuan.readers.station.steps.judging import asks, check_order, judge
from suyuan.readers.station.steps.orders import lot_key_of
from suyuan.readers.station.steps.procedure import Procedure
from suyuan.readers.station.steps.table import PROCEDURES

__all__ = [
    "NOTHING_KNOWN",
    "PROCEDURES",
    "Blocked",
    "Case",
    "Check",
    "Effect",
    "Finding",
    "Judgement",
    "Known",
    "Procedure",
    "Surroundings",
    "asks",
    "check_order",
    "finding",
    "judge",
    "lot_key_of",
]

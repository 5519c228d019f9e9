"""The table of steps: how each is done, in the words of CBV 2.0 (§7.1 business steps, §7.2 dispositions).

The rows are those of a station's thirteen workflows; some have more than one step. The CBV has no step for
goods that come back: they are received, and are ``returned``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.ending import Destroying, Returning
from suyuan.readers.station.importing import Importing
from suyuan.readers.station.order import Step
from suyuan.readers.station.recall_task import RecallTask
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.recipe import Production
from suyuan.readers.station.release import Inspection, Release
from suyuan.readers.station.shipping import Shipping
from suyuan.readers.station.steps import (
    arrival,
    departure,
    ending,
    entry,
    goods,
    keeping,
    making,
    packing,
    releasing,
    selling,
    sensing,
    shapes,
    teaching,
    trade,
    withdrawal,
)
from suyuan.readers.station.steps.procedure import STOPPED, Procedure
from suyuan.readers.station.stock import Keeping, Sweeping

_ALL = (
    Procedure(
        Step.COMMISSION,
        "A",
        "commissioning",
        "active",
        shapes.added,
        (making.licensed, *goods.USUAL, trade.not_destroyed),
        teaching.made,
        makes=True,
    ),
    Procedure(
        Step.PACK,
        "B",
        "packing",
        "in_progress",
        shapes.packed("ADD"),
        (
            *goods.USUAL,
            trade.not_destroyed,
            trade.in_trade,
            releasing.was_released,
            packing.no_circle,
            packing.one_parent,
            packing.by_the_rule,
        ),
        teaching.packed,
        contains=True,
    ),
    Procedure(
        Step.UNPACK,
        "B",
        "unpacking",
        "in_progress",
        shapes.packed("DELETE"),
        (*goods.USUAL, trade.not_destroyed, packing.was_inside, packing.nothing_loose_from_a_hold),
        teaching.unpacked,
        contains=True,
    ),
    Procedure(
        Step.TRANSFORM,
        "C",
        "commissioning",
        "active",
        making.made,
        (
            making.licensed,
            *goods.AIR,
            goods.right_made_product,
            goods.as_expected,
            goods.one_lot,
            *goods.END,
            trade.not_destroyed,
            trade.in_trade,
            releasing.was_released,
            making.no_rework_in_circles,
            making.after_the_recipe,
        ),
        making.teaches,
        refuses=STOPPED,
        whole=True,
        makes=True,
        uses=True,
        particulars=Production,
    ),
    Procedure(
        Step.INSPECT,
        "D",
        "inspecting",
        "conformant",
        releasing.inspected,
        (*goods.USUAL, trade.not_destroyed, releasing.results),
        releasing.inspected_lots,
        particulars=Inspection,
    ),
    Procedure(
        Step.RELEASE,
        "D",
        "inspecting",
        "sellable_not_accessible",
        releasing.released,
        (
            *goods.USUAL,
            trade.not_destroyed,
            releasing.may_be_released,
            trade.explained,
            trade.still_kept,
        ),
        teaching.both(releasing.released_lots, trade.let_go),
        refuses=STOPPED,
        whole=True,
        roles=frozenset({"qa"}),
        particulars=Release,
    ),
    Procedure(
        Step.SHIP,
        "E",
        "shipping",
        "in_transit",
        departure.shipped,
        (*departure.CHECKS, releasing.was_released),
        departure.gone,
        refuses=STOPPED,
        leaves=True,
        particulars=Shipping,
    ),
    Procedure(
        Step.RECEIVE,
        "F",
        "receiving",
        "in_progress",
        arrival.received,
        arrival.CHECKS,  # what has come has come
        arrival.learned,
        particulars=Receiving,
        compares=arrival.is_announced,
    ),
    Procedure(
        Step.MEASURE,
        "G",
        "sensor_reporting",
        None,
        sensing.sensed,
        sensing.CHECKS,
        sensing.learned,
        particulars=Measuring,
    ),
    Procedure(
        Step.STORE,
        "H",
        "storing",
        "sellable_not_accessible",
        keeping.stored,
        keeping.STORE,
        keeping.put_away,
        particulars=Keeping,
    ),
    Procedure(
        Step.COUNT,
        "H",
        "cycle_counting",
        None,
        keeping.counted,
        keeping.COUNT,
        keeping.swept,
        particulars=Sweeping,
        compares=keeping.sweeps,
    ),
    Procedure(
        Step.PICK,
        "H",
        "picking",
        "in_progress",
        shapes.observed,
        (*keeping.PICK, releasing.was_released),
        refuses=STOPPED,
    ),
    Procedure(
        Step.SELL,
        "I",
        "retail_selling",
        trade.SOLD,
        shapes.observed,
        selling.CHECKS,
        selling.learned,
        refuses=STOPPED,
    ),
    Procedure(
        Step.HOLD,
        "J",
        "holding",
        "non_sellable_other",
        withdrawal.held,
        withdrawal.CHECKS,
        withdrawal.set_aside,
        particulars=RecallTask,
        compares=withdrawal.for_a_case,
    ),
    Procedure(
        Step.RETURN,
        "K",
        "receiving",
        "returned",
        ending.returned,
        ending.RETURN,
        ending.back,
        particulars=Returning,
    ),
    Procedure(
        Step.DESTROY,
        "L",
        "destroying",
        "destroyed",
        ending.destroyed,
        ending.DESTROY,
        ending.ended,
        roles=frozenset({"qa", "supervisor"}),
        particulars=Destroying,
    ),
    Procedure(
        Step.IMPORT,
        "M",
        "commissioning",
        "active",
        entry.coded,
        entry.CHECKS,
        teaching.made,
        makes=True,
        particulars=Importing,
    ),
)

PROCEDURES: Mapping[Step, Procedure] = MappingProxyType({each.step: each for each in _ALL})
"""How each step is done."""

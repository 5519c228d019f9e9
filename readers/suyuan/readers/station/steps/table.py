"""The table of steps: how each is done, in the words of CBV 2.0 (§7.1 business steps, §7.2 dispositions).

The rows are those of a station's thirteen workflows; some have more than one step. The CBV has no step for
goods that come back: they are received, and are ``returned``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from suyuan.readers.station.order import Step
from suyuan.readers.station.steps import goods, shapes, teaching
from suyuan.readers.station.steps.procedure import STOPPED, Procedure

_ALL = (
    Procedure(
        Step.COMMISSION,
        "A",
        "commissioning",
        "active",
        shapes.added,
        goods.USUAL,
        teaching.made,
        makes=True,
    ),
    Procedure(
        Step.PACK,
        "B",
        "packing",
        "in_progress",
        shapes.packed("ADD"),
        goods.USUAL,
        teaching.packed,
        contains=True,
    ),
    Procedure(
        Step.UNPACK,
        "B",
        "unpacking",
        "in_progress",
        shapes.packed("DELETE"),
        goods.USUAL,
        teaching.unpacked,
        contains=True,
    ),
    Procedure(
        Step.TRANSFORM,
        "C",
        "commissioning",
        "active",
        shapes.transformed,
        (*goods.AIR, goods.right_made_product, goods.as_expected, goods.one_lot, *goods.END),
        teaching.transformed,
        refuses=STOPPED,
        whole=True,
        makes=True,
        uses=True,
    ),
    Procedure(Step.INSPECT, "D", "inspecting", "conformant", shapes.observed, goods.USUAL),
    Procedure(
        Step.RELEASE,
        "D",
        "inspecting",
        "sellable_not_accessible",
        shapes.observed,
        goods.USUAL,
        teaching.standing("sellable_not_accessible"),
        refuses=STOPPED,
    ),
    Procedure(
        Step.SHIP,
        "E",
        "shipping",
        "in_transit",
        shapes.observed,
        goods.USUAL,
        refuses=STOPPED,
        leaves=True,
    ),
    Procedure(
        Step.RECEIVE,
        "F",
        "receiving",
        "in_progress",
        shapes.observed,
        (*goods.AIR, goods.as_expected, goods.one_lot, *goods.END),  # what has come has come
    ),
    Procedure(Step.MEASURE, "G", "sensor_reporting", None, shapes.sensed, goods.USUAL),
    Procedure(Step.STORE, "H", "storing", "sellable_not_accessible", shapes.observed, goods.USUAL),
    Procedure(Step.COUNT, "H", "cycle_counting", None, shapes.observed, goods.USUAL),
    Procedure(Step.PICK, "H", "picking", "in_progress", shapes.observed, goods.USUAL, refuses=STOPPED),
    Procedure(Step.SELL, "I", "retail_selling", "retail_sold", shapes.observed, goods.USUAL, refuses=STOPPED),
    Procedure(
        Step.HOLD,
        "J",
        "holding",
        "non_sellable_other",
        shapes.observed,
        goods.USUAL,
        teaching.standing("non_sellable_other"),
    ),
    Procedure(
        Step.RETURN, "K", "receiving", "returned", shapes.observed, goods.USUAL, teaching.standing("returned")
    ),
    Procedure(
        Step.DESTROY,
        "L",
        "destroying",
        "destroyed",
        shapes.deleted,
        goods.USUAL,
        teaching.standing("destroyed"),
    ),
    Procedure(
        Step.IMPORT, "M", "commissioning", "active", shapes.added, goods.USUAL, teaching.made, makes=True
    ),
)

PROCEDURES: Mapping[Step, Procedure] = MappingProxyType({each.step: each for each in _ALL})
"""How each step is done."""

"""The shapes of the steps' events (EPCIS 2.0 §7.4): their type, action and lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.order import Order
from suyuan.readers.station.steps.case import Judgement
from suyuan.readers.station.steps.procedure import Shape
from suyuan.trace.epcis.event import QuantityElement


def observed(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Objects were seen."""
    return _object("OBSERVE", order, judged)


def added(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Objects began to be."""
    return _object("ADD", order, judged)


def deleted(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Objects ceased to be."""
    return _object("DELETE", order, judged)


def sensed(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Sensors told something, of objects or of the place alone (EPCIS 2.0 §7.3.7)."""
    if not order.sensor_elements:
        return None
    epcs, amounts = _of(order, judged)
    body: dict[str, Any] = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": epcs}
    if amounts:
        body["quantityList"] = written(amounts)
    return body


def _object(action: str, order: Order, judged: Judgement) -> dict[str, Any] | None:
    epcs, amounts = _of(order, judged)
    if not epcs and not amounts:
        return None
    body: dict[str, Any] = {"type": "ObjectEvent", "action": action, "epcList": epcs}
    if amounts:
        body["quantityList"] = written(amounts)
    return body


def _of(order: Order, judged: Judgement) -> tuple[list[str], list[QuantityElement]]:
    """What the event is about: instances, and amounts of lots; of a lot that was read no amount is known."""
    epcs = [i.epc for i in judged.taken if i.kind != "lot"]
    return epcs, [*order.quantities, *_lots(judged)]


def _lots(judged: Judgement) -> list[QuantityElement]:
    return [QuantityElement(i.epc) for i in judged.taken if i.kind == "lot"]


def packed(action: str) -> Shape:
    """Children were put into the parent, or taken out of it. All of them were taken out if none is named."""

    def shape(order: Order, judged: Judgement) -> dict[str, Any] | None:
        epcs, amounts = _of(order, judged)
        if judged.parent is None or (action == "ADD" and not epcs and not amounts):
            return None
        body: dict[str, Any] = {
            "type": "AggregationEvent",
            "action": action,
            "parentID": judged.parent.epc,
            "childEPCs": epcs,
        }
        if amounts:
            body["childQuantityList"] = written(amounts)
        return body

    return shape


def transformed(order: Order, judged: Judgement) -> dict[str, Any] | None:
    """Inputs became outputs; one side alone is told only of a longer run with its transformationID."""
    epcs, lots = [i.epc for i in judged.taken if i.kind != "lot"], _lots(judged)
    into, out = ([], epcs) if order.reads_outputs else (epcs, [])
    lots_in, lots_out = ([], lots) if order.reads_outputs else (lots, [])
    weighed = {amount.epc_class for amount in order.inputs}
    lists = {
        "inputEPCList": [*order.input_epcs, *into],
        "inputQuantityList": written(
            [*order.inputs, *(each for each in lots_in if each.epc_class not in weighed)]
        ),
        "outputEPCList": [*order.output_epcs, *out],
        "outputQuantityList": written([*order.outputs, *lots_out]),
    }
    body: dict[str, Any] = {"type": "TransformationEvent", **{k: v for k, v in lists.items() if v}}
    if order.transformation_id is not None:
        body["transformationID"] = order.transformation_id
    if "outputEPCList" not in body:
        body["bizStep"] = "creating_class_instance"
    has_input = "inputEPCList" in body or "inputQuantityList" in body
    has_output = "outputEPCList" in body or "outputQuantityList" in body
    complete = (has_input and has_output) or (order.transformation_id and (has_input or has_output))
    return body if complete else None


def written(amounts: Iterable[QuantityElement]) -> list[dict[str, Any]]:
    """Quantity elements as in EPCIS JSON."""
    elements: list[dict[str, Any]] = []
    for amount in amounts:
        element: dict[str, Any] = {"epcClass": amount.epc_class}
        if amount.quantity is not None:
            element["quantity"] = amount.quantity
        if amount.uom is not None:
            element["uom"] = amount.uom
        elements.append(element)
    return elements

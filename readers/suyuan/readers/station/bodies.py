"""The EPCIS events of the steps, in their JSON form.

Business steps, dispositions and ILMD names as in CBV 2.0 §7.1, §7.2 and §9; event shapes as in EPCIS 2.0
§7.4. ``suyuan:sequence`` is set by the outbox in the commit that makes the event durable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from suyuan.readers.station.identity import Identity, lot_number
from suyuan.readers.station.order import Basis, Order, Step
from suyuan.readers.station.steps import Judgement
from suyuan.trace.epcis.event import QuantityElement, TypedReference

NAMESPACE = "https://ns.suyuan.example/"
CONTEXT: tuple[Any, ...] = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"suyuan": NAMESPACE},
)
"""The JSON-LD context of every document that a station sends (``cbvmda`` stands in the standard one)."""

_SAYS = {
    Step.COMMISSION: ("commissioning", "active"),
    Step.PACK: ("packing", "in_progress"),
    Step.UNPACK: ("unpacking", "in_progress"),
    Step.TRANSFORM: ("commissioning", "active"),
    Step.SHIP: ("shipping", "in_transit"),
    Step.RECEIVE: ("receiving", "in_progress"),
    Step.SELL: ("retail_selling", "retail_sold"),
    Step.INSPECT: ("inspecting", "conformant"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by which station the step is done; ``utc_offset`` such as ``+08:00``."""

    station: str
    read_point: str
    biz_location: str | None
    utc_offset: str


def bodies(order: Order, judged: Judgement, place: Place, now: datetime) -> tuple[dict[str, Any], ...]:
    """The events that ``order`` makes of what was taken: one, or none if there is nothing to tell.

    They have neither eventID nor sequence yet. ``now`` is the event time where nothing was read.
    """
    if not judged.recorded:
        return ()
    what = _what(order, judged)
    if what is None:
        return ()
    biz_step, disposition = _SAYS[order.step]
    if order.step is Step.TRANSFORM and not what.get("outputEPCList"):
        biz_step = "creating_class_instance"
    body: dict[str, Any] = {
        **what,
        "eventTime": local_time(judged.event_time or now, place.utc_offset),
        "eventTimeZoneOffset": place.utc_offset,
        "bizStep": biz_step,
        "disposition": order.disposition or disposition,
        "readPoint": {"id": place.read_point},
    }
    leaves = order.step is Step.SHIP
    if place.biz_location is not None and not leaves:
        body["bizLocation"] = {"id": place.biz_location}
    _put_references(body, order)
    ilmd = _ilmd(order, judged.lot_key)
    if ilmd and order.step in {Step.COMMISSION, Step.TRANSFORM}:
        body["ilmd"] = ilmd
    basis: Basis = "typed" if order.typed or not judged.read_any else "read"
    body.update(order.extra)
    if judged.chips:
        body["suyuan:tags"] = [{"suyuan:epc": item.epc, "suyuan:tid": tid} for item, tid in judged.chips]
    body["suyuan:station"] = place.station
    body["suyuan:basis"] = basis
    return (body,)


def local_time(time: datetime, utc_offset: str) -> str:
    """``time`` in milliseconds at the offset, as EPCIS writes it."""
    return time.astimezone(_zone(utc_offset)).isoformat(timespec="milliseconds")


def _what(order: Order, judged: Judgement) -> dict[str, Any] | None:
    epcs = [i.epc for i in judged.taken if i.kind != "lot"]
    read_lots = [QuantityElement(i.epc) for i in judged.taken if i.kind == "lot"]
    match order.step:
        case Step.TRANSFORM:
            return _transformation(order, epcs, read_lots)
        case Step.PACK | Step.UNPACK:
            return _aggregation(order, judged.parent, epcs, [*order.quantities, *read_lots])
        case Step.COMMISSION:
            return _object("ADD", epcs, [*order.quantities, *read_lots])
        case Step.SHIP | Step.RECEIVE | Step.SELL | Step.INSPECT:
            return _object("OBSERVE", epcs, [*order.quantities, *read_lots])


def _object(action: str, epcs: list[str], amounts: list[QuantityElement]) -> dict[str, Any] | None:
    if not epcs and not amounts:
        return None
    body: dict[str, Any] = {"type": "ObjectEvent", "action": action, "epcList": epcs}
    if amounts:
        body["quantityList"] = _amounts(amounts)
    return body


def _aggregation(
    order: Order, parent: Identity | None, epcs: list[str], amounts: list[QuantityElement]
) -> dict[str, Any] | None:
    if parent is None or (order.step is Step.PACK and not epcs and not amounts):
        return None
    body: dict[str, Any] = {
        "type": "AggregationEvent",
        "action": "ADD" if order.step is Step.PACK else "DELETE",
        "parentID": parent.epc,
        "childEPCs": epcs,
    }
    if amounts:
        body["childQuantityList"] = _amounts(amounts)
    return body


def _transformation(order: Order, epcs: list[str], lots: list[QuantityElement]) -> dict[str, Any] | None:
    into, out = ([], epcs) if order.reads_outputs else (epcs, [])
    lots_in, lots_out = ([], lots) if order.reads_outputs else (lots, [])
    lists = {
        "inputEPCList": [*order.input_epcs, *into],
        "inputQuantityList": _amounts([*order.inputs, *lots_in]),
        "outputEPCList": [*order.output_epcs, *out],
        "outputQuantityList": _amounts([*order.outputs, *lots_out]),
    }
    body: dict[str, Any] = {"type": "TransformationEvent", **{k: v for k, v in lists.items() if v}}
    if order.transformation_id is not None:
        body["transformationID"] = order.transformation_id
    has_input = "inputEPCList" in body or "inputQuantityList" in body
    has_output = "outputEPCList" in body or "outputQuantityList" in body
    complete = (has_input and has_output) or (order.transformation_id and (has_input or has_output))
    return body if complete else None


def _amounts(amounts: Iterable[QuantityElement]) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    for amount in amounts:
        element: dict[str, Any] = {"epcClass": amount.epc_class}
        if amount.quantity is not None:
            element["quantity"] = amount.quantity
        if amount.uom is not None:
            element["uom"] = amount.uom
        written.append(element)
    return written


def _put_references(body: dict[str, Any], order: Order) -> None:
    for name, member, references in (
        ("bizTransactionList", "bizTransaction", order.biz_transactions),
        ("sourceList", "source", order.sources),
        ("destinationList", "destination", order.destinations),
    ):
        if references:
            body[name] = [_reference(member, r) for r in references]


def _reference(member: str, reference: TypedReference) -> dict[str, str]:
    written = {} if reference.type is None else {"type": reference.type}
    return {**written, member: reference.id}


def _ilmd(order: Order, lot_key: str | None) -> dict[str, Any]:
    """Master data of the instance or lot: CBV names; the production day has one in the GS1 vocabulary."""
    days = {
        "cbvmda:lotNumber": order.lot or (lot_number(lot_key) if lot_key else None),
        "gs1:productionDate": order.produced and order.produced.isoformat(),
        "cbvmda:bestBeforeDate": order.best_before and order.best_before.isoformat(),
        "cbvmda:itemExpirationDate": order.expires and order.expires.isoformat(),
        "cbvmda:countryOfOrigin": order.country_of_origin,
    }
    return {**{k: v for k, v in days.items() if v is not None}, **order.ilmd}


def local_day(time: datetime, utc_offset: str) -> date:
    """The calendar day of ``time`` at the offset, against which last days are checked."""
    return time.astimezone(_zone(utc_offset)).date()


def _zone(utc_offset: str) -> timezone:
    apart = timedelta(hours=int(utc_offset[1:3]), minutes=int(utc_offset[4:6]))
    return timezone(-apart if utc_offset.startswith("-") else apart)

"""The EPCIS events of the steps, in their JSON form.

ILMD names as in CBV 2.0 §9; shapes, business steps and dispositions stand in the table of
:mod:`suyuan.readers.station.steps`. ``suyuan:sequence`` is set by the outbox in the commit that makes the
event durable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from suyuan.readers.station.chips import originals
from suyuan.readers.station.exceptions import EXCEPTIONS, Witness, told, witness_of
from suyuan.readers.station.identity import lot_number
from suyuan.readers.station.order import Basis, Order
from suyuan.readers.station.steps import PROCEDURES, Effect, Judgement
from suyuan.trace.epcis.event import TypedReference

NAMESPACE = "https://ns.suyuan.example/"
CONTEXT: tuple[Any, ...] = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"suyuan": NAMESPACE},
)
"""The JSON-LD context of every document that a station sends (``cbvmda`` stands in the standard one)."""


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
    procedure = PROCEDURES[order.step]
    what = procedure.shape(order, judged)
    if what is None:
        return ()
    disposition = what.get("disposition") or order.disposition or procedure.disposition
    body: dict[str, Any] = {
        "bizStep": procedure.biz_step,
        **what,
        "eventTime": local_time(judged.event_time or now, place.utc_offset),
        "eventTimeZoneOffset": place.utc_offset,
        "readPoint": {"id": place.read_point},
    }
    if disposition is not None:
        body["disposition"] = disposition
    if place.biz_location is not None and not procedure.leaves:
        body["bizLocation"] = {"id": place.biz_location}
    _put_references(body, order)
    ilmd = _ilmd(order, judged.lot_key)
    if ilmd and procedure.makes:
        body["ilmd"] = ilmd
    if order.sensor_elements:
        body["sensorElementList"] = [dict(each) for each in order.sensor_elements]
    basis: Basis = "read" if order.tids or (judged.read_any and not order.typed) else "typed"
    body.update(order.extra)
    if judged.chips:
        looked = {**order.originals, **(originals(judged.case.burst.readings) if judged.case else {})}
        body["suyuan:tags"] = [
            tag_entry(item.epc, tid, original=looked.get(tid)) for item, tid in judged.chips
        ]
    body |= _persons(order)
    if exceptions := [*order.extra.get(EXCEPTIONS, ()), *told(judged.findings)]:
        body[EXCEPTIONS] = exceptions
    body["suyuan:station"] = place.station
    body["suyuan:basis"] = basis
    return (body,)


def sighting(order: Order, judged: Judgement, place: Place, now: datetime) -> dict[str, Any] | None:
    """What was seen and kept out, and why, where the catalogue says that the platform is to know; else None.

    It has no business step, for none was done: only that the objects were here (EPCIS 2.0 §7.4.2).
    """
    kept_out = [f for f in judged.findings if f.effect in {Effect.REFUSED, Effect.STOPPED}]
    why = told(f for f in kept_out if witness_of(f.code) is Witness.SIGHTING)
    apart = {i.key for f in judged.findings if f.effect is Effect.ASIDE for i in f.who}
    seen = [i for i in judged.refused if i.key not in apart]
    if not why or not seen:
        return None
    body: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "epcList": [i.epc for i in seen if i.kind != "lot"],
        "eventTime": local_time(judged.event_time or now, place.utc_offset),
        "eventTimeZoneOffset": place.utc_offset,
        "readPoint": {"id": place.read_point},
    }
    if lots := [{"epcClass": i.epc} for i in seen if i.kind == "lot"]:
        body["quantityList"] = lots
    if place.biz_location is not None:
        body["bizLocation"] = {"id": place.biz_location}
    return {
        **body,
        **_persons(order),
        "suyuan:refused": order.step.value,
        EXCEPTIONS: why,
        "suyuan:station": place.station,
        "suyuan:basis": "read" if judged.read_any else "typed",
    }


def tag_entry(epc: str, chip: str, **told: object) -> dict[str, object]:
    """What an event tells of a chip; nothing of what is None or empty."""
    said = {name: each for name, each in told.items() if each not in (None, "", [])}
    return {f"suyuan:{name}": each for name, each in {"epc": epc, "tid": chip, **said}.items()}


def local_time(time: datetime, utc_offset: str) -> str:
    """``time`` in milliseconds at the offset, as EPCIS writes it."""
    return time.astimezone(_zone(utc_offset)).isoformat(timespec="milliseconds")


def _persons(order: Order) -> dict[str, str]:
    """Who did it and who confirmed it, by pseudonyms, and why."""
    said = {"operator": order.operator, "approver": order.approver, "reason": order.reason}
    return {f"suyuan:{name}": text for name, text in said.items() if text}


def _put_references(body: dict[str, Any], order: Order) -> None:
    for name, member, references in (
        ("bizTransactionList", "bizTransaction", order.biz_transactions),
        ("sourceList", "source", order.sources),
        ("destinationList", "destination", order.destinations),
    ):
        if references and name not in body:
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

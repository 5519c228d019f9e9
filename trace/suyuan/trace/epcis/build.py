"""From the JSON form of a valid event to :class:`~suyuan.trace.epcis.event.Event`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from suyuan.trace.epcis.event import ErrorDeclaration, Event, QuantityElement, TypedReference
from suyuan.trace.epcis.fields import parse_time


def event_from_body(body: Mapping[str, Any], context: Sequence[Any] = ()) -> Event:
    """The event of a body that was validated before, as the store keeps it.

    ``context`` are the entries beside the standard EPCIS context that give its prefixes their meaning.
    """
    get = body.get
    declared = get("errorDeclaration")
    record_time = get("recordTime")
    return Event(
        type=body["type"],
        event_time=_instant(body["eventTime"]),
        event_time_zone_offset=body["eventTimeZoneOffset"],
        body=body,
        context=tuple(context),
        event_id=get("eventID"),
        record_time=None if record_time is None else _instant(record_time),
        action=get("action"),
        biz_step=get("bizStep"),
        disposition=get("disposition"),
        read_point=_place(get("readPoint")),
        biz_location=_place(get("bizLocation")),
        parent_id=get("parentID"),
        epc_list=tuple(get("epcList", ())),
        quantity_list=_quantities(get("quantityList")),
        child_epcs=tuple(get("childEPCs", ())),
        child_quantity_list=_quantities(get("childQuantityList")),
        input_epc_list=tuple(get("inputEPCList", ())),
        input_quantity_list=_quantities(get("inputQuantityList")),
        output_epc_list=tuple(get("outputEPCList", ())),
        output_quantity_list=_quantities(get("outputQuantityList")),
        transformation_id=get("transformationID"),
        biz_transaction_list=_references(get("bizTransactionList"), "bizTransaction"),
        source_list=_references(get("sourceList"), "source"),
        destination_list=_references(get("destinationList"), "destination"),
        ilmd=get("ilmd") or {},
        error_declaration=None if declared is None else _error_declaration(declared),
    )


def body_to_send(event: Event) -> Mapping[str, Any]:
    """The body with what the receiver added: recordTime, and eventID where the sender gave none."""
    added: dict[str, Any] = {}
    if event.record_time is not None and "recordTime" not in event.body:
        added["recordTime"] = (
            event.record_time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        )
    if event.event_id is not None and "eventID" not in event.body:
        added["eventID"] = event.event_id
    return {**event.body, **added} if added else event.body


def _instant(text: str) -> datetime:
    return parse_time(text) or datetime.fromisoformat(text).astimezone(UTC)


def _place(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else value["id"]


def _quantities(entries: Sequence[Mapping[str, Any]] | None) -> tuple[QuantityElement, ...]:
    if not entries:
        return ()
    return tuple(
        QuantityElement(entry["epcClass"], entry.get("quantity"), entry.get("uom")) for entry in entries
    )


def _references(entries: Sequence[Mapping[str, Any]] | None, name: str) -> tuple[TypedReference, ...]:
    if not entries:
        return ()
    return tuple(TypedReference(entry.get("type"), entry[name]) for entry in entries)


def _error_declaration(value: Mapping[str, Any]) -> ErrorDeclaration:
    return ErrorDeclaration(
        _instant(value["declarationTime"]), value.get("reason"), tuple(value.get("correctiveEventIDs", ()))
    )

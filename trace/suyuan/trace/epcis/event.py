"""An EPCIS 2.0 event as the house passes it around: the standard's fields typed, the rest kept as it came.

Source: EPCIS 2.0 §7.3-7.4 (event types and fields), CBV 2.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "AssociationEvent",
    "TransactionEvent",
    "TransformationEvent",
)


@dataclass(frozen=True, slots=True)
class QuantityElement:
    """An amount of a class-level object: ``quantity`` None means unspecified, ``uom`` None means pieces."""

    epc_class: str
    quantity: float | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """The statement that the event of the same eventID was wrong from ``declaration_time`` on."""

    declaration_time: datetime
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypedReference:
    """A business transaction, source or destination: ``type`` is a CBV word or URI, or None."""

    type: str | None
    id: str


_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING  # shared: Python 3.11 takes no unhashable default


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Identifiers stand as they were sent (URN or Digital Link); CBV terms stand as bare words where the CBV
    defines them (``shipping``) and as URIs otherwise. Times are aware UTC, with the sender's offset beside.
    ``body`` is the whole event in its EPCIS JSON form (what a query gives back), ``context`` the JSON-LD
    context entries of its document beside the standard one, so that extension prefixes keep their meaning.
    """

    type: str
    event_time: datetime
    event_time_zone_offset: str
    body: Mapping[str, Any]
    context: tuple[Any, ...] = ()
    event_id: str | None = None
    record_time: datetime | None = None
    action: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    parent_id: str | None = None
    epc_list: tuple[str, ...] = ()
    quantity_list: tuple[QuantityElement, ...] = ()
    child_epcs: tuple[str, ...] = ()
    child_quantity_list: tuple[QuantityElement, ...] = ()
    input_epc_list: tuple[str, ...] = ()
    input_quantity_list: tuple[QuantityElement, ...] = ()
    output_epc_list: tuple[str, ...] = ()
    output_quantity_list: tuple[QuantityElement, ...] = ()
    transformation_id: str | None = None
    biz_transaction_list: tuple[TypedReference, ...] = ()
    source_list: tuple[TypedReference, ...] = ()
    destination_list: tuple[TypedReference, ...] = ()
    ilmd: Mapping[str, Any] = field(default_factory=_nothing)
    error_declaration: ErrorDeclaration | None = None

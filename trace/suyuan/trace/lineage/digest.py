"""From an EPCIS event to what lineage needs to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from suyuan.trace.epcis.event import Event, QuantityElement
from suyuan.trace.gs1 import Identifier, IdentifierError, canonical_key, identify, piece_of
from suyuan.trace.gs1.plain import item_with_lot
from suyuan.trace.lineage.measures import measured
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

NAMESPACE = "https://ns.suyuan.example/"
"""Namespace of our own event members: ``sequence`` and ``basis``."""

_PREFIX = "suyuan"
_MOST_SEQUENCE = 2**63
_BASES = {basis.value: basis for basis in Basis}


def occurrence(event: Event, *, evidence: str, party: str, record_time: datetime) -> Occurrence:
    """What lineage needs to know of ``event``, captured by ``party`` and known here since ``record_time``.

    Every identifier becomes its canonical key. The lot of an instance comes from its Digital Link, or from
    the lot number of the master data (CBV 2.0 §9.2, ``cbvmda:lotNumber``) of the event that brought it about.
    Members ``sequence`` and ``basis`` of our namespace are read under whatever prefix the context gives it;
    without them the station's order is unknown and the event is one we were told of.

    Raises an :class:`~suyuan.trace.gs1.IdentifierError` for an identifier that cannot be right.
    """
    declared = event.error_declaration
    return Occurrence(
        evidence=evidence,
        party=party,
        type=event.type,
        time=event.event_time.astimezone(UTC),
        record_time=record_time.astimezone(UTC),
        sequence=_sequence(own_member(event, "sequence")),
        event_id=event.event_id,
        action=event.action,
        biz_step=event.biz_step,
        disposition=event.disposition,
        read_point=_key(event.read_point),
        biz_location=_key(event.biz_location),
        destinations=tuple(_name(to.id) for to in event.destination_list),
        what=_holdings(event.epc_list, event.quantity_list),
        parent=_key(event.parent_id),
        children=_holdings(event.child_epcs, event.child_quantity_list),
        inputs=_holdings(event.input_epc_list, event.input_quantity_list),
        outputs=_holdings(event.output_epc_list, event.output_quantity_list),
        transformation_id=None if event.transformation_id is None else _name(event.transformation_id),
        lot_of=tuple(dict.fromkeys(_lots(event))),
        basis=_basis(own_member(event, "basis")),
        declared_wrong_at=None if declared is None else declared.declaration_time.astimezone(UTC),
    )


def _key(uri: str | None) -> str | None:
    return None if uri is None else canonical_key(uri)


def _holdings(epcs: tuple[str, ...], amounts: tuple[QuantityElement, ...]) -> tuple[Holding, ...]:
    """Instances first, then amounts: whether it is one or the other is said by the list it stands in."""
    if not epcs and not amounts:
        return ()
    return (
        *(Holding(canonical_key(epc)) for epc in epcs),
        *(
            Holding(canonical_key(amount.epc_class), *measured(amount.quantity, amount.uom), is_class=True)
            for amount in amounts
        ),
    )


def _name(text: str) -> str:
    """Any text may name a transformation or destination; the spelling of a GS1 key does not matter."""
    try:
        return canonical_key(text)
    except IdentifierError:
        return text


def _lots(event: Event) -> Iterator[tuple[str, str]]:
    """(instance, lot) as the event tells it; its own link says it with more right than the master data."""
    instances = (
        *event.epc_list,
        *event.child_epcs,
        *event.input_epc_list,
        *event.output_epc_list,
        *([] if event.parent_id is None else [event.parent_id]),
    )
    for epc in instances:
        if (plain := item_with_lot(epc)) is not None:
            yield plain
            continue
        told = identify(epc)
        if told.lot_key is not None and told.lot_key != told.key:
            yield told.key, told.lot_key
    number = _lot_number(event.ilmd)
    if number is None:
        return
    for epc in _brought_about(event):
        if item_with_lot(epc) is not None:
            continue
        told = identify(epc)
        if told.lot_key is None and (lot := _lot_key(told, number)) is not None:
            yield told.key, lot


def _brought_about(event: Event) -> tuple[str, ...]:
    """The instances that the event's master data speak of (EPCIS 2.0 §7.3.8: what it creates)."""
    if event.type == "TransformationEvent":
        return event.output_epc_list
    return event.epc_list if event.type == "ObjectEvent" and event.action == "ADD" else ()


def _lot_key(told: Identifier, number: str) -> str | None:
    """The lot of an instance by its product; None where that is not known or the number is no lot number."""
    if told.gtin is None and told.own_part("product") is None:
        return None
    try:
        return piece_of(told, lot=number).key
    except IdentifierError:
        return None


def _lot_number(ilmd: Mapping[str, Any]) -> str | None:
    """``lotNumber``, bare or under any prefix: documents in the wild declare it under many."""
    for name, value in ilmd.items():
        if (name == "lotNumber" or name.endswith((":lotNumber", "/lotNumber", "#lotNumber"))) and (
            isinstance(value, str) and value
        ):
            return value
    return None


def own_member(event: Event, name: str) -> object:
    """The value of a member of our namespace, under the prefix its document declared; None without one."""
    usual = f"{_PREFIX}:{name}"
    if usual in event.body and _is_usual(event.context):
        return event.body[usual]
    end = f":{name}"
    if not any(member.endswith(end) for member in event.body):
        return None
    prefixes = {_PREFIX: NAMESPACE}
    for entry in event.context:
        if isinstance(entry, Mapping):
            prefixes.update(cast("Mapping[str, str]", entry))
    for prefix, namespace in prefixes.items():
        if namespace == NAMESPACE and f"{prefix}:{name}" in event.body:
            return event.body[f"{prefix}:{name}"]
    return None


def _is_usual(context: Iterable[object]) -> bool:
    """Whether our prefix means our namespace: the last entry that declares it counts, and none need."""
    meaning: object = NAMESPACE
    for entry in context:
        if isinstance(entry, Mapping):
            meaning = cast("Mapping[str, object]", entry).get(_PREFIX, meaning)
    return meaning == NAMESPACE


def _sequence(value: object) -> int:
    """The station's own order; 0 where it is missing or is no number of at most 63 bits."""
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) < len(str(_MOST_SEQUENCE))
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MOST_SEQUENCE:
        return 0
    return value


def _basis(value: object) -> Basis:
    """How it came to be known, told unless it says better."""
    return _BASES.get(value, Basis.TOLD) if isinstance(value, str) else Basis.TOLD

"""Validation of one event against EPCIS 2.0 and CBV 2.0, in its JSON form.

One pass over the event: every field is checked by the table of its event type and rewritten to the house's
spelling where it has several; then the rules that concern several fields. Source: EPCIS 2.0 §7.3-7.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    SOURCE_DESTINATION_TYPE,
)
from suyuan.trace.epcis.context import expand
from suyuan.trace.epcis.event import EVENT_TYPES
from suyuan.trace.epcis.fields import Check, Reading
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path, too_large
from suyuan.trace.epcis.sensors import sensor_element_list
from suyuan.trace.epcis.structures import (
    epc_list,
    extension,
    identifier,
    identifier_list,
    ilmd,
    list_of,
    object_of,
    place,
    uri_or_list,
)

_quantity_list = list_of(
    object_of(
        {"epcClass": identifier, "quantity": fields.quantity, "uom": fields.unit},
        required=("epcClass",),
        extensible=False,
    )
)
_biz_transaction_list = list_of(
    object_of(
        {"type": fields.word_of(BIZ_TRANSACTION_TYPE), "bizTransaction": identifier},
        required=("bizTransaction",),
        extensible=False,
    )
)
_source_list = list_of(
    object_of(
        {"type": fields.word_of(SOURCE_DESTINATION_TYPE), "source": identifier},
        required=("type", "source"),
        extensible=False,
    )
)
_destination_list = list_of(
    object_of(
        {"type": fields.word_of(SOURCE_DESTINATION_TYPE), "destination": identifier},
        required=("type", "destination"),
        extensible=False,
    )
)
_dispositions = list_of(fields.word_of(DISPOSITION), least=1, unique=True)
_persistent_disposition = object_of(
    {"set": _dispositions, "unset": _dispositions}, one_of=("set", "unset"), extensible=False
)
_error_declaration = object_of(
    {
        "declarationTime": fields.time,
        "reason": fields.word_of(ERROR_REASON),
        "correctiveEventIDs": list_of(fields.uri),
    },
    required=("declarationTime",),
)

_COMMON: Mapping[str, Check] = {
    "type": fields.text,
    "eventTime": fields.time,
    "recordTime": fields.time,
    "eventTimeZoneOffset": fields.offset,
    "eventID": fields.uri,
    "certificationInfo": uri_or_list,
    "errorDeclaration": _error_declaration,
    "bizStep": fields.word_of(BIZ_STEP),
    "disposition": fields.word_of(DISPOSITION),
    "persistentDisposition": _persistent_disposition,
    "readPoint": place,
    "bizLocation": place,
    "bizTransactionList": _biz_transaction_list,
    "sourceList": _source_list,
    "destinationList": _destination_list,
    "sensorElementList": sensor_element_list,
}
_CHILDREN: Mapping[str, Check] = {
    "action": fields.action,
    "parentID": identifier,
    "childEPCs": identifier_list,
    "childQuantityList": _quantity_list,
}
_OBJECTS: Mapping[str, Check] = {
    "action": fields.action,
    "epcList": epc_list,
    "quantityList": _quantity_list,
}
_TRANSFORMATION: Mapping[str, Check] = {
    "inputEPCList": epc_list,
    "inputQuantityList": _quantity_list,
    "outputEPCList": epc_list,
    "outputQuantityList": _quantity_list,
    "transformationID": fields.uri,
    "ilmd": ilmd,
}
FIELDS: Mapping[str, Mapping[str, Check]] = {
    "ObjectEvent": {**_COMMON, **_OBJECTS, "ilmd": ilmd},
    "AggregationEvent": {**_COMMON, **_CHILDREN},
    "AssociationEvent": {**_COMMON, **_CHILDREN},
    "TransactionEvent": {**_COMMON, **_OBJECTS, "parentID": identifier},
    "TransformationEvent": {**_COMMON, **_TRANSFORMATION},
}
_ALL_FIELDS: Mapping[str, Check] = {**_COMMON, **_CHILDREN, **_OBJECTS, **_TRANSFORMATION}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "ObjectEvent": ("eventTime", "eventTimeZoneOffset", "action"),
    "AggregationEvent": ("eventTime", "eventTimeZoneOffset", "action"),
    "AssociationEvent": ("eventTime", "eventTimeZoneOffset", "action", "parentID"),
    "TransactionEvent": ("eventTime", "eventTimeZoneOffset", "action", "bizTransactionList"),
    "TransformationEvent": ("eventTime", "eventTimeZoneOffset"),
}
_LISTS = frozenset(
    (
        "epcList",
        "quantityList",
        "childEPCs",
        "childQuantityList",
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
    )
)


def check_event(body: Any, path: Path, reading: Reading) -> None:
    """Note what is wrong with the event, and rewrite it in place to the house's spelling.

    Raises:
        TooLarge: it names more objects than the limit ``epcs_per_event``, or they are too many with those of
            the events before.
    """
    if not is_object(body):
        reading.findings.add(path, "An event is an object.", "Write each event as a JSON object.")
        return
    event: dict[str, Any] = body
    kind = event.get("type")
    if not isinstance(kind, str):
        reading.findings.add(
            (*path, "type"), "The event has no type.", "Name the event type, such as ObjectEvent."
        )
        return
    table = FIELDS.get(kind)
    if table is None:
        table = _ALL_FIELDS
        _check_extended_type(kind, path, reading)
    _check_size(event, path, reading)
    before = len(reading.findings.problems)
    for name, value in event.items():
        check = table.get(name)
        if check is None:
            extension(name, value, (*path, name), reading)
        elif (kept := check(value, (*path, name), reading)) is not value:
            event[name] = kept
    for name in REQUIRED.get(kind, ("eventTime", "eventTimeZoneOffset")):
        if name not in event:
            _missing(name, kind, path, reading)
    if len(reading.findings.problems) == before and not reading.findings.full:
        _check_rules(event, kind, path, reading)


def _check_extended_type(kind: str, path: Path, reading: Reading) -> None:
    if len(kind) > fields.LONGEST_URI:
        fields.too_long(kind, (*path, "type"), reading)
    elif ":" not in kind or expand(kind, reading.prefixes) is None or not fields.is_uri(kind):
        reading.findings.add(
            (*path, "type"),
            "{value} is not an event type.",
            "Use one of the five EPCIS event types, or a URI or declared prefix:name of your own.",
            value=kind,
        )


def _check_size(event: Mapping[str, Any], path: Path, reading: Reading) -> None:
    named = 0
    for name, value in event.items():
        if name in _LISTS and is_list(value):
            named += len(value)
    limits = reading.limits
    reading.named += named
    if named > limits.epcs_per_event:
        raise too_large("epcs_per_event", limits.epcs_per_event, "/" + "/".join(map(str, path)))
    if reading.named > limits.epcs_per_document:
        raise too_large("epcs_per_document", limits.epcs_per_document, "/" + "/".join(map(str, path)))


def _missing(name: str, kind: str, path: Path, reading: Reading) -> None:
    reading.findings.add(
        (*path, name),
        "{type} needs the field {name}.",
        "Add the field.",
        type=kind,
        name=name,
    )


def _check_rules(event: Mapping[str, Any], kind: str, path: Path, reading: Reading) -> None:
    _warn_of_times(event, path, reading)
    if kind not in EVENT_TYPES:
        return
    if kind == "TransformationEvent":
        _check_transformation(event, path, reading)
    elif kind == "ObjectEvent":
        _check_object(event, path, reading)
    elif kind == "TransactionEvent":
        _check_named(event, ("epcList", "quantityList"), path, reading)
        if not event["bizTransactionList"]:
            _missing("bizTransactionList", kind, path, reading)
    else:
        if "parentID" not in event and event["action"] != "OBSERVE":
            reading.findings.add(
                (*path, "parentID"),
                "An AggregationEvent with action {action} needs a parentID.",
                "Name the container; only OBSERVE may leave it out.",
                action=event["action"],
            )
        _check_named(event, ("childEPCs", "childQuantityList"), path, reading)
    if kind not in ("ObjectEvent", "TransformationEvent") and "persistentDisposition" in event:
        reading.warnings.add(
            (*path, "persistentDisposition"),
            "EPCIS 2.0 (final text) allows persistentDisposition only in Object- and TransformationEvent.",
            "Other systems may refuse this event.",
        )


def _check_object(event: Mapping[str, Any], path: Path, reading: Reading) -> None:
    placed = "readPoint" in event or "bizLocation" in event
    if not (event.get("epcList") or event.get("quantityList") or (event.get("sensorElementList") and placed)):
        reading.findings.add(
            path,
            "The event names no object.",
            "Fill epcList or quantityList, or give sensorElementList with a readPoint or bizLocation.",
        )
    if "ilmd" in event and event["action"] != "ADD":
        reading.findings.add(
            (*path, "ilmd"),
            "ILMD belongs to action ADD, not to {action}.",
            "Send instance or lot master data when the object is commissioned.",
            action=event["action"],
        )


def _check_named(event: Mapping[str, Any], names: tuple[str, str], path: Path, reading: Reading) -> None:
    if event["action"] != "DELETE" and not any(event.get(name) for name in names):
        reading.findings.add(
            path,
            "The event needs {first} or {second}; only action DELETE may leave both out.",
            "Name the objects concerned.",
            first=names[0],
            second=names[1],
        )


def _check_transformation(event: Mapping[str, Any], path: Path, reading: Reading) -> None:
    consumed = bool(event.get("inputEPCList") or event.get("inputQuantityList"))
    produced = bool(event.get("outputEPCList") or event.get("outputQuantityList"))
    if "transformationID" in event:
        if not (consumed or produced):
            reading.findings.add(
                path, "The transformation names no input and no output.", "Name at least one."
            )
    elif not (consumed and produced):
        reading.findings.add(
            path,
            "A transformation without transformationID needs both an input and an output.",
            "Name both, or join several events by one transformationID.",
        )


def _warn_of_times(event: Mapping[str, Any], path: Path, reading: Reading) -> None:
    """Note times that cannot all be right. GS1's own examples have such, so they are no reason to refuse."""
    when, offset = event["eventTime"], event["eventTimeZoneOffset"]
    if when[-6:] != offset and when[-1] != "Z" and when[-6:] != "+00:00":
        reading.warnings.add(
            (*path, "eventTimeZoneOffset"),
            "eventTime is written with offset {written}, and eventTimeZoneOffset is {offset}.",
            "Give the offset in force where the event happened; write eventTime with it, or in UTC.",
            written=when[-6:],
            offset=offset,
        )
    elements: list[dict[str, Any]] = event.get("sensorElementList") or []
    for index, element in enumerate(elements):
        at = (*path, "sensorElementList", index)
        if "sensorMetadata" in element:
            _warn_of_later(element["sensorMetadata"], when, (*at, "sensorMetadata"), reading)
        for number, report in enumerate(element["sensorReport"]):
            _warn_of_later(report, when, (*at, "sensorReport", number), reading)


def _warn_of_later(measured: Mapping[str, Any], when: str, path: Path, reading: Reading) -> None:
    event_time = None
    for name in ("time", "startTime", "endTime"):
        if name in measured:
            event_time = event_time or fields.parse_time(when)
            instant = fields.parse_time(measured[name])
            if instant is not None and event_time is not None and instant > event_time:
                reading.warnings.add(
                    (*path, name),
                    "The measurement of {time} is later than the event of {event}.",
                    "An event tells what was measured until then; correct one of the two times.",
                    time=measured[name],
                    event=when,
                )

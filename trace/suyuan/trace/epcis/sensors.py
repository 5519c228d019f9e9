"""Checks of sensor data. Source: EPCIS 2.0 §7.3.7 (sensorElement, sensorMetadata, sensorReport)."""

from __future__ import annotations

from typing import Any

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.cbv import COMPONENT, MEASUREMENT_TYPE, SENSOR_ALERT_TYPE
from suyuan.trace.epcis.fields import Reading, parse_time
from suyuan.trace.epcis.json_shapes import is_object
from suyuan.trace.epcis.problems import Path
from suyuan.trace.epcis.structures import list_of, object_of

_ORIGIN = {
    "time": fields.time,
    "deviceID": fields.uri,
    "deviceMetadata": fields.uri,
    "rawData": fields.uri,
    "dataProcessingMethod": fields.uri,
    "bizRules": fields.uri,
}
_metadata = object_of({**_ORIGIN, "startTime": fields.time, "endTime": fields.time})


def _sensor_metadata(value: Any, path: Path, reading: Reading) -> Any:
    kept = _metadata(value, path, reading)
    if is_object(kept) and "startTime" in kept and "endTime" in kept:
        start, end = parse_time(str(kept["startTime"])), parse_time(str(kept["endTime"]))
        if start is not None and end is not None and end < start:
            reading.findings.add(
                (*path, "endTime"),
                "The measurement ends before it starts.",
                "Exchange or correct the two times.",
            )
    return kept


NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_report = object_of(
    {
        **_ORIGIN,
        "type": fields.word_of(MEASUREMENT_TYPE),
        "exception": fields.word_of(SENSOR_ALERT_TYPE),
        "microorganism": fields.uri,
        "chemicalSubstance": fields.uri,
        "coordinateReferenceSystem": fields.uri,
        "component": fields.word_of(COMPONENT),
        "stringValue": fields.text,
        "booleanValue": fields.boolean,
        "hexBinaryValue": fields.hex_binary,
        "uriValue": fields.uri,
        "uom": fields.text,
        **dict.fromkeys(NUMBERS, fields.number),
    },
)


def _sensor_report(value: Any, path: Path, reading: Reading) -> Any:
    """A report; its type may be missing beside an exception, as the XML schema and GS1's examples have it."""
    kept = _report(value, path, reading)
    if is_object(kept) and "type" not in kept:
        told = reading.warnings if "exception" in kept else reading.findings
        told.add((*path, "type"), "The field {name} is missing.", "Say what was measured.", name="type")
    return kept


_element = object_of(
    {"sensorMetadata": _sensor_metadata, "sensorReport": list_of(_sensor_report, least=1)},
    required=("sensorReport",),
)


def _sensor_element(value: Any, path: Path, reading: Reading) -> Any:
    # GS1's own "simple context" examples state the class of the object, which the place already tells.
    if is_object(value) and value.get("type") == "epcis:SensorElement":
        value = {name: member for name, member in value.items() if name != "type"}
    return _element(value, path, reading)


sensor_element_list = list_of(_sensor_element)

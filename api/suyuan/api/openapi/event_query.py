"""The parameters of SimpleEventQuery, as an OpenAPI description can tell them (EPCIS 2.0 §8.2.7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TEXTS = (
    *("eventType", "EQ_action", "EQ_bizStep", "EQ_disposition", "EQ_persistentDisposition_set"),
    *("EQ_persistentDisposition_unset", "EQ_readPoint", "WD_readPoint", "EQ_bizLocation", "WD_bizLocation"),
    *("EQ_transformationID", "EQ_eventID", "EQ_errorReason", "EQ_correctiveEventID"),
    *("MATCH_epc", "MATCH_parentID", "MATCH_inputEPC", "MATCH_outputEPC", "MATCH_anyEPC", "MATCH_epcClass"),
    *("MATCH_inputEPCClass", "MATCH_outputEPCClass", "MATCH_anyEPCClass"),
    *("EQ_type", "EQ_deviceID", "EQ_dataProcessingMethod", "EQ_microorganism", "EQ_chemicalSubstance"),
    *("EQ_bizRules", "EQ_stringValue", "EQ_hexBinaryValue", "EQ_uriValue"),
)
_TIMES = tuple(
    f"{comparison}_{name}"
    for name in ("eventTime", "recordTime", "errorDeclarationTime", "startTime", "endTime", "time")
    for comparison in ("GE", "LT")
)
_NUMBERS = (
    *(f"{comparison}_quantity" for comparison in ("EQ", "GT", "GE", "LT", "LE")),
    *(f"{comparison}_percRank" for comparison in ("GT", "GE", "LT", "LE")),
)
_TRUTHS = ("EXISTS_errorDeclaration", "EXISTS_sensorElementList", "EQ_booleanValue")
_FAMILIES = """Parameters whose names hold a part of the caller's: `EQ_bizTransaction_TYPE`, `EQ_source_TYPE`,
`EQ_destination_TYPE`; `EQ_`, `GT_`, `GE_`, `LT_`, `LE_` and `EXISTS_` before an extension field
(`prefix:name`, its prefix declared in the header GS1-Extensions or known here), and the same with `INNER_`,
`ILMD_`, `INNER_ILMD_`, `ERROR_DECLARATION_`, `SENSORELEMENT_`, `SENSORMETADATA_`, `SENSORREPORT_`;
`EQ_readPoint_FIELD`, `EQ_bizLocation_FIELD`; `HASATTR_FIELD`, `EQATTR_FIELD_ATTRIBUTE`; `EQ_value_UOM` and
the other comparisons of `value`, `minValue`, `maxValue`, `meanValue`, `sDev`, `percValue` and `quantity` in a
unit. A parameter that is none of the standard's is refused, never passed over."""


def _named(name: str, schema: Mapping[str, Any], **more: Any) -> tuple[str, Mapping[str, Any]]:
    return name, {"name": name, "in": "query", "required": False, "schema": schema, **more}


def _all() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in _TEXTS:
        lists = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 100}
        yield _named(name, lists, style="pipeDelimited", explode=False)
    for name in _TIMES:
        yield _named(name, {"type": "string", "format": "date-time"})
    for name in _NUMBERS:
        yield _named(name, {"type": "number"})
    for name in _TRUTHS:
        yield _named(name, {"type": "boolean"})
    yield _named("orderBy", {"type": "string", "examples": ["eventTime", "recordTime"]})
    yield _named("orderDirection", {"enum": ["ASC", "DESC"]})
    for name in ("eventCountLimit", "maxEventCount"):
        yield _named(name, {"type": "integer", "minimum": 1})
    families = {"type": "object", "additionalProperties": {"type": "string"}}
    yield _named("families", families, style="form", explode=True, description=_FAMILIES)


EVENT_QUERY: Mapping[str, Any] = dict(_all())

"""What the names of SimpleEventQuery's parameters mean: those of their own, and the families.

Source: EPCIS 2.0 §8.2.7.1, the OpenAPI description and ``query-schema.json``; where these differ in a name,
both names are taken (decision 0013).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Literal, get_args

from suyuan.trace.epcis.canonical import canonical_identifier
from suyuan.trace.epcis.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from suyuan.trace.epcis.context import is_absolute
from suyuan.trace.epcis.query_fields import MEASURES, full_name, kept, measured
from suyuan.trace.epcis.query_values import (
    Value,
    action,
    any_identifier,
    boolean,
    compared_to,
    equal_to,
    event_type,
    existence,
    hexadecimal,
    instant,
    literal,
    measure,
    place,
    short_word,
    word,
    written,
)
from suyuan.trace.errors import InvalidInput

Comparison = Literal["EQ", "GT", "GE", "LT", "LE", "EXISTS", "MATCH", "WD", "HASATTR", "EQATTR"]


class QueryParameterWrong(InvalidInput):
    """A query parameter that is unknown or has a value that it cannot have (QueryParameterException)."""

    code = "query-parameter"
    title = "A query parameter is wrong"


def wrong(name: str, value: Any, template: str, remedy: str = "", **fields: object) -> QueryParameterWrong:
    """The error of a parameter, with as much of its value as a person wants to read."""
    told = "" if value is None else str(value)[:100]
    return QueryParameterWrong(
        template, where=name[:100], remedy=remedy, name=name[:100], value=told, **fields
    )


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a parameter's name says, and how its values are read."""

    field: str
    comparison: Comparison
    read: Callable[[Any], Value] = literal
    part: str = ""
    prefix: str = ""


_UNEQUAL: Sequence[Comparison] = ("GT", "GE", "LT", "LE")
_BOUNDS: Sequence[Comparison] = ("GE", "LT")


def _bounds(field: str, name: str) -> dict[str, Meaning]:
    return {f"{bound}_{name}": Meaning(field, bound, instant) for bound in _BOUNDS}


FIXED: Mapping[str, Meaning] = {
    "eventType": Meaning("type", "EQ", event_type),
    **_bounds("eventTime", "eventTime"),
    **_bounds("recordTime", "recordTime"),
    "EQ_action": Meaning("action", "EQ", action),
    "EQ_bizStep": Meaning("bizStep", "EQ", word(BIZ_STEP)),
    "EQ_disposition": Meaning("disposition", "EQ", word(DISPOSITION)),
    "EQ_persistentDisposition_set": Meaning("persistentDisposition.set", "EQ", short_word(DISPOSITION)),
    "EQ_persistentDisposition_unset": Meaning("persistentDisposition.unset", "EQ", short_word(DISPOSITION)),
    "EQ_readPoint": Meaning("readPoint", "EQ", place),
    "WD_readPoint": Meaning("readPoint", "WD", place),
    "EQ_bizLocation": Meaning("bizLocation", "EQ", place),
    "WD_bizLocation": Meaning("bizLocation", "WD", place),
    "EQ_transformationID": Meaning(
        "transformationID", "EQ", lambda item: canonical_identifier(written(item))
    ),
    **{
        f"MATCH_{field}": Meaning(field, "MATCH", written)
        for field in (
            *("epc", "parentID", "inputEPC", "outputEPC", "anyEPC"),
            *("epcClass", "inputEPCClass", "outputEPCClass", "anyEPCClass"),
        )
    },
    "EQ_quantity": Meaning("quantity", "EQ", measure("", equal=True)),
    **{f"{sign}_quantity": Meaning("quantity", sign, measure("", equal=False)) for sign in _UNEQUAL},
    "EQ_eventID": Meaning("eventID", "EQ", written),
    "EXISTS_errorDeclaration": Meaning("errorDeclaration", "EXISTS", existence),
    **_bounds("declarationTime", "errorDeclarationTime"),
    "EQ_errorReason": Meaning("errorDeclaration.reason", "EQ", short_word(ERROR_REASON)),
    "EQ_correctiveEventID": Meaning("errorDeclaration.correctiveEventIDs", "EQ"),
    "EXISTS_sensorElementList": Meaning("sensorElementList", "EXISTS", existence),
    **_bounds("sensor.time", "time"),
    **_bounds("sensor.startTime", "startTime"),
    **_bounds("sensor.endTime", "endTime"),
    "EQ_type": Meaning("sensorReport.type", "EQ", short_word(MEASUREMENT_TYPE)),
    **{
        f"EQ_{field}": Meaning(f"sensor.{field}", "EQ", any_identifier)
        for field in ("deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules")
    },
    "EQ_stringValue": Meaning("sensorReport.stringValue", "EQ"),
    "EQ_hexBinaryValue": Meaning("sensorReport.hexBinaryValue", "EQ", hexadecimal),
    "EQ_uriValue": Meaning("sensorReport.uriValue", "EQ", any_identifier),
    "EQ_booleanValue": Meaning("sensorReport.booleanValue", "EQ", boolean),
    "EQ_percRank": Meaning("sensorReport.percRank", "EQ", measure("", equal=True)),
    **{
        f"{sign}_percRank": Meaning("sensorReport.percRank", sign, measure("", equal=False))
        for sign in _UNEQUAL
    },
}
"""The parameters with a name of their own."""

ALIASES: Mapping[str, str] = {
    "GE_errorDeclaration_Time": "GE_errorDeclarationTime",
    "LT_errorDeclaration_Time": "LT_errorDeclarationTime",
    "EXISTS_sensorElement": "EXISTS_sensorElementList",
}
"""Spellings of other parts of the standard, and of its drafts."""

_SIGNS = ("EQ", "GT", "GE", "LT", "LE")
_SCOPES: Mapping[str, str] = {
    "ILMD_": "ilmd",
    "ERROR_DECLARATION_": "errorDeclaration",
    "SENSORELEMENT_": "sensorElement",
    "SENSORMETADATA_": "sensorMetadata",
    "SENSORREPORT_": "sensorReport",
    "readPoint_": "readPoint",
    "bizLocation_": "bizLocation",
}
_TYPED: Mapping[str, Vocabulary] = {
    "bizTransaction": BIZ_TRANSACTION_TYPE,
    "source": SOURCE_DESTINATION_TYPE,
    "destination": SOURCE_DESTINATION_TYPE,
}
_UNITED = re.compile(rf"({'|'.join((*MEASURES, 'quantity'))})_([A-Z0-9]{{2,4}})\Z")
DESCRIBED = (
    *("readPoint", "bizLocation", "bizStep", "disposition"),
    *("bizTransaction", "source", "destination", "epcClass", "epc"),
)
"""Fields of the standard whose values master data may describe (HASATTR, EQATTR)."""

FAMILIES = (
    *(f"EQ_{field}_TYPE" for field in _TYPED),
    *(f"{sign}_{inner}{scope}field" for sign in (*_SIGNS, "EXISTS") for inner in ("", "INNER_")
      for scope in ("", *_SCOPES)),
    *(f"{sign}_{field}_UOM" for sign in _SIGNS for field in (*MEASURES, "quantity")),
    "HASATTR_field",
    "EQATTR_field_attr",
)  # fmt: skip
"""The families of parameters, as they are named in messages."""


def family(name: str, known: Mapping[str, str]) -> Meaning | None:
    """What a patterned name means, or None."""
    sign, _, rest = name.partition("_")
    if sign in ("HASATTR", "EQATTR"):
        return _of_described(name, rest, known, with_value=sign == "EQATTR")
    if name.startswith("EQ_ATTR_"):
        return _of_described(name, name.removeprefix("EQ_ATTR_"), known, with_value=True)
    if sign not in (*_SIGNS, "EXISTS") or not rest:
        return None
    comparison: Comparison = next(one for one in get_args(Comparison) if one == sign)
    if comparison != "EXISTS" and (united := _UNITED.match(rest)):
        field, unit = united.groups()
        field = field if field == "quantity" else f"sensorReport.{field}"
        read = measure(unit, equal=comparison == "EQ", field=field)
        return Meaning(measured(field, Fraction(0), unit).field, comparison, read)
    member, _, kind = rest.partition("_")
    if comparison == "EQ" and member in _TYPED and kind:
        kind = _TYPED[member].xml_spellings.get(kind, kind)
        return Meaning(kept(f"{member} {kind}"), "EQ", any_identifier)
    return _extension(rest, comparison, known)


def _extension(rest: str, comparison: Comparison, known: Mapping[str, str]) -> Meaning | None:
    inner, scope = rest.startswith("INNER_"), "event"
    rest = rest.removeprefix("INNER_")
    for label, named in _SCOPES.items():
        if rest.startswith(label):
            rest, scope = rest.removeprefix(label), named
            break
    told = extension_field(f"{scope}/inner" if inner else scope, rest, known, bare=inner)
    if told is None:
        return None
    field, prefix = told
    read: Callable[[Any], Value] = compared_to
    if comparison == "EXISTS":
        read = existence
    elif comparison == "EQ":
        read = equal_to
    return Meaning(field, comparison, read, prefix=prefix)


def extension_field(
    scope: str, name: str, known: Mapping[str, str], *, bare: bool = False
) -> tuple[str, str] | None:
    """(field, prefix that only the store can know) of an extension named within ``scope``, or None.

    A ``bare`` name, of no namespace, only stands within an extension.
    """
    prefix, colon, local = name.partition(":")
    if not (is_absolute(name) or (colon and prefix and local)):
        return (f"{scope} {kept(name)}", "") if bare and name and "_" not in name and not colon else None
    if is_absolute(name) and "#" not in name and not name.rpartition("/")[2] and not local:
        return None
    full = full_name(name, known)
    if full is None:
        return f"{scope} {name}", prefix
    return f"{scope} {full}", ""


def attribute_name(name: str, known: Mapping[str, str]) -> str:
    """An attribute of master data by its full name; as it stands where its prefix is unknown."""
    return full_name(name, known) or name


def _of_described(name: str, rest: str, known: Mapping[str, str], *, with_value: bool) -> Meaning | None:
    """HASATTR_field, EQATTR_field_attr: what master data say of the value of a field."""
    field, attribute = rest, ""
    if with_value:
        field, attribute = _cut(name, rest)
        if not attribute:
            return None
    prefix = ""
    if field not in DESCRIBED:
        told = extension_field("event", field, known)
        if told is None:
            return None
        field, prefix = told
    if not with_value:
        return Meaning(field, "HASATTR", prefix=prefix)
    return Meaning(field, "EQATTR", equal_to, part=attribute_name(attribute, known), prefix=prefix)


def _cut(name: str, rest: str) -> tuple[str, str]:
    """Field and attribute; a field of the standard has no underscore, but others may.

    Raises:
        QueryParameterWrong: there are several places to cut. The standard lets a server say so.
    """
    for field in DESCRIBED:
        if rest.startswith(f"{field}_"):
            return field, rest[len(field) + 1 :]
    cuts = [
        (rest[: found.start()], rest[found.end() :])
        for found in re.finditer("_", rest)
        if ":" in rest[: found.start()] and found.end() < len(rest)
    ]
    # An attribute of master data mostly has a namespace: then its beginning tells where the field ends.
    named = [cut for cut in cuts if re.match(r"[A-Za-z][A-Za-z0-9.-]*:", cut[1])]
    found = named or cuts
    if len(found) > 1:
        raise wrong(
            name,
            None,
            "{name} can be read in several ways: its underscores do not tell where the field ends",
            "Name the attribute with its prefix or namespace.",
        )
    return found[0] if found else ("", "")


def unknown(name: str) -> QueryParameterWrong:
    """The error of a name that means nothing, with one that is near."""
    near = get_close_matches(name[:100], [*FIXED, *FAMILIES], n=1, cutoff=0.75)
    if near:
        return wrong(
            name,
            None,
            "There is no query parameter {name} here; did you mean {near}?",
            "Correct it, or leave it out. A field of your own is named prefix:name or namespace#name.",
            near=near[0],
        )
    return wrong(
        name,
        None,
        "There is no query parameter {name} here",
        "Correct it, or leave it out. A field of your own is named prefix:name or namespace#name.",
    )

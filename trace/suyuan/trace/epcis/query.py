"""The grammar of SimpleEventQuery: one parameter and its value become one :class:`Condition`, or an error.

Source: EPCIS 2.0 §8.2.7.1, the OpenAPI description and ``query-schema.json``; where these differ in a name,
both names are taken (decision 0013). Nothing here knows of a database: ``field`` names a field of the event,
for all that no column answers as :mod:`suyuan.trace.epcis.query_fields` names it.

An unknown parameter is an error by the standard, never ignored: a filter that does nothing would show more
than was asked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, Literal, get_args

from suyuan.trace.epcis.canonical import canonical_identifier, number_text
from suyuan.trace.epcis.cbv import (
    ACTIONS,
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from suyuan.trace.epcis.context import STANDARD_PREFIXES, is_absolute
from suyuan.trace.epcis.json_shapes import is_list
from suyuan.trace.epcis.query_fields import MEASURES, full_name, kept, measured, spelled
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import canonical_key

Comparison = Literal["EQ", "GT", "GE", "LT", "LE", "EXISTS", "MATCH", "WD", "HASATTR", "EQATTR"]
Value = str | int | float | bool | datetime

MOST_VALUES = 1000  # of one parameter
LONGEST_NAME = 2000
_LONGEST_NUMBER = 100


class QueryParameterWrong(InvalidInput):
    """A query parameter that is unknown or has a value that it cannot have (QueryParameterException)."""

    code = "query-parameter"
    title = "A query parameter is wrong"


@dataclass(frozen=True, slots=True)
class Condition:
    """What one parameter asks for: ``field`` compares to one of ``values``, which are in stored form.

    ``name`` is the parameter in the standard's spelling, ``part`` the attribute of EQATTR. A ``prefix`` that
    the query did not declare still stands in ``field``: what the documents in the store declare gives it its
    meaning.
    """

    name: str
    field: str
    comparison: Comparison
    values: tuple[Value, ...]
    part: str = ""
    prefix: str = ""


def parse_parameter(
    name: str, value: Any, prefixes: Mapping[str, str] | None = None, *, in_url: bool = False
) -> Condition:
    """The condition of one parameter.

    ``value`` is what JSON gives: text, a number, a truth value, null or a list of them. With ``in_url`` it is
    the text of a URL, whose lists are delimited by ``|``. ``prefixes`` are those of extension fields that the
    query declares; the standard's own are known.

    Raises:
        QueryParameterWrong: naming the parameter.
    """
    name = ALIASES.get(name, name)
    if len(name) > LONGEST_NAME or not _is_text(name):
        raise wrong(name, value, "The name of a query parameter is too long or no text")
    known = {**STANDARD_PREFIXES, **(prefixes or {})}
    meaning = FIXED.get(name) or _family(name, known)
    if meaning is None:
        raise _unknown(name)
    comparison = meaning.comparison
    if comparison in ("EQATTR", "HASATTR") or comparison in _LISTED:
        items = value.split("|") if in_url and isinstance(value, str) else value
    else:
        items = value
    listed: Sequence[Any] = items if is_list(items) else [items]
    if len(listed) > MOST_VALUES:
        raise wrong(name, value, "{name} has more than {most} values", most=MOST_VALUES)
    if comparison != "EXISTS" and not (listed and all(map(_is_told, listed))):
        raise wrong(name, value, "{name} has an empty or impossible value", "Give values joined by |.")
    if comparison in _SINGLE and len(listed) > 1:
        raise wrong(name, value, "{name} takes one value, not several", "Give one.")
    return Condition(
        name, meaning.field, comparison, _read(name, listed, meaning, known), meaning.part, meaning.prefix
    )


_SINGLE = frozenset(("GT", "GE", "LT", "LE", "EXISTS"))
_LISTED = frozenset(("EQ", "MATCH", "WD"))


def _is_told(item: Any) -> bool:
    """Whether a value may stand in a list: text that can be stored, a number, or a truth value."""
    return isinstance(item, int | float) or (isinstance(item, str) and item != "" and _is_text(item))


def _is_text(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(name: str, items: Sequence[Any], meaning: Meaning, known: Mapping[str, str]) -> tuple[Value, ...]:
    try:
        if meaning.comparison == "HASATTR":
            return tuple(dict.fromkeys(attribute_name(_text(item), known) for item in items))
        return tuple(dict.fromkeys(meaning.read(item) for item in items))
    except InvalidInput as error:  # no identifier, or no pattern
        raise QueryParameterWrong(
            "{name}: {reason}", where=name[:100], remedy=error.remedy, name=name[:100], reason=error.detail
        ) from error
    except (ValueError, OverflowError) as error:
        raise wrong(name, items[0], "{name} cannot be {value}: {reason}", reason=error) from error


def wrong(name: str, value: Any, template: str, remedy: str = "", **fields: object) -> QueryParameterWrong:
    """The error of a parameter, with as much of its value as a person wants to read."""
    told = "" if value is None else str(value)[:100]
    return QueryParameterWrong(
        template, where=name[:100], remedy=remedy, name=name[:100], value=told, **fields
    )


def _unknown(name: str) -> QueryParameterWrong:
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


# Reading values. Each takes what JSON gave and returns the stored form, or raises ValueError.


def _text(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return number_text(item) if isinstance(item, int | float) else str(item)


def _time(item: Any) -> datetime:
    text = _text(item)
    # A plus sign that was not escaped arrives as a blank.
    time = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if time.tzinfo is None:
        message = "a time needs its zone, as in 2026-05-01T08:00:00+08:00"
        raise ValueError(message)
    return time.astimezone(UTC)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\Z")


def _exact(item: Any) -> Fraction:
    text = repr(item) if isinstance(item, int | float) and not isinstance(item, bool) else _text(item)
    # A plus sign that was not escaped arrives as a blank.
    text = text.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.match(text) or not math.isfinite(float(text)):
        message = "it is a number"
        raise ValueError(message)
    return Fraction(text)


def _number(item: Any) -> float:
    return float(_exact(item)) + 0.0  # no negative zero


def _event_type(item: Any) -> str:
    return _text(item).removeprefix("https://ref.gs1.org/epcis/").removeprefix("epcis:")


def _action(item: Any) -> str:
    if item not in ACTIONS:
        message = "an action is ADD, OBSERVE or DELETE"
        raise ValueError(message)
    return str(item)


def _truth(item: Any) -> bool:
    told = {"true": True, "1": True, "false": False, "0": False}.get(_text(item))
    if told is None:
        message = "it is true or false"
        raise ValueError(message)
    return told


def _existence(item: Any) -> bool:
    """The parameter alone asks for existence; false asks for nothing (EPCIS 2.0: "regardless of")."""
    return True if item is None or item == "" else _truth(item)


def _word(vocabulary: Vocabulary) -> Callable[[Any], str]:
    def read(item: Any) -> str:
        text = _text(item)
        return vocabulary.xml_spellings.get(text, text)

    return read


def _any_identifier(item: Any) -> str:
    """Any text; where it is a GS1 key its spelling does not matter."""
    return kept(canonical_identifier(_text(item)))


def _place(item: Any) -> str:
    return canonical_key(_text(item))


def _short_word(vocabulary: Vocabulary) -> Callable[[Any], str]:
    read = _word(vocabulary)
    return lambda item: kept(read(item))


def _hexadecimal(item: Any) -> str:
    return kept(_text(item).upper())


def _literal(item: Any) -> str:
    return kept(_text(item))


def _boolean(item: Any) -> str:
    return "true" if _truth(item) else "false"


def _equal(item: Any) -> str:
    """A value of an extension field that is asked for; its text is one for all its spellings."""
    return spelled(item)[0]


def _compared(item: Any) -> float | datetime:
    """A value that an extension field is less or greater than: a number, a time, or a date."""
    if isinstance(item, str):
        _, _, moment = spelled(item.replace(" ", "+") if "T" in item else item)
        if moment is not None:
            return moment
    try:
        return _number(item)
    except ValueError:
        message = "only numbers and times are less or greater; a time needs its zone"
        raise ValueError(message) from None


def _measure(unit: str, *, equal: bool, field: str = "") -> Callable[[Any], Value]:
    def read(item: Any) -> Value:
        told = measured(field, _exact(item), unit)
        if told.number is None:
            message = "it is a number"
            raise ValueError(message)
        return told.text if equal else told.number

    return read


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a parameter's name says, and how its values are read."""

    field: str
    comparison: Comparison
    read: Callable[[Any], Value] = _literal
    part: str = ""
    prefix: str = ""


_UNEQUAL: Sequence[Comparison] = ("GT", "GE", "LT", "LE")
_BOUNDS: Sequence[Comparison] = ("GE", "LT")


def _bounds(field: str, name: str) -> dict[str, Meaning]:
    return {f"{bound}_{name}": Meaning(field, bound, _time) for bound in _BOUNDS}


FIXED: Mapping[str, Meaning] = {
    "eventType": Meaning("type", "EQ", _event_type),
    **_bounds("eventTime", "eventTime"),
    **_bounds("recordTime", "recordTime"),
    "EQ_action": Meaning("action", "EQ", _action),
    "EQ_bizStep": Meaning("bizStep", "EQ", _word(BIZ_STEP)),
    "EQ_disposition": Meaning("disposition", "EQ", _word(DISPOSITION)),
    "EQ_persistentDisposition_set": Meaning("persistentDisposition.set", "EQ", _short_word(DISPOSITION)),
    "EQ_persistentDisposition_unset": Meaning("persistentDisposition.unset", "EQ", _short_word(DISPOSITION)),
    "EQ_readPoint": Meaning("readPoint", "EQ", _place),
    "WD_readPoint": Meaning("readPoint", "WD", _place),
    "EQ_bizLocation": Meaning("bizLocation", "EQ", _place),
    "WD_bizLocation": Meaning("bizLocation", "WD", _place),
    "EQ_transformationID": Meaning("transformationID", "EQ", lambda item: canonical_identifier(_text(item))),
    **{
        f"MATCH_{field}": Meaning(field, "MATCH", _text)
        for field in (
            *("epc", "parentID", "inputEPC", "outputEPC", "anyEPC"),
            *("epcClass", "inputEPCClass", "outputEPCClass", "anyEPCClass"),
        )
    },
    "EQ_quantity": Meaning("quantity", "EQ", _measure("", equal=True)),
    **{f"{sign}_quantity": Meaning("quantity", sign, _measure("", equal=False)) for sign in _UNEQUAL},
    "EQ_eventID": Meaning("eventID", "EQ", _text),
    "EXISTS_errorDeclaration": Meaning("errorDeclaration", "EXISTS", _existence),
    **_bounds("declarationTime", "errorDeclarationTime"),
    "EQ_errorReason": Meaning("errorDeclaration.reason", "EQ", _short_word(ERROR_REASON)),
    "EQ_correctiveEventID": Meaning("errorDeclaration.correctiveEventIDs", "EQ"),
    "EXISTS_sensorElementList": Meaning("sensorElementList", "EXISTS", _existence),
    **_bounds("sensor.time", "time"),
    **_bounds("sensor.startTime", "startTime"),
    **_bounds("sensor.endTime", "endTime"),
    "EQ_type": Meaning("sensorReport.type", "EQ", _short_word(MEASUREMENT_TYPE)),
    **{
        f"EQ_{field}": Meaning(f"sensor.{field}", "EQ", _any_identifier)
        for field in ("deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules")
    },
    "EQ_stringValue": Meaning("sensorReport.stringValue", "EQ"),
    "EQ_hexBinaryValue": Meaning("sensorReport.hexBinaryValue", "EQ", _hexadecimal),
    "EQ_uriValue": Meaning("sensorReport.uriValue", "EQ", _any_identifier),
    "EQ_booleanValue": Meaning("sensorReport.booleanValue", "EQ", _boolean),
    "EQ_percRank": Meaning("sensorReport.percRank", "EQ", _measure("", equal=True)),
    **{
        f"{sign}_percRank": Meaning("sensorReport.percRank", sign, _measure("", equal=False))
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


def _family(name: str, known: Mapping[str, str]) -> Meaning | None:
    """What a patterned name means, or None."""
    sign, _, rest = name.partition("_")
    if sign in ("HASATTR", "EQATTR"):
        return _described(name, rest, known, with_value=sign == "EQATTR")
    if name.startswith("EQ_ATTR_"):
        return _described(name, name.removeprefix("EQ_ATTR_"), known, with_value=True)
    if sign not in (*_SIGNS, "EXISTS") or not rest:
        return None
    comparison: Comparison = next(one for one in get_args(Comparison) if one == sign)
    if comparison != "EXISTS" and (united := _UNITED.match(rest)):
        field, unit = united.groups()
        field = field if field == "quantity" else f"sensorReport.{field}"
        read = _measure(unit, equal=comparison == "EQ", field=field)
        return Meaning(measured(field, Fraction(0), unit).field, comparison, read)
    member, _, kind = rest.partition("_")
    if comparison == "EQ" and member in _TYPED and kind:
        kind = _TYPED[member].xml_spellings.get(kind, kind)
        return Meaning(kept(f"{member} {kind}"), "EQ", _any_identifier)
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
    read: Callable[[Any], Value] = _compared
    if comparison == "EXISTS":
        read = _existence
    elif comparison == "EQ":
        read = _equal
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


def _described(name: str, rest: str, known: Mapping[str, str], *, with_value: bool) -> Meaning | None:
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
    return Meaning(field, "EQATTR", _equal, part=attribute_name(attribute, known), prefix=prefix)


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

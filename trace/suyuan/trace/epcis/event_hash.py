"""The CBV event hash: an event identifier computed from what the event says.

Source: CBV 2.0 §8.9.2. The pre-hash string names each field and its normalised value in the order of the
standard, without separators; entries of lists, and the extensions of one object, are in alphabetical order.
Decision 0012 tells where published vectors and generators differ from the standard, and from each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from suyuan.trace.epcis.cbv import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from suyuan.trace.epcis.context import expand, prefixes
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.fields import parse_time
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.gs1 import IdentifierError, canonical_key

Render = Callable[[Any], str]
Member = Callable[[Any, Mapping[str, str]], str]

Version = Literal["CBV2.0", "CBV2.1"]
"""The edition that the identifier names. Both give one digest: 2.1 only says what 2.0 means by rounding."""


def event_hash(
    event: Event, ignored: Collection[str] = (), *, version: Version = "CBV2.0", rounded: bool = True
) -> str:
    """The event hash identifier, ``ni:///sha-256;…?ver=CBV2.0``.

    ``ignored`` names extension fields (as in the event, ``prefix:name``) that its sender leaves out. Times
    are rounded to milliseconds, half of one upwards, as CBV 2.1 says; without ``rounded`` they are cut off,
    as early generators for CBV 2.0 do: for comparing with their identifiers only.
    """
    digest = hashlib.sha256(pre_hash(event, ignored, rounded=rounded).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver={version}"


def pre_hash(event: Event, ignored: Collection[str] = (), *, rounded: bool = True) -> str:
    """The string that is hashed."""
    known = prefixes(event.context)
    body = event.body
    if ignored:
        body = {name: value for name, value in body.items() if name not in ignored}
    text = "eventType=" + _type(event.type, known)
    text += _ordered(body, _ROUNDED if rounded else _CUT, known)
    ilmd = _extensions(body.get("ilmd") or {}, known)
    return text + ("ilmd" + ilmd if ilmd else "") + _extensions(body, known)


def _type(kind: str, known: Mapping[str, str]) -> str:
    expanded = expand(kind, known) if ":" in kind else None
    return "".join(expanded) if expanded else kind


def _ordered(value: Mapping[str, Any], order: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """The members of ``value`` in this order; null and empty lists and objects say nothing."""
    return "".join(
        [
            render(member, known)
            for name, render in order.items()
            if (member := value.get(name)) or member in (0, "")
        ]
    )


def _scalar(name: str, render: Render) -> Member:
    prefix = name + "="
    return lambda value, known: prefix + render(value)  # noqa: ARG005 - every renderer takes the prefixes


def _several(name: str, entry: str, render: Render) -> Member:
    prefix = entry + "="

    def rendered(value: Any, known: Mapping[str, str]) -> str:  # noqa: ARG001 - see _scalar
        entries: list[Any] = value if is_list(value) else [value]
        return name + "".join(sorted([prefix + render(one) for one in entries]))

    return rendered


def _objects(name: str, entry: str, order: Mapping[str, Any], *, extensible: bool = False) -> Member:
    def rendered(value: Any, known: Mapping[str, str]) -> str:
        return name + "".join(sorted([entry + text(one, known) for one in value]))

    text = _one("", order, extensible=extensible)
    return rendered


def _one(name: str, order: Mapping[str, Any], *, extensible: bool = True) -> Member:
    """An object; where it is not ``extensible``, EPCIS lets no extension into it."""

    def rendered(value: Any, known: Mapping[str, str]) -> str:
        text = name + _ordered(value, order, known)
        return text + _extensions(value, known) if extensible else text

    return rendered


def _extensions(value: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """The extensions among the members of an event or of an object within it."""
    texts: list[str] = []
    for name, member in value.items():
        if ":" in name:
            _tell_extension(texts, name, member, known)
    return "".join(sorted(texts)) if texts else ""


def _tell_extension(texts: list[str], name: str, member: Any, known: Mapping[str, str]) -> None:
    """Append a field of an extension, as often as XML would repeat its element; nothing for null."""
    if is_list(member):
        for entry in member:
            _tell_extension(texts, name, entry, known)
        return
    if member is None:
        return
    expanded = expand(name, known)
    shown = name if expanded is None or not expanded[0] else f"{{{expanded[0]}}}{expanded[1]}"
    if is_object(member):
        within: list[str] = []
        for inner, value in member.items():
            _tell_extension(within, inner, value, known)
        texts.append(shown + "".join(sorted(within)))
    else:
        text = _free(member)
        texts.append(f"{shown}={text}" if text else shown)


def _free(value: Any) -> str:
    """An extension value: numbers without needless digits, identifiers canonical, other text trimmed."""
    if isinstance(value, bool):
        return _boolean(value)
    if isinstance(value, int):
        return str(value)
    text = str(value).strip()
    if _NUMBER.match(text):
        return _decimal(text)
    return _identifier(text) if ":" in text else text


def _number(value: Any) -> str:
    text = repr(value)
    return _decimal(text) if "e" in text or text == "-0.0" else text.removesuffix(".0")


_NUMBER = re.compile(r"[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]{1,3})?+\Z")


def _decimal(text: str) -> str:
    """Without sign of plus, exponent and needless zeros; there is one zero, without sign."""
    number = Decimal(text)
    if not number:
        return "0"
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _boolean(value: Any) -> str:
    return "true" if value else "false"


@lru_cache(maxsize=1024)
def _rounded(value: str) -> str:
    """UTC with exactly three decimals; a fourth digit of five or more rounds up, beyond the second too."""
    instant = parse_time(value)
    if instant is None:
        return value
    over = instant.microsecond % 1000
    if over >= _HALF_A_MILLISECOND:
        instant += timedelta(microseconds=1000 - over)
    return _milliseconds(instant)


def _cut(value: str) -> str:
    """UTC with exactly three decimals, further ones left out."""
    instant = parse_time(value)
    return value if instant is None else _milliseconds(instant)


def _milliseconds(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


_HALF_A_MILLISECOND = 500


def _identifier(value: Any) -> str:
    """The canonical Digital Link; the vectors leave the apostrophe unescaped, as RFC 3986 allows."""
    try:
        return canonical_key(value).replace("%27", "'")
    except IdentifierError:
        return str(value)


def _word(vocabulary: Vocabulary) -> Render:
    return lambda value: vocabulary.web + value if value in vocabulary.words else str(value)


_QUANTITY = {
    "epcClass": _scalar("epcClass", _identifier),
    "quantity": _scalar("quantity", _number),
    "uom": _scalar("uom", str),
}
_PLACE = {"id": _scalar("id", _identifier)}
_DISPOSITIONS = {name: _several("", name, _word(DISPOSITION)) for name in ("set", "unset")}
_TRANSACTION = {
    "type": _scalar("type", _word(BIZ_TRANSACTION_TYPE)),
    "bizTransaction": _scalar("bizTransaction", _identifier),
}
_TYPED = {"type": _scalar("type", _word(SOURCE_DESTINATION_TYPE))}
_SOURCE = {**_TYPED, "source": _scalar("source", _identifier)}
_DESTINATION = {**_TYPED, "destination": _scalar("destination", _identifier)}


def _sensor_element(time: Render) -> Mapping[str, Any]:
    metadata = {
        **{name: _scalar(name, time) for name in ("time", "startTime", "endTime")},
        **_identifiers("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"),
    }
    report = {
        "type": _scalar("type", _word(MEASUREMENT_TYPE)),
        "exception": _scalar("exception", _word(SENSOR_ALERT_TYPE)),
        **_identifiers("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"),
        "time": _scalar("time", time),
        **_identifiers("microorganism", "chemicalSubstance"),
        "value": _scalar("value", _number),
        "component": _scalar("component", _word(COMPONENT)),
        "stringValue": _scalar("stringValue", str),
        "booleanValue": _scalar("booleanValue", _boolean),
        "hexBinaryValue": _scalar("hexBinaryValue", str),
        "uriValue": _scalar("uriValue", _identifier),
        **{
            name: _scalar(name, _number)
            for name in ("minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
        },
        "uom": _scalar("uom", str),
        "coordinateReferenceSystem": _scalar("coordinateReferenceSystem", str),
    }
    return {
        "sensorMetadata": _one("sensorMetadata", metadata),
        "sensorReport": _objects("", "sensorReport", report, extensible=True),
    }


def _identifiers(*names: str) -> Mapping[str, Any]:
    return {name: _scalar(name, _identifier) for name in names}


def _event(time: Render) -> Mapping[str, Any]:
    """The fields of every event type in the order of the standard; ILMD and extensions follow."""
    return {
        "eventTime": _scalar("eventTime", time),
        "eventTimeZoneOffset": _scalar("eventTimeZoneOffset", str),
        "certificationInfo": _several("", "certificationInfo", str),
        "epcList": _several("epcList", "epc", _identifier),
        "parentID": _scalar("parentID", _identifier),
        "inputEPCList": _several("inputEPCList", "epc", _identifier),
        "childEPCs": _several("childEPCs", "epc", _identifier),
        "quantityList": _objects("quantityList", "quantityElement", _QUANTITY),
        "childQuantityList": _objects("childQuantityList", "quantityElement", _QUANTITY),
        "inputQuantityList": _objects("inputQuantityList", "quantityElement", _QUANTITY),
        "outputEPCList": _several("outputEPCList", "epc", _identifier),
        "outputQuantityList": _objects("outputQuantityList", "quantityElement", _QUANTITY),
        "action": _scalar("action", str),
        "transformationID": _scalar("transformationID", _identifier),
        "bizStep": _scalar("bizStep", _word(BIZ_STEP)),
        "disposition": _scalar("disposition", _word(DISPOSITION)),
        "persistentDisposition": _one("persistentDisposition", _DISPOSITIONS, extensible=False),
        "readPoint": _one("readPoint", _PLACE),
        "bizLocation": _one("bizLocation", _PLACE),
        "bizTransactionList": _objects("bizTransactionList", "", _TRANSACTION),
        "sourceList": _objects("sourceList", "", _SOURCE),
        "destinationList": _objects("destinationList", "", _DESTINATION),
        "sensorElementList": _objects(
            "sensorElementList", "sensorElement", _sensor_element(time), extensible=True
        ),
    }


_ROUNDED, _CUT = _event(_rounded), _event(_cut)

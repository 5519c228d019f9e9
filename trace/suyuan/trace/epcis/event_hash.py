"""The CBV event hash: an event identifier computed from what the event says.

Source: CBV 2.0 §8.9.2. The pre-hash string names each field and its normalised value in the order of the
standard, without separators; entries of lists, and the extensions of one object, are in alphabetical order.
Decision 0012 tells where published vectors and generators differ from the standard, and from each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

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
from suyuan.trace.gs1.plain import item_key

Render = Callable[[Any], str]

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
    names = _names_of(event.context)
    body = event.body
    if ignored:
        body = {name: value for name, value in body.items() if name not in ignored}
    moment, order = (_rounded, _ROUNDED) if rounded else (_cut, _CUT)
    when = f"eventTime={moment(event.event_time)}" if "eventTime" in body else ""
    return f"eventType={_type(event.type, names)}{when}{order.said(body, names)}"


def _type(kind: str, names: Names) -> str:
    expanded = expand(kind, names.known) if ":" in kind else None
    return "".join(expanded) if expanded else kind


class Names(dict[str, str]):
    """The names of extension members under one context, as they are hashed: ``{namespace}local``."""

    def __init__(self, context: tuple[Any, ...]) -> None:
        self.context = context
        self.known = prefixes(context)

    def __missing__(self, name: str) -> str:
        expanded = expand(name, self.known)
        shown = name if expanded is None or not expanded[0] else f"{{{expanded[0]}}}{expanded[1]}"
        if len(self) < _MOST_REMEMBERED and len(name) < _LONGEST_REMEMBERED:
            self[name] = shown
        return shown


_last_names = Names(())


def _names_of(context: tuple[Any, ...]) -> Names:
    """Those of the event before serve again: the events of a document, and of a partner, share a context."""
    global _last_names  # noqa: PLW0603 - a memory of one; several threads only miss each other's
    names = _last_names
    if names.context != context:
        _last_names = names = Names(context)
    return names


class Part(NamedTuple):
    """How a member is said: a scalar behind its ``prefix``; without one, a list or an object, by itself."""

    prefix: str
    render: Callable[..., str]


Shape = tuple[tuple[tuple[str, str, Callable[..., str]], ...], tuple[str, ...]]
"""The (name, prefix, render) of the members that an object has, in order, and the names of its extensions."""


class Order(dict[tuple[str, ...], Shape]):
    """The order in which one kind of object says its members; names of members → its :data:`Shape`."""

    def __init__(self, parts: Mapping[str, Part], *, extensible: bool = True) -> None:
        self._parts = parts
        self._extensible = extensible

    def __missing__(self, names: tuple[str, ...]) -> Shape:
        here = set(names)
        parts = tuple((name, part.prefix, part.render) for name, part in self._parts.items() if name in here)
        extensions = tuple(name for name in names if ":" in name) if self._extensible else ()
        if len(self) < _MOST_REMEMBERED and sum(map(len, names)) < _LONGEST_REMEMBERED:
            self[names] = parts, extensions
        return parts, extensions

    def said(self, value: Mapping[str, Any], names: Names) -> str:
        """The members of ``value``, then its extensions; null and empty lists and objects say nothing."""
        parts, extensions = self[tuple(value)]
        text = "".join(
            [
                prefix + render(member) if prefix else render(member, names)
                for name, prefix, render in parts
                if (member := value[name]) or member in (0, "")
            ]
        )
        return text + _extensions(value, extensions, names) if extensions else text


# What strangers send makes no memory grow beyond a few hundred kilobytes.
_MOST_REMEMBERED = 1_000
_LONGEST_REMEMBERED = 500


def _scalar(name: str, render: Render) -> Part:
    return Part(name + "=", render)


def _entries(name: str, entry: str, render: Render) -> Part:
    prefix = entry + "="

    def rendered(value: Any, names: Names) -> str:  # noqa: ARG001 - every renderer of a part takes the names
        texts = [prefix + render(one) for one in (value if is_list(value) else [value])]
        texts.sort()
        return name + "".join(texts)

    return Part("", rendered)


def _epcs(name: str) -> Part:
    """As :func:`_entries` of identifiers, of which events hold most."""

    def rendered(value: list[str], names: Names) -> str:  # noqa: ARG001 - see _entries
        keys = [item_key(one) or _identifier(one) for one in value]
        keys.sort()
        return name + "epc=" + "epc=".join(keys)

    return Part("", rendered)


def _objects(name: str, entry: str, parts: Mapping[str, Part], *, extensible: bool = False) -> Part:
    order = Order(parts, extensible=extensible)

    def rendered(value: Any, names: Names) -> str:
        texts = [order.said(one, names) for one in value]
        texts.sort()
        return name + entry + entry.join(texts)

    return Part("", rendered)


def _one(name: str, parts: Mapping[str, Part], *, extensible: bool = True) -> Part:
    """An object; where it is not ``extensible``, EPCIS lets no extension into it."""
    order = Order(parts, extensible=extensible)

    def rendered(value: Mapping[str, Any], names: Names) -> str:
        return name + order.said(value, names)

    return Part("", rendered)


def _quantities(name: str) -> Part:
    """Amounts of classes, which know three members and no extension."""

    def rendered(value: list[Mapping[str, Any]], names: Names) -> str:  # noqa: ARG001 - see _entries
        texts: list[str] = []
        for one in value:
            text = item_key(one["epcClass"]) or _identifier(one["epcClass"])
            if (amount := one.get("quantity")) is not None:
                text = f"{text}quantity={_number(amount)}"
            texts.append(text if (unit := one.get("uom")) is None else f"{text}uom={unit}")
        texts.sort()
        entry = "quantityElementepcClass="
        return name + entry + entry.join(texts)

    return Part("", rendered)


def _place(name: str) -> Part:
    order = Order(_PLACE)
    prefix = name + "id="

    def rendered(value: Mapping[str, Any], names: Names) -> str:
        if len(value) == 1 and "id" in value:  # nearly all
            return prefix + _identifier(value["id"])
        return name + order.said(value, names)

    return Part("", rendered)


def _ilmd(value: Any, names: Names) -> str:
    text = _extensions(value, [name for name in value if ":" in name], names)
    return "ilmd" + text if text else ""


def _extensions(value: Mapping[str, Any], those: Iterable[str], names: Names) -> str:
    """These members of an event or of an object within it, which are extensions."""
    texts: list[str] = []
    for name in those:
        _tell_extension(texts, names[name], value[name], names)
    texts.sort()
    return "".join(texts)


def _tell_extension(texts: list[str], shown: str, member: Any, names: Names) -> None:
    """Append a field of an extension, as often as XML would repeat its element; nothing for null."""
    if isinstance(member, str):  # the commonest first
        text = _free_text(member)
        texts.append(f"{shown}={text}" if text else shown)
    elif is_object(member):
        within: list[str] = []
        for inner, value in member.items():
            _tell_extension(within, names[inner], value, names)
        within.sort()
        texts.append(shown + "".join(within))
    elif is_list(member):
        for entry in member:
            _tell_extension(texts, shown, entry, names)
    elif member is not None:
        texts.append(f"{shown}={_boolean(member) if isinstance(member, bool) else _number(member)}")


def _free_text(value: str) -> str:
    """An extension value: numbers without needless digits, identifiers canonical, other text trimmed."""
    text = value.strip()
    if text.isdecimal() and text.isascii():
        return text.lstrip("0") or "0"
    if text[:1] in _BEGINS_A_NUMBER and _NUMBER.match(text):
        return _decimal(text)
    return _identifier(text) if ":" in text else text


def _number(value: Any) -> str:
    text = repr(value)
    if text.isdigit():
        return text
    return _decimal(text) if "e" in text or text == "-0.0" else text.removesuffix(".0")


_BEGINS_A_NUMBER = frozenset("0123456789+-.")
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


def _rounded(at: datetime) -> str:
    """UTC with exactly three decimals; a fourth digit of five or more rounds up, beyond the second too."""
    seconds, milliseconds = divmod((at.microsecond + _HALF_A_MILLISECOND) // 1000, 1000)
    return _stamp(at + timedelta(seconds=1) if seconds else at, milliseconds)


def _cut(at: datetime) -> str:
    """UTC with exactly three decimals, further ones left out."""
    return _stamp(at, at.microsecond // 1000)


def _stamp(at: datetime, milliseconds: int) -> str:
    parts = at.year, at.month, at.day, at.hour, at.minute, at.second, milliseconds
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % parts  # noqa: UP031 - half the time of the other ways


_HALF_A_MILLISECOND = 500


def _time(moment: Callable[[datetime], str]) -> Render:
    @lru_cache(maxsize=1024)  # many measurements of one event, and of several, are of one time
    def rendered(value: str) -> str:
        instant = parse_time(value)
        return value if instant is None else moment(instant)

    return rendered


def _identifier(value: Any) -> str:
    """The canonical Digital Link; the vectors leave the apostrophe unescaped, as RFC 3986 allows."""
    if value[:4] == "urn:" and value[4:8].lower() != "epc:" and "%" not in value:
        return str(value)  # of no GS1 key: as it stands
    try:
        key = canonical_key(value)
    except IdentifierError:
        return str(value)
    return key.replace("%27", "'") if "%" in key else key


def _word(vocabulary: Vocabulary) -> Render:
    web = {word: vocabulary.web + word for word in vocabulary.words}
    return lambda value: web.get(value) or str(value)


_PLACE = {"id": _scalar("id", _identifier)}
_DISPOSITIONS = {name: _entries("", name, _word(DISPOSITION)) for name in ("set", "unset")}
_TRANSACTION = {
    "type": _scalar("type", _word(BIZ_TRANSACTION_TYPE)),
    "bizTransaction": _scalar("bizTransaction", _identifier),
}
_TYPED = {"type": _scalar("type", _word(SOURCE_DESTINATION_TYPE))}
_SOURCE = {**_TYPED, "source": _scalar("source", _identifier)}
_DESTINATION = {**_TYPED, "destination": _scalar("destination", _identifier)}


def _sensor_element(time: Render) -> Mapping[str, Part]:
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


def _identifiers(*names: str) -> Mapping[str, Part]:
    return {name: _scalar(name, _identifier) for name in names}


def _event(time: Render) -> Mapping[str, Part]:
    """The fields of every event type in the order of the standard, after eventTime; extensions follow."""
    return {
        "eventTimeZoneOffset": _scalar("eventTimeZoneOffset", str),
        "certificationInfo": _entries("", "certificationInfo", str),
        "epcList": _epcs("epcList"),
        "parentID": _scalar("parentID", _identifier),
        "inputEPCList": _epcs("inputEPCList"),
        "childEPCs": _epcs("childEPCs"),
        "quantityList": _quantities("quantityList"),
        "childQuantityList": _quantities("childQuantityList"),
        "inputQuantityList": _quantities("inputQuantityList"),
        "outputEPCList": _epcs("outputEPCList"),
        "outputQuantityList": _quantities("outputQuantityList"),
        "action": _scalar("action", str),
        "transformationID": _scalar("transformationID", _identifier),
        "bizStep": _scalar("bizStep", _word(BIZ_STEP)),
        "disposition": _scalar("disposition", _word(DISPOSITION)),
        "persistentDisposition": _one("persistentDisposition", _DISPOSITIONS, extensible=False),
        "readPoint": _place("readPoint"),
        "bizLocation": _place("bizLocation"),
        "bizTransactionList": _objects("bizTransactionList", "", _TRANSACTION),
        "sourceList": _objects("sourceList", "", _SOURCE),
        "destinationList": _objects("destinationList", "", _DESTINATION),
        "sensorElementList": _objects(
            "sensorElementList", "sensorElement", _sensor_element(time), extensible=True
        ),
        "ilmd": Part("", _ilmd),
    }


_ROUNDED, _CUT = Order(_event(_time(_rounded))), Order(_event(_time(_cut)))

"""One form of an event for all its spellings, and the evidence hash over it.

The canonical form is JSON with sorted keys: times in UTC, identifiers as canonical Digital Links, CBV terms
as bare words, numbers without needless digits, extension names expanded to ``{namespace}local``. So the JSON
and the XML rendering of an event, and its URN and Digital Link spellings, have one hash. It includes eventID
and errorDeclaration (a declaration is another statement than the event it corrects), but not recordTime.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from suyuan.trace.epcis.context import CBV_MASTER_DATA, expand, prefixes
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.fields import parse_time
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.gs1 import IdentifierError, canonical_key

__all__ = ["canonical_form", "event_hash", "evidence_hash"]

_TIMES = frozenset(("eventTime", "declarationTime", "time", "startTime", "endTime"))
_IDENTIFIERS = frozenset(
    [
        "epcList",
        "childEPCs",
        "parentID",
        "inputEPCList",
        "outputEPCList",
        "epcClass",
        "id",
        "bizTransaction",
        "source",
        "destination",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "bizRules",
        "uriValue",
        "transformationID",
    ]
)
# Lists whose order tells nothing (EPCIS 2.0 §7.3.3 speaks of unordered lists). Sensor reports keep theirs.
_SETS = frozenset(
    [
        "epcList",
        "childEPCs",
        "inputEPCList",
        "outputEPCList",
        "quantityList",
        "childQuantityList",
        "inputQuantityList",
        "outputQuantityList",
        "bizTransactionList",
        "sourceList",
        "destinationList",
        "set",
        "unset",
        "correctiveEventIDs",
        "certificationInfo",
    ]
)
_SPELLED = _TIMES | _IDENTIFIERS


class CanonicalNames(dict[str, str]):
    """``{namespace}local`` of each member name of events that share a JSON-LD context; made once."""

    def __init__(self, context: tuple[Any, ...]) -> None:
        super().__init__()
        self._known = prefixes(context)

    def __missing__(self, name: str) -> str:
        found = self[name] = _name(name, self._known)
        return found


def evidence_hash(event: Event, names: CanonicalNames | None = None) -> str:
    """The SHA-256 of the event's canonical form, in hexadecimal: equal for two spellings of one statement.

    ``names`` are those of its context; who hashes many events of one context makes them once.
    """
    return hashlib.sha256(canonical_form(event, names)).hexdigest()


def canonical_form(event: Event, names: CanonicalNames | None = None) -> bytes:
    """The canonical form itself, UTF-8 JSON."""
    body = {name: value for name, value in event.body.items() if name not in ("recordTime", "@context")}
    known = CanonicalNames(event.context) if names is None else names
    return orjson.dumps(_members(body, known), option=orjson.OPT_SORT_KEYS)


def _members(value: Mapping[str, Any], names: CanonicalNames) -> dict[str, Any]:
    """The members of an event or of a standard object within it; empty ones say nothing and are left out."""
    kept: dict[str, Any] = {}
    for name, member in value.items():
        if ":" in name:
            if listed := _extension(member, names):
                kept[names[name]] = listed
        elif name == "ilmd":
            if inner := _extension_members(member, names):
                kept[name] = inner
        elif isinstance(member, str) and name != "certificationInfo":  # most of them
            kept[name] = _text(name, member) if name in _SPELLED else member
        elif member or not (member is None or is_list(member) or is_object(member)):
            single = name == "certificationInfo" and not is_list(member)
            kept[name] = _standard(name, [member] if single else member, names)
    return kept


def _standard(name: str, value: Any, names: CanonicalNames) -> Any:
    if isinstance(value, str):
        return _text(name, value) if name in _SPELLED else value
    if is_object(value):
        return _members(value, names)
    if is_list(value):
        if name in _IDENTIFIERS and name in _SETS and all(isinstance(entry, str) for entry in value):
            return sorted(map(canonical_identifier, value), key=_quoted)
        listed = [_standard(name, entry, names) for entry in value]
        return sorted(listed, key=_order) if name in _SETS else listed
    return value if isinstance(value, bool) else number_text(value)


def _text(name: str, value: str) -> str:
    if name in _TIMES and (instant := parse_time(value)) is not None:
        return instant.isoformat(timespec="microseconds")
    return canonical_identifier(value) if name in _IDENTIFIERS else value


def _quoted(key: str) -> str:
    """Keys sort as :func:`_order` sorts them: the quotation mark at the end counts."""
    return key + '"'


def _order(entry: Any) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)


def _extension(value: Any, names: CanonicalNames) -> list[Any]:
    """Always a list: XML cannot tell one value from a list of one. Values are text, as they are in XML."""
    entries: list[Any] = value if is_list(value) else [value]
    listed: list[Any] = []
    for entry in entries:
        if is_object(entry):
            listed.append(_extension_members(entry, names) or "")
        elif is_list(entry):
            listed.extend(_extension(entry, names))
        elif entry is not None:
            listed.append(extension_text(entry))
    return listed


def _extension_members(value: Mapping[str, Any], names: CanonicalNames) -> dict[str, Any]:
    members = {names[name]: _extension(member, names) for name, member in value.items()}
    return {name: listed for name, listed in members.items() if listed}


def _name(name: str, known: Mapping[str, str]) -> str:
    expanded = expand(name, known)
    if expanded is None:
        return name
    namespace, local = expanded
    # XML documents name the namespace of CBV master data without the colon at the end that JSON-LD needs.
    return f"{{{CBV_MASTER_DATA if namespace + ':' == CBV_MASTER_DATA else namespace}}}{local}"


def extension_text(value: Any) -> str:
    """A scalar of an extension field as XML would say it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value).strip()


def number_text(value: float) -> str:
    """The shortest decimal notation: no exponent, no needless zeros."""
    if value.__class__ is int:
        return str(value)
    text = format(Decimal(repr(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def canonical_identifier(uri: str) -> str:
    """The canonical Digital Link of a GS1 identifier; any other URI as it stands."""
    try:
        return canonical_key(uri)
    except IdentifierError:
        return uri

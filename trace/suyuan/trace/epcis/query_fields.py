"""What an event says, field by field, as queries ask for it (:mod:`suyuan.trace.epcis.query`).

Named here is what no column of evidence answers: extension fields wherever EPCIS lets them stand, ILMD, error
declarations, sensor data, quantities, business transactions, sources, destinations and persistent
dispositions. A field is named by where it stands and by its full name::

    ilmd urn:epcglobal:cbv:mda#lotNumber         immediately within ilmd
    event/inner http://ns.example.com/x#colour   at any depth within an extension of the event
    sensorReport.value temperature               in the base unit of what was measured

Source: EPCIS 2.0 §8.2.7.1. A full name joins namespace and local name by ``#``; whether a namespace is
written with a separator at its end differs between XML and JSON-LD, and does not matter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from suyuan.trace.epcis.canonical import canonical_identifier, number_text
from suyuan.trace.epcis.context import expand, prefixes
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.fields import parse_time
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.query_units import in_base, kind_of

LONGEST = 400
"""Characters of a text that count for its order; a longer one is told apart by its hash."""

_DEVIATION = "sensorReport.sDev"
MEASURES = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
_SENSOR_URIS = ("deviceID", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance")
_TEXT_BESIDE_MEMBERS = "rdf:value"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,37})(?:\.[0-9]{1,38})?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Stated(NamedTuple):
    """A value of a field: ``text`` in one spelling for all, and what it counts as where it is no text.

    ``text`` is empty where the field is an object: it exists, and no value equals it.
    """

    field: str
    text: str
    number: float | None = None
    moment: datetime | None = None


class Names:
    """Full names of the members of events that share a JSON-LD context; ``used`` are prefixes met so far."""

    def __init__(self, context: tuple[Any, ...]) -> None:
        self._known = prefixes(context)
        self._full: dict[str, str] = {}
        self._of_event: dict[str, str] = {}
        self.used: set[tuple[str, str]] = set()

    def of_event(self, name: str) -> str:
        """The field of a member that stands in the event itself; looked up once."""
        found = self._of_event.get(name)
        if found is None:
            found = self._of_event[name] = f"event {self.full(name)}"
        return found

    def full(self, name: str) -> str:
        """The full name of a member; looked up once."""
        found = self._full.get(name)
        if found is None:
            found = self._full[name] = full_name(name, self._known) or kept(name)
            prefix, colon, local = name.partition(":")
            if colon and prefix in self._known and "\0" not in prefix and found.endswith(f"#{local}"):
                self.used.add((prefix, found[: -len(local)]))
        return found


def full_name(name: str, known: Mapping[str, str]) -> str | None:
    """``namespace#local`` of ``prefix:local`` or a whole IRI; the name itself if it has no namespace.

    None if the prefix is unknown.
    """
    expanded = expand(name, known)
    if expanded is None:
        return None
    namespace, local = expanded
    return kept(f"{joined(namespace)}{local}" if namespace else local)


def joined(namespace: str) -> str:
    """A namespace as it stands before a local name."""
    return namespace.rstrip("#/:") + "#"


def kept(text: str) -> str:
    """A text as it is stored and compared: without NUL, and of a length that an index takes."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}…{hashlib.sha256(text.encode()).hexdigest()}"


def spelled(value: Any) -> tuple[str, float | None, datetime | None]:
    """A value of an extension field as (text, number, moment), whichever way it was written.

    Numbers and times have one text each (``10.0`` is ``10``); so have GS1 identifiers. A date is its first
    instant in UTC. Text that merely looks like a number to some, as ``007`` or ``1e5``, is text.
    """
    if isinstance(value, bool):
        return ("true" if value else "false"), None, None
    if isinstance(value, int | float):
        return kept(number_text(value)), float(value), None
    text = str(value).strip()
    start = text[:1]
    if start.isdigit() or start == "-":
        if _NUMBER.match(text):
            exact = format(Decimal(text), "f")
            exact = exact.rstrip("0").rstrip(".") if "." in exact else exact
            return ("0" if exact == "-0" else exact), float(text), None
        if (moment := parse_time(text)) is not None:
            return moment.isoformat(timespec="microseconds"), None, moment
        if _DATE.match(text):
            return text, None, _midnight(text)
    elif len(text) <= LONGEST and text.startswith(("urn:epc:", "http://", "https://")):
        text = canonical_identifier(text)
    return kept(text), None, None


def _midnight(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def stated(event: Event, names: Names) -> Iterator[Stated]:
    """Every field of the event that a query may ask for and no column of evidence answers; some twice."""
    for name, value in event.body.items():
        if ":" in name:
            if value.__class__ is str and value:
                yield Stated(names.of_event(name), *spelled(value))
            else:
                yield from _extension("event", name, value, names)
        elif (told := _TOLD.get(name)) is not None and value:
            yield from told(value, names)


def _extension(scope: str, name: str, value: Any, names: Names) -> Iterator[Stated]:
    """An extension field, and all that is within it as inner fields."""
    field = f"{scope} {names.full(name)}"
    inner = scope if scope.endswith("/inner") else f"{scope}/inner"
    entries: list[Any] = value if is_list(value) else [value]
    for entry in entries:
        if is_list(entry):
            yield from _extension(scope, name, entry, names)
        elif is_object(entry):
            if entry:
                yield Stated(field, "")
            for member, told in entry.items():
                if member == _TEXT_BESIDE_MEMBERS and not is_list(told) and not is_object(told):
                    yield from _extension(scope, name, told, names)
                elif not member.startswith("@"):
                    yield from _extension(inner, member, told, names)
        elif entry is not None and entry != "":
            yield Stated(field, *spelled(entry))


def _within(scope: str) -> Any:
    """The extensions immediately within an object of the standard."""

    def told(value: Mapping[str, Any], names: Names) -> Iterator[Stated]:
        for name, member in value.items():
            if ":" in name:
                yield from _extension(scope, name, member, names)

    return told


_in_declaration = _within("errorDeclaration")
_in_element = _within("sensorElement")
_in_metadata = _within("sensorMetadata")
_in_report = _within("sensorReport")


def _declaration(value: Mapping[str, Any], names: Names) -> Iterator[Stated]:
    if value.get("reason"):
        yield Stated("errorDeclaration.reason", kept(value["reason"]))
    for corrective in value.get("correctiveEventIDs") or ():
        yield Stated("errorDeclaration.correctiveEventIDs", kept(corrective))
    yield from _in_declaration(value, names)


def _dispositions(value: Mapping[str, Any], _names: Names) -> Iterator[Stated]:
    for name in ("set", "unset"):
        for word in value.get(name) or ():
            yield Stated(f"persistentDisposition.{name}", kept(word))


def _references(member: str) -> Any:
    """Entries of a list of business transactions, sources or destinations, by their type."""

    def told(value: list[Mapping[str, Any]], _names: Names) -> Iterator[Stated]:
        for entry in value:
            yield Stated(
                kept(f"{member} {entry.get('type') or ''}"), kept(canonical_identifier(entry[member]))
            )

    return told


def _sensors(value: list[Mapping[str, Any]], names: Names) -> Iterator[Stated]:
    yield Stated("sensorElementList", "")
    for element in value:
        yield from _in_element(element, names)
        metadata: Mapping[str, Any] = element.get("sensorMetadata") or {}
        yield from _common(metadata)
        yield from _in_metadata(metadata, names)
        for report in element.get("sensorReport") or ():
            yield from _common(report)
            yield from _report(report)
            yield from _in_report(report, names)


def _common(value: Mapping[str, Any]) -> Iterator[Stated]:
    """What stands in the metadata of a sensor element, in its reports, or in both."""
    for name in ("time", "startTime", "endTime"):
        if (moment := parse_time(value.get(name) or "")) is not None:
            yield Stated(f"sensor.{name}", moment.isoformat(timespec="microseconds"), None, moment)
    for name in _SENSOR_URIS:
        if value.get(name):
            yield Stated(f"sensor.{name}", kept(canonical_identifier(value[name])))


def _report(value: Mapping[str, Any]) -> Iterator[Stated]:
    for name in ("type", "stringValue"):
        if value.get(name):
            yield Stated(f"sensorReport.{name}", kept(value[name]))
    if value.get("hexBinaryValue"):
        yield Stated("sensorReport.hexBinaryValue", kept(value["hexBinaryValue"].upper()))
    if value.get("uriValue"):
        yield Stated("sensorReport.uriValue", kept(canonical_identifier(value["uriValue"])))
    if "booleanValue" in value:
        yield Stated("sensorReport.booleanValue", "true" if value["booleanValue"] else "false")
    if value.get("percRank") is not None:
        yield measured("sensorReport.percRank", Fraction(repr(value["percRank"])), "")
    if unit := value.get("uom"):
        for name in MEASURES:
            if value.get(name) is not None:
                yield measured(f"sensorReport.{name}", Fraction(repr(value[name])), unit)


def measured(field: str, number: Fraction, unit: str) -> Stated:
    """A number of ``unit`` in the base unit of its kind, under which it is stored and asked for.

    Without ``unit`` the number counts for itself. What no float can be is beyond every comparison.
    """
    try:
        base = in_base(number, unit, apart=field == _DEVIATION) + 0.0  # no negative zero
    except OverflowError:
        return Stated(kept(f"{field} {kind_of(unit)}" if unit else field), "")
    return Stated(kept(f"{field} {kind_of(unit)}" if unit else field), repr(base), base)


def _quantities(value: list[Mapping[str, Any]], _names: Names) -> Iterator[Stated]:
    """Each amount as the number that was told, and in the base unit of what it measures."""
    for element in value:
        if (quantity := element.get("quantity")) is not None:
            yield measured("quantity", Fraction(repr(quantity)), "")
            if unit := element.get("uom"):
                yield measured("quantity", Fraction(repr(quantity)), unit)


_TOLD: Mapping[str, Any] = {
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities
    ),
    "ilmd": _within("ilmd"),
    "readPoint": _within("readPoint"),
    "bizLocation": _within("bizLocation"),
    "errorDeclaration": _declaration,
    "persistentDisposition": _dispositions,
    "bizTransactionList": _references("bizTransaction"),
    "sourceList": _references("source"),
    "destinationList": _references("destination"),
    "sensorElementList": _sensors,
}

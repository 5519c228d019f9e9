"""What a SimpleEventQuery parameter says of one event, read off EPCIS 2.0 §8.2.7.1: no index, no grammar.

Slow and plain on purpose: the answers of the store are compared with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.gs1 import IdentifierError, canonical_key

Body = Mapping[str, Any]
Namespaces = Callable[[str], Collection[str]]
"""What a prefix stands for in a query; several where only the documents say."""

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "GT": lambda a, b: a > b,
    "GE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b,
}
IN_KELVIN: Mapping[str, Callable[[Fraction], Fraction]] = {
    "KEL": lambda x: x,
    "CEL": lambda x: x + Fraction("273.15"),
    "FAH": lambda x: (x + Fraction("459.67")) * 5 / 9,
}
IN_GRAMS = {"GRM": Fraction(1), "KGM": Fraction(1000), "LBR": Fraction("453.59237")}
EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


def matches(  # noqa: PLR0911 (one family after the other, as the standard has them)
    body: Body, own: Mapping[str, str], name: str, values: Sequence[str], spaces: Namespaces
) -> bool:
    """Whether an event, whose document declared ``own`` prefixes, meets a parameter with these values."""
    sign, _, rest = name.partition("_")
    if name in COLUMNS:
        return any(same_identifier(told, value) for told in COLUMNS[name](body) for value in values)
    if sign == "MATCH":
        return any(same_identifier(told, value) for told in matched(body, rest) for value in values)
    if (united := re.fullmatch(r"(value|minValue|quantity)_([A-Z0-9]{2,3})", rest)) is not None:
        return amounts(body, sign, united[1], united[2], values)
    if rest in ("quantity", "percRank"):
        told_numbers = [Fraction(repr(one)) for one in plain_numbers(body, rest)]
        return compared(sign, told_numbers, [Fraction(value) for value in values])
    if rest in ("eventTime", "errorDeclarationTime", "time", "startTime", "endTime"):
        bound = instant(values[0])
        return bound is not None and any(COMPARE[sign](one, bound) for one in times(body, rest))
    if rest == "errorDeclaration":
        return "errorDeclaration" in body
    if rest == "sensorElementList":
        return bool(body.get("sensorElementList"))
    if (
        kind := re.fullmatch(r"(bizTransaction|source|destination)_(\w+)", rest)
    ) is not None and sign == "EQ":
        entries = listed(body, f"{kind[1]}List")
        typed = [entry[kind[1]] for entry in entries if entry.get("type") == kind[2]]
        return any(same_identifier(told, value) for told in typed for value in values)
    return extension(body, own, sign, rest, values, spaces)


def listed(holder: Body, member: str) -> list[Any]:
    """A list of an object; empty where there is none."""
    found: list[Any] | None = holder.get(member)
    return found or []


def part(holder: Body, member: str) -> Body:
    """An object within an object; empty where there is none."""
    found: Body | None = holder.get(member)
    return found or {}


def reports(body: Body) -> list[Body]:
    return [report for element in listed(body, "sensorElementList") for report in element["sensorReport"]]


def sensors(body: Body) -> list[Body]:
    """Metadata and reports."""
    return [
        *(part(element, "sensorMetadata") for element in listed(body, "sensorElementList")),
        *reports(body),
    ]


def of_sensors(member: str) -> Callable[[Body], list[str]]:
    return lambda body: [part[member] for part in sensors(body) if member in part]


COLUMNS: Mapping[str, Callable[[Body], Sequence[str]]] = {
    "eventType": lambda body: [body["type"]],
    "EQ_action": lambda body: [body["action"]] if "action" in body else [],
    "EQ_bizStep": lambda body: [body["bizStep"]] if "bizStep" in body else [],
    "EQ_disposition": lambda body: [body["disposition"]] if "disposition" in body else [],
    "EQ_persistentDisposition_set": lambda body: listed(part(body, "persistentDisposition"), "set"),
    "EQ_persistentDisposition_unset": lambda body: listed(part(body, "persistentDisposition"), "unset"),
    "EQ_readPoint": lambda body: [body["readPoint"]["id"]] if "readPoint" in body else [],
    "EQ_bizLocation": lambda body: [body["bizLocation"]["id"]] if "bizLocation" in body else [],
    "EQ_errorReason": lambda body: [body["errorDeclaration"]["reason"]] if "errorDeclaration" in body else [],
    "EQ_correctiveEventID": lambda body: listed(part(body, "errorDeclaration"), "correctiveEventIDs"),
    "EQ_type": lambda body: [report["type"] for report in reports(body)],
    "EQ_deviceID": of_sensors("deviceID"),
    "EQ_stringValue": of_sensors("stringValue"),
    "EQ_booleanValue": lambda body: [
        "true" if report["booleanValue"] else "false" for report in reports(body) if "booleanValue" in report
    ],
}


def matched(body: Body, what: str) -> Iterator[str]:
    """The identifiers that MATCH_what looks at."""
    if what in ("epc", "anyEPC"):
        yield from [*(listed(body, "epcList")), *(listed(body, "childEPCs"))]
    if what in ("inputEPC", "anyEPC"):
        yield from listed(body, "inputEPCList")
    if what in ("outputEPC", "anyEPC"):
        yield from listed(body, "outputEPCList")
    if what in ("parentID", "anyEPC") and "parentID" in body:
        yield body["parentID"]
    if what.endswith("EPCClass") or what == "epcClass":
        lists = {
            "epcClass": ("quantityList", "childQuantityList"),
            "inputEPCClass": ("inputQuantityList",),
            "outputEPCClass": ("outputQuantityList",),
            "anyEPCClass": QUANTITY_LISTS,
        }[what]
        yield from (entry["epcClass"] for member in lists for entry in listed(body, member))


def same_identifier(told: str, asked: str) -> bool:
    """Equal, or two spellings of one GS1 key."""
    try:
        return told == asked or canonical_key(told) == canonical_key(asked)
    except IdentifierError:
        return False


def quantities(body: Body) -> list[Body]:
    return [entry for member in QUANTITY_LISTS for entry in listed(body, member) if "quantity" in entry]


def plain_numbers(body: Body, member: str) -> list[float]:
    holders = quantities(body) if member == "quantity" else reports(body)
    return [one[member] for one in holders if member in one]


def amounts(body: Body, sign: str, member: str, unit: str, values: Sequence[str]) -> bool:
    holders = quantities(body) if member == "quantity" else reports(body)
    told = [
        in_base(Fraction(repr(one[member])), one["uom"]) for one in holders if member in one and "uom" in one
    ]
    asked = [in_base(Fraction(value), unit) for value in values]
    kind = asked[0][0]
    return compared(sign, [number for of, number in told if of == kind], [number for _, number in asked])


def in_base(number: Fraction, unit: str) -> tuple[str, Fraction]:
    if unit in IN_KELVIN:
        return "temperature", IN_KELVIN[unit](number)
    return ("mass", number * IN_GRAMS[unit]) if unit in IN_GRAMS else (unit, number)


def compared(sign: str, told: list[Fraction], asked: list[Fraction]) -> bool:
    """As numbers of double precision."""
    if sign == "EQ":
        return any(float(one) == float(value) for one in told for value in asked)
    return any(COMPARE[sign](float(one), float(asked[0])) for one in told)


def times(body: Body, member: str) -> list[datetime]:
    if member == "errorDeclarationTime":
        texts = [body["errorDeclaration"]["declarationTime"]] if "errorDeclaration" in body else []
    elif member == "eventTime":
        texts = [body["eventTime"]]
    else:
        texts = [part[member] for part in sensors(body) if member in part]
    return [found for found in map(instant, texts) if found is not None]


SCOPES = {
    "ILMD": "ilmd",
    "ERROR_DECLARATION": "errorDeclaration",
    "readPoint": "readPoint",
    "bizLocation": "bizLocation",
}


def extension(  # noqa: C901 (see above)
    body: Body, own: Mapping[str, str], sign: str, rest: str, values: Sequence[str], spaces: Namespaces
) -> bool:
    """A parameter upon an extension field: EQ_, GT_, … EXISTS_, with INNER_ and where it stands."""
    inner = rest.startswith("INNER_")
    rest = rest.removeprefix("INNER_")
    holders: list[Body] = [body]
    for label, member in SCOPES.items():
        if rest.startswith(f"{label}_"):
            rest, holders = rest.removeprefix(f"{label}_"), [part(body, member)]
    for label in ("SENSORELEMENT", "SENSORMETADATA", "SENSORREPORT"):
        if rest.startswith(f"{label}_"):
            elements: list[Body] = listed(body, "sensorElementList")
            rest = rest.removeprefix(f"{label}_")
            metadata: list[Body] = [part(element, "sensorMetadata") for element in elements]
            holders = {"SENSORELEMENT": elements, "SENSORMETADATA": metadata}.get(label, reports(body))
    wanted = asked_names(rest, spaces)
    found: list[Any] = []
    for holder in holders:
        for member, value in holder.items():
            if ":" not in member:
                continue
            if not inner and named(member, own) in wanted:
                found.append(value)
            elif inner:
                found += [told for name, told in nested(value) if named(name, own) in wanted]
    entries = [entry for value in found for entry in flat(value)]
    if sign == "EXISTS":
        return any(entry not in (None, "", {}) for entry in entries)
    scalars = [entry for entry in entries if not isinstance(entry, dict) and entry not in (None, "")]
    if sign == "EQ":
        return any(same(entry, value) for entry in scalars for value in values)
    return any(holds(sign, entry, values[0]) for entry in scalars)


def asked_names(name: str, spaces: Namespaces) -> set[tuple[str, str]]:
    """The (namespace, local name) pairs that a parameter's field name may mean."""
    if "://" in name:
        namespace, _, local = name.rpartition("#")
        return {(namespace.rstrip("/#:"), local)}
    prefix, colon, local = name.partition(":")
    return {(space.rstrip("/#:"), local) for space in spaces(prefix)} if colon else {("", name)}


def named(member: str, own: Mapping[str, str]) -> tuple[str, str]:
    prefix, colon, local = member.partition(":")
    return (own[prefix].rstrip("/#:"), local) if colon else ("", member)


def nested(value: Any) -> Iterator[tuple[str, Any]]:
    """All members at any depth within a value."""
    for entry in flat(value):
        if is_object(entry):
            members: dict[str, Any] = entry
            for name, told in members.items():
                yield name, told
                yield from nested(told)


def flat(value: Any) -> Iterator[Any]:
    if is_list(value):
        for entry in value:
            yield from flat(entry)
    else:
        yield value


def same(told: Any, asked: str) -> bool:
    """Numbers and times are equal by value, truth values by their words, all else by its letters."""
    if isinstance(told, bool):
        return asked == ("true" if told else "false")
    if decimal(told) is not None or decimal(asked) is not None:
        return decimal(told) is not None and decimal(told) == decimal(asked)
    if clock(str(told)) is not None:
        return clock(str(told)) == clock(asked)
    return str(told).strip() == asked.strip() or same_identifier(str(told), asked)


def holds(sign: str, told: Any, asked: str) -> bool:
    """Less and greater are for numbers and times; a date is its first instant."""
    bound = clock(asked) or day(asked)
    if bound is not None:
        moment = None if isinstance(told, int | float) else clock(told) or day(told)
        return moment is not None and COMPARE[sign](moment, bound)
    number = None if isinstance(told, bool) else decimal(told)
    return number is not None and COMPARE[sign](float(number), float(asked))


def decimal(value: Any) -> Decimal | None:
    """The number that a value is: no needless zeros in front, no exponent."""
    if isinstance(value, int | float):
        return None if isinstance(value, bool) else Decimal(repr(value))
    text = value.strip()
    return Decimal(text) if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text) else None


def instant(text: str) -> datetime | None:
    found = datetime.fromisoformat(text)
    return None if found.tzinfo is None else found.astimezone(UTC)


def clock(text: str) -> datetime | None:
    """The instant of a time with its zone."""
    return instant(text) if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", text.strip()) else None


def day(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
        return None
    return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)

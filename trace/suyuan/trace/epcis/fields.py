"""Checks of single values: URIs, times, numbers and vocabulary words. Each returns the value to keep.

A check takes (value, path, reading), notes what is wrong in ``reading.findings`` and returns the value, in
the house's spelling where there are several (a CBV web URI becomes the bare word).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from functools import lru_cache
from typing import Any

from suyuan.trace.epcis.cbv import ACTIONS, CBV_URN, Vocabulary
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, Findings, Limits, Path

Check = Callable[[Any, Path, "Reading"], Any]


@dataclass(slots=True)
class Reading:
    """The state of reading one document: its prefixes, limits, and what was found wrong or odd so far.

    ``named`` is the number of entries in the identifier and quantity lists of its events so far. ``right``
    are names of extension fields that were found right under ``prefixes``.
    """

    prefixes: Mapping[str, str]
    limits: Limits = DEFAULT_LIMITS
    is_xml: bool = False
    named: int = 0
    findings: Findings = field(default_factory=Findings)
    warnings: Findings = field(default_factory=Findings)
    right: set[str] = field(default_factory=set[str])


_PCHAR = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"
# RFC 3986 in one pass: every quantifier is possessive, so hostile input costs linear time.
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*+:(?://(?:\[[0-9A-Fa-f:.v]++\](?=[:/?#]|\Z))?+)?+"
    rf"(?:[{_PCHAR}]|%[0-9A-Fa-f]{{2}})*+(?:\?(?:[{_PCHAR}?]|%[0-9A-Fa-f]{{2}})*+)?+"
    rf"(?:#(?:[{_PCHAR}?]|%[0-9A-Fa-f]{{2}})*+)?+\Z"
)
_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]++)?+(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))\Z"
)
_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)\Z")
_UOM = re.compile(r"[A-Z0-9]{2,3}\Z")
_HEX = re.compile(r"[A-Fa-f0-9]++\Z")
is_uri = _URI.match
LONGEST_URI = 2048
"""Characters, and bytes too, of a URI that is kept: PostgreSQL takes 2,704 bytes into a row of an index."""


def parse_time(text: str) -> datetime | None:
    """The instant in UTC, microseconds kept and finer digits cut; None unless it is an xsd:dateTimeStamp.

    Also None at the two ends of the calendar, where the instant has no local date in every time zone.
    """
    return _remembered_time(text) if len(text) <= _LONGEST_REMEMBERED else _parsed_time(text)


def _parsed_time(text: str) -> datetime | None:
    if not _TIME.match(text):
        return None
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return instant if MINYEAR < instant.year < MAXYEAR else None


# Each time of an event is asked for several times: to check it, to keep it, to hash it.
_LONGEST_REMEMBERED = 40
_remembered_time = lru_cache(maxsize=2048)(_parsed_time)


def uri(value: Any, path: Path, reading: Reading) -> Any:
    """Any URI with a scheme, of at most ``LONGEST_URI`` characters."""
    if not isinstance(value, str):
        _wrong_kind(value, path, reading, "a URI")
    elif len(value) > LONGEST_URI:
        too_long(value, path, reading)
    elif not is_uri(value):
        reading.findings.add(
            path,
            "{value} is not a URI.",
            "Write an absolute URI such as urn:epc:id:… or https://…, and escape other characters with %.",
            value=value,
        )
    return value


def too_long(value: str, path: Path, reading: Reading) -> None:
    """Note that a URI is longer than ``LONGEST_URI``."""
    reading.findings.add(
        path,
        "The URI has {length} characters; at most {most} are kept.",
        "A URI is a name: write a short one, and what it stands for in fields of their own.",
        length=len(value),
        most=LONGEST_URI,
    )


def time(value: Any, path: Path, reading: Reading) -> Any:
    """An xsd:dateTimeStamp."""
    if not isinstance(value, str) or parse_time(value) is None:
        reading.findings.add(
            path,
            "{value} is not a date and time with time zone.",
            "Write it like 2026-11-21T09:30:00.000+08:00, with Z or an offset from UTC.",
            value=value,
        )
    return value


def offset(value: Any, path: Path, reading: Reading) -> Any:
    """An eventTimeZoneOffset, -14:00 to +14:00."""
    if not isinstance(value, str) or not _OFFSET.match(value):
        reading.findings.add(
            path,
            "{value} is not a time zone offset.",
            "Write it like +08:00, between -14:00 and +14:00.",
            value=value,
        )
    return value


def text(value: Any, path: Path, reading: Reading) -> Any:
    """Any string."""
    if not isinstance(value, str):
        _wrong_kind(value, path, reading, "text")
    return value


def number(value: Any, path: Path, reading: Reading) -> Any:
    """A finite number, not a boolean."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        _wrong_kind(value, path, reading, "a number")
    elif not math.isfinite(value):
        reading.findings.add(path, "The number is out of range.", "Write a finite number.")
    return value


def quantity(value: Any, path: Path, reading: Reading) -> Any:
    """A finite number that is not negative: an amount of goods."""
    number(value, path, reading)
    if isinstance(value, int | float) and value < 0:
        reading.findings.add(
            path,
            "A quantity cannot be negative: {value}.",
            "Tell what leaves by action DELETE or as an input, with a positive quantity.",
            value=value,
        )
    return value


def boolean(value: Any, path: Path, reading: Reading) -> Any:
    """True or false."""
    if not isinstance(value, bool):
        _wrong_kind(value, path, reading, "true or false")
    return value


def unit(value: Any, path: Path, reading: Reading) -> Any:
    """A unit code of UN/ECE Recommendation 20."""
    if not isinstance(value, str) or not _UOM.match(value):
        reading.findings.add(
            path,
            "{value} is not a unit of measure.",
            "Use a code of UN/ECE Recommendation 20, such as KGM for kilograms.",
            value=value,
        )
    return value


def hex_binary(value: Any, path: Path, reading: Reading) -> Any:
    """Hexadecimal digits."""
    if not isinstance(value, str) or not _HEX.match(value):
        reading.findings.add(path, "{value} is not hexadecimal.", "Use the digits 0-9 and A-F.", value=value)
    return value


def action(value: Any, path: Path, reading: Reading) -> Any:
    """ADD, OBSERVE or DELETE."""
    if not isinstance(value, str) or value not in ACTIONS:
        reading.findings.add(path, "{value} is not an action.", "Use ADD, OBSERVE or DELETE.", value=value)
    return value


def word_of(vocabulary: Vocabulary) -> Check:
    """The check of a vocabulary's word or a custom URI; other spellings of a word become the bare word."""
    words, name = vocabulary.words, vocabulary.name

    def check(value: Any, path: Path, reading: Reading) -> Any:
        if not isinstance(value, str):
            _wrong_kind(value, path, reading, "a vocabulary word or a URI")
            return value
        if value in words and not reading.is_xml:
            return value
        spellings = vocabulary.xml_spellings if reading.is_xml else vocabulary.json_spellings
        if (word := spellings.get(value)) is not None:
            return word
        if len(value) > LONGEST_URI:
            too_long(value, path, reading)
        elif value.startswith(CBV_URN) and not reading.is_xml:
            _cbv_urn(value, vocabulary, path, reading)
        elif vocabulary.claims(value) or not is_uri(value):
            reading.findings.add(
                path,
                "{value} is not a {vocabulary} of the CBV.",
                "Use a word of the Core Business Vocabulary, or a URI of your own for another meaning.",
                value=value,
                vocabulary=name,
            )
        return value

    return check


def _cbv_urn(value: str, vocabulary: Vocabulary, path: Path, reading: Reading) -> None:
    word = vocabulary.xml_spellings.get(value)
    if word is None:
        reading.findings.add(
            path,
            "{value} is not a {vocabulary} of the CBV.",
            "Use a word of the Core Business Vocabulary, or a URI of your own for another meaning.",
            value=value,
            vocabulary=vocabulary.name,
        )
        return
    reading.findings.add(
        path,
        "{value} is the XML spelling; in JSON the word is {word}.",
        "Write the bare word.",
        value=value,
        word=word,
    )


def _wrong_kind(value: Any, path: Path, reading: Reading, expected: str) -> None:
    reading.findings.add(
        path,
        "Found {value} where {expected} belongs.",
        "Give it the kind of value EPCIS defines.",
        value=value,
        expected=expected,
    )

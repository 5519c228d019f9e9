"""The verdict on element strings: their form, their contents, and whether they may stand together.

A verdict has two levels. Data are *well formed* if every AI is known and every value has the length and the
characters of its AI; they are *valid* if also the content rules hold, repeated AIs agree, and no AI stands
beside one that it excludes or without one that it requires. All faults are told, contents first.

Source: GS1 General Specifications §3 (contents), §4.13 (invalid pairs), §4.14 (mandatory associations).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from suyuan.trace.gs1.application_identifiers import (
    APPLICATION_IDENTIFIERS,
    ApplicationIdentifier,
    Combination,
    Component,
    unassigned,
)
from suyuan.trace.gs1.contents import CHARSETS, RULES
from suyuan.trace.gs1.faults import Fault, Flaw

Elements = tuple[tuple[str, str], ...]
"""AIs and their values, in the order in which they were told."""

MOST_CHARACTERS = 8191
"""Longer texts are refused: no symbol holds as much."""

MOST_ELEMENTS = 64
"""More element strings in one text are refused."""

GTIN_DIGITS = 14
SHORT_GTINS = frozenset((8, 12, 13))
"""Lengths of a GTIN that are padded with zeros to :data:`GTIN_DIGITS`."""

SEPARATOR = "^"
"""How FNC1 is written where it must be visible; it is no character of any value."""

_CHARACTERS = {
    "N": "[0-9]",
    "X": r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]""",
    "Y": r"[#\-/0-9A-Z]",
    "Z": r"[A-Za-z0-9_\-]",
}
_OF_PREFIXES = frozenset(("gcppos1", "gcppos2"))  # digits alone always keep these rules
_SIGNATURE = "8030"
# Keys whose serial is part of their value -> the length of the key without it.
_WITHOUT_SERIAL = {"253": 13, "255": 13, "8003": 14}


@dataclass(frozen=True, slots=True)
class Leniency:
    """What a reader lets pass beyond the standard.

    ``unknown_ais`` are AIs that nobody has assigned yet; ``short_gtins`` a GTIN-8, -12 or -13 in a Digital
    Link, read with zeros in front; ``short_names`` the names of edition 1.0 in its path, such as ``/gtin/``;
    ``as_typed`` is what people type from a label: brackets in a value that hold no AI, and blanks behind it.
    """

    unknown_ais: bool = False
    short_gtins: bool = False
    short_names: bool = False
    as_typed: bool = False


STRICT = Leniency()
"""The standard, and nothing beside it."""

OLD_LABELS = Leniency(short_gtins=True, short_names=True)
"""What labels of earlier editions of the Digital Link standard have."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. ``elements`` is empty where the text could not be taken apart."""

    elements: Elements
    faults: tuple[Fault, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.faults

    @property
    def well_formed(self) -> bool:
        """Whether the form is right, whatever the contents."""
        return all(fault.level != "syntax" for fault in self.faults)

    @property
    def fault(self) -> Fault | None:
        """The first fault."""
        return self.faults[0] if self.faults else None

    def confirmed(self) -> Elements:
        """The elements; raises a :class:`~suyuan.trace.gs1.faults.Gs1Error` for the first fault."""
        if self.faults:
            raise self.faults[0].error()
        return self.elements


def row_of(ai: str, leniency: Leniency) -> ApplicationIdentifier | None:
    """What is known of ``ai``, None where it is no AI for this reader."""
    return APPLICATION_IDENTIFIERS.get(ai) or (unassigned(ai) if leniency.unknown_ais else None)


def verdict_of(elements: Elements) -> Verdict:
    """The verdict on ``elements`` whose AIs are known (or let pass): contents, then associations.

    Time is linear in the values; what depends on the AIs alone is remembered.
    """
    faults = [fault for ai, value in elements if (fault := content_fault(ai, value)) is not None]
    ais = tuple([ai for ai, _ in elements])
    faults.extend(_associations(ais))
    if len(set(ais)) < len(ais):
        faults.extend(_repeats(elements))
    if _SIGNATURE in ais:
        faults.extend(
            Fault("serial-required", ai, value)
            for ai, value in elements
            if len(value) == _WITHOUT_SERIAL.get(ai)
        )
    return Verdict(elements, tuple(faults))


def length_fault(ai: str, value: str) -> Fault | None:
    """What is wrong with the length of ``value`` as a whole, and with separators in it."""
    form, length = _form_of(ai), len(value)
    if form.shortest <= length <= form.longest:
        at = value.find(SEPARATOR)
        return None if at < 0 else Fault("separator-in-value", ai, value, at, 1)
    expected = str(form.longest) if form.shortest == form.longest else f"{form.shortest}-{form.longest}"
    if not length:
        return Fault("value-missing", ai, expected=expected)
    if length < form.shortest:
        return Fault("value-too-short", ai, value, 0, length, expected)
    return Fault("value-too-long", ai, value, form.longest, length - form.longest, expected)


def content_fault(ai: str, value: str) -> Fault | None:
    """The first fault of ``value`` under ``ai``: length, characters, content rules, part by part."""
    form = _form_of(ai)
    if form.pattern.fullmatch(value):
        for start, stop, rule in form.checks:
            part = value[start:stop]
            flaw = rule(part) if part else None
            if flaw is not None:
                return _fault(ai, value, start, flaw)
        return None
    return _part_fault(form.row, value)


def form_fault(ai: str, value: str) -> Fault | None:
    """The first fault in the form of ``value`` under ``ai``: length and characters, whatever it means."""
    form = _form_of(ai)
    return None if form.pattern.fullmatch(value) else _part_fault(form.row, value, rules=False)


@dataclass(frozen=True, slots=True)
class _Form:
    """A row made ready: what a well-formed value looks like, and which rules its parts must keep."""

    row: ApplicationIdentifier
    shortest: int
    longest: int
    pattern: re.Pattern[str]
    checks: tuple[tuple[int, int, Callable[[str], Flaw | None]], ...]


@lru_cache(maxsize=1024)
def _form_of(ai: str) -> _Form:
    row = APPLICATION_IDENTIFIERS.get(ai) or unassigned(ai)
    if row is None:
        raise AssertionError(ai)  # parsers only let known or assignable AIs through
    start = 0
    checks: list[tuple[int, int, Callable[[str], Flaw | None]]] = []
    for part in row.components:  # only the last one can have more than one length
        names = (
            part.rules if part.charset != "N" else [rule for rule in part.rules if rule not in _OF_PREFIXES]
        )
        checks.extend((start, start + part.longest, RULES[name]) for name in names)
        start += part.longest
    pattern = re.compile(_pattern(row.components))
    return _Form(row, row.shortest, row.longest, pattern, tuple(checks))


def _pattern(parts: tuple[Component, ...]) -> str:
    if not parts:
        return ""
    part, rest = parts[0], _pattern(parts[1:])
    character = _CHARACTERS[part.charset]
    one = f"{character}{{{part.shortest},{part.longest}}}"
    if part.charset == "Z":  # base64url may be padded to groups of three
        groups = f"(?:{character}{{3}}){{0,{part.longest // 3 - 1}}}"
        one = f"(?:{one}|{groups}(?:{character}{{2}}=|{character}==))"
    return f"(?:{one}{rest})?" if part.optional else one + rest


def _part_fault(row: ApplicationIdentifier, value: str, *, rules: bool = True) -> Fault:
    """Which part of a value that is not well formed is first at fault; without ``rules``, by form alone."""
    at = 0
    for part in row.components:
        text = value[at : at + part.longest]
        if part.optional and not text:
            break
        if len(text) < part.shortest:
            return Fault("value-length", row.ai, value, at, len(text))
        names = part.rules if rules else ()
        for rule in (CHARSETS[part.charset], *(RULES[name] for name in names)):
            flaw = rule(text)
            if flaw is not None:
                return _fault(row.ai, value, at, flaw)
        at += len(text)
    return length_fault(row.ai, value) or Fault("value-length", row.ai, value, at, len(value) - at)


def _fault(ai: str, value: str, start: int, flaw: Flaw) -> Fault:
    return Fault(flaw.code, ai, value, start + flaw.position, flaw.length, flaw.expected)


@lru_cache(maxsize=1024)
def _associations(ais: Combination) -> tuple[Fault, ...]:
    """AIs that exclude one another, then AIs that lack what they require; the values do not matter."""
    present = sorted(set(ais))
    rows = [row for ai in present if (row := APPLICATION_IDENTIFIERS.get(ai)) is not None]
    faults = [
        Fault("pair-excluded", row.ai, expected=other)
        for row in rows
        for pattern in row.excludes
        if (other := _beside(pattern, present, row.ai)) is not None
    ]
    faults.extend(
        Fault("pair-required", row.ai, expected=", ".join("+".join(each) for each in demand))
        for row in rows
        for demand in row.requires
        if not any(all(_beside(each, present, row.ai) for each in combination) for combination in demand)
    )
    return tuple(faults)


def _beside(pattern: str, present: Sequence[str], itself: str) -> str | None:
    """The first AI beside ``itself`` that ``pattern`` means; ``n`` is any digit."""
    prefix = pattern.rstrip("n")
    return next(
        (ai for ai in present if ai != itself and len(ai) == len(pattern) and ai.startswith(prefix)), None
    )


def _repeats(elements: Elements) -> list[Fault]:
    first: dict[str, str] = {}
    differing = {ai: value for ai, value in elements if first.setdefault(ai, value) != value}
    return [Fault("repeats-differ", ai, value, 0, len(value)) for ai, value in differing.items()]

"""Element strings as text: with brackets, as symbols carry them, and as people read them.

Source: GS1 General Specifications §4.15 (human readable text), §7.8 (processing of element strings): the
value of an AI of predefined length ends by its length, every other one at FNC1 or at the end.
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.application_identifiers import APPLICATION_IDENTIFIERS, beginning, unassigned
from suyuan.trace.gs1.faults import Fault, Gs1SyntaxError
from suyuan.trace.gs1.verdict import (
    MOST_CHARACTERS,
    MOST_ELEMENTS,
    SEPARATOR,
    STRICT,
    Elements,
    Leniency,
    Verdict,
    length_fault,
    row_of,
    verdict_of,
)

GS = "\x1d"
"""The character that scanners send for FNC1 between element strings."""

COMPOSITE_BAR = "|"
"""Parts the linear component of a symbol from the composite one; it is no character of any value."""

_LONGEST_AI = 4
_BLANKS = " \t\r\n"  # not str.rstrip(): that would take the separator too
_BRACKETED_AI = re.compile(r"\([0-9]{2,4}\)")


def parse_bracketed(text: str, leniency: Leniency = STRICT) -> Elements:
    r"""The elements of ``(01)…(10)…``. An opening bracket in a value is written ``\(``.

    >>> parse_bracketed("(01)09506000134352(10)A\\(1)")
    (('01', '09506000134352'), ('10', 'A(1)'))

    What stands behind ``|`` is the composite component of a symbol, and its elements follow the others.

    Raises :class:`~suyuan.trace.gs1.faults.Gs1SyntaxError`. Contents are not looked at.
    """
    linear, bar, composite = text.partition(COMPOSITE_BAR)
    found: list[tuple[str, str]] = []
    _read_brackets(linear, leniency, found)
    if bar:
        _read_brackets(composite, leniency, found)
    return tuple(found)


def _read_brackets(text: str, leniency: Leniency, found: list[tuple[str, str]]) -> None:
    """Append the elements of one component to ``found``."""
    refuse_size(text)
    at = 0
    while at < len(text):
        closing = text.find(")", at) if text[at] == "(" else -1
        if closing <= at + 1:
            raise Gs1SyntaxError(Fault("brackets", "", text, at, len(text) - at))
        ai = text[at + 1 : closing]
        row = row_of(ai, leniency)
        if row is None:
            raise Gs1SyntaxError(Fault("unknown-ai", "", text, at + 1, len(ai)))
        at = _end_of_value(text, closing + 1, leniency)
        value = text[closing + 1 : at].replace("\\(", "(")
        add(found, ai, value.rstrip(_BLANKS) if leniency.as_typed else value)


def _end_of_value(text: str, start: int, leniency: Leniency) -> int:
    """Where the value ends that begins at ``start``: at the bracket of the next AI, or at the end."""
    at = text.find("(", start)
    while at >= 0:
        if text[at - 1] != "\\" and (not leniency.as_typed or _BRACKETED_AI.match(text, at)):
            return at
        at = text.find("(", at + 1)
    return len(text)


def parse_raw(data: str, separator: str = GS, leniency: Leniency = STRICT) -> Elements:
    r"""The elements of ``data`` as a GS1 symbol carries them, without FNC1 in front.

    >>> parse_raw("010950600013435210A1\x1d21B2")
    (('01', '09506000134352'), ('10', 'A1'), ('21', 'B2'))

    Raises :class:`~suyuan.trace.gs1.faults.Gs1SyntaxError`. Contents are not looked at.
    """
    refuse_size(data)
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(data):
        row = beginning(data[at : at + _LONGEST_AI], unknown=leniency.unknown_ais)
        if row is None:
            raise Gs1SyntaxError(Fault("unknown-ai", "", data, at, min(_LONGEST_AI, len(data) - at)))
        start = at + len(row.ai)
        at = data.find(separator, start)
        at = len(data) if at < 0 else at
        if row.predefined:
            at = min(at, start + row.longest)
        add(found, row.ai, data[start:at])
        if data.startswith(separator, at):  # also allowed behind a predefined length
            at += 1
    return tuple(found)


def check_bracketed(text: str, leniency: Leniency = STRICT) -> Verdict:
    """The verdict on element strings with brackets."""
    try:
        return verdict_of(parse_bracketed(text, leniency))
    except Gs1SyntaxError as error:
        return Verdict((), (error.fault,))


def check_raw(data: str, separator: str = GS, leniency: Leniency = STRICT) -> Verdict:
    """The verdict on element strings as a symbol carries them, without FNC1 in front."""
    try:
        return verdict_of(parse_raw(data, separator, leniency))
    except Gs1SyntaxError as error:
        return Verdict((), (error.fault,))


def bracketed(elements: Elements) -> str:
    r"""``elements`` with brackets, an opening bracket in a value as ``\(``.

    >>> bracketed((("01", "09506000134352"), ("10", "A1")))
    '(01)09506000134352(10)A1'
    """
    return "".join("(" + ai + ")" + value.replace("(", "\\(") for ai, value in elements)


def raw(elements: Elements, separator: str = SEPARATOR) -> str:
    """``elements`` as a symbol carries them: FNC1 in front and behind all but predefined lengths.

    >>> raw((("10", "A1"), ("01", "09506000134352"), ("21", "B2")))
    '^10A1^010950600013435221B2'
    """
    told: list[str] = []
    needed = True
    for ai, value in elements:
        told.append(f"{separator if needed else ''}{ai}{value}")
        row = APPLICATION_IDENTIFIERS.get(ai) or unassigned(ai)
        needed = row is None or not row.predefined
    return "".join(told)


def human_readable(elements: Elements, *, titles: bool = False) -> tuple[str, ...]:
    """One line for each element, as it is printed below a symbol; with ``titles`` GS1's data title in front.

    >>> human_readable((("01", "09506000134352"), ("10", "A1")), titles=True)
    ('GTIN (01) 09506000134352', 'BATCH/LOT (10) A1')
    """
    return tuple(f"{_title(ai)}({ai}) {value}" if titles else f"({ai}) {value}" for ai, value in elements)


def _title(ai: str) -> str:
    row = APPLICATION_IDENTIFIERS.get(ai)
    return f"{row.title} " if row and row.title else ""


def refuse_size(text: str) -> None:
    """Raise for a text of which nothing or too much is there."""
    if not text:
        raise Gs1SyntaxError(Fault("empty"))
    if len(text) > MOST_CHARACTERS:
        raise Gs1SyntaxError(Fault("too-long", "", text, 0, len(text), str(MOST_CHARACTERS)))


def add(found: list[tuple[str, str]], ai: str, value: str) -> None:
    """Append an element, once there is room for it and its value can have that length."""
    fault = length_fault(ai, value)
    if fault is None and len(found) == MOST_ELEMENTS:
        fault = Fault("too-many-elements", expected=str(MOST_ELEMENTS))
    if fault is not None:
        raise Gs1SyntaxError(fault)
    found.append((ai, value))

"""What a scanner or a camera gives for a symbol, to the identifier in it.

Source: GS1 General Specifications §5.10 (symbology identifiers) and §7.8 (element strings of predefined
length; all others end at the separator character, which scanners transmit as GS, 29).
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.errors import StructureError, shown
from suyuan.trace.gs1.identifier import QUALIFIERS, Identifier, identifier_of
from suyuan.trace.gs1.spelling import MOST_CHARACTERS, identify

SEPARATOR = "\x1d"
"""GS, in the place of FNC1."""

_AROUND = " \t\r\n"  # not str.strip(): that would take the separator too
_SYMBOLOGY = re.compile(r"\](?P<identifier>[A-Za-z][0-9A-Za-z])")
_GS1 = frozenset(("C1", "e0", "e1", "e2", "d2", "Q3", "J1"))
_TRADE_ITEM = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_RAW = re.compile(r"01[0-9]{14}|00[0-9]{18}$")
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)([^(]*(?:\((?![0-9]{2,4}\))[^(]*)*)")
# First two digits -> how many digits the AI has.
_AI_DIGITS = {
    **dict.fromkeys(("00", "01", "02", "03", "04"), 2),
    **{str(n): 2 for n in (*range(10, 23), 30, 37, *range(90, 100))},
    **{str(n): 3 for n in (23, 24, 25, 40, 41, 42, 71)},
    **{str(n): 4 for n in (*range(31, 37), 39, 43, 70, 72, 80, 81, 82)},
}
# First two digits -> AI and value together, for the element strings that need no separator.
_PREDEFINED = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "20": 4, "41": 16,
    **{str(n): 8 for n in range(11, 20)},
    **{str(n): 10 for n in range(31, 37)},
}  # fmt: skip


def scanned(text: str) -> Identifier:
    """The identifier in ``text`` as read from a symbol or a tag, or typed from below one.

    Understood is whatever :func:`~suyuan.trace.gs1.spelling.identify` reads, and element strings, bracketed
    or as a scanner gives them, with or without symbology identifier; attributes such as dates are passed
    over. The number alone of an EAN or UPC symbol is a ``product``: it names neither lot nor item.

    >>> scanned("]C101095060001343521729061521123").key
    'https://id.gs1.org/01/09506000134352/21/123'
    >>> scanned("(01)09506000134352(10)ABC").key
    'https://id.gs1.org/01/09506000134352/10/ABC'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    if len(text) > MOST_CHARACTERS:
        return identify(text)  # which refuses it
    text = text.strip(_AROUND)
    symbology = _SYMBOLOGY.match(text)
    if symbology:
        text = text[symbology.end() :]
    text = text.removesuffix(SEPARATOR)
    if text.startswith("("):
        return _named(_bracketed(text))
    if _TRADE_ITEM.fullmatch(text):
        return identifier_of((("01", text),))
    if (symbology and symbology["identifier"] in _GS1) or text[:1] == SEPARATOR or _RAW.match(text):
        return _named(_elements(text.removeprefix(SEPARATOR)))
    return identify(text)


def _bracketed(text: str) -> list[tuple[str, str]]:
    """The element strings of ``(01)…(21)…``; a bracket in a value is none of an AI."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        part = _BRACKETED.match(text, at)
        if part is None:
            _refuse(text, text[at:])
            break
        found.append((part[1], part[2].rstrip(_AROUND)))
        at = part.end()
    return found


def _elements(text: str) -> list[tuple[str, str]]:
    """The element strings of ``text`` as transmitted."""
    found: list[tuple[str, str]] = []
    rest = text
    while rest:
        digits = _AI_DIGITS.get(rest[:2], 0)
        ai = rest[:digits]
        if not (digits and len(ai) == digits and ai.isascii() and ai.isdigit()):
            _refuse(text, rest)
        size = _PREDEFINED.get(rest[:2])
        if size is not None:
            value, rest = rest[digits:size], rest[size:].removeprefix(SEPARATOR)
        else:
            value, _, rest = rest[digits:].partition(SEPARATOR)
        found.append((ai, value))
    return found


def _named(elements: list[tuple[str, str]]) -> Identifier:
    """The identifier among ``elements``: the first primary key with those of its qualifiers that are told."""
    for ai, value in elements:
        if not value:
            raise StructureError(
                "AI {ai} has no value in {value}.",
                where=ai,
                remedy="Every AI is followed by its value.",
                ai=ai,
                value=shown("".join(f"({ai}){value}" for ai, value in elements)),
            )
    primary = next((ai for ai, _ in elements if ai in QUALIFIERS), "")
    own = {ai for order in QUALIFIERS.get(primary, ()) for ai in order} | {primary}
    return identifier_of([each for each in elements if each[0] in own] or elements[:1])


def _refuse(text: str, rest: str) -> None:
    raise StructureError(
        "{value} is not an element string: no application identifier begins at {rest}.",
        where=shown(rest),
        remedy="Scan again, or type the code as it is printed, with its brackets.",
        value=shown(text),
        rest=shown(rest),
    )

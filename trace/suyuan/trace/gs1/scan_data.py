r"""Messages of bar codes: what a scanner sends for a symbol, and what a symbol is to carry.

A *message* is written like this: one that begins with ``^`` holds GS1 element strings, and every ``^`` in it
is FNC1; ``|`` parts the linear symbol from its composite component; anything else is text or the digits of a
GTIN, and text that begins with ``^`` has a ``\`` in front.

Source: GS1 General Specifications §5.10 (symbology identifiers, ISO/IEC 15424) and §5.9 (composite symbols).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from suyuan.trace.gs1.ai_rows import PREDEFINED
from suyuan.trace.gs1.contents import mod10
from suyuan.trace.gs1.digital_links import check_link
from suyuan.trace.gs1.element_strings import COMPOSITE_BAR, GS, check_raw, parse_raw, refuse_size
from suyuan.trace.gs1.faults import Fault, Gs1SyntaxError
from suyuan.trace.gs1.verdict import (
    GTIN_DIGITS,
    SEPARATOR,
    STRICT,
    Elements,
    Leniency,
    Verdict,
    content_fault,
    verdict_of,
)

Symbology = Literal[
    "qr", "data-matrix", "dotcode", "gs1-128", "databar-expanded", "databar", "databar-limited",
    "ean-13", "ean-8", "upc-a", "upc-e", "itf-14",
]  # fmt: skip

_Carries = Literal["elements", "text", "gtin"]

# Identifier behind the bracket -> the symbology and what it carries. One identifier may stand for several
# symbologies; the most common is named.
_IDENTIFIERS: dict[str, tuple[Symbology, _Carries]] = {
    "C1": ("gs1-128", "elements"),
    "e0": ("databar-expanded", "elements"),
    "e1": ("databar-expanded", "elements"),
    "e2": ("databar-expanded", "elements"),
    "d1": ("data-matrix", "text"),
    "d2": ("data-matrix", "elements"),
    "Q1": ("qr", "text"),
    "Q3": ("qr", "elements"),
    "J0": ("dotcode", "text"),
    "J1": ("dotcode", "elements"),
    "E0": ("ean-13", "gtin"),
    "E4": ("ean-8", "gtin"),
    "I0": ("itf-14", "gtin"),
    "I1": ("itf-14", "gtin"),
}
GS1_SYMBOLOGIES = frozenset(name for name, (_, carries) in _IDENTIFIERS.items() if carries == "elements")
"""Symbology identifiers of data that are element strings."""

_MATRIX: dict[Symbology, tuple[str, str]] = {
    "qr": ("]Q1", "]Q3"),
    "data-matrix": ("]d1", "]d2"),
    "dotcode": ("]J0", "]J1"),
}
# Digits of the GTIN in a symbol that carries nothing else; UPC-E is sent as the UPC-A that it abbreviates.
_DIGITS: dict[Symbology, int] = {
    "ean-13": 13, "ean-8": 8, "upc-a": 12, "upc-e": 12, "itf-14": 14, "databar": 14, "databar-limited": 14,
}  # fmt: skip
COMPOSITE = "|]e0"
"""How the composite component follows the digits of an EAN or UPC symbol: as a message of its own."""

_IDENTIFIER_LENGTH = 3
_ESCAPED = re.compile(r"\\*\^")
_LINK = re.compile(r"(?:https?|HTTPS?)://")
_NOT_A_DIGIT = re.compile("[^0-9]")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner sent: the symbology, the message in it, and the verdict on that.

    The elements of text that is no Digital Link are empty, and nothing is wrong with it.
    """

    symbology: Symbology
    message: str
    verdict: Verdict


def read_scan(data: str, leniency: Leniency = STRICT) -> Scan:
    r"""What ``data`` holds, as sent with the symbology identifier in front.

    >>> read_scan("]d2010950600013435210A1\x1d21B2").verdict.elements
    (('01', '09506000134352'), ('10', 'A1'), ('21', 'B2'))

    Raises :class:`~suyuan.trace.gs1.faults.Gs1SyntaxError` where nothing tells what the data are.
    """
    refuse_size(data)
    if data[0] != "]" or len(data) < _IDENTIFIER_LENGTH:
        raise Gs1SyntaxError(Fault("symbology-missing", "", data, 0, len(data)))
    known = _IDENTIFIERS.get(data[1:_IDENTIFIER_LENGTH])
    if known is None:
        raise Gs1SyntaxError(Fault("symbology-unknown", "", data, 0, _IDENTIFIER_LENGTH))
    symbology, carries = known
    body = data[_IDENTIFIER_LENGTH:]
    if carries == "elements":
        return Scan(symbology, _message(body), check_raw(body, GS, leniency))
    if carries == "text":
        escape = "\\" if _ESCAPED.match(body) else ""
        return Scan(symbology, escape + body, check_text(body, leniency))
    digits, composite, rest = body.partition(COMPOSITE)
    fault = _gtin_fault(digits, _DIGITS[symbology])
    if fault:
        return Scan(symbology, digits, Verdict((), (fault,)))
    elements: Elements = (("01", digits.zfill(GTIN_DIGITS)),)
    if not composite:
        return Scan(symbology, digits, Verdict(elements))
    beside = check_raw(rest, GS, leniency)
    verdict = verdict_of(elements + beside.elements) if beside.elements else beside
    return Scan(symbology, f"{digits}{COMPOSITE_BAR}{_message(rest)}", verdict)


def check_text(text: str, leniency: Leniency = STRICT) -> Verdict:
    """The verdict on the text of a symbol that is not GS1's own: a web address is to be a Digital Link."""
    return check_link(text, leniency) if _LINK.match(text) else Verdict(())


def check_message(message: str, leniency: Leniency = STRICT) -> Verdict:
    """The verdict on a message: element strings where it begins with ``^``, else text."""
    if not message.startswith(SEPARATOR):
        return check_text(message, leniency)
    linear, _, composite = message.partition(COMPOSITE_BAR)
    verdict = check_raw(linear[1:], SEPARATOR, leniency)
    if not composite or not verdict.elements:
        return verdict
    beside = check_raw(composite.removeprefix(SEPARATOR), SEPARATOR, leniency)
    return verdict_of(verdict.elements + beside.elements) if beside.elements else beside


def scan_of(symbology: Symbology, message: str, *, add_check_digit: bool = False) -> str:
    """What a scanner sends for a symbol that carries ``message``.

    With ``add_check_digit`` the digits of a GTIN come without their last one. Composite components are sent
    behind linear symbols: in the same message, or after EAN and UPC in one of their own.

    Raises :class:`~suyuan.trace.gs1.faults.Gs1Error` where the symbol cannot carry the message.
    """
    refuse_size(message)
    if symbology in _MATRIX:
        text, elements = _MATRIX[symbology]
        if message.startswith(SEPARATOR):
            check_message(message).confirmed()
            return elements + _sent(message)
        return text + (message[1:] if message[0] == "\\" and _ESCAPED.match(message) else message)
    linear, _, composite = message.partition(COMPOSITE_BAR)
    if composite and not composite.startswith(SEPARATOR):
        raise Gs1SyntaxError(Fault("not-gs1-data", "", composite, 0, len(composite)))
    if symbology in _DIGITS:
        return _sent_gtin(symbology, _gtin_digits(symbology, linear, add=add_check_digit), composite)
    if not linear.startswith(SEPARATOR):
        raise Gs1SyntaxError(Fault("not-gs1-data", "", linear, 0, len(linear)))
    check_message(message).confirmed()
    if not composite:
        return ("]C1" if symbology == "gs1-128" else "]e0") + _sent(linear)
    last, _ = parse_raw(linear[1:], SEPARATOR)[-1]
    between = "" if last[:2] in PREDEFINED else GS
    return "]e0" + _sent(linear) + between + _sent(composite)


def _sent_gtin(symbology: Symbology, digits: str, composite: str) -> str:
    """What is sent for a symbol that holds a GTIN: DataBar as element string, the others as digits."""
    behind = ""
    if composite:
        gtin = ("01", digits.zfill(GTIN_DIGITS))
        verdict_of((gtin, *parse_raw(composite[1:], SEPARATOR))).confirmed()
        behind = _sent(composite)
    if symbology in ("databar", "databar-limited"):
        return f"]e001{digits}{behind}"
    identifier = {"ean-8": "]E4", "itf-14": "]I1"}.get(symbology, "]E0")
    padding = "0" if symbology in ("upc-a", "upc-e") else ""
    return identifier + padding + digits + (f"{COMPOSITE}{behind}" if behind else "")


def _gtin_digits(symbology: Symbology, linear: str, *, add: bool) -> str:
    """The digits in the symbol, from the digits themselves or the element string of the GTIN."""
    size = _DIGITS[symbology]
    digits = linear.removeprefix("^01" + "0" * (GTIN_DIGITS - size))
    if add and len(digits) == size - 1 and not _NOT_A_DIGIT.search(digits):
        digits += str(mod10(digits))
    elif add:
        raise Gs1SyntaxError(Fault("primary-length", "", digits, 0, len(digits), str(size - 1)))
    fault = _gtin_fault(digits, size)
    if fault is None and symbology == "databar-limited" and digits[0] > "1":
        fault = Fault("not-gs1-data", "", digits, 0, 1)
    if fault is not None:
        raise fault.error()
    return digits


def _gtin_fault(digits: str, size: int) -> Fault | None:
    """What is wrong with the digits of a GTIN that a symbol holds."""
    if len(digits) != size:
        return Fault("primary-length", "", digits, 0, len(digits), str(size))
    return content_fault("01", digits.zfill(GTIN_DIGITS))


def _message(body: str) -> str:
    return SEPARATOR + body.replace(GS, SEPARATOR)


def _sent(message: str) -> str:
    return message[1:].replace(SEPARATOR, GS)

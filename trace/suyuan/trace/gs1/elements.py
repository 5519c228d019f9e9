"""Values of the AIs that make up identification keys: in canonical form, with errors that name the key.

Only the AIs that identify are here; dates, weights and the like are attributes and never part of a key. What
the values must be is told by :mod:`suyuan.trace.gs1.application_identifiers` and the content rules.
"""

from __future__ import annotations

from suyuan.trace.gs1.contents import CHARSETS, mod10
from suyuan.trace.gs1.errors import (
    CharacterError,
    CheckDigitError,
    IdentifierError,
    LengthError,
    UnknownApplicationIdentifier,
    shown,
)
from suyuan.trace.gs1.faults import Fault
from suyuan.trace.gs1.verdict import GTIN_DIGITS, SHORT_GTINS, content_fault, length_fault

NAMES: dict[str, str] = {
    "00": "SSCC", "01": "GTIN", "10": "lot", "21": "serial", "22": "product variant",
    "235": "third-party serial", "253": "GDTI", "254": "GLN extension", "255": "GCN", "401": "GINC",
    "402": "GSIN", "414": "GLN", "415": "GLN of the invoicing party", "417": "GLN of a party",
    "7040": "UIC extension", "8003": "GRAI", "8004": "GIAI", "8006": "ITIP", "8010": "CPID",
    "8011": "CPID serial", "8013": "GMN", "8017": "GSRN of a provider", "8018": "GSRN of a recipient",
    "8019": "SRIN", "8020": "payment reference",
}  # fmt: skip
"""The keys of Digital Links and what qualifies them, as people call them."""

_ALLOWED = {
    "non-digit-character": "digits",
    "invalid-cset82-character": "letters, digits and the signs of GS1 character set 82",
    "invalid-cset39-character": "capital letters, digits, # - and / (GS1 character set 39)",
}
_OF_LENGTH = frozenset(("value-missing", "value-too-short", "value-too-long", "value-length"))
# Others write keys that do not begin with a company prefix, and they name their things all the same.
_PASSED = frozenset(("invalid-gcp-prefix", "too-short-for-gcp"))


def check_digit(digits: str) -> int:
    """The mod 10 check digit of ``digits``, the number without its check digit.

    >>> check_digit("0950600013435")
    2

    Source: GS1 General Specifications §7.9.1. Raises :class:`CharacterError` for anything but ASCII digits.
    """
    if not (digits.isascii() and digits.isdigit()):
        flaw = CHARSETS["N"](digits)
        if flaw is not None:
            raise CharacterError("", "the number", digits, flaw.position + 1, _ALLOWED[flaw.code])
        raise LengthError("A check digit needs at least one digit.", where="")
    return mod10(digits)


def element_value(ai: str, value: str) -> str:
    """``value`` of AI ``ai`` in canonical form (GTIN with 14 digits).

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    if ai not in NAMES:
        raise UnknownApplicationIdentifier(
            "{ai} is not an application identifier of an identification key.",
            where=shown(ai),
            remedy="Begin with 01 (GTIN), 00 (SSCC), 414 (GLN) or another identification key.",
            ai=shown(ai),
        )
    if ai == "01" and len(value) in SHORT_GTINS:
        value = value.zfill(GTIN_DIGITS)
    fault = content_fault(ai, value)
    if fault is None or fault.code in _PASSED:
        return value
    raise _named(length_fault(ai, value) or fault)


def _named(fault: Fault) -> IdentifierError:
    """``fault`` as an error that names the key."""
    ai, name = fault.ai, NAMES[fault.ai]
    if fault.code == "incorrect-check-digit":
        return CheckDigitError(ai, name, fault.value, fault.expected)
    if fault.code in _ALLOWED:
        return CharacterError(ai, name, fault.value, fault.position + 1, _ALLOWED[fault.code])
    if fault.code == "separator-in-value":
        return CharacterError(ai, name, fault.value, fault.position + 1, _ALLOWED["invalid-cset82-character"])
    if fault.code not in _OF_LENGTH:
        return fault.error()
    return LengthError(
        "{name} {value} (AI {ai}) has {length} characters; {expected} would be right.",
        where=ai,
        remedy="Compare with the printed number or scan again.",
        ai=ai,
        name=name,
        value=shown(fault.value),
        length=len(fault.value),
        expected=fault.expected,
    )

"""Application identifiers that make up identification keys: their form, check digits and character sets.

Source: GS1 General Specifications §3 (element strings), §7.9.1 (mod 10), §7.11 (character sets). Only the
AIs that identify are here; dates, weights and the like are attributes and never part of a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from suyuan.trace.gs1.errors import (
    CharacterError,
    CheckDigitError,
    LengthError,
    StructureError,
    UnknownApplicationIdentifier,
    shown,
)

Charset = Literal["N", "X", "Y"]
"""N digits, X character set 82, Y character set 39 (GS1 General Specifications §7.11)."""

_OUTSIDE: dict[Charset, re.Pattern[str]] = {
    "N": re.compile(r"[^0-9]"),
    "X": re.compile(r"""[^!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"""),
    "Y": re.compile(r"[^#\-/0-9A-Z]"),
}
_ALLOWED: dict[Charset, str] = {
    "N": "digits",
    "X": "letters, digits and the signs of GS1 character set 82",
    "Y": "capital letters, digits, # - and / (GS1 character set 39)",
}


@dataclass(frozen=True, slots=True)
class Element:
    """The form of one AI's value: ``digits`` digits of which the last checks the rest, then a tail.

    ``shorter`` are lengths of the numeric part that are padded with zeros on the left (GTIN-8, -12, -13).
    """

    ai: str
    name: str
    digits: int = 0
    tail: Charset | None = None
    tail_min: int = 0
    tail_max: int = 0
    shorter: tuple[int, ...] = ()

    @property
    def lengths(self) -> str:
        """The permitted lengths in words."""
        low, high = self.digits + self.tail_min, self.digits + self.tail_max
        permitted = [*map(str, self.shorter), str(low) if low == high else f"{low} to {high}"]
        return ", ".join(permitted[:-1]) + " or " + permitted[-1] if self.shorter else permitted[0]


ELEMENTS: dict[str, Element] = {
    element.ai: element
    for element in (
        Element("00", "SSCC", 18),
        Element("01", "GTIN", 14, shorter=(8, 12, 13)),
        Element("10", "lot", 0, "X", 1, 20),
        Element("21", "serial", 0, "X", 1, 20),
        Element("22", "product variant", 0, "X", 1, 20),
        Element("235", "third-party serial", 0, "X", 1, 28),
        Element("253", "GDTI", 13, "X", 0, 17),
        Element("254", "GLN extension", 0, "X", 1, 20),
        Element("255", "GCN", 13, "N", 0, 12),
        Element("401", "GINC", 0, "X", 1, 30),
        Element("402", "GSIN", 17),
        Element("414", "GLN", 13),
        Element("415", "GLN of the invoicing party", 13),
        Element("417", "GLN of a party", 13),
        Element("7040", "UIC extension", 0, "X", 4, 4),
        Element("8003", "GRAI", 14, "X", 0, 16),
        Element("8004", "GIAI", 0, "X", 1, 30),
        Element("8006", "ITIP", 14, "N", 4, 4),
        Element("8010", "CPID", 0, "Y", 1, 30),
        Element("8011", "CPID serial", 0, "N", 1, 12),
        Element("8017", "GSRN of a provider", 18),
        Element("8018", "GSRN of a recipient", 18),
        Element("8019", "SRIN", 0, "N", 1, 10),
        Element("8020", "payment reference", 0, "X", 1, 25),
    )
}


def check_digit(digits: str) -> int:
    """The mod 10 check digit of ``digits``, the number without its check digit.

    >>> check_digit("0950600013435")
    2

    Source: GS1 General Specifications §7.9.1. Raises :class:`CharacterError` for anything but ASCII digits.
    """
    if not (digits.isascii() and digits.isdigit()):
        _refuse_characters("", "the number", digits, "N")
        raise LengthError("A check digit needs at least one digit.", where="")
    return _mod10(digits)


def _mod10(digits: str) -> int:
    """The check digit of ASCII digits: weights 3, 1, 3 … from the right."""
    ordinals = digits.encode()
    odd, even = ordinals[::-2], ordinals[-2::-2]
    # 48 is the ordinal of "0", counted three times in every odd place.
    return -(3 * sum(odd) + sum(even) - 48 * (3 * len(odd) + len(even))) % 10


def element_value(ai: str, value: str) -> str:
    """``value`` of AI ``ai`` in canonical form (GTIN with 14 digits).

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    element = ELEMENTS.get(ai)
    if element is None:
        raise UnknownApplicationIdentifier(
            "{ai} is not an application identifier of an identification key.",
            where=shown(ai),
            remedy="Begin with 01 (GTIN), 00 (SSCC), 414 (GLN) or another identification key.",
            ai=shown(ai),
        )
    if len(value) in element.shorter:
        value = value.zfill(element.digits)
    head, tail = value[: element.digits], value[element.digits :]
    if head and not (head.isascii() and head.isdigit()):
        _refuse_characters(ai, element.name, head, "N")
    if not element.tail_min <= len(tail) <= element.tail_max or len(head) < element.digits:
        _refuse_length(element, value)
    if head and head[-1] != str(_mod10(head[:-1])):
        raise CheckDigitError(ai, element.name, value, str(_mod10(head[:-1])))
    if tail and element.tail is not None and _OUTSIDE[element.tail].search(tail):
        _refuse_characters(ai, element.name, tail, element.tail)
    return value if ai in _PLAIN else _special(ai, value)


_PLAIN = frozenset(ELEMENTS) - {"8003", "8006", "8011"}


def _special(ai: str, value: str) -> str:
    """``value``, once it keeps the extra rule of its AI."""
    if ai == "8003" and value[0] != "0":
        raise StructureError(
            "The GRAI {value} must begin with 0.", where=ai, remedy="Put a zero in front.", value=shown(value)
        )
    if ai == "8006":
        piece, total = value[14:16], value[16:]
        if not "00" < piece <= total:
            raise StructureError(
                "The ITIP {value} says piece {piece} of {total}.",
                where=ai,
                remedy="Pieces are counted from 01 to the total.",
                value=shown(value),
                piece=piece,
                total=total,
            )
    if ai == "8011" and value[0] == "0" and value != "0":
        raise StructureError(
            "The CPID serial {value} begins with 0.",
            where=ai,
            remedy="Leave out leading zeros.",
            value=shown(value),
        )
    return value


def _refuse_length(element: Element, value: str) -> None:
    raise LengthError(
        "{name} {value} (AI {ai}) has {length} characters; {expected} would be right.",
        where=element.ai,
        remedy="Compare with the printed number or scan again.",
        ai=element.ai,
        name=element.name,
        value=shown(value),
        length=len(value),
        expected=element.lengths,
    )


def _refuse_characters(ai: str, name: str, value: str, charset: Charset) -> None:
    """Raise for the first character of ``value`` outside ``charset``; return if there is none."""
    found = _OUTSIDE[charset].search(value)
    if found:
        raise CharacterError(ai, name, value, found.start() + 1, _ALLOWED[charset])

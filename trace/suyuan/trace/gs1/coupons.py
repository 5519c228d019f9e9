"""Coupon codes of North America, as AI 8110 and AI 8112 carry them.

Sources: GS1 US, North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols; GS1 AI (8112)
Coupon Data Specification. A code is digits only. Most parts have their length in front: one digit, to which a
fixed number is added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from suyuan.trace.gs1.faults import Flaw

_DATE_DIGITS = 6
_FAMILY_DIGITS = 3
_OFFER_DIGITS = 6
_REQUIREMENT_CODES = "012349"
_NO_PREFIX = "9"  # as length of a company prefix: that of the first purchase is meant


class _FlawedError(Exception):
    """Ends the reading of a coupon; never leaves this module."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__()
        self.flaw = flaw


@dataclass(slots=True)
class _Coupon:
    """A coupon code and how far it is read: what stands before ``at`` is right."""

    text: str
    at: int = 0

    def refuse(self, code: str, part: str, position: int, length: int) -> None:
        raise _FlawedError(Flaw(f"coupon-{code}", position, length, part.replace("-", " ")))

    def digit(self, part: str, allowed: str, missing: str, invalid: str) -> str:
        """One digit, which is one of ``allowed``."""
        if self.at == len(self.text):
            self.refuse(missing, part, 0, len(self.text))
        found = self.text[self.at]
        if found not in allowed:
            self.refuse(invalid, part, self.at, 1)
        self.at += 1
        return found

    def code(self, part: str, allowed: str) -> None:
        self.digit(part, allowed, f"missing-{part}", f"invalid-{part}")

    def digits(self, part: str, count: int, refusal: str = "truncated") -> str:
        """``count`` digits."""
        rest = len(self.text) - self.at
        if rest < count:
            # A part of which nothing is there cannot be pointed at: the whole code is at fault.
            position, length = (self.at, rest) if rest else (0, len(self.text))
            self.refuse(f"{refusal}-{part}", part, position, length)
        self.at += count
        return self.text[self.at - count : self.at]

    def sized(self, part: str, allowed: str, more: int) -> None:
        """A part with its length, to which ``more`` is added, in front."""
        length = self.digit(part, allowed, f"missing-{part}-vli", f"invalid-{part}-length")
        none = length == _NO_PREFIX and len(allowed) < len("0123456789")
        self.digits(part, 0 if none else int(length) + more)

    def follows(self, field: str) -> bool:
        """Whether the optional part that begins with ``field`` comes next; if so it is passed."""
        if self.text[self.at : self.at + 1] != field:
            return False
        self.at += 1
        return True

    def date(self, part: str) -> str:
        """A date of six digits, YYMMDD."""
        found = self.digits(part, _DATE_DIGITS, "too-short-for")
        try:
            date(2000 + int(found[:2]), int(found[2:4]), int(found[4:]))
        except ValueError:
            self.refuse(f"invalid-{part}", part, self.at - _DATE_DIGITS, _DATE_DIGITS)
        return found

    def purchase(self, which: str) -> None:
        """What must be bought: how much of it, counted how, and of which family."""
        self.sized(f"{which}-purchase-requirement", "12345", 0)
        self.code(f"{which}-purchase-requirement-code", _REQUIREMENT_CODES)
        self.digits(f"{which}-purchase-family-code", _FAMILY_DIGITS)

    def end(self) -> None:
        if self.at < len(self.text):
            self.refuse("excess-data", "", self.at, len(self.text) - self.at)


def coupon_code(text: str) -> Flaw | None:
    """The flaw of a coupon code of AI 8110, None where there is none."""
    return _read(text, _coupon_code)


def positive_offer(text: str) -> Flaw | None:
    """The flaw of a coupon code of AI 8112 (positive offer file), None where there is none."""
    return _read(text, _positive_offer)


def _read(text: str, read: Callable[[_Coupon], None]) -> Flaw | None:
    for position, character in enumerate(text):
        if character not in "0123456789":
            return Flaw("non-digit-character", position, 1)
    try:
        read(_Coupon(text))
    except _FlawedError as stop:
        return stop.flaw
    return None


def _coupon_code(coupon: _Coupon) -> None:
    coupon.sized("gcp", "0123456", 6)
    coupon.digits("offer-code", _OFFER_DIGITS)
    coupon.sized("save-value", "12345", 0)
    coupon.purchase("1st")
    if coupon.follows("1"):
        coupon.code("additional-purchase-rules-code", "0123")
        coupon.purchase("2nd")
        coupon.sized("2nd-purchase-gcp", "01234569", 6)
    if coupon.follows("2"):
        coupon.purchase("3rd")
        coupon.sized("3rd-purchase-gcp", "01234569", 6)
    expires = coupon.date("expiration-date") if coupon.follows("3") else ""
    if coupon.follows("4"):
        starts = coupon.date("start-date")
        if expires and starts > expires:
            both = 2 * (_DATE_DIGITS + 1)
            coupon.refuse("expiration-before-start", "", coupon.at - both, both)
    if coupon.follows("5"):
        coupon.sized("serial-number", "0123456789", 6)
    if coupon.follows("6"):
        coupon.sized("retailer-gcp-or-gln", "1234567", 6)
    if coupon.follows("9"):
        coupon.code("save-value-code", "01256")
        coupon.code("save-value-applies-to-item", "012")
        coupon.code("store-coupon-flag", "0123456789")
        coupon.code("dont-multiply-flag", "01")
    coupon.end()


def _positive_offer(coupon: _Coupon) -> None:
    coupon.code("format-code", "01")
    coupon.sized("funder", "0123456", 6)
    coupon.digits("offer-code", _OFFER_DIGITS)
    coupon.sized("serial-number", "0123456789", 6)
    coupon.end()

"""The content rules of GS1 element strings, by the names of the GS1 Barcode Syntax Dictionary.

A rule takes a component of a value and returns its first :class:`~suyuan.trace.gs1.faults.Flaw`, or None.
Each is total: any text has an answer, in linear time.

Source: GS1 General Specifications §3 (the AIs), §7.9 (check characters), §7.11 (character sets).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from suyuan.trace.gs1.code_lists import (
    COUNTRIES_ALPHA2,
    COUNTRIES_NUMERIC,
    CURRENCIES,
    MEDIA_TYPES,
    PACKAGE_TYPES,
)
from suyuan.trace.gs1.coupons import coupon_code, positive_offer
from suyuan.trace.gs1.errors import StructureError, shown
from suyuan.trace.gs1.faults import Flaw

Rule = Callable[[str], Flaw | None]

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""The characters of alphanumeric values, in the order of their values in a check pair."""

_SET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_NOT_A_DIGIT = re.compile("[^0-9]")
_OUTSIDE_82 = re.compile(r"""[^!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]""")
_OUTSIDE_39 = re.compile(r"[^#\-/0-9A-Z]")
_OUTSIDE_64 = re.compile(r"[^A-Za-z0-9_\-]")
_OUTSIDE_36 = re.compile("[^0-9A-Z]")
BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_POSITION_OF_END = re.compile("([0-9]+)/([0-9]+)")

_SHORTEST_PREFIX = 4
_PAIR = 2
_PAIR_MODULUS = 1021
_IBAN_LENGTHS = range(11, 35)
_IBAN_MODULUS = 97
_BASE64_GROUP, _MOST_PADDING = 3, 2


def mod10(digits: str) -> int:
    """The check digit of ASCII digits: weights 3, 1, 3 … from the right (General Specifications §7.9.1)."""
    ordinals = digits.encode()
    odd, even = ordinals[::-2], ordinals[-2::-2]
    # 48 is the ordinal of "0", counted three times in every odd place.
    return -(3 * sum(odd) + sum(even) - 48 * (3 * len(odd) + len(even))) % 10


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


# Weights of the check pair; a value of an AI never has more characters than these.
_WEIGHTS = _primes(97)
_VALUES_82 = {character: value for value, character in enumerate(SET_82)}


def check_pair(body: str) -> str:
    """The two check characters of ``body``, characters of set 82 (GS1 General Specifications §7.9.5).

    >>> check_pair("1987654Ad4X4bL5ttr2310c")
    '2K'
    """
    weighted = zip(_WEIGHTS, reversed(body), strict=False)
    total = sum(weight * _VALUES_82[character] for weight, character in weighted) % _PAIR_MODULUS
    return _SET_32[total >> 5] + _SET_32[total & 31]


def _whole(code: str, text: str, expected: str = "") -> Flaw:
    return Flaw(code, 0, len(text), expected)


def _outside(pattern: re.Pattern[str], code: str) -> Rule:
    def rule(text: str) -> Flaw | None:
        found = pattern.search(text)
        return Flaw(code, found.start(), 1) if found else None

    return rule


def _digits(text: str) -> Flaw | None:
    if text.isdigit() and text.isascii():
        return None
    found = _NOT_A_DIGIT.search(text)
    return Flaw("non-digit-character", found.start(), 1) if found else None


_set_82 = _outside(_OUTSIDE_82, "invalid-cset82-character")
_set_39 = _outside(_OUTSIDE_39, "invalid-cset39-character")


def _set_64(text: str) -> Flaw | None:
    body = text.rstrip("=")
    padding = len(text) - len(body)
    if padding > _MOST_PADDING or (padding and len(text) % _BASE64_GROUP):
        return Flaw("invalid-cset64-padding", len(body), padding)
    found = _OUTSIDE_64.search(body)
    return Flaw("invalid-cset64-character", found.start(), 1) if found else None


def _among(codes: Collection[str], code: str) -> Rule:
    def rule(text: str) -> Flaw | None:
        return None if text in codes else _whole(code, text)

    return rule


def _check_digit(text: str) -> Flaw | None:
    if not text:
        return Flaw("too-short-for-check-digit", 0, 0)
    flaw = _digits(text)
    if flaw:
        return flaw
    expected = str(mod10(text[:-1]))
    return None if text[-1] == expected else Flaw("incorrect-check-digit", len(text) - 1, 1, expected)


def _check_pair(text: str) -> Flaw | None:
    body = text[:-_PAIR]
    if len(text) < _PAIR:
        return _whole("too-short-for-check-pair", text)
    if len(body) > len(_WEIGHTS):
        return _whole("too-long-for-check-pair-implementation", text)
    flaw = _set_82(body)
    if flaw:
        return flaw
    expected = check_pair(body)
    return None if text[-_PAIR:] == expected else Flaw("incorrect-check-pair", len(body), _PAIR, expected)


def _company_prefix(text: str) -> Flaw | None:
    """A key begins with a company prefix. Which ones GS1 has given is not known here."""
    if len(text) < _SHORTEST_PREFIX:
        return _whole("too-short-for-gcp", text)
    found = _NOT_A_DIGIT.search(text, 0, _SHORTEST_PREFIX)
    return Flaw("invalid-gcp-prefix", found.start(), 1) if found else None


def _company_prefix_second(text: str) -> Flaw | None:
    """One digit stands before the company prefix: the indicator of a GTIN, the extension of an SSCC."""
    flaw = _digits(text[:1]) or _company_prefix(text[1:])
    if flaw and flaw.code != "non-digit-character":
        return Flaw(flaw.code, min(flaw.position + 1, len(text)), flaw.length)
    return flaw


def _has_non_digit(text: str) -> Flaw | None:
    return None if _NOT_A_DIGIT.search(text) else _whole("requires-non-digit-character", text)


_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _date(year_digits: int, *, day_may_be_zero: bool) -> Rule:
    """A date. A year of two digits lies in the century around today, where every fourth is a leap year."""
    size = year_digits + 4
    expected = "YYYYMMDD"[-size:]

    def rule(text: str) -> Flaw | None:
        if len(text) != size:
            return _whole("date-too-short" if len(text) < size else "date-too-long", text, expected)
        flaw = _digits(text)
        if flaw:
            return flaw
        year, month, day = int(text[:year_digits]), int(text[year_digits:-2]), int(text[-2:])
        if not 1 <= month <= len(_MONTH_DAYS):
            return Flaw("illegal-month", year_digits, 2)
        last = _MONTH_DAYS[month - 1]
        leap = year % 4 == 0 and (year_digits == 2 or year % 100 != 0 or year % 400 == 0)  # noqa: PLR2004
        if month == 2 and not leap:  # noqa: PLR2004 - February
            last -= 1
        if day > last or not (day or day_may_be_zero):
            return Flaw("illegal-day", size - 2, 2)
        return None

    return rule


def _two_digits(unit: str, limit: int) -> Rule:
    def rule(text: str) -> Flaw | None:
        if len(text) != 2:  # noqa: PLR2004 - as the name says
            return _whole(f"{unit}-too-short" if len(text) < 2 else f"{unit}-too-long", text)  # noqa: PLR2004
        return _digits(text) or (None if int(text) < limit else _whole(f"illegal-{unit}", text))

    return rule


_hour = _two_digits("hour", 24)
_minute = _two_digits("minute", 60)
_second = _two_digits("second", 60)


def _hour_and_minute(text: str) -> Flaw | None:
    size = len("hhmm")
    if len(text) != size:
        return _whole(f"hour-with-minute-too-{'short' if len(text) < size else 'long'}", text)
    flaw = _digits(text) or _hour(text[:2])
    if flaw:
        return flaw
    flaw = _minute(text[2:])
    return Flaw(flaw.code, flaw.position + 2, flaw.length) if flaw else None


def _hyphen(text: str) -> Flaw | None:
    return None if text.strip("-") == "" else _whole("not-hyphen", text)


def _zero(text: str) -> Flaw | None:
    return None if text.strip("0") == "" else _whole("not-zero", text)


def _not_zero(text: str) -> Flaw | None:
    return _digits(text) or (None if text.strip("0") else _whole("illegal-zero-value", text))


def _no_leading_zero(text: str) -> Flaw | None:
    flaw = _digits(text)
    if flaw:
        return flaw
    return Flaw("illegal-zero-prefix", 0, 1) if text[:1] == "0" else None


def _iban(text: str) -> Flaw | None:
    """ISO 13616: country, two check digits, account; the check is that of ISO 7064, mod 97."""
    if len(text) not in _IBAN_LENGTHS:
        return _whole("iban-too-short" if len(text) < _IBAN_LENGTHS.start else "iban-too-long", text)
    if text[:2] not in COUNTRIES_ALPHA2:
        return Flaw("illegal-iban-country-code", 0, 2)
    found = _OUTSIDE_36.search(text)
    if found:
        return Flaw("invalid-iban-character", found.start(), 1)
    number = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
    return None if int(number) % _IBAN_MODULUS == 1 else Flaw("incorrect-iban-checksum", 2, 2)


def _importer_index(text: str) -> Flaw | None:
    if len(text) != 1:
        return _whole("importer-idx-must-be-one-character", text)
    return _whole("invalid-import-idx-character", text) if _OUTSIDE_64.search(text) else None


def _angle(name: str, most: int) -> Rule:
    size = 10

    def rule(text: str) -> Flaw | None:
        if len(text) != size:
            return _whole(f"{name}-invalid-length", text)
        return _digits(text) or (None if int(text) <= most else _whole(f"invalid-{name}", text))

    return rule


def _percent_encoding(text: str) -> Flaw | None:
    found = BROKEN_ESCAPE.search(text)
    return (
        Flaw("invalid-percent-sequence", found.start(), min(3, len(text) - found.start())) if found else None
    )


def _piece_of_total(text: str) -> Flaw | None:
    half, odd = divmod(len(text), 2)
    if odd or not half:
        return _whole("invalid-length-for-piece-of-total", text)
    flaw = _digits(text)
    if flaw:
        return flaw
    piece, total = text[:half], text[half:]
    if not piece.strip("0"):
        return Flaw("zero-piece-number", 0, half)
    if not total.strip("0"):
        return Flaw("zero-total-pieces", half, half)
    return _whole("piece-number-exceeds-total", text) if piece > total else None


def _position_of_end(text: str) -> Flaw | None:
    found = _POSITION_OF_END.fullmatch(text)
    if found is None:
        return _whole("position-in-sequence-malformed", text)
    position, end = found.groups()
    if position[0] == "0":
        return Flaw("illegal-zero-prefix", 0, len(position))
    if end[0] == "0":
        return Flaw("illegal-zero-prefix", len(position) + 1, len(end))
    beyond = (len(position), position) > (len(end), end)
    return _whole("position-exceeds-end", text) if beyond else None


def _anything(text: str) -> Flaw | None:  # noqa: ARG001 - a rule takes its text
    return None


RULES: dict[str, Rule] = {
    "couponcode": coupon_code,
    "couponposoffer": positive_offer,
    "cset39": _set_39,
    "cset64": _set_64,
    "cset82": _set_82,
    "csetnumeric": _digits,
    "csum": _check_digit,
    "csumalpha": _check_pair,
    "gcppos1": _company_prefix,
    "gcppos2": _company_prefix_second,
    "hasnondigit": _has_non_digit,
    "hh": _hour,
    "hhmi": _hour_and_minute,
    "hyphen": _hyphen,
    "iban": _iban,
    "importeridx": _importer_index,
    "iso3166": _among(COUNTRIES_NUMERIC, "not-iso3166"),
    "iso3166999": _among(COUNTRIES_NUMERIC | {"999"}, "not-iso3166-or-999"),
    "iso3166alpha2": _among(COUNTRIES_ALPHA2, "not-iso3166-alpha2"),
    "iso4217": _among(CURRENCIES, "not-iso4217"),
    "iso5218": _among(("0", "1", "2", "9"), "invalid-biological-sex-code"),
    "latitude": _angle("latitude", 1_800_000_000),
    "longitude": _angle("longitude", 3_600_000_000),
    "mediatype": _among(MEDIA_TYPES, "invalid-media-type"),
    "mi": _minute,
    "nonzero": _not_zero,
    "nozeroprefix": _no_leading_zero,
    "packagetype": _among(PACKAGE_TYPES, "invalid-package-type"),
    "pcenc": _percent_encoding,
    "pieceoftotal": _piece_of_total,
    "posinseqslash": _position_of_end,
    "ss": _second,
    "winding": _among(("0", "1", "9"), "invalid-winding-direction"),
    "yesno": _among(("0", "1"), "not-zero-or-one"),
    "yymmd0": _date(2, day_may_be_zero=True),
    "yymmdd": _date(2, day_may_be_zero=False),
    "yyyymmd0": _date(4, day_may_be_zero=True),
    "yyyymmdd": _date(4, day_may_be_zero=False),
    "zero": _zero,
    # Names that older editions of the dictionary used; it keeps them, and they find nothing.
    **dict.fromkeys(
        ("_stubs", "hhmm", "iso3166list", "key", "keyoff1", "latlong", "mmoptss", "yymmddhh"), _anything
    ),
}
"""Every content rule by its name."""

CHARSETS: dict[str, Rule] = {"N": _digits, "X": _set_82, "Y": _set_39, "Z": _set_64}
"""The rule of each character set of the table."""


def flaw_of(rule: str, text: str) -> Flaw | None:
    """The first flaw that the content rule of that name finds in ``text``.

    >>> flaw_of("csum", "95060001343526")
    Flaw(code='incorrect-check-digit', position=13, length=1, expected='8')

    Raises :class:`~suyuan.trace.gs1.errors.StructureError` for the name of no rule.
    """
    check = RULES.get(rule)
    if check is None:
        raise StructureError(
            "There is no content rule {value}.",
            where="linter",
            remedy="Name one of the GS1 Barcode Syntax Dictionary, such as csum or yymmd0.",
            value=shown(rule),
        )
    return check(text)

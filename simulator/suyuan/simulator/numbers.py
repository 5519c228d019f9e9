"""Identification numbers of the sample world, with their check digits.

All GS1 keys stand under 952, the prefix that GS1 keeps for demonstrations and examples: no real company,
product or place can be meant.
"""

from __future__ import annotations

from suyuan.trace.gs1 import check_digit, digital_link, encode_epc, identifier_of
from suyuan.trace.register.codes import uscc_check_character

DEMONSTRATION_PREFIX = "952"
COMPANY_PREFIX_LENGTH = 7
POINT_OF_SALE, FULL_CASE, UNIT_LOAD = 1, 2, 6
"""Filter values of tags: item for the point of sale, case, pallet (EPC Tag Data Standard 2.3 §10)."""


def company_prefix(number: int) -> str:
    """The 7-digit prefix of the company with this number (1 to 9999)."""
    return f"{DEMONSTRATION_PREFIX}{number:04d}"


def gln(prefix: str, reference: int) -> str:
    """GLN: prefix, location reference of 5 digits, check digit."""
    return _checked(f"{prefix}{reference:05d}")


def gtin(prefix: str, item: int, indicator: int = 0) -> str:
    """GTIN-14: indicator (9: sold by variable measure), prefix, item reference of 5 digits, check digit."""
    return _checked(f"{indicator}{prefix}{item:05d}")


def sscc(prefix: str, serial: int, extension: int = 0) -> str:
    """SSCC: extension digit, prefix, serial reference of 9 digits, check digit."""
    return _checked(f"{extension}{prefix}{serial:09d}")


def _checked(digits: str) -> str:
    return f"{digits}{check_digit(digits)}"


def party_key(prefix: str) -> str:
    """The party that owns a company prefix."""
    return digital_link([("417", gln(prefix, 0))])


def place_key(prefix: str, reference: int, extension: int | None = None) -> str:
    """A place, or with ``extension`` a read point in it."""
    more = [] if extension is None else [("254", str(extension))]
    return digital_link([("414", gln(prefix, reference)), *more])


def product_key(number: str) -> str:
    """The product of a GTIN."""
    return digital_link([("01", number)])


def lot_key(number: str, lot: str) -> str:
    """A lot of the product of a GTIN."""
    return digital_link([("01", number), ("10", lot)])


def item_key(number: str, serial: int) -> str:
    """One item of the product of a GTIN."""
    return digital_link([("01", number), ("21", str(serial))])


def unit_key(number: str) -> str:
    """The logistic unit of an SSCC."""
    return digital_link([("00", number)])


def asset_key(prefix: str, reference: str) -> str:
    """One asset of a company (GIAI), such as a logger."""
    return digital_link([("8004", f"{prefix}{reference}")])


def item_tag(number: str, serial: int) -> bytes:
    """The SGTIN-96 of one item; ``serial`` is below 2^38."""
    identifier = identifier_of([("01", number), ("21", str(serial))])
    return encode_epc(identifier, company_prefix_length=COMPANY_PREFIX_LENGTH, filter=POINT_OF_SALE)


def unit_tag(number: str, *, pallet: bool = False) -> bytes:
    """The SSCC-96 of a logistic unit."""
    value = UNIT_LOAD if pallet else FULL_CASE
    return encode_epc(
        identifier_of([("00", number)]), company_prefix_length=COMPANY_PREFIX_LENGTH, filter=value
    )


def licence(category: int, district: str, sequence: int) -> str:
    """A food production licence number: SC, 1 (food), category, GB/T 2260 district, sequence, check digit."""
    digits = f"1{category:02d}{district}{sequence:04d}"
    return f"SC{digits}{mod_11_10(digits)}"


COMPANY, COOPERATIVE = "91", "93"
"""How unified social credit codes begin: of companies, of farmers' cooperatives (GB 32100-2015 Annex A)."""


def credit_code(kind: str, district: str, number: int) -> str:
    """A unified social credit code of nobody: its organization code begins with zeros, as no real one does.

    Kind, GB/T 2260 district, organization code of GB 11714 (8 digits, check character), check character.
    """
    own = f"{number:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(own, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    first = f"{kind}{district}{own}{'0123456789X0'[11 - total % 11]}"
    return f"{first}{uscc_check_character(first)}"


def mod_11_10(digits: str) -> int:
    """The check digit of ISO/IEC 7064 MOD 11,10, by which production licences are checked.

    >>> mod_11_10("0794")
    5
    """
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10

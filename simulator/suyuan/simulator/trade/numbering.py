"""Identification of everything in a trade of any size: series of numbers, written as canonical keys.

Company prefixes have nine digits under 952, the prefix that GS1 keeps for demonstrations: a million
companies, each with 999 places, 999 products and ten million logistic units. What is numbered one after the
other shares a series, so that a block of it is told as (series, first, count).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from suyuan.simulator.numbers import DEMONSTRATION_PREFIX
from suyuan.trace.errors import TooLarge
from suyuan.trace.gs1 import check_digit

MOST_COMPANIES = 1_000_000
MOST_PLACES = 999
MOST_UNITS = 10_000_000
FIRST_SERIAL = 1_000_000_000
"""Serials have ten digits, which SGTIN-96 carries too (below 2^38)."""
_LINK = "https://id.gs1.org"
_RETURNABLE = 1


class SeriesKind(IntEnum):
    """What is numbered: lots of a product, its items, logistic units, crates that come back."""

    LOT = 0
    ITEM = 1
    UNIT = 2
    CRATE = 3


@dataclass(frozen=True, slots=True)
class Series:
    """Keys: ``stem``, a number of ``width`` digits, and behind those of logistic units a check digit."""

    kind: SeriesKind
    stem: str
    width: int

    def key(self, number: int) -> str:
        """The canonical key of one of them."""
        key = f"{self.stem}{number:0{self.width}d}"
        return f"{key}{check_digit(key[-17:])}" if self.kind is SeriesKind.UNIT else key


@dataclass(slots=True)
class Numbering:
    """All series of a trade, in the order in which they were begun, and the next number of each."""

    series: list[Series] = field(default_factory=list[Series])
    _next: list[int] = field(default_factory=list[int])
    _places: dict[tuple[SeriesKind, int, int], int] = field(
        default_factory=dict[tuple[SeriesKind, int, int], int]
    )

    def begun(self, kind: SeriesKind, company: int, product: int = 0) -> int:
        """The place in :attr:`series` of a company's lots or items of one product, units or crates."""
        found = self._places.get((kind, company, product))
        if found is None:
            found = self._places[kind, company, product] = len(self.series)
            self.series.append(_series(kind, company, product))
            self._next.append(FIRST_SERIAL if kind is SeriesKind.ITEM else 1)
        return found

    def take(self, series: int, count: int = 1) -> int:
        """The first of ``count`` new numbers in a row.

        Raises:
            TooLarge: the company has packed more logistic units than its prefix can number.
        """
        first = self._next[series]
        self._next[series] = first + count
        if self.series[series].kind is SeriesKind.UNIT and first + count > MOST_UNITS:
            raise TooLarge(
                "One company packs more than {most} cases and pallets.",
                most=MOST_UNITS,
                remedy="Take more firms or fewer days.",
            )
        return first


def company(number: int) -> str:
    """The prefix of a company; nine digits."""
    return f"{DEMONSTRATION_PREFIX}{number:06d}"


def place_key(number: int, reference: int, door: int = 0) -> str:
    """A place of a company, or with ``door`` one of its read points."""
    gln = f"{company(number)}{reference:03d}"
    return f"{_LINK}/414/{gln}{check_digit(gln)}" + (f"/254/{door}" if door else "")


def party_key(number: int) -> str:
    """The company itself."""
    gln = f"{company(number)}000"
    return f"{_LINK}/417/{gln}{check_digit(gln)}"


def product_key(number: int, product: int) -> str:
    """A product of a company."""
    return f"{_LINK}/01/{_gtin(number, product)}"


def _gtin(number: int, product: int) -> str:
    digits = f"0{company(number)}{product:03d}"
    return f"{digits}{check_digit(digits)}"


def _series(kind: SeriesKind, number: int, product: int) -> Series:
    match kind:
        case SeriesKind.LOT:
            return Series(kind, f"{product_key(number, product)}/10/L", 6)
        case SeriesKind.ITEM:
            return Series(kind, f"{product_key(number, product)}/21/", 10)
        case SeriesKind.UNIT:
            return Series(kind, f"{_LINK}/00/0{company(number)}", 7)
        case SeriesKind.CRATE:
            return Series(kind, f"{_LINK}/8003/{_gtin(number, _RETURNABLE)}", 8)

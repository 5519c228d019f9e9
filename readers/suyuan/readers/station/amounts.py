"""Amounts of goods, exactly: decimal numbers in one unit for each dimension.

Units are codes of UN/ECE Recommendation 20, as EPCIS writes them (``uom``, EPCIS 2.0 §7.3.3.3); an element
without one counts pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from suyuan.trace.epcis.event import QuantityElement

Dimension = Literal["mass", "volume", "pieces"]

_UNITS: dict[str, tuple[Dimension, Decimal]] = {
    "KGM": ("mass", Decimal(1)),
    "GRM": ("mass", Decimal("0.001")),
    "MGM": ("mass", Decimal("0.000001")),
    "TNE": ("mass", Decimal(1000)),
    "LTR": ("volume", Decimal(1)),
    "MLT": ("volume", Decimal("0.001")),
    "MTQ": ("volume", Decimal(1000)),
    "C62": ("pieces", Decimal(1)),
    "EA": ("pieces", Decimal(1)),
    "H87": ("pieces", Decimal(1)),
    "PCE": ("pieces", Decimal(1)),
}
_NAMES: dict[Dimension, str] = {"mass": "kg", "volume": "L", "pieces": ""}
UNITS = tuple(_UNITS)


@dataclass(frozen=True, slots=True)
class Amount:
    """So many kilograms, litres or pieces."""

    value: Decimal
    dimension: Dimension

    def __str__(self) -> str:
        return f"{exact(self.value)} {_NAMES[self.dimension]}".rstrip()


def amount(value: Decimal, uom: str | None) -> Amount | None:
    """The amount, or None of a unit that is none of those that goods are told in here."""
    known = _UNITS.get(uom or "C62")
    return None if known is None else Amount(value * known[1], known[0])


def amount_of(element: QuantityElement) -> Amount | None:
    """The amount of a quantity element, or None where it tells none, or in a unit unknown here.

    Its number is taken as it was written: a decimal of up to fifteen digits comes through a float unharmed.

    >>> amount_of(QuantityElement("", 0.1, "GRM"))
    Amount(value=Decimal('0.0001'), dimension='mass')
    """
    return None if element.quantity is None else amount(Decimal(str(element.quantity)), element.uom)


def exact(value: Decimal) -> str:
    """A decimal as people write it: without an exponent and without idle zeros.

    >>> exact(Decimal("1200.50"))
    '1200.5'
    """
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain

"""How much a delivery was, as people write it: a number and a unit, in one unit where that is known."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_UNITS: dict[str, tuple[str, float]] = {
    "mg": ("kg", 1e-6), "g": ("kg", 1e-3), "gram": ("kg", 1e-3), "kg": ("kg", 1.0),
    "kilogram": ("kg", 1.0), "kilo": ("kg", 1.0), "t": ("kg", 1e3), "to": ("kg", 1e3), "ton": ("kg", 1e3),
    "tonne": ("kg", 1e3), "ml": ("l", 1e-3), "cl": ("l", 1e-2), "dl": ("l", 1e-1), "l": ("l", 1.0),
    "liter": ("l", 1.0), "litre": ("l", 1.0), "hl": ("l", 1e2),
}  # fmt: skip
_TOLD = re.compile(r"(-?[0-9]{1,15}(?:[.,][0-9]{1,10})?)\s*(\D[^\x00-\x1f]{0,39})?")
_LONGEST_SINGULAR = 3


@dataclass(frozen=True, slots=True)
class Amount:
    """So many of a unit: ``kg`` and ``l`` for mass and volume, else the word that was told, small."""

    value: float
    unit: str


def amount(value: float, unit: str) -> Amount | None:
    """An amount in its common unit; None if it is below zero or no number.

    >>> amount(500, "g"), amount(3, "Pieces")
    (Amount(value=0.5, unit='kg'), Amount(value=3, unit='piece'))
    """
    if not math.isfinite(value) or value < 0:
        return None
    word = unit.strip().casefold()
    if word not in _UNITS and len(word) > _LONGEST_SINGULAR:
        word = word.removesuffix("s")
    common, factor = _UNITS.get(word, (word, 1.0))
    return Amount(value * factor, common)


def read_amount(text: str) -> Amount | None:
    """The amount that a text such as ``20 kg`` or ``1 Piece`` says; None if it says none.

    >>> read_amount("2,5 t")
    Amount(value=2500.0, unit='kg')
    """
    found = _TOLD.fullmatch(text.strip())
    return None if found is None else amount(float(found[1].replace(",", ".")), found[2] or "")

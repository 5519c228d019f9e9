"""Amounts: stated, summed, and in one unit per dimension, so that grams go from kilograms (law §2.1).

Source of the codes: UN/ECE Recommendation 20, as EPCIS 2.0 §7.3.3.3 asks for.
"""

from __future__ import annotations

from collections.abc import Iterable

from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.occurrence import Holding

_UNITS: dict[str, tuple[str | None, float, float]] = {
    "MC": ("KGM", 1, 1_000_000_000), "MGM": ("KGM", 1, 1_000_000), "GRM": ("KGM", 1, 1000),
    "DJ": ("KGM", 1, 100), "HGM": ("KGM", 1, 10), "DTN": ("KGM", 100, 1), "TNE": ("KGM", 1000, 1),
    "ONZ": ("KGM", 0.028349523125, 1), "LBR": ("KGM", 0.45359237, 1),
    "MLT": ("LTR", 1, 1000), "CLT": ("LTR", 1, 100), "DLT": ("LTR", 1, 10), "HLT": ("LTR", 100, 1),
    "CMQ": ("LTR", 1, 1000), "DMQ": ("LTR", 1, 1), "MTQ": ("LTR", 1000, 1),
    "C62": (None, 1, 1), "EA": (None, 1, 1), "H87": (None, 1, 1),
}  # fmt: skip
"""Code -> the unit in which its dimension is told, and how many of that it is, as a fraction."""
_MOST = 1e15
"""More than there ever was of anything, in any unit; sums of it are still numbers."""


def measured(quantity: float | None, uom: str | None) -> tuple[float | None, str | None]:
    """An amount in the unit of its dimension; one of a unit that is not known here stays as it is.

    One that nobody can have meant counts as unstated: sums with it would be no numbers.

    >>> measured(500.0, "GRM")
    (0.5, 'KGM')
    >>> measured(3.0, "EA")
    (3.0, None)
    """
    unit, of_it, parts = _UNITS.get(uom or "", (uom, 1, 1))
    told = None if quantity is None else quantity * of_it / parts
    return (None if told is None or told > _MOST else told), unit


def stated(holding: Holding) -> Amount | None:
    """The amount a class-level holding states."""
    return None if holding.quantity is None else Amount(holding.quantity, holding.uom)


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum, if every amount is known and all are in one unit; None also for no amounts at all."""
    uom: str | None = None
    quantity: float | None = None
    for amount in amounts:
        if amount is None or (quantity is not None and amount.uom != uom):
            return None
        uom = amount.uom
        quantity = amount.quantity + (quantity or 0.0)
    return None if quantity is None else Amount(quantity, uom)

"""Temperatures: three units as one, and the mean kinetic temperature of a series.

Pure. Everything inside is in degrees Celsius, rounded to ten-thousandths: 39.2 °F is 4 °C exactly, and a
limit of 4 °C must not be broken by the last bit of a division.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from suyuan.trace.errors import InvalidInput

GAS_CONSTANT = 8.3144e-3
"""kJ/(mol·K), to the digits of USP <1079.2>, so that its ΔH of 83.144 kJ/mol gives 10,000 K."""
ACTIVATION_KJ_PER_MOL = 83.144
"""The usual heat of activation ΔH (USP <1079.2>); that of a product may be another."""
COLDEST_C, HOTTEST_C = -90.0, 100.0
"""What a logger beside food can have measured; beyond, the sensor is broken or torn off."""
_ZERO_K = 273.15
_DIGITS = 4

UNITS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("CEL", "C", "°C", "℃", "º C", "ºC", "DEG C", "DEGC", "CELSIUS", "摄氏度", "摄氏"), "CEL"
        ),
        **dict.fromkeys(
            ("FAH", "F", "°F", "℉", "ºF", "DEG F", "DEGF", "FAHRENHEIT", "华氏度", "华氏"), "FAH"
        ),
        **dict.fromkeys(("KEL", "K", "KELVIN", "开尔文", "开氏度"), "KEL"),
    }
)
"""Spelling in upper case -> the code of UN/ECE Recommendation 20, which EPCIS wants as ``uom``."""


class UnitUnknown(InvalidInput):
    """A temperature without a unit that we know: 39 may be a fever or a fridge."""

    code = "temperature-unit-unknown"
    title = "The unit of a temperature is not known"


def unit_of(text: str) -> str:
    """The code of the unit that ``text`` spells: CEL, FAH or KEL.

    Raises:
        UnitUnknown: it spells none.
    """
    unit = UNITS.get(" ".join(text.upper().split()))
    if unit is None:
        raise UnitUnknown(
            "{value} is no unit of temperature.",
            where="unit",
            remedy="Give °C, °F or K.",
            value=text[:20] or "-",
        )
    return unit


def celsius(value: float, unit: str) -> float:
    """``value`` in degrees Celsius; ``unit`` as :func:`unit_of` gives it."""
    match unit:
        case "CEL":
            found = value
        case "FAH":
            found = (value - 32.0) * 5.0 / 9.0
        case _:
            found = value - _ZERO_K
    return round(found, _DIGITS)


def fahrenheit(value_c: float) -> float:
    """The same temperature in degrees Fahrenheit."""
    return round(value_c * 9.0 / 5.0 + 32.0, _DIGITS)


def mean_kinetic_temperature(
    values_c: Sequence[float],
    weights: Sequence[float] | None = None,
    *,
    activation_kj_per_mol: float = ACTIVATION_KJ_PER_MOL,
) -> float:
    """The one temperature, in °C, that would have done as much to the goods as all of ``values_c``.

    USP <1079.2>: ``T = (ΔH/R) / -ln(Σ w·exp(-ΔH/(R·T_i)) / Σ w)`` in kelvin. ``weights`` are the times that
    the values stood for (all the same if left out). Never below the arithmetic mean. Linear.

    >>> round(mean_kinetic_temperature([2, 3, 4, 5, 6, 7, 8]), 4)
    5.2423

    Raises:
        InvalidInput: no values, or weights that are not as many, negative, or all zero.
    """
    held = [1.0] * len(values_c) if weights is None else list(weights)
    if not values_c or len(held) != len(values_c) or min(held) < 0 or not any(held):
        raise InvalidInput("There is nothing to take the mean of.", where="readings")
    ratio = activation_kj_per_mol / GAS_CONSTANT
    exponents = [-ratio / (value + _ZERO_K) for value in values_c]
    highest = max(exponents)  # taken out before the exponential: else a large ΔH would make all of them zero
    total = math.fsum(w * math.exp(e - highest) for w, e in zip(held, exponents, strict=True))
    return ratio / -(highest + math.log(total / math.fsum(held))) - _ZERO_K

"""Units of temperature, and the mean kinetic temperature against published numbers."""

from __future__ import annotations

import math

import pytest

from suyuan.readers.station.cold_chain.temperature import (
    UnitUnknown,
    celsius,
    fahrenheit,
    mean_kinetic_temperature,
    unit_of,
)
from suyuan.trace.errors import InvalidInput


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([4.0] * 10, 4.0),
        ([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 5.2423),
        ([4.0] * 23 + [25.0], 7.0835),
        ([-18.0] * 47 + [-10.0], -17.696),
    ],
)
def test_the_mean_kinetic_temperature_is_that_of_usp_1079_2(values: list[float], expected: float) -> None:
    assert mean_kinetic_temperature(values) == pytest.approx(expected, abs=1e-3)


def test_it_weighs_by_time_and_by_the_heat_of_activation() -> None:
    assert mean_kinetic_temperature([4.0, 25.0], [23, 1]) == pytest.approx(7.0835, abs=1e-3)
    warm = [mean_kinetic_temperature([2.0, 8.0], activation_kj_per_mol=kj) for kj in (42.0, 83.144, 10_000.0)]
    assert 5.0 < warm[0] < warm[1] < warm[2] < 8.0
    assert all(map(math.isfinite, warm))


@pytest.mark.parametrize(
    ("values", "weights"), [([], None), ([4.0], []), ([4.0], [0.0]), ([4.0, 5.0], [2, -1])]
)
def test_nothing_has_no_mean(values: list[float], weights: list[float] | None) -> None:
    with pytest.raises(InvalidInput):
        mean_kinetic_temperature(values, weights)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (39.2, "°F", 4.0),
        (41.0, "fahrenheit", 5.0),
        (-0.4, "F", -18.0),
        (277.15, "K", 4.0),
        (255.15, "kelvin", -18.0),
        (4.0, "℃", 4.0),
        (-18.0, " deg  c ", -18.0),
        (4.0, "摄氏度", 4.0),
    ],
)
def test_a_limit_is_not_broken_by_the_last_bit_of_a_conversion(
    value: float, unit: str, expected: float
) -> None:
    assert celsius(value, unit_of(unit)) == expected


def test_fahrenheit_and_back() -> None:
    assert [celsius(fahrenheit(each), "FAH") for each in (-40.0, -18.0, 0.0, 4.5)] == [-40.0, -18.0, 0.0, 4.5]


@pytest.mark.parametrize("text", ["", "°R", "x" * 500, "CELL"])
def test_a_unit_is_never_guessed(text: str) -> None:
    with pytest.raises(UnitUnknown) as caught:
        unit_of(text)
    assert len(str(caught.value)) < 200

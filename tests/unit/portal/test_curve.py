"""The curve of a thermometer stays in its picture."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.portal.fake_house import NOW, TEMPERATURE, TOO_WARM

from suyuan.portal.curve import HEIGHT, WIDTH, curve
from suyuan.trace.recall.passport import Temperature, Warmth


def points(found: Temperature) -> list[tuple[float, float]]:
    drawn = curve(found)
    assert drawn is not None
    return [(float(x), float(y)) for x, y in (point.split(",") for point in drawn.line.split())]


@pytest.mark.parametrize("found", [TEMPERATURE, TOO_WARM, replace(TOO_WARM, low_c=None, high_c=None)])
def test_everything_is_inside(found: Temperature) -> None:
    drawn = points(found)
    assert len(drawn) == len(found.curve)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn)
    assert (drawn[0][0], drawn[-1][0]) == (0, WIDTH)


def test_warmer_is_higher_and_above_the_band() -> None:
    drawn = curve(TOO_WARM)
    assert drawn is not None
    assert drawn.band is not None
    top, height = drawn.band
    assert 0 < top < top + height <= HEIGHT
    peak = min(y for _, y in points(TOO_WARM))
    assert peak < top


@pytest.mark.parametrize(
    "curve_", [(), (Warmth(NOW, 3),), (Warmth(NOW, 3), Warmth(NOW, 4))], ids=["none", "one", "one instant"]
)
def test_no_line_no_picture(curve_: tuple[Warmth, ...]) -> None:
    assert curve(replace(TEMPERATURE, curve=curve_)) is None


def test_a_steady_fridge_is_a_flat_line_in_the_middle() -> None:
    steady = tuple(Warmth(NOW + timedelta(minutes=n), 3.0) for n in range(3))
    found = replace(TEMPERATURE, low_c=None, high_c=None, curve=steady)
    assert {y for _, y in points(found)} == {HEIGHT / 2}
    drawn = curve(found)
    assert drawn is not None
    assert drawn.band is None

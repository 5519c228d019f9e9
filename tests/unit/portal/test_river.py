"""The schematic of places: who flows into what, whatever there is of them, on the narrowest screen."""

from __future__ import annotations

import re

import pytest

from suyuan.portal.river import MOST_SPRINGS, MOST_STAYS, WIDTH, river


def some(count: int, title: str = "Place") -> list[tuple[str, str]]:
    return [(f"{title} {n}", f"below {n}") for n in range(count)]


@pytest.mark.parametrize(("springs", "stays"), [(0, 0), (1, 0), (0, 1)])
def test_one_place_alone_is_no_river(springs: int, stays: int) -> None:
    assert river(some(springs), some(stays), "more") is None


@pytest.mark.parametrize(("springs", "stays"), [(2, 0), (0, 2), (1, 1), (5, 8), (40, 3), (3, 90), (700, 700)])
def test_whatever_there_is_fits_and_flows_down(springs: int, stays: int) -> None:
    found = river(some(springs, "Spring"), some(stays), "more")
    assert found is not None
    assert len(found.points) <= MOST_SPRINGS + MOST_STAYS
    assert [point.y for point in found.points] == sorted({point.y for point in found.points})
    assert all(0 < point.x < found.text_x < WIDTH and point.y < found.height for point in found.points)
    numbers = [float(number) for path in found.paths for number in re.findall(r"[\d.]+", path)]
    assert all(0 <= number <= found.height for number in numbers)
    kinds = [point.kind for point in found.points]
    assert kinds.count("end") == bool(stays)
    assert kinds.count("more") == (springs > MOST_SPRINGS) + (stays > MOST_STAYS)
    if stays > MOST_STAYS:  # the way is cut in the middle: where it begins and where it is now are told
        assert found.points[-1].title == f"Place {stays - 1}"
        assert "Place 0" in [point.title for point in found.points]


def test_every_spring_runs_into_the_first_stay() -> None:
    found = river(some(3, "Spring"), some(2), "more")
    assert found is not None
    mouth = found.points[3]
    assert mouth.title == "Place 0"
    assert all(path.endswith(str(mouth.y)) for path in found.paths[:3])
    assert found.course == "Spring 0 + Spring 1 + Spring 2 \u2192 Place 0 \u2192 Place 1"


def test_what_is_too_long_is_cut_by_the_width_of_its_letters() -> None:
    found = river([("长" * 40, ""), ("w" * 80, "")], [("短", "short")], "more")
    assert found is not None
    wide, narrow, whole = found.points
    assert wide.title.endswith("\u2026")
    assert 14 <= len(wide.title) <= 17
    assert 25 <= len(narrow.title) <= 31
    assert (whole.title, whole.under) == ("短", "short")

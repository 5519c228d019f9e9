"""Units of one dimension are told in one."""

from __future__ import annotations

import pytest

from suyuan.trace.lineage.measures import measured


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((700.0, "GRM"), (0.7, "KGM")),
        ((2.0, "TNE"), (2000.0, "KGM")),
        ((1.0, "LBR"), (0.45359237, "KGM")),
        ((250.0, "MLT"), (0.25, "LTR")),
        ((1.5, "MTQ"), (1500.0, "LTR")),
        ((3.0, "EA"), (3.0, None)),
        ((None, "GRM"), (None, "KGM")),
        ((4.0, "MTR"), (4.0, "MTR")),
        ((4.0, None), (4.0, None)),
        ((1e15, "KGM"), (1e15, "KGM")),
        ((1e13, "TNE"), (None, "KGM")),  # nobody can have meant it
        ((1e308, "TNE"), (None, "KGM")),
        ((1e16, "MTR"), (None, "MTR")),
    ],
)
def test_amounts_are_told_in_the_unit_of_their_dimension(given: tuple[float, str], told: object) -> None:
    assert measured(*given) == told

"""Days that follow from other days, and days that cannot be."""

from __future__ import annotations

from math import inf

from suyuan.trace.incident import Delivery, Network, Station
from suyuan.trace.incident.date_limits import explicit_limits, inferred_limits
from suyuan.trace.incident.dates import PartialDate, day_number

MAY: list[PartialDate] = [(2020, 5, day) for day in range(1, 31)]
DAY = [float(day_number(day) or 0) for day in MAY]


def chain(*days: tuple[PartialDate, PartialDate]) -> Network:
    stations = tuple(Station(str(number)) for number in range(len(days) + 1))
    deliveries = tuple(
        Delivery(f"d{number}", str(number), str(number + 1), *pair) for number, pair in enumerate(days)
    )
    return Network(stations, deliveries)


def test_what_came_before_and_what_comes_after_limit_a_day() -> None:
    told = chain((MAY[2], ()), ((), ()), ((), MAY[7]))
    found = inferred_limits(told, [(0, 1), (1, 2)])
    assert found.out == [(DAY[2], DAY[2]), (DAY[2], DAY[7]), (DAY[2], DAY[7])]
    assert found.into == [(DAY[2], DAY[7]), (DAY[2], DAY[7]), (DAY[7], DAY[7])]
    assert explicit_limits(told).out == [(DAY[2], DAY[2]), (-inf, inf), (-inf, inf)]


def test_parts_of_dates_limit_nothing() -> None:
    assert inferred_limits(chain(((2020, 5), (2020,))), []).into == [(-inf, inf)]


def test_days_that_contradict_are_left_out_and_named() -> None:
    told = chain((MAY[9], MAY[4]), (MAY[3], ()), ((), MAY[1]), (MAY[20], ()))
    found = inferred_limits(told, [(0, 1), (1, 2), (2, 3)])
    assert found.left_out == (0, 1, 2)
    assert found.into[:3] == [(-inf, DAY[20])] * 3
    assert found.out[3] == (DAY[20], DAY[20])


def test_on_a_cycle_all_days_are_one() -> None:
    found = inferred_limits(chain((MAY[3], ()), ((), ())), [(0, 1), (1, 0)])
    assert set(found.out + found.into) == {(DAY[3], DAY[3])}
    assert inferred_limits(chain((MAY[3], ()), (MAY[4], ())), [(0, 1), (1, 0)]).left_out == (0, 1)

from __future__ import annotations

from suyuan.readers.station.config import Side
from suyuan.readers.station.direction import Sides, Way
from suyuan.readers.station.evidence import Around, Before, Trace, Verdict, weigh


def trace(*reads: tuple[float, float], antennas: tuple[int, ...] = (1, 2)) -> Trace:
    made = Trace(reads[0][0], reads[0][0])
    for number, (at, rssi) in enumerate(reads):
        made.hear(antennas[number % len(antennas)], rssi, at, 1)
    return made


BODY = {n: trace((9.5, -48.0), (10.0, -42.0), (10.6, -47.0)) for n in range(20)}


def verdict(tag: Trace, around: Around | None = None) -> Verdict:
    found = weigh(
        {**BODY, 99: tag}, lambda key: around or Around() if key == 99 else Around(), begun=8.0, closed=12.0
    )
    assert {found[n] for n in BODY} == {Verdict.BELONGS}
    return found[99]


def test_what_goes_through_with_the_others_belongs() -> None:
    assert verdict(trace((9.8, -55.0), (10.3, -53.0))) is Verdict.BELONGS


def test_what_is_heard_faintly_at_the_edge_is_a_stray() -> None:
    assert verdict(trace((11.9, -66.0), antennas=(1,))) is Verdict.STRAY


def test_what_another_door_hears_louder_is_a_stray() -> None:
    faint = trace((9.8, -62.0), (10.3, -60.0), antennas=(1,))
    assert verdict(faint) is Verdict.BELONGS
    assert verdict(faint, Around(rival_mw=10 ** (-4.0))) is Verdict.STRAY


def test_what_stood_there_before_is_a_stray_however_loud() -> None:
    parked = trace((8.5, -50.0), (9.5, -50.0), (10.5, -50.0), (11.5, -50.0), antennas=(1,))
    assert verdict(parked) is Verdict.BELONGS
    assert verdict(parked, Around(before=Before(-60.0, 7.9, 6 * 10**-5.0))) is Verdict.STRAY


def test_between_the_two_it_is_uncertain() -> None:
    assert verdict(trace((11.0, -62.0), antennas=(1,))) is Verdict.UNCERTAIN


def test_without_signal_strengths_there_is_nothing_to_weigh() -> None:
    silent = Trace(1.0, 1.0)
    silent.hear(1, None, 1.0, 3)
    assert weigh({1: silent}, lambda _: Around(5.0), begun=0.0, closed=2.0) == {1: Verdict.BELONGS}
    assert weigh({}, lambda _: Around(), begun=0.0, closed=2.0) == {}


def sides(*heard: tuple[Side, float, float]) -> Way:
    made = Sides()
    for side, at, rssi in heard:
        made.hear(side, rssi, at, 1)
    return made.way()


def test_the_order_of_the_sides_tells_the_way() -> None:
    out, into = Side.OUTSIDE, Side.INSIDE
    through = [(out, at, -45.0) for at in range(4)] + [(into, at, -45.0) for at in range(4, 8)]
    assert sides(*through) is Way.INWARD
    assert sides(*((into if side is out else out, at, dbm) for side, at, dbm in through)) is Way.OUTWARD
    back = [*through, *((out, at, -45.0) for at in range(8, 12))]
    assert sides(*back) is Way.RETURNED
    assert sides(*back[1:-1]) is Way.UNCLEAR  # ten reads tell no turning back
    assert sides(*through[2:6]) is Way.UNCLEAR  # nor do two on a side tell a way
    assert sides(*((side, 0.0, dbm) for side, _, dbm in through)) is Way.UNCLEAR  # all at once
    assert Sides().way() is Way.UNCLEAR

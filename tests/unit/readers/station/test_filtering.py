from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.observation import Observation
from suyuan.readers.station.config import Antennas, Cycle, Guard, Input, ReadPoint, SetOf, Side, Smoothing
from suyuan.readers.station.direction import Way
from suyuan.readers.station.filtering import Filter, Reading
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.order import Step
from suyuan.trace.gs1 import encode_epc, identify

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GTIN = "06901234567892"


def tag(serial: int) -> bytes:
    return encode_epc(identify(f"https://id.gs1.org/01/{GTIN}/21/{serial}"), company_prefix_length=7)


def seen(memory: bytes, antenna: int = 1, rssi: float | None = -50.0, count: int = 1) -> Observation:
    return Observation("r", antenna, memory, NOW, NOW, count, rssi)


def point(name: str, *antennas: int, smoothing: Smoothing | None = None) -> ReadPoint:
    return ReadPoint(
        name, "r", Step.RECEIVE, "x", antennas=frozenset(antennas), smoothing=smoothing or Smoothing()
    )


def test_minimum_sightings_and_strength() -> None:
    rules = Smoothing(min_reads=2, min_rssi_dbm=-60)
    air = Filter([point("p", smoothing=rules)], GS1)
    for observation in (seen(tag(1)), seen(tag(1)), seen(tag(2)), *[seen(tag(3), rssi=-61.0)] * 5):
        air.add("r", observation, 0.0)
    burst = air.close("p", 1.0)
    assert [r.identity.gtin for r in burst.readings] == [GTIN]
    assert burst.readings[0].count == 2
    assert burst.glimpsed == 1


def test_a_tag_belongs_to_the_door_that_saw_it_best() -> None:
    air = Filter([point("left", 1), point("right", 2)], GS1)
    air.add("r", seen(tag(1), antenna=1, rssi=-70.0), 0.0)
    air.add("r", seen(tag(1), antenna=2, rssi=-40.0), 0.1)
    air.add("r", seen(tag(2), antenna=3), 0.1)
    assert air.unclaimed == 1
    left, right = air.close("left", 1.0), air.close("right", 1.0)
    assert (left.readings, left.strays) == ((), 1)
    assert len(right.readings) == 1


def test_the_same_tag_within_the_window_is_a_duplicate() -> None:
    air = Filter([point("p", smoothing=Smoothing(dedupe_s=10))], GS1)
    found: list[int] = []
    for at in (0.0, 9.0, 18.0, 29.0):  # a tag that stays keeps its window open
        air.add("r", seen(tag(1)), at)
        found.append(len(air.close("p", at).readings))
    assert found == [1, 0, 0, 1]


def test_what_came_in_or_turned_back_may_go_the_other_way_within_the_window() -> None:
    sides = (
        Antennas("r", frozenset({1}), side=Side.OUTSIDE),
        Antennas("r", frozenset({2}), side=Side.INSIDE),
    )
    rules = Smoothing(dedupe_s=600.0)
    door = replace(point("p", smoothing=rules), sources=sides, inward=Step.RECEIVE, outward=Step.SHIP)
    air, at = Filter([door, replace(door, name="q", inward=None, outward=None)], GS1), 0.0
    back, through = "1" * 5 + "2" * 3 + "1" * 5, "1" * 5 + "2" * 5
    found: list[tuple[Way | None, int, int]] = []
    for antennas in (back, back, through, through, through[::-1]):
        for antenna in antennas:
            at += 0.2
            air.add("r", seen(tag(1), int(antenna)), at)
        burst = air.close("p", at)
        found.append((burst.way, len(burst.readings), len(air.close("q", at).readings)))
    assert found == [
        (Way.RETURNED, 1, 1),  # at the other point ways mean nothing
        (Way.RETURNED, 0, 0),
        (Way.INWARD, 1, 0),
        (Way.INWARD, 0, 0),
        (Way.OUTWARD, 1, 0),
    ]


def test_a_burst_closes_when_nothing_new_comes() -> None:
    air = Filter([point("p", smoothing=Smoothing(quiet_s=1.0, longest_s=5.0))], GS1)
    assert air.closes_at("p") is None
    assert air.add("r", seen(tag(1)), 10.0) == ["p"]
    assert air.add("r", seen(tag(1)), 10.9) == []  # known: the set is stable
    assert air.closes_at("p") == 11.0
    for n in range(20):
        air.add("r", seen(tag(n + 2)), 10.9 + n / 4)
    assert air.closes_at("p") == 15.0


@given(st.lists(st.tuples(st.binary(max_size=70), st.integers(-2, 3)), max_size=30))
def test_no_content_of_a_tag_breaks_the_filter(air_waves: list[tuple[bytes, int]]) -> None:
    air = Filter([point("p")], GS1)
    for memory, count in air_waves:
        air.add("r", seen(memory, count=count), 0.0)
    burst = air.close("p", 1.0)
    assert len(burst.readings) + len(burst.unreadable) <= len({m for m, _ in air_waves})
    if air_waves:
        assert burst.readings or burst.unreadable


def said(text: str) -> Observation:
    return Observation("r", 1, b"", NOW, NOW, text=text)


def test_a_link_and_a_symbol_are_the_same_object_as_the_tag() -> None:
    air = Filter([point("p")], GS1)
    link = f"https://brand.example/01/{GTIN}/21/1?e=9F&c=00"
    for observation in (seen(tag(1)), said(link), said(f"]d201{GTIN}211\x1d10L"), said(f"01{GTIN}212")):
        air.add("r", observation, 0.0)
    burst = air.close("p", 1.0)
    assert {r.identity.epc for r in burst.readings} == {
        f"https://id.gs1.org/01/{GTIN}/21/1",
        f"https://id.gs1.org/01/{GTIN}/21/2",
    }
    lots = {r.identity.lot_key for r in burst.readings}
    assert lots == {
        f"https://id.gs1.org/01/{GTIN}/10/L",
        None,
    }  # the chip is silent about it, the symbol is not


def test_what_no_symbol_of_ours_says_is_unreadable_once() -> None:
    air = Filter([point("p", smoothing=Smoothing(dedupe_s=10))], GS1)
    for at in (0.0, 1.0):
        for text in ("", "hello \x1b[2J", "00"):
            air.add("r", said(text), at)
        air.add("r", seen(b"\x00"), at)
        burst = air.close("p", at)
        assert burst.unreadable == (("", "hello \x1b[2J", "00", b"\x00") if at == 0 else ())


def test_what_is_unreadable_and_stays_is_told_once() -> None:
    air = Filter([point("p", smoothing=Smoothing(dedupe_s=10))], GS1)
    told: list[int] = []
    for at in (0.0, 9.0, 18.0, 29.0):
        air.add("r", seen(b"\x00"), at)
        told.append(len(air.close("p", at).unreadable))
    assert told == [1, 0, 0, 1]


def test_a_product_code_alone_is_a_product() -> None:
    air = Filter([point("p")], GS1)
    air.add("r", said("]E06901234567892"), 0.0)
    (reading,) = air.close("p", 1.0).readings
    assert reading.identity.kind == "product"


def test_a_name_in_an_event_has_no_query_and_a_foreign_link_keeps_its_spelling() -> None:
    link = f"https://brand.example/s/01/{GTIN}/21/1"
    assert GS1.from_text(link).epc == link
    assert GS1.from_text(link + "?10=L&c=1").epc == f"https://id.gs1.org/01/{GTIN}/10/L/21/1"
    for spelled in (f"(01){GTIN}(21)1:2", f"]d201{GTIN}211:2", f"01{GTIN}211:2", f"/01/{GTIN}/21/1:2"):
        assert GS1.from_text(spelled).epc == f"https://id.gs1.org/01/{GTIN}/21/1%3A2"
    assert GS1.from_text("urn:epc:id:sgtin:6901234.056789.1").epc == "urn:epc:id:sgtin:6901234.056789.1"
    assert GS1.from_text("]Q1https://example.com/a \r").epc == "https://example.com/a"
    assert GS1.from_text("https://example.com/menu?table=4").epc == "https://example.com/menu?table=4"


@given(st.lists(st.text(max_size=70), max_size=30))
def test_no_text_breaks_the_filter(texts: list[str]) -> None:
    air = Filter([point("p")], GS1)
    for text in texts:
        air.add("r", said(text), 0.0)
    burst = air.close("p", 1.0)
    assert len(burst.readings) + len(burst.unreadable) <= len(set(texts))


def loud(air: Filter, reader: str, serial: int, at: float, rssi: float, antenna: int = 1) -> None:
    air.add(reader, Observation(reader, antenna, tag(serial), NOW, NOW, 1, rssi), at)


def test_a_point_over_two_readers_and_a_reader_of_two_points() -> None:
    both = ReadPoint(
        "dock",
        "left",
        Step.RECEIVE,
        "x",
        sources=(Antennas("left", frozenset({1})), Antennas("right", min_rssi_dbm=-60.0)),
    )
    other = ReadPoint("desk", "left", Step.RECEIVE, "x", antennas=frozenset({2}))
    air = Filter([both, other], GS1)
    loud(air, "left", 1, 0.0, -50.0)
    loud(air, "right", 1, 0.1, -40.0, antenna=4)
    loud(air, "right", 2, 0.1, -61.0)  # weaker than this source takes
    loud(air, "left", 3, 0.2, -61.0, antenna=2)
    (reading,) = air.close("dock", 1.0).readings
    assert (reading.count, reading.antenna, reading.rssi_dbm) == (2, 4, -40.0)
    assert [r.identity.epc[-1] for r in air.close("desk", 1.0).readings] == ["3"]


def test_points_that_share_antennas_are_no_neighbours() -> None:
    air = Filter([point("in", 1, 2), point("out", 1)], GS1)
    air.add("r", seen(tag(1), antenna=2, rssi=-40.0), 0.0)
    air.add("r", seen(tag(1), antenna=1, rssi=-60.0), 0.0)
    assert len(air.close("in", 1.0).readings) == len(air.close("out", 1.0).readings) == 1


def door(name: str) -> ReadPoint:
    return ReadPoint(
        name, name, Step.RECEIVE, "x", guard=Guard.EVIDENCE, cycle=Cycle(start_input=Input(name, 1))
    )


def test_all_of_a_pass_is_weighed_and_what_is_unclear_is_told_apart() -> None:
    air = Filter([door("a"), door("b")], GS1)
    air.begin("a", 8.0)
    for serial in range(10):
        for at, rssi in ((9.5, -48.0), (10.0, -42.0), (10.5, -47.0)):
            loud(air, "a", serial, at, rssi, antenna=1 + int(at) % 2)
    for at in (9.0, 10.0, 11.0):
        loud(air, "a", 77, at, -58.0)
        loud(air, "b", 77, at, -40.0)  # the next door hears it far louder
    loud(air, "a", 88, 11.0, -62.0)
    burst = air.close("a", 12.0)
    assert {r.identity.epc.rpartition("/")[2] for r in burst.readings} == {str(n) for n in range(10)}
    assert burst.strays == 1
    assert [r.identity.epc.rpartition("/")[2] for r in burst.uncertain] == ["88"]


def test_goods_that_went_through_before_do_not_go_through_again_by_standing_there() -> None:
    air = Filter([door("a")], GS1)
    for began in (8.0, 20.0):
        air.begin("a", began)
        for at in (began + 1.0, began + 2.0, began + 3.0):
            loud(air, "a", int(began), at, -45.0, antenna=int(at) % 2)
            loud(air, "a", 8, at, -55.0)
        burst = air.close("a", began + 4.0)
        assert [r.identity.epc.rpartition("/")[2] for r in burst.readings] == [str(int(began))]


def cycle(**more: object) -> Filter:
    return Filter(
        [ReadPoint("p", "r", Step.RECEIVE, "x", cycle=Cycle(**more))],  # type: ignore[arg-type]
        GS1,
    )


def serials(readings: Sequence[Reading]) -> list[str]:
    return sorted(r.identity.epc.rpartition("/")[2] for r in readings)


def test_what_came_and_what_went_between_two_cycles() -> None:
    came, went = cycle(report=SetOf.ADDITIONS), cycle(report=SetOf.DELETIONS)
    told: list[list[str]] = []
    for shelf in ((1, 2), (2, 3), (2, 3), (3,)):
        for air in (came, went):
            for serial in shelf:
                air.add("r", seen(tag(serial)), 0.0)
            told.append(serials(air.close("p", 1.0).readings))
    assert told == [["1", "2"], [], ["3"], ["1"], [], [], [], ["2"]]


def test_a_cycle_ends_at_its_count_and_leaves_out_what_is_not_wanted() -> None:
    air = cycle(count=2, exclude=("pallet",))
    pallet = encode_epc(identify(f"https://id.gs1.org/01/{GTIN}/21/9"), company_prefix_length=7, filter=6)
    assert air.add("r", seen(pallet), 0.0) == []
    assert air.add("r", seen(tag(1)), 0.0) == ["p"]
    assert not air.full("p")
    assert air.add("r", seen(tag(1)), 0.1) == []
    assert air.add("r", seen(tag(2)), 0.1) == ["p"]
    assert air.full("p")
    burst = air.close("p", 0.2)
    assert (serials(burst.readings), burst.unwanted) == (["1", "2"], 1)
    assert not air.full("p")


def test_when_a_triggered_cycle_ends() -> None:
    eye = Input("r", 1)
    air = cycle(start_input=eye, stop_input=eye, duration_s=30.0)
    air.begin("p", 10.0)
    assert air.closes_at("p") == 40.0  # nothing seen: at the latest then
    air.add("r", seen(tag(1)), 12.0)
    assert air.closes_at("p") == 40.0  # quiet does not end it: its light barrier does
    air = cycle(repeat_s=60.0, stable_s=2.0)
    air.begin("p", 10.0)
    air.add("r", seen(tag(1)), 12.0)
    assert air.closes_at("p") == 14.0

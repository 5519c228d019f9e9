from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.observation import Observation
from suyuan.readers.station.config import ReadPoint, Smoothing
from suyuan.readers.station.filtering import Filter
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

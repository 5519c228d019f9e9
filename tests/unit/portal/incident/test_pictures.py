"""A trace becomes stops that one can read: nothing lost, no overlaps, goods flow to the right and down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.portal.fake_house import FARM_LOT, SALAD, big_trace

from suyuan.portal.incident.atlas import HIGH, WIDE, mapped
from suyuan.portal.incident.captions import Marks, captions, fitted, letters, short_names, words
from suyuan.portal.incident.chart import MOST_BANDS, WIDTH, Chart, charted
from suyuan.portal.incident.stops import FOLDS, Fold, Journeys, Passage, Stop, journeys
from suyuan.portal.language import Speech
from suyuan.portal.rendering import Page
from suyuan.portal.services import Label
from suyuan.trace.lineage.contract import (
    Amount,
    Edge,
    EdgeKind,
    Kind,
    Options,
    State,
    Status,
    Suspect,
    Trace,
    WhereNow,
)
from suyuan.trace.recall.passport import Text

ID = "https://id.gs1.org"
LEAF, MEAL = f"{ID}/01/06912345000017/10/LEAF", f"{ID}/01/06912345000024/10/MEAL"
FARM, PLANT, SHOP, KIOSK = (f"{ID}/414/069123450000{n}" for n in ("31", "48", "55", "62"))
T0 = datetime(2026, 11, 10, 1, tzinfo=UTC)
STAGE = {FARM: "farm", PLANT: "processing", SHOP: "retail", KIOSK: "retail"}


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def state(key: str, kind: Kind, hold: Amount | None = None, now: WhereNow | None = None) -> State:
    return State(key, kind, T0, None, "certain", kind == "unit", hold, None, now)


def edge(source: str, target: str, kind: EdgeKind, begin: float, end: float | None = None) -> Edge:
    until = None if end is None else at(end)
    return Edge(source, target, kind, at(begin), until, "certain", "read", (f"ev-{begin}",))


def small_world() -> Trace:
    """40 kg of leaves in a crate from farm to plant, made into four meals, a case of two to each shop."""
    crate = f"{ID}/00/069123450000000001"
    states = [state(LEAF, "lot", Amount(40.0, "KGM")), state(MEAL, "lot"), state(crate, "unit")]
    edges = [
        edge(LEAF, FARM, "move", 0, 1),
        edge(LEAF, crate, "carry", 1, 20),
        edge(crate, FARM, "move", 1, 2),
        edge(crate, PLANT, "move", 5, 20),
        edge(LEAF, MEAL, "transform", 20, 20),
    ]
    for number in range(4):
        item, case = f"{ID}/01/06912345000024/21/{number}", f"{ID}/00/06912345000000010{number // 2}"
        shop, status = (SHOP, KIOSK)[number // 2], ("sold", "in_stock")[number % 2]
        told: Status = "sold" if status == "sold" else "in_stock"
        states.append(state(item, "item", Amount(1.0), WhereNow(shop, None, None, told)))
        edges += [
            edge(MEAL, item, "member", 21),
            edge(item, PLANT, "move", 21, 22),
            edge(item, case, "carry", 22, 50),
            edge(item, shop, "move", 50),
        ]
        if number % 2 == 0:
            states.append(state(case, "unit"))
            edges += [edge(case, PLANT, "move", 22, 30), edge(case, shop, "move", 40, 50)]
    return Trace((Suspect(LEAF),), Options(), tuple(states), tuple(edges), (), ())


def test_goods_stop_where_their_containers_are_and_go_on_from_there() -> None:
    found = journeys(small_world())
    told = [(stop.lots[0], stop.place, stop.objects, stop.amount) for stop in found.stops]
    assert told == [
        (LEAF, FARM, 0, None),  # all of it went on
        (LEAF, PLANT, 0, Amount(40.0, "KGM")),
        (MEAL, PLANT, 4, Amount(4.0)),
        (MEAL, SHOP, 2, Amount(2.0)),
        (MEAL, KIOSK, 2, Amount(2.0)),
    ]
    ways = {(one.source, one.target, one.kind, one.objects) for one in found.passages}
    assert ways == {(0, 1, "moved", 0), (1, 2, "made", 0), (2, 3, "moved", 2), (2, 4, "moved", 2)}
    assert [stop.suspect for stop in found.stops] == [True, True, False, False, False]
    assert dict(found.stops[3].statuses) == {"sold": 1, "in_stock": 1}
    assert found.passages[0].evidence == ("ev-5",)


def test_an_amount_stands_where_it_is_known_and_a_piece_counts_once() -> None:
    items = [f"{ID}/01/06912345000024/21/{number}" for number in range(10)]
    states = [state(LEAF, "lot", Amount(1000.0, "KGM")), state(f"{LEAF}2", "lot", Amount(9.0, "KGM"))]
    states += [state(key, "item") for key in items]
    states[3:] = [replace(one, certainty="possible") for one in states[3:]]
    edges = [edge(LEAF, place, "move", 1) for place in (SHOP, KIOSK, PLANT)]
    ways = (FARM, 0, 1), (PLANT, 1, 2), (FARM, 3, None)
    edges += [edge(f"{LEAF}2", place, "move", since, until) for place, since, until in ways]
    for key in items:
        edges += [edge(MEAL, key, "member", 1)]
        edges += [edge(key, place, "move", 2 * n, 2 * n + 1) for n, place in enumerate((SHOP, KIOSK) * 2)]
    found = journeys(Trace((), Options(), tuple(states), tuple(edges), (), ()))
    assert {(stop.lots[0], stop.place, stop.amount) for stop in found.stops if not stop.objects} == {
        *((LEAF, place, None) for place in (SHOP, KIOSK, PLANT)),  # nobody told how much of it went where
        (f"{LEAF}2", FARM, Amount(9.0, "KGM")), (f"{LEAF}2", PLANT, None),
    }  # fmt: skip
    told = Amount(10.0), Amount(1.0)
    assert [(stop.amount, stop.for_certain) for stop in found.stops if stop.objects] == [told, told]
    ways = [one for one in found.passages if one.objects]
    assert [(one.amount, one.for_certain, one.certainty) for one in ways] == [(*told, "certain")] * 2
    atlas = mapped(found, {SHOP: (36.7, 117.1), KIOSK: (36.0, 117.2)})
    assert {(one.objects, one.surely) for one in (*atlas.points, *atlas.arcs) if one.objects} == {(10, 1)}


@pytest.mark.parametrize(
    ("weighed", "beside", "said"),
    [
        ([Amount(40.0, "KGM")], Amount(40.0, "KGM"), "2 pieces + 40 kg"),
        ([Amount(40.0, "KGM"), Amount(2.5, "KGM")], Amount(42.5, "KGM"), "2 pieces + 42.5 kg"),
        ([Amount(40.0, "KGM"), None], None, "2 pieces and more, nobody told how much"),
        ([Amount(40.0, "KGM"), Amount(1.0, "LTR")], None, "2 pieces and more, nobody told how much"),
    ],
)
def test_pieces_and_weights_folded_into_one_are_both_told(
    weighed: list[Amount | None], beside: Amount | None, said: str
) -> None:
    items = [f"{ID}/01/06912345000024/21/{number}" for number in range(2)]
    lots = [f"{LEAF}{number}" for number in range(len(weighed))]
    states = [state(lot, "lot", amount) for lot, amount in zip(lots, weighed, strict=True)]
    states += [state(key, "item", Amount(1.0)) for key in items]
    edges = [edge(MEAL, key, "member", 1) for key in items]
    edges += [
        edge(key, place, "move", n, n + 1) for n, place in enumerate((FARM, SHOP)) for key in (*items, *lots)
    ]
    found = journeys(Trace((), Options(), tuple(states), tuple(edges), (), ()), fold="places")
    _, shop = found.stops
    assert (shop.amount, shop.beside, shop.has_more) == (Amount(2.0), beside, beside is None)
    page = Page("/", (), Speech("en"), None, False, None)
    told = captions(found, {}, page, Marks())
    assert told[shop.index].amount == said
    (way,) = words(found, told, page).values()
    assert way.amount == "2 pieces and more, nobody told how much"


@pytest.mark.parametrize(
    ("now", "there"),
    [
        (None, True),
        (WhereNow(f"{PLANT}/254/line-1", None, None, "consumed"), True),
        (WhereNow(None, None, None, "unaccounted"), True),
        (WhereNow(None, None, None, "in_transit"), False),
        (WhereNow(SHOP, None, None, "consumed"), False),
    ],
)
def test_what_went_on_no_longer_stands_where_it_was_last_seen(now: WhereNow | None, there: bool) -> None:
    leaf = state(LEAF, "lot", Amount(9.0, "KGM"), now)
    ways = edge(LEAF, FARM, "move", 0, 1), edge(LEAF, PLANT, "move", 1, 2)
    found = journeys(Trace((), Options(), (leaf,), ways, (), ()))
    assert [stop.amount for stop in found.stops] == [None, Amount(9.0, "KGM") if there else None]


def test_the_ill_are_counted_once_at_what_they_may_have_eaten() -> None:
    found = journeys(small_world(), fold="places")
    product = MEAL.partition("/10/")[0]
    eaten = [frozenset({MEAL}), frozenset({product}), frozenset[str](), frozenset({LEAF, MEAL})]
    marks = Marks({PLANT: eaten, SHOP: eaten, FARM: [frozenset({LEAF})], KIOSK: [frozenset({f"{MEAL}2"})]})
    told = captions(found, {}, Page("/", (), Speech("en"), None, False, None), marks)
    assert [(one.stop.place, one.stop.lots, one.ill) for one in told.values()] == [
        (FARM, (LEAF,), 1), (PLANT, (LEAF,), 2), (PLANT, (MEAL,), 4), (SHOP, (MEAL,), 4), (KIOSK, (MEAL,), 0),
    ]  # fmt: skip


def test_a_lot_of_many_calls_and_many_products_is_drawn_in_little_time() -> None:
    edges = [edge(LEAF, (SHOP, KIOSK)[n % 2], "move", n, n + 1) for n in range(4000)]
    edges += [edge(LEAF, f"{MEAL}{n}", "transform", n) for n in range(4000)]
    states = [state(LEAF, "lot"), *(state(f"{MEAL}{n}", "lot") for n in range(4000))]
    begin = process_time()
    found = journeys(Trace((), Options(), tuple(states), tuple(edges), (), ()), fold="places")
    assert process_time() - begin < 1.2
    assert {found.stops[one.source].place for one in found.passages if one.kind == "made"} == {SHOP, KIOSK}


def test_stops_flow_to_the_right_by_stage_and_down_by_day() -> None:
    found = journeys(small_world())
    chart = charted(found, lambda place: STAGE.get(place or "", ""))
    box = {one.stop.index: one for one in chart.boxes}
    assert [box[n].x for n in range(5)] == sorted(box[n].x for n in range(5))
    assert box[3].x == box[4].x
    assert box[0].y < box[2].y < box[3].y
    assert [heading.stage for heading in chart.headings] == ["farm", "processing", "retail"]
    assert [str(band.first) for band in chart.bands] == ["2026-11-10", "2026-11-11", "2026-11-12"]
    assert not any(line.back for line in chart.lines)
    assert_readable(chart)


@pytest.mark.parametrize("fold", FOLDS)
def test_folding_loses_no_piece(fold: Fold) -> None:
    found = journeys(small_world(), fold=fold)
    assert sum(stop.objects for stop in found.stops if stop.place in (SHOP, KIOSK)) == 4
    assert {stop.place for stop in found.stops} == {FARM, PLANT, SHOP, KIOSK}


def test_too_many_stops_are_folded_until_they_fit() -> None:
    assert journeys(small_world(), most=5).fold == "lots"
    assert journeys(small_world(), most=4).fold == "places"


def test_many_suspects_are_folded_like_everything_else() -> None:
    lots = [f"{ID}/01/06912345000017/10/L{n}" for n in range(300)]
    states = tuple(state(lot, "lot", Amount(1.0, "KGM")) for lot in lots)
    edges = tuple(edge(lot, place, "move", at_, 9) for lot in lots for place, at_ in ((FARM, 0), (PLANT, 5)))
    found = journeys(Trace(tuple(map(Suspect, lots)), Options(), states, edges, (), ()))
    assert (len(found.stops), found.fold) == (2, "products")
    assert all(stop.suspect for stop in found.stops)
    assert {key for stop in found.stops for key in stop.lots} == set(lots)


def test_two_thousand_items_take_no_time() -> None:
    begin = process_time()
    found = journeys(big_trace())
    chart = charted(found, lambda _: "")
    assert process_time() - begin < 2
    assert sum(stop.objects for stop in found.stops if SALAD in stop.lots) == 1920
    assert any(stop.suspect and FARM_LOT in stop.lots for stop in found.stops)
    assert_readable(chart)


def test_a_trace_without_anything_is_an_empty_chart() -> None:
    empty = Trace((), Options(), (), (), (), ())
    assert journeys(empty) == Journeys((), (), "lots")
    assert charted(journeys(empty), lambda _: "").boxes == ()


def assert_readable(chart: Chart) -> None:
    for one, other in combinations(chart.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= chart.box_height + chart.gap
    for box in chart.boxes:
        assert 0 <= box.x <= chart.width - WIDTH
        assert 0 <= box.y <= chart.height - chart.box_height
        assert any(band.y <= box.y <= band.y + band.height - chart.box_height for band in chart.bands)


@st.composite
def travels(draw: st.DrawFn) -> tuple[Journeys, dict[str, str]]:
    """Any stops in order of time, any passages forward in time, also back to an earlier stage."""
    days = sorted(draw(st.lists(st.integers(0, 400), min_size=1, max_size=40)))
    places = [f"{ID}/414/{n}" for n in range(6)]
    stage = {place: draw(st.sampled_from(["farm", "processing", "retail", ""])) for place in places}
    stops = tuple(
        Stop(
            n, (f"lot-{n}",), draw(st.sampled_from(places)), None if day == 0 else at(24 * day), None,
            0, None, suspect=False, certainty="certain",
        )
        for n, day in enumerate(days)
    )  # fmt: skip
    pairs = draw(
        st.sets(st.tuples(st.integers(0, len(days) - 1), st.integers(0, len(days) - 1)), max_size=60)
    )
    amounts = st.one_of(st.none(), st.floats(0, 1e6).map(Amount))
    passages = tuple(
        Passage(a, b, "moved", "certain", 0, draw(amounts), ()) for a, b in sorted(pairs) if a < b
    )
    return Journeys(stops, passages), stage


@settings(max_examples=40, deadline=None)
@given(travels())
def test_any_travels_are_drawn_without_overlap(told: tuple[Journeys, dict[str, str]]) -> None:
    found, stage = told
    chart = charted(found, lambda place: stage.get(place or "", ""))
    assert_readable(chart)
    assert len(chart.boxes) == len(found.stops)
    assert len(chart.lines) == len(found.passages)
    assert len(chart.bands) <= MOST_BANDS + 1
    box = {one.stop.index: one for one in chart.boxes}
    for line in chart.lines:
        if not line.back:
            assert box[line.passage.source].x < box[line.passage.target].x


def test_places_stand_apart_on_the_map_north_above_south() -> None:
    found = journeys(small_world())
    where = {FARM: (41.2, 114.7), PLANT: (39.0, 117.4), SHOP: (36.7, 117.08), KIOSK: (36.7, 117.08)}
    atlas = mapped(found, where)
    point = {one.place: one for one in atlas.points}
    assert point[FARM].y < point[PLANT].y < point[SHOP].y
    assert point[FARM].x < point[PLANT].x
    assert (point[SHOP].x, point[SHOP].y) != (point[KIOSK].x, point[KIOSK].y)
    assert all(0 <= one.x <= WIDE and 0 <= one.y <= HIGH for one in atlas.points)
    assert {(arc.source, arc.target, arc.objects) for arc in atlas.arcs} == {
        (FARM, PLANT, 0), (PLANT, SHOP, 2), (PLANT, KIOSK, 2),
    }  # fmt: skip
    assert atlas.scale_km in (50, 100, 200)
    assert 0.5 < atlas.scale_length / atlas.scale_km < 5


def test_the_map_names_places_that_it_cannot_show_and_takes_any_globe() -> None:
    found = journeys(small_world())
    atlas = mapped(found, {PLANT: (39.0, 117.4)})
    assert set(atlas.unplaced) == {FARM, SHOP, KIOSK}
    assert [(one.x, one.y) for one in atlas.points] == [(WIDE / 2, HIGH / 2)]
    far = mapped(found, {FARM: (90.0, -180.0), PLANT: (-90.0, 180.0), SHOP: (0.0, 0.0)})
    assert all(0 <= one.x <= WIDE and 0 <= one.y <= HIGH for one in far.points)
    assert mapped(found, {}).points == ()


def test_a_crowded_map_names_the_suspect_and_leaves_names_out_rather_than_cover_others() -> None:
    stops = [Stop(n, (LEAF,), f"{ID}/414/{n:013d}", T0, None, n, None, n == 7, "certain") for n in range(90)]
    where = {
        stop.place: (30 + stop.index % 9 / 10, 110 + stop.index // 9 / 10) for stop in stops if stop.place
    }
    points = mapped(Journeys(tuple(stops), ()), where, lambda _: 30).points
    named = [point for point in points if point.label]
    assert any(point.suspect for point in named)
    assert 0 < len(named) < len(points) == 90


def test_many_columns_of_many_stops_stand_closer() -> None:
    stages = ("farm", "slaughter", "processing", "storage", "wholesale", "retail")

    def drawn(depth: int) -> Chart:
        stops = [Stop(n, (LEAF,), str(n % depth), at(n), None, 1, None, False, "certain") for n in range(90)]
        return charted(Journeys(tuple(stops), ()), lambda place: stages[int(place or 0)])

    few, many = drawn(5), drawn(6)
    assert len({box.x for box in many.boxes}) == 6
    assert many.width < few.width


def test_words_fit_their_boxes_whatever_they_are() -> None:
    for text in ("Braised pork rice with lettuce", "\u6d77\u6cb3\u9c9c\u98df" * 5, "\u5927a" * 20, "x"):
        assert letters(fitted(text, 18)) <= 18
    assert fitted("short", 18) == "short"


def test_a_place_is_named_by_its_last_part_unless_another_is_called_so() -> None:
    names = {
        FARM: "Bashang Qingquan Farm, packing shed",
        PLANT: "Shouguang Qingqi Vegetables, packing shed",
        SHOP: "Northern Neighbours Supermarkets, Heping store",
        KIOSK: "Station kiosk, west",
    }
    labels = {key: Label(key, "place", key, Text("", name)) for key, name in names.items()}
    assert short_names(names, labels, Speech("en")) == names | {SHOP: "Heping store"}


def test_a_suspect_item_marks_where_it_ended_only() -> None:
    item = f"{ID}/01/06912345000024/21/0"
    found = journeys(replace(small_world(), suspects=(Suspect(item),)))
    assert [stop.place for stop in found.stops if stop.suspect] == [SHOP]

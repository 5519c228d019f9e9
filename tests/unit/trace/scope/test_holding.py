"""What to hold, and what lies on every way: a cheese, told by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.oracle.stories import (
    BAKERY,
    CASE,
    CRATE,
    FARM,
    MARKET,
    MILL,
    SHOP,
    A,
    B,
    at,
    commission,
    lot,
    make,
    observe,
    pack,
    some,
)
from tests.unit.trace.scope.records import Story

from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.lineage import Occurrence, Options, Scope, Suspect, Trace
from suyuan.trace.scope import answer_json, common_links, ways, what_to_hold
from suyuan.trace.scope.answer import Holding, Past, Stopped
from suyuan.trace.scope.choosing import choose
from suyuan.trace.scope.selection import Cases, Eaten

DAIRY, STORE = BAKERY, MILL
MILK, CREAM, CHEESE, QUARK = map(lot, ("MILK", "CREAM", "CHEESE", "QUARK"))


def sent(name: str, hour: float, what: str, amount: float, out: str, to: str) -> list[Occurrence]:
    return [
        observe(f"{name} goes", hour, some(what, amount), step="shipping", read_point=out, to=(to,)),
        observe(f"{name} comes", hour + 0.5, some(what, amount), step="receiving", place=to),
    ]


CHEESES = [
    commission("milk", 0, some(MILK, 100), place=FARM),
    commission("cream", 0, some(CREAM, 100), place=FARM),
    *sent("milk", 1, MILK, 100, FARM, DAIRY),
    *sent("cream", 1, CREAM, 100, FARM, DAIRY),
    make("cheese", 2, [some(MILK, 100), some(CREAM, 50)], [some(CHEESE, 90)], place=DAIRY),
    make("quark", 3, [some(CREAM, 50)], [some(QUARK, 40)], place=DAIRY),
    *sent("one", 4, CHEESE, 30, DAIRY, SHOP),
    *sent("two", 5, CHEESE, 30, DAIRY, MARKET),
    *sent("three", 6, QUARK, 20, DAIRY, MARKET),
    observe("sold", 8, some(CHEESE, 10), step="retail_selling", place=SHOP),
]
LEFT = commission("left", 9, some(MILK, 1), place=FARM)


def scope_of(story: Sequence[Occurrence], *suspects: str) -> Scope:
    return Story(story).scope([Suspect(key) for key in suspects])


def held(found: Holding) -> dict[str, float]:
    return {one.key: one.cost for one in found.stopped}


def test_every_lot_that_is_still_in_reach_is_held() -> None:
    """What is left of the milk does not hold the cheese that was made of it; the sold cheese is past."""
    found = what_to_hold(scope_of([*CHEESES, LEFT], MILK))

    assert found.stopped == (Stopped(CHEESE, "lot", 1.0), Stopped(MILK, "lot", 1.0))
    assert (found.value, found.proof, found.is_smallest) == (2.0, 2.0, True)
    assert found.past == (Past(SHOP, (CHEESE,)),)
    assert [(row.status, row.maximum.hold) for row in found.gone] == [("sold", 10.0)]
    assert (found.sinks, found.on_the_way) == ((), ())
    assert b'"stopped":[{"key":' in answer_json(found)
    assert held(what_to_hold(scope_of(CHEESES, MILK))) == {CHEESE: 1.0}
    assert held(what_to_hold(scope_of(CHEESES, CREAM))) == {CHEESE: 1.0, QUARK: 1.0}


def test_what_is_at_a_sink_is_past() -> None:
    found = what_to_hold(scope_of(CHEESES, CREAM), [SHOP, MARKET])

    assert held(found) == {CHEESE: 1.0, QUARK: 1.0}
    assert found.sinks == tuple(sorted((SHOP, MARKET)))
    assert found.past == tuple(
        sorted((Past(SHOP, (CHEESE,)), Past(MARKET, (CHEESE, QUARK))), key=lambda p: p.sink)
    )
    all_there = [*CHEESES[:7], *sent("all", 4, CHEESE, 90, DAIRY, SHOP)]
    assert held(what_to_hold(scope_of(all_there, MILK), [SHOP])) == {}
    assert held(what_to_hold(scope_of(all_there, MILK), [MARKET])) == {CHEESE: 1.0}


def by_crate(name: str, hour: float, crate: str, out: str, *to: str) -> list[Occurrence]:
    """An empty crate of which the way is known is loaded, and goes from place to place."""
    visits = [observe(f"{name} {n}", hour + 1 + n, crate, place=one) for n, one in enumerate(to)]
    return [pack(f"{name} load", hour, crate, some(MILK, 10), place=out), *visits]


def test_places_are_held_where_the_goods_will_pass() -> None:
    """Two dairies send by one store to two shops: holding at the store is enough."""
    story = [
        commission("milk", 0, some(MILK, 100), place=DAIRY),
        observe("move", 0.5, some(MILK, 50), place=FARM),
        *by_crate("one", 1, CRATE, DAIRY, STORE, SHOP),
        *by_crate("two", 1, CASE, FARM, STORE, MARKET),
    ]
    scope = scope_of(story, MILK)

    found = what_to_hold(scope, [SHOP, MARKET], of="places")
    assert found.stopped == (Stopped(STORE, "place", 1.0),)
    assert (found.value, found.proof) == (1.0, 1.0)
    there = what_to_hold(scope, [SHOP, MARKET], of="places", by="amount")
    assert held(there) == {DAIRY: 40.0, FARM: 40.0}  # by amount where it lies, not where it will pass
    values = {DAIRY: 1.0, FARM: 2.5, MARKET: 0.0}  # from the market nothing went on: it may send anywhere
    assert held(what_to_hold(scope, [SHOP], of="places", by="value", values=values)) == values
    assert held(what_to_hold(scope, of="places")) == {SHOP: 1.0, MARKET: 1.0}


def test_of_what_goes_by_its_own_word_nobody_knows_which_part_went_where() -> None:
    story = [
        commission("milk", 0, some(MILK, 100), place=DAIRY),
        *sent("a", 1, MILK, 50, DAIRY, STORE),
        *sent("b", 2, MILK, 10, STORE, SHOP),
    ]
    assert held(what_to_hold(scope_of(story, MILK), [SHOP], of="places")) == {DAIRY: 1.0, STORE: 1.0}


def test_a_place_from_which_nothing_went_on_may_send_anywhere() -> None:
    story = [commission("a", 0, A, place=FARM), observe("comes", 1, A, place=STORE)]

    assert held(what_to_hold(scope_of(story, A), [SHOP], of="places")) == {STORE: 1.0}
    around = [*story, observe("back", 2, A, place=FARM)]
    assert held(what_to_hold(scope_of(around, A), [SHOP], of="places")) == {FARM: 1.0}


def test_a_shop_that_it_never_reached_can_be_protected_under_any_identifier() -> None:
    shop = "https://shops.example/7"
    found = what_to_hold(scope_of(CHEESES, MILK), [shop])

    assert (held(found), found.sinks, found.past) == ({CHEESE: 1.0}, (shop,), ())


def test_what_is_on_the_way_is_held_as_a_lot() -> None:
    story = [commission("a", 0, A, place=FARM), observe("off", 1, A, step="shipping", read_point=FARM)]

    assert held(what_to_hold(scope_of(story, A), [SHOP])) == {A: 1.0}
    found = what_to_hold(scope_of(story, A), [SHOP], of="places")
    assert (found.stopped, found.value, found.on_the_way) == ((), 0.0, (A,))


def test_a_lot_holds_its_items() -> None:
    story = [
        commission("items", 0, A, B, lots=[(A, MILK), (B, MILK)], place=DAIRY),
        observe("a", 1, A, place=STORE),
    ]

    assert held(what_to_hold(scope_of(story, MILK), [SHOP])) == {MILK: 1.0}
    assert held(what_to_hold(scope_of(story, MILK), [SHOP], of="objects")) == {A: 1.0, B: 1.0}
    assert held(what_to_hold(scope_of(story, A), [SHOP])) == {A: 1.0}
    amounts = what_to_hold(scope_of(story, MILK), [SHOP], by="amount", amounts=Story(story))
    assert held(amounts) == {MILK: 2.0}


def test_what_is_held_costs_its_value_or_amount() -> None:
    scope, story = scope_of([*CHEESES, LEFT], CREAM), Story([*CHEESES, LEFT])

    dear = what_to_hold(scope, [SHOP, MARKET], by="value", values={CHEESE: 300.5, QUARK: 200, MILK: 9})
    assert held(dear) == {CHEESE: 300.5, QUARK: 200.0}
    assert dear.value == 500.5
    assert dear.is_smallest
    weighed = what_to_hold(scope, [SHOP, MARKET], by="amount", amounts=story)
    assert held(weighed) == {CHEESE: 80.0, QUARK: 40.0}


def test_where_nothing_is_left_nothing_is_held() -> None:
    gone = [*CHEESES[:7], observe("all", 8, some(CHEESE, 90), step="retail_selling", place=DAIRY)]
    found = what_to_hold(scope_of(gone, MILK))

    assert (found.stopped, found.value, found.proof, found.is_smallest) == ((), 0.0, 0.0, True)
    assert found.past == (Past(DAIRY, (CHEESE,)),)


@pytest.mark.parametrize(
    ("suspects", "sinks", "more", "said"),
    [
        ((MILK,), [CHEESE], {}, "CHEESE names no place"),
        ((MILK,), [MILK], {}, "is a suspect itself"),
        ((FARM,), [f"{FARM}/254/GATE"], {}, "is a suspect itself"),
        ((MILK,), [SHOP], {"by": "value"}, "The value of .*CHEESE is missing"),
        ((MILK,), [SHOP], {"by": "value", "values": {CHEESE: -1}}, "-1 is no value"),
        ((MILK,), [SHOP], {"by": "value", "values": {CHEESE: float("nan")}}, "nan is no value"),
        ((MILK,), [SHOP], {"by": "value", "values": {CHEESE: 1e16}}, "1e\\+16 is no value"),
        ((MILK,), [SHOP], {"by": "amount"}, "Nobody told how much there is of .*CHEESE"),
    ],
)
def test_what_cannot_be_asked(suspects: tuple[str, ...], sinks: list[str], more: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        what_to_hold(scope_of(CHEESES, *suspects), sinks, **more)
    assert caught.value.remedy
    assert caught.value.where


def test_a_value_may_be_as_small_as_a_number_can_be() -> None:
    found = what_to_hold(scope_of(CHEESES, MILK), [SHOP], by="value", values={CHEESE: 1e-310, MILK: 5e-324})
    assert found.is_smallest
    assert 0 < found.value <= 1e-310


def test_amounts_in_several_units_are_not_weighed() -> None:
    story = [*CHEESES, commission("a", 0, A, place=DAIRY)]
    with pytest.raises(InvalidInput, match="several units: C62, KGM"):
        what_to_hold(scope_of(story, MILK, A), [SHOP], by="amount", amounts=Story(story))


# --- what lies on every way


def test_common_links_are_a_chain_from_the_sources_to_the_cases() -> None:
    story = Story(CHEESES)
    found = common_links([Eaten("1", (), (SHOP,)), Eaten("2", (CHEESE,))], story, Options())

    assert [one.key for one in found.links] == [FARM, CHEESE]
    assert found.sources == tuple(sorted((MILK, CREAM)))
    assert set(found.shared) == {MILK, CREAM, CHEESE}
    assert (found.cases, found.unreached, found.doubts) == (("1", "2"), (), ())
    only_milk = common_links([Eaten("1", (CHEESE,))], story, Options(), sources=[Suspect(MILK)])
    assert [one.key for one in only_milk.links] == [MILK, FARM, CHEESE]
    assert only_milk.links[2].from_time == at(2)


def test_cases_that_share_no_link_have_none() -> None:
    found = common_links([Eaten("1", (CHEESE,)), Eaten("2", (QUARK,))], Story(CHEESES), Options())

    assert [one.key for one in found.links] == [FARM]
    assert set(found.shared) == {CREAM}


def test_a_case_that_nothing_leads_to_is_told() -> None:
    nobody = Eaten("2", (), (SHOP,), (), None, at(1))
    found = common_links([Eaten("1", (CHEESE,)), nobody], Story(CHEESES), Options())

    assert (found.cases, found.unreached) == (("1",), ("2",))
    assert found.doubts[0].detail == "No way on record leads to case 2."
    with pytest.raises(InvalidInput, match="any of these cases"):
        common_links([nobody], Story(CHEESES), Options())
    with pytest.raises(InvalidInput, match="any of these cases"):
        common_links([], Story(CHEESES), Options())
    with pytest.raises(InvalidInput, match="any of these cases"):
        common_links([Eaten("1", (CHEESE,))], Story(CHEESES), Options(), sources=[Suspect(QUARK)])


def test_a_link_keeps_to_time() -> None:
    """Two items of one crate: what reached the crate after the first had left is no link to it."""
    story = Story(
        [
            pack("one", 1, CASE, A, place=FARM),
            make("cook", 2, [CASE], [some(CHEESE, 1)], place=DAIRY),
            make("age", 5, [some(CHEESE, 1), some(CREAM, 1)], [some(QUARK, 1)], place=DAIRY),
        ]
    )
    found = common_links([Eaten("1", (QUARK,))], story, Options(), sources=[Suspect(A)])

    assert [one.key for one in found.links if one.kind != "place"] == [A, CHEESE, QUARK]


def test_what_came_from_itself_in_a_circle_may_be_where_it_began() -> None:
    """A starter that is fed with what was made of it: without it the milk would be in every cheese."""
    circle = [
        make("feed", 1, [some(CREAM, 1)], [some(QUARK, 1)], place=FARM),
        make("feed again", 2, [some(QUARK, 1)], [some(CREAM, 1)], place=DAIRY),
        make("cheese", 3, [some(MILK, 9), some(CREAM, 1)], [some(CHEESE, 5)], place=DAIRY),
    ]
    found = common_links([Eaten("1", (CHEESE,))], Story(circle), Options())
    assert found.sources == tuple(sorted((MILK, CREAM, QUARK)))
    assert [one.key for one in found.links] == [CHEESE]
    alone = common_links([Eaten("1", (QUARK,)), Eaten("2", (CREAM,))], Story(circle[:2]), Options())
    assert alone.cases == ("1", "2")


def test_what_many_ate_is_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    story, asked = Story(CHEESES), list[Sequence[Suspect]]()
    trace = story.trace

    def counted(suspects: Sequence[Suspect], options: Options) -> Trace:
        asked.append(suspects)
        return trace(suspects, options)

    monkeypatch.setattr(story, "trace", counted)
    cases = tuple(Eaten(str(number), (CHEESE if number % 2 else QUARK,)) for number in range(50))
    found = common_links(cases, story, Options())
    assert (len(found.cases), found.shared, len(asked)) == (50, (CREAM,), 2)
    chosen = choose([Cases(cases)], story, Options())
    assert ([one.suspect.key for one in chosen.chosen], len(asked)) == ([CREAM], 4)
    assert len(chosen.chosen[0].reasons[0].cases) == 50


def test_more_ways_than_are_followed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "MOST_NODES", 3)
    with pytest.raises(TooLarge, match="more than 3 ways"):
        common_links([Eaten("1", (CHEESE,))], Story(CHEESES), Options())

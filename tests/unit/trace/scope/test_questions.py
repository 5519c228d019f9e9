"""What selections come to, what is supposed, and what it amounts to: a dairy, told by hand.

Two farms send milk; a line of the dairy makes cheese of the first and then of the second; a shop sells some.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from tests.oracle.stories import (
    BAKERY,
    CRATE,
    FARM,
    MARKET,
    SHOP,
    A,
    B,
    affected,
    at,
    commission,
    just_after,
    lot,
    make,
    observe,
    pack,
    some,
)
from tests.unit.trace.scope.records import Story

from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.scope import balances, choose, options_of, overview, scoped, traced
from suyuan.trace.scope.answer import Figures, Reason
from suyuan.trace.scope.records import Work
from suyuan.trace.scope.selection import (
    Cases,
    Eaten,
    KillStep,
    Lots,
    Objects,
    Place,
    Product,
    Question,
    Selection,
    Shared,
    Supplier,
    Suppositions,
)

PRODUCT = "https://id.gs1.org/01/09506000134352"
DAIRY = BAKERY
LINE, OTHER_LINE = f"{DAIRY}/254/L1", f"{DAIRY}/254/L2"
MILK, CREAM, CHEESE, CURD, BUTTER = map(lot, ("MILK", "CREAM", "CHEESE", "CURD", "BUTTER"))
FARMER, SHOPKEEPER = "farmer", "shopkeeper"
STORY = (
    commission("milk", 0, some(MILK, 100), place=FARM, party=FARMER),
    commission("cream", 0, some(CREAM, 40), place=MARKET, party="other farmer"),
    make("cheese", 4, [some(MILK, 60)], [some(CHEESE, 30)], place=DAIRY, read_point=LINE, party="dairy"),
    make("curd", 6, [some(CREAM, 40)], [some(CURD, 20)], place=DAIRY, read_point=LINE, party="dairy"),
    make("butter", 7, [some(CURD, 5)], [some(BUTTER, 5)], place=DAIRY, read_point=OTHER_LINE, party="dairy"),
    observe("ship", 8, some(CHEESE, 10), step="shipping", read_point=DAIRY, party="dairy", to=(SHOP,)),
    observe("receive", 9, some(CHEESE, 10), step="receiving", place=SHOP, party=SHOPKEEPER),
    observe("sell", 10, some(CHEESE, 4), step="retail_selling", place=SHOP, party=SHOPKEEPER),
)
OWNERS = {DAIRY: "dairy", SHOP: SHOPKEEPER}


def dairy() -> Story:
    return Story(STORY, OWNERS, {CURD: {"best_before": date(2026, 4, 1)}})


def keys(story: Story, *selections: Selection) -> list[str]:
    return [one.key for one in choose(selections, story, Options()).suspects]


def test_what_is_named_is_suspect_with_its_window_and_every_reason() -> None:
    choice = choose([Objects((MILK,), at(1), at(2)), Lots((CREAM, MILK)), Lots((CREAM,))], dairy(), Options())

    assert choice.suspects == (Suspect(CREAM), Suspect(MILK), Suspect(MILK, at(1), at(2)))
    assert choice.chosen[0].reasons == (Reason("named", "/selections/1"), Reason("named", "/selections/2"))
    assert not choice.doubts


def test_what_nobody_ever_told_of_is_suspected_and_doubted() -> None:
    choice = choose([Lots((lot("MLIK"),))], dairy(), Options())

    assert [one.key for one in choice.suspects] == [lot("MLIK")]
    assert [(one.where, one.detail) for one in choice.doubts] == [
        ("/selections/0", f"Nothing is on record of {lot('MLIK')}.")
    ]


def test_a_product_is_chosen_by_the_days_of_its_lots() -> None:
    story, day = dairy(), date(2026, 3, 2)

    assert keys(story, Product(PRODUCT)) == sorted([MILK, CREAM, CHEESE, CURD, BUTTER])
    assert keys(story, Product(PRODUCT, "made", day, day)) == sorted([MILK, CREAM, CHEESE, CURD, BUTTER])
    assert keys(story, Product(PRODUCT, "made", date(2026, 3, 3))) == []
    choice = choose([Product(PRODUCT, "best_before", day, date(2026, 4, 1))], story, Options())
    assert choice.suspects == (Suspect(CURD),)
    assert choice.chosen[0].reasons == (Reason("best_before", "/selections/0", date(2026, 4, 1)),)
    assert [one.fields["key"] for one in choice.doubts] == [BUTTER, CHEESE, CREAM, MILK]
    assert not keys(story, Product(PRODUCT, "best_before", None, date(2026, 3, 31)))


def test_a_date_that_was_told_goes_before_the_day_of_the_event() -> None:
    story = Story(STORY, {}, {CURD: {"production": date(2026, 2, 1)}})

    assert keys(story, Product(PRODUCT, "made", None, date(2026, 2, 1))) == [CURD]


def test_a_place_is_suspect_with_what_was_there_meanwhile() -> None:
    story = dairy()
    found = traced(Question((Place(SHOP, at(9), at(11)),)), story)

    assert choose([Place(SHOP, at(9), at(11))], story, Options()).suspects == (Suspect(SHOP, at(9), at(11)),)
    assert affected(found.maximum) == {CHEESE}


def test_a_supplier_is_suspect_with_what_it_made_or_shipped_meanwhile() -> None:
    story = dairy()

    assert keys(story, Supplier("dairy")) == sorted([CHEESE, CURD, BUTTER])
    assert keys(story, Supplier("dairy", ("made",), at(5), at(7))) == [CURD]
    shipped = choose([Supplier("dairy", ("shipped",))], story, Options())
    assert shipped.suspects == (Suspect(CHEESE, at(8)),)
    assert shipped.chosen[0].reasons == (Reason("shipped", "/selections/0", evidence=("ship",)),)
    nothing = choose([Supplier("nobody")], story, Options())
    assert nothing.suspects == ()
    assert nothing.doubts[-1].detail == "Nothing on record fits what was named."


def test_cases_share_the_lots_that_all_of_them_may_have_eaten_of() -> None:
    story = Story(
        (
            *STORY,
            make("cake", 11, [some(CHEESE, 5), some(BUTTER, 1)], [some(lot("CAKE"), 6)], place=DAIRY),
        )
    )
    ate_cake = Eaten("1", (lot("CAKE"),))
    at_the_shop = Eaten("2", (), (SHOP,), (PRODUCT,), at(9), at(12))

    choice = choose([Cases((ate_cake, at_the_shop))], story, Options())
    assert choice.suspects == (Suspect(CHEESE),)
    assert choice.chosen[0].reasons == (Reason("common", "/selections/0", cases=("1", "2")),)
    assert keys(story, Cases((ate_cake, at_the_shop), common="all")) == [CHEESE, MILK]
    assert keys(story, Cases((ate_cake, at_the_shop), least=1)) == [lot("CAKE")]
    assert keys(story, Cases((ate_cake, Eaten("2", (), (SHOP,), (), at(9))))) == [CHEESE]


def test_lots_that_are_made_of_each_other_are_all_the_nearest() -> None:
    """Rework within the hour: curd into the cheese, and cheese back into the curd."""
    round_and_round = (
        make("there", 8, [some(CURD, 5)], [some(CHEESE, 5)], place=DAIRY),
        make("back", 8, [some(CHEESE, 5)], [some(CURD, 5)], place=DAIRY),
        make("cake", 10, [some(CHEESE, 5)], [some(lot("CAKE"), 6)], place=DAIRY),
    )
    story = Story((*STORY, *round_and_round))
    both = Cases((Eaten("1", (lot("CAKE"),)), Eaten("2", (CHEESE,))))

    assert keys(story, both) == sorted([CHEESE, CURD])


def test_cases_without_a_common_lot_are_told_of() -> None:
    nobody = choose([Cases((Eaten("1", (MILK,)), Eaten("2", (CREAM,))))], dairy(), Options())
    assert nobody.suspects == ()
    assert nobody.doubts[0].detail == "No lot is common to 2 cases; at most 1 share one."

    early = Eaten("2", (), (SHOP,), (PRODUCT,), None, at(3))
    nothing = choose([Cases((early,))], dairy(), Options())
    assert nothing.doubts[0].detail == "Nothing on record was there for case 2 to eat."


def test_a_line_passes_on_to_what_is_made_on_it_later() -> None:
    question = Question((Lots((MILK,)),), Suppositions(cross_contamination=(Shared("line", LINE),)))
    found = scoped(question, dairy())

    assert affected(found.maximum.trace) == {MILK, CHEESE, CURD, BUTTER}
    assert affected(found.minimum.trace) == {MILK, CHEESE, CURD, BUTTER}
    added = {one.suspect: one.reasons for one in found.choice.chosen if one.suspect.key == CURD}
    reason = Reason("line", "/options/what_if/cross_contamination/0", evidence=("curd",))
    assert added == {Suspect(CURD, at(6)): (reason,)}


@pytest.mark.parametrize(
    "shared",
    [
        Shared("line", LINE, at(5), at(9)),  # what was affected went through before
        Shared("line", LINE, at(4), at(6)),  # what came later is not of the window
        Shared("line", OTHER_LINE),
        Shared("line", DAIRY, at(0), at(4)),
    ],
)
def test_a_line_passes_nothing_on_outside_its_window(shared: Shared) -> None:
    question = Question((Lots((MILK,)),), Suppositions(cross_contamination=(shared,)))

    assert affected(scoped(question, dairy()).maximum.trace) == {MILK, CHEESE}


def test_lines_in_a_row_pass_on_one_after_the_other() -> None:
    third = make("rind", 9, [some(lot("RIND"), 1)], [some(lot("WAX"), 1)], place=DAIRY, read_point=OTHER_LINE)
    shared = (Shared("line", LINE), Shared("tank", OTHER_LINE))
    story = Story((*STORY, third))
    found = traced(Question((Lots((MILK,)),), Suppositions(cross_contamination=shared)), story)

    assert lot("WAX") in affected(found.maximum)
    assert story.asked == 7  # three rounds for either bound, and one answer, as all of it is certain
    assert {reason.because for one in found.choice.chosen for reason in one.reasons} == {
        "named",
        "line",
        "tank",
    }


def test_backward_a_line_leads_to_what_was_used_on_it_before() -> None:
    supposed = Suppositions("backward", cross_contamination=(Shared("line", LINE),))
    found = traced(Question((Lots((CURD,)),), supposed), dairy())

    assert affected(found.maximum) == {CURD, CREAM, MILK}
    assert Suspect(MILK, None, at(just_after(4))) in found.choice.suspects


def test_what_a_line_takes_over_from_something_possible_is_possible() -> None:
    story = Story(
        (
            commission("items", 0, A, B, lots=[(A, MILK), (B, MILK)], place=DAIRY),
            make("first", 2, [some(MILK, 1, None)], [some(CHEESE, 3)], place=DAIRY, read_point=LINE),
            make("second", 3, [some(CREAM, 3)], [some(CURD, 3)], place=DAIRY, read_point=LINE),
        )
    )
    supposed = Suppositions(cross_contamination=(Shared("line", LINE),))
    found = scoped(Question((Objects((A,)),), supposed), story)

    assert affected(found.minimum.trace) == {A}
    certain = {one.key: one.certainty for one in found.maximum.trace.states if one.kind != "place"}
    assert certain == {A: "certain", CHEESE: "possible", CURD: "possible"}
    curd = next(one for one in found.maximum.lines if CURD in one.keys)
    assert (curd.contaminated_min, curd.contaminated_max) == (0.0, 6.0)  # it shares its line with the cheese


def test_containers_and_places_are_supposed_as_the_law_has_them() -> None:
    story = Story((pack("p", 1, CRATE, A), pack("q", 2, CRATE, B)))
    supposed = Suppositions(cross_contamination=(Shared("tank", CRATE, at(0), at(5)),))

    assert affected(traced(Question((Objects((A,)),)), story).maximum) == {A}
    assert affected(traced(Question((Objects((A,)),), supposed), story).maximum) == {A, CRATE, B}


def test_kill_steps_have_windows_and_lines() -> None:
    def reached(*steps: KillStep, suspect: str = MILK) -> set[str]:
        question = Question((Lots((suspect,)),), Suppositions(kill=steps))
        return affected(scoped(question, dairy()).maximum.trace)

    assert reached(KillStep("place", DAIRY)) == {MILK}
    assert reached(KillStep("place", DAIRY, at(5))) == {MILK, CHEESE}
    assert reached(KillStep("place", DAIRY, None, at(5))) == {MILK}
    assert reached(KillStep("event", "cheese")) == {MILK}
    assert reached(KillStep("line", OTHER_LINE), suspect=CREAM) == {CREAM, CURD}
    assert reached(KillStep("line", LINE, at(6)), suspect=CREAM) == {CREAM}
    assert options_of(Suppositions(kill=(KillStep("line", LINE),)), dairy()).what_if.kill == {
        "cheese",
        "curd",
    }


class InPart(Story):
    """Whoever asks does not see how the curd was made."""

    @property
    def sees_all(self) -> bool:
        return False

    def work_at(
        self,
        point: str,
        start: datetime | None,
        end: datetime | None,
        known_at: datetime | None,
        *,
        whole_site: bool = False,
    ) -> Sequence[Work]:
        found = super().work_at(point, start, end, known_at, whole_site=whole_site)
        return [one for one in found if self.sees(one.evidence)]

    def sees(self, evidence: str) -> bool:
        return evidence != "curd" and super().sees(evidence)


def test_a_kill_step_stops_what_is_seen_by_whoever_asks() -> None:
    story = InPart(STORY, OWNERS)
    for step, killed in (
        (KillStep("place", DAIRY), {"cheese", "butter"}),
        (KillStep("event", "cheese"), {"cheese"}),
        (KillStep("event", "curd"), set[str]()),
        (KillStep("event", DAIRY), set[str]()),
    ):
        assert options_of(Suppositions(kill=(step,)), story).what_if.kill == killed
    assert options_of(Suppositions(kill=(KillStep("event", DAIRY),)), dairy()).what_if.kill == set()


def test_a_scope_is_not_summed_backward() -> None:
    with pytest.raises(InvalidInput, match="forward trace"):
        scoped(Question((Lots((MILK,)),), Suppositions("backward")), dairy())


def test_amounts_are_told_per_place_and_party_in_their_units() -> None:
    story = Story(
        (*STORY, commission("items", 9, A, B, lots=[(A, lot("X")), (B, lot("X"))], place=SHOP)), OWNERS
    )
    found = scoped(Question((Lots((MILK, lot("X"))),)), story)
    shown = overview(found.minimum, found.maximum)

    at_shop = [(row.status, row.uom, row.maximum.hold) for row in shown.places if row.of == SHOP]
    assert at_shop == [("in_stock", None, 2.0), ("in_stock", "KGM", 6.0), ("sold", "KGM", 4.0)]
    totals = {(row.status, row.uom): row.maximum.hold for row in shown.totals}
    assert totals == {
        ("consumed", "KGM"): 60.0,
        ("in_stock", None): 2.0,
        ("in_stock", "KGM"): 40.0 + 20.0 + 6.0,
        ("sold", "KGM"): 4.0,
    }
    assert {row.of for row in shown.parties} == {FARMER, "dairy", SHOPKEEPER}
    for row in (*shown.places, *shown.parties, *shown.totals):
        assert row.minimum == row.maximum


def test_what_nobody_weighed_is_not_added_as_none() -> None:
    story = Story(
        (commission("m", 0, some(MILK), place=FARM), commission("c", 0, some(CREAM, 3), place=FARM))
    )
    (unknown, known) = sorted(
        overview(*(scoped(Question((Lots((MILK, CREAM)),)), story).maximum,) * 2).totals,
        key=lambda r: r.known,
    )

    assert (unknown.known, unknown.uom, unknown.maximum) == (False, None, Figures(1, None, 0.0, None, None))
    assert (known.uom, known.maximum.hold) == ("KGM", 3.0)


def test_lots_are_balanced_against_what_was_made() -> None:
    pieces = commission("items", 9, A, B, lots=[(A, lot("X")), (B, lot("X"))], place=SHOP)
    story = Story(
        (
            *STORY,
            pieces,
            commission("x", 8, some(lot("X"), 3, None), place=SHOP),
            commission("unknown", 1, some(lot("U")), place=SHOP),
        )
    )
    named = (MILK, lot("X"), lot("U"))
    found = {one.lot: one for one in balances(scoped(Question((Lots(named),)), story).maximum, story)}

    assert found[CHEESE].by_status == {"in_stock": 26.0, "sold": 4.0}
    assert (found[CHEESE].made, found[CHEESE].untold) == (Amount(30.0, "KGM"), 0.0)
    assert found[CHEESE].reconciles is True
    assert (found[lot("X")].by_status, found[lot("X")].untold) == ({"in_stock": 2.0}, 1.0)
    assert found[lot("X")].reconciles is False
    assert (found[lot("U")].made, found[lot("U")].reconciles) == (None, None)

"""The law of tracing (docs/decisions/0002) on small stories, each answer computed by hand.

Hours of one day; ``None`` is without bound. Every story is told in an arbitrary order of arrival.
"""

from __future__ import annotations

import pytest

from suyuan.trace.lineage.contract import CrossContamination, Options, WhatIf, WhereNow
from suyuan.trace.lineage.occurrence import Occurrence

from .engines import Build
from .stories import (
    BAKERY,
    BREAD,
    CASE,
    CRATE,
    DOCK,
    DOUGH,
    FARM,
    FLOUR,
    MILL,
    PALLET,
    SHOP,
    A,
    B,
    C,
    D,
    E,
    affected,
    ask,
    at,
    clock,
    commission,
    contaminated_of,
    delete,
    edge,
    hold_of,
    just_after,
    lot,
    make,
    objects,
    observe,
    pack,
    places,
    some,
    suspect,
    the,
    unpack,
)

BACK = Options(direction="backward")


# --- containers (sections 3, 5 and 6)


def test_packed_shipped_and_unpacked(build: Build) -> None:
    story = [
        unpack("unpack", 6, CASE, A, place=SHOP),
        commission("make", 1, A, B, place=FARM),
        pack("pack", 2, CASE, A, place=FARM),
        observe("ship", 3, CASE, step="shipping", read_point=FARM),
        observe("receive", 5, CASE, place=SHOP),
    ]
    answer = ask(build, story, suspect(A, 1))
    assert objects(answer) == {(A, 1, None, "certain"), (CASE, 2, 6, "certain carrier")}
    # A alone until it is packed, then the case until it is shipped; nobody knows where between 3 and 5.
    assert places(answer) == {(FARM, 1, 3, "certain carrier"), (SHOP, 5, None, "certain carrier")}
    carried = edge(answer, "carry", A, CASE)
    assert (carried.from_time, carried.to_time, carried.evidence) == (at(2), at(6), ("pack",))
    moved = edge(answer, "move", A, SHOP)
    assert (moved.from_time, moved.to_time, moved.evidence) == (at(6), None, ("unpack",))
    assert the(answer, A).where_now == WhereNow(SHOP, None, "acme", "in_stock")
    assert answer.places == (FARM, SHOP)


def test_unpacked_without_a_told_place_it_is_where_the_case_was(build: Build) -> None:
    story = [
        pack("pack", 2, CASE, A, place=FARM),
        observe("receive", 5, CASE, place=SHOP),
        unpack("unpack", 6, CASE),
    ]
    moved = edge(ask(build, story, suspect(A)), "move", A, SHOP)
    assert (moved.from_time, moved.basis, moved.evidence) == (at(6), "inferred", ("unpack",))


def test_repacking_into_another_case_ends_the_first(build: Build) -> None:
    story = [
        pack("first", 2, CASE, A),
        pack("second", 4, CRATE, A),
        pack("third", 5, CRATE, B),
        pack("fourth", 6, CASE, C),
    ]
    assert objects(ask(build, story, suspect(CASE, 3, 5))) == {
        (CASE, 3, 5, "certain"),
        (A, 3, None, "certain"),
        (CRATE, 4, None, "certain carrier"),
    }  # the case carries, too, while it is suspect itself: not told twice
    assert affected(ask(build, story, suspect(CRATE))) == {CRATE, A, B}
    assert affected(ask(build, story, suspect(CASE, 5))) == {CASE, C}


def test_a_crate_reused_after_cleaning(build: Build) -> None:
    old, new = lot("OLD"), lot("NEW")
    story = [
        commission("old", 0, some(old, 50)),
        commission("new", 0, some(new, 50)),
        pack("fill", 1, CRATE, some(old, 50)),
        unpack("empty", 3, CRATE),
        pack("refill", 5, CRATE, some(new, 50)),
        unpack("sell", 7, CRATE, some(new, 50)),
    ]
    assert objects(ask(build, story, suspect(new, 0))) == {
        (new, 0, None, "certain"),
        (CRATE, 5, 7, "certain carrier"),
    }
    # The whole of the new lot was in it: as certain as the crate. The old one had left.
    assert objects(ask(build, story, suspect(CRATE, 4))) == {
        (CRATE, 4, None, "certain"),
        (new, 5, None, "certain"),
    }
    # Cleaned at 3, suspect from then on to 5: nothing was in it.
    assert affected(ask(build, story, suspect(CRATE, 3, 5))) == {CRATE}


def test_part_of_a_lot_in_a_suspect_crate_is_possible(build: Build) -> None:
    story = [
        commission("mill", 0, some(FLOUR, 50)),
        pack("fill", 1, CRATE, some(FLOUR, 20)),
        unpack("take", 2, CRATE, some(FLOUR, 5)),
        unpack("rest", 4, CRATE, some(FLOUR, 15)),
    ]
    answer = ask(build, story, suspect(CRATE, 3))
    assert objects(answer) == {(CRATE, 3, None, "certain"), (FLOUR, 3, None, "possible")}
    assert edge(answer, "contain", CRATE, FLOUR).certainty == "possible"
    assert hold_of(answer, FLOUR) == (20, "KGM")
    assert contaminated_of(answer, FLOUR) == (0, 20, 20)
    assert affected(ask(build, story, suspect(CRATE, 4))) == {CRATE}  # emptied at 4


def test_the_same_lot_in_two_crates_at_once(build: Build) -> None:
    story = [
        commission("mill", 0, some(FLOUR, 50)),
        pack("one", 1, CRATE, some(FLOUR, 20)),
        pack("two", 2, PALLET, some(FLOUR, 30)),
    ]
    assert objects(ask(build, story, suspect(FLOUR, 0))) == {
        (FLOUR, 0, None, "certain"),
        (CRATE, 1, None, "certain carrier"),
        (PALLET, 2, None, "certain carrier"),
    }


def test_a_container_never_contains_itself(build: Build) -> None:
    story = [pack("in", 1, PALLET, CASE), pack("wrong", 2, CASE, PALLET, A), unpack("out", 3, PALLET)]
    assert objects(ask(build, story, suspect(CASE, 0))) == {
        (CASE, 0, None, "certain"),
        (A, 2, None, "certain"),
        (PALLET, 1, 3, "certain carrier"),
    }


def test_dissolving_a_case_frees_its_contents_and_destroying_it_destroys_them(build: Build) -> None:
    packed = [pack("pack", 1, CASE, A, place=MILL)]
    freed = ask(build, [*packed, delete("dissolve", 4, CASE)], suspect(A))
    assert the(freed, A).where_now == WhereNow(MILL, None, "acme", "in_stock")
    assert edge(freed, "move", A, MILL).from_time == at(4)
    burnt = ask(build, [*packed, delete("burn", 4, CASE, step="destroying", place=MILL)], suspect(A))
    assert the(burnt, A).where_now == WhereNow(None, None, "acme", "destroyed")
    again = [*packed, delete("burn", 4, CASE, step="destroying"), observe("seen", 6, A, place=SHOP)]
    assert the(ask(build, again, suspect(A)), A).where_now == WhereNow(SHOP, None, "acme", "in_stock")


# --- consumption and production (section 4)


def test_consuming_a_pallet_consumes_the_items_in_its_cases(build: Build) -> None:
    story = [
        make("cook", 4, [PALLET], [some(BREAD, 100)], place=BAKERY),
        pack("case", 1, CASE, A, B),
        pack("pallet", 2, PALLET, CASE),
    ]
    answer = ask(build, story, suspect(A, 0))
    assert objects(answer) == {
        (A, 0, None, "certain"),
        (CASE, 1, 4, "certain carrier"),
        (PALLET, 2, 4, "certain carrier"),
        (BREAD, 4, None, "certain"),
    }
    cooked = edge(answer, "transform", A, BREAD)
    assert (cooked.basis, cooked.evidence, cooked.from_time, cooked.to_time) == (
        "inferred",
        ("cook", "cook"),
        at(4),
        at(4),
    )
    assert the(answer, A).where_now == WhereNow(None, None, "acme", "consumed")


def test_at_one_instant_unpack_consume_produce_pack(build: Build) -> None:
    story = [
        pack("pack", 3, CRATE, B),
        make("mix", 3, [A], [B]),
        make("shred the case", 3, [CASE], [C]),
        unpack("unpack", 3, CASE, A),
        pack("before", 1, CASE, A),
    ]
    assert objects(ask(build, story, suspect(A, 0))) == {
        (A, 0, None, "certain"),
        (CASE, 1, 3, "certain carrier"),
        (B, 3, None, "certain"),
        (CRATE, 3, None, "certain carrier"),
    }


def test_packed_and_consumed_at_one_instant_is_packed_too_late(build: Build) -> None:
    story = [pack("pack", 3, CASE, A), make("cook", 3, [CASE], [B])]
    assert affected(ask(build, story, suspect(A))) == {A}


def test_class_level_consumption_possibly_takes_each_instance_at_that_place(build: Build) -> None:
    def born(hour: float, key: str, place: str) -> Occurrence:
        return commission(f"born {key}", hour, key, lots=[(key, FLOUR)], place=place)

    story = [
        make("bake", 4, [some(FLOUR, 10)], [some(BREAD, 10)], place=DOCK),
        born(1, A, MILL),  # the same site
        born(1, B, BAKERY),  # another place
        commission("nowhere", 1, C, lots=[(C, FLOUR)]),  # place not told
        born(5, D, MILL),  # later
        born(1, E, MILL),
        make("eaten", 3, [E], [lot("SOUP")], place=MILL),  # no longer there
    ]
    for key in (A, C):
        assert objects(ask(build, story, suspect(key, 0))) == {
            (key, 0, None, "certain"),
            (BREAD, 4, None, "possible"),
        }
    assert affected(ask(build, story, suspect(B, 0))) == {B}
    assert affected(ask(build, story, suspect(D, 0))) == {D}
    assert affected(ask(build, story, suspect(E, 0))) == {E, lot("SOUP")}
    assert objects(ask(build, story, suspect(BREAD), options=BACK)) == {
        (BREAD, None, None, "certain"),
        (FLOUR, None, just_after(4), "certain"),
        (A, None, just_after(4), "possible"),
        (C, None, just_after(4), "possible"),
    }


def test_an_instance_that_the_group_consumes_outright_is_certain(build: Build) -> None:
    story = [
        commission("born", 1, A, lots=[(A, FLOUR)], place=MILL),
        make("bulk", 4, [some(FLOUR, 10)], [], place=MILL, transformation="t"),
        make("piece", 5, [A], [B], place=MILL, transformation="t"),
    ]
    answer = ask(build, story, suspect(A, 0))
    assert objects(answer) == {(A, 0, None, "certain"), (B, 5, None, "certain")}
    assert edge(answer, "transform", A, B).evidence == ("piece", "piece")


def test_possible_in_possible_out(build: Build) -> None:
    story = [
        commission("born", 1, A, lots=[(A, FLOUR)]),
        make("mix", 2, [some(FLOUR, 1)], [some(DOUGH, 1)]),
        make("bake", 3, [some(DOUGH, 1)], [some(BREAD, 1)]),
    ]
    answer = ask(build, story, suspect(A, 0))
    assert objects(answer) == {
        (A, 0, None, "certain"),
        (DOUGH, 2, None, "possible"),
        (BREAD, 3, None, "possible"),
    }
    assert edge(answer, "transform", DOUGH, BREAD).certainty == "certain"  # the step itself is
    only = ask(build, story, suspect(A, 0), options=Options(certain_only=True))
    assert affected(only) == {A}
    assert only.edges == ()


def test_an_input_typed_in_at_the_end_of_the_shift_links_possibly(build: Build) -> None:
    milk, salt = lot("MILK"), lot("SALT")
    story = [
        make("start", 2, [some(milk, 5)], [], transformation="vat 7"),
        make("out", 3, [], [some(DOUGH, 9)], transformation="vat 7"),
        make("typed", 8, [some(salt, 1)], [], transformation="vat 7"),
        make("elsewhere", 2, [], [some(BREAD, 9)], transformation="vat 7", party="other"),
    ]
    assert objects(ask(build, story, suspect(milk, 0))) == {
        (milk, 0, None, "certain"),
        (DOUGH, 3, None, "certain"),
    }
    late = ask(build, story, suspect(salt, 5))
    assert objects(late) == {(salt, 5, None, "certain"), (DOUGH, 3, None, "possible")}
    step = edge(late, "transform", salt, DOUGH)
    assert (step.from_time, step.to_time, step.certainty) == (at(3), at(3), "possible")
    assert step.evidence == ("typed", "out")


def test_rework_goes_round(build: Build) -> None:
    story = [
        make("knead", 2, [some(FLOUR, 5)], [some(DOUGH, 5)]),
        make("rework", 5, [some(DOUGH, 1)], [some(FLOUR, 1)]),
        make("bake", 6, [some(FLOUR, 4)], [some(BREAD, 4)]),
    ]
    assert objects(ask(build, story, suspect(DOUGH, 3))) == {
        (DOUGH, 3, None, "certain"),
        (FLOUR, 5, None, "certain"),
        (BREAD, 6, None, "certain"),
    }
    assert objects(ask(build, story, suspect(BREAD), options=BACK)) == {
        (BREAD, None, None, "certain"),
        (FLOUR, None, just_after(6), "certain"),
        (DOUGH, None, just_after(5), "certain"),
    }


def test_the_window_of_a_suspect_is_half_open(build: Build) -> None:
    story = [make(f"at {n}", n, [some(FLOUR, 1)], [some(lot(f"B{n}"), 1)]) for n in (2, 3, 4, 5)]
    assert affected(ask(build, story, suspect(FLOUR, 3, 5))) == {FLOUR, lot("B3"), lot("B4")}


def test_the_most_transformations_to_cross(build: Build) -> None:
    story = [
        make("one", 1, [A], [B]),
        pack("pack", 2, CASE, B),
        make("two", 3, [CASE], [C]),
        make("three", 4, [C], [D]),
    ]
    reached = [affected(ask(build, story, suspect(A), options=Options(depth=n))) for n in (0, 1, 2, 3)]
    assert reached == [{A}, {A, B}, {A, B, C}, {A, B, C, D}]
    back = Options(direction="backward", depth=1)
    assert affected(ask(build, story, suspect(D), options=back)) == {D, C}


def test_the_lot_of_an_instance_is_the_one_first_told(build: Build) -> None:
    story = [
        observe("second", 3, A, lots=[(A, DOUGH)]),
        commission("first", 1, A, lots=[(A, FLOUR)]),
    ]
    assert affected(ask(build, story, suspect(DOUGH))) == {DOUGH}
    answer = ask(build, story, suspect(FLOUR, 0, 2))
    assert objects(answer) == {(FLOUR, 0, 2, "certain"), (A, 1, 2, "certain")}
    member = edge(answer, "member", FLOUR, A)
    assert (member.from_time, member.to_time, member.evidence) == (at(1), None, ("first",))


# --- what counts (section 1)


@pytest.mark.parametrize("recorded", [10, 1])
def test_an_error_declaration_takes_its_original_out(build: Build, recorded: float) -> None:
    """Whether it arrives after its original (recorded at 2) or before."""
    story = [
        make("wrong", 2, [A], [B], event_id="e9"),
        make("declared", 2, [A], [B], event_id="e9", recorded=recorded, wrong_at=recorded),
        make("right", 2, [A], [C], recorded=11),
        make("not theirs", 3, [C], [D], event_id="e5"),
        make("stranger", 3, [C], [D], event_id="e5", party="other", wrong_at=4),
    ]
    assert affected(ask(build, story, suspect(A))) == {A, C, D}
    assert affected(ask(build, story, suspect(A), options=Options(known_at=clock(10)))) == {A}
    early = {A, B} if recorded == 10 else {A}
    assert affected(ask(build, story, suspect(A), options=Options(known_at=clock(9)))) == early


def test_an_event_that_arrives_late_counts_as_if_it_had_been_there(build: Build) -> None:
    story = [pack("pack", 1, CASE, A), unpack("unpack", 3, CASE, A, recorded=30)]
    assert affected(ask(build, story, suspect(CASE, 5))) == {CASE}
    then = Options(known_at=clock(10))
    assert objects(ask(build, story, suspect(CASE, 5), options=then)) == {
        (CASE, 5, None, "certain"),
        (A, 5, None, "certain"),
    }


def test_the_sequence_of_the_station_orders_one_instant(build: Build) -> None:
    story = [pack("z", 3, CRATE, A, sequence=1), pack("a", 3, CASE, A, sequence=2)]
    assert affected(ask(build, story, suspect(CASE))) == {CASE, A}
    assert affected(ask(build, story, suspect(CRATE))) == {CRATE}  # it was in there for no time


# --- suppositions (section 4.4 and 6)


@pytest.mark.parametrize("kill", ["pasteurise", MILL, DOCK])
def test_a_kill_step_stops_the_trace(build: Build, kill: str) -> None:
    story = [make("pasteurise", 2, [A], [B], place=DOCK), make("cook", 3, [A], [C], place=BAKERY)]
    assert affected(ask(build, story, suspect(A))) == {A, B, C}
    options = Options(what_if=WhatIf(kill=frozenset({kill})))
    assert affected(ask(build, story, suspect(A), options=options)) == {A, C}
    back = Options(direction="backward", what_if=WhatIf(kill=frozenset({kill})))
    assert affected(ask(build, story, suspect(B), options=back)) == {B}


def shares(key: str, since: float | None = None, until: float | None = None) -> WhatIf:
    return WhatIf(cross_contamination=(CrossContamination(key, at(since), at(until)),))


def crate_story() -> list[Occurrence]:
    return [
        pack("e in", 1, CRATE, E),
        unpack("e out", 2, CRATE, E),
        pack("a in", 2, CRATE, A),
        pack("b in", 3, CRATE, B),
        unpack("a out", 4, CRATE, A),
        pack("d in", 4, CRATE, D),
        unpack("b out", 6, CRATE, B),
    ]


def test_other_contents_of_a_carrier_are_untouched_unless_supposed(build: Build) -> None:
    assert objects(ask(build, crate_story(), suspect(A, 0))) == {
        (A, 0, None, "certain"),
        (CRATE, 2, 4, "certain carrier"),
    }


def test_a_container_that_passes_it_on_during_a_window(build: Build) -> None:
    options = Options(what_if=shares(CRATE, 0, 4))
    assert objects(ask(build, crate_story(), suspect(A, 0), options=options)) == {
        (A, 0, None, "certain"),
        (CRATE, 2, 4, "certain"),
        (B, 3, None, "certain"),
        (CRATE, 4, 6, "certain carrier"),
    }
    without_end = Options(what_if=shares(CRATE))
    assert affected(ask(build, crate_story(), suspect(A, 0), options=without_end)) == {A, B, D, CRATE}


def test_backward_a_container_passes_it_on_only_in_the_window(build: Build) -> None:
    """What entered at 4 cannot have it from what was in the crate before: it was passed on until 4 only."""
    options = Options(direction="backward", what_if=shares(CRATE, 0, 4))
    assert objects(ask(build, crate_story(), suspect(B), options=options)) == {
        (B, None, None, "certain"),
        (CRATE, None, 6, "certain"),
        (A, None, 4, "certain"),
        (E, None, 2, "certain"),
    }
    assert affected(ask(build, crate_story(), suspect(D), options=options)) == {D, CRATE}


def test_a_place_that_passes_it_on_during_a_window(build: Build) -> None:
    story = [
        observe("e here", 0, E, place=MILL),
        observe("e gone", 1, E, step="shipping"),
        observe("a here", 2, A, place=DOCK),
        observe("a gone", 3, A, step="departing"),
        observe("b here", 2.5, B, place=MILL),
        pack("d packed", 3, CASE, D),
        observe("d here", 4, CASE, place=MILL),
        observe("c here", 6, C, place=MILL),
    ]
    answer = ask(build, story, suspect(A, 0), options=Options(what_if=shares(MILL, 0, 5)))
    assert objects(answer) == {
        (A, 0, None, "certain"),
        (B, 2.5, None, "certain"),
        (CASE, 4, None, "certain"),
        (D, 4, None, "certain"),
    }
    assert places(answer) == {
        (DOCK, 2, 3, "certain carrier"),
        (MILL, 2, 5, "certain"),
        (MILL, 5, None, "certain carrier"),  # the objects are still there
    }


def test_a_suspect_place(build: Build) -> None:
    story = [
        observe("a here", 1, A, place=MILL),
        observe("a gone", 3, A, step="shipping"),
        observe("b here", 5, B, place=MILL),
        pack("packed", 1, PALLET, D, place=FARM),
        observe("pallet here", 3, PALLET, place=DOCK),
        commission("flour", 1, some(FLOUR, 9), place=MILL),
    ]
    assert objects(ask(build, story, suspect(MILL, 2, 4))) == {
        (A, 2, None, "certain"),
        (PALLET, 3, None, "certain"),
        (D, 3, None, "certain"),
        (FLOUR, 2, None, "certain"),
    }
    backward = ask(build, story, suspect(MILL, 2, 4), options=BACK)
    assert objects(backward) == {
        (A, None, 3, "certain"),
        (PALLET, None, 4, "certain"),
        (D, None, 4, "certain"),
        (FLOUR, None, 4, "certain"),
    }
    assert (MILL, 2, 4, "certain") in places(backward)


# --- backward (section 7)


def test_backward_mirrors_forward(build: Build) -> None:
    story = [
        commission("born", 0, A, lots=[(A, FLOUR)]),
        pack("pack", 0, CRATE, A),
        unpack("unpack", 1, CRATE, A),
        pack("after", 1, CRATE, C),
        make("bake", 2, [A, B], [D]),
        pack("box", 3, CASE, D),
    ]
    assert objects(ask(build, story, suspect(D, None, 2.5), options=BACK)) == {
        (D, None, 2.5, "certain"),
        (A, None, just_after(2), "certain"),
        (B, None, just_after(2), "certain"),
        (CRATE, None, 1, "certain"),
        (FLOUR, None, just_after(2), "certain"),
    }
    assert CASE in affected(ask(build, story, suspect(D), options=BACK))
    assert affected(ask(build, story, suspect(C), options=BACK)) == {C, CRATE}
    # And forward: the crate reaches D only if it was bad before A left it.
    assert D in affected(ask(build, story, suspect(CRATE, 0.5)))
    assert affected(ask(build, story, suspect(CRATE, 1))) == {CRATE, C}


# --- sentences that were sharpened after the first comparison


def test_what_one_event_consumes_and_makes_again_is_there(build: Build) -> None:
    story = [make("wash", 2, [CRATE], [CRATE], place=MILL), pack("fill", 3, CRATE, A, place=MILL)]
    answer = ask(build, story, suspect(CRATE, 0))
    assert affected(answer) == {CRATE, A}
    assert the(answer, CRATE).where_now == WhereNow(MILL, None, "acme", "in_stock")


def test_a_step_beyond_the_depth_is_no_edge(build: Build) -> None:
    story = [make("cook", 2, [A], [B])]
    answer = ask(build, story, suspect(A), suspect(B), options=Options(depth=0))
    assert affected(answer) == {A, B}
    assert answer.edges == ()


def test_a_lot_unpacked_in_the_shop_is_in_the_shop(build: Build) -> None:
    story = [
        commission("mill", 0, some(FLOUR, 9), place=MILL),
        pack("load", 1, CRATE, some(FLOUR, 5), step="departing", read_point=MILL),  # the rest stays
        unpack("unload", 3, CRATE, some(FLOUR, 5), place=SHOP),
    ]
    assert places(ask(build, story, suspect(FLOUR))) >= {
        (MILL, 0, 3, "certain carrier"),
        (SHOP, 3, None, "certain carrier"),
    }


def test_a_place_shares_only_with_who_is_there_in_the_window(build: Build) -> None:
    story = [observe("here", 1, A, place=MILL), observe("gone", 2, A, step="departing")]
    options = Options(direction="backward", what_if=shares(MILL, 4))
    answer = ask(build, story, suspect(A), options=options)
    assert places(answer) == {(MILL, 1, 2, "certain carrier")}

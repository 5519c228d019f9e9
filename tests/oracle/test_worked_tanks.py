"""Places that are containers as well, by the law of tracing (6, 7 and 10), each answer worked out by hand."""

from __future__ import annotations

from suyuan.trace.lineage.contract import CrossContamination, Options, WhatIf

from .engines import Build
from .stories import (
    BAKERY,
    DOUGH,
    MILL,
    A,
    B,
    C,
    affected,
    ask,
    just_after,
    make,
    objects,
    observe,
    pack,
    places,
    some,
    suspect,
)

TANK = BAKERY
SHARED = WhatIf((CrossContamination(TANK),))
STORY = [
    observe("here", 1, C, place=TANK),
    make("stir", 3, [], [some(DOUGH, 9)], place=TANK),
    pack("fill", 4, TANK, A, some(DOUGH, 9), place=MILL),  # what lies in the tank is where the tank is
    make("bake", 6, [A, some(DOUGH, 9)], [B]),
]


def test_a_tank_passes_on_to_what_is_at_it_and_not_to_what_lies_in_it(build: Build) -> None:
    options = Options(direction="backward", what_if=SHARED)
    back = ask(build, STORY, suspect(B), options=options)
    assert objects(back) == {
        (B, None, None, "certain"),
        (A, None, just_after(6), "certain"),
        (DOUGH, None, just_after(6), "certain"),
        (C, None, 4, "certain"),  # until the dough was no longer at the tank
    }
    assert (TANK, None, 4, "certain") in places(back)
    assert not [edge for edge in back.edges if edge.source == TANK]
    options = Options(what_if=SHARED)
    assert B in affected(ask(build, STORY, suspect(C, 3.5), options=options))
    assert affected(ask(build, STORY, suspect(C, 4), options=options)) == {C}


def test_nothing_leads_back_to_a_tank_that_passes_on_nothing(build: Build) -> None:
    """It was consumed, held what was consumed, and is told as its lot: as a place it does nothing."""
    story = [
        pack("fill", 2, TANK, A, lots=[(A, TANK)]),
        make("bake", 6, [A, TANK], [B]),
    ]
    back = ask(build, story, suspect(B), options=Options(direction="backward"))
    assert affected(back) == {A, B}
    assert {(edge.kind, edge.source) for edge in back.edges} == {("transform", A)}
    assert affected(ask(build, story, suspect(TANK))) == set()

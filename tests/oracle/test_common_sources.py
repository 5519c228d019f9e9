"""What suspects have in common, walked once for all of them, is what a trace of each of them says."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.lineage import ExactTracer, Holding, Lineage
from suyuan.trace.lineage.common import Behind, Source, common_sources, exposed_places, one_by_one
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.contract import Options, Suspect
from suyuan.trace.lineage.occurrence import Occurrence

from .random_histories import OWNER, histories, questions, suspects
from .stories import at, clock, just_after, unit
from .test_engines_equal_the_oracle import campaign

GTIN = "https://id.gs1.org/01/09506000134352"
MILK, CREAM = f"{GTIN}/10/MILK", f"{GTIN}/10/CREAM"
CUPS = [f"{GTIN}/21/{number}" for number in range(130)]


@campaign
@given(
    history=histories(),
    asked=st.lists(suspects(), min_size=1, max_size=4),
    options=questions(),
)
def test_one_walk_for_all_says_what_a_trace_of_each_says(
    history: list[Occurrence], asked: list[Suspect], options: Options
) -> None:
    options = replace(options, direction="backward")
    lineage = Lineage(history)
    expected = one_by_one(ExactTracer(lineage, owner=OWNER.get), asked, options)
    assert common_sources(CompiledTracer(lineage, owner=OWNER.get), asked, options) == expected


def dairy() -> list[Occurrence]:
    """Milk of day 1 goes into all cups, cream of day 2 into every second; a third of these is made before."""

    def told(number: int, hour: int, **said: object) -> Occurrence:
        time = clock(hour)
        return Occurrence(f"e{number}", "dairy", "TransformationEvent", time, time, **said)  # type: ignore[arg-type] # by name below

    return [
        told(0, 1, inputs=(Holding(MILK, is_class=True),), outputs=tuple(map(Holding, CUPS[1::2]))),
        told(
            1,
            2,
            inputs=(Holding(MILK, is_class=True), Holding(CREAM, is_class=True)),
            outputs=tuple(map(Holding, CUPS[::2])),
        ),
    ]


def test_more_suspects_than_bits_and_what_is_behind_most_comes_first() -> None:
    engine = CompiledTracer(Lineage(dairy()))
    found = common_sources(engine, [Suspect(cup) for cup in CUPS])
    assert [(one.key, one.suspects) for one in found[:2]] == [(MILK, 130), (CREAM, 65)]
    assert found[1].behind[0] == Behind(0, "certain", clock(just_after(2)))
    assert Source(CUPS[7], "item", (Behind(7, "certain", None),)) in found


def packed(inside: str, container: str, hour: float, until: float) -> list[Occurrence]:
    """It is in a container from one hour to another."""
    told = (("ADD", hour), ("DELETE", until))
    return [
        Occurrence(
            *(f"{action} {inside} {container} {hour}", "dairy", "AggregationEvent", clock(when), clock(when)),
            action=action,
            parent=container,
            children=(Holding(inside),),
        )
        for action, when in told
    ]


def test_a_crate_is_reached_again_while_its_own_containers_are_followed() -> None:
    """The more boxes an item was in before, the later it was in the crate, which changed its pallets."""
    crate, pallets, boxes = unit(1), [unit(10 + number) for number in range(6)], [unit(20), unit(21)]
    told = [event for hour, pallet in enumerate(pallets) for event in packed(crate, pallet, hour, hour + 0.9)]
    for number in range(6):
        for turn in range(number):
            told += packed(CUPS[number], boxes[turn % 2], -10 * turn - 20, -10 * turn - 19)
        told += packed(CUPS[number], crate, number + 0.2, number + 0.5)
    lineage, asked = Lineage(told), [Suspect(cup) for cup in CUPS[:6]]
    found = common_sources(CompiledTracer(lineage), asked)
    assert found == one_by_one(ExactTracer(lineage), asked, Options(direction="backward"))
    behind = {one.key: one.suspects for one in found}
    assert [behind[pallet] for pallet in pallets] == [6, 5, 4, 3, 2, 1]


def test_places_where_any_of_them_was() -> None:
    told = dairy()
    told[1] = replace(told[1], biz_location="https://id.gs1.org/414/9506000000039")
    (one,) = exposed_places(CompiledTracer(Lineage(told)), [Suspect(CREAM)])
    assert (one.place, one.certainty, one.from_time) == (told[1].biz_location, "certain", at(2))

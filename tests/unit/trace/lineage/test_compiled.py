"""What the random histories of the oracle do not meet: the compiled engine beside the exact one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from suyuan.trace.lineage import ExactTracer, Holding, Lineage, Occurrence, Options, Suspect, Trace
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.compiled.machine import record
from suyuan.trace.lineage.compiled.tables import Node
from suyuan.trace.lineage.render import scope_json

PLACE = "https://id.gs1.org/414/9506000000039"
CRATE = "https://id.gs1.org/00/000000000000000017"
ITEM = "https://id.gs1.org/01/09506000134352/21/"


def told(number: int, kind: str, hour: int, **said: object) -> Occurrence:
    time = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)
    return Occurrence(f"e{number}", "acme", kind, time, time, **said)  # type: ignore[arg-type] # by name below


def traces(history: list[Occurrence], suspects: list[Suspect], options: Options) -> tuple[Trace, Trace]:
    """What the compiled engine says, and the exact one."""
    lineage = Lineage(history)
    return CompiledTracer(lineage).trace(suspects, options), ExactTracer(lineage).trace(suspects, options)


def test_a_tank_in_a_unit_passes_on_to_what_lies_in_it() -> None:
    """A place can be a thing that is moved: what is at it is reached when the unit around it is suspect."""
    history = [
        told(0, "AssociationEvent", 1, action="ADD", parent=CRATE, children=(Holding(PLACE),)),
        told(1, "ObjectEvent", 2, action="OBSERVE", what=(Holding(f"{ITEM}1"),), biz_location=PLACE),
    ]
    found, exact = traces(history, [Suspect(CRATE)], Options())
    assert found == exact
    assert f"{ITEM}1" in {state.key for state in found.states}


def test_a_tank_carries_at_one_time_and_is_visited_at_another() -> None:
    item = Holding(f"{ITEM}1")
    history = [
        told(0, "AssociationEvent", 1, action="ADD", parent=PLACE, children=(Holding(CRATE),)),
        told(1, "AggregationEvent", 2, action="ADD", parent=CRATE, children=(item,)),
        told(2, "AggregationEvent", 3, action="DELETE", parent=CRATE, children=(item,)),
        told(3, "ObjectEvent", 5, action="OBSERVE", what=(item,), biz_location=PLACE),
        told(4, "ObjectEvent", 7, action="OBSERVE", what=(item,), biz_step="shipping"),
    ]
    found, exact = traces(history, [Suspect(item.key)], Options())
    assert found == exact
    hours = sorted(
        (s.from_time.hour, s.to_time.hour)
        for s in found.states
        if s.key == PLACE and s.from_time and s.to_time
    )
    assert hours == [(2, 3), (5, 7)]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_more_than_a_room_holds_and_strangers(direction: str) -> None:
    """6,000 suspects make the question begin again with more room; of some of them nobody ever told."""
    options = Options(direction="forward" if direction == "forward" else "backward")
    suspects = [Suspect(f"{ITEM}{number}") for number in range(6_000)]
    suspects += [Suspect(f"https://id.gs1.org/414/95060000{number:05}") for number in range(70)]
    what = tuple(Holding(f"{ITEM}{number}") for number in range(5_990))
    history = [told(0, "ObjectEvent", 1, action="ADD", what=what, biz_location=PLACE)]
    found, exact = traces(history, suspects, options)
    assert found == exact
    assert {state.key for state in found.states} >= {suspect.key for suspect in suspects}


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_very_many_places_may_be_asked_for_under_names_that_nobody_told(direction: str) -> None:
    """Statements tell docks of 70 sites; asked is of the sites as wholes, of which 64 are foreseen."""
    options = Options(direction="forward" if direction == "forward" else "backward")
    places = [f"https://id.gs1.org/414/95060000{number:05}" for number in range(70)]
    history = [
        told(
            *(number, "ObjectEvent", 1),
            action="ADD",
            what=(Holding(f"{ITEM}{number}"),),
            biz_location=f"{place}/254/DOCK",
        )
        for number, place in enumerate(places)
    ]
    found, exact = traces(history, [Suspect(place) for place in places], options)
    assert found == exact
    assert {state.key for state in found.states} >= {*places, f"{ITEM}69"}


def test_a_scope_names_pieces_of_which_nothing_is_known() -> None:
    history = [told(0, "ObjectEvent", 1, action="OBSERVE", what=(Holding(f"{ITEM}1"),))]
    lineage = Lineage(history)
    lot = "https://id.gs1.org/01/09506000134352/10/NOBODY"
    suspects = [Suspect(f"{ITEM}1"), Suspect(f"{ITEM}2"), Suspect(f"{ITEM}3"), Suspect(lot)]
    found, exact = CompiledTracer(lineage).scope(suspects), ExactTracer(lineage).scope(suspects)
    assert found == exact
    assert b"".join(scope_json(found)) == b"".join(scope_json(exact))


def test_a_record_has_the_fields_that_its_class_declares() -> None:
    names = record(Node).names
    assert names is not None
    assert names[:2] == ("birth", "made")
    assert record(Node)["birth"] == np.dtype("i8")
    assert record(Node)["made_uom"] == np.dtype("i4")  # as many units of measure as anybody may think of

"""The miniature world from tags to traces: lineage of the captured events tells what really happened."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from tests.unit.simulator.fake_platform import Platform, play_through

from suyuan.readers.station.bodies import CONTEXT
from suyuan.simulator.plot import imagine
from suyuan.simulator.truth import truth
from suyuan.simulator.world import MINIATURE, World
from suyuan.trace.epcis.json_document import read_json
from suyuan.trace.lineage import ExactTracer, Lineage, Options, Suspect, occurrence, where_now

END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return imagine(7, END, MINIATURE)


@pytest.fixture(scope="module")
def platform(world: World, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return play_through(world, tmp_path_factory.mktemp("stations"))


def lineage_of(world: World, platform: Platform) -> Lineage:
    """The captured events, read as any document is, in the lineage."""
    document = {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": END.isoformat(),
        "epcisBody": {"eventList": list(platform.events.values())},
    }
    read = read_json(orjson.dumps(document))
    assert read.warnings == ()
    parties = {site.station: site.party.key for site in world.stations}
    return Lineage(
        occurrence(
            event,
            evidence=event.event_id or "",
            party=parties[event.body["suyuan:station"]],
            record_time=END,
        )
        for event in read.events
    )


def test_traces_of_the_played_world_are_the_ground_truth(world: World, platform: Platform) -> None:
    lineage, told = lineage_of(world, platform), truth(world)
    tracer = ExactTracer(lineage)
    (suspect,) = told["incident"]["suspects"]
    forward = tracer.trace([Suspect(suspect)])
    affected = {state.key for state in forward.states if not state.carrier and state.kind != "place"}
    assert affected == set(told["affected"])
    assert {s.key: s.certainty for s in forward.states if s.key in affected} == {
        key: what["certainty"] for key, what in told["affected"].items()
    }
    carriers = {state.key for state in forward.states if state.carrier and state.kind == "unit"}
    assert carriers == set(told["carriers"])

    history = lineage.history()
    for key, what in told["affected"].items():
        if what["kind"] == "item":
            where = where_now(history, key)
            assert {"place": where.place, "container": where.container, "status": where.status} == what[
                "where"
            ]


def test_tracing_the_complaints_back_leaves_one_common_source(world: World, platform: Platform) -> None:
    told = truth(world)
    tracer = ExactTracer(lineage_of(world, platform))
    sources: list[set[str]] = []
    for case in told["cases"]:
        back = tracer.trace([Suspect(case["item"])], Options(direction="backward"))
        sources.append({s.key for s in back.states if s.kind == "lot"} - {case["lot"]})
    common = {key for key in sources[0] if all(key in found for found in sources)}
    assert common == set(told["incident"]["suspects"])
    assert all(len(found) > 2 for found in sources)  # each alone leaves several suspects

"""One thing under two codes: events, traces, scans, searches and stops, whichever code they use."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from suyuan.api.house import CapturedBy, House
from suyuan.api.settings import read_settings
from suyuan.trace.errors import NotAllowed, NotFound
from suyuan.trace.gs1 import IdentifierError, identify, piece_of
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.recall.passport import Text, VerdictState
from suyuan.trace.recall.recall import Act, CaseDraft, Initiative
from suyuan.trace.register.aliases import Aliases, AliasTaken, AliasUnfit, aliases, link, names_of, unlink
from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import EVERYTHING, Viewer

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HERE = "https://trace.example.cn"
GTIN = "https://id.gs1.org/01/06901234567892"
GLN = "https://id.gs1.org/414/6901234567892"
ADMIN = Viewer("root", "administrator", "")
OFFICERS = tuple(
    Viewer(name, "regulator", "https://ns.suyuan.example/party/bureau", EVERYTHING) for name in ("one", "two")
)


@dataclass(frozen=True, slots=True)
class World:
    house: House
    party: str
    product: str
    shed: str

    def tell(self, *events: dict[str, Any]) -> None:
        content = orjson.dumps(
            {
                "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
                "type": "EPCISDocument",
                "schemaVersion": "2.0",
                "creationDate": "2026-11-20T08:00:00Z",
                "epcisBody": {"eventList": list(events)},
            }
        )
        job = self.house.capture(content, "application/json", by=CapturedBy(self.party), behaviour="rollback")
        assert job.success, job.errors

    def link(self, alias: str, key: str, by: Viewer = ADMIN) -> str:
        with Writing(self.house.engine) as writing:
            return link(writing, alias, key, by=by, now=NOW)


@pytest.fixture
def world(engine: Engine) -> World:
    with Writing(engine) as writing:
        party = entered(writing, "party", roles="producer", name_zh="合作社", district="330106")
        shed = entered(writing, "place", party=party, stage="processing", name_zh="加工间", district="330106")
        product = entered(writing, "product", name_zh="鲜肉粽", name_en="Zongzi", producer=party)
    settings = read_settings({"SUYUAN_VAR": "unused", "SUYUAN_PUBLIC_URL": HERE})
    return World(House(engine, settings, lambda: NOW), party, product, shed)


def entered(writing: Writing, kind: Any, **values: str) -> str:
    entry, found = read_sheet(kind, values)
    assert entry is not None, found
    return enter_all(writing, [entry], by=ADMIN, now=NOW, give=giving(HERE), confirmed=True)[0].key


def event(number: int, action: str, step: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:0193429a-0000-7000-8000-{number:012}",
        "eventTime": f"2026-11-19T{8 + number:02}:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": action,
        "bizStep": step,
        **more,
    }


def story(world: World) -> tuple[str, str]:
    """Commissioned and packed under the own code; shipped and sold by shops that read the GTIN."""
    own = piece_of(identify(world.product), lot="L7", serial="7K3M9PQRT4WX")
    gs1 = piece_of(identify(GTIN), lot="L7", serial="7K3M9PQRT4WX")
    told = f"{GTIN}/10/L7/21/7K3M9PQRT4WX"
    world.tell(
        event(1, "ADD", "commissioning", epcList=[own.key], bizLocation={"id": world.shed},
              ilmd={"cbvmda:lotNumber": "L7"}),
        event(2, "OBSERVE", "shipping", epcList=[told], readPoint={"id": f"{GLN}/254/gate"}),
        event(3, "OBSERVE", "retail_selling", epcList=[told], disposition="retail_sold"),
    )  # fmt: skip
    return own.key, gs1.key


def test_before_the_link_they_are_two_and_after_it_one(world: World) -> None:
    own, gs1 = story(world)
    assert [step.step for step in world.house.passport(own).journey] == ["commissioning"]
    assert [step.step for step in world.house.passport(gs1).journey] == ["shipping", "retail_selling"]
    world.link("urn:epc:idpat:sgtin:6901234.056789.*", world.product)
    for key in (own, gs1):
        passport = world.house.passport(key)
        assert [step.step for step in passport.journey] == ["commissioning", "shipping", "retail_selling"]
        assert passport.verdict.state is VerdictState.SOLD
        assert passport.product is not None
        assert passport.product.name == Text("鲜肉粽", "Zongzi")
    assert world.house.passport(gs1).gtin == "06901234567892"
    assert world.house.passport(gs1).digital_link.startswith(f"{HERE}/01/06901234567892/")
    assert world.house.passport(own).own_code == "P00001A"


def test_traces_from_either_code_and_of_a_place_are_the_same(world: World) -> None:
    own, gs1 = story(world)
    world.link(GTIN, world.product)
    world.link(GLN, world.shed)
    traces = [world.house.trace([Suspect(key)], Options(direction="backward")) for key in (own, gs1)]
    assert traces[0] == traces[1]
    assert {state.key for state in traces[0].states} >= {own, f"{world.product}/lot/L7"}
    scopes = [
        world.house.scope([Suspect(lot)], Options()) for lot in (f"{world.product}/lot/L7", f"{GTIN}/10/L7")
    ]
    assert scopes[0] == scopes[1]
    assert [(line.status, line.hold) for line in scopes[0].lines] == [("sold", 1.0)]
    names = world.house.records.aliases()
    assert names.key(f"{GLN}/254/gate") == f"{world.shed}/point/gate"
    assert names.spellings(f"{world.shed}/point/gate")[1] == f"{GLN}/254/gate"


def test_evidence_stays_as_it_was_said(world: World) -> None:
    _, gs1 = story(world)
    world.link(GTIN, world.product)
    found = world.house.seen_by(ADMIN).told.page([("MATCH_anyEPC", gs1)]).events
    assert [told.event.biz_step for told in found] == ["shipping", "retail_selling"]


def test_a_restart_and_another_process_know_the_link(world: World) -> None:
    own, gs1 = story(world)
    settings = read_settings({"SUYUAN_VAR": "unused", "SUYUAN_PUBLIC_URL": HERE})
    other = House(world.house.engine, settings, lambda: NOW)
    assert len(other.passport(own).journey) == 1
    world.link(GTIN, world.product)
    assert len(other.passport(own).journey) == 3
    assert len(House(world.house.engine, settings, lambda: NOW).passport(gs1).journey) == 3


def test_a_link_made_by_mistake_is_taken_back(world: World) -> None:
    own, _ = story(world)
    world.link(GTIN, world.product)
    assert len(world.house.passport(own).journey) == 3
    with Writing(world.house.engine) as writing:
        assert names_of(writing, world.product) == (GTIN,)
        unlink(writing, GTIN, by=ADMIN)
    assert len(world.house.passport(own).journey) == 1
    with pytest.raises(NotFound), Writing(world.house.engine) as writing:
        unlink(writing, GTIN, by=ADMIN)


def test_what_cannot_be_a_second_name_is_refused(world: World) -> None:
    with Writing(world.house.engine) as writing:
        other = entered(writing, "product", identifier="6901234567892", name_zh="腊肉", producer=world.party)
    for unfit in (GLN, world.product, f"{GTIN}/10/L7", "https://elsewhere.example/x"):
        with pytest.raises(AliasUnfit):
            world.link(unfit, world.product)
    with pytest.raises(IdentifierError):
        world.link("https://id.gs1.org/01/06901234567893", world.product)
    with pytest.raises(AliasTaken):
        world.link(other, world.product)
    fresh = "https://id.gs1.org/01/06901234567908"
    assert world.link(fresh, world.product) == world.link(fresh, world.product)
    with pytest.raises(AliasTaken):
        world.link(fresh, other)
    with pytest.raises(NotFound):
        world.link(fresh, f"{HERE}/own/product/P0000000")
    with pytest.raises(NotAllowed):
        world.link(GLN, world.shed, by=Viewer("rival", "company", "https://id.gs1.org/417/9521234000006"))


def test_without_aliases_nothing_is_looked_at(world: World) -> None:
    with Reading(world.house.engine) as reading:
        none = aliases(reading)
    assert none == Aliases()
    assert none.key("anything at all") == "anything at all"
    assert none.spellings("x") == ("x",)


def test_names_below_an_alias_follow_it_where_they_can(world: World) -> None:
    world.link(GTIN, world.product)
    with Reading(world.house.engine) as reading:
        names = aliases(reading)
    lot = f"{world.product}/lot/%E7%AB%AF%E5%8D%88"
    assert names.spellings(f"{GTIN}/21/A") == (f"{world.product}/serial/A", f"{GTIN}/21/A")
    assert names.spellings(lot) == (lot,)  # a Chinese lot has no name below a GTIN
    assert names.key(f"{GTIN}/235/third") == f"{GTIN}/235/third"
    assert names.key("https://id.gs1.org/01/06901234567908") == "https://id.gs1.org/01/06901234567908"


def test_what_is_stopped_is_stopped_under_every_name(world: World) -> None:
    own, gs1 = story(world)
    case = world.house.desk.draft(
        CaseDraft(
            title=Text("召回", "Recall"),
            reason=Text("", "Listeria"),
            hazard="microbial",
            recall_class=1,
            what_to_do=Text("", "Bring it back"),
            contact="+86 10 1234",
            suspects=(Suspect(f"{GTIN}/10/L7"),),
            initiative=Initiative.ORDERED,
            known_at=NOW,
        ),
        OFFICERS[0],
    )
    proposed = world.house.desk.propose(case.number, Act.PUBLISH, OFFICERS[0], "Because").proposal
    assert proposed is not None
    world.house.desk.confirm(case.number, proposed.number, OFFICERS[1])
    assert own not in listed(world)
    assert world.house.passport(own).verdict.state is not VerdictState.RECALLED
    world.link(GTIN, world.product)
    assert listed(world) >= {own, gs1, f"{GTIN}/10/L7", f"{world.product}/lot/L7"}
    for key in (own, gs1):
        assert world.house.passport(key).verdict.state is VerdictState.RECALLED


def listed(world: World) -> set[str]:
    return set(orjson.loads(base64.b64decode(orjson.loads(world.house.block_list())["payload"]))["keys"])


def test_search_and_the_list_of_events_know_both_codes(world: World) -> None:
    own, gs1 = story(world)
    world.link(GTIN, world.product)
    fresh = world.link("https://id.gs1.org/01/06901234567908", world.product)
    view = world.house.seen_by(ADMIN)
    for typed in (own, gs1, "7K3M9PQRT4WX", "7k3m 9pqr t4wx"):
        assert [label.key for label in view.search(typed)] == [own]
    assert [label.key for label in view.search(fresh)] == [world.product]
    for typed in ("6901234567892", "06901234567892", "6901234567908", "鲜肉粽"):
        assert next(label.key for label in view.search(typed)) == world.product, typed
    for key in (own, gs1):
        steps = [row.step for row in view.events_of(key)]
        assert steps == ["retail_selling", "shipping", "commissioning"]

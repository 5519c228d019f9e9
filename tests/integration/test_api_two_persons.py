"""Holds and recalls over HTTP by two persons, within their competence, and whom they have not reached."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.authority import ensure_authority
from suyuan.api.house import CapturedBy, House, open_house
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.recall.blocklist import listed_keys, listed_sequence
from suyuan.trace.recall.recall import CaseState
from suyuan.trace.register.book import enter
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.devices import Device, acknowledge, insert_device
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE, Viewer

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MARKET, AGRICULTURE = "https://ns.suyuan.example/party/market", "https://ns.suyuan.example/party/agriculture"
MAKER = "https://id.gs1.org/417/9521234000006"
FARM, PLANT, SHOP = (
    f"https://id.gs1.org/414/{gln}" for gln in ("9521234100003", "9521234200000", "9521234300007")
)
MILK = "https://id.gs1.org/01/09521234000013/10/MILK"
CHEESE = "https://id.gs1.org/01/09521234000020/10/CH1"
WHEELS = tuple(f"https://id.gs1.org/01/09521234000020/21/W{n}" for n in range(4))
PASSWORD = "a long sentence of this person"
PEOPLE = {
    "ada": (AccountRole.REGULATOR, MARKET),
    "bo": (AccountRole.REGULATOR, MARKET),
    "chen": (AccountRole.REGULATOR, AGRICULTURE),
    "di": (AccountRole.COMPANY, MAKER),
    "ed": (AccountRole.COMPANY, MAKER),
    "root": (AccountRole.ADMINISTRATOR, MARKET),
}
FORM = {
    "question": urlencode([("suspect", MILK)]),
    "title_zh": "奶酪疑似李斯特菌",
    "title_en": "Cheese",
    "reason_zh": "抽检发现。",
    "hazard": "microbial",
    "recall_class": "1",
    "initiative": "ordered",
    "operator": "乳业公司",
    "known_at": "2026-11-20T15:00",
    "known_zone": "+08:00",
    "legal_basis": "《食品安全法》第六十三条",
    "what_to_do_zh": "退货",
    "contact": "12315",
    "step": "create",
}


@dataclass
class World:
    settings: Settings
    house: House
    app: Any
    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    @contextmanager
    def person(self, name: str) -> Generator[TestClient]:
        headers = {"Origin": "http://testserver", "Accept": "text/html"}
        client = TestClient(self.app, headers=headers, follow_redirects=True)
        answer = client.post("/sign-in", data={"name": name, "password": PASSWORD, "next": "/console"})
        assert answer.status_code == 200, answer.text
        yield client

    def draft(self, name: str, **changed: str) -> str:
        with self.person(name) as client:
            answer = client.post("/console/draft?lang=en", data={**FORM, **changed})
            assert answer.status_code == 200, unescape(answer.text)
            return answer.url.path.rpartition("/")[2]

    def do(self, name: str, number: str, step: str, **form: str) -> tuple[int, str]:
        with self.person(name) as client:
            answer = client.post(f"/console/case/{number}/{step}?lang=en", data=form)
            return answer.status_code, unescape(answer.text)

    def page(self, name: str, path: str) -> str:
        with self.person(name) as client:
            answer = client.get(f"{path}{'&' if '?' in path else '?'}lang=en")
            assert answer.status_code == 200, unescape(answer.text)
            return unescape(answer.text)

    def listed(self) -> set[str]:
        return set(listed_keys(self.house.block_list()))

    def tell(self, *events: dict[str, Any]) -> None:
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": list(events)},
        }
        content = orjson.dumps(document)
        job = self.house.capture(content, "application/json", by=CapturedBy(MAKER), behaviour="rollback")
        assert job.success, job.errors


def event(kind: str, day: int, place: str, **other: Any) -> dict[str, Any]:
    time = f"2026-11-{day:02}T08:00:00+08:00"
    where = {"bizLocation": {"id": place}} if place else {}
    return {"type": kind, "eventTime": time, "eventTimeZoneOffset": "+08:00", **where, **other}


def history() -> list[dict[str, Any]]:
    """100 kg of milk: 60 became four wheels at the plant, 40 are still on the farm; a wheel went astray."""
    milk = [{"epcClass": MILK, "quantity": 100.0, "uom": "KGM"}]
    return [
        event("ObjectEvent", 1, FARM, action="ADD", bizStep="creating_class_instance", quantityList=milk),
        event(
            "TransformationEvent",
            2,
            PLANT,
            inputQuantityList=[{"epcClass": MILK, "quantity": 60.0, "uom": "KGM"}],
            outputEPCList=list(WHEELS),
            ilmd={"cbvmda:lotNumber": "CH1"},
        ),
        event("ObjectEvent", 3, SHOP, action="OBSERVE", bizStep="receiving", epcList=[WHEELS[0], WHEELS[1]]),
        event("ObjectEvent", 4, SHOP, action="OBSERVE", bizStep="retail_selling", epcList=[WHEELS[1]]),
        event("ObjectEvent", 5, "", action="OBSERVE", bizStep="shipping", readPoint={"id": PLANT},
              disposition="in_transit", epcList=[WHEELS[2]]),
    ]  # fmt: skip


def register(writing: Writing) -> None:
    every = ("processing", "storage", "transport", "wholesale", "retail", "catering")
    ensure_authority(writing, MARKET, name="市场监管局", now=NOW, stages=every, regions=("330100",))
    ensure_authority(writing, AGRICULTURE, name="农业农村局", now=NOW, stages=("farm",), regions=("330000",))
    maker = {"roles": "producer", "name_zh": "乳业公司", "name_en": "Dairy", "district": "330106"}
    enter(writing, Entry("party", MAKER, {"identifier": MAKER, **maker}), by=HOUSE, now=NOW, confirmed=True)
    for key, stage, name in (
        (FARM, "farm", "牧场"),
        (PLANT, "processing", "乳品厂"),
        (SHOP, "retail", "门店"),
    ):
        values = {"identifier": key, "name_zh": name, "party": MAKER, "stage": stage, "district": "330106"}
        enter(writing, Entry("place", key, values), by=HOUSE, now=NOW, confirmed=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})
    made = World(settings, None, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] (its clock comes first)
    made.house = open_house(settings, made.now)
    with Writing(made.house.engine) as writing:
        register(writing)
        for name, (role, party) in PEOPLE.items():
            create_account(writing, name, role=role, party=party, now=NOW, password=PASSWORD)
        create_account(writing, "old-till", role=AccountRole.STATION, party=MAKER, now=NOW)
        create_token(writing, "old-till", now=NOW, randbytes=lambda count: bytes(range(count)))
        key = {"kty": "OKP", "crv": "Ed25519", "x": "AA"}
        insert_device(writing, Device("d1", "station", "Shop till", MAKER, SHOP, key, "t1", NOW, "root"))
    made.tell(*history())
    made.app = application(settings, made.house, made.now)
    with TestClient(made.app):
        yield made


def hold(world: World, number: str) -> str:
    assert world.do("ada", number, "propose/hold", reason="Listeria")[0] == 200
    status, page = world.do("bo", number, "proposal/1/confirm", sure="1")
    assert status == 200
    return page


def test_nothing_is_stopped_until_a_colleague_confirms(world: World) -> None:
    number = world.draft("ada")
    assert world.do("ada", number, "propose/hold", reason="Listeria")[0] == 200
    for name, status in (("ada", 403), ("chen", 404), ("root", 403), ("di", 404)):
        assert world.do(name, number, "proposal/1/confirm", sure="1")[0] == status, name
    assert world.listed() == set()
    assert "your confirmation" in world.page("bo", "/console")
    assert "your confirmation" not in world.page("ada", "/console")
    status, page = world.do("bo", number, "proposal/1/confirm", sure="1")
    assert status == 200
    assert set(WHEELS) <= world.listed()
    assert "proposed by ada" in re.sub(r"<[^>]*>", "", page)
    assert "Statutory deadlines are not yet computed here" in page
    assert "1 h" in page  # since knowledge


def test_what_came_in_between_is_shown_before_and_after_the_confirmation(world: World) -> None:
    number = world.draft("ada")
    world.do("ada", number, "propose/hold", reason="Listeria")
    late = "https://id.gs1.org/01/09521234000020/21/LATE"
    world.tell(
        event(
            "TransformationEvent",
            2,
            PLANT,
            inputQuantityList=[{"epcClass": MILK, "quantity": 10.0, "uom": "KGM"}],
            outputEPCList=[late],
        )
    )
    told = "Since then 1 objects came in and 0 fell out"
    assert told in world.page("bo", f"/console/case/{number}")
    assert told in world.do("bo", number, "proposal/1/confirm", sure="1")[1]
    assert late in world.listed()


def test_the_farm_is_not_held_and_the_competent_authority_is_asked(world: World) -> None:
    number = world.draft("ada")
    page = hold(world, number)
    case = world.house.case(number)
    assert {line.place for line in case.scope} == {PLANT, SHOP, None}
    (letter,) = case.transfers
    assert (letter.to, letter.stage, letter.places) == (AGRICULTURE, "farm", (FARM,))
    assert [(line.hold, line.uom) for line in letter.lines] == [(40.0, "KGM")]
    assert "农业农村局" in page
    assert "Requests from other authorities" in world.page("chen", "/console")
    assert "Requests from other authorities" not in world.page("bo", "/console")
    assert "牧场" in world.page("chen", f"/console/case/{number}/letter/1")
    assert world.do("ada", number, "letter/1/accept")[0] == 404
    status, _ = world.do("chen", number, "letter/1/accept")
    assert status == 200
    own = world.house.case("R2026-0002")
    assert (own.draft.party, own.draft.origin, own.state) == (AGRICULTURE, number, CaseState.DRAFT)
    assert world.house.case(number).transfers[0].case == "R2026-0002"
    assert "conducted by another authority" in world.page("bo", "/console/case/R2026-0002")
    assert world.do("bo", "R2026-0002", "propose/hold", reason="Not ours")[0] == 403
    assert world.do("chen", "R2026-0002", "propose/hold", reason="Ours", urgent="1")[0] == 200
    assert {line.place for line in world.house.case("R2026-0002").scope} == {FARM}


def test_what_is_only_on_a_farm_cannot_be_held_by_the_market_regulator(world: World) -> None:
    grass = "https://id.gs1.org/01/09521234000037/10/GRASS"
    amount = [{"epcClass": grass, "quantity": 5.0, "uom": "KGM"}]
    world.tell(
        event("ObjectEvent", 1, FARM, action="ADD", bizStep="creating_class_instance", quantityList=amount)
    )
    number = world.draft("ada", question=urlencode([("suspect", grass)]))
    status, page = world.do("ada", number, "propose/hold", reason="Toxins", urgent="1")
    assert (status, "within your competence" in page) == (403, True)
    assert world.listed() == set()
    assert world.do("ada", number, "ask", reason="Please look at this field")[0] == 200
    (letter,) = world.house.case(number).transfers
    assert (letter.to, letter.note) == (AGRICULTURE, "Please look at this field")
    assert world.do("ada", number, "ask", reason="Again")[0] == 409


def test_an_urgent_hold_is_in_force_and_loud_until_somebody_else_speaks(world: World) -> None:
    number = world.draft("ada")
    assert world.do("ada", number, "propose/hold", reason="Listeria", urgent="1")[0] == 200
    assert set(WHEELS) <= world.listed()
    world.time = NOW + timedelta(hours=30)
    assert "overdue by 6 h" in world.page("root", "/console")
    assert set(WHEELS) <= world.listed()  # a clock puts nothing back on sale
    assert world.do("ada", number, "urgent/confirm")[0] == 403
    assert world.do("bo", number, "urgent/confirm")[0] == 200
    assert "overdue" not in world.page("root", "/console")


def test_devices_are_listed_until_they_have_said_that_they_hold_the_list(world: World) -> None:
    number = world.draft("ada")
    page = hold(world, number)
    assert "Shop till" in page
    assert "1 station has only a plain token" in page
    assert "1 device not reached" in world.page("bo", "/console")
    sequence = listed_sequence(world.house.block_list())
    with Writing(world.house.engine) as writing:
        acknowledge(writing, "d1", sequence, NOW)
    after = world.page("ada", f"/console/case/{number}")
    assert "Every enrolled device has confirmed" in after
    assert "1 device not reached" not in world.page("bo", "/console")
    assert world.do("ada", number, "propose/release", reason="Clean", sure="1")[0] == 200
    assert world.do("bo", number, "proposal/2/confirm", sure="1")[0] == 200
    assert "Shop till" in world.page("ada", f"/console/case/{number}")  # the lifting has to reach it, too


def test_what_was_shipped_and_never_received_is_a_row_and_the_sums_are_exact(world: World) -> None:
    text = world.page("ada", f"/console/scope?suspect={MILK}")
    figures = re.findall(r'<span class="figure">([^<]*)</span><span class="caption">([^<]*)</span>', text)
    assert sorted(figures) == sorted(
        [
            ("2 pieces", "to hold"),
            ("40 kg", "to hold"),
            ("1 piece", "left our sight"),
            ("1 piece", "sold: to be called back"),
            ("60 kg", "used up or destroyed"),
        ]
    )
    assert "Shipped, not received for 7 days" in text
    row = re.sub(r"<[^>]*>", " ", text[text.index("Left our sight<") :])
    assert re.search(r"Last holder: +\S.*乳品厂\s+Last event: +\S.* 5 Nov 2026 08:00 UTC\+8", row, re.DOTALL)


def test_a_company_recalls_its_own_goods_and_sees_no_others_cases(world: World) -> None:
    number = world.draft("ada")
    with world.person("di") as client:
        assert client.get(f"/console/case/{number}").status_code == 404
        refused = client.post("/console/draft?lang=en", data={**FORM, "initiative": "ordered"})
        assert refused.status_code == 400
    with Writing(world.house.engine) as writing:
        for gtin, name in (("09521234000013", "牛奶"), ("09521234000020", "奶酪")):
            values = {"identifier": gtin, "name_zh": name, "producer": MAKER}
            key = f"https://id.gs1.org/01/{gtin}"
            enter(writing, Entry("product", key, values), by=HOUSE, now=NOW, confirmed=True)
    own = world.draft("di", initiative="voluntary")
    assert world.do("di", own, "propose/publish", reason="Own tests", sure="1")[0] == 200
    assert world.do("bo", own, "proposal/1/confirm", sure="1")[0] == 403
    assert "Cheese" in world.page("bo", f"/console/case/{own}")  # the authority sees it
    assert world.do("ed", own, "proposal/1/confirm", sure="1")[0] == 200
    assert set(WHEELS) <= world.listed()
    passport = world.house.passport(WHEELS[0])
    assert passport.notices[0].initiative == "voluntary"


def test_one_person_suffices_where_the_installation_says_so(tmp_path: Path, world: World) -> None:
    del tmp_path
    settings = read_settings(
        {
            "SUYUAN_VAR": str(world.settings.var),
            "SUYUAN_PUBLIC_URL": "http://testserver",
            "SUYUAN_ONE_PERSON": "1",
        }
    )
    alone = World(settings, open_house(settings, world.now), None)
    alone.app = application(settings, alone.house, world.now)
    with TestClient(alone.app):
        number = alone.draft("ada")
        assert alone.do("ada", number, "propose/hold", reason="Listeria")[0] == 200
        status, page = alone.do("ada", number, "proposal/1/confirm", sure="1")
        assert (status, "by one person, as this installation allows" in page) == (200, True)


def test_a_dossier_prints_what_is_on_record_with_its_evidence(world: World) -> None:
    number = world.draft("ada")
    hold(world, number)
    with Writing(world.house.engine) as writing:
        values = {"identifier": "09521234000013", "name_zh": "牛奶", "name_en": "Milk", "producer": MAKER}
        entry = Entry("product", "https://id.gs1.org/01/09521234000013", values)
        enter(writing, entry, by=HOUSE, now=NOW, confirmed=True)
    text = world.page("ada", f"/console/dossier/{MILK}")
    for told in ("Milk", "Dairy", "MILK", "left our sight", number, "by ada", "No tests are on record."):
        assert told in text, told
    evidence = {visit.evidence for visit in world.house.records.journey(MILK)}
    assert evidence
    assert all(key in text for key in evidence)
    with world.person("ada") as client:
        assert client.get(f"/console/dossier/{WHEELS[0]}").status_code == 400
    with world.person("di") as client:
        assert client.get(f"/console/dossier/{MILK}").status_code == 403


HONEY = "https://id.gs1.org/01/09521234000044/10/HONEY"
PALLET = "https://id.gs1.org/00/095212340000000013"
OUTER = "https://id.gs1.org/00/095212340000000020"
NOBODYS = "https://id.gs1.org/417/9521234999997"


def loose(kind: str, day: int, place: str, kilograms: float, **other: Any) -> dict[str, Any]:
    amount = [{"epcClass": HONEY, "quantity": kilograms, "uom": "KGM"}]
    return event("ObjectEvent", day, place, action=kind, quantityList=amount, **other)


def sent(day: int, source: str, kilograms: float, **other: Any) -> dict[str, Any]:
    away = {"bizStep": "shipping", "disposition": "in_transit", "readPoint": {"id": source}}
    return loose("OBSERVE", day, "", kilograms, **away, **other)


def received(day: int, place: str, kilograms: float) -> dict[str, Any]:
    return loose("OBSERVE", day, place, kilograms, bizStep="receiving")


def test_who_receives_some_of_a_lot_later_is_asked_although_others_were(world: World) -> None:
    made = loose("ADD", 1, PLANT, 50.0, bizStep="creating_class_instance")
    world.tell(made, sent(2, PLANT, 10.0), received(3, FARM, 10.0))
    number = world.draft("ada", question=urlencode([("suspect", HONEY)]))
    hold(world, number)
    (letter,) = world.house.case(number).transfers
    assert (letter.stage, [line.hold for line in letter.lines]) == ("farm", [10.0])
    offer = f"/console/case/{number}/ask"
    assert offer not in world.page("ada", f"/console/case/{number}")
    kitchen = "https://id.gs1.org/414/9521234400004"
    with Writing(world.house.engine) as writing:
        values = {"identifier": kitchen, "name_zh": "外地厨房", "party": MAKER}
        values |= {"stage": "catering", "district": "440103"}
        enter(writing, Entry("place", kitchen, values), by=HOUSE, now=NOW, confirmed=True)
    world.tell(sent(4, PLANT, 20.0), received(5, kitchen, 20.0))
    assert offer in world.page("ada", f"/console/case/{number}")
    assert world.do("ada", number, "ask", reason="20 kg went to you")[0] == 200
    *_, second = world.house.case(number).transfers
    assert (second.stage, second.district, second.places) == ("catering", "440103", (kitchen,))
    assert [line.hold for line in second.lines] == [20.0]
    assert world.do("ada", number, "ask", reason="Again")[0] == 409
    assert offer not in world.page("ada", f"/console/case/{number}")


def test_loose_goods_on_the_way_fall_to_the_authority_of_where_they_left(world: World) -> None:
    made = loose("ADD", 1, PLANT, 50.0, bizStep="creating_class_instance")
    sold = loose("OBSERVE", 19, SHOP, 2.0, bizStep="retail_selling", disposition="retail_sold")
    destination = [{"type": "location", "destination": SHOP}]
    world.tell(made, sent(2, PLANT, 20.0), received(3, FARM, 20.0))
    world.tell(sent(4, PLANT, 4.0, destinationList=destination), received(5, SHOP, 4.0))
    world.tell(sent(6, FARM, 7.0), sent(18, PLANT, 9.0), sold)
    number = world.draft("ada", question=urlencode([("suspect", HONEY)]))
    hold(world, number)
    case = world.house.case(number)
    assert {(line.place, line.hold) for line in case.scope} == {(PLANT, 17.0), (SHOP, 2.0), (None, 9.0)}
    (letter,) = case.transfers
    assert (letter.to, {(line.place, line.hold) for line in letter.lines}) == (
        AGRICULTURE,
        {(FARM, 13.0), (None, 7.0)},
    )
    found = world.house.desk.situation(case, Viewer("ada", "regulator", MARKET, case.competence))
    assert ([one.line.hold for one in found.own.lost], found.unasked) == ([], False)
    assert [(one.reason, one.line.hold, one.last and one.last.place) for one in found.beyond.lost] == [
        ("not-received", 7.0, FARM)
    ]


def test_of_loose_goods_the_oldest_shipment_does_not_speak_for_all(world: World) -> None:
    outside = [{"type": "possessing_party", "destination": NOBODYS}]
    made = loose("ADD", 1, PLANT, 50.0, bizStep="creating_class_instance")
    world.tell(
        made, sent(10, PLANT, 5.0), sent(19, PLANT, 30.0), sent(19, PLANT, 1.0, destinationList=outside)
    )
    scope = world.house.seen_by(HOUSE).scope((Suspect(HONEY),), Options())
    found = world.house.desk.sighted(scope, HOUSE)
    assert [(one.reason, one.line.hold, one.to) for one in found.lost] == [
        ("not-received", 5.0, ""),
        ("outside", 1.0, NOBODYS),
    ]
    kept = {(line.place, line.status): line.hold for line in found.lines}
    assert kept == {(None, "in_transit"): 30.0, (PLANT, "in_stock"): 14.0}


def test_a_pallet_with_recalled_loose_goods_is_on_the_block_list(world: World) -> None:
    def packed(day: int, parent: str, action: str = "ADD", **children: Any) -> dict[str, Any]:
        step = "packing" if action == "ADD" else "unpacking"
        return event("AggregationEvent", day, PLANT, action=action, bizStep=step, parentID=parent, **children)

    inside = [{"epcClass": HONEY, "quantity": 20.0, "uom": "KGM"}]
    world.tell(
        loose("ADD", 1, PLANT, 50.0, bizStep="creating_class_instance"),
        packed(2, PALLET, childQuantityList=inside),
        packed(3, OUTER, childEPCs=[PALLET]),
    )
    number = world.draft("ada", question=urlencode([("suspect", HONEY)]))
    hold(world, number)
    assert {HONEY, PALLET, OUTER} <= world.listed()
    world.tell(packed(4, OUTER, "DELETE", childEPCs=[PALLET]))
    assert OUTER not in world.listed()
    assert PALLET in world.listed()
    sold = loose("OBSERVE", 5, PLANT, 48.0, bizStep="retail_selling", disposition="retail_sold")
    world.tell(sold)  # nobody says that the pallet was unpacked, but so much is not beside it
    assert PALLET in world.listed()
    world.tell(
        {**sold, "eventTime": "2026-11-06T08:00:00+08:00", "quantityList": [{**inside[0], "quantity": 2.0}]}
    )
    assert PALLET not in world.listed()

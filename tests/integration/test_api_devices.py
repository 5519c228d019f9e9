"""Enrolling, signing and revoking over HTTP, with real ES256 keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import insert
from starlette.testclient import TestClient
from tests.integration.enrolled import Enrolled

from suyuan.api.app import application
from suyuan.api.devices import DeviceDesk
from suyuan.api.house import House, open_house
from suyuan.api.settings import PublicUrlMissing, read_settings
from suyuan.portal.services import Principal
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
URL = "http://testserver"
SHOP = "https://id.gs1.org/417/9521234000013"
PLACE = "https://id.gs1.org/414/9521234000020"
OTHER = "https://id.gs1.org/417/9521234000037"
BOSS = Principal("boss", "company", SHOP)
ADMINISTRATOR = Principal("admin", "administrator", "")


@dataclass
class World:
    client: TestClient
    house: House
    desk: DeviceDesk
    now: datetime = NOW

    def code(self, kind: str = "phone", name: str = "till") -> str:
        link, _, _ = self.desk.make_code(BOSS, kind=kind, name=name, place=PLACE)
        return link

    def device(self, kind: str = "phone") -> Enrolled:
        return Enrolled(self.client, URL, self.now, kind)

    def enrolled(self, kind: str = "phone") -> Enrolled:
        fresh = self.device(kind)
        assert fresh.enrol(self.code(kind)).status_code == 201
        return fresh


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": URL})
    made: list[World] = []

    def now() -> datetime:
        return made[0].now if made else NOW

    house = open_house(settings, now)
    with Writing(house.engine) as writing:
        writing.connection.execute(insert(EntryRow), entry(PLACE, SHOP))
    app = application(settings, house, now)
    with TestClient(app) as client:
        made.append(World(client, house, app.state.devices))
        yield made[0]


def entry(key: str, owner: str) -> dict[str, Any]:
    blank = {column.name: None if column.nullable else "" for column in EntryRow.__table__.columns}
    told = {"key": key, "owner": owner, "kind": "place", "state": "approved", "created": NOW}
    return {**blank, **told}


def document(epc: str = "https://id.gs1.org/01/09521234000013/21/7001") -> bytes:
    event = {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:0193429a-0000-4000-8000-000000000001",
        "eventTime": "2026-11-19T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [epc],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "bizLocation": {"id": PLACE},
    }
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": [event]},
        }
    )


def test_a_device_is_let_in_knows_itself_and_captures_for_its_party(world: World) -> None:
    phone = world.device()
    told = phone.enrol(world.code()).json()
    assert (told["party"], told["place"], told["name"], told["audience"]) == (SHOP, PLACE, "till", URL)
    assert bytes.fromhex(told["block_list_key"]) == world.house.block_list_public_key()
    assert datetime.fromisoformat(told["server_time"]) == NOW
    assert phone.get("/device").json()["device"] == phone.id
    answer = phone.post("/capture", document())
    assert answer.status_code == 202
    assert phone.get(answer.headers["Location"]).json()["success"] is True
    assert phone.get("/blocklist").status_code == 200
    [row] = world.house.events_of("https://id.gs1.org/01/09521234000013/21/7001")
    assert row.party == SHOP
    assert phone.get("/console").status_code == 403


def test_codes_that_do_not_let_in_say_why(world: World) -> None:
    code = world.code()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "2")
    assert world.device().enrol(wrong).json()["code"] == "enrolment-code-mistyped"
    assert world.device("station").enrol(code).json()["code"] == "enrolment-code-kind"
    first = world.device()
    assert first.enrol(code).status_code == 201
    assert first.enrol(code).status_code == 201  # the answer was lost on its way
    again = world.device().enrol(code)
    assert (again.status_code, again.json()["code"]) == (409, "enrolment-code-used")
    late = world.code()
    world.now += timedelta(minutes=15)
    expired = world.device().enrol(late)
    assert (expired.status_code, expired.json()["code"]) == (409, "enrolment-code-expired")
    assert first.enrol(world.code()).json()["code"] == "device-key-in-use"


def test_a_proof_must_be_of_this_code_by_this_key(world: World) -> None:
    phone = world.device()
    code = world.code()
    other = ECKey.generate_key("P-256")
    canonical = code.rpartition("#")[2].encode()
    foreign = jws.serialize_compact({"alg": "ES256", "typ": "suyuan-enrolment+jws"}, canonical, other)
    for changed, expected in [
        ({"proof": foreign}, "device-token-wrong"),
        ({"proof": phone.signed("suyuan-enrolment+jws", b"another code")}, "invalid-input"),
        ({"proof": phone.signed("JWT", canonical)}, "device-token-wrong"),
        ({"proof": "a.b"}, "device-token-wrong"),
        ({"proof": "溯.源.码"}, "device-token-wrong"),
        ({"public_key": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}}, "invalid-input"),
        ({"public_key": {"kty": "RSA", "n": "AAAA", "e": "AQAB"}}, "invalid-input"),
        ({"kind": "kettle"}, "invalid-input"),
        ({"code": "x" * 201}, "invalid-input"),
    ]:
        answer = phone.enrol(code, **changed)
        assert answer.status_code in (400, 401), changed
        assert answer.json()["code"] == expected, changed
    assert phone.enrol(code).status_code == 201


def test_guessing_codes_is_slow(world: World) -> None:
    for _ in range(10):
        assert world.device().enrol("0" * 24).json()["code"] == "enrolment-code-unknown"
    answer = world.device().enrol(world.code())
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-codes")
    assert int(answer.headers["retry-after"]) <= 900
    world.now += timedelta(minutes=15)
    assert world.device().enrol(world.code()).status_code == 201


def test_a_right_code_forgives_no_guesses(world: World) -> None:
    """Nor one that its device shows again: whoever has a code has it as often as they like."""
    ours, code = world.device(), world.code()
    for guesses in (5, 4, 1):
        for _ in range(guesses):
            assert world.device().enrol("0" * 24).json()["code"] == "enrolment-code-unknown"
        if guesses > 1:
            assert ours.enrol(code).status_code == 201
    assert world.device().enrol("0" * 24).json()["code"] == "too-many-codes"
    assert ours.enrol(code).json()["code"] == "too-many-codes"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"},
        {"exp": int(NOW.timestamp()) + 301},
        {"exp": int(NOW.timestamp())},
        {"exp": None},
        {"iat": None},
        {"iat": "now"},
        {"iat": 1e300},
        {"iat": True},
        {"boot": ""},
        {"boot": None},
        {"boot": "x" * 65},
        {"iss": 7},
        {"skew": "much"},
        {"skew": 2**40},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(world: World, changed: dict[str, Any]) -> None:
    phone = world.enrolled()
    answer = world.client.get("/device", headers={"Authorization": f"Bearer {phone.token(**changed)}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "device-token-wrong")


def test_a_token_of_another_key_algorithm_or_device_is_refused(world: World) -> None:
    phone = world.enrolled()
    payload = orjson.dumps(
        {"iss": phone.id, "aud": URL, "iat": NOW.timestamp(), "exp": NOW.timestamp() + 60, "boot": "b"}
    )
    secret = OctKey.import_key(orjson.dumps(phone.key.as_dict(private=False)))
    tokens = {
        "another key": jws.serialize_compact(
            {"alg": "ES256", "typ": "suyuan-device+jwt"}, payload, ECKey.generate_key("P-256")
        ),
        "HS256 with the public key": jws.serialize_compact(
            {"alg": "HS256", "typ": "suyuan-device+jwt"}, payload, secret
        ),
        "no algorithm": "eyJhbGciOiJub25lIiwidHlwIjoic3V5dWFuLWRldmljZStqd3QifQ.e30.",
        "rubbish": "a.b.c",
        "too long": "a." + "b" * 3000 + ".c",
    }
    for name, token in tokens.items():
        answer = world.client.get("/device", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name
        assert answer.json()["code"] == "device-token-wrong", name
    stranger = world.client.get("/device", headers={"Authorization": f"Bearer {phone.token(iss='0' * 16)}"})
    assert stranger.json()["code"] == "device-unknown"


@pytest.mark.parametrize("seconds", [-3600, 3600, -86400 * 3000, 86400 * 365 * 7000])
def test_a_wrong_clock_is_told_with_the_difference_and_the_right_time(world: World, seconds: int) -> None:
    phone = world.enrolled()
    phone.later(seconds)
    answer = phone.get("/device")
    assert (answer.status_code, answer.json()["code"]) == (401, "clock-wrong")
    assert answer.json()["offset"] == seconds
    assert datetime.fromisoformat(answer.json()["server_time"]) == NOW
    [listed] = world.desk.devices(BOSS)
    assert listed.clock_offset == min(seconds, 2**31 - 1)
    if seconds > 2**31 - 1:
        return
    mended = phone.token(iat=int(NOW.timestamp()), exp=int(NOW.timestamp()) + 60, skew=seconds)
    answer = world.client.get("/device", headers={"Authorization": f"Bearer {mended}"})
    assert answer.status_code == 200  # it signs by our time, and its clock is wrong still
    assert world.desk.devices(BOSS)[0].clock_offset == seconds
    phone.later(-seconds + 50)  # within what is let pass
    assert phone.get("/device").status_code == 200


def test_two_machines_with_one_key_are_noticed_and_both_refused(world: World) -> None:
    first = world.enrolled("station")
    second = Enrolled(world.client, URL, NOW, "station", "boot-2", first.key, first.id)
    codes: list[str] = []
    for turn in range(4):
        for machine in (first, second):
            world.now = NOW + timedelta(seconds=10 * turn)
            machine.now = world.now
            answer = machine.get("/device")
            codes.append(answer.json().get("code", "let in"))
    assert codes == ["let in"] * 2 + ["device-doubled"] * 6
    assert "till" in first.get("/device").json()["detail"]
    [listed] = world.desk.devices(BOSS)
    assert listed.doubled is not None


def test_what_is_revoked_is_out_with_the_next_request(world: World) -> None:
    phone = world.enrolled()
    assert phone.get("/device").status_code == 200
    with pytest.raises(NotFound):
        world.desk.revoke(Principal("rival", "company", OTHER), phone.id)
    world.desk.revoke(BOSS, phone.id)
    for answer in (phone.get("/device"), phone.post("/capture", document()), phone.get("/blocklist")):
        assert (answer.status_code, answer.json()["code"]) == (401, "device-revoked")


def test_devices_say_which_list_they_have_stored(world: World) -> None:
    phone, station = world.enrolled(), world.enrolled("station")
    assert phone.post("/blocklist/ack", {"sequence": 3}).status_code == 204
    assert [found.id for found in world.desk.unreached(3)] == [station.id]
    refused: list[Any] = [{"sequence": -1}, {"sequence": "x"}, {"sequence": 2**40}, {}, []]
    for wrong in refused:
        assert phone.post("/blocklist/ack", wrong).status_code == 400
    assert world.client.post("/blocklist/ack", json={"sequence": 3}).status_code == 401


def test_who_may_make_codes_and_for_which_places(world: World) -> None:
    make = world.desk.make_code
    for nobody in (Principal("officer", "regulator", ""), Principal("dock", "station", SHOP)):
        with pytest.raises(NotAllowed):
            make(nobody, kind="phone", name="till", place=PLACE)
        with pytest.raises(NotAllowed):
            world.desk.devices(nobody)
    with pytest.raises(NotAllowed):
        make(Principal("rival", "company", OTHER), kind="phone", name="till", place=PLACE)
    for place in ("", "nonsense", "https://id.gs1.org/414/9521234000044"):
        with pytest.raises(InvalidInput) as told:
            make(ADMINISTRATOR, kind="phone", name="till", place=place)
        assert told.value.where == "place"
    with pytest.raises(InvalidInput):
        make(BOSS, kind="kettle", name="till", place=PLACE)
    link, text, made = make(ADMINISTRATOR, kind="station", name="dock", place="9521234000020")
    assert (made.party, made.place) == (SHOP, PLACE)
    assert link == f"{URL}/enrol#{text.replace('-', '')}"
    assert world.desk.places(BOSS) == [(PLACE, SHOP)]
    assert [code.name for code in world.desk.open_codes(BOSS)] == ["dock"]


def test_without_a_public_address_no_code_is_made(tmp_path: Path) -> None:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path)})
    house = open_house(settings, lambda: NOW)
    desk = DeviceDesk(house.engine, settings, lambda: NOW, bytes, lambda: b"")
    with pytest.raises(PublicUrlMissing):
        desk.make_code(ADMINISTRATOR, kind="phone", name="till", place=PLACE)
    house.close()

"""Devices in the console: a company's user makes a code, sees the device, and shuts it out again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient
from tests.integration.enrolled import Enrolled
from tests.integration.live_server import PLACE, SHOP, place_entry

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.portal.device_pages import MOST_PLACES, state_of
from suyuan.trace.register.identifiers import new_own
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.devices import Device
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import AliasRow, EntryRow

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
URL = "http://testserver"
PASSWORD = "a long sentence of somebody"
RIVAL = "https://id.gs1.org/417/9521234000037"
SECOND_NAME = "https://old.example/own/party/C00001D"


@dataclass
class Console:
    client: TestClient
    house: House

    def sign_in(self, name: str) -> None:
        self.client.cookies.clear()
        told = {"name": name, "password": PASSWORD}
        answer = self.client.post("/sign-in", data=told, headers={"Origin": URL}, follow_redirects=False)
        assert answer.status_code == 303

    def get(self, path: str, language: str = "en") -> Any:
        return self.client.get(path, params={"lang": language}, headers={"Accept": "text/html"})

    def post(self, path: str, **form: str) -> Any:
        return self.client.post(
            path,
            params={"lang": "en"},
            data=form,
            headers={"Origin": URL, "Accept": "text/html"},
            follow_redirects=False,
        )


@pytest.fixture
def console(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Console]:
    given = {} if "nowhere" in request.node.name else {"SUYUAN_PUBLIC_URL": URL}
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), **given})
    house = open_house(settings, lambda: NOW)
    people = [("boss", AccountRole.COMPANY, SHOP), ("rival", AccountRole.COMPANY, RIVAL)]
    people += [("admin", AccountRole.ADMINISTRATOR, ""), ("officer", AccountRole.REGULATOR, "")]
    with Writing(house.engine) as writing:
        writing.connection.execute(insert(EntryRow), place_entry(PLACE, SHOP))
        for name, role, party in people:
            create_account(writing, name, role=role, party=party, now=NOW, password=PASSWORD)
    with TestClient(application(settings, house, lambda: NOW)) as client:
        yield Console(client, house)


def test_a_code_is_shown_once_and_lets_a_phone_in_that_is_listed_and_revoked(console: Console) -> None:
    console.sign_in("boss")
    assert "No device is enrolled yet" in console.get("/console/devices").text
    shown = console.post("/console/devices", kind="phone", name="back till", place=PLACE)
    assert shown.status_code == 201
    assert shown.headers["cache-control"] == "no-store"
    [text] = re.findall(r"<bdi>((?:[0-9A-Z]{4}-){5}[0-9A-Z]{4})</bdi>", shown.text)
    assert "data:image/svg+xml" in shown.text
    listed = console.get("/console/devices").text
    assert "back till" in listed
    assert text not in listed
    console.client.cookies.clear()
    phone = Enrolled(console.client, URL, NOW)
    assert phone.enrol(text.lower()).status_code == 201
    assert phone.get("/device").status_code == 200
    console.sign_in("boss")
    assert ">well<" in console.get("/console/devices").text
    assert ">正常<" in console.get("/console/devices", "zh-CN").text
    console.sign_in("rival")
    assert "back till" not in console.get("/console/devices").text
    assert console.post(f"/console/devices/{phone.id}/revoke").status_code == 404
    console.sign_in("admin")
    assert "back till" in console.get("/console/devices").text
    assert console.post(f"/console/devices/{phone.id}/revoke").status_code == 303
    assert "revoked" in console.get("/console/devices").text
    console.client.cookies.clear()
    assert phone.get("/device").json()["code"] == "device-revoked"


def test_a_company_sees_its_devices_under_either_of_its_names(console: Console) -> None:
    with Writing(console.house.engine) as writing:
        party = {**place_entry(SHOP, SHOP), "kind": "party"}
        writing.connection.execute(insert(EntryRow), party)
        name = {"alias": SECOND_NAME, "key": SHOP, "created": NOW, "created_by": "admin"}
        writing.connection.execute(insert(AliasRow), name)
        create_account(
            writing, "clerk", role=AccountRole.COMPANY, party=SECOND_NAME, now=NOW, password=PASSWORD
        )
    console.sign_in("boss")
    shown = console.post("/console/devices", kind="phone", name="back till", place=PLACE)
    [text] = re.findall(r"<bdi>((?:[0-9A-Z]{4}-){5}[0-9A-Z]{4})</bdi>", shown.text)
    console.client.cookies.clear()
    phone = Enrolled(console.client, URL, NOW)
    assert phone.enrol(text).status_code == 201
    console.sign_in("clerk")
    assert "back till" in console.get("/console/devices").text
    assert console.post(f"/console/devices/{phone.id}/revoke").status_code == 303


def test_the_command_for_a_station_is_told_as_a_fresh_clone_runs_it(console: Console) -> None:
    console.sign_in("boss")
    shown = console.post("/console/devices", kind="station", name="dock", place=PLACE).text
    [command] = re.findall(r'<pre class="command">(.*)</pre>', shown)
    assert re.match(
        r"\.venv/bin/suyuan station enrol &#34;http://testserver/enrol#[0-9A-Z]{24}&#34;", command
    )
    assert "where suyuan is on the path, leave out .venv/bin/" in shown


def test_who_has_more_places_than_a_list_holds_can_name_any_of_them(console: Console) -> None:
    keys = [f"https://id.gs1.org/414/9521234000020/254/{number}" for number in range(MOST_PLACES)]
    console.sign_in("boss")
    assert '<select id="place"' in console.get("/console/devices").text
    with Writing(console.house.engine) as writing:
        writing.connection.execute(insert(EntryRow), [place_entry(key, SHOP) for key in keys])
    for path in ("/console/devices", "/phone/typed"):
        page = console.get(path).text
        assert '<select id="place"' not in page
        assert f'<option value="{keys[0]}">' in page  # suggested beside what is typed


def test_a_place_is_typed_by_its_short_code(console: Console) -> None:
    with Writing(console.house.engine) as writing:
        place = new_own(writing, "place", URL)
        writing.connection.execute(insert(EntryRow), place_entry(place.key, SHOP))
    console.sign_in("boss")
    code = place.own[0][1]
    for typed in (place.key, code, code.lower()):
        shown = console.post("/console/devices", kind="phone", name="till", place=typed)
        assert shown.status_code == 201, shown.text
    wrong = console.post("/console/devices", kind="phone", name="till", place=code[:-1] + "0")
    assert wrong.status_code == 400
    assert "is no place" in wrong.text


def test_what_is_wrong_in_the_form_is_said_beside_it(console: Console) -> None:
    console.sign_in("boss")
    for form, sentence in [
        ({"kind": "phone", "name": "", "place": PLACE}, "1 to 100 printable characters"),
        ({"kind": "kettle", "name": "till", "place": PLACE}, "a station or a phone"),
        ({"kind": "phone", "name": "till", "place": ""}, "needs a place"),
        ({"kind": "phone", "name": "till", "place": "nonsense"}, "is no place"),
        ({"kind": "phone", "name": "till", "place": "9521234000099"}, "Nobody answers for the place"),
    ]:
        answer = console.post("/console/devices", **form)
        assert answer.status_code == 400
        assert sentence in answer.text
    console.sign_in("rival")
    answer = console.post("/console/devices", kind="phone", name="till", place=PLACE)
    assert answer.status_code == 403
    assert "your company" in answer.text


def test_officers_and_strangers_have_no_business_here(console: Console) -> None:
    assert console.client.get("/console/devices", follow_redirects=False).status_code == 303
    console.sign_in("officer")
    assert console.get("/console/devices").status_code == 403
    assert console.post("/console/devices", kind="phone", name="x", place=PLACE).status_code == 403


def test_nowhere_to_print_a_link_to(console: Console) -> None:
    console.sign_in("boss")
    answer = console.post("/console/devices", kind="phone", name="till", place=PLACE)
    assert answer.status_code == 400
    assert "SUYUAN_PUBLIC_URL" in answer.text


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "never"),
        ({"last_seen": NOW}, "well"),
        ({"last_seen": NOW, "clock_offset": -31}, "clock"),
        ({"last_seen": NOW - timedelta(minutes=11)}, "away"),
        ({"last_seen": NOW, "doubled": NOW}, "doubled"),
        ({"last_seen": NOW, "doubled": NOW, "revoked": NOW}, "revoked"),
    ],
)
def test_the_one_word_about_a_device(changed: dict[str, Any], state: str) -> None:
    device = Device("1", "phone", "till", SHOP, PLACE, {}, "t", NOW, "boss", **changed)
    assert state_of(device, NOW) == state

"""Verdicts and recalls for programs of the public, over a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from starlette.testclient import TestClient
from tests.integration.test_api_casework import (
    DRAFT,
    NOW,
    OFFICER,
    decide,
    event,
    made,
    milked,
    tell,
)

from suyuan.api import shopping
from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Act
from suyuan.trace.store.scans import Scan

ITEM = "/01/09521234000020/21/W1"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})


@pytest.fixture
def house(settings: Settings) -> House:
    """Empty; the application closes it."""
    return open_house(settings, lambda: NOW)


@pytest.fixture
def client(settings: Settings, house: House) -> Iterator[TestClient]:
    with TestClient(application(settings, house, lambda: NOW), follow_redirects=False) as asking:
        yield asking


@pytest.fixture
def dairy(house: House) -> House:
    """With milk and the cheese that was made of it."""
    tell(house, milked(), made())
    return house


def recalls(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/recalls").json()["recalls"]
    return found


def test_a_draft_and_a_hold_are_not_public_and_a_recall_is_at_once(client: TestClient, dairy: House) -> None:
    number = dairy.desk.draft(DRAFT, OFFICER).number
    assert recalls(client) == []
    decide(dairy, number, Act.HOLD)
    assert recalls(client) == []
    assert client.get(f"/recalls/{number}").status_code == 404
    decide(dairy, number, Act.PUBLISH)
    (told,) = recalls(client)
    assert (told["number"], told["kind"], told["in_force"]) == (number, "recall", True)
    assert {lot["link"] for lot in told["lots"]} == {
        "http://testserver/01/09521234000013/10/MILK",
        "http://testserver/01/09521234000020/10/CH%2F1",
    }
    assert client.get(f"/recalls/{number}").status_code == 200
    assert "CH/1" in client.get("/recalls?q=ch/1").text
    decide(dairy, number, Act.COMPLETE)
    assert recalls(client)[0]["in_force"] is True
    decide(dairy, number, Act.RELEASE)
    assert [(told["kind"], told["in_force"]) for told in recalls(client)] == [("past-recall", False)]


def test_what_turns_up_later_of_a_recall_stands_in_its_notice(client: TestClient, house: House) -> None:
    tell(house, milked())
    decide(house, house.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    assert len(recalls(client)[0]["lots"]) == 1
    tell(house, made())
    assert len(recalls(client)[0]["lots"]) == 2


def test_the_date_of_a_lot_is_the_one_that_its_making_told(client: TestClient, house: House) -> None:
    told = {
        **milked(),
        "ilmd": {"cbvmda:productionDate": "2026-11-09", "cbvmda:itemExpirationDate": "2026-12-01"},
    }
    tell(house, told)
    decide(house, house.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    (lot,) = recalls(client)[0]["lots"]
    assert (lot["production_date"], lot["last_day"]) == ("2026-11-09", "2026-12-01")
    assert "R2026-0001" in client.get("/recalls?q=MILK&day=2026-11-09&of=made").text
    assert (
        "does not say that the goods are good"
        in client.get("/recalls?q=MILK&day=2026-11-08&of=bought&lang=en").text
    )


def test_one_verdict_is_that_of_the_page(client: TestClient, dairy: House) -> None:
    before = client.get("/api/verdict", params={"code": f"http://testserver{ITEM}"}).json()
    assert before["state"] != "recalled"
    assert before["page"] == f"/p{ITEM}"
    decide(dairy, dairy.desk.draft(DRAFT, OFFICER).number, Act.PUBLISH)
    after = client.get("/api/verdict", params={"code": "(01)09521234000020(21)W1"}).json()
    assert (after["state"], after["tone"], after["recalls"]) == ("recalled", "stop", ["R2026-0001"])
    assert set(after["word"]) == set(after["sentence"]) == {"zh", "en"}
    shown = client.get("/shop", params={"code": ITEM, "lang": "en"}).text
    assert 'data-state="recalled"' in shown
    assert "Bring it back" in shown


def test_verdicts_come_in_the_order_of_the_codes(client: TestClient, dairy: House) -> None:
    del dairy
    answer = client.post("/api/verdicts", json={"codes": [ITEM, "/01/09521234000020/21/NO", "nonsense", ""]})
    states = [one and one["state"] for one in answer.json()["verdicts"]]
    assert states[1:] == ["unknown", None, None]
    assert states[0] not in (None, "unknown")


def test_goods_before_a_reader_are_scanned_and_those_in_a_fridge_or_before_a_robot_are_not(
    client: TestClient, dairy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []

    def note(scan: Scan) -> None:
        noted.append(scan.key)

    monkeypatch.setattr(dairy.scanning.log, "note", note)
    assert client.post("/api/verdicts", json={"codes": [ITEM]}).json()["verdicts"][0]["state"] != "unknown"
    assert noted == []
    for agent in ("Mozilla/5.0 (compatible; Googlebot/2.1)", "python-httpx/0.28", BROWSER):
        client.get("/api/verdict", params={"code": ITEM}, headers={"user-agent": agent})
        client.get("/shop", params={"code": ITEM}, headers={"user-agent": agent})
    early = {"user-agent": BROWSER, "sec-purpose": "prefetch"}
    client.get("/shop", params={"code": ITEM}, headers=early)
    assert noted == [f"https://id.gs1.org{ITEM}"] * 2


def test_a_screen_of_a_shop_tells_its_city_with_each_look_and_no_other_site_can(
    client: TestClient, dairy: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, str]] = []

    def note(scan: Scan) -> None:
        noted.append((scan.channel, scan.place))

    monkeypatch.setattr(dairy.scanning.log, "note", note)
    told = {"code": ITEM, "place": "370100"}
    for path in ("/shop", "/api/verdict"):
        for site in ("same-origin", "none", "same-site", "cross-site"):  # none: a link out of a chat
            client.get(path, params=told, headers={"user-agent": BROWSER, "sec-fetch-site": site})
    assert noted == ([("kiosk", "370100")] + [("kiosk", "")] * 3) * 2
    noted.clear()
    client.get("/shop", params={"code": ITEM}, headers={"user-agent": BROWSER})
    client.get("/shop", params=told, headers={"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    assert noted == [("kiosk", "")]
    wrong = client.get("/api/verdict", params={"code": ITEM, "place": "370102"})  # a district is too fine
    assert (wrong.status_code, wrong.json()["where"]) == (400, "place")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"codes": 3}', b'{"codes": [1]}', b'{"codes": ["x"', b"\xff", b"[" * 100_000]
)
def test_what_is_no_list_of_codes_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/verdicts", content=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-input"


def test_too_many_codes_and_too_long_ones_are_refused(client: TestClient) -> None:
    assert client.post("/api/verdicts", json={"codes": ["x"] * 51}).status_code == 400
    assert client.post("/api/verdicts", json={"codes": ["x" * 100_000]}).json() == {"verdicts": [None]}
    assert client.post("/api/verdicts", content=b"x" * (2 << 20)).status_code == 413
    assert client.get("/api/verdict", params={"code": "x" * 501}).status_code == 400


def test_a_guessed_serial_is_as_absent_as_one_that_never_was(client: TestClient, dairy: House) -> None:
    del dairy
    told = [
        client.get("/api/verdict", params={"code": f"/01/09521234000020/21/{serial}"}).json()
        for serial in ("GUESS1", "GUESS2")
    ]
    for one in told:
        assert one.pop("page").startswith("/p/01/")
        one.pop("checked_at")
        one["sentence"] = {
            name: text.replace("GUESS1", "").replace("GUESS2", "") for name, text in one["sentence"].items()
        }
    assert told[0] == told[1]
    assert told[0]["state"] == "unknown"


def test_a_hostile_title_and_a_foreign_key_stay_text(client: TestClient, house: House) -> None:
    tell(house, milked(), event("ObjectEvent", 9, action="ADD", epcList=["urn:example:1"]))
    title = Text("<script>alert(1)</script>]]>\x0b", "")
    decide(house, house.desk.draft(replace(DRAFT, title=title), OFFICER).number, Act.PUBLISH)
    for path in ("/recalls", "/recalls/R2026-0001", "/recalls/feed"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
    assert "\x0b" not in client.get("/recalls/feed").text


def photo(text: str) -> bytes:
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)  # pyright: ignore[reportUnknownMemberType]
    content = BytesIO()
    Image.fromarray(zxingcpp.write_barcode_to_image(made, scale=4)).save(content, "PNG")
    return content.getvalue()


def test_strangers_send_photos_too_but_never_take_every_turn(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = photo(f"http://testserver{ITEM}?cmac=00")
    found = client.post("/scan", files={"photo": ("a.png", taken)})
    assert (found.status_code, found.headers["location"]) == (303, f"/p{ITEM}?cmac=00")

    class Busy:
        def acquire(self, *, blocking: bool) -> bool:
            return blocking

    monkeypatch.setattr(shopping, "_STRANGERS", Busy())
    assert client.post("/scan", files={"photo": ("a.png", taken)}).status_code == 503


def test_a_photo_that_is_too_large_is_told_so(client: TestClient) -> None:
    answer = client.post("/scan?lang=en", files={"photo": ("a.png", b"x" * (11 << 20))})
    assert answer.status_code == 413
    assert "10 MB" in answer.text


def test_only_the_detector_may_compile_and_the_pages_keep_the_strict_policy(client: TestClient) -> None:
    for path in ("/scan", "/shop", "/fridge", "/recalls"):
        policy = client.get(path).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "wasm" not in policy

"""Reporting a problem over HTTP: without an account, followed by number, handled at the desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.gs1.own import code_of_number
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AttachmentRow, ComplaintRow

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PASSWORD = "a long sentence of somebody"
ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
CONTACT = "138 0013 8000"
FIELDS = {
    "trouble": "spoiled",
    "description": "胀包,有异味",
    "bought_at": "望江路店",
    "bought_on": "2026-11-20",
    "contact": CONTACT,
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})
    opened = open_house(settings, lambda: NOW)
    with Writing(opened.engine) as writing:
        for name, role in (("admin", AccountRole.ADMINISTRATOR), ("shopkeeper", AccountRole.COMPANY)):
            create_account(
                writing,
                name,
                role=role,
                party="https://id.gs1.org/417/9521234000006",
                now=NOW,
                password=PASSWORD,
            )
    yield opened
    opened.close()


@pytest.fixture
def client(house: House, tmp_path: Path) -> Iterator[TestClient]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "http://testserver"})
    with TestClient(application(settings, house, lambda: NOW), raise_server_exceptions=True) as opened:
        opened.headers["Origin"] = "http://testserver"
        opened.headers["Accept"] = "text/html"
        opened.headers["Accept-Language"] = "en"
        yield opened


def sign_in(client: TestClient, name: str) -> None:
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303


def form_of(client: TestClient) -> str:
    page = client.get("/report", params={"code": ITEM}).text
    assert "7001" in page
    found = re.search(r'name="form" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


def photo() -> bytes:
    out = BytesIO()
    picture = Image.new("RGB", (64, 48), "green")
    exif = Image.Exif()
    exif[0x010F] = "A camera that tells on its owner"
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def stored(house: House, table: type[ComplaintRow | AttachmentRow]) -> int:
    with Reading(house.engine) as reading:
        return reading.connection.execute(select(func.count()).select_from(table)).scalar() or 0


def send(client: TestClient, form: str, **changes: str) -> str:
    answer = client.post(
        "/report", data={"form": form, "code": ITEM, **FIELDS, **changes}, follow_redirects=False
    )
    assert answer.status_code == 303, answer.text
    found = re.search(r"/report/([0-9A-Z]{5}-[0-9A-Z]{5})", answer.headers["location"])
    assert found
    return found[1]


def test_a_shopper_reports_and_follows_without_an_account(client: TestClient, house: House) -> None:
    form = form_of(client)
    number = send(client, form)
    assert send(client, form) == number
    assert stored(house, ComplaintRow) == 1
    page = client.get("/report/follow", params={"number": number.lower().replace("-", " ")})
    assert page.status_code == 200
    assert number in page.text
    assert "胀包" in page.text
    assert "Come back with the number at any time" in page.text  # to a shopper, in a shopper's words
    assert "Statutory deadlines" not in page.text
    assert CONTACT not in page.text
    assert not client.cookies


def test_a_number_of_ones_own_forgives_no_guesses(client: TestClient) -> None:
    own = send(client, form_of(client))

    def follow(number: str) -> int:
        return client.get("/report/follow", params={"number": number}).status_code

    assert [follow(own) for _ in range(20)] == [200] * 20
    for guesses in (5, 4, 1):
        assert {follow(f"0000{guesses}-0000{guess}") for guess in range(guesses)} == {404}
        if guesses > 1:
            assert follow(own) == 200
    assert (follow("00000-00009"), follow(own)) == (429, 429)  # right and wrong are refused alike


def test_the_desk_handles_it_and_the_shopper_reads_what_is_public(client: TestClient) -> None:
    number = send(client, form_of(client))
    sign_in(client, "admin")
    assert number in client.get("/console/complaints").text
    one = f"/console/complaints/{number}"
    assert CONTACT not in client.get(one).text
    refused = client.post(f"{one}/contact", data={"purpose": ""})
    assert refused.status_code == 400
    assert CONTACT not in refused.text
    shown = client.post(f"{one}/contact", data={"purpose": "to ask for the receipt"})
    assert CONTACT in shown.text
    assert "to ask for the receipt" in client.get(one).text
    for text, public in (("An inspector is on the way.", "1"), ("Sample 77 sent to the laboratory.", "")):
        told = {"text": text, "public": public, "state": "accepted" if public else ""}
        assert client.post(f"{one}/note", data=told, follow_redirects=False).status_code == 303
    assert client.post(f"{one}/note", data={"text": "x", "state": "closed"}).status_code == 200
    again = client.post(f"{one}/note", data={"text": "x", "state": "refused"})
    assert again.status_code == 409
    assert "no longer possible" in again.text
    unknown_case = client.post(f"{one}/join", data={"case": "R1999-0001"})
    assert unknown_case.status_code == 404
    client.post("/sign-out")
    page = client.get(f"/report/{number}").text
    assert "An inspector is on the way." in page
    assert "Sample 77" not in page
    assert "admin" not in page


def test_a_photo_is_kept_without_what_the_camera_wrote(client: TestClient, house: House) -> None:
    form = form_of(client)
    answer = client.post(
        "/report",
        data={"form": form, "code": ITEM, **FIELDS},
        files={"photo": ("../../etc/passwd.jpg", photo(), "image/jpeg")},
        follow_redirects=False,
    )
    number = answer.headers["location"].split("/report/")[1].split("?")[0]
    assert client.get(f"/console/complaints/{number}/photo", follow_redirects=False).status_code == 303
    sign_in(client, "admin")
    kept = client.get(f"/console/complaints/{number}/photo")
    assert kept.headers["content-type"] == "image/jpeg"
    assert b"tells on its owner" not in kept.content
    assert stored(house, AttachmentRow) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"trouble": ""}, "Please answer this"),
        ({"trouble": "alien"}, "Choose one of the answers"),
        ({"description": ""}, "Please answer this"),
        ({"bought_on": "2027-01-01"}, "2027-01-01 is in the future"),
        ({"bought_on": "yesterday"}, "yesterday is not a date"),
        ({"description": "x" * 4001}, "longer than"),
        ({"description": "a\u0000b"}, "cannot be shown"),
        ({"form": "not ours"}, "not one of ours"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_written_stays(
    client: TestClient, house: House, changes: dict[str, str], says: str
) -> None:
    data = {"form": form_of(client), "code": ITEM, **FIELDS, **changes}
    answer = client.post("/report", data=data)
    assert answer.status_code == 400
    assert says in answer.text
    assert "望江路店" in answer.text
    assert stored(house, ComplaintRow) == 0


@pytest.mark.parametrize(
    ("content", "says", "status"),
    [
        (b"%PDF-1.7 not a picture", "Only photos", 400),
        (b"\xff\xd8\xff\xe0 broken", "damaged", 400),
        (b"\xff" * ((10 << 20) + 1), "larger than 10 MB", 413),
    ],
)
def test_a_file_that_is_no_photo_is_refused_and_nothing_is_half_done(
    client: TestClient, house: House, content: bytes, says: str, status: int
) -> None:
    answer = client.post(
        "/report",
        data={"form": form_of(client), "code": ITEM, **FIELDS},
        files={"photo": ("photo.jpg", content, "image/jpeg")},
    )
    assert answer.status_code == status
    assert says in answer.text
    assert "望江路店" in answer.text
    assert (stored(house, ComplaintRow), stored(house, AttachmentRow)) == (0, 0)


def test_a_hundred_megabytes_are_refused_in_words(client: TestClient) -> None:
    answer = client.post("/report", files={"photo": ("photo.jpg", b"\xff" * (100 << 20), "image/jpeg")})
    assert answer.status_code == 413
    assert "Traceback" not in answer.text


def test_an_unknown_number_is_told_and_guessing_is_slowed(client: TestClient) -> None:
    answers = [client.get("/report/00000-0000Z").status_code for _ in range(12)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_reports_from_one_address_are_bounded(client: TestClient) -> None:
    forms = [form_of(client) for _ in range(11)]
    for form in forms[:10]:
        send(client, form)
    answer = client.post("/report", data={"form": forms[10], "code": ITEM, **FIELDS})
    assert answer.status_code == 429
    assert "Too many reports" in answer.text


def test_companies_do_not_see_the_desk(client: TestClient) -> None:
    number = send(client, form_of(client))
    sign_in(client, "shopkeeper")
    for path in ("/console/complaints", f"/console/complaints/{number}", "/console/receipt"):
        assert client.get(path).status_code == 403


def test_calls_and_laboratory_results_come_in_at_the_desk(client: TestClient) -> None:
    sign_in(client, "admin")
    page = client.get("/console/complaints/new/laboratory").text
    form = re.search(r'name="form" value="([0-9a-f]{32})"', page)
    assert form
    told = {
        "form": form[1],
        "code": "(01)09521234000013(10)L1",
        "laboratory": "市食品检验院",
        "sample": "S-77",
        "parameter": "沙门氏菌",
        "result": "检出/25 g",
        "limit": "GB 29921-2021: 0/25 g",
        "judgement": "fail",
    }
    wrong = client.post("/console/complaints/new/laboratory", data={**told, "code": "nonsense"})
    assert wrong.status_code == 400
    assert "nonsense is not a code" in wrong.text
    answer = client.post("/console/complaints/new/laboratory", data=told)
    assert answer.status_code == 200
    assert "S-77" in answer.text
    assert "Does not conform" in answer.text
    listed = client.get("/console/complaints", params={"channel": "laboratory"}).text
    assert "沙门氏菌" in listed
    assert client.get("/console/complaints/new/shopper").status_code == 404
    assert "no such reports" in client.get("/console/complaints", params={"state": "closed"}).text


def test_a_receipt_is_asked_by_shop_product_and_day(client: TestClient) -> None:
    sign_in(client, "admin")
    assert client.get("/console/receipt").status_code == 200
    wrong = client.get("/console/receipt", params={"shop": "nowhere", "product": "", "day": "soon"})
    assert wrong.status_code == 400
    assert "Nothing of that name or code is on record: nowhere" in wrong.text
    assert "soon is not a date" in wrong.text


def test_a_photo_of_a_hundred_megabytes_costs_nobody_what_they_typed(
    client: TestClient, house: House
) -> None:
    form = form_of(client)
    answer = client.post(
        "/report",
        data={"form": form, "code": ITEM, **FIELDS},
        files={"photo": ("huge.jpg", b"\xff\xd8" + bytes(100 << 20), "image/jpeg")},
        follow_redirects=False,
    )
    assert answer.status_code == 413
    assert "The photo is larger than 10 MB" in answer.text
    assert FIELDS["description"] in answer.text
    assert FIELDS["bought_at"] in answer.text
    assert form in answer.text
    assert stored(house, ComplaintRow) == 0


def test_the_way_from_a_report_to_what_is_on_record(client: TestClient) -> None:
    product = code_of_number("P", 1)
    code = f"http://testserver/own/product/{product}/lot/7/serial/ACMW77777777"
    page = client.post(
        "/report", data={"form": form_of(client), **FIELDS, "code": code}, follow_redirects=True
    ).text
    found = re.search(r'href="(/look-up\?[^"]+)"', page)
    assert found
    there = client.get(unescape(found[1]), follow_redirects=False)
    assert there.status_code == 303
    assert there.headers["location"].startswith(f"/own/product/{product}/serial/ACMW77777777")


def test_officers_are_led_to_waiting_reports(client: TestClient) -> None:
    number = send(client, form_of(client))
    sign_in(client, "admin")
    front = client.get("/console").text
    assert "1 report waits to be looked at" in front
    found = client.get("/console/search", params={"q": number.lower()}, follow_redirects=False)
    assert found.headers["location"].startswith(f"/console/complaints/{number}")
    client.post(f"/console/complaints/{number}/note", data={"text": "x", "state": "accepted"})
    assert "waits to be looked at" not in client.get("/console").text
    sign_in(client, "shopkeeper")
    assert "/console/complaints" not in client.get("/console").text
    assert client.get("/console/search", params={"q": number}, follow_redirects=False).status_code == 200


@pytest.mark.parametrize("form", ["", "x" * 32, "0" * 31, "0" * 64])
def test_a_form_that_is_not_ours_is_refused(client: TestClient, house: House, form: str) -> None:
    answer = client.post("/report", data={"form": form, "code": ITEM, **FIELDS})
    assert answer.status_code == 400
    assert "This form is not one of ours" in answer.text
    assert stored(house, ComplaintRow) == 0


def test_who_goes_back_and_sends_again_has_one_report_and_who_changes_it_another(
    client: TestClient, house: House
) -> None:
    asked = client.get("/report", params={"code": ITEM}, follow_redirects=False)
    assert asked.status_code == 303
    assert asked.headers["cache-control"] == "no-store"
    address = asked.headers["location"]

    def filled_in() -> str:
        found = re.search(r'name="form" value="([0-9a-f]{32})"', client.get(address).text)
        assert found
        return found[1]

    number = send(client, filled_in())
    assert send(client, filled_in()) == number
    other = send(client, filled_in(), description="另一个人，同一个链接")
    assert other != number
    assert stored(house, ComplaintRow) == 2

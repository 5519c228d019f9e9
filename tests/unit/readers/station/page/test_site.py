"""Who is let in, and what every answer carries."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.readers.certificates import make_certificate

from suyuan.readers.station.config import PageConfig
from suyuan.readers.station.page.site import application
from suyuan.readers.station.station import Station
from suyuan.trace.errors import SuyuanError, WrongUse

OURS = {"Origin": "http://127.0.0.1:8800"}


class Nobody:
    """A host without a station."""

    def __init__(self, path: Path, fault: SuyuanError | None = None) -> None:
        self.path = path
        self.station: Station | None = None
        self.fault = fault
        self.stopping = False

    async def restart(self) -> None:
        return None

    async def rest(self) -> None:
        return None


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def client(tmp_path: Path, *, pin: str = "", clock: Clock | None = None, key: bytes = b"k") -> TestClient:
    app = application(
        Nobody(tmp_path / "station.toml"),
        PageConfig("127.0.0.1", 8800, pin),
        key=key,
        monotonic=clock or Clock(),
    )
    return TestClient(app, base_url="http://127.0.0.1:8800", follow_redirects=False)


def test_without_a_file_the_page_leads_to_the_setup(tmp_path: Path) -> None:
    answer = client(tmp_path).get("/")
    assert answer.status_code == 200
    assert "/setup" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; script-src 'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_wrong_file_is_told_where_and_why(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text("x")
    fault = WrongUse("{key} is missing.", where="server.url", remedy="Give it.", key="server.url")
    app = application(Nobody(path, fault), PageConfig())
    with TestClient(app, base_url="http://localhost:8800") as page:
        text = page.get("/", headers={"Accept-Language": "en"}).text
    assert "server.url is missing." in text
    assert "Give it." in text


@pytest.mark.parametrize(
    ("header", "language"), [("", "zh-CN"), ("en-GB,zh;q=0.8", "en"), ("zh-TW,en", "zh-CN"), ("fr", "zh-CN")]
)
def test_language_is_the_browsers(tmp_path: Path, header: str, language: str) -> None:
    text = client(tmp_path).get("/", headers={"Accept-Language": header}).text
    assert f'<html lang="{language}">' in text


def test_language_is_switched_and_kept(tmp_path: Path) -> None:
    page = client(tmp_path)
    answer = page.post("/language/en", data={"back": "/?point=in"}, headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?point=in")
    assert '<html lang="en">' in page.get("/").text
    answer = page.post("/language/en", data={"back": "//evil.example/x"}, headers=OURS)
    assert answer.headers["location"] == "/x"
    assert page.post("/language/xx", data={"back": "/"}, headers=OURS).status_code == 404


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8800", "localhost", "[::1]:8800", "192.168.1.20:8800", "[fe80::1]"]
)
def test_addresses_of_the_machine_are_let_in(tmp_path: Path, host: str) -> None:
    assert client(tmp_path).get("/", headers={"Host": host}).status_code == 200


def test_names_of_the_pages_own_certificate_are_let_in(tmp_path: Path) -> None:
    page = PageConfig(
        certificate=make_certificate(tmp_path, names=["Dairy.example.com", "*.wild.example"]).certificate
    )
    app = application(Nobody(tmp_path / "station.toml", WrongUse("Not yet.")), page)
    with TestClient(app, base_url="https://localhost:8800") as browser:
        told = {
            host: browser.get("/", headers={"Host": host}).status_code
            for host in ("dairy.example.com:8800", "DAIRY.example.com", "a.wild.example", "evil.example")
        }
    assert list(told.values()) == [200, 200, 403, 403]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8800", "127.0.0.1.evil.example", "", "a:b:c"])
def test_a_foreign_name_is_not_let_in(tmp_path: Path, host: str) -> None:
    answer = client(tmp_path).get("/", headers={"Host": host})
    assert answer.status_code == 403
    assert "foreign-request" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1:8800"},
        {"Sec-Fetch-Site": "cross-site", **OURS},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_forms_of_others_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    answer = client(tmp_path).post("/language/en", data={"back": "/"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_pin_is_asked_for_once(tmp_path: Path) -> None:
    page = client(tmp_path, pin="260415")
    answer = page.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/pin")
    assert page.get("/pin").status_code == 200
    assert page.post("/pin", data={"pin": "111111"}, headers=OURS).status_code == 403
    answer = page.post("/pin", data={"pin": "260415"}, headers=OURS)
    assert answer.headers["location"] == "/"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert page.get("/").status_code == 200
    again = client(tmp_path, pin="260415")  # the agent was started anew, with the key that it keeps
    again.cookies = page.cookies
    assert again.get("/").status_code == 200
    other = client(tmp_path, pin="999999")
    other.cookies = page.cookies
    assert other.get("/").status_code == 303


def test_pins_cannot_be_guessed_in_bulk(tmp_path: Path) -> None:
    clock = Clock()
    page = client(tmp_path, pin="260415", clock=clock)
    for n in range(5):
        page.post("/pin", data={"pin": f"{n:06}"}, headers=OURS)
    assert page.post("/pin", data={"pin": "260415"}, headers=OURS).status_code == 429
    clock.at = 61.0
    assert page.post("/pin", data={"pin": "260415"}, headers=OURS).status_code == 303


def test_static_files_may_be_kept_for_ever(tmp_path: Path) -> None:
    page = client(tmp_path, pin="260415")
    sheet = page.get("/pin").text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = page.get(sheet)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert page.get("/static/../site.py").status_code in {303, 404}
    assert page.get("/static/station.000000000000.css").status_code == 404


def test_what_is_not_there(tmp_path: Path) -> None:
    page = client(tmp_path)
    assert page.get("/nothing").status_code == 404
    assert page.put("/").status_code in {403, 405}


@pytest.mark.parametrize(("path", "most"), [("/language/en", 256), ("/start", 4096)])
@pytest.mark.parametrize("in_pieces", [False, True])
def test_what_is_too_large_is_told_in_the_readers_language(
    tmp_path: Path, path: str, most: int, in_pieces: bool
) -> None:
    page = client(tmp_path)
    sent = b"x" * (most * 1024 + 1)
    body = iter([sent[:1000], sent[1000:]]) if in_pieces else sent
    headers = {**OURS, "Content-Type": "application/x-www-form-urlencoded"}
    big = page.post(path, content=body, headers=headers)
    assert big.status_code == 413
    assert f"超过 {most} KB" in big.text
    assert big.headers["content-security-policy"]
    script = {**headers, "Accept": "application/json", "Accept-Language": "en"}
    told = page.post(path, content=sent, headers=script)
    assert (told.status_code, told.json()["code"]) == (413, "too-large")
    assert f"larger than {most} KB" in told.json()["told"]


def test_a_loggers_file_of_two_months_is_no_form_that_is_too_large(tmp_path: Path) -> None:
    page = client(tmp_path)
    readings = "2026-11-22 08:00:00,3.5\n" * 90_000
    assert len(readings) > 2_000_000
    plain = page.post("/start", headers=OURS, data={"readings": readings})
    by_script = page.post("/start", headers=OURS, files={"readings": (None, readings)})
    assert (plain.status_code, by_script.status_code) == (503, 503)  # no station is at work


def test_a_form_that_is_none_is_told_as_such(tmp_path: Path) -> None:
    headers = {**OURS, "Content-Type": "multipart/form-data; boundary=x"}
    refused = client(tmp_path).post("/language/en", content=b"--x\r\n\r\nno\r\n--x--", headers=headers)
    assert refused.status_code == 400
    assert "无法读取提交的表单" in refused.text

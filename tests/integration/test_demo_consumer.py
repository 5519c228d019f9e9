"""The listener for phones serves the shopper's pages and nothing else."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from time import monotonic
from urllib.parse import urljoin

import httpx
import pytest
from tests.integration.test_api_casework import NOW, made, milked, tell

from suyuan.api.demo.consumer import consumers_served, door, lan_address
from suyuan.api.house import open_house
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.store.engine import Reading, open_engine
from suyuan.trace.store.scans import scans_of

ITEM = "/01/09521234000020/21/W1"
UNKNOWN = "/01/09521234000013/21/NOBODY"
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) Safari/604.1", "Accept": "text/html,*/*;q=0.8"}


def clock() -> datetime:
    """Of the time of the events; it goes on."""
    return NOW + timedelta(seconds=monotonic())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a place where milk and cheese are on record."""
    settings = read_settings(
        {
            "SUYUAN_VAR": str(tmp_path),
            "SUYUAN_MAP_TILES": "https://tiles.example/{z}/{x}/{y}.png",
            "SUYUAN_MAP_ATTRIBUTION": "© Example Maps, 审图号：GS（2026）0000号",
        }
    )
    house = open_house(settings, lambda: NOW)
    tell(house, milked(), made())
    house.close()
    return settings


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    with door("127.0.0.1", 0) as listening, consumers_served(settings, listening, clock):
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_shopper_is_answered(address: str) -> None:
    page = httpx.get(address + UNKNOWN, headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert "未查到记录" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert httpx.get(address + "/").status_code == 200
    assert httpx.get(address + "/report", follow_redirects=True).status_code == 200
    for path in ("/scan", "/recalls", "/fridge", "/shop"):
        assert httpx.get(address + path).status_code == 200
    told = httpx.post(address + "/api/verdicts", json={"codes": [UNKNOWN]}).json()
    assert [one["state"] for one in told["verdicts"]] == ["unknown"]


def test_every_link_that_a_phone_is_shown_leads_somewhere(address: str) -> None:
    asked: dict[str, int] = {}
    forms: set[str] = set()
    todo = [f"{address}{ITEM}", f"{address}/"]
    with httpx.Client(headers=PHONE, follow_redirects=True, timeout=30) as phone:
        while todo and len(asked) < 100:
            url = todo.pop(0)
            answer = phone.get(url)
            asked[url] = answer.status_code
            if "html" not in answer.headers["content-type"]:
                continue
            for name, told in re.findall('(href|src|action)="([^"#]+)', answer.text):
                led = urljoin(str(answer.url), unescape(told))
                if name == "action":
                    forms.add(led)
                if led.startswith(address) and not re.search("lang=|large=", led):
                    todo += [] if led in asked or led in todo else [led]
    # a form that is asked for without its fields says so
    assert [
        url for url, status in asked.items() if status >= 400 and (status > 400 or url not in forms)
    ] == []
    assert {"/privacy", "/recalls", "/shop"} <= {url.removeprefix(address) for url in asked}
    assert any("/whereabouts?code=" in url for url in asked)
    assert not any("/console" in url or "/sign-in" in url for url in asked)


def test_what_a_phone_looked_at_and_told_is_kept(settings: Settings) -> None:
    with door("127.0.0.1", 0) as listening, consumers_served(settings, listening, clock):
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        assert httpx.get(address + ITEM, headers=PHONE, follow_redirects=True).status_code == 200
        sent = {"code": ITEM, "place": "330100"}
        own = {**PHONE, "Sec-Fetch-Site": "same-origin"}
        assert httpx.post(f"{address}/whereabouts", data=sent, headers=own).status_code == 303
    engine = open_engine(settings.database)
    with Reading(engine) as reading:
        assert {scan.place for scan in scans_of(reading, f"https://id.gs1.org{ITEM}")} == {"", "330100"}
    engine.dispose()


def test_an_address_that_is_too_long_is_not_read(address: str) -> None:
    assert httpx.get(f"{address}/shop?code={'1' * 33_000}").status_code == 414


@pytest.mark.parametrize(
    "path",
    [
        "/console",
        "/console/search?q=x",
        "/sign-in",
        "/capture",
        "/events",
        "/trace",
        "/blocklist",
        "/openapi.json",
        "/readyz",
    ],
)
def test_everything_else_is_not_there(address: str, path: str) -> None:
    assert httpx.get(address + path).status_code == 404
    assert httpx.post(address + path, content=b"{}").status_code == 404


def test_a_taken_port_is_replaced() -> None:
    with door("127.0.0.1", 0) as first:
        taken = first.getsockname()[1]
        with door("127.0.0.1", taken) as second:
            assert second.getsockname()[1] not in (0, taken)


def test_the_address_is_one_of_this_machine() -> None:
    address = lan_address()
    if address is not None:  # a machine without a network has none, and the demonstration says loopback
        assert not address.startswith("127.")
        socket.create_server((address, 0)).close()

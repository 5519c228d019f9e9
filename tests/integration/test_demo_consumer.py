"""The listener for phones serves the shopper's pages and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from suyuan.api.demo.consumer import consumers_served, door, lan_address
from suyuan.api.house import utc_now
from suyuan.api.settings import read_settings

UNKNOWN = "/01/09521234000013/21/NOBODY"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path)})
    with door("127.0.0.1", 0) as listening, consumers_served(settings, listening, utc_now):
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

"""A complaint with a photo of 100 MB, over a real socket: answered in words, and nothing is left of it."""

from __future__ import annotations

import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select
from tests.integration.live_server import Live, live_server

from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import ComplaintRow

PHOTO = 100 << 20
CHUNK = b"\xff" * (1 << 16)
MOST_MEMORY = 64 << 20  # of server and test together: ten megabytes are looked at, the rest passes by
BOUNDARY = "b7f3"
FIELDS = {
    "form": "A" * 22,
    "trouble": "smell",
    "description": "盒子里有异味",
    "bought_at": "城西店",
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with live_server(tmp_path / "var") as server:
        yield server


def parts() -> bytes:
    told = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in FIELDS.items()
    )
    photo = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
    return (told + photo).encode()


def post(url: str, language: str, *, end: bytes = f"\r\n--{BOUNDARY}--\r\n".encode()) -> httpx.Response:
    """Send the form as a phone does: all of it, and only then look for an answer."""
    start = parts()
    length = len(start) + PHOTO + len(end)
    head = (
        f"POST /report HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAccept: text/html\r\n"
        f"Accept-Language: {language}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {length}\r\nConnection: close\r\n\r\n"
    ).encode()
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=60) as line:
        line.sendall(head + start)
        for _ in range(PHOTO // len(CHUNK)):
            line.sendall(CHUNK)
        line.sendall(end)
        answer = b"".join(iter(lambda: line.recv(1 << 16), b""))
    status, _, rest = answer.partition(b"\r\n")
    return httpx.Response(int(status.split()[1]), content=rest.partition(b"\r\n\r\n")[2])


def peak_memory() -> int:
    """The most that this process, which is server and sender, has had in memory since it was forgotten."""
    found = re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) << 10


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The photo is larger than 10 MB"), ("zh-CN", "照片超过 10 MB")]
)
def test_a_photo_of_100_mb_is_answered_in_words_and_leaves_nothing(
    live: Live, language: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    forget_peak()
    before = peak_memory()
    answer = post(live.url, language)
    assert peak_memory() - before < MOST_MEMORY
    assert answer.status_code == 413
    assert words in answer.text
    assert "城西店" in answer.text, "what was typed is still there"
    with Reading(live.house.engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(ComplaintRow)).scalar() == 0
    assert list(spool.iterdir()) == []
    assert httpx.get(f"{live.url}/").status_code == 200


def test_who_goes_away_in_the_middle_leaves_nothing_either(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    address = urlsplit(live.url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=20) as line:
        head = (
            f"POST /report HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {PHOTO}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
        ).encode()
        line.sendall(head + parts() + CHUNK * 32)
    assert httpx.get(f"{live.url}/report/follow").status_code == 200
    with Reading(live.house.engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(ComplaintRow)).scalar() == 0
    patience = monotonic() + 20
    while list(spool.iterdir()) and monotonic() < patience:  # until the server has noticed
        sleep(0.05)
    assert list(spool.iterdir()) == []

"""Requests that end in the middle, over a real socket."""

from __future__ import annotations

import socket
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs
from tests.integration.live_server import live_server


@pytest.mark.parametrize("torn", [b"", b'{"@context":'])
def test_who_goes_away_in_the_middle_of_a_document_is_no_fault_of_ours(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, torn: bytes
) -> None:
    with live_server(tmp_path) as live, capture_logs() as logs:
        address = urlsplit(live.url)
        with socket.create_connection((address.hostname or "", address.port or 0)) as client:
            head = (
                f"POST /capture HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {live.token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
            )
            client.sendall(head.encode() + torn)
        patience = monotonic() + 20
        while not logs and monotonic() < patience:
            sleep(0.02)
        stored = httpx.get(f"{live.url}/capture", headers={"Authorization": f"Bearer {live.token}"})
        assert stored.json() == []
    assert logs == [{"event": "client-gone", "log_level": "info", "method": "POST", "path": "/capture"}]
    assert caplog.records == []
    assert "Traceback" not in capfd.readouterr().err

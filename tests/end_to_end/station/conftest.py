"""The hall of every test of the page, taken down after it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.end_to_end.station.hall import (
    CONFIG,
    SIGNER,
    Agent,
    Hall,
    Platform,
    Portal,
    wait_for_page,
)
from tests.ports import free_port
from tests.unit.readers.station.fakes import GTIN, PLACE, item


@pytest.fixture
def hall(tmp_path: Path, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Hall]:
    """The hall; a test may give further tables of the station's file as the fixture's parameter."""
    portal = Portal()
    agent = Agent(tmp_path, free_port())
    platform = Platform(free_port(), {item(666): {"state": "recalled", "case": "R2026-0007"}})
    (tmp_path / "station.toml").write_text(
        CONFIG.format(
            platform=platform.port,
            key=base64.b64encode(SIGNER.public_key().public_bytes_raw()).decode(),
            port=agent.port,
            reader=portal.device.url,
            place=PLACE,
            gtin=GTIN,
            more=getattr(request, "param", ""),
        )
    )
    agent.start()
    try:
        portal.listening()
        wait_for_page(agent)
        yield Hall(agent, portal, platform, browser)
        for context in browser.contexts:
            context.close()
        assert agent.process is not None
        if agent.process.poll() is None:
            assert agent.end() == 0, (tmp_path / "err").read_text()
    finally:
        if agent.process is not None and agent.process.poll() is None:
            agent.kill()
        portal.close()
        platform.close()

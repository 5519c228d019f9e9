"""The server that a phone speaks with, and the browser that the phone is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import insert
from tests.end_to_end.browsers import chromium_at
from tests.end_to_end.phone.hand import (
    ELSEWHERE,
    OTHERS,
    capture,
    world,
)
from tests.integration.live_server import Live, live_server, place_entry

from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_server(tmp_path_factory.mktemp("server")) as running:
        with Writing(running.house.engine) as writing:
            writing.connection.execute(insert(EntryRow), place_entry(ELSEWHERE, OTHERS.party))
        capture(running, *world())
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for the tests of a module: while it runs, nothing asynchronous can."""
    with chromium_at(chromium) as launched:
        yield launched


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(
        viewport={"width": 360, "height": 740}, locale="en-GB", timezone_id="Asia/Shanghai", has_touch=True
    )
    yield made
    made.close()

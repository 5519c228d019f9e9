"""The real thing for the end-to-end tests: the sample world on a real server, and a browser to walk in."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from playwright.sync_api import Browser
from rich.console import Console
from tests.end_to_end.browsers import chromium_at

from suyuan.api.demo.server import free_port
from suyuan.api.demo.stage import Stage, set_stage
from suyuan.api.house import utc_now
from suyuan.api.settings import read_settings


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server process that holds the whole sample world, read over LLRP and delivered over HTTP."""
    folder = tmp_path_factory.mktemp("world")
    settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PORT": str(free_port())})
    with set_stage(settings, Console(file=StringIO()), utc_now) as made:
        yield made


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium per module: Playwright keeps an event loop running, which async tests cannot share."""
    with chromium_at(chromium) as launched:
        yield launched

"""The real thing for the end-to-end tests: the sample world on a real server, and a browser to walk in."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from rich.console import Console
from tests.end_to_end.browsers import chromium_at
from tests.ports import free_port

from suyuan.api.demo.stage import Stage, set_stage
from suyuan.api.house import utc_now
from suyuan.api.settings import read_settings


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server process that holds the whole sample world, read over LLRP and delivered over HTTP.

    The first process of a run plays it; the others begin with a copy of what it had then, each on its own
    server.
    """
    folder, ours = tmp_path_factory.mktemp("world"), tmp_path_factory.getbasetemp()
    kept = (ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours) / "played"
    settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PORT": str(free_port())})
    with ExitStack() as open_:
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if kept.exists():
                shutil.copytree(kept, folder, dirs_exist_ok=True)
            made = open_.enter_context(set_stage(settings, Console(file=StringIO()), utc_now))
            if not kept.exists():
                _keep(folder, kept)
        yield made


def _keep(folder: Path, kept: Path) -> None:
    """Copy the data of a server that runs; what is not whole has another name."""
    making = kept.with_suffix(".making")
    shutil.copytree(folder, making, ignore=shutil.ignore_patterns("suyuan.db*", "server.log"))
    with (
        closing(sqlite3.connect(folder / "suyuan.db")) as store,
        closing(sqlite3.connect(making / "suyuan.db")) as copy,
    ):
        store.backup(copy)
    (making / "suyuan.db").chmod(0o600)
    making.rename(kept)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium per module: Playwright keeps an event loop running, which async tests cannot share."""
    with chromium_at(chromium) as launched:
        yield launched

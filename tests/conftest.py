"""Fixtures of the whole suite, and the rule that nothing skips where ``SUYUAN_REQUIRE=all`` is set."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

REQUIRE_ALL = os.environ.get("SUYUAN_REQUIRE") == "all"


def absent(reason: str) -> None:
    """Skip because something outside the project is not here; a failure where everything is required."""
    if REQUIRE_ALL:
        pytest.fail(f"SUYUAN_REQUIRE=all, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public reference data (``../shared/data``, or ``$SUYUAN_SHARED/data``)."""
    root = Path(os.environ.get("SUYUAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (root / "data").is_dir():
        absent(f"the reference data are not at {root / 'data'}; set SUYUAN_SHARED to the folder above data/")
    return root / "data"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        absent("there is no Chromium browser; on Debian: apt-get install chromium fonts-noto-cjk")
    return str(path)

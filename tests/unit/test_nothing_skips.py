"""Under SUYUAN_REQUIRE=all a skip of any kind is a failure; without it, it is a skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest
@pytest.mark.skip(reason="bare")
def test_bare(): ...
@pytest.mark.skipif(True, reason="conditional")
def test_conditional(): ...
def test_inside():
    pytest.skip("inside")
@pytest.mark.xfail
def test_of_a_known_fault():
    assert False
def test_fine(): ...
"""


@pytest.mark.parametrize(
    ("require", "told"),
    [("all", "1 failed, 1 passed, 1 xfailed, 3 errors"), ("", "1 passed, 4 skipped, 1 xfailed")],
)
def test_skips(tmp_path: Path, require: str, told: str) -> None:
    (tmp_path / "test_some.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "test_module.py").write_text(
        "import pytest\npytest.importorskip('no_such')\n", encoding="utf-8"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.conftest",
            "--continue-on-collection-errors",
            tmp_path,
        ],
        env={**os.environ, "PYTEST_ADDOPTS": "", "SUYUAN_REQUIRE": require, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told in done.stdout, done.stdout + done.stderr
    assert (done.returncode == 0) is (require == "")

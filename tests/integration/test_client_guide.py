"""Every example of docs/client-guide.md, run as it stands there, gives what stands below it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import absent
from tests.integration.live_server import live_server

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "client-guide.md"
_BLOCK = re.compile(r"```(sh|json|text)\n(.*?)```", re.DOTALL)
EXAMPLES = 24


def examples() -> Iterator[tuple[str, str]]:
    """Each command with what it shows."""
    blocks = _BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    for (language, command), (form, shown) in zip(blocks[::2], blocks[1::2], strict=True):
        assert language == "sh", command
        assert form != "sh", shown
        yield command, shown


def is_as_shown(shown: str, given: str) -> bool:
    """Whether ``given`` is what is ``shown``, white space aside; an ellipsis stands for anything."""
    parts = ("".join(part.split()) for part in shown.split("…"))
    return re.fullmatch(".*".join(map(re.escape, parts)), "".join(given.split()), re.DOTALL) is not None


def test_the_examples_of_the_guide_give_what_it_shows(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        absent("there is no curl; on Debian: apt-get install curl")
    ran = 0
    with live_server(tmp_path / "var") as live:
        (tmp_path / ".venv").symlink_to(ROOT / ".venv")
        around = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        around |= {"SUYUAN": live.url, "SUYUAN_VAR": str(tmp_path / "var"), "no_proxy": "*"}
        for command, shown in examples():
            run = ["bash", "-euo", "pipefail", "-c", command]
            done = subprocess.run(
                run, cwd=tmp_path, env=around, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            assert is_as_shown(shown, done.stdout), f"{command}\n--- shown\n{shown}\n--- given\n{done.stdout}"
            if token := re.search(r"^token (\S+)$", done.stdout, re.MULTILINE):
                around["TOKEN"] = token[1]
            ran += 1
    assert ran == EXAMPLES


def test_what_differs_from_the_guide_is_seen() -> None:
    assert is_as_shown('{"a": "…", "b": 1}', '{"a":"x","b":1}\n')
    assert not is_as_shown('{"a": "…", "b": 1}', '{"a":"x","b":2}')
    assert not is_as_shown("202 /capture/…", "400 /capture/")

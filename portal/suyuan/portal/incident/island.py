"""The workbench's small scripts: larger pictures, a bar that moves. Their paths and their bytes."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files

SCRIPTS = ("picture", "waiting")


@cache
def script(name: str) -> tuple[str, bytes]:
    """The path of a script, which changes with its content, and the script."""
    content = (files("suyuan.portal") / "static" / "incident" / f"{name}.js").read_bytes()
    return f"/assets/incident/{sha256(content).hexdigest()[:12]}.js", content

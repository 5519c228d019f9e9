"""The script that makes pictures larger: its address, which changes with its content, and its bytes."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files


@cache
def script() -> tuple[str, bytes]:
    """The path of the script, which changes with its content, and the script."""
    content = (files("suyuan.portal") / "static" / "incident" / "picture.js").read_bytes()
    return f"/assets/incident/{sha256(content).hexdigest()[:12]}.js", content

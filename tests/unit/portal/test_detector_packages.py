"""What is bundled for browsers is pinned to its bytes, and names no registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

UI = Path(__file__).resolve().parents[3] / "portal" / "ui"


def test_every_package_is_pinned_to_its_bytes() -> None:
    asked = json.loads((UI / "package.json").read_text("utf-8"))
    versions = [*asked["dependencies"].values(), *asked["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    locked = json.loads((UI / "package-lock.json").read_text("utf-8"))["packages"]
    others = {name: one for name, one in locked.items() if name}
    assert len(others) > len(versions)
    assert [name for name, one in others.items() if not one["integrity"].startswith("sha512-")] == []
    assert [name for name, one in others.items() if "resolved" in one] == []


def test_what_reaches_browsers_may_be_passed_on() -> None:
    locked = json.loads((UI / "package-lock.json").read_text("utf-8"))["packages"]
    shipped = {one.get("license", "") for name, one in locked.items() if name and not one.get("dev")}
    assert shipped <= {"MIT", "Apache-2.0", "(MIT OR CC0-1.0)"}

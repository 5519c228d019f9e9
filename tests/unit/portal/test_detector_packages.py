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


def test_the_container_builds_it_of_the_pinned_packages() -> None:
    root = UI.parents[1]
    stage = (root / "Dockerfile").read_text("utf-8").split("\nFROM ")[1].splitlines()
    assert stage[0].endswith(" AS ui")
    copied = {word for line in stage if line.startswith("COPY") for word in line.split()[1:-1]}
    needed = {f"portal/ui/{path.name}" for path in UI.iterdir() if path.is_file()}
    assert copied == needed
    assert [line for line in stage if line.startswith("RUN")] == [
        "RUN npm ci",
        "RUN npm run build",
    ]
    ignored = (root / ".dockerignore").read_text("utf-8").splitlines()
    assert "portal/suyuan/portal/static/shopper/built" in ignored  # what another machine built is left there

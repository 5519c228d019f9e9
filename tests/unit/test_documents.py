"""What the documents say is held against the code, and the house against its plan."""

from __future__ import annotations

import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from suyuan.api import cli
from suyuan.api.openapi.description import ROWS
from suyuan.api.settings import SETTINGS, Setting
from suyuan.portal.doors import DOORS

ROOT = Path(__file__).resolve().parents[2]
OF_THE_CONTAINER = {
    "SUYUAN_VAR",
    "SUYUAN_DATABASE",
    "SUYUAN_HOST",
    "SUYUAN_PORT",
    "SUYUAN_INSECURE",
    "SUYUAN_TLS_CERTIFICATE",
    "SUYUAN_TLS_KEY",
}
"""What the image and docker-compose.yml say themselves; TLS is spoken before the container."""
PORTIONS = ("readers", "trace", "api", "portal", "simulator")


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_operating_manual(setting: Setting) -> None:
    default = f"`{setting.default}`" if setting.default else "(empty)"
    row = f"| `{setting.name}` | {default} | {setting.meaning} |"
    assert row in (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [*cli.GROUPS, *cli.COMMANDS])
def test_every_command_is_in_the_operating_manual(command: str) -> None:
    assert f"`suyuan {command}" in (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def test_every_command_of_a_group_is_in_the_operating_manual() -> None:
    """By its whole name, or in a row of its group as ``list`` and the like."""
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    heads = [row.split(" | ")[0] for row in manual.splitlines() if row.startswith("| `suyuan ")]
    for group, module in cli.GROUPS.items():
        told = "".join(head for head in heads if f"`suyuan {group} " in head)
        for command in getattr(get_command(import_module(module).app), "commands", {}):
            assert re.search(rf"`(suyuan {group} )?{command}[` ]", told), f"suyuan {group} {command}"


def test_every_interface_is_in_the_operating_manual() -> None:
    table = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8").split("## Interfaces")[1]
    paths = {path for _, path in ROWS} | {door.path for door in DOORS if door.title}
    told = {re.split(r"/(?:[…{]|01/)|\?", path)[0] for path in re.findall("`(/[^`]*)`", table)}
    within = (path.split("/{")[0] for path in paths)
    missing = {path for path in within if path not in told and path.rpartition("/")[0] not in told}
    assert not missing


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_container_is_told_every_setting_that_is_not_of_the_container_itself(setting: Setting) -> None:
    passed = f"\n      {setting.name}: ${{{setting.name}:-}}"
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert (passed in compose) != (setting.name in OF_THE_CONTAINER)


@pytest.mark.parametrize("portion", PORTIONS)
def test_every_room_introduces_itself(portion: str) -> None:
    assert (ROOT / portion / "README.md").exists()


@pytest.mark.parametrize("portion", PORTIONS)
def test_a_portion_of_the_namespace_has_no_init_of_its_own(portion: str) -> None:
    assert not (ROOT / portion / "suyuan" / "__init__.py").exists()
    assert (ROOT / portion / "suyuan" / portion / "py.typed").exists()


def test_links_between_documents_lead_somewhere() -> None:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"(?:\]\(|src=\")([^)#\"\s]+)", text):
            if "://" not in target:
                assert ((ROOT / name).parent / target).exists(), f"{name} points to {target}"


def test_every_row_of_the_checklist_names_tests_that_exist() -> None:
    """A row without one is marked open, and says why."""
    there = {
        f"{path.stem}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    table = (ROOT / "docs" / "epcis-checklist.md").read_text(encoding="utf-8").split("|---|---|---|\n")[1]
    sections: list[str] = []
    for row in table.splitlines():
        asked, here, held = (
            cell.strip() for cell in row.strip().removesuffix("|").removeprefix("|").split("|")
        )
        if section := re.match(r"\*\*([a-m])\. ", asked):
            sections.append(section[1])
        named = [name.strip() for name in held.split(",") if name.strip()]
        assert set(named) <= there, (asked, set(named) - there)
        heads = bool(section) and not here
        assert named or heads or here.startswith("**open**: "), asked
    assert "".join(sections) == "abcdefghijklm"

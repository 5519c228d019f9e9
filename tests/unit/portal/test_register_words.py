"""Whatever the register finds, and whatever it asks, is said in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import suyuan.trace.register
from suyuan.trace.register.documents import DOCUMENT_FIELDS
from suyuan.trace.register.sheets import SHEETS

SOURCES = sorted(Path(suyuan.trace.register.__path__[0]).glob("*.py"))


def catalogue(name: str) -> dict[str, str]:
    source = files("suyuan.portal") / "words" / f"{name}.po"
    read = read_po(BytesIO(source.read_bytes()), locale=name, abort_invalid=True)
    return {str(message.id): str(message.string) for message in read if message.id}


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _sentences(path: Path) -> Iterator[str]:
    """Templates and remedies: of findings the second argument, of errors the first; never of programmers'."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = _called(node)
        parts = [keyword.value for keyword in node.keywords if keyword.arg == "remedy"]
        if name in {"error", "warning"}:
            parts += node.args[1:2]
        elif name[:1].isupper() and name not in {"AssertionError", "Field"}:
            parts += node.args[:1]
        for leaf in (leaf for part in parts for leaf in ast.walk(part)):
            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and " " in leaf.value:
                yield leaf.value


@pytest.mark.parametrize("name", ["zh_CN", "en"])
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_sentence_is_in_the_catalogue(path: Path, name: str) -> None:
    wanted = set(_sentences(path))
    if path.stem == "sheets":
        assert len(wanted) > 10
    assert wanted - catalogue(name).keys() == set()


def test_what_is_asked_is_explained_in_both_languages() -> None:
    chinese, english = catalogue("zh_CN"), catalogue("en")
    kinds = {*SHEETS, "document"}
    helped = {key for key in chinese if key.startswith("register.") and key.endswith(".help")}
    asked = {field.help for sheet in SHEETS.values() for field in sheet.fields}
    asked |= {field.help for field in DOCUMENT_FIELDS}
    about_fields = {key for key in helped if key.split(".")[1] in kinds}
    assert about_fields <= asked
    assert len(about_fields) > 25
    assert about_fields <= english.keys()

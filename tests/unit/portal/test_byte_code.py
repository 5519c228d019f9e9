"""Byte code of templates is kept for the next start, and is read only where nobody else can write it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined

from suyuan.portal import byte_code as kept
from suyuan.portal.byte_code import byte_code, kept_in

WORDS = "{% for one in many %}{{ one }} {% endfor %}"


def shown(folder: Path, source: str = WORDS, *, compiles: bool) -> str:
    """What a new start shows of a template, and whether it had to compile it."""
    made = Environment(
        loader=DictLoader({"page.html": source}),
        autoescape=True,
        undefined=StrictUndefined,
        bytecode_cache=kept_in([folder]),
    )
    compiled: list[str] = []
    compile_ = made.compile

    def told(source: str, name: str) -> object:
        compiled.append(name)
        return compile_(source, name)

    made.compile = lambda source, name, _file: told(source, name)  # type: ignore[assignment,misc,method-assign]
    text = made.get_template("page.html").render(many=["<b>", 2])
    assert bool(compiled) is compiles
    return text


def test_the_second_start_compiles_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    assert shown(folder, compiles=True) == "&lt;b&gt; 2 "
    assert shown(folder, compiles=False) == "&lt;b&gt; 2 "
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_was_written_anew_is_compiled_anew(tmp_path: Path) -> None:
    shown(tmp_path / "kept", compiles=True)
    assert shown(tmp_path / "kept", "{{ many[1] }}", compiles=True) == "2"


@pytest.mark.parametrize("length", [0, 1, 40, 70, 200])
def test_a_torn_file_is_as_good_as_none(tmp_path: Path, length: int) -> None:
    folder = tmp_path / "kept"
    shown(folder, compiles=True)
    [file] = folder.iterdir()
    assert file.stat().st_size > 200
    os.truncate(file, length)
    assert shown(folder, compiles=True) == "&lt;b&gt; 2 "
    assert shown(folder, compiles=False) == "&lt;b&gt; 2 "


def test_what_cannot_be_kept_is_shown_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jinja2.bccache.tempfile.NamedTemporaryFile", full)
    assert shown(tmp_path / "kept", compiles=True) == "&lt;b&gt; 2 "


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o701, 0o720])
def test_a_folder_that_others_enter_is_not_read(tmp_path: Path, mode: int) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(mode)
    assert kept_in([tmp_path / "open"]) is None
    assert kept_in([tmp_path / "open", tmp_path / "own"]) is not None
    assert not list((tmp_path / "open").iterdir())


def test_nor_is_one_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_in([tmp_path / "kept"]) is not None
    monkeypatch.setattr("suyuan.portal.byte_code.os.geteuid", lambda: os.getuid() + 1)
    assert kept_in([tmp_path / "kept"]) is None


def test_nor_one_behind_a_link_nor_a_file(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    (tmp_path / "file").touch(mode=0o700)
    assert kept_in([tmp_path / "link", tmp_path / "file", tmp_path / "file" / "below"]) is None


def test_it_lies_where_python_keeps_byte_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "pages.py"
    module.write_text("one")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert byte_code(module) is not None
    [folder] = (tmp_path / "__pycache__").iterdir()
    module.write_text("other")
    assert byte_code(module) is not None
    assert len(list((tmp_path / "__pycache__").iterdir())) == 2  # another module: another environment
    folder.parent.rename(tmp_path / "gone")
    (tmp_path / "__pycache__").touch()  # a package that cannot be written to
    assert byte_code(module) is not None
    [at_home] = (tmp_path / "home" / ".cache" / "suyuan").iterdir()
    assert at_home.name in {one.name for one in (tmp_path / "gone").iterdir()}
    monkeypatch.setattr(kept.sys, "dont_write_bytecode", True)
    assert byte_code(module) is None

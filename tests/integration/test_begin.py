"""``suyuan init``, ``backup`` and ``restore`` as somebody with only the README runs them.

One story runs them as programs; what else they say and refuse is asked of the command line in this process.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine
from tests.ports import free_port

from suyuan.api.cli import main
from suyuan.api.commands import serve
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.api.worker import MAIN_PROCESS
from suyuan.trace.recall.blocklist import listed_sequence
from suyuan.trace.store.accounts import AccountRole, create_account, verify_password
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.world import World, WorldTaken, begin_own, begin_sample, world_of

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def suyuan(var: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    return subprocess.run(
        [sys.executable, "-m", "suyuan.api.cli", *words],
        env={**kept, "SUYUAN_VAR": str(var), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Here = Callable[..., Said]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command line in this process: as :func:`suyuan`, without reading its modules each time."""
    for name in os.environ:
        if name.startswith("SUYUAN_"):
            monkeypatch.delenv(name)

    def run(var: Path, *words: str) -> Said:
        monkeypatch.setenv("SUYUAN_VAR", str(var))
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        told = capsys.readouterr()
        return Said(int(ended.value.code or 0), told.out, told.err)

    return run


def password_of(told: str) -> str:
    found = re.search(r"password (\S+) \(shown this once\)", told)
    assert found, told
    return found[1]


def test_init_makes_an_empty_world_and_one_administrator(tmp_path: Path, here: Here) -> None:
    var = tmp_path / "own"
    done = here(var, "init")
    assert done.returncode == 0, done.stderr
    assert "SUYUAN_PUBLIC_URL" in done.stdout
    engine = open_engine(var / "suyuan.db")
    with Reading(engine) as reading:
        account = verify_password(reading, "admin", password_of(done.stdout))
        assert account.role is AccountRole.ADMINISTRATOR
        assert world_of(reading) is World.OWN
    engine.dispose()
    again = here(var, "init")
    assert again.returncode == 1
    assert "was begun before" in again.stderr
    assert "Traceback" not in again.stderr
    demo = here(var, "demo", "--no-serve")
    assert demo.returncode == 1
    assert "sample data never mix" in demo.stderr


def test_init_with_an_unfit_name_leaves_nothing_begun(tmp_path: Path, here: Here) -> None:
    assert here(tmp_path, "init", "--name", "\t").returncode == 2
    assert here(tmp_path, "init", "--name", "admin").returncode == 0


@pytest.mark.slow
def test_backup_and_restore_are_two_commands(tmp_path: Path, here: Here) -> None:
    first, second, file = tmp_path / "one", tmp_path / "two", tmp_path / "monday.zip"
    password = password_of(suyuan(first, "init", "--generate").stdout)
    saved = suyuan(first, "backup", str(file))
    assert saved.returncode == 0, saved.stderr
    assert str(file) in saved.stdout
    restored = suyuan(second, "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    engine = open_engine(second / "suyuan.db")
    with Reading(engine) as reading:
        assert verify_password(reading, "admin", password).name == "admin"
    engine.dispose()
    twice = here(second, "restore", str(file))
    assert twice.returncode == 1
    assert "restored into an empty one" in twice.stderr
    absent = here(tmp_path / "three", "restore", "letter.pdf")
    assert absent.returncode == 2
    assert "There is no file letter.pdf" in absent.stderr
    no_file = here(tmp_path / "three", "restore", str(tmp_path))
    assert no_file.returncode == 1
    assert f"{tmp_path} cannot be read" in no_file.stderr


def test_a_place_where_nothing_can_be_written_is_one_sentence(tmp_path: Path, here: Here) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    assert here(tmp_path / "own", "init").returncode == 0
    cases = {("init",): (1, "cannot be made"), ("backup", str(tmp_path / "b.zip")): (2, "There is no store")}
    for words, (status, told) in cases.items():
        refused = here(tmp_path / "letter.pdf" / "own", *words)
        assert refused.returncode == status
        assert told in refused.stderr
        assert "Traceback" not in refused.stderr
    saved = here(tmp_path / "own", "backup", str(tmp_path / ("long" * 70)))
    assert saved.returncode == 1
    assert "cannot be written" in saved.stderr
    assert "Traceback" not in saved.stderr


def test_block_lists_after_a_restore_are_newer_than_any_before(tmp_path: Path, here: Here) -> None:
    """Else stations and phones, which refuse an older list, would not hear of the next recall."""
    first, second, file = tmp_path / "one", tmp_path / "two", tmp_path / "monday.zip"
    house = open_house(read_settings({"SUYUAN_VAR": str(first)}))
    before, key = listed_sequence(house.block_list()), house.block_list_public_key()
    house.close()
    assert here(first, "backup", str(file)).returncode == 0
    assert here(second, "restore", str(file)).returncode == 0
    house = open_house(read_settings({"SUYUAN_VAR": str(second)}))
    assert listed_sequence(house.block_list()) > before + 100_000
    assert house.block_list_public_key() == key
    house.close()


def first_words_of_serving(var: Path, until: str) -> str:
    """What ``suyuan serve`` says on stderr, up to the line with ``until``; it is ended then."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    environ = {**kept, "SUYUAN_VAR": str(var), "SUYUAN_PORT": str(free_port())}
    with subprocess.Popen(
        [sys.executable, "-m", "suyuan.api.cli", "serve"],
        env=environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        told = ""
        while line := process.stderr.readline():
            told += line
            if until in line:
                break
        process.terminate()
        process.stderr.read()
    return told


@pytest.mark.slow
def test_serving_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    told = first_words_of_serving(tmp_path, "run suyuan init")
    assert "run suyuan init" in told
    assert "can read" not in told


@pytest.mark.slow
def test_serving_names_the_files_of_an_older_store_that_others_can_read(tmp_path: Path) -> None:
    var = tmp_path / "old"
    var.mkdir()
    var.chmod(0o755)
    (var / "suyuan.db").touch()
    (var / "suyuan.db").chmod(0o644)
    told = first_words_of_serving(var, "run suyuan init")
    assert f"can read {var / 'suyuan.db'}, which holds password hashes" in told
    assert f"chmod 600 '{var / 'suyuan.db'}'" in told


def not_listening(*_: object, **__: object) -> SimpleNamespace:
    """Instead of Granian: a server that ends at once."""
    return SimpleNamespace(serve=lambda: None)


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({"PUBLIC_URL": "https://trace.example"}, True),
        ({"PUBLIC_URL": "https://trace.example", "TRUSTED_PROXY": "127.0.0.1"}, False),
        ({"PUBLIC_URL": "http://192.168.1.20:8000"}, False),
        ({}, False),
    ],
)
def test_serving_behind_a_proxy_that_is_not_told_of_is_warned_of(
    given: dict[str, str], warned: bool, tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else everybody has the proxy's address, and one stranger locks every officer out of signing in."""
    monkeypatch.setattr(serve, "Granian", not_listening)
    for name, value in {**given, "PORT": str(free_port())}.items():
        monkeypatch.setenv(f"SUYUAN_{name}", value)
    monkeypatch.setenv(MAIN_PROCESS, "")  # serving sets it: as before after this
    done = here(tmp_path, "serve")
    assert done.returncode == 0, done.stderr
    assert ("SUYUAN_TRUSTED_PROXY" in done.stderr) == warned


def test_who_speaks_tls_itself_has_no_proxy_to_tell_of() -> None:
    given = {"SUYUAN_TLS_CERTIFICATE": "chain.pem", "SUYUAN_TLS_KEY": "key.pem"}
    assert not serve.is_proxy_untold(read_settings(given))
    assert serve.is_proxy_untold(read_settings({"SUYUAN_PUBLIC_URL": "https://trace.example"}))


def test_own_and_sample_data_never_mix(engine: Engine) -> None:
    with Writing(engine) as writing:
        begin_sample(writing, known=False)
        begin_sample(writing, known=True)  # the demonstration goes on where it stopped
    with Writing(engine) as writing, pytest.raises(WorldTaken, match="sample world"):
        begin_own(writing)


def test_a_store_with_somebody_in_it_is_nobody_elses(engine: Engine) -> None:
    with Writing(engine) as writing:
        create_account(writing, "li", role=AccountRole.REGULATOR, party="", now=NOW)
    with Writing(engine) as writing, pytest.raises(WorldTaken, match="begun before"):
        begin_own(writing)
    with Writing(engine) as writing, pytest.raises(WorldTaken, match="own data"):
        begin_sample(writing, known=False)

"""``suyuan demo`` as people start it: once, again, in a taken port, and killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from sqlalchemy import func, select
from tests.ports import free_port

from suyuan.api.demo.credentials import Credentials, kept_credentials
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.simulator.plot import imagine
from suyuan.trace.lineage.contract import Options, Suspect
from suyuan.trace.store.engine import Reading, open_engine
from suyuan.trace.store.tables import EvidenceRow

PATIENCE_S = 240.0


def command(folder: Path, *options: str) -> tuple[list[str], dict[str, str]]:
    """``suyuan demo`` on a data folder of its own."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    return (
        [sys.executable, "-m", "suyuan.api.cli", "demo", *options],
        settings | {"SUYUAN_VAR": str(folder), "NO_COLOR": "1"},
    )


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    line, environ = command(folder, *options)
    return subprocess.run(
        line, env=environ, cwd=folder.parent, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def evidence_in(folder: Path) -> int:
    """How many events the store of ``folder`` holds; none where there is no store yet."""
    if not (folder / "suyuan.db").exists():
        return 0
    engine = open_engine(folder / "suyuan.db")
    try:
        with Reading(engine) as reading:
            counted = select(func.count(), func.count(EvidenceRow.event_id.distinct())).select_from(
                EvidenceRow
            )
            total, distinct = reading.connection.execute(counted).one()
    finally:
        engine.dispose()
    assert total == distinct
    return int(total)


def truth_in(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads((folder / "truth.json").read_bytes())
    return told


def credentials_in(folder: Path) -> Credentials:
    found = kept_credentials(folder)
    assert found is not None
    return found


@contextmanager
def house_of(folder: Path) -> Generator[House]:
    with closing(open_house(read_settings({"SUYUAN_VAR": str(folder)}))) as house:
        yield house


@dataclass(frozen=True, slots=True)
class Built:
    """The folder of a demonstration that was killed while it built its world, and completed the next time."""

    folder: Path
    at_kill: int
    said: subprocess.CompletedProcess[str]
    evidence: int
    truth: dict[str, Any]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One world for all: it takes a while, and one that was completed must be as good as any other."""
    folder = tmp_path_factory.mktemp("demo") / "var"
    port = free_port()
    line, environ = command(folder, "--port", str(port))
    process = subprocess.Popen(
        line, env=environ, cwd=folder.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        at_kill = _wait_for_evidence(folder, process, 100)
    finally:
        process.kill()
        process.wait()
    _wait_until_closed(port)  # the server does not outlive the demonstration that started it
    said = run(folder, "--no-serve")
    assert (said.returncode, said.stderr) == (0, "")
    return Built(folder, at_kill, said, evidence_in(folder), truth_in(folder))


def test_it_builds_the_world_and_prints_a_link(built: Built) -> None:
    kept = credentials_in(built.folder)
    assert built.evidence == len(imagine(kept.seed, kept.end).assignments)
    path = urlsplit(built.said.stdout.strip()).path  # the link is all that it prints
    item: str = built.truth["cases"][0]["item"]
    assert path == urlsplit(item).path
    with house_of(built.folder) as house:
        assert house.passport(path).verdict.state.value == "sold"
    assert (built.folder / "demo.json").stat().st_mode & 0o077 == 0  # it holds a password


def test_killed_in_the_middle_it_completed_the_next_time(built: Built) -> None:
    assert 100 <= built.at_kill < built.evidence
    with house_of(built.folder) as house:
        suspects = [Suspect(key) for key in built.truth["incident"]["suspects"]]
        found = house.trace(suspects, Options())
    affected = {s.key: s for s in found.states if not s.carrier and s.kind != "place"}
    assert affected.keys() == built.truth["affected"].keys()
    for key, told in built.truth["affected"].items():
        if (there := told["where"]) is not None:
            where = affected[key].where_now
            assert where is not None
            assert where.status == there["status"]
            if where.status != "consumed":  # what is used up is nowhere; the truth says where that was
                assert (where.place, where.container) == (there["place"], there["container"])


def test_the_next_time_it_adds_nothing(built: Built) -> None:
    before = evidence_in(built.folder)
    again = run(built.folder, "--no-serve")
    assert (again.returncode, again.stdout, again.stderr) == (0, built.said.stdout, "")
    assert evidence_in(built.folder) == before
    assert truth_in(built.folder) == built.truth


def test_it_serves_and_sells_until_interrupted(built: Built) -> None:
    before, port = evidence_in(built.folder), free_port()
    line, environ = command(built.folder, "--port", str(port))
    with subprocess.Popen(
        line, env=environ, cwd=built.folder.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            said = _read_until(process.stdout, r"\d\d:\d\d:\d\d shop-1 .*")
            link, warm = re.findall(r"http://\S+/01/\S+", said)
            assert f"http://127.0.0.1:{port}/console" in said
            assert httpx.get(link, timeout=PATIENCE_S, follow_redirects=True).status_code == 200
            told = httpx.get(warm, params={"lang": "en"}, timeout=PATIENCE_S, follow_redirects=True).text
            assert f"{built.truth['cold_chain']['worst_c']:.1f} °C at worst" in told
            (name, password), _who_confirms = re.findall(r"name (\S+), password (\S+)", said)
            form = {"name": name, "password": password, "next": "/console"}
            origin = f"http://127.0.0.1:{port}"
            entered = httpx.post(
                f"{origin}/sign-in", data=form, headers={"Origin": origin}, timeout=PATIENCE_S
            )
            assert (entered.status_code, entered.headers["location"]) == (303, "/console")
            _wait_for_evidence(built.folder, process, before + 1)  # a sale is delivered, not only shown
        finally:
            process.send_signal(signal.SIGINT)
            complaints = process.stderr.read()
        assert process.wait(PATIENCE_S) == 0
        assert complaints == ""
    _wait_until_closed(port)


def _read_until(stream: IO[str], pattern: str) -> str:
    """What is printed up to the first line of ``pattern``."""
    said = ""
    for line in stream:
        said += line
        if re.fullmatch(pattern, line.rstrip("\n")):
            return said
    pytest.fail(f"it ended without {pattern}; it said: {said}")


def _wait_for_evidence(folder: Path, process: subprocess.Popen[Any], wanted: int) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the demonstration ended by itself"
        if (folder / "stations").exists() and (found := evidence_in(folder)) >= wanted:
            return found
        time.sleep(0.05)
    pytest.fail(f"no {wanted} events within {PATIENCE_S:.0f} s")


def _wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2)
        except httpx.TransportError:
            return
        time.sleep(0.1)
    pytest.fail(f"somebody still listens on port {port}")


def test_a_taken_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = run(tmp_path / "var", "--port", str(port))
    assert found.returncode == 1
    [sentence] = found.stderr.splitlines()
    assert sentence.startswith(f"suyuan: Port {port} of 127.0.0.1 cannot be listened on")
    assert "--port" in sentence
    assert found.stdout == ""


def test_the_check_holds_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found = run(tmp_path / "var", "--check")
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stderr == ""
    *lines, last = found.stdout.splitlines()
    assert lines
    assert all(line.startswith("ok  ") for line in lines)
    assert re.fullmatch(rf"{len(lines)} hold, 0 fail, \d+ s", last)
    assert list(tmp_path.iterdir()) == []


def test_a_server_whose_starter_dies_while_it_starts_ends_too(tmp_path: Path) -> None:
    """Its worker does not hear a signal at that moment: it has to be ended after a while."""
    _, environ = command(tmp_path / "var")
    with subprocess.Popen(
        [sys.executable, "-m", "suyuan.api.demo.served"],
        env=environ | {"SUYUAN_PORT": str(free_port())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _read_until(process.stdout, r".*Spawning worker-1.*")
            process.stdin.close()
            assert process.wait(PATIENCE_S) == 0
            with pytest.raises(ProcessLookupError):
                os.killpg(process.pid, 0)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

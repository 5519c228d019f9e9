"""``suyuan bench reader`` tells what it measured, of clients of others too, and what it could not measure."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from suyuan.api.commands import bench_reader
from suyuan.api.commands.bench import app
from suyuan.readers.virtual.pcscd import SOCKET_VARIABLE
from suyuan.trace.errors import Unavailable, WrongUse

FEW = ["reader", "--tags", "1000", "--rounds", "1", "--pace", "500", "--seconds", "0.2"]
PEER = """
import sys
assert sys.argv[3] == "inventory"
print('{"reads": 300, "seconds": 0.5, "processor_seconds": 0.25}')
"""


def test_every_row_beside_another_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench_reader, "missing", lambda: "vsmartcard-vpcd")
    script = tmp_path / "peer.py"
    script.write_text(PEER)
    done = CliRunner().invoke(app, [*FEW, "--peer", f"other={sys.executable} {script}", "--json"])
    assert done.exit_code == 0, done.output
    rows = [orjson.loads(line) for line in done.output.splitlines()]
    assert [(row.get("what", "paced"), row.get("who")) for row in rows] == [
        ("reading of reports with 1 tags", "suyuan"),
        ("reading of reports with 50 tags", "suyuan"),
        ("reading of reports with 200 tags", "suyuan"),
        ("from TCP to the user, reports of 1", "suyuan"),
        ("from TCP to the user, reports of 1", "other"),
        ("from TCP to the user, reports of 50", "suyuan"),
        ("from TCP to the user, reports of 50", "other"),
        ("paced", None),
        ("PC/SC through pcscd to a virtual card", None),
    ]
    assert all(row["least"] <= row["median"] <= row["most"] for row in rows[:7])
    assert {(row["median"], row["per_core"]) for row in rows[:7] if row["who"] == "other"} == {
        (600.0, 1200.0)
    }
    assert all(row["per_core"] > 0 for row in rows[3:7])
    assert all(row["dropped"] == 0 for row in rows[:8])
    assert 0 < rows[7]["p50_ms"] <= rows[7]["p99_ms"]
    assert rows[8]["reason"] == "there is no vsmartcard-vpcd"


def test_rows_are_read_by_people() -> None:
    rates = bench_reader.Rates("reports", "suyuan", "tags/s", 1234567.0, 1.0, 2.0, dropped=3)
    assert (
        " ".join(bench_reader._line(rates).split()) == "reports suyuan 1,234,567 tags/s (1 to 2, 3 dropped)"
    )
    told = replace(rates, dropped=0, per_core=2e6)
    assert bench_reader._line(told).endswith("(1 to 2); 2,000,000 a second of processor")
    paced = bench_reader._line(bench_reader.Paced(999.6, 60.0, 0.1, 0.25, 0))
    assert paced.startswith("paced at 1,000 reads/s: 60.0 ms")
    assert bench_reader._line(bench_reader.Absent("PC/SC", "no root")) == "PC/SC was not measured: no root"


EXCHANGING = """
from suyuan.api.commands import bench_reader
(row,) = bench_reader._exchanging(200, 2)
assert isinstance(row, bench_reader.Rates), row
print(row.median)
"""


@pytest.mark.usefixtures("pcscd")
def test_apdus_go_through_the_real_daemon() -> None:
    # The client library stays with the first daemon that a process spoke to: this one needs a process.
    plain = {name: value for name, value in os.environ.items() if name != SOCKET_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", EXCHANGING], env=plain, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0


@pytest.mark.parametrize("text", ["sllurp", "=x", "sllurp="])
def test_a_peer_is_a_name_and_a_command(text: str) -> None:
    done = CliRunner().invoke(app, [*FEW, "--peer", text])
    assert isinstance(done.exception, WrongUse)


@pytest.mark.parametrize("code", ["print('no')", "print('{}')", "raise SystemExit('broken')"])
def test_a_peer_that_does_not_measure_is_told_of(code: str, tmp_path: Path) -> None:
    script = tmp_path / "peer.py"
    script.write_text(code)
    with pytest.raises(Unavailable, match="did not measure"):
        bench_reader._theirs([sys.executable, str(script)], 1, 10)


def test_a_peer_that_is_not_there_is_told_of() -> None:
    with pytest.raises(Unavailable, match="did not measure"):
        bench_reader._theirs(["/nowhere/python"], 1, 10)

"""``suyuan incident score``: what it prints, and with which exit status it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suyuan.api.commands.incident import app
from suyuan.trace.errors import WrongUse

RUN = CliRunner()
RING = {
    "deliveries": [
        {"id": "d1", "from": "A", "to": "B"},
        {"id": "d2", "from": "B", "to": "A"},
        {"id": "d4", "from": "B", "to": "C"},
    ],
    "links": [["d1", "d2"], ["d1", "d4"], ["d2", "d1"]],
}


@pytest.fixture
def ring(tmp_path: Path) -> str:
    path = tmp_path / "ring.json"
    path.write_text(json.dumps(RING), encoding="utf-8")
    return str(path)


def printed(*arguments: str) -> tuple[dict[str, Any], list[str]]:
    done = RUN.invoke(app, ["score", *arguments])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout), done.stderr.splitlines()


def test_exact_is_the_default_and_lists_where_desktop_differs(ring: str) -> None:
    found, said = printed(ring, "--case", "C")
    whole = {"score": 1.0, "normalized": 1.0, "positive": 1.0, "negative": 0.0}
    assert found["deliveries"]["d2"] == {**whole, "forward": False, "backward": False}
    assert found.keys() == {"stations", "deliveries"}
    cycle = "2 deliveries are ingredients of each other, such as d1 > d2 > d1."
    assert said == [
        f"{ring}: /links/0: {cycle} Delete the link that is wrong: nothing can be made of itself.",
        f"{ring}: deliveries that can reach each other: d1, d2",
        f"{ring}: deliveries that desktop scores otherwise: d2",
    ]


def test_desktop_and_lots(ring: str) -> None:
    found, said = printed(ring, "--case", "C", "--case", "A", "--dialect", "desktop", "--lots")
    assert found["deliveries"]["d2"]["score"] == 0.5
    assert found["stations"]["B"]["maximum_lot"] == 0.5
    assert found["stations"]["C"]["maximum_lot"] is None
    assert found["lots"] == {}
    assert len(said) == 2


def test_a_station_that_reaches_itself_is_named(ring: str) -> None:
    found, said = printed(ring, "--case", "A")
    assert found["stations"]["A"]["score"] == 1
    assert f"{ring}: weighted stations that reach themselves: A" in said
    assert f"{ring}: stations that desktop scores otherwise: A" in said


def test_suppositions_of_their_own(ring: str, tmp_path: Path) -> None:
    path = tmp_path / "what-if.json"
    path.write_text(
        '{"cc_stations": ["B"], "station_weight": {"C": 1}, "merge": {"A": "C"}}', encoding="utf-8"
    )
    found, _ = printed(ring, "--suppose", str(path))
    assert found["stations"]["C"]["score"] == found["stations"]["B"]["score"] == 1
    for text, where in (
        (b"", "/"),
        (b"[]", "suppositions"),
        (b'{"cc_stations": ["Z"]}', "suppositions/cc_stations/0"),
    ):
        path.write_bytes(text)
        done = RUN.invoke(app, ["score", ring, "--suppose", str(path)])
        assert done.exit_code == 1
        assert done.stderr.startswith(f"{ring}: {where}: ")


def test_a_case_at_a_merged_station_is_one_of_the_station_that_stands_for_it(tmp_path: Path) -> None:
    path = tmp_path / "merged.json"
    path.write_text(json.dumps({**RING, "merge": {"C": "M"}}), encoding="utf-8")
    found, said = printed(str(path), "--case", "C")
    assert "--case: C is merged into M, which has the case." in said
    assert found == printed(str(path), "--case", "M")[0]
    assert found["stations"]["B"]["score"] == 1


def test_web_names_the_dates_that_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "late.json"
    late = {"id": "d1", "from": "A", "to": "B", "departure": "2020-02-02", "arrival": "2020-02-01"}
    path.write_text(json.dumps({"deliveries": [late]}), encoding="utf-8")
    _, said = printed(str(path), "--dialect", "web")
    assert said[1] == f"{path}: deliveries whose dates contradict: d1"
    assert len(printed(str(path), "--dialect", "web", "--dates", "explicit")[1]) == 1


def test_faults_are_told_and_nothing_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({**RING, "links": [["d1", "x"]]}), encoding="utf-8")
    done = RUN.invoke(app, ["score", str(path)])
    assert (done.exit_code, done.stdout) == (1, "")
    remedy = "Write the id of one that is listed, or add it to the list."
    assert done.stderr == f"{path}: /links/0: There is no delivery x. {remedy}\n"


def test_wrong_use(ring: str) -> None:
    assert RUN.invoke(app, ["score", ring, "--dialect", "knime"]).exit_code == 2
    assert RUN.invoke(app, ["score", f"{ring}.no"]).exit_code == 2
    assert isinstance(RUN.invoke(app, ["score", ring, "--case", "nobody"]).exception, WrongUse)

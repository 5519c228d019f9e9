"""A trade in a folder: what was wished for, all of it or nothing, the same bytes for the same options."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import orjson
import pytest

from suyuan.simulator.trade.files import USUAL, USUAL_CASES, Form, Wishes, Written, wishes, write_world
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.telling import TOLD
from suyuan.trace.errors import SuyuanError, Unavailable, WrongUse

from .worlds import GREEN

ASKED = wishes("outbreak=6,fraud=1,clone,reads=0.02,late")


def written(out: Path, form: Form = "lines", asked: Wishes = ASKED, extent: Extent = GREEN) -> Written:
    return write_world(extent, asked, form, out, silent)


def silent(_events: int, _time: float) -> None:
    """Nobody listens."""


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_wishes_are_read() -> None:
    assert (
        Wishes(
            "farm",
            "salmonella",
            6,
            {"oversell": 1, "relabel": 1, "dilution": 1, "clone": USUAL},
            {"missed": 0.02, "stray": 0.02, "repeated": 0.02, "late": TOLD["late"]},
        )
        == ASKED
    )
    assert wishes("") == wishes(" , ") == Wishes()
    assert wishes("outbreak-at-plant") == Wishes("plant", cases=USUAL_CASES)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("fire", "There is no fire to inject"),
        ("outbreak,outbreak-at-plant", "Only one outbreak can begin"),
        ("clone=many", "clone=many has no number that fits"),
        ("clone=0.5", "clone=0.5 has no number"),
        ("clone=-1", "clone=-1 has no number"),
        ("late=2", "late=2 has no number"),
        ("late=nan", "late=nan has no number"),
        ("late=0.9,missing=0.9", "More than all is told wrongly"),
    ],
)
def test_wishes_that_cannot_be_are_refused(words: str, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        wishes(words)


def test_a_pathogen_without_incubation_is_refused() -> None:
    assert wishes("outbreak", "listeria").pathogen == "listeria"
    with pytest.raises(WrongUse, match="No incubation is known for rabies"):
        wishes("outbreak", "rabies")


def test_the_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    found = written(tmp_path / "one")
    assert written(tmp_path / "two") == found
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    written(tmp_path / "other", extent=replace(GREEN, seed=4))
    assert digests(tmp_path / "other") != digests(tmp_path / "one")


def test_what_is_told_of_a_folder_is_in_it(tmp_path: Path) -> None:
    found = written(tmp_path / "world", extent=replace(GREEN, days=10))
    lines = (tmp_path / "world/epcis/events.ndjson").read_bytes().splitlines()
    truth = json.loads((tmp_path / "world/truth.json").read_text("utf-8"))
    faults = [json.loads(line) for line in (tmp_path / "world/faults.jsonl").read_bytes().splitlines()]
    assert len(lines) == found.events == truth["events"]
    assert found.lots == truth["lots"]
    assert found.affected == len(truth["affected"]) > 100
    assert found.cases == len(truth["cases"]) == 6
    assert Counter(one["kind"] for one in faults) == truth["faults"] == found.faults
    ids = {orjson.loads(line)["eventID"] for line in lines}
    assert all(set(one["events"]) <= ids for one in faults)
    assert sorted(path.name for path in (tmp_path / "world").iterdir()) == [
        "epcis",
        "faults.jsonl",
        "truth.json",
    ]


@pytest.mark.parametrize("form", get_args(Form))
def test_every_form_holds_every_event(form: Form, tmp_path: Path) -> None:
    found = written(tmp_path / form, form)
    lines = written(tmp_path / "lines-again")
    assert replace(found) == lines
    if form == "documents":
        documents = [
            orjson.loads(path.read_bytes()) for path in (tmp_path / form / "epcis").glob("events-*.json")
        ]
        assert sum(len(one["epcisBody"]["eventList"]) for one in documents) == found.events
    if form == "bulk":
        parts = [np.load(path) for path in (tmp_path / form / "bulk").glob("part-*.npz")]
        assert sum(len(part["events"]) for part in parts) == found.events
        names = json.loads((tmp_path / form / "bulk/names.json").read_text("utf-8"))
        assert max(int(part["mentions"]["series"].max()) for part in parts) < len(names["series"])
        assert max(int(part["events"]["site"].max()) for part in parts) < len(names["places"])


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(WrongUse, match="is there already"):
        written(tmp_path / "there")
    assert list(tmp_path.iterdir()) == [tmp_path / "there"]


def test_nothing_is_left_where_it_did_not_end_well(tmp_path: Path) -> None:
    def stop(_events: int, _time: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(replace(GREEN, farms=12, days=20), ASKED, "lines", tmp_path / "world", stop)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        written(tmp_path / "file" / "world")


def test_a_wrong_extent_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SuyuanError):
        written(tmp_path / "world", extent=replace(GREEN, crops=("cocoa",)))
    assert list(tmp_path.iterdir()) == []

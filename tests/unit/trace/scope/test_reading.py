"""Questions in JSON: what is read is what was written, and every fault is told where it stands."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.oracle.stories import CRATE, DOCK, FARM, FLOUR, A

from suyuan.trace.scope import QuestionInvalid, question_json, read_question
from suyuan.trace.scope.members import OTHER_KINDS
from suyuan.trace.scope.selection import Shared, Supplier

PRODUCT = "https://id.gs1.org/01/09506000134352"
PARTY = "https://id.gs1.org/417/9506000000015"
FIRST, LAST = "2026-03-01T08:00:00+08:00", "2026-03-02T00:00:00Z"
WINDOW = {"from_time": FIRST, "to_time": LAST}
EVERYTHING: dict[str, Any] = {
    "selections": [
        {"kind": "objects", "keys": [A, "urn:epc:id:sscc:9506000.0134352222"], **WINDOW},
        {"kind": "lots", "lots": [FLOUR]},
        {"kind": "product", "product": PRODUCT, "dates": "best_before", "first_day": "2026-03-01"},
        {"kind": "place", "place": FARM, **WINDOW},
        {"kind": "supplier", "party": PARTY, "deeds": ["shipped"]},
        {
            "kind": "cases",
            "least": 1,
            "common": "all",
            "cases": [
                {"case": "c1", "objects": [A]},
                {"case": "c2", "places": [FARM], "products": [PRODUCT], **WINDOW},
            ],
        },
    ],
    "options": {
        "direction": "forward",
        "known_at": LAST,
        "depth": 3,
        "what_if": {
            "cross_contamination": [
                {"kind": "line", "key": DOCK, **WINDOW},
                {"kind": "container", "key": CRATE},
            ],
            "kill": [{"kind": "event", "key": "e1"}, {"kind": "place", "key": FARM, "to_time": LAST}],
        },
    },
}


def test_what_is_written_is_read_again() -> None:
    question = read_question(EVERYTHING)
    written = question_json(question)

    assert read_question(written) == question
    assert read_question(orjson.loads(orjson.dumps(written))) == question
    assert written["selections"][0]["from_time"] == "2026-03-01T00:00:00Z"
    assert written["selections"][0]["keys"][1] == "https://id.gs1.org/00/095060001343522226"
    assert question.options.cross_contamination[1] == Shared("container", CRATE)
    assert isinstance(question.selections[4], Supplier)
    assert question.selections[4].deeds == ("shipped",)


def one(**selection: object) -> dict[str, Any]:
    return {"selections": [selection]}


def supposing(**options: object) -> dict[str, Any]:
    return {"selections": [{"kind": "lots", "lots": [FLOUR]}], "options": options}


FAULTS: list[tuple[str, object, list[tuple[str, str]]]] = [
    ("no object", [], [("", "a list is no JSON object.")]),
    ("nothing selected", {}, [("/selections", "selections has to be a list with something in it.")]),
    ("no list", {"selections": 3}, [("/selections", "selections has to be a list with something in it.")]),
    ("unknown kind", one(kind="lts", lots=7), [("/selections/0/kind", "lts is none of objects, lots,")]),
    ("empty", one(kind="objects", keys=[]), [("/selections/0/keys", "keys has to be a list")]),
    ("no key", one(kind="objects", keys=[7, "x y"]), [("/selections/0/keys/0", "7 is no identifier."),
                                                      ("/selections/0/keys/1", "x y is neither a URI nor")]),
    ("a place as lot", one(kind="lots", lots=[FARM]), [("/selections/0/lots/0", f"{FARM} names no lot.")]),
    ("backwards", one(kind="place", place=FARM, from_time=LAST, to_time=FIRST),
     [("/selections/0", "The window ends before it begins.")]),
    ("empty window", one(kind="place", place=FARM, from_time=LAST, to_time=LAST),
     [("/selections/0", "The window is empty.")]),
    ("no zone", one(kind="place", place=FARM, from_time="2026-03-01T08:00:00"),
     [("/selections/0/from_time", "2026-03-01T08:00:00 is no instant with its offset.")]),
    ("no time", one(kind="place", place=FARM, to_time=[1]),
     [("/selections/0/to_time", "a list is no instant with its offset.")]),
    ("out of range", one(kind="place", place=FARM, from_time="0001-01-01T00:00:00+08:00"),
     [("/selections/0/from_time", "0001-01-01T00:00:00+08:00 is no instant with its offset.")]),
    ("no day", one(kind="product", product=PRODUCT, first_day="soon", last_day=9),
     [("/selections/0/first_day", "soon is no day."), ("/selections/0/last_day", "9 is no day.")]),
    ("days backwards", one(kind="product", product=PRODUCT, first_day="2026-03-02", last_day="2026-03-01"),
     [("/selections/0", "The last day is before the first.")]),
    ("unknown date", one(kind="product", product=PRODUCT, dates="eaten"),
     [("/selections/0/dates", "eaten is none of made, best_before, expires.")]),
    ("no deed", one(kind="supplier", party=PARTY, deeds=[]), [("/selections/0/deeds", "deeds has to be")]),
    ("cases", one(kind="cases", least=3, cases=[{"case": "c"}, {"case": "c", "objects": [A]}, 4]),
     [("/selections/0/cases/0", "Case c names no place and no object."),
      ("/selections/0/cases/2", "4 is no JSON object."),
      ("/selections/0/cases/1/case", "Case c is told twice.")]),
    ("too many needed", one(kind="cases", least=2, cases=[{"case": "c", "objects": [A]}]),
     [("/selections/0/least", "2 is no whole number from 1 to 1.")]),
    ("unknown member", one(kind="place", place=FARM, **{"a/b~": 1}),
     [("/selections/0/a~1b~0", "a/b~ means nothing here.")]),
    ("below zero", supposing(depth=-1), [("/options/depth", "-1 is no whole number from 0 to 1000.")]),
    ("true is no number", supposing(depth=True), [("/options/depth", "True is no whole number")]),
    ("sideways", supposing(direction="sideways"), [("/options/direction", "sideways is none of")]),
    ("a lot as room", supposing(what_if={"cross_contamination": [{"kind": "place", "key": FLOUR}]}),
     [("/options/what_if/cross_contamination/0/key", f"{FLOUR} names no place.")]),
    ("killed without a word", supposing(what_if={"kill": [{"key": FARM}]}),
     [("/options/what_if/kill/0/kind", "null is none of place, line, event.")]),
    ("an event has its own time",
     supposing(what_if={"kill": [{"kind": "event", "key": "e", "from_time": "2026-03-01T00:00:00Z",
                                  "to_time": None}]}),
     [("/options/what_if/kill/0/from_time", "from_time means nothing here.")]),
    ("many", one(kind="objects", keys=[A] * 10_001), [("/selections/0/keys", "The list is longer than")]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_every_fault_is_told_where_it_stands(value: object, expected: list[tuple[str, str]]) -> None:
    with pytest.raises(QuestionInvalid) as caught:
        read_question(value)

    problems = caught.value.problems
    assert [problem.where for problem in problems] == [where for where, _ in expected]
    for problem, (_, said) in zip(problems, expected, strict=True):
        assert problem.detail.startswith(said)
        assert problem.remedy
    assert caught.value.members()["code"] == "question-invalid"


def test_a_fault_of_a_kind_names_what_was_given() -> None:
    assert all("{value}" in said for _, said in OTHER_KINDS.values())

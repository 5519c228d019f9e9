"""The scope builder: its address, its JSON and its form are one question; faults stand at their fields."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from starlette.datastructures import QueryParams

from suyuan.portal.incident.asking import MOST_ROWS, Form, Row, filled_in, form_of, place_faults, question_of
from suyuan.portal.incident.desk import Room
from suyuan.trace.incident.reported import Reported
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.reading import read_question
from suyuan.trace.scope.selection import Cases, Objects, Place, Product, Question, Shared, Supplier
from suyuan.trace.store.investigations import Investigation

LOT = "https://id.gs1.org/01/09520007000014/10/M3"
PRODUCT = "https://id.gs1.org/01/09520007000014"
SHOP = "https://id.gs1.org/414/9520009000012"
PARTY = "https://id.gs1.org/417/9520001000010"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
FOUND = Investigation("I2026-0001", "p", "regulator", "", "x", "", "open", NOW, "li", NOW, 1, 0)
ILL = Reported("ill", "C-01", places=(SHOP,), goods=(LOT,))
ROOM = Room(FOUND, (), (ILL,), (), (), may_change=True)


def form(query: str) -> Form:
    return filled_in(QueryParams(parse_qsl(query, keep_blank_values=True)))


def asked(query: str) -> tuple[Form, Question]:
    given = form(query)
    question = read_question(question_of(given, ROOM))
    assert given.errors == {}
    return given, question


@pytest.mark.parametrize(
    ("query", "selection"),
    [
        (f"select=objects&key={LOT}", Objects((LOT,))),
        (
            f"select=place&key={SHOP}&from=2026-11-20&to=2026-11-20",
            Place(SHOP, datetime(2026, 11, 19, 16, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC)),
        ),
        (f"select=product-best_before&key={PRODUCT}", Product(PRODUCT, "best_before")),
        (f"select=supplier&key={PARTY}", Supplier(PARTY)),
    ],
)
def test_a_row_is_a_selection(query: str, selection: object) -> None:
    given, question = asked(query)
    assert question.selections == (selection,)
    again = form_of(question)
    assert read_question(question_of(again, ROOM)) == question
    assert form(given.query()) == given


def test_suppositions_and_cases_go_along() -> None:
    _, question = asked(
        f"cases=1&least=1&suppose=place&what={SHOP}&since=2026-11-20T08:00&till="
        f"&suppose=kill-place&what={SHOP}&since=&till=&depth=2"
    )
    (cases,) = question.selections
    assert isinstance(cases, Cases)
    assert (cases.cases[0].objects, cases.least) == ((LOT,), 1)
    assert question.options.cross_contamination == (
        Shared("place", SHOP, datetime(2026, 11, 20, tzinfo=UTC)),
    )
    assert [step.kind for step in question.options.kill] == ["place"]
    assert question.options.depth == 2
    again = form_of(question)
    assert (again.cases, again.least, again.depth) == (True, "1", "2")
    assert [row.kind for row in again.supposed] == ["place", "kill-place"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("select=objects&key=rubbish", "key-0"),
        (f"select=objects&key={LOT}&from=&to=&select=place&key={SHOP}&from=yesterday&to=", "from-1"),
        (f"select=place&key={SHOP}&from=2026-11-21&to=2026-11-20", "to-0"),
        (f"select=product-made&key={PRODUCT}&from=2026-11-21&to=2026-11-20", "to-0"),
        (f"select=objects&key={LOT}&suppose=kill-place&what={SHOP}&suppose=container&what={SHOP}", "what-1"),
        (f"select=product-made&key={PRODUCT}&from=x&to=", "from-0"),
        (f"select=objects&key={LOT}&depth=-1", "depth"),
        (f"select=objects&key={LOT}&known_at=soon", "known_at"),
        ("cases=1&least=9", "least"),
    ],
)
def test_faults_stand_at_their_fields(query: str, field: str) -> None:
    given = form(query)
    question = question_of(given, ROOM)
    if not given.errors:
        with pytest.raises(QuestionInvalid) as refused:
            read_question(question)
        place_faults(given, refused.value)
    assert list(given.errors) == [field]


def test_rows_without_a_key_are_left_out() -> None:
    assert form("select=objects&key=") == Form()
    assert form(f"select=objects&key={LOT}").rows == (Row("objects", LOT),)


def test_an_address_that_tells_half_of_a_question_is_an_error_and_not_a_wider_one() -> None:
    half = form(f"select=place&key={SHOP}&from=2026-11-20")
    assert half.rows == (Row("place", SHOP, "2026-11-20", ""),)  # nobody told an end
    for query in (
        f"select=place&key={SHOP}&from=2026-11-20&to=2026-11-20&to=shops",
        f"select=place&select=place&key={SHOP}",
        f"select=nothing&key={SHOP}",
    ):
        given = form(query)
        assert not given.asks
        assert list(given.errors) == ["key-0"]


def test_more_rows_than_the_builder_takes_are_an_error_with_all_of_them_kept() -> None:
    many = form("&".join(f"select=objects&key={LOT}{number}" for number in range(MOST_ROWS + 1)))
    assert len(many.rows) == MOST_ROWS + 1
    assert list(many.errors) == ["key-0"]
    assert not form("&".join(f"select=objects&key={LOT}{n}" for n in range(MOST_ROWS))).errors


@pytest.mark.parametrize("text", ["\u00b2", "9" * 5000])
def test_a_number_that_is_none_is_a_fault_at_its_field(text: str) -> None:
    given = form(f"select=objects&key={LOT}&cases=1&depth={text}&least={text}")
    question_of(given, ROOM)
    assert set(given.errors) == {"depth", "least"}

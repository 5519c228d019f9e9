"""Reports in the store: numbers nobody can guess, steps that follow, reporters shown to nobody by mistake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.recall.complaints import (
    Channel,
    ComplaintState,
    ComplaintStepRefused,
    Report,
    complaint,
    complaints,
    contact_of,
    join_case,
    looks_at,
    note,
    notes,
    number_of,
    report,
    typed_number,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import ComplaintRow

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
CONTACT = "王女士 138 0013 8000"


def told(form: str = "0" * 32, **changes: object) -> Report:
    answers = {"trouble": "illness", "description": "孩子食用后腹泻", "bought_at": "望江路店"}
    values: dict[str, object] = {"object": ITEM, "told": answers, "contact": CONTACT, **changes}
    return Report(form, Channel.SHOPPER, **values)  # type: ignore[arg-type]


def test_the_same_form_is_one_report(engine: Engine) -> None:
    with Writing(engine) as writing:
        number = report(writing, told(), now=NOW)
    with Writing(engine) as writing:
        assert report(writing, told(), now=NOW + timedelta(minutes=1)) == number
    with Reading(engine) as reading:
        [found] = complaints(reading)
        assert (found.number, found.received, found.state) == (number, NOW, ComplaintState.RECEIVED)
        assert found.told["description"] == "孩子食用后腹泻"
        assert CONTACT not in repr(found)


def test_who_reported_is_told_only_for_a_purpose_and_every_look_is_kept(engine: Engine) -> None:
    with Writing(engine) as writing:
        number = report(writing, told(), now=NOW)
    with Writing(engine) as writing, pytest.raises(InvalidInput, match="for what"):
        contact_of(writing, number, by="li", purpose=" ", now=NOW)
    with Writing(engine) as writing:
        assert contact_of(writing, number, by="li", purpose="回访患者", now=NOW) == CONTACT
    with Reading(engine) as reading:
        assert looks_at(reading, number) == [(NOW, "li", "回访患者")]
    with pytest.raises(DBAPIError), Writing(engine) as writing:
        writing.connection.execute(text("DELETE FROM access"))


def test_steps_follow_and_stay_on_record(engine: Engine) -> None:
    with Writing(engine) as writing:
        number = report(writing, told(), now=NOW)
        with pytest.raises(ComplaintStepRefused, match="no longer possible"):
            note(writing, number, state=ComplaintState.CLOSED, text="x", public=True, by="li", now=NOW)
        note(writing, number, state=ComplaintState.ACCEPTED, text="已派员", public=True, by="li", now=NOW)
        note(writing, number, state=None, text="内部:样品送检", public=False, by="li", now=NOW)
        with pytest.raises(InvalidInput, match="Say what was done"):
            note(writing, number, state=None, text=" ", public=True, by="li", now=NOW)
        note(writing, number, state=ComplaintState.CLOSED, text="已召回", public=True, by="wang", now=NOW)
        join_case(writing, number, "R2026-0001")
    with Reading(engine) as reading:
        found = complaint(reading, number)
        assert (found.state, found.case_number) == (ComplaintState.CLOSED, "R2026-0001")
        public = notes(reading, number, public_only=True)
        assert [one.text for one in public] == ["已派员", "已召回"]
        assert len(notes(reading, number, public_only=False)) == 3
    with pytest.raises(DBAPIError), Writing(engine) as writing:
        writing.connection.execute(text("UPDATE complaint_note SET text = ''"))


def test_pages_of_reports_leave_nothing_out(engine: Engine) -> None:
    with Writing(engine) as writing:
        for form in range(23):
            report(writing, told(f"{form:032x}"), now=NOW + timedelta(seconds=form // 4))
    seen: list[str] = []
    with Reading(engine) as reading:
        before = None
        while page := complaints(reading, before=before, limit=5):
            seen += [one.number for one in page]
            before = (page[-1].received, page[-1].number)
        received = [complaint(reading, number).received for number in seen]
    assert len(set(seen)) == len(seen) == 23
    assert received == sorted(received, reverse=True)


def test_an_unknown_number_and_a_strange_form_are_told(engine: Engine) -> None:
    with Reading(engine) as reading, pytest.raises(NotFound, match="7F3K2-9QXDM"):
        complaint(reading, "7F3K2-9QXDM")
    with Writing(engine) as writing, pytest.raises(InvalidInput, match="not one of ours"):
        report(writing, told("1"), now=NOW)
    with Writing(engine) as writing, pytest.raises(InvalidInput, match="longer than"):
        report(writing, told(contact="x" * 5_000), now=NOW)
    with Reading(engine) as reading:
        assert complaints(reading, ComplaintRow.object == ITEM) == []


@given(st.binary(min_size=16, max_size=16))
def test_a_number_survives_being_read_aloud_and_typed(form: bytes) -> None:
    number = number_of(form.hex())
    assert typed_number(number) == number
    assert typed_number(f" {number.lower().replace('-', ' ')} ") == number
    assert typed_number(number.replace("0", "o").replace("1", "l")) == number


def test_numbers_do_not_follow_from_each_other() -> None:
    numbers = [number_of(f"{form:032x}") for form in range(1_000)]
    assert len(set(numbers)) == 1_000
    assert len({number[:3] for number in numbers}) > 900

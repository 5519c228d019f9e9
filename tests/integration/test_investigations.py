"""Investigations in the store: who sees and changes them, what is kept; their history only grows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from tests.integration.market import AUTHORITIES, PLANT, RIVAL, SHOP

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, SuyuanError, TooLarge
from suyuan.trace.incident.problems import CasesInvalid
from suyuan.trace.incident.reported import read_reported, reported_json
from suyuan.trace.store import investigations as kept
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sight import EVERYTHING, NO_COMPETENCE, Viewer

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
OFFICER = Viewer("li", "regulator", AUTHORITIES["competent"][0], EVERYTHING)
COLLEAGUE = Viewer("wang", "regulator", AUTHORITIES["competent"][0], EVERYTHING)
OTHER = Viewer("he", "regulator", AUTHORITIES["other"][0], EVERYTHING)
COMPANY = Viewer("plant", "company", PLANT.party)
RIVALS = Viewer("rival", "company", RIVAL.party)
ROOT = Viewer("root", "administrator", "")
STATION = Viewer("dock", "station", PLANT.party)
NOBODY = Viewer("new", "regulator", AUTHORITIES["competent"][0], NO_COMPETENCE)
ILL = {"kind": "ill", "label": "C-01", "onset": "2026-11-14", "places": [SHOP.place], "goods": []}


def test_an_investigation_is_seen_and_changed_by_the_people_of_who_opened_it(engine: Engine) -> None:
    with Writing(engine) as writing:
        first = kept.open_investigation(writing, by=OFFICER, zh="沙门氏菌", suspicion="salmonella", now=NOW)
        own = kept.open_investigation(writing, by=COMPANY, en="mock recall", now=NOW + timedelta(hours=1))
        with pytest.raises(NotAllowed):
            kept.open_investigation(writing, by=STATION, zh="x", now=NOW)
    assert (first, own) == ("I2026-0001", "I2026-0002")
    seen = {
        OFFICER: [first], COLLEAGUE: [first], OTHER: [], COMPANY: [own], RIVALS: [], ROOT: [own, first],
        STATION: [], NOBODY: [first],
    }  # fmt: skip
    with Reading(engine) as reading:
        for viewer, numbers in seen.items():
            found = [one.number for one in kept.investigations(reading, viewer=viewer)]
            assert found == numbers, viewer
            for number in {first, own} - set(numbers):
                with pytest.raises(NotFound):
                    kept.investigation(reading, number, viewer=viewer)
        assert [one.number for one in kept.investigations(reading, viewer=ROOT, before=own)] == [first]
        assert kept.investigations(reading, viewer=ROOT, state="closed") == []
    with Writing(engine) as writing:
        kept.note(writing, first, "看了仓库", by=COLLEAGUE, now=NOW)
        for viewer, error in ((ROOT, NotAllowed), (OTHER, NotFound), (COMPANY, NotFound)):
            with pytest.raises(error):
                kept.note(writing, first, "x", by=viewer, now=NOW)


def test_what_is_in_it_is_kept_with_its_history(engine: Engine) -> None:
    with Writing(engine) as writing:
        number = kept.open_investigation(writing, by=OFFICER, zh="事件", en="incident", now=NOW)
        cases = kept.add_cases(
            writing, number, [("C-01", ILL), ("C-02", {**ILL, "label": "C-02"})], by=OFFICER, now=NOW
        )
        kept.remove_case(writing, number, cases[0], by=COLLEAGUE, now=NOW)
        more = kept.add_cases(writing, number, [("C-01", ILL)], by=OFFICER, now=NOW)
        place = kept.keep_answer(
            writing,
            number,
            kind="scope",
            name="  最大范围 ",
            question={"selection": [1]},
            evidence=7,
            summary={"hold": 3.5},
            by=OFFICER,
            now=NOW,
        )
        kept.amend(writing, number, by=OFFICER, zh="改名", en="", suspicion="stec", now=NOW)
        kept.hand_over(writing, number, "R2026-0001", by=OFFICER, now=NOW)
        kept.close(writing, number, by=OFFICER, now=NOW + timedelta(days=1))
    assert (list(cases), list(more)) == ([1, 2], [3])
    with Reading(engine) as reading:
        found = kept.investigation(reading, number, viewer=COLLEAGUE)
        assert [case.label for case in kept.cases(reading, number)] == ["C-02", "C-01"]
        assert kept.cases(reading, number)[1].told == ILL
        (one,) = kept.answers(reading, number, "scope")
        assert kept.answers(reading, number, "ranking") == []
        whole = kept.answer(reading, number, place)
        steps = [(entry.what, entry.by) for entry in kept.history(reading, number)]
        assert [entry.number for entry in kept.history(reading, number, before=8, limit=2)] == [7, 6]
        text_of = kept.history(reading, number)[4].content
    assert (found.zh, found.en, found.suspicion, found.state) == ("改名", "", "stec", "closed")
    assert (found.cases, found.answers, found.changed) == (2, 1, NOW + timedelta(days=1))
    assert (one.number, one.kind, one.name, one.evidence, one.kept_by) == (
        place, "scope", "最大范围", 7, "li"
    )  # fmt: skip
    assert (whole.name, whole.question, whole.summary) == (one.name, {"selection": [1]}, {"hold": 3.5})
    assert steps == [
        ("closed", "li"), ("handed-over", "li"), ("amended", "li"), ("answer-kept", "li"),
        ("cases-added", "li"), ("case-removed", "wang"), ("cases-added", "li"), ("opened", "li"),
    ]  # fmt: skip
    assert text_of == {"labels": ["C-01"]}
    with Writing(engine) as writing:
        with pytest.raises(kept.InvestigationClosed):
            kept.note(writing, number, "x", by=OFFICER, now=NOW)
        kept.reopen(writing, number, by=OFFICER, now=NOW)
        kept.remove_answer(writing, number, place, by=OFFICER, now=NOW)
    with Reading(engine) as reading:
        assert kept.answers(reading, number) == []
        with pytest.raises(NotFound):
            kept.answer(reading, number, place)


def test_what_cannot_be_kept_is_told_and_nothing_is_half_written(engine: Engine) -> None:
    with Writing(engine) as writing:
        number = kept.open_investigation(writing, by=COMPANY, en="drill", now=NOW)
        kept.add_cases(writing, number, [("C-01", ILL)], by=COMPANY, now=NOW)

    def refused(error: type[SuyuanError], **change: object) -> None:
        told: dict[str, Any] = {"kind": "scope", "name": "n", "question": {}, "evidence": 1, "summary": {}}
        told |= change
        with pytest.raises(error), Writing(engine) as writing:
            kept.keep_answer(writing, number, by=COMPANY, now=NOW, **told)

    refused(InvalidInput, kind="guess")
    refused(InvalidInput, name="  ")
    refused(TooLarge, summary={"keys": ["x" * 100] * 11_000})
    with pytest.raises(Conflict), Writing(engine) as writing:
        kept.add_cases(writing, number, [("C-02", ILL), ("C-01", ILL)], by=COMPANY, now=NOW)
    with pytest.raises(InvalidInput), Writing(engine) as writing:
        kept.open_investigation(writing, by=COMPANY, zh=" ", now=NOW)
    with pytest.raises(InvalidInput), Writing(engine) as writing:
        kept.note(writing, number, " ", by=COMPANY, now=NOW)
    with Reading(engine) as reading:
        assert [case.label for case in kept.cases(reading, number)] == ["C-01"]
        assert len(kept.history(reading, number)) == 2
    for change in ("UPDATE investigation_entry SET what = 'x'", "DELETE FROM investigation_entry"):
        with pytest.raises(DBAPIError, match="append-only"), Writing(engine) as writing:
            writing.connection.execute(text(change))


def test_a_party_has_so_many_investigations(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suyuan.trace.store.investigation_rows.MOST_OPEN", 2)
    monkeypatch.setattr("suyuan.trace.store.investigation_rows.MOST_A_YEAR", 3)

    def begin(by: Viewer, days: int = 0) -> str:
        with Writing(engine) as writing:
            now = NOW + timedelta(days=days)
            return kept.open_investigation(writing, by=by, en="drill", now=now)

    def refused(template: str, step: Callable[[], object]) -> None:
        with pytest.raises(kept.TooManyInvestigations) as error:
            step()
        assert (error.value.status, error.value.template, bool(error.value.remedy)) == (409, template, True)

    def reopen() -> None:
        with Writing(engine) as writing:
            kept.reopen(writing, first, by=COMPANY, now=NOW)

    first, second = begin(COMPANY), begin(COMPANY)
    refused("{most} investigations are open already", lambda: begin(COMPANY))
    begin(OFFICER)  # each party by itself
    with Writing(engine) as writing:
        kept.close(writing, first, by=COMPANY, now=NOW)
    begin(COMPANY)
    refused("{most} investigations are open already", reopen)
    with Writing(engine) as writing:
        kept.close(writing, second, by=COMPANY, now=NOW)
    refused("{most} investigations were opened within a year", lambda: begin(COMPANY, 364))
    reopen()
    with Writing(engine) as writing:
        kept.close(writing, first, by=COMPANY, now=NOW)
    begin(COMPANY, 366)


def test_an_investigation_stores_so_many_bytes_and_what_is_in_it_stays_of_use(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "suyuan.trace.store.investigation_rows.MOST_STORED", dict.fromkeys(kept.MOST_STORED, 3_000)
    )
    told: dict[str, Any] = {"kind": "scope", "name": "n", "evidence": 1, "by": COMPANY, "now": NOW}
    with Writing(engine) as writing:
        number = kept.open_investigation(writing, by=COMPANY, en="drill", now=NOW)
        kept.add_cases(writing, number, [("C-01", ILL)], by=COMPANY, now=NOW)

    def fill(step: Callable[[Writing, int], object], most: int) -> None:
        """Do it until it is refused: not at once, and in time, also if what it adds is taken out again."""

        def go_on() -> None:
            for count in range(most):
                done.append(count)
                with Writing(engine) as writing:
                    step(writing, count)

        done: list[int] = []
        with pytest.raises(kept.InvestigationFull) as refused:
            go_on()
        assert (refused.value.status, len(done) > 2, bool(refused.value.remedy)) == (409, True, True)

    def keep(writing: Writing, _: int) -> None:
        one = kept.keep_answer(writing, number, question={"a": "x" * 500}, summary={"b": "y" * 500}, **told)
        kept.remove_answer(writing, number, one, by=COMPANY, now=NOW)

    def add(writing: Writing, count: int) -> None:
        (one,) = kept.add_cases(
            writing, number, [(f"D-{count}", {**ILL, "goods": ["x" * 700]})], by=COMPANY, now=NOW
        )
        kept.remove_case(writing, number, one, by=COMPANY, now=NOW)

    fill(keep, 4)
    fill(add, 5)
    fill(lambda writing, _: kept.note(writing, number, "\u6c34" * 200, by=COMPANY, now=NOW), 6)
    with pytest.raises(kept.InvestigationFull), Writing(engine) as writing:
        kept.amend(writing, number, by=COMPANY, zh="x" * 200, en="y" * 200, suspicion="z" * 200, now=NOW)
    with Writing(engine) as writing:
        kept.remove_case(writing, number, 1, by=COMPANY, now=NOW)
        kept.hand_over(writing, number, "R2026-0001", by=COMPANY, now=NOW)
        kept.close(writing, number, by=COMPANY, now=NOW)
    with Reading(engine) as reading:
        steps = kept.history(reading, number)
        assert [one.what for one in steps[:3]] == ["closed", "handed-over", "case-removed"]
        assert kept.investigation(reading, number, viewer=COMPANY).en == "drill"


def test_cases_are_read_with_every_fault_and_without_names() -> None:
    today = date(2026, 11, 20)
    told = {
        **ILL, "standing": "probable", "age_group": "25-44", "from_day": "2026-11-09", "to_day": "2026-11-12",
        "goods": ["https://id.gs1.org/01/09521234000013/10/L1"],
    }  # fmt: skip
    sample = {"kind": "sample", "label": "S1", "goods": told["goods"], "power": 0.8}
    found = read_reported([told, sample], today=today)
    assert [reported_json(one) for one in found] == [told, {**sample, "places": []}]
    wrong = [
        {**ILL, "label": "王小明"},
        {**ILL, "label": "C-2", "name": "x", "onset": "2026-11-31"},
        {**ILL, "label": "C-3", "onset": "2026-11-21", "places": ["nowhere"]},
        {"label": "C-4", "standing": "certain", "power": 2},
        {**ILL, "label": "C-5", "from_day": "2026-11-15", "to_day": "2026-11-13"},
        {"kind": "well", "label": "C-6"},
        7,
        {**ILL, "label": "C-5"},
    ]
    with pytest.raises(CasesInvalid) as refused:
        read_reported(wrong, today=today, taken=["C-6"])
    assert [problem.where for problem in refused.value.problems] == [
        "/0/label", "/1/name", "/1/onset", "/2/onset", "/2/places/0", "/3/standing", "/3/power", "/3",
        "/4/to_day", "/4/from_day", "/5", "/5/label", "/6", "/7/label",
    ]  # fmt: skip
    assert "王小明" not in str(refused.value)
    nothings: list[Any] = [{}, "x", None]
    for nothing in nothings:
        with pytest.raises(CasesInvalid):
            read_reported(nothing, today=today)

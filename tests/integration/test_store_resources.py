"""Members of collections on both databases: what is walked, in which order, and where a page ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from suyuan.trace.store import resources
from suyuan.trace.store.capture import capture
from suyuan.trace.store.company_prefixes import note_prefix, prefixes_on_record
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.parameters import QueryParameterWrong
from suyuan.trace.store.resources import ValuesInSight, epcs
from suyuan.trace.store.settings import set_setting
from suyuan.trace.store.sight import HOUSE, Viewer

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OURS, THEIRS = "https://id.gs1.org/417/9506000000015", "https://id.gs1.org/417/9506000000022"
US = Viewer("us", "company", OURS)
NOBODY = Viewer("nobody", "company", "")


def item(number: int) -> str:
    return f"https://id.gs1.org/01/09506000134352/21/{number}"


def tell(
    engine: Engine, party: str, minute: int, *epcs_of_events: list[int], step: str = "inspecting"
) -> None:
    events: list[dict[str, Any]] = [
        {
            "type": "ObjectEvent",
            "eventID": f"urn:example:{minute}:{at}",
            "eventTime": "2026-05-01T08:00:00.000+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": step,
            "epcList": [item(number) for number in numbers],
            "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/L"}],
        }
        for at, numbers in enumerate(epcs_of_events)
    ]
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T12:00:00.000Z",
        "epcisBody": {"eventList": events},
    }
    now = NOW + timedelta(minutes=minute)
    job = capture(engine, orjson.dumps(document), "application/json", party=party, now=now)
    assert job.success, job.errors


def all_pages(engine: Engine, viewer: Viewer, per_page: int) -> list[str]:
    found: list[str] = []
    token: str | None = None
    with Reading(engine) as reading:
        for _ in range(1000):
            page = epcs(reading, viewer, now=NOW, per_page=per_page, token=token)
            found += page.members
            if (token := page.next_token) is None:
                return found
    raise AssertionError("the pages have no end")


def test_each_epc_once_in_the_order_in_which_it_came_into_sight(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(engine, THEIRS, 1, [9, 1])
    tell(engine, OURS, 2, [5, 4], [4, 3, 5])
    tell(engine, OURS, 3, *[[3, 4, 5]] * 7, [2, 9])
    tell(engine, THEIRS, 4, [8, 2])
    tell(engine, OURS, 5, [2, 7])
    ours = [item(number) for number in (5, 4, 3, 2, 9, 7)]
    for at_once, per_page in ((50, 2), (50, 100), (3, 2), (3, 1), (1000, 3)):
        monkeypatch.setattr(resources, "_EVENTS_AT_ONCE", at_once)
        monkeypatch.setattr(resources, "_EVENTS_PER_PAGE", 2 * at_once)
        assert all_pages(engine, US, per_page) == ours, (at_once, per_page)
        everything = all_pages(engine, HOUSE, per_page)
        assert sorted(everything) == [item(number) for number in (1, 2, 3, 4, 5, 7, 8, 9)]
    assert all_pages(engine, NOBODY, 3) == []


def test_values_follow_what_is_captured(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ValuesInSight()

    def own_steps(viewer: Viewer) -> list[str]:
        with Reading(engine) as reading:
            return [one for one in known.values(reading, "bizSteps", viewer) if ":" in one]

    assert own_steps(HOUSE) == own_steps(US) == []
    for minute, few in enumerate((5000, 0, 5000, 0), 1):  # both ways to look at what is new
        monkeypatch.setattr(resources, "_FEW", few)
        tell(engine, OURS if minute % 2 else THEIRS, minute, [minute], step=f"urn:example:step{minute}")
        assert own_steps(HOUSE) == [f"urn:example:step{n}" for n in range(1, minute + 1)]
        assert own_steps(US) == [f"urn:example:step{n}" for n in range(1, minute + 1, 2)]
        assert own_steps(NOBODY) == []


def test_tokens_of_lists_are_their_own_and_end(engine: Engine) -> None:
    tell(engine, OURS, 1, [1, 2, 3])
    known = ValuesInSight()
    with Reading(engine) as reading:
        steps = known.page(reading, "bizSteps", US, now=NOW, per_page=1)
        for viewer in (US, HOUSE):
            first = epcs(reading, viewer, now=NOW, per_page=1)
            for token, now in (
                (steps.next_token, NOW),
                (first.next_token, NOW + timedelta(days=1)),
                ("WyJlcGNzIiwxXQ", NOW),
            ):
                with pytest.raises(QueryParameterWrong):
                    epcs(reading, viewer, now=now, per_page=1, token=token)
        with pytest.raises(QueryParameterWrong):
            known.page(reading, "readPoints", US, now=NOW, per_page=1, token=steps.next_token)


def test_prefixes_of_labels_and_parties_are_on_record(engine: Engine) -> None:
    with Writing(engine) as writing:
        set_setting(writing, "gs1-prefix:9506000", b"somebody")
        set_setting(writing, "gs1-other", b"x")
        set_setting(writing, "gs1-prefix;", b"x")
        for party in ("urn:epc:id:pgln:69012345.0678", "https://id.gs1.org/417/9521234000013", ""):
            note_prefix(writing, party)
    with Reading(engine) as reading:
        length_of = prefixes_on_record(reading)
    assert (length_of("950600013435"), length_of("690123456789")) == (7, 8)
    assert length_of("952123400001") is None

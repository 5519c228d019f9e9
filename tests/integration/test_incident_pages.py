"""The workbench over a real store: whose an investigation is, what a typed code betrays, what is refused."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from tests.integration.market import (
    AUTHORITIES,
    FARM_B,
    LOT,
    NOW,
    PLANT,
    RIVAL,
    RIVAL_LOT,
    SHOP,
    Market,
    open_market,
)

from suyuan.api.demo.incident_story import keep_scope
from suyuan.api.incident.desk import InvestigationDesk
from suyuan.portal.incident.desk import Wish
from suyuan.portal.incident.illness import label_of
from suyuan.trace.recall import complaints
from suyuan.trace.recall.complaints import Channel, Report
from suyuan.trace.store import investigations as kept
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AccessRow
from suyuan.trace.store.sight import Competence, Viewer

HOSTILE = "<script>alert(1)</script>"
ONSET = "2026-11-12"


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as opened:
        yield opened


def opened(market: Market, who: str) -> str:
    """The path of a new investigation."""
    told = {"title_zh": HOSTILE, "suspicion": "\u6c99\u95e8\u6c0f\u83cc"}
    answer = market.ask(who, "POST", "/console/incident/new", data=told)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0].removesuffix("/cases")


def page(market: Market, who: str, path: str, status: int = 200, **query: str) -> str:
    answer = waited(market, who, f"{path}{'&' if '?' in path else '?'}{urlencode({'lang': 'en', **query})}")
    assert answer.status_code == status, answer.text
    return str(answer.text)


def waited(market: Market, who: str, address: str) -> Any:
    """The answer at an address, as a browser without scripts gets it: it looks again until it is there."""
    return followed(market, who, market.ask(who, "GET", address))


def followed(market: Market, who: str, answer: Any) -> Any:
    for _ in range(600):
        if answer.status_code != 202:
            return answer
        again = re.search(r'http-equiv="refresh" content="2;url=([^"]+)"', answer.text)
        assert again is not None, answer.text
        answer = market.ask(who, "GET", html.unescape(again[1]))
    raise AssertionError(answer.text)


def add_case(market: Market, room: str, who: str, status: int = 303, **told: str) -> str:
    answer = market.ask(who, "POST", f"{room}/cases", params={"lang": "en"}, data={"way": "form", **told})
    assert answer.status_code == status, answer.text
    return str(answer.text)


def test_an_investigation_is_for_the_people_of_who_opened_it(market: Market) -> None:
    room = opened(market, "owner")
    for who in ("rival", "downstream", "competent", "conducting"):
        assert room not in page(market, who, "/console/incident")
        for path in (room, f"{room}/cases", f"{room}/sources", f"{room}/scope", f"{room}/compare"):
            page(market, who, path, 404)
        assert market.ask(who, "POST", f"{room}/note", data={"text": "x"}).status_code == 404
    assert market.ask("device", "GET", room).status_code == 403
    assert market.ask("anonymous", "GET", room).headers["location"].startswith("/sign-in")
    told = page(market, "owner", room) + page(market, "owner", "/console/incident")
    assert HOSTILE not in told
    assert "&lt;script&gt;" in told


def test_a_typed_code_tells_no_name_of_what_is_out_of_sight(market: Market) -> None:
    room = opened(market, "downstream")
    add_case(market, room, "downstream", label="C-01", place=RIVAL.place, goods=RIVAL_LOT, kind="ill")
    asked = urlencode(
        [
            *[("select", "objects"), ("key", LOT), ("from", ""), ("to", "")],
            *[("suppose", "place"), ("what", RIVAL.place), ("since", ""), ("till", "")],
        ]
    )
    hidden = urlencode([("select", "objects"), ("key", RIVAL_LOT), ("from", ""), ("to", "")])
    told = page(market, "downstream", f"{room}/cases") + page(market, "downstream", f"{room}/scope")
    told += waited(market, "downstream", f"{room}/scope?{asked}").text
    refused = waited(market, "downstream", f"{room}/scope?{hidden}")
    assert refused.status_code == 404
    told += refused.text
    for name in ("one", "two"):
        kept = market.ask("downstream", "POST", f"{room}/scope", data={"name": name, "query": asked})
        assert kept.status_code == 303, kept.text
    told += page(market, "downstream", f"{room}/compare")
    assert RIVAL.name not in told
    assert f"{PLANT.name}\u4ea7\u54c1" in told  # what it received it may read


def test_from_cases_to_a_source_and_a_scope(market: Market) -> None:
    room = opened(market, "admin")
    for label in ("C-01", "C-02"):
        add_case(market, room, "admin", label=label, place=SHOP.place, goods=LOT, onset=ONSET, kind="ill")
    assert "C-01" in page(market, "admin", f"{room}/cases")
    ranked = page(market, "admin", f"{room}/sources")
    assert ranked.count('<p class="belief">') == 4  # both farms, the plant, the shop
    scope = re.search(rf'href="({re.escape(room)}/scope\?[^"]*PL-7301[^"]*)"', ranked)
    assert scope is not None, "no source leads to the lot"
    address = f"{html.unescape(scope[1])}&select=place&key={SHOP.place}&from=2026-01-01&to=2027-01-01"
    shown = waited(market, "admin", address).text
    assert 'class="chart' in shown
    assert 'class="fate-sold"' in shown
    form = re.search(r'<form action="[^"]*#hold".*?</form>', shown, re.DOTALL)
    assert form is not None
    sent = re.findall('name="(key|from|to|select)" value="([^"]*)"', form[0])
    kept = [pair for pair in parse_qsl(urlsplit(address).query, keep_blank_values=True) if pair[0] != "lang"]
    assert [(name, html.unescape(value)) for name, value in sent] == kept  # what to hold of the same question


def test_an_answer_that_takes_long_is_waited_for_called_off_and_kept_as_it_was_seen(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.incident.console.PATIENCE_S", 0.0)
    room = opened(market, "owner")
    asked = urlencode([("select", "objects"), ("key", LOT), ("lang", "en")])

    tries = (market.ask("owner", "GET", f"{room}/scope?{asked}") for _ in range(100))
    waiting = next(answer for answer in tries if answer.status_code == 202)  # a quick one is there at once
    assert "<progress" in waiting.text
    shown = followed(market, "owner", waiting).text
    assert 'class="chart' in shown
    assert "This is the answer of" in shown
    work = re.search('name="work" value="([^"]+)"', shown)
    assert work is not None
    assert "work=" not in "".join(re.findall(r'href="[^"]*"', shown))  # links ask anew
    kept = {"name": "as seen", "query": asked, "work": work[1]}
    assert market.ask("owner", "POST", f"{room}/scope", data=kept).status_code == 303
    tries = (
        market.ask("owner", "POST", f"{room}/scope", params={"lang": "en"}, data={**kept, "work": ""})
        for _ in range(50)
    )
    gone = next(
        answer for answer in tries if "/scope?" in answer.headers["location"]
    )  # asked again, as a job
    address = str(gone.headers["location"])
    shown = waited(market, "owner", address).text
    assert 'value="as seen"' in shown
    assert "It is not kept yet" in shown
    assert f'name="work" value="{parse_qs(urlsplit(address).query)["work"][0]}"' in shown
    sent = {"select": "objects", "key": LOT, "lang": "en", "work": work[1]}
    stopped = market.ask("owner", "POST", f"{room}/scope/stop", data=sent)
    assert stopped.status_code == 303
    assert "It was cancelled" in market.ask("owner", "GET", stopped.headers["location"]).text


def test_an_answer_is_kept_with_the_time_when_its_evidence_was_read(market: Market) -> None:
    number = opened(market, "admin").rpartition("/")[2]
    app: Any = market.client.app
    desk: InvestigationDesk = app.state.incidents
    by, told = Viewer("admin", "administrator", ""), {"selections": [{"kind": "objects", "keys": [LOT]}]}
    before = desk.now()
    asked = desk.asked(by, told)
    assert before <= asked.at <= desk.now()
    seen = replace(asked, at=asked.at - timedelta(minutes=5))  # and kept later
    kept = desk.kept_answer(number, by, desk.keep(number, by, "as seen", told, seen))
    assert (kept.asked, kept.evidence) == (seen.at, seen.evidence)


def test_compared_scopes_say_of_when_and_as_known_when_they_are(market: Market) -> None:
    room = opened(market, "admin")
    day = {"from": "2026-01-01", "to": "2026-12-30"}
    made = {"select": "product-made", "key": PLANT.product, **day}
    for name, asked in (
        ("one", {"select": "objects", "key": LOT, **day, "known_at": "2026-12-02T08:30"}),
        ("two", {**made, "suppose": "place", "what": SHOP.place, "since": "2026-03-04", "till": ""}),
    ):
        keep_scope(browser_of(market, "admin"), room, name, urlencode(asked))
    told = re.findall(
        r'<section class="card side">.*?</section>', page(market, "admin", f"{room}/compare"), re.DOTALL
    )
    begin, end = "from 1 Jan 2026 00:00 UTC+8", "before 31 Dec 2026 00:00"
    for card, words in zip(
        map(html.unescape, told),
        [
            (begin, end, "As known at: 2 Dec 2026 08:30"),
            ("from 1 Jan 2026 · until 30 Dec 2026", "from 4 Mar 2026"),
        ],
        strict=True,
    ):
        assert [word for word in words if word not in card] == [], card
    address = market.ask("admin", "GET", f"{room}/kept/2", params={"lang": "en"}).headers["location"]
    opened_again = page(market, "admin", address)
    assert re.findall(r'/kept/[0-9]+[^>]* aria-current="true">(\w+)<', opened_again) == ["two"]
    asked_again = opened_again.partition('class="card side"')[2].partition("<details")[0]
    assert all(word in asked_again for word in ("two", "Kept ", "cross-contamination at a place")), (
        asked_again
    )
    another = page(market, "admin", address.replace("2026-03-04", "2026-03-05"))
    assert "Kept " not in another.partition('class="card side"')[2].partition("<details")[0]


def browser_of(market: Market, who: str) -> Any:
    """A client of its own that follows where it is led: like that of httpx, but for the name of its type."""
    return TestClient(market.client.app, headers={"Authorization": f"Bearer {market.tokens[who]}"})


def test_scopes_that_take_long_are_kept_by_who_waits_for_them(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.incident.console.PATIENCE_S", 0.0)
    room = opened(market, "admin")
    for name in ("one", "two", "three"):
        keep_scope(browser_of(market, "admin"), room, name, urlencode({"select": "objects", "key": LOT}))
    shown = page(market, "admin", f"{room}/compare")
    assert re.findall(r"<option[^>]*>(\w+)</option>", shown) == ["one", "two", "three"] * 2


def test_what_does_not_add_up_is_told_to_whom_it_concerns_and_leads_into_an_investigation(
    market: Market,
) -> None:
    told = page(market, "competent", "/console/incident/findings")
    assert "What does not add up" in told
    assert "The records that you may see" in told
    assert PLANT.name in told
    assert RIVAL.name not in page(market, "owner", "/console/incident/findings")
    page(market, "competent", "/console/incident/findings", 400, since="soon")
    none = page(market, "competent", "/console/incident/findings", party="https://example.org/nobody")
    assert "Only what is in your sight was checked" in none
    nobody = "https://example.org/nobody"
    assert "Only what is" not in page(market, "admin", "/console/incident/findings", party=nobody)
    assert market.ask("device", "GET", "/console/incident/findings").status_code == 403
    evidence = "0" * 64
    given = {"title_en": "Short", "select": "objects", "key": LOT, "evidence": evidence}
    form = page(market, "competent", f"/console/incident/new?{urlencode(given)}")
    assert all(f'value="{value}"' in form for value in given.values())
    begun = market.ask("competent", "POST", "/console/incident/new", params={"lang": "en"}, data=given)
    assert begun.status_code == 303
    room, _, query = begun.headers["location"].partition("/scope?")
    assert parse_qs(query)["key"] == [LOT]
    assert evidence in page(market, "competent", room)


def reported(market: Market, bought_on: str = ONSET) -> str:
    told = {"trouble": "illness", "description": "fever", "bought_at": SHOP.name, "bought_on": bought_on}
    report = Report(secrets.token_hex(16), Channel.SHOPPER, LOT, told, "138 0013 8000")
    with Writing(market.house.engine) as writing:
        return complaints.report(writing, report, now=market.house.now())


def test_a_report_of_illness_becomes_a_case_once_and_without_who_reported_it(market: Market) -> None:
    room = opened(market, "competent")
    number = reported(market)
    shown = page(market, "competent", f"{room}/cases")
    assert f'name="report" value="{number}" checked' in shown
    label = label_of(number)
    filled = page(market, "competent", f"{room}/cases", report=number)
    assert all(f'value="{value}"' in filled for value in (label, LOT, ONSET))
    chosen = {"way": "reports", "report": number}
    for _ in range(2):
        assert market.ask("competent", "POST", f"{room}/cases", data=chosen).status_code == 303
    shown = page(market, "competent", f"{room}/cases")
    assert shown.count(f">{label}</a>") == 1
    assert f'name="report" value="{number}"' not in shown
    assert "138 0013 8000" not in shown
    assert 'value="C-01"' in shown  # the next case is counted apart
    own = opened(market, "owner")
    assert number not in page(market, "owner", f"{own}/cases")
    assert market.ask("owner", "POST", f"{own}/cases", data=chosen).status_code == 400
    assert label not in page(market, "owner", f"{own}/cases")


def test_every_report_can_be_reached_and_none_is_dropped_in_silence(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.portal.incident.cases.MOST", 1)
    room = opened(market, "competent")
    numbers = {reported(market), reported(market)}
    shown, address = set[str](), f"{room}/cases?lang=en"
    while address:
        told = page(market, "competent", address)
        (number,) = re.findall('name="report" value="([^"]+)" checked', told)
        shown.add(number)
        older = re.search(r'href="([^"]+)">Older reports<', told)
        address = html.unescape(older[1]) if older else ""
    assert numbers <= shown
    late = reported(market, "2031-01-01")
    for other, why in (("0" * 10, "1 of the chosen reports cannot be added"), (late, f">{late}</a></td>")):
        sent = {"way": "reports", "report": [*numbers, other]}
        refused = market.ask("competent", "POST", f"{room}/cases", params={"lang": "en"}, data=sent)
        assert (refused.status_code, why in refused.text) == (400, True), refused.text
    assert "No case yet" in page(market, "competent", f"{room}/cases")
    page(market, "competent", f"{room}/cases", 404, older="0" * 10)


def test_what_cannot_be_is_refused_where_it_stands_and_nothing_is_lost(market: Market) -> None:
    room = opened(market, "competent")
    told = add_case(
        market, room, "competent", 400, label="Li Hua", place="nowhere", onset="2031-01-01", kind="ill"
    )
    assert all(f'href="#{name}"' in told for name in ("label", "place", "onset"))
    assert 'value="Li Hua"' in told
    table = f"case,onset,where,lot\nC-01,2026-11-08,{SHOP.place},\nC-01,2026-11-08,{SHOP.place},\n"
    answer = market.ask("competent", "POST", f"{room}/cases", data={"way": "table", "table": table})
    assert answer.status_code == 400
    assert table.replace("\n", "") in answer.text.replace("\r", "").replace("\n", "")
    assert "C-01" not in page(market, "competent", room)
    assert "Nothing is suspected yet" in page(market, "competent", f"{room}/scope")
    assert page(market, "competent", f"{room}/sources").count("<form") < 3  # nothing to rank, and it says so
    unknown = page(market, "competent", f"{room}/scope", 404, select="objects", key=f"{LOT}9")
    assert 'aria-describedby="key-0-fault"' in unknown
    assert "Nothing is suspected." in page(
        market, "competent", f"{room}/scope", 400, select="objects", key=""
    )
    page(market, "competent", f"{room}/scope", 400, select="objects", key="rubbish")
    page(market, "competent", f"{room}/scope", 400, cases="1", least="x")
    page(market, "competent", f"{room}/kept/9", 404)
    closed = market.ask("competent", "POST", f"{room}/close")
    assert closed.status_code == 303
    refused = add_case(market, room, "competent", 400, label="C-01", place=SHOP.place, kind="ill")
    assert "closed" in refused
    assert market.ask("competent", "POST", f"{room}/reopen").status_code == 303
    add_case(market, room, "competent", label="C-01", place=SHOP.place, kind="ill")


def test_no_address_and_no_table_breaks_a_page(market: Market) -> None:
    room = opened(market, "competent")
    first = {"label": "C-01", "kind": "ill", "from_day": "0001-01-01", "onset": "0001-01-02"}
    add_case(market, room, "competent", 400, place=SHOP.place, **first)
    with Writing(market.house.engine) as writing:  # where such a day was taken once
        told = {**first, "places": [SHOP.place], "goods": []}
        stages, regions = map(frozenset, AUTHORITIES["competent"][2:])
        by = Viewer("competent", "regulator", AUTHORITIES["competent"][0], Competence(stages, regions))
        kept.add_cases(writing, room.rpartition("/")[2], [("C-01", told)], by=by, now=NOW)
    page(market, "competent", room)
    page(market, "competent", f"{room}/sources", 400)
    many = "9" * 5000
    for part in ("kept/\u00b2", f"kept/{'9' * 30}", f"kept/{many}"):
        page(market, "competent", f"{room}/{part}", 404)
        assert market.ask("competent", "POST", f"{room}/{part}/remove").status_code == 404
        assert market.ask("competent", "POST", f"{room}/cases/{part[5:]}/remove").status_code == 404
    for tried, status in {
        "scope?select=objects&key=x&depth=\u00b2": 400,
        f"scope?select=objects&key=x&known_at=9999-12-31T23:59-14:00&depth={many}": 400,
        "scope?select=place&key=x&from=9999-12-31&to=9999-12-31": 400,
        f"scope?cases=1&least={many}": 400,
        f"sources?carry_over={many}": 400,
        f"compare?first=\u00b2&second={many}": 200,
        f"?before={many}": 200,
        "../findings?until=9999-12-31&since=0001-01-01&page=\u00b2": 200,
    }.items():
        path = f"{room}/{tried}".replace("/?", "?").replace(f"{room}/..", "/console/incident")
        page(market, "competent", path, status)
    for table in (
        f'C-02,"{"x" * 140_000}',
        "C-02,2026\rC-03,x",
        "\0",
        "C-02,2026-11-01,\0",
        "C-\u00b2,\u00b2-1-1",
    ):
        sent = {"way": "table", "table": table}
        assert market.ask("competent", "POST", f"{room}/cases", data=sent).status_code == 400


def test_what_a_program_keeps_breaks_no_page(market: Market) -> None:
    room = opened(market, "admin")
    at = room.replace("/console/incident", "/investigations")
    line = {"known": True, "status": "in_stock", "maximum": {"hold": 3.5}, "uom": "KGM"}
    odd: list[dict[str, object]] = [
        {}, {"overview": 1}, {"overview": {"totals": {}}}, {"overview": {"totals": [{}, 1, None]}},
        {"overview": {"totals": [{**line, "status": "lost"}, {**line, "uom": 7}, {**line, "maximum": []}]}},
        {"overview": {"totals": [{**line, "maximum": {"hold": 10**17}, "uom": HOSTILE}, line]}},
        {"overview": {"totals": [{**line, "maximum": {"hold": hold}} for hold in (1e300, True, 2**63)]}},
    ]  # fmt: skip
    desk, by = InvestigationDesk(market.house), Viewer("admin", "administrator", "")
    for number, summary in enumerate(odd, 1):  # a question that cannot be asked was taken once
        desk.keep_answer(at.rpartition("/")[2], by, "scope", f"kept {number}", {}, 0, summary)
    told = page(market, "admin", room)
    assert [f"kept {number}" in told for number in range(1, len(odd) + 1)] == [True] * len(odd)
    assert [told.count(f"<strong>{amount}") for amount in ("3.5", "1E300", "9.223E18", "1 ")] == [1, 1, 1, 0]
    listed = market.ask("admin", "GET", at).json()
    assert {"question", "summary"}.isdisjoint(listed["answers"][0])
    assert listed["answers"] == market.ask("admin", "GET", f"{at}/answers").json()["answers"]
    assert market.ask("admin", "GET", f"{at}/answers/{len(odd)}").json()["summary"] == odd[-1]
    assert market.ask("admin", "GET", f"{at}/export", params={"format": "xlsx"}).status_code == 200
    page(market, "admin", f"{room}/kept/1", status=400)


def test_the_history_is_told_in_pages(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suyuan.api.incident.desk.STEPS", 2)
    room = opened(market, "admin")
    at = room.replace("/console/incident", "/investigations")
    for text in ("first", "second", "third"):
        market.ask("admin", "POST", f"{at}/notes", json={"text": text})
    assert [one["number"] for one in market.ask("admin", "GET", at).json()["history"]] == [4, 3]
    told = market.ask("admin", "GET", f"{at}/history", params={"before": 3, "limit": 1}).json()["history"]
    assert [one["content"] for one in told] == [{"text": "first"}]
    newest = page(market, "admin", room)
    older = re.search(r'href="([^"]+)">Earlier steps<', newest)
    assert ("third" in newest, "first" in newest) == (True, False)
    assert older is not None
    oldest = page(market, "admin", html.unescape(older[1]))
    assert ("third" in oldest, "first" in oldest, "Earlier steps" in oldest) == (False, True, False)


def test_sources_that_a_case_opened_are_looked_at_anew(market: Market) -> None:
    room = opened(market, "conducting")
    number = room.rpartition("/")[2]
    add_case(market, room, "conducting", label="C-01", goods=FARM_B.lot("FB-2291"), onset=ONSET, kind="ill")

    def looks() -> int:
        with Reading(market.house.engine) as reading:
            seen = reading.connection.execute(select(AccessRow).where(AccessRow.by == "conducting")).all()
        return len(seen)

    competence = Competence(frozenset(("farm",)), frozenset(("51",)))
    by = Viewer("conducting", "regulator", AUTHORITIES["conducting"][0], competence)
    app: Any = market.client.app
    desk: InvestigationDesk = app.state.incidents
    first, before = desk.ranked(number, by, Wish()), looks()
    assert desk.ranked(number, by, Wish()) is first
    own = [case for case in market.house.cases() if case.draft.party == by.party]
    assert looks() - before == len(own) > 0

"""The incident laboratory over HTTP: what is answered, to whom, in what form, and what is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO
from pathlib import Path
from threading import Event
from typing import Any

import jsonschema_rs
import networkx as nx
import orjson
import pytest
from fastapi import FastAPI
from lxml import etree
from openpyxl import load_workbook  # type: ignore[import-untyped]
from PIL import Image
from tests.integration import market
from tests.integration.market import FARM_A, ITEM_KEYS, LOT, PLANT, SHOP, Market, open_market
from typer.testing import CliRunner

from suyuan.api.checking import findings_in
from suyuan.api.cli import main
from suyuan.api.commands.trace import app
from suyuan.api.house import House
from suyuan.api.incident.checks import Checks, ChecksWanted
from suyuan.api.incident.desk import InvestigationDesk
from suyuan.api.incident.exports.making import FORMATS
from suyuan.api.incident.inspected import Inspected
from suyuan.api.incident.jobs import Cancelled, Jobs, Progress
from suyuan.api.incident.reading import Pair, ToHold, read_linked
from suyuan.api.openapi.description import description
from suyuan.trace.checks import Checked
from suyuan.trace.errors import WrongUse
from suyuan.trace.incident import gathered
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.scope.reading import read_question
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import HOUSE, Competence, Viewer

RAW = FARM_A.lot("FA-1187")
BACK = {"options": {"direction": "backward"}}
CASES = [
    {"label": f"C-{number}", "onset": f"2026-11-{11 + number}", "places": [SHOP.place]}
    for number in range(1, 6)
]


def of(*lots: str, **more: Any) -> dict[str, Any]:
    return {"selections": [{"kind": "lots", "lots": list(lots)}], **more}


def application_of(here: Market) -> FastAPI:
    app: Any = here.client.app
    return app


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with open_market(tmp_path_factory.mktemp("market")) as made:
        yield made


def test_a_question_is_answered_at_least_and_at_most_with_what_it_knew(here: Market) -> None:
    found = here.ask("admin", "POST", "/scope", json=of(RAW)).json()
    assert found["evidence"] == here.house.follow()
    assert [one["suspect"]["key"] for one in found["choice"]["chosen"]] == [RAW]
    lines = found["maximum"]["lines"]
    assert {(line["place"], line["status"]) for line in lines} >= {
        (SHOP.place, "sold"),
        (SHOP.place, "in_stock"),
    }
    back = here.ask("admin", "POST", "/trace", json={**of(LOT), **BACK}).json()
    assert RAW in {state["key"] for state in back["maximum"]["states"]}
    supposed = {"options": {"what_if": {"kill": [{"kind": "place", "key": PLANT.place}]}}}
    told = here.ask("admin", "POST", "/scope/compare", json={"first": of(RAW), "second": of(RAW, **supposed)})
    changed = {one["key"]: one for one in told.json()["keys"]}
    assert changed[ITEM_KEYS[0]]["second"] is None
    cut = here.ask("admin", "POST", "/scope/cut", json={"question": of(RAW)}).json()
    assert (cut["value"], cut["proof"]) == (1.0, 1.0)
    shared = here.ask(
        "admin", "POST", "/common-sources", json={"objects": list(ITEM_KEYS), "least": 3}
    ).json()
    assert [one["suspect"]["key"] for one in shared["chosen"]] == [LOT]
    eaten = [{"case": str(number), "objects": [key]} for number, key in enumerate(ITEM_KEYS)]
    links = here.ask("admin", "POST", "/common-links", json={"cases": eaten}).json()
    assert LOT in links["shared"]


def test_everybody_sees_their_own_part(here: Market) -> None:
    whole = here.ask("admin", "POST", "/trace", json=of(RAW)).json()["maximum"]
    seen = here.ask("upstream", "POST", "/trace", json=of(RAW)).json()["maximum"]
    assert seen["withheld"] > 0 == whole["withheld"]
    assert {state["key"] for state in seen["states"]} < {state["key"] for state in whole["states"]}
    assert here.ask("rival", "POST", "/scope", json=of(LOT)).status_code == 404
    assert here.ask("device", "POST", "/scope", json=of(LOT)).status_code == 403
    assert here.ask("anonymous", "POST", "/scope", json=of(LOT)).status_code == 401
    elsewhere = here.ask("other", "POST", "/scope", json=of(LOT))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "lies-elsewhere")
    told = {who: here.ask(who, "POST", "/checks", json={}).json() for who in ("admin", "competent", "rival")}
    findings = {who: {orjson.dumps(one) for one in found["findings"]} for who, found in told.items()}
    assert findings["competent"] < findings["admin"]
    assert findings["rival"] < findings["admin"]
    assert (told["admin"]["withheld"], told["rival"]["withheld"]) == (0, None)
    assert told["competent"]["withheld"] == len(findings["admin"]) - len(findings["competent"])
    assert {one["party"] for one in told["rival"]["records"]} == {market.RIVAL.party}
    assert told["rival"]["tallies"] == []
    only = here.ask("admin", "POST", "/checks", json={"checks": ["expiry"], "party": PLANT.party}).json()
    assert {one["check"] for one in only["findings"]} <= {"expiry"}


def test_sources_are_ranked_from_cases_over_what_is_on_record(here: Market) -> None:
    found = here.ask("admin", "POST", "/rank", json={"cases": CASES}).json()
    assert found["used"] == [case["label"] for case in CASES]
    believed = sum(one["posterior"] for one in found["sources"]) + found["rest"] + found["unexplained"]
    assert believed == pytest.approx(1.0)
    assert {one["place"] for one in found["sources"]} >= {FARM_A.place, PLANT.place}
    ways = [
        way["lots"]
        for source in found["sources"]
        if source["place"] == FARM_A.place
        for way in source["ways"]
    ]
    assert [at["place"] for at in ways[0]] == [FARM_A.place, PLANT.place, PLANT.place, SHOP.place]
    assert ways[0][-1]["lot"] == LOT
    for source in found["sources"]:
        assert {"distance", "distance_rank", "score", "score_rank", "explains", "left"} <= source.keys()
    sample = {"kind": "sample", "label": "S-1", "goods": [market.FARM_B.lot("FB-2291")], "power": 1.0}
    tested = here.ask("admin", "POST", "/rank", json={"cases": [*CASES, sample]}).json()
    assert (
        tested["posterior"]["place"].get(market.FARM_B.place, 0)
        < found["posterior"]["place"][market.FARM_B.place]
    )
    odd = {"label": "C-9", "onset": "2026-11-15", "places": ["https://id.gs1.org/414/4012345000009"]}
    unused = here.ask("admin", "POST", "/rank", json={"cases": [*CASES, odd]}).json()["unused"]
    assert [one["case"] for one in unused] == ["C-9"]
    nothing = here.ask("admin", "POST", "/rank", json={"cases": [odd]})
    assert (nothing.status_code, nothing.json()["code"]) == (400, "nothing-to-rank")


def test_others_are_answered_while_a_network_is_gathered(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "_AT_ONCE", 1)
    answered: list[str | None] = []

    def ask() -> None:
        with ThreadPoolExecutor(1) as other:
            answered.append(other.submit(here.house.records.where_now, LOT).result(timeout=20).place)

    seen = Inspected(here.house, HOUSE).network([RAW, LOT], ask)
    assert len(answered) > 2
    assert seen.lots == Inspected(here.house, HOUSE).network([RAW, LOT]).lots


def test_whoever_waits_for_the_checks_of_another_may_go(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def slowly(reading: Reading, house: House, **how: Any) -> Checked:
        begun.set()
        assert go_on.wait(20)
        return findings_in(reading, house, **how)

    monkeypatch.setattr("suyuan.api.incident.checks.findings_in", slowly)
    checks, impatient = Checks(here.house), Progress()
    with ThreadPoolExecutor(1) as others:
        first = others.submit(checks.seen, HOUSE, ChecksWanted(), Progress())
        assert begun.wait(20)
        impatient.stop()
        with pytest.raises(Cancelled):
            checks.seen(HOUSE, ChecksWanted(), impatient)
        go_on.set()
        assert first.result(timeout=20).checked.records


@pytest.mark.parametrize(
    "by",
    [
        HOUSE,
        Viewer("x", "company", FARM_A.party),
        Viewer("x", "company", SHOP.party),
        Viewer("x", "regulator", "urn:x", Competence(frozenset({"processing"}), frozenset({"33"}))),
    ],
    ids=lambda by: f"{by.role} {by.party[-4:]}",
)
def test_origins_are_what_a_trace_back_finds(here: Market, by: Viewer) -> None:
    seen = Inspected(here.house, by)
    suspects = [one for one in map(Suspect, (*ITEM_KEYS, LOT, RAW)) if seen.refused(one.key) is None]
    assert suspects
    whole = seen.trace(suspects, Options("backward"))
    heard: list[None] = []
    found, withheld = seen.origins(suspects, lambda: heard.append(None))
    assert set(found) == {one.key for one in whole.states if not one.carrier and one.kind != "place"}
    assert withheld == whole.withheld
    assert len(heard) == len(suspects)


def test_an_investigation_from_opening_to_a_file(here: Market) -> None:
    made = here.ask("competent", "POST", "/investigations", json={"title": {"zh": "聚集性病例"}})
    number = made.json()["number"]
    path = made.headers["Location"]
    assert path == f"/investigations/{number}"
    assert here.ask("competent", "POST", f"{path}/cases", json=CASES).json() == {"numbers": [1, 2, 3, 4, 5]}
    assert here.ask("competent", "DELETE", f"{path}/cases/5").status_code == 204
    again = here.ask("competent", "POST", f"{path}/cases", json=CASES[0])
    assert (again.status_code, again.json()["code"]) == (400, "cases-invalid")
    question = of(LOT)
    kept = here.ask(
        "competent",
        "POST",
        f"{path}/answers",
        json={"kind": "scope", "name": "=cmd|' /C calc'!A0", "question": question, "summary": {"x": 1}},
    )
    assert kept.json()["evidence"] == here.house.follow()
    here.ask("competent", "POST", f"{path}/notes", json={"text": "看了仓库"})
    patched = here.ask("competent", "PATCH", path, json={"suspicion": "salmonella", "state": "closed"}).json()
    assert (patched["state"], patched["suspicion"], patched["title"]["zh"]) == (
        "closed",
        "salmonella",
        "聚集性病例",
    )
    assert [one["what"] for one in patched["history"]] == [
        "closed", "amended", "note", "answer-kept", "case-removed", "cases-added", "opened",
    ]  # fmt: skip
    for who in ("other", "owner", "rival", "conducting"):
        for method, below in (
            ("GET", ""),
            ("GET", "/cases"),
            ("GET", "/answers/1"),
            ("GET", "/export?format=csv"),
        ):
            assert here.ask(who, method, path + below).status_code == 404
    for odd in ({}, {**of(LOT), **BACK}, {"selections": [{"kind": "lots", "lots": ["x"]}]}):
        told = {"kind": "scope", "name": "x", "question": odd, "summary": {}}
        refused = here.ask("competent", "POST", f"{path}/answers", json=told)
        assert refused.json()["where"].startswith("/question/"), refused.text
    refused = here.ask("competent", "POST", f"{path}/notes", json={"text": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "investigation-closed")
    table = rows(here.ask("competent", "GET", f"{path}/export?format=csv").content)
    assert [row[0] for row in table[1:]] == ["C-1", "C-2", "C-3", "C-4"]
    book = load_workbook(BytesIO(here.ask("competent", "GET", f"{path}/export?format=xlsx").content))
    names = [cell.value for cell in book.worksheets[2]["C"]]
    assert names[1] == "=cmd|' /C calc'!A0"
    assert book.worksheets[2]["C2"].data_type == "s"
    file = here.ask("competent", "GET", f"{path}/answers/1/export?format=csv&table=things")
    assert "cmd" in file.headers["Content-Disposition"]
    assert "=" not in file.headers["Content-Disposition"].partition("''")[2]


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_says_what_it_is_of(here: Market, form: str) -> None:
    supposed = {"options": {"what_if": {"cross_contamination": [{"kind": "place", "key": PLANT.place}]}}}
    title = '<script>"=1+1\u0007'
    answer = here.ask(
        "admin", "POST", "/scope/export", json=of(RAW, **supposed), params={"format": form, "title": title}
    )
    assert answer.status_code == 200
    content = answer.content
    match form:
        case "csv":
            head, *lines = rows(content)
            told = dict(zip(head, lines[0], strict=True))
            assert (told["Newest evidence"], told["Supposed"]) == (
                str(here.house.follow()), f"cross-contamination {PLANT.place}"
            )  # fmt: skip
        case "xlsx":
            book = load_workbook(BytesIO(content))
            assert [sheet.title for sheet in book] == ["About", "Places and status", "Goods", "Steps"]
            assert any(PLANT.place in str(row[1].value) for row in book["About"].iter_rows())
        case "graphml":
            graph = nx.parse_graphml(content.decode())
            assert graph.graph["supposed"] == f"cross-contamination {PLANT.place}"
            assert graph.nodes[RAW]["suspect"] is True
        case "geojson":
            told = orjson.loads(content)
            assert told["suyuan:about"]["supposed"] == f"cross-contamination {PLANT.place}"
            assert {one["id"] for one in told["features"] if "id" in one} >= {PLANT.place, SHOP.place}
        case "svg":
            texts = [one.text or "" for one in etree.fromstring(content)]
            assert any(f"cross-contamination {PLANT.place}" in text for text in texts)
            assert b"<script" not in content
        case "png":
            image = Image.open(BytesIO(content))
            assert image.format == "PNG"
            assert len(set(image.convert("L").tobytes())) > 20
        case _:
            first, *others = (orjson.loads(line) for line in content.splitlines())
            assert first["evidence"] == here.house.follow()
            assert sum("line" in one for one in others) > 0


def test_what_takes_long_is_a_job(here: Market) -> None:
    begun = here.ask("admin", "POST", "/rank", json={"cases": CASES}, headers={"Prefer": "respond-async"})
    assert (begun.status_code, begun.headers["Preference-Applied"]) == (202, "respond-async")
    at = begun.headers["Location"]
    jobs: Jobs = application_of(here).state.jobs
    assert jobs.wait(jobs.job(at.rpartition("/")[2], by=Viewer("admin", "administrator", "")), 60)
    told = here.ask("admin", "GET", at).json()
    assert (told["state"], told["progress"], told["question"]) == ("done", 100, "/rank")
    assert here.ask("admin", "GET", told["answer"]).json()["used"] == [case["label"] for case in CASES]
    assert here.ask("competent", "GET", at).status_code == 404
    assert here.ask("admin", "DELETE", at).status_code == 204
    assert here.ask("admin", "GET", told["answer"]).status_code == 404
    gone = here.ask("admin", "GET", "/jobs/00000000-aa")
    assert (gone.status_code, gone.json()["code"]) == (410, "job-gone")


NOWHERE = "https://id.gs1.org/414/4012345000009"


def supposing(what: str, /, **step: str) -> dict[str, Any]:
    return {"options": {"what_if": {what: [step]}}}


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/scope", of(RAW, **supposing("kill", kind="place", key=NOWHERE)), "/options/what_if/kill/0"),
        ("/trace", of(RAW, **supposing("kill", kind="event", key="ev-1")), "/options/what_if/kill/0/key"),
        (
            "/scope",
            of(RAW, **supposing("cross_contamination", kind="line", key=NOWHERE)),
            "/options/what_if/cross_contamination/0",
        ),
        (
            "/scope/compare",
            {
                "first": of(RAW),
                "second": of(RAW, **supposing("cross_contamination", kind="tank", key=RAW + "0")),
            },
            "/second/options/what_if/cross_contamination/0/key",
        ),
        (
            "/scope/cut",
            {"question": {"selections": [{"kind": "product", "product": NOWHERE.replace("414/", "01/0")}]}},
            "/question/selections/0/product",
        ),
        ("/scope/cut", {"question": of(RAW), "sinks": [NOWHERE]}, "/sinks/0"),
        (
            "/common-links",
            {
                "cases": [{"case": "1", "objects": [ITEM_KEYS[0]]}],
                **supposing("kill", kind="line", key=NOWHERE),
            },
            "/options/what_if/kill/0",
        ),
        ("/scope", of(RAW, options={"known_at": "2999-01-01T00:00:00Z"}), "/options/known_at"),
        ("/checks", {"party": "https://id.gs1.org/417/4012345000009"}, "/party"),
    ],
)
def test_what_nothing_is_on_record_of_is_told_beside_the_answer(
    here: Market, path: str, body: dict[str, Any], where: str
) -> None:
    told = here.ask("admin", "POST", path, json=body, headers={"Accept-Language": "zh-CN"}).json()
    doubts = (told.get("choice") or told)["doubts"]
    assert [one["where"] for one in doubts][:1] == [where], told
    assert all(re.search("[\u4e00-\u9fff]", one["detail"] + one["remedy"]) for one in doubts)


def test_what_is_supposed_of_something_on_record_is_not_doubted(here: Market) -> None:
    event = here.ask("admin", "POST", "/trace", json=of(RAW)).json()["maximum"]["edges"][0]["evidence"][0]
    for step in ({"kind": "event", "key": event}, {"kind": "place", "key": PLANT.place}):
        told = here.ask("admin", "POST", "/scope", json=of(RAW, **supposing("kill", **step))).json()
        assert told["choice"]["doubts"] == []
    for who, place, doubted in (
        ("admin", PLANT.dock, False),
        ("owner", PLANT.dock, False),
        ("upstream", FARM_A.dock, False),
        ("upstream", SHOP.dock, True),  # the same as to what never was
        ("upstream", NOWHERE, True),
    ):
        shared = supposing("cross_contamination", kind="place", key=place)
        told = here.ask(who, "POST", "/scope", json=of(RAW, **shared)).json()
        assert bool(told["choice"]["doubts"]) == doubted, (who, place)
    told = here.ask("admin", "POST", "/scope/cut", json={"question": of(RAW), "sinks": [PLANT.dock]}).json()
    assert told["doubts"] == []


def test_the_checks_doubt_no_party_of_which_they_know(here: Market) -> None:
    for who, party, doubted in (
        ("admin", SHOP.party, False),
        ("owner", SHOP.party, False),
        ("owner", "https://id.gs1.org/417/4012345000009", True),
    ):
        told = here.ask(who, "POST", "/checks", json={"party": party}).json()
        assert bool(told["doubts"]) == doubted, (who, party)


def test_a_scope_of_nothing_is_kept_with_its_doubts(here: Market) -> None:
    desk: InvestigationDesk = application_of(here).state.incidents
    number = desk.begin(HOUSE, zh="", en="nothing", suspicion="")
    told = {
        "selections": [{"kind": "product", "product": NOWHERE.replace("414/", "01/0")}],
        "options": {"known_at": "2999-01-01T00:00:00Z"},
    }
    place = desk.keep(number, HOUSE, "nothing", told, desk.asked(HOUSE, told))
    summary = desk.kept_answer(number, HOUSE, place).summary
    assert [one["where"] for one in summary["choice"]["doubts"]] == [
        "/selections/0/product", "/selections", "/options/known_at",
    ]  # fmt: skip


def test_whoever_called_a_question_off_is_heard_before_each_trace(here: Market) -> None:
    desk: InvestigationDesk = application_of(here).state.incidents
    question = read_question(of(RAW))
    eaten = read_linked({"cases": [{"case": str(n), "objects": [key]} for n, key in enumerate(ITEM_KEYS)]})
    ask: dict[str, Callable[[Progress], object]] = {
        "trace": lambda progress: desk.traced(HOUSE, question, progress),
        "scope": lambda progress: desk.scoped(HOUSE, question, progress),
        "compare": lambda progress: desk.comparison(HOUSE, Pair(question, question), progress),
        "cut": lambda progress: desk.to_hold(HOUSE, ToHold(question, (), "lots", "count", None), progress),
        "links": lambda progress: desk.linked(HOUSE, eaten, progress),
    }
    for name, asked in ask.items():
        called_off = Progress()
        called_off.stop()
        with pytest.raises(Cancelled):
            asked(called_off)
        heard = Progress()
        assert asked(heard), name
        assert heard.step in ("trace", "compare", "hold"), name
    heard = Progress()
    assert desk.linked(HOUSE, eaten, heard).cases
    assert heard.share > 0.5


LATE = {"from_time": "2026-11-02T00:00:00Z", "to_time": "2026-11-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("path", "body", "status", "where"),
    [
        ("/scope", {"selections": []}, 400, "/selections"),
        ("/scope", of(FARM_A.lot("none")), 404, "key"),
        ("/scope", {"selections": [{"kind": "lots", "lots": [RAW], **LATE}]}, 400, "/selections/0"),
        ("/scope", of(RAW, options={"depth": -1}), 400, "/options/depth"),
        ("/scope", {"selections": [{"kind": "objects", "keys": [RAW] * 10_001}]}, 400, "/selections/0/keys"),
        ("/scope", {**of(RAW), **BACK}, 400, "/options/direction"),
        ("/scope/cut", {"question": of(RAW), "by": "value", "values": {"x": 1}}, 400, "/values/x"),
        (
            "/scope/cut",
            {"question": of(RAW), "by": "value", "values": {RAW: -1}},
            400,
            f"/values/{RAW.replace('/', '~1')}",
        ),
        ("/scope/cut", {"question": of(RAW), "sinks": [RAW]}, 400, ""),
        ("/scope/compare", {"first": of(RAW), "second": {"selections": 7}}, 400, "/second/selections"),
        ("/common-sources", {"objects": [RAW], "least": 2}, 400, "/least"),
        ("/common-links", {"cases": [{"case": "1"}]}, 400, "/cases/0"),
        ("/rank", {}, 400, ""),
        ("/rank", {"investigation": "I1999-0001"}, 404, "investigation"),
        ("/rank", {"cases": [{"label": "Li Ming", "places": [SHOP.place]}]}, 400, "/cases/0/label"),
        ("/rank", {"cases": CASES, "assumptions": {"carry_over": 2}}, 400, "carry_over"),
        ("/rank", {"cases": CASES, "assumptions": {"pathogen": []}}, 400, "/assumptions/pathogen"),
        ("/score", {"deliveries": [{"id": "1", "from": "a"}]}, 400, "/deliveries/0"),
        ("/rank", {"investigation": " "}, 400, ""),
        ("/rank", {"cases": [{**CASES[0], "onset": "0001-01-01"}]}, 400, "/cases/0/onset"),
        ("/scope/cut", {"question": of(RAW), "by": "count", "values": {RAW: 1}}, 400, "/values"),
        (
            "/scope/cut",
            {"question": of(RAW), "by": "value", "values": {RAW: 1, f"{RAW}?15=261231": 2}},
            400,
            f"/values/{RAW.replace('/', '~1')}?15=261231",
        ),
        ("/scope/cut", {"question": {**of(RAW), **BACK}}, 400, "/question/options/direction"),
        (
            "/scope/compare",
            {"first": of(RAW), "second": {**of(RAW), **BACK}},
            400,
            "/second/options/direction",
        ),
        (
            "/common-sources",
            {"objects": [RAW], "options": {"direction": "forward"}},
            400,
            "/options/direction",
        ),
        ("/checks", {"checks": ["guess"]}, 400, "/checks/0"),
        ("/checks", {"since": "2026-11-01"}, 400, "/since"),
        ("/investigations", {"title": {"zh": " "}}, 400, "title"),
        ("/investigations", {"title": "x"}, 400, "/title"),
    ],
)
def test_bad_input_is_told_with_its_place(
    here: Market, path: str, body: dict[str, Any], status: int, where: str
) -> None:
    answer = here.ask("admin", "POST", path, json=body)
    told = answer.json()
    assert (answer.status_code, told["where"] if where else "") == (status, where), told
    assert told["remedy"]


def test_answers_are_as_the_description_has_them(here: Market) -> None:
    eaten = [{"case": key, "objects": [key]} for key in ITEM_KEYS]
    told = description(application_of(here))
    supposed = supposing("cross_contamination", kind="place", key=PLANT.place)
    for path, body in (
        ("/trace", {**of(LOT), **BACK}),
        ("/scope", of(RAW, **supposed)),
        ("/scope", {"selections": [{"kind": "cases", "cases": eaten}]}),
        ("/scope/compare", {"first": of(RAW), "second": of(LOT)}),
        ("/scope/cut", {"question": of(RAW), "sinks": [SHOP.place]}),
        ("/common-links", {"cases": eaten}),
        ("/common-sources", {"objects": list(ITEM_KEYS)}),
        ("/rank", {"cases": CASES}),
        ("/checks", {}),
    ):
        answers = told["paths"][path]["post"]["responses"]
        schema = answers["200"]["content"]["application/json"]["schema"]
        answer = here.ask("admin", "POST", path, json=body, headers={"Prefer": "wait=60"})
        jsonschema_rs.validate({**schema, "components": told["components"]}, answer.json())


def test_what_is_no_json_or_too_much_is_refused(here: Market) -> None:
    for content, kind, status in (
        (b"{", "application/json", 400),
        (b'{"selections":[],"selections":[1]}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * (1 << 20) + b"{}", "application/json", 413),
    ):
        answer = here.ask("admin", "POST", "/scope", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
    chinese = here.ask("admin", "POST", "/rank", json={}, headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert chinese.headers["Content-Language"] == "zh-CN"
    assert chinese.json()["detail"] == "须提供病例，或指明一项调查，二者只能选一。"
    assert chinese.json()["problems"][0]["remedy"].endswith("调查编号。")


@pytest.mark.parametrize(
    ("path", "told", "where"),
    [
        ("/trace", {"suspect": RAW, "knwon_at": "2026-11-20T00:00:00Z"}, "knwon_at"),
        ("/trace", {"suspect": RAW, "direction": ["forward", "backward"]}, "direction"),
        ("/scope", {"suspect": RAW, "direction": "backward"}, "direction"),
        ("/trace", {"suspect": [RAW, "x"]}, "suspect/1"),
        ("/trace", {"suspect": RAW, "from_time": "1763600000"}, "from_time"),
        ("/trace", {"suspect": RAW, "from_time": "2026-11-20"}, "from_time"),
        (
            "/trace",
            {"suspect": RAW, "from_time": "2026-11-20T00:00Z", "to_time": "2026-11-20T00:00Z"},
            "to_time",
        ),
        ("/trace", {}, "suspect"),
        ("/trace", {"suspect": RAW, "depth": "-1"}, "depth"),
        ("/trace", {"suspect": RAW, "depth": "1e3"}, "depth"),
        ("/trace", {"suspect": RAW, "direction": "sideways"}, "direction"),
        ("/trace", {"suspect": [RAW] * 101}, "suspect"),
        ("/investigations", {"befor": "I2026-0001"}, "befor"),
        ("/investigations", {"limit": 1000}, "limit"),
        ("/jobs/00000000-aa", {"wait": 1}, "wait"),
    ],
)
def test_a_parameter_is_told_of_and_never_passed_over(
    here: Market, path: str, told: dict[str, Any], where: str
) -> None:
    for language in ("en", "zh-CN"):
        answer = here.ask("admin", "GET", path, params=told, headers={"Accept-Language": language})
        problem = answer.json()
        assert (answer.status_code, problem["where"]) == (400, where), problem
        assert problem["remedy"]
        said = problem["detail"] + problem["remedy"]
        assert (re.search("[\u4e00-\u9fff]", said) is not None) == (language == "zh-CN"), said


def test_an_answer_is_in_a_form_that_is_taken(here: Market) -> None:
    lines = "application/x-ndjson"
    for accept, form in (
        (lines, lines),
        ("application/ld+json", "application/json"),
        (f"{lines}, */*", lines),
        (f"{lines};q=0.1, application/json", "application/json"),
        (f"{lines};q=0, */*", "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/problem+json"),
    ):
        for method, told in (("GET", {"params": {"suspect": RAW}}), ("POST", {"json": of(RAW)})):
            answer = here.ask("admin", method, "/scope", headers={"Accept": accept}, **told)
            assert answer.headers["Content-Type"].partition(";")[0] == form
            assert (answer.status_code == 406) == (accept == "image/png")
    assert here.ask("admin", "GET", "/trace", params={"suspect": RAW}).json()["evidence"] > 0


def test_a_foreign_page_opens_nothing(here: Market) -> None:
    here.client.cookies.clear()
    headers = {"Cookie": "suyuan=whatever", "Sec-Fetch-Site": "cross-site"}
    answer = here.client.post("/investigations", json={"title": {"zh": "x"}}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign-request")


def test_the_command_writes_a_trace_to_a_file(here: Market, tmp_path: Path) -> None:
    environ = {"SUYUAN_DATABASE": str(here.house.engine.url.database), "SUYUAN_VAR": str(tmp_path)}
    file = tmp_path / "trace.CSV"
    run = CliRunner().invoke(app, ["forward", RAW, "--export", str(file), "--language", "zh-CN"], env=environ)
    assert run.exit_code == 0, run.output
    head, *lines = rows(file.read_bytes())
    assert head[:3] == ["追溯批次代码：GTIN", "追溯批次代码：批号", "序列号或 SSCC"]
    assert {line[-5] for line in lines} >= {RAW, *ITEM_KEYS}
    for name in ("trace.doc", "missing/trace.csv"):
        refused = CliRunner().invoke(app, ["forward", RAW, "--export", str(tmp_path / name)], env=environ)
        assert isinstance(refused.exception, WrongUse)


@pytest.mark.parametrize("asked", [["trace", "back", RAW], ["check"], ["backup", "saved.zip"]])
def test_no_store_is_made_to_be_asked(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUYUAN_VAR", str(tmp_path / "misspelt"))
    monkeypatch.delenv("SUYUAN_DATABASE", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(asked)
    assert ended.value.code == 2
    assert "There is no store" in capsys.readouterr().err
    assert not (tmp_path / "misspelt").exists()


def test_a_change_is_made_as_a_whole_or_not_at_all(here: Market) -> None:
    path = here.ask("owner", "POST", "/investigations", json={"title": {"en": "drill"}}).headers["Location"]
    here.ask("owner", "PATCH", path, json={"state": "closed"})
    refused = here.ask("owner", "PATCH", path, json={"state": "open", "title": {"en": "x" * 201}})
    assert refused.status_code == 400
    found = here.ask("owner", "GET", path).json()
    assert (found["state"], found["title"]["en"]) == ("closed", "drill")
    assert [one["what"] for one in found["history"]] == ["closed", "opened"]
    assert here.ask("admin", "PATCH", path, json={"state": "open"}).status_code == 403

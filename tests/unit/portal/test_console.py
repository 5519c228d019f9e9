"""The console: search, objects, evidence, traces, scopes, drafts and cases."""

from __future__ import annotations

import gzip
import re
from html import unescape
from urllib.parse import quote_plus

import httpx
import pytest
from tests.unit.portal.fake_house import FARM_LOT, GTIN, ID, SALAD, T0, FakeHouse
from tests.unit.portal.test_passport_page import MSGID

from suyuan.portal.language import LANGUAGES
from suyuan.portal.rendering import event_path, object_path
from suyuan.portal.tracing import Total, totals
from suyuan.trace.lineage.contract import Options, ScopeLine, Status, Suspect
from suyuan.trace.recall.recall import CaseState

PAGES = [
    "/",
    "/sign-in",
    "/console",
    "/console/search?q=salad",
    "/console/search?q=",
    "/console/search?q=nothing-like-it",
    object_path(FARM_LOT),
    object_path("hostile"),
    object_path("p1"),
    event_path("ev-1"),
    "/console/trace",
    f"/console/trace?suspect={FARM_LOT}",
    f"/console/trace?suspect={ID}/01/{GTIN}/21/S00001&direction=backward",
    "/console/trace?suspect=hostile",
    f"/console/trace?suspect={FARM_LOT}&whole=1",
    f"/console/scope?suspect={FARM_LOT}",
    "/console/scope?suspect=hostile",
    "/console/scope?suspect=p1",
    f"/console/draft?suspect={FARM_LOT}",
    "/console/case/R2026-0003",
    "/console/case/R2026-0007",
    "/console/case/R2026-0009",
]
ANSWERS = {
    "title_zh": "召回",
    "title_en": "Recall",
    "reason_zh": "因为",
    "reason_en": 'Because "of" <b>\nmany things',
    "hazard": "microbial",
    "recall_class": "1",
    "what_to_do_zh": "退货",
    "what_to_do_en": "",
    "contact": "12315",
    "question": f"suspect={FARM_LOT}&from=2026-11-12T09:00&to=",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
async def test_page_is_whole(client: httpx.AsyncClient, path: str, language: str) -> None:
    response = await client.get(path + ("&" if "?" in path else "?") + f"lang={language}")
    assert response.status_code == 200
    text = response.text
    assert text.rstrip().endswith("</html>")
    assert not MSGID.search(text)
    assert "<script" not in text
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", text)
    assert not re.search(r"\{\w+\}", re.sub(r"<[^>]*>", "", text).replace("{{7*7}}", "").split("&#34;")[0])
    for link in re.findall(r'(?:href|action)="(/[^"]*)"', text):
        assert f"lang={language}" in link or link.startswith("/assets/") or 'lang="' in text or "#" in link
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


async def test_search_box_is_on_every_console_page(client: httpx.AsyncClient) -> None:
    for path in PAGES[2:]:
        assert 'action="/console/search"' in (await client.get(path)).text


async def test_worklist_puts_the_gravest_open_case_first(client: httpx.AsyncClient) -> None:
    text = (await client.get("/console")).text
    assert re.findall(r">(R2026-\d+)<", text) == ["R2026-0007", "R2026-0009", "R2026-0008", "R2026-0003"]


async def test_every_node_and_line_of_the_drawing_leads_to_evidence(client: httpx.AsyncClient) -> None:
    text = (await client.get("/console/trace", params={"suspect": FARM_LOT, "lang": "en"})).text
    drawing = text[text.index('<svg class="trace"') :].split("</svg>")[0]
    hrefs = re.findall(r'<a href="([^"]+)" class="(node|line)', drawing)
    assert len(hrefs) > 15
    for href, _ in hrefs:
        assert href.startswith(("/console/object/", "/console/event/")) or f'id="{href[1:]}"' in text
    assert "×480" in drawing
    assert 'class="line transform possible"' in drawing
    assert len(text) < 120_000


async def test_whole_answer_lists_every_state(client: httpx.AsyncClient, house: FakeHouse) -> None:
    states = house.trace((Suspect(FARM_LOT),), Options()).states
    text = (await client.get("/console/trace", params={"suspect": FARM_LOT, "whole": "1"})).text
    assert all(state.key in text for state in states)


async def test_wrong_question_comes_back_with_nothing_lost(client: httpx.AsyncClient) -> None:
    query = {"suspect": "x & y", "from": "yesterday", "to": "", "depth": "deep", "lang": "en"}
    response = await client.get("/console/trace", params=query)
    assert response.status_code == 400
    text = unescape(response.text)
    assert 'value="x & y"' in text
    assert 'value="yesterday"' in text
    assert 'href="#from-0"' in text
    assert 'id="from-0"' in text
    assert "yesterday is not a date and time" in text


async def test_unknown_suspect_offers_what_is_near(client: httpx.AsyncClient) -> None:
    response = await client.get("/console/trace", params={"suspect": "lettuce", "lang": "en"})
    assert response.status_code == 404
    assert "Did you mean" in response.text
    assert "LET-1112" in response.text


async def test_scope_adds_up(client: httpx.AsyncClient) -> None:
    text = unescape((await client.get("/console/scope", params={"suspect": FARM_LOT, "lang": "en"})).text)
    assert '<span class="figure">96.5 kg</span>' in text
    assert '<span class="figure">1,283 pieces</span><span class="caption">to hold</span>' in text
    assert (
        '<span class="figure">640 pieces</span><span class="caption">sold: to be called back</span>' in text
    )
    assert "0 / unknown / 1,283 pieces" in text
    assert "/console/draft?suspect=" in text


def test_an_unknown_amount_never_looks_like_none() -> None:
    known = ScopeLine("a", None, "in_stock", "KGM", 1, 5.0, 0.0, 1.0, 5.0, ())
    unknown = ScopeLine("b", None, "in_stock", "KGM", 1, None, 0.0, None, None, ())
    assert totals([known]) == [
        Total("to-hold", "KGM", 1, hold=5.0, hold_is_all=True, min=0.0, expected=1.0, max=5.0)
    ]
    assert totals([known, unknown]) == [
        Total("to-hold", "KGM", 2, hold=5.0, hold_is_all=False, min=0.0, expected=None, max=None)
    ]


async def test_scope_says_where_an_amount_is_unknown(client: httpx.AsyncClient) -> None:
    text = (await client.get("/console/scope", params={"suspect": "hostile", "lang": "en"})).text
    assert '<span class="figure">unknown</span>' in text
    assert "0 / unknown / unknown" in text


async def test_draft_goes_step_by_step_and_is_checked(client: httpx.AsyncClient, house: FakeHouse) -> None:
    check = await client.post("/console/draft?lang=en", data={**ANSWERS, "step": "check"})
    assert check.status_code == 200
    text = unescape(check.text)
    assert "Check the answers" in text
    assert 'Because "of" <b>\nmany things' in text
    assert "&lt;b&gt;" in check.text
    done = await client.post("/console/draft?lang=en", data={**ANSWERS, "step": "create"})
    assert done.status_code == 303
    assert done.headers["location"] == "/console/case/R2026-0010?lang=en"
    draft = house.case("R2026-0010").draft
    assert draft.suspects == (Suspect(FARM_LOT, T0, None),)
    assert draft.reason.en == 'Because "of" <b>\nmany things'
    assert draft.recall_class == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title_zh": ""}, "title_zh"),
        ({"reason_zh": ""}, "reason_zh"),
        ({"hazard": "magic"}, "hazard"),
        ({"recall_class": "4"}, "recall_class"),
        ({"what_to_do_zh": ""}, "what_to_do_zh"),
        ({"contact": "  "}, "contact"),
        ({"contact": "x" * 2001}, "contact"),
    ],
)
async def test_incomplete_draft_is_not_made(
    client: httpx.AsyncClient, house: FakeHouse, change: dict[str, str], field: str
) -> None:
    response = await client.post("/console/draft?lang=en", data={**ANSWERS, "step": "create", **change})
    assert response.status_code == 400
    assert f'<a href="#{field}">' in response.text
    assert f'id="{field}"' in response.text
    kept = unescape(response.text)
    assert all(value in kept for name, value in ANSWERS.items() if name not in (*change, "question"))
    assert f"suspect={quote_plus(FARM_LOT)}&from=2026-11-12T09%3A00" in kept
    assert "R2026-0010" not in house.known


async def test_draft_without_suspects_says_where_to_begin(client: httpx.AsyncClient) -> None:
    response = await client.post("/console/draft?lang=en", data={**ANSWERS, "question": "", "step": "create"})
    assert response.status_code == 400
    assert "The draft names nothing to recall" in response.text


async def test_refusal_of_the_house_comes_back_into_the_form(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/console/draft?lang=zh-CN", data={**ANSWERS, "contact": "refuse", "step": "create"}
    )
    assert response.status_code == 400
    assert "缺少 contact" in response.text
    assert 'value="refuse"' in response.text


async def test_decisions_follow_each_other(client: httpx.AsyncClient, house: FakeHouse) -> None:
    case = "/console/case/R2026-0009"
    assert (await client.post(f"{case}/hold?lang=en")).headers["location"] == f"{case}?lang=en"
    assert house.case("R2026-0009").state is CaseState.HELD
    unsure = await client.post(f"{case}/publish?lang=en")
    assert unsure.status_code == 400
    assert "Confirm that you have checked" in unsure.text
    assert house.case("R2026-0009").state is CaseState.HELD
    assert (await client.post(f"{case}/publish", data={"sure": "1"})).status_code == 303
    assert house.case("R2026-0009").state is CaseState.PUBLISHED
    assert (await client.post(f"{case}/release", data={"note": " "})).status_code == 400
    assert (await client.post(f"{case}/release", data={"note": "Clean"})).status_code == 303
    assert house.case("R2026-0009").log[-1].note == "Clean"
    late = await client.post(f"{case}/hold?lang=en")
    assert late.status_code == 409
    assert "cannot become held" in late.text
    assert (await client.post(f"{case}/burn")).status_code == 404


async def test_errors_are_pages(client: httpx.AsyncClient) -> None:
    response = await client.get("/console/case/none", params={"lang": "zh-CN"})
    assert response.status_code == 404
    assert "未查到记录" in response.text
    assert "not-found" in response.text


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("/console/case/1", "/console/case/1"),
        ("//evil.example", "/console"),
        ("https://evil.example", "/console"),
        ("/\\evil", "/console"),
    ],
)
async def test_sign_in_leads_only_to_our_own_pages(client: httpx.AsyncClient, given: str, used: str) -> None:
    text = (await client.get("/sign-in", params={"next": given})).text
    assert f'name="next" value="{used}"' in text


async def test_stylesheet_is_one_small_file_kept_for_ever(client: httpx.AsyncClient) -> None:
    path = re.findall(r'<link rel="stylesheet" href="([^"]+)"', (await client.get("/")).text)
    assert len(path) == 1
    response = await client.get(path[0])
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(gzip.compress(response.content)) < 12_000
    assert b"@layer reset,tokens,base,components,pages" in response.content
    assert b"http" not in response.content
    assert (await client.get("/assets/other.css")).status_code == 404


async def test_salad_is_an_object(client: httpx.AsyncClient) -> None:
    text = (await client.get(object_path(SALAD), params={"lang": "en"})).text
    assert "direction=backward" in text
    assert "direction=forward" in text


def test_what_is_sold_or_used_up_is_not_counted_as_to_be_held() -> None:
    def line(status: Status, pieces: float) -> ScopeLine:
        return ScopeLine("a", None, status, None, 1, pieces, 0.0, 0.0, pieces, ())

    summed = totals(
        [line("consumed", 1.0), line("sold", 2.0), line("in_stock", 4.0), line("in_transit", 8.0)]
    )
    assert [(total.fate, total.hold) for total in summed] == [("to-hold", 12.0), ("sold", 2.0), ("gone", 1.0)]

"""The console: search, objects, evidence, traces, scopes, drafts and cases."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import quote_plus

import httpx
import pytest
from tests.unit.portal.fake_desk import AUTHORITY, FARMER, FIRST, SECOND
from tests.unit.portal.fake_house import FARM_LOT, GTIN, ID, NOW, SALAD, T0, FakeHouse
from tests.unit.portal.test_passport_page import MSGID

from suyuan.portal.language import LANGUAGES
from suyuan.portal.rendering import event_path, object_path
from suyuan.portal.sightings import Total, totals
from suyuan.trace.lineage.contract import Options, ScopeLine, Status, Suspect
from suyuan.trace.recall.cases import FOLLOWS
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.possible import possible
from suyuan.trace.recall.recall import Act, CaseState, Initiative, RiskWarning
from suyuan.trace.store.sight import Viewer

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
    "/console/case/R2026-0008",
    "/console/case/R2026-0008/letter/1",
    f"/console/dossier/{SALAD}",
]
ANSWERS = {
    "title_zh": "召回",
    "title_en": "Recall",
    "reason_zh": "因为",
    "reason_en": 'Because "of" <b>\nmany things',
    "hazard": "microbial",
    "recall_class": "1",
    "initiative": "ordered",
    "operator": "Qinghe",
    "known_at": "2026-11-21T17:00",
    "known_zone": "+08:00",
    "legal_basis": "",
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
    assert '<span class="caption">to hold</span>' in text
    assert (
        '<span class="figure">640 pieces</span><span class="caption">sold: to be called back</span>' in text
    )
    assert "0 / 320 / 1,280 pieces" in text
    assert "0 / unknown / 3 pieces" in text
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
    assert done.headers["location"] == "/console/case/R2026-0005?lang=en"
    draft = house.case("R2026-0005").draft
    assert draft.suspects == (Suspect(FARM_LOT, T0, None),)
    assert draft.reason.en == 'Because "of" <b>\nmany things'
    assert draft.recall_class == 1
    assert (draft.initiative, draft.party) == (Initiative.ORDERED, AUTHORITY)
    assert draft.known_at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title_zh": ""}, "title_zh"),
        ({"reason_zh": ""}, "reason_zh"),
        ({"hazard": "magic"}, "hazard"),
        ({"recall_class": "4"}, "recall_class"),
        ({"initiative": "somebody"}, "initiative"),
        ({"known_at": ""}, "known_at"),
        ({"known_at": "yesterday"}, "known_at"),
        ({"known_at": "2026-11-21T18:43"}, "known_at"),  # a minute after now
        ({"known_zone": "Shanghai"}, "known_zone"),
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
    assert "R2026-0005" not in {case.number for case in house.cases()}


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


def signed_in(viewer: Viewer) -> dict[str, str]:
    return {"x-officer": viewer.name}


async def test_one_person_proposes_and_another_one_confirms(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    case = "/console/case/R2026-0009"
    silent = await client.post(f"{case}/propose/hold?lang=en")
    assert (silent.status_code, "Say why" in silent.text) == (400, True)
    assert 'id="reason-hold" name="reason" rows="2" maxlength="2000" aria-invalid="true"' in silent.text
    proposed = await client.post(f"{case}/propose/hold?lang=en", data={"reason": "Glass <b>found</b>"})
    assert proposed.headers["location"] == f"{case}?lang=en"
    assert house.case("R2026-0009").state is CaseState.DRAFT
    own = (await client.get(f"{case}?lang=en")).text
    assert "you cannot confirm what you proposed" in own
    assert "/proposal/1/confirm" not in own
    alone = await client.post(f"{case}/proposal/1/confirm?lang=en", data={"sure": "1"})
    assert alone.status_code == 403
    assert "somebody else must confirm it" in alone.text
    seen = (await client.get(f"{case}?lang=en", headers=signed_in(SECOND))).text
    assert "Glass &lt;b&gt;found&lt;/b&gt;" in seen
    assert "Waits for a second person: stop the sale" in seen
    unsure = await client.post(f"{case}/proposal/1/confirm", headers=signed_in(SECOND))
    assert unsure.status_code == 400
    done = await client.post(f"{case}/proposal/1/confirm", data={"sure": "1"}, headers=signed_in(SECOND))
    assert done.status_code == 303
    held = house.case("R2026-0009")
    assert (held.state, held.log[-2].by, held.log[-2].proposed_by) == (
        CaseState.HELD,
        SECOND.name,
        FIRST.name,
    )


@pytest.mark.parametrize(
    ("act", "number"), [("publish", "R2026-0008"), ("complete", "R2026-0007"), ("release", "R2026-0007")]
)
async def test_what_reaches_the_public_or_the_shelf_has_a_box_to_tick(
    client: httpx.AsyncClient, house: FakeHouse, act: str, number: str
) -> None:
    path = f"/console/case/{number}/propose/{act}?lang=en"
    unsure = await client.post(path, data={"reason": "Because"})
    assert unsure.status_code == 400
    assert f'href="#sure-{act}"' in unsure.text
    assert f'id="sure-{act}"' in unsure.text
    assert ">Because</textarea>" in unsure.text
    assert house.case(number).proposal is None
    assert (await client.post(path, data={"reason": "Because", "sure": "1"})).status_code == 303
    assert house.case(number).proposal is not None
    twice = await client.post(path, data={"reason": "Because", "sure": "1"})
    assert twice.status_code == 409
    back = await client.post(f"/console/case/{number}/proposal/1/withdraw", data={"reason": "Too early"})
    assert back.status_code == 409  # the earlier proposals were confirmed long ago
    proposal = house.case(number).proposal
    assert proposal is not None
    path = f"/console/case/{number}/proposal/{proposal.number}"
    refused = await client.post(f"{path}/refuse", data={"reason": "No"}, headers=signed_in(SECOND))
    assert refused.status_code == 303
    assert house.case(number).log[-1].note == "No"


def offered(text: str) -> set[str]:
    """The steps that a page of a case has forms for."""
    found: set[str] = set()
    for form in re.findall(r"<form.*?</form>", text, re.DOTALL):
        step = re.match(r'<form[^>]* action="/console/case/[^/]+/([^?"]+)', form)
        if step is None:
            continue
        words = [word for word in step[1].split("/") if not word.isdigit()]
        name = words[1] if words[0] == "propose" else "-".join(words)
        at_once = 'name="urgent"' in form
        found |= {"hold-at-once"} if at_once else set()
        found |= set() if at_once and 'type="hidden" name="urgent"' in form else {name}
    return found


STANDINGS = [
    (state, urgent, proposal)
    for state in CaseState
    for urgent in ((False, True) if state is CaseState.HELD else (False,))
    for proposal in (None, *sorted(FOLLOWS[state]))
]


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize(("state", "urgent", "proposal"), STANDINGS)
async def test_a_case_offers_just_the_steps_that_it_allows(
    client: httpx.AsyncClient,
    house: FakeHouse,
    state: CaseState,
    proposal: Act | None,
    *,
    urgent: bool,
    alone: bool,
) -> None:
    desk, number = house.desk, "R2026-0100"
    desk.alone = alone
    desk.begin(number, house.case("R2026-0009").draft, CaseState.DRAFT if urgent else state, 9)
    if urgent:
        desk.hold_at_once(number, FIRST, "Glass")
    if proposal is not None:
        warning = RiskWarning(Text("x", "x"), "Province", "7")
        desk.propose(number, proposal, FIRST, "Because", warning=warning)
    for viewer in (FIRST, SECOND, FARMER):
        page = await client.get(f"/console/case/{number}?lang=en", headers=signed_in(viewer))
        allowed = possible(house.case(number), viewer, alone=alone) - {"ask"}
        assert offered(page.text) - {"ask"} == allowed, viewer.name
        if state is CaseState.DRAFT:
            assert "Propose to lift" not in page.text


async def test_an_urgent_hold_is_loud_until_a_second_person_has_spoken(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    case = "/console/case/R2026-0009"
    done = await client.post(f"{case}/propose/hold", data={"reason": "Glass", "urgent": "1"})
    assert done.status_code == 303
    assert house.case("R2026-0009").state is CaseState.HELD
    assert "Urgent hold: second person!" in (await client.get("/console?lang=en")).text
    house.desk.now = NOW + timedelta(hours=25)
    assert "in force on one person" in (await client.get(f"{case}?lang=en")).text
    assert (await client.post(f"{case}/urgent/confirm")).status_code == 403
    refused = await client.post(
        f"{case}/urgent/refuse", data={"reason": "It was ice"}, headers=signed_in(SECOND)
    )
    assert refused.status_code == 303
    assert house.case("R2026-0009").state is CaseState.RELEASED


async def test_a_warning_of_the_public_needs_its_authorisation(client: httpx.AsyncClient) -> None:
    form = {"reason": "Ill children", "sure": "1", "warning_zh": "请勿食用"}
    path = "/console/case/R2026-0007/propose/warn?lang=en"
    bare = await client.post(path, data=form)
    assert (bare.status_code, 'id="authorised_by-warn"' in bare.text) == (400, True)
    assert 'href="#authorised_by-warn"' in bare.text
    whole = {**form, "authorised_by": "Provincial bureau", "authorisation": "2026-17, 20 November"}
    assert (await client.post(path, data=whole)).status_code == 303
    shown = (await client.get("/console/case/R2026-0007?lang=en", headers=signed_in(SECOND))).text
    assert "Provincial bureau · 2026-17, 20 November" in shown


async def test_another_authority_answers_the_letter_and_decides_nothing_else(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    case = "/console/case/R2026-0008"
    theirs = await client.post(f"{case}/propose/publish", data={"reason": "x", "sure": "1"})
    assert theirs.status_code == 303
    foreign = await client.post(f"{case}/proposal/2/confirm", data={"sure": "1"}, headers=signed_in(FARMER))
    assert foreign.status_code == 403
    assert (await client.post(f"{case}/letter/1/answer", data={"reason": "Done"})).status_code == 404
    mute = await client.post(f"{case}/letter/1/refuse?lang=en", headers=signed_in(FARMER))
    assert (mute.status_code, "Say why" in mute.text) == (400, True)
    told = await client.post(
        f"{case}/letter/1/answer", data={"reason": "Field closed"}, headers=signed_in(FARMER)
    )
    assert told.status_code == 303
    assert house.case("R2026-0008").transfers[0].answer == "Field closed"
    assert (await client.get(f"{case}/letter/9")).status_code == 404


async def test_what_left_our_sight_is_a_row_and_a_sum_of_its_own(client: httpx.AsyncClient) -> None:
    text = unescape((await client.get("/console/scope", params={"suspect": FARM_LOT, "lang": "en"})).text)
    assert '<span class="figure">1,280 pieces</span><span class="caption">to hold</span>' in text
    assert '<span class="figure">3 pieces</span><span class="caption">left our sight</span>' in text
    assert "Shipped, not received for 7 days" in text


@pytest.mark.parametrize("step", ["burn", "propose/burn", "proposal/1/burn", "letter/1/burn", "urgent/burn"])
async def test_no_other_steps_are_known(client: httpx.AsyncClient, step: str) -> None:
    assert (await client.post(f"/console/case/R2026-0009/{step}")).status_code == 404


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

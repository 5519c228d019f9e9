"""The consumer page: every state in both languages, honest about what is missing, small, escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import httpx
import pytest
from tests.unit.portal.fake_house import GTIN, HOSTILE, NOTICE, NOW, FakeHouse, passport_link, passport_of

from suyuan.portal.language import LANGUAGES, Language, Speech
from suyuan.portal.rendering import stylesheet
from suyuan.trace.recall.passport import (
    Check,
    Level,
    Party,
    Passport,
    Product,
    Reason,
    Seen,
    Text,
    Verdict,
    VerdictState,
)

MSGID = re.compile(r">\s*[a-z-]+(?:\.[a-z0-9_-]+)+\s*<")
WORDS = {
    VerdictState.VERIFIED: ("芯片验真通过", "Chip verified"),
    VerdictState.REGISTERED: ("有登记记录", "On record"),
    VerdictState.SOLD: ("有售出记录", "Sold, as recorded"),
    VerdictState.ATTENTION: ("请留意", "Check"),
    VerdictState.RESOLD: ("重复售出", "Sold twice"),
    VerdictState.SUSPICIOUS: ("编码异常（可能被复制）", "Code may be copied"),
    VerdictState.HELD: ("暂停销售", "On hold"),
    VerdictState.EXPIRED: ("已过保质期", "Past shelf life"),
    VerdictState.WITHDRAWN: ("已下架", "Withdrawn"),
    VerdictState.DESTROYED: ("记录显示已销毁", "Recorded as destroyed"),
    VerdictState.RECALLED: ("召回产品", "Recalled"),
    VerdictState.UNKNOWN: ("未查到记录", "No record found"),
}


async def page(client: httpx.AsyncClient, path: str, language: str = "en") -> str:
    return (await client.get(path, params={"lang": language})).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", VerdictState)
async def test_verdict_says_word_and_reason(
    client: httpx.AsyncClient, state: VerdictState, language: Language
) -> None:
    response = await client.get(passport_link(state), params={"lang": language})
    assert response.status_code == (404 if state is VerdictState.UNKNOWN else 200)
    text = unescape(response.text)
    word = WORDS[state][LANGUAGES.index(language)]
    assert f'<h1 id="verdict">{word}</h1>' in text
    speech = Speech(language)
    for reason in passport_of(state).verdict.reasons:
        sentence = speech.reason(reason)
        assert sentence in text
        assert "…" not in sentence
    assert f'<html lang="{language}">' in text
    assert not MSGID.search(text)
    assert "18:42 UTC+8" in text  # the time of the check, with its zone


@pytest.mark.parametrize("state", VerdictState)
async def test_nobody_is_left_to_eat_what_is_stopped_under_another_headline(
    client: httpx.AsyncClient, house: FakeHouse, state: VerdictState
) -> None:
    copied = Reason(VerdictState.SUSPICIOUS, "copied", {"count": 3})
    stopped = {VerdictState.RECALLED, VerdictState.HELD, VerdictState.EXPIRED, VerdictState.WITHDRAWN}
    known, link = passport_of(VerdictState.SUSPICIOUS), passport_link(VerdictState.SUSPICIOUS)
    reasons = (copied, *passport_of(state).verdict.reasons)
    house.passports[link] = replace(known, verdict=Verdict(VerdictState.SUSPICIOUS, reasons, NOW))
    also = {reason.state for reason in reasons}
    assert ("Do not eat it. Keep" in await page(client, link)) == bool(also & stopped)


@pytest.mark.parametrize("state", VerdictState)
async def test_page_has_no_inline_script_or_style_and_no_foreign_request(
    client: httpx.AsyncClient, state: VerdictState
) -> None:
    text = await page(client, passport_link(state))
    assert re.sub(r'<script type="module" src="/assets/[^"<>]+"></script>', "", text).count("<script") == 0
    assert "<style" not in text
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert "set-cookie" not in (await client.get(passport_link(state))).headers


async def test_a_rich_page_with_its_style_is_a_third_of_what_may_cross_the_wire(
    client: httpx.AsyncClient,
) -> None:
    """Thirty kilobytes without pictures: what is left is for scripts."""
    sizes: list[int] = []
    for state in VerdictState:
        async with client.stream("GET", passport_link(state), params={"lang": "zh-CN"}) as response:
            assert response.headers["content-encoding"] == "gzip"
            assert "Accept-Encoding" in response.headers["vary"]
            body = b"".join([part async for part in response.aiter_raw()])
        assert int(response.headers["content-length"]) == len(body)
        sizes.append(len(body))
    sheet = await client.get(stylesheet("style")[0])
    assert sheet.headers["content-encoding"] == "gzip"
    assert max(sizes) > 4_000
    assert max(sizes) + int(sheet.headers["content-length"]) <= 12_000


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "*;q=0"])
async def test_who_reads_no_gzip_gets_none(client: httpx.AsyncClient, accepted: str) -> None:
    headers = {"Accept-Encoding": accepted}
    for path in (passport_link(VerdictState.SOLD), stylesheet("style")[0]):
        response = await client.get(path, headers=headers)
        assert "content-encoding" not in response.headers
        assert "Accept-Encoding" in response.headers["vary"]
        assert int(response.headers["content-length"]) == len(response.content)


async def test_recall_notice_says_what_to_do_and_whom_to_call(client: httpx.AsyncClient) -> None:
    text = unescape(await page(client, passport_link(VerdictState.RECALLED)))
    assert "Do not eat it. Return it to any shop for a full refund; no receipt is needed." in text
    assert '<a href="tel:051255500188">' in text
    assert "R2026-0007" in text


async def test_a_closed_recall_stays_true_and_says_who_ordered_it(client: httpx.AsyncClient) -> None:
    text = unescape(await page(client, passport_link(VerdictState.RECALLED)))
    assert "Recall ordered by the authority" in text
    assert "The recall stays true" in text
    assert text.index("Public risk warning") < text.index("Recall ordered by the authority")
    assert "Authorised by</dt><dd>某省市场监督管理局" in text


async def test_a_lifted_hold_is_told_as_past_and_asks_for_nothing(client: httpx.AsyncClient) -> None:
    text = unescape(await page(client, passport_link(VerdictState.SOLD)))
    notice = text[text.index('class="notice past"') :].split("</section>")[0]
    assert "Sale was stopped, since lifted" in notice
    assert "R2026-0003" in notice
    assert "Lifted</dt><dd>21 Nov 2026 18:42 UTC+8" in notice
    assert 'class="do"' not in notice


async def test_a_lifted_recall_is_told_calmly_with_both_its_days(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    link = f"/01/{GTIN}/21/lifted"
    published = NOW - timedelta(days=3)
    reasons = (
        Reason(VerdictState.REGISTERED, "recall-lifted", {"published": published, "lifted": NOW}),
        Reason(VerdictState.REGISTERED, "registered", {"count": 3}),
    )
    notice = replace(NOTICE, kind="past-recall", published_at=published, ended_at=NOW)
    house.passports[link] = replace(
        passport_of(VerdictState.REGISTERED),
        verdict=Verdict(VerdictState.REGISTERED, reasons, NOW),
        notices=(notice, replace(notice, kind="past-warning")),
    )
    text = unescape(await page(client, link))
    assert "The recall of 18 Nov 2026 18:42 UTC+8 was lifted on 21 Nov 2026 18:42 UTC+8" in text
    told = text[text.index('class="notice past"') :]
    assert "Recall, since lifted" in told
    assert "Public risk warning, since lifted" in told
    assert "Published</dt><dd>18 Nov 2026 18:42 UTC+8" in told
    for alarm in ("tone-stop", 'class="do"', "Do not eat"):
        assert alarm not in text
    chinese = unescape(await page(client, link, "zh-CN"))
    assert "召回公告（现已撤销）" in chinese
    assert "不要食用" not in chinese


async def test_what_nobody_told_in_english_is_marked_as_chinese(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    link = f"/01/{GTIN}/21/marked"
    known = passport_of(VerdictState.REGISTERED)
    assert known.producer is not None
    steps = tuple(replace(step, city=Text("昆山市", "")) for step in known.journey[:1])
    producer = replace(known.producer, name=Text("青禾食品", "青禾食品"), city=Text("昆山市"))
    house.passports[link] = replace(known, journey=steps, producer=producer)
    text = await page(client, link)
    assert '<h3><span lang="zh-CN">昆山市</span></h3>' in text
    assert '<span lang="zh-CN">青禾食品</span>' in text
    assert '<span lang="zh-CN">' not in await page(client, link, "zh-CN")


async def test_journey_says_what_was_read_and_what_follows(client: httpx.AsyncClient) -> None:
    text = unescape(await page(client, passport_link(VerdictState.REGISTERED)))
    for words in ("read by a reader", "follows from its container", "typed by a person"):
        assert words in text
    stays = re.findall(r"<h3>([^<]+)</h3>", text)
    assert stays == ["Hangzhou", "Suzhou", "Shanghai", "Shanghai"]  # two places of one city are two stays


async def test_a_test_without_words_and_a_code_that_nobody_read_are_told_so(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    link = f"/01/{GTIN}/21/wordless"
    verdict = Verdict(VerdictState.REGISTERED, (Reason(VerdictState.REGISTERED, "registered"),), NOW)
    check = Check(Text(), Text(), NOW.date(), "conformant", told_by=Text("农户", "A farmer"))
    house.passports[link] = replace(
        passport_of(VerdictState.REGISTERED), verdict=verdict, checks=(check,), producer=None
    )
    text = unescape(await page(client, link))
    assert "what was tested is not on record" in text
    assert "by whom is not on record · 21 Nov 2026 · recorded by A farmer" in text
    assert "no reader has read it" in text
    chinese = unescape(await page(client, link, "zh-CN"))
    assert "检验（项目没有记录）" in chinese
    assert "读取 0 次" not in chinese


async def test_a_number_that_fits_is_never_called_checked(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    text = unescape(await page(client, passport_link(VerdictState.REGISTERED)))
    assert "Its structure and check digit are right." in text
    assert "Convenience foods" in text
    assert "The operator of this platform approved the entry on 4 Mar 2026." in text
    assert "only the authority that gave the licence can tell" in text
    assert "checked" not in re.sub(r"<[^>]+>", "", text).replace("Checked", "").replace("Who checked it", "")
    link = f"/01/{GTIN}/21/doubtful"
    known = passport_of(VerdictState.REGISTERED)
    assert known.producer is not None
    doubtful = replace(
        known.producer,
        licence_fits=False,
        licence_says=Text(),
        licence_until=NOW.date() - timedelta(days=1),
        licence_over=True,
        uscc_fits=False,
        entered=None,
    )
    house.passports[link] = replace(known, producer=doubtful)
    text = unescape(await page(client, link))
    assert text.count('class="under wrong"') == 3
    assert "ran out on 20 Nov 2026" in text
    assert "Nobody registered it on this platform" in text
    assert "By its number" not in text


@pytest.mark.parametrize("state", [VerdictState.REGISTERED, VerdictState.ATTENTION])
async def test_temperature_is_told_with_its_limits_and_what_was_not_measured(
    client: httpx.AsyncClient, state: VerdictState
) -> None:
    text = unescape(await page(client, passport_link(state)))
    told = text[text.index("Temperature on the way</h2>") :].split("</section>")[0]
    assert "0 °C to 4 °C" in told
    assert '<svg class="curve"' in told
    broken = state is VerdictState.ATTENTION
    assert ("0.8 °C to 9.1 °C" in told) is broken
    assert ("1 h 15 min" in told) is broken
    assert ("30 min of it nothing was measured" in told) is broken
    assert ("No decision about it is on record yet." in told) is broken
    assert ("never, as measured" in told) is not broken


@pytest.mark.parametrize("level", Level)
async def test_every_level_says_what_it_can_and_cannot_show(
    client: httpx.AsyncClient, house: FakeHouse, level: Level
) -> None:
    link = passport_link(VerdictState.SOLD)
    house.passports[link] = replace(house.passports[link], seen=Seen(level, (), 1, NOW))
    text = unescape(await page(client, link))
    assert 'class="can"' in text
    assert 'class="cannot"' in text
    assert "Looked up 1 time before, on 21 Nov 2026." in text
    assert not MSGID.search(text)
    house.passports[link] = replace(house.passports[link], seen=Seen(level))
    assert "No earlier look-up is on record here." in await page(client, link)


async def test_of_a_logistic_unit_nobody_says_that_its_number_is_hard_to_guess(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    link = passport_link(VerdictState.SOLD)
    house.passports[link] = replace(house.passports[link], kind="unit", seen=Seen(Level.SERIAL))
    assert "such numbers often run on" in await page(client, link)
    house.passports[link] = replace(house.passports[link], kind="unit", seen=Seen(Level.MARKED))
    assert "A code of its own with a check mark" in await page(client, link)


async def test_facts_are_registered_only_where_somebody_registered_them(
    client: httpx.AsyncClient, house: FakeHouse
) -> None:
    link = passport_link(VerdictState.SOLD)
    assert "as registered by the producer" in await page(client, link)
    house.passports[link] = replace(house.passports[link], product_entered=False)
    assert "as told in exchanged documents" in await page(client, link)
    other = Party("p9", Text("他人", "Somebody else"))
    house.passports[link] = replace(house.passports[link], product_by=other)
    assert "as registered by Somebody else" in await page(client, link)


@pytest.mark.parametrize("state", VerdictState)
async def test_days_left_reassure_nobody_who_should_not_eat_it(
    client: httpx.AsyncClient, house: FakeHouse, state: VerdictState
) -> None:
    link = passport_link(state)
    house.passports[link] = replace(house.passports[link], days_left=6)
    text = await page(client, link)
    shown = re.findall(r'class="(days[ a-z]*)"', text)
    if state in {VerdictState.RECALLED, VerdictState.DESTROYED, VerdictState.UNKNOWN}:
        assert shown == []
    elif state in {VerdictState.ATTENTION, VerdictState.VERIFIED, VerdictState.SOLD, VerdictState.REGISTERED}:
        assert shown == ["days"]
    else:
        assert shown == ["days quiet"]


async def test_missing_facts_are_named_and_never_good(client: httpx.AsyncClient, house: FakeHouse) -> None:
    link = f"/01/{GTIN}/21/bare"
    verdict = Verdict(VerdictState.REGISTERED, (Reason(VerdictState.REGISTERED, "registered"),), NOW)
    house.passports[link] = Passport(
        key=link, digital_link=f"https://t.cn{link}", kind="item", verdict=verdict
    )
    text = unescape(await page(client, link))
    gap = text[text.index('class="gap"') :].split("</p>")[0]
    for fact in (
        "production date",
        "shelf life",
        "test results",
        "journey",
        "origin of ingredients",
        "producer",
    ):
        assert fact in gap
    assert "Missing information is not a good result" in gap
    assert "Product name not on record" in text
    assert "tone-verified" not in text


async def test_hostile_texts_are_escaped(client: httpx.AsyncClient, house: FakeHouse) -> None:
    rich = passport_of(VerdictState.REGISTERED)
    evil = Text(HOSTILE * 20, HOSTILE * 20)
    link = f"/01/{GTIN}/21/evil"
    house.passports[link] = replace(
        rich,
        lot=HOSTILE,
        serial=HOSTILE,
        product=Product(GTIN, evil, HOSTILE, evil, evil, evil),
        producer=replace(rich.producer, name=evil, licence=HOSTILE, phone=HOSTILE) if rich.producer else None,
        evidence=(HOSTILE,),
    )
    text = await page(client, link)
    assert "<script>" not in text
    assert "49" not in re.sub(r"<[^>]*>", "", text).replace("2611", "")  # {{7*7}} stays a text
    assert "&lt;script&gt;" in text
    assert 'href="tel:' not in text.replace('href="tel:12315"', "")


async def test_unknown_code_says_which_part(client: httpx.AsyncClient) -> None:
    response = await client.get(f"/01/{GTIN}/10/nope", params={"lang": "en"})
    assert response.status_code == 404
    faulty = response.text[response.text.index('class="at-fault"') :].split("</div>")[0]
    assert "nope" in faulty
    assert "unknown or wrong" in faulty
    assert "neither fake nor good" in response.text


async def test_impossible_code_is_explained_in_chinese(client: httpx.AsyncClient) -> None:
    response = await client.get("/01/09506000134353", params={"lang": "zh-CN"})
    assert response.status_code == 400
    assert "校验码不对，应为 2。" in response.text
    assert "未查到记录" in response.text
    assert 'class="at-fault"' in response.text


async def test_language_by_header_choice_and_links(client: httpx.AsyncClient) -> None:
    path = passport_link(VerdictState.SOLD)
    english = await client.get(path, headers={"Accept-Language": "de, en;q=0.8, zh;q=0.3"})
    assert english.headers["content-language"] == "en"
    chinese = await client.get(path, headers={"Accept-Language": "en;q=0.2, zh-TW"})
    assert chinese.headers["content-language"] == "zh-CN"
    assert (await client.get(path)).headers["content-language"] == "zh-CN"
    chosen = await client.get(path, params={"lang": "en", "large": "1"}, headers={"Accept-Language": "zh"})
    assert 'class="large"' in chosen.text
    assert 'href="/?lang=en&amp;large=1"' in chosen.text


async def test_qr_is_that_of_the_public_link(client: httpx.AsyncClient) -> None:
    response = await client.get("/qr" + passport_link(VerdictState.SOLD))
    assert response.headers["content-type"] == "image/svg+xml"
    assert (await client.get("/qr/01/1")).status_code == 400

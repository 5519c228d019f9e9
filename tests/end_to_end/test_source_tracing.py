"""Source tracing: from five complaints to one farm lot, and a recall from the form to the till.

Nothing here is faked: the server is a process of its own, and what it knows was read over LLRP and delivered
over HTTP. What the pages say is held against the sample world's own account of what happened.
"""

from __future__ import annotations

import time
from collections import Counter
from urllib.parse import urlsplit

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, Page
from tests.end_to_end.visitor import (
    PHONE,
    Visitor,
    code_of,
    items_of,
    officer,
    suspect_of,
    visiting,
    whole_table,
)

from suyuan.api.demo.stage import Stage
from suyuan.api.house import utc_now
from suyuan.portal.language import CHINA_TIME, Speech
from suyuan.portal.rendering import object_path
from suyuan.simulator.till import Till
from suyuan.trace.gs1 import identify

pytestmark = pytest.mark.chromium
BLOCKED_WITHIN_S = 5.0


def test_five_complaints_lead_to_one_farm_lot(browser: Browser, stage: Stage) -> None:
    common: set[str] | None = None
    with officer(browser, stage) as visitor:
        page = visitor.page
        for case in stage.truth["cases"]:
            page.get_by_role("searchbox").fill(case["item"])
            page.get_by_role("searchbox").press("Enter")
            page.wait_for_url(f"**{object_path(case['item'])}")  # one hit opens at once
            page.get_by_role("link", name="Trace back").click()
            page.wait_for_url("**direction=backward**")
            visitor.check()
            page.locator('a[href$="#whole"]').last.click()
            page.wait_for_url("**whole=1**")
            lots = {key for key in whole_table(page) if "/10/" in key}
            assert case["lot"] in lots
            common = lots if common is None else common & lots
    assert common == {suspect_of(stage)}


def test_the_scope_names_every_place_with_its_quantity(browser: Browser, stage: Stage) -> None:
    with officer(browser, stage) as visitor:
        page = visitor.page
        visitor.open(f"/console/trace?suspect={suspect_of(stage)}")
        page.get_by_role("link", name="Scope").click()
        page.wait_for_url("**/console/scope?**")
        visitor.check()
        assert _scope_table(page) == _true_scope(stage)
        fates = Counter(
            "sold" if told["where"]["status"] == "sold" else "to-hold"
            for told in stage.truth["affected"].values()
            if told["kind"] == "item"
        )
        expected = {fate: f"{count:,} pieces" for fate, count in fates.items()}
        figures = {
            str(figure.get_attribute("class")): figure.locator(".figure").inner_text()
            for figure in page.locator(".figures li").all()
        }
        assert figures == expected | {"gone": f"{stage.world.lots[suspect_of(stage)].quantity:g} kg"}


def _scope_table(page: Page) -> dict[tuple[str, str], str]:
    """What the scope says: (place, status) to the amount to hold."""
    assert page.locator("tr.none").inner_text().split("\t")[1] == "nothing, as far as the records tell"
    shown: list[tuple[str, str, str]] = page.locator("table.ledger tbody tr:not(.none)").evaluate_all(
        """rows => rows.map(row => [
            row.querySelector("th a").innerText.trim(), row.cells[1].innerText.trim(),
            row.cells[3].innerText.trim()
        ])"""
    )
    return {(place, status): hold for place, status, hold in shown}


def _true_scope(stage: Stage) -> dict[tuple[str, str], str]:
    names = {site.key: site.name.en for site in stage.world.stations}
    speech = Speech("en")
    counted = Counter(
        (told["where"]["place"], told["where"]["status"])
        for told in stage.truth["affected"].values()
        if told["kind"] == "item"
    )
    expected = {
        (names[place], speech.say(f"status.{status}")): f"{count:,} pieces"
        for (place, status), count in counted.items()
    }
    source = stage.truth["affected"][suspect_of(stage)]["where"]
    kg = stage.world.lots[suspect_of(stage)].quantity
    return expected | {(names[source["place"]], speech.say(f"status.{source['status']}")): f"{kg:g} kg"}


TITLE = "Lettuce lot suspected of Salmonella"
TITLE_ZH = "生菜批次疑似沙门氏菌污染"
REASON = "Several consumers fell ill; tracing points to one farm lot."
REASON_ZH = "多名消费者食用后患病，追溯指向同一农场批次。"
WHAT_TO_DO = "Do not eat it; return it for a refund."
WHAT_TO_DO_ZH = "请勿食用，凭购买记录退款。"
CONTACT = "400-000-0000"


def test_a_recall_from_the_form_to_the_till(browser: Browser, stage: Stage) -> None:
    shop = "shop-1"
    place = stage.world.site(shop).key
    affected = [
        key
        for key in items_of(stage, "in_stock", affected=True)
        if stage.world.whereabouts[key].place == place
    ]
    clean = [
        key
        for key in items_of(stage, "in_stock", affected=False)
        if stage.world.whereabouts[key].place == place
    ]
    till = Till(
        stage.world,
        server_url=stage.url,
        token=stage.credentials.stations[shop],
        folder=stage.stations,
        block_list_key=stage.block_list_key,
        now=utc_now,
        shop=shop,
    )
    with (
        start_blocking_portal() as elsewhere,  # the till works in a loop of its own, as it does in a shop
        elsewhere.wrap_async_context_manager(till) as open_till,
        officer(browser, stage) as visitor,
        officer(browser, stage, second=True) as colleague,
    ):
        case = _draft(visitor, suspect_of(stage))
        assert elsewhere.call(open_till.offer, affected.pop()).event_ids  # a draft stops nothing
        _propose_hold(visitor, case)
        assert elsewhere.call(open_till.offer, affected.pop()).event_ids  # nor does a proposal
        held = _confirm(colleague, case, "Confirm: stop the sale", "case-held")
        outcome = elsewhere.call(open_till.offer, affected.pop())
        while outcome.event_ids and time.monotonic() - held < BLOCKED_WITHIN_S:
            time.sleep(0.2)
            outcome = elsewhere.call(open_till.offer, affected.pop())
        taken = time.monotonic() - held
        print(f"the till refuses {taken:.1f} s after the hold")  # noqa: T201  (shown with -s)
        assert outcome.event_ids == ()
        assert taken < BLOCKED_WITHIN_S
        colleague.check()
        visitor.open(case)
        visitor.check()
        _publish(visitor, colleague, case)
        refused = elsewhere.call(open_till.offer, affected[0])
        assert refused.event_ids == ()
        assert identify(affected[0]).key in {identify(epc).key for epc in refused.refused}
        assert elsewhere.call(open_till.offer, clean[0]).event_ids
        visitor.open("/console")
        assert visitor.page.locator("tbody tr").count() == 1
        visitor.check()
        visitor.open(f"{case}?lang=zh-CN")
        visitor.check()

    _read_by_shoppers(browser, stage, affected[0], clean[1])


def _draft(visitor: Visitor, suspect: str) -> str:
    """The draft through the form, each step with something left out first; the path of the new case."""
    page = visitor.page
    go_on = page.get_by_role("button", name="Continue")
    visitor.open(f"/console/scope?suspect={suspect}")
    page.get_by_role("link", name="Draft a recall").click()
    visitor.check()
    assert code_of(suspect) in visitor.told()
    page.get_by_label("Reason (English)").fill(REASON)
    page.get_by_label("Reason (Chinese)").fill(REASON_ZH)
    page.get_by_label("Microbial").check()
    page.get_by_label("Class 1").check()
    go_on.click()
    _follow_error_summary(visitor, "title_zh")
    assert page.get_by_label("Reason (English)").input_value() == REASON
    assert page.get_by_label("Microbial").is_checked()
    assert page.get_by_label("Class 1").is_checked()
    page.get_by_label("Title (English)").fill(TITLE)
    page.get_by_label("Title (Chinese)").fill(TITLE_ZH)
    go_on.click()
    visitor.check()
    page.get_by_label("Ordered recall").check()
    go_on.click()
    _follow_error_summary(visitor, "known_at")
    assert page.get_by_label("Ordered recall").is_checked()
    page.get_by_label("When it became known").fill(
        utc_now().astimezone(CHINA_TIME).strftime("%Y-%m-%dT%H:%M")
    )
    page.get_by_label("Legal basis").fill("Food Safety Law, Art. 63")
    go_on.click()
    visitor.check()
    page.get_by_label("What to do (English)").fill(WHAT_TO_DO)
    page.get_by_label("What to do (Chinese)").fill(WHAT_TO_DO_ZH)
    go_on.click()
    _follow_error_summary(visitor, "contact")
    assert page.get_by_label("What to do (English)").input_value() == WHAT_TO_DO
    assert page.get_by_label("What to do (Chinese)").input_value() == WHAT_TO_DO_ZH
    page.get_by_label("Contact").fill(CONTACT)
    go_on.click()
    assert page.locator("h1").inner_text() == "Check the answers"
    answers = visitor.told("dl.facts")
    for answer in (TITLE, REASON, "Microbial", "Class 1", WHAT_TO_DO, WHAT_TO_DO_ZH, CONTACT):
        assert answer in answers
    visitor.check()
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url("**/console/case/**")
    assert visitor.told(".kicker .tag >> nth=0") == "Draft"
    visitor.check()
    return urlsplit(page.url).path


def _follow_error_summary(visitor: Visitor, field_id: str) -> None:
    """The summary stands there, names the field, and leads to it."""
    page = visitor.page
    summary = page.get_by_role("alert")
    summary.wait_for()
    assert visitor.last_status == 400
    visitor.check()
    summary.locator(f'a[href="#{field_id}"]').click()
    assert page.evaluate("document.activeElement.id") == field_id
    assert page.locator(f"#{field_id}").get_attribute("aria-invalid") == "true"


def _propose_hold(visitor: Visitor, case: str) -> None:
    page = visitor.page
    page.get_by_role("button", name="Propose a hold").click()
    _follow_error_summary(visitor, "reason-hold")
    page.locator("#reason-hold").fill("Five complaints lead to one lot")
    page.get_by_role("button", name="Propose a hold").click()
    page.get_by_text("you cannot confirm what you proposed").wait_for()
    assert page.get_by_role("button", name="Confirm").count() == 0
    assert visitor.told(".kicker .tag >> nth=0") == "Draft"
    assert urlsplit(page.url).path == case
    visitor.check()


def _confirm(colleague: Visitor, case: str, button: str, state: str) -> float:
    """The second person sees what was proposed, ticks the box, and confirms; when that was."""
    page = colleague.page
    colleague.open(case)
    page.get_by_role("button", name=button).click()
    page.get_by_role("alert").locator('a[href="#sure-proposal-confirm"]').wait_for()
    colleague.check()
    page.locator("#sure-proposal-confirm").check()
    confirmed = time.monotonic()
    page.get_by_role("button", name=button).click()
    page.locator(f".kicker .{state}").wait_for()
    return confirmed


def _publish(visitor: Visitor, colleague: Visitor, case: str) -> None:
    """Without the box nothing is proposed; without the colleague nothing is published; then it is."""
    page = visitor.page
    page.locator("#reason-publish").fill("Confirmed by the laboratory")
    page.get_by_role("button", name="Propose the recall").click()
    page.get_by_role("alert").wait_for()
    visitor.check()
    page.get_by_role("alert").locator('a[href="#sure-publish"]').click()
    assert page.evaluate("document.activeElement.id") == "sure-publish"
    assert page.locator("#reason-publish").input_value() == "Confirmed by the laboratory"
    page.locator("#sure-publish").check()
    page.get_by_role("button", name="Propose the recall").click()
    page.get_by_text("you cannot confirm what you proposed").wait_for()
    assert visitor.told(".kicker .tag >> nth=0") == "On hold"
    _confirm(colleague, case, "Confirm: publish the recall", "case-published")
    visitor.open(case)
    assert [entry.inner_text() for entry in page.locator(".log > li > div > strong").all()] == [
        "Drafted",
        "Proposed:",
        "Sale stopped",
        "Proposed:",
        "Recall published",
    ]
    visitor.check()


def _read_by_shoppers(browser: Browser, stage: Stage, affected: str, clean: str) -> None:
    """The recall is on the page of an affected item, in both languages, and not on that of a clean one."""
    for language, title, to_do in (("en", TITLE, WHAT_TO_DO), ("zh-CN", TITLE_ZH, WHAT_TO_DO_ZH)):
        speech = Speech("en" if language == "en" else "zh-CN")
        recalled = speech.say("verdict.recalled.word")
        with visiting(browser, stage, viewport=PHONE, locale=language) as visitor:
            visitor.open(urlsplit(affected).path)
            assert visitor.told("#verdict") == recalled
            assert title in visitor.told(".notice")
            assert to_do in visitor.told(".notice .do")
            assert visitor.page.locator(f'.notice a[href="tel:{CONTACT.replace("-", "")}"]').is_visible()
            visitor.check()
            visitor.open(urlsplit(clean).path)
            assert visitor.told("#verdict") not in {recalled, ""}
            assert visitor.page.locator(".notice").count() == 0
            visitor.check()

"""An incident: from five complaints to a source, two scopes side by side, and the draft of a recall.

The server is a process of its own that knows what was read over LLRP; what the pages say is held against the
sample world's own account.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page
from tests.end_to_end.visitor import PHONE, Visitor, code_of, officer, suspect_of, visiting

from suyuan.api.demo.credentials import OFFICER
from suyuan.api.demo.stage import Stage
from suyuan.portal.language import CHINA_TIME, Speech

pytestmark = pytest.mark.chromium

PLANT = "plant"
PATIENCE_MS = 60_000


def test_from_five_complaints_to_a_compared_pair_of_scopes(browser: Browser, stage: Stage) -> None:
    with officer(browser, stage) as visitor:
        page = visitor.page
        room = _opened(visitor)
        _paste_cases(visitor, stage, room)
        page.get_by_role("link", name="Rank the sources").click()
        _rank(visitor, stage)
        visitor.check()
        page.get_by_role("link", name="Scope of its lots").first.click()
        page.wait_for_url("**/scope?**")
        visitor.check()
        assert _totals(page) == _true_totals(stage)
        _look_closer(visitor, stage)
        _keep(page, "The lot alone")
        plant = stage.world.site(PLANT).key
        visitor.open(f"{room}/kept/1")
        page.locator(".builder summary").click()
        page.locator("#suppose-0").select_option("place")
        page.locator("#what-0").fill("not a place")
        page.get_by_role("button", name="Work it out").first.click()
        page.get_by_role("alert").locator('a[href="#what-0"]').click()
        assert page.evaluate("document.activeElement.id") == "what-0"
        visitor.check()
        page.locator("#what-0").fill(plant)
        page.get_by_role("button", name="Work it out").first.click()
        _keep(page, "Cross-contamination at the plant")
        visitor.check()
        _compare(page, stage)
        _hand_over(visitor, stage, room)
        _what_does_not_add_up(visitor)
    _on_a_phone_without_script(browser, stage, room)


def _opened(visitor: Visitor) -> str:
    """A new investigation, refused once without a title; the path of its page."""
    page = visitor.page
    page.get_by_role("link", name="Investigations").click()
    visitor.check()
    page.get_by_role("link", name="New investigation").first.click()
    page.get_by_role("button", name="Open the investigation").click()
    page.get_by_role("alert").wait_for()
    visitor.check()
    page.get_by_label("Title (English)").fill("Salmonella after ready meals")
    page.get_by_role("button", name="Open the investigation").click()
    page.wait_for_url("**/cases")
    visitor.check()
    return urlsplit(page.url).path.removesuffix("/cases")


def _paste_cases(visitor: Visitor, stage: Stage, room: str) -> None:
    """A table with two faults is refused with both, then all five cases are added."""
    page = visitor.page
    names = {site.key: site.name.en for site in stage.world.stations}
    lines = ["case\tonset\twhere\tcode"]
    for number, case in enumerate(stage.truth["cases"], 1):
        day = datetime.fromisoformat(case["sold"]).astimezone(CHINA_TIME).date()
        lines.append(f"C-{number:02d}\t{day}\t{names[case['place']]}\t{case['item']}")
    wrong = [*lines[:2], lines[2].replace("C-02", "Wang Wei"), lines[3].replace("store", "stall"), *lines[4:]]
    page.locator("#many summary").click()
    page.locator("#table").fill("\n".join(wrong))
    page.get_by_role("button", name="Check and add").click()
    faults = page.get_by_role("alert").locator("tbody tr")
    assert [row.locator("td").first.inner_text() for row in faults.all()] == ["3", "4"]
    visitor.check()
    page.locator("#table").fill("\n".join(lines))
    page.get_by_role("button", name="Check and add").click()
    page.wait_for_url(f"**{room}/cases")
    assert page.locator("tbody tr").count() == 5
    visitor.check()


def _rank(visitor: Visitor, stage: Stage) -> None:
    """The contaminated lot stands first, with its way to each case."""
    first = visitor.page.locator(".ranked > li").first
    first.wait_for(timeout=PATIENCE_MS)
    assert suspect_of(stage).rpartition("/")[2] in first.inner_text()
    assert "5 of 5 cases" in first.inner_text()
    assert visitor.page.locator("svg.chart .stop.suspect").count() > 0
    assert visitor.page.locator("svg.chart .sick").count() > 0


def _totals(page: Page) -> dict[str, str]:
    """Amounts by status, as the large figures tell them."""
    page.locator(".fates").wait_for(timeout=PATIENCE_MS)
    return {
        card.locator(".caption").inner_text(): card.locator(".figure").inner_text()
        for card in page.locator(".fates li").all()
    }


def _true_totals(stage: Stage) -> dict[str, str]:
    speech = Speech("en")
    items = [told["where"]["status"] for told in stage.truth["affected"].values() if told["kind"] == "item"]
    kg = stage.world.lots[suspect_of(stage)].quantity
    return {
        speech.say(f"status.{status}"): speech.quantity(items.count(status), None) for status in set(items)
    } | {speech.say("status.consumed"): f"{kg:g} kg"}


def _look_closer(visitor: Visitor, stage: Stage) -> None:
    """What all cases share is marked, the smallest hold is told, the picture grows by the keyboard."""
    page = visitor.page
    page.get_by_role("link", name="Mark what cases share").click()
    page.locator("svg.chart .stop.suspect.common").first.wait_for(timeout=PATIENCE_MS)
    assert suspect_of(stage).rpartition("/")[2] in visitor.told(".note")
    assert page.locator("svg.chart .stop.suspect.common").count() > 0
    page.locator("#hold-of").select_option("lots")
    page.get_by_role("button", name="Work it out").last.click()
    page.wait_for_url("**hold=lots**")
    page.get_by_text("lots is enough").wait_for(timeout=PATIENCE_MS)
    held = {lot.rpartition("/")[2] for lot in stage.world.affected_lots}
    assert page.get_by_text(f"Holding {len(held)} lots is enough").is_visible()
    visitor.check()
    width = page.locator("#chart").evaluate("svg => svg.clientWidth")
    page.locator("figure[data-picture] .wide").first.press("+")
    assert page.locator("#chart").evaluate("svg => svg.clientWidth") > width
    page.evaluate("location.hash = '#%E0'")  # a malformed escape is no fault of the page


def _keep(page: Page, name: str) -> None:
    page.locator("#name").fill(name, timeout=PATIENCE_MS)  # once the answer is there
    page.get_by_role("button", name="Keep it").click()
    page.wait_for_url("**/compare")


def _compare(page: Page, stage: Stage) -> None:
    """Both scopes side by side; supposing that the plant mixes adds what it never touched on record."""
    page.locator(".side").first.wait_for(timeout=PATIENCE_MS)
    assert page.locator(".side a").all_inner_texts() == ["The lot alone", "Cross-contamination at the plant"]
    assert page.locator("td .gain").count() > 0
    assert page.locator("td .loss").count() == 0
    added = page.locator(".changes").inner_text()
    clean = next(
        lot.code
        for lot in stage.world.lots.values()
        if lot.key not in stage.world.affected_lots and lot.code.endswith("-M6")
    )
    assert clean in added
    assert "by what is supposed of" in added


def _hand_over(visitor: Visitor, stage: Stage, room: str) -> None:
    """The draft of a recall begins with the suspects of the scope, and belongs to the investigation."""
    page = visitor.page
    visitor.open(f"{room}/kept/1")
    page.get_by_role("link", name="Draft a recall").click()
    page.wait_for_url("**/console/draft?**")
    assert code_of(suspect_of(stage)) in visitor.told()
    assert page.locator('input[name="investigation"]').input_value() == room.rpartition("/")[2]
    visitor.open(room)
    visitor.check()


def _what_does_not_add_up(visitor: Visitor) -> None:
    """What the checks find leads to an investigation that begins with what is suspected."""
    page = visitor.page
    visitor.open("/console/incident")
    page.get_by_role("link", name="What does not add up").click()
    page.locator("#records").wait_for(timeout=PATIENCE_MS)
    visitor.check()
    page.locator("#check").select_option("identity")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**check=identity**")
    page.get_by_role("link", name="Open an investigation").first.click()
    page.get_by_role("button", name="Open the investigation").click()
    page.wait_for_url("**/scope?**")
    page.locator(".fates").wait_for(timeout=PATIENCE_MS)
    assert page.get_by_role("heading", name="Impossible travel").is_visible()


def _on_a_phone_without_script(browser: Browser, stage: Stage, room: str) -> None:
    """The same pages in Chinese, on 360 pixels, with no script: nothing is missing, nothing sticks out."""
    given = stage.credentials
    with visiting(browser, stage, viewport=PHONE, locale="zh-CN", scripts=False) as visitor:
        page = visitor.page
        visitor.open(f"/sign-in?next={quote(room)}")
        page.locator("#name").fill(OFFICER)
        page.locator("#password").fill(given.password)
        page.locator("#password").press("Enter")
        page.wait_for_url(f"**{room}")
        answers = {"cases": "tbody", "sources": ".ranked", "compare": ".side", "kept/2": ".fates"}
        for part, answer in answers.items():
            visitor.open(f"{room}/{part}")
            page.locator(answer).first.wait_for(timeout=PATIENCE_MS)  # the page looks again by itself
            body, screen = page.locator("main").bounding_box(), PHONE["width"]
            assert body is not None
            assert body["width"] <= screen
        assert page.locator("svg.chart .stop").count() > 20
        assert page.locator("svg.atlas .point").count() > 5

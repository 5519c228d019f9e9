"""One platform: from a search to the evidence, and a trace drawn, in the console of an officer.

Nothing here is faked: the server is a process of its own, and what it knows was read over LLRP and delivered
over HTTP. What the pages say is held against the sample world's own account of what happened.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from playwright.sync_api import Browser
from tests.end_to_end.visitor import (
    code_of,
    officer,
    suspect_of,
    visiting,
    whole_table,
)

from suyuan.api.demo.credentials import OFFICER
from suyuan.api.demo.stage import Stage
from suyuan.portal.language import Speech
from suyuan.portal.rendering import event_path, object_path
from suyuan.trace.gs1 import identify

pytestmark = pytest.mark.chromium


def test_the_visitor_hears_policy_violations_and_faults(browser: Browser, stage: Stage) -> None:
    with visiting(browser, stage) as visitor:
        visitor.open("/")
        visitor.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "document.title = 'owned'";
                document.body.append(script);
                setTimeout(() => { throw new Error("a fault") }, 0);
            }"""
        )
        visitor.page.wait_for_timeout(100)
        assert any("Content Security Policy" in text for text in visitor.complaints)
        assert "a fault" in visitor.complaints
        assert visitor.page.title() != "owned"
        visitor.complaints.clear()
        visitor.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        with pytest.raises(AssertionError, match="button-name"):
            visitor.check()


def test_sign_in_and_search_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    suspect = suspect_of(stage)
    with visiting(browser, stage) as visitor:
        page = visitor.page
        visitor.open("/console")
        assert urlsplit(page.url).path == "/sign-in"
        visitor.check()
        visitor.tab_to(page.locator("#name"))
        page.keyboard.type(OFFICER)
        page.keyboard.press("Tab")
        page.keyboard.type("not the password")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert visitor.last_status == 401
        assert "The name or the password is not right" in visitor.told(".summary")
        assert page.locator("#name").input_value() == OFFICER  # only the password is typed again
        assert page.locator("#password").input_value() == ""
        visitor.check()
        visitor.tab_to(page.locator("#password"))
        page.keyboard.type(stage.credentials.password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console")
        visitor.check()
        visitor.tab_to(page.get_by_role("searchbox"))
        page.keyboard.type(suspect.rpartition("/")[2])
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/search?**")
        visitor.check()
        visitor.tab_to(page.locator(".found a").first)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{object_path(suspect)}")
        assert code_of(suspect) in visitor.told()


def test_from_a_search_to_the_evidence_of_an_event(browser: Browser, stage: Stage) -> None:
    suspect = suspect_of(stage)
    lot = stage.world.lots[suspect]
    with officer(browser, stage) as visitor:
        page = visitor.page
        page.get_by_role("searchbox").fill(lot.code)
        page.get_by_role("searchbox").press("Enter")
        assert page.locator(".found li").count() == 1
        page.locator(".found a").click()
        visitor.check()
        named = sum(suspect in _keys_named(a) for a in stage.world.assignments)
        events = page.locator("tbody tr")
        assert events.count() >= named
        assert lot.product.producer.name.en in visitor.told("h1 + p")
        events.last.locator("a.code").click()  # the newest stand first: this is how the lot began
        page.wait_for_url("**/console/event/**")
        visitor.check()
        assert page.locator("h1").inner_text() == Speech("en").term("step", "commissioning")
        page.locator("details summary").click()
        evidence = orjson.loads(page.locator("pre").inner_text())
        assert evidence["bizStep"] == "commissioning"
        assert evidence["eventTimeZoneOffset"] == "+08:00"
        [amount] = evidence["quantityList"]
        assert (identify(amount["epcClass"]).key, amount["quantity"]) == (suspect, lot.quantity)
        assert evidence["eventID"] in visitor.told(".evidence")


def _keys_named(assignment: Any) -> set[str]:
    order = assignment.order
    return {amount.epc_class for amount in (*order.quantities, *order.inputs, *order.outputs)}


def test_forward_trace_and_its_drawing_agree_with_the_truth(browser: Browser, stage: Stage) -> None:
    suspect = suspect_of(stage)
    affected = stage.truth["affected"]
    with officer(browser, stage) as visitor:
        page = visitor.page
        visitor.open(object_path(suspect))
        page.get_by_role("link", name="Trace forward").click()
        page.wait_for_url("**/console/trace?**")
        visitor.check()
        assert f"{len(affected):,} objects affected" in visitor.told(".lede")

        rows = page.locator("tr[id^=g]")
        nodes = page.locator("svg.trace a.node")
        assert nodes.count() == rows.count() > 10
        in_table, in_drawing = Counter[str](), Counter[str]()
        for row in rows.all():
            kicker = row.locator(".kicker")  # left out where the title says nothing else
            kind = (kicker if kicker.count() else row.locator("th :is(a, bdi)")).first.inner_text()
            role = row.locator("td .tag").first.inner_text()
            in_table[kind if role != "carrier only" else role] += int(
                row.locator("td.n").first.inner_text().replace(",", "")
            )
        assert in_table["Item"] == sum(told["kind"] == "item" for told in affected.values())
        assert in_table["Lot"] == sum(told["kind"] == "lot" for told in affected.values())
        for node in nodes.all():
            classes = str(node.get_attribute("class")).split()
            times = node.locator("text.times")
            count = int((times.text_content() or "").lstrip("×")) if times.count() else 1
            in_drawing["carrier" if "carrier" in classes else "affected"] += count
        assert in_drawing["affected"] == len(affected)
        assert in_drawing["carrier"] == in_table["carrier only"]
        assert page.locator("svg.trace a.node.suspect").count() == 1
        assert page.locator("svg.trace a.line").count() == page.locator("tr[id^=l]").count()

        page.locator('a[href$="#whole"]').last.click()
        page.wait_for_url("**whole=1**")
        shown = whole_table(page)
        assert {key for key, role in shown.items() if role == "certain"} == affected.keys()
        carriers = {key for key, role in shown.items() if role == "carrier only"}
        places = {site.key for site in stage.world.stations}
        assert carriers - places == set(stage.truth["carriers"])
        assert set(shown.values()) == {"certain", "carrier only"}


def test_the_console_speaks_chinese_accessibly(browser: Browser, stage: Stage) -> None:
    suspect, item = suspect_of(stage), stage.truth["cases"][0]["item"]
    with officer(browser, stage, locale="zh-CN") as visitor:
        page = visitor.page
        visitor.open(object_path(suspect))
        evidence = str(page.locator("tbody a.code").first.get_attribute("title"))
        for path in (
            "/",
            "/sign-in",
            "/console",
            "/console/search?q=生菜",
            object_path(suspect),
            object_path(item),
            event_path(evidence),
            "/console/trace",
            f"/console/trace?suspect={suspect}",
            f"/console/trace?suspect={item}&direction=backward",
            f"/console/scope?suspect={suspect}",
            f"/console/draft?suspect={suspect}",
        ):
            assert visitor.open(path) == 200
            assert page.locator("html").get_attribute("lang") == "zh-CN"
            visitor.check()

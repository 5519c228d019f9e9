"""What a phone recorded and could not send: it waits, is set apart, or is told as refused."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from playwright.sync_api import BrowserContext, Route, expect
from tests.end_to_end.phone.hand import (
    ELSEWHERE,
    OTHERS,
    beat,
    enrolled,
    eventually,
    faults,
    item,
    scan,
    sell,
    show_code,
    told,
)
from tests.integration.live_server import SHOP, Live

pytestmark = pytest.mark.chromium


def test_the_block_list_comes_although_nothing_can_be_sent(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "stuck till")
    expect(page.locator("#list")).to_contain_text("Block list")
    context.route("**/capture", lambda route: route.fulfill(status=503, body='{"status": 503}'))
    page.get_by_role("button", name="Sell").click()
    scan(page, item(30))
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("heading", name="Sold").wait_for()
    with page.expect_request("**/blocklist"):  # a recall must come through, whatever becomes of what waits
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#trouble")).to_be_visible()
    context.unroute("**/capture")
    page.evaluate("dispatchEvent(new Event('online'))")
    assert eventually(lambda: len(told(live, item(30), "retail_selling")) == 1)


def test_what_was_recorded_for_one_company_is_not_sent_as_anothers(
    live: Live, context: BrowserContext
) -> None:
    page = enrolled(live, context, "lent phone")
    context.route("**/capture", lambda route: route.abort())
    sell(page, 31, 32)
    theirs, _, _ = live.desk.make_code(OTHERS, kind="phone", name="rival phone", place=ELSEWHERE)
    page.goto(theirs.replace("/enrol#", "/enrol?lang=en#"))
    expect(page.locator("#unsent")).to_contain_text("2 actions")
    show_code(page, theirs)
    expect(page.locator("#depth")).to_have_text("0 waiting")
    expect(page.locator("#apart")).to_contain_text(f"Not sent: 2 of {SHOP[-13:]}")
    context.unroute("**/capture")
    beat(page)
    sell(page, 33)  # what is theirs goes its way
    assert eventually(lambda: bool(told(live, item(33), "retail_selling")))
    assert live.house.records.journey(item(33))[-1].party == OTHERS.party
    assert not told(live, item(31), "retail_selling")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    events = orjson.loads(saved.value.path().read_bytes())["epcisBody"]["eventList"]
    assert [event["epcList"] for event in events] == [[item(31)], [item(32)]]
    assert faults(page) == []
    show_code(page, live.code("phone", "back again"))
    assert eventually(lambda: bool(told(live, item(32), "retail_selling")))
    assert {live.house.records.journey(item(serial))[-1].party for serial in (31, 32)} == {SHOP}
    expect(page.locator("#apart")).to_be_hidden()


def test_what_was_recorded_for_another_company_goes_only_when_somebody_says_so(
    live: Live, context: BrowserContext
) -> None:
    page = enrolled(live, context, "sold phone")
    context.route("**/capture", lambda route: route.abort())
    sell(page, 34)
    theirs, _, _ = live.desk.make_code(OTHERS, kind="phone", name="bought phone", place=ELSEWHERE)
    show_code(page, theirs)
    context.unroute("**/capture")
    page.locator("#apart summary").click()
    page.reload()
    page.locator("#apart summary").click()
    page.get_by_role("button", name="Remove for good (1)").click()
    expect(page.locator("#apart")).to_be_hidden()
    page.reload()
    page.get_by_role("button", name="Sell").wait_for()
    expect(page.locator("#apart")).to_be_hidden()
    assert not told(live, item(34), "retail_selling")


def test_a_refusal_is_told_once_and_filed_away(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "refused till")
    problem = {"status": 400, "code": "epcis-invalid", "detail": "The eventTime is missing"}
    context.route("**/capture", lambda route: route.fulfill(status=400, json=problem))
    sell(page, 35)
    expect(page.locator("#refused li")).to_contain_text("The eventTime is missing")
    expect(page.locator("#depth")).to_have_text("0 waiting")
    assert faults(page) == []
    page.get_by_role("button", name="Understood").click()
    expect(page.locator("#refused")).to_be_hidden()
    page.reload()
    page.get_by_text("Refused by the platform (1)").click()
    expect(page.locator("#filed-list li")).to_contain_text("The eventTime is missing")
    expect(page.locator("#refused")).to_be_hidden()


@pytest.mark.parametrize(
    ("serial", "answer"),
    [
        (36, {"status": 500, "body": "<h1>Internal Server Error</h1>"}),
        (37, {"status": 413, "body": "<h1>Request Entity Too Large</h1>"}),  # a proxy's word, not ours
        (38, {"status": 200, "body": "<h1>Welcome to the hotel</h1>"}),
        (39, {"status": 202, "headers": {"Location": "/capture/failing"}}),
        (40, {"status": 202, "headers": {"Location": "/capture/running"}}),
    ],
)
def test_what_the_server_cannot_take_now_waits_and_holds_nothing_up(
    live: Live, context: BrowserContext, serial: int, answer: dict[str, Any]
) -> None:
    page = enrolled(live, context, f"unlucky {serial}")
    failed = {"running": False, "success": False, "errors": [{"status": 500, "detail": "disk full"}]}

    def fail(route: Route) -> None:
        if item(serial) in (route.request.post_data or ""):
            route.fulfill(**answer)
        else:
            route.continue_()

    context.route("**/capture", fail)
    context.route("**/capture/failing", lambda route: route.fulfill(json=failed))
    context.route("**/capture/running", lambda route: route.fulfill(status=503, json={"status": 503}))
    sell(page, serial, serial + 10)
    assert eventually(lambda: bool(told(live, item(serial + 10), "retail_selling")))
    expect(page.locator("#depth")).to_have_text("1 waiting")
    expect(page.locator("#trouble")).to_contain_text("sent again by itself")
    expect(page.locator("#refused")).to_be_hidden()
    context.unroute("**/capture")
    beat(page)
    assert eventually(lambda: bool(told(live, item(serial), "retail_selling")))
    expect(page.locator("#depth")).to_have_text("0 waiting")
    expect(page.locator("#trouble")).to_be_hidden()


BROKEN_OFF = """
    const ask = globalThis.fetch;
    globalThis.fetch = async (path, options) => {
        const answer = await ask(path, options);
        if (!String(path).startsWith("/api/check")) return answer;
        const late = new DOMException("signal timed out", "TimeoutError");
        return new Response(new ReadableStream({ pull: (body) => body.error(late) }), answer);
    };"""


def test_an_answer_that_breaks_off_is_as_none(live: Live, context: BrowserContext) -> None:
    context.add_init_script(BROKEN_OFF)
    page = enrolled(live, context, "edge of the network")
    faults: list[object] = []
    page.on("pageerror", lambda fault: faults.append(fault))  # noqa: PLW0108 (it wants a function of its own)
    page.get_by_role("button", name="Sell").click()
    scan(page, item(41))
    expect(page.locator(".told .why")).to_contain_text("The platform did not answer. Not on the block list")
    page.get_by_role("button", name="Done (1)").click()
    assert eventually(lambda: bool(told(live, item(41), "retail_selling")))
    assert faults == []

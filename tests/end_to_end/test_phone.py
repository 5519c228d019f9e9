"""A shop with a phone alone: enrolled by a code, at work without a network, believed when it comes back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import orjson
import pytest
import qrcode  # type: ignore[import-untyped]  # it ships no types
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import insert
from tests.end_to_end.axe import objections
from tests.integration.live_server import BOSS, PASSWORD, PLACE, SHOP, Live, live_server, place_entry

from suyuan.api.house import CapturedBy
from suyuan.portal.lookup import typed_link
from suyuan.portal.phone import assets_path
from suyuan.portal.services import Principal
from suyuan.trace.gs1 import identify, namespace_of, scanned
from suyuan.trace.gs1.compression import compressed
from suyuan.trace.gs1.own import code_of_number
from suyuan.trace.gs1.tags.paths import encode_path
from suyuan.trace.store.accounts import AccountRole
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.jobs import Behaviour
from suyuan.trace.store.record_tables import EntryRow

pytestmark = pytest.mark.chromium

PRODUCT = "https://id.gs1.org/01/09521234000013"
LOT = f"{PRODUCT}/10/L1"
UNIT = "https://id.gs1.org/00/095212340000000013"
FARM = "https://id.gs1.org/414/9521234000044"
ELSEWHERE = "https://id.gs1.org/414/9521234000051"
OTHERS = Principal("rival", "company", "https://id.gs1.org/417/9521234000051")
ROLLBACK: Behaviour = "rollback"


def item(serial: int) -> str:
    return f"{PRODUCT}/21/{serial}"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_server(tmp_path_factory.mktemp("server")) as running:
        with Writing(running.house.engine) as writing:
            writing.connection.execute(insert(EntryRow), place_entry(ELSEWHERE, OTHERS.party))
        capture(running, *world())
        yield running


def world() -> list[dict[str, Any]]:
    """Items of one lot, three of them in a unit that was sent to the shop."""
    made = {"type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning", "bizLocation": {"id": FARM}}
    ilmd = {"cbvmda:lotNumber": "L1", "cbvmda:itemExpirationDate": "2099-01-31"}
    return [
        {**made, "eventTime": ago(5), "epcList": [item(serial) for serial in range(1, 61)], "ilmd": ilmd},
        {
            "type": "AggregationEvent",
            "action": "ADD",
            "eventTime": ago(4),
            "parentID": UNIT,
            "childEPCs": [item(1), item(2), item(3)],
            "bizStep": "packing",
            "bizLocation": {"id": FARM},
        },
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "eventTime": ago(3),
            "epcList": [UNIT],
            "bizStep": "shipping",
            "disposition": "in_transit",
            "readPoint": {"id": FARM},
            "destinationList": [{"type": "owning_party", "destination": SHOP}],
        },
    ]


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


def capture(live: Live, *events: dict[str, Any]) -> None:
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": ago(0),
        "epcisBody": {"eventList": [{**told, "eventTimeZoneOffset": "+00:00"} for told in events]},
    }
    job = live.house.capture(
        orjson.dumps(document),
        "application/json",
        by=CapturedBy("https://id.gs1.org/417/9521234000044"),
        behaviour=ROLLBACK,
    )
    assert job.captured == len(events), job


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(
        viewport={"width": 360, "height": 740}, locale="en-GB", timezone_id="Asia/Shanghai", has_touch=True
    )
    yield made
    made.close()


def enrolled(live: Live, context: BrowserContext, name: str = "till") -> Page:
    page = context.new_page()
    show_code(page, live.code("phone", name))
    page.get_by_role("button", name="Receive").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    return page


def show_code(page: Page, link: str) -> None:
    page.goto(link.replace("/enrol#", "/enrol?lang=en#"))
    page.get_by_role("button", name="Enrol").click()
    page.get_by_role("button", name="Receive").wait_for()


def sell(page: Page, *serials: int) -> None:
    """Sell one item after the other; the phone is at its first page before and after."""
    page.get_by_role("button", name="Sell").click()
    for serial in serials:
        scan(page, item(serial))
        page.get_by_role("button", name="Done (1)").click()
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Cancel").click()


def beat(page: Page) -> None:
    """Let the phone send and fetch now, and wait until it has begun."""
    with page.expect_request("**/blocklist"):
        page.evaluate("dispatchEvent(new Event('online'))")


def told(live: Live, key: str, step: str) -> list[dict[str, Any]]:
    """The bodies of the events of a step that name a key."""
    return live.events(key, step)


def until(held: Callable[[], bool], seconds: float = 20) -> None:
    end = monotonic() + seconds
    while not held():
        assert monotonic() < end
        sleep(0.1)


def scan(page: Page, code: str) -> None:
    page.get_by_label("Scan or type a code").fill(code)
    page.keyboard.press("Enter")


def test_enrol_work_offline_reload_and_deliver_exactly_once(live: Live, context: BrowserContext) -> None:
    started = monotonic()
    page = enrolled(live, context)
    assert monotonic() - started < 30
    expect(page.locator("#who")).to_contain_text("till")
    expect(page.locator("#list")).to_contain_text("Block list")
    expect(page.locator("#list")).not_to_contain_text("cannot verify")
    context.set_offline(True)
    page.get_by_role("button", name="Receive").click()
    scan(page, UNIT)
    expect(page.locator("#contents-note")).to_contain_text("No network")
    page.get_by_role("button", name="Accept all").click()
    expect(page.get_by_role("heading", name="Received")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Sell").click()
    scan(page, "(01)09521234000013(21)1")
    expect(page.locator(".told")).to_contain_text("Not on the block list")
    page.get_by_role("button", name="Done (1)").click()
    expect(page.get_by_role("heading", name="Sold")).to_be_visible()
    expect(page.locator("#depth")).to_contain_text("2 waiting")
    page.reload()  # the battery was empty, the page was closed
    expect(page.get_by_role("button", name="Sell")).to_be_visible()
    expect(page.locator("#depth")).to_contain_text("2 waiting")
    expect(page.locator("#network")).to_have_text("offline")
    assert not told(live, item(1), "retail_selling")
    context.set_offline(False)
    expect(page.locator("#depth")).to_contain_text("0 waiting", timeout=20_000)
    page.reload()
    expect(page.locator("#depth")).to_contain_text("0 waiting")
    [sold] = told(live, item(1), "retail_selling")
    [received] = told(live, UNIT, "receiving")
    assert (sold["disposition"], sold["bizLocation"], sold["eventTimeZoneOffset"]) == (
        "retail_sold",
        {"id": PLACE},
        "+08:00",
    )
    assert received["disposition"] == "in_progress"
    assert sold["eventTime"].endswith("+08:00")
    assert sold["suyuan:basis"] == "typed"
    assert "suyuan:clockSkew" not in sold
    assert live.house.records.journey(item(1))[-1].party == SHOP
    until(lambda: not live.desk.unreached(1))  # the list was stored and acknowledged


def test_what_was_sold_cannot_be_sold_again_and_undo_takes_it_back(
    live: Live, context: BrowserContext
) -> None:
    page = enrolled(live, context, "second till")
    page.get_by_role("button", name="Sell").click()
    scan(page, item(10))
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("heading", name="Sold").wait_for()
    until(lambda: len(told(live, item(10), "retail_selling")) == 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    until(lambda: len(told(live, item(10), "retail_selling")) == 2)
    declared = [body for body in told(live, item(10), "retail_selling") if "errorDeclaration" in body]
    assert [body["errorDeclaration"]["reason"] for body in declared] == ["did_not_occur"]
    page.get_by_role("button", name="Next").click()
    scan(page, item(10))  # it never was sold
    expect(page.get_by_role("button", name="Done (1)")).to_be_visible()
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("button", name="Next").click()
    until(lambda: len(told(live, item(10), "retail_selling")) == 3)
    scan(page, item(10))
    expect(page.locator(".told-stop")).to_contain_text("Recorded as sold already")
    expect(page.get_by_role("button", name="Done (1)")).to_be_hidden()


def test_loose_goods_are_received_and_sold_by_lot_and_weight(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "scale")
    for action, weight, expected in [("Receive", "12,5", 12.5), ("Sell", "0.375", 0.375)]:
        page.get_by_role("button", name=action).click()
        scan(page, "9521234000013")
        page.get_by_label("Lot").fill("L7")
        page.get_by_label("Amount").first.fill("nothing")
        page.get_by_role("button", name=re.compile("^Add")).click()
        expect(page.get_by_text("Write an amount above 0")).to_be_visible()
        page.get_by_label("Amount").first.fill(weight)
        page.get_by_role("button", name=re.compile("^Add")).click()
        page.get_by_role("button", name="Done (1)").click()
        page.get_by_role("button", name="Back").click()
        step = {"Receive": "receiving", "Sell": "retail_selling"}[action]
        until(lambda step=step: bool(told(live, f"{PRODUCT}/10/L7", step)))
        [body] = told(live, f"{PRODUCT}/10/L7", step)
        assert body["quantityList"] == [{"epcClass": f"{PRODUCT}/10/L7", "quantity": expected, "uom": "KGM"}]


def test_a_lot_that_is_typed_is_asked_for_before_it_counts(live: Live, context: BrowserContext) -> None:
    amount = {"epcClass": f"{PRODUCT}/10/L8", "quantity": 10, "uom": "KGM"}
    ilmd = {"cbvmda:lotNumber": "L8", "cbvmda:itemExpirationDate": "2026-01-01"}
    capture(live, {**world()[0], "epcList": [], "quantityList": [amount], "ilmd": ilmd})
    page = enrolled(live, context, "bulk")
    for action, stopped in (("Receive", True), ("Sell", True), ("Withdraw", False)):
        page.get_by_role("button", name=action).click()
        scan(page, "9521234000013")
        page.get_by_label("Lot").fill("L8")
        page.get_by_label("Amount").first.fill("1")
        page.get_by_role("button", name=re.compile("^Add")).click()
        if stopped:
            expect(page.locator(".told-stop")).to_contain_text("Past its last day (1 Jan 2026)")
            expect(page.locator("#lines li")).to_have_count(0)
        else:
            expect(page.locator("#lines li")).to_have_count(1)  # what is stopped is what must be taken away
        page.get_by_role("button", name="Cancel").click()


def test_a_delivery_that_is_not_as_announced(live: Live, context: BrowserContext) -> None:
    unit = "https://id.gs1.org/00/095212340000000020"
    capture(
        live,
        {**world()[1], "parentID": unit, "childEPCs": [item(21), item(22), item(23)]},
        {**world()[2], "epcList": [unit]},
    )
    page = enrolled(live, context, "back door")
    page.get_by_role("button", name="Receive").click()
    scan(page, "00095212340000000020")
    expect(page.locator("#contents li")).to_have_count(3)
    page.locator("#contents select").nth(0).select_option("missing")
    page.locator("#contents select").nth(1).select_option("damaged")
    scan(page, item(24))
    expect(page.locator("#lines li")).to_have_count(2)
    page.get_by_role("button", name="Accept with exceptions").click()
    expect(page.locator("#fault")).to_contain_text("Choose the reason first")  # none is assumed
    expect(page.get_by_label("Reason")).to_be_focused()
    page.get_by_label("Reason").select_option("broken")
    page.get_by_role("button", name="Accept with exceptions").click()
    page.get_by_role("heading", name="Received").wait_for()
    until(lambda: bool(told(live, item(22), "inspecting")))
    [missing] = told(live, item(21), "unpacking")
    assert (missing["action"], missing["parentID"]) == ("DELETE", unit)
    assert "bizLocation" not in missing
    [damaged] = told(live, item(22), "inspecting")
    assert (damaged["disposition"], damaged["bizLocation"]) == ("damaged", {"id": PLACE})
    assert damaged["suyuan:exception"] == {"kind": "damaged", "reason": "broken"}
    [received] = told(live, unit, "receiving")
    assert received["epcList"] == [unit, item(24)]
    assert live.house.records.where_now(item(23)).place == PLACE
    assert live.house.records.where_now(item(21)).place != PLACE
    assert [key for key, _, _ in live.house.records.contents(unit)] == [item(22), item(23)]
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Sell").click()
    scan(page, item(22))
    expect(page.locator(".told-stop")).to_contain_text("Recorded as “damaged”: must not be sold")
    scan(page, item(23))
    expect(page.locator(".told-sell")).to_contain_text("May be sold")


def test_a_delivery_can_be_rejected_and_others_are_not_shown(live: Live, context: BrowserContext) -> None:
    unit, others = "https://id.gs1.org/00/095212340000000037", "https://id.gs1.org/00/095212340000000044"
    elsewhere = [{"type": "owning_party", "destination": "https://id.gs1.org/417/9521234000037"}]
    capture(
        live,
        {**world()[1], "parentID": unit, "childEPCs": [item(26)]},
        {**world()[2], "epcList": [unit]},
        {**world()[1], "parentID": others, "childEPCs": [item(27)]},
        {**world()[2], "epcList": [others], "destinationList": elsewhere},
    )
    page = enrolled(live, context, "front door")
    page.get_by_role("button", name="Receive").click()
    scan(page, others)
    expect(page.locator("#fault")).to_contain_text("addressed to somebody else")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Receive").click()
    scan(page, unit)
    page.get_by_role("button", name="Reject").click()
    page.get_by_role("button", name="Choose the reason").click()
    expect(page.locator("#fault")).to_contain_text("Choose the reason first")
    page.get_by_label("Reason").select_option("warm")
    page.get_by_role("button", name="Choose the reason").click()
    expect(page.get_by_role("heading", name="Rejected")).to_be_visible()
    until(lambda: bool(told(live, unit, "departing")))
    [body] = told(live, unit, "departing")
    assert body["disposition"] == "returned"
    assert body["suyuan:exception"] == {"kind": "rejected", "reason": "warm"}
    assert live.house.records.where_now(item(26)).status == "in_transit"


def test_a_revoked_phone_is_refused_and_says_so(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "lost phone")
    [found] = [device for device in live.desk.devices(BOSS) if device.name == "lost phone"]
    live.desk.revoke(BOSS, found.id)
    page.get_by_role("button", name="Sell").click()
    scan(page, item(11))
    expect(page.get_by_role("heading", name="This phone may not go on")).to_be_visible()
    expect(page.locator("#stopped-why")).to_contain_text("revoked")
    page.reload()
    expect(page.locator("#stopped-why")).to_contain_text("revoked")


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
    until(lambda: len(told(live, item(30), "retail_selling")) == 1)


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
    until(lambda: bool(told(live, item(33), "retail_selling")))
    assert live.house.records.journey(item(33))[-1].party == OTHERS.party
    assert not told(live, item(31), "retail_selling")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    events = orjson.loads(saved.value.path().read_bytes())["epcisBody"]["eventList"]
    assert [event["epcList"] for event in events] == [[item(31)], [item(32)]]
    check(page)
    show_code(page, live.code("phone", "back again"))
    until(lambda: bool(told(live, item(32), "retail_selling")))
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
    check(page)
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
    until(lambda: bool(told(live, item(serial + 10), "retail_selling")))
    expect(page.locator("#depth")).to_have_text("1 waiting")
    expect(page.locator("#trouble")).to_contain_text("sent again by itself")
    expect(page.locator("#refused")).to_be_hidden()
    context.unroute("**/capture")
    beat(page)
    until(lambda: bool(told(live, item(serial), "retail_selling")))
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
    until(lambda: bool(told(live, item(41), "retail_selling")))
    assert faults == []


@pytest.mark.parametrize("status", [503, 0])
def test_a_delivery_is_received_while_the_server_cannot_say_what_is_in_it(
    live: Live, context: BrowserContext, status: int
) -> None:
    page = enrolled(live, context, f"dock {status}")
    context.route(
        "**/phone/expected?**",
        lambda route: route.fulfill(status=status, json={"status": status}) if status else route.abort(),
    )
    page.get_by_role("button", name="Receive").click()
    scan(page, "00095212340000000051")
    expect(page.locator("#contents-note")).to_contain_text("No network")
    page.get_by_role("button", name="Accept all").click()
    page.get_by_role("heading", name="Received").wait_for()


@pytest.mark.parametrize(
    ("action", "english", "chinese"),
    [
        ("receive", "May be received", "可以收货"),
        ("stock", "May go on the shelf", "可以上架"),
        ("sell", "May be sold", "可以销售"),
        ("withdraw", "May be withdrawn", "可以下架"),
    ],
)
def test_what_may_be_done_is_said_of_the_step_in_hand(
    live: Live, context: BrowserContext, action: str, english: str, chinese: str
) -> None:
    page = enrolled(live, context, f"words {action}")
    for language, words in (("en", english), ("zh-CN", chinese)):
        page.goto(f"{live.url}/phone?lang={language}")
        page.locator(f"[data-action={action}]").click()
        page.locator("#code").fill(item(42))
        page.locator("#code").press("Enter")
        expect(page.locator(".told .why")).to_have_text(words)


def test_a_phone_that_is_enrolled_anew_tells_which_list_it_has(live: Live, context: BrowserContext) -> None:
    for name in ("shelf before", "shelf after"):
        page = enrolled(live, context, name)
        until(lambda name=name: name not in {one.name for one in live.desk.unreached(1)})
        page.close()


def test_a_lost_answer_does_not_keep_a_phone_out(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    lost = True

    def lose(route: Route) -> None:
        if lost and route.request.method == "POST":
            route.fetch()  # the server let the phone in, the phone never heard of it
            route.abort()
        else:
            route.continue_()

    context.route(re.compile("/enrol$"), lose)
    page.goto(live.code("phone", "ghost").replace("/enrol#", "/enrol?lang=en#"))
    page.get_by_role("button", name="Enrol").click()
    expect(page.locator("#fault")).to_be_visible()
    lost = False
    page.locator("#code").fill(live.code("phone", "second try").partition("#")[2])
    page.get_by_role("button", name="Enrol").click()
    page.get_by_role("button", name="Receive").wait_for()
    expect(page.locator("#who")).to_contain_text("second try")


@pytest.mark.parametrize("hours", [-26, 26])
def test_a_phone_with_a_wrong_clock_corrects_its_times_and_says_so(
    live: Live, context: BrowserContext, hours: int
) -> None:
    serial = 12 if hours < 0 else 13
    page = context.new_page()
    page.clock.install(time=datetime.now(UTC) + timedelta(hours=hours))
    page.goto(live.code("phone", f"clock {hours}").replace("/enrol#", "/enrol?lang=en#"))
    page.get_by_role("button", name="Enrol").click()
    page.get_by_role("button", name="Sell").click()
    expect(page.locator("#clock")).to_contain_text("clock is")
    scan(page, item(serial))
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("heading", name="Sold").wait_for()
    until(lambda: bool(told(live, item(serial), "retail_selling")))
    [sold] = told(live, item(serial), "retail_selling")
    assert abs(datetime.fromisoformat(sold["eventTime"]) - datetime.now(UTC)) < timedelta(minutes=2)
    assert abs(sold["suyuan:clockSkew"] - hours * 3600) < 60


def test_a_day_without_network_loses_nothing(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install(time=datetime.now(UTC))
    page.goto(live.code("phone", "market stall").replace("/enrol#", "/enrol?lang=en#"))
    page.get_by_role("button", name="Enrol").click()
    page.get_by_role("button", name="Sell").wait_for()
    expect(page.locator("#list")).to_contain_text("Block list")
    context.set_offline(True)
    page.get_by_role("button", name="Sell").click()
    for serial in (20, 25, 28):
        scan(page, item(serial))
        page.get_by_role("button", name="Done (1)").click()
        page.get_by_role("button", name="Next").click()
    sold_at = datetime.now(UTC)
    page.clock.fast_forward("26:00:00")
    expect(page.locator("#depth")).to_contain_text("3 waiting")
    expect(page.locator("#list")).to_contain_text("The block list is old")
    context.set_offline(False)
    expect(page.locator("#depth")).to_contain_text("0 waiting", timeout=20_000)
    for serial in (20, 25, 28):
        [sold] = told(live, item(serial), "retail_selling")
        assert abs(datetime.fromisoformat(sold["eventTime"]) - sold_at) < timedelta(minutes=2)


def test_codes_that_do_not_let_in_are_told_in_the_language_of_the_reader(
    live: Live, context: BrowserContext
) -> None:
    page = context.new_page()
    for code, english, chinese in [
        ("nonsense", "mistyped", "有误"),
        ("0" * 24, "no such code", "没有这个登记码"),
        (live.code("station"), "for a station", "站点"),
    ]:
        for language, sentence in (("en", english), ("zh-CN", chinese)):
            page.goto(f"{live.url}/enrol?lang={language}")
            page.locator("#code").fill(code)
            page.locator("#enrol button").click()
            expect(page.locator("#fault")).to_contain_text(sentence)


def test_a_photo_is_read_and_what_is_none_is_told(
    live: Live, context: BrowserContext, tmp_path: Path
) -> None:
    page = enrolled(live, context, "camera")
    page.get_by_role("button", name="Look up").click()
    content = photo_of(item(14))
    page.locator("#photo").set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator(".told")).to_contain_text("May be sold", timeout=15_000)
    blank = io.BytesIO()
    Image.new("RGB", (400, 400), "white").save(blank, "JPEG")
    page.locator("#photo").set_input_files(
        {"name": "blank.jpg", "mimeType": "image/jpeg", "buffer": blank.getvalue()}
    )
    expect(page.locator("#fault")).to_contain_text("No code was found")
    page.locator("#photo").set_input_files(
        {"name": "text.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"}
    )
    expect(page.locator("#fault")).to_contain_text("cannot be opened")
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    page.locator("#photo").set_input_files(huge)
    expect(page.locator("#fault")).to_contain_text("too large", timeout=30_000)


def photo_of(text: str) -> bytes:
    """A JPEG of a label on a large sheet."""
    code = qrcode.QRCode(border=4, box_size=8)
    code.add_data(text)
    sheet = Image.new("RGB", (900, 1200), "white")
    sheet.paste(code.make_image().get_image().convert("RGB"), (120, 200))
    content = io.BytesIO()
    sheet.save(content, "JPEG", quality=80)
    return content.getvalue()


SPELLINGS = [
    f"{PRODUCT}/21/A-1",
    "https://shop.example/p/01/9521234000013/10/L%2F1/21/a%2Bb?17=261201",
    "https://id.gs1.org/01/09521234000013/10/L(1)*'!",
    "(01)09521234000013(10)L1(21)S/7",
    "(01)09521234000013(17)261201(10)L1",
    "]C1010952123400001310L1\x1d21S7",
    "]d20109521234000013172612013103001250" + "10L1",
    "\x1d010952123400001321S7",
    "00095212340000000013",
    "9521234000013",
    "urn:epc:id:sgtin:9521234.000001.S%2F7",
    "urn:epc:class:lgtin:9521234.000001.L1",
    "urn:epc:id:sscc:9521234.0000000001",
    "https://Trace.Example.cn/own/product/P00001A/lot/A%201/serial/x",
    "https://trace.example.cn/s/own/unit/K00001D",
    "http://trace.example.cn/own/product/P00001A",
]
WRONG = [
    "",
    "hello",
    "(01)09521234000014",
    "https://example.com/",
    "https://",
    "https://[1/01/09521234000013",
    "urn:epc:id:sgln:9521234.00002.0",
    "12345",
    "https://id.gs1.org/01/09521234000013/EEKrIQFw",
    "https://tags.example/ex-and-more",
]


CAMERA = """
    globalThis.BarcodeDetector = class { async detect() { return [{ rawValue: "CODE" }]; } };
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 10, 10);
        return canvas.captureStream(10);
    };"""


def test_the_phone_names_things_as_the_server_does(live: Live, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{live.url}/phone?lang=en")
    run = """async ([path, texts]) => {
        const { read } = await import(path);
        return texts.map((text) => {
            try { const { kind, key, lotKey } = read(text); return [kind, key, lotKey ?? null]; }
            catch (error) { return error.code; }
        });
    }"""
    found = page.evaluate(run, [f"{assets_path()}/codes.js", SPELLINGS])
    expected = [[(named := scanned(text)).kind, named.key, named.lot_key] for text in SPELLINGS]
    assert found == expected
    for text, answer in zip(WRONG, page.evaluate(run, [f"{assets_path()}/codes.js", WRONG]), strict=True):
        assert isinstance(answer, str), text


def test_a_short_link_is_read_by_the_server_and_asked_for_again_without_one(
    live: Live, context: BrowserContext
) -> None:
    page = enrolled(live, context, "short links")
    page.get_by_role("button", name="Put on shelf").click()
    scan(page, compressed(item(18), key_in_clear=True).replace("id.gs1.org", "brand.example"))
    page.get_by_role("button", name="Done (1)").wait_for()
    tag = "https://tags.example" + encode_path(identify(item(19)), "eh", company_prefix_length=7)
    scan(page, tag)
    page.get_by_role("button", name="Done (2)").click()
    page.get_by_role("heading", name="On the shelf").wait_for()
    until(lambda: bool(told(live, item(18), "stocking")) and bool(told(live, item(19), "stocking")))
    page.goto(f"{live.url}/phone?lang=en")
    page.get_by_role("button", name="Put on shelf").click()
    context.set_offline(True)
    scan(page, tag)
    expect(page.locator("#fault")).to_contain_text("only be read with a connection")


def test_a_short_code_of_the_platform_is_read_as_the_server_reads_it(
    live: Live, context: BrowserContext
) -> None:
    product, unit = code_of_number("P", 7), code_of_number("K", 8)
    page = enrolled(live, context, "short codes")
    run = """async ([path, texts, home]) => {
        const { read } = await import(path);
        return texts.map((text) => {
            try { return read(text, home).key; } catch (error) { return error.code; }
        });
    }"""
    typed = [product, unit.lower(), f"{product} 7K3M 9PQR", product.replace("0", "o"), product[:-1] + "U"]
    typed += [product[:-2] + product[-1] + product[-2]]
    found = page.evaluate(run, [f"{assets_path()}/codes.js", typed, namespace_of(live.url)])
    assert found == [live.house.identified(typed_link(text)).key for text in typed[:4]] + 2 * ["check-digit"]
    assert page.evaluate(run, [f"{assets_path()}/codes.js", [product], ""]) == ["own-code"]
    page.get_by_role("button", name="Receive").click()
    scan(page, product)
    expect(page.locator(".told h2")).to_contain_text("product")


def test_the_camera_is_used_where_the_browser_reads_symbols(live: Live, context: BrowserContext) -> None:
    context.add_init_script(CAMERA.replace("CODE", item(17)))
    page = enrolled(live, context, "with camera")
    page.get_by_role("button", name="Put on shelf").click()
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("heading", name="On the shelf").wait_for()
    until(lambda: bool(told(live, item(17), "stocking")))
    [body] = told(live, item(17), "stocking")
    assert (body["disposition"], body["suyuan:basis"]) == ("sellable_accessible", "read")


def test_a_scanner_that_types_needs_no_click(live: Live, context: BrowserContext) -> None:
    page = enrolled(live, context, "wedge")
    page.get_by_role("button", name="Withdraw").press("Enter")
    for serial in (18, 19):
        page.keyboard.type(f"{item(serial)}\n", delay=0)
        expect(page.locator("#lines")).to_contain_text(str(serial))
    page.get_by_role("button", name="Done (2)").press("Enter")
    page.get_by_role("heading", name="Withdrawn").wait_for()
    until(lambda: bool(told(live, item(18), "removing")))
    [body] = told(live, item(19), "removing")
    assert (body["disposition"], body["epcList"]) == ("sellable_not_accessible", [item(18), item(19)])


def test_without_script_the_page_leads_to_the_form(live: Live, browser: Browser) -> None:
    without = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = without.new_page()
    page.goto(f"{live.url}/enrol?lang=en")
    assert "Enrolling needs scripts" in page.locator("main").inner_text()
    page.goto(f"{live.url}/phone?lang=en")
    page.get_by_role("link", name="Type what was done").click()
    page.locator("#password").wait_for()
    without.close()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_console_of_devices_is_accessible(live: Live, context: BrowserContext, language: str) -> None:
    live.sign_up("boss", AccountRole.COMPANY, SHOP)
    page = context.new_page()
    page.goto(f"{live.url}/sign-in?next=/console/devices&lang={language}")
    page.locator("#name").fill("boss")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#place").wait_for()
    page.goto(f"{live.url}/console/devices?lang={language}")
    check(page)
    page.locator("[name=kind][value=station]").check()
    page.locator("form.new-device #name").fill("dock")
    page.locator("#place").select_option(PLACE)
    page.locator("form.new-device button").click()
    page.locator(".code-symbol").wait_for()
    check(page)
    page.goto(f"{live.url}/phone/typed?lang={language}")
    page.locator("#codes").wait_for()
    check(page)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_pages_are_accessible_and_no_wider_than_a_phone(
    live: Live, context: BrowserContext, language: str
) -> None:
    page = enrolled(live, context, f"looked at {language}")
    page.goto(f"{live.url}/phone?lang={language}")
    page.locator("[data-action=sell]").wait_for()
    check(page)
    page.locator("[data-action=sell]").click()
    scanned = page.locator("#code")
    scanned.fill("9521234000013")
    scanned.press("Enter")
    page.locator(".told").wait_for()
    check(page)
    scanned.fill(item(15 if language == "en" else 16))
    scanned.press("Enter")
    page.locator("#lines li").wait_for()
    check(page)
    page.locator("#finish").click()
    page.locator("#done-word").wait_for()
    check(page)
    page.goto(f"{live.url}/enrol?lang={language}")
    page.locator("#enrol").wait_for()
    check(page)


def check(page: Page) -> None:
    assert objections(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

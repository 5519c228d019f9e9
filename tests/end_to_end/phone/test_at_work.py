"""A shop with a phone alone: at work without a network, believed when it comes back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from playwright.sync_api import BrowserContext, expect
from tests.end_to_end.phone.hand import (
    PRODUCT,
    UNIT,
    capture,
    enrolled,
    eventually,
    item,
    scan,
    told,
    world,
)
from tests.integration.live_server import PLACE, SHOP, Live

pytestmark = pytest.mark.chromium


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
    assert eventually(lambda: not live.desk.unreached(1))  # the list was stored and acknowledged


def test_what_was_sold_cannot_be_sold_again_and_undo_takes_it_back(
    live: Live, context: BrowserContext
) -> None:
    page = enrolled(live, context, "second till")
    page.get_by_role("button", name="Sell").click()
    scan(page, item(10))
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("heading", name="Sold").wait_for()
    assert eventually(lambda: len(told(live, item(10), "retail_selling")) == 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    assert eventually(lambda: len(told(live, item(10), "retail_selling")) == 2)
    declared = [body for body in told(live, item(10), "retail_selling") if "errorDeclaration" in body]
    assert [body["errorDeclaration"]["reason"] for body in declared] == ["did_not_occur"]
    page.get_by_role("button", name="Next").click()
    scan(page, item(10))  # it never was sold
    expect(page.get_by_role("button", name="Done (1)")).to_be_visible()
    page.get_by_role("button", name="Done (1)").click()
    page.get_by_role("button", name="Next").click()
    assert eventually(lambda: len(told(live, item(10), "retail_selling")) == 3)
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
        assert eventually(lambda step=step: bool(told(live, f"{PRODUCT}/10/L7", step)))
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
    assert eventually(lambda: bool(told(live, item(serial), "retail_selling")))
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

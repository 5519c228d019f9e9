"""A delivery at the door: as announced, otherwise, or not at all."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, expect
from tests.end_to_end.phone.hand import (
    capture,
    enrolled,
    eventually,
    item,
    scan,
    told,
    world,
)
from tests.integration.live_server import PLACE, Live

pytestmark = pytest.mark.chromium


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
    assert eventually(lambda: bool(told(live, item(22), "inspecting")))
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
    assert eventually(lambda: bool(told(live, unit, "departing")))
    [body] = told(live, unit, "departing")
    assert body["disposition"] == "returned"
    assert body["suyuan:exception"] == {"kind": "rejected", "reason": "warm"}
    assert live.house.records.where_now(item(26)).status == "in_transit"


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
    expect(page.get_by_role("heading", name="Received")).to_be_visible()
    assert eventually(lambda: bool(told(live, "https://id.gs1.org/00/095212340000000051", "receiving")))

"""A shop with a phone alone, and the hand that holds it: what is there, what is pressed, what it led to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import orjson
from playwright.sync_api import BrowserContext, Page
from tests.end_to_end.axe import objections
from tests.integration.live_server import SHOP, Live

from suyuan.api.house import CapturedBy
from suyuan.portal.services import Principal
from suyuan.trace.store.jobs import Behaviour

PRODUCT = "https://id.gs1.org/01/09521234000013"
UNIT = "https://id.gs1.org/00/095212340000000013"
FARM = "https://id.gs1.org/414/9521234000044"
ELSEWHERE = "https://id.gs1.org/414/9521234000051"
OTHERS = Principal("rival", "company", "https://id.gs1.org/417/9521234000051")
ROLLBACK: Behaviour = "rollback"


def item(serial: int) -> str:
    return f"{PRODUCT}/21/{serial}"


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


def eventually(held: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether something holds before so much time is over; looked at ten times a second."""
    end = monotonic() + seconds
    while not held():
        if monotonic() >= end:
            return False
        sleep(0.1)
    return True


def scan(page: Page, code: str) -> None:
    page.get_by_label("Scan or type a code").fill(code)
    page.keyboard.press("Enter")


def faults(page: Page) -> list[str]:
    """What axe objects to on a page, and that it is wider than a phone."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*objections(page), *([f"it is {wide} px wide"] if wide > 360 else [])]

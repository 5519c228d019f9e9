"""Public query: what a shopper reads of an item, soon and on any telephone.

Nothing here is faked: the server is a process of its own, and what it knows was read over LLRP and delivered
over HTTP. What the pages say is held against the sample world's own account of what happened.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from tests.end_to_end.visitor import (
    CLEAN_MEAL,
    PHONE,
    sold_item,
    visiting,
)

from suyuan.api.demo.stage import Stage
from suyuan.portal.language import Speech
from suyuan.simulator.plot import RECIPES

pytestmark = pytest.mark.chromium
WEIGHT_LIMIT = 30_000  # bytes of HTML, style and scripts, as they are sent


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_shopper_reads_what_happened_to_an_item(browser: Browser, stage: Stage, language: str) -> None:
    item, world = sold_item(stage), stage.world
    lot = world.lots[world.items[item].lot]
    speech = Speech("zh-CN" if language == "zh-CN" else "en")
    chinese = language == "zh-CN"
    with visiting(browser, stage, viewport=PHONE, locale=language) as visitor:
        page = visitor.page
        assert visitor.open(urlsplit(item).path) == 200
        assert page.locator("html").get_attribute("lang") == language
        assert visitor.told("#verdict") == ("有售出记录" if chinese else "Sold, as recorded")
        assert page.locator("#verdict").is_visible()
        box = page.locator(".verdict h1").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE["height"]  # without scrolling

        told = visitor.told()
        assert lot.expires is not None
        assert (lot.product.name.zh if chinese else lot.product.name.en) in told
        assert (lot.product.allergens.zh if chinese else lot.product.allergens.en) in told
        assert {lot.code, speech.day(lot.produced), speech.day(lot.expires)} <= set(told.splitlines())
        assert (lot.product.producer.name.zh if chinese else lot.product.producer.name.en) in told

        sites = {site.key: site for site in world.stations}
        shop = sites[str(world.whereabouts[item].place)]
        route = [world.site("plant"), world.site("distribution"), shop]
        stops = page.locator(".journey > li")
        cities = [site.city.zh if chinese else site.city.en for site in route]
        assert [stop.locator("h3").inner_text() for stop in stops.all()] == cities
        steps = [step.inner_text() for step in page.locator(".journey .what").all()]
        assert steps[0] == speech.term("step", "commissioning")
        assert steps[-1].startswith(speech.term("step", "retail_selling"))
        moments = [str(t.get_attribute("datetime")) for t in page.locator(".journey time").all()]
        assert moments == sorted(moments)
        assert len(moments) == 10  # coded, packed twice; shipped, received and unpacked twice; sold

        _, _, _, lettuce = RECIPES[CLEAN_MEAL]
        farms = {world.cast.farms[name[0]].party.name for name in lettuce}
        origins = visitor.told(".origins")
        assert all((farm.zh if chinese else farm.en) in origins for farm in farms)
        visitor.check()

        page.get_by_role("link", name="English" if chinese else "中文").click()
        page.wait_for_url("**lang=**")
        assert visitor.told("#verdict") == ("Sold, as recorded" if chinese else "有售出记录")
        visitor.check()
        assert page.context.cookies() == []
        assert [a.url for a in visitor.answers if "set-cookie" in a.headers] == []


def test_the_harvest_of_an_origin_has_the_date_of_its_place(browser: Browser, stage: Stage) -> None:
    item = sold_item(stage)
    _, _, _, lettuce = RECIPES[CLEAN_MEAL]
    produced = {
        lot.product.producer.name.en: lot.produced
        for lot in stage.world.lots.values()
        if lot.code.rpartition("-")[2] in lettuce
    }
    with visiting(browser, stage, viewport=PHONE) as visitor:
        visitor.open(urlsplit(item).path)
        shown = visitor.page.locator(".origins li").all()
        told = {
            farm: origin.locator("time").get_attribute("datetime")
            for origin in shown
            for farm in produced
            if farm in origin.inner_text()
        }
        assert told == {farm: day.isoformat() for farm, day in produced.items()}


def test_a_shopper_needs_no_script(browser: Browser, stage: Stage) -> None:
    path = urlsplit(sold_item(stage)).path
    told: list[str] = []
    for scripts in (True, False):
        with visiting(browser, stage, viewport=PHONE, scripts=scripts) as visitor:
            visitor.open(path)
            assert visitor.page.locator("#verdict").is_visible()
            if scripts:  # what a script adds is what the telephone itself does
                adds = visitor.page.locator("#mine, #tools button")
                assert adds.first.is_visible()
                adds.evaluate_all("added => added.forEach(each => each.remove())")
            checked = visitor.told(".checked time")
            told.append(visitor.told().replace(checked, ""))
            if not scripts:
                visitor.page.locator("details summary", has_text="Proof for experts").click()
                assert visitor.page.locator("details dd").first.is_visible()
    assert told[0] == told[1]
    assert "Sold, as recorded" in told[0]


def test_a_passport_weighs_little(
    browser: Browser, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    with visiting(browser, stage, viewport=PHONE) as visitor:
        visitor.open(urlsplit(sold_item(stage)).path)
        visitor.page.wait_for_load_state("networkidle")
        kinds = {answer.request.resource_type for answer in visitor.answers}
        assert kinds <= {"document", "stylesheet", "script", "image"}  # no font
        weight = sum(
            answer.request.sizes()["responseBodySize"]
            for answer in visitor.answers
            if answer.request.resource_type != "image"
        )
        record_property("bytes", weight)
        print(f"HTML, style and scripts of a passport, as sent: {weight / 1000:.1f} kB")  # noqa: T201  (shown with -s)
        assert 0 < weight <= WEIGHT_LIMIT


def test_the_verdict_is_soon_there_on_a_slow_telephone(
    browser: Browser, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """The aim is 1 s at a fourth of the speed, 1.6 Mbit/s and 150 ms.

    The number is printed; 3 s are asserted, since a tight bound on a machine that others use would lie.
    """
    path = urlsplit(sold_item(stage)).path
    taken = median(_verdict_seen_ms(browser, stage, path) for _ in range(3))
    record_property("verdict_ms", taken)
    print(f"verdict visible after {taken:.0f} ms (median of 3)")  # noqa: T201  (shown with -s)
    assert 0 < taken < 3000


def _verdict_seen_ms(browser: Browser, stage: Stage, path: str) -> float:
    """From the start of the navigation, with a cold cache, to the frame after the verdict was laid out."""
    with visiting(browser, stage, viewport=PHONE) as visitor:
        page = visitor.page
        page.add_init_script(
            """(() => {
                const look = () => {
                    const box = document.querySelector("#verdict")?.getBoundingClientRect();
                    if (box && box.height > 0 && box.bottom < innerHeight)
                        requestAnimationFrame(() => { window.verdictSeen = performance.now(); });
                    else requestAnimationFrame(look);
                };
                requestAnimationFrame(look);
            })()"""
        )
        session = page.context.new_cdp_session(page)
        send = cast("Callable[[str, dict[str, object]], object]", session.send)  # pyright: ignore[reportUnknownMemberType]  # a bare dict
        send("Emulation.setCPUThrottlingRate", {"rate": 4})
        speed = 1.6e6 / 8
        send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 150, "downloadThroughput": speed, "uploadThroughput": speed},
        )
        visitor.open(path)
        seen = page.wait_for_function("() => window.verdictSeen").json_value()
        return float(seen)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_wrong_code_is_told_part_by_part(browser: Browser, stage: Stage, language: str) -> None:
    path = urlsplit(sold_item(stage)).path
    _, _, gtin, _, serial = path.split("/")
    wrong_digit = str((int(gtin[-1]) + 1) % 10)
    cases = {
        f"/01/{gtin}/21/{serial[:-3]}000": (404, "(21)", f"{serial[:-3]}000"),
        f"/01/{gtin[:-1]}{wrong_digit}/21/{serial}": (400, "(01)", gtin[:-1] + wrong_digit),
        "/01/banana": (400, "(01)", "banana"),
        f"/01/{gtin}/99/{serial}": (400, "(99)", serial),
        f"/01/{gtin}/21/{serial}/%3Cscript%3E": (400, "<script>", "<script>"),
    }
    with visiting(browser, stage, viewport=PHONE, locale=language) as visitor:
        page = visitor.page
        for wrong, (status, part, value) in cases.items():
            assert visitor.open(wrong) == status
            assert visitor.told("#verdict") == Speech("en" if language == "en" else "zh-CN").say(
                "verdict.unknown.word"
            )
            faulty = page.locator(".at-fault")
            assert faulty.count() == 1, wrong
            assert part in faulty.inner_text()
            assert value in faulty.inner_text()
        visitor.check()  # one page tells them all; this is the longest
        assert visitor.open("/banana/%00/%3Cscript%3Ealert(1)%3C/script%3E") == 404
        assert page.get_by_role("heading", level=1).is_visible()
        visitor.check()
        assert page.context.cookies() == []

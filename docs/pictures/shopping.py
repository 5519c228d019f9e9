"""Pictures of what shoppers, shops and officials do with codes, on a phone and on a desk.

The tools stand over the made-up goods of the tests, which have every verdict; the consoles over real servers
with one product, whose codes were copied.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docs.pictures.album import PHONE, Album, Windows
from playwright.sync_api import Page, Route
from tests.end_to_end.fake_pages import serving
from tests.end_to_end.test_copy_pages import DAIRY, tell
from tests.integration.live_server import PASSWORD, Live, live_server
from tests.unit.portal.fake_house import FakeHouse, passport_link

from suyuan.portal.shopper.verdict import answer, told
from suyuan.trace.recall.passport import VerdictState
from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.scan.look import Look
from suyuan.trace.store.accounts import AccountRole
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import Viewer

GTIN = "09521234000013"
IN_THE_FRIDGE = (VerdictState.RECALLED, VerdictState.SOLD, VerdictState.ATTENTION, VerdictState.UNKNOWN)
SCREEN = "/shop?place=330100"
SIZES: dict[str, dict[str, Any]] = {"": {"viewport": PHONE, "device_scale_factor": 1.5}, "-desk": {}}


def pictures(album: Album, folder: Path) -> None:
    """All of them; ``folder`` is for the data of the servers."""
    album.scene(tools)
    album.scene(consoles, folder)


def tools(album: Album) -> None:
    """The camera, the screen of a shop, recalls, the fridge."""
    shown = {
        "scan": "/scan",
        "scan-elsewhere": "/scan?code=https://trace.example.cn@prizes.example/01/09506000134352/21/S1",
        "recalls": "/recalls",
        "recall-notice": "/recalls/R2026-0007",
        "shop": SCREEN,
        "shop-sold": f"{SCREEN}&code={passport_link(VerdictState.SOLD)}",
        "shop-recalled": f"{SCREEN}&code={passport_link(VerdictState.RECALLED)}",
        "shop-place": "/shop/place?place=330100",
    }
    with serving() as home:
        for size, how in SIZES.items():
            shopper = Windows(album, home, **how)
            for name, path in shown.items():
                shopper.take(f"{name}{size}", path)
            for page in shopper.pages.values():
                fill_fridge(page, home)
            shopper.take(f"fridge{size}", "/fridge", before=lambda page, _: settled(page))
            shopper.close()


def fill_fridge(page: Page, home: str) -> None:
    """By the button on the pages of goods; what they are now is asked of the made-up house."""
    page.context.route("**/api/verdicts", verdicts)
    for state in IN_THE_FRIDGE:
        page.goto(home + passport_link(state))
        button = page.locator("[data-tool=fridge]")
        if button.count():
            button.click()


def verdicts(route: Route) -> None:
    """As ``POST /api/verdicts`` answers."""
    house = FakeHouse()
    codes = json.loads(route.request.post_data or "{}")["codes"]
    look = Look(datetime.now(UTC), is_scan=False)
    route.fulfill(json={"verdicts": [told(answer(house, code, look), code) for code in codes]})


def settled(page: Page) -> None:
    """Once the fridge was checked."""
    page.locator("#shelf li[data-state], #shelf li .state").first.wait_for()
    page.wait_for_load_state("networkidle")


def consoles(album: Album, folder: Path) -> None:
    """What an official reads of copied codes, and a producer's links."""
    with live_server(folder / "copies") as live:
        maker = registered(live)
        live.sign_up("chief", AccountRole.ADMINISTRATOR, DAIRY)
        live.sign_up("maker", AccountRole.COMPANY, maker)
        tell(live.house)
        for size, how in SIZES.items():
            chief = entered(album, live, "chief", **how)
            chief.take(f"copies{size}", "/console/copies")
            chief.take(f"copy{size}", before=lambda page, _: first_code(page, live.url))
            chief.close()
            producer = entered(album, live, "maker", **how)
            if not size:
                linked(producer.zh, live.url)
            producer.take(f"links{size}", f"/console/links?code=(01){GTIN}")
            producer.close()


def registered(live: Live) -> str:
    """The producer and the product, as a register has them; the key of the producer."""
    admin, now = Viewer("root", "administrator", ""), datetime.now(UTC)

    def enter(kind: Any, **values: str) -> str:
        entry, found = read_sheet(kind, values)
        if entry is None:
            raise RuntimeError(found)
        with Writing(live.house.engine) as writing:
            return enter_all(writing, [entry], by=admin, now=now, give=giving(live.url), confirmed=True)[
                0
            ].key

    maker = enter(
        "party",
        identifier=DAIRY.rpartition("/")[2],
        roles="producer",
        name_zh="湖畔乳业",
        name_en="Lakeside Dairy",
        district="330106",
    )
    enter("product", identifier=GTIN, name_zh="鲜牛奶", name_en="Fresh milk", producer=maker)
    return maker


def entered(album: Album, live: Live, name: str, **how: Any) -> Windows:
    """Signed in, in both languages."""
    made = Windows(album, live.url, **how)
    for page in made.pages.values():
        page.goto(f"{live.url}/sign-in?next=/console/copies")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/console/**")
    return made


def first_code(page: Page, home: str) -> None:
    """From the list to the evidence of its first code."""
    page.goto(f"{home}/console/copies")
    page.locator("table.ledger tbody a").first.click()
    page.wait_for_url("**/console/copies/code*")


def linked(page: Page, home: str) -> None:
    """Two links of the product: recipes, and the page of allergens in two languages."""
    given = (
        ("https://www.example.com/recipes", "食谱 Recipes", "gs1:recipeInfo", "zh-cn、en"),
        ("https://www.example.com/allergens", "过敏原 Allergens", "gs1:allergenInfo", "zh-cn"),
    )
    for href, title, kind, languages in given:
        page.goto(f"{home}/console/links?code=(01){GTIN}")
        page.fill("#href", href)
        page.fill("#title", title)
        page.select_option("#linkType", kind)
        page.fill("#hreflang", languages)
        page.locator("#form button").click()
        page.locator("p.done").wait_for()

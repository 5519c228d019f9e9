"""The label page in Chromium: a person makes a sheet in either language, sees the first label, prints it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.end_to_end.axe import objections
from tests.integration.live_server import Live, live_server

from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import Viewer

pytestmark = pytest.mark.chromium

PASSWORD = "a long sentence of the farm shop"
ADMIN = Viewer("root", "administrator", "")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server with one producer, one product and one lot, all entered here."""
    with live_server(tmp_path_factory.mktemp("labels")) as served:
        now = datetime.now(UTC)
        with Writing(served.house.engine) as writing:

            def entered(kind: Any, **values: str) -> str:
                entry, found = read_sheet(kind, values)
                assert entry is not None, found
                give = giving(served.url)
                return enter_all(writing, [entry], by=ADMIN, now=now, give=give, confirmed=True)[0].key

            party = entered(
                "party", roles="producer", name_zh="山下合作社", name_en="Hillfoot Co-op", district="330106"
            )
            product = entered(
                "product", name_zh="五香鲜肉粽", name_en="Pork zongzi with five spices", producer=party
            )
            entered(
                "lot", product=product, lot="端午-7", production_date="2026-11-18", best_before="2027-05-18"
            )
            create_account(
                writing, "farmer", role=AccountRole.COMPANY, party=party, now=now, password=PASSWORD
            )
        yield served


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    context = browser.new_context(base_url=live.url, viewport={"width": 360, "height": 780})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/sign-in?next=/console/labels")
    opened.fill("input[name=name]", "farmer")
    opened.fill("input[name=password]", PASSWORD)
    opened.click("main button")
    yield opened
    context.close()
    # Nothing that the content security policy had to forbid; that an answer is 400 or 404 is said here too.
    assert [told for told in complaints if not told.startswith("Failed to load resource")] == []


WORDS = {
    "zh-CN": ("标签", "生成标签", "24 个二维码已按 203 dpi 逐一回读", "打印 PDF"),
    "en": ("Labels", "Make the labels", "24 symbols were read back", "PDF to print"),
}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_sheet_of_labels_is_made_by_keyboard_and_reads_back(
    page: Page, tmp_path: Path, language: str, scheme: Any
) -> None:
    title, make, checked, to_print = WORDS[language]
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/console/labels?lang={language}")
    assert page.locator("h1").inner_text() == title
    check(page)
    page.locator("#subject").focus()
    page.keyboard.press("ArrowDown")
    assert "端午-7" in page.locator("#subject option:checked").inner_text()
    page.get_by_role("button", name=make).press("Enter")
    page.wait_for_url("**/console/labels/*")
    assert checked in page.locator("main").inner_text()
    check(page)
    shot = tmp_path / "first.png"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".first-label img").screenshot(path=shot)
    shown = page.locator("ol.plain li a").first
    link = str(shown.get_attribute("href"))
    assert "/lot/端午-7/serial/" in shown.inner_text()  # as people read it
    with Image.open(shot) as picture:
        assert [one.text for one in zxingcpp.read_barcodes(picture)] == [link]
    found = page.request.get(str(page.get_by_role("link", name=to_print).get_attribute("href")))
    paper: Any = pypdfium2.PdfDocument(found.body())
    image = paper[0].render(scale=150 / 72).to_pil()
    paper.close()
    assert len(zxingcpp.read_barcodes(image)) == 24
    page.goto(f"{link}?lang={language}")  # a shopper scans a label that was put on nothing yet
    assert ("尚未" if language == "zh-CN" else "not on record yet") in page.locator("main").inner_text()
    check(page)


def test_a_wrong_number_is_told_where_it_was_typed_and_nothing_is_lost(page: Page) -> None:
    page.goto("/console/labels?lang=en")
    page.select_option("#subject", index=1)
    page.fill("#count", "9999")
    page.get_by_label("NFC tags").check()
    page.get_by_role("button", name="Make the labels").click()
    assert "From 1 to 2400 labels" in page.locator("#count-fault").inner_text()
    assert page.input_value("#count") == "9999"
    assert page.get_by_label("NFC tags").is_checked()
    assert "端午-7" in page.locator("#subject option:checked").inner_text()
    check(page)


def test_labels_and_codes_lead_to_where_they_are_linked(page: Page) -> None:
    page.goto("/console/labels?lang=en")
    page.select_option("#subject", index=1)
    page.get_by_role("button", name="Make the labels").click()
    page.get_by_role("link", name="Where these codes lead").click()
    page.get_by_role("heading", name="Pork zongzi").wait_for()
    assert page.input_value("#code").endswith("/lot/%E7%AB%AF%E5%8D%88-7")
    product = page.input_value("#code").partition("/lot/")[0]
    page.goto(f"/console/labels/codes?lang=en&key={product}")
    page.get_by_role("link", name="Where these codes lead").click()
    assert page.input_value("#code") == product


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_gs1_code_that_came_later_is_linked(page: Page, language: str) -> None:
    page.goto(f"/console/labels?lang={language}")
    product = next(
        value
        for option in page.locator("#subject option").all()
        if (value := option.get_attribute("value") or "").endswith("P00001A")
    )
    page.goto(f"/console/labels/codes?lang={language}&key={product}")
    check(page)
    page.fill("#code", "6901234567893")
    page.locator("main form.stack button").click()
    assert page.locator("#code-fault").is_visible()
    check(page)
    page.fill("#code", "6901234567892")
    page.locator("main form.stack button").click()
    page.get_by_text("https://id.gs1.org/01/06901234567892").wait_for()
    check(page)
    page.locator("ul.found button").click()
    page.wait_for_load_state()
    assert page.get_by_text("https://id.gs1.org/01/06901234567892").count() == 0


def test_units_get_large_labels_without_being_asked_for_the_sheet(page: Page) -> None:
    page.goto("/console/labels?lang=en")
    page.select_option("#subject", value="units")
    page.fill("#count", "2")
    page.fill("#prefix", "6901234")
    page.get_by_role("button", name="Make the labels").click()
    page.wait_for_url("**/console/labels/*")
    assert "/00/0690123400000000" in page.locator("ol.plain li").first.inner_text()
    check(page)


def check(page: Page) -> None:
    """Accessible, and no wider than the screen."""
    assert objections(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0

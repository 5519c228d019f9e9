"""The register in Chromium, from a real server without sample data: forms, tables, both languages, 360 px."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]  # see above
from playwright.sync_api import Browser, ConsoleMessage, FilePayload, Page
from tests.end_to_end.axe import objections
from tests.end_to_end.programs import PATIENCE_S, wait_for
from tests.ports import free_port

from suyuan.api.database import prepared_engine
from suyuan.api.house import utc_now
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.engine import Writing

pytestmark = pytest.mark.chromium

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long sentence for the tests"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real server over an empty store with one administrator."""
    folder = tmp_path_factory.mktemp("register")
    address = f"http://127.0.0.1:{(port := free_port())}"
    engine = prepared_engine(folder / "suyuan.db")
    with Writing(engine) as writing:
        create_account(
            writing, "operator", role=AccountRole.ADMINISTRATOR, party="", now=utc_now(), password=PASSWORD
        )
    engine.dispose()
    rooms = os.pathsep.join(str(ROOT / room) for room in ("readers", "trace", "api", "portal", "simulator"))
    environment = {
        **os.environ,
        "PYTHONPATH": rooms,
        "SUYUAN_VAR": str(folder),
        "SUYUAN_PORT": str(port),
        "SUYUAN_PUBLIC_URL": address,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "suyuan.api.cli", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{address}/sign-in", process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def state(server: str, browser: Browser) -> Any:
    """The cookies of the administrator."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/sign-in?next=/console/register&lang=en")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.partition("?")[0] == f"{server}/console/register"
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[dict[str, Page]]:
    """A window in each language: narrow and light in Chinese, wide and dark in English."""
    narrow = browser.new_context(
        locale="zh-CN", viewport={"width": 360, "height": 740}, color_scheme="light"
    ).new_page()
    wide = browser.new_context(
        locale="en", viewport={"width": 1280, "height": 800}, color_scheme="dark"
    ).new_page()
    made = {"zh-CN": narrow, "en": wide}
    yield made
    for page in made.values():
        page.context.close()


@pytest.fixture(params=["zh-CN", "en"])
def page(request: pytest.FixtureRequest, windows: dict[str, Page], state: Any) -> Iterator[Page]:
    """Signed in, in either language; nothing of it is refused by the content policy."""
    page: Page = windows[request.param]
    page.context.clear_cookies()
    page.context.add_cookies(state["cookies"])
    refused: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            refused.append(message.text)

    page.on("console", hear)
    yield page
    page.remove_listener("console", hear)
    assert refused == []


def check(page: Page) -> None:
    """Accessible, no wider than the screen, nothing that the content policy refuses."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    assert objections(page) == []
    assert "desk." not in page.inner_text("body")
    assert "import." not in page.inner_text("body")


def save(page: Page) -> None:
    page.locator("form.stack > .buttons button").first.click()


def farm(page: Page, server: str, look: Callable[[Page], None] = check) -> str:
    """The key of a producer, made by its form with an error first and a warning after; ``look`` sees each."""
    page.goto(f"{server}/console/register/party/new")
    save(page)
    assert page.get_by_role("alert").is_visible()
    look(page)
    page.locator(".summary a[href='#name_zh']").click()
    assert page.evaluate("document.activeElement.id") == "name_zh"
    page.keyboard.type("清溪黑猪养殖有限公司")
    page.locator("#name_en").fill("Qingxi Black Pig Farm")
    page.locator("input[name=roles][value=producer]").check()
    page.locator("#district").fill("杭州市西湖区")
    page.locator("#uscc").fill("91350203M0001QAY9B")
    save(page)
    look(page)
    assert page.locator("#uscc").input_value() == "91350203M0001QAY9B"
    for box in page.locator("input[name=confirmed]").all():
        box.check()
    save(page)
    assert page.get_by_role("status").is_visible()
    look(page)
    return page.url.partition("/entry/")[2].partition("?")[0]


def products(producer: str, *lines: tuple[object, ...]) -> FilePayload:
    book: Any = Workbook()
    book.active.append(["Own code", "名称（中文） *", "生产者", "食用农产品类别", "Shelf life (days)"])
    for code, name, days in lines:
        book.active.append([code, name, producer, "猪肉", days])
    out = BytesIO()
    book.save(out)
    return {"name": "产品.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}


def send(page: Page, file: FilePayload) -> None:
    page.locator("#file").set_input_files(files=file)
    page.locator("main form button").click()


def test_an_empty_world_says_where_to_begin(server: str, page: Page) -> None:
    """Asked first: what other tests enter is done by then."""
    page.goto(f"{server}/console")
    check(page)
    page.locator(".begin a.button").click()
    check(page)
    states = [step.get_attribute("class") for step in page.locator(".begin li").all()]
    assert states[0] in ("next", "done")
    assert states[-1] == "later"
    page.locator(".begin li.next a.button").first.click()
    assert page.url.partition("?")[0].endswith("/new")


def test_a_competence_is_asked_for_only_of_an_authority(server: str, browser: Browser, state: Any) -> None:
    """Without a script: the fields come with the role, and do not go with what is wrong in them."""
    context = browser.new_context(storage_state=state, locale="en", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/console/register/party/new")
    fields, role = page.locator(".group.competence"), page.locator("input[name=roles][value=authority]")
    assert not fields.is_visible()
    role.check()
    assert fields.is_visible()
    page.locator("#regions").fill("330000")
    role.uncheck()
    assert not fields.is_visible()
    save(page)
    assert page.locator("#regions-fault").is_visible()
    assert page.locator("#regions").input_value() == "330000"
    context.close()


def test_a_producer_and_its_products_are_entered(server: str, page: Page) -> None:
    page.goto(f"{server}/console/register")
    check(page)
    producer = farm(page, server)
    code = producer.rpartition("/")[2]
    page.goto(f"{server}/console/register/product/import")
    check(page)
    with page.expect_download() as download:
        page.locator("a[href*='template.xlsx']").click()
    template: Any = load_workbook(BytesIO(download.value.path().read_bytes()))
    assert len(template.worksheets) == 2
    send(page, products(producer, (f"{code}-1", "腿肉", "seven"), (f"{code}-2", "", 7)))
    assert page.locator(".tallies .bad .figure").inner_text() == "2"
    check(page)
    page.goto(f"{server}/console/register/product/import")
    send(page, products(producer, (f"{code}-1", "腿肉", 7), (f"{code}-2", "肋排", 46347)))
    assert page.locator(".tallies .bad .figure").inner_text() == "1"  # no such shelf life
    page.goto(f"{server}/console/register/product/import")
    send(page, products(producer, (f"{code}-1", "腿肉", 7), (f"{code}-2", "肋排", 5)))
    check(page)
    save(page)
    assert page.get_by_role("status").is_visible()
    check(page)
    page.locator("#text").fill(f"{code}-2")
    page.keyboard.press("Enter")
    page.locator("tbody a").click()
    assert "肋排" in page.locator("h1").inner_text()
    check(page)


def test_a_lot_with_its_certificate(server: str, page: Page) -> None:
    producer = farm(page, server, look=lambda _: None)  # judged by the test above
    code = f"L-{producer.rpartition('/')[2]}"
    page.goto(f"{server}/console/register/product/new")
    page.locator("#name_zh").fill("黑毛猪腿肉")
    page.locator("#producer").fill(producer)
    page.locator("#farm_product").select_option("pork")
    page.locator("#code").fill(code)
    save(page)
    page.goto(f"{server}/console/register/lot/new")
    check(page)
    page.locator("#product").fill(code)
    page.locator("#lot").fill("20261121A")
    page.locator("#production_date").fill("2026-11-21")
    save(page)
    check(page)
    page.locator("#add summary").click()
    page.locator("#add button").click()
    assert page.get_by_role("alert").is_visible()
    check(page)
    page.locator("#kind").select_option("animal_quarantine")
    page.locator("#number").fill("浙 3301 000123")
    page.locator("#issuer").fill("西湖区动物卫生监督所")
    page.locator("#expires").fill("2026-11-22")
    page.locator("#file").set_input_files(
        files={"name": "检疫.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}
    )
    page.locator("#add button").click()
    assert page.locator(".standing-over, .standing-soon, .standing-valid").is_visible()
    check(page)
    with page.expect_download() as download:
        page.locator("a[href*='/register/file/']").click()
    assert download.value.suggested_filename == "检疫.pdf"


def test_a_file_of_100_mb_is_refused_on_a_page(
    server: str, browser: Browser, state: Any, tmp_path: Path
) -> None:
    context = browser.new_context(storage_state=state, locale="en")
    page = context.new_page()
    large = tmp_path / "photo.csv"
    with large.open("wb") as file:
        file.truncate(100 << 20)
    page.goto(f"{server}/console/register/product/import")
    page.locator("#file").set_input_files(large)
    page.locator("main form button").click()
    assert "A file sent here may have 20 MB" in page.inner_text("main")
    context.close()


def test_everything_works_without_script(server: str, browser: Browser, state: Any) -> None:
    context = browser.new_context(storage_state=state, locale="en", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/console/register/settings")
    page.get_by_label("Yes: an administrator approves each").check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").is_visible()
    page.get_by_label("No: they count at once").check()
    page.get_by_role("button", name="Save").click()
    context.close()


def test_what_was_typed_outlives_the_session(server: str, page: Page) -> None:
    chinese = page.evaluate("navigator.language") == "zh-CN"
    page.goto(f"{server}/console/register/party/new")
    name = f"云溪茶厂 {time.time_ns()}"
    page.locator("#name_zh").fill(name)
    page.locator("input[name=roles][value=producer]").check()
    page.locator("#district").fill("杭州市西湖区")
    page.context.clear_cookies()
    save(page)
    assert ("登录已过期" if chinese else "Your sign-in has ended") in page.get_by_role("alert").inner_text()
    check(page)
    assert page.locator("#name").input_value() == "operator"
    page.locator("#password").fill(PASSWORD)
    page.locator("form button").click()
    page.locator("details summary").click()
    assert name in page.inner_text("main")
    check(page)
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/resume-{chinese}.png", full_page=True)
    page.locator("form button").click()
    assert name in page.inner_text("h1")
    assert page.get_by_role("status").is_visible()

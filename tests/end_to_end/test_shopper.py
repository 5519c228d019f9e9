"""What a shopper can do, in Chromium, over the real application: camera, fridge, the screen of a shop."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from tests.conftest import absent
from tests.end_to_end.axe import objections
from tests.end_to_end.phone.hand import capture, world
from tests.integration.live_server import Live, live_server

from suyuan.portal.shopper import files

pytestmark = pytest.mark.chromium

ITEM = "/01/09521234000013/21/1"
LOT = "/01/09521234000013/10/L1"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_server(tmp_path_factory.mktemp("server")) as running:
        capture(running, *world())
        yield running


@contextmanager
def visiting(browser: Browser, **options: Any) -> Generator[tuple[BrowserContext, Page, list[str]]]:
    """A window, with what its pages complained about and what they asked of anybody but us."""
    context = browser.new_context(locale="en-GB", viewport={"width": 360, "height": 740}, **options)
    page = context.new_page()
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(error.message))
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    yield context, page, heard
    context.close()


def symbol(text: str, kind: str = "QRCode", **options: Any) -> Image.Image:
    """A symbol as a camera sees it: some grey around, not too near."""
    made = zxingcpp.create_barcode(  # pyright: ignore[reportUnknownMemberType]
        text, zxingcpp.barcode_format_from_str(kind), **options
    )
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(made, scale=6)).convert("L")
    scene = Image.new("L", (640, 480), 200)
    scene.paste(drawn, ((640 - drawn.width) // 2, (480 - drawn.height) // 2))
    return scene


def film(folder: Path, picture: Image.Image) -> Path:
    """Motion JPEG, which Chromium plays as its camera, again and again."""
    frame = BytesIO()
    picture.convert("RGB").save(frame, "JPEG", quality=92)
    path = folder / "camera.mjpeg"
    path.write_bytes(frame.getvalue() * 12)
    return path


@contextmanager
def with_camera(chromium: str, seen: Path) -> Generator[Browser]:
    """Chromium whose camera shows that film."""
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", *camera, f"--use-file-for-fake-video-capture={seen}"],
        )
        yield launched
        launched.close()


@pytest.mark.parametrize("kind", ["link", "element string"])
def test_the_camera_leads_to_our_page(live: Live, chromium: str, tmp_path: Path, kind: str) -> None:
    if not files.has_detector():
        absent("the detector was not built; it needs Node.js: make ui")
    picture = (
        symbol(live.url + ITEM)
        if kind == "link"
        else symbol("(01)09521234000013(21)1", "DataMatrix", gs1=True, force_square=True)
    )
    with (
        with_camera(chromium, film(tmp_path, picture)) as browser,
        visiting(browser) as (_, page, heard),
    ):
        page.goto(f"{live.url}/scan?lang=en")
        page.get_by_role("button", name="Scan with the camera").click()
        page.wait_for_url(f"**/p{ITEM}**", timeout=30_000)
        assert page.locator("#verdict").is_visible()
        assert heard == []


def test_a_code_of_another_host_is_shown_and_not_followed(live: Live, chromium: str, tmp_path: Path) -> None:
    if not files.has_detector():
        absent("the detector was not built; it needs Node.js: make ui")
    asked: list[str] = []
    with (
        with_camera(chromium, film(tmp_path, symbol("https://evil.example/01/09521234000013"))) as browser,
        visiting(browser) as (_, page, _heard),
    ):
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{live.url}/scan?lang=en")
        page.get_by_role("button", name="Scan with the camera").click()
        page.get_by_text("This code leads to another website").wait_for(timeout=30_000)
        assert page.locator(".host").inner_text() == "evil.example"
        assert [url for url in asked if not url.startswith(live.url) and not url.startswith("data:")] == []


def test_where_a_worker_may_not_compile_the_photo_is_left(live: Live, chromium: str, tmp_path: Path) -> None:
    if not files.has_detector():
        absent("the detector was not built; it needs Node.js: make ui")
    asked: list[str] = []

    def strictly(route: Route) -> None:
        asked.append(route.request.url)
        policy = {"content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'"}
        route.fulfill(response=(answer := route.fetch()), headers={**answer.headers, **policy})

    with (
        with_camera(chromium, film(tmp_path, symbol(live.url + ITEM))) as browser,
        visiting(browser) as (context, page, _heard),
    ):
        context.route("**/detector.js", strictly)
        page.goto(f"{live.url}/scan?lang=en")
        page.get_by_role("button", name="Scan with the camera").click()
        page.get_by_text("Take a photo; the server reads it.").wait_for(timeout=30_000)
        assert len(asked) == 1
        assert page.locator("#picture").is_hidden()  # and the camera is off


def test_no_camera_and_no_permission_are_told_in_words(live: Live, browser: Browser) -> None:
    if not files.has_detector():
        absent("the detector was not built; it needs Node.js: make ui")
    with visiting(browser) as (_, page, heard):
        page.goto(f"{live.url}/scan?lang=zh-CN")
        page.get_by_role("button", name="用摄像头扫").click()
        page.locator("#told", has_text="摄像头。").wait_for()
        page.locator("#told", has_text="拍照").or_(page.locator("#told", has_text="照片")).wait_for()
        assert heard == []
        assert objections(page) == []


def test_of_several_codes_in_a_photo_one_is_chosen_and_the_photo_stays_here(
    live: Live, browser: Browser
) -> None:
    if not files.has_detector():
        absent("the detector was not built; it needs Node.js: make ui")
    scene = Image.new("L", (1280, 480), 200)
    scene.paste(symbol(live.url + ITEM), (0, 0))
    scene.paste(symbol("https://evil.example/x"), (640, 0))
    photo = BytesIO()
    scene.save(photo, "PNG")
    sent: list[str] = []
    with visiting(browser) as (_, page, heard):
        page.on("request", lambda request: sent.append(request.method))
        page.goto(f"{live.url}/scan?lang=en")
        assert page.locator("#several").is_hidden()
        page.get_by_label("Take a photo").set_input_files(
            {"name": "two.png", "mimeType": "image/png", "buffer": photo.getvalue()}
        )
        page.get_by_role("button", name="Read the photo").click()
        page.locator("#several li").nth(1).wait_for(timeout=30_000)
        assert page.locator("#several li").count() == 2
        assert objections(page) == []
        page.get_by_role("link", name=ITEM).click()
        page.wait_for_url(f"**/p{ITEM}**")
        assert "POST" not in sent
        assert heard == []


def test_without_a_script_a_photo_is_read_by_the_server(live: Live, browser: Browser) -> None:
    photo = BytesIO()
    symbol(live.url + ITEM).save(photo, "PNG")
    with visiting(browser, java_script_enabled=False) as (_, page, _heard):
        page.goto(f"{live.url}/scan?lang=en")
        assert not page.get_by_role("button", name="Scan with the camera").is_visible()
        page.get_by_label("Take a photo").set_input_files(
            {"name": "code.png", "mimeType": "image/png", "buffer": photo.getvalue()}
        )
        page.get_by_role("button", name="Read the photo").click()
        page.wait_for_url(f"**/p{ITEM}**")
        page.goto(f"{live.url}/scan?lang=en")
        page.get_by_label("Take a photo").set_input_files(
            {"name": "note.txt", "mimeType": "text/plain", "buffer": b"no picture"}
        )
        page.get_by_role("button", name="Read the photo").click()
        assert page.get_by_role("alert").is_visible()


def test_goods_are_put_into_the_fridge_checked_exported_and_taken_out(live: Live, browser: Browser) -> None:
    with visiting(browser) as (_, page, heard):
        page.goto(f"{live.url}/p{ITEM}?lang=en")
        page.get_by_role("button", name="Put into my fridge").click()
        page.get_by_text("kept on this device only").wait_for()
        with page.expect_request("**/api/verdicts") as asked:
            page.goto(f"{live.url}/fridge?lang=en")
        assert json.loads(asked.value.post_data or "") == {"codes": [ITEM]}
        assert "cookie" not in asked.value.headers
        page.get_by_text("Checked. Nothing was found").wait_for()
        assert "31" in page.locator("#shelf .days-left").inner_text()
        assert objections(page) == []
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save as a file").click()
        kept = json.loads(Path(saved.value.path()).read_text("utf-8"))
        assert [one["link"] for one in kept["fridge"]] == [ITEM]
        page.get_by_role("button", name="Take out").click()
        page.get_by_text("Your fridge is empty").wait_for()
        page.get_by_role("button", name="Undo").click()
        assert page.locator("#shelf li").count() == 1
        assert heard == []


def test_a_file_for_the_fridge_brings_nothing_but_food(live: Live, browser: Browser) -> None:
    evil: list[dict[str, Any]] = [
        {"link": "javascript:alert(1)", "zh": "x"},
        {"link": "//evil.example/01/1", "zh": "x"},
        {"link": LOT, "zh": "<img src=x onerror=alert(1)>", "lastDay": "2020-01-01", "lot": 7, "more": {}},
    ]
    with visiting(browser) as (_, page, heard):
        page.goto(f"{live.url}/fridge?lang=en")
        for name, content in (("bad.json", b"\x00{"), ("list.json", b'{"fridge": 3}')):
            page.locator("#import").set_input_files(
                {"name": name, "mimeType": "application/json", "buffer": content}
            )
            page.get_by_text("Nothing was loaded").wait_for()
            page.evaluate("document.getElementById('told').textContent = ''")
        page.locator("#import").set_input_files(
            {"name": "f.json", "mimeType": "application/json", "buffer": json.dumps(evil).encode()}
        )
        page.locator("#shelf li").wait_for()
        assert page.locator("#shelf li").count() == 1
        assert page.locator("#shelf a").first.get_attribute("href") == f"/p{LOT}?lang=en"
        assert page.locator("#shelf img").count() == 0
        assert heard == []


def told_of_a_fridge(live: Live, browser: Browser, *kept: dict[str, Any]) -> tuple[str, list[str]]:
    with visiting(browser) as (_, page, heard):
        page.goto(f"{live.url}/privacy")
        page.evaluate("x => localStorage.setItem('suyuan.fridge', JSON.stringify(x))", list(kept))
        page.goto(f"{live.url}/fridge?lang=en")
        page.locator("#told", has_text="heck").filter(has_not_text="Checking").wait_for()
        assert heard == []
        return page.locator("#told").inner_text(), page.locator("#shelf li").all_inner_texts()


def test_what_is_not_on_record_is_not_told_as_checked(live: Live, browser: Browser) -> None:
    said = {"state": "verified", "enWhy": "x", "checked": "2026-01-01T00:00:00Z"}
    unknown = {"link": "/01/09521234000013/21/nope", **said}
    impossible = {"link": "/01/123", **said}
    told, rows = told_of_a_fridge(live, browser, unknown, impossible)
    assert told == "Could not be checked, as nothing is on record of it here: 2."
    assert not any("verified" in row.lower() for row in rows)
    assert sum("Not checked yet" in row for row in rows) == 1
    told, rows = told_of_a_fridge(live, browser, {"link": ITEM}, impossible)
    assert told.startswith("Checked. Nothing was found")
    assert told.endswith("nothing is on record of it here: 1.")
    assert sum("Checked " in row for row in rows) == 1, "with the time of it"


def test_a_file_brings_no_verdict_and_one_without_food_is_refused(live: Live, browser: Browser) -> None:
    poison = {
        "link": "/01/123",
        "state": "verified",
        "checked": "2026-11-20T00:00:00Z",
        "lastDay": "9999-99-99",
    }
    with visiting(browser) as (context, page, _heard):
        context.route("**/api/verdicts", lambda route: route.abort())
        page.goto(f"{live.url}/fridge?lang=en")
        for content, said in (
            (b"[null]", "Nothing was loaded"),
            (json.dumps([poison]).encode(), "no connection"),
        ):
            page.locator("#import").set_input_files(
                {"name": "f.json", "mimeType": "application/json", "buffer": content}
            )
            page.locator("#told", has_text=said).wait_for()
        row = page.locator("#shelf li").inner_text()
        assert "Not checked yet" in row
        assert "No last day on record" in row


def test_without_the_platform_the_fridge_shows_what_it_knew(live: Live, browser: Browser) -> None:
    with visiting(browser) as (context, page, _heard):
        page.goto(f"{live.url}/p{ITEM}?lang=en")
        page.get_by_role("button", name="Put into my fridge").click()
        context.route("**/api/verdicts", lambda route: route.abort())
        page.goto(f"{live.url}/fridge?lang=en")
        page.get_by_text("There is no connection").wait_for()
        assert page.locator("#shelf li").count() == 1


def test_a_scanner_types_and_the_screen_is_ready_again(live: Live, browser: Browser) -> None:
    with visiting(browser) as (_, page, heard):
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{live.url}/shop?lang=en&stay=10")
        page.get_by_role("combobox").focus()
        page.keyboard.type("(01)09521234000013(21)1\n")  # as a scanner does, wherever the focus is
        page.locator("#result:not([data-state=ready])").wait_for()
        assert page.evaluate("document.activeElement.id") == "code"
        assert page.locator("#code").input_value() == ""
        page.get_by_role("button", name="Hold").click()
        assert page.get_by_role("button", name="Go on").is_visible()
        page.get_by_role("button", name="Go on").click()
        page.locator("#result[data-state=ready]").wait_for(timeout=30_000)
        assert page.url.endswith("/shop?lang=en&stay=10")
        page.keyboard.type("12345\n")
        page.locator("#result[data-state=error]").wait_for()
        assert objections(page) == []
        assert [one for one in heard if "400" not in one] == []


def test_without_a_script_the_screen_of_a_shop_is_a_form(live: Live, browser: Browser) -> None:
    with visiting(browser, java_script_enabled=False) as (_, page, _heard):
        page.goto(f"{live.url}/shop?lang=en")
        for code in (ITEM, "123"):
            page.get_by_label("Scan the code on the goods").fill(code)
            page.keyboard.press("Enter")
            page.wait_for_url("**code=**")
            assert page.locator("#verdict").is_visible()
            assert (page.locator("#result[data-state=error]").count() == 1) == (code == "123")
            page.goto(f"{live.url}/shop?lang=en")
        assert not page.get_by_role("button", name="Full screen").is_visible()
        assert not page.get_by_role("combobox").is_visible(), "nothing there makes the screen ready again"


def test_a_list_of_places_that_nobody_chooses_from_goes_back_to_the_screen(
    live: Live, browser: Browser
) -> None:
    with visiting(browser) as (_, page, heard):
        page.clock.install()
        page.goto(f"{live.url}/shop/place?place=370100&lang=en")
        notice = page.get_by_text("Nobody is choosing")
        page.clock.run_for(61_000)
        notice.wait_for()
        assert objections(page) == []
        page.keyboard.press("ArrowDown")
        assert notice.count() == 0, "whoever is there stays"
        page.clock.run_for(61_000)
        notice.wait_for()
        page.clock.run_for(31_000)
        page.wait_for_url("**/shop?place=370100**")
        assert heard == []


def test_a_list_of_places_stays_while_somebody_reads_it(live: Live, browser: Browser) -> None:
    with visiting(browser) as (_, page, heard):
        page.clock.install()
        page.goto(f"{live.url}/shop/place?place=370100&lang=en")
        notice = page.get_by_text("Nobody is choosing")
        places = page.get_by_role("combobox")
        for _ in range(3):  # it opens, closes and opens again
            places.click()
            page.clock.run_for(70_000)
            assert notice.count() == 0, "an open list tells nothing of who reads it"
        places.select_option("")
        page.clock.run_for(61_000)
        notice.wait_for()
        places.blur()
        assert notice.count() == 0
        page.clock.run_for(61_000)
        notice.wait_for()
        page.clock.run_for(31_000)
        page.wait_for_url("**/shop?place=370100**")
        assert heard == []


def test_nothing_old_stands_on_the_screen_when_the_connection_is_lost(live: Live, browser: Browser) -> None:
    with visiting(browser) as (context, page, _heard):
        page.goto(f"{live.url}/shop?lang=en&code={LOT}")
        assert page.locator("#verdict").is_visible()
        context.route("**/shop?**", lambda route: route.abort())
        page.keyboard.type("(01)09521234000013(21)2\n")
        page.get_by_text("the connection is down").wait_for()
        assert page.locator("#verdict").count() == 0


def test_the_answer_before_goes_at_once_and_its_time_ends_no_question(live: Live, browser: Browser) -> None:
    held: list[Route] = []
    with visiting(browser) as (context, page, heard):
        page.add_init_script("delete AbortSignal.any")  # as in browsers of 2023
        page.clock.install()
        page.goto(f"{live.url}/shop?lang=en&stay=10&code={LOT}")
        assert page.get_by_role("button", name="Hold").is_visible()
        context.route("**/shop?**", lambda route: held.append(route))  # noqa: PLW0108 (it marks it)
        page.keyboard.type("(01)09521234000013(21)1\n")
        page.get_by_text("Looking it up").wait_for()
        assert page.locator("#verdict").count() == 0
        assert page.locator("#pause").is_hidden()
        page.clock.run_for(15_000)
        assert len(held) == 1, "the screen did not make itself ready meanwhile"
        held[0].continue_()
        page.locator("#verdict").wait_for()
        assert page.get_by_role("button", name="Hold").is_visible()
        page.keyboard.type("(01)09521234000013(21)2\n")
        page.get_by_text("Looking it up").wait_for()
        page.clock.run_for(21_000)
        page.get_by_text("the connection is down").wait_for()
        assert heard == []


NFC = """
window.NDEFReader = class {
  async scan() {
    const data = new TextEncoder().encode(window.said);
    const record = { recordType: "url", data: new DataView(data.buffer) };
    setTimeout(() => this.onreading({ message: { records: window.said ? [record] : [] } }), 10);
  }
};
window.said = new URLSearchParams(location.hash.slice(1)).get("said");
"""


def test_a_chip_is_read_where_the_browser_can(live: Live, browser: Browser) -> None:
    with visiting(browser) as (_, page, heard):
        page.add_init_script(NFC)
        page.goto(f"{live.url}/scan?lang=en#said=")
        page.get_by_role("button", name="Read a chip").click()
        page.get_by_text("There is no link on this chip").wait_for()
        page.goto(f"{live.url}/fridge")
        page.goto(f"{live.url}/scan?lang=en#said={live.url}{ITEM}")
        page.get_by_role("button", name="Read a chip").click()
        page.wait_for_url(f"**/p{ITEM}**")
        assert heard == []


def test_read_aloud_share_and_print_are_offered_where_the_browser_can(live: Live, browser: Browser) -> None:
    with visiting(browser) as (context, page, heard):
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live.url)
        page.add_init_script("delete Navigator.prototype.share")
        page.goto(f"{live.url}/p{ITEM}?lang=en&cmac=11")
        page.get_by_role("button", name="Share").click()
        page.get_by_text("The address is copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == f"{live.url}/p{ITEM}"
        assert page.get_by_role("button", name="Read aloud").is_visible()
        assert page.get_by_role("button", name="Print").is_visible()
        assert page.get_by_role("link", name="Large type").first.is_visible()
        assert objections(page) == []
        assert heard == []

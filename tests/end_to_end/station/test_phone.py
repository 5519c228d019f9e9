"""A phone that reads for a station, in Chromium: let in by a code, with NFC, camera, and no network.

Web NFC and the camera's detector are stood in for by an init script: no test machine has them. Everything
else is real, the station's program included.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, Request, Route, expect
from tests.end_to_end.axe import objections
from tests.end_to_end.station.hall import Agent, in_state, wait_for_page
from tests.ports import free_port
from tests.unit.readers.station.fakes import PLACE, item

pytestmark = pytest.mark.chromium

PHONE = {"width": 360, "height": 740}
CONFIG = """
[station]
id = "dairy-7"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[server]
url = "http://127.0.0.1:{platform}"
token = "x"
[page]
listen = "127.0.0.1:{port}"
[[readers]]
name = "hands"
url = "http://phones"
[[read_points]]
name = "dock"
reader = "hands"
step = "receive"
read_point = "{place}/254/1"
biz_location = "{place}"
[[read_points]]
name = "gate"
reader = "hands"
step = "ship"
read_point = "{place}/254/2"
"""
NFC = """
window.NDEFReader = class {
  async scan() { window.tap = (...records) => this.onreading({ message: { records } }); }
};
window.link = (text) => ({ recordType: "url", data: new DataView(new TextEncoder().encode(text).buffer) });
"""
CAMERA = """
window.inView = [];
window.BarcodeDetector = class { async detect() { return window.inView.map((rawValue) => ({ rawValue })); } };
const canvas = document.createElement("canvas");
navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9, 9), 50);
"""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    made = Agent(tmp_path, free_port())
    text = CONFIG.format(platform=free_port(), port=made.port, place=PLACE)
    (tmp_path / "station.toml").write_text(text)
    made.start()
    try:
        wait_for_page(made)
        yield made
    finally:
        assert made.process is not None
        if made.process.poll() is None:
            assert made.end() == 0, (tmp_path / "err").read_text()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="zh-CN", viewport=PHONE, has_touch=True)  # type: ignore[arg-type]
    yield made
    made.close()


@pytest.fixture
def kiosk(agent: Agent, browser: Browser) -> Iterator[Page]:
    made = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 800})
    page = made.new_page()
    page.goto(agent.url)
    while page.locator("#stage").count() == 0:  # it is still starting
        page.wait_for_timeout(100)
        page.reload()
    in_state(page, "ready")
    yield page
    made.close()


def let_in(kiosk: Page, context: BrowserContext, agent: Agent) -> Page:
    """A phone that was let in by the code on the kiosk."""
    screen = kiosk.context.new_page()
    screen.goto(f"{agent.url}phones")
    screen.get_by_role("button", name="显示连接码").click()
    code = screen.locator("#code").inner_text()
    phone = context.new_page()
    phone.goto(f"{agent.url}phone")
    phone.get_by_label("连接码").fill(code.lower())
    phone.get_by_label("这部手机的名称").fill("李师傅")
    phone.keyboard.press("Enter")
    expect(phone.locator("#state")).to_have_text("站点还没有开始读取")
    screen.reload()
    expect(screen.locator(".rows")).to_contain_text("李师傅")
    screen.close()
    return phone


def begin(kiosk: Page) -> None:
    kiosk.locator("#go").click()
    in_state(kiosk, "reading")


def listed(phone: Page, *rows: str) -> None:
    expect(phone.locator("#seen li")).to_have_text(list(rows))


def test_nfc_without_network_taken_only_by_the_station_and_recorded_once(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    context.add_init_script(NFC)
    phone = let_in(kiosk, context, agent)
    begin(kiosk)
    expect(phone.locator("#state")).to_have_text("可以读了")
    phone.get_by_role("button", name="用 NFC 读").click()
    expect(phone.locator("#told")).to_have_text("请把标签贴近手机背面")
    phone.evaluate("text => window.tap(window.link(text))", item(1))
    listed(phone, f"{item(1)} 站点已收到")
    context.set_offline(True)
    expect(phone.locator("#state")).to_have_text("站点连不上：读到的先存在手机里，连上后自动发送")
    for n in (2, 3):
        phone.evaluate("text => window.tap(window.link(text))", item(n))
    listed(phone, f"{item(3)} 待发送", f"{item(2)} 待发送", f"{item(1)} 站点已收到")
    context.set_offline(False)
    listed(phone, *(f"{item(n)} 站点已收到" for n in (3, 2, 1)))
    assert agent.stored() == []
    expect(kiosk.locator("#tags .tag")).to_have_count(3)
    kiosk.locator("#go").click()
    in_state(kiosk, "done")
    listed(phone, *(f"{item(n)} 已记录" for n in (3, 2, 1)))
    (event,) = agent.stored()
    assert sorted(event["epcList"]) == sorted(item(n) for n in (1, 2, 3))


def test_an_answer_that_is_lost_makes_no_second_sighting(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    phone = let_in(kiosk, context, agent)
    begin(kiosk)
    lost: list[str] = []

    def lose(route: Route, request: Request) -> None:
        if len(lost) < 2:
            lost.append(request.post_data or "")
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.route("**/phone/sightings", lose)
    phone.get_by_label("编码").fill(item(7))
    phone.keyboard.press("Enter")
    listed(phone, f"{item(7)} 站点已收到")
    assert len(set(lost)) == 1
    expect(kiosk.locator("#tags .tag")).to_have_count(1)


def test_what_waits_outlasts_the_page_and_a_killed_station(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    phone = let_in(kiosk, context, agent)
    agent.kill()
    expect(phone.locator("#state")).to_contain_text("站点连不上")
    for n in (1, 2):
        phone.get_by_label("编码").fill(item(n))
        phone.keyboard.press("Enter")
    listed(phone, f"{item(2)} 待发送", f"{item(1)} 待发送")
    agent.start()
    wait_for_page(agent)
    expect(phone.locator("#state")).to_have_text("站点还没有开始读取")
    phone.reload()
    listed(phone, f"{item(2)} 待发送", f"{item(1)} 待发送")
    in_state(kiosk, "ready")
    begin(kiosk)
    listed(phone, f"{item(2)} 站点已收到", f"{item(1)} 站点已收到")
    assert phone.evaluate("localStorage.getItem('suyuan-phone-queue')") == "[]"


def test_old_reads_are_counted_only_when_somebody_says_so(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    phone = let_in(kiosk, context, agent)
    for n in (1, 2):
        phone.get_by_label("编码").fill(item(n))
        phone.keyboard.press("Enter")
    phone.evaluate("change((kept) => kept.map((one) => ({ ...one, at: one.at - 660000 })))")
    begin(kiosk)
    expect(phone.locator("#seen li.is-waiting")).to_have_count(2)
    expect(phone.locator("#seen li").first).to_contain_text("是否计入现在的作业")
    phone.get_by_role("button", name=f"丢弃: {item(1)}").click()
    phone.get_by_role("button", name=f"计入: {item(2)}").click()
    listed(phone, f"{item(2)} 站点已收到")
    expect(kiosk.locator("#tags .tag")).to_have_count(1)


def test_what_waits_for_a_read_point_that_was_renamed_is_kept_for_another(
    agent: Agent, kiosk: Page, context: BrowserContext, tmp_path: Path
) -> None:
    phone = let_in(kiosk, context, agent)
    agent.kill()
    expect(phone.locator("#state")).to_contain_text("站点连不上")
    for n in (1, 2):
        phone.get_by_label("编码").fill(item(n))
        phone.keyboard.press("Enter")
    file = tmp_path / "station.toml"
    file.write_text(file.read_text().replace('name = "dock"', 'name = "door"'))
    agent.start()
    wait_for_page(agent)
    expect(phone.locator("#seen li").first).to_contain_text("读取点已改名")
    kiosk.reload()
    in_state(kiosk, "ready")
    begin(kiosk)
    phone.reload()
    expect(phone.locator("#seen li").first).to_contain_text("读取点已改名")
    phone.get_by_role("button", name=f"丢弃: {item(2)}").click()
    phone.get_by_role("button", name=f"计入: {item(1)}").click()
    listed(phone, f"{item(1)} 站点已收到")


def test_the_camera_sees_each_symbol_once(agent: Agent, kiosk: Page, context: BrowserContext) -> None:
    context.add_init_script(CAMERA)
    phone = let_in(kiosk, context, agent)
    begin(kiosk)
    phone.get_by_role("button", name="用摄像头扫码").click()
    expect(phone.get_by_role("button", name="停止")).to_be_visible()
    phone.evaluate("text => { window.inView = [text]; }", item(5))
    listed(phone, f"{item(5)} 站点已收到")
    phone.evaluate("texts => { window.inView = texts; }", [item(5), item(6)])
    listed(phone, f"{item(6)} 站点已收到", f"{item(5)} 站点已收到")
    phone.get_by_role("button", name="停止").click()
    expect(phone.locator("#view")).to_be_hidden()


def test_a_phone_that_was_removed_says_so_and_keeps_what_waits(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    phone = let_in(kiosk, context, agent)
    phone.get_by_label("编码").fill(item(1))
    phone.keyboard.press("Enter")
    screen = kiosk.context.new_page()
    screen.goto(f"{agent.url}phones")
    screen.get_by_role("button", name="移除").click()
    expect(phone.locator("#state")).to_contain_text("已被移除")
    listed(phone, f"{item(1)} 待发送")


def test_without_script_and_on_a_narrow_screen(agent: Agent, kiosk: Page, browser: Browser) -> None:
    plain = browser.new_context(locale="en", viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    screen = kiosk.context.new_page()
    screen.goto(f"{agent.url}phones")
    screen.get_by_role("button", name="显示连接码").click()
    phone = plain.new_page()
    phone.goto(f"{agent.url}phone")
    phone.get_by_label("Code", exact=True).fill(screen.locator("#code").inner_text())
    phone.get_by_role("button", name="Connect").click()
    begin(kiosk)
    phone.get_by_label("Code", exact=True).fill(item(9))
    phone.get_by_role("button", name="Enter").click()
    expect(phone.locator("#seen li")).to_contain_text("Taken")
    assert phone.locator("#nfc").is_hidden()
    kiosk.locator("#go").click()
    in_state(kiosk, "done")
    phone.reload()
    expect(phone.locator("#seen li")).to_contain_text("Recorded")
    plain.close()


def test_the_page_opens_without_network_and_keeps_what_is_read(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    context.add_init_script(NFC)
    phone = let_in(kiosk, context, agent)
    begin(kiosk)
    phone.wait_for_function(
        """async () => {
            const kept = await (await caches.open("suyuan-phone")).keys();
            return navigator.serviceWorker.controller && kept.length >= 5;
        }"""
    )
    context.set_offline(True)
    phone.reload()
    expect(phone.locator("#state")).to_contain_text("站点连不上")
    phone.get_by_role("button", name="用 NFC 读").click()
    phone.evaluate("window.tap(window.link('https://id.example.cn/01/06901234567892/21/AB12'))")
    listed(phone, "https://id.example.cn/01/06901234567892/21/AB12 待发送")
    phone.close()
    phone = context.new_page()
    phone.goto(f"{agent.url}phone?code=ABC234")  # a link that was scanned opens it too
    listed(phone, "https://id.example.cn/01/06901234567892/21/AB12 待发送")
    context.set_offline(False)
    expect(phone.locator("#state")).to_have_text("可以读了")
    listed(phone, "https://id.example.cn/01/06901234567892/21/AB12 站点已收到")
    screen = context.new_page()
    context.set_offline(True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        screen.goto(f"{agent.url}phones")  # the station's screen is no phone's, and is never kept
    context.set_offline(False)


def test_a_page_that_cannot_be_kept_whole_leaves_the_last_one(
    agent: Agent, kiosk: Page, context: BrowserContext
) -> None:
    phone = let_in(kiosk, context, agent)
    kept = "async () => (await (await caches.open('suyuan-phone')).keys()).length >= 5"
    phone.wait_for_function(kept)
    (worker,) = context.service_workers
    tried = worker.evaluate(
        """async () => {
            const cache = await caches.open(KEPT);
            const kept = (await cache.keys()).map((one) => new URL(one.url).pathname);
            const files = kept.filter((path) => path !== SHELL);
            await cache.put(SHELL, new Response("the last one"));
            const put = Cache.prototype.put;
            Cache.prototype.put = async function (path, answer) {
                if (path.endsWith(".js")) throw new Error("no room");
                return put.call(this, path, answer);
            };
            const fault = await keep([SHELL, ...files]).catch((error) => error.message);
            return [fault, await (await cache.match(SHELL)).text()];
        }"""
    )
    assert tried == ["no room", "the last one"]


def test_the_scanned_symbol_lets_the_phone_in_and_a_browser_may_install_it(
    agent: Agent, kiosk: Page, context: BrowserContext, tmp_path: Path
) -> None:
    screen = kiosk.context.new_page()
    screen.goto(f"{agent.url}phones")
    screen.get_by_role("button", name="显示连接码").click()
    symbol = tmp_path / "symbol.png"
    screen.locator(".pairing").screenshot(path=symbol)
    (found,) = zxingcpp.read_barcodes(Image.open(symbol))
    link = urlsplit(found.text)
    assert (link.path, link.query) == ("/phone", f"code={screen.locator('#code').inner_text()}")
    phone = context.new_page()
    phone.goto(f"{agent.url}phone?{link.query}")  # the station listens on this machine only
    phone.get_by_role("button", name="连接").click()
    expect(phone.locator("#state")).to_have_text("站点还没有开始读取")
    assert phone.url == f"{agent.url}phone"  # the code does not stay in the address
    devtools: Any = context.new_cdp_session(phone)
    told = devtools.send("Page.getAppManifest")
    assert told["errors"] == []
    assert '"start_url":"/phone"' in told["data"]
    faults = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_has_no_known_faults(
    agent: Agent, kiosk: Page, context: BrowserContext, scheme: Literal["light", "dark"], tmp_path: Path
) -> None:
    phone = let_in(kiosk, context, agent)
    phone.emulate_media(color_scheme=scheme)
    phone.get_by_label("编码").fill("https://id.example.cn/" + "a" * 300)
    phone.keyboard.press("Enter")
    expect(phone.locator("#seen li")).to_have_count(1)
    expect(phone.locator("#lack")).to_contain_text("既不能读 NFC")
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for button in phone.locator("button:visible, select:visible, input:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    assert objections(phone) == []
    phone.screenshot(path=tmp_path / f"phone-{scheme}.png", full_page=True)
    screen = kiosk.context.new_page()
    screen.emulate_media(color_scheme=scheme)
    screen.set_viewport_size(PHONE)  # type: ignore[arg-type]
    screen.goto(f"{agent.url}phones")
    screen.get_by_role("button", name="显示连接码").click()
    expect(screen.locator("#code")).to_be_visible()
    assert screen.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert objections(screen) == []
    screen.screenshot(path=tmp_path / f"phones-{scheme}.png", full_page=True)

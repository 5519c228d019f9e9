"""The station's page in Chromium: a real agent, a reader on its real protocol, and no server at all."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.end_to_end.axe import objections
from tests.unit.readers.station.fakes import GTIN, PLACE, SSCC, fill_disk, item, tag

from suyuan.readers.llrp.emulator import LlrpEmulator

pytestmark = pytest.mark.chromium
expect.set_options(timeout=15_000)

ROOT = Path(__file__).resolve().parents[2]
SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
CONFIG = """
[station]
id = "dairy-7"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[server]
url = "http://127.0.0.1:{platform}"
token = "x"
key = "{key}"
[page]
listen = "127.0.0.1:{port}"
{more}
[[readers]]
name = "portal"
url = "{reader}"
[[read_points]]
name = "dock"
reader = "portal"
antennas = [1]
step = "commission"
read_point = "{place}/254/1"
biz_location = "{place}"
[read_points.smoothing]
quiet_s = 1.5
[read_points.order]
product = "{gtin}"
lot = "L20261121A"
[[read_points]]
name = "gate"
reader = "portal"
antennas = [2]
step = "ship"
read_point = "{place}/254/2"
[read_points.smoothing]
quiet_s = 1.5
[[readers]]
name = "scanner"
url = "wedge://page"
[[read_points]]
name = "till"
reader = "scanner"
step = "receive"
read_point = "{place}/254/3"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Portal:
    """An LLRP reader that runs in a thread of its own: Playwright keeps this one's loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.device = LlrpEmulator(now=lambda: datetime.now(UTC))
        self._run(self.device.__aenter__())

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def listening(self) -> None:
        """Wait until the station has asked the reader to read."""
        self._run(self.device.listening(1))

    def show(self, *epcs: str | bytes, antenna: int = 1) -> None:
        """Bring tags into the field."""
        memories = [tag(epc) if isinstance(epc, str) else epc for epc in epcs]
        assert self._run(self.device.present(antenna, memories)) == len(memories)

    def close(self) -> None:
        """The power goes off."""
        self._run(self.device.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Platform:
    """As much of a platform as a station delivers to; it can go away and come back on its port."""

    def __init__(self, port: int, blocked: dict[str, dict[str, str]]) -> None:
        self.port = port
        self.events: list[dict[str, Any]] = []
        payload = orjson.dumps({"issued": "2026-11-21T00:00:00Z", "sequence": 3, "keys": blocked})
        parts = {"payload": payload, "signature": SIGNER.sign(payload)}
        self.blocks = orjson.dumps({n: base64.b64encode(v).decode() for n, v in parts.items()})
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        """Be there."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.events += json.loads(body)["epcisBody"]["eventList"]
                self._answer(202, b"", Location="/capture/1")

            def do_GET(self) -> None:
                job = b'{"running":false,"success":true}'
                self._answer(200, outer.blocks if self.path == "/blocklist" else job)

            def _answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Be gone."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@dataclass
class Agent:
    """The station's program and its page's address."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        rooms = os.pathsep.join(
            str(ROOT / room) for room in ("readers", "trace", "api", "portal", "simulator")
        )
        with (self.folder / "out").open("ab") as out, (self.folder / "err").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "suyuan.api.cli", "station", "run", str(self.folder / "station.toml")],
                env={**os.environ, "PYTHONPATH": rooms},
                stdout=out,
                stderr=err,
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def stored(self) -> list[dict[str, Any]]:
        """The events in the outbox, as they are on the disk at this moment."""
        with closing(sqlite3.connect(self.folder / "data" / "outbox.sqlite")) as db:
            rows = db.execute("SELECT payload FROM outbox ORDER BY sequence").fetchall()
        return [orjson.loads(row[0]) for row in rows]


@dataclass
class Hall:
    """Everything of one test."""

    agent: Agent
    portal: Portal
    platform: Platform
    browser: Browser

    def context(self, language: str = "zh-CN", size: dict[str, int] = WIDE, **more: Any) -> BrowserContext:
        return self.browser.new_context(locale=language, viewport=size, **more)  # type: ignore[arg-type]

    def open(self, language: str = "zh-CN", size: dict[str, int] = WIDE, **more: Any) -> Page:
        page = self.context(language, size, **more).new_page()
        page.goto(self.agent.url)
        return page


@pytest.fixture
def hall(tmp_path: Path, browser: Browser) -> Iterator[Hall]:
    portal = Portal()
    agent = Agent(tmp_path, free_port())
    platform = Platform(free_port(), {item(666): {"state": "recalled", "case": "R2026-0007"}})
    (tmp_path / "station.toml").write_text(
        CONFIG.format(
            platform=platform.port,
            key=base64.b64encode(SIGNER.public_key().public_bytes_raw()).decode(),
            port=agent.port,
            reader=portal.device.url,
            place=PLACE,
            gtin=GTIN,
            more="",
        )
    )
    agent.start()
    try:
        portal.listening()
        _answers(agent)
        yield Hall(agent, portal, platform, browser)
        for context in browser.contexts:
            context.close()
        assert agent.process is not None
        if agent.process.poll() is None:
            assert agent.end() == 0, (tmp_path / "err").read_text()
    finally:
        if agent.process is not None and agent.process.poll() is None:
            agent.kill()
        portal.close()
        platform.close()


def _answers(agent: Agent) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", agent.port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the page does not answer")


def _until(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it does not come true")


def _state(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_class(re.compile(rf"\bstate-{state}\b"))


def _counters(page: Page, *numbers: str) -> None:
    expect(page.locator(".counter dd")).to_have_text(list(numbers))


def _expect(page: Page, count: int) -> None:
    """Fill in how many there should be; on a phone the fields are folded."""
    if not page.locator("#f-expected_count").is_visible():
        page.locator("#fields > summary").click()
    page.locator("#f-expected_count").fill(str(count))


def _serials(first: int, count: int) -> list[str]:
    return [item(first + n) for n in range(count)]


def test_five_tags_without_a_server_green_only_when_stored(hall: Hall) -> None:
    page = hall.open()
    _state(page, "ready")
    expect(page.locator("#headline h1")).to_have_text("就绪")
    _expect(page, 5)
    page.locator("#go").click()
    _state(page, "reading")
    hall.portal.show(*_serials(100, 3))
    _counters(page, "5", "3", "2", "0")
    assert hall.agent.stored() == []
    _state(page, "reading")
    hall.portal.show(*_serials(103, 2))
    _counters(page, "5", "5", "0", "0")
    _state(page, "done")
    (event,) = hall.agent.stored()
    assert sorted(event["epcList"]) == sorted(_serials(100, 5))
    assert event["ilmd"]["cbvmda:lotNumber"] == "L20261121A"
    expect(page.locator("#headline h1")).to_have_text("完成")
    expect(page.locator("#headline .sub")).to_contain_text("记录 1")
    expect(page.locator("#tags .tag")).to_have_count(5)
    expect(page.locator("#tags .tag").first).to_contain_text("L20261121A")
    expect(page.locator("#footer")).to_contain_text("待传 1")
    expect(page.locator("#footer")).to_contain_text("平台 无法连接")
    expect(page.locator("#footer")).to_contain_text("读 5")
    assert page.locator("#f-lot").input_value() == "L20261121A"
    assert page.locator("#f-expected_count").input_value() == ""
    assert page.evaluate("document.documentElement.dataset.sounded") == "2 sine"


def test_what_cannot_be_stored_is_never_green(hall: Hall) -> None:
    page = hall.open()
    _state(page, "ready")
    page.evaluate(
        "window.states = [];"
        "new MutationObserver(() => window.states.push(document.body.className))"
        ".observe(document.body, {attributes: true, attributeFilter: ['class']})"
    )
    mend = fill_disk(hall.agent.folder)
    page.keyboard.press("Enter")
    _state(page, "reading")
    hall.portal.show(*_serials(100, 2))
    _state(page, "stop")
    expect(page.locator("#headline h1")).to_have_text("请拦下")
    expect(page.locator("#messages")).to_contain_text("无法保存记录")
    assert hall.agent.stored() == []
    assert not any("state-done" in each for each in page.evaluate("window.states"))
    mend()
    page.keyboard.press("Enter")
    _state(page, "reading")
    hall.portal.show(*_serials(100, 2))
    _state(page, "done")
    assert len(hall.agent.stored()) == 1


def test_the_network_goes_and_comes(hall: Hall) -> None:
    hall.platform.open()
    page = hall.open("en-GB")
    expect(page.locator("#footer")).to_contain_text("platform connected", timeout=20_000)
    hall.platform.close()
    for number in (1, 2):
        page.locator("#go").click()
        _state(page, "reading")
        hall.portal.show(item(number))
        _state(page, "done")
        expect(page.locator("#footer")).to_contain_text(f"waiting {number}")
    expect(page.locator("#footer")).to_contain_text("platform away")
    hall.platform.open()
    expect(page.locator("#footer")).to_contain_text("waiting 0", timeout=20_000)
    assert [e["suyuan:sequence"] for e in hall.platform.events] == [1, 2]


def test_the_last_step_is_undone_with_a_reason(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.keyboard.press("Enter")
    _state(page, "reading")
    hall.portal.show(*_serials(1, 2))
    _state(page, "done")
    page.keyboard.press("u")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 objects")
    dialog.get_by_role("button", name="Declare it wrong").click()
    assert len(hall.agent.stored()) == 1  # a reason is needed
    dialog.get_by_label("It did not happen").check()
    dialog.get_by_label("Note").fill("a test")
    dialog.get_by_role("button", name="Declare it wrong").click()
    _state(page, "ready")
    expect(page.locator("#messages")).to_contain_text("declared wrong")
    event, declared = hall.agent.stored()
    told = declared.pop("errorDeclaration")
    assert declared == event
    assert (told["reason"], told["suyuan:note"]) == ("did_not_occur", "a test")
    expect(page.locator("#undo-open")).to_be_hidden()


def test_a_recalled_item_is_stopped_by_the_list_of_yesterday(hall: Hall) -> None:
    hall.platform.open()
    page = hall.open()
    expect(page.locator("#footer")).to_contain_text("停售名单 0 秒前", timeout=20_000)
    hall.platform.close()
    assert hall.agent.end() == 0
    hall.agent.start()
    hall.portal.listening()
    _answers(hall.agent)
    page = hall.open()
    page.locator("#point").select_option("gate")
    expect(page.locator("#step")).to_have_value("ship")
    page.locator("#go").click()
    expect(page.locator("#e-receiver")).to_contain_text("不会有人收到这次发货的通知")
    page.get_by_label("不通知任何人").check()
    page.locator("#go").click()
    _state(page, "reading")
    hall.portal.show(item(1), item(666), antenna=2)
    _state(page, "stop")  # while the pass is still open
    expect(page.locator("#headline .sign-stop")).to_be_visible()
    expect(page.locator("#messages")).to_contain_text("R2026-0007")
    expect(page.locator("#headline .sub")).to_contain_text("记录 1")
    _state(page, "stop")
    (event,) = hall.agent.stored()
    assert event["epcList"] == [item(1)]
    expect(page.locator("#tags .refused")).to_contain_text("未计入")
    assert page.evaluate("document.documentElement.dataset.sounded") == "3 square"


def test_keys_and_a_scanner(hall: Hall) -> None:
    page = hall.open("en-GB")
    _state(page, "ready")
    page.keyboard.press("Space")
    _state(page, "reading")
    hall.portal.show(item(1))
    _counters(page, "–not set", "1", "–not set", "–not set")
    page.keyboard.press("Escape")
    expect(page.locator("#messages")).to_contain_text("nothing was recorded")
    assert hall.agent.stored() == []
    page.locator("#fields > summary").focus()
    page.locator("#f-lot").fill("L2")
    page.locator("#f-lot").press("Enter")  # a scanner's Enter in a field starts nothing
    _state(page, "ready")
    page.locator("#go").focus()
    page.keyboard.press("Space")  # the button has the focus: once is once
    _state(page, "reading")
    page.keyboard.press("Escape")
    _state(page, "ready")
    with page.expect_navigation():
        page.keyboard.press("ArrowRight")
    expect(page.locator("#point")).to_have_value("gate")
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#point")).to_have_value("dock")
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")


def test_a_keyboard_scanner_is_a_reader(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.goto(f"{hall.agent.url}?point=till")
    expect(page.locator("#headline .sub")).to_contain_text("Press the button")
    page.keyboard.press("Enter")
    _state(page, "reading")
    expect(page.locator("#headline .sub")).to_contain_text("then press")  # scanners are slow: it stays open
    for code in (f"]C100{SSCC.rpartition('/')[2]}", f"(01){GTIN}(21)4711", "no code at all"):
        page.keyboard.type(f"{code}\n")
        expect(page.locator("#toast")).to_contain_text(code)
    page.keyboard.type(f"(01){GTIN}(21)")
    page.wait_for_timeout(150)  # the machine is busy: half a code is no code
    page.keyboard.type("4712\n")
    expect(page.locator("#toast")).to_contain_text(f"(01){GTIN}(21)4712")
    _counters(page, "–not set", "3", "–not set", "–not set")
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    _state(page, "attention")
    expect(page.locator("#messages")).to_contain_text("no code at all")
    (event,) = hall.agent.stored()
    assert event["epcList"] == [SSCC, item(4711), item(4712)]
    assert event["suyuan:basis"] == "read"


def test_slow_scanners_and_people_who_type(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.goto(f"{hall.agent.url}?point=till")
    page.keyboard.press("Enter")
    _state(page, "reading")
    field = page.get_by_label("Scan, type or paste a code")
    for serial, delay in enumerate((1, 60, 120)):
        code = f"urn:epc:id:sgtin:6901234.056789.{serial}"  # whose first key is a shortcut too
        page.keyboard.type(f"{code}\n", delay=delay)
        expect(page.locator("#toast")).to_contain_text(code)
    _counters(page, "–not set", "3", "–not set", "–not set")
    page.keyboard.type(SSCC[-18:], delay=200)  # a person, or a very slow scanner, without a click
    expect(field).to_have_value(SSCC[-18:])
    for _ in ("CR", "LF"):
        page.keyboard.press("Enter")
    _counters(page, "–not set", "4", "–not set", "–not set")
    expect(page.locator("#e-code")).to_have_count(0)
    expect(field).to_have_value("")
    field.fill("no code")
    field.press("Enter")
    expect(page.locator("#e-code")).to_contain_text("compare it with the label")
    expect(field).to_have_value("no code")
    field.fill(f"(01){GTIN}(21)7")
    page.get_by_role("button", name="Count it").click()
    _counters(page, "–not set", "5", "–not set", "–not set")
    expect(page.locator("#e-code")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#go").click()
    _state(page, "done")
    (event,) = hall.agent.stored()
    assert [epc.rpartition("/")[2] for epc in event["epcList"][3:]] == [SSCC[-18:], "7"]
    field.fill(SSCC)
    field.press("Enter")
    expect(page.locator("#e-code")).to_contain_text("Nothing is being read")


def test_a_lot_of_the_job_before_is_seen_and_stops_what_contradicts_it(hall: Hall) -> None:
    page = hall.open("en-GB")
    page.goto(f"{hall.agent.url}?point=till&step=commission")
    page.locator("#f-product").fill(GTIN)
    page.locator("#f-lot").fill("L1")
    for serial, lot in ((1, "L1"), (2, "L2")):
        page.locator("#go").click()
        _state(page, "reading")
        page.keyboard.type(f"https://id.gs1.org/01/{GTIN}/10/{lot}/21/{serial}\n")
        _counters(page, "–not set", "1", "–not set", "–not set")
        if lot == "L1":
            page.locator("#go").click()
            _state(page, "done")
            expect(page.locator("#gist")).to_contain_text("Lot L1")
            expect(page.locator("#gist")).to_be_visible()
    _state(page, "stop")
    expect(page.locator("#messages")).to_contain_text("field says L1, the goods are of lot L2")
    page.locator("#go").click()
    expect(page.locator("#headline .sub")).to_contain_text("Not recorded")
    _state(page, "stop")
    assert len(hall.agent.stored()) == 1


def test_the_field_for_codes_fits_every_screen(hall: Hall) -> None:
    screens: Screens = {}
    for language in ("zh-CN", "en-GB"):
        for name, size in (("wide", WIDE), ("narrow", NARROW)):
            page = screens[language, name] = hall.open(language, size)
            page.goto(f"{hall.agent.url}?point=till")
            expect(page.locator("#f-code")).to_be_visible()
    _look(screens, "code", state="ready")


def test_the_agent_dies_and_comes_back(hall: Hall) -> None:
    page = hall.open()
    _state(page, "ready")
    hall.agent.kill()
    expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    expect(page.locator("#lost")).to_contain_text("与站点失去连接")
    expect(page.locator("#go")).to_be_disabled()
    hall.agent.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=30_000)
    hall.portal.listening()
    page.locator("#go").click()
    _state(page, "reading")
    hall.portal.show(item(1))
    _state(page, "done")


def test_without_script_by_plain_forms(hall: Hall) -> None:
    page = hall.open("en-GB", java_script_enabled=False)
    page.locator("#fields > summary").click()
    page.get_by_label("Product (GTIN, own code or link)").first.fill("123")
    page.get_by_role("button", name="Start reading").click()
    expect(page.locator(".fault").last).to_contain_text("This is no GTIN")
    page.get_by_label("Product (GTIN, own code or link)").first.fill(GTIN)
    page.get_by_role("button", name="Start reading").click()
    expect(page.locator("#headline h1")).to_have_text("reading")
    hall.portal.show(*_serials(1, 4))
    page.get_by_role("button", name="Close").click()
    _until(lambda: len(hall.agent.stored()) == 1)
    page.reload()
    expect(page.locator("#headline h1")).to_have_text("done")
    _counters(page, "–not set", "4", "–not set", "–not set")
    page.get_by_role("link", name="Undo the last step").click()
    page.get_by_label("It did happen").check()
    page.get_by_role("button", name="Declare it wrong").click()
    expect(page.locator("#messages")).to_contain_text("declared wrong")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#headline h1")).to_have_text("就绪")


Screens = dict[tuple[str, str], Page]
"""One station's page on four screens at once: both languages, wide and narrow, light and dark."""


def test_every_state_is_accessible_and_needs_no_scrolling(hall: Hall) -> None:
    screens: Screens = {}
    refused: list[str] = []
    for language in ("zh-CN", "en-GB"):
        for name, size in (("wide", WIDE), ("narrow", NARROW)):
            context = hall.context(language, size, color_scheme="dark" if language == "en-GB" else "light")
            page = screens[language, name] = context.new_page()
            page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: refused.append(str(error)))
            page.goto(hall.agent.url)
    _look(screens, "ready")
    acting = screens["en-GB", "narrow"]
    for page in screens.values():
        _expect(page, 4)
        page.locator("#f-product").fill("6901234567891")
        page.locator("#go").click()
        expect(page.locator("#e-product")).to_be_visible()
    _look(screens, "fault", state="ready")
    for page in screens.values():
        if page is not acting:
            page.goto(hall.agent.url)
    refused.clear()  # the browser reports the answer 400
    acting.locator("#f-product").fill(GTIN)
    acting.locator("[name=hold]").check()  # so that there is time to look
    acting.locator("#go").click()
    _state(acting, "reading")
    hall.portal.show(*_serials(1, 3))
    _tell(screens, "4", "3", "1", "0")
    _look(screens, "reading")
    hall.portal.show(item(4))
    _tell(screens, "4", "4", "0", "0")
    screens["zh-CN", "narrow"].locator("#go").click()
    _look(screens, "done")
    _undo_attention_stop(hall, screens, acting)
    assert refused == []
    hall.agent.kill()
    for page in screens.values():
        expect(page.locator("#lost")).to_be_visible(timeout=15_000)
    _look(screens, "lost", state="stop")


def _undo_attention_stop(hall: Hall, screens: Screens, acting: Page) -> None:
    for page in screens.values():
        page.locator("#undo-open").click()
        expect(page.get_by_role("dialog")).to_be_visible()
    _look(screens, "undo", state="done")
    for page in screens.values():
        page.keyboard.press("Escape")
    _expect(acting, 12)
    acting.locator("#go").click()
    _state(acting, "reading")
    hall.portal.show(*_serials(10, 10), b"\xff" * 12)
    _tell(screens, "12", "10", "2", "0")
    screens["zh-CN", "wide"].locator("#go").click()
    for page in screens.values():
        expect(page.locator("#tags .tag")).to_have_count(10)
    _look(screens, "attention")
    mend = fill_disk(hall.agent.folder)
    acting.locator("#go").click()
    _state(acting, "reading")
    hall.portal.show(item(1))
    for (language, _), page in screens.items():
        none = "–" + ("未定" if language == "zh-CN" else "not set")
        _counters(page, none, "1", none, none)
    screens["en-GB", "wide"].locator("#go").click()
    _look(screens, "stop")
    mend()


def _tell(screens: Screens, *numbers: str) -> None:
    for page in screens.values():
        _counters(page, *numbers)


def _look(screens: Screens, name: str, state: str = "") -> None:
    """See on every screen the state, that the page fits, and that axe finds nothing; keep pictures."""
    folder = os.environ.get("SUYUAN_PICTURES")
    for (language, size), page in screens.items():
        _state(page, state or name)
        if folder:
            page.screenshot(path=Path(folder) / f"station-{name}-{language[:2]}-{size}.png")
        high, wide = page.evaluate(
            "[document.documentElement.scrollHeight - innerHeight,"
            " document.documentElement.scrollWidth - innerWidth]"
        )
        assert wide <= 0, f"{name} {language} {size}"
        if name != "fault":
            assert high <= 0, f"{name} {language} {size}"
        assert objections(page) == [], f"{name} {language} {size}"


def test_a_station_without_configuration_and_a_taken_port(tmp_path: Path, browser: Browser) -> None:
    agent = Agent(tmp_path, free_port())
    (tmp_path / "station.toml").write_text(f'[page]\nlisten = "127.0.0.1:{agent.port}"\n')
    agent.start()
    try:
        _answers(agent)
        page = browser.new_page(locale="zh-CN", viewport=NARROW)  # type: ignore[arg-type]
        page.goto(agent.url)
        expect(page.locator("h1")).to_have_text("尚未就绪")
        expect(page.locator("main")).to_contain_text("缺少 station")
        second = Agent(tmp_path, agent.port)
        second.start()
        assert second.process is not None
        assert second.process.wait(20) == 2
        assert f"cannot listen on 127.0.0.1:{agent.port}" in (tmp_path / "err").read_text()
        page.close()
        assert agent.end() == 0
    finally:
        if agent.process is not None and agent.process.poll() is None:
            agent.kill()

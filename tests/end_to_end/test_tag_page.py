"""Tags written at the station, in Chromium: a real agent, and virtual tags on nfcpy's own protocol."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # it ships no types
    Axe,  # pyright: ignore[reportMissingTypeStubs]  # see above
)
from playwright.sync_api import Browser, Page, expect
from tests.integration.label_jobs import (
    GTIN,
    HOME,
    JOB,
    OTHERS,
    Platform,
    Web,
    free_port,
    link,
    ntag,
    on,
    station_file,
    uid,
)

from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.udp import UdpTag

pytestmark = pytest.mark.chromium
expect.set_options(timeout=15_000)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


@dataclass
class Desk:
    """A station at work whose reader looks for tags at the UDP port ``air``."""

    url: str
    air: int
    browser: Browser

    def open(self, language: str, size: dict[str, int], scheme: str = "light") -> Page:
        context = self.browser.new_context(locale=language, viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{self.url}write")
        return page

    @contextmanager
    def lay(self, tag: VirtualNtag) -> Generator[None]:
        """A tag lies on the reader."""
        with UdpTag(tag, self.air):
            yield
        time.sleep(0.6)  # the reader notices that it is gone


@pytest.fixture
def desk(tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    with Web(Platform()) as platform:
        port, air = free_port(), free_port()
        (tmp_path / "station.toml").write_text(
            station_file(platform, port, f"nfc+udp://127.0.0.1:{air}?types=a")
        )
        command = [sys.executable, "-m", "suyuan.api.cli", "station", "run", str(tmp_path / "station.toml")]
        with (tmp_path / "out").open("ab") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        desk = Desk(f"http://127.0.0.1:{port}/", air, browser)
        try:
            page = browser.new_page()
            for _ in range(200):
                if process.poll() is None and _has_reader(page, desk.url):
                    break
                time.sleep(0.1)
            else:
                pytest.fail((tmp_path / "out").read_text())
            page.close()
            yield desk
            for context in browser.contexts:
                context.close()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0, (tmp_path / "out").read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _has_reader(page: Page, url: str) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2].strip("/")))):
            return False
    page.goto(f"{url}write")
    return page.locator("#reader").count() == 1


def _state(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_class(re.compile(rf"\bstate-{state}\b"))


def _look(page: Page, name: str, language: str, size: dict[str, int]) -> None:
    """See that the page is no wider than the screen and that axe finds nothing."""
    folder = os.environ.get("SUYUAN_PICTURES")
    if folder:
        page.screenshot(
            path=Path(folder) / f"write-{name}-{language[:2]}-{size['width']}.png", full_page=True
        )
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= size["width"], name
    result = Axe().run(page)  # pyright: ignore[reportUnknownMemberType]  # it ships no types
    assert result.violations_count == 0, f"{name}: {result.generate_report()}"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_a_job_is_written_tag_by_tag(desk: Desk, language: str, size: dict[str, int]) -> None:
    page = desk.open(language, size, "dark" if language == "en-GB" else "light")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    expect(page.locator(".readers")).to_contain_text("Pork zongzi" if language == "en-GB" else "鲜肉粽")
    _look(page, "form", language, size)
    page.locator("#job").fill(OTHERS)
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text(OTHERS)
    _look(page, "refused", language, size)
    page.locator("#job").fill(f"{HOME}/console/labels/{JOB}")
    page.locator("[name=record]").check()
    page.keyboard.press("Escape")
    page.locator("#job").press("Enter")
    _state(page, "ready")
    expect(page.locator("#number")).to_contain_text("K7M3 QP40 0")
    _look(page, "ready", language, size)
    _first_and_torn(desk, page, language, size)
    _taken_and_double(desk, page, language, size)
    for number in range(1, 5):
        with desk.lay(ntag(10 + number)):
            _state(page, "done")
            expect(page.locator(".written").first).to_contain_text(uid(ntag(10 + number)))
    expect(page.locator("#headline")).to_contain_text("记录 1" if language == "zh-CN" else "record 1")
    _look(page, "finished", language, size)
    page.locator("#end").click()
    expect(page.locator("h1")).to_have_text("写 NFC 标签" if language == "zh-CN" else "Write NFC tags")
    _look(page, "after", language, size)
    assert faults == []


def _first_and_torn(desk: Desk, page: Page, language: str, size: dict[str, int]) -> None:
    first, torn = ntag(1), ntag(0x70, writes=5)
    with desk.lay(first):
        _state(page, "done")
        expect(page.locator("#number")).to_contain_text("1 / 5" if language == "zh-CN" else "1 of 5")
        assert on(first) == link(0)
        _look(page, "done", language, size)
    assert page.evaluate("document.documentElement.dataset.sounded") == "2 sine"
    with desk.lay(torn):
        _state(page, "attention")
        expect(page.locator("#messages")).to_contain_text(uid(torn))
        _look(page, "doubt", language, size)
    page.locator("#deed-destroyed").click()
    _state(page, "ready")
    expect(page.locator("#tags")).to_contain_text(uid(torn))


def _taken_and_double(desk: Desk, page: Page, language: str, size: dict[str, int]) -> None:
    taken = ntag(2, f"{HOME}/01/{GTIN}/21/ELSE")
    with desk.lay(taken):
        _state(page, "attention")
        _look(page, "taken", language, size)
        page.locator("#deed-overwrite").click()
        _state(page, "done")
    assert on(taken) == link(1)
    double = ntag(3, link(0))
    with desk.lay(double):
        _state(page, "stop")
        _look(page, "double", language, size)
    page.keyboard.press("u")
    _state(page, "ready")
    expect(page.locator("#deed-keep")).to_be_visible()
    with desk.lay(taken):
        expect(page.locator("#headline")).to_contain_text(uid(taken))
        expect(page.locator("#number")).to_contain_text("2 / 5" if language == "zh-CN" else "2 of 5")
    assert on(taken) == ""


def test_without_script_and_from_the_work_page_and_the_setup(desk: Desk) -> None:
    context = desk.browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    for path in ("", "setup"):
        page.goto(f"{desk.url}{path}")
        page.locator('a[href="/write"]').click()
        expect(page.locator("h1")).to_have_text("Write NFC tags")
    page.locator(f'button[value="{JOB}"]').click()
    expect(page.locator("h1")).to_have_text("Lay a tag")
    tag = ntag(1)
    with desk.lay(tag):
        expect(page.locator("h1")).to_have_text("Written")
    page.locator("#end").click()
    expect(page.locator("main")).to_contain_text("1 of 5 written")

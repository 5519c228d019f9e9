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
from playwright.sync_api import Browser, Page, expect
from tests.end_to_end.axe import objections
from tests.integration.label_jobs import (
    GTIN,
    HOME,
    JOB,
    OTHERS,
    Platform,
    Web,
    link,
    ntag,
    on,
    station_file,
    uid,
)
from tests.ports import free_port

from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.udp import UdpTag

pytestmark = pytest.mark.chromium
expect.set_options(timeout=15_000)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
JUDGED = {("zh-CN", "narrow"), ("en-GB", "wide")}


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


@dataclass(frozen=True)
class Screens:
    """One station's page on four screens at once: both languages, wide and narrow, light and dark."""

    pages: dict[tuple[str, str], Page]

    def state(self, state: str) -> None:
        """Every screen comes to tell the same."""
        for page in self.pages.values():
            _state(page, state)

    def tell(self, selector: str, zh: str, en: str) -> None:
        """Each in its language."""
        for (language, _), page in self.pages.items():
            expect(page.locator(selector).first).to_contain_text(zh if language == "zh-CN" else en)

    def look(self, name: str) -> None:
        """See that the page is no wider than the screen, and that axe finds nothing in either language.

        It is asked once of each: of the narrow light screen and of the wide dark one.
        """
        folder = os.environ.get("SUYUAN_PICTURES")
        for (language, size), page in self.pages.items():
            if folder:
                page.screenshot(path=Path(folder) / f"write-{name}-{language[:2]}-{size}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} {language} {size}"
            if (language, size) in JUDGED:
                assert objections(page) == [], f"{name} {language} {size}"


def test_a_job_is_written_tag_by_tag(desk: Desk) -> None:
    screens = Screens(
        {
            (language, name): desk.open(language, size, "dark" if language == "en-GB" else "light")
            for language in ("zh-CN", "en-GB")
            for name, size in (("wide", WIDE), ("narrow", NARROW))
        }
    )
    faults: list[str] = []
    for page in screens.pages.values():
        page.on("pageerror", lambda error: faults.append(str(error)))
    screens.tell(".readers", "鲜肉粽", "Pork zongzi")
    screens.look("form")
    for page in screens.pages.values():
        page.locator("#job").fill(OTHERS)
        page.keyboard.press("Enter")
        expect(page.locator("#trouble")).to_contain_text(OTHERS)
    screens.look("refused")
    _begin(desk, screens)
    screens.look("ready")
    _first_and_torn(desk, screens)
    _taken_and_double(desk, screens)
    for number in range(1, 5):
        with desk.lay(ntag(10 + number)):
            screens.tell(".written", uid(ntag(10 + number)), uid(ntag(10 + number)))
            screens.state("done")
    screens.tell("#headline", "记录 1", "record 1")
    screens.look("finished")
    screens.pages["en-GB", "narrow"].locator("#end").click()  # the others learn it and follow
    screens.tell("h1", "写 NFC 标签", "Write NFC tags")
    screens.look("after")
    assert faults == []


def _begin(desk: Desk, screens: Screens) -> None:
    page = screens.pages["zh-CN", "narrow"]
    page.locator("#job").fill(f"{HOME}/console/labels/{JOB}")
    page.locator("[name=record]").check()
    page.keyboard.press("Escape")
    page.locator("#job").press("Enter")
    _state(page, "ready")
    for other in screens.pages.values():
        if other is not page:  # a form does not change under somebody's hands
            other.goto(f"{desk.url}write")
    screens.state("ready")
    screens.tell("#number", "K7M3 QP40 0", "K7M3 QP40 0")


def _first_and_torn(desk: Desk, screens: Screens) -> None:
    first, torn = ntag(1), ntag(0x70, writes=5)
    acting = screens.pages["en-GB", "wide"]
    acting.keyboard.press("Escape")
    with desk.lay(first):
        screens.state("done")
        screens.tell("#number", "1 / 5", "1 of 5")
        assert on(first) == link(0)
        screens.look("done")
    assert acting.evaluate("document.documentElement.dataset.sounded") == "2 sine"
    with desk.lay(torn):
        screens.state("attention")
        screens.tell("#messages", uid(torn), uid(torn))
        screens.look("doubt")
    acting.locator("#deed-destroyed").click()
    screens.state("ready")
    screens.tell("#tags", uid(torn), uid(torn))


def _taken_and_double(desk: Desk, screens: Screens) -> None:
    taken = ntag(2, f"{HOME}/01/{GTIN}/21/ELSE")
    with desk.lay(taken):
        screens.state("attention")
        screens.look("taken")
        screens.pages["zh-CN", "narrow"].locator("#deed-overwrite").click()
        screens.state("done")
    assert on(taken) == link(1)
    double = ntag(3, link(0))
    with desk.lay(double):
        screens.state("stop")
        screens.look("double")
    acting = screens.pages["zh-CN", "wide"]
    acting.keyboard.press("u")
    screens.state("ready")
    expect(acting.locator("#deed-keep")).to_be_visible()
    with desk.lay(taken):
        screens.tell("#headline", uid(taken), uid(taken))
        screens.tell("#number", "2 / 5", "2 of 5")
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

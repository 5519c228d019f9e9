"""Who walks the stories in Chromium: a window, an open ear, and what of the sample world they look for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Request, Response, ViewportSize
from tests.end_to_end.axe import objections

from suyuan.api.demo.credentials import OFFICER, SECOND_OFFICER
from suyuan.api.demo.stage import Stage
from suyuan.trace.gs1 import element_string, identify

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 900}
PATIENCE_MS = 60_000  # a machine that does other things, too
CLEAN_MEAL = "M6"  # not affected, and days from its last one


@dataclass  # no slots: Playwright keeps its wrappers of our listeners on the object
class Visitor:
    """A browser window and an open ear: what it asked for, from whom, and what it complained about."""

    page: Page
    home: str
    hosts: Counter[str] = field(default_factory=Counter[str])
    answers: list[Response] = field(default_factory=list[Response])
    complaints: list[str] = field(default_factory=list[str])

    def hear_request(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.hosts[urlsplit(request.url).netloc] += 1

    def hear_answer(self, response: Response) -> None:
        self.answers.append(response)
        if response.status >= 400 and response.request.resource_type != "document":
            self.complaints.append(f"{response.status} for {response.url}")

    def hear_console(self, message: ConsoleMessage) -> None:
        # Chromium repeats the status of a failed load here; what failed to load is judged by `hear_answer`.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def hear_fault(self, error: Error) -> None:
        self.complaints.append(error.message)

    def open(self, path: str) -> int:
        """Go to ``path``; the status of the answer."""
        response = self.page.goto(self.home + path)
        assert response is not None
        return response.status

    @property
    def last_status(self) -> int:
        """Of the newest page."""
        return next(a.status for a in reversed(self.answers) if a.request.resource_type == "document")

    def told(self, selector: str = "main") -> str:
        """The words that one can see."""
        return self.page.locator(selector).inner_text()

    def check(self) -> None:
        """This page is accessible, and nothing on it scrolls sideways but tables and drawings."""
        broken = objections(self.page)
        assert broken == [], f"{self.page.url}: {broken}"
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.page.evaluate(overflow) == 0, self.page.url

    def tab_to(self, target: Locator) -> None:
        """Press Tab until ``target`` has the focus, as someone without a mouse would."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"Tab does not reach {target}")


@contextmanager
def visiting(
    browser: Browser,
    stage: Stage,
    *,
    viewport: ViewportSize = DESK,
    locale: str = "en-GB",
    scripts: bool = True,
) -> Generator[Visitor]:
    """A visitor without a past. Whatever it did, it spoke to our server only and no page complained."""
    context = browser.new_context(viewport=viewport, locale=locale, java_script_enabled=scripts)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(page, stage.url)
        page.on("request", visitor.hear_request)
        page.on("response", visitor.hear_answer)
        page.on("console", visitor.hear_console)
        page.on("pageerror", visitor.hear_fault)
        yield visitor
        assert set(visitor.hosts) <= {urlsplit(stage.url).netloc}
        assert visitor.complaints == []
    finally:
        context.close()


@contextmanager
def officer(
    browser: Browser, stage: Stage, *, locale: str = "en-GB", second: bool = False
) -> Generator[Visitor]:
    """The regulator, or the colleague who confirms, signed in."""
    given = stage.credentials
    with visiting(browser, stage, locale=locale) as visitor:
        visitor.open("/console")
        visitor.page.locator("#name").fill(SECOND_OFFICER if second else OFFICER)
        visitor.page.locator("#password").fill(given.second_password if second else given.password)
        visitor.page.locator("#password").press("Enter")
        visitor.page.wait_for_url("**/console")
        yield visitor


def suspect_of(stage: Stage) -> str:
    key: str = stage.truth["incident"]["suspects"][0]
    return key


def code_of(key: str) -> str:
    """A key as the pages print it."""
    return element_string(identify(key))


def items_of(stage: Stage, status: str, *, affected: bool) -> list[str]:
    """Items that are where ``status`` says: affected ones, or those of a clean and fresh lot."""
    world = stage.world
    return [
        item.key
        for item in world.items.values()
        if world.whereabouts[item.key].status == status
        and (item.lot in world.affected_lots if affected else item.lot.endswith(f"-{CLEAN_MEAL}"))
    ]


def sold_item(stage: Stage) -> str:
    return items_of(stage, "sold", affected=False)[0]


def whole_table(page: Page) -> dict[str, str]:
    """Key and role of every state in the unfolded table of a trace."""
    found: list[tuple[str, str]] = page.locator("#whole + .wide tbody tr").evaluate_all(
        "rows => rows.map(row => [row.cells[0].innerText.trim(), row.cells[1].innerText.trim()])"
    )
    return dict(found)

"""The album: windows in both languages, pictures with few colours, and the index that shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page

HERE = Path(__file__).parent
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
TALLEST = 2000  # CSS pixels: a longer page is cut, its form goes on
COLOURS = 64

Before = Callable[[Page, str], object]


class Album:
    """Where the pictures go: ``page-zh.png`` and ``page-en.png`` beside this file."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.taken: set[str] = set()
        self.failed: list[str] = []
        self.pages: dict[str, Any] = json.loads((HERE / "pages.json").read_text("utf-8"))

    def context(self, language: str, **more: Any) -> BrowserContext:
        """A window in one language, with the clock of China."""
        kept = {"viewport": DESK, "timezone_id": "Asia/Shanghai"} | more
        return self.browser.new_context(locale=LANGUAGES[language], **kept)

    def keep(
        self, page: Page, name: str, language: str, *, whole: bool = True, tallest: int = TALLEST
    ) -> None:
        """One picture of the page as it stands."""
        page.wait_for_load_state()
        page.evaluate("document.activeElement && document.activeElement.blur()")
        width = page.viewport_size["width"] if page.viewport_size else DESK["width"]
        tall = page.evaluate("document.documentElement.scrollHeight") if whole else 0
        clip = {"x": 0, "y": 0, "width": width, "height": min(tall, tallest)}
        shot = page.screenshot(full_page=True, clip=clip) if whole else page.screenshot()
        with Image.open(BytesIO(shot)) as picture:
            _plain(picture.convert("RGB")).save(HERE / f"{name}-{language}.png", optimize=True)
        self.told(name, language)

    def told(self, name: str, language: str) -> None:
        """That a picture was kept; the index needs words for it."""
        if name not in self.pages:
            message = f"{name} has no words in pages.json"
            raise KeyError(message)
        self.taken.add(name)
        print(name, language, flush=True)

    def scene(self, play: Callable[..., object], *told: object) -> None:
        """Play one scene; one that fails costs its own pictures only, and is told at the end."""
        try:
            play(self, *told)
        except (Error, RuntimeError, AssertionError) as error:
            self.failed.append(f"{play.__module__}.{play.__name__}: {error}")
            print(self.failed[-1], flush=True)

    def index(self) -> None:
        """``README.md``: every picture, grouped by who meets the page."""
        lines = ["# Every page, in both languages / 每个页面的中英文截图", ""]
        lines += ["Taken by `python -m docs.pictures.take`: it builds its own worlds and walks them.", ""]
        lines += ["由 `python -m docs.pictures.take` 自动建立环境并逐页截取。", ""]
        groups: dict[str, list[str]] = {}
        for name, told in self.pages.items():
            if (HERE / f"{name}-zh.png").exists():
                groups.setdefault(told["who"], []).append(name)
        for who, names in groups.items():
            lines += [f"## {who}", ""]
            for name in names:
                told = self.pages[name]
                wide = 240 if told.get("phone") else 420
                lines += [f"**{told['zh']}** {told['en']}", ""]
                lines.append(
                    " ".join(
                        f'<img src="{name}-{language}.png" width="{wide}" alt="{told[language]}">'
                        for language in LANGUAGES
                    )
                )
                lines.append("")
        (HERE / "README.md").write_text("\n".join(lines).rstrip() + "\n", "utf-8")


class Windows:
    """One visitor with two windows, one in each language."""

    def __init__(self, album: Album, home: str, **more: Any) -> None:
        self.album, self.home = album, home
        self.pages = {name: album.context(name, **more).new_page() for name in LANGUAGES}

    @property
    def zh(self) -> Page:
        """The Chinese window: what happens once happens here."""
        return self.pages["zh"]

    def take(self, name: str, path: str | None = None, before: Before | None = None, **how: Any) -> None:
        """Both pictures of a page: go to ``path``, do what comes ``before``, keep."""
        for language, page in self.pages.items():
            if path is not None:
                page.goto(self.home + path)
            if before is not None:
                before(page, language)
            self.album.keep(page, name, language, **how)

    def close(self) -> None:
        """Both windows go."""
        for page in self.pages.values():
            page.context.close()


def signed_in(album: Album, home: str, name: str, password: str, **more: Any) -> Windows:
    """Through the form, once in each language."""
    made = Windows(album, home, **more)
    for page in made.pages.values():
        page.goto(f"{home}/console")
        page.fill("[name=name]", name)
        page.fill("[name=password]", password)
        page.locator("main button").click()
        page.wait_for_url("**/console*")
    return made


def filled(page: Page, told: dict[str, str | list[str]]) -> None:
    """Fill in the fields of a form: texts, choices, boxes."""
    for name, value in told.items():
        field = page.locator(f"[name={name}]").first
        if isinstance(value, list):
            for one in value:
                page.locator(f"[name={name}][value='{one}']").check()
        elif field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "radio":
            page.locator(f"[name={name}][value='{value}']").check()
        else:
            field.fill(value)


def pressed(page: Page, selector: str = "main form .buttons button") -> None:
    """Press the first button of that kind and wait for the answer."""
    page.locator(selector).first.click()
    page.wait_for_load_state()


def _plain(picture: Image.Image) -> Image.Image:
    """A picture in its commonest colours: those of the design, so that a red dot on a large page stays red."""
    red, green, blue = np.moveaxis(np.asarray(picture, np.uint32), 2, 0)
    packed = red << 16 | green << 8 | blue
    colours, at, times = np.unique(packed, return_inverse=True, return_counts=True)
    every = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.int64)
    common = every[np.argsort(-times, kind="stable")[:COLOURS]]
    nearest = ((every[:, None] - common) ** 2).sum(2).argmin(1).astype(np.uint8)
    found = Image.fromarray(nearest[at.reshape(packed.shape)], "P")
    found.putpalette(common.astype(np.uint8).tobytes())
    return found

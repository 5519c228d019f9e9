"""Every verdict of the page of goods: in both languages, by day and by night, on a phone and on a desk.

Four sheets of twelve pages in each language, from the made-up goods of the tests: records cannot bring about
some of these states within a minute.
"""

from __future__ import annotations

from io import BytesIO

from docs.pictures import mapped
from docs.pictures.album import HERE, Album
from PIL import Image
from playwright.sync_api import Page
from tests.end_to_end.fake_pages import serving
from tests.unit.portal.fake_house import passport_link

from suyuan.trace.recall.passport import VerdictState

SIZES = {360: (780, 6), 1280: (900, 3)}
"""Width of the screen in CSS pixels: how much of the page's height is shown, and how many stand in a row."""
MODES = ("light", "dark")
_SEAM = 12
COLOURS = 256  # as many as a palette holds: a sheet shows all the colours that have a meaning
_LARGEST = 640  # pixels of one page on a sheet: what is wider is made smaller


def pictures(album: Album) -> None:
    """The eight sheets, and a map beside them."""
    mapped.pictures(album)
    with serving() as home:
        for language in ("zh", "en"):
            for mode in MODES:
                for width in SIZES:
                    sheet = _sheet(album, home, language, mode, width)
                    name = f"verdicts-{mode}-{width}"
                    few = sheet.quantize(COLOURS, dither=Image.Dither.NONE)
                    few.save(HERE / f"{name}-{language}.png", optimize=True)
                    album.told(name, language)


def _sheet(album: Album, home: str, language: str, mode: str, width: int) -> Image.Image:
    height, in_row = SIZES[width]
    window = album.context(language, viewport={"width": width, "height": height}, color_scheme=mode)
    page = window.new_page()
    shots = [_shot(page, home + passport_link(state)) for state in VerdictState]
    window.close()
    small, tall = shots[0].size
    rows = -(-len(shots) // in_row)
    size = in_row * (small + _SEAM) + _SEAM, rows * (tall + _SEAM) + _SEAM
    sheet = Image.new("RGB", size, "#8a938e")
    for place, shot in enumerate(shots):
        at = place % in_row * (small + _SEAM) + _SEAM, place // in_row * (tall + _SEAM) + _SEAM
        sheet.paste(shot, at)
    return sheet


def _shot(page: Page, link: str) -> Image.Image:
    page.goto(link)
    page.wait_for_load_state()
    with Image.open(BytesIO(page.screenshot())) as picture:
        taken = picture.convert("RGB")
    taken.thumbnail((_LARGEST, taken.height), Image.Resampling.LANCZOS)
    return taken

"""The cold chain of the sample world: a lorry that stood warm, and what shoppers are told of its meals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from suyuan.api.demo.stage import Stage
from suyuan.api.demo.stories import Finding
from suyuan.portal.language import Speech

_LOCAL = ZoneInfo("Asia/Shanghai")


def cold_story(stage: Stage, client: httpx.Client) -> Iterator[Finding]:
    """Cold chain: the pages of what was in the lorry tell it, with the decision; all others were kept cold.

    One meal of every case is looked at.
    """
    story, told = "cold chain", stage.truth["cold_chain"]
    warm, worst = set[str](told["items"]), _worst(told["worst_c"])
    pages = {
        item: client.get(urlsplit(item).path, params={"lang": "en"}).text
        for item in {one.case: one.key for one in stage.world.items.values()}.values()
    }
    since, until = (datetime.fromisoformat(told[name]).astimezone(_LOCAL) for name in ("since", "until"))
    lines = f"{told['worst_c']:.1f} °C at worst, {since:%m-%d %H:%M} to {until:%H:%M}"
    yield Finding(
        story,
        "a lorry that stood warm is told on the pages of its meals and on no other",
        {item for item, page in pages.items() if worst in page} == warm & pages.keys(),
        f"{len(warm)} meals, {lines}; {len(pages)} pages",
    )
    kept = Speech("en").say("temperature.never-outside")
    yield Finding(
        story,
        "every other meal was measured, and never too warm",
        all((kept in page) != (item in warm) for item, page in pages.items()),
        f"{sum(kept in page for page in pages.values())} pages say “{kept}”",
    )
    decided = Speech("en").say("temperature.decided", time="").partition(" (")[0]
    yield Finding(
        story,
        "the inspection that let the warm meals go is told beside it",
        {item for item, page in pages.items() if decided in page} == warm & pages.keys(),
        f"“{decided}”, {datetime.fromisoformat(told['inspected']).astimezone(_LOCAL):%m-%d %H:%M}",
    )


def _worst(celsius: float) -> str:
    """How a page ends the sentence of an excursion."""
    return Speech("en").say("temperature.excursion", time="", worst=f"{celsius:.1f} °C").rpartition(", ")[2]

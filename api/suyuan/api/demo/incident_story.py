"""The incident of the sample world in the workbench: five complaints, and two scopes to compare."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import httpx

from suyuan.api.demo.stage import Stage
from suyuan.api.demo.stories import Finding

_TITLE_ZH, _TITLE_EN = "即食餐沙门氏菌聚集性病例", "Salmonella after ready meals"
_ALONE, _MIXED = "仅该批次 · the lot alone", "中央厨房交叉污染 · cross-contamination at the kitchen"
_ROOM = re.compile(r'href="(/console/incident/I[0-9]{4}-[0-9]{4,})')
_KEPT = "/compare"  # where one is led once a scope is kept
_WORK = re.compile(r'name="work" value="([^"]+)"')
_AGAIN = re.compile(r'http-equiv="refresh" content="[0-9]+;url=([^"]+)"')
_LOCAL = ZoneInfo("Asia/Shanghai")


def prepared_incident(stage: Stage, client: httpx.Client) -> str:
    """The path of the officer's investigation; it is opened with all there is to see, if it is not there."""
    page = client.get("/console/incident").raise_for_status()
    found = _ROOM.search(page.text) if _TITLE_ZH in page.text or _TITLE_EN in page.text else None
    if found is not None:
        return found[1]
    told = {"title_zh": _TITLE_ZH, "title_en": _TITLE_EN, "suspicion": "Salmonella"}
    opened = client.post("/console/incident/new", data=told).raise_for_status()
    room = urlsplit(str(opened.url)).path.removesuffix("/cases")
    client.post(f"{room}/cases", data={"way": "table", "table": _table(stage)}).raise_for_status()
    suspect = [
        ("select", "objects"),
        ("key", stage.truth["incident"]["suspects"][0]),
        ("from", ""),
        ("to", ""),
    ]
    mixed = [("suppose", "place"), ("what", stage.world.site("plant").key), ("since", ""), ("till", "")]
    for name, query in ((_ALONE, suspect), (_MIXED, suspect + mixed)):
        keep_scope(client, room, name, urlencode(query))
    return room


def keep_scope(client: httpx.Client, room: str, name: str, query: str) -> None:
    """Keep what is found of a scope: where finding it takes long, what the page shows once it is there."""
    told = {"name": name, "query": query}
    while not (answer := client.post(f"{room}/scope", data=told)).raise_for_status().url.path.endswith(_KEPT):
        seen = _WORK.search(_waited(client, answer))
        if seen is None:
            message = f"{room}/scope shows nothing that could be kept"
            raise RuntimeError(message)
        told["work"] = html.unescape(seen[1])


def _table(stage: Stage) -> str:
    """The complaints as lines of a spreadsheet: label, day of falling ill, where, what."""
    lines = ["case\tonset\twhere\tcode"]
    for number, case in enumerate(stage.truth["cases"], 1):
        day = datetime.fromisoformat(case["sold"]).astimezone(_LOCAL).date()
        lines.append(f"C-{number:02d}\t{day}\t{case['place']}\t{case['item']}")
    return "\n".join(lines)


def _answered(client: httpx.Client, path: str) -> str:
    """The page at a path, as a browser without scripts gets it."""
    return _waited(client, client.get(path, params={"lang": "en"}))


def _waited(client: httpx.Client, page: httpx.Response) -> str:
    """The page after those that tell how far it is: such a page looks again until its answer is there."""
    while (again := _AGAIN.search(page.raise_for_status().text)) is not None:
        page = client.get(html.unescape(again[1]))
    return page.text


def incident_story(stage: Stage, client: httpx.Client) -> Iterator[Finding]:
    """Incident: five cases are ranked to the farm lot, and two scopes of it differ by what is supposed."""
    story, room = "incident", prepared_incident(stage, client)
    lot: str = stage.truth["incident"]["suspects"][0].rpartition("/")[2]
    page = _answered(client, f"{room}/sources")
    ranked = page.partition('<ol class="ranked">')[2].partition("</ol>")[0].split("</li>")
    rank = next((at for at, source in enumerate(ranked, 1) if lot in source), 0)
    believed = re.search(r'class="figure">([^<]*)<', ranked[rank - 1]) if rank else None
    yield Finding(
        story,
        # Five people say too little for certainty: of some worlds another lot is likelier, and not by chance.
        "the contaminated lot is among the three most probable sources",
        0 < rank <= 3,  # noqa: PLR2004 (what an investigator looks at first)
        f"{lot}, {believed[1] if believed else 'no figure'}, number {rank}"
        if rank
        else f"{lot} is not ranked",
    )
    page = _answered(client, f"{room}/compare")
    gained = re.findall(r'class="gain">([^<]*)<', page)
    clean = [one.code for one in stage.world.lots.values() if one.code.endswith("-M6")]
    yield Finding(
        story,
        "two scopes side by side: supposing that the kitchen mixes adds what it made of clean lots",
        bool(gained) and all(code in page for code in clean),
        html.unescape(", ".join(gained[:3])),
    )

"""The three stories, told over HTTP without a browser and held against the simulator's truth."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from suyuan.api.demo.credentials import OFFICER, SECOND_OFFICER
from suyuan.api.demo.stage import Stage
from suyuan.simulator.till import Till

BLOCKED_WITHIN_S = 5.0
OFFER_EVERY_S = 0.2
_HEADLINE = re.compile(r'<h1 id="verdict">([^<]*)</h1>')


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    story: str
    what: str
    holds: bool
    told: str


@contextmanager
def regulator(stage: Stage, *, second: bool = False) -> Generator[httpx.Client]:
    """A signed-in client, as the browser of an officer, or of the second one, would be."""
    given = stage.credentials
    name, password = (SECOND_OFFICER, given.second_password) if second else (OFFICER, given.password)
    headers = {"Origin": stage.url, "Accept": "text/html, */*;q=0.8"}
    with httpx.Client(base_url=stage.url, headers=headers, timeout=60, follow_redirects=True) as client:
        form = {"name": name, "password": password, "next": "/console"}
        client.post("/sign-in", data=form).raise_for_status()
        yield client


def platform_story(stage: Stage, client: httpx.Client) -> Iterator[Finding]:
    """One platform: everything read is stored, and forward tracing finds exactly what is affected."""
    story, counts = "one platform", stage.played.counts
    yield Finding(
        story,
        "every event that a station acknowledged is stored",
        stage.played.refused == 0 and stage.played.acknowledged > 0,
        f"{stage.played.acknowledged} events of {len(stage.world.stations)} stations; {counts}",
    )
    suspect = stage.truth["incident"]["suspects"][0]
    began = time.perf_counter()
    found = client.get("/trace", params={"suspect": suspect}).raise_for_status().json()
    took = time.perf_counter() - began
    states = {s["key"]: s for s in found["states"] if not s["carrier"] and s["kind"] != "place"}
    truth: Mapping[str, Any] = stage.truth["affected"]
    yield Finding(
        story,
        "trace forward equals the truth",
        states.keys() == truth.keys(),
        f"{len(states)} affected, {len(truth)} in truth, {took * 1000:.0f} ms",
    )
    certain = all(
        states[key]["certainty"] == told["certainty"] for key, told in truth.items() if key in states
    )
    yield Finding(story, "with the same certainty", certain, "all certain" if certain else "differs")
    items = {key: told["where"] for key, told in truth.items() if told["kind"] == "item"}
    wrong = [key for key, where in items.items() if not _is_there(states.get(key), where)]
    yield Finding(story, "each item is where it is", not wrong, f"{len(items)} compared, {len(wrong)} differ")
    yield _scope_finding(client, suspect, items, truth[suspect]["where"])


def _scope_finding(
    client: httpx.Client, suspect: str, items: Mapping[str, Any], source: Mapping[str, Any]
) -> Finding:
    """The scope counts every item once, and knows that the farm lot itself is used up."""
    lines = client.get("/scope", params={"suspect": suspect}).raise_for_status().json()["lines"]
    counted = [key for line in lines for key in line["keys"] if key in items]
    used_up = [line for line in lines if suspect in line["keys"]]
    consumed = [(line["status"], line["place"]) for line in used_up] == [("consumed", source["place"])]
    kilograms = sum(line["hold"] or 0 for line in used_up)
    return Finding(
        "one platform",
        "the scope counts each item once and the farm lot as used up",
        sorted(counted) == sorted(items) and consumed,
        f"{len(lines)} lines, {len(counted)} items, {kilograms:.0f} kg consumed",
    )


def public_story(stage: Stage, client: httpx.Client) -> Iterator[Finding]:
    """Public query: a shopper's scan gives a verdict, before anything is recalled."""
    item: str = stage.truth["cases"][0]["item"]
    began = time.perf_counter()
    page = client.get(urlsplit(item).path, params={"lang": "en"})
    took = time.perf_counter() - began
    yield Finding(
        "public query",
        "a sold item shows its verdict",
        page.status_code == 200 and "sold" in headline(page).lower(),  # noqa: PLR2004 (RFC 9110)
        f"“{headline(page)}”, {len(page.content) / 1000:.1f} kB, {took * 1000:.0f} ms",
    )
    unknown = client.get(urlsplit(item).path[:-4] + "0000", params={"lang": "en"})
    yield Finding(
        "public query",
        "an unknown serial is told apart",
        unknown.status_code == 404,  # noqa: PLR2004 (RFC 9110)
        f"“{headline(unknown)}”",
    )


def source_story(stage: Stage, client: httpx.Client) -> Iterator[Finding]:
    """Source tracing: five complaints lead to one farm lot."""
    common: set[str] | None = None
    for case in stage.truth["cases"]:
        params = {"suspect": case["item"], "direction": "backward"}
        found = client.get("/trace", params=params).raise_for_status().json()
        made = {edge["target"] for edge in found["edges"] if edge["kind"] == "transform"}
        farm = {s["key"] for s in found["states"] if s["kind"] == "lot" and s["key"] not in made}
        farm -= {case["lot"]}
        common = farm if common is None else common & farm
    suspects = set(stage.truth["incident"]["suspects"])
    yield Finding(
        "source tracing",
        "five complaints have one farm lot in common",
        common == suspects,
        f"{len(stage.truth['cases'])} traced back to {', '.join(sorted(common or ())) or 'nothing'}",
    )


async def recall_story(stage: Stage, client: httpx.Client, now: Callable[[], datetime]) -> list[Finding]:
    """The recall goes out: the page says so, and the till refuses, with the server there or away."""
    shop = _shop_with_stock(stage)
    async with Till(
        stage.world,
        server_url=stage.url,
        token=stage.credentials.stations[shop],
        folder=stage.stations,
        block_list_key=stage.block_list_key,
        now=now,
        shop=shop,
    ) as till:
        affected, clean = _stock(stage, shop)
        sold = await till.offer(clean.pop())
        number = await asyncio.to_thread(_publish, stage, client)
        published = time.monotonic()
        outcome = await till.offer(affected[0])
        while outcome.event_ids and len(affected) > 1 and time.monotonic() - published < BLOCKED_WITHIN_S:
            await asyncio.sleep(OFFER_EVERY_S)  # a till as fast as ours would sell out before the list comes
            affected.pop(0)
            outcome = await till.offer(affected[0])
        took = time.monotonic() - published
        still_sold = await till.offer(clean.pop())
    path = urlsplit(affected[0]).path
    page = await asyncio.to_thread(client.get, path, params={"lang": "en"})
    told = [message.text("en") for message in outcome.messages]
    return [
        Finding("recall", "before it, the till sells", bool(sold.event_ids), sold.word.en),
        Finding(
            "recall",
            f"after {number}, the page says so",
            "recall" in headline(page).lower(),
            f"“{headline(page)}”",
        ),
        Finding(
            "recall",
            "the till refuses within 5 s",
            not outcome.event_ids and took <= BLOCKED_WITHIN_S,
            f"{took:.1f} s: {'; '.join(told)}",
        ),
        Finding("recall", "and still sells what is clean", bool(still_sold.event_ids), still_sold.word.en),
    ]


async def offline_story(stage: Stage, now: Callable[[], datetime]) -> list[Finding]:
    """With the server gone the till obeys the last list that it has."""
    shop = _shop_with_stock(stage)
    till = Till(
        stage.world,
        server_url="http://127.0.0.1:9",
        token=stage.credentials.stations[shop],
        folder=stage.stations,
        block_list_key=stage.block_list_key,
        now=now,
        shop=shop,
    )
    async with till:
        affected, _ = _stock(stage, shop)
        outcome = await till.offer(affected[-1])
        status = await till.post.station.status()
    age = status.block_list_age_s
    return [
        Finding(
            "recall",
            "without the server the till still refuses, by a list of known age",
            not outcome.event_ids and age is not None,
            f"{outcome.word.en}; the list is {age or 0:.0f} s old",
        )
    ]


def headline(page: httpx.Response) -> str:
    """The verdict's word on a consumer page."""
    found = _HEADLINE.search(page.text)
    return "" if found is None else found.group(1)


def _is_there(state: Mapping[str, Any] | None, told: Mapping[str, Any]) -> bool:
    where = None if state is None else state["where_now"]
    if where is None:
        return False
    return all(where[name] == told[name] for name in ("place", "container", "status"))


def _publish(stage: Stage, client: httpx.Client) -> str:
    """Draft, hold and publish through the console's own forms: one officer proposes, the other confirms."""
    form = {
        "question": urlencode([("suspect", stage.truth["incident"]["suspects"][0])]),
        "title_zh": "生菜批次疑似沙门氏菌污染",
        "title_en": "Lettuce lot suspected of Salmonella",
        "reason_zh": "多名消费者食用后患病，追溯指向同一农场批次。",
        "reason_en": "Several consumers fell ill; tracing points to one farm lot.",
        "hazard": "microbial",
        "recall_class": "1",
        "initiative": "ordered",
        "operator": "海河鲜食有限公司",
        "known_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "legal_basis": "《食品安全法》第六十三条",
        "what_to_do_zh": "请勿食用，凭购买记录退款。",
        "what_to_do_en": "Do not eat it; return it for a refund.",
        "contact": "400-000-0000",
        "step": "create",
    }
    case = client.post("/console/draft", data=form).raise_for_status()
    path = urlsplit(str(case.url)).path
    with regulator(stage, second=True) as colleague:
        for proposal, act in enumerate(("hold", "publish"), 1):
            wish = {"reason": "五起投诉指向同一批次。", "sure": "1"}
            client.post(f"{path}/propose/{act}", data=wish).raise_for_status()
            colleague.post(f"{path}/proposal/{proposal}/confirm", data={"sure": "1"}).raise_for_status()
    return path.rpartition("/")[2]


def _shop_with_stock(stage: Stage) -> str:
    """A shop that has both affected and clean items on its shelves."""
    for site in stage.world.stations:
        if site.station.startswith("shop"):
            affected, clean = _stock(stage, site.station)
            if len(affected) > 1 and len(clean) > 1:
                return site.station
    message = "no shop of the sample world has both affected and clean items in stock"
    raise LookupError(message)


def _stock(stage: Stage, shop: str) -> tuple[list[str], list[str]]:
    """Unsold fresh items of a shop: affected ones, and others."""
    place = stage.world.site(shop).key
    today = stage.world.end.date()
    affected: list[str] = []
    clean: list[str] = []
    for item in stage.world.items.values():
        where, last = stage.world.whereabouts[item.key], stage.world.lots[item.lot].expires
        if where.place == place and where.status == "in_stock" and (last is None or last > today):
            (affected if item.lot in stage.world.affected_lots else clean).append(item.key)
    return affected, clean

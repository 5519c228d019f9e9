"""The screen of a shop beside a reader: what is asked, what is believed, what stays on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
from starlette.testclient import TestClient

from suyuan.readers.observation import Observation
from suyuan.readers.shop.platform import LARGEST, Platform, PlatformAway
from suyuan.readers.shop.screen import GONE_AFTER_S, STOP_STAYS_S, Screen, application
from suyuan.trace.errors import WrongUse
from suyuan.trace.scan.visitor import is_robot

AT = "https://trace.example.cn"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EPC = bytes.fromhex("3034257BF7194E4000001A85")  # sgtin 0614141.812345, serial 6789


def seen(text: str | None, epc: bytes = b"") -> Observation:
    return Observation("reader", 1, epc, NOON, NOON, text=text)


def answer(tone: str = "registered", **more: Any) -> dict[str, Any]:
    word = {"zh": tone, "en": tone}
    return {"state": tone, "tone": tone, "word": word, "sentence": word, "name": word, "lot": "L1", **more}


class Shop:
    """A screen whose platform answers as a test says; the clock is moved by hand."""

    def __init__(self, answering: Callable[[str], httpx.Response]) -> None:
        self.asked: list[str] = []
        self.time = 0.0

        def handle(request: httpx.Request) -> httpx.Response:
            assert request.url.path == "/api/verdict"
            assert not is_robot(request.headers["user-agent"]), "its looks would not count"
            self.asked.append(request.url.params["code"])
            return answering(self.asked[-1])

        client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        self.screen = Screen(Platform(AT, client), monotonic=lambda: self.time)
        self.changes = self.screen.changes()

    async def next(self) -> dict[str, Any]:
        """What is shown next to a browser that watches."""
        line = await asyncio.wait_for(anext(self.changes), 20)
        told: dict[str, Any] = orjson.loads(line.removeprefix(b"data: "))
        return told


def ok(told: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json=told)


async def test_a_tag_that_lies_there_is_asked_about_once_and_anew_when_it_comes_back() -> None:
    shop = Shop(lambda _: ok(answer()))
    for _ in range(5):
        await shop.screen.take(seen("https://trace.example.cn/01/1"))
        shop.time += GONE_AFTER_S - 1
    assert len(shop.asked) == 1
    shop.time += GONE_AFTER_S
    await shop.screen.take(seen("https://trace.example.cn/01/1"))
    assert len(shop.asked) == 2


async def test_a_uhf_tag_is_asked_about_by_its_identifier() -> None:
    shop = Shop(lambda _: ok(answer()))
    await shop.screen.take(seen(None, EPC))
    assert shop.asked == ["https://id.gs1.org/01/80614141123458/21/6789"]
    assert (await shop.next())["lot"] == "L1"


@pytest.mark.parametrize("tag", [seen(""), seen(None, b"\xff" * 12), seen(None, b"")])
async def test_a_tag_without_a_code_is_told_and_not_asked_about(tag: Observation) -> None:
    shop = Shop(lambda _: ok(answer()))
    await shop.screen.take(tag)
    assert shop.asked == []
    assert (await shop.next())["state"] == "error"


async def test_what_must_not_be_sold_is_not_painted_over_at_once() -> None:
    shop = Shop(lambda code: ok(answer("stop" if code == "bad" else "verified")))
    await shop.screen.take(seen("bad"))
    assert (await shop.next())["tone"] == "stop"
    shop.time += STOP_STAYS_S - 1
    await shop.screen.take(seen("good"))
    shop.time += 2
    await shop.screen.take(seen("good 2"))
    assert (await shop.next())["tone"] == "verified"
    assert shop.asked == ["bad", "good", "good 2"]


@pytest.mark.parametrize(
    "wrong",
    [
        httpx.Response(500),
        httpx.Response(429, json={"code": "too-many-scans"}),
        httpx.Response(302, headers={"location": "https://evil.example/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"tone": "splendid"}),
        httpx.Response(200, content=b"[" * (LARGEST + 1)),
    ],
)
async def test_what_no_platform_answers_is_no_verdict_and_asked_again(wrong: httpx.Response) -> None:
    answers = [wrong, ok(answer("verified"))]
    shop = Shop(lambda _: answers.pop(0))
    await shop.screen.take(seen("code"))
    assert (await shop.next())["state"] == "away"
    await shop.screen.take(seen("code"))
    assert (await shop.next())["tone"] == "verified"


async def test_a_hostile_answer_is_bounded_and_only_text() -> None:
    shop = Shop(lambda _: ok(answer(word={"zh": "x" * 9999, "en": ["a"]}, lot={"a": 1}, name=3)))
    await shop.screen.take(seen("code"))
    told = await shop.next()
    assert [len(told["word"][0]), told["word"][1], told["lot"], told["name"]] == [500, "", "", ["", ""]]


async def test_a_code_that_cannot_be_right_is_told() -> None:
    refusal = httpx.Response(400, json={"code": "invalid-input"})
    shop = Shop(lambda code: refusal if code == "nonsense" else ok(answer()))
    await shop.screen.take(seen("nonsense"))
    assert (await shop.next())["state"] == "error"


async def test_a_platform_that_is_away_says_so() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    platform = Platform(AT, httpx.AsyncClient(transport=httpx.MockTransport(refuse)))
    with pytest.raises(PlatformAway, match="refused"):
        await platform.verdict("x")


@pytest.mark.parametrize("at", ["trace.example.cn", "ftp://x", "https://", ""])
def test_an_address_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(WrongUse, match="address of a platform"):
        Platform(at, httpx.AsyncClient())


async def test_whoever_watches_is_let_go_at_the_end() -> None:
    shop = Shop(lambda _: ok(answer()))
    watching = asyncio.ensure_future(anext(shop.changes, b"over"))
    await asyncio.sleep(0)
    await shop.screen.close()
    assert await asyncio.wait_for(watching, 20) in (b"over", b": alive\n\n")
    assert await asyncio.wait_for(anext(shop.changes, b"over"), 20) == b"over"


def test_the_page_is_for_this_machine_alone() -> None:
    screen = Shop(lambda _: ok(answer())).screen
    ours = TestClient(application(screen), base_url="http://127.0.0.1:8803")
    for path in ("/", "/screen.css", "/screen.js"):
        page = ours.get(path)
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
    assert ours.get("/screen.html").status_code == 404
    foreign = TestClient(application(screen), base_url="http://evil.example:8803")
    assert foreign.get("/").status_code == 400


async def test_the_screen_tells_where_it_stands_and_a_place_that_is_none_ends_it() -> None:
    asked: list[httpx.URL] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        if request.url.params.get("place") == "999900":
            return httpx.Response(400, json={"code": "invalid-input", "where": "place"})
        return ok(answer())

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    await Platform(AT, client, place="330100").verdict("/01/1")
    await Platform(AT, client).verdict("/01/1")
    assert [url.params.get("place") for url in asked] == ["330100", None]
    with pytest.raises(WrongUse, match="999900"):
        await Platform(AT, client, place="999900").verdict("/01/1")
    for wrong in ("Hangzhou", "330106", "33010", "330100\n"):
        with pytest.raises(WrongUse, match="city or province"):
            Platform(AT, client, place=wrong)

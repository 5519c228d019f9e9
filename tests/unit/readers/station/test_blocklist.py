from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suyuan.readers.station.blocklist import POLL_S, BlockList, BlockListError, verify
from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.delivery import REFUSED_S
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.words import Message

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
Sleep = Callable[[float], Awaitable[None]]
KEY = SIGNER.public_key().public_bytes_raw()
ITEM = "https://id.gs1.org/01/06901234567892/21/1"


def signed(sequence: Any, keys: Any = None, *, signer: Ed25519PrivateKey = SIGNER, **more: Any) -> bytes:
    keys = {ITEM: {"state": "recalled", "case": 7}} if keys is None else keys
    payload = orjson.dumps({"issued": "2026-11-21T00:00:00Z", "sequence": sequence, "keys": keys, **more})
    parts = {"payload": payload, "signature": signer.sign(payload)}
    return orjson.dumps({**{k: base64.b64encode(v).decode() for k, v in parts.items()}, "key_id": "1"})


class Served:
    def __init__(self) -> None:
        self.content = signed(5)
        self.asked: list[str | None] = []
        self.now, self.ticks = NOW, 100.0
        self.changed = False
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.headers.get("If-None-Match"))
        if self.status != 200:
            return httpx.Response(self.status)
        if self.asked[-1] == '"v5"' and not self.changed:
            return httpx.Response(304)
        return httpx.Response(200, content=self.content, headers={"ETag": '"v5"'})


async def no_wait(_seconds: float) -> None:
    raise AssertionError


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    async with Outbox(tmp_path, "s", now=lambda: NOW) as box:
        yield box


def listing(
    outbox: Outbox, served: Served, alarms: dict[str, Message | None], sleep: Sleep = no_wait
) -> BlockList:
    return BlockList(
        outbox,
        ServerConfig("http://platform.test", "t", KEY),
        httpx.AsyncClient(transport=httpx.MockTransport(served)),
        now=lambda: served.now,
        monotonic=lambda: served.ticks,
        random=Random(1),
        sleep=sleep,
        alarm=alarms.__setitem__,
    )


async def test_a_good_list_is_used_kept_and_asked_for_by_its_tag(outbox: Outbox, served: Served) -> None:
    alarms: dict[str, Message | None] = {}
    blocks = listing(outbox, served, alarms)
    assert blocks.age_s() is None
    await blocks.poll_once(KEY)
    why = blocks.blocked(ITEM)
    assert why is not None
    assert (why.state, why.case) == ("recalled", "7")
    served.ticks += 90
    served.now -= timedelta(days=365)
    assert blocks.age_s() == 90
    await blocks.poll_once(KEY)
    assert served.asked == [None, '"v5"']
    assert blocks.age_s() == 0
    restarted = listing(outbox, served, alarms)
    await restarted.restore()
    assert restarted.sequence == 5
    assert restarted.age_s() == 365 * 86_400  # unknown by such a clock, and not young


@pytest.mark.parametrize(
    "bad",
    [
        signed(6, signer=Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)),
        signed(4, {}),
        b"not json",
        signed(6)[:-40] + b'"}',
    ],
    ids=["another's signature", "rollback", "no list", "torn"],
)
async def test_a_bad_list_keeps_the_old_one_and_alarms(outbox: Outbox, served: Served, bad: bytes) -> None:
    alarms: dict[str, Message | None] = {}
    blocks = listing(outbox, served, alarms)
    await blocks.poll_once(KEY)
    served.content, served.changed = bad, True
    await blocks.poll_once(KEY)
    assert blocks.blocked(ITEM) is not None
    assert blocks.sequence == 5
    message = alarms["signature"]
    assert message is not None
    assert message.code == "SIGNATURE_FAIL"


@pytest.mark.parametrize(
    "answer",
    [
        signed("1"),
        signed(True),
        signed(-1),
        signed(1, []),
        signed(1, {"k": {"state": "fine"}}),
        signed(1, {"k": 1}),
        signed(1, issued="yesterday"),
        signed(1, issued="2026-11-21T00:00:00"),
        b"[]",
        b'{"payload": "!", "signature": ""}',
    ],
)
def test_hostile_lists_are_refused_with_a_reason(answer: bytes) -> None:
    with pytest.raises(BlockListError) as caught:
        verify(answer, KEY)
    assert caught.value.detail


async def test_a_refused_credential_is_tried_slowly_and_the_list_comes_back(
    outbox: Outbox, served: Served
) -> None:
    alarms: dict[str, Message | None] = {}
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            served.status = 200
        await asyncio.sleep(0)

    served.status = 403
    blocks = listing(outbox, served, alarms, sleep)
    polling = asyncio.create_task(blocks.run())
    async with asyncio.timeout(5):
        while len(slept) < 3:
            assert not polling.done()
            await asyncio.sleep(0)
    polling.cancel()
    assert all(REFUSED_S / 2 <= seconds <= REFUSED_S for seconds in slept[:2])
    assert slept[2] == POLL_S
    assert blocks.sequence == 5
    assert alarms["credential"] is None

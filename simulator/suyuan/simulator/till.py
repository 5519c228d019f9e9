"""A live till: a shop of the sample world that goes on selling, read over real LLRP, at the time of day.

It works in the data folder of the shop's station, so that its sequence and its memory go on where the play
ended. After a recall it says "stop the goods" as soon as the station has the new block list.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outcome import Outcome
from suyuan.simulator.field import Clock, Rates
from suyuan.simulator.post import Post, Server, pass_of
from suyuan.simulator.story import Assignment
from suyuan.simulator.world import LOCAL, World
from suyuan.trace.errors import NotFound

EVERY_S = 3.0
SHOP = "shop-1"


class Till:
    """An async context manager; inside, the shop is open.

    Args:
        world: a world that was played in ``folder``.
        server_url: where events go and block lists come from.
        token: of the shop's station.
        folder: as given to ``play``; nobody else may be using the shop's part of it.
        block_list_key: public key of block lists.
        now: the real wall clock.
        shop: id of the shop's station.
        rates: of reading faults.
        sleep: waits between sales.
    """

    def __init__(
        self,
        world: World,
        *,
        server_url: str,
        token: str,
        folder: Path,
        block_list_key: bytes | None,
        now: Callable[[], datetime],
        shop: str = SHOP,
        rates: Rates | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._world = world
        self._site = world.site(shop)
        self._now = now
        self._rates = rates or Rates()
        self._sleep = sleep
        self._exit = AsyncExitStack()
        server = Server(server_url, token, block_list_key)
        self.post = Post(self._site, folder, server, clock=Clock(now(), wall=now), now=now)

    async def __aenter__(self) -> Self:
        await self._exit.enter_async_context(self.post)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    async def offer(self, item: str) -> Outcome:
        """Hold one item (canonical key) to the till now, whatever happened to it before.

        If it is still in a case here, the case is opened first.

        Raises:
            NotFound: the sample world has no such item.
        """
        memory = self._memory(item)
        where = self._world.whereabouts[item]
        if where.container is not None and where.place == self._site.key:
            await self._open(where.container)
        return await self._do("", Step.SELL, (memory,), item)

    async def sales(self, every_s: float = EVERY_S) -> AsyncGenerator[Outcome, None]:
        """Sell what is fresh, an item every ``every_s`` seconds, opening cases as needed, until all is gone.

        An item that is stopped is set aside. What an earlier till has sold is not sold again.
        """
        for case, items in self._stock():
            if case is not None:
                await self._open(case)
            for item in items:
                order_id = self._id("sale", item)
                if not await self._was_done(order_id):
                    yield await self._do(order_id, Step.SELL, (self._memory(item),), item)
                    await self._sleep(every_s)

    def _stock(self) -> Iterator[tuple[str | None, list[str]]]:
        """What is on the shelf, then one case after the other; each in a random but repeatable order."""
        world, random = self._world, Random(self._world.name)  # noqa: S311 - repeatable, no secret
        today = self._now().astimezone(LOCAL).date()
        shelf: dict[str | None, list[str]] = {None: []}
        for item in world.items.values():
            where, last_day = world.whereabouts[item.key], world.lots[item.lot].expires
            fresh = last_day is None or last_day >= today
            if where.place == self._site.key and where.status == "in_stock" and fresh:
                shelf.setdefault(where.container, []).append(item.key)
        cases = [case for case in shelf if case is not None]
        random.shuffle(cases)
        for case in (None, *cases):
            yield case, random.sample(shelf[case], len(shelf[case]))

    async def _open(self, case: str) -> None:
        if await self._was_done(self._id("open", case)):
            return
        inside = self._world.contents[case]
        memories = (*(self._memory(item) for item in inside), self._world.units[case].memory)
        await self._do(self._id("open", case), Step.UNPACK, memories, *inside, parent=case)

    async def _was_done(self, order_id: str) -> bool:
        return await self.post.station.performed(order_id) is not None

    async def _do(
        self,
        order_id: str,
        step: Step,
        memories: tuple[bytes, ...],
        *expected: str,
        parent: str | None = None,
    ) -> Outcome:
        order = Order(step, order_id=order_id, expected=expected, parent=parent)
        assignment = Assignment(
            order_id, self._site.station, self._site.door(step).name, self._now(), order, memories
        )
        made = pass_of(replace(assignment, order_id=order_id or expected[0]), self._rates)
        return await self.post.carry_out(assignment, made)

    def _memory(self, item: str) -> bytes:
        known = self._world.items.get(item)
        if known is None:
            raise NotFound(
                "The sample world has no item {item}.",
                where="item",
                remedy="Take one of its items by canonical key.",
                item=item,
            )
        return known.memory

    def _id(self, what: str, key: str) -> str:
        return f"{self._world.name}-{self._site.station}-{what}-{key.rpartition('/')[2]}"


async def live_till(
    world: World,
    *,
    server_url: str,
    token: str,
    folder: Path,
    block_list_key: bytes | None,
    now: Callable[[], datetime],
    shop: str = SHOP,
    every_s: float = EVERY_S,
    rates: Rates | None = None,
) -> AsyncGenerator[Outcome, None]:
    """The outcomes of a :class:`Till` that sells until its stock is gone; closing this closes the till."""
    till = Till(
        world,
        server_url=server_url,
        token=token,
        folder=folder,
        block_list_key=block_list_key,
        now=now,
        shop=shop,
        rates=rates,
    )
    async with till:
        async for outcome in till.sales(every_s):
            yield outcome

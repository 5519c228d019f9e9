from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.simulator.fake_platform import TOKENS, Platform, play_through, running

from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.words import State
from suyuan.simulator.field import Rates
from suyuan.simulator.plot import imagine
from suyuan.simulator.till import Till, live_till
from suyuan.simulator.world import MINIATURE, World
from suyuan.trace.errors import NotFound

END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
SHOP = "shop-1"
NO_GARBAGE = Rates(garbage=0.0)
"""A garbage tag beside an item calls for attention, which is right but not what is asked here."""


def shop_time() -> datetime:
    return END


@pytest.fixture(scope="module")
def world() -> World:
    return imagine(7, END, MINIATURE)


@pytest.fixture(scope="module")
def played(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stations' folders after the world was played."""
    folder = tmp_path_factory.mktemp("stations")
    play_through(world, folder)
    return folder


@pytest.fixture
async def platform(played: Path, tmp_path: Path) -> AsyncIterator[Platform]:
    shutil.copytree(played / SHOP, tmp_path / SHOP)
    async with running() as platform:
        yield platform


def till(world: World, platform: Platform, folder: Path) -> Till:
    return Till(
        world,
        server_url=platform.url,
        token=TOKENS + SHOP,
        folder=folder,
        block_list_key=platform.key,
        now=shop_time,
        shop=SHOP,
        rates=NO_GARBAGE,
    )


def on_sale(world: World) -> set[str]:
    """Fresh items that are in the shop: those of M1 are past their day."""
    return {
        key
        for key, item in world.items.items()
        if world.whereabouts[key].place == world.site(SHOP).key
        and world.whereabouts[key].status == "in_stock"
        and not item.lot.endswith("M1")
    }


async def test_it_sells_its_fresh_stock_once_and_then_ends(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    async with till(world, platform, tmp_path) as shop:
        outcomes = [outcome async for outcome in shop.sales(every_s=0)]
        await shop.post.station.wait_delivered()
    assert {o.state for o in outcomes} == {State.DONE}
    sold = [
        epc
        for event in platform.events.values()
        if event["bizStep"] == "retail_selling"
        for epc in event["epcList"]
    ]
    assert set(sold) == on_sale(world)
    assert len(sold) == len(outcomes) == len(on_sale(world)) > 0
    async with till(world, platform, tmp_path) as shop:
        assert [outcome async for outcome in shop.sales(every_s=0)] == []


async def test_recalled_goods_are_stopped_at_the_till_with_the_reason(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    recalled = {key for key in on_sale(world) if world.items[key].lot in world.affected_lots}
    clean = on_sale(world) - recalled
    assert recalled
    assert clean
    platform.block({key: {"state": "recalled", "case": "R-1"} for key in recalled})
    async with till(world, platform, tmp_path) as shop:
        for _ in range(500):
            if (await shop.post.station.status()).block_list_sequence == platform.sequence:
                break
            await asyncio.sleep(0.02)
        stopped: Outcome = await shop.offer(min(recalled))
        assert stopped.state is State.STOP
        assert [message.code for message in stopped.messages] == ["RECALLED"]
        assert stopped.event_ids == ()
        outcomes = [outcome async for outcome in shop.sales(every_s=0)]
    assert sum(o.state is State.STOP for o in outcomes) == len(recalled)
    assert sum(o.state is State.DONE for o in outcomes) == len(clean)


async def test_an_offer_of_something_else_is_told(world: World, platform: Platform, tmp_path: Path) -> None:
    async with till(world, platform, tmp_path) as shop:
        with pytest.raises(NotFound, match="no item"):
            await shop.offer("https://id.gs1.org/01/09520007000014/21/1")
        sold = await shop.offer(min(on_sale(world)))
        again = await shop.offer(min(on_sale(world)))
        assert set(sold.event_ids).isdisjoint(
            again.event_ids
        )  # a second sale is a fact, for the page to tell


async def test_live_till_closes_the_shop_when_nobody_listens_any_more(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    sales = live_till(
        world,
        server_url=platform.url,
        token=TOKENS + SHOP,
        folder=tmp_path,
        block_list_key=platform.key,
        now=shop_time,
        every_s=0.0,
        rates=NO_GARBAGE,
    )
    first = await anext(sales)
    assert first.state is State.DONE
    await sales.aclose()
    async with till(world, platform, tmp_path):
        pass  # the folder is free again

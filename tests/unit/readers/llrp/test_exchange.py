"""What becomes of those who ask when the connection ends."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from typing import Any, cast

import pytest

from suyuan.readers.errors import TransientConnectionError, TruncatedMessage
from suyuan.readers.llrp.codec import Message
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.exchange import Exchange


async def test_an_end_that_is_learnt_in_sending_is_told_once() -> None:
    """It was in the log a second time, as an exception that nobody had retrieved."""

    class Ending:
        async def send(self, _: Message) -> None:
            exchange.give_up(TruncatedMessage("The connection ended {got} bytes into a message.", got=3))
            raise TransientConnectionError("The connection broke: {reason}.", reason="reset")

    exchange = Exchange("dock", cast("Connection", Ending()), 20)
    unheard: list[Mapping[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    with pytest.raises(TransientConnectionError, match="reset"):
        await exchange.ask(Message("GET_READER_CONFIG", 0, {}))
    gc.collect()
    await asyncio.sleep(0)
    assert unheard == []
    with pytest.raises(TruncatedMessage):
        await exchange.ask(Message("GET_READER_CONFIG", 0, {}))

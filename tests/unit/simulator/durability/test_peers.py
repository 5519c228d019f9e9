"""Readers of a campaign outlive a station that is killed while they have their trouble."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.simulator.durability.peers import LlrpPeer


@pytest.mark.parametrize(
    "error", [ConnectionResetError(104, "reset"), TransientConnectionError("The connection broke.")]
)
@pytest.mark.parametrize("trouble", ["cut", "garbage", "restart"])
async def test_a_station_that_went_away_first_ends_no_campaign(
    monkeypatch: pytest.MonkeyPatch, trouble: str, error: Exception
) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise error

    for name in ("cut", "send_raw", "restart"):
        monkeypatch.setattr(LlrpEmulator, name, breaks)
    async with LlrpPeer("dock") as peer:
        await peer.fail(trouble, Random(1))

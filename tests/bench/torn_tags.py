"""A tag that is being made to sign is torn off the real pcscd behind each command, and laid down again.

Run as root with ``python tests/bench/torn_tags.py``; some three minutes. The suite does the same without the
daemon (``tests/unit/readers/tags/test_ntag424.py``) and at one command with it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from suyuan.readers.errors import TagLost
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.virtual.ntag424 import Tear, VirtualNtag424
from suyuan.readers.virtual.pcscd import SOCKET_VARIABLE, PrivatePcscd
from suyuan.readers.virtual.vpcd import VpcdCard
from suyuan.trace.sun import KeyFile, KeySet, sun_of, verify

LINK = "https://id.example.cn/01/06901234567892/21/7"
KEYS = KeyFile({1: KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)})


async def torn_and_finished(reader: Reader, daemon: PrivatePcscd, after: int, *, done: bool) -> bool:
    """Whether the tag was torn away at all; then it was finished, or this raises."""
    tag = VirtualNtag424(bytes((4, *after.to_bytes(5, "big"), done)))
    try:
        with VpcdCard(tag, daemon.dial):
            await reader.receive(1)
            tag.tear = Tear(after, done=done)
            await reader.sign_link(LINK, KEYS)
    except TagLost:
        await asyncio.sleep(1)
        tag.tear = None
        with VpcdCard(tag, daemon.dial):
            await reader.receive(1)
            assert verify(sun_of((await reader.sign_link(LINK, KEYS)).text), KEYS).uid == tag.uid
        await asyncio.sleep(1)
        return True
    await asyncio.sleep(1)
    return False


async def campaign(daemon: PrivatePcscd) -> str:
    torn = 0
    async with open_reader("pcsc://", now=lambda: datetime.now(UTC)) as reader:
        for after in range(200):
            if not await torn_and_finished(reader, daemon, after, done=bool(after % 2)):
                break
            torn += 1
    return f"torn away behind each of {torn} commands, and finished each time\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, PrivatePcscd(Path(folder)) as private:
        os.environ[SOCKET_VARIABLE] = str(private.socket_path)
        sys.stdout.write(asyncio.run(campaign(private)))

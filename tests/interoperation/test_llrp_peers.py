"""LLRP with others: sllurp, pyllrp and llrpkit as clients of our reader, our client on llrpkit's reader.

Each peer is a process in an environment of its own (``make .venv/.peers``), run by a script in ``peers/``.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import absent

from suyuan.readers.field import Bench
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.registry import open_reader
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.readers.virtual.gen2 import VirtualGen2

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venv" / "peers"
PATIENCE_S = 60
"""Others wait thirty seconds at most; a busy machine starts their interpreters slowly."""
SHORT_EPCS = [f"3066c4409047e140075bcd{last:02x}" for last in range(0x10, 0x38)] + [
    "000000000000000000000007"
]
LONG_EPC = "fb342cde795211411234538566cb0afc"
"""A DSGTIN+ of 128 bits: it does not fit the short form of a report."""

TID = "e2801191200077ab3c4d5e6f"
PASSWORD = 0x12345678
LOCKED = "Tag_Memory_Locked_Error"


def peer(name: str, script: str) -> list[str]:
    """The beginning of the command that runs a script in that peer's environment."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        absent(f"{name} has no environment at {python}; make .venv/.peers makes it")
    return [str(python), str(HERE / "peers" / script)]


async def run(name: str, emulator: LlrpEmulator, *arguments: str | int) -> dict[str, Any]:
    """What a client says after it did something with our emulated reader."""
    command = [*peer(name, f"{name}_client.py"), "127.0.0.1", str(emulator.port), *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    in_time = asyncio.get_running_loop().call_later(PATIENCE_S, process.kill)
    try:
        said, complained = await process.communicate()
    finally:
        in_time.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complained.decode()
    answer: dict[str, Any] = json.loads(said)
    return answer


def now() -> datetime:
    return datetime.now(UTC)


def lying(*epcs: str, antennas: int = 4) -> Bench:
    bench = Bench()
    for number, epc in enumerate(epcs):
        bench.put(1 + number % antennas, bytes.fromhex(epc), rssi_dbm=-40.0 - number)
    return bench


@pytest.mark.parametrize("name", ["sllurp", "llrpkit", "pyllrp"])
async def test_a_client_of_others_makes_an_inventory_of_our_reader(name: str) -> None:
    # pyllrp tells an EPC as a number, so that only those of one length can be compared.
    epcs = [*SHORT_EPCS, *([] if name == "pyllrp" else [LONG_EPC])]
    async with LlrpEmulator(now=now, field=lying(*epcs)) as emulator:
        found = await run(name, emulator, "inventory", 3 * len(epcs))
        assert found["epcs"] == sorted(epcs)
        async with asyncio.timeout(PATIENCE_S):
            await emulator.alone()
        # Whatever it left behind, the next client finds the reader as it needs it.
        assert (await run(name, emulator, "inventory", 3 * len(epcs)))["epcs"] == sorted(epcs)


@pytest.mark.parametrize(("name", "done", "locked"), [("sllurp", 0, 2), ("llrpkit", "Success", LOCKED)])
async def test_a_client_of_others_reads_and_writes_tags_before_our_reader(
    name: str, done: int | str, locked: int | str
) -> None:
    bench = lying(*SHORT_EPCS[:3], antennas=1)
    chip = bench.lay(1, VirtualGen2(bytes.fromhex(LONG_EPC), bytes.fromhex(TID), access_password=PASSWORD))
    async with LlrpEmulator(now=now, field=bench) as emulator:
        read = await run(name, emulator, "read", LONG_EPC, Bank.TID.value, 0, 6)
        assert (read["epc"], read["result"], read["data"]) == (LONG_EPC, done, TID)
        wrote = await run(name, emulator, "write", LONG_EPC, Bank.USER.value, 1, "cafe0102")
        assert (wrote["epc"], wrote["result"], wrote["words"]) == (LONG_EPC, done, 2)
        assert chip.read(Bank.USER, 0, 4) == bytes.fromhex("0000cafe01020000")
        chip.lock({LockField.USER: Lock.LOCK}, PASSWORD)
        refused = await run(name, emulator, "write", LONG_EPC, Bank.USER.value, 1, "ffffffff")
        assert (refused["epc"], refused["result"], refused["words"]) == (LONG_EPC, locked, 0)
        assert chip.read(Bank.USER, 0, 4) == bytes.fromhex("0000cafe01020000")
        assert all(each.chip and not any(each.chip.banks[Bank.USER]) for each in bench.seen(1, now())[:3])


async def test_our_client_makes_an_inventory_of_a_reader_of_others() -> None:
    # llrpkit's reader refuses DELETE_ROSPEC of all where there are none, and ignores start triggers: the
    # driver goes on after such a refusal and starts its ROSpec by itself.
    process = await asyncio.create_subprocess_exec(
        *peer("llrpkit", "llrpkit_reader.py"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            there = json.loads(await process.stdout.readline())
            url = f"llrp://127.0.0.1:{there['port']}?keepalive=1&name=dock"
            for _ in range(2):
                async with open_reader(url, now=now) as reader:
                    seen: set[str] = set()
                    async for each in reader.observations():
                        seen.add(each.epc.hex())
                        assert each.antenna in {1, 2, 3, 4}
                        assert each.rssi_dbm is not None
                        assert abs((each.last_seen - now()).total_seconds()) < PATIENCE_S
                        if len(seen) == len(there["epcs"]):
                            break
                    assert sorted(seen) == there["epcs"]
                    assert reader.info is not None
                    assert reader.info.antennas == (1, 2, 3, 4)
                    assert reader.health().clock_offset_s is not None
    finally:
        process.kill()
        await process.wait()

"""How fast taps are verified, tags planned and signed; links read through nfcpy, commands through pcscd.

Run with ``python tests/bench/bench_tags.py`` (the last part as root, where pcscd and vpcd are installed).
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from suyuan.readers.pcsc import service
from suyuan.readers.registry import open_reader
from suyuan.readers.tags.ntag424 import sign
from suyuan.readers.tags.originality import is_original
from suyuan.readers.tags.tid import tid_of
from suyuan.readers.tags.uhf import epc_for
from suyuan.readers.virtual.ntag424 import VirtualNtag424
from suyuan.readers.virtual.pcscd import READER, SOCKET_VARIABLE, PrivatePcscd, missing
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.udp import UdpTag
from suyuan.readers.virtual.vpcd import VpcdCard
from suyuan.trace.gs1 import identifier_of
from suyuan.trace.sun import KeyFile, KeySet, Role, sun_of, verify

LINK = "https://id.example.cn/01/06901234567892/21/7"
KEYS = KeyFile({1: KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)})
UID = bytes.fromhex("04a1b2c3d4e5f6")
PUBLISHED = "https://x.cn/?picc_data=1FCBE61B3E4CAD980CBFDD333E7A4AC4A579569BAFD22C5F&cmac=4231608BA7B02BA9"
MADE = bytes.fromhex("67B1750BCCEB1174F9A33BF20E0226551A6366939B31F949848C3C087350FA90")


class Zeros:
    """The keys of the published examples."""

    versions = (1,)

    def tag_key(self, role: Role, uid: bytes, version: int) -> bytes:
        del role, uid, version
        return bytes(16)


def per_second(work: Callable[[], object], rounds: int) -> float:
    """The best of three runs: other work on the machine only ever slows one down."""
    best = 0.0
    for _ in range(3):
        start = process_time()
        for _ in range(rounds):
            work()
        best = max(best, rounds / (process_time() - start))
    return best


def signed() -> str:
    tag = VirtualNtag424(UID)
    return sign(lambda command: tag.answer(command) or b"", LINK, KEYS, random=secrets.token_bytes).text


def report() -> list[str]:
    url = signed()
    message, lrp, zeros = sun_of(url), sun_of(PUBLISHED), Zeros()
    item = identifier_of([("01", "06901234567892"), ("21", "123456789")])
    end = date(2026, 12, 31)
    rows: list[tuple[str, Callable[[], object], int]] = [
        ("tap verified, AES, diversified keys", lambda: verify(message, KEYS), 20_000),
        ("tap verified, AES, fixed keys", lambda: verify(message_of_zeros, zeros), 20_000),
        ("link taken apart and verified", lambda: verify(sun_of(url), KEYS), 20_000),
        ("tap verified, LRP", lambda: verify(lrp, zeros), 500),
        ("EPC planned: expiry and lot", lambda: epc_for(item, epc_bits=256, lot="L1", expiry=end), 2_000),
        ("EPC planned: SGTIN-96", lambda: epc_for(item, company_prefix_length=8), 2_000),
        ("TID parsed", lambda: tid_of(bytes.fromhex("E2801191200076D63DDC030A")), 20_000),
        ("maker's signature judged", lambda: is_original(bytes.fromhex("04AB87F2CA1190"), MADE), 20),
        ("NTAG 424 DNA signed, both ends", signed, 50),
    ]
    message_of_zeros = sun_of("https://x.cn/?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086")
    return [f"{name:38} {per_second(work, rounds):10,.0f}/s" for name, work, rounds in rows]


def over_nfcpy() -> list[str]:
    """Tags read a second by our driver over nfcpy's udp device, the tag a thread beside it; wall time.

    Each time the tag is asked whether it is still there and its link is read anew; median of five.
    """
    if importlib.util.find_spec("nfc") is None:
        return ["nfcpy: not measured, it is not installed"]

    async def measured(port: int) -> float:
        rates: list[float] = []
        async with open_reader(
            f"nfc+udp://127.0.0.1:{port}?types=a", now=lambda: datetime.now(UTC)
        ) as reader:
            await asyncio.wait_for(reader.receive(), 60)
            await reader.write_link(LINK)
            for _ in range(5):
                start = perf_counter()
                for _ in range(50):
                    await reader.read_link()
                rates.append(50 / (perf_counter() - start))
        return median(rates)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    with UdpTag(VirtualNtag(UID), port):
        return [f"{'tags read through nfcpy, its udp device':38} {asyncio.run(measured(port)):10,.0f}/s"]


def over_pcscd() -> list[str]:
    """Commands a second of our PC/SC layer, the daemon and a virtual card; wall time, median of five."""
    lacks = missing()
    if lacks or importlib.util.find_spec("smartcard") is None:
        return [f"pcscd: not measured, it needs {lacks or 'pyscard'}"]
    with tempfile.TemporaryDirectory() as folder, PrivatePcscd(Path(folder)) as daemon:
        os.environ[SOCKET_VARIABLE] = str(daemon.socket_path)
        scard = service.load()
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        name = f"{READER} 00 00"
        rates: list[float] = []
        with VpcdCard(VirtualNtag(UID), daemon.dial):
            while (
                not scard.SCardGetStatusChange(context, 100, [(name, 0)])[1][0][1] & scard.SCARD_STATE_PRESENT
            ):
                pass
            with service.held(scard, context, name) as card:
                for _ in range(5):
                    start = perf_counter()
                    for _ in range(2_000):
                        card.transmit(b"\xff\xb0\x00\x04\x10")
                    rates.append(2_000 / (perf_counter() - start))
        scard.SCardReleaseContext(context)
    return [f"{'pages read through pcscd':38} {median(rates):10,.0f}/s"]


def test_speed_is_printed() -> None:
    sys.stdout.write("\n".join(["", *report(), *over_nfcpy(), *over_pcscd(), ""]))


if __name__ == "__main__":
    sys.stdout.write("\n".join([*report(), *over_nfcpy(), *over_pcscd(), ""]))

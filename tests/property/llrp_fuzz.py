"""A campaign against what reads LLRP: damaged messages, whole and in pieces.

``python -m tests.property.llrp_fuzz 1000000 --seed 7`` runs it at length; the suite runs a short one.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from suyuan.readers.errors import ProtocolError, TransientConnectionError
from suyuan.readers.llrp.codec import HEADER, Message, Parameter, decode_message, encode_message
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.report import Content, read_report, write_report
from suyuan.readers.observation import Observation

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EXTREMES = [0, 1, 3, 4, 5, 9, 10, 11, 0x7F, 0x80, 0xFF, 0x3FF, 0x7FFF, 0x8000, 0xFFFF]
LONG_EXTREMES = [*EXTREMES, 0xFFFF_FFFF, 0x8000_0000, 16 * 1024 * 1024, 4 * 1024 * 1024 + 1]
IN_PIECES = 10
"""Of so many cases one also comes through a connection, cut at random."""


def corpus() -> list[bytes]:
    """Messages as they should be."""
    tags = [
        Observation(
            "", 1 + n % 4, bytes((0x30, *range(n, n + 11))), NOON, NOON + timedelta(seconds=n), 1 + n, -50.0
        )
        for n in range(6)
    ]
    long = [Observation("", 1, bytes(range(size)), NOON, NOON) for size in (0, 16, 62)]
    status = Parameter("LLRPStatus", {"StatusCode": 100, "ErrorDescription": "不行"})
    attempt = Parameter("ConnectionAttemptEvent", {"Status": 0})
    stamp = Parameter("UTCTimestamp", {"Microseconds": 1 << 50})
    entry = Parameter("TransmitPowerLevelTableEntry", {"Index": 1, "TransmitPowerValue": 3000})
    hops = Parameter("FrequencyHopTable", {"HopTableID": 1, "Frequency": (920_625, 920_875)})
    band = Parameter(
        "UHFBandCapabilities", children=(entry, Parameter("FrequencyInformation", {"Hopping": 1}, (hops,)))
    )
    messages = [
        Message("KEEPALIVE", 1),
        Message("ERROR_MESSAGE", 2, children=(status,)),
        Message(
            "READER_EVENT_NOTIFICATION",
            3,
            children=(Parameter("ReaderEventNotificationData", children=(stamp, attempt)),),
        ),
        Message(
            "GET_READER_CAPABILITIES_RESPONSE",
            4,
            children=(
                status,
                Parameter(
                    "GeneralDeviceCapabilities",
                    {"MaxNumberOfAntennaSupported": 4, "ReaderFirmwareVersion": "8.1"},
                    (Parameter("PerAntennaAirProtocol", {"AntennaID": 1, "ProtocolID": b"\x01"}),),
                ),
                Parameter("RegulatoryCapabilities", {"CountryCode": 156}, (band,)),
            ),
        ),
        Message("CUSTOM_MESSAGE", 5, {"VendorIdentifier": 25882, "MessageSubtype": 21, "Data": b"\x00"}),
    ]
    reports = [
        write_report(tags, message_id=6),
        write_report(tags, message_id=7, content=Content(rospec_id=True)),
        write_report(long, message_id=8),
        write_report(tags[:1], message_id=9),
    ]
    return [*map(encode_message, messages), *reports, *map(_with_vendor, reports[:2])]


def _with_vendor(report: bytes) -> bytes:
    """Impinj's RSSI and TID behind each tag of a report whose tags have one size."""
    vendor = bytes.fromhex("03FF000E0000651A00000039EA7C 03FF00160000651A000000370004E28011912000778A")
    size = int.from_bytes(report[12:14], "big")
    body = b"".join(
        b"\x00\xf0" + (size + len(vendor)).to_bytes(2, "big") + report[at + 4 : at + size] + vendor
        for at in range(HEADER.size, len(report), size)
    )
    return _framed(report[:2], body)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + (HEADER.size + len(body)).to_bytes(4, "big") + bytes(4) + body


def damaged(chance: random.Random, messages: Sequence[bytes]) -> bytes:
    """A message with one to four faults; in most, the header tells the length that is there."""
    raw = bytearray(chance.choice(messages))
    for _ in range(chance.randint(1, 4)):
        chance.choice(FAULTS)(chance, raw, messages)
    if chance.random() < 0.8 and len(raw) >= HEADER.size:
        raw[2:6] = len(raw).to_bytes(4, "big")
    return bytes(raw)


def _flip(chance: random.Random, raw: bytearray, _: Sequence[bytes]) -> None:
    if raw:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)


def _claim(chance: random.Random, raw: bytearray, _: Sequence[bytes]) -> None:
    """A length or count that cannot be, or a huge value."""
    width, values = chance.choice([(2, EXTREMES), (4, LONG_EXTREMES), (8, [(1 << 64) - 1, 1 << 63, 0])])
    if len(raw) > width:
        at = chance.randrange(len(raw) - width)
        raw[at : at + width] = chance.choice(values).to_bytes(width, "big")


def _cut(chance: random.Random, raw: bytearray, _: Sequence[bytes]) -> None:
    del raw[chance.randint(0, len(raw)) :]


def _double(chance: random.Random, raw: bytearray, _: Sequence[bytes]) -> None:
    start = chance.randint(0, len(raw))
    raw[start:start] = raw[start : start + chance.randint(0, 40)] * chance.choice([1, 2, 30])


def _splice(chance: random.Random, raw: bytearray, messages: Sequence[bytes]) -> None:
    other = chance.choice(messages)
    start = chance.randint(0, len(raw))
    raw[start:start] = other[chance.randint(0, len(other)) :]


def _nest(chance: random.Random, raw: bytearray, _: Sequence[bytes]) -> None:
    """All that follows the header becomes the inside of parameters in parameters."""
    inner = bytes(raw[HEADER.size :])
    for _depth in range(chance.choice([1, 2, 13, 200])):
        size = min(len(inner) + 4, 0xFFFF)
        inner = chance.choice([b"\x00\xf0", b"\x00\xf6", b"\x00\xb1"]) + size.to_bytes(2, "big") + inner
    raw[HEADER.size :] = inner


Fault = Callable[[random.Random, bytearray, Sequence[bytes]], None]
FAULTS: tuple[Fault, ...] = (_flip, _flip, _claim, _claim, _cut, _double, _splice, _nest)


def campaign(cases: int, seed: int) -> Counter[str]:
    """How often each reader read, and how often it refused; any other end of it is the caller's to see."""
    chance = random.Random(seed)
    messages = corpus()
    outcomes: Counter[str] = Counter()
    for case in range(cases):
        data = damaged(chance, messages)
        outcomes[f"decode_message {_outcome(lambda data=data: decode_message(data))}"] += 1
        outcomes[f"read_report {_outcome(lambda data=data: read_report(data, 'dock', NOON))}"] += 1
        if case % IN_PIECES == 0:
            outcomes[f"connection {asyncio.run(_through(chance, data + messages[0]))}"] += 1
    return outcomes


def _outcome(read: Callable[[], object]) -> str:
    try:
        read()
    except ProtocolError:
        return "refused"
    return "read"


async def _through(chance: random.Random, data: bytes) -> str:
    """What a connection makes of it, with as much in its hands as came, whatever is announced."""
    reader = asyncio.StreamReader()
    connection = Connection(reader, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] (nothing is sent)
    while data:
        size = chance.randint(1, len(data))
        reader.feed_data(data[:size])
        data = data[size:]
    reader.feed_eof()
    try:
        while True:
            await connection.read_all()
    except ProtocolError:
        return "refused"
    except TransientConnectionError:
        return "read to its end"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=int)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for outcome, count in sorted(campaign(arguments.cases, arguments.seed).items()):
        print(f"{outcome:<32}{count:>12,}")  # noqa: T201


if __name__ == "__main__":
    main()

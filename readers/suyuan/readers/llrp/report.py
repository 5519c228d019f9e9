"""The fast path for RO_ACCESS_REPORT: tag reports to observations and back, without the generic codec.

A reader that reports hundreds of tags a second sends almost nothing but these; the loop below knows the
parameters of TagReportData by their numbers (LLRP 1.0.1 §16.2.7.3) and steps over all others.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from suyuan.readers.llrp.codec import HEADER, TLV_HEADER, TV_BIT, refuse
from suyuan.readers.llrp.tables import TV_PARAMETERS
from suyuan.readers.observation import Observation

RO_ACCESS_REPORT = 61
TAG_REPORT_DATA = 240
EPC_DATA = 241
EPC_96_SIZE = 12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# The first bytes of the TV parameters of a tag report: worked out once, not once per comparison.
_EPC_96, _ANTENNA, _FIRST_SEEN, _LAST_SEEN, _PEAK_RSSI, _SEEN_COUNT = (
    TV_BIT | n for n in (13, 1, 2, 4, 6, 8)
)
_U16 = struct.Struct(">H").unpack_from
_U64 = struct.Struct(">Q").unpack_from
_TLV = struct.Struct(">HH").unpack_from
_TV_SIZE = tuple(
    1 + sum(entry.width for entry in TV_PARAMETERS[number].fields) // 8 if number in TV_PARAMETERS else 0
    for number in range(128)
)
"""Size of each TV parameter with its header byte; 0 where there is none of that number."""


@dataclass(frozen=True, slots=True)
class Content:
    """Which parts a tag report carries besides the EPC (TagReportContentSelector)."""

    rospec_id: bool = False
    antenna: bool = True
    rssi: bool = True
    first_seen: bool = True
    last_seen: bool = True
    count: bool = True


EVERYTHING = Content()


def read_report(
    data: bytes, reader: str, arrived: datetime, *, host_clock: bool = False
) -> list[Observation]:
    """The observations in an RO_ACCESS_REPORT, header included; O(bytes).

    Args:
        data: exactly one message.
        reader: name of the reader, for the observations.
        arrived: the host's time, used where the report has no UTC time of its own.
        host_clock: use ``arrived`` always.

    Raises:
        ProtocolError: a report that cannot be; nothing of it is used.
    """
    found: list[Observation] = []
    offset, end = HEADER.size, len(data)
    while offset < end:
        if end - offset < TLV_HEADER:
            raise refuse("A parameter of the report is cut off.", "RO_ACCESS_REPORT")
        number, length = _TLV(data, offset)
        stop = offset + length
        if length < TLV_HEADER or stop > end or number >> 10:
            raise refuse("Parameter {number} cannot stand here.", "RO_ACCESS_REPORT", number=number)
        if number == TAG_REPORT_DATA:
            found.append(_read_tag(data, offset + TLV_HEADER, stop, reader, arrived, host_clock=host_clock))
        offset = stop
    return found


def _read_tag(  # noqa: C901, PLR0912 - one branch per parameter: a table of functions halves the speed
    data: bytes, offset: int, stop: int, reader: str, arrived: datetime, *, host_clock: bool
) -> Observation:
    epc: bytes | None = None
    antenna, count = 0, 1
    rssi: float | None = None
    first = last = 0
    try:
        while offset < stop:
            kind = data[offset]
            if kind == _EPC_96:
                epc = data[offset + 1 : offset + 1 + EPC_96_SIZE]
                offset += 1 + EPC_96_SIZE
            elif kind == _ANTENNA:
                antenna = _U16(data, offset + 1)[0]
                offset += 3
            elif kind == _PEAK_RSSI:
                rssi = float((data[offset + 1] ^ 0x80) - 0x80)
                offset += 2
            elif kind == _FIRST_SEEN:
                first = _U64(data, offset + 1)[0]
                offset += 9
            elif kind == _LAST_SEEN:
                last = _U64(data, offset + 1)[0]
                offset += 9
            elif kind == _SEEN_COUNT:
                count = _U16(data, offset + 1)[0]
                offset += 3
            elif kind & TV_BIT:
                size = _TV_SIZE[kind & 0x7F]
                if not size:
                    raise refuse("There is no TV parameter {number}.", "TagReportData", number=kind & 0x7F)
                offset += size
            else:
                number, length = _TLV(data, offset)
                if length < TLV_HEADER:
                    raise refuse("Parameter {number} is too short.", "TagReportData", number=number)
                if number == EPC_DATA:
                    epc = _read_epc(data, offset + TLV_HEADER, offset + length)
                offset += length
        if offset != stop or epc is None:
            raise refuse("A tag report is cut off or has no EPC.", "TagReportData")
        if host_clock or not (first or last):
            first_seen = last_seen = arrived
        else:
            first_seen = EPOCH + (first or last) * MICROSECOND
            last_seen = EPOCH + last * MICROSECOND if last > first else first_seen
    except (struct.error, IndexError) as error:
        raise refuse("A tag report is cut off.", "TagReportData") from error
    except OverflowError as error:
        raise refuse("A tag report has a time that no calendar has.", "TagReportData") from error
    return Observation(reader, antenna, epc, first_seen, last_seen, count or 1, rssi)


def _read_epc(data: bytes, offset: int, stop: int) -> bytes:
    bits = _U16(data, offset)[0]
    size = (bits + 7) // 8
    if offset + 2 + size != stop:
        raise refuse("An EPC of {bits} bits does not fit its parameter.", "EPCData", bits=bits)
    return data[offset + 2 : stop]


def write_report(
    tags: Iterable[Observation],
    *,
    message_id: int,
    version: int = 1,
    rospec_id: int = 1,
    content: Content = EVERYTHING,
) -> bytes:
    """An RO_ACCESS_REPORT over ``tags``; RSSI is rounded to whole dBm, counts end at 65535."""
    body = b"".join(_write_tag(tag, rospec_id, content) for tag in tags)
    return HEADER.pack(version << 10 | RO_ACCESS_REPORT, HEADER.size + len(body), message_id) + body


def _write_tag(tag: Observation, rospec_id: int, content: Content) -> bytes:
    parts: list[bytes] = []
    if len(tag.epc) == EPC_96_SIZE:
        parts += (b"\x8d", tag.epc)
    else:
        parts.append(struct.pack(">HHH", EPC_DATA, 6 + len(tag.epc), 8 * len(tag.epc)) + tag.epc)
    if content.rospec_id:
        parts.append(struct.pack(">BI", TV_BIT | 9, rospec_id))
    if content.antenna:
        parts.append(struct.pack(">BH", TV_BIT | 1, tag.antenna))
    if content.rssi and tag.rssi_dbm is not None:
        parts.append(struct.pack(">Bb", TV_BIT | 6, max(-128, min(127, round(tag.rssi_dbm)))))
    if content.first_seen:
        parts.append(struct.pack(">BQ", TV_BIT | 2, microseconds(tag.first_seen)))
    if content.last_seen:
        parts.append(struct.pack(">BQ", TV_BIT | 4, microseconds(tag.last_seen)))
    if content.count:
        parts.append(struct.pack(">BH", TV_BIT | 8, min(tag.count, 0xFFFF)))
    body = b"".join(parts)
    return struct.pack(">HH", TAG_REPORT_DATA, TLV_HEADER + len(body)) + body


def microseconds(at: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, LLRP's UTC timestamp."""
    return (at - EPOCH) // MICROSECOND

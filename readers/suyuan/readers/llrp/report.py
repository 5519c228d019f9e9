"""The fast path for RO_ACCESS_REPORT: tag reports to observations and back, without the generic codec.

A reader that reports hundreds of tags a second sends almost nothing but these; the loop below knows the
parameters of TagReportData by their numbers (LLRP 1.0.1 §16.2.7.3) and steps over all others.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, make_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from suyuan.readers.llrp.access import TID_OPERATION
from suyuan.readers.llrp.alike import (
    ANTENNA,
    EPC_96,
    FIRST_SEEN,
    LAST_SEEN,
    PEAK_RSSI,
    SEEN_COUNT,
    TAG_REPORT_DATA,
    TV_SIZE,
    told_alike,
)
from suyuan.readers.llrp.codec import HEADER, TLV_HEADER, TV_BIT, refuse
from suyuan.readers.observation import Observation

RO_ACCESS_REPORT = 61
EPC_DATA = 241
READ_RESULT = 349
CUSTOM = 1023
IMPINJ = 25882
IMPINJ_TID, IMPINJ_PEAK_RSSI = 55, 57
"""Impinj's own parameters of a tag report: the TID as words, the RSSI in hundredths of a dBm."""
EPC_96_SIZE = 12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_U16 = struct.Struct(">H").unpack_from
_U64 = struct.Struct(">Q").unpack_from
_TLV = struct.Struct(">HH").unpack_from
_RESULT = struct.Struct(">BHH")
_VENDOR = struct.Struct(">II")
_S16 = struct.Struct(">h").unpack_from

# The fields of an Observation, not frozen: a frozen dataclass sets each through object.__setattr__, and that
# microsecond was a third of all reading. _observed() freezes it by giving it its class, which needs no copy.
_Unfrozen: Any = make_dataclass(
    "_Unfrozen", [(each.name, Any, field(default=each.default)) for each in fields(Observation)], slots=True
)


@dataclass(frozen=True, slots=True)
class Content:
    """Which parts a tag report carries besides the EPC (TagReportContentSelector)."""

    rospec_id: bool = False
    antenna: bool = True
    rssi: bool = True
    first_seen: bool = True
    last_seen: bool = True
    count: bool = True
    uptime: bool = False
    """Times by a clock that knows no date."""


EVERYTHING = Content()


def read_report(
    data: bytes,
    reader: str,
    arrived: datetime,
    *,
    host_clock: bool = False,
    nameless: Callable[[], None] = lambda: None,
) -> list[Observation]:
    """The observations in an RO_ACCESS_REPORT, header included; O(bytes).

    Args:
        data: exactly one message.
        reader: name of the reader, for the observations.
        arrived: the host's time, used where the report has no UTC time of its own.
        host_clock: use ``arrived`` always.
        nameless: called for every tag that is told without an EPC, and left out.

    Raises:
        ProtocolError: a report that cannot be; nothing of it is used.
    """
    alike = told_alike(data)
    if alike is not None:
        if host_clock:
            alike = ((epc, antenna, rssi, 0, 0, count) for epc, antenna, rssi, _, _, count in alike)
        return [
            _observed(reader, arrived, antenna, epc, float(rssi), first, last, count)
            for epc, antenna, rssi, first, last, count in alike
        ]
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
            tag = _read_tag(data, offset + TLV_HEADER, stop, reader, arrived, host_clock=host_clock)
            if tag is None:
                nameless()
            else:
                found.append(tag)
        offset = stop
    return found


def _read_tag(  # noqa: C901, PLR0912 - one branch per parameter: a table of functions halves the speed
    data: bytes, offset: int, stop: int, reader: str, arrived: datetime, *, host_clock: bool
) -> Observation | None:
    """A tag; None for one without an EPC, as Zebra's readers tell of tags that they could not read."""
    epc: bytes | None = None
    antenna, count = 0, 1
    rssi: float | None = None
    tid: bytes | None = None
    first = last = 0
    try:
        while offset < stop:
            kind = data[offset]
            if kind == EPC_96:
                epc = data[offset + 1 : offset + 1 + EPC_96_SIZE]
                offset += 1 + EPC_96_SIZE
            elif kind == ANTENNA:
                antenna = _U16(data, offset + 1)[0]
                offset += 3
            elif kind == PEAK_RSSI:
                rssi = float((data[offset + 1] ^ 0x80) - 0x80)
                offset += 2
            elif kind == FIRST_SEEN:
                first = _U64(data, offset + 1)[0]
                offset += 9
            elif kind == LAST_SEEN:
                last = _U64(data, offset + 1)[0]
                offset += 9
            elif kind == SEEN_COUNT:
                count = _U16(data, offset + 1)[0]
                offset += 3
            elif kind & TV_BIT:
                size = TV_SIZE[kind & 0x7F]
                if not size:
                    raise refuse("There is no TV parameter {number}.", "TagReportData", number=kind & 0x7F)
                offset += size
            else:
                number, length = _TLV(data, offset)
                if length < TLV_HEADER:
                    raise refuse("Parameter {number} is too short.", "TagReportData", number=number)
                if number == EPC_DATA:
                    epc = _read_epc(data, offset + TLV_HEADER, offset + length)
                elif number == CUSTOM:
                    rssi, tid = _read_custom(data, offset + TLV_HEADER, offset + length, rssi, tid)
                elif number == READ_RESULT:
                    tid = _read_result(data, offset + TLV_HEADER, offset + length) or tid
                offset += length
        if offset != stop:
            raise refuse("A tag report is cut off.", "TagReportData")
    except (struct.error, IndexError) as error:
        raise refuse("A tag report is cut off.", "TagReportData") from error
    if epc is None:
        return None
    if host_clock:
        first = last = 0
    return _observed(reader, arrived, antenna, epc, rssi, first, last, count, tid)


def _observed(
    reader: str,
    arrived: datetime,
    antenna: int,
    epc: bytes,
    rssi: float | None,
    first: int,
    last: int,
    count: int,
    tid: bytes | None = None,
) -> Observation:
    """The observation that the parts of a tag report make; times are 0 where not told, or not to be used."""
    try:
        if first or last:
            first_seen = EPOCH + (first or last) * MICROSECOND
            last_seen = EPOCH + last * MICROSECOND if last > first else first_seen
        else:
            first_seen = last_seen = arrived
    except OverflowError as error:
        raise refuse("A tag report has a time that no calendar has.", "TagReportData") from error
    made = _Unfrozen(reader, antenna, epc, first_seen, last_seen, count or 1, rssi, tid)
    made.__class__ = Observation
    seen: Observation = made
    return seen


def _read_epc(data: bytes, offset: int, stop: int) -> bytes:
    bits = _U16(data, offset)[0]
    size = (bits + 7) // 8
    if offset + 2 + size != stop:
        raise refuse("An EPC of {bits} bits does not fit its parameter.", "EPCData", bits=bits)
    return data[offset + 2 : stop]


def _read_custom(
    data: bytes, offset: int, stop: int, rssi: float | None, tid: bytes | None
) -> tuple[float | None, bytes | None]:
    """RSSI and TID after a vendor's parameter, which tells them better than the standard's, or nothing."""
    vendor, kind = _VENDOR.unpack_from(data, offset)
    offset += _VENDOR.size
    if offset > stop:
        raise refuse("Parameter {number} is too short.", "TagReportData", number=CUSTOM)
    if vendor == IMPINJ and kind == IMPINJ_PEAK_RSSI:
        if stop - offset != 2:  # noqa: PLR2004 - 16 bits
            raise refuse("Parameter {number} is too short.", "ImpinjPeakRSSI", number=CUSTOM)
        rssi = _S16(data, offset)[0] / 100
    elif vendor == IMPINJ and kind == IMPINJ_TID:
        if offset + 2 + 2 * _U16(data, offset)[0] != stop:
            raise refuse("Parameter {number} is too short.", "ImpinjSerializedTID", number=CUSTOM)
        tid = data[offset + 2 : stop]
    return rssi, tid


def _read_result(data: bytes, offset: int, stop: int) -> bytes:
    """The TID out of a C1G2ReadOpSpecResult; empty if it is another's, or could not be read."""
    result, operation, words = _RESULT.unpack_from(data, offset)
    offset += _RESULT.size
    if offset + 2 * words != stop:
        raise refuse("Parameter {number} is too short.", "C1G2ReadOpSpecResult", number=READ_RESULT)
    return data[offset:stop] if operation == TID_OPERATION and not result else b""


def write_report(
    tags: Iterable[Observation],
    *,
    message_id: int,
    version: int = 1,
    rospec_id: int = 1,
    content: Content = EVERYTHING,
    besides: Callable[[Observation], bytes] = lambda _: b"",
) -> bytes:
    """An RO_ACCESS_REPORT over ``tags``; RSSI is rounded to whole dBm, counts end at 65535.

    ``besides``: what else a tag is told with, such as results of access and a vendor's parameters.
    """
    body = b"".join(_write_tag(tag, rospec_id, content, besides(tag)) for tag in tags)
    return HEADER.pack(version << 10 | RO_ACCESS_REPORT, HEADER.size + len(body), message_id) + body


def _write_tag(tag: Observation, rospec_id: int, content: Content, besides: bytes) -> bytes:
    first, last = (3, 5) if content.uptime else (2, 4)
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
        parts.append(struct.pack(">BQ", TV_BIT | first, microseconds(tag.first_seen)))
    if content.last_seen:
        parts.append(struct.pack(">BQ", TV_BIT | last, microseconds(tag.last_seen)))
    if content.count:
        parts.append(struct.pack(">BH", TV_BIT | 8, min(tag.count, 0xFFFF)))
    body = b"".join((*parts, besides))
    return struct.pack(">HH", TAG_REPORT_DATA, TLV_HEADER + len(body)) + body


def microseconds(at: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z, LLRP's UTC timestamp."""
    return (at - EPOCH) // MICROSECOND

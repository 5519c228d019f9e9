"""What the readers of Impinj and Zebra add to LLRP, or do otherwise; by the manufacturer's number.

A manufacturer stands in LLRP by its private enterprise number of IANA. Whatever is not named here is passed
over wherever it stands: vendors add parameters as they like.
"""

from __future__ import annotations

import struct
from enum import StrEnum

from suyuan.readers.llrp.codec import Message, Parameter

IMPINJ, ZEBRA = 25_882, 161
"""Zebra's readers go by the number of Motorola, which sold them before."""

ENABLE_EXTENSIONS, EXTENSIONS_ENABLED = 21, 22
"""Subtypes of Impinj's messages IMPINJ_ENABLE_EXTENSIONS and its answer."""
SEARCH_MODE, LOW_DUTY_CYCLE = 23, 28
"""Subtypes of Impinj's parameters of a C1G2InventoryCommand."""
CONTENT_SELECTOR, ENABLE_TID, ENABLE_PEAK_RSSI = 50, 51, 53
"""Subtypes of what Impinj's readers are asked to tell of a tag besides."""
SERIALIZED_TID, PEAK_RSSI = 55, 57
"""Subtypes of what they then tell: words of the TID; hundredths of a dBm."""

SEARCH_MODES = {"reader": 0, "single": 1, "dual": 2, "suppress": 3}
"""ImpinjInventorySearchMode: which tags answer in a round, and which stay quiet after they answered."""
_ON = 1


class Vendor(StrEnum):
    """Whose ways a reader has."""

    GENERIC = "generic"
    IMPINJ = "impinj"
    ZEBRA = "zebra"


_NUMBERS = {IMPINJ: Vendor.IMPINJ, ZEBRA: Vendor.ZEBRA}


def vendor_of(capabilities: Message) -> Vendor:
    """Whose reader it is that answered GET_READER_CAPABILITIES."""
    general = capabilities.find("GeneralDeviceCapabilities")
    number = general.fields["DeviceManufacturerName"] if general else 0
    return _NUMBERS.get(number, Vendor.GENERIC)


def custom(vendor: int, subtype: int, data: bytes) -> Parameter:
    """A vendor's parameter."""
    return Parameter("Custom", {"VendorIdentifier": vendor, "ParameterSubtype": subtype, "Data": data})


def is_custom(parameter: Parameter, vendor: int, subtype: int) -> bool:
    """Whether this is that parameter of that vendor."""
    fields = parameter.fields
    return (
        parameter.name == "Custom"
        and fields["VendorIdentifier"] == vendor
        and fields["ParameterSubtype"] == subtype
    )


def enable_extensions() -> Message:
    """IMPINJ_ENABLE_EXTENSIONS: without it an Impinj reader refuses its own parameters."""
    fields = {"VendorIdentifier": IMPINJ, "MessageSubtype": ENABLE_EXTENSIONS, "Data": bytes(4)}
    return Message("CUSTOM_MESSAGE", fields=fields)


def extensions_enabled(told: Message) -> bool:
    """Whether an Impinj reader says that it takes its own parameters now: the answer holds an LLRPStatus."""
    fields = told.fields
    data: bytes = fields.get("Data", b"")
    return (
        (fields.get("VendorIdentifier"), fields.get("MessageSubtype")) == (IMPINJ, EXTENSIONS_ENABLED)
        and data[:2] == _STATUS
        and data[4:6] == bytes(2)
    )


def content_selector(*, tid: bool) -> Parameter:
    """ImpinjTagReportContentSelector: the RSSI in hundredths, and the chip's id with the EPC (FastID)."""
    parts = [_parameter(ENABLE_PEAK_RSSI, _ON)]
    if tid:
        parts.insert(0, _parameter(ENABLE_TID, _ON))
    return custom(IMPINJ, CONTENT_SELECTOR, b"".join(parts))


def search_mode(name: str) -> Parameter:
    """ImpinjInventorySearchMode by its name in :data:`SEARCH_MODES`."""
    return custom(IMPINJ, SEARCH_MODE, SEARCH_MODES[name].to_bytes(2))


def low_duty_cycle(empty_s: float, ping_s: float) -> Parameter:
    """ImpinjLowDutyCycle: after ``empty_s`` without a tag, look only every ``ping_s``."""
    values = (_ON, round(empty_s * 1000), round(ping_s * 1000))
    return custom(IMPINJ, LOW_DUTY_CYCLE, struct.pack(">HHH", *values))


def asked_for(report: Parameter | None) -> frozenset[int]:
    """What an Impinj client asked for in its ROReportSpec: :data:`ENABLE_TID`, :data:`ENABLE_PEAK_RSSI`."""
    wanted: set[int] = set()
    for selector in report.all("Custom") if report else ():
        if not is_custom(selector, IMPINJ, CONTENT_SELECTOR):
            continue
        data: bytes = selector.fields["Data"]
        offset = 0
        while offset + _HEAD.size <= len(data):
            kind, length, vendor, subtype = _HEAD.unpack_from(data, offset)
            value = data[offset + _HEAD.size : offset + length]
            if vendor == IMPINJ and kind == _CUSTOM and any(value):
                wanted.add(subtype)
            offset += max(length, _HEAD.size)
    return frozenset(wanted)


def told_besides(wanted: frozenset[int], rssi_dbm: float | None, tid: bytes | None) -> bytes:
    """What an Impinj reader then writes at the end of a TagReportData."""
    told = b""
    if ENABLE_TID in wanted and tid is not None:
        words = tid[: len(tid) // 2 * 2]
        told += _head(SERIALIZED_TID, 2 + len(words)) + struct.pack(">H", len(words) // 2) + words
    if ENABLE_PEAK_RSSI in wanted and rssi_dbm is not None:
        told += _head(PEAK_RSSI, 2) + struct.pack(">h", round(rssi_dbm * 100))
    return told


_STATUS = (287).to_bytes(2)
"""The number of LLRPStatus, whose code stands behind its length."""
_HEAD = struct.Struct(">HHII")
_CUSTOM = 1023


def _head(subtype: int, size: int) -> bytes:
    return _HEAD.pack(_CUSTOM, _HEAD.size + size, IMPINJ, subtype)


def _parameter(subtype: int, value: int) -> bytes:
    return _head(subtype, 2) + value.to_bytes(2)

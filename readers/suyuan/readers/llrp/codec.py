"""LLRP messages to bytes and back, driven by the tables.

Everything read is hostile: lengths are checked against what is there, nesting is bounded, and whatever cannot
be raises :class:`~suyuan.readers.errors.ProtocolError`, never anything else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from suyuan.readers.errors import ProtocolError
from suyuan.readers.llrp.tables import (
    MESSAGE_NAMES,
    MESSAGES,
    PARAMETER_NAMES,
    TLV_PARAMETERS,
    TV_PARAMETERS,
    Field,
    Layout,
)

HEADER = struct.Struct(">HII")
"""Three reserved bits, three of version and ten of type; length with this header; message id."""
VERSIONS = (1, 2)
"""Protocol versions on the wire: 1 is LLRP 1.0.1, 2 is LLRP 1.1."""
MAX_MESSAGE = 4 * 1024 * 1024
"""Longest message accepted, in bytes; a full report of a fast reader has some kilobytes."""
MAX_DECODED = 256 * 1024
"""Longest message that is made into parameters, in bytes: 2 of them can be a parameter of 300 in memory. Only
tag reports are longer, and those that :func:`~suyuan.readers.llrp.report.read_report` reads."""
MAX_DEPTH = 12
"""Deepest nesting of parameters accepted; the standard's own needs six."""
TLV_HEADER = 4
TV_BIT = 0x80
COUNT_SIZE = 2

Value = int | str | bytes | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter by its standard name; unknown ones are named ``Unknown-<number>`` and keep their bytes."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    children: tuple[Parameter, ...] = ()

    def find(self, name: str) -> Parameter | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator[Parameter]:
        """All children of that name."""
        return (child for child in self.children if child.name == name)


@dataclass(frozen=True, slots=True)
class Message:
    """A message by its standard name."""

    name: str
    id: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    children: tuple[Parameter, ...] = ()
    version: int = 1

    def find(self, name: str) -> Parameter | None:
        """The first parameter of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator[Parameter]:
        """All parameters of that name."""
        return (child for child in self.children if child.name == name)


def refuse(template: str, where: str = "", **fields: str | int) -> ProtocolError:
    """The error for bytes that cannot be."""
    return ProtocolError(template, where=where, remedy="", **fields)


class Frame(NamedTuple):
    """The header of a message, checked: ``length`` counts the whole message."""

    version: int
    number: int
    length: int
    id: int


def read_header(data: bytes | memoryview) -> Frame:
    """The frame that the first ten bytes announce.

    Raises:
        ProtocolError: a version that does not exist, a length shorter than the header or over MAX_MESSAGE.
    """
    if len(data) < HEADER.size:
        raise refuse("An LLRP header has {size} bytes, got {got}.", size=HEADER.size, got=len(data))
    first, length, message_id = HEADER.unpack_from(data)
    version = first >> 10 & 0x7
    if version not in VERSIONS:
        raise refuse("There is no LLRP version {version}.", "version", version=version)
    if not HEADER.size <= length <= MAX_MESSAGE:
        raise refuse("An LLRP message cannot be {length} bytes long.", "length", length=length)
    return Frame(version, first & 0x3FF, length, message_id)


def decode_message(data: bytes) -> Message:
    """The message in ``data``, which must hold exactly one.

    Raises:
        ProtocolError: anything that cannot be.
    """
    frame = read_header(data)
    if frame.length != len(data):
        raise refuse(
            "The message announces {length} bytes, {got} are there.",
            "length",
            length=frame.length,
            got=len(data),
        )
    if frame.length > MAX_DECODED:
        raise refuse(
            "An LLRP message of this kind cannot be {length} bytes long.", "length", length=frame.length
        )
    layout = MESSAGES.get(frame.number)
    if layout is None:
        return Message(
            f"Unknown-{frame.number}", frame.id, {"Data": data[HEADER.size :]}, version=frame.version
        )
    fields, offset = _read_fields(layout, data, HEADER.size, len(data))
    children = _read_parameters(layout.name, data, offset, len(data), 1)
    return Message(layout.name, frame.id, fields, children, frame.version)


def _read_parameters(where: str, data: bytes, offset: int, end: int, depth: int) -> tuple[Parameter, ...]:
    if depth > MAX_DEPTH:
        raise refuse("Parameters are nested more than {limit} deep.", where, limit=MAX_DEPTH)
    found: list[Parameter] = []
    while offset < end:
        first = data[offset]
        if first & TV_BIT:
            layout = TV_PARAMETERS.get(first & 0x7F)
            if layout is None:
                raise refuse("There is no TV parameter {number}.", where, number=first & 0x7F)
            fields, offset = _read_fields(layout, data, offset + 1, end)
            found.append(Parameter(layout.name, fields))
            continue
        if end - offset < TLV_HEADER:
            raise refuse("A parameter is cut off.", where)
        number = (first & 0x03) << 8 | data[offset + 1]
        length = data[offset + 2] << 8 | data[offset + 3]
        stop = offset + length
        if length < TLV_HEADER or stop > end:
            raise refuse(
                "Parameter {number} cannot be {length} bytes long here.", where, number=number, length=length
            )
        found.append(_read_tlv(number, data, offset + TLV_HEADER, stop, depth))
        offset = stop
    return tuple(found)


def _read_tlv(number: int, data: bytes, offset: int, end: int, depth: int) -> Parameter:
    layout = TLV_PARAMETERS.get(number)
    if layout is None:
        return Parameter(f"Unknown-{number}", {"Data": data[offset:end]})
    fields, offset = _read_fields(layout, data, offset, end)
    return Parameter(layout.name, fields, _read_parameters(layout.name, data, offset, end, depth + 1))


_COUNTED = {"u8v": 1, "u16v": 2, "u32v": 4, "utf8": 1}


def _read_fields(layout: Layout, data: bytes, offset: int, end: int) -> tuple[dict[str, Value], int]:
    values: dict[str, Value] = {}
    bit = 0  # bits of the byte at offset that are already read
    for entry in layout.fields:
        if entry.width:
            stop = offset + (bit + entry.width + 7) // 8
            if stop > end:
                raise refuse("{name} is cut off.", f"{layout.name}.{entry.name}", name=entry.name)
            window = int.from_bytes(data[offset:stop], "big")
            spare = (stop - offset) * 8 - bit - entry.width
            value = window >> spare & ((1 << entry.width) - 1)
            offset, bit = offset + (bit + entry.width) // 8, (bit + entry.width) % 8
            if entry.type != "r":
                values[entry.name] = _typed(entry, value)
        elif entry.type == "rest":
            values[entry.name], offset = data[offset:end], end
        else:
            values[entry.name], offset = _read_counted(layout, entry, data, offset, end)
    return values, offset


def _typed(entry: Field, value: int) -> Value:
    if entry.type == "s":
        return value - (1 << entry.width) if value >> (entry.width - 1) else value
    if entry.type == "b":
        return value.to_bytes(entry.width // 8, "big")
    return value


def _read_counted(layout: Layout, entry: Field, data: bytes, offset: int, end: int) -> tuple[Value, int]:
    where = f"{layout.name}.{entry.name}"
    if end - offset < COUNT_SIZE:
        raise refuse("{name} is cut off.", where, name=entry.name)
    count = data[offset] << 8 | data[offset + 1]
    start = offset + COUNT_SIZE
    size = (count + 7) // 8 if entry.type == "u1v" else count * _COUNTED[entry.type]
    stop = start + size
    if stop > end:
        raise refuse("{name} announces more than is there.", where, name=entry.name)
    raw = data[start:stop]
    if entry.type == "utf8":
        try:
            return raw.decode(), stop
        except UnicodeDecodeError as error:
            raise refuse("{name} is not UTF-8.", where, name=entry.name) from error
    if entry.type == "u16v":
        return struct.unpack(f">{count}H", raw), stop
    if entry.type == "u32v":
        return struct.unpack(f">{count}I", raw), stop
    return raw, stop


def encode_message(message: Message) -> bytes:
    """The bytes of a message; the fields of its layout that it does not name are zero or empty.

    Raises:
        ValueError: a name that the tables do not have, or a value that does not fit its field.
    """
    layout = MESSAGE_NAMES.get(message.name)
    if layout is None:
        text = f"there is no LLRP message {message.name}"
        raise ValueError(text)
    body = _write_fields(layout, message.fields) + b"".join(map(encode_parameter, message.children))
    return HEADER.pack(message.version << 10 | layout.number, HEADER.size + len(body), message.id) + body


def encode_parameter(parameter: Parameter) -> bytes:
    """The bytes of a parameter with its children.

    Raises:
        ValueError: as for :func:`encode_message`.
    """
    layout = PARAMETER_NAMES.get(parameter.name)
    if layout is None:
        text = f"there is no LLRP parameter {parameter.name}"
        raise ValueError(text)
    body = _write_fields(layout, parameter.fields)
    if layout.tv:
        return bytes([TV_BIT | layout.number]) + body
    body += b"".join(map(encode_parameter, parameter.children))
    try:
        return struct.pack(">HH", layout.number, TLV_HEADER + len(body)) + body
    except struct.error as error:
        text = f"{parameter.name} is too long: {len(body)} bytes"
        raise ValueError(text) from error


def _write_fields(layout: Layout, values: Mapping[str, Any]) -> bytes:
    unknown = values.keys() - {entry.name for entry in layout.fields}
    if unknown:
        text = f"{layout.name} has no fields {sorted(unknown)}"
        raise ValueError(text)
    out = bytearray()
    bits = width = 0
    for entry in layout.fields:
        if not entry.width:
            out += _write_counted(entry, values.get(entry.name))
            continue
        bits = bits << entry.width | _bits(layout, entry, values.get(entry.name, 0))
        width += entry.width
        if width % 8 == 0:
            out += bits.to_bytes(width // 8, "big")
            bits = width = 0
    return bytes(out)


def _bits(layout: Layout, entry: Field, value: Any) -> int:
    if entry.type == "r":
        return 0
    if entry.type == "b":
        value = int.from_bytes(value or b"", "big")
    low = -(1 << (entry.width - 1)) if entry.type == "s" else 0
    if not low <= value < (1 << entry.width) + low:
        text = f"{layout.name}.{entry.name} cannot be {value}"
        raise ValueError(text)
    return int(value) & ((1 << entry.width) - 1)


def _write_counted(entry: Field, value: Any) -> bytes:
    if entry.type == "rest":
        return bytes(value or b"")
    raw = value.encode() if isinstance(value, str) else value or b""
    try:
        if entry.type in {"u16v", "u32v"}:
            letter = "H" if entry.type == "u16v" else "I"
            return struct.pack(f">H{len(raw)}{letter}", len(raw), *raw)
        count = len(raw) * 8 if entry.type == "u1v" else len(raw)
        return struct.pack(">H", count) + bytes(raw)
    except struct.error as error:
        text = f"{entry.name} cannot be {value!r}"
        raise ValueError(text) from error

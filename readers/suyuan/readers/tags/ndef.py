"""NDEF messages: links, texts, smart posters and Android application records; and their frame on Type 2 tags.

Sources: NFC Forum NDEF 1.0 §3 (records), URI RTD 1.0 §3.2, Text RTD 1.0 §3.2, Smart Poster RTD 1.1 §3.3,
Type 2 Tag 1.0 §2.3 (TLV blocks). A URI passes through here as the very characters it was given in: links on
tags carry signatures, and whoever normalises ``%2F`` or ``=`` in them destroys them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from suyuan.readers.errors import NdefError

MOST_BYTES = 65_535
"""Longest message that any tag holds: the length field of a Type 4 tag has 16 bits."""

_BEGIN, _END, _CHUNK, _SHORT, _HAS_ID, _TNF = 0x80, 0x40, 0x20, 0x10, 0x08, 0x07
_SHORT_LIMIT = 256
_BYTE = 0xFF

PREFIXES = (
    "", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:",
    "ftp://anonymous:anonymous@", "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://", "ftp://", "dav://",
    "news:", "telnet://", "imap:", "rtsp://", "urn:", "pop:", "sip:", "sips:", "tftp:", "btspp://",
    "btl2cap://", "btgoep://", "tcpobex://", "irdaobex://", "file://", "urn:epc:id:", "urn:epc:tag:",
    "urn:epc:pat:", "urn:epc:raw:", "urn:epc:", "urn:nfc:",
)  # fmt: skip
"""Beginnings of URIs by the byte that stands for them (URI RTD 1.0, table 3)."""


class Tnf(IntEnum):
    """Type name format of a record."""

    EMPTY = 0
    WELL_KNOWN = 1
    MEDIA = 2
    ABSOLUTE_URI = 3
    EXTERNAL = 4
    UNKNOWN = 5
    UNCHANGED = 6


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a message."""

    tnf: Tnf
    type: bytes = b""
    payload: bytes = b""
    id: bytes = b""


@dataclass(frozen=True, slots=True)
class Text:
    """The content of a text record: a language tag such as ``zh-CN``, and the text."""

    language: str
    text: str


def uri_record(uri: str) -> Record:
    """A record of the URI ``uri``, abbreviated as far as the standard can, otherwise as it stands."""
    code = max(range(len(PREFIXES)), key=lambda n: len(PREFIXES[n]) if uri.startswith(PREFIXES[n]) else -1)
    return Record(Tnf.WELL_KNOWN, b"U", bytes((code,)) + uri[len(PREFIXES[code]) :].encode())


def text_record(text: str, language: str) -> Record:
    """A record of a text in UTF-8.

    Raises:
        NdefError: the language tag has more than 63 characters or others than ASCII.
    """
    if len(language) > 0x3F or not language.isascii():  # noqa: PLR2004 - six bits
        raise NdefError(
            "{language} is no language tag for a text record.", where="language", language=language
        )
    return Record(Tnf.WELL_KNOWN, b"T", bytes((len(language),)) + language.encode() + text.encode())


def poster_record(uri: str, titles: Iterable[Text] = ()) -> Record:
    """A smart poster: a URI with titles in several languages."""
    parts = [uri_record(uri), *(text_record(title.text, title.language) for title in titles)]
    return Record(Tnf.WELL_KNOWN, b"Sp", encode(parts))


def android_record(package: str) -> Record:
    """An Android application record: the phone opens ``package`` with what stands before."""
    return Record(Tnf.EXTERNAL, b"android.com:pkg", package.encode())


def encode(records: Sequence[Record]) -> bytes:
    """The message of ``records``; of none, the one empty record that the standard asks for."""
    some = records or (Record(Tnf.EMPTY),)
    parts: list[bytes] = []
    for number, record in enumerate(some):
        short = len(record.payload) < _SHORT_LIMIT
        flags = record.tnf | (_SHORT if short else 0) | (_HAS_ID if record.id else 0)
        flags |= (_BEGIN if number == 0 else 0) | (_END if number == len(some) - 1 else 0)
        parts.append(bytes((flags, len(record.type))))
        parts.append(len(record.payload).to_bytes(1 if short else 4, "big"))
        parts.append(
            (bytes((len(record.id),)) if record.id else b"") + record.type + record.id + record.payload
        )
    return b"".join(parts)


def decode(message: bytes) -> tuple[Record, ...]:
    """The records of ``message``, chunks put together; O(bytes). An empty message has no records.

    Raises:
        NdefError: lengths that do not fit, flags that contradict each other, more than 65,535 bytes.
    """
    if len(message) > MOST_BYTES:
        raise NdefError("An NDEF message has at most {most} bytes.", most=MOST_BYTES)
    records: list[Record] = []
    chunks: list[Record] = []
    for record, chunked in _parts(message):
        if chunks and (record.tnf is not Tnf.UNCHANGED or record.type or record.id):
            raise _wrong("a chunk is followed by something else")
        if not chunks and record.tnf is Tnf.UNCHANGED:
            raise _wrong("a chunk has no beginning")
        chunks.append(record)
        if not chunked:
            first = chunks[0]
            records.append(Record(first.tnf, first.type, b"".join(c.payload for c in chunks), first.id))
            chunks = []
    if chunks:
        raise _wrong("the last chunk is missing")
    return tuple(records)


def _parts(message: bytes) -> Iterator[tuple[Record, bool]]:
    """The records as they stand, each with whether it is a chunk that another one continues."""
    at, size = 0, len(message)
    while at < size:
        head = message[at]
        if bool(head & _BEGIN) != (at == 0) or head & _TNF > Tnf.UNCHANGED:
            raise _wrong("a record's first byte cannot be")
        width = 1 if head & _SHORT else 4
        has_id = bool(head & _HAS_ID)
        body = at + 2 + width + has_id
        if body > size:
            raise _wrong("a record's header is cut off")
        type_end = body + message[at + 1]
        id_end = type_end + (message[body - 1] if has_id else 0)
        end = id_end + int.from_bytes(message[at + 2 : at + 2 + width], "big")
        if end > size:
            raise _wrong("a record is longer than the message")
        record = Record(
            Tnf(head & _TNF), message[body:type_end], message[id_end:end], message[type_end:id_end]
        )
        if record.tnf is Tnf.EMPTY and (record.type or record.id or record.payload):
            raise _wrong("an empty record has contents")
        yield record, bool(head & _CHUNK)
        at = end
        if bool(head & _END) != (at == size):
            raise _wrong("the message does not end where its last record says")


def link(message: bytes) -> str:
    """The first link in ``message``, as it stands, also of a smart poster; empty where there is none.

    Raises:
        NdefError: the message or the record of the link cannot be.
    """
    for record in decode(message):
        uri = uri_of(record)
        if uri:
            return uri
    return ""


def uri_of(record: Record) -> str:
    """The URI that ``record`` holds, empty for a record of another kind.

    Raises:
        NdefError: it holds one in a form that cannot be.
    """
    if record.tnf is Tnf.ABSOLUTE_URI:
        return _utf8(record.type)
    if record.tnf is not Tnf.WELL_KNOWN:
        return ""
    if record.type == b"Sp":
        return next((uri_of(part) for part in decode(record.payload) if part.type == b"U"), "")
    if record.type != b"U":
        return ""
    if not record.payload or record.payload[0] >= len(PREFIXES):
        raise _wrong("a URI record has no known beginning")
    return PREFIXES[record.payload[0]] + _utf8(record.payload[1:])


def text_of(record: Record) -> Text | None:
    """The text that ``record`` holds, None for a record of another kind.

    Raises:
        NdefError: it holds one in a form that cannot be.
    """
    if record.tnf is not Tnf.WELL_KNOWN or record.type != b"T":
        return None
    if not record.payload or len(record.payload) < 1 + (record.payload[0] & 0x3F):
        raise _wrong("a text record is cut off")
    start = 1 + (record.payload[0] & 0x3F)
    raw = record.payload[start:]
    try:
        text = (
            raw.decode("utf-16" if raw[:2] in {b"\xfe\xff", b"\xff\xfe"} else "utf-16-be")
            if (record.payload[0] & 0x80)
            else raw.decode()
        )
        return Text(record.payload[1:start].decode("ascii"), text)
    except UnicodeDecodeError as error:
        raise _wrong("a text record is not in its character set") from error


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _wrong("a URI record is not UTF-8") from error


# TLV blocks of Type 2 tags

NULL_TLV, LOCK_TLV, MEMORY_TLV, NDEF_TLV, TERMINATOR_TLV = 0x00, 0x01, 0x02, 0x03, 0xFE


@dataclass(frozen=True, slots=True)
class Tlv:
    """A block at ``offset`` of the data area: its type, where its value begins and how long it is."""

    type: int
    offset: int
    start: int
    length: int


def wrapped(message: bytes) -> bytes:
    """``message`` as a block of a Type 2 tag, without terminator."""
    size = len(message)
    length = bytes((size,)) if size < _BYTE else b"\xff" + size.to_bytes(2, "big")
    return bytes((NDEF_TLV,)) + length + message


def blocks(area: bytes) -> Iterator[Tlv]:
    """The blocks of ``area`` up to and with the message or the terminator; padding is passed over.

    Raises:
        NdefError: a block whose length field is cut off.
    """
    at = 0
    while at < len(area):
        kind = area[at]
        if kind == NULL_TLV:
            at += 1
            continue
        if kind == TERMINATOR_TLV:
            yield Tlv(kind, at, at + 1, 0)
            return
        start = at + (4 if area[at + 1 : at + 2] == b"\xff" else 2)
        if start > len(area):
            raise _wrong("a block's length is cut off")
        length = int.from_bytes(area[at + 2 : at + 4], "big") if start - at > 2 else area[at + 1]  # noqa: PLR2004
        yield Tlv(kind, at, start, length)
        if kind == NDEF_TLV:
            return
        at = start + length


def _wrong(fault: str) -> NdefError:
    return NdefError(
        "The NDEF message cannot be read: {fault}.", remedy="Write the tag anew or replace it.", fault=fault
    )

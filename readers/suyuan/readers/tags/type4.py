"""NFC Forum Type 4 tags: ISO 7816 files over ISO-DEP, such as NTAG 424 DNA, DESFire and phones.

Source: NFC Forum Type 4 Tag 2.0 §5 (files), §5.4 (commands), §7 (procedures).
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.readers.errors import NdefError, ProtocolError, TagLocked, TagUnsupported, TagWriteError
from suyuan.readers.tags.access import TagAccess, Transceive

APPLICATION = bytes.fromhex("d2760000850101")
CONTAINER = 0xE103
"""File identifier of the capability container."""
LENGTH_SIZE = 2
"""NLEN, the length of the message, before it."""
DONE = b"\x90\x00"

_CONTAINER_SIZE = 15
_VERSION_2 = 2
_FILE_TLV, _FILE_TLV_SIZE = 0x04, 6
_MOST = 250  # bytes in a short command or answer that every reader passes on
_FREE = 0x00
_NOT_ALLOWED = b"\x69\x82"


@dataclass(frozen=True, slots=True)
class Layout:
    """The message's file: its size, and how many bytes one command reads or writes."""

    file: int
    size: int
    read_size: int
    write_size: int
    writable: bool

    @property
    def capacity(self) -> int:
        """Bytes of the longest message."""
        return self.size - LENGTH_SIZE


def access(transceive: Transceive, tid: bytes, model: str = "Type 4 tag") -> TagAccess:
    """What can be done with the Type 4 tag in the field. Its file is selected once more before every use.

    Raises:
        TagUnsupported: a card without NDEF application, or one that must not be read.
        TagLost: the tag left first.
    """
    layout = inspect(transceive)
    return TagAccess(
        model,
        tid,
        layout.capacity,
        layout.writable,
        lambda: read_message(transceive, layout),
        lambda message: write_message(transceive, layout, message),
    )


def inspect(transceive: Transceive) -> Layout:
    """Select the NDEF application and read its capability container.

    Raises:
        TagUnsupported: no such application, no free access, or a container of another version.
    """
    select_application(transceive)
    if not _select_file(transceive, CONTAINER):
        raise _unsupported()
    container = _read_binary(transceive, 0, _CONTAINER_SIZE)
    control = container[7:]
    size = int.from_bytes(control[4:6], "big")
    if (
        container[2] >> 4 != _VERSION_2
        or control[:2] != bytes((_FILE_TLV, _FILE_TLV_SIZE))
        or size <= LENGTH_SIZE
        or control[6] != _FREE
    ):
        raise _unsupported()
    read_size = min(int.from_bytes(container[3:5], "big"), _MOST)
    write_size = min(int.from_bytes(container[5:7], "big"), _MOST)
    if read_size < LENGTH_SIZE or write_size < LENGTH_SIZE:
        raise _unsupported()
    file = int.from_bytes(control[2:4], "big")
    return Layout(file, size, read_size, write_size, control[7] == _FREE)


def read_message(transceive: Transceive, layout: Layout) -> bytes:
    """The NDEF message, empty where there is none.

    Raises:
        NdefError: the length is larger than the file.
        TagLost: the tag left first.
    """
    _open(transceive, layout)
    length = int.from_bytes(_read_binary(transceive, 0, LENGTH_SIZE), "big")
    if length > layout.capacity:
        raise NdefError(
            "The NDEF message cannot be read: {fault}.",
            remedy="Write the tag anew or replace it.",
            fault="it is longer than the tag",
        )
    return b"".join(
        _read_binary(transceive, LENGTH_SIZE + at, min(layout.read_size, length - at))
        for at in range(0, length, layout.read_size)
    )


def write_message(transceive: Transceive, layout: Layout, message: bytes) -> None:
    """Write ``message``: first the length 0, then the content, last the length (Type 4 Tag 2.0 §7.6).

    Raises:
        TagLocked: the tag's own rights forbid it, whatever its container says.
        TagWriteError: the tag refused.
        TagLost: the tag left first; it holds no message then.
    """
    _open(transceive, layout)
    _update_binary(transceive, 0, bytes(LENGTH_SIZE))
    for at in range(0, len(message), layout.write_size):
        _update_binary(transceive, LENGTH_SIZE + at, message[at : at + layout.write_size])
    _update_binary(transceive, 0, len(message).to_bytes(LENGTH_SIZE, "big"))


def _open(transceive: Transceive, layout: Layout) -> None:
    select_application(transceive)
    if not _select_file(transceive, layout.file):
        raise _unsupported()


def select_application(transceive: Transceive) -> None:
    """Select the NDEF application; a chip that was authenticated is not so any more.

    Raises:
        TagUnsupported: there is none.
        TagLost: the tag left first.
    """
    answer = transceive(b"\x00\xa4\x04\x00" + bytes((len(APPLICATION),)) + APPLICATION + b"\x00")
    if answer[-2:] != DONE:
        raise _unsupported()


def _select_file(transceive: Transceive, file: int) -> bool:
    return transceive(b"\x00\xa4\x00\x0c\x02" + file.to_bytes(2, "big"))[-2:] == DONE


def _read_binary(transceive: Transceive, offset: int, size: int) -> bytes:
    answer = transceive(b"\x00\xb0" + offset.to_bytes(2, "big") + bytes((size,)))
    if answer[-2:] != DONE:
        raise _unsupported()
    if len(answer) != size + 2:
        raise ProtocolError(
            "The tag was asked for {size} bytes and gave {given}.", size=size, given=len(answer) - 2
        )
    return answer[:-2]


def _update_binary(transceive: Transceive, offset: int, data: bytes) -> None:
    answer = transceive(b"\x00\xd6" + offset.to_bytes(2, "big") + bytes((len(data),)) + data)
    if answer[-2:] == _NOT_ALLOWED:
        raise TagLocked("The tag can only be written by who has its keys.", remedy="Take another tag.")
    if answer[-2:] != DONE:
        raise TagWriteError(
            "The tag refused to be written (status {status}).",
            remedy="Hold it still and write it once more; if that fails too, take another tag.",
            status=answer[-2:].hex(),
        )


def _unsupported() -> TagUnsupported:
    return TagUnsupported(
        "The card has no NDEF file that may be read.",
        remedy="Take an NFC tag for links, such as NTAG215 or NTAG 424 DNA; bank and door cards are none.",
    )

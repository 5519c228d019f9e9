"""NFC Forum Type 2 tags: NTAG213, 215 and 216, and MIFARE Ultralight.

Sources: NFC Forum Type 2 Tag 1.0 (memory, TLV, commands); NXP NTAG213/215/216 data sheet rev. 3.2 §8.5
(lock bytes), §9.1 (GET_VERSION), §10 (commands). Memory is pages of four bytes; READ gives four pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.readers.errors import NdefError, TagUnsupported, TagWriteError
from suyuan.readers.tags import ndef
from suyuan.readers.tags.access import TagAccess, Transceive

PAGE, FIRST = 4, 4
"""Bytes of a page; the first page of the data area."""
READ, WRITE, GET_VERSION = 0x30, 0xA2, 0x60

_READ_SIZE = 16
_ACK = 0x0A
_MAGIC, _VERSION_1 = 0xE1, 1
_MOST_PAGES = 256
_GUARD_AT = 7  # behind the lock bytes: from which page on the password is needed


@dataclass(frozen=True, slots=True)
class Chip:
    """A chip that we know: bytes of its data area, and its dynamic lock bytes with every bit that exists."""

    model: str
    size: int
    lock_page: int = 0
    lock_bits: bytes = b""


CHIPS = (
    Chip("MIFARE Ultralight", 48),
    Chip("NTAG213", 144, 0x28, b"\xff\x0f\x3f"),
    Chip("NTAG215", 496, 0x82, b"\xff\x00\x0f"),
    Chip("NTAG216", 872, 0xE2, b"\xff\x3f\x7f"),
)
_BY_STORAGE = {0x0F: "NTAG213", 0x11: "NTAG215", 0x13: "NTAG216"}
"""Storage size byte of GET_VERSION."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the message of a tag is: offsets count from the beginning of the data area.

    ``guarded``: it can only be written by who knows its password.
    """

    model: str
    uid: bytes
    area: int
    block: int
    writable: bool
    chip: Chip | None
    guarded: bool = False

    @property
    def capacity(self) -> int:
        """Bytes of the longest message, its length field and the page that ends the area left out."""
        room = self.area - self.block - 2
        return room if room < 0xFF else max(room - 2, 0xFE)  # noqa: PLR2004 - one byte of length or three


def access(transceive: Transceive, *, ask_version: bool = True) -> TagAccess:
    """What can be done with the Type 2 tag in the field.

    Args:
        transceive: sends native commands.
        ask_version: whether GET_VERSION is tried; a chip without it falls silent until selected again.

    Raises:
        TagUnsupported: not an NDEF tag, or memory reserved in the midst of the data area.
        TagLost: the tag left first.
    """
    return access_of(transceive, inspect(transceive, version(transceive) if ask_version else None))


def access_of(transceive: Transceive, layout: Layout) -> TagAccess:
    """What can be done with a tag that was inspected."""
    return TagAccess(
        layout.model,
        layout.uid,
        layout.capacity,
        layout.writable,
        lambda: read_message(transceive),
        lambda message: write_message(transceive, layout, message),
        None if layout.chip is None else lambda: lock(transceive, layout),
        guarded=layout.guarded,
        patch=lambda message: patch_message(transceive, message),
    )


def version(transceive: Transceive) -> str | None:
    """The model that the chip says it is, or None where it does not tell or is not one of ours."""
    answer = transceive(bytes((GET_VERSION,)))
    if len(answer) != 8 or answer[:4] != b"\x00\x04\x04\x02":  # noqa: PLR2004 - NXP, NTAG, 50 pF
        return None
    return _BY_STORAGE.get(answer[6])


def inspect(transceive: Transceive, model: str | None = None) -> Layout:
    """Capability container, lock state and the place of the message.

    Raises:
        TagUnsupported: not an NDEF tag of version 1, or laid out as we do not write it.
    """
    head = read_pages(transceive, 0)
    container = head[12:16]
    area = container[2] * 8
    if (
        container[0] != _MAGIC
        or container[1] >> 4 != _VERSION_1
        or not 0 < area <= (_MOST_PAGES - FIRST) * PAGE
    ):
        raise TagUnsupported(
            "The tag {tid} is not formatted for links.",
            remedy="Take an NTAG213, NTAG215 or NTAG216, or format this one with a phone first.",
            tid=_uid(head).hex(),
        )
    chip = next((c for c in CHIPS if (c.model == model if model else c.size == area)), None)
    block = _place(_read_area(transceive, area), area)
    settings = read_pages(transceive, chip.lock_page) if chip and chip.lock_page else b""
    writable = container[3] & 0x0F == 0 and not _locked(head, settings, chip)
    guarded = settings != b"" and settings[_GUARD_AT] < FIRST + area // PAGE
    named = model or (chip.model if chip else "Type 2 tag")
    return Layout(named, _uid(head), area, block, writable, chip, guarded)


def read_message(transceive: Transceive) -> bytes:
    """The NDEF message, empty where there is none.

    Raises:
        NdefError: the blocks of the data area cannot be.
        TagLost: the tag left first.
    """
    area = read_pages(transceive, 3)[2] * 8
    data = _read_area(transceive, area)
    for block in ndef.blocks(data):
        if block.type == ndef.NDEF_TLV:
            if block.start + block.length > area:
                raise NdefError(
                    "The NDEF message cannot be read: {fault}.",
                    remedy="Write the tag anew or replace it.",
                    fault="it is longer than the tag",
                )
            return data[block.start : block.start + block.length]
    return b""


def write_message(transceive: Transceive, layout: Layout, message: bytes) -> None:
    """Write ``message``: first the length 0, then the content, last the length (Type 2 Tag 1.0 §6.4.3).

    Whatever tears the writing leaves a tag without a message. ``message`` fits the layout's capacity.

    Raises:
        TagWriteError: the tag refused a page.
        TagLost: the tag left first.
    """
    content = ndef.wrapped(message)
    if layout.block + len(content) < layout.area:
        content += bytes((ndef.TERMINATOR_TLV,))
    first = layout.block // PAGE
    lead = read_pages(transceive, FIRST + first)[: layout.block % PAGE]
    image = lead + content
    image += bytes(-len(image) % PAGE)
    pages = {FIRST + first + n // PAGE: image[n : n + PAGE] for n in range(0, len(image), PAGE)}
    length_at = len(lead) + 1
    length_page, position = FIRST + first + length_at // PAGE, length_at % PAGE
    empty = bytearray(pages[length_page])
    empty[position] = 0
    write_page(transceive, length_page, bytes(empty))
    for page, data in pages.items():
        if page != length_page:
            write_page(transceive, page, data)
    write_page(transceive, length_page, pages[length_page])


def patch_message(transceive: Transceive, message: bytes) -> None:
    """Write ``message`` over one of the same length: the pages that differ, one after the other.

    Whatever tears the writing leaves a message whose first pages are new, and at worst one that is neither.

    Raises:
        TagWriteError: the tag refused a page, or holds no message of that length.
        TagLost: the tag left first.
    """
    area = read_pages(transceive, 3)[2] * 8
    there = _read_area(transceive, area)
    block = next((b for b in ndef.blocks(there) if b.type == ndef.NDEF_TLV), None)
    if block is None or block.length != len(message) or block.start + block.length > area:
        raise TagWriteError(
            "The tag {tid} does not say what was written on it.",
            remedy="Write it once more; if that fails too, take another tag.",
            tid=_uid(read_pages(transceive, 0)).hex(),
        )
    image = there[: block.start] + message + there[block.start + block.length :]
    for at in range(0, area, PAGE):
        if image[at : at + PAGE] != there[at : at + PAGE]:
            write_page(transceive, FIRST + at // PAGE, image[at : at + PAGE])


def lock(transceive: Transceive, layout: Layout) -> None:
    """Make the tag read-only for ever: the container says so, and the lock bits hold it.

    Raises:
        TagWriteError: the tag refused; it may be locked in part, and its message is whole.
    """
    if layout.chip is None:
        raise TagUnsupported("The lock bytes of a {model} are not known.", model=layout.model)
    head = read_pages(transceive, 0)
    write_page(transceive, 3, head[12:15] + bytes((head[15] | 0x0F,)))
    if layout.chip.lock_page:
        write_page(transceive, layout.chip.lock_page, layout.chip.lock_bits + b"\0")
    write_page(transceive, 2, head[8:10] + b"\xff\xff")


def _place(data: bytes, area: int) -> int:
    """Where the message's block is or will be, after control blocks; those must not reserve data memory."""
    end = 0
    for block in ndef.blocks(data):
        if block.type in {ndef.NDEF_TLV, ndef.TERMINATOR_TLV}:
            return block.offset
        if block.type in {ndef.LOCK_TLV, ndef.MEMORY_TLV}:
            _check_outside(data[block.start : block.start + block.length], area)
        end = block.start + block.length
    if end >= area:
        raise TagUnsupported("The tag's memory is full of other things.", remedy="Take another tag.")
    return end


def _check_outside(control: bytes, area: int) -> None:
    """Raise if a lock or memory control block reserves bytes of the data area."""
    size = 3
    if len(control) == size:
        start = (control[0] >> 4) * 2 ** (control[2] & 0x0F) + (control[0] & 0x0F)
        if start >= FIRST * PAGE + area or start == 0:
            return
    raise TagUnsupported(
        "The tag reserves a part of its data memory, and is not written.",
        remedy="Take an NTAG213, NTAG215 or NTAG216.",
    )


def _locked(head: bytes, settings: bytes, chip: Chip | None) -> bool:
    """Whether a lock bit guards any page of the data area; ``settings`` begin with the dynamic lock bytes."""
    if head[10] & 0xF0 or head[11]:
        return True
    return chip is not None and any(a & b for a, b in zip(settings, chip.lock_bits, strict=False))


def _uid(head: bytes) -> bytes:
    return head[0:3] + head[4:8]


def _read_area(transceive: Transceive, size: int) -> bytes:
    """The data area up to the end of the message, at least; the rest of it is zeros."""
    data = b""
    while len(data) < size:
        data += read_pages(transceive, FIRST + len(data) // PAGE)
        if _enough(data):
            break
    return data[:size].ljust(size, b"\0")


def _enough(data: bytes) -> bool:
    """Whether the message, or the end of all blocks, lies within ``data``."""
    try:
        last = list(ndef.blocks(data))[-1:]
    except NdefError:
        return False
    return any(
        b.type == ndef.TERMINATOR_TLV or (b.type == ndef.NDEF_TLV and b.start + b.length <= len(data))
        for b in last
    )


def read_pages(transceive: Transceive, page: int) -> bytes:
    """Four pages from ``page`` on, sixteen bytes.

    Raises:
        TagUnsupported: the tag does not let them be read.
        TagLost: the tag left first.
    """
    answer = transceive(bytes((READ, page)))
    if len(answer) != _READ_SIZE:
        raise TagUnsupported(
            "The tag does not let page {page} be read.",
            remedy="Take an NTAG213, NTAG215 or NTAG216.",
            page=page,
        )
    return answer


def write_page(transceive: Transceive, page: int, data: bytes) -> None:
    """Write the four bytes of one page.

    Raises:
        TagWriteError: the tag refused.
        TagLost: the tag left first.
    """
    answer = transceive(bytes((WRITE, page)) + data)
    if len(answer) != 1 or answer[0] & 0x0F != _ACK:
        raise TagWriteError(
            "The tag refused page {page}.",
            remedy="Hold it still and write it once more; if that fails too, take another tag.",
            page=page,
        )

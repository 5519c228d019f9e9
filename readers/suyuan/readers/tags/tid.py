"""What the TID memory of a UHF tag says of its chip, and whether it tells this one tag from all others.

A clone is found out by the chip: the key is bound to the TID of the tag that was commissioned. Only a serial
number that the chip's maker burnt in can do that; the first two words alone are the same on millions of tags.

Sources: EPC Tag Data Standard 2.3 §16 (TID, XTID), ISO/IEC 15963 (allocation classes); for the chips
the makers' data sheets.
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.gs1 import TagError

CLASS_EPC, CLASS_ISO = 0xE2, 0xE0
"""Allocation classes: tags of EPC Gen2, and of ISO/IEC 7816-6, which always have a serial number."""
MOST_BYTES = 64

MAKERS = {
    0x001: "Impinj", 0x003: "Alien", 0x006: "NXP", 0x007: "STMicroelectronics", 0x00B: "EM Microelectronic",
    0x00F: "Quanray", 0x01B: "Nationz", 0x01C: "Invengo", 0x01D: "Kiloway", 0x027: "Fudan Microelectronics",
}  # fmt: skip
"""Mask designers by their number, those that are met on food; others stand as their number."""

_WORD = 2
_HEAD, _XTID_AT, _XTID_SERIAL_AT = 4, 4, 6
_ISO_SIZE = 8


@dataclass(frozen=True, slots=True)
class Chip:
    """What a model can do as it leaves the factory.

    ``epc_bits`` and ``user_bits`` are memory that can be written (the smaller one where the maker sells the
    model in several arrangements); ``own_serial_bits`` a serial behind the first two words that is not told
    by an XTID header. ``lock``, ``kill``: by passwords in the reserved bank.
    """

    model: str
    epc_bits: int
    user_bits: int = 0
    own_serial_bits: int = 0
    block_write: bool = True
    lock: bool = True
    kill: bool = True


CHIPS: dict[tuple[int, int], Chip] = {
    (0x001, 0x100): Chip("Monza 4D", 128, 32),
    (0x001, 0x105): Chip("Monza 4QT", 128, 512),
    (0x001, 0x10C): Chip("Monza 4E", 496, 128),
    (0x001, 0x114): Chip("Monza 4i", 256, 480),
    (0x001, 0x130): Chip("Monza 5", 128, 32),
    (0x001, 0x160): Chip("Monza R6", 96),
    (0x001, 0x170): Chip("Monza R6-P", 96, 32),
    (0x001, 0x190): Chip("M750", 96, 32),
    (0x001, 0x191): Chip("M730", 128),
    (0x001, 0x1A0): Chip("M770", 128, 32),
    (0x001, 0x1C0): Chip("M780", 496, 128),
    (0x001, 0x1C1): Chip("M781", 128, 512),
    (0x003, 0x412): Chip("Higgs-3", 96, 512, own_serial_bits=64),
    (0x003, 0x414): Chip("Higgs-4", 128, 128, own_serial_bits=64),
    (0x003, 0x811): Chip("Higgs-EC", 128, 128),
    (0x003, 0x821): Chip("Higgs-9", 96, 688),
    (0x006, 0x894): Chip("UCODE 8", 128),
    (0x006, 0x994): Chip("UCODE 8m", 96, 32),
    (0x006, 0x995): Chip("UCODE 9", 96),
}
"""Models by mask designer and model number."""


@dataclass(frozen=True, slots=True)
class Tid:
    """What a chip says of itself. ``serial`` is empty where it has none that makes it unique.

    ``binding`` is the memory up to the end of the serial, the same however far the bank was read: what a
    register of chips keeps. It is empty where the chip is not unique.
    ``max_epc_bits`` and ``block_write`` are what an XTID says, None where it does not.
    """

    maker: str
    model_number: int
    chip: Chip | None
    serial: bytes
    binding: bytes
    max_epc_bits: int | None = None
    block_write: bool | None = None

    @property
    def unique(self) -> bool:
        """Whether the TID tells this one tag from all others, so that an identity may be bound to it."""
        return bool(self.serial)

    @property
    def name(self) -> str:
        """Maker and model, as far as they are known."""
        return f"{self.maker} {self.chip.model if self.chip else f'{self.model_number:03X}'}"


def tid_of(memory: bytes) -> Tid:
    """The TID bank read from its first word on, at least four bytes. Total, constant time.

    Raises:
        TagError: too short, too long, blank, or of an allocation class that is not one of tags.
    """
    if not _HEAD <= len(memory) <= MOST_BYTES or len(memory) % _WORD:
        raise TagError(
            "{found} bytes are no TID: it has 4 to 64, in words.",
            where="TID",
            remedy="Read six words of the TID bank.",
            found=len(memory),
        )
    if memory[0] == CLASS_ISO:
        return _tid(memory, f"ISO {memory[1]:02X}", 0, None, 2, _ISO_SIZE)
    if memory[0] != CLASS_EPC:
        raise TagError(
            "The TID begins with {found}, which is no allocation class of UHF tags.",
            where="TID",
            remedy="Read the tag again; a tag that says so each time is a bad chip or an emulator.",
            found=f"{memory[0]:02X}",
        )
    head = int.from_bytes(memory[1:_HEAD], "big")
    maker, model = head >> 12 & 0x1FF, head & 0xFFF
    chip = CHIPS.get((maker, model))
    known = MAKERS.get(maker, f"maker {maker:03X}")
    if head >> 23:
        return _extended(memory, known, model, chip)
    size = chip.own_serial_bits // 8 if chip else 0
    return _tid(memory, known, model, chip, _HEAD, _HEAD + size)


def chip_of(memory: bytes) -> tuple[Tid, int]:
    """The TID, and the bits of EPC memory to rely upon: what the chip says, else our table, else 96.

    Raises:
        TagError: as :func:`tid_of`.
    """
    tid = tid_of(memory)
    return tid, tid.max_epc_bits or (tid.chip.epc_bits if tid.chip else 96)


def _extended(memory: bytes, maker: str, model: int, chip: Chip | None) -> Tid:
    """A TID with an XTID header (§16.2): serial, then the segments in the order of their bits."""
    header = int.from_bytes(memory[_XTID_AT:_XTID_SERIAL_AT], "big")
    end = _XTID_SERIAL_AT + ((48 + 16 * ((header >> 13) - 1)) // 8 if header >> 13 else 0)
    most, block_write = None, None
    if header & 0x1000 and len(memory) >= end + _WORD:  # optional command support
        support = int.from_bytes(memory[end : end + _WORD], "big")
        most, block_write = (support & 0x1F) * 16 or None, bool(support & 0x0800)
    return _tid(memory, maker, model, chip, _XTID_SERIAL_AT, end, most, block_write)


def _tid(
    memory: bytes,
    maker: str,
    model: int,
    chip: Chip | None,
    start: int,
    end: int,
    most: int | None = None,
    block_write: bool | None = None,
) -> Tid:
    """A TID whose serial stands from ``start`` to ``end``.

    There is none where it was not read whole, or where all its bits are alike, as on chips never given one.
    """
    serial = memory[start:end]
    if len(memory) < end or not serial.strip(b"\0") or not serial.strip(b"\xff"):
        return Tid(maker, model, chip, b"", b"", most, block_write)
    return Tid(maker, model, chip, serial, memory[:end], most, block_write)

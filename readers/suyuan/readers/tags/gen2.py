"""Memory of UHF tags (EPC Gen2): banks, passwords, locks, and writing that is believed when read back.

A driver brings a :class:`Radio`, which carries out single commands; what must be true after a write of an EPC
or of memory is here, once for all drivers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from string import hexdigits
from typing import Protocol

from suyuan.readers.errors import TagLost, TagWriteError
from suyuan.trace.errors import InvalidInput

WORD = 2
"""Bytes of a word, the unit of Gen2 memory."""
MAX_EPC_BYTES = 62
"""496 bits, the longest EPC that Gen2 memory can announce (five length bits, in words)."""
MAX_WORDS = 255
"""Most words in one command: the length of a Gen2 Read or BlockWrite is one byte."""
PC_WORD, EPC_WORD = 1, 2
"""Where the protocol-control word and the EPC stand in the EPC bank; word 0 is the tag's own checksum."""
KILL_PASSWORD_WORD, ACCESS_PASSWORD_WORD = 0, 2
"""Where the two passwords of 32 bits stand in the reserved bank."""
PASSWORD_WORDS = 2
MAX_PASSWORD = 0xFFFF_FFFF
_LENGTH_SHIFT = 11
_TOGGLE, _ABOVE_NUMBERING = 0x0100, 0x0600
_LENGTH_BITS = 0xF8


class Bank(IntEnum):
    """The four memory banks by their numbers in the air protocol (Gen2 §6.3.2.1)."""

    RESERVED = 0
    EPC = 1
    TID = 2
    USER = 3


class LockField(StrEnum):
    """What can be locked by itself."""

    KILL_PASSWORD = "kill-password"  # noqa: S105 - the name of a field
    ACCESS_PASSWORD = "access-password"  # noqa: S105 - the name of a field
    EPC = "epc"
    TID = "tid"
    USER = "user"


class Lock(StrEnum):
    """What to make of a field.

    A locked memory is written, and a locked password read and written, only with the access password: with
    the password 0 of a new tag a lock keeps nobody out. The permanent ones can never be undone; a password
    that is locked permanently cannot even be read any more.
    """

    UNLOCK = "unlock"
    LOCK = "lock"
    PERMALOCK = "permalock"
    PERMAUNLOCK = "permaunlock"


class Refusal(StrEnum):
    """Why a tag does not do what it is told, as far as a reader learns it."""

    GONE = "it is not there any more"
    OVERRUN = "that memory does not exist"
    LOCKED = "that memory is locked"
    PASSWORD = "the password is wrong"  # noqa: S105 - a reason, not a password
    ZERO_KILL = "its kill password is 0"
    FAULT = "it cannot, for a reason of its own"


@dataclass(frozen=True, slots=True)
class Target:
    """The tag that a command means: by its EPC, by its chip's id, or by both; None leaves a part open."""

    epc: bytes | None = None
    tid: bytes | None = None

    def __str__(self) -> str:
        return (self.epc if self.epc is not None else self.tid or b"").hex().upper()


class Radio(Protocol):
    """Single commands to the one tag that a target means.

    All raise TagLost (no such tag answers), SeveralTags, TagLocked, TagPasswordRefused, TagTooSmall (beyond
    the end of the bank), TagWriteError (the tag refuses for a reason of its own) and what a connection does.
    """

    async def read(self, tag: Target, bank: Bank, offset: int, words: int, password: int) -> bytes:
        """Words of 16 bits."""
        ...

    async def write(self, tag: Target, bank: Bank, offset: int, data: bytes, password: int) -> None:
        """Write; not yet believed. Torn, it leaves the first words new and the others old."""
        ...


def protocol_control(old: int, epc: bytes) -> int:
    """The protocol-control word of a tag with this EPC, made of the word it has now (Gen2 §6.3.2.1.2.2).

    A tag that followed another numbering system (toggle bit set) loses that and its family identifier.

    >>> f"{protocol_control(0x3000, bytes(16)):04X}"
    '4000'
    >>> f"{protocol_control(0x35A1, bytes(12)):04X}"
    '3400'
    """
    kept = old & _ABOVE_NUMBERING if old & _TOGGLE else old & (_ABOVE_NUMBERING | 0xFF)
    return len(epc) // WORD << _LENGTH_SHIFT | kept


def check_range(bank: Bank, offset: int, words: int) -> None:
    """See that a part of memory can be named.

    Raises:
        InvalidInput: a negative offset, or no words, or more than one command can carry.
    """
    if offset < 0 or not 0 < words <= MAX_WORDS:
        raise InvalidInput(
            "Words {offset} to {end} of bank {bank} cannot be asked for.",
            where="words",
            remedy=f"Ask for 1 to {MAX_WORDS} words from 0 on.",
            bank=int(bank),
            offset=offset,
            end=offset + words - 1,
        )


def check_words(data: bytes) -> int:
    """How many words ``data`` has.

    Raises:
        InvalidInput: none, more than one command can carry, or half a word too much.
    """
    if not data or len(data) % WORD or len(data) > MAX_WORDS * WORD:
        raise InvalidInput(
            "{size} bytes cannot be written into a tag.",
            where="data",
            remedy=f"Memory has words of two bytes: give 2 to {MAX_WORDS * WORD} bytes, an even number.",
            size=len(data),
        )
    return len(data) // WORD


def check_epc(epc: bytes) -> None:
    """See that a tag can carry an EPC of this length.

    Raises:
        InvalidInput: it cannot.
    """
    if not epc or len(epc) % WORD or len(epc) > MAX_EPC_BYTES:
        raise InvalidInput(
            "An EPC of {size} bytes cannot be written into a tag.",
            where="epc",
            remedy=f"Pad it with zero bits to whole words: 2 to {MAX_EPC_BYTES} bytes, an even number.",
            size=len(epc),
        )


def check_password(password: int) -> None:
    """See that a password has 32 bits.

    Raises:
        InvalidInput: it has not; the password itself is not told.
    """
    if not 0 <= password <= MAX_PASSWORD:
        raise InvalidInput(
            "A tag's password is a number of 32 bits.",
            where="password",
            remedy="Give eight hexadecimal digits.",
        )


def password_of(text: str) -> int:
    """The access password that a person wrote as eight hexadecimal digits; 0 for nothing: the tag has none.

    Raises:
        InvalidInput: it is something else, or all zeros; what was written is not told.
    """
    digits = text.strip()
    found = int(digits, 16) if len(digits) == 8 and set(digits) <= set(hexdigits) else 0  # noqa: PLR2004 - 32 bits
    if digits and not found:
        raise InvalidInput(
            "That is no access password.",
            where="password",
            remedy="Give eight hexadecimal digits, not all 0.",
        )
    return found


async def write_epc(radio: Radio, tag: Target, new: bytes, password: int) -> None:
    """Give the tag another EPC, length bits included, and see that it has it.

    Raises:
        TagWriteError: the tag now says something else, or does not answer to what was written.
        TagLost: it left before anything was written, or in the midst: it may then say anything.
    """
    old = await radio.read(tag, Bank.EPC, PC_WORD, 1, password)
    wanted = protocol_control(int.from_bytes(old), new).to_bytes(WORD) + new
    await radio.write(tag, Bank.EPC, PC_WORD, wanted, password)
    # By the chip's id, where it is known, a tag is found whatever EPC it has come to have.
    written = Target(None, tag.tid) if tag.tid else replace(tag, epc=new)
    try:
        held = await radio.read(written, Bank.EPC, PC_WORD, len(wanted) // WORD, password)
    except TagLost as error:
        raise _not_what_was_written(new, "no answer") from error
    # The tag computes some bits of its control word itself; the length and the EPC must be ours.
    if held[0] & _LENGTH_BITS != wanted[0] & _LENGTH_BITS or held[WORD:] != new:
        raise _not_what_was_written(new, held[WORD:].hex().upper())


async def write_memory(
    radio: Radio, tag: Target, bank: Bank, offset: int, data: bytes, password: int
) -> None:
    """Write words, read them back and compare.

    Raises:
        InvalidInput: half of the access password; the tag would keep a password that nobody chose.
        TagWriteError: what is read back differs.
        TagLost: it left before anything was written, or in the midst: memory may then be half old, half new.
    """
    words = check_words(data)
    after = password
    if bank is Bank.RESERVED and offset + words > ACCESS_PASSWORD_WORD:
        start = (ACCESS_PASSWORD_WORD - offset) * WORD
        new = data[max(start, 0) : start + PASSWORD_WORDS * WORD]
        if start < 0 or len(new) < PASSWORD_WORDS * WORD:
            raise InvalidInput(
                "Half of an access password cannot be written.",
                where="data",
                remedy="Write its two words, 2 and 3 of bank 0, at once.",
            )
        after = int.from_bytes(new)  # from now on the tag opens to this one only
    await radio.write(tag, bank, offset, data, password)
    held = await radio.read(tag, bank, offset, words, after)
    if held != data:
        told = "…" if bank is Bank.RESERVED else held.hex().upper()  # passwords are not told
        raise _not_what_was_written(data if bank is not Bank.RESERVED else b"", told)


def _not_what_was_written(wanted: bytes, held: str) -> TagWriteError:
    return TagWriteError(
        "The tag should say {wanted} and says {held}.",
        remedy="Write it once more; if that fails too, take another tag.",
        wanted=wanted.hex().upper() or "…",
        held=held,
    )

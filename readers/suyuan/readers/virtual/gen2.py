"""Virtual UHF tags (EPC Gen2): memory, passwords, locks, kill, and writes that go wrong on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from suyuan.readers.tags.gen2 import (
    ACCESS_PASSWORD_WORD,
    KILL_PASSWORD_WORD,
    MAX_EPC_BYTES,
    PASSWORD_WORDS,
    PC_WORD,
    WORD,
    Bank,
    Lock,
    LockField,
    Refusal,
    protocol_control,
)

TID_BYTES = 12
_CHIP = bytes.fromhex("e28011912000")
"""Class identifier E2, designer and model (Impinj M730), and the XTID header of a serial of 48 bits."""


class TagRefuses(Exception):
    """A tag did not do what it was told."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


class WriteFault(StrEnum):
    """How a write goes wrong: refused; done otherwise and yet confirmed; left half-way."""

    REFUSED = "refused"
    GARBLED = "garbled"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class WriteFaults:
    """What share of writes goes wrong and how, each from 0 to 1; ``chance`` gives numbers in [0, 1)."""

    chance: Callable[[], float]
    refused: float = 0.0
    garbled: float = 0.0
    left: float = 0.0

    def draw(self) -> WriteFault | None:
        """What is to go wrong with the next write."""
        at = self.chance()
        for share, fault in (
            (self.refused, WriteFault.REFUSED),
            (self.garbled, WriteFault.GARBLED),
            (self.left, WriteFault.LEFT),
        ):
            if at < share:
                return fault
            at -= share
        return None


_BANK_FIELD = {Bank.EPC: LockField.EPC, Bank.TID: LockField.TID, Bank.USER: LockField.USER}


@dataclass(slots=True)
class _FieldLock:
    locked: bool = False
    for_ever: bool = False


@dataclass(eq=False)
class VirtualGen2:
    """A UHF tag as its chip behaves (Gen2 §6.3.2): new, or with passwords and locks.

    Args:
        carried: the EPC that it has at first.
        chip: its id; derived from that EPC by default, as if each tag were made with its own.
        epc_words, user_words: how much fits after the control word, and into the user bank.
        writes: after so many written words it leaves the field; None for never.
        sealed: it takes no writes at all, as a tag of which nobody keeps the memory.
        away: it is not in the field, and answers to nobody; may be set, and reset, at any time.
    """

    carried: bytes
    chip: bytes | None = None
    access_password: int = 0
    kill_password: int = 0
    epc_words: int = MAX_EPC_BYTES // WORD
    user_words: int = 32
    writes: int | None = None
    sealed: bool = False
    away: bool = False
    killed: bool = False
    banks: dict[Bank, bytearray] = field(init=False)
    locks: dict[LockField, _FieldLock] = field(init=False)

    def __post_init__(self) -> None:
        tid = self.chip or _CHIP + hashlib.sha256(self.carried).digest()[: TID_BYTES - len(_CHIP)]
        passwords = self.kill_password.to_bytes(4) + self.access_password.to_bytes(4)
        control = protocol_control(0, self.carried).to_bytes(WORD)
        held = bytes(WORD) + control + self.carried
        size = max(len(held), (self.epc_words + 2) * WORD)
        self.banks = {
            Bank.RESERVED: bytearray(passwords),
            Bank.EPC: bytearray(held.ljust(size, b"\0")),
            Bank.TID: bytearray(tid),
            Bank.USER: bytearray(self.user_words * WORD),
        }
        self.locks = {each: _FieldLock() for each in LockField}
        self.locks[LockField.TID] = _FieldLock(locked=True, for_ever=True)

    @property
    def epc(self) -> bytes:
        """The EPC that it sends when it is asked who is there: as long as its control word says."""
        held = self.banks[Bank.EPC]
        words = held[PC_WORD * WORD] >> 3
        return bytes(held[2 * WORD : (2 + words) * WORD])

    @property
    def tid(self) -> bytes:
        """The chip's id."""
        return bytes(self.banks[Bank.TID])

    @property
    def there(self) -> bool:
        """Whether it answers."""
        return not (self.away or self.killed)

    def read(self, bank: Bank, offset: int, words: int, password: int = 0) -> bytes:
        """Words of a bank; 0 words: all up to its end.

        Raises:
            TagRefuses: gone, beyond the end, a locked password, or a wrong access password.
        """
        secured = self._opened(password)
        held = self.banks[bank]
        end = (offset + words) * WORD if words else len(held)
        if end > len(held) or offset * WORD >= len(held):
            raise TagRefuses(Refusal.OVERRUN)
        if bank is Bank.RESERVED:
            for lock in self._passwords(offset, end // WORD):
                if lock.locked and (lock.for_ever or not secured):
                    raise TagRefuses(Refusal.LOCKED)
        return bytes(held[offset * WORD : end])

    def write(
        self, bank: Bank, offset: int, data: bytes, password: int = 0, fault: WriteFault | None = None
    ) -> None:
        """Write words, one after the other as the air protocol does; ``fault`` is what goes wrong.

        Raises:
            TagRefuses: nothing was written, or with GONE the first words only.
        """
        secured = self._opened(password)
        held = self.banks[bank]
        if offset * WORD + len(data) > len(held):
            raise TagRefuses(Refusal.OVERRUN)
        end = offset + len(data) // WORD
        locks = self._passwords(offset, end) if bank is Bank.RESERVED else [self.locks[_BANK_FIELD[bank]]]
        if self.sealed or any(lock.locked and (lock.for_ever or not secured) for lock in locks):
            raise TagRefuses(Refusal.LOCKED)
        if fault is WriteFault.REFUSED:
            raise TagRefuses(Refusal.FAULT)
        if fault is WriteFault.GARBLED and data:
            data = data[:-1] + bytes((data[-1] ^ 0x5A,))
        leaves_at = len(data) // WORD // 2 if fault is WriteFault.LEFT else None
        for number in range(len(data) // WORD):
            if number == leaves_at or (self.writes is not None and self.writes <= 0):
                self.away = True
                raise TagRefuses(Refusal.GONE)
            if self.writes is not None:
                self.writes -= 1
            at = (offset + number) * WORD
            held[at : at + WORD] = data[number * WORD : (number + 1) * WORD]

    def lock(self, locks: Mapping[LockField, Lock], password: int = 0) -> None:
        """Change locks, all or none.

        Raises:
            TagRefuses: gone, not opened by its access password, or a field is locked or unlocked for ever.
        """
        if not self._opened(password):
            raise TagRefuses(Refusal.PASSWORD)
        if self.sealed:
            raise TagRefuses(Refusal.LOCKED)
        wanted = {
            each: _FieldLock(lock in {Lock.LOCK, Lock.PERMALOCK}, lock in {Lock.PERMALOCK, Lock.PERMAUNLOCK})
            for each, lock in locks.items()
        }
        if any(self.locks[each].for_ever and self.locks[each] != lock for each, lock in wanted.items()):
            raise TagRefuses(Refusal.LOCKED)
        self.locks |= wanted

    def kill(self, password: int) -> None:
        """Silence it for ever.

        Raises:
            TagRefuses: gone, no kill password, or the wrong one.
        """
        self._opened(0)
        own = self._password(KILL_PASSWORD_WORD)
        if self.sealed or not own:
            raise TagRefuses(Refusal.ZERO_KILL)
        if password != own:
            raise TagRefuses(Refusal.PASSWORD)
        self.killed = True

    def _opened(self, password: int) -> bool:
        """Whether it is in the secured state after being addressed with this access password."""
        if not self.there:
            raise TagRefuses(Refusal.GONE)
        own = self._password(ACCESS_PASSWORD_WORD)
        if password and password != own:
            raise TagRefuses(Refusal.PASSWORD)
        return password == own

    def _password(self, word: int) -> int:
        at = word * WORD
        return int.from_bytes(self.banks[Bank.RESERVED][at : at + PASSWORD_WORDS * WORD])

    def _passwords(self, start: int, end: int) -> list[_FieldLock]:
        """The locks of those passwords that the words from ``start`` to ``end`` touch."""
        touched: list[_FieldLock] = []
        if start < ACCESS_PASSWORD_WORD:
            touched.append(self.locks[LockField.KILL_PASSWORD])
        if end > ACCESS_PASSWORD_WORD:
            touched.append(self.locks[LockField.ACCESS_PASSWORD])
        return touched

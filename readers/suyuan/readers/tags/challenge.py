"""Where UHF chips that answer a challenge come in (Gen2 v2, ``Authenticate``: EPC UHF Gen2 2.1 §6.3.2.12.3).

Two protocols and nothing behind them: no driver here sends the command yet, and the answer can only be
judged by who has the keys, for some chips their maker alone. A driver that can is a :class:`Challenges`; who
can judge is a :class:`ChallengeVerifier`, told the chip by its TID, so that keys may differ by chip. A
station would ask at incoming goods, where it asks for the chip's number, and tell the result like that of the
maker's signature. Never may a chip that does not answer count as false: readers and fields differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, runtime_checkable


class Suite(IntEnum):
    """Cryptographic suites by their number in the command (CSI, ISO/IEC 29167-1)."""

    AES_128 = 0x00  # ISO/IEC 29167-10
    PRESENT_80 = 0x01  # -11


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a chip is asked: ``message`` of the suite, for the key of that number."""

    suite: Suite
    key_number: int
    message: bytes


@runtime_checkable
class Challenges(Protocol):
    """A reader that can hand a challenge to a chip."""

    async def authenticate(self, epc: bytes, tid: bytes, challenge: Challenge) -> bytes:
        """The chip's answer, as it came.

        Raises:
            UnsupportedOperation: the reader cannot, or the chip knows no such suite or key.
            TagLost: the tag left first.
        """
        ...


class ChallengeVerifier(Protocol):
    """Who makes challenges for chips and judges their answers; it may ask over a network."""

    async def challenge(self, tid: bytes) -> Challenge | None:
        """A fresh challenge for a chip, None for one of which there is no key."""
        ...

    async def verify(self, tid: bytes, challenge: Challenge, answer: bytes) -> bool:
        """Whether only that chip can have answered so."""
        ...

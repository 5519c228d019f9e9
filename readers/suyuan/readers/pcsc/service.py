"""The PC/SC service: what its status codes mean to us, and a card that is held while it is read or written.

Only the thin layer of pyscard is used. Its monitors die with the service and do not come back.
"""

from __future__ import annotations

import importlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, cast

from suyuan.readers.errors import ReaderBusy, ReaderError, TagLost, TransientConnectionError


class Scard(Protocol):
    """What of ``smartcard.scard`` is used; every function gives its status code first."""

    SCARD_SCOPE_USER: int
    SCARD_SHARE_SHARED: int
    SCARD_PROTOCOL_T0: int
    SCARD_PROTOCOL_T1: int
    SCARD_LEAVE_CARD: int
    SCARD_RESET_CARD: int
    SCARD_STATE_PRESENT: int
    SCARD_STATE_MUTE: int
    SCARD_STATE_CHANGED: int
    SCARD_PCI_T0: int
    SCARD_PCI_T1: int

    def SCardEstablishContext(self, scope: int) -> tuple[int, Any]: ...  # noqa: N802, D102 - PC/SC's names
    def SCardReleaseContext(self, context: Any) -> int: ...  # noqa: N802, D102
    def SCardListReaders(self, context: Any, groups: list[str]) -> tuple[int, list[str]]: ...  # noqa: N802, D102
    def SCardGetStatusChange(  # noqa: N802, D102
        self, context: Any, timeout_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]: ...
    def SCardConnect(self, context: Any, reader: str, mode: int, protocols: int) -> tuple[int, Any, int]: ...  # noqa: N802, D102
    def SCardReconnect(self, card: Any, mode: int, protocols: int, first: int) -> tuple[int, int]: ...  # noqa: N802, D102
    def SCardDisconnect(self, card: Any, then: int) -> int: ...  # noqa: N802, D102
    def SCardBeginTransaction(self, card: Any) -> int: ...  # noqa: N802, D102
    def SCardEndTransaction(self, card: Any, then: int) -> int: ...  # noqa: N802, D102
    def SCardTransmit(self, card: Any, pci: int, command: list[int]) -> tuple[int, list[int]]: ...  # noqa: N802, D102


def load() -> Scard:
    """The library; it has no types, and Suyuan is checked without it.

    Raises:
        ImportError: pyscard, or the system's libpcsclite, is not installed.
    """
    return cast("Scard", importlib.import_module("smartcard.scard"))


SUCCESS = 0
TIMEOUT = 0x8010000A
NO_READERS = 0x8010002E
UNKNOWN_READER = 0x80100009
SHARING_VIOLATION = 0x8010000B
NOT_TRANSACTED = 0x80100016
STATUS_SIZE = 2
"""Bytes of the status word that ends every answer of a card."""
_MASK = 0xFFFFFFFF  # some platforms give the codes as negative numbers

_NO_SERVICE = {0x8010001D: "the service does not run", 0x8010001E: "the service was stopped"}
_NO_ACCESS = {0x80100027: "access denied", 0x8010006A: "access denied by policy"}
_NO_CARD = {
    0x8010000C: "no card", 0x80100013: "no contact", 0x80100016: "interrupted", 0x8010002F: "interrupted",
    0x80100066: "no answer", 0x80100067: "unpowered", 0x80100068: "reset by another program",
    0x80100069: "taken away", 0x8010000F: "no common protocol",
}  # fmt: skip

START_SERVICE = (
    "Check that pcscd is installed and runs: sudo systemctl enable --now pcscd.socket (apt install pcscd)."
)
GRANT_ACCESS = (
    "Allow this user org.debian.pcsc-lite.access_pcsc and access_card in polkit, or start pcscd with"
    " --disable-polkit (PCSCD_ARGS in /etc/default/pcscd)."
)
CHECK_DEVICE = (
    "Check the cable and that lsusb lists the reader; if the kernel holds it, blacklist pn533_usb and nfc."
)


def code(status: int) -> int:
    """A status code as PC/SC writes it."""
    return status & _MASK


def failure(status: int, reader: str, *, on_card: bool = False) -> ReaderError:
    """The error that the status code means, of an operation on a card or on the service."""
    number = code(status)
    shown = f"0x{number:08X}"
    if number in _NO_SERVICE:
        return TransientConnectionError(
            "The PC/SC service is not available: {reason} ({status}).",
            remedy=START_SERVICE,
            reason=_NO_SERVICE[number],
            status=shown,
        )
    if number in _NO_ACCESS:
        return TransientConnectionError(
            "The PC/SC service refuses this user: {reason} ({status}).",
            remedy=GRANT_ACCESS,
            reason=_NO_ACCESS[number],
            status=shown,
        )
    if on_card and number in _NO_CARD:
        return TagLost(
            "The tag left the reader {reader}: {reason} ({status}).",
            remedy="Hold it still on the reader until it is done.",
            reader=reader,
            reason=_NO_CARD[number],
            status=shown,
        )
    if number == SHARING_VIOLATION:
        return ReaderBusy(
            "Another program holds the card on {reader}.", remedy="Close that program.", reader=reader
        )
    return TransientConnectionError(
        "The reader {reader} failed ({status}).", remedy=CHECK_DEVICE, reader=reader, status=shown
    )


class Card:
    """A connected card; :meth:`transmit` sends APDUs."""

    def __init__(self, scard: Scard, reader: str, handle: Any, protocol: int) -> None:
        self._scard = scard
        self._reader = reader
        self._handle = handle
        self._protocol = protocol

    def transmit(self, command: bytes) -> bytes:
        """The answer with its status word.

        Raises:
            TagLost: the card was taken away.
            TransientConnectionError: the service or the reader is gone.
        """
        first = self._protocol == self._scard.SCARD_PROTOCOL_T0
        pci = self._scard.SCARD_PCI_T0 if first else self._scard.SCARD_PCI_T1
        status, answer = self._scard.SCardTransmit(self._handle, pci, list(command))
        if status != SUCCESS:
            raise failure(status, self._reader, on_card=True)
        if len(answer) < STATUS_SIZE:  # what some readers give for a card that is gone
            raise failure(NOT_TRANSACTED, self._reader, on_card=True)
        return bytes(octet & 0xFF for octet in answer)

    def reset(self) -> None:
        """Select the card anew, after a command that it does not know.

        Raises:
            TagLost, TransientConnectionError: as :meth:`transmit`.
        """
        scard = self._scard
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        status, protocol = scard.SCardReconnect(
            self._handle, scard.SCARD_SHARE_SHARED, protocols, scard.SCARD_RESET_CARD
        )
        if status != SUCCESS:
            raise failure(status, self._reader, on_card=True)
        self._protocol = protocol


@contextmanager
def held(scard: Scard, context: Any, reader: str) -> Generator[Card]:
    """The card on ``reader``, connected and kept from other programs.

    Raises:
        TagLost, ReaderBusy, TransientConnectionError: it cannot be held.
    """
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    status, handle, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols)
    if status != SUCCESS:
        raise failure(status, reader, on_card=True)
    try:
        status = scard.SCardBeginTransaction(handle)
        if status != SUCCESS:
            raise failure(status, reader, on_card=True)
        try:
            yield Card(scard, reader, handle, protocol)
        finally:
            scard.SCardEndTransaction(handle, scard.SCARD_LEAVE_CARD)
    finally:
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)


def readers(scard: Scard, context: Any) -> Sequence[str]:
    """The names of all readers, in the service's order.

    Raises:
        TransientConnectionError: the service is gone.
    """
    status, names = scard.SCardListReaders(context, [])
    if code(status) == NO_READERS:
        return ()
    if status != SUCCESS:
        raise failure(status, "")
    return tuple(names)

"""A virtual card on the virtual PC/SC reader ``vpcd``: the real pcscd believes that it lies on a reader.

Protocol (vsmartcard's vpcd): length in two bytes, then a payload; payloads of one byte power the card off
(0), on (1) and reset it (2), without answer, or ask for its ATR (4); all others are APDUs. A memory card is
behind the pseudo-APDUs of PC/SC part 3, as a reader with a PN532 would have it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from suyuan.readers.virtual.tags import VirtualTag, VirtualType4

SLOTS = (35963, 35964)
"""TCP ports of the two slots."""

_MEMORY_ATR = bytes.fromhex("3b8f8001804f0ca0000003060300030000000068")
_DONE, _FAILED, _UNKNOWN, _NOT_THERE = b"\x90\x00", b"\x63\x00", b"\x6d\x00", b"\x6a\x81"
_PN532 = bytes.fromhex("d50332010607")  # what it says of its firmware
_GET_ATR = 4
_POWER = {0, 1, 2}


class VpcdCard:
    """A card that lies on a slot while this context lasts.

    Args:
        tag: what answers.
        dial: connects to a slot's port where vpcd listens.
        slot: 0 or 1.
        pn532: whether the reader has one, so that native commands pass.
    """

    def __init__(
        self,
        tag: VirtualTag,
        dial: Callable[[int], socket.socket],
        slot: int = 0,
        *,
        pn532: bool = True,
    ) -> None:
        self._tag = tag
        self._pn532 = pn532
        self._dial = dial
        self._slot = slot
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._socket = self._dial(SLOTS[self._slot])
        self._thread = threading.Thread(target=self._serve, args=(self._socket,), name="virtual card")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Take the card away; further calls do nothing."""
        if self._socket is not None and self._thread is not None:
            with suppress(OSError):  # it had gone by itself, or the daemon had
                self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._socket = None

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (command := _receive(connection)) is not None:
                    answer = self._answer(command)
                    if answer is None:
                        return  # gone in mid-command
                    if answer:
                        connection.sendall(len(answer).to_bytes(2, "big") + answer)
            except OSError:
                return  # the daemon died

    def _answer(self, command: bytes) -> bytes | None:
        """The answer to a frame: empty for none, None when the card is gone."""
        if len(command) == 1:
            if command[0] in _POWER:
                self._tag.reset()
            return self._atr() if command[0] == _GET_ATR else b""
        if command == b"\xff\xca\x00\x00\x00":
            return self._tag.uid + _DONE
        if isinstance(self._tag, VirtualType4):
            return self._tag.answer(command)
        return self._memory(command)

    def _memory(self, command: bytes) -> bytes | None:
        """A pseudo-APDU to a memory card."""
        match command[:2], command[2:5]:
            case b"\xff\xb0", _:
                answer = self._tag.answer(b"\x30" + command[3:4])
                good = answer is not None and len(answer) > 1
            case b"\xff\xd6", _:
                answer = self._tag.answer(b"\xa2" + command[3:4] + command[5:])
                good = answer == b"\x0a"
                answer = b"" if good else answer
            case b"\xff\x00", _ if not self._pn532:
                return _NOT_THERE
            case b"\xff\x00", _ if command[5:] == b"\xd4\x02":
                return _PN532 + _DONE
            case b"\xff\x00", _ if command[5:7] == b"\xd4\x42" and command[4] == len(command) - 5:
                answer = self._tag.answer(command[7:])
                good = answer is not None and len(answer) > 1
                answer = b"\xd5\x43\x00" + answer if answer is not None and good else answer
            case _:
                return _UNKNOWN
        if answer is None:
            return None
        return answer + _DONE if good else _FAILED

    def _atr(self) -> bytes:
        if not isinstance(self._tag, VirtualType4):
            return _MEMORY_ATR
        atr = bytes.fromhex("8f8001") + bytes(15)
        check = 0
        for octet in atr:
            check ^= octet
        return b"\x3b" + atr + bytes((check,))


def _receive(connection: socket.socket) -> bytes | None:
    """The next frame's payload, None at the end."""
    head = _exactly(connection, 2)
    return None if head is None else _exactly(connection, int.from_bytes(head, "big"))


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        # vpcd writes length and body separately; a delayed acknowledgement between them costs 40 ms, and the
        # kernel forgets the option after each use.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return data

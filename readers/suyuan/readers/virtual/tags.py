"""Virtual tags: what an NTAG21x and a Type 4 tag answer to a command.

``None`` for an answer is silence: the tag is gone. A tag can be told to go in the midst of being written.
"""

from __future__ import annotations

from typing import Protocol

from suyuan.readers.tags import ndef, ntag21x, type2, type4

_NAK = b"\x00"
_MODELS = {"NTAG213": (0x0F, 0x12, 45), "NTAG215": (0x11, 0x3E, 135), "NTAG216": (0x13, 0x6D, 231)}
"""Model -> storage size byte of GET_VERSION, size byte of the capability container, pages."""


class VirtualTag(Protocol):
    """A tag as a reader meets it."""

    uid: bytes

    def reset(self) -> None:
        """The field came on, or the reader selected the tag anew."""
        ...

    def answer(self, command: bytes) -> bytes | None:
        """The answer to a native command, None for silence."""
        ...


class VirtualNtag:
    """An NTAG21x, new or with a message on it.

    Args:
        uid: seven bytes.
        model: NTAG213, NTAG215 or NTAG216.
        message: an NDEF message that it holds.
        writes: after so many written pages the tag is gone; None for never.
    """

    def __init__(
        self, uid: bytes, model: str = "NTAG215", message: bytes = b"", *, writes: int | None = None
    ) -> None:
        storage, size, pages = _MODELS[model]
        self.uid = uid
        self.writes = writes
        self._storage = storage
        self.memory = bytearray(pages * type2.PAGE)
        self.memory[0:8] = uid[0:3] + bytes((0x88 ^ uid[0] ^ uid[1] ^ uid[2],)) + uid[3:7]
        self.memory[8] = uid[3] ^ uid[4] ^ uid[5] ^ uid[6]
        self.memory[12:16] = bytes((0xE1, 0x10, size, 0x00))
        content = ndef.wrapped(message) + bytes((ndef.TERMINATOR_TLV,))
        self.memory[16 : 16 + len(content)] = content
        self.lock_page = next(chip.lock_page for chip in type2.CHIPS if chip.model == model)
        self.settings_page = self.lock_page + 1
        self.memory[self.settings_page * type2.PAGE + 3] = ntag21x.NEVER
        self.memory[self.settings_page * type2.PAGE + 8 :][:4] = b"\xff" * 4
        self.reads = 0
        self.signature = b""
        """Of the maker over the UID; none unless a published one is given."""
        self._known = False  # whether the password was shown since the field came on
        self._counted = False

    def reset(self) -> None:
        """The field came on, or the reader selected the tag anew."""
        self._known = self._counted = False

    def answer(self, command: bytes) -> bytes | None:  # noqa: PLR0911 - one for each command
        """The answer to a command; silence once it is gone, NAK for what it does not know or allow."""
        if self.writes is not None and self.writes <= 0:
            return None
        match command[:1]:
            case b"\x30" if len(command) == 2:  # noqa: PLR2004
                return self._read(command[1])
            case b"\xa2" if len(command) == 6:  # noqa: PLR2004
                return self._write(command[1], command[2:])
            case b"\x60" if len(command) == 1:
                return b"\x00\x04\x04\x02\x01\x00" + bytes((self._storage, 0x03))
            case b"\x1b" if len(command) == 5:  # noqa: PLR2004
                return self._show_password(command[1:])
            case b"\x39" if command[1:] == b"\x02" and self._setting(4) & 0x10:
                return self.reads.to_bytes(3, "little")
            case b"\x3c" if command[1:] == b"\x00" and self.signature:
                return self.signature
            case _:
                return _NAK

    def _setting(self, at: int) -> int:
        """A byte of the settings: 3 is the first guarded page, 4 the access byte, from 8 on the password."""
        return self.memory[self.settings_page * type2.PAGE + at]

    def _show_password(self, password: bytes) -> bytes:
        start = self.settings_page * type2.PAGE + 8
        self._known = bytes(self.memory[start : start + 4]) == password
        return bytes(self.memory[start + 4 : start + 6]) if self._known else _NAK

    def _read(self, page: int) -> bytes:
        if page * type2.PAGE >= len(self.memory):
            return _NAK
        if not self._counted and self._setting(4) & 0x10:
            self.reads, self._counted = self.reads + 1, True
        start = self.settings_page * type2.PAGE + 8
        shown = (
            bytes(self.memory[:start]) + bytes(8) + bytes(self.memory[start + 8 :])
        )  # passwords read as zeros
        around = shown + shown[:16]  # reading goes round at the end
        return around[page * type2.PAGE : page * type2.PAGE + 16]

    def _write(self, page: int, data: bytes) -> bytes | None:
        start = page * type2.PAGE
        if page < 2 or start >= len(self.memory) or self._is_locked(page):  # noqa: PLR2004 - the UID
            return _NAK
        if page >= self._setting(3) and not self._known:
            return _NAK
        if self.writes is not None:
            self.writes -= 1
        if page == 2:  # noqa: PLR2004 - the static lock bytes: bits are only ever set
            data = bytes((*self.memory[8:10], self.memory[10] | data[2], self.memory[11] | data[3]))
        elif page in {3, self.lock_page}:  # one-time programmable
            data = bytes(old | new for old, new in zip(self.memory[start : start + 4], data, strict=True))
        self.memory[start : start + 4] = data
        return b"\x0a"

    def _is_locked(self, page: int) -> bool:
        static = int.from_bytes(self.memory[10:12], "little")
        if 3 <= page < 16:  # noqa: PLR2004 - one bit for each of these pages
            return bool(static >> page & 1)
        return 16 <= page < self.lock_page and any(self.memory[self.lock_page * 4 :][:2])  # noqa: PLR2004


class VirtualType4:
    """A Type 4 tag with one NDEF file.

    Args:
        uid: four, seven or ten bytes.
        message: an NDEF message that it holds.
        size: of the file, two bytes of length included.
        read_size, write_size: MLe and MLc of its container.
        writable: whether UPDATE BINARY is allowed.
        writes: after so many UPDATE BINARY the tag is gone; None for never.
    """

    def __init__(
        self,
        uid: bytes,
        message: bytes = b"",
        *,
        size: int = 256,
        read_size: int = 59,
        write_size: int = 52,
        writable: bool = True,
        writes: int | None = None,
    ) -> None:
        self.uid = uid
        self.writes = writes
        self._selected = b""
        self._write_size = write_size
        self.writable = writable
        self.file = bytearray(len(message).to_bytes(2, "big") + message).ljust(size, b"\0")
        self.container = (
            b"\x00\x0f\x20"
            + read_size.to_bytes(2, "big")
            + write_size.to_bytes(2, "big")
            + b"\x04\x06\xe1\x04"
            + size.to_bytes(2, "big")
            + (b"\x00\x00" if writable else b"\x00\xff")
        )

    def reset(self) -> None:
        """The field came on, or the reader selected the tag anew."""
        self._selected = b""

    def answer(self, command: bytes) -> bytes | None:
        """The answer to SELECT, READ BINARY or UPDATE BINARY with its status; silence once it is gone."""
        if self.writes is not None and self.writes <= 0:
            return None
        match command[:2]:
            case b"\x00\xa4":
                return self._select(command)
            case b"\x00\xb0" if len(command) == 5:  # noqa: PLR2004
                data = self._content(int.from_bytes(command[2:4], "big"), command[4])
                return b"\x6b\x00" if data is None else data + type4.DONE
            case b"\x00\xd6" if len(command) == 5 + command[4]:
                return self._update(int.from_bytes(command[2:4], "big"), command[5:])
            case _:
                return b"\x6d\x00"

    def _select(self, command: bytes) -> bytes:
        if command[2:4] == b"\x04\x00":
            self._selected = command[5 : 5 + command[4]]
            return type4.DONE if self._selected == type4.APPLICATION else b"\x6a\x82"
        if self._selected and command[5:7] in {b"\xe1\x03", b"\xe1\x04"}:
            self._selected = command[5:7]
            return type4.DONE
        return b"\x6a\x82"

    def _content(self, offset: int, size: int) -> bytes | None:
        content = {b"\xe1\x03": self.container, b"\xe1\x04": bytes(self.file)}.get(self._selected, b"")
        return content[offset : offset + size] if offset < len(content) else None

    def _update(self, offset: int, data: bytes) -> bytes:
        if self._selected != b"\xe1\x04" or not self.writable:
            return b"\x69\x82"
        if offset + len(data) > len(self.file) or len(data) > self._write_size:
            return b"\x67\x00"
        if self.writes is not None:
            self.writes -= 1
        self.file[offset : offset + len(data)] = data
        return type4.DONE

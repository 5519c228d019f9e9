"""A virtual NTAG 424 DNA: it authenticates, keeps keys and settings, counts, and signs its link at each tap.

It follows the data sheet (NXP NT4H2421Gx), not our driver: commands in a wrong state, with a wrong MAC or
without the right are refused, and end the session. Not there: LRP, file data in the link, tamper loops.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest

from suyuan.readers.tags import type4
from suyuan.readers.tags.ev2 import (
    FROM_TAG,
    MAC_SIZE,
    TI_SIZE,
    TO_TAG,
    initial,
    mac,
    padded,
    rotated,
    session_keys,
    unpadded,
)
from suyuan.readers.tags.ntag424 import checksum
from suyuan.readers.virtual.tags import VirtualType4
from suyuan.trace.sun.ciphers import BLOCK, ZERO, decrypt, encrypt
from suyuan.trace.sun.taps import MOST_READS, mac_of

KEYS = 5
MOST_FAILURES, MOST_IN_A_ROW = 1000, 50
"""Wrong keys after which a key is blocked for ever, and after which the tag makes one wait."""

_CONTAINER = bytes.fromhex("001720010000ff0406e104010000000506e10500808283000000000000000000")
_FILES = {b"\xe1\x03": 1, b"\xe1\x04": 2, b"\xe1\x05": 3}
_RIGHTS = {1: bytes.fromhex("00e0"), 2: bytes.fromhex("e0ee"), 3: bytes.fromhex("3023")}
_SIZES = {1: 32, 2: 256, 3: 128}
_FREE, _NEVER = 0xE, 0xF
_SIGNING, _UID, _COUNTER, _TEXT = 0x40, 0x80, 0x40, 0x01
_VERSION = (bytes.fromhex("04040230001105"), bytes.fromhex("04040201021105"))
_BATCH = bytes.fromhex("cf4d4459404520")

_OK, _MORE = b"\x91\x00", b"\x91\xaf"
_ILLEGAL, _INTEGRITY, _NO_KEY, _LENGTH = b"\x91\x1c", b"\x91\x1e", b"\x91\x40", b"\x91\x7e"
_DENIED, _PARAMETER, _DELAY, _WRONG, _NO_FILE = (
    b"\x91\x9d",
    b"\x91\x9e",
    b"\x91\xad",
    b"\x91\xae",
    b"\x91\xf0",
)


class _Refusal(Exception):
    """A command that is refused with this status."""


@dataclass
class _File:
    content: bytearray
    rights: bytes
    option: int = 0
    signing: bytes = b""


@dataclass
class _Session:
    key_number: int
    encryption: bytes
    signature: bytes
    transaction: bytes
    count: int = 0


@dataclass
class _Key:
    value: bytes = ZERO
    version: int = 0
    failures: int = 0
    in_a_row: int = 0
    waiting: int = 0


@dataclass
class _Volatile:
    """What the tag forgets when it leaves the field."""

    selected: bytes = b""
    application: bool = False
    session: _Session | None = None
    expects: Callable[[bytes], bytes] | None = None
    tapped: bytes | None = None


@dataclass
class Tear:
    """After so many commands the tag is torn away; ``done``: one more is carried out, its answer lost."""

    after: int
    done: bool = False


@dataclass(frozen=True)
class _Offsets:
    picc: int
    signed: int
    mac: int
    meta_key: int
    file_key: int


class VirtualNtag424(VirtualType4):
    """An NTAG 424 DNA as it comes from the maker.

    Args:
        uid: seven bytes.
        random: where its challenges come from.
        tear: when it is torn away; None for never.
    """

    def __init__(
        self,
        uid: bytes,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
        tear: Tear | None = None,
    ) -> None:
        super().__init__(uid)
        self.tear = tear
        self.counter = 0
        self.signature = b""
        """Of the maker over the UID; none unless a published one is given."""
        self.keys = [_Key() for _ in range(KEYS)]
        self.files = {n: _File(bytearray(_SIZES[n]), _RIGHTS[n]) for n in _SIZES}
        self.files[1].content[:] = _CONTAINER
        self._random = random
        self._now = _Volatile()
        self._commands = {
            0x60: self._get_version,
            0x71: self._authenticate,
            0xAF: self._go_on,
            0x51: self._get_uid,
            0x64: self._get_key_version,
            0xC4: self._change_key,
            0xF5: self._get_settings,
            0x5F: self._change_settings,
            0x3C: self._read_signature,
        }

    def _read_signature(self, data: bytes) -> bytes:
        """Plain, outside a session, which is all that our driver asks for."""
        if data != b"\0" or self._now.session is not None or not self.signature:
            raise _Refusal(_ILLEGAL)
        return self.signature + b"\x91\x90"

    def reset(self) -> None:
        """The field came on, or the reader selected the tag anew."""
        self._now = _Volatile()

    def answer(self, command: bytes) -> bytes | None:
        """The answer to an APDU; silence once it is torn away."""
        if self.tear is not None:
            if self.tear.after <= 0:
                if self.tear.done:
                    self.tear.done = False
                    self._answer(command)
                self.reset()
                return None
            self.tear.after -= 1
        return self._answer(command)

    def _answer(self, command: bytes) -> bytes:
        if command[:2] == b"\x00\xa4":
            return self._choose(command)
        if command[:2] == b"\x00\xb0" and len(command) == 5:  # noqa: PLR2004
            return self._iso_read(int.from_bytes(command[2:4], "big"), command[4])
        if command[:2] == b"\x00\xd6" and len(command) >= 5 and len(command) == 5 + command[4]:  # noqa: PLR2004
            return self._iso_update(int.from_bytes(command[2:4], "big"), command[5:])
        if len(command) < 5 or command[0] != 0x90 or command[2:4] != b"\0\0":  # noqa: PLR2004
            return b"\x6d\x00"
        data = command[5:-1]
        if len(command) > 5 and (command[4] != len(data) or command[-1]):  # noqa: PLR2004
            return b"\x67\x00"
        return self._native(command[1], data)

    # ISO 7816 commands

    def _choose(self, command: bytes) -> bytes:
        self._now.session, self._now.expects, self._now.tapped = None, None, None
        if command[2:4] == b"\x04\x00":
            self._now.application = command[4:].startswith(
                bytes((len(type4.APPLICATION),)) + type4.APPLICATION
            )
            self._now.selected = b""
            return type4.DONE if self._now.application else b"\x6a\x82"
        if self._now.application and command[5:7] in _FILES:
            self._now.selected = command[5:7]
            return type4.DONE
        return b"\x6a\x82"

    def _file(self) -> _File | None:
        return self.files.get(_FILES.get(self._now.selected, 0))

    def _may(self, *rights: int) -> bool:
        """Whether one of the rights, each a nibble of the file's, is free or that of the session's key."""
        return any(
            right == _FREE or (self._now.session is not None and right == self._now.session.key_number)
            for right in rights
        )

    def _iso_read(self, offset: int, size: int) -> bytes:
        file = self._file()
        if file is None:
            return b"\x69\x86"
        if not self._may(file.rights[1] >> 4, file.rights[0] >> 4):
            return b"\x69\x82"
        if offset + size > len(file.content):
            return b"\x6a\x86"
        return self._read_out(file)[offset : offset + (size or 256)] + type4.DONE

    def _read_out(self, file: _File) -> bytes:
        """The content, with what is signed at the first reading since the file was selected."""
        if not file.option & _SIGNING or self._now.session is not None:
            return bytes(file.content)
        if self._now.tapped is None:
            self.counter = min(self.counter + 1, MOST_READS)
            self._now.tapped = self._signed(file)
        return self._now.tapped

    def _signed(self, file: _File) -> bytes:
        offsets = _offsets(file.signing)
        count = self.counter.to_bytes(3, "little")
        out = bytearray(file.content)
        head = bytes((0x80 | 0x40 | len(self.uid),))
        told = head + self.uid + count + self._random(BLOCK - 1 - len(self.uid) - len(count))
        picc = encrypt(self.keys[offsets.meta_key].value, ZERO, told).hex().upper().encode()
        out[offsets.picc : offsets.picc + len(picc)] = picc
        covered = bytes(out[offsets.signed : offsets.mac])
        signature = mac_of(self.keys[offsets.file_key].value, self.uid, count, covered).hex().upper().encode()
        out[offsets.mac : offsets.mac + len(signature)] = signature
        return bytes(out)

    def _iso_update(self, offset: int, data: bytes) -> bytes:
        file = self._file()
        if file is None:
            return b"\x69\x86"
        if not self._may(file.rights[1] & 0xF, file.rights[0] >> 4):
            return b"\x69\x82"
        if offset + len(data) > len(file.content):
            return b"\x6a\x86"
        file.content[offset : offset + len(data)] = data
        return type4.DONE

    # Native commands

    def _native(self, code: int, data: bytes) -> bytes:
        expects, self._now.expects = self._now.expects, None
        deed = self._commands.get(code)
        if deed is None or not self._now.application:
            self._now.session = None
            return _ILLEGAL
        if code == 0xAF:  # noqa: PLR2004
            self._now.expects = expects
        try:
            return deed(data)
        except _Refusal as refusal:
            self._now.session = None
            return bytes(refusal.args[0])

    def _go_on(self, data: bytes) -> bytes:
        expects, self._now.expects = self._now.expects, None
        if expects is None:
            raise _Refusal(_ILLEGAL)
        return expects(data)

    def _get_version(self, data: bytes) -> bytes:
        del data
        self._now.session = None
        last = self.uid + _BATCH

        def second(_: bytes) -> bytes:
            self._now.expects = lambda _: last + _OK
            return _VERSION[1] + _MORE

        self._now.expects = second
        return _VERSION[0] + _MORE

    def _authenticate(self, data: bytes) -> bytes:
        self._now.session = None
        if len(data) < 2 or len(data) != 2 + data[1]:  # noqa: PLR2004
            raise _Refusal(_LENGTH)
        number = data[0]
        if number >= KEYS:
            raise _Refusal(_NO_KEY)
        key = self.keys[number]
        if key.failures >= MOST_FAILURES:
            raise _Refusal(_DENIED)
        if key.waiting:
            key.waiting -= 1
            raise _Refusal(_DELAY)
        challenge = self._random(BLOCK)
        self._now.expects = lambda answer: self._authenticated(number, challenge, answer)
        return encrypt(key.value, ZERO, challenge) + _MORE

    def _authenticated(self, number: int, challenge: bytes, answer: bytes) -> bytes:
        key = self.keys[number]
        if len(answer) != 2 * BLOCK:
            raise _Refusal(_LENGTH)
        told = decrypt(key.value, ZERO, answer)
        if not compare_digest(told[BLOCK:], rotated(challenge)):
            key.failures += 1
            key.in_a_row += 1
            if key.in_a_row % MOST_IN_A_ROW == 0:
                key.waiting = 10
            raise _Refusal(_WRONG)
        key.in_a_row, key.failures = 0, max(0, key.failures - 10)
        transaction = self._random(TI_SIZE)
        self._now.session = _Session(number, *session_keys(key.value, told[:BLOCK], challenge), transaction)
        return encrypt(key.value, ZERO, transaction + rotated(told[:BLOCK]) + bytes(12)) + _OK

    def _told(self, code: int, data: bytes, header: int, *, full: bool) -> tuple[bytes, bytes]:
        """Header and data of a command under secure messaging, once its MAC is right."""
        session = self._now.session
        if session is None:
            raise _Refusal(_DENIED)
        body, given = data[:-MAC_SIZE], data[-MAC_SIZE:]
        expected = mac(session.signature, code, session.transaction, session.count, body)
        if len(body) < header or not compare_digest(given, expected):
            raise _Refusal(_INTEGRITY)
        rest = body[header:]
        if full and rest:
            if len(rest) % BLOCK:
                raise _Refusal(_LENGTH)
            vector = initial(TO_TAG, session.encryption, session.transaction, session.count)
            try:
                rest = unpadded(decrypt(session.encryption, vector, rest))
            except ValueError as error:
                raise _Refusal(_INTEGRITY) from error
        session.count += 1
        return body[:header], rest

    def _says(self, data: bytes = b"", *, full: bool = False) -> bytes:
        session = self._now.session
        if session is None:
            raise _Refusal(_DENIED)
        if full and data:
            vector = initial(FROM_TAG, session.encryption, session.transaction, session.count)
            data = encrypt(session.encryption, vector, padded(data))
        return data + mac(session.signature, 0, session.transaction, session.count, data) + _OK

    def _get_uid(self, data: bytes) -> bytes:
        self._told(0x51, data, 0, full=True)
        return self._says(self.uid, full=True)

    def _get_key_version(self, data: bytes) -> bytes:
        (number,), _ = self._told(0x64, data, 1, full=False)
        if number >= KEYS:
            raise _Refusal(_NO_KEY)
        return self._says(bytes((self.keys[number].version,)))

    def _change_key(self, data: bytes) -> bytes:
        session = self._now.session
        (number,), given = self._told(0xC4, data, 1, full=True)
        if session is None or session.key_number != 0:
            raise _Refusal(_DENIED)
        if number >= KEYS:
            raise _Refusal(_NO_KEY)
        key = self.keys[number]
        if number == 0:
            if len(given) != BLOCK + 1:
                raise _Refusal(_LENGTH)
            key.value, key.version = given[:BLOCK], given[BLOCK]
            self._now.session = None
            return _OK
        if len(given) != BLOCK + 5:
            raise _Refusal(_LENGTH)
        new = bytes(a ^ b for a, b in zip(given[:BLOCK], key.value, strict=True))
        if given[BLOCK + 1 :] != checksum(new):
            raise _Refusal(_INTEGRITY)
        key.value, key.version = new, given[BLOCK]
        return self._says()

    def _get_settings(self, data: bytes) -> bytes:
        (number,), _ = self._told(0xF5, data, 1, full=False)
        file = self.files.get(number)
        if file is None:
            raise _Refusal(_NO_FILE)
        size = len(file.content).to_bytes(3, "little")
        return self._says(bytes((0, file.option)) + file.rights + size + file.signing)

    def _change_settings(self, data: bytes) -> bytes:
        (number,), given = self._told(0x5F, data, 1, full=True)
        file = self.files.get(number)
        if file is None:
            raise _Refusal(_NO_FILE)
        if not self._may(file.rights[0] & 0xF):
            raise _Refusal(_DENIED)
        signing = given[3:]
        if len(given) < 3 or bool(given[0] & _SIGNING) != bool(signing):  # noqa: PLR2004
            raise _Refusal(_LENGTH)
        if signing:
            _check_signing(signing, len(file.content))
            if not file.option & _SIGNING:
                self.counter = 0
        file.option, file.rights, file.signing = given[0], given[1:3], signing
        return self._says()


def _offsets(signing: bytes) -> _Offsets:
    picc, signed, at = (int.from_bytes(signing[n : n + 3], "little") for n in (3, 6, 9))
    return _Offsets(picc, signed, at, signing[2] >> 4, signing[2] & 0xF)


def _check_signing(signing: bytes, size: int) -> None:
    """Raise unless these are settings that a tag takes, of the kind that is known here (§10.7.1)."""
    if len(signing) != 12 or signing[0] != _UID | _COUNTER | _TEXT:  # noqa: PLR2004
        raise _Refusal(_PARAMETER)
    offsets = _offsets(signing)
    overlap = offsets.picc < offsets.mac + 16 and offsets.mac < offsets.picc + 32
    if (
        max(offsets.meta_key, offsets.file_key) >= KEYS
        or offsets.signed > offsets.mac
        or overlap
        or max(offsets.picc + 32, offsets.mac + 16) > size
    ):
        raise _Refusal(_PARAMETER)

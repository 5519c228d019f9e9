"""Secure messaging of NXP's AES chips (EV2), as an NTAG 424 DNA has it: authentication, MACs, encryption.

What both ends compute stands here as functions; :class:`Channel` is the reader's end of an authenticated
session. An answer whose MAC is wrong is a :class:`ProtocolError`: somebody stands between, or it is no chip.

Sources: NXP NT4H2421Gx §9.1 (secure messaging), §10.4 (authentication); AN12196 §5, §6 (examples).
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest

from suyuan.readers.errors import ProtocolError, ReaderError, TagLost, TagUnsupported, TagWriteError
from suyuan.readers.tags.access import Transceive
from suyuan.trace.sun.ciphers import BLOCK, ZERO, cmac, decrypt, encrypt, encrypt_block, short_mac

AUTHENTICATE, MORE = 0x71, 0xAF
OK, ADDITIONAL = b"\x91\x00", b"\x91\xaf"
AUTHENTICATION_ERROR, AUTHENTICATION_DELAY = b"\x91\xae", b"\x91\xad"
INTEGRITY_ERROR, PERMISSION_DENIED = b"\x91\x1e", b"\x91\x9d"
MAC_SIZE, TI_SIZE = 8, 4
TO_TAG, FROM_TAG = bytes.fromhex("a55a"), bytes.fromhex("5aa5")

_STATUS_SIZE = 2
_HALF = BLOCK // 2
_SESSION = bytes.fromhex("00010080")

Random = Callable[[int], bytes]
"""So many random bytes, such as ``secrets.token_bytes``."""


def wrapped(command: int, data: bytes = b"") -> bytes:
    """A native command as an APDU."""
    return bytes((0x90, command, 0, 0)) + (bytes((len(data),)) + data if data else b"") + b"\0"


def session_keys(key: bytes, random_a: bytes, random_b: bytes) -> tuple[bytes, bytes]:
    """The keys of a session for encryption and for MACs (§9.1.7)."""
    middle = bytes(a ^ b for a, b in zip(random_a[2:8], random_b[:6], strict=True))
    vector = _SESSION + random_a[:2] + middle + random_b[6:] + random_a[8:]
    return cmac(key, TO_TAG + vector), cmac(key, FROM_TAG + vector)


def rotated(block: bytes) -> bytes:
    """``block`` with its first byte at its end."""
    return block[1:] + block[:1]


def padded(data: bytes) -> bytes:
    """Whole blocks: ``data``, 80h and zeros (ISO/IEC 9797-1, method 2)."""
    return (data + b"\x80").ljust((len(data) // BLOCK + 1) * BLOCK, b"\0")


def unpadded(data: bytes) -> bytes:
    """The inverse of :func:`padded`.

    Raises:
        ValueError: there is no padding.
    """
    bare = data.rstrip(b"\0")
    if bare[-1:] != b"\x80":
        message = "not padded"
        raise ValueError(message)
    return bare[:-1]


def initial(direction: bytes, key: bytes, transaction: bytes, count: int) -> bytes:
    """The initialisation vector of encrypted data (§9.1.4)."""
    return encrypt_block(key, (direction + transaction + count.to_bytes(2, "little")).ljust(BLOCK, b"\0"))


def mac(key: bytes, first: int, transaction: bytes, count: int, data: bytes) -> bytes:
    """The MAC of a command or of an answer, by its code and what it carries (§9.1.3)."""
    return short_mac(cmac(key, bytes((first,)) + count.to_bytes(2, "little") + transaction + data))


class Channel:
    """A session that was authenticated with the key of number ``key_number``."""

    def __init__(
        self, transceive: Transceive, key_number: int, keys: tuple[bytes, bytes], transaction: bytes
    ) -> None:
        self.key_number = key_number
        self._transceive = transceive
        self._encryption, self._mac = keys
        self._transaction = transaction
        self._count = 0

    def command(
        self, code: int, header: bytes = b"", data: bytes = b"", *, full: bool = False, ends: bool = False
    ) -> bytes:
        """Send a command and give what its answer carries.

        Args:
            code: of the command (§10.2).
            header: what is sent plain, such as the number of a file.
            data: what is encrypted where the command is ``full``.
            full: whether data of the command and of its answer are encrypted.
            ends: whether the command ends the session, so that its answer bears no MAC.

        Raises:
            Refused: the tag answers with an error; the session is over.
            ProtocolError: the answer is not the tag's.
            TagLost: the tag left first; what it was told may be done or not.
        """
        if full and data:
            vector = initial(TO_TAG, self._encryption, self._transaction, self._count)
            data = encrypt(self._encryption, vector, padded(data))
        body = header + data
        signed = body + mac(self._mac, code, self._transaction, self._count, body)
        answer = self._transceive(wrapped(code, signed))
        if answer[-_STATUS_SIZE:] != OK:
            raise Refused(code, answer[-_STATUS_SIZE:])
        self._count += 1
        carried, given = answer[:-_STATUS_SIZE][:-MAC_SIZE], answer[:-_STATUS_SIZE][-MAC_SIZE:]
        if ends:
            return b""
        if not compare_digest(given, mac(self._mac, 0, self._transaction, self._count, carried)):
            raise _not_the_tag()
        if not full or not carried:
            return carried
        vector = initial(FROM_TAG, self._encryption, self._transaction, self._count)
        try:
            return unpadded(decrypt(self._encryption, vector, carried))
        except ValueError as error:
            raise _not_the_tag() from error


class Refused(TagWriteError):
    """The tag answered a command with an error: ``status`` says which (§10.3)."""

    def __init__(self, command: int, status: bytes) -> None:
        self.status_word = status
        super().__init__(
            "The tag refused a command ({command}, status {status}).",
            remedy="Lay it on the reader again: what was begun is finished then.",
            command=f"{command:02X}",
            status=status.hex().upper(),
        )


def authenticate(transceive: Transceive, key_number: int, key: bytes, random: Random) -> Channel | None:
    """A session with the tag, both having shown that they have ``key``; None if it has another key.

    The tag counts failures: after many in a row it makes one wait.

    Raises:
        TagUnsupported: the tag does not know this authentication, or is set to LRP.
        TagWriteError: the tag makes one wait.
        ProtocolError: the answer is not that of a tag with the key.
        TagLost: the tag left first.
    """
    answer = transceive(wrapped(AUTHENTICATE, bytes((key_number, 0))))
    if answer[-_STATUS_SIZE:] != ADDITIONAL or len(answer) != BLOCK + _STATUS_SIZE:
        raise _unwilling(answer[-_STATUS_SIZE:])
    random_a, random_b = random(BLOCK), decrypt(key, ZERO, answer[:BLOCK])
    answer = transceive(wrapped(MORE, encrypt(key, ZERO, random_a + rotated(random_b))))
    if answer[-_STATUS_SIZE:] == AUTHENTICATION_ERROR:
        return None
    if answer[-_STATUS_SIZE:] != OK or len(answer) != 2 * BLOCK + _STATUS_SIZE:
        raise _unwilling(answer[-_STATUS_SIZE:])
    told = decrypt(key, ZERO, answer[: 2 * BLOCK])
    if not compare_digest(told[TI_SIZE : TI_SIZE + BLOCK], rotated(random_a)):
        raise _not_the_tag()
    return Channel(transceive, key_number, session_keys(key, random_a, random_b), told[:TI_SIZE])


def _unwilling(status: bytes) -> ReaderError:
    if status == AUTHENTICATION_DELAY:
        return TagWriteError(
            "The tag makes one wait after too many wrong keys.",
            remedy="Leave it on the reader for a minute, then try again; find out who tried keys on it.",
        )
    if not status:
        return TagLost("The tag left the reader.", remedy="Hold it still on the reader until it is done.")
    return TagUnsupported(
        "The tag does not let itself be signed (status {status}).",
        remedy="Take an NTAG 424 DNA that is not set to LRP.",
        status=status.hex().upper(),
    )


def _not_the_tag() -> ProtocolError:
    return ProtocolError(
        "An answer of the tag is not signed as it should be.",
        remedy="Try once more; if it stays so, take another tag and another reader.",
    )

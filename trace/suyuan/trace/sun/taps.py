"""A tap is verified: which tag it was, the number of the reading, and whether that reading is new.

Sources: NXP NT4H2421Gx §9.3 (secure dynamic messaging), AN12196 (examples).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest

from suyuan.trace.sun.ciphers import BLOCK, ZERO, Lrp, cmac, decrypt, encrypt_block, short_mac
from suyuan.trace.sun.errors import ForgedTap
from suyuan.trace.sun.keys import UID_SIZE, Role, SunKeys
from suyuan.trace.sun.messages import Sun

COUNTER_SIZE = 3
MOST_READS = (1 << 8 * COUNTER_SIZE) - 1

_MAC_LABEL, _FILE_LABEL = bytes.fromhex("3cc300010080"), bytes.fromhex("c33c00010080")
_LRP_LABEL, _LRP_END = bytes.fromhex("00010080"), bytes.fromhex("1ee1")
_HEAD = 0xC7  # UID and counter are mirrored, and the UID has seven bytes
_LRP_RANDOM = 8


@dataclass(frozen=True, slots=True)
class Tap:
    """A genuine tap: made by the tag ``uid`` at its ``counter``-th reading, under keys of ``version``.

    ``file`` is what the tag holds in the part of its file that it sends encrypted.
    """

    uid: bytes
    counter: int
    version: int
    file: bytes = b""

    @property
    def reading(self) -> tuple[int, int]:
        """Version and counter: of two readings of one tag the later one is the greater.

        A tag that is given another link counts anew, under newer keys.
        """
        return self.version, self.counter


class Freshness(StrEnum):
    """What a reading means beside the last one that was seen of the tag.

    ``FRESH``: a new one. ``AGAIN``: the last one once more, such as a page that was reloaded. ``REPLAY``: an
    older one, or one under older keys: somebody kept a link, or copied it onto another tag.
    """

    FRESH = "fresh"
    AGAIN = "again"
    REPLAY = "replay"


def judge(reading: tuple[int, int], last: tuple[int, int] | None) -> Freshness:
    """What :attr:`Tap.reading` means where ``last`` is the greatest that was seen, None before the first.

    >>> judge((1, 61), None), judge((1, 61), (1, 61)), judge((1, 61), (2, 3))
    (<Freshness.FRESH: 'fresh'>, <Freshness.AGAIN: 'again'>, <Freshness.REPLAY: 'replay'>)
    """
    if last is None or reading > last:
        return Freshness.FRESH
    return Freshness.AGAIN if reading == last else Freshness.REPLAY


def verify(message: Sun, keys: SunKeys) -> Tap:
    """The tap that made ``message``.

    Every version of the keys is tried, the newest first; MACs are compared in constant time. About ten AES
    blocks and one derived key for each version.

    Raises:
        ForgedTap: no tag with these keys made it.
    """
    for version in keys.versions:
        for uid, counter in _named(message, keys, version):
            key = keys.tag_key(Role.FILE_READ, uid, version)
            read = _count(counter)
            if compare_digest(mac_of(key, uid, read, message.signed, lrp=message.lrp), message.mac):
                file = file_of(key, uid, read, message.file, lrp=message.lrp) if message.file else b""
                return Tap(uid, counter, version, file)
    raise ForgedTap(
        "No tag with these keys made this link.",
        where="c",
        remedy="If the link was copied whole, the tag is a forgery, or it belongs to another system.",
    )


def mac_of(key: bytes, uid: bytes, counter: bytes, signed: bytes = b"", *, lrp: bool = False) -> bytes:
    """The eight bytes that a tag with ``key`` signs with; ``counter`` as it is in the tag, little endian."""
    if lrp:
        session = Lrp(Lrp(key).cmac(_LRP_LABEL + uid + counter + _LRP_END))
        return short_mac(session.cmac(signed))
    return short_mac(cmac(cmac(key, (_MAC_LABEL + uid + counter).ljust(BLOCK, b"\0")), signed))


def file_of(key: bytes, uid: bytes, counter: bytes, encrypted: bytes, *, lrp: bool = False) -> bytes:
    """The file data that a tag with ``key`` encrypted at the reading ``counter``."""
    if lrp:
        session = Lrp(key).cmac(_LRP_LABEL + uid + counter + _LRP_END)
        return Lrp(session, 1).decrypt(counter + bytes(COUNTER_SIZE), encrypted)
    return decrypt(*file_session(key, uid, counter), encrypted)


def file_session(key: bytes, uid: bytes, counter: bytes) -> tuple[bytes, bytes]:
    """Key and initialisation vector of the file data at the reading ``counter``, for a tag set to AES."""
    session = cmac(key, (_FILE_LABEL + uid + counter).ljust(BLOCK, b"\0"))
    return session, encrypt_block(session, counter.ljust(BLOCK, b"\0"))


def _count(counter: int) -> bytes:
    return counter.to_bytes(COUNTER_SIZE, "little")


def _named(message: Sun, keys: SunKeys, version: int) -> Iterator[tuple[bytes, int]]:
    """UID and counter that the message names; nothing where they are not encrypted under our key."""
    if not message.encrypted:
        yield message.uid, message.counter
        return
    meta = keys.tag_key(Role.META_READ, b"", version)
    if message.lrp:
        random, text = message.encrypted[:_LRP_RANDOM], message.encrypted[_LRP_RANDOM:]
        told = Lrp(meta).decrypt(random, text)
    else:
        told = decrypt(meta, ZERO, message.encrypted)
    if told[0] == _HEAD:
        rest = told[1 + UID_SIZE : 1 + UID_SIZE + COUNTER_SIZE]
        yield told[1 : 1 + UID_SIZE], int.from_bytes(rest, "little")

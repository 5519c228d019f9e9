"""The link that a signed tag gives at a tap, taken apart: what is encrypted in it, what is signed.

The names of the parameters are those of NXP's examples; ours are ``e`` (UID and counter), ``f`` (file data)
and ``c`` (MAC).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from suyuan.trace.sun.errors import SunError
from suyuan.trace.sun.keys import UID_SIZE

MOST_CHARACTERS = 2000
ENCRYPTED, PLAIN_UID, COUNTER, FILE, MAC = (
    ("e", "picc_data", "picc"),
    ("uid",),
    ("ctr",),
    ("f", "enc"),
    ("c", "cmac", "mac"),
)
"""Names of the parameters, the one that we write first."""
AES_SIZE, LRP_SIZE = 16, 24
"""Bytes of encrypted UID and counter on a tag set to AES, and to LRP."""

_COUNTER_SIZE, _MAC_SIZE, _BLOCK = 3, 8, 16
_MOST_FILE = 256


@dataclass(frozen=True, slots=True)
class Sun:
    """One signed message. Either ``encrypted`` holds UID and counter, or they stand there plain.

    ``signed`` is the text of the link that the MAC covers beside UID and counter: none of it on most tags.
    """

    mac: bytes
    encrypted: bytes = b""
    uid: bytes = b""
    counter: int = 0
    file: bytes = b""
    signed: bytes = b""

    @property
    def lrp(self) -> bool:
        """Whether the tag is set to LRP. A plain message does not tell; it is taken to be AES."""
        return len(self.encrypted) == LRP_SIZE


def sun_of(link: str) -> Sun:
    """The signed message in ``link``, with what its MAC covers: what stands from the file data to the MAC.

    Raises:
        SunError: a part is missing, there twice, of a wrong length, not hexadecimal, or outside the MAC.
    """
    try:
        query = urlsplit(link).query if len(link) <= MOST_CHARACTERS else ""
    except ValueError:
        query = ""
    found: dict[str, tuple[str, int]] = {}
    at = 0
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name.lower() in found:
            raise _wrong(name, "is there twice")
        found[name.lower()] = (value, at + len(name) + 1)
        at += len(part) + 1

    def bytes_of(names: tuple[str, ...], *sizes: int) -> bytes:
        text = _first(found, names)[0]
        try:
            data = bytes.fromhex(text) if text.isalnum() else b""
        except ValueError:
            data = b""
        if text and len(data) not in sizes:
            raise _wrong(names[0], f"must have {' or '.join(str(2 * n) for n in sizes)} hexadecimal digits")
        return data

    mac = bytes_of(MAC, _MAC_SIZE)
    encrypted = bytes_of(ENCRYPTED, AES_SIZE, LRP_SIZE)
    uid, counter = bytes_of(PLAIN_UID, UID_SIZE), bytes_of(COUNTER, _COUNTER_SIZE)
    file = bytes_of(FILE, *range(_BLOCK, _MOST_FILE + 1, _BLOCK))
    if not mac:
        raise _wrong(MAC[0], "is missing")
    if bool(encrypted) == bool(uid and counter):
        raise _wrong(ENCRYPTED[0], "is missing, or UID and counter stand beside it")
    begin, end = _first(found, FILE)[1], _first(found, MAC)[1]
    if file and begin > end:
        raise _wrong(FILE[0], "stands behind the MAC, which does not cover it")
    signed = query[begin:end].encode() if file else b""
    return Sun(mac, encrypted, uid, int.from_bytes(counter, "big"), file, signed)


def _first(found: dict[str, tuple[str, int]], names: tuple[str, ...]) -> tuple[str, int]:
    return next((found[name] for name in names if name in found), ("", 0))


def _wrong(name: str, fault: str) -> SunError:
    return SunError(
        "The link is not that of a signed tag: {name} {fault}.",
        where=name,
        remedy="Give the whole link as the tag gave it, with everything behind the question mark.",
        name=name,
        fault=fault,
    )

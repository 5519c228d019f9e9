"""Keys of signed tags: each tag has its own, made of a master key and the tag's UID (NXP AN10922).

Whoever opens one tag has the keys of that one alone. The one key that all tags share is ``META_READ``, which
hides UID and counter in the link: it has to be known before the UID is. It forges nothing.

Master keys stand in a file that its owner alone can read, or stay in a hardware security module: whatever has
the two methods of :class:`SunKeys` will do, and of the master keys only what is made of them leaves it.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol, cast

from suyuan.trace.sun.ciphers import BLOCK, cmac
from suyuan.trace.sun.errors import SunKeyError
from suyuan.trace.sun.key_files import ExposedFile, alone, read_private, replace_private, write_private

UID_SIZE = 7
MOST_VERSIONS = 16
"""Sets of keys in one file: each costs a failed attempt for a tap of another set."""

MOST_VERSION = 0xFF

_DIVERSIFY = b"\x01"
_LEAST_INPUT, _MOST_INPUT = BLOCK, 2 * BLOCK - 1
_APPLICATION = bytes.fromhex("d2760000850101")
_MOST_SYSTEM = _MOST_INPUT - UID_SIZE - len(_APPLICATION) - 1
_SYSTEM_RULE = f"system is a name of 2 to {_MOST_SYSTEM} letters of ASCII"
_MOST_FILE = 64 * 1024
_NAMES = {"application", "meta_read", "file_read"}


class Role(IntEnum):
    """What a key of an NTAG 424 DNA is for, as its number on the tag.

    ``APPLICATION`` changes keys and settings, ``META_READ`` encrypts UID and counter, ``FILE_READ`` signs and
    encrypts file data. The others are not used, but never left as the maker set them.
    """

    APPLICATION = 0
    META_READ = 1
    FILE_READ = 2
    SPARE_3 = 3
    SPARE_4 = 4


class SunKeys(Protocol):
    """Where keys come from. A tag holds those of one version; versions are 1 to 255, the newest first."""

    @property
    def versions(self) -> tuple[int, ...]:
        """All that tags in the field may have."""
        ...

    def tag_key(self, role: Role, uid: bytes, version: int) -> bytes:
        """The key that a tag has in ``role``; for ``META_READ`` it is the same for all."""
        ...


def diversified(master: bytes, data: bytes) -> bytes:
    """The key of AN10922 §2.2.1 (AES-128) from a master key and 16 to 31 bytes that name the tag and the use.

    >>> diversified(bytes.fromhex("00112233445566778899AABBCCDDEEFF"),
    ...             bytes.fromhex("04782E21801D803042F54E585020416275")).hex()
    'a8dd63a3b89d54b37ca802473fda9175'
    """
    if not _LEAST_INPUT <= len(data) <= _MOST_INPUT:  # of fewer, AN10922 pads in another way than CMAC
        raise SunKeyError("A key is diversified by 16 to 31 bytes, not {found}.", found=len(data))
    return cmac(master, _DIVERSIFY + data)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The master keys of one version. They never stand in a representation, a log or an error."""

    version: int
    system: str
    application: bytes = field(repr=False)
    meta_read: bytes = field(repr=False)
    file_read: bytes = field(repr=False)

    def tag_key(self, role: Role, uid: bytes) -> bytes:
        """The key of the tag ``uid``: diversified by UID, NDEF application, number of the key, and system."""
        if role is Role.META_READ:
            return self.meta_read
        if len(uid) != UID_SIZE:
            raise SunKeyError("A signed tag has a UID of 7 bytes, not {found}.", found=len(uid))
        master = self.file_read if role is Role.FILE_READ else self.application
        # Two bytes at least: the shortest input for which AN10922 and CMAC agree has sixteen.
        return diversified(master, uid + _APPLICATION + bytes((role,)) + self.system.encode("ascii"))


class KeyFile:
    """Key sets in memory: what :func:`read_key_file` gives."""

    def __init__(self, sets: Mapping[int, KeySet]) -> None:
        self._sets = dict(sets)
        self._versions = tuple(sorted(sets, reverse=True))

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions in the file, the newest first."""
        return self._versions

    @property
    def newest(self) -> KeySet:
        """The set that tags are signed under from now on."""
        return self._sets[self._versions[0]]

    def tag_key(self, role: Role, uid: bytes, version: int) -> bytes:
        """The key of a tag.

        Raises:
            SunKeyError: there is no such version.
        """
        keys = self._sets.get(version)
        if keys is None:
            raise SunKeyError(
                "There are no keys of version {version}; there are {versions}.",
                remedy="Use the key file with which the tag was written.",
                version=version,
                versions=", ".join(str(n) for n in self._versions),
            )
        return keys.tag_key(role, uid)


def read_key_file(path: Path) -> KeyFile:
    """The keys in the TOML file at ``path``: tables ``[[keys]]`` with version, system and three keys in hex.

    Raises:
        SunKeyError: no such file, readable by others than its owner, or not as it should be. It never tells
            what stands in the file.
    """
    try:
        text = read_private(path, _MOST_FILE)
    except ExposedFile as error:
        raise SunKeyError(
            "{path} can be read by others than its owner.",
            where=str(path),
            remedy="Run: chmod 600 on it, and think of who may have read it until now.",
            path=str(path),
        ) from error
    except OSError as error:
        raise SunKeyError(
            "The key file {path} cannot be read: {reason}.",
            where=str(path),
            remedy="Name the file with --keys. Before the first tag is signed: suyuan tag keys FILE",
            path=str(path),
            reason=error.strerror or "unknown",
        ) from error
    return KeyFile({keys.version: keys for keys in _sets(path, text)})


def new_key_file(path: Path, *, system: str, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
    """Make a key file of version 1 at ``path``, for its owner alone, on the disk when this returns.

    Raises:
        SunKeyError: there is a file already, which is never overwritten, it cannot be written, or ``system``
            is no name.
    """
    if not _is_system(system):
        raise SunKeyError(
            "The key file {path} cannot be made: {reason}.",
            where="system",
            remedy="Name the system in letters of ASCII, such as Suyuan.",
            path=str(path),
            reason=_SYSTEM_RULE,
        )
    text = (
        "# Master keys of signed tags. Whoever has this file makes tags that count as genuine; without it\n"
        "# no tag can be verified or changed any more. Keep a copy in a safe. A new set is a further\n"
        "# [[keys]] with the next version; the old one stays as long as its tags are in the field.\n"
        + _set_text(1, system, random)
    )
    try:
        write_private(path, text)
    except OSError as error:
        raise _not_made(path, error) from error


def renew_key_file(path: Path, *, random: Callable[[int], bytes] = secrets.token_bytes) -> int:
    """Add keys of the next version to the file at ``path``; the older ones stay. The new version.

    Who renews at the same time waits, and adds those of the version after.

    Raises:
        SunKeyError: as :func:`read_key_file`, the file is full, or it cannot be written.
    """
    try:
        with alone(path):
            keys = read_key_file(path)
            newest = keys.newest
            if newest.version == MOST_VERSION or len(keys.versions) == MOST_VERSIONS:
                raise _wrong(path, "there is no room in it for more")
            text = read_private(path, _MOST_FILE).decode().rstrip()
            replace_private(path, f"{text}\n{_set_text(newest.version + 1, newest.system, random)}")
    except OSError as error:
        raise _not_made(path, error) from error
    return newest.version + 1


def _set_text(version: int, system: str, random: Callable[[int], bytes]) -> str:
    keys = "".join(f'{name} = "{random(BLOCK).hex()}"\n' for name in sorted(_NAMES))
    return f'[[keys]]\nversion = {version}\nsystem = "{system}"\n{keys}'


def _not_made(path: Path, error: OSError) -> SunKeyError:
    return SunKeyError(
        "The key file {path} cannot be made: {reason}.",
        where=str(path),
        remedy="Name a file that does not exist yet, in a folder that you may write.",
        path=str(path),
        reason=error.strerror or "unknown",
    )


def _sets(path: Path, text: bytes) -> Iterator[KeySet]:
    try:
        content = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        # Not chained: the parser's message may quote a key.
        raise _wrong(path, "it is not TOML") from None
    tables: Any = content.get("keys")
    if not isinstance(tables, list) or content.keys() != {"keys"}:
        raise _wrong(path, "it needs tables [[keys]] and nothing else")
    rows = cast("list[object]", tables)
    if not 0 < len(rows) <= MOST_VERSIONS:
        raise _wrong(path, "it needs one to sixteen tables [[keys]]")
    seen: set[int] = set()
    for row in rows:
        table = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
        if table.keys() != {"version", "system", *_NAMES}:
            raise _wrong(path, "each [[keys]] needs version, system, application, meta_read and file_read")
        version = table["version"]
        if not isinstance(version, int) or not 1 <= version <= MOST_VERSION or version in seen:
            raise _wrong(path, "a version is a number from 1 to 255, each once")
        seen.add(version)
        if not _is_system(table["system"]):
            raise _wrong(path, _SYSTEM_RULE)
        yield KeySet(version, table["system"], **{name: _key(path, name, table[name]) for name in _NAMES})


def _is_system(system: object) -> bool:
    """Whether it is a name by which keys can be diversified."""
    if not isinstance(system, str) or not 2 <= len(system) <= _MOST_SYSTEM:  # noqa: PLR2004
        return False
    return system.isascii() and system.isprintable() and not {'"', "\\"} & set(system)


def _key(path: Path, name: str, value: object) -> bytes:
    try:
        key = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        key = b""
    if len(key) != BLOCK or len(set(key)) == 1:
        raise _wrong(path, f"{name} is 32 hexadecimal digits, and not all alike")
    return key


def _wrong(path: Path, fault: str) -> SunKeyError:
    return SunKeyError(
        "The key file {path} is not as it should be: {fault}.",
        where=str(path),
        remedy="Mend it, or restore the copy: no other keys verify the tags that were signed with it.",
        path=str(path),
        fault=fault,
    )

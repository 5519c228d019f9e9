"""Keys of labels: what marks and signs the links on them.

A set of keys is named after its public key, not by a number: a file that was made anew after the old one was
lost must not pass for it.

Every producer has a key of its own for marks, made of the master key and the producer's key in the register,
so that whoever learns one producer's marks no other's. Signatures are the platform's. Master keys stand in a
file that its owner alone can read, or stay in a hardware security module: whatever has the methods of
:class:`LabelKeys` will do.
"""

from __future__ import annotations

import hashlib
import secrets
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from suyuan.trace.errors import WrongUse
from suyuan.trace.sun.key_files import ExposedFile, alone, read_private, replace_private, write_private

KEY_SIZE = 32
MOST_VERSIONS = 99
_MOST_FILE = 64 * 1024
_PURPOSE = b"suyuan label mark 1\0"
_NAMES = ("mark", "sign")
_OWNERS_KEPT = 4096
_KEY_ID = 8


class LabelKeyError(WrongUse):
    """The keys of labels cannot be used: no file, one that others can read, a set that is not there."""

    code = "label-keys"
    title = "The keys of labels cannot be used"


class LabelKeys(Protocol):
    """Where the keys of labels come from. Each set is named by :func:`key_id`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The sets that labels in the field may have, the newest first; never empty."""
        ...

    def owner_key(self, owner: str, name: str) -> bytes:
        """The 32 bytes that the labels of a producer (its key in the register) are marked with."""
        ...

    def sign(self, content: bytes, name: str) -> bytes:
        """The Ed25519 signature of the platform over ``content`` (RFC 8032)."""
        ...

    def public_key(self, name: str) -> bytes:
        """The 32 bytes with which anybody verifies :meth:`sign`."""
        ...


def key_id(public: bytes) -> str:
    """The name of a public key: the first eight characters of its thumbprint (RFC 7638 over RFC 8037)."""
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url(public)}"}}'
    return base64url(hashlib.sha256(jwk.encode()).digest())[:_KEY_ID]


def base64url(octets: bytes) -> str:
    """``octets`` in characters that need no escaping in a link (RFC 4648 §5), without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class LabelKeySet:
    """The master keys of one version. They never stand in a representation, a log or an error."""

    version: int
    mark: bytes = field(repr=False)
    sign: bytes = field(repr=False)


class LabelKeyFile:
    """Key sets in memory: what :func:`read_label_keys` gives."""

    def __init__(self, sets: Iterable[LabelKeySet]) -> None:
        self._sets: dict[str, tuple[bytes, Ed25519PrivateKey]] = {}
        for keys in sorted(sets, key=lambda keys: keys.version, reverse=True):
            signer = Ed25519PrivateKey.from_private_bytes(keys.sign)
            self._sets[key_id(signer.public_key().public_bytes_raw())] = keys.mark, signer
        self.owner_key = lru_cache(maxsize=_OWNERS_KEPT)(self._owner_key)

    @property
    def names(self) -> tuple[str, ...]:
        """See :class:`LabelKeys`."""
        return tuple(self._sets)

    def sign(self, content: bytes, name: str) -> bytes:
        """See :class:`LabelKeys`; ``LabelKeyError`` where there is no such set."""
        return self._set(name)[1].sign(content)

    def public_key(self, name: str) -> bytes:
        """See :class:`LabelKeys`; ``LabelKeyError`` where there is no such set."""
        return self._set(name)[1].public_key().public_bytes_raw()

    def _owner_key(self, owner: str, name: str) -> bytes:
        """HKDF (RFC 5869) with SHA-256 of the master key, the owner's key in its info."""
        master = self._set(name)[0]
        return HKDF(SHA256(), KEY_SIZE, salt=None, info=_PURPOSE + owner.encode()).derive(master)

    def _set(self, name: str) -> tuple[bytes, Ed25519PrivateKey]:
        found = self._sets.get(name)
        if found is None:
            raise LabelKeyError(
                "The keys {name}, with which these labels were made, are not in the file of keys.",
                remedy="Use the file with which the labels were made, or make new labels.",
                name=name,
            )
        return found


def read_label_keys(path: Path) -> LabelKeyFile:
    """The keys in the TOML file at ``path``: tables ``[[keys]]`` with version, mark and sign.

    Raises:
        LabelKeyError: no such file, readable by others than its owner, or not as it should be. It never tells
            what stands in the file.
    """
    return LabelKeyFile(_sets(path, _text_of(path)))


def new_label_keys(path: Path, *, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
    """Make a key file of version 1 at ``path``, for its owner alone, on the disk when this returns.

    Raises:
        LabelKeyError: there is a file already, which is never overwritten, or it cannot be written.
    """
    text = (
        "# Master keys of labels. Whoever has this file makes labels that count as this platform's; without\n"
        "# it no mark can be checked any more. Keep a copy in a safe, apart from backups of the database.\n"
        "# A version stays as long as its labels are in the field.\n" + _set_text(1, random)
    )
    try:
        write_private(path, text)
    except OSError as error:
        raise _not_made(path, error) from error


def renew_label_keys(path: Path, *, random: Callable[[int], bytes] = secrets.token_bytes) -> int:
    """Add keys of the next version to the file at ``path``; the older ones stay. The new version.

    Who renews at the same time waits, and adds those of the version after.

    Raises:
        LabelKeyError: as :func:`read_label_keys`, the file is full, or it cannot be written.
    """
    try:
        with alone(path):
            text = _text_of(path)
            version = max(keys.version for keys in _sets(path, text)) + 1
            if version > MOST_VERSIONS:
                raise _wrong(path, "its versions are used up")
            replace_private(path, f"{text.decode('ascii').rstrip()}\n{_set_text(version, random)}")
    except OSError as error:
        raise _not_made(path, error) from error
    return version


def _set_text(version: int, random: Callable[[int], bytes]) -> str:
    keys = "".join(f'{name} = "{random(KEY_SIZE).hex()}"\n' for name in _NAMES)
    return f"[[keys]]\nversion = {version}\n{keys}"


def _text_of(path: Path) -> bytes:
    try:
        return read_private(path, _MOST_FILE)
    except ExposedFile as error:
        raise LabelKeyError(
            "{path} can be read by others than its owner.",
            where=str(path),
            remedy="Run: chmod 600 on it, and think of who may have read it until now.",
            path=str(path),
        ) from error
    except OSError as error:
        raise LabelKeyError(
            "The keys of labels in {path} cannot be read: {reason}.",
            where=str(path),
            remedy="Name the file in SUYUAN_LABEL_KEYS. Before the first label: suyuan label keys FILE",
            path=str(path),
            reason=error.strerror or "unknown",
        ) from error


def _sets(path: Path, text: bytes) -> Iterator[LabelKeySet]:
    try:
        content = tomllib.loads(text.decode("ascii"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        # Not chained: the parser's message may quote a key.
        raise _wrong(path, "it is not TOML in ASCII") from None
    tables: Any = content.get("keys")
    rows = cast("list[object]", tables) if isinstance(tables, list) else []
    if content.keys() != {"keys"} or not 0 < len(rows) <= MOST_VERSIONS:
        raise _wrong(path, "it needs tables [[keys]] and nothing else")
    seen: set[int] = set()
    for row in rows:
        table = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
        if table.keys() != {"version", *_NAMES}:
            raise _wrong(path, "each [[keys]] needs version, mark and sign")
        version = table["version"]
        if type(version) is not int or not 1 <= version <= MOST_VERSIONS or version in seen:
            raise _wrong(path, "a version is a number from 1 to 99, each once")
        seen.add(version)
        yield LabelKeySet(version, *(_key(path, name, table[name]) for name in _NAMES))


def _key(path: Path, name: str, value: object) -> bytes:
    try:
        key = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        key = b""
    if len(key) != KEY_SIZE or len(set(key)) == 1:
        raise _wrong(path, f"{name} is 64 hexadecimal digits, and not all alike")
    return key


def _wrong(path: Path, fault: str) -> LabelKeyError:
    return LabelKeyError(
        "The keys of labels in {path} are not as they should be: {fault}.",
        where=str(path),
        remedy="Mend the file, or restore the copy: no other keys verify the labels that were made with it.",
        path=str(path),
        fault=fault,
    )


def _not_made(path: Path, error: OSError) -> LabelKeyError:
    return LabelKeyError(
        "The file {path} of keys of labels cannot be written: {reason}.",
        where=str(path),
        remedy="Name a file that does not exist yet, in a folder that you may write; --renew adds to one.",
        path=str(path),
        reason=error.strerror or "unknown",
    )

"""The block lists that one store has signed: the one that stands, its number, and the key that verifies it.

The list is kept in the store, so that it is the same with the same number after a restart and from every
process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Engine

from suyuan.trace.recall.blocklist import listed_keys, sign_block_list
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.settings import set_setting, setting, setting_or

_SIGNING_KEY = "block-list-key"
_SEQUENCE = "block-list-sequence"
_BLOCK_LIST = "block-list"
_AS_OF = "block-list-as-of"
_CHANGED = "block-list-changed"  # JSON: case number -> the first list that has its keys as they are now
_LEAP = 1_000_000  # more lists than anybody signs between two backups; a device tells its list in 31 bits

Blocked: TypeAlias = dict[str, dict[str, str]]
"""What must not be sold or shipped, as :func:`suyuan.trace.recall.blocklist.blocked_keys` says it."""
AsOf: TypeAlias = tuple[int, ...]
"""The decisions and records that whoever asks knows of."""


class BlockLists:
    """The signed lists of one store; :class:`suyuan.api.casework.Casework` lets one thread at a time in."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._compared: tuple[bytes, AsOf] = (b"", ())
        self._public_key = b""

    def of(self, blocked: Blocked, as_of: AsOf) -> bytes:
        """The list that stands, signed anew if it says something else than ``blocked``."""
        with Reading(self._engine) as reading:
            standing = setting(reading, _BLOCK_LIST) or b""
        if (standing, as_of) != self._compared:
            if not standing or listed_keys(standing) != blocked:
                standing = self._sign(blocked, as_of)
            self._compared = (standing, as_of)
        return standing

    def changed(self) -> Mapping[str, int]:
        """Case number -> the first list that has its keys as they are now, of those written down."""
        with Reading(self._engine) as reading:
            found: dict[str, int] = orjson.loads(setting(reading, _CHANGED) or b"{}")
        return found

    def public_key(self) -> bytes:
        """The 32 bytes that verify the lists."""
        if not self._public_key:  # it never changes, and anybody may ask: the writer is asked only once
            with Writing(self._engine) as writing:
                key = _key(writing).public_key()
            self._public_key = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return self._public_key

    def _sign(self, blocked: Blocked, as_of: AsOf) -> bytes:
        with Writing(self._engine) as writing:
            standing = setting(writing, _BLOCK_LIST)
            theirs = _numbers(setting(writing, _AS_OF))
            before = listed_keys(standing) if standing else {}
            if standing and (before == blocked or theirs > as_of):
                return standing  # another process signed the same, or knows more: we follow in a moment
            sequence = _numbers(setting(writing, _SEQUENCE))[0] + 1
            signed = sign_block_list(blocked, sequence=sequence, issued=self._now(), key=_key(writing))
            changed: dict[str, int] = orjson.loads(setting(writing, _CHANGED) or b"{}")
            changed.update(dict.fromkeys(_changed(before, blocked), sequence))
            set_setting(writing, _CHANGED, orjson.dumps(changed))
            set_setting(writing, _SEQUENCE, str(sequence).encode())
            set_setting(writing, _AS_OF, " ".join(map(str, as_of)).encode())
            set_setting(writing, _BLOCK_LIST, signed)
            return signed


def number_lists_anew(engine: Engine) -> None:
    """After a restore: go on beyond every block list that was signed since the backup was made.

    Stations and phones refuse a list with a lower number than theirs, so a recall would not reach them.
    """
    with Writing(engine) as writing:
        sequence = _numbers(setting(writing, _SEQUENCE))[0]
        set_setting(writing, _SEQUENCE, str(sequence + _LEAP).encode())
        set_setting(writing, _BLOCK_LIST, b"")


def _changed(before: Blocked, after: Blocked) -> set[str]:
    """The cases of which the list says something else than before."""
    found: set[str] = set()
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old != new:
            found.update(entry["case"] for entry in (old, new) if entry is not None)
    return found


def _key(writing: Writing) -> Ed25519PrivateKey:
    fresh = Ed25519PrivateKey.generate().private_bytes_raw()
    return Ed25519PrivateKey.from_private_bytes(setting_or(writing, _SIGNING_KEY, fresh))


def _numbers(kept: bytes | None) -> tuple[int, ...]:
    return tuple(map(int, (kept or b"0").split()))

"""The signed list of what must not be sold or shipped, which stations fetch and obey offline.

The server cannot reach into a station, and a station must not have to trust the network: the list is signed
with Ed25519 over the exact payload bytes, carries a sequence number that only rises, and tells when it was
issued so that a till can show its age.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from suyuan.trace.recall.recall import Case, Stop

_MOST_SERIOUS_FIRST: tuple[Stop, ...] = ("recalled", "held")


def blocked_keys(cases: Iterable[Case]) -> dict[str, dict[str, str]]:
    """Key -> state and case number; a recall outranks a hold, an earlier case a later one.

    A unit that only carries something affected is marked ``carries``: the unit must not go on unopened, but
    what else is in it may.
    """
    blocked: dict[str, dict[str, str]] = {}
    for wanted in _MOST_SERIOUS_FIRST:
        for case in cases:
            if case.stops == wanted:
                entry = {"state": wanted, "case": case.number}
                for key in case.keys:
                    blocked.setdefault(key, entry)
                for unit in case.carriers - case.keys:
                    blocked.setdefault(unit, {**entry, "carries": "yes"})
    return blocked


def sign_block_list(
    blocked: dict[str, dict[str, str]], *, sequence: int, issued: datetime, key: Ed25519PrivateKey
) -> bytes:
    """The list as served: payload, signature and key id, all in one JSON object."""
    payload = orjson.dumps(
        {"issued": issued, "sequence": sequence, "keys": blocked},
        option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z,
    )
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return orjson.dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "signature": base64.b64encode(key.sign(payload)).decode(),
            "key_id": key_id(public),
        }
    )


def listed_keys(signed: bytes) -> dict[str, dict[str, str]]:
    """What a list of ours blocks: the keys of its payload, whose signature is not looked at."""
    payload = base64.b64decode(orjson.loads(signed)["payload"])
    keys: dict[str, dict[str, str]] = orjson.loads(payload)["keys"]
    return keys


def listed_sequence(signed: bytes) -> int:
    """The number of a list of ours."""
    payload = base64.b64decode(orjson.loads(signed)["payload"])
    sequence: int = orjson.loads(payload)["sequence"]
    return sequence


def key_id(public_key: bytes) -> str:
    """The name of a 32-byte Ed25519 public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]

"""What stands behind the question mark of a label's link, and proves that this platform gave the code out.

``v`` is a mark: twelve bytes of HMAC-SHA256 that only the platform can make and check. ``s`` is a signature
that anybody can check with the platform's public key: ``KEYID.SIGNATURE``. Both are over the canonical link,
that is the Digital Link below ``https://id.gs1.org`` or the own link in its namespace, so that they outlive
a change of the platform's address. Both can be copied together with the code (decision 0033).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suyuan.trace.gs1 import Identifier, link_of
from suyuan.trace.scan.label_keys import KEY_SIZE, LabelKeys, base64url, key_id

MARK, SIGNATURE = "v", "s"
MOST_LINK = MOST_QUERY = 2000
"""Characters of a link, and of its query, that are looked at: nobody's label has more."""

CANONICAL = "https://id.gs1.org"
_MARK_BYTES = 12
_SIGNED = b"suyuan-label-1\n"
_SIGNATURE_BYTES = 64


def canonical(identifier: Identifier) -> bytes:
    """What marks and signatures are over: key and lot as on the label.

    >>> from suyuan.trace.gs1 import identify
    >>> canonical(identify("https://trace.example.cn/01/09506000134352/10/L7/21/1")).decode()
    'https://id.gs1.org/01/09506000134352/10/L7/21/1'
    """
    return link_of(identifier, CANONICAL).encode()


def mark_of(key: bytes, identifier: Identifier) -> str:
    """The mark under a producer's key: 96 bits as sixteen characters that need no escaping in a link."""
    return base64url(hmac.digest(key, canonical(identifier), hashlib.sha256)[:_MARK_BYTES])


def is_mark(told: str, key: bytes, identifier: Identifier) -> bool:
    """Whether ``told`` is the mark, in a time that does not depend on where it differs."""
    return hmac.compare_digest(told.encode(errors="replace"), mark_of(key, identifier).encode())


def signature_of(keys: LabelKeys, name: str, identifier: Identifier) -> str:
    """The signature under the keys of a name, as ``KEYID.SIGNATURE``."""
    return f"{name}.{base64url(keys.sign(_SIGNED + canonical(identifier), name))}"


def is_signed(told: str, public: bytes, identifier: Identifier) -> bool:
    """Whether ``told`` (``KEYID.SIGNATURE``) is by the holder of ``public``, over ``identifier``."""
    name, _, text = told.partition(".")
    signature = _bytes(text)
    if name != key_id(public) or len(signature) != _SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _SIGNED + canonical(identifier))
    except InvalidSignature:
        return False
    return True


def jwk_set(keys: LabelKeys | None) -> dict[str, Any]:
    """The public keys as a JWK set (RFC 7517, 8037), the newest first; empty without keys."""
    return {"keys": [] if keys is None else [_jwk(keys.public_key(name)) for name in keys.names]}


def public_keys(told: object) -> dict[str, bytes]:
    """The Ed25519 keys of a JWK set by their names, which are made of the keys and not believed.

    What is no such key is left out, as RFC 7517 §5 has it.
    """
    listed = cast("dict[str, object]", told).get("keys") if isinstance(told, dict) else None
    found: dict[str, bytes] = {}
    for one in cast("list[object]", listed) if isinstance(listed, list) else ():
        jwk = cast("dict[str, object]", one) if isinstance(one, dict) else {}
        public = _bytes(str(jwk.get("x", "")))
        if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519") and len(public) == KEY_SIZE:
            found[key_id(public)] = public
    return found


def _jwk(public: bytes) -> dict[str, str]:
    x, kid = base64url(public), key_id(public)
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}


def told_in(query: str, name: str) -> str | None:
    """The value of a parameter as it stands in ``query``; None where it is absent, empty where it is twice.

    Seals need no escaping, so an escaped one is none of ours.
    """
    values = [
        value
        for part in query[:MOST_QUERY].split("&")
        for found, _, value in (part.partition("="),)
        if found == name
    ]
    if not values:
        return None
    return values[0] if len(values) == 1 else ""


def _bytes(text: str) -> bytes:
    """The octets of base64url without padding; empty where it is none, or not the one way to write them."""
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return b""
    return octets if base64url(octets) == text else b""

"""EPC memory in a web address: what a hybrid tag (UHF and NFC) lets a phone open.

Source: GS1 EPC binary compression of Digital Links (EPCB) 1.0: the last segment of the path is ``eh`` and the
bits in small hexadecimal digits, or ``ex`` and the bits in the URI-safe base 64 of RFC 4648 §5.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Literal

from suyuan.trace.gs1.errors import TagError, shown
from suyuan.trace.gs1.identifier import Identifier
from suyuan.trace.gs1.tags.encoding import encoded
from suyuan.trace.gs1.tags.epc import MOST_BYTES, Epc, decode_epc

_FORM = re.compile("e(?:h(?P<hexadecimal>[0-9a-f]{2,})|x(?P<base64>[A-Za-z0-9_-]{2,}))")
_SIZE = re.compile("-([0-9]+)$")
_MOST_CHARACTERS = 2 * MOST_BYTES


def decode_path(path: str) -> Epc:
    """The EPC that the last segment of ``path`` spells.

    >>> decode_path("/eh30164596f40c0e5cbe991a83").link()
    'https://id.gs1.org/01/09528765123457/21/123456789123'

    Raises :class:`~suyuan.trace.gs1.errors.TagError`: a word may look like one (``/example``) and be none.
    """
    segment = path.rpartition("/")[2]
    found = _FORM.fullmatch(segment) if len(segment) <= _MOST_CHARACTERS + 2 else None
    if found is None:
        raise TagError(
            "{value} is not the path of an EPC: eh and hexadecimal digits, or ex and base 64.",
            where="path",
            remedy="Scan the tag again, or open the link that is printed.",
            value=shown(segment),
            bits="",
        )
    if found["hexadecimal"]:
        digits = found["hexadecimal"]
        told, epc = 4 * len(digits), decode_epc(bytes.fromhex(digits + "0" * (len(digits) % 2)))
    else:
        # A last character of fewer than 8 bits is filled up with zeros, as the bits of an EPC are.
        data = urlsafe_b64decode(found["base64"] + "A" * (-len(found["base64"]) % 4))
        told, epc = 6 * len(found["base64"]), decode_epc(data[:MOST_BYTES] + data[MOST_BYTES:].rstrip(b"\0"))
    size = _SIZE.search(epc.scheme)
    if size is not None and told < int(size[1]):  # the zeros would make another serial of it
        raise TagError(
            "{value} is cut off: {scheme} has more bits.",
            where="path",
            remedy="Scan the tag again, or open the link that is printed.",
            value=shown(segment),
            scheme=epc.scheme,
            bits="",
        )
    return epc


def encode_path(
    identifier: Identifier,
    form: Literal["eh", "ex"] = "ex",
    *,
    company_prefix_length: int | None = None,
    filter: int = 0,  # noqa: A002 - the word of the standard
    scheme: str | None = None,
    data: Sequence[tuple[str, str]] = (),
    hostname: str = "",
) -> str:
    """The path that spells the EPC of ``identifier``; the rest is as with ``encode_epc``.

    Raises :class:`~suyuan.trace.gs1.errors.EncodingError` where it does not fit.
    """
    memory = encoded(
        identifier,
        company_prefix_length=company_prefix_length,
        filter=filter,
        scheme=scheme,
        data=data,
        hostname=hostname,
    )
    if form == "eh":
        value, size = memory.padded_to(4)
        return f"/eh{value:0{size // 4}x}"
    value, size = memory.padded_to(6)
    value, whole = value << -size % 8, size + -size % 8
    return f"/ex{urlsafe_b64encode(value.to_bytes(whole // 8)).decode()[: size // 6]}"

"""Links that say in few characters what a Digital Link says in many, and that link.

Small symbols carry compressed Digital Links; tags that are UHF and NFC in one may tell a phone their EPC
memory as a path (``/eh3016…``). Both lead where the plain link leads. Sources: GS1 Digital Link Standard 1.1;
EPCB 1.0.
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.compression import decompressed
from suyuan.trace.gs1.digital_links import CANONICAL_STEM, check_link, parse_link
from suyuan.trace.gs1.errors import IdentifierError
from suyuan.trace.gs1.tags.paths import decode_path
from suyuan.trace.gs1.verdict import OLD_LABELS

_LONGEST = 2048
_ADDRESS = re.compile(r"(?P<origin>https?://[^/?#]+)?(?P<path>/[^?#]*)", re.IGNORECASE)


def uncompressed(uri: str) -> str | None:
    """The plain form of a compressed link or of the path of one, None for what is no compressed link.

    >>> uncompressed("/AQnYUc1gmiCNV4JG")
    '/01/05412345000013/10/ABC123'

    Linear in the length of ``uri``; one of more than 2048 characters is none.
    """
    if len(uri) > _LONGEST:
        return None
    stem = CANONICAL_STEM if uri.startswith("/") else ""
    if _is_plain(stem + uri):
        return None
    try:
        return decompressed(stem + uri).removeprefix(stem)
    except IdentifierError:
        return None


def in_full(uri: str) -> str | None:
    """The Digital Link that a compressed one, or the path of an EPC, stands for on whatever host.

    None for anything else. Any address may look like a compressed link by chance, so it is one only if all
    that it tells keeps the rules of content: of 200,000 random texts eight did, of 100,000 UUIDs none.

    >>> in_full("https://t.example/eh30164596f40c0e5cbe991a83")
    'https://id.gs1.org/01/09528765123457/21/123456789123'
    """
    found = _ADDRESS.match(uri) if len(uri) <= _LONGEST else None
    if found is None:
        return None
    if (named := link_in_path(found["path"])) is not None:
        return named
    plain = uncompressed(uri)
    return plain if plain is not None and check_link(_whole(plain)).valid else None


def link_in_path(path: str) -> str | None:
    """The Digital Link of the EPC that the last segment of ``path`` spells, None where it spells none.

    A word may look like one by chance: ask for it after all that is known.
    """
    try:
        return decode_path(path).link()
    except IdentifierError:
        return None


def _is_plain(link: str) -> bool:
    try:
        parse_link(link, OLD_LABELS)
    except IdentifierError:
        return False
    return True


def _whole(link: str) -> str:
    return CANONICAL_STEM + link if link.startswith("/") else link

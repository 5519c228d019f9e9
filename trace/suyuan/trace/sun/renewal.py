"""Secrets that stations renew: a fresh number on a tag at every trusted reading (decision 0029).

A link carries it as the parameter ``y=``, so that a tap with a phone shows it to the page too; UHF tags have
it in their user memory. Events and the store know digests only: who sees them can make no copy of the tag.
The idea is that of Lehtonen, Ostojic, Ilic and Michahelles, "Securing RFID systems by detecting tag cloning"
(Pervasive 2009): once the copy and the genuine tag were both read, one of them has a number that is stale.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

PARAMETER = "y"
SECRET_BYTES = 9
LENGTH = 12
"""Characters of a secret: nine random bytes in the alphabet of links."""
TELLING = 4
"""So many new characters, 24 random bits, tell one writing from all others."""
_FORM = re.compile(r"[A-Za-z0-9_-]{12}")
_IN_LINK = re.compile(r"(?<=[?&])y=([A-Za-z0-9_-]{12})(?=[&#]|$)")
_DIGEST_BYTES = 16
_LABEL = b"suyuan tag secret\n"


def new_secret(random: Callable[[int], bytes]) -> str:
    """A fresh secret; ``random`` gives that many random bytes."""
    return base64.urlsafe_b64encode(random(SECRET_BYTES)).decode("ascii")


def is_secret(text: str) -> bool:
    """Whether ``text`` has the form of a secret."""
    return _FORM.fullmatch(text) is not None


def secret_of(link: str) -> str:
    """The secret in a link, or the empty text.

    >>> secret_of("https://a.example/01/06901234567892/21/1?y=AAAAAAAAAAAA")
    'AAAAAAAAAAAA'
    """
    found = _IN_LINK.search(link)
    return found[1] if found else ""


def with_secret(link: str, secret: str) -> str:
    """``link`` with this secret in place of the one that it has, or behind what it says.

    >>> with_secret("https://a.example/01/06901234567892?v=1#x", "AAAAAAAAAAAA")
    'https://a.example/01/06901234567892?v=1&y=AAAAAAAAAAAA#x'
    """
    if secret_of(link):
        return _IN_LINK.sub(f"{PARAMETER}={secret}", link, count=1)
    head, mark, fragment = link.partition("#")
    return f"{head}{'&' if '?' in head else '?'}{PARAMETER}={secret}{mark}{fragment}"


def without_secret(link: str) -> str:
    """``link`` as it was before it got its first secret.

    >>> without_secret("https://a.example/01/06901234567892?v=1&y=AAAAAAAAAAAA#x")
    'https://a.example/01/06901234567892?v=1#x'
    """
    head, mark, fragment = link.partition("#")
    path, question, query = head.partition("?")
    kept = [part for part in query.split("&") if not (part[:2] == "y=" and is_secret(part[2:]))]
    query = "&".join(kept)
    return f"{path}{question if query else ''}{query}{mark}{fragment}" if question else link


def digest(key: str, chip: str, secret: str) -> str:
    """What events say of ``secret`` on the chip (upper hexadecimal) of the object with the canonical ``key``.

    >>> digest("https://id.gs1.org/01/06901234567892/21/1", "04782E21801D80", "AAAAAAAAAAAA")
    '68c43033a3c6395c529b01519139446a'
    """
    told = f"{key}\n{chip}\n{secret}".encode()
    return hashlib.sha256(_LABEL + told).digest()[:_DIGEST_BYTES].hex()


def torn(old: str, new: str) -> tuple[str, ...]:
    """What a tag may say on which ``new`` was being written over ``old`` from the left, neither of them.

    Memory is written page by page, and where its pages begin within the secret differs by link: so every
    place at which the writing may have stopped. Those that are hardly begun are :func:`near`.
    """
    return _mixed(old, new, range(TELLING, LENGTH))


def near(old: str, new: str) -> tuple[str, ...]:
    """The same of a writing that had hardly begun: too little of ``new`` to tell it from another writing."""
    return _mixed(old, new, range(1, TELLING))


def _mixed(old: str, new: str, places: range) -> tuple[str, ...]:
    if not (is_secret(old) and is_secret(new)):
        return ()
    mixed = (new[:at] + old[at:] for at in places)
    return tuple(dict.fromkeys(each for each in mixed if each not in (old, new)))

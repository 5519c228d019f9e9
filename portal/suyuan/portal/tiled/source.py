"""The pictures of the map: where they are asked for, whose they are, and in which datum they are drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Datum = Literal["wgs84", "gcj02"]
"""``wgs84`` is also what CGCS2000 is drawn by: they differ by centimetres."""

_LONGEST = 500
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?")
_REST = re.compile(r"/[A-Za-z0-9/._~%?=&:@+-]*")
_NAMES = ("{z}", "{x}", "{y}")
_APPROVAL = re.compile(
    r"(?:\u5ba1\u56fe\u53f7[\s:\uff1a]*[^\s\d]{1,8}|\u56fd\u5ba1\u5b57)"
    r"\s*[(\uff08\u3014\[]\d{4}[)\uff09\u3015\]]\s*\u7b2c?\s*\d+\s*\u53f7"
)
"""shen tu hao and whose approval it is (until 2012 guo shen zi), the year in brackets, and the number"""


@dataclass(frozen=True, slots=True)
class TileSource:
    """Tiles of 256 pixels in Web Mercator, numbered from the upper left.

    ``template`` has ``{z}``, ``{x}`` and ``{y}`` once each; ``attribution`` stands beside every map.
    """

    template: str
    attribution: str
    datum: Datum = "wgs84"

    @property
    def origin(self) -> str:
        """Whom a page must be allowed to ask; empty where it is this very server."""
        parts = urlsplit(self.template)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def host(self) -> str:
        """The same for people."""
        return urlsplit(self.template).netloc

    def address(self, zoom: int, column: int, row: int) -> str:
        """Of one tile."""
        told = self.template
        for name, number in zip(_NAMES, (zoom, column, row), strict=True):
            told = told.replace(name, str(number))
        return told


def is_attribution(value: str) -> bool:
    """Whether a line names the approval of a map, as those that are shown in China must."""
    return len(value) <= _LONGEST and value.isprintable() and _APPROVAL.search(value) is not None


def is_template(value: str, *, over_tls: bool) -> bool:
    """Whether a value is an address of tiles that pages (which come over TLS or not) may put into a policy.

    A path of this very host, or an address with nothing that would end or widen a part of the policy.
    """
    if len(value) > _LONGEST or any(value.count(name) != 1 for name in _NAMES):
        return False
    bare = value
    for name in _NAMES:
        bare = bare.replace(name, "0")
    scheme, mark, rest = bare.partition("://")
    if not mark:
        return not bare.startswith("//") and _REST.fullmatch(bare) is not None
    host, slash, path = rest.partition("/")
    is_fetched = scheme == "https" or (scheme == "http" and not over_tls)
    is_host = _HOST.fullmatch(host) is not None and value.startswith(f"{scheme}://{host}/")
    port = int(host.partition(":")[2] or "443") if is_host else 0
    return is_fetched and 0 < port < 1 << 16 and _REST.fullmatch(slash + path) is not None

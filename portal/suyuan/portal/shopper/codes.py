"""What a camera, a scanner, a chip or a person gave: where it leads here, and where else it wants to lead.

Codes are hostile: a copied label may lead to a page that looks like ours. So what leads elsewhere is shown
with its host and never followed, and what is ours goes to our page whatever else stands in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from suyuan.portal.lookup import typed_link
from suyuan.trace.errors import InvalidInput

_SHOWN = 300
_WEB = re.compile("(?:https?:)?//+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """``link`` is the path of the thing here, empty where the code names none.

    ``query`` is what the code itself sends along, only of a code of ours: a chip signs its taps there.
    ``host`` is where a web address leads that is not ours, ``address`` that address.
    """

    text: str
    link: str = ""
    query: str = ""
    host: str = ""
    address: str = ""
    error: InvalidInput | None = None  # why there is no link

    @property
    def shown(self) -> str:
        """The text with a bound, without what cannot be seen."""
        seen = "".join(one if one.isprintable() else "\N{OPEN BOX}" for one in self.text[:_SHOWN])
        return seen + ("…" if len(self.text) > _SHOWN else "")


def read(text: str, *hosts: str) -> Given:
    """What ``text`` leads to, on a platform that is reached under ``hosts`` (with their ports).

    >>> read("https://trace.example.cn@evil.example/01/09506000134352", "trace.example.cn").host
    'evil.example'
    """
    text = text.strip(" \t\r\n")
    try:
        link, error = typed_link(text, hosts[0]), None
    except InvalidInput as wrong:
        link, error = "", wrong
    host, query = _web_address(text)
    if host.lower() in {home.lower() for home in hosts}:
        return Given(text, link, query=query, error=error)
    return Given(text, link, host=host, address=text if host else "", error=error)


def _web_address(text: str) -> tuple[str, str]:
    """Host, with its port, and query of a web address; empty for any other text.

    A host is never what stands before an ``@``, and is spelled in ASCII: two scripts can look alike. As to
    browsers, signs that nobody sees are nothing and a backslash is a slash; no scheme is needed before two.
    """
    seen = "".join(one for one in text if one not in "\t\r\n" and unicodedata.category(one) != "Cf")
    seen = seen.strip().replace("\\", "/")
    start = _WEB.match(seen)
    if start is None:
        return "", ""
    rest = seen[start.end() :]
    try:
        found = urlsplit(f"https://{rest}")
        host, port, query = found.hostname or "", found.port, found.query
    except ValueError:  # a port or a bracket that cannot be right: nobody's host, and so not ours
        host, port, query = re.split("[/?#]", rest)[0].rpartition("@")[2], None, ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = host.encode("ascii", "backslashreplace").decode("ascii")
    return (f"{host}:{port}" if port else host), query

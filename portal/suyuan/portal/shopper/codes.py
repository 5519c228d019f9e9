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
_WEB = re.compile(r"(?:(https?):[/\\]*|[/\\]{2,})([^/\\?#]*)", re.IGNORECASE)
_USUAL_PORTS = {"http": 80, "https": 443}
_JOINERS = "\u200c\u200d"
_KEPT_APART = re.compile(f"[ßẞς{_JOINERS}]")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_PLAIN_HOST = re.compile(r"(?:[0-9a-z._-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """``link`` is the path of the thing here, empty where the code names none.

    ``query`` is what the code itself sends along, only of a code of ours: a chip signs its taps there.
    ``host`` is where a web address leads that is not ours, ``address`` that address with this very host, so
    that what opens is what was shown; empty where browsers may read the host otherwise, or not at all.
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
    host, query, address = _web_address(text)
    if host.lower() in {re.sub(":(?:443|80)$", "", home.lower()) for home in hosts}:
        return Given(text, link, query=query, error=error)
    return Given(text, link, host=host, address=address, error=error)


def _web_address(text: str) -> tuple[str, str, str]:
    """Host, with an unusual port, query and address of a web address; empty for any other text.

    A host is never what stands before an ``@``, and is spelled in ASCII: two scripts can look alike. As to
    browsers, signs that nobody sees are nothing, a backslash is a slash, and after a scheme no slash is
    needed; without a scheme two are.
    """
    seen = "".join(one for one in text if one in _JOINERS or not _is_nothing(one)).strip(f"{_JOINERS} ")
    start = _WEB.match(seen)
    if start is None:
        return "", "", ""
    scheme, authority, rest = (start[1] or "https").lower(), start[2], seen[start.end() :]
    query = rest.partition("#")[0].partition("?")[2]
    try:
        found = urlsplit(f"{scheme}://{authority}")
        host, port = _in_ascii(found.hostname or ""), found.port
    except ValueError:  # a port or a bracket that cannot be right: nobody's host, and so not ours
        return _escaped(authority.rpartition("@")[2]), "", ""
    host += f":{port}" if port not in (None, _USUAL_PORTS[scheme]) else ""
    return host, query, f"{scheme}://{host}{rest}" if _PLAIN_HOST.fullmatch(host) else ""


def _is_nothing(sign: str) -> bool:
    return sign in "\t\r\n" or unicodedata.category(sign) == "Cf"


def _in_ascii(host: str) -> str:
    """A host as browsers ask for it (UTS 46): they keep ß, ς and joiners, which the codec replaces."""
    if ":" in host:
        return f"[{host}]"
    labels = _DOTS.split(host)
    try:
        return ".".join(map(_label_in_ascii, labels if labels[-1] else labels[:-1]))
    except UnicodeError:
        return _escaped(host)


def _label_in_ascii(label: str) -> str:
    if not _KEPT_APART.search(label):
        return label.encode("idna").decode("ascii")
    lower = "".join(map(str.lower, unicodedata.normalize("NFKC", label)))  # one by one: Σ ends no word here
    return f"xn--{lower.encode('punycode').decode('ascii')}"


def _escaped(host: str) -> str:
    return host.encode("ascii", "backslashreplace").decode("ascii")

"""Who looks at a code, as little of it as telling visitors apart for a day needs; and what is no look at all.

Pure. Nothing here keeps an address or what an agent calls itself.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_HALF = 4  # bytes: two networks of a code, or two visitors in one network, are taken for one in 2**32 pairs
_IPV4_DOTS = 3
_NAT64 = IPv6Network("64:ff9b::/96")
_NETWORK_V6 = 56  # bits: what a household is given; one device has any number of addresses in it
_LONGEST_AGENT = 512  # characters that are looked at
# The first name that occurs: those that build upon others come before these.
_BROWSERS = (
    "MicroMessenger", "AlipayClient", "DingTalk", "QQBrowser", "QQ/", "UCBrowser", "Weibo", "HuaweiBrowser",
    "MiuiBrowser", "HeyTapBrowser", "VivoBrowser", "SamsungBrowser", "baiduboxapp", "Edg", "OPR/", "Firefox",
    "FxiOS", "CriOS", "Chrome", "Safari",
)  # fmt: skip
_SYSTEMS = (
    "iPhone", "iPad", "HarmonyOS", "OpenHarmony", "Android", "Windows", "Macintosh", "CrOS", "Linux",
)  # fmt: skip
# What calls itself a browser and fetches pages for somebody who has not asked for them, if anybody has.
# As ends of words: phones name their model, as they like. CUBOT makes phones.
_ROBOTS = re.compile(
    r"((?<!\bcu)bots?|spider|crawl(er)?|slurp|fetch(er)?|monitor(ing)?|inspect(or|iontool)?|validator|archiver"
    r"|url-?manager|preview|externalhit|lighthouse|headless(chrome)?)(?![a-z])"
)


def visitor_of(salt: bytes, address: str, agent: str) -> bytes:
    """A visitor of the day of ``salt``: HMAC-SHA256 cut to eight bytes, not to be computed without it.

    The first four are of the network alone, see :func:`network_in`.

    >>> visitor_of(b"salt", "203.0.113.7", "") == visitor_of(b"salt", "203.0.113.9", "")
    True
    """
    network = network_of(address)
    return b"".join(
        hmac.digest(salt, told.encode("utf-8", "replace"), "sha256")[:_HALF]
        for told in (network, f"{network} {agent_family(agent)}")
    )


def network_in(visitor: bytes) -> bytes:
    """What stands for the network of a visitor for the rest of its day."""
    return visitor[:_HALF]


def network_of(address: str) -> str:
    """The first 24 bits of an IPv4 address, 56 of an IPv6 address; anything else as it is.

    >>> network_of("203.0.113.7"), network_of("2001:db8:1:2345::1"), network_of("::ffff:203.0.113.7")
    ('203.0.113', '2001:db8:1:2300::', '203.0.113')
    """
    if address.count(".") == _IPV4_DOTS and ":" not in address:
        return address.rpartition(".")[0]
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if (stands_for := ipv4_in(parsed)) is not None:
        return network_of(str(stands_for))
    kept = 128 - _NETWORK_V6
    return str(IPv6Address(int(parsed) >> kept << kept))


def ipv4_in(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that ``address`` stands for: RFC 4291 §2.5.5.2, RFC 6052 §2.1.

    >>> ipv4_in(IPv6Address("64:ff9b::203.0.113.7"))
    IPv4Address('203.0.113.7')
    """
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else address.ipv4_mapped


def agent_family(agent: str) -> str:
    """The kind of browser and of system that ``agent`` names, without versions, models or languages.

    >>> agent_family("Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) … MicroMessenger/8.0.66")
    'MicroMessenger iPhone'
    """
    told = agent[:_LONGEST_AGENT]
    return " ".join(next((one for one in names if one in told), "?") for names in (_BROWSERS, _SYSTEMS))


def is_robot(agent: str) -> bool:
    """Whether no person looks: chat programs that make previews of links, search engines, scripts.

    Every browser calls itself Mozilla first, for reasons of 1994; programs that do not pretend do not.
    """
    told = agent[:_LONGEST_AGENT]
    if not told.startswith(("Mozilla/", "Opera/")):
        return True
    return _ROBOTS.search(told.lower()) is not None


def is_ahead(method: str, headers: Mapping[str, str]) -> bool:
    """Whether nobody sees what is asked for, yet: a robot, or a browser that expects it to be wanted.

    Names of ``headers`` are in lower case, here and below.
    """
    return is_early(headers) or method != "GET" or is_robot(headers.get("user-agent", ""))


def is_early(headers: Mapping[str, str]) -> bool:
    """Whether a browser expects what it asks for to be wanted: it may show what it got, and not ask again."""
    purpose = headers.get("sec-purpose", "") or headers.get("purpose", "") or headers.get("x-moz", "")
    return purpose.lower().startswith(("prefetch", "prerender", "preview"))


def is_scan(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request for the page of a code counts as a scan.

    Not what is asked ahead or for a part of another page, not the repetition of a page that the browser still
    has, nor what somebody asks who is signed in: the console looks at many codes.
    """
    if is_ahead(method, headers) or "if-none-match" in headers:
        return False
    if "authorization" in headers or "suyuan=" in headers.get("cookie", ""):
        return False
    return headers.get("sec-fetch-mode", "navigate") == "navigate"

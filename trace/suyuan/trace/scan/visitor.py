"""Who looks at a code, as little of it as telling visitors apart for a day needs; and what is no look at all.

Pure. Nothing here keeps an address or what an agent calls itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address

_LENGTH = 8  # bytes: two visitors of a code are taken for one once in 2**32 pairs and more
_IPV4_DOTS = 3
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
_ROBOTS = (
    "bot", "spider", "crawl", "preview", "externalhit", "slurp", "fetch", "monitor", "lighthouse", "headless",
    "inspect", "validator", "archiver", "urlmanager", "url-manager",
)  # fmt: skip


def visitor_of(salt: bytes, address: str, agent: str) -> bytes:
    """A visitor of the day of ``salt``: HMAC-SHA256 cut to eight bytes, not to be computed without it.

    >>> visitor_of(b"salt", "203.0.113.7", "") == visitor_of(b"salt", "203.0.113.9", "")
    True
    """
    told = f"{network_of(address)} {agent_family(agent)}"
    return hmac.digest(salt, told.encode("utf-8", "replace"), "sha256")[:_LENGTH]


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
    if parsed.ipv4_mapped is not None:
        return network_of(str(parsed.ipv4_mapped))
    kept = 128 - _NETWORK_V6
    return str(IPv6Address(int(parsed) >> kept << kept))


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
    told = told.lower()
    return any(name in told for name in _ROBOTS)


def is_ahead(method: str, headers: Mapping[str, str]) -> bool:
    """Whether nobody sees what is asked for, yet: a robot, or a browser that expects it to be wanted.

    Names of ``headers`` are in lower case, here and below.
    """
    purpose = headers.get("sec-purpose", "") or headers.get("purpose", "") or headers.get("x-moz", "")
    is_early = purpose.lower().startswith(("prefetch", "prerender", "preview"))
    return is_early or method != "GET" or is_robot(headers.get("user-agent", ""))


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

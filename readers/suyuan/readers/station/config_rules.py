"""What texts of a station's file may be: a rule that is not kept returns what is allowed, else nothing."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from suyuan.readers.station.patterns import canonical, is_pattern
from suyuan.trace.epcis.fields import LONGEST_URI, is_uri
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import scanned

_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_PORTS = 1 << 16
_LONGEST_NAME, _LONGEST_TITLE = 64, 100


def station_id(text: str) -> str:
    """How a station is named in events."""
    return "" if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", text) else "1 to 64 letters, digits and . _ : -"


def name(text: str) -> str:
    """What is referred to within the file."""
    return "" if len(text) <= _LONGEST_NAME and text.isprintable() else "1 to 64 characters"


def title(text: str) -> str:
    """What people call something."""
    return "" if len(text) <= _LONGEST_TITLE and text.isprintable() else "1 to 100 characters"


def offset(text: str) -> str:
    """An offset of local time from UTC."""
    return "" if _OFFSET.fullmatch(text) else "an offset such as +08:00"


def server_url(text: str) -> str:
    """Where a platform is."""
    return "" if is_server(text) else "an http(s) URL without query"


def listen(text: str) -> str:
    """Where the station's page listens."""
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = bare != host
    right_host = bare == "localhost" or (is_address(bare) and (":" in bare) == bracketed)
    right_port = re.fullmatch(r"[0-9]{1,5}", port) is not None and int(port) < _PORTS
    return "" if text == "off" or (right_host and right_port) else "an address and a port, or off"


def pin(text: str) -> str:
    """The page's PIN."""
    return "" if re.fullmatch(r"[0-9]{6,12}", text) else "6 to 12 digits"


def is_server(url: str) -> bool:
    """Whether a platform can have this address: http(s) with a host that a name server can be asked for."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return good and not parts.query and not parts.fragment and url.isprintable()


def is_address(host: str) -> bool:
    """Whether this is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def only_here(host: str) -> bool:
    """Whether nobody but this machine reaches what listens there."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


def uri(text: str) -> str:
    """What names a company or a place in events: the platform takes nothing else there."""
    if len(text) > LONGEST_URI or not is_uri(text):
        return "a URI such as https://… or urn:epc:id:…"
    try:
        scanned(text)
    except InvalidInput:  # a digit that was mistyped would stand in every event
        return "a GS1 link or URN whose number is valid, its check digit too"
    return ""


def pattern(text: str) -> str:
    """A pattern of tags: see :mod:`suyuan.readers.station.patterns`."""
    if is_pattern(text):
        return ""
    return canonical(text) or "item, case, pallet, urn:epc:pat:…, or the beginning of a Digital Link"

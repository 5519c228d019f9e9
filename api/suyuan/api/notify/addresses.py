"""Which receivers may be called: a subscriber names an address, and this server stands inside a network.

Only public addresses are called, over TLS, and networks that the operator names, there without TLS as well.
A name is resolved once, every address that it has must be allowed, and the connection goes to the address
that was looked at: a name that changes its mind in between (DNS rebinding) changes nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

from anyio.to_thread import run_sync

from suyuan.trace.epcis.schedule import SubscriptionControlsWrong
from suyuan.trace.errors import NotAllowed

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host name, as text; raises ``OSError`` where there are none."""

LONGEST_DEST = 2048
_PORTS = {"https": 443, "http": 80}
_MOST_ADDRESSES = 16
# Not where they say, although some count as global: translations, whose end only the inner address tells
# (RFC 3056, 4380, 6052, 8215), site-local addresses (RFC 3879), those that discard, and relays.
_ELSEWHERE = tuple(
    ip_network(each)
    for each in (
        "2002::/16",
        "2001::/32",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "::/96",
        "fec0::/10",
        "100::/64",
        "192.88.99.0/24",
    )
)


class NotCalled(NotAllowed):
    """A receiver's name has no address, or one that is none of the public internet: never says which.

    Whoever could tell would find out, name by name, what stands in the network of this server. ``why`` is for
    the log.
    """

    code = "receiver-not-called"
    title = "This receiver is not called"

    why = ""


def check_dest(dest: str, networks: Sequence[Network]) -> None:
    """Refuse what will never be called, before it is kept. Names are looked at when they are called.

    Raises:
        SubscriptionControlsWrong: not an absolute web address, without TLS, with a user, on a port of another
            service, or of a network that is not allowed.
    """
    parts = _split(dest)
    if parts is None:
        raise _wrong("{given} is not a web address", "Give it as https://host/path.", dest)
    if parts.username is not None or parts.password is not None:
        raise _wrong("The address has a user in it", "Use signatureToken: the messages are signed.", dest)
    if parts.fragment:
        raise _wrong("The address has a fragment", "Leave out the part after #.", dest)
    if parts.scheme != "https" and not networks:
        raise _wrong("{given} is without TLS", "Give an address that begins with https://.", dest)
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    if port < 1024 and port != _PORTS[parts.scheme]:  # noqa: PLR2004 (the ports of other services, RFC 6335)
        raise _wrong("{given} is on a port of another service", "Use the usual port or one from 1024.", dest)
    literal = _literal(parts.hostname or "")
    if literal is not None and not is_allowed(literal, networks):
        raise _wrong("{given} is in a network that is not called from here", "Use a public address.", dest)


async def checked(
    host: str, port: int, *, over_tls: bool, resolve: Resolve, networks: Sequence[Network]
) -> Sequence[str]:
    """The addresses of a receiver, each of them allowed, in the resolver's order.

    Raises:
        NotCalled: the name has none, or one of them is not allowed, or not without TLS.
    """
    try:
        found = await resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise not_called(host, f"no address: {error}") from error
    addresses = [ip_address(text) for text in dict.fromkeys(found)][:_MOST_ADDRESSES]
    if not addresses:
        raise not_called(host, "no address")
    for address in addresses:
        if not is_allowed(address, networks) or not (over_tls or _is_within(address, networks)):
            raise not_called(host, f"leads to {address}")
    return [str(address) for address in addresses]


def not_called(host: str, why: str) -> NotCalled:
    """The error of a receiver, the same whatever ``why``."""
    error = NotCalled(
        "{host} is not called from here: it has no address, or one that is not public",
        where="dest",
        remedy="Use a name with public addresses only, or let the operator allow the network.",
        host=host,
    )
    error.why = why
    return error


def is_allowed(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Whether an address is public, or in a network that the operator named."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_allowed(address.ipv4_mapped, networks)
    if _is_within(address, networks):
        return True
    elsewhere = any(address in each for each in _ELSEWHERE if each.version == address.version)
    return address.is_global and not (elsewhere or address.is_multicast or address.is_reserved)


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows of a name.

    Asked in a thread that is left behind where it takes too long. Those of the event loop itself are few, and
    a handful of names whose servers do not answer would keep everybody's waiting.
    """
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in await run_sync(ask, abandon_on_cancel=True)]


def _is_within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    told = mapped or address
    return any(told in each for each in networks if each.version == told.version)


def _split(dest: str) -> SplitResult | None:
    if not dest.isascii() or not dest.isprintable() or " " in dest or len(dest) > LONGEST_DEST:
        return None
    try:
        parts = urlsplit(dest)
        fits = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unclosed bracket, a port that is no number
        return None
    return parts if fits and "\\" not in dest else None


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host already is, also in the short and hexadecimal forms that systems read."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host)) if host.strip("0123456789abcdefABCDEFxX.") == "" else None
    except OSError:
        return None


def _wrong(template: str, remedy: str, dest: str) -> SubscriptionControlsWrong:
    return SubscriptionControlsWrong(template, where="dest", remedy=remedy, given=dest[:200])

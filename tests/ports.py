"""Ports for servers that tests start: none that the system, or another process of the run, takes meanwhile.

A port that the system chose is free again once it is asked for, and a connection that any process opens may
be given it before the server listens: tests hold hundreds of connections. So ports come from outside of
the range that connections are given; each process of a run has a part of them to itself, and hands each
out once. A test that starts its server again keeps the port.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

FIRST, LAST = 10_240, 19_999
"""Below what systems give to connections, and beside what ``suyuan.simulator.ports`` draws from."""
_CONNECTIONS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FEWEST = 1000


def free_port() -> int:
    """A port, of TCP and of UDP, that nobody has, and nobody will until it is used."""
    for port in _PORTS:
        if _is_free(port):
            return port
    raise RuntimeError("this process has handed out all of its ports")


def outside(low: int, high: int) -> range:
    """Ports not given to connections, which get ``low`` to ``high``; any ports, where too few are left."""
    below, above = range(FIRST, min(low, LAST + 1)), range(max(high + 1, FIRST), 1 << 16)
    return next((ports for ports in (below, above) if len(ports) >= _FEWEST), range(FIRST, LAST + 1))


def part(ports: range, number: int, count: int) -> range:
    """What of ``ports`` the process ``number`` of ``count`` has to itself."""
    size = len(ports) // count
    return ports[number * size : (number + 1) * size]


def _of_this_process() -> Iterator[int]:
    low, high = 32_768, 65_535
    with suppress(OSError):  # not Linux: there they begin higher
        low, high = map(int, _CONNECTIONS.read_text(encoding="ascii").split())
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = part(outside(low, high), number, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    begin = os.getpid() * 97 % len(own)  # two runs on one machine begin at different places
    return chain(own[begin:], own[:begin])


def _is_free(port: int) -> bool:
    """At every address, and without leave to use what an ended connection still has."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True


_PORTS = _of_this_process()

"""Is the port ours to take? The server binds with SO_REUSEPORT and would otherwise share it unnoticed."""

from __future__ import annotations

import socket
import time

from suyuan.trace.errors import Unavailable

PATIENCE_S = 3.0
"""A worker whose main process was killed lets go of the port within a moment; so long is it waited for."""


class PortTaken(Unavailable):
    """Another program listens there, or the address is not one of this machine."""

    code = "port-taken"
    title = "The port is not free"


def wait_for_port(host: str, port: int, patience_s: float = PATIENCE_S) -> None:
    """Return when ``host:port`` can be listened on; ``PortTaken`` if it still cannot after ``patience_s``."""
    give_up = time.monotonic() + patience_s
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        try:
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            if time.monotonic() >= give_up:
                raise PortTaken(
                    "Port {port} of {host} cannot be listened on: {reason}",
                    where="SUYUAN_PORT",
                    port=port,
                    host=host,
                    reason=error.strerror,
                    remedy="End the program that has it, or choose another port with --port.",
                ) from error
            time.sleep(0.1)
        else:
            return

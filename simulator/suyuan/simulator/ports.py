"""A port for a program of ours that will listen in a moment."""

from __future__ import annotations

import socket
from contextlib import suppress
from random import SystemRandom

LISTENING = range(20_000, 32_768)
"""Below the ports that systems give to connections, of which one would take a port before we listen on it."""
_TRIES = 100


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment, drawn so that two programs hardly get the same.

    Where ``host`` is no address of this machine, any: whoever listens there says so.
    """
    drawn = SystemRandom().sample(LISTENING, _TRIES)
    for port in drawn:
        with socket.socket() as probe, suppress(OSError):
            probe.bind((host, port))
            return port
    return drawn[0]

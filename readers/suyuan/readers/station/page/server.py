"""The page's HTTP server: uvicorn inside the event loop that the station runs in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from suyuan.readers.station.config import PageConfig
from suyuan.trace.errors import WrongUse

END_WITHIN_S = 2


class PagePortTaken(WrongUse):
    """The address of the page cannot be listened on."""

    code = "page-port-taken"
    title = "The page's address is taken"


class _Server(uvicorn.Server):
    """Signals are the agent's business: it closes the station first, then the page."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def listen(page: PageConfig) -> socket.socket:
    """A listening socket at the page's address.

    Raises:
        PagePortTaken: another program listens there, or the machine has no such address.
    """
    family = socket.AF_INET6 if ":" in page.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((page.host, page.port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise PagePortTaken(
            "The station's page cannot listen on {address}: {reason}.",
            where="page.listen",
            remedy="Is another station or program running here? End it, or give this station another port:"
            ' listen = "127.0.0.1:8801" in [page].',
            address=f"{page.host}:{page.port}",
            reason=error.strerror or str(error),
        ) from error
    sock.setblocking(False)
    return sock


def address(sock: socket.socket) -> str:
    """The URL under which a browser on this machine finds what listens on ``sock``."""
    host, port = sock.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket) -> AsyncGenerator[None, None]:
    """Serve ``app`` on ``sock`` inside the context; at its end connections get two seconds to close."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=END_WITHIN_S,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]), name="page")
    try:
        yield
    finally:
        server.should_exit = True
        await task

"""The page's HTTP server: uvicorn inside the event loop that the station runs in."""

from __future__ import annotations

import asyncio
import socket
import ssl
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


class PageCertificateUnusable(WrongUse):
    """The files of the page's certificate cannot be served with."""

    code = "page-certificate-unusable"
    title = "The page's certificate cannot be used"


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


def tls_of(page: PageConfig) -> ssl.SSLContext | None:
    """What the page is served with over TLS, None where it has no certificate.

    Raises:
        PageCertificateUnusable: a file cannot be read, or the key is another certificate's.
    """
    if page.certificate is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        made.load_cert_chain(page.certificate, page.certificate_key, password=lambda: "")
    except OSError as error:  # SSLError is one
        raise PageCertificateUnusable(
            "The page's certificate {path} cannot be used: {reason}.",
            where="page.certificate",
            remedy="Give PEM files that this user may read: the certificate, and its key without a password.",
            path=str(page.certificate),
            reason=error.strerror or str(error),
        ) from error
    return made


def address(sock: socket.socket, *, tls: bool = False) -> str:
    """The URL under which a browser on this machine finds what listens on ``sock``."""
    host, port = sock.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        host = "127.0.0.1"
    scheme, shown = "https" if tls else "http", f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}/"


@asynccontextmanager
async def serving(
    app: ASGIApp, sock: socket.socket, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[None, None]:
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
        ssl_context_factory=None if tls is None else (lambda _config, _usual: tls),
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]), name="page")
    try:
        yield
    finally:
        server.should_exit = True
        await task

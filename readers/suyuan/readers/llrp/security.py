"""LLRP over TLS: whom we trust, and how a reader knows us."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suyuan.readers import tls
from suyuan.readers.errors import ReaderConfigError, UntrustedDevice
from suyuan.readers.tls import Trust

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Security:
    """TLS: whom we trust, and by which certificate the reader may know us."""

    trust: Trust
    cert: Path | None = None
    key: Path | None = None

    async def connect(self, host: str, port: int, timeout_s: float) -> Streams:
        """A connection with the device that is trusted, on which nothing was said yet.

        A reader takes one client at a time: a pinned certificate is compared on the very connection that is
        used, for one that was opened to look at it could still count as a client.

        Raises:
            ReaderConfigError: a file that cannot be read.
            UntrustedDevice: it shows another certificate than the pinned one, or one of no authority.
            OSError: there is no connection.
        """
        pinned = self.trust.fingerprint is not None
        context = _unseen() if pinned else await tls.context(self.trust, host, port, timeout_s=timeout_s)
        if self.cert is not None:
            await self._show(context, self.cert)
        try:
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
        except ssl.SSLCertVerificationError as error:
            raise tls.untrusted(host, port, error) from error
        if pinned:
            shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            try:
                tls.check_pinned(self.trust, shown or b"", host, port)
            except UntrustedDevice:
                writer.transport.abort()
                raise
        return reader, writer

    async def _show(self, context: ssl.SSLContext, cert: Path) -> None:
        try:
            await asyncio.to_thread(context.load_cert_chain, cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise ReaderConfigError(
                "Our certificate or its key cannot be read from {path}: {reason}.",
                where="cert",
                remedy="Give files in PEM, the key without a password.",
                path=str(cert),
                reason=error.strerror or "unreadable",
            ) from error


def _unseen() -> ssl.SSLContext:
    """Takes any certificate: for a connection whose peer is compared before anything is said or heard."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def security(options: Mapping[str, Any]) -> Security:
    """What the options of an ``llrps://`` address say.

    Raises:
        ReaderConfigError: a key without its certificate, or an authority and a fingerprint.
    """
    if options["key"] is not None and options["cert"] is None:
        raise ReaderConfigError(
            "A key is given without a certificate.", where="key", remedy="Give cert=/path too."
        )
    return Security(Trust(options["ca"], options["fingerprint"]), options["cert"], options["key"])

"""LLRP over TLS: whom we trust, and how a reader knows us."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suyuan.readers import tls
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.tls import Trust


@dataclass(frozen=True, slots=True)
class Security:
    """TLS: whom we trust, and by which certificate the reader may know us."""

    trust: Trust
    cert: Path | None = None
    key: Path | None = None

    async def context(self, host: str, port: int, timeout_s: float) -> ssl.SSLContext:
        """What to connect with.

        Raises:
            ReaderConfigError: a file that cannot be read.
            UntrustedDevice: the device shows another certificate than the pinned one.
            TransientConnectionError: it cannot be reached.
        """
        context = await tls.context(self.trust, host, port, timeout_s=timeout_s)
        if self.cert is not None:
            try:
                await asyncio.to_thread(context.load_cert_chain, self.cert, self.key)
            except (OSError, ssl.SSLError) as error:
                raise ReaderConfigError(
                    "Our certificate or its key cannot be read from {path}: {reason}.",
                    where="cert",
                    remedy="Give files in PEM, the key without a password.",
                    path=str(self.cert),
                    reason=error.strerror or "unreadable",
                ) from error
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

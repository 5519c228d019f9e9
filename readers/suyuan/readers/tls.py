"""Which certificate of a reader or broker we trust: one of an authority, or the very one that was pinned.

Readers come with certificates that nobody signed. They are trusted by their fingerprint (``fingerprint=``) or
by the file of the authority that signed them (``ca=``), never unseen.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from suyuan.readers.address import Option
from suyuan.readers.credentials import file_path
from suyuan.readers.errors import ReaderConfigError, TransientConnectionError, UntrustedDevice

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: a pinned certificate is known by itself, however old."""
SEE_FINGERPRINT = (
    "Compare with the fingerprint that the reader's own page shows, and write it as fingerprint=…."
)


def sha256(text: str) -> str:
    """A SHA-256 fingerprint in hex, with or without colons."""
    digest = text.replace(":", "").lower()
    if not _SHA256.fullmatch(digest):
        message = "64 hex digits are needed, the SHA-256 of the certificate"
        raise ValueError(message)
    return digest


OPTIONS: tuple[Option, ...] = (
    Option("ca", file_path, None, "file with the certificate of the authority that signed the device's"),
    Option("fingerprint", sha256, None, "SHA-256 of the device's own certificate, which alone is trusted"),
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to trust: the authorities of the system, or of the file ``ca``, or one certificate alone."""

    ca: Path | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        if self.ca is not None and self.fingerprint is not None:
            raise ReaderConfigError(
                "Give either the authority or the fingerprint, not both.", where="fingerprint"
            )

    @property
    def told(self) -> bool:
        """Is anything but the system's authorities to be trusted?"""
        return self.ca is not None or self.fingerprint is not None


async def context(trust: Trust, host: str, port: int, *, timeout_s: float) -> ssl.SSLContext:
    """A context whose connections to ``host`` reach none but the device that is trusted.

    A pinned certificate is fetched once, compared, and becomes the only authority: who answers later without
    its key is refused within the handshake, before anything is said.

    Raises:
        ReaderConfigError: the file of the authority cannot be read.
        UntrustedDevice: the device shows another certificate than the pinned one.
        TransientConnectionError: it cannot be reached.
    """
    if trust.fingerprint is None:
        try:
            return await asyncio.to_thread(ssl.create_default_context, cafile=trust.ca)
        except (OSError, ssl.SSLError) as error:
            raise ReaderConfigError(
                "The certificate of the authority cannot be read from {path}: {reason}.",
                where="ca",
                remedy="Give a file with certificates in PEM.",
                path=str(trust.ca),
                reason=reason_of(error),
            ) from error
    shown = await _certificate(host, port, timeout_s)
    check_pinned(trust, shown, host, port)
    pinned = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pinned.check_hostname = False
    pinned.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    pinned.load_verify_locations(cadata=shown)
    return pinned


def check_pinned(trust: Trust, shown: bytes, host: str, port: int) -> None:
    """See that the certificate that was shown (DER) is the pinned one.

    Raises:
        UntrustedDevice: it is another.
    """
    digest = hashlib.sha256(shown).hexdigest()
    if digest != trust.fingerprint:
        raise UntrustedDevice(
            "{host}:{port} shows another certificate, with the fingerprint {digest}.",
            where="fingerprint",
            remedy=SEE_FINGERPRINT,
            host=host,
            port=port,
            digest=digest,
        )


def untrusted(host: str, port: int, error: ssl.SSLCertVerificationError) -> UntrustedDevice:
    """What a refused handshake means to whoever set the address up."""
    return UntrustedDevice(
        "The certificate of {host}:{port} is not trusted: {reason}.",
        where="fingerprint",
        remedy=SEE_FINGERPRINT,
        host=host,
        port=port,
        reason=error.verify_message or "it cannot be verified",
    )


def reason_of(error: BaseException) -> str:
    """What is the matter with a connection or a file, in the system's own words."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS").replace("_", " ").lower()
    if isinstance(error, TimeoutError) and not error.errno:
        return "no answer"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)  # asyncio puts addresses into its own text
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


async def _certificate(host: str, port: int, timeout_s: float) -> bytes:
    """The certificate that is shown there, not yet trusted in any way (DER)."""
    unseen = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unseen.check_hostname = False
    unseen.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=unseen)
    except (OSError, TimeoutError) as error:
        raise TransientConnectionError(
            "There is no connection to {host}:{port}: {reason}.",
            where="url",
            remedy="Check the address, the cable and that the reader is switched on.",
            host=host,
            port=port,
            reason=reason_of(error),
        ) from error
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(timeout_s):
            await writer.wait_closed()
    return bytes(shown or b"")

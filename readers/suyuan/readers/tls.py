"""TLS with readers and brokers: whom we trust, and by which certificate they may know us.

Readers come with certificates that nobody signed. They are trusted by their fingerprint (``fingerprint=``) or
by the file of the authority that signed them (``ca=``), never unseen. Those that ask who comes are shown ours
(``cert=``, ``key=``).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from suyuan.readers.address import Option
from suyuan.readers.credentials import file_path
from suyuan.readers.errors import (
    AccessDenied,
    ReaderConfigError,
    TransientConnectionError,
    UntrustedDevice,
)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

LONGEST = 1024 * 1024
"""Bytes of a file with our certificate or key."""
_LISTENS_S = 2.0
"""Seconds in which a device that does not take us says so."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: a pinned certificate is known by itself, however old."""
SEE_FINGERPRINT = (
    "Compare with the fingerprint that the reader's own page shows, and write it as fingerprint=…."
)
CHECK_DEVICE = "Check the address, the cable and that the reader is switched on."
_AGAINST_US = re.compile("ALERT_(.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)")
"""Alerts by which a peer says that it wants our certificate, or another one (RFC 8446 §6.2)."""


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
    Option("cert", file_path, None, "file with our own certificate, for devices that ask for one"),
    Option("key", file_path, None, "file with its key; by default in the same file"),
)


@dataclass(frozen=True, slots=True)
class Security:
    """What we ask of the other end and show it.

    Trusted are the authorities of the system, or those of the file ``ca``, or the one certificate with this
    ``fingerprint``. ``cert`` and ``key`` are the files of our own certificate; the key may be in the first.
    """

    ca: Path | None = None
    fingerprint: str | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if self.ca is not None and self.fingerprint is not None:
            raise ReaderConfigError(
                "Give either the authority or the fingerprint, not both.", where="fingerprint"
            )
        if self.key is not None and self.cert is None:
            raise ReaderConfigError(
                "A key is given without a certificate.", where="key", remedy="Give cert=/path too."
            )


def security(options: Mapping[str, Any]) -> Security:
    """What an address says of TLS, by its values of :data:`OPTIONS`.

    Raises:
        ReaderConfigError: they do not go together.
    """
    return Security(*(options[each.name] for each in OPTIONS))


def no_security(options: Mapping[str, Any], remedy: str) -> None:
    """See that an address without TLS says nothing of it; ``remedy`` names the scheme that has it.

    Raises:
        ReaderConfigError: it does.
    """
    for each in OPTIONS:
        if options[each.name] is not None:
            raise ReaderConfigError("Without TLS there is no certificate.", where=each.name, remedy=remedy)


async def context(security: Security, host: str, port: int, *, timeout_s: float) -> ssl.SSLContext:
    """A context whose connections to ``host`` reach none but the device that is trusted.

    A pinned certificate is fetched once, compared, and becomes the only authority: who answers later without
    its key is refused within the handshake, before anything is said.

    Raises:
        ReaderConfigError: a file that cannot be read, or a key that is not the certificate's.
        UntrustedDevice: the device shows another certificate than the pinned one.
        AccessDenied: it does not take our certificate.
        TransientConnectionError: it cannot be reached.
    """
    if security.fingerprint is None:
        return await asyncio.to_thread(_trusting_authorities, security)
    shown = await _certificate(security, host, port, timeout_s)
    check_pinned(security, shown, host, port)
    return await asyncio.to_thread(_trusting_one, security, shown)


async def connect(security: Security, host: str, port: int) -> Streams:
    """One connection with the device that is trusted, on which nothing was said yet.

    For devices that take one client at a time: a pinned certificate is compared on the very connection that
    is used, for one that was opened to look at it could still count as a client.

    Raises:
        ReaderConfigError: a file that cannot be read, or a key that is not the certificate's.
        UntrustedDevice: the device shows another certificate than the pinned one.
        OSError: there is no connection; :func:`failure` tells why.
    """
    pinned = security.fingerprint is not None
    made = await asyncio.to_thread(_trusting_anybody if pinned else _trusting_authorities, security)
    reader, writer = await asyncio.open_connection(host, port, ssl=made)
    if pinned:
        try:
            check_pinned(security, _shown_on(writer), host, port)
        except UntrustedDevice:
            writer.transport.abort()
            raise
    return reader, writer


def check_pinned(security: Security, shown: bytes, host: str, port: int) -> None:
    """See that the certificate that was shown (DER) is the pinned one.

    Raises:
        UntrustedDevice: it is another.
    """
    digest = hashlib.sha256(shown).hexdigest()
    if digest != security.fingerprint:
        raise UntrustedDevice(
            "{host}:{port} shows another certificate, with the fingerprint {digest}.",
            where="fingerprint",
            remedy=SEE_FINGERPRINT,
            host=host,
            port=port,
            digest=digest,
        )


def objection(error: BaseException, host: str, port: int) -> UntrustedDevice | AccessDenied | None:
    """What we have against the device or it against us, if that is why a connection ended with ``error``.

    A device that asks for our certificate says so after the handshake, on whatever is read first (TLS 1.3).
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UntrustedDevice(
                "The certificate of {host}:{port} is not trusted: {reason}.",
                where="fingerprint",
                remedy=SEE_FINGERPRINT,
                host=host,
                port=port,
                reason=cause.verify_message or "it cannot be verified",
            )
        if isinstance(cause, ssl.SSLError) and _AGAINST_US.search(cause.reason or ""):
            return AccessDenied(
                "{host}:{port} asks for a certificate of ours, or for another one: {reason}.",
                where="cert",
                remedy="Give cert=/path and key=/path of a certificate whose authority it trusts.",
                host=host,
                port=port,
                reason=reason_of(cause),
            )
        cause = cause.__cause__ or cause.__context__
    return None


async def why_ended(context: ssl.SSLContext, host: str, port: int) -> UntrustedDevice | AccessDenied | None:
    """What a device has against us that ended a connection without a word: it is asked once more, in silence.

    Where something was said at once, its alert may be lost behind a reset; libraries may not pass it on.
    """
    try:
        async with asyncio.timeout(_LISTENS_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                await reader.read(1)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError) as error:
        return objection(error, host, port)
    return None


def failure(
    error: BaseException, host: str, port: int, *, where: str = "url", remedy: str = CHECK_DEVICE
) -> UntrustedDevice | AccessDenied | TransientConnectionError:
    """What it means that a connection, with TLS or without, was not made because of ``error``."""
    return objection(error, host, port) or TransientConnectionError(
        "There is no connection to {host}:{port}: {reason}.",
        where=where,
        remedy=remedy,
        host=host,
        port=port,
        reason=reason_of(error),
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


def _trusting_authorities(security: Security) -> ssl.SSLContext:
    try:
        made = ssl.create_default_context(cafile=security.ca)
    except (OSError, ssl.SSLError) as error:
        raise ReaderConfigError(
            "The certificate of the authority cannot be read from {path}: {reason}.",
            where="ca",
            remedy="Give a file with certificates in PEM.",
            path=str(security.ca),
            reason=reason_of(error),
        ) from error
    _show_ours(made, security)
    return made


def _trusting_one(security: Security, certificate: bytes) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    made.load_verify_locations(cadata=certificate)
    _show_ours(made, security)
    return made


def _trusting_anybody(security: Security) -> ssl.SSLContext:
    """For a connection whose peer is compared before anything is said or heard."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    _show_ours(made, security)
    return made


def _show_ours(context: ssl.SSLContext, security: Security) -> None:
    """Let connections of this context show our certificate, if we have one."""
    cert, key = security.cert, security.key or security.cert
    if cert is None or key is None:
        return
    try:
        x509.load_pem_x509_certificates(_read("cert", cert))
    except ValueError as error:
        raise _unreadable("cert", cert, "no certificate in PEM") from error
    try:
        # OpenSSL would ask for a password on the terminal, which a station has not.
        load_pem_private_key(_read("key", key), None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable("key", key, "no key in PEM") from error
    except TypeError as error:
        raise _unreadable("key", key, "it has a password") from error
    try:
        context.load_cert_chain(cert, key)
    except ssl.SSLError as error:
        raise _unreadable("key", key, "it is not the key of the certificate") from error


def _read(where: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as error:
        raise _unreadable(where, path, reason_of(error)) from error
    if len(data) > LONGEST:
        raise _unreadable(where, path, "too long")
    return data


def _unreadable(where: str, path: Path, reason: str) -> ReaderConfigError:
    return ReaderConfigError(
        "Our certificate or its key cannot be read from {path}: {reason}.",
        where=where,
        remedy="Give files in PEM, the key without a password.",
        path=str(path),
        reason=reason,
    )


def _shown_on(writer: asyncio.StreamWriter) -> bytes:
    """The certificate of the peer (DER)."""
    return bytes(writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b"")


async def _certificate(security: Security, host: str, port: int, timeout_s: float) -> bytes:
    """The certificate that is shown there, not yet trusted in any way (DER)."""
    unseen = await asyncio.to_thread(_trusting_anybody, security)
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port, ssl=unseen)
    except (OSError, TimeoutError) as error:
        raise failure(error, host, port) from error
    shown = _shown_on(writer)
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(timeout_s):
            await writer.wait_closed()
    return shown

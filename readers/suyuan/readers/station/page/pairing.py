"""How a phone finds the station: address and symbol on its screen, and what its certificate looks like."""

from __future__ import annotations

import socket
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from suyuan.readers.station.page.server import PageCertificateUnusable
from suyuan.readers.symbol import render_qr


def own_address() -> str:
    """This machine's address on the way to others; nothing is sent. Empty where it has no way."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of nobody's (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def own_name(address: str) -> str:
    """This machine's name, where the network finds ``address`` under it; else empty.

    It may take as long as a name server is silent. A name stays when the address changes, and certificates
    are made out to names; but one that only this machine knows (``/etc/hosts``) would lead a phone nowhere.
    """
    machine = socket.gethostname().lower()
    for name in (machine, f"{machine}.local"):
        try:
            found = {str(place[0]) for *_, place in socket.getaddrinfo(name, None)}
        except (OSError, UnicodeError):  # a machine may be called what no name server can be asked for
            continue
        if address in found:
            return name
    return ""


def page_address(scheme: str, host: str, port: int) -> str:
    """The address of the page for phones."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/phone"


def pairing_symbol(address: str, code: str) -> str:
    """The QR symbol of the page with ``code`` filled in, as the address of a picture."""
    return (
        "data:image/svg+xml;base64," + b64encode(render_qr(f"{address}?{urlencode({'code': code})}")).decode()
    )


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the certificate in hexadecimal, in pairs as browsers show it.

    Raises:
        PageCertificateUnusable: the file cannot be read, or holds none.
    """
    return _read(certificate).fingerprint(SHA256()).hex(" ").upper()


def certified_names(certificate: Path) -> frozenset[str]:
    """The names of DNS, in small letters, and addresses that the certificate is made out to; no wildcards.

    Raises:
        PageCertificateUnusable: the file cannot be read, or holds none.
    """
    try:
        told = _read(certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    names = [name.lower() for name in told.value.get_values_for_type(x509.DNSName) if "*" not in name]
    return frozenset([*names, *map(str, told.value.get_values_for_type(x509.IPAddress))])


def _read(certificate: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise PageCertificateUnusable(
            "The page's certificate {path} cannot be used: {reason}.",
            where="page.certificate",
            remedy="Give PEM files that this user may read: the certificate, and its key without a password.",
            path=str(certificate),
            reason=(error.strerror if isinstance(error, OSError) else None) or str(error),
        ) from error

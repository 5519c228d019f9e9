"""Certificates for servers of tests on 127.0.0.1, of an authority of their own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Files of a server's certificate, its key and its authority, and the fingerprint."""

    certificate: Path
    key: Path
    ca: Path
    fingerprint: str


def make_certificate(folder: Path, days: int = 1, names: Sequence[str] = ()) -> Certificate:
    """A certificate for 127.0.0.1 and ``names`` that ends after ``days``, which may lie in the past."""
    folder.mkdir(exist_ok=True)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reader")])
    authority = _signed(issuer, issuer, authority_key, authority_key, 2, ca=True)
    leaf = _signed(subject, issuer, key, authority_key, days, ca=False, names=names)
    fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
    files = Certificate(folder / "reader.pem", folder / "reader.key", folder / "ca.pem", fingerprint)
    files.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    files.ca.write_bytes(authority.public_bytes(Encoding.PEM))
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@contextmanager
def strict_door(files: Certificate) -> Generator[int]:
    """A port whose server lets in who shows a certificate of the authority, and tells others why not.

    It speaks as OpenSSL does; a server of asyncio drops whom it refuses without a word.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(files.ca)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            with suppress(ssl.SSLError, ConnectionError):
                client, _ = listening.accept()
                with client, context.wrap_socket(client, server_side=True) as inside:
                    if inside.recv(1) == b"":
                        return  # who came in and said nothing closes the door

    door = threading.Thread(target=serve)
    door.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ours = ssl.create_default_context(cafile=str(files.ca))
        ours.load_cert_chain(files.certificate, files.key)
        address = listening.getsockname()
        with socket.create_connection(address) as last, ours.wrap_socket(last, server_hostname="127.0.0.1"):
            pass
        door.join()
        listening.close()


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    days: int,
    *,
    ca: bool,
    names: Sequence[str] = (),
) -> x509.Certificate:
    now = datetime.now(UTC)
    end = now + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not ca:
        told = [x509.IPAddress(IPv4Address("127.0.0.1")), *map(x509.DNSName, names)]
        name = x509.SubjectAlternativeName(told)
        builder = builder.add_extension(name, critical=False)
    else:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by, hashes.SHA256())

"""One message to a real receiver on this machine: the address looked at is the one called, within limits."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from suyuan.api.notify import webhook
from suyuan.api.notify.addresses import NotCalled
from suyuan.api.notify.webhook import ReceiverAway, Webhooks

LOOPBACK = [ip_network("127.0.0.0/8")]


@dataclass
class Receiver:
    """A server that reads requests whole and answers with ``answer``."""

    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        self.got.append(({":": head[0], **headers}, body))
        try:
            writer.write(self.answer)
            await writer.drain()
            while b"Endless" in self.answer:
                writer.write(b"x" * 65_536)
                await writer.drain()
            if b"Slow" in self.answer:
                await reader.read()  # until the other side has had enough
        except ConnectionError:  # it has heard enough
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(receiver: Receiver, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http{'s' if tls else ''}://receiver.example:{receiver.port}/hook?x=1"


async def here(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def post(hooks: Webhooks, dest: str, content: bytes = b"{}", token: str | None = None) -> int:
    answer = await hooks.post(dest, content, media_type="application/json", token=token, headers={"A": "b"})
    return answer.status


async def test_a_message_is_signed_over_its_bytes() -> None:
    receiver = Receiver()
    hooks = Webhooks(networks=LOOPBACK, resolve=here)
    async with listening(receiver) as dest:
        assert await post(hooks, dest, "{溯}".encode(), token="密钥") == 204
        assert await post(hooks, dest) == 204
    await hooks.close()
    (headers, body), (unsigned, _) = receiver.got
    assert headers[":"] == "POST /hook?x=1 HTTP/1.1"
    assert headers["host"] == f"receiver.example:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert headers["a"] == "b"
    assert headers["gs1-signature"] == hmac.new("密钥".encode(), body, hashlib.sha256).hexdigest()
    assert "gs1-signature" not in unsigned


async def test_a_name_is_resolved_once_and_never_called_where_it_moved_to() -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    receiver = Receiver()
    hooks = Webhooks(networks=LOOPBACK, resolve=rebinding)
    async with listening(receiver) as dest:
        assert await post(hooks, dest) == 204
        with pytest.raises(NotCalled):
            await post(hooks, dest)
    await hooks.close()
    assert asked == ["receiver.example"] * 2
    assert len(receiver.got) == 1


async def test_nothing_inside_is_called_unless_the_operator_says_so() -> None:
    receiver = Receiver()
    async with listening(receiver) as dest:
        for networks in ((), [ip_network("10.0.0.0/8")]):
            hooks = Webhooks(networks=networks, resolve=here)
            for name in ("receiver.example", "127.0.0.1", "localhost", "[::1]", "2130706433"):
                with pytest.raises(NotCalled):
                    await post(hooks, dest.replace("receiver.example", name))
            await hooks.close()
    assert receiver.got == []


async def test_the_next_address_is_tried_where_one_does_not_connect() -> None:
    async def two(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.77", "127.0.0.1"]

    receiver = Receiver()
    hooks = Webhooks(networks=LOOPBACK, resolve=two)
    async with listening(receiver) as dest:
        assert await post(hooks, dest) == 204
    await hooks.close()


async def test_a_redirect_leads_nowhere_and_a_long_answer_is_not_read() -> None:
    trap = Receiver()
    hooks = Webhooks(networks=LOOPBACK, resolve=here)
    async with listening(trap) as inside:
        moved = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {inside}\r\nContent-Length: 0\r\n\r\n"
        async with listening(Receiver(moved.encode())) as dest:
            assert await post(hooks, dest) == 307
        flood = Receiver(b"HTTP/1.1 200 OK\r\nEndless: yes\r\n\r\n")
        async with listening(flood) as dest:
            assert await post(hooks, dest) == 200
    await hooks.close()
    assert trap.got == []


async def test_who_trickles_or_talks_nonsense_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WHOLE_CALL_S", 0.3)
    hooks = Webhooks(networks=LOOPBACK, resolve=here)
    sentences: set[str] = set()
    for answer in (b"HTTP/1.1 200 OK\r\nSlow: yes\r\nContent-Length: 9\r\n\r\nx", b"hello\r\n\r\n"):
        async with listening(Receiver(answer)) as dest:
            with pytest.raises(ReceiverAway) as caught:
                await post(hooks, dest)
            sentences.add(caught.value.detail)
    with pytest.raises(ReceiverAway) as refused:
        await post(hooks, "http://receiver.example:1/")
    sentences.add(refused.value.detail)
    await hooks.close()
    assert len(sentences) == 1  # whoever subscribes does not learn which ports are open
    assert "refused" not in str(refused.value)
    assert refused.value.why


async def test_a_wait_that_is_asked_for_is_told() -> None:
    hooks = Webhooks(networks=LOOPBACK, resolve=here)
    for told, wait in (("7", 7.0), ("999999", 3600.0), ("Fri, 31 Dec 2027 23:59:59 GMT", None), ("-1", None)):
        busy = f"HTTP/1.1 503 Busy\r\nRetry-After: {told}\r\nContent-Length: 0\r\n\r\n"
        async with listening(Receiver(busy.encode())) as dest:
            answer = await hooks.post(dest, b"", media_type="text/plain", token=None, headers={})
        assert (answer.status, answer.retry_after_s) == (503, wait)
    await hooks.close()


async def test_the_certificate_is_the_names_although_an_address_is_called(tmp_path: Path) -> None:
    for name, fits in (("receiver.example", True), ("other.example", False)):
        certificate = _certificate(tmp_path, name)
        offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        offered.load_cert_chain(certificate)
        trust = ssl.create_default_context(cafile=str(certificate))
        hooks = Webhooks(networks=LOOPBACK, resolve=here, trust=trust)
        async with listening(Receiver(), offered) as dest:
            if fits:
                assert await post(hooks, dest) == 204
            else:
                with pytest.raises(ReceiverAway):
                    await post(hooks, dest)
        await hooks.close()


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("192.0.2.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path

"""Which receivers are called: a corpus of addresses that lead inside, and names that change their minds."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import orjson
import pytest

from suyuan.api.notify.addresses import (
    NotCalled,
    Resolve,
    check_dest,
    checked,
    is_allowed,
)
from suyuan.api.problems import problem as told
from suyuan.trace.epcis.schedule import SubscriptionControlsWrong

INSIDE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 (nothing is bound here)
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "2001::1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "fe80::1%eth0",
    "5f00::1",
)
OUTSIDE = ("1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8")


def resolver(*answers: Sequence[str]) -> tuple[Resolve, list[str]]:
    """A resolver that answers otherwise each time, and the names that it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    return resolve, asked


@pytest.mark.parametrize("address", INSIDE)
async def test_what_leads_inside_is_never_called(address: str) -> None:
    assert not is_allowed(ip_address(address), ())
    resolve, _ = resolver([OUTSIDE[0], address])  # one of several is enough
    with pytest.raises(NotCalled):
        await checked("receiver.example", 443, over_tls=True, resolve=resolve, networks=())


async def test_public_addresses_are_called_as_they_were_looked_at() -> None:
    resolve, asked = resolver(OUTSIDE)
    found = await checked("receiver.example", 443, over_tls=True, resolve=resolve, networks=())
    assert list(found) == [str(ip_address(address)) for address in OUTSIDE]
    assert asked == ["receiver.example"]


async def test_networks_of_the_operator_are_called_and_no_others() -> None:
    networks = [ip_network("10.0.0.0/24"), ip_network("fd00::/64")]
    for address in ("10.0.0.7", "::ffff:10.0.0.7", "fd00::7"):
        resolve, _ = resolver([address])
        assert await checked("inside", 80, over_tls=False, resolve=resolve, networks=networks)
    for address in ("10.0.1.7", "169.254.169.254", "fd00:0:0:1::7"):
        resolve, _ = resolver([address])
        with pytest.raises(NotCalled):
            await checked("inside", 443, over_tls=True, resolve=resolve, networks=networks)
    resolve, _ = resolver([OUTSIDE[0]])
    with pytest.raises(NotCalled):  # without TLS only where the operator said so
        await checked("receiver.example", 80, over_tls=False, resolve=resolve, networks=networks)


async def test_nobody_learns_what_stands_in_the_network_of_the_server() -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    said: dict[str, str] = {}
    for resolve in (nowhere, resolver(())[0], resolver(["10.1.2.3"])[0], resolver(["::1"])[0]):
        with pytest.raises(NotCalled) as caught:
            await checked("db.internal", 443, over_tls=True, resolve=resolve, networks=())
        problem = orjson.loads(bytes(told(caught.value, "/queries/q/subscriptions").body))
        said[caught.value.why] = orjson.dumps(problem).decode() + str(caught.value)
    assert len(said) == 4  # the log tells them apart
    assert len(set(said.values())) == 1
    assert "10.1.2.3" in " ".join(said)
    assert "10.1.2.3" not in " ".join(said.values())


@pytest.mark.parametrize(
    "dest",
    [
        *(f"https://[{address}]/" if ":" in address else f"https://{address}/" for address in INSIDE),
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "http://receiver.example/",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "gopher://receiver.example/",
        "https://user@receiver.example/",
        "https://user:secret@receiver.example/",
        "https://receiver.example:22/",
        "https://receiver.example:25/",
        "https://receiver.example:0/",
        "https://receiver.example:99999/",
        "https://receiver.example/#part",
        "https:///path",
        "https://[::1/",
        "https://receiver.example\\@127.0.0.1/",
        "https://receiver.example/\r\nHost: inside",
        "https://reçeiver.example/",
        "//receiver.example/",
        "receiver.example",
        "",
        "https://receiver.example/" + "x" * 2048,
    ],
)
def test_what_will_never_be_called_is_not_kept(dest: str) -> None:
    with pytest.raises(SubscriptionControlsWrong) as caught:
        check_dest(dest, ())
    assert caught.value.where == "dest"


def test_what_may_be_called_is_kept() -> None:
    for dest in ("https://receiver.example/a?b=c", "https://receiver.example:8443", "https://8.8.8.8/"):
        check_dest(dest, ())
    check_dest("http://10.0.0.7:8080/", [ip_network("10.0.0.0/24")])
    with pytest.raises(SubscriptionControlsWrong):
        check_dest("http://10.0.1.7:8080/", [ip_network("10.0.0.0/24")])

"""Where a phone finds the station, and the certificate that it may ask about."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.unit.readers.certificates import make_certificate

from suyuan.readers.station.page import pairing
from suyuan.readers.station.page.pairing import certified_names, fingerprint, own_name, page_address
from suyuan.readers.station.page.server import PageCertificateUnusable


def test_a_name_counts_where_the_network_finds_the_address_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"dairy": "127.0.1.1", "dairy.local": "10.1.2.3"}  # the first stands in /etc/hosts alone

    def looked_up(name: str, _port: None) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if name not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", (known[name], 0))]

    monkeypatch.setattr(pairing.socket, "gethostname", lambda: "Dairy")
    monkeypatch.setattr(pairing.socket, "getaddrinfo", looked_up)
    assert own_name("10.1.2.3") == "dairy.local"
    assert own_name("10.9.9.9") == ""
    del known["dairy.local"]
    assert own_name("10.1.2.3") == ""


@pytest.mark.parametrize("machine", ["", "a" * 64, "x..y"])
def test_a_machine_that_no_name_server_can_be_asked_for_has_no_name(
    monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setattr(pairing.socket, "gethostname", lambda: machine)
    assert own_name("10.1.2.3") == ""


def test_a_certificate_is_made_out_to_names_and_addresses(tmp_path: Path) -> None:
    files = make_certificate(tmp_path, names=("Dairy.local", "*.example.cn"))
    assert certified_names(files.certificate) == {"dairy.local", "127.0.0.1"}


def test_addresses_of_the_newer_kind_stand_in_brackets() -> None:
    assert page_address("https", "fe80::1", 8800) == "https://[fe80::1]:8800/phone"
    assert page_address("http", "dairy.local", 80) == "http://dairy.local:80/phone"


def test_the_fingerprint_is_that_of_the_certificate_as_browsers_show_it(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    shown = fingerprint(files.certificate)
    assert shown.replace(" ", "").lower() == files.fingerprint
    assert (len(shown.split()), shown) == (32, shown.upper())


@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_certificate_that_cannot_be_read_is_told_by_its_file(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "page.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PageCertificateUnusable, match=r"page\.pem"):
        fingerprint(path)

"""The page over TLS, which phones need for NFC and the camera."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.unit.readers.certificates import make_certificate
from tests.unit.readers.station.fakes import Host

from suyuan.readers.station.config import PageConfig
from suyuan.readers.station.page.server import PageCertificateUnusable, address, listen, serving, tls_of
from suyuan.readers.station.page.site import application


async def test_the_page_is_served_over_tls_and_takes_its_own_forms(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    page = PageConfig("127.0.0.1", 0, "", files.certificate, files.key)
    tls, sock = tls_of(page), listen(page)
    url = address(sock, tls=tls is not None)
    assert url.startswith("https://127.0.0.1:")
    trust = ssl.create_default_context(cafile=str(files.ca))
    app = application(Host(tmp_path / "station.toml"), page)
    async with serving(app, sock, tls), httpx.AsyncClient(base_url=url, verify=trust) as browser:
        assert (await browser.get("/")).status_code == 200
        for origin, status in ((url.rstrip("/"), 303), (url.rstrip("/").replace("https", "http"), 403)):
            answer = await browser.post("/language/en", data={"back": "/"}, headers={"Origin": origin})
            assert answer.status_code == status


def test_without_a_certificate_there_is_no_tls() -> None:
    assert tls_of(PageConfig()) is None


@pytest.mark.parametrize("broken", ["absent", "nonsense", "another key"])
def test_a_certificate_that_cannot_be_used_is_told_by_its_file(tmp_path: Path, broken: str) -> None:
    files = make_certificate(tmp_path)
    page = PageConfig("127.0.0.1", 0, "", files.certificate, files.key)
    if broken == "absent":
        page = replace(page, certificate=tmp_path / "none.pem")
    elif broken == "nonsense":
        files.certificate.write_text("no certificate")
    else:
        (tmp_path / "other").mkdir()
        page = replace(page, certificate_key=make_certificate(tmp_path / "other").key)
    with pytest.raises(PageCertificateUnusable) as caught:
        tls_of(page)
    assert str(page.certificate) in str(caught.value)

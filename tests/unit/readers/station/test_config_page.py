from __future__ import annotations

from pathlib import Path

import pytest

from suyuan.readers.station.config import PageConfig
from suyuan.readers.station.config_file import load_page
from suyuan.trace.errors import WrongUse


def page(folder: Path, text: str) -> PageConfig:
    path = folder / "station.toml"
    path.write_text(text)
    return load_page(path)


@pytest.mark.parametrize("text", ["", "no toml [", "[station]\nid = 1\n", "[page]\n"])
def test_whatever_the_rest_says_the_page_is_on_loopback(tmp_path: Path, text: str) -> None:
    assert page(tmp_path, text) == PageConfig("127.0.0.1", 8800, "")


def test_there_need_be_no_file(tmp_path: Path) -> None:
    assert load_page(tmp_path / "none.toml") == PageConfig()


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("127.0.0.1:8801", "127.0.0.1", 8801),
        ("localhost:1", "localhost", 1),
        ("[::1]:80", "::1", 80),
        ("off", "", 0),
    ],
)
def test_addresses(tmp_path: Path, listen: str, host: str, port: int) -> None:
    made = page(tmp_path, f'[page]\nlisten = "{listen}"')
    assert (made.host, made.port) == (host, port)


@pytest.mark.parametrize(
    "listen", ["8800", "shop:80", "127.0.0.1:", "127.0.0.1:70000", "::1:80", "[1.2.3.4]:80"]
)
def test_what_is_no_address(tmp_path: Path, listen: str) -> None:
    with pytest.raises(WrongUse) as caught:
        page(tmp_path, f'[page]\nlisten = "{listen}"')
    assert caught.value.where == "page.listen"


@pytest.mark.parametrize("listen", ["0.0.0.0:8800", "192.168.1.2:8800", "[::]:8800"])
def test_beyond_this_machine_a_pin_is_needed(tmp_path: Path, listen: str) -> None:
    with pytest.raises(WrongUse) as caught:
        page(tmp_path, f'[page]\nlisten = "{listen}"')
    assert caught.value.where == "page.pin"
    made = page(tmp_path, f'[page]\nlisten = "{listen}"\npin = "260415"')
    assert made.pin == "260415"
    assert "260415" not in repr(made)


@pytest.mark.parametrize("line", ['pin = "1234"', "pin = 123456", 'pin = "12345a"', "listens = 1"])
def test_what_is_no_setting(tmp_path: Path, line: str) -> None:
    with pytest.raises(WrongUse):
        page(tmp_path, f"[page]\n{line}")


def test_the_page_must_be_a_table(tmp_path: Path) -> None:
    with pytest.raises(WrongUse):
        page(tmp_path, "page = 3")


def test_a_certificate_lies_beside_the_file_and_comes_with_its_key(tmp_path: Path) -> None:
    told = page(tmp_path, '[page]\ncertificate = "page.pem"\ncertificate_key = "/etc/page.key"\n')
    assert (told.certificate, told.certificate_key) == (tmp_path / "page.pem", Path("/etc/page.key"))
    with pytest.raises(WrongUse, match="needed together"):
        page(tmp_path, '[page]\ncertificate = "page.pem"\n')

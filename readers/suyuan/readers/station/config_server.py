"""The tables ``[server]`` and ``[page]`` of a station's file."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from suyuan.readers.station import config_rules as rules
from suyuan.readers.station.config import PageConfig, ServerConfig
from suyuan.readers.station.table import Table, wrong

_KEY_BYTES = 32


def server_of(table: Table, folder: Path) -> ServerConfig:
    """The way to the platform; ``folder`` is where relative paths begin."""
    url = table.text("url", rules.server_url).rstrip("/")
    token, file = table.text("token", default=""), table.text("token_file", default="")
    device_key = table.text("device_key_file", default="")
    if [bool(token), bool(file), bool(device_key)].count(True) != 1:
        raise wrong(
            "server.token",
            "Exactly one of device_key_file, token_file and token is needed.",
            "Give one of them; suyuan station enrol gives device_key_file.",
        )
    if file:
        token = _token_in(folder / file, file)
    if not device_key and not re.fullmatch(r"[\x21-\x7e]+", token):
        raise wrong("server.token", "The token is empty or has spaces in it.", "Copy it again.")
    key = table.text("key", default="")
    table.done()
    pinned = _public_key(key) if key else None
    return ServerConfig(url, token, pinned, folder / device_key if device_key else None)


def _token_in(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(
            "server.token_file",
            "The credential {value} cannot be read: {reason}.",
            "Check the path; the file holds the token and nothing else.",
            value=name,
            reason=getattr(error, "strerror", None) or "not plain ASCII",
        ) from error


def _public_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise wrong(
            "server.key",
            "The key of the block list is not an Ed25519 public key.",
            "Give base64 of 32 bytes.",
        )
    return key


def page_of(table: Table | None, folder: Path) -> PageConfig:
    """Where the station's page listens; ``folder`` is where relative paths begin."""
    if table is None:
        return PageConfig()
    listen = table.text("listen", rules.listen, default="")
    pin = table.text("pin", rules.pin, default="", secret=True)
    files = [table.text(name, default="") for name in ("certificate", "certificate_key")]
    table.done()
    if listen == "off":
        return PageConfig("", 0)
    host, _, port = (listen or "127.0.0.1:8800").rpartition(":")
    if any(files) and not all(files):
        raise wrong(
            "page.certificate",
            "The page's certificate and its key are needed together.",
            "Give certificate and certificate_key, each a PEM file, or neither.",
        )
    certificate, key = (folder / file if file else None for file in files)
    page = PageConfig(host.strip("[]"), int(port), pin, certificate, key)
    if not pin and not rules.only_here(page.host):
        raise wrong(
            "page.pin",
            "The page listens on {value}, where others on the network can reach it, but has no PIN.",
            'Add pin = "…" with 6 to 12 digits to [page], or listen on 127.0.0.1: whoever reaches the page'
            " can record goods in the company's name.",
            value=listen,
        )
    return page

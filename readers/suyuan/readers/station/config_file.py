"""A station's configuration: one TOML file, read into frozen values.

::

    [station]
    id = "dairy-7-dock-1"                    # stands in every event as suyuan:station
    party = "https://id.gs1.org/417/6901234567892"
    data = "var/dock-1"                      # relative to the file
    name = "1 号码头"                         # what the page calls it; may be left out
    place = "https://id.gs1.org/414/6901234567892"   # proposed for its read points; may be left out
    utc_offset = "+08:00"

    [server]
    url = "https://trace.example"
    device_key_file = "device-key.json"      # made by suyuan station enrol; or token_file = "…"
    key = "base64 of the 32 bytes Ed25519 public key that signs block lists"

    [page]                                   # left out: 127.0.0.1:8800
    listen = "127.0.0.1:8800"                # "off": no page
    pin = "260415"                           # asked for once; needed when others than this machine may come

    [[readers]]
    name = "dock"
    url = "llrp://10.0.0.5:5084"

    [[read_points]]
    name = "dock-1"
    reader = "dock"
    antennas = [1, 2]                        # left out: all
    step = "ship"
    read_point = "https://id.gs1.org/414/6901234567892/254/1"
    biz_location = "https://id.gs1.org/414/6901234567892"
    automatic = false
    [read_points.smoothing]
    min_reads = 2
    min_rssi_dbm = -65.0
    quiet_s = 1.0
    dedupe_s = 30.0
    [read_points.order]                      # defaults of the step, used in automatic mode
    product = "06901234567892"
    lot = "L1"
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from suyuan.readers.station.config import (
    PageConfig,
    ReaderConfig,
    ReadPoint,
    ServerConfig,
    Smoothing,
    StationConfig,
)
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.table import Table, wrong
from suyuan.trace.errors import WrongUse

_OFFSET = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_KEY_BYTES = 32
_PORTS = 1 << 16
_LONGEST_NAME, _LONGEST_TITLE = 64, 100


class NotSetUp(WrongUse):
    """There is no configuration yet: the page makes one."""

    code = "station-not-set-up"
    title = "The station is not set up yet"


def load(path: Path) -> StationConfig:
    """The configuration in the file ``path``; relative paths in it are relative to it.

    Raises:
        NotSetUp: there is no file yet.
        WrongUse: the file cannot be read, is not TOML, or a key is wrong; ``where`` names the key.
    """
    return parse(_toml(path), path.parent)


def load_page(path: Path) -> PageConfig:
    """The table ``[page]`` of the file ``path``, whatever the rest of it says; the usual where there is none.

    So a station that is not set up yet, or wrongly, can still show the page on which that is mended.

    Raises:
        WrongUse: the table is there and wrong.
    """
    try:
        data = _toml(path)
    except WrongUse:
        return PageConfig()
    return _page(Table({"page": data.get("page", {})}, "").table("page"))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotSetUp(
            "There is no configuration {path} yet.",
            where=str(path),
            remedy="Open the station's page: it leads through the setup and writes the file.",
            path=str(path),
        ) from error
    except OSError as error:
        raise WrongUse(
            "The configuration {path} cannot be read: {reason}.",
            where=str(path),
            remedy="Check the path and its permissions.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(
            "The configuration {path} is not TOML: {reason}.",
            where=str(path),
            remedy="Mend the line that is named.",
            path=str(path),
            reason=str(error),
        ) from error


def parse(data: Mapping[str, Any], folder: Path) -> StationConfig:
    """The configuration in ``data``; ``folder`` is where relative paths begin.

    Raises:
        WrongUse: a key is missing, unknown or wrong.
    """
    top = Table(data, "")
    station = top.table("station")
    config = StationConfig(
        station=station.text("id", _id_rule),
        party=station.text("party"),
        data=folder / station.text("data"),
        server=_server(top.table("server"), folder),
        readers=tuple(_reader(t) for t in top.tables("readers")),
        read_points=tuple(_read_point(t) for t in top.tables("read_points")),
        utc_offset=station.text("utc_offset", _offset_rule, default="+08:00"),
        first_sequence=station.whole("first_sequence", 1, least=1),
        block_list_max_age_s=station.number("block_list_max_age_s", 900.0, least=1.0),
        page=_page(top.table("page", optional=True)),
        place=station.text("place", default=""),
        name=station.text("name", _title_rule, default=""),
    )
    station.done()
    top.done()
    _check_names(config)
    return config


def _server(table: Table, folder: Path) -> ServerConfig:
    url = table.text("url", _url_rule).rstrip("/")
    token, file = table.text("token", default=""), table.text("token_file", default="")
    device_key = table.text("device_key_file", default="")
    if [bool(token), bool(file), bool(device_key)].count(True) != 1:
        raise wrong(
            "server.token",
            "Exactly one of device_key_file, token_file and token is needed.",
            "Give one of them; suyuan station enrol gives device_key_file.",
        )
    if file:
        try:
            token = (folder / file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise wrong(
                "server.token_file",
                "The credential {value} cannot be read: {reason}.",
                "Check the path; the file holds the token and nothing else.",
                value=file,
                reason=getattr(error, "strerror", None) or "not plain ASCII",
            ) from error
    if not device_key and not re.fullmatch(r"[\x21-\x7e]+", token):
        raise wrong("server.token", "The token is empty or has spaces in it.", "Copy it again.")
    key = table.text("key", default="")
    table.done()
    pinned = _public_key(key) if key else None
    return ServerConfig(url, token, pinned, folder / device_key if device_key else None)


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


def _page(table: Table | None) -> PageConfig:
    if table is None:
        return PageConfig()
    listen, pin = table.text("listen", _listen_rule, default=""), table.text("pin", _pin_rule, default="")
    table.done()
    if listen == "off":
        return PageConfig("", 0)
    host, _, port = (listen or "127.0.0.1:8800").rpartition(":")
    page = PageConfig(host.strip("[]"), int(port), pin)
    if not pin and not _only_here(page.host):
        raise wrong(
            "page.pin",
            "The page listens on {value}, where others on the network can reach it, but has no PIN.",
            'Add pin = "…" with 6 to 12 digits to [page], or listen on 127.0.0.1: whoever reaches the page'
            " can record goods in the company's name.",
            value=listen,
        )
    return page


def _only_here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _reader(table: Table) -> ReaderConfig:
    reader = ReaderConfig(table.text("name", _name_rule), table.text("url"))
    table.done()
    return reader


def _read_point(table: Table) -> ReadPoint:
    step = _step(table)
    point = ReadPoint(
        name=table.text("name", _name_rule),
        reader=table.text("reader"),
        step=step,
        read_point=table.text("read_point"),
        biz_location=table.text("biz_location", default="") or None,
        antennas=table.antennas("antennas"),
        smoothing=_smoothing(table.table("smoothing", optional=True)),
        automatic=table.flag("automatic"),
        order=_order(table.table("order", optional=True), step),
    )
    table.done()
    if point.automatic and point.order is None:
        raise wrong(
            f"{table.where}.automatic",
            "The read point {value} is automatic but has no order.",
            "Add a table [read_points.order], if need be an empty one.",
            value=point.name,
        )
    return point


def _step(table: Table) -> Step:
    text = table.text("step")
    try:
        return Step(text)
    except ValueError as error:
        allowed = ", ".join(Step)
        raise wrong(
            f"{table.where}.step", "There is no step {value}.", f"Allowed: {allowed}.", value=text
        ) from error


def _smoothing(table: Table | None) -> Smoothing:
    if table is None:
        return Smoothing()
    usual = Smoothing()
    smoothing = Smoothing(
        min_reads=table.whole("min_reads", usual.min_reads, least=1),
        min_rssi_dbm=table.any_number("min_rssi_dbm"),
        quiet_s=table.number("quiet_s", usual.quiet_s, least=0.01),
        dedupe_s=table.number("dedupe_s", usual.dedupe_s, least=0.0),
        arbitration_s=table.number("arbitration_s", usual.arbitration_s, least=0.0),
        longest_s=table.number("longest_s", usual.longest_s, least=0.01),
    )
    table.done()
    return smoothing


def _order(table: Table | None, step: Step) -> Order | None:
    if table is None:
        return None
    order = Order(
        step=step,
        product=table.text("product", default="") or None,
        lot=table.text("lot", default="") or None,
        expires=table.day("expires"),
        produced=table.day("produced"),
        country_of_origin=table.text("country_of_origin", default="") or None,
        parent=table.text("parent", default="") or None,
    )
    table.done()
    return order


def _check_names(config: StationConfig) -> None:
    readers = [r.name for r in config.readers]
    points = [p.name for p in config.read_points]
    for where, names in (("readers", readers), ("read_points", points)):
        doubled = sorted({n for n in names if names.count(n) > 1})
        if doubled:
            raise wrong(
                f"{where}.name", "The name {value} is given twice.", "Give each its own.", value=doubled[0]
            )
    for point in config.read_points:
        if point.reader not in readers:
            raise wrong(
                "read_points.reader",
                "The read point {point} names the reader {value}, which is not there.",
                f"Known readers: {', '.join(readers) or 'none'}.",
                point=point.name,
                value=point.reader,
            )
    if not points:
        raise wrong("read_points", "There is no read point.", "Add a table [[read_points]].")


def _id_rule(text: str) -> str:
    return "" if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", text) else "1 to 64 letters, digits and . _ : -"


def _name_rule(text: str) -> str:
    return "" if len(text) <= _LONGEST_NAME and text.isprintable() else f"1 to {_LONGEST_NAME} characters"


def _title_rule(text: str) -> str:
    return "" if len(text) <= _LONGEST_TITLE and text.isprintable() else f"1 to {_LONGEST_TITLE} characters"


def _offset_rule(text: str) -> str:
    return "" if _OFFSET.fullmatch(text) else "an offset such as +08:00"


def is_server(url: str) -> bool:
    """Whether a platform can have this address: http(s) with a host that a name server can be asked for."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        return False
    return good and not parts.query and not parts.fragment and url.isprintable()


def _url_rule(text: str) -> str:
    return "" if is_server(text) else "an http(s) URL without query"


def _listen_rule(text: str) -> str:
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = bare != host
    right_host = bare == "localhost" or (_is_address(bare) and (":" in bare) == bracketed)
    right_port = re.fullmatch(r"[0-9]{1,5}", port) is not None and int(port) < _PORTS
    return "" if text == "off" or (right_host and right_port) else "an address and a port, or off"


def _pin_rule(text: str) -> str:
    return "" if re.fullmatch(r"[0-9]{6,12}", text) else "6 to 12 digits"

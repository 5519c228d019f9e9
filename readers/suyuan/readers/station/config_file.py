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
    certificate = "page.pem"                 # https, for NFC and camera of phones
    certificate_key = "page.key"

    [[readers]]
    name = "dock"
    url = "llrp://10.0.0.5:5084"

    [[read_points]]
    name = "dock-1"
    reader = "dock"
    antennas = [1, 2]                        # left out: all
    step = "ship"
    steps = ["receive", "return"]            # what else may be done there; left out: every step
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

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from suyuan.readers.station import config_rules as rules
from suyuan.readers.station.config import PageConfig, Section, StationConfig
from suyuan.readers.station.config_points import check_names, read_point_of, reader_of
from suyuan.readers.station.config_sections import SECTIONS
from suyuan.readers.station.config_server import page_of, server_of
from suyuan.readers.station.file_lines import line_of
from suyuan.readers.station.table import ConfigFault, Table
from suyuan.trace.errors import WrongUse


class NotSetUp(WrongUse):
    """There is no configuration yet: the page makes one."""

    code = "station-not-set-up"
    title = "The station is not set up yet"


def load(path: Path) -> StationConfig:
    """The configuration in the file ``path``; relative paths in it are relative to it.

    Raises:
        NotSetUp: there is no file yet.
        ConfigFault: a key is wrong; ``where`` names it and ``line`` where it stands.
        WrongUse: the file cannot be read or is not TOML.
    """
    text = _read(path)
    try:
        return parse(_toml(path, text), path.parent)
    except ConfigFault as fault:
        fault.line = line_of(text, fault.where)
        raise


def load_page(path: Path) -> PageConfig:
    """The table ``[page]`` of the file ``path``, whatever the rest of it says; the usual where there is none.

    So a station that is not set up yet, or wrongly, can still show the page on which that is mended.

    Raises:
        WrongUse: the table is there and wrong.
    """
    try:
        data = _toml(path, _read(path))
    except WrongUse:
        return PageConfig()
    return page_of(Table({"page": data.get("page", {})}, "").table("page"), path.parent)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
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
    except UnicodeDecodeError as error:
        raise WrongUse(
            "The configuration {path} is not UTF-8 text.",
            where=str(path),
            remedy="Save it as UTF-8 in your editor: TOML knows no other encoding.",
            path=str(path),
        ) from error


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, error) from error


def _no_toml(path: Path, error: tomllib.TOMLDecodeError) -> WrongUse:
    return WrongUse(
        "The configuration {path} is not TOML: {reason}.",
        where=str(path),
        remedy="Mend the line that is named.",
        path=str(path),
        reason=str(error),
    )


def parse(data: Mapping[str, Any], folder: Path) -> StationConfig:
    """The configuration in ``data``; ``folder`` is where relative paths begin.

    Raises:
        ConfigFault: a key is missing, unknown or wrong.
    """
    top = Table(data, "")
    station = top.table("station")
    config = StationConfig(
        station=station.text("id", rules.station_id),
        party=station.text("party", rules.uri),
        data=folder / station.text("data"),
        server=server_of(top.table("server"), folder),
        readers=tuple(map(reader_of, top.tables("readers"))),
        read_points=tuple(map(read_point_of, top.tables("read_points"))),
        utc_offset=station.text("utc_offset", rules.offset, default="+08:00"),
        first_sequence=station.whole("first_sequence", 1, least=1),
        block_list_max_age_s=station.number("block_list_max_age_s", 900.0, least=1.0),
        outbox_limit=station.whole("outbox_limit_mb", 2048, least=16) << 20,
        page=page_of(top.table("page", optional=True), folder),
        place=station.some_text("place", rules.uri) or "",
        name=station.text("name", rules.title, default=""),
        sections={section.name: _rows(section, top) for section in SECTIONS},
    )
    station.done()
    top.done()
    check_names(config)
    for section in SECTIONS:
        section.check(config)
    return config


def _rows(section: Section[Any], top: Table) -> tuple[object, ...]:
    rows: list[object] = []
    for table in top.tables(section.name):
        rows.append(section.read(table))
        table.done()
    return tuple(rows)

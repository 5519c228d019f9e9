"""The settings of the map: all or nothing, and a clear word for each that is wrong."""

from __future__ import annotations

import pytest

from suyuan.api.settings import SettingInvalid, read_settings
from suyuan.portal.tiled.source import TileSource

BY = "© 示例地图，审图号：GS（2026）0000号"
ADDRESS = "https://maps.example.cn/{z}/{x}/{y}.png"
RIGHT = {"SUYUAN_MAP_TILES": ADDRESS, "SUYUAN_MAP_ATTRIBUTION": BY}


def test_without_them_there_is_no_map() -> None:
    assert read_settings({}).tiles is None
    assert read_settings({"SUYUAN_MAP_ATTRIBUTION": BY, "SUYUAN_MAP_DATUM": "gcj02"}).tiles is None


def test_they_say_where_whose_and_in_which_datum() -> None:
    assert read_settings(RIGHT).tiles == TileSource(ADDRESS, BY, "wgs84")
    assert read_settings({**RIGHT, "SUYUAN_MAP_DATUM": "gcj02"}).tiles == TileSource(ADDRESS, BY, "gcj02")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUYUAN_MAP_TILES", "https://maps.example.cn/{z}/{x}.png"),
        ("SUYUAN_MAP_ATTRIBUTION", ""),
        ("SUYUAN_MAP_ATTRIBUTION", "© Example Maps"),
        ("SUYUAN_MAP_DATUM", "bd09"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid) as found:
        read_settings({**RIGHT, name: value})
    assert found.value.where == name
    assert found.value.remedy
    assert (value or "-") in str(found.value)


def test_pages_over_tls_take_no_pictures_without() -> None:
    plain = {**RIGHT, "SUYUAN_MAP_TILES": "http://10.0.0.7/{z}/{x}/{y}.png"}
    assert read_settings(plain).tiles is not None
    with pytest.raises(SettingInvalid):
        read_settings({**plain, "SUYUAN_PUBLIC_URL": "https://trace.example.cn"})

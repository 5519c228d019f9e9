"""What may be the address of map pictures, and what must stand below them."""

from __future__ import annotations

import pytest

from suyuan.portal.policy import policy
from suyuan.portal.tiled.source import TileSource, is_attribution, is_template

BY = "© 示例地图，审图号：GS（2026）0000号"


@pytest.mark.parametrize(
    "template",
    [
        "https://maps.example.cn/{z}/{x}/{y}.png",
        "https://maps.example.cn:8443/t/{z}/{y}/{x}@2x.webp?key=a1-b",
        "https://t0.example.cn/wmts?layer=vec&tilematrix={z}&tilerow={y}&tilecol={x}&tk=1",
        "/tiles/{z}/{x}/{y}.png",
    ],
)
def test_addresses_over_tls_and_paths_of_this_host_serve(template: str) -> None:
    assert is_template(template, over_tls=True)
    found = TileSource(template, BY)
    address = found.address(9, 429, 210)
    assert sorted(number for number in ("9", "429", "210") if number in address) == ["210", "429", "9"]
    assert "{" not in address
    assert template.startswith(found.origin)


@pytest.mark.parametrize(
    "template",
    [
        "maps.example.cn/{z}/{x}/{y}.png",
        "//maps.example.cn/{z}/{x}/{y}.png",
        "http://maps.example.cn/{z}/{x}/{y}.png",
        "ftp://maps.example.cn/{z}/{x}/{y}.png",
        "data://maps.example.cn/{z}/{x}/{y}.png",
        "https://{z}.example.cn/{x}/{y}.png",
        "https://maps.example.cn{z}/{x}/{y}.png",
        "https://maps.example.cn/{z}/{x}.png",
        "https://maps.example.cn/{z}/{x}/{y}/{y}.png",
        "https://maps.example.cn/{s}/{z}/{x}/{y}.png",
        "https://*.example.cn/{z}/{x}/{y}.png",
        "https://user:secret@maps.example.cn/{z}/{x}/{y}.png",
        "https://maps.example.cn/{z}/{x}/{y}.png; script-src *",
        "https://maps.example.cn/{z}/{x}/{y}.png,https://other.example",
        "https://maps.example.cn/{z}/{x}/{y}.png#part",
        "https://maps.example.cn\\@other.example/{z}/{x}/{y}.png",
        'https://maps.example.cn/{z}/{x}/{y}.png"onload="x',
        "https://地图.example.cn/{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "https://maps.example.cn:99999/{z}/{x}/{y}.png",
        "https://maps.example.cn:0/{z}/{x}/{y}.png",
        "/{z}/{x}/{y}\n",
        "/" + "a" * 500 + "/{z}/{x}/{y}",
        "",
    ],
)
def test_what_would_widen_the_policy_or_is_no_address_is_refused(template: str) -> None:
    assert not is_template(template, over_tls=True)


def test_where_our_own_pages_have_no_tls_the_pictures_may_have_none() -> None:
    assert is_template("http://127.0.0.1:8001/{z}/{x}/{y}.png", over_tls=False)
    assert not is_template("http://127.0.0.1:8001/{z}/{x}/{y}.png", over_tls=True)


@pytest.mark.parametrize(
    "told",
    [
        BY,
        "审图号：GS京(2022)0001号 © A",
        "Example Maps, 审图号: 沪S〔2023〕100号",
        "审图号:GS(2024)0650 号",
        "审图号：GS (2023) 1234 号",
        "国审字（2011）第1234号",
    ],
)
def test_the_number_of_an_approval_is_known_in_the_ways_it_is_written(told: str) -> None:
    assert is_attribution(told)


@pytest.mark.parametrize(
    "told", ["", "© Example Maps", "审图号：", "GS（2026）0000号", BY + "\n", BY + "x" * 500]
)
def test_without_it_no_line_serves(told: str) -> None:
    assert not is_attribution(told)


def test_a_page_may_load_pictures_of_that_origin_and_nothing_else() -> None:
    before, after = policy(), policy(TileSource("https://maps.example.cn:8443/{z}/{x}/{y}", BY).origin)
    assert after == before.replace(
        "img-src 'self' data:;", "img-src 'self' data: https://maps.example.cn:8443;"
    )
    assert policy(TileSource("/tiles/{z}/{x}/{y}", BY).origin) == before
    assert "unsafe" not in after

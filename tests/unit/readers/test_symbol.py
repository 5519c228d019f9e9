"""The QR symbol reads back as the link it was made from."""

from __future__ import annotations

import re

import pytest
import zxingcpp

from suyuan.readers.symbol import QUIET_ZONE, render_qr


def picture(svg: bytes, scale: int = 4) -> memoryview:
    """The symbol as rows of grey bytes, ``scale`` pixels a module."""
    text = svg.decode()
    found = re.search(r'viewBox="0 0 (\d+) ', text)
    assert found is not None
    side = int(found[1]) * scale
    pixels = bytearray(b"\xff" * side * side)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1", text):
        for row in range(int(y) * scale, (int(y) + 1) * scale):
            start = row * side + int(x) * scale
            pixels[start : start + int(run) * scale] = bytes(int(run) * scale)
    return memoryview(bytes(pixels)).cast("B", (side, side))


@pytest.mark.parametrize(
    "link", ["https://a.cn/01/09506000134352/21/A1", "https://trace.example.cn/01/" + "9" * 120]
)
def test_round_trip(link: str) -> None:
    svg = render_qr(link)
    found = zxingcpp.read_barcodes(picture(svg))
    assert [symbol.text for symbol in found] == [link]
    assert "Q" in found[0].ec_level
    assert b"style=" not in svg
    first = re.search(rb'<path d="M(\d+) (\d+)', svg)
    assert first is not None
    assert (int(first[1]), int(first[2])) == (QUIET_ZONE, QUIET_ZONE)

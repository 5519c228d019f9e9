"""Who reads gzip, and who does not."""

from __future__ import annotations

import gzip

import pytest

from suyuan.portal.compressing import reads_gzip, smallest


@pytest.mark.parametrize(
    ("accepted", "reads"),
    [
        ("", False), ("gzip", True), ("GZIP", True), ("br, gzip;q=0.5", True), ("x-gzip", True), ("*", True),
        ("gzip;q=0", False), ("gzip; q=0.000", False), ("*;q=0", False), ("*, gzip;q=0", False),
        ("identity", False), ("br", False), ("gzipped", False), (",,;;q", False),
    ],
)  # fmt: skip
def test_a_header_allows_it_or_not(accepted: str, reads: bool) -> None:
    assert reads_gzip(accepted) is reads


def test_the_same_content_is_the_same_bytes() -> None:
    assert smallest(b"a" * 5000) == smallest(b"a" * 5000)
    assert gzip.decompress(smallest(b"a" * 5000)) == b"a" * 5000

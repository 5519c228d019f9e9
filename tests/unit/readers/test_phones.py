"""The reader that phones feed through the station's page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from suyuan.readers.errors import ReaderConfigError, TransientConnectionError
from suyuan.readers.registry import open_reader
from suyuan.readers.wedge import LONGEST
from suyuan.readers.words import sentence

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TEXT = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=9F&c=E4=="


async def test_what_a_phone_reads_is_seen_at_the_antenna_of_its_number() -> None:
    async with open_reader("http://phones?name=hands", now=lambda: NOON) as reader:
        reader.push(TEXT, 3)
        (seen,) = await reader.receive()
    assert (seen.reader, seen.antenna, seen.text, seen.epc, seen.first_seen) == ("hands", 3, TEXT, b"", NOON)


async def test_nothing_is_taken_that_nobody_would_hear_of_or_that_is_no_code() -> None:
    reader = open_reader("http://phones", now=lambda: NOON)
    assert (reader.name, reader.capabilities.push, reader.capabilities.link) == ("phones", True, True)
    with pytest.raises(TransientConnectionError):
        reader.push(TEXT)
    async with reader:
        for text in ("", " \r\n", "x" * (LONGEST + 1)):
            with pytest.raises(ReaderConfigError):
                reader.push(text)
        assert reader.health().reads == 0


@pytest.mark.parametrize(
    "url", ["http://10.0.0.5", "http://phones:80", "http://phones/x", "http://", "http://phones?baud=9600"]
)
def test_another_address_is_told_what_to_write(url: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=lambda: NOON)
    assert "http://phones" in str(caught.value) + caught.value.remedy or "baud" in str(caught.value)
    assert sentence(caught.value).zh

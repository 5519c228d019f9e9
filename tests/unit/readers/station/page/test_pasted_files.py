"""What is wrong with a pasted table is told beside its field, with its line, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import pytest

from suyuan.readers.station.cold_chain.logger_file import read_logger_file
from suyuan.readers.station.page.words import say
from suyuan.readers.station.page.words_of_errors import ERRORS
from suyuan.readers.station.results_file import read_results
from suyuan.trace.errors import InvalidInput


def temperatures(text: str) -> object:
    return read_logger_file(text.encode(), local=UTC)


def results(text: str) -> object:
    return read_results(text.encode())


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (temperatures, "," * 10_000),
        (temperatures, "hello"),
        (temperatures, "time,temp\n"),
        (temperatures, "time,temp\nnoon,warm\n"),
        (temperatures, "time,temp °C\n01/02/2026 08:00,3\n"),
        (temperatures, "time,temp\n2026-11-20 08:00,3\n"),
        (temperatures, "time,temp,unit\n2026-11-20 08:00,3,bar\n"),
        (results, "," * 10_000),
        (results, "item,result,unit\nlead,1\0,mg/kg\n"),
        (results, "hello"),
        (results, "item,result,unit\nlead,,mg/kg\n"),
        (results, "item\tresult\tunit\nplate count\t1,200\tCFU/g\n"),
        (results, "item,result,unit,lod\nlead,1,mg/kg,few\n"),
        (results, "item,result,unit\n" + "lead,1,mg/kg\n" * 2_001),
        (results, "x" * 1_000_001),
    ],
)
def test_every_fault_of_a_table_is_told_in_both_languages(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(text)
    error = refused.value
    assert error.template in ERRORS
    assert error.remedy in ERRORS
    chinese, english = (say(language, "fault.readings", why=error) for language in ("zh", "en"))
    assert error.detail in english
    assert error.remedy in english
    assert ERRORS[error.remedy] in chinese
    assert not any(part.startswith("{") for part in (chinese, english))

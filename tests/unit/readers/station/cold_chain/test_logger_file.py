"""Files of loggers as makers write them, and files that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from suyuan.readers.station.cold_chain import logger_file
from suyuan.readers.station.cold_chain.logger_file import LoggerFileWrong, read_logger_file
from suyuan.readers.station.cold_chain.temperature import UnitUnknown
from suyuan.trace.errors import InvalidInput, TooLarge

CHINA = timezone(timedelta(hours=8))
EIGHT = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)

SPELLINGS = {
    "plain": "time,temperature (°C)\n2026-11-20T08:00:00+08:00,3.5\n2026-11-20T08:10:00+08:00,-18\n",
    "chinese": "序号,记录时间,温度(℃),湿度(%RH)\n1,2026/11/20 08:00,3.5,60\n2,2026/11/20 08:10,-18.0,61\n",
    "preamble": "Logger report\nSerial number,LOG-7\n\nDate,Time,Temp °C\n"
    "2026-11-20,08:00:00,3.5\n2026-11-20,08:10:00,-18\n",
    "german": "Zeit;x\ntime;temperature/°C;status\n20.11.2026 08:00;3,5;ok\n20.11.2026 08:10;-18,0;ok\n",
    "american": "Timestamp\tValue\tUnit\n11/20/2026 8:00 AM\t38.3\tF\n11/20/2026 8:10 AM\t-0.4\tF\n",
    "kelvin": "measured at|T [K]\n2026-11-20 00:00:00Z|276.65\n2026-11-20 00:10:00Z|255.15\n",
    "in the value": "时间,测量值\n2026年11月20日 8时00分,3.5℃\n2026年11月20日 8时10分,−18 ℃\n",
    "half days": "日期,时间,温度 ℃\n2026-11-20,上午 8:00:00,3.5\n2026-11-20,上午 8:10:00,-18\n",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_whatever_a_maker_writes_is_the_same_two_readings(text: str, encoding: str) -> None:
    read = read_logger_file(text.encode(encoding), local=CHINA)
    assert [(each.time, each.value_c) for each in read.readings] == [
        (EIGHT, 3.5),
        (EIGHT + timedelta(minutes=10), -18.0),
    ]
    assert read.left_out == ()
    assert all(each.sound for each in read.readings)


def test_a_degree_sign_of_windows_is_no_chinese_character() -> None:
    data = SPELLINGS["plain"].encode("cp1252")
    assert [each.value_c for each in read_logger_file(data, local=CHINA).readings] == [3.5, -18.0]


def test_the_logger_is_named_by_the_file_by_each_row_or_by_whoever_hands_it_in() -> None:
    told = read_logger_file(SPELLINGS["preamble"].encode(), local=CHINA)
    assert {each.device for each in told.readings} == {"LOG-7"}
    given = read_logger_file(SPELLINGS["preamble"].encode(), local=CHINA, device="urn:x:9")
    assert {each.device for each in given.readings} == {"urn:x:9"}
    rows = "time,sensor,temp c\n2026-11-20 08:00,A,3\n2026-11-20 08:00,B,4\n"
    assert [each.device for each in read_logger_file(rows.encode(), local=CHINA).readings] == ["A", "B"]


def test_a_row_with_more_cells_than_headings_is_left_out_and_not_read_as_half_a_number() -> None:
    rows = "".join(f"2026-11-20 08:{minute},3.5,\n" for minute in range(10, 30))
    read = read_logger_file(
        f"time,temperature °C\n{rows}2026-11-20 08:40,3,6\n".encode(), local=CHINA
    )  # an empty cell at the end is no cell
    assert {each.value_c for each in read.readings} == {3.5}
    assert [(each.line, each.text) for each in read.left_out] == [(22, "2026-11-20 08:40,3,6")]
    with pytest.raises(LoggerFileWrong):
        read_logger_file("time,temperature °C\n2026-11-20 08:40,3,6\n".encode(), local=CHINA)


def test_a_unit_is_asked_for_and_never_guessed() -> None:
    data = b"time,temperature\n2026-11-20 08:00,38.3\n"
    with pytest.raises(UnitUnknown) as caught:
        read_logger_file(data, local=CHINA)
    assert caught.value.remedy
    assert read_logger_file(data, local=CHINA, unit="°F").readings[0].value_c == 3.5
    mixed = b"time,temperature,unit\n2026-11-20 08:00,38.3,F\n2026-11-20 08:10,3.5,C\n"
    assert [each.value_c for each in read_logger_file(mixed, local=CHINA).readings] == [3.5, 3.5]


def test_days_that_may_be_months_are_asked_for() -> None:
    data = b"time,temp c\n05/06/2026 08:00,3\n06/06/2026 08:00,4\n"
    with pytest.raises(LoggerFileWrong):
        read_logger_file(data, local=CHINA)
    first = read_logger_file(data, local=CHINA, day_first=True).readings[0].time
    assert (first.month, first.day) == (6, 5)
    settled = data + b"13/06/2026 08:00,4\n"
    assert read_logger_file(settled, local=CHINA).readings[0].time.day == 5


def test_rows_without_a_value_are_a_gap_and_rows_with_an_error_are_unsound() -> None:
    rows = ("time,temp c,status", "2026-11-20 08:00,3,ok", "2026-11-20 08:10,,ok", "2026-11-20 08:20,ERR,")
    read = read_logger_file("\n".join([*rows, "2026-11-20 08:30,3,故障"]).encode(), local=CHINA)
    assert [each.sound for each in read.readings] == [True, False, False]
    assert read.left_out_count == 0


def test_rows_that_cannot_be_read_are_told_with_their_lines() -> None:
    good = [f"2026-11-20 {h:02d}:{m:02d},3.1" for h in range(8, 18) for m in (0, 30)]
    text = "\n".join(["time,temp c", *good[:5], "2026-11-20 10:15,warm\x00", *good[5:]])
    read = read_logger_file(text.encode(), local=CHINA)
    assert len(read.readings) == 20
    assert [(each.line, each.text) for each in read.left_out] == [(7, "warm·")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 1000,
        b"\xff\xfe\x00",
        bytes(range(256)) * 20,
        b"%PDF-1.7 not a table",
        b"time,temp c\n",
        b"time,temp c\nyesterday,3\n",
        b"time,temp c\n2026-13-45 99:99,3\n",
        b"time,temp c\n2026-11-20 08:00,'; DROP TABLE outbox; --\n",
        b"name,price\nmilk,3\n",
        b'time,temp c\n"' + b"x" * 200_000 + b"\n",
        b"time,temp c\n2026-11-20 08:00," + b"9" * 5000 + b"\n",
    ],
)
def test_what_is_no_table_of_temperatures_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_logger_file(data, local=CHINA)
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


def test_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logger_file, "MOST_BYTES", 30)
    with pytest.raises(TooLarge):
        read_logger_file(b"time,temp c\n2026-11-20 08:00,3\n", local=CHINA)
    monkeypatch.undo()
    monkeypatch.setattr(logger_file, "MOST_ROWS", 1)
    with pytest.raises(TooLarge):
        read_logger_file(b"time,temp c\n2026-11-20 08:00,3\n2026-11-20 08:10,3\n", local=CHINA)


def test_a_year_beyond_what_there_is_is_no_crash() -> None:
    rows = ["time,temp c", *["2026-11-20 08:00,3"] * 10, "9999-12-31 23:59-23:59,3"]
    read = read_logger_file("\n".join(rows).encode(), local=CHINA)
    assert (len(read.readings), read.left_out_count) == (10, 1)


@pytest.mark.parametrize("head", ["", "时间,温度(℃)\n2026-11-20 08:00,3.5\n"])
@pytest.mark.parametrize("filling", [",", ";", '"', "a", "1,", "时间,", "\t", ",,temp"])
def test_a_line_without_end_is_refused_by_its_number_before_it_is_taken_apart(
    head: str, filling: str
) -> None:
    with pytest.raises(LoggerFileWrong) as refused:
        read_logger_file((head + filling * (1_000_000 // len(filling))).encode(), local=CHINA)
    assert refused.value.where == f"line {head.count(chr(10)) + 1}"
    assert "8000 characters" in refused.value.detail


def test_a_hundred_thousand_readings_are_read() -> None:
    row = "2026-11-20 08:{:02d},3.5\n"
    text = "时间,温度(℃)\n" + "".join(row.format(number % 60) for number in range(100_000))
    assert len(read_logger_file(text.encode("gbk"), local=CHINA).readings) == 100_000


def test_what_is_in_no_encoding_is_no_text() -> None:
    with pytest.raises(LoggerFileWrong, match="no text"):
        read_logger_file(b"time,temp\n\x81\xff,3", local=CHINA)


def test_headings_without_readings_say_so() -> None:
    with pytest.raises(LoggerFileWrong, match="no reading below"):
        read_logger_file("时间,温度(℃)\n\n".encode(), local=CHINA)


@pytest.mark.parametrize("day", ["26/11/22", "26-11-22", "25.12.26"])
def test_a_year_of_two_digits_that_may_come_first_is_asked_for(day: str) -> None:
    data = f"时间,温度(℃)\n{day} 10:00,3.0\n".encode()
    with pytest.raises(LoggerFileWrong, match="years cannot be told apart"):
        read_logger_file(data, local=CHINA)
    assert read_logger_file(data, local=CHINA, day_first=True).readings[0].time.day == int(day[:2])


@pytest.mark.parametrize(
    ("status", "sound"),
    [
        ("ERR 3", False),
        ("故障E1", False),
        ("sensor fault", False),
        ("Open circuit", False),
        ("探头异常", False),
        ("no error", True),
        ("无故障", True),
        ("door open", True),
        ("温度异常", True),
    ],
)
def test_a_status_that_holds_a_word_of_a_fault_makes_its_reading_unsound(status: str, sound: bool) -> None:
    data = f"time,temp c,status\n2026-11-22 10:00,-40.1,{status}\n".encode()
    assert read_logger_file(data, local=CHINA).readings[0].sound is sound

"""The CSV files that temperature loggers and their programs export, as readings.

Every maker writes another file: a preamble or none, commas or semicolons or tabs, decimal points or commas,
UTF-8, UTF-16, GB 18030 or Windows-1252, headings in Chinese or English, dates in three orders. What cannot be
known is asked for instead of guessed: a temperature without a unit, a day that may also be a month.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from suyuan.readers.station.cold_chain.assessment import Measured
from suyuan.readers.station.cold_chain.temperature import UNITS, UnitUnknown, celsius, unit_of
from suyuan.readers.station.csv_text import MOST_CELLS, MOST_LINE, decoded, endless_line
from suyuan.trace.errors import InvalidInput, TooLarge

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
MOST_TOLD = 20
_MOST_PREAMBLE = 200
_SHARE_UNREADABLE = 0.1
_LONGEST_DEVICE = 100
_MONTHS, _YEAR_DIGITS = 12, 4
_YEARS = 2000, 2100
_SEPARATORS = ",;\t|"
_BRACKETS = re.compile(r"[()（）\[\]【】]")
_NUMBER = re.compile(r"([+\-−]?\d{1,4}(?:[.,]\d{1,6})?)\s*(\D{0,12})")
_INSTANT = re.compile(
    r"(?P<a>\d{1,4})[-/.年](?P<b>\d{1,2})[-/.月](?P<c>\d{1,4})日?[T\s]*"
    r"(?P<half>上午|下午)?\s*(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})[:分]?(?:(?P<second>\d{1,2})(?:[.,]\d{1,9})?秒?)?"
    r"\s*(?P<noon>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_TIME = (
    "时间",
    "日期时间",
    "记录时间",
    "采集时间",
    "测量时间",
    "采样时间",
    "time",
    "datetime",
    "date time",
    "date/time",
    "timestamp",
    "time stamp",
    "measured at",
    "local time",
    "logged",
)
_DATE = ("日期", "date")
_VALUE = re.compile(
    r"(?:温度值?|(?:探头|当前)温度|测量值|数值|temperature|temp\.?|t1?|ch1|channel 1|probe(?: 1)?|value)"
    r"[\s/_-]*(?P<unit>"
    + "|".join(re.escape(each.casefold()) for each in sorted(UNITS, key=len, reverse=True))
    + ")?"
)
_DEVICE = (
    "设备",
    "设备编号",
    "设备号",
    "设备id",
    "序列号",
    "记录仪编号",
    "探头编号",
    "编号",
    "device",
    "device id",
    "serial",
    "serial number",
    "serial no",
    "serial no.",
    "s/n",
    "sn",
    "logger",
    "logger id",
    "sensor",
    "sensor id",
)
_UNIT = ("单位", "unit", "uom")
_STATUS = ("状态", "质量", "status", "quality", "state", "alarm status")
_UNSOUND = (
    "error",
    "err",
    "fault",
    "bad",
    "invalid",
    "open",
    "short",
    "故障",
    "异常",
    "断线",
    "无效",
    "错误",
)
_FAULT = re.compile(
    r"(?<![a-z])(?<!no )(?:error|err|fault|bad|invalid|(?:open|short)[ -]circuit)(?![a-z])"
    r"|(?<![无没])(?<!没有)(?:故障|断线|无效|错误|(?:探头|传感器|通[讯信])异常)"
)
"""What else a status may hold, as ``ERR 3`` or ``故障E1``.

Of a door that is open, or of goods too warm (温度异常), the reading is sound.
"""
_NOTHING = ("", "-", "--", "---", "n/a", "na", "nan", "null", "none", "无")


class LoggerFileWrong(InvalidInput):
    """A file that is no table of temperatures, or cannot be understood without being told more."""

    code = "logger-file-wrong"
    title = "The logger's file cannot be read"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not among the readings, and its line in the file, from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class LoggerFile:
    """What a file says, in our units; ``left_out`` are the first few rows that could not be read."""

    readings: tuple[Measured, ...]
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    device: str = ""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column of ``count`` is what; ``unit`` is that of the heading, ``unit_at`` a column of its own."""

    value: int
    time: int
    date: int | None
    device: int | None
    status: int | None
    unit_at: int | None
    unit: str
    count: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A decoding and a separator under which the headings make sense."""

    rows: list[tuple[int, list[str]]]
    columns: _Columns
    device: str


def read_logger_file(
    data: bytes, *, local: timezone, unit: str = "", device: str = "", day_first: bool | None = None
) -> LoggerFile:
    """The readings in an export of a logger. Linear.

    Args:
        data: the file, at most ``MOST_BYTES``.
        local: the offset of times that name none.
        unit: of values, where the file does not say it itself.
        device: whose readings these are, where the file does not say it itself.
        day_first: for days that may also be months; None where the file itself decides.

    Raises:
        TooLarge: over ``MOST_BYTES`` or ``MOST_ROWS``.
        UnitUnknown: neither the file nor the caller names the unit.
        LoggerFileWrong: it is no such table; ``where`` names the line.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(
            "The file has more than {most} bytes.",
            where="file",
            remedy="Export a shorter time.",
            most=MOST_BYTES,
        )
    found = _understood(data)
    given = unit_of(unit) if unit else ""
    named = (device or found.device)[:_LONGEST_DEVICE]
    order = _day_first(
        (_when(row, found.columns) for _, row in found.rows if _reaches(row, found.columns)), day_first
    )
    readings: list[Measured] = []
    left: list[LeftOut] = []
    for line, row in found.rows:
        read = _row(row, found.columns, given, named, local, day_first=order)
        if isinstance(read, Measured):
            readings.append(read)
        elif read:
            left.append(LeftOut(line, read))
    if not found.rows:
        raise LoggerFileWrong(
            "There is no reading below the headings.",
            where="file",
            remedy="Copy the readings along with them.",
        )
    if not readings or len(left) > _SHARE_UNREADABLE * len(found.rows):
        first = left[0] if left else LeftOut(0, "-")
        raise LoggerFileWrong(
            "{count} of {rows} rows cannot be read, first line {line}: {text}.",
            where=f"line {first.line}" if first.line else "file",
            remedy="Export the readings as CSV with a time and a temperature in each row.",
            count=len(left),
            rows=len(found.rows),
            line=first.line,
            text=first.text,
        )
    return LoggerFile(tuple(readings), tuple(left[:MOST_TOLD]), len(left), named)


def _understood(data: bytes) -> _Found:
    """The decoding and separator with which there are headings of a time and of a temperature."""
    # A degree sign of Windows-1252 is half a character of GB 18030: that comes last.
    readable = False
    for text in decoded(data, "cp1252"):
        readable = True
        if (line := endless_line(text)) is not None:
            raise LoggerFileWrong(
                "Line {line} has more than {most} characters.",
                where=f"line {line}",
                remedy="Export the readings as CSV with one reading in each line.",
                line=line,
                most=MOST_LINE,
            )
        for separator in _SEPARATORS:
            found = _table(text, separator)
            if found is not None:
                return found
    if not readable:
        raise LoggerFileWrong(
            "The file is no text.",
            where="file",
            remedy="Export the readings as CSV, in UTF-8 or GB 18030.",
        )
    raise LoggerFileWrong(
        "The file has no headings of a time and of a temperature.",
        where="file",
        remedy="Give the columns headings such as 时间 and 温度(℃), or time and temperature (°C).",
    )


def _table(text: str, separator: str) -> _Found | None:
    rows: list[tuple[int, list[str]]] = []
    columns: _Columns | None = None
    device = ""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if columns is None:
                if reader.line_num > _MOST_PREAMBLE:
                    return None
                if len(cells) > MOST_CELLS:
                    continue
                columns = _columns(cells)
                device = device or _device_of(cells)
            elif any(cells):
                rows.append((reader.line_num, cells))
                if len(rows) > MOST_ROWS:
                    raise TooLarge(
                        "The file has more than {most} rows.",
                        where="file",
                        remedy="Export a shorter time.",
                        most=MOST_ROWS,
                    )
    except csv.Error:
        return None
    return None if columns is None else _Found(rows, columns, device)


def _columns(cells: Sequence[str]) -> _Columns | None:
    """The columns, if these cells are headings."""
    words = [" ".join(_BRACKETS.sub(" ", cell).strip(" :：*\ufeff").casefold().split()) for cell in cells]
    values = [(at, found) for at, word in enumerate(words) if (found := _VALUE.fullmatch(word))]
    time, date = _index(words, _TIME), _index(words, _DATE)
    if not values or (time is None and date is None):
        return None
    if time is None:
        time, date = date, None
    at, heading = values[0]
    unit = heading["unit"]
    return _Columns(
        value=at,
        time=time or 0,
        date=date,
        device=_index(words, _DEVICE),
        status=_index(words, _STATUS),
        unit_at=_index(words, _UNIT),
        unit=unit_of(unit) if unit else "",
        count=len(cells),
    )


def _index(words: Sequence[str], names: Sequence[str]) -> int | None:
    """The column that has one of the names, those named first preferred."""
    return next((words.index(name) for name in names if name in words), None)


def _device_of(cells: Sequence[str]) -> str:
    """The logger that a line before the headings names: ``Serial number,SN 4711`` or ``序列号：4711``."""
    told = [part for cell in cells for part in re.split(r"[:：]", cell, maxsplit=1)]
    for name, value in pairwise(told):
        if name.strip().casefold() in _DEVICE:
            return value.strip()
    return ""


def _row(
    row: Sequence[str], columns: _Columns, unit: str, device: str, local: timezone, *, day_first: bool | None
) -> Measured | str:
    """The reading of a row; or what of it cannot be read, which is nothing where it only has no value."""
    if not _reaches(row, columns) or any(row[columns.count :]):  # a decimal comma makes two cells of one
        return _excerpt(",".join(row))
    text = row[columns.value]
    if text.casefold() in _NOTHING:
        return ""  # the logger wrote that it has none: the gap tells
    number = _NUMBER.fullmatch(text)
    time = _instant(_when(row, columns), local, day_first=day_first)
    if time is None or (number is None and text.casefold() not in _UNSOUND):
        return _excerpt(text if number is None and time is not None else _when(row, columns))
    whose = _cell(row, columns.device)[:_LONGEST_DEVICE] or device
    status = _cell(row, columns.status).casefold()
    sound = status not in _UNSOUND and _FAULT.search(status) is None
    if number is None:
        return Measured(time, 0.0, whose, sound=False)
    value = float(number[1].replace("−", "-").replace(",", "."))
    told = _cell(row, columns.unit_at) or number[2] or columns.unit or unit
    if not told:
        raise UnitUnknown(
            "The file does not say in which unit its temperatures are.",
            where="unit",
            remedy="Choose °C, °F or K, or write it in the heading.",
        )
    return Measured(time, celsius(value, unit_of(told)), whose, sound=sound)


def _reaches(row: Sequence[str], columns: _Columns) -> bool:
    return len(row) > max(columns.value, columns.time, columns.date or 0)


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at] if at is not None and at < len(row) else ""


def _when(row: Sequence[str], columns: _Columns) -> str:
    return row[columns.time] if columns.date is None else f"{row[columns.date]} {row[columns.time]}"


def _day_first(texts: Iterable[str], given: bool | None) -> bool | None:
    """Whether days stand before months, in dates that do not begin with a year of four digits.

    None where no date needs it. ``26/11/22`` may begin with its year: what is above 12 tells nothing there.

    Raises:
        LoggerFileWrong: the whole file leaves it open.
    """
    needed = False
    for text in texts:
        date = re.match(r"\s*(\d{1,2})([-/.])(\d{1,2})\2(\d{2,4})", text)
        if date is None:
            continue
        needed = True
        first, second = int(date[1]), int(date[3])
        may_be_year = first > _MONTHS and len(date[4]) < _YEAR_DIGITS
        if given is None and not may_be_year and (first > _MONTHS or second > _MONTHS):
            given = first > _MONTHS
    if needed and given is None:
        raise LoggerFileWrong(
            "In this file days, months and years cannot be told apart.",
            where="time",
            remedy="Export dates with a year of four digits first, or say whether the day comes first.",
        )
    return given


def _instant(text: str, local: timezone, *, day_first: bool | None) -> datetime | None:
    found = _INSTANT.fullmatch(text.strip())
    if found is None:
        return None
    parts = [int(found[name]) for name in "abc"]
    if len(found["a"]) == _YEAR_DIGITS:
        year, month, day = parts
    else:
        day, month, year = parts if day_first else (parts[1], parts[0], parts[2])
        year += _YEARS[0] if year < 100 else 0  # noqa: PLR2004 - two digits
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None
    hour, half = int(found["hour"]), (found["noon"] or "").replace(".", "").casefold()
    if half == "pm" or found["half"] == "下午":
        hour += 12 if hour < 12 else 0  # noqa: PLR2004 - a clock
    elif (half == "am" or found["half"] == "上午") and hour == 12:  # noqa: PLR2004 - a clock
        hour = 0
    try:
        return datetime(
            year,
            month,
            day,
            hour,
            int(found["minute"]),
            int(found["second"] or 0),
            tzinfo=_zone(found["zone"], local),
        )
    except ValueError:
        return None


def _zone(text: str | None, local: timezone) -> timezone:
    if not text:
        return local
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    apart = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-apart if text[0] == "-" else apart)


def _excerpt(text: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in text[:60]) or "-"

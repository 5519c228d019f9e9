"""The station's file as the setup page changes it: what people wrote in it stays as they wrote it.

A file that is not complete yet can be read as a draft. What is complete is tried as a whole before it is
written, and replaces the file in one step.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.container import OutOfOrderTableProxy
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array

from suyuan.readers.station.config import ReaderConfig
from suyuan.readers.station.config_file import parse
from suyuan.readers.station.device_key import sync_folder
from suyuan.trace.errors import InvalidInput, Unavailable, WrongUse
from suyuan.trace.gs1 import IdentifierError, identify

_MODE = 0o600  # it may hold a token


class FileNotWritten(Unavailable):
    """The station's file cannot be replaced: its folder is read-only, or the disk is full."""

    code = "station-file-not-written"
    title = "The station's file cannot be written"


@dataclass(frozen=True, slots=True)
class DraftPoint:
    """A read point as far as the setup page knows it; ``antennas`` empty: all of its reader."""

    name: str
    reader: str
    step: str
    read_point: str
    biz_location: str
    antennas: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What of a configuration is there already; texts are empty where it says nothing."""

    station: str = ""
    name: str = ""
    party: str = ""
    place: str = ""
    server: str = ""
    enrolled: bool = False
    readers: tuple[ReaderConfig, ...] = ()
    points: tuple[DraftPoint, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether a station can start with it."""
        return bool(self.station and self.server and self.enrolled and self.readers and self.points)

    def reader(self, name: str) -> ReaderConfig | None:
        """The reader of that name."""
        return next((reader for reader in self.readers if reader.name == name), None)


def read_text(path: Path) -> str:
    """The file's text; empty where there is none yet.

    Raises:
        WrongUse: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(
            "The configuration {path} cannot be read: {reason}.",
            where=str(path),
            remedy="Check the path and its permissions.",
            path=str(path),
            reason=getattr(error, "strerror", None) or "not UTF-8",
        ) from error


def draft_of(text: str) -> Draft:
    """What ``text`` says so far; what is not understood is left out, the station itself will name it.

    Raises:
        WrongUse: it is not TOML.
    """
    data = _document(text).unwrap()
    station, server = _table(data, "station"), _table(data, "server")
    readers = [ReaderConfig(_text(one, "name"), _text(one, "url")) for one in _tables(data, "readers")]
    return Draft(
        station=_text(station, "id"),
        name=_text(station, "name"),
        party=_text(station, "party"),
        place=_text(station, "place"),
        server=_text(server, "url"),
        enrolled=any(_text(server, name) for name in ("device_key_file", "token_file", "token")),
        readers=tuple(readers),
        points=tuple(map(_point, _tables(data, "read_points"))),
    )


def is_begun(path: Path) -> bool:
    """Whether the setup has steps to go, which is no fault; a file that is not there has all of them."""
    try:
        draft = draft_of(read_text(path))
    except WrongUse:
        return False
    return not (draft.enrolled and draft.readers and draft.points)


def with_platform(text: str, station: Mapping[str, str], server: Mapping[str, str]) -> str:
    """The text with the way to the platform and with who the station is there now.

    The id of a station that has one stays, for its outbox has that id; so does everything else that people
    wrote. Read points at the place where the station was move with it to where it is now.

    Raises:
        WrongUse: it is not TOML, or ``station`` or ``server`` are no tables.
    """
    document = _document(text)
    ours = _made(document, "station")
    was, now = _text(ours, "place"), station["place"]
    for name, value in station.items():
        if name not in {"id", "data"} or not _text(ours, name):
            ours[name] = value
    theirs = _made(document, "server")
    for name in ("url", "token", "token_file", "device_key_file", "key"):
        theirs.pop(name, None)
    theirs.update(server)
    if was and now and was != now:
        for point in _array(document, "read_points") if "read_points" in document else ():
            _move(point, was, now)
    return _dumped(document)


def _move(point: Any, was: str, now: str) -> None:
    if _text(point, "biz_location") == was:
        point["biz_location"] = now
        extension = _text(point, "read_point").removeprefix(was)
        number = extension.rpartition("/")[2]
        if extension != _text(point, "read_point") and number.isdigit():
            point["read_point"] = point_of(now, int(number))


def with_reader(text: str, reader: ReaderConfig, points: Sequence[DraftPoint]) -> str:
    """The text with ``reader`` and its read points; those that it had before and that are not named go.

    A read point that keeps its name keeps what else is told of it (smoothing, order).
    """
    document = _document(text)
    readers = _array(document, "readers")
    table = _named(readers, reader.name)
    if table is None:
        table = _another(readers)
    table["name"], table["url"] = reader.name, reader.url
    old = _array(document, "read_points")
    names = {point.name for point in points}
    _drop(old, lambda told: _text(told, "reader") == reader.name and _text(told, "name") not in names)
    for point in points:
        known = _named(old, point.name)
        if known is None:
            known = _another(old)
        _tell(known, point)
    return _dumped(document)


def without_reader(text: str, name: str) -> str:
    """The text without a reader and its read points."""
    document = _document(text)
    _drop(_array(document, "readers"), lambda told: _text(told, "name") == name)
    _drop(_array(document, "read_points"), lambda told: _text(told, "reader") == name)
    for key in ("readers", "read_points"):
        if not document[key]:
            del document[key]
    return _dumped(document)


def write(path: Path, text: str) -> None:
    """Replace the file by ``text`` durably and in one step; refused if it is complete and wrong.

    Raises:
        WrongUse: a key is wrong; ``where`` names it.
        FileNotWritten: the file system refuses.
    """
    _replace(path, text, lambda part: part.replace(path))


def rehearse(path: Path, text: str) -> None:
    """See that :func:`write` would do, and change nothing; raises what it raises."""
    _replace(path, text, lambda part: part.unlink())


def _replace(path: Path, text: str, finish: Callable[[Path], object]) -> None:
    if draft_of(text).complete:
        parse(_document(text).unwrap(), path.parent)
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        finish(part)
        sync_folder(path.absolute().parent)
    except OSError as error:
        raise FileNotWritten(
            "{path} cannot be written: {reason}.",
            where=str(path),
            remedy="Check the folder's permissions and free space; nothing was changed.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error


def point_of(place: str, number: int) -> str:
    """The read point ``number`` of a place: a GLN with extension, or a point of a place with an own code.

    Raises:
        InvalidInput: ``place`` is no place.
    """
    digits = place.strip()
    spelled = f"https://id.gs1.org/414/{digits}" if digits.isascii() and digits.isdigit() else digits
    try:
        found = identify(spelled)
    except IdentifierError:
        found = None
    if found is None or found.kind != "place":
        raise InvalidInput(
            "{place} is not the code of a place",
            where="place",
            remedy="Type its GLN (13 digits) or the link that the platform shows for it.",
            place=place[:200],
        )
    return f"{found.key}/254/{number}" if found.ais else f"{found.key}/point/{number}"


def _tell(table: Any, point: DraftPoint) -> None:
    table["name"], table["reader"], table["step"] = point.name, point.reader, point.step
    table["read_point"], table["biz_location"] = point.read_point, point.biz_location
    if point.antennas:
        table["antennas"] = list(point.antennas)
    else:
        table.pop("antennas", None)


def _document(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise WrongUse(
            "The station's file is not TOML: {reason}.",
            where="file",
            remedy="Mend the line that is named, or move the file away and begin anew.",
            reason=str(error),
        ) from error


def _dumped(document: tomlkit.TOMLDocument) -> str:
    """The text of what was changed, which must say what is meant.

    Raises:
        WrongUse: the file is laid out so that it cannot be changed for its owner.
    """
    text = tomlkit.dumps(document)
    try:
        right = tomllib.loads(text) == document.unwrap()
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise WrongUse(
            "The station's file is laid out in a way that cannot be changed here.",
            where="file",
            remedy="Write its tables as [station], [server], [[readers]] and [[read_points]], and try again.",
        )
    return text


def _made(document: Any, key: str) -> Any:
    """The table ``key``, in whatever way it is written, made if there is none.

    One that is scattered (dotted keys between others) is gathered: tomlkit cannot take keys out of it.
    """
    if key not in document:
        document[key] = tomlkit.table()
    if isinstance(document[key], OutOfOrderTableProxy):
        gathered: dict[str, Any] = document[key].unwrap()
        del document[key]
        document[key] = gathered
    if not isinstance(document[key], MutableMapping):
        raise WrongUse(
            "{key} in the station's file is no table.",
            where=key,
            remedy="Mend the line, or move the file away and begin anew.",
            key=key,
        )
    return document[key]


def _array(document: Any, key: str) -> Any:
    """The tables [[key]] as tomlkit has them (it types its own values loosely), made if there are none.

    Somebody may have written them as an array of inline tables.
    """
    if key not in document:
        document[key] = tomlkit.aot()
    if not isinstance(document[key], AoT | Array) or not all(isinstance(one, dict) for one in document[key]):
        raise WrongUse(
            "{key} in the station's file are no tables.",
            where=key,
            remedy="Mend the line, or move the file away and begin anew.",
            key=key,
        )
    return document[key]


def _another(tables: Any) -> Any:
    """A new table at the end of an array."""
    tables.append(tomlkit.inline_table() if isinstance(tables, Array) else tomlkit.table())
    return tables[-1]


def _named(tables: Iterable[Any], name: str) -> Any:
    return next((table for table in tables if _text(table, "name") == name), None)


def _drop(tables: Any, unwanted: Callable[[Mapping[str, Any]], bool]) -> None:
    for position in reversed(range(len(tables))):
        if unwanted(tables[position]):
            del tables[position]


def _point(told: Mapping[str, Any]) -> DraftPoint:
    antennas: Sequence[object] = told.get("antennas") or ()
    return DraftPoint(
        _text(told, "name"),
        _text(told, "reader"),
        _text(told, "step"),
        _text(told, "read_point"),
        _text(told, "biz_location"),
        tuple(number for number in antennas if isinstance(number, int)),
    )


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _tables(data: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    found: Any = data.get(key)
    tables: list[Any] = list(found) if isinstance(found, list) else []  # pyright: ignore[reportUnknownArgumentType] (parsed TOML)
    return [cast("Mapping[str, Any]", table) for table in tables if isinstance(table, dict)]


def _text(told: Mapping[str, Any], key: str) -> str:
    found = told.get(key)
    return str(found) if isinstance(found, str) else ""

"""Files of events as an operator has them: documents, lines (NDJSON), either of them packed with gzip.

A document is read whole, within the limit of a capture. Lines are streamed: however long the file, no more
than a batch of them is in memory. What a file unpacks to may be many times its size, but not without end.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import orjson

from suyuan.trace.epcis.problems import DEFAULT_LIMITS
from suyuan.trace.errors import InvalidInput, TooLarge, WrongUse

DOCUMENTS = (".json", ".jsonld", ".xml")
LINES = (".ndjson", ".jsonl")
LARGEST = DEFAULT_LIMITS.body_bytes
"""Bytes of a document, and of a line."""
MOST_RATIO = 200
"""How many times its size a file may unpack to: events in their thousands reach 40, a bomb 1,000."""
_USUAL_RATIO = 20
_RATIO_COUNTS_FROM = 1 << 20  # bytes of what is unpacked
BATCH_LINES = 1000
"""Lines that become evidence in one transaction."""
_BATCH_BYTES = 4 << 20
# GS1 publishes examples with a DOCTYPE that names a root and declares nothing. Over the network every DOCTYPE
# is refused; in a file that the operator names, this one is left out.
_EMPTY_DOCTYPE = re.compile(rb"\A(\s*(?:<\?xml[^>]{0,200}\?>)?\s*)<!DOCTYPE\s+[A-Za-z:]+\s*>")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some numbered lines of a file, those that are too long, and how much of the file has been read."""

    lines: tuple[tuple[int, bytes], ...]
    too_long: tuple[int, ...]
    read: int


def event_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file named, and of named folders those of known endings that hold events.

    Raises:
        WrongUse: there is no such file.
    """
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file() and (_ending(found) in LINES or _is_document(found)):
                    yield found
        elif path.exists():
            yield path
        else:
            raise WrongUse("There is no file {path}", where="FILE", path=path, remedy="Check the name.")


def unpacked_size(path: Path) -> int:
    """About how many bytes a file of events holds: packed ones of theirs some twenty times as many."""
    return path.stat().st_size * (_USUAL_RATIO if path.suffix == ".gz" else 1)


def has_lines(path: Path) -> bool:
    """Whether a file is one of lines, by its name."""
    return _ending(path) in LINES


def media_type(path: Path) -> str:
    """The media type of a document, by its name."""
    return "application/xml" if _ending(path) == ".xml" else "application/json"


def content(path: Path) -> bytes:
    """A document.

    Raises:
        InvalidInput: it is not the gzip that its name promises.
        TooLarge: it is larger than a capture may be.
    """
    with _opened(path) as (stream, _):
        found = stream.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise TooLarge("{path} is larger than {limit} bytes", path=path, limit=LARGEST)
    return _EMPTY_DOCTYPE.sub(rb"\1", found, count=1) if _ending(path) == ".xml" else found


def batches(path: Path) -> Iterator[Batch]:
    """The lines of a file, a transaction's worth at a time; empty ones are passed over.

    Raises:
        InvalidInput: it is not the gzip that its name promises; what came before has been given.
        TooLarge: it unpacks to so much more than its size that it can only be a bomb; likewise.
    """
    lines: list[tuple[int, bytes]] = []
    too_long: list[int] = []
    size = read = 0
    fault: InvalidInput | TooLarge | None = None
    try:
        for number, line, read in _lines(path):
            if line is None:
                too_long.append(number)
            else:
                lines.append((number, line))
                size += len(line)
            if len(lines) >= BATCH_LINES or size >= _BATCH_BYTES:
                yield Batch(tuple(lines), tuple(too_long), read)
                lines, too_long, size = [], [], 0
    except (InvalidInput, TooLarge) as error:
        fault = error
    if lines or too_long:
        yield Batch(tuple(lines), tuple(too_long), read)
    if fault is not None:
        raise fault


def _lines(path: Path) -> Iterator[tuple[int, bytes | None, int]]:
    """Each line that is not empty, with its number and how much of the file was read; None if too long."""
    with _opened(path) as (stream, raw):
        number = 0
        while line := stream.readline(LARGEST + len(b"\r\n")):
            number += 1
            _check_ratio(path, stream, raw)
            too_long = False
            rest = line
            while not rest.endswith(b"\n") and (rest := stream.readline(LARGEST)):
                too_long = too_long or bool(rest.strip())
                _check_ratio(path, stream, raw)
            line = line.strip()
            if too_long or len(line) > LARGEST:
                yield number, None, raw.tell()
            elif line:
                yield number, line, raw.tell()


@contextmanager
def _opened(path: Path) -> Generator[tuple[BinaryIO, BinaryIO]]:
    """The unpacked stream, and the file behind it, which is the same where nothing is packed."""
    with path.open("rb") as raw:
        if path.suffix != ".gz":
            yield raw, raw
            return
        try:
            with gzip.GzipFile(fileobj=raw) as stream:
                yield cast("BinaryIO", stream), raw
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InvalidInput(
                "{path} is not valid gzip: {reason}",
                path=path,
                reason=str(error),
                remedy="Pack it again; what came before is captured already.",
            ) from error


def _check_ratio(path: Path, stream: BinaryIO, raw: BinaryIO) -> None:
    if stream is raw:
        return
    unpacked = stream.tell()
    if unpacked > _RATIO_COUNTS_FROM and unpacked > MOST_RATIO * raw.tell():
        raise TooLarge(
            "{path} unpacks to more than {most} times its size",
            path=path,
            most=MOST_RATIO,
            remedy="If it is in earnest, unpack it first.",
        )


def _ending(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix


def _is_document(path: Path) -> bool:
    """Whether a file in a folder is an EPCIS document at all; schemas and contexts are passed over."""
    if _ending(path) not in DOCUMENTS:
        return False
    try:
        found = content(path)
    except (InvalidInput, TooLarge):
        return True  # it claims to be a document and cannot be read: that must be told
    if _ending(path) == ".xml":
        head = found[:4096]
        return b"EPCISDocument" in head or b"EPCISQueryDocument" in head
    try:
        parsed: object = orjson.loads(found)
    except orjson.JSONDecodeError:
        return True
    form = cast("dict[str, object]", parsed).get("type") if isinstance(parsed, dict) else None
    return form in ("EPCISDocument", "EPCISQueryDocument")

"""Which read points listen to which phone."""

from __future__ import annotations

from collections.abc import Sequence

from suyuan.readers.station.config import ReadPoint, StationConfig
from suyuan.trace.errors import WrongUse

SCHEME = "http"


def with_phones(config: StationConfig) -> bool:
    """Whether the station has phones for readers at all."""
    return any(_of_phones(reader.url) for reader in config.readers)


def points_of(config: StationConfig, phone: int) -> Sequence[ReadPoint]:
    """The read points that listen to the phone of that number."""
    return [point for point in config.read_points if _reader_of(config, point, phone)]


def phones_of(config: StationConfig, point: ReadPoint, phone: int) -> str:
    """The reader by which ``point`` listens to the phone of that number.

    Raises:
        WrongUse: there is none.
    """
    reader = _reader_of(config, point, phone)
    if not reader:
        raise WrongUse(
            "The read point {name} does not listen to phone {phone}.",
            where="point",
            remedy="Choose another one on the phone.",
            name=point.name,
            phone=phone,
        )
    return reader


def _reader_of(config: StationConfig, point: ReadPoint, phone: int) -> str:
    names = {reader.name for reader in config.readers if _of_phones(reader.url)}
    return next(
        (each.reader for each in point.listens if each.reader in names and each.hear(each.reader, phone)), ""
    )


def _of_phones(url: str) -> bool:
    return url.partition("://")[0].lower() == SCHEME

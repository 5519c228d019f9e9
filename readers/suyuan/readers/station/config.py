"""What a station knows before it starts: frozen values.

They are read from one TOML file, which :mod:`suyuan.readers.station.config_file` describes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.table import wrong


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where events go, as whom, and whose signature a block list must bear (None: no block list)."""

    url: str
    token: str = field(repr=False)
    key: bytes | None = None
    device_key_file: Path | None = None  # then there is no token: every request is signed


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """A reader: ``name`` is what read points refer to, ``url`` what ``open_reader`` takes."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How sightings become a reading.

    ``min_reads`` sightings, each at ``min_rssi_dbm`` or stronger (where the reader tells), make a reading; a
    burst closes after ``quiet_s`` without a new tag, at the latest after ``longest_s``; a tag is not read
    again at the point for ``dedupe_s``; a point that saw the tag weaker than another point within
    ``arbitration_s`` gives it up.
    """

    min_reads: int = 1
    min_rssi_dbm: float | None = None
    quiet_s: float = 1.0
    dedupe_s: float = 0.0
    arbitration_s: float = 0.2
    longest_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ReadPoint:
    """A logical read point: antennas of one reader (none named: all), its step, and its place."""

    name: str
    reader: str
    step: Step
    read_point: str
    biz_location: str | None = None
    antennas: frozenset[int] = frozenset()
    smoothing: Smoothing = Smoothing()
    automatic: bool = False
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class PageConfig:
    """Where the station's own page listens (``host`` empty: nowhere), and its PIN, if any."""

    host: str = "127.0.0.1"
    port: int = 8800
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StationConfig:
    """Everything a station needs to know before it starts."""

    station: str
    party: str
    data: Path
    server: ServerConfig
    readers: tuple[ReaderConfig, ...]
    read_points: tuple[ReadPoint, ...]
    utc_offset: str = "+08:00"
    first_sequence: int = 1
    block_list_max_age_s: float = 900.0
    page: PageConfig = PageConfig()
    place: str = ""  # where it works, as far as the platform said when it was enrolled
    name: str = ""  # what people call it, given with its code

    @property
    def called(self) -> str:
        """What a screen calls it."""
        return self.name or self.station

    def point(self, name: str) -> ReadPoint:
        """The read point of that name.

        Raises:
            WrongUse: there is none.
        """
        for point in self.read_points:
            if point.name == name:
                return point
        raise wrong("read_points", "There is no read point {value}.", self._names(), value=name)

    def _names(self) -> str:
        return f"Known: {', '.join(p.name for p in self.read_points)}."

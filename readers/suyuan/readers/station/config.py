"""What a station knows before it starts: frozen values.

They are read from one TOML file, which :mod:`suyuan.readers.station.config_file` describes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar, cast

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.table import Table, wrong

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where events go, as whom, and whose signature a block list must bear (None: no block list)."""

    url: str
    token: str = field(repr=False)
    key: bytes | None = None
    device_key_file: Path | None = None  # then there is no token: every request is signed


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """A reader: ``name`` is what read points refer to, ``url`` what ``open_reader`` takes.

    ``badges``: what it reads may be a badge, although it is a scanner; so no page and no phone feeds it.
    """

    name: str
    url: str = field(repr=False)  # a password may be in it
    badges: bool = False


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How sightings become a reading.

    ``min_reads`` sightings, each at ``min_rssi_dbm`` or stronger (where the reader tells), make a reading; a
    burst closes after ``quiet_s`` without a new tag, at the latest after ``longest_s``; a tag is not read
    again at the point for ``dedupe_s``, after a restart too, unless it could not be stored or goes another
    way that has a step of its own; sightings at two points are of the same time if less than
    ``arbitration_s`` lies between them.
    """

    min_reads: int = 1
    min_rssi_dbm: float | None = None
    quiet_s: float = 1.0
    dedupe_s: float = 0.0
    arbitration_s: float = 0.2
    longest_s: float = 60.0


class Guard(StrEnum):
    """How a read point keeps the goods of its neighbours out."""

    STRONGEST = "strongest"  # the point that heard the tag loudest keeps it
    EVIDENCE = "evidence"  # all of the pass is weighed; what is not clear is told apart


class Side(StrEnum):
    """On which side of the door antennas are."""

    OUTSIDE = "outside"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Antennas:
    """Antennas of one reader (none numbered: all) that a read point listens to.

    ``min_rssi_dbm`` counts in place of the smoothing's; ``side`` where goods that pass tell their direction.
    """

    reader: str
    numbers: frozenset[int] = frozenset()
    min_rssi_dbm: float | None = None
    side: Side | None = None

    def hear(self, reader: str, antenna: int) -> bool:
        """Whether this antenna of this reader is one of them."""
        return reader == self.reader and (not self.numbers or antenna in self.numbers)


class SetOf(StrEnum):
    """Which tags of a cycle are reported (ALE 1.1 §8.2.5, ECReportSetSpec)."""

    CURRENT = "current"
    ADDITIONS = "additions"
    DELETIONS = "deletions"


@dataclass(frozen=True, slots=True)
class Input:
    """An edge at an input of a reader, such as a light barrier: ``high`` the level that it changes to."""

    reader: str
    port: int
    high: bool = True


@dataclass(frozen=True, slots=True)
class Cycle:
    """Where a pass begins and ends, and which of its tags count (ALE 1.1 §8.2, ECBoundarySpec, ECReportSpec).

    Without a ``start_input`` and a ``repeat_s`` an automatic point begins with the first tag; an ordered one
    always begins with its order. It ends at the first of: ``duration_s`` (left out: the smoothing's
    ``longest_s``), ``stable_s`` without a new tag (left out: the smoothing's ``quiet_s``, or never where a
    ``stop_input`` is given), ``count`` tags, ``stop_input``, the button. ``include`` and ``exclude`` are
    patterns: see :mod:`suyuan.readers.station.patterns`.
    """

    start_input: Input | None = None
    repeat_s: float | None = None
    stop_input: Input | None = None
    duration_s: float | None = None
    stable_s: float | None = None
    count: int | None = None
    report: SetOf = SetOf.CURRENT
    if_empty: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def triggered(self) -> bool:
        """Whether an automatic point waits for something else than a tag."""
        return self.start_input is not None or self.repeat_s is not None


@dataclass(frozen=True, slots=True)
class ReadPoint:
    """A logical read point: the antennas that it listens to, its step, and its place.

    ``reader`` and ``antennas`` are the first of them; ``sources`` all, where there are others or their own
    rules. ``steps`` may be done here beside ``step``; none: every step. ``inward`` and ``outward`` are the
    steps of goods that come in and go out, where the sides of antennas tell it.
    """

    name: str
    reader: str
    step: Step
    read_point: str
    biz_location: str | None = None
    antennas: frozenset[int] = frozenset()
    smoothing: Smoothing = Smoothing()
    automatic: bool = False
    order: Order | None = None
    sources: tuple[Antennas, ...] = ()
    cycle: Cycle = Cycle()
    guard: Guard = Guard.STRONGEST
    inward: Step | None = None
    outward: Step | None = None
    steps: tuple[Step, ...] = ()

    @property
    def allowed(self) -> tuple[Step, ...]:
        """The steps that may be done here."""
        return tuple(s for s in Step if not self.steps or s is self.step or s in self.steps)

    @property
    def listens(self) -> tuple[Antennas, ...]:
        """All antennas that it listens to."""
        return self.sources or (Antennas(self.reader, self.antennas),)

    @property
    def readers(self) -> tuple[str, ...]:
        """The readers of these antennas, each once."""
        return tuple(dict.fromkeys(each.reader for each in self.listens))


@dataclass(frozen=True, slots=True)
class PageConfig:
    """Where the station's own page listens (``host`` empty: nowhere), and its PIN, if any.

    With a certificate (a PEM file, and one of its key) it is served over TLS: phones give NFC and camera to
    such pages only.
    """

    host: str = "127.0.0.1"
    port: int = 8800
    pin: str = field(default="", repr=False)
    certificate: Path | None = None
    certificate_key: Path | None = None


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
    outbox_limit: int = 2 << 30  # bytes that records and what is remembered of goods may take
    page: PageConfig = PageConfig()
    place: str = ""  # where it works, as far as the platform said when it was enrolled
    name: str = ""  # what people call it, given with its code
    sections: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])

    @property
    def called(self) -> str:
        """What a screen calls it."""
        return self.name or self.station

    @property
    def with_inputs(self) -> frozenset[str]:
        """The readers whose inputs begin or end passes."""
        cycles = [point.cycle for point in self.read_points]
        edges = [edge for cycle in cycles for edge in (cycle.start_input, cycle.stop_input)]
        return frozenset(edge.reader for edge in edges if edge is not None)

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


@dataclass(frozen=True, slots=True)
class Section(Generic[Row]):
    """An array of tables ``[[name]]`` that a part of the station reads for itself.

    ``read`` makes a row of one table, and need not call its ``done``. ``check`` sees all rows together, with
    the rest of the configuration, and raises what :func:`suyuan.readers.station.table.wrong` makes.
    Registered in :mod:`suyuan.readers.station.config_sections`.
    """

    name: str
    read: Callable[[Table], Row]
    check: Callable[[StationConfig], None] = lambda _: None

    def of(self, config: StationConfig) -> tuple[Row, ...]:
        """The rows that the file has, in its order."""
        return cast("tuple[Row, ...]", config.sections.get(self.name, ()))

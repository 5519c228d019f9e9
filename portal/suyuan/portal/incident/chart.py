"""Stops on paper: columns are the stages of the chain, time runs downwards in bands of days or longer.

A column is a stage and within it how often goods were made into others there, so that everything flows to the
right and down. Only bands in which something happens are drawn. Within a cell stops are ordered by the mean
height of their neighbours (barycentres), to and fro, which lessens crossings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from suyuan.portal.incident.stops import Journeys, Passage, Stop
from suyuan.portal.language import CHINA_TIME

WIDTH, HEIGHT = 164, 66  # a stop
SMALL = 30  # its height where there are many
GUTTER, GAP = 64, 12  # between columns, between stops
_WIDER, _CLOSER = 2, 2  # where there are many: gutters are so many times as wide, gaps a part
MARGIN, AXIS, HEAD = 12, 92, 44
BAND = 10  # above and below the stops of a band
MANY = 70
MANY_COLUMNS = 5
MOST_BANDS = 18
_SWEEPS = 8
_THINNEST, _THICKEST = 1.2, 12.0
_THICKEST_OF_MANY = 4.0
STAGE_ORDER = (
    "farm", "import", "slaughter", "processing", "storage", "transport", "wholesale", "retail", "catering",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """A stop with its upper left corner."""

    stop: Stop
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """A passage: its path, and its width by amount. ``back`` leads to an earlier stage."""

    passage: Passage
    path: str
    width: float
    back: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A time, from its first day on, ``days`` long; ``first`` None: nobody told when."""

    first: date | None
    days: int
    y: int
    height: int
    gap: bool  # nothing happened between this one and the one before


@dataclass(frozen=True, slots=True)
class Heading:
    """Columns of one stage. ``stage`` is empty where the register does not tell."""

    stage: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, in units of one CSS pixel."""

    width: int
    height: int
    box_height: int
    gap: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]
    headings: tuple[Heading, ...]


@dataclass(frozen=True, slots=True)
class _Measures:
    """How large everything is: all at ease, or closer where there are many."""

    height: int
    gap: int
    column: int
    thickest: float

    def stack(self, count: int) -> int:
        """The height of so many stops above each other."""
        return count * (self.height + self.gap) - self.gap


_AT_EASE = _Measures(HEIGHT, GAP, WIDTH + GUTTER, _THICKEST)
_OF_MANY = _Measures(SMALL, GAP // _CLOSER, WIDTH + GUTTER * _WIDER, _THICKEST_OF_MANY)
_OF_MANY_IN_MANY = _Measures(SMALL, GAP // _CLOSER, WIDTH + GUTTER, _THICKEST_OF_MANY)


def charted(found: Journeys, stage_of: Callable[[str | None], str], zone: tzinfo = CHINA_TIME) -> Chart:
    """The chart. ``stage_of`` tells the stage of a place, or nothing; O(sweeps · (stops + passages))."""
    size = _OF_MANY if len(found.stops) > MANY else _AT_EASE
    if not found.stops:
        return Chart(0, 0, size.height, size.gap, (), (), (), ())
    column, stages = _columns(found, [stage_of(stop.place) for stop in found.stops])
    if size is _OF_MANY and len(stages) > MANY_COLUMNS:
        size = _OF_MANY_IN_MANY
    bands, band_of = _bands(found.stops, zone)
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for stop in found.stops:
        cells[band_of[stop.index], column[stop.index]].append(stop.index)
    rows = [max(len(cells.get((at, c), ())) for c in range(len(stages))) for at in range(len(bands))]
    tops, bottom = _tops(rows, size)
    _order(cells, found.passages, tops, size)
    boxes = {
        index: Box(
            found.stops[index],
            AXIS + c * size.column,
            tops[at] + BAND + place * (size.height + size.gap),
        )
        for (at, c), members in cells.items()
        for place, index in enumerate(members)
    }
    return Chart(
        width=AXIS + (len(stages) - 1) * size.column + WIDTH + MARGIN,
        height=bottom + MARGIN,
        box_height=size.height,
        gap=size.gap,
        boxes=tuple(boxes[index] for index in sorted(boxes)),
        lines=tuple(_lines(found.passages, boxes, size)),
        bands=tuple(
            Band(first, days, tops[at], size.stack(rows[at]) + 2 * BAND, gap)
            for at, (first, days, gap) in enumerate(bands)
        ),
        headings=tuple(_headings(stages, size)),
    )


def _columns(found: Journeys, stage: Sequence[str]) -> tuple[list[int], list[str]]:
    """The column of each stop, and the stage of each column."""
    rank = [STAGE_ORDER.index(one) if one in STAGE_ORDER else -1 for one in stage]
    before: dict[int, list[int]] = defaultdict(list)
    for passage in found.passages:
        before[passage.target].append(passage.source)
    depth = [0] * len(found.stops)
    for stop in found.stops:  # in order of time, so what comes before is done before
        ahead = [source for source in before[stop.index] if source < stop.index]
        if rank[stop.index] < 0:
            rank[stop.index] = max((rank[source] for source in ahead), default=0)
        same = [depth[source] + 1 for source in ahead if rank[source] == rank[stop.index]]
        depth[stop.index] = max(same, default=0)
    keys = sorted(set(zip(rank, depth, strict=True)))
    number = {key: at for at, key in enumerate(keys)}
    told: dict[int, set[str]] = defaultdict(set)
    column = [number[key] for key in zip(rank, depth, strict=True)]
    for at, one in zip(column, stage, strict=True):
        told[at].add(one)
    return column, [next(iter(told[at])) if len(told[at]) == 1 else "" for at in range(len(keys))]


def _bands(stops: Sequence[Stop], zone: tzinfo) -> tuple[list[tuple[date | None, int, bool]], list[int]]:
    """First day and length of each band and whether a pause precedes it; the band of each stop.

    Days, or weeks, or longer, so that no more than ``MOST_BANDS`` are left.
    """
    days = [stop.since.astimezone(zone).date() if stop.since else None for stop in stops]
    length = 1
    while len({_floor(day, length) for day in days if day}) > MOST_BANDS:
        length = length * 7 if length == 1 else length * 2
    starts = [_floor(day, length) if day else None for day in days]
    told = sorted({start for start in starts if start})
    ordered: list[date | None] = [None] if None in starts else []
    ordered += told
    number = {start: at for at, start in enumerate(ordered)}
    bands = [
        (start, length, at > 0 and start is not None and _pause(ordered[at - 1], start, length))
        for at, start in enumerate(ordered)
    ]
    return bands, [number[start] for start in starts]


def _floor(day: date, length: int) -> date:
    return date.fromordinal((day.toordinal() - 1) // length * length + 1)


def _pause(before: date | None, start: date, length: int) -> bool:
    return before is not None and start - before > timedelta(days=length)


def _tops(rows: Sequence[int], size: _Measures) -> tuple[list[int], int]:
    tops, y = list[int](), HEAD
    for row in rows:
        tops.append(y)
        y += size.stack(row) + 2 * BAND
    return tops, y


def _order(
    cells: Mapping[tuple[int, int], list[int]],
    passages: Iterable[Passage],
    tops: Sequence[int],
    size: _Measures,
) -> None:
    """Sort each cell by the mean height of its neighbours: those on the left, then those on the right."""
    column = {index: cell[1] for cell, members in cells.items() for index in members}
    left: dict[int, list[int]] = defaultdict(list)
    right: dict[int, list[int]] = defaultdict(list)
    for passage in passages:
        if column[passage.source] < column[passage.target]:
            right[passage.source].append(passage.target)
            left[passage.target].append(passage.source)
    y: dict[int, float] = {}

    def place(at: int, members: Sequence[int]) -> None:
        step = size.height + size.gap
        y.update({index: tops[at] + number * step for number, index in enumerate(members)})

    for (at, _), members in cells.items():
        place(at, members)
    in_turn = sorted(cells, key=lambda cell: (cell[1], cell[0]))
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 1  # the last one, which leaves what is read first in order
        beside = left if forward else right
        for cell in in_turn if forward else reversed(in_turn):
            members = cells[cell]
            wish = {
                index: sum(y[n] for n in beside[index]) / len(beside[index]) if beside[index] else y[index]
                for index in members
            }
            members.sort(key=lambda index: (wish[index], y[index]))
            place(cell[0], members)


def _lines(passages: Sequence[Passage], boxes: Mapping[int, Box], size: _Measures) -> Iterable[Line]:
    widths = _widths(passages, size.thickest)
    leaving: dict[int, list[int]] = defaultdict(list)
    coming: dict[int, list[int]] = defaultdict(list)
    for number, passage in enumerate(passages):
        leaving[passage.source].append(number)
        coming[passage.target].append(number)
    start, end = dict[int, float](), dict[int, float]()
    for index, numbers in leaving.items():
        numbers.sort(key=lambda n: boxes[passages[n].target].y)
        start.update(_ports([widths[n] for n in numbers], numbers, boxes[index].y, size.height))
    for index, numbers in coming.items():
        numbers.sort(key=lambda n: boxes[passages[n].source].y)
        end.update(_ports([widths[n] for n in numbers], numbers, boxes[index].y, size.height))
    track = _tracks([boxes[index] for index in leaving], size.column - WIDTH)
    for number, passage in enumerate(passages):
        source, target = boxes[passage.source], boxes[passage.target]
        back = target.x <= source.x
        ends = (source.x + WIDTH, start[number]), (target.x, end[number])
        yield Line(passage, _path(*ends, track[passage.source], back=back), widths[number], back)


def _tracks(sources: Iterable[Box], gutter: int) -> Mapping[int, float]:
    """Where the lines of each source turn down, in the gutter on its right: the upper ones farther out."""
    columns: dict[int, list[Box]] = defaultdict(list)
    for box in sources:
        columns[box.x].append(box)
    track: dict[int, float] = {}
    for x, column in columns.items():
        column.sort(key=lambda box: box.y)
        for place, box in enumerate(column):
            part = 0.5 if len(column) == 1 else 0.8 - 0.6 * place / (len(column) - 1)
            track[box.stop.index] = round(x + WIDTH + part * gutter, 1)
    return track


def _widths(passages: Sequence[Passage], thickest: float) -> list[float]:
    """By the amount, against the largest of its unit, so that widths add up; unknown amounts are thin."""
    largest: dict[str | None, float] = defaultdict(float)
    for passage in passages:
        if passage.amount:
            largest[passage.amount.uom] = max(largest[passage.amount.uom], passage.amount.quantity)
    return [
        round(
            _THINNEST
            + (thickest - _THINNEST) * passage.amount.quantity / (largest[passage.amount.uom] or 1.0),
            1,
        )
        if passage.amount and passage.amount.quantity > 0
        else _THINNEST
        for passage in passages
    ]


def _ports(
    widths: Sequence[float], numbers: Sequence[int], top: int, height: int
) -> Iterable[tuple[int, float]]:
    """Where lines touch one side of a box: beside each other around its middle, closer if they must."""
    between = 2.0
    total = sum(widths) + between * (len(widths) - 1)
    room = height - 10
    scale = min(1.0, room / total)
    y = top + height / 2 - total * scale / 2
    for width, number in zip(widths, numbers, strict=True):
        yield number, round(y + width * scale / 2, 1)
        y += (width + between) * scale


def _path(source: tuple[float, float], target: tuple[float, float], track: float, *, back: bool) -> str:
    (x0, y0), (x1, y1) = source, target
    x1 -= 7  # for the tip
    if back:
        return f"M{x0:g} {y0:g}C{x0 + 60:g} {y0:g} {x1 - 60:g} {y1:g} {x1:g} {y1:g}"
    if abs(y0 - y1) < 1:
        return f"M{x0:g} {y0:g}H{x1:g}"
    return f"M{x0:g} {y0:g}C{track:g} {y0:g} {track:g} {y1:g} {x1:g} {y1:g}"


def _headings(stages: Sequence[str], size: _Measures) -> Iterable[Heading]:
    first = 0
    for at in range(1, len(stages) + 1):
        if at == len(stages) or not stages[first] or stages[at] != stages[first]:
            wide = (at - 1 - first) * size.column + WIDTH
            yield Heading(stages[first], AXIS + first * size.column, wide)
            first = at

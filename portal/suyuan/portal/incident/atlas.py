"""Places and flows on a map without tiles: a graticule with the places where their coordinates are.

Equirectangular about the middle latitude, which keeps distances within a country near enough for a scale bar.
Nothing is fetched from elsewhere, so nobody learns what is being looked into.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from suyuan.portal.incident.stops import Journeys, Passage, Stop

WIDE, HIGH = 1000, 640
_PADDING = 90
_LEAST_SPAN = 0.4  # degrees; one town fills no map
_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 45.0)
_LINES = 5
_KM_PER_DEGREE = 111.2
_SMALLEST, _LARGEST = 6.0, 20.0
_APART = 26.0  # pixels between places of one town
_THINNEST, _THICKEST = 1.5, 9.0
_LETTER, _LINE_HEIGHT = 8.2, 16
_MOST_COVERED = 60.0  # square pixels of others that a name may cover
_MANY_ARCS, _THICKEST_OF_MANY = 60, 4.0


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map; ``radius`` by how many ``objects`` came there, ``surely`` so many of them.

    ``label`` is where its name stands; None where it would cover others of more weight.
    """

    place: str
    x: float
    y: float
    radius: float
    suspect: bool
    certain: bool
    objects: int
    surely: int
    label: tuple[float, float, str] | None  # x, y, text-anchor


@dataclass(frozen=True, slots=True)
class Arc:
    """Everything that went from one place to another; ``width`` by how many passages and pieces.

    ``surely`` counts the pieces that went for certain.
    """

    source: str
    target: str
    path: str
    width: float
    objects: int
    surely: int
    certain: bool


@dataclass(frozen=True, slots=True)
class Graticule:
    """A parallel or meridian: degrees, where it is drawn, and whether it runs across."""

    degrees: float
    at: float
    across: bool


@dataclass(frozen=True, slots=True)
class Atlas:
    """The map, and the places that have no coordinates on record."""

    points: tuple[Point, ...]
    arcs: tuple[Arc, ...]
    lines: tuple[Graticule, ...]
    scale_km: int
    scale_length: float
    unplaced: tuple[str, ...]
    width: int = WIDE
    height: int = HIGH


@dataclass(slots=True)
class _Here:
    """What the stops of one place come to."""

    objects: int = 0
    surely: int = 0
    stops: int = 0
    suspect: bool = False
    certain: bool = False
    flows: dict[str, tuple[int, int, int, bool]] = field(
        default_factory=dict[str, tuple[int, int, int, bool]]
    )


Where = tuple[float, float]
"""Latitude and longitude in degrees."""


def mapped(
    found: Journeys, where_of: Mapping[str, Where], width_of: Callable[[str], int] = lambda _: 12
) -> Atlas:
    """The map of ``found``. ``width_of`` tells how many narrow letters the name of a place has."""
    here = _gathered(found)
    placed = {place: where_of[place] for place in here if place in where_of}
    unplaced = tuple(place for place in here if place not in where_of)
    if not placed:
        return Atlas((), (), (), 0, 0.0, unplaced)
    project, lines, per_km = _projection(list(placed.values()))
    spots = _spread({place: project(at) for place, at in placed.items()})
    points = _points(here, spots, width_of)
    km = _nice_km(160 / per_km)
    return Atlas(points, tuple(_arcs(here, spots)), lines, km, round(km * per_km, 1), unplaced)


def _gathered(found: Journeys) -> dict[str, _Here]:
    here: dict[str, _Here] = defaultdict(_Here)
    for stop in found.stops:
        if stop.place is None:
            continue
        one = here[stop.place]
        one.objects += stop.objects
        one.surely += _surely(stop)
        one.stops += 1
        one.suspect |= stop.suspect
        one.certain |= stop.certainty == "certain"
    for passage in found.passages:
        source, target = found.stops[passage.source].place, found.stops[passage.target].place
        if source and target and source != target:
            times, pieces, surely, certain = here[source].flows.get(target, (0, 0, 0, False))
            here[source].flows[target] = (
                times + 1,
                pieces + passage.objects,
                surely + _surely(passage),
                certain or passage.certainty == "certain",
            )
    return here


def _surely(of: Stop | Passage) -> int:
    """How many of its pieces are concerned for certain."""
    if of.objects and of.for_certain is not None:
        return int(of.for_certain.quantity)
    return of.objects if of.certainty == "certain" else 0


def _projection(
    places: Sequence[Where],
) -> tuple[Callable[[Where], tuple[float, float]], tuple[Graticule, ...], float]:
    """From degrees to pixels, the graticule, and how many pixels a kilometre has."""
    lats, longs = [lat for lat, _ in places], [long for _, long in places]
    middle = ((max(lats) + min(lats)) / 2, (max(longs) + min(longs)) / 2)
    squeeze = max(0.1, math.cos(math.radians(middle[0])))
    tall = max(max(lats) - min(lats), _LEAST_SPAN)
    broad = max((max(longs) - min(longs)) * squeeze, _LEAST_SPAN)
    scale = min((WIDE - 2 * _PADDING) / broad, (HIGH - 2 * _PADDING) / tall)

    def project(at: Where) -> tuple[float, float]:
        return (
            WIDE / 2 + (at[1] - middle[1]) * squeeze * scale,
            HIGH / 2 - (at[0] - middle[0]) * scale,
        )

    up, side = HIGH / 2 / scale, WIDE / 2 / scale / squeeze
    step = next((one for one in _STEPS if 2 * up / one <= _LINES), _STEPS[-1])
    lines = [
        Graticule(degrees, round(project((degrees, middle[1]))[1], 1), across=True)
        for degrees in _multiples(middle[0] - up, middle[0] + up, step)
        if abs(degrees) <= 90  # noqa: PLR2004 (the poles)
    ]
    lines += [
        Graticule(degrees, round(project((middle[0], degrees))[0], 1), across=False)
        for degrees in _multiples(middle[1] - side, middle[1] + side, step)
    ]
    return project, tuple(lines), scale / _KM_PER_DEGREE


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [round(n * step, 6) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _nice_km(most: float) -> int:
    power = 10 ** math.floor(math.log10(max(most, 1.0)))
    return int(max(factor * power for factor in (1, 2, 5) if factor * power <= max(most, 1.0)))


def _spread(spots: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Places of one town stand around its middle, so that each is seen."""
    towns: list[list[str]] = []
    for place, (x, y) in sorted(spots.items(), key=lambda one: (one[1], one[0])):
        near = next((town for town in towns if math.dist(spots[town[0]], (x, y)) < _APART), None)
        if near is None:
            towns.append([place])
        else:
            near.append(place)
    found: dict[str, tuple[float, float]] = {}
    for town in towns:
        x, y = spots[town[0]]
        ring = 0.0 if len(town) == 1 else _APART * max(1.0, len(town) / 5)
        for number, place in enumerate(town):
            turn = 2 * math.pi * number / len(town) - math.pi / 2
            found[place] = (round(x + ring * math.cos(turn), 1), round(y + ring * math.sin(turn), 1))
    return found


def _points(
    here: Mapping[str, _Here],
    spots: Mapping[str, tuple[float, float]],
    width_of: Callable[[str], int],
) -> tuple[Point, ...]:
    most = max(1, *(one.objects or one.stops for one in here.values()))
    radius = {
        place: round(
            _SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt((here[place].objects or here[place].stops) / most),
            1,
        )
        for place in spots
    }
    taken = [(x - radius[p], y - radius[p], x + radius[p], y + radius[p]) for p, (x, y) in spots.items()]
    points: list[Point] = []
    for place in sorted(spots, key=lambda key: (not here[key].suspect, -radius[key], spots[key][1], key)):
        (x, y), one = spots[place], here[place]
        box, label, covered = _label(x, y, radius[place], width_of(place) * _LETTER, taken)
        named = one.suspect or covered <= _MOST_COVERED
        if named:
            taken.append(box)
        told = one.suspect, one.certain, one.objects, one.surely
        points.append(Point(place, x, y, radius[place], *told, label if named else None))
    return tuple(sorted(points, key=lambda point: (point.y, point.place)))


def _label(
    x: float, y: float, radius: float, wide: float, taken: Sequence[tuple[float, float, float, float]]
) -> tuple[tuple[float, float, float, float], tuple[float, float, str], float]:
    """Where around a place its name covers the least and stays on the map, and how much it covers there."""
    far = radius + 6
    ways: list[tuple[float, tuple[float, float, float, float], tuple[float, float, str], float]] = []
    for down in (0.0, -far, far, -far - _LINE_HEIGHT, far + _LINE_HEIGHT):
        for anchor in ("start", "end", "middle"):
            if anchor == "middle" and down == 0:
                continue
            at = x + (far if anchor == "start" else -far if anchor == "end" else 0)
            left = {"start": at, "end": at - wide, "middle": at - wide / 2}[anchor]
            box = (left, y + down - 10, left + wide, y + down + 8)
            covered = sum(_overlap(box, other) for other in taken) + 1000 * _outside(box)
            ways.append((covered + abs(down), box, (round(at, 1), round(y + down + 4, 1), anchor), covered))
    return min(ways, key=lambda way: way[0])[1:]


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _outside(box: tuple[float, float, float, float]) -> bool:
    return box[0] < 0 or box[1] < 0 or box[2] > WIDE or box[3] > HIGH


def _arcs(here: Mapping[str, _Here], spots: Mapping[str, tuple[float, float]]) -> Iterable[Arc]:
    flows = [
        (source, target, *told)
        for source, one in here.items()
        for target, told in one.flows.items()
        if source in spots and target in spots
    ]
    most = max((pieces or times for _, _, times, pieces, _, _ in flows), default=1)
    thickest = _THICKEST if len(flows) <= _MANY_ARCS else _THICKEST_OF_MANY
    for source, target, times, pieces, surely, certain in flows:
        (x0, y0), (x1, y1) = spots[source], spots[target]
        width = _THINNEST + (thickest - _THINNEST) * math.sqrt((pieces or times) / most)
        far = math.dist((x0, y0), (x1, y1)) or 1.0
        lift = min(40.0, far / 5)  # to one side, so that there and back are two lines
        mx = (x0 + x1) / 2 + (y1 - y0) / far * lift
        my = (y0 + y1) / 2 - (x1 - x0) / far * lift
        path = f"M{x0:g} {y0:g}Q{mx:.1f} {my:.1f} {x1:g} {y1:g}"
        yield Arc(source, target, path, round(min(width, thickest), 1), pieces, surely, certain)

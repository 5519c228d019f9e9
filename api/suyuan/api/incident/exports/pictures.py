"""The chart of a trace as a file of its own: SVG, or PNG for programs that take no SVG.

Both are drawn from the same shapes, in colours that stay apart in black and white too: what is possible is
dashed, what is suspect framed. Below stands what the picture is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from math import hypot
from typing import Literal

from lxml import etree
from PIL import Image, ImageDraw, ImageFont

from suyuan.api.incident.exports.subject import Subject
from suyuan.portal.incident.captions import Caption
from suyuan.portal.incident.chart import HEIGHT, WIDTH, Chart
from suyuan.portal.incident.drawn import Lookups, pictured
from suyuan.portal.rendering import Page
from suyuan.portal.typeface import find_typeface
from suyuan.trace.epcis.xml_elements import carried
from suyuan.trace.errors import Unavailable

_SVG = "http://www.w3.org/2000/svg"
_INK, _QUIET, _PAPER, _BAND = "#17211c", "#55635b", "#ffffff", "#f3f6f4"
_RED, _GREEN, _FAINT = "#a3161b", "#0b5a3c", "#c9d3cd"
_MARGIN, _LINE = 24, 18
_SCALE = 2.0
_MOST_PIXELS = 60_000_000
_STEPS = 24
_DASH = (6.0, 4.0)
_COMMANDS = re.compile(r"([MHVC])([^MHVC]*)")
_SHOWN = ("export.title", "export.asked", "export.evidence", "export.known_at", "export.supposed")


class NoTypeface(Unavailable):
    """This machine has no typeface in which the picture could be written."""

    code = "no-typeface"
    title = "The picture cannot be written here"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = ""
    thick: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A path of absolute M, H, V and C."""

    path: str
    stroke: str
    thick: float
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; ``y`` is its base line."""

    x: float
    y: float
    text: str
    size: int = 12
    fill: str = _INK
    anchor: Literal["start", "end"] = "start"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a way arrives: an arrow to the right."""

    x: float
    y: float
    fill: str

    @property
    def corners(self) -> Sequence[tuple[float, float]]:
        """Of the triangle."""
        return (self.x - 1, self.y - 5), (self.x + 8, self.y), (self.x - 1, self.y + 5)


Shape = Box | Curve | Words | Tip


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes in the order in which they are drawn."""

    width: int
    height: int
    title: str
    shapes: tuple[Shape, ...]


def drawing_of(subject: Subject) -> Drawing:
    """The chart with what it is of."""
    names = subject.names
    page = Page(path="", query=(), speech=subject.speech, chosen=None, large=False, principal=None)
    found = pictured(subject.trace, Lookups(names.labels, names.stages, names.positions), page)
    speech = subject.speech
    about = dict(subject.about())
    told = [f"{speech.say(name)}: {about[name]}" for name in _SHOWN if about.get(name)]
    told.append(f"{speech.say('export.withheld')}: {about['export.withheld']}")
    wide = max(found.chart.width, 640) + 2 * _MARGIN
    high = found.chart.height + 2 * _MARGIN + _LINE * len(told)
    shapes: list[Shape] = [Box(0, 0, wide, high, _PAPER), *_chart(found.chart, found.told, subject)]
    base = found.chart.height + _MARGIN + _LINE
    longest = wide // 7
    shapes += [
        Words(_MARGIN, base + _LINE * row, _cut(text, longest), 12, _QUIET) for row, text in enumerate(told)
    ]
    return Drawing(wide, high, subject.title or speech.say("chart.title"), tuple(shapes))


def svg_of(drawing: Drawing) -> bytes:
    """The drawing as SVG; nothing in it asks for anything else."""
    root = etree.fromstring(f'<svg xmlns="{_SVG}"/>')
    root.set("viewBox", f"0 0 {drawing.width} {drawing.height}")
    root.set("width", str(drawing.width))
    root.set("height", str(drawing.height))
    root.set("font-family", "'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif")
    etree.SubElement(root, f"{{{_SVG}}}title").text = carried(drawing.title)
    for shape in drawing.shapes:
        name, told, text = _element(shape)
        element = etree.SubElement(root, f"{{{_SVG}}}{name}")
        for key, value in told.items():
            element.set(key, value)
        if text:
            element.text = carried(text)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def png_of(drawing: Drawing) -> bytes:
    """The drawing as PNG, at twice its size where that is not too much.

    Raises:
        NoTypeface: nothing on this machine can write Chinese.
    """
    face = find_typeface()
    if not face.embedded:
        raise NoTypeface(
            "There is no typeface for Chinese on this machine",
            remedy="Take the picture as SVG, or have fonts-wqy-microhei installed.",
        )
    area = drawing.width * drawing.height
    scale = min(_SCALE, (_MOST_PIXELS / area) ** 0.5)
    image = Image.new("RGB", (int(drawing.width * scale), int(drawing.height * scale)), _PAPER)
    canvas = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        _paint(canvas, shape, scale, face.name)
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _chart(chart: Chart, captions: Mapping[int, Caption], subject: Subject) -> Iterator[Shape]:
    speech = subject.speech
    for number, band in enumerate(chart.bands):
        if number % 2:
            yield Box(_MARGIN, _MARGIN + band.y, chart.width, band.height, _BAND)
        day = speech.say("chart.no-time") if band.first is None else speech.short_day(band.first)
        yield Words(_MARGIN + 12, _MARGIN + band.y + 28, day, 12, _QUIET)
    for heading in chart.headings:
        text = speech.term("stage", heading.stage)
        yield Words(_MARGIN + heading.x, _MARGIN + 20, text, 13, _INK, bold=True)
    for line in chart.lines:
        possible = line.passage.certainty == "possible"
        path = _shifted(line.path)
        yield Curve(path, _QUIET, max(1.0, line.width), dashed=possible)
        yield Tip(*list(_points(path))[-1], _QUIET)
    for box in chart.boxes:
        yield from _stop(box.x + _MARGIN, box.y + _MARGIN, chart.box_height, captions[box.stop.index])


def _stop(x: float, y: float, height: int, told: Caption) -> Iterator[Shape]:
    stop = told.stop
    stroke = _RED if stop.suspect else _GREEN
    yield Box(
        x, y, WIDTH, height, _PAPER, stroke, 2.5 if stop.suspect else 1.2, dashed=stop.certainty == "possible"
    )
    title, code, amount, place = told.lines
    small = height < HEIGHT  # there are many: as the page draws them
    first = (code or title) if small else title
    yield Words(x + 10, y + 20, first, 13, _INK, bold=True)
    if not small:
        yield Words(x + 10, y + 36, code, 11, _QUIET)
        yield Words(x + 10, y + 52, place, 11, _QUIET)
    if amount:
        yield Words(x + WIDTH - 10, y + (20 if small else 36), amount, 11, _QUIET, "end")


def _shifted(path: str) -> str:
    parts: list[str] = []
    for letter, numbers in _COMMANDS.findall(path):
        values = [float(one) + _MARGIN for one in numbers.split()]
        parts.append(letter + " ".join(f"{one:g}" for one in values))
    return "".join(parts)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _element(shape: Shape) -> tuple[str, dict[str, str], str]:
    match shape:
        case Box():
            sides = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
            told = {name: f"{value:g}" for name, value in sides.items()} | {"fill": shape.fill}
            if shape.stroke:
                told |= {"stroke": shape.stroke, "stroke-width": f"{shape.thick:g}", "rx": "5"}
            return "rect", told | _dashes(dashed=shape.dashed), ""
        case Curve():
            told = {"d": shape.path, "fill": "none", "stroke": shape.stroke}
            told["stroke-width"] = f"{shape.thick:g}"
            told["stroke-opacity"] = "0.55"
            return "path", told | _dashes(dashed=shape.dashed), ""
        case Tip():
            corners = " ".join(f"{x:g},{y:g}" for x, y in shape.corners)
            return "polygon", {"points": corners, "fill": shape.fill}, ""
        case Words():
            told = {"x": f"{shape.x:g}", "y": f"{shape.y:g}", "font-size": str(shape.size)}
            told |= {"fill": shape.fill, "text-anchor": shape.anchor}
            return "text", told | ({"font-weight": "600"} if shape.bold else {}), shape.text


def _dashes(*, dashed: bool) -> dict[str, str]:
    return {"stroke-dasharray": f"{_DASH[0]:g} {_DASH[1]:g}"} if dashed else {}


def _paint(canvas: ImageDraw.ImageDraw, shape: Shape, scale: float, face: str) -> None:
    match shape:
        case Box():
            corners = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
            left, top, right, low = (one * scale for one in corners)
            if shape.stroke and shape.dashed:
                canvas.rectangle((left, top, right, low), fill=shape.fill)
                around = [(left, top), (right, top), (right, low), (left, low), (left, top)]
                for start, end in pairwise(around):
                    _dash(canvas, [start, end], shape.stroke, shape.thick * scale, scale)
            else:
                width = max(1, round(shape.thick * scale)) if shape.stroke else 0
                canvas.rectangle((left, top, right, low), shape.fill, shape.stroke or None, width)
        case Curve():
            points = [(x * scale, y * scale) for x, y in _points(shape.path)]
            pale = _FAINT if shape.thick > 3 else shape.stroke  # noqa: PLR2004 (wide ones would hide the rest)
            if shape.dashed:
                _dash(canvas, points, pale, shape.thick * scale, scale)
            else:
                canvas.line(points, pale, max(1, round(shape.thick * scale)), joint="curve")
        case Tip():
            canvas.polygon([(x * scale, y * scale) for x, y in shape.corners], shape.fill)
        case Words():
            font = ImageFont.truetype(face, round(shape.size * scale))
            anchor = "ls" if shape.anchor == "start" else "rs"
            at = (shape.x * scale, shape.y * scale)
            canvas.text(at, _printable(shape.text), shape.fill, font, anchor)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _points(path: str) -> Sequence[tuple[float, float]]:
    """Points along a path, close enough together to be drawn as lines."""
    found: list[tuple[float, float]] = []
    for letter, numbers in _COMMANDS.findall(path):
        values = [float(one) for one in numbers.split()]
        match letter:
            case "M":
                found.append((values[0], values[1]))
            case "H":
                found.append((values[0], found[-1][1]))
            case "V":
                found.append((found[-1][0], values[0]))
            case _:
                found.extend(_bent(found[-1], values))
    return found


def _bent(start: tuple[float, float], values: Sequence[float]) -> Iterable[tuple[float, float]]:
    """A cubic curve from ``start``: two handles and an end."""
    xs, ys = (start[0], *values[0::2]), (start[1], *values[1::2])
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        yield (
            sum(w * x for w, x in zip(weights, xs, strict=True)),
            sum(w * y for w, y in zip(weights, ys, strict=True)),
        )


def _dash(
    canvas: ImageDraw.ImageDraw,
    points: Sequence[tuple[float, float]],
    stroke: str,
    thick: float,
    scale: float,
) -> None:
    drawn, gap = _DASH[0] * scale, _DASH[1] * scale
    at = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = hypot(x1 - x0, y1 - y0)
        here = 0.0
        while here < length:
            phase = at % (drawn + gap)
            step = min(length - here, (drawn - phase) if phase < drawn else (drawn + gap - phase))
            if phase < drawn:
                a, b = here / length, (here + step) / length
                ends = [(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part) for part in (a, b)]
                canvas.line(ends, stroke, max(1, round(thick)))
            here, at = here + step, at + step

"""The curve of a thermometer as a small picture: the limits as a band, what was measured as a line."""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.recall.passport import Temperature

WIDTH, HEIGHT = 256, 88
_TOP, _BOTTOM = 8, 80
_LEAST_SPAN_C = 2.0  # a steady fridge is a flat line, whatever its last decimals do


@dataclass(frozen=True, slots=True)
class Curve:
    """``line`` are the points of the measured line; ``band`` the top and height of the limits, where told."""

    line: str
    band: tuple[float, float] | None


def curve(found: Temperature) -> Curve | None:
    """The picture of the single readings; None where there are less than two, or all at one instant."""
    if len(found.curve) < 2:  # noqa: PLR2004 (one reading is no line)
        return None
    first, last = found.curve[0].time, found.curve[-1].time
    lasted = (last - first).total_seconds()
    if not lasted:
        return None
    shown = [one.value_c for one in found.curve]
    shown += [limit for limit in (found.low_c, found.high_c) if limit is not None]
    middle, span = (min(shown) + max(shown)) / 2, max(max(shown) - min(shown), _LEAST_SPAN_C)

    def y(value: float) -> float:
        return round((_TOP + _BOTTOM) / 2 - (value - middle) / span * (_BOTTOM - _TOP), 1)

    line = " ".join(
        f"{(one.time - first).total_seconds() / lasted * WIDTH:.1f},{y(one.value_c)}" for one in found.curve
    )
    if found.low_c is None and found.high_c is None:
        return Curve(line, None)
    top = 0.0 if found.high_c is None else y(found.high_c)
    bottom = float(HEIGHT) if found.low_c is None else y(found.low_c)
    return Curve(line, (top, round(bottom - top, 1)))

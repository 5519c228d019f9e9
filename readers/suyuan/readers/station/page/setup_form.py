"""The form that gives each antenna its name, step and place, and the read points that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from suyuan.readers.station.order import Step
from suyuan.readers.station.setup_file import DraftPoint, point_of
from suyuan.readers.station.trial import SeenTag
from suyuan.trace.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Antenna:
    """One line of the form: the antenna, what it is called and does so far, and what it sees."""

    number: int
    name: str
    step: str
    read_point: str
    tags: Sequence[SeenTag]


def antennas_of(seen: Mapping[int, Sequence[SeenTag]], points: Iterable[DraftPoint]) -> Sequence[Antenna]:
    """The lines of the form: every antenna that the reader has or that saw something, as set up so far."""
    rows = {number: Antenna(number, "", "", "", tags) for number, tags in seen.items()}
    for point in points:
        for number in point.antennas or tuple(seen):
            known = rows.get(number, Antenna(number, "", "", "", ()))
            rows[number] = replace(known, name=point.name, step=point.step, read_point=point.read_point)
    return [rows[number] for number in sorted(rows)] or [Antenna(1, "", "", "", ())]


def retold(rows: Iterable[Antenna], told: Mapping[str, str]) -> Sequence[Antenna]:
    """The lines with what was typed in a form that was not accepted: nobody types it again."""
    return [
        replace(
            row,
            name=told.get(f"name-{row.number}", row.name),
            step=told.get(f"step-{row.number}", row.step),
            read_point=told.get(f"point-{row.number}", row.read_point),
        )
        for row in rows
    ]


def points_of(
    told: Mapping[str, str], *, reader: str, antennas: Sequence[int], one: bool = False
) -> Sequence[DraftPoint]:
    """The read points of a filled form; antennas of one name and step are one read point.

    Fields: ``place``; per antenna N ``name-N``, ``step-N`` (empty: not used) and ``point-N`` (empty: the
    place with the antenna's number). A reader that is ``one`` with its read point gives it its name.

    Raises:
        InvalidInput: ``where`` names the field.
    """
    found: dict[str, DraftPoint] = {}
    for number in sorted(_numbers(told)):
        step = told.get(f"step-{number}", "")
        if not step:
            continue
        if step not in set(Step):
            raise InvalidInput("There is no step {value}.", where=f"step-{number}", value=step)
        name = told.get(f"name-{number}", "") or (reader if one else f"{reader}-{number}")
        given = told.get(f"point-{number}", "")
        place = told.get("place", "")
        point = given or point_of(place, number)
        site = point_of(place, number).rpartition("/")[0].rpartition("/")[0] if place else ""
        made = DraftPoint(name, reader, step, point, site, (number,))
        before = found.get(name)
        if before is not None and before.step != step:
            raise InvalidInput(
                "Two antennas are called {name} but have different steps",
                where=f"name-{number}",
                remedy="Give them different names, or the same step.",
                name=name,
            )
        found[name] = made if before is None else replace(before, antennas=(*before.antennas, number))
    if not found and one:
        raise InvalidInput("No step is chosen", where="step-1", remedy="Choose what is done here.")
    if not found:
        raise InvalidInput(
            "No antenna has a step", where="step-1", remedy="Choose what is done at one antenna at least."
        )
    if len(found) == 1 and len(antennas) == 1:
        [only] = found.values()
        return [replace(only, antennas=())]
    return list(found.values())


def _numbers(told: Mapping[str, str]) -> Iterable[int]:
    for field in told:
        stem, _, number = field.rpartition("-")
        if stem == "step" and number.isascii() and number.isdigit():
            yield int(number)

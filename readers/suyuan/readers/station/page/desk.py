"""What the page has under way: one pass per read point, and what was last written in its fields."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from suyuan.readers.address import parse_address
from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.page import fields
from suyuan.readers.station.page.field import Values
from suyuan.readers.station.page.fields import HOLD, Filled
from suyuan.readers.station.page.kinds import kind_of
from suyuan.readers.station.station import Station
from suyuan.trace.errors import SuyuanError, WrongUse

NO_TAG_S = 60.0
"""How long a pass that was started by hand waits for its first tag."""


@dataclass(slots=True)
class _Place:
    """What the page keeps of one read point."""

    task: asyncio.Task[None] | None = None
    step: Step | None = None
    fault: SuyuanError | None = None
    seen: int = -1
    held: bool = False
    drafts: dict[Step, dict[str, str]] = field(default_factory=dict[Step, dict[str, str]])
    stored: dict[Step, dict[str, str]] = field(default_factory=dict[Step, dict[str, str]])

    def lose(self, task: asyncio.Task[None]) -> None:
        """A pass that a fault of ours ended says so on the page, and to us."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        told = {"message": "A pass was lost", "exception": error, "task": task}
        task.get_loop().call_exception_handler(told)
        self.fault = SuyuanError(
            remedy="Look whether it was recorded before you do the step again, and report this."
        )


class Desk:
    """The passes that the page started at one station."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self._places = {p.name: _Place() for p in station.config.read_points}

    def step(self, point: ReadPoint) -> Step:
        """The step that was last started or chosen here, else that of the configuration."""
        return self._places[point.name].step or point.step

    def fault(self, read_point: str) -> SuyuanError | None:
        """Why the last pass could not be carried out."""
        return self._places[read_point].fault

    def acknowledge(self, read_point: str, passes: int) -> None:
        """The outcome of that pass was seen: the page goes back to ready."""
        place = self._places[read_point]
        place.seen, place.fault = passes, None

    def acknowledged(self, read_point: str) -> int:
        """The number of the pass whose outcome was seen."""
        return self._places[read_point].seen

    def held(self, read_point: str) -> bool:
        """Whether the pass that was last started is to be closed by hand."""
        return self._places[read_point].held

    async def values(self, point: ReadPoint, step: Step) -> dict[str, str]:
        """What the fields say: what was last written here, else what the configuration says."""
        place = self._places[point.name]
        if step not in place.drafts:
            kept = await self.station.kept(f"{point.name} {step}")
            known = {f.name for f in fields.FIELDS[step]} | {HOLD}
            stored: dict[str, str] = orjson.loads(kept) if kept else {}
            place.drafts[step] = (
                {name: text for name, text in stored.items() if name in known}
                if kept
                else fields.defaults(point, step, self._scheme(point))
            )
        return place.drafts[step]

    async def prepare(self, point: ReadPoint, step: Step, values: Values) -> None:
        """Write ``values`` into the fields of a step, and choose it; nothing is begun.

        Raises:
            WrongUse: a pass is under way at the read point.
            OutboxUnavailable: what was written there before cannot be read.
        """
        self._see_idle(point)
        place = self._places[point.name]
        place.drafts[step] = {**await self.values(point, step), **values}
        place.step = step

    def _see_idle(self, point: ReadPoint) -> None:
        task = self._places[point.name].task
        if task is not None and not task.done():
            raise WrongUse("A pass is under way at {name}.", remedy="End it first.", name=point.name)

    async def start(self, point: ReadPoint, step: Step, values: Values) -> Filled:
        """Begin a pass with these fields; what is wrong with them is answered instead.

        Raises:
            WrongUse: a pass is under way, or the read point works by itself.
            OutboxUnavailable: what was written cannot be remembered, so no event could be stored either.
        """
        self._see_idle(point)
        place = self._places[point.name]
        if point.automatic:
            raise WrongUse("The read point {name} works by itself.", where="point", name=point.name)
        if step not in point.allowed:
            raise WrongUse(
                "This step is not done at {name}.",
                where="step",
                remedy="Choose another read point or step.",
                name=point.name,
            )
        filled = await asyncio.to_thread(  # a logger's file costs a second
            fields.fill,
            step,
            values,
            self.station.config,
            point,
            GS1,
            self.station.addresses,
            self.station.coming,
        )
        self._see_idle(point)
        place.step = step
        place.drafts[step] = {name: text.strip() for name, text in values.items()}
        if filled.order is None:
            return filled
        lasting = fields.remembered(step, place.drafts[step])
        if place.stored.get(step) != lasting:  # a commit takes its time; most passes are like the one before
            await self.station.keep(f"{point.name} {step}", orjson.dumps(lasting))
            place.stored[step] = lasting
        place.fault = None
        place.held = hold = bool(values.get(HOLD)) or self.typed(point)  # nobody types within a quiet window
        place.task = asyncio.create_task(self._carry_out(place, filled.order, point, hold=hold))
        place.task.add_done_callback(place.lose)
        await asyncio.sleep(0)  # so that the page that is answered now shows the pass
        return filled

    async def _carry_out(self, place: _Place, order: Order, point: ReadPoint, *, hold: bool) -> None:
        try:
            outcome = await self.station.perform(order, point.name, timeout_s=NO_TAG_S, hold=hold)
        except SuyuanError as error:
            place.fault = error  # for the page, which is all that asked
            return
        if outcome.sequences:
            place.drafts[order.step] = fields.remembered(order.step, place.drafts[order.step])

    def typed(self, point: ReadPoint) -> bool:
        """Whether codes are typed here: into a scanner's place, or for a reader that is away."""
        return kind_of(self._url(point)) == "scan" or not self.station.hears(point.name)

    def _url(self, point: ReadPoint) -> str:
        return next(r.url for r in self.station.config.readers if r.name == point.reader)

    def _scheme(self, point: ReadPoint) -> str:
        return parse_address(self._url(point)).scheme


def choose(station: Station, name: str) -> ReadPoint:
    """The read point of that name, or the first one."""
    points = {p.name: p for p in station.config.read_points}
    return points.get(name) or station.config.read_points[0]


def chosen_step(name: str, otherwise: Step) -> Step:
    """The step of that name, or the other one."""
    return Step(name) if name in tuple(Step) else otherwise


def texts(form: Mapping[str, object], step: Step) -> dict[str, str]:
    """The fields of ``step`` in a submitted form."""
    names = [f.name for f in fields.FIELDS[step]] + [HOLD]
    return {name: text for name in names if isinstance(text := form.get(name), str)}

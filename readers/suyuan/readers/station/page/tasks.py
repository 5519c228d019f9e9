"""What waits to be done in the store, ``/tasks``: recalls to sweep for, places to count, what to pick first.

All of it is the station's own memory and what it fetched before, so it is there with the network away. A
button fills in the fields of the step and leads to the work page, where the step is begun.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.readers.station.bodies import local_day, local_time
from suyuan.readers.station.config import ReadPoint
from suyuan.readers.station.duration import duration
from suyuan.readers.station.order import Step
from suyuan.readers.station.page import display
from suyuan.readers.station.page.desk import choose, chosen_step
from suyuan.readers.station.page.fields import HOLD, MOST_EXPECTED
from suyuan.readers.station.page.host import Host
from suyuan.readers.station.page.pages import answer, language_of
from suyuan.readers.station.page.work import Work
from suyuan.readers.station.recall_task import Reach
from suyuan.readers.station.setup_file import is_begun
from suyuan.readers.station.station import Station
from suyuan.readers.station.stock import SWEEPS, Piece, expired, ghosts, pick_list
from suyuan.readers.station.words import Message
from suyuan.trace.errors import WrongUse

MOST_SHOWN = 200
"""Codes and places that stand in one list; the number above it tells how many there are."""
PICKED_FOR = (Step.SHIP, Step.PICK)


@dataclass(frozen=True, slots=True)
class AtPlace:
    """What a task or a count means for one storage place; ``missing`` are codes."""

    place: str
    expected: int
    missing: tuple[str, ...]
    first: date | None = None

    @property
    def found(self) -> int:
        """How many of it are accounted for."""
        return self.expected - len(self.missing)


@dataclass(frozen=True, slots=True)
class Pick:
    """What a person asked to pick: ``pieces`` are what there is of it, first expired first."""

    product: str = ""
    count: str = ""
    pieces: tuple[Piece, ...] = ()
    fault: str = ""


class TasksPage:
    """The page of whichever station ``host`` runs; ``work`` has the desk that the fields are filled in at."""

    def __init__(self, host: Host, work: Work) -> None:
        self._host = host
        self._work = work

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/tasks", self.show, methods=["GET"]),
            Route("/tasks/begin", self.begin, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The page; with a product and a number of pieces also what to pick."""
        station = self._host.station
        if station is None:
            return answer(request, "none.html", fault=self._host.fault, begun=is_begun(self._host.path))
        asked = request.query_params
        point = choose(station, asked.get("point", ""))
        stock, tasks = await station.stock(), await station.recall_tasks()
        status = await station.status()
        today, old_s = local_day(status.clock, station.config.utc_offset), station.asked.old_s(status.clock)
        old = Message("RECALLS_OLD", {"span": duration(old_s)}) if old_s is not None else None
        picked = _picked(stock, asked.get("product", "").strip(), asked.get("count", "").strip(), today)
        return answer(
            request,
            "tasks.html",
            status=400 if picked.fault else 200,
            point=point,
            at={step: _point_for(station, point, step) for step in (*PICKED_FOR, Step.HOLD, Step.COUNT)},
            tasks=[(task, _by_place(task, stock)) for task in tasks],
            as_of=_clock(station, station.asked.as_of),
            old=old.text(language_of(request)) if old is not None else "",
            listed=station.asked.as_of is not None or status.block_list_age_s is not None,
            since={task.case: _clock(station, task.asked.since) for task in tasks},
            places=_counted(stock),
            products=_products(stock),
            picked=picked,
            ghosts=ghosts(stock),
            expired=expired(stock, today),
            sweeps=SWEEPS,
            short=display.short_code,
            plain=display.product_code,
            most=MOST_SHOWN,
        )

    async def begin(self, request: Request) -> Response:
        """Fill in the fields of a step and lead to it.

        Raises:
            WrongUse: no read point here does the step, or a pass is under way there.
        """
        desk, form = self._work.desk(), await request.form()
        told = {name: str(form.get(name, "")).strip() for name in ("case", "storage", "product", "count")}
        step = chosen_step(str(form.get("step", "")), Step.COUNT)
        point = _point_for(desk.station, choose(desk.station, str(form.get("point", ""))), step)
        if point is None:
            raise WrongUse(
                "No read point here does this step.",
                where="step",
                remedy="Allow it at a read point in the station's file.",
            )
        values = {HOLD: "1"}
        if step is Step.HOLD:
            values["case"] = told["case"]
        elif step is Step.COUNT:
            values |= {"storage": told["storage"], "whole_store": "" if told["storage"] else "1"}
        elif step in PICKED_FOR:
            stock, today = await desk.station.stock(), await _today(desk.station)
            picked = _picked(stock, told["product"], told["count"], today)
            values["expected"] = "\n".join(one.key for one in picked.pieces)
        await desk.prepare(point, step, values)
        return RedirectResponse(f"/?{urlencode({'point': point.name, 'step': step.value})}", status_code=303)


def routes(host: Host, work: Work) -> list[BaseRoute]:
    """The routes of the page."""
    return TasksPage(host, work).routes()


def _point_for(station: Station, wanted: ReadPoint, step: Step) -> ReadPoint | None:
    """Where the step is done: at the read point that is looked at, else where it is the usual one."""
    able = [each for each in station.config.read_points if step in each.allowed and not each.automatic]
    able.sort(key=lambda each: (each.name != wanted.name, each.step is not step))
    return able[0] if able else None


def _picked(stock: Sequence[Piece], product: str, count: str, today: date) -> Pick:
    if not product and not count:
        return Pick()
    if not (count.isascii() and count.isdigit() and 0 < len(count) <= len(str(MOST_EXPECTED))):
        return Pick(product, count, fault="fault.count-to-pick")
    if not 0 < int(count) <= MOST_EXPECTED:
        return Pick(product, count, fault="fault.count-to-pick")
    found = pick_list(stock, product, int(count), today)
    return Pick(product, count, tuple(found), "" if found else "fault.nothing-to-pick")


def _by_place(task: Reach, stock: Iterable[Piece]) -> list[AtPlace]:
    """Where to look for what a case wants, with what is still missing there; what has no place comes last."""
    lies = {one.key: one.place for one in stock}
    expected, missing = Counter(lies.get(key, "") for key in task.here), dict[str, list[str]]()
    for key in task.missing:
        missing.setdefault(lies.get(key, ""), []).append(key)
    return [
        AtPlace(place, expected[place], tuple(missing.get(place, ())))
        for place in sorted(expected, key=_last)
    ]


def _counted(stock: Iterable[Piece]) -> list[AtPlace]:
    """What should lie where, with what the last count did not see."""
    found: dict[str, list[Piece]] = {}
    for one in stock:
        if one.here:
            found.setdefault(one.place, []).append(one)
    return [
        AtPlace(
            place,
            len(some),
            tuple(one.key for one in some if one.missed),
            min((one.expires for one in some if one.expires is not None), default=None),
        )
        for place, some in sorted(found.items(), key=lambda each: _last(each[0]))
    ]


def _last(place: str) -> tuple[bool, str]:
    """Sorts by name, what has none last."""
    return not place, place


def _products(stock: Iterable[Piece]) -> list[tuple[str, int]]:
    """The products of which there is anything to pick, with how many pieces."""
    found = Counter(one.product_key for one in stock if one.pickable and one.product_key is not None)
    return sorted(found.items())


async def _today(station: Station) -> date:
    return local_day((await station.status()).clock, station.config.utc_offset)


def _clock(station: Station, at: datetime | None) -> str:
    """Day and time at the station, empty where there is none."""
    return "" if at is None else local_time(at, station.config.utc_offset)[:16].replace("T", " ")

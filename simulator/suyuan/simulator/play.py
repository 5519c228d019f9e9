"""Playing the sample world: its assignments go through real stations that read real LLRP over loopback.

Stations run side by side, each in the order of its own assignments; what was sent is received only once it
was sent. Event times lie in the simulated days; delivery to the server is plain HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from suyuan.simulator.field import Clock, Counts, Rates
from suyuan.simulator.post import Post, Server, pass_of
from suyuan.simulator.story import Assignment
from suyuan.simulator.world import LOCAL, World
from suyuan.trace.errors import Conflict, NotAuthenticated, Unavailable, WrongUse

NAME_FILE = "world.json"
PLOT = 2
"""Another number with each plot that gives the same (seed, end) other assignments: order ids count them."""
DELIVERED_WITHIN_S = 120.0
LOOK_EVERY_S = 0.05
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What was done. ``counts`` cover the whole world, also what an earlier, interrupted play did.

    ``resumed`` assignments had been done before; ``stopped`` ones the stations refused (recalled goods);
    ``acknowledged`` events the server has stored, ``refused`` ones it would not take.
    """

    assignments: int
    resumed: int
    stopped: int
    counts: Counts
    acknowledged: int
    refused: int
    seconds: float


async def play(
    world: World,
    *,
    server_url: str,
    tokens: Mapping[str, str],
    folder: Path,
    block_list_key: bytes | None,
    now: Callable[[], datetime],
    progress: Callable[[int, int, str], None] = lambda _done, _total, _text: None,
    rates: Rates | None = None,
    patience_s: float = DELIVERED_WITHIN_S,
) -> Played:
    """Play ``world`` and return once the server has acknowledged everything.

    ``tokens`` has one for each station of ``world.stations``. An interrupted play goes on where it was when
    it is started again with the same world and ``folder``; nothing is lost or sent as a new event twice.

    Raises:
        WrongUse: a station has no token.
        Conflict: ``folder`` holds another world.
        NotAuthenticated: the server refuses a station's token.
        Unavailable: the server did not take the events within ``patience_s`` of the last; play again later.
    """
    _check_tokens(world, tokens)
    _claim(folder, world)
    started = now()
    game = _Game(world, rates or Rates(), progress)
    async with AsyncExitStack() as stack:
        for site in world.stations:
            clock = Clock(world.assignments[0].time)
            server = Server(server_url, tokens[site.station], block_list_key)
            game.posts.append(Post(site, folder, server, clock=clock, now=now))
        await _together([stack.enter_async_context(post) for post in game.posts])
        await _together([game.work(post) for post in game.posts])
        acknowledged = refused = 0
        for post in game.posts:
            await _delivered(post, patience_s)
            queue = (await post.station.status()).queue
            acknowledged += queue.last_sequence - queue.depth - queue.refused
            refused += queue.refused
    return Played(
        assignments=len(world.assignments),
        resumed=game.resumed,
        stopped=game.stopped,
        counts=game.counts,
        acknowledged=acknowledged,
        refused=refused,
        seconds=(now() - started).total_seconds(),
    )


@dataclass(slots=True)
class _Game:
    """A play under way."""

    world: World
    rates: Rates
    progress: Progress
    posts: list[Post] = field(default_factory=list[Post])
    counts: Counts = field(default_factory=Counts)
    done: int = 0
    resumed: int = 0
    stopped: int = 0
    finished: dict[str, asyncio.Event] = field(init=False)

    def __post_init__(self) -> None:
        self.finished = {a.order_id: asyncio.Event() for a in self.world.assignments}

    async def work(self, post: Post) -> None:
        """All assignments of one post, in their order."""
        for assignment in self.world.assignments:
            if assignment.station != post.site.station:
                continue
            for earlier in assignment.after:
                await self.finished[earlier].wait()
            await self.carry_out(post, assignment)
            self.finished[assignment.order_id].set()
            self.done += 1
            self.progress(self.done, len(self.finished), _caption(assignment))

    async def carry_out(self, post: Post, assignment: Assignment) -> None:
        made = pass_of(assignment, self.rates)
        self.counts.add(made.counts)
        if await post.station.performed(assignment.order_id) is not None:
            self.resumed += 1
            return
        outcome = await post.carry_out(assignment, made)
        self.stopped += not outcome.event_ids
        if outcome.missing:
            raise Unavailable(
                "The station {station} lost reads of order {order}.",
                remedy="Play again on the same folder.",
                station=assignment.station,
                order=assignment.order_id,
            )


async def _together(work: Sequence[Coroutine[Any, Any, object]]) -> None:
    """Do all of ``work`` side by side; the first failure ends the rest and is raised as it is."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def _caption(assignment: Assignment) -> str:
    time = assignment.time.astimezone(LOCAL)
    return f"{time:%m-%d %H:%M} {assignment.station} {assignment.order.step}"


async def _delivered(post: Post, patience_s: float) -> None:
    """Wait until nothing waits for delivery at ``post``."""
    station = post.station
    try:
        async with asyncio.timeout(patience_s):
            while (status := await station.status()).queue.depth:
                if status.server == "not-signed-in":
                    raise NotAuthenticated(
                        "The server refuses the token of station {station}.",
                        where="tokens",
                        remedy="Give it the token of its account.",
                        station=post.site.station,
                    )
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as error:
        raise Unavailable(
            "The server did not take the events of station {station}.",
            remedy="See that it runs, then play again on the same folder.",
            station=post.site.station,
        ) from error


def _check_tokens(world: World, tokens: Mapping[str, str]) -> None:
    missing = [site.station for site in world.stations if not tokens.get(site.station)]
    if missing:
        raise WrongUse(
            "There is no token for {stations}.",
            where="tokens",
            remedy="Give one for every station of the world.",
            stations=", ".join(missing),
        )


def _claim(folder: Path, world: World) -> None:
    """Note in ``folder`` which world is played there; another one may not be mixed in."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME_FILE
    ours = {
        "seed": world.seed,
        "end": world.end.isoformat(),
        "cases": world.scale.cases_per_lot,
        "plot": PLOT,
    }
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_bytes(orjson.dumps(ours))
        part.replace(path)
        return
    theirs = path.read_bytes()
    if theirs != orjson.dumps(ours):
        raise Conflict(
            "The folder {folder} holds another sample world.",
            where="folder",
            remedy="Take an empty folder, or play on with what {file} notes, by the version that began it.",
            folder=str(folder),
            file=NAME_FILE,
        )

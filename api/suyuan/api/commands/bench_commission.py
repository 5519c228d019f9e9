"""``suyuan bench commission``: tags are written with faults and power cuts, and the damage is counted."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any

import orjson
import typer

from suyuan.readers.field import Bench
from suyuan.readers.sim import SimReader
from suyuan.readers.station import tag_jobs, work_order
from suyuan.readers.station.commission import Encoder, Manner
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.work_order import WorkOrder
from suyuan.readers.virtual.gen2 import VirtualGen2, WriteFault, WriteFaults
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import decode_epc

_GTIN, _FIRST = "06901234567892", 100_000
_BLANK = bytes.fromhex("e2801191")
_SETTLED = frozenset({"TAG_WRITTEN", "TAG_DONE_BEFORE", "WRITE_FAIL"})


@dataclass(frozen=True, slots=True)
class Commissioned:
    """What became of the tags; the last three are never to be anything but nothing."""

    seed: int
    tags: int
    verified: int
    faults: dict[str, int]
    noted_faults: int
    spent_serials: int
    power_cuts: int
    tags_per_second: float
    serials_twice: int
    identities_without_tag: int
    faults_not_noted: int


class PowerCut(BaseException):
    """The machine is without power from here on."""


class _Faults(WriteFaults):
    """Counts what goes wrong."""

    def __init__(self, chance: Random, share: float) -> None:
        super().__init__(chance.random, share / 3, share / 3, share / 3)
        object.__setattr__(self, "drawn", Counter[str]())

    drawn: Counter[str]

    def draw(self) -> WriteFault | None:
        fault = super().draw()
        if fault is not None:
            self.drawn[fault.value] += 1
        return fault


class _Mains:
    """Cuts the power now and then, before or after a call to the disk or the reader."""

    def __init__(self, chance: Random, every: int) -> None:
        self._chance, self._every = chance, every
        self.cuts = 0

    def feed(self, part: Any) -> Any:
        """``part``, every awaited call of which may be the last."""
        mains = self

        class Fed:
            def __getattr__(self, name: str) -> Any:
                async def call(*args: Any, **more: Any) -> Any:
                    mains.perhaps()
                    done = await getattr(part, name)(*args, **more)
                    mains.perhaps()
                    return done

                return call

        return Fed()

    def perhaps(self) -> None:
        """Cut, or not."""
        if self._every and self._chance.random() * self._every < 1:
            self.cuts += 1
            raise PowerCut


def commission(
    tags: Annotated[int, typer.Option(min=1, help="Tags to be commissioned.")] = 1_000,
    faults: Annotated[float, typer.Option(min=0, max=0.5, help="Share of writes that go wrong.")] = 0.02,
    cut_every: Annotated[int, typer.Option(min=0, help="Calls between two power cuts; 0: none.")] = 0,
    seed: Annotated[int, typer.Option(help="Of faults and cuts.")] = 1,
) -> None:
    """Commission simulated UHF tags of which some writes fail, are garbled or torn.

    Ends with status 1 if a serial is on two tags, an identity is without its tag, or a fault not noted.
    """
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder:
        made = asyncio.run(_measured(Path(folder), tags, faults, cut_every, seed))
    typer.echo(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2).decode())
    if made.serials_twice or made.identities_without_tag or made.faults_not_noted:
        raise typer.Exit(1)


async def _measured(folder: Path, count: int, share: float, cut_every: int, seed: int) -> Commissioned:
    chance = Random(seed)  # noqa: S311 - faults are to come again with their seed
    faults, mains = _Faults(chance, share), _Mains(chance, cut_every)
    spare = 10 + count // 2
    order = WorkOrder("bench", _GTIN, "B1", count, _FIRST, _FIRST + count + spare, company_prefix_length=7)
    waiting = [VirtualGen2(_BLANK + number.to_bytes(8)) for number in range(count + spare)]
    laid: list[VirtualGen2] = []
    began = time.perf_counter()
    while True:
        try:
            await _work(folder, order, waiting, laid, faults, mains)
        except PowerCut:
            continue
        break
    took_s = time.perf_counter() - began
    async with Outbox(folder, "bench", now=_now) as outbox:
        rows = await outbox.within(
            lambda db: db.execute("SELECT key, state, tid FROM label WHERE state != 'free'").fetchall()
        )
        noted = len(await outbox.within(lambda db: tag_jobs.rejects(db, order.id)))
    return _checked(laid, rows, noted, faults, mains, seed, count / took_s)


async def _work(
    folder: Path,
    order: WorkOrder,
    waiting: list[VirtualGen2],
    laid: list[VirtualGen2],
    faults: _Faults,
    mains: _Mains,
) -> None:
    """Go on with the order until it is finished; a tag that was being written lies there still."""
    field = Bench()
    async with (
        Outbox(folder, "bench", now=_now, group_s=0.0) as outbox,
        SimReader("press", now=_now, field=field, period_s=3600.0, faults=faults) as reader,
    ):
        job = await outbox.within(lambda db: work_order.take(db, order, _now()))
        encoder = Encoder(
            job, mains.feed(reader), mains.feed(outbox), now=_now, manner=Manner(password=0x5AFE)
        )
        again = laid[-1:]
        while not (await encoder.refresh()).finished:
            tag = again.pop() if again else waiting.pop()
            if not laid or laid[-1] is not tag:
                laid.append(tag)
            tag.away = False
            field.clear()
            field.lay(1, tag)
            if (await encoder.encode(tag.epc)).message.code not in _SETTLED:
                again = [tag]  # it is laid down once more, as its message says


def _checked(
    laid: list[VirtualGen2],
    rows: list[tuple[str, str, str]],
    noted: int,
    faults: _Faults,
    mains: _Mains,
    seed: int,
    rate: float,
) -> Commissioned:
    bearing = Counter(name for tag in laid if (name := _name(tag)) is not None)
    by_tid = {tag.tid.hex().upper(): _name(tag) for tag in laid}
    used = {key: tid for key, state, tid in rows if state == "used"}
    drawn = faults.drawn.total()
    # A fault whose very telling was cut off could not be noted; there is at most one for each cut.
    unnoted = max(0, drawn - noted - mains.cuts)
    return Commissioned(
        seed,
        len(laid),
        len(used),
        dict(faults.drawn),
        noted,
        sum(state == "spent" for _, state, _ in rows),
        mains.cuts,
        round(rate, 1),
        sum(each > 1 for each in bearing.values()) + len(used) - len(set(used.values())),
        sum(by_tid.get(tid) != key for key, tid in used.items()),
        unnoted,
    )


def _name(tag: VirtualGen2) -> str | None:
    try:
        found = decode_epc(tag.epc).identifier
    except InvalidInput:
        return None
    return found.key if found.kind == "item" else None


def _now() -> datetime:
    return datetime.now(UTC)

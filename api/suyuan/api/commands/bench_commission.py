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

from suyuan.api.commands.bench_press import Borne, Over, Press, pressing
from suyuan.readers.station import tag_jobs, work_order
from suyuan.readers.station.commission import Encoder, Manner
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.work_order import WorkOrder
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import decode_epc

_GTIN, _FIRST = "06901234567892", 100_000
_NOT_THERE = "NO_READ"
_SETTLED = frozenset({"TAG_WRITTEN", "TAG_DONE_BEFORE", "WRITE_FAIL"})


@dataclass(frozen=True, slots=True)
class Commissioned:
    """What became of the tags; the last four are never to be anything but nothing."""

    reader: str
    seed: int
    tags: int
    verified: int
    faults: dict[str, int]
    noted_faults: int
    spent_serials: int
    twins: int
    power_cuts: int
    tags_per_second: float
    serials_twice: int
    identities_without_tag: int
    faults_not_noted: int
    twins_written: int


class PowerCut(BaseException):
    """The machine is without power from here on."""


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
    twins: Annotated[
        float, typer.Option(min=0, max=1, help="Share of tags that are laid down with another one at first.")
    ] = 0.02,
    cut_every: Annotated[int, typer.Option(min=0, help="Calls between two power cuts; 0: none.")] = 0,
    reader: Annotated[
        Over, typer.Option(help="sim: the simulated one; llrp: an emulated one over TCP, in its own process.")
    ] = Over.SIM,
    seed: Annotated[int, typer.Option(help="Of faults and cuts.")] = 1,
) -> None:
    """Commission virtual UHF tags of which some writes fail, are garbled or torn, and some come in twos.

    Ends with status 1 if a serial is on two tags, an identity is without its tag, a fault is not noted, or
    one of two tags was written.
    """
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder:
        made = asyncio.run(_measured(Path(folder), tags, faults, twins, cut_every, reader, seed))
    typer.echo(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2).decode())
    if made.serials_twice or made.identities_without_tag or made.faults_not_noted or made.twins_written:
        raise typer.Exit(1)


async def _measured(
    folder: Path, count: int, share: float, twins: float, cut_every: int, over: Over, seed: int
) -> Commissioned:
    chance = Random(seed)  # noqa: S311 - faults are to come again with their seed
    mains, pairs = _Mains(chance, cut_every), _Pairs(chance, twins)
    spare = 10 + count // 2
    order = WorkOrder("bench", _GTIN, "B1", count, _FIRST, _FIRST + count + spare, company_prefix_length=7)
    async with pressing(over, seed, share) as press:
        laid: list[int] = []
        began = time.perf_counter()
        while True:
            try:
                await _work(folder, order, press, laid, pairs, mains)
            except PowerCut:
                continue
            break
        took_s = time.perf_counter() - began
        borne = await press.borne()
    async with Outbox(folder, "bench", now=_now) as outbox:
        rows = await outbox.within(
            lambda db: db.execute("SELECT key, state, tid FROM label WHERE state != 'free'").fetchall()
        )
        noted = len(await outbox.within(lambda db: tag_jobs.rejects(db, order.id)))
    found = _checked(borne, rows)
    drawn = sum(borne.faults.values())
    return Commissioned(
        over.value,
        seed,
        len(laid),
        found.verified,
        dict(borne.faults),
        noted,
        found.spent,
        pairs.laid,
        mains.cuts,
        round(count / took_s, 1),
        found.twice,
        found.without,
        # A fault whose very telling was cut off could not be noted; there is at most one for each cut.
        max(0, drawn - noted - mains.cuts),
        pairs.written,
    )


async def _work(
    folder: Path, order: WorkOrder, press: Press, laid: list[int], pairs: _Pairs, mains: _Mains
) -> None:
    """Go on with the order until it is finished; a tag that was being written lies there still."""
    async with Outbox(folder, "bench", now=_now, group_s=0.0) as outbox, press.reader() as reader:
        job = await outbox.within(lambda db: work_order.take(db, order, _now()))
        fed = mains.feed(reader)
        encoder = Encoder(job, lambda: fed, mains.feed(outbox), now=_now, manner=Manner(password=0x5AFE))
        again = bool(laid)
        while not (await encoder.refresh()).finished:
            twin = not again and pairs.comes()
            if not again:
                laid.append(len(laid) + 1)
            await press.lay(laid[-1], twin=twin)
            code = _NOT_THERE
            while code == _NOT_THERE:  # the report was of the tag that lay there before
                code = (await encoder.encode(await press.seen(reader))).message.code
            pairs.told(twin=twin, code=code)
            again = code not in _SETTLED  # it is laid down once more, as its message says


class _Pairs:
    """Tags that are laid down with another one beside them."""

    def __init__(self, chance: Random, share: float) -> None:
        self._chance, self._share = chance, share
        self.laid = self.written = 0

    def comes(self) -> bool:
        """Whether the next tag does not come alone."""
        return self._chance.random() < self._share

    def told(self, *, twin: bool, code: str) -> None:
        """Count what was said of the tag, or of the two."""
        self.laid += twin
        self.written += twin and code != "SEVERAL_TAGS"


@dataclass(frozen=True, slots=True)
class _Found:
    """What the chips bear, held against what the station believes."""

    verified: int
    spent: int
    twice: int
    without: int


def _checked(borne: Borne, rows: list[tuple[str, str, str]]) -> _Found:
    names = {tid: _name(epc) for tid, epc in borne.epcs.items()}
    bearing = Counter(name for name in names.values() if name is not None)
    used = {key: tid for key, state, tid in rows if state == "used"}
    return _Found(
        len(used),
        sum(state == "spent" for _, state, _ in rows),
        sum(each > 1 for each in bearing.values()) + len(used) - len(set(used.values())),
        sum(names.get(tid) != key for key, tid in used.items()),
    )


def _name(epc: bytes) -> str | None:
    try:
        found = decode_epc(epc).identifier
    except InvalidInput:
        return None
    return found.key if found.kind == "item" else None


def _now() -> datetime:
    return datetime.now(UTC)

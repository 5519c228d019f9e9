"""Commissioning of UHF tags: no serial twice, no identity without its tag, whatever goes wrong."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from suyuan.readers.field import Bench
from suyuan.readers.sim import SimReader
from suyuan.readers.station import memory, tag_jobs, work_order
from suyuan.readers.station.commission import Encoder, Manner, Written
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.tag_record import commissioning
from suyuan.readers.station.work_order import SerialsTaken, WorkOrder
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.readers.tags.uhf import told_by
from suyuan.readers.virtual.gen2 import VirtualGen2, WriteFaults
from suyuan.trace.errors import InvalidInput, WrongUse
from suyuan.trace.gs1 import TagError, decode_epc, encode_epc, identify

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
GTIN = "06901234567892"
ORDER = WorkOrder("W1", GTIN, "L1", 3, 1000, 1009, date(2027, 3, 1), company_prefix_length=7)
BLANK = bytes.fromhex("e28011910000000000000000")


def now() -> datetime:
    return NOW


def key(serial: int) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{serial}"


def blank(number: int, **more: Any) -> VirtualGen2:
    return VirtualGen2(BLANK[:-4] + number.to_bytes(4), **more)


def named(tag: VirtualGen2) -> str | None:
    try:
        return decode_epc(tag.epc).identifier.key
    except InvalidInput:
        return None


class Line:
    """An encoder over a simulated reader, with one tag in the field at a time."""

    def __init__(self, encoder: Encoder, field: Bench, outbox: Outbox) -> None:
        self.encoder, self.field, self.outbox = encoder, field, outbox
        self.away = False

    async def lay(self, *tags: VirtualGen2) -> Written:
        self.field.clear()
        for tag in tags:
            self.field.lay(1, tag)
        return await self.encoder.encode(tags[0].epc)

    async def states(self) -> dict[str, tuple[str, str]]:
        rows = await self.outbox.within(
            lambda db: db.execute("SELECT key, state, tid FROM label WHERE state != 'free'").fetchall()
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    async def rejects(self) -> list[tuple[int, str, str]]:
        return await self.outbox.within(lambda db: tag_jobs.rejects(db, self.encoder.job.id))


@asynccontextmanager
async def line(
    folder: Path,
    order: WorkOrder = ORDER,
    *,
    faults: WriteFaults | None = None,
    manner: Manner | None = None,
    around: Callable[[Any], Any] = lambda part: part,
    is_badge: Callable[[str], bool] = lambda _: False,
) -> AsyncGenerator[Line]:
    field = Bench()
    async with (
        Outbox(folder, "s1", now=now, group_s=0.0) as outbox,
        SimReader("press", now=now, field=field, period_s=60.0, faults=faults) as reader,
    ):
        job = await outbox.within(lambda db: work_order.take(db, order, NOW))
        fed, told = around(reader), manner or Manner()

        def connected() -> Any:
            if at.away:
                raise WrongUse("No reader press that writes UHF tags is connected.")
            return fed

        encoder = Encoder(job, connected, around(outbox), now=now, manner=told, is_badge=is_badge)
        at = Line(encoder, field, outbox)
        yield at


async def test_a_tag_gets_the_next_serial_with_what_there_is_room_for(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        tag = blank(1)
        written = await at.lay(tag)
        assert (written.message.code, written.message.text("zh-CN")[:3]) == ("TAG_WRITTEN", "已写入")
        assert (await at.states())[key(1000)] == ("used", tag.tid.hex().upper())
        held = tag.read(Bank.EPC, 1, 31)
        assert told_by(int.from_bytes(held[:2]), held[2:]).identifier.key == key(1000)
        assert (await at.lay(tag)).message.code == "TAG_DONE_BEFORE"
        assert (await at.encoder.refresh()).used == 1


async def test_the_event_names_each_tag_that_was_read_back(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        tags = [blank(n) for n in range(2)]
        for tag in tags:
            await at.lay(tag)
        (batch,) = await at.outbox.within(lambda db: tag_jobs.batch_up(db, "W1"))
        written = await at.outbox.within(lambda db: tag_jobs.written_in(db, "W1", batch))
        order = commissioning(at.encoder.job, "labels W1 1", written, date(2026, 11, 22))
    assert order.epcs == (key(1000), key(1001))
    assert order.tids == {key(1000 + n): tag.tid.hex().upper() for n, tag in enumerate(tags)}
    assert (order.product, order.lot, order.expires) == (GTIN, "L1", date(2027, 3, 1))


async def test_a_password_locks_the_name_and_a_second_writing_of_it_goes_on(tmp_path: Path) -> None:
    async with line(tmp_path, manner=Manner(password=0x12345678)) as at:
        tag = blank(1)
        assert (await at.lay(tag)).message.code == "TAG_WRITTEN"
        assert tag.locks[LockField.EPC].locked
        assert int.from_bytes(tag.banks[Bank.RESERVED][4:]) == 0x12345678


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        (blank(1, chip=bytes.fromhex("e2001093")), "WRONG_CHIP"),  # no serial number: it binds nothing
        (blank(1, chip=bytes.fromhex("ffff0000")), "WRONG_CHIP"),
        (blank(1, sealed=True), "LOCKED_TAG"),
        (VirtualGen2(encode_epc(identify(key(7)), company_prefix_length=7)), "TAG_TAKEN"),
    ],
    ids=["no serial", "no TID", "locked", "names something"],
)
async def test_what_cannot_be_written_costs_no_serial(tmp_path: Path, tag: VirtualGen2, code: str) -> None:
    async with line(tmp_path) as at:
        before = tag.epc
        written = await at.lay(tag)
        assert written.message.code == code
        assert written.message.remedy("zh")
        assert tag.epc == before
        assert await at.states() == {}
        assert (await at.lay(blank(2))).message.code == "TAG_WRITTEN"
        assert list(await at.states()) == [key(1000)]


async def test_a_tag_that_names_something_is_overwritten_only_if_told(tmp_path: Path) -> None:
    tag = VirtualGen2(encode_epc(identify(key(7)), company_prefix_length=7))
    async with line(tmp_path, manner=Manner(overwrite=True)) as at:
        assert (await at.lay(tag)).message.code == "TAG_WRITTEN"
        assert named(tag) == key(1000)


async def test_a_chip_that_is_too_small_for_the_serial_is_told(tmp_path: Path) -> None:
    tag = blank(1, epc_words=6, chip=bytes.fromhex("e2801190200012345678abcd"))
    async with line(tmp_path, replace(ORDER, product="06901234567892", first=10**14, last=10**14 + 9)) as at:
        assert (await at.lay(tag)).message.code == "WRONG_CHIP"
        assert await at.states() == {}


async def test_two_tags_with_one_name_are_not_written(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        assert (await at.lay(blank(1), blank(1, chip=blank(2).tid))).message.code == "SEVERAL_TAGS"
        assert await at.states() == {}


async def test_a_used_chip_and_a_copied_name_are_found_out(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        tag = blank(1)
        await at.lay(tag)
        good = tag.epc
        wiped = blank(1, chip=tag.tid)
        assert (await at.lay(wiped)).message.code == "TID_BOUND"
        clone = VirtualGen2(good, blank(3).tid)
        assert (await at.lay(clone)).message.code == "SERIAL_USED"
        assert [reason for _, _, reason in await at.rejects()] == ["SERIAL_USED", "TID_BOUND"]


async def test_a_tag_that_leaves_half_way_is_no_ghost_and_may_come_back(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        tag = blank(1, writes=3)
        assert (await at.lay(tag)).message.code == "TAG_GONE"
        assert (await at.states())[key(1000)][0] == "open"
        tag.away, tag.writes = False, None
        assert (await at.lay(tag)).message.code == "TAG_WRITTEN"
        assert named(tag) == key(1000)
        lost = blank(2, writes=3)
        await at.lay(lost)
        other = blank(3)
        assert (await at.lay(other)).message.code == "TAG_WRITTEN"
        assert named(other) == key(1002)
        assert (await at.states())[key(1001)] == ("spent", lost.tid.hex().upper())


@pytest.mark.parametrize(
    "printed", [key(1000), "1000", " 10-00 ", f"(01){GTIN}(21)1000", f"]d201{GTIN}211000", f"{key(1000)}?x=1"]
)
async def test_a_label_that_says_what_its_tag_says_is_left_alone(tmp_path: Path, printed: str) -> None:
    async with line(tmp_path) as at:
        await at.lay(blank(1))
        assert (await at.encoder.compare(printed)).message.code == "LABEL_AGREES"
        assert (await at.states())[key(1000)][0] == "used"


@pytest.mark.parametrize("printed", [key(1001), "1001", "x", "", "\0'; DROP TABLE label"])
async def test_a_label_that_says_something_else_gives_the_serial_up(tmp_path: Path, printed: str) -> None:
    async with line(tmp_path) as at:
        assert (await at.encoder.compare(printed)).message.code == "NO_LAST_TAG"
        await at.lay(blank(1))
        assert (await at.encoder.compare(printed)).message.code == "LABEL_MISMATCH"
        assert (await at.states())[key(1000)][0] == "spent"


async def test_the_last_tag_is_given_up_and_its_serial_never_written_again(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        assert (await at.encoder.give_up_last()).message.code == "NO_LAST_TAG"
        spoilt = blank(1)
        meant = (await at.lay(spoilt)).label
        assert meant is not None
        assert (await at.encoder.give_up_last(replace(meant, key=key(7)))).message.code == "NO_LAST_TAG"
        assert (await at.encoder.compare("7", replace(meant, key=key(7)))).message.code == "NO_LAST_TAG"
        assert (await at.encoder.give_up_last(meant)).message.code == "TAG_GIVEN_UP"
        assert (await at.lay(spoilt)).message.code == "WRITE_FAIL"
        await at.lay(blank(2))
        assert named(spoilt) == key(1000)
        assert {name: state for name, (state, _) in (await at.states()).items()} == {
            key(1000): "spent",
            key(1001): "used",
        }
        assert (await at.rejects())[0][2] == "TAG_GIVEN_UP"
        await at.outbox.within(lambda db: tag_jobs.batch_up(db, "W1"))
        assert (await at.encoder.give_up_last()).message.code == "NO_LAST_TAG"  # it is recorded


async def test_one_tag_that_names_something_is_overwritten_and_no_other(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        taken, other = (VirtualGen2(encode_epc(identify(key(n)), company_prefix_length=7)) for n in (7, 8))
        told = await at.lay(taken)
        assert told.message.code == "TAG_TAKEN"
        at.encoder.overwrite(str(told.message.fields["tid"]))
        assert (await at.lay(other)).message.code == "TAG_TAKEN"
        assert (await at.lay(taken)).message.code == "TAG_WRITTEN"


async def test_a_reader_that_was_away_writes_again_once_it_is_back(tmp_path: Path) -> None:
    async with line(tmp_path) as at:
        at.away = True
        assert (await at.lay(blank(1))).message.code == "READER_DOWN"
        at.away = False
        assert (await at.lay(blank(1))).message.code == "TAG_WRITTEN"


async def test_a_badge_of_the_staff_is_not_written(tmp_path: Path) -> None:
    badge = blank(7)
    async with line(tmp_path, is_badge=lambda said: said == badge.epc.hex()) as at:
        before = badge.epc
        assert (await at.lay(badge)).message.code == "STAFF_BADGE"
        assert badge.epc == before
        assert await at.states() == {}


async def test_serials_run_out_and_no_two_orders_share_one(tmp_path: Path) -> None:
    async with line(tmp_path, replace(ORDER, count=1, last=1000)) as at:
        await at.lay(blank(1))
        told = await at.lay(blank(2))
        assert told.message.code == "ORDER_DONE"
        with pytest.raises(SerialsTaken) as caught:
            await at.outbox.within(
                lambda db: work_order.take(db, replace(ORDER, id="W2", first=998, last=1003), NOW)
            )
        assert caught.value.fields["serial"] == "1000"
        await at.outbox.within(
            lambda db: memory.learn(db, [Lesson(key(1002))], NOW)
        )  # read, not written here
        with pytest.raises(SerialsTaken, match="1002 is on goods"):
            await at.outbox.within(
                lambda db: work_order.take(db, replace(ORDER, id="W5", first=1001, last=1010), NOW)
            )
        for wrong in (replace(ORDER, product="12", id="W3"), replace(ORDER, count=11, id="W4")):
            with pytest.raises(InvalidInput):
                await at.outbox.within(lambda db, wrong=wrong: work_order.take(db, wrong, NOW))  # type: ignore[misc]


async def run(at: Line, tags: list[VirtualGen2], most: int = 4) -> None:
    """Lay each tag down until it is done, or set aside, or has left ``most`` times; then the next."""
    for tag in tags:
        for _ in range(most):
            tag.away = False
            if (await at.lay(tag)).message.code in {"TAG_WRITTEN", "TAG_DONE_BEFORE", "WRITE_FAIL"}:
                break


def check(tags: list[VirtualGen2], states: dict[str, tuple[str, str]]) -> None:
    """No serial on two tags; what counts as used is on its own tag, and nothing else is."""
    bearing = [name for tag in tags if (name := named(tag)) in states]
    assert len(bearing) == len(set(bearing))
    by_tid = {tag.tid.hex().upper(): tag for tag in tags}
    used = {name: tid for name, (state, tid) in states.items() if state == "used"}
    assert len(set(used.values())) == len(used)
    for name, tid in used.items():
        assert named(by_tid[tid]) == name


async def test_faults_of_writing_cost_serials_and_never_an_identity(tmp_path: Path) -> None:
    chance = Random(4).random
    faults = WriteFaults(chance, refused=0.05, garbled=0.05, left=0.05)
    counted: list[str] = []

    class Counted(WriteFaults):
        def draw(self) -> Any:
            fault = super().draw()
            if fault is not None:
                counted.append(fault)
            return fault

    order = replace(ORDER, count=120, last=1200)
    async with line(
        tmp_path, order, faults=Counted(chance, *(faults.refused, faults.garbled, faults.left))
    ) as at:
        tags = [blank(n) for n in range(130)]
        await run(at, tags)
        states, job = await at.states(), await at.encoder.refresh()
        assert job.finished
        check(tags, states)
        assert len(counted) > 5
        assert len(await at.rejects()) >= len(counted)


async def test_serials_that_were_spent_are_missing_in_the_end(tmp_path: Path) -> None:
    async with line(tmp_path, replace(ORDER, lot="A/1", count=2, last=1001), manner=Manner(attempts=1)) as at:
        torn = blank(1, writes=3)
        await at.lay(torn)
        assert (await at.lay(blank(2))).message.code == "TAG_WRITTEN"
        told = await at.lay(blank(3))
        assert (told.message.code, told.message.fields["spent"]) == ("SERIALS_OUT", 1)
        assert identify(at.encoder.job.subject).lot == "A/1"


class PowerCut(BaseException):
    """The machine is without power from now on."""


class Cutting:
    """Lets ``left`` calls through, to the disk or the reader, and then none: cut before or after the last."""

    def __init__(self, left: int, *, after: bool) -> None:
        self.left, self.after = left, after

    def __call__(self, part: Any) -> Any:
        cutting = self

        class Wired:
            def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
                async def call(*args: Any, **more: Any) -> Any:
                    cutting.left -= 1
                    if cutting.left < 0 or (cutting.left == 0 and not cutting.after):
                        raise PowerCut
                    done = await getattr(part, name)(*args, **more)
                    if cutting.left == 0:
                        raise PowerCut
                    return done

                return call

        return Wired()


@pytest.mark.parametrize("after", [False, True])
async def test_a_power_cut_at_any_point_leaves_each_serial_on_one_tag(tmp_path: Path, *, after: bool) -> None:
    manner = Manner(password=77)
    for cut_at in range(1, 24):
        tags = [blank(n) for n in range(4)]
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        try:
            async with line(folder, manner=manner, around=Cutting(cut_at, after=after)) as at:
                await run(at, tags[:3])
        except PowerCut:
            pass
        async with line(folder, manner=manner) as at:
            await run(at, tags[::-1] if cut_at % 2 else tags)
            states, job = await at.states(), await at.encoder.refresh()
        assert job.used == 3
        check(tags, states)


def test_a_lock_is_what_the_standard_calls_so() -> None:
    assert Lock.LOCK.value == "lock"
    with pytest.raises(TagError):
        told_by(0x3100, b"")

"""Writing identities on UHF tags, one tag after the other: each serial on one tag, each tag verified.

The order of things is the promise. A serial is taken, and stored with the chip's id, before the tag is
touched; what was written is read back and compared; only then the serial counts as used, on the disk, and
only what counts is ever recorded as commissioned. So whatever tears this, a tag, a reader or the power,
leaves a serial that is spent at worst, and never an identity without its tag or one on two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from suyuan.readers.errors import (
    ReaderError,
    SeveralTags,
    TagLocked,
    TagLost,
    TagPasswordRefused,
    TagTooSmall,
    TagWriteError,
)
from suyuan.readers.station import tag_jobs
from suyuan.readers.station.identity import as_typed, from_text
from suyuan.readers.station.memory import Connection
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.status import WritesMemory
from suyuan.readers.station.tag_jobs import Label, TagJob
from suyuan.readers.station.words import Message, State, reader_down
from suyuan.readers.tags.gen2 import (
    ACCESS_PASSWORD_WORD,
    EPC_WORD,
    PC_WORD,
    WORD,
    Bank,
    Lock,
    LockField,
)
from suyuan.readers.tags.tid import Tid, chip_of
from suyuan.readers.tags.uhf import EpcPlan, epc_for, told_by
from suyuan.readers.words import sentence
from suyuan.trace.errors import InvalidInput, WrongUse
from suyuan.trace.gs1 import Identifier, TagError, decode_epc, identify
from suyuan.trace.gs1.own import read_as

_T = TypeVar("_T")
TID_WORDS = (6, 4, 2)
"""How much of the TID is asked for: mostly a serial ends within six words; shorter banks hold less."""
LONG_TID_WORDS = 12
"""The longest serial that an XTID can announce ends here."""
ATTEMPTS = 2
"""How often a tag is written before it is set aside."""
GONE = "TAG_GONE"
"""Why a serial is given up whose tag did not come back; the tag itself may be good."""
_LOCKS = {
    LockField.EPC: Lock.LOCK,
    LockField.ACCESS_PASSWORD: Lock.LOCK,
    LockField.KILL_PASSWORD: Lock.LOCK,
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How tags are written.

    ``password`` is the access password that each gets, with which its EPC is locked; 0: none, and it stays
    open. ``overwrite``: a tag that names something else may be written anew.
    """

    password: int = 0
    overwrite: bool = False
    attempts: int = ATTEMPTS


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one tag: what the screen says, and the label that it bears now, if any, with its EPC."""

    message: Message
    label: Label | None = None
    epc: bytes = b""

    @property
    def state(self) -> State:
        """How serious it is; done means written, verified and on the disk."""
        return self.message.state


@dataclass(frozen=True, slots=True)
class _Tag:
    """The tag that lies there: ``epc`` as it is now, ``tid`` its whole TID bank as far as it was read."""

    epc: bytes
    tid: bytes
    chip: Tid
    epc_bits: int

    @property
    def name(self) -> str:
        """What a register of chips keeps."""
        return self.chip.binding.hex().upper()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What this tag is to bear."""

    label: Label
    write: EpcPlan


class Encoder:
    """The tags of one job.

    Args:
        job: kept in ``outbox``.
        reader: what writes them at the moment, for one that was away comes back as another; or WrongUse.
        outbox: what is known of serials and tags stands in its database.
        now: aware UTC.
        manner: of the writing.
        called: what people call the reader.
        is_badge: whether an EPC in hex is the badge of somebody of the staff, which is never written.
    """

    def __init__(
        self,
        job: TagJob,
        reader: Callable[[], WritesMemory],
        outbox: Outbox,
        *,
        now: Callable[[], datetime],
        manner: Manner = PLAIN,
        called: str = "-",
        is_badge: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.job = job
        self._connected = reader
        self._outbox = outbox
        self._now = now
        self._manner = manner
        self._called = called
        self._is_badge = is_badge
        self._lock = asyncio.Lock()
        self._tries: dict[str, int] = {}
        self._may_overwrite = ""  # the chip of which a person said so

    async def encode(self, epc: bytes) -> Written:
        """Write the tag that has this EPC now. Whatever the tag or the reader does is told, not raised.

        Raises:
            OutboxUnavailable: what happens cannot be stored; nothing of it counts.
        """
        async with self._lock:
            try:
                self._reader = self._connected()
                tag = await self._look(epc)
            except SeveralTags:
                return _said("SEVERAL_TAGS", count=2)
            except TagLost:
                return _said("NO_READ")  # it was lifted before anything was begun
            except (TagError, TagTooSmall) as error:
                return _said("WRONG_CHIP", tid=epc.hex().upper(), reason=sentence(error))
            except (ReaderError, WrongUse) as error:
                return Written(reader_down(self._called, error))
            found = await self._within(lambda db: self._choose(db, tag))
            if isinstance(found, Written):
                return found
            return await self._write(tag, found)

    async def compare(self, printed: str, meant: Label | None = None) -> Written:
        """Compare what is printed on the label with the tag that was written last.

        Where they differ the serial is given up: goods must not bear two names. Nothing is done if that tag
        is another one than ``meant``: it may have been written since somebody decided.
        """
        async with self._lock:
            return await self._within(lambda db: self._compared(db, printed, meant))

    async def give_up_last(self, meant: Label | None = None) -> Written:
        """The tag that was written last is spoilt or lost: its serial is given up; ``meant`` as above."""
        async with self._lock:
            return await self._within(lambda db: self._given_up(db, meant))

    def overwrite(self, tid: str) -> None:
        """The chip of this TID, which names something else, may be written anew; no other."""
        self._may_overwrite = tid

    async def refresh(self) -> TagJob:
        """The job as far as it has come."""
        number = self.job.id
        kept = await self._within(lambda db: tag_jobs.job(db, number))
        self.job = kept if kept is not None else self.job
        return self.job

    # Looking and choosing: nothing is written yet

    async def _look(self, epc: bytes) -> _Tag:
        memory = await self._tid(epc, *TID_WORDS)
        chip, bits = chip_of(memory)
        if not chip.unique and len(memory) == TID_WORDS[0] * WORD:
            memory = await self._tid(epc, LONG_TID_WORDS, TID_WORDS[0])
            chip, bits = chip_of(memory)
        return _Tag(epc, memory, chip, bits)

    async def _tid(self, epc: bytes, *words: int) -> bytes:
        """The TID as far as the bank goes: the first of ``words`` that it has."""
        try:
            return await self._reader.read_memory(epc, Bank.TID, 0, words[0])
        except TagTooSmall:
            if len(words) == 1:
                raise
            return await self._tid(epc, *words[1:])

    def _choose(self, db: Connection, tag: _Tag) -> _Plan | Written:
        """What this tag is to bear, reserved for it in this transaction; or why it is not written."""
        if not tag.chip.unique:
            return _said("WRONG_CHIP", tid=tag.tid.hex().upper(), reason=f"{tag.chip.name}: no serial number")
        before = tag_jobs.on_tag(db, tag.name)
        if before is not None and (said := self._of_before(db, tag, before)) is not None:
            return said
        mine = before if before is not None and self._is_open(before) else None
        if mine is None and (said := self._of_its_name(db, tag)) is not None:
            return said
        for lost in tag_jobs.in_doubt(db, self.job.id):
            if lost.tid != tag.name:  # another tag has come: that one is not coming back
                tag_jobs.spend(db, lost, lost.tid, GONE, self._now())
        label = mine or self._next(db)
        if isinstance(label, Written):
            return label
        try:
            plan = _Plan(label, self._planned(label, tag))
        except (TagTooSmall, InvalidInput) as error:
            return self._set_aside(db, label, tag, "WRONG_CHIP", str(error), touched=mine is not None)
        tag_jobs.begin(db, label, tag.name)
        return plan

    def _next(self, db: Connection) -> Label | Written:
        """The next serial of the order; or that it is complete, or has none left."""
        job = tag_jobs.job(db, self.job.id) or self.job
        if job.wanted and job.used >= job.wanted:
            return _said("ORDER_DONE", job=job.id, count=job.used)
        label = tag_jobs.following(db, job.id)
        return _said("SERIALS_OUT", job=job.id, spent=job.spent) if label is None else label

    def _is_open(self, label: Label) -> bool:
        return label.job == self.job.id and label.state == "open"

    def _of_before(self, db: Connection, tag: _Tag, before: Label) -> Written | None:
        """What is to be said of a tag that was written here before; None: it may be written (again)."""
        if before.state == "used":
            if _names(tag.epc) == before.key:
                return Written(Message("TAG_DONE_BEFORE", {"code": before.code}), before, tag.epc)
            tag_jobs.note_fault(db, before, tag.name, "TID_BOUND", self._now())
            return _said("TID_BOUND", before, tid=tag.name, code=before.code)
        if before.state == "spent" and (reason := tag_jobs.last_fault(db, tag.name)) != GONE:
            return _said("WRITE_FAIL", tid=tag.name, reason=reason)
        return None

    def _of_its_name(self, db: Connection, tag: _Tag) -> Written | None:
        """What is to be said of a tag that names something; None: it is blank, or may be overwritten."""
        if self._is_badge(tag.epc.hex()):
            return _said("STAFF_BADGE", epc=tag.epc.hex().upper())
        key = _names(tag.epc)
        if key is None:
            return None
        other = tag_jobs.by_key(db, key)
        if other is not None and other.state == "used":
            tag_jobs.note_fault(db, other, tag.name, "SERIAL_USED", self._now())
            return _said("SERIAL_USED", tid=tag.name, code=other.code)
        if other is None and not self._manner.overwrite and self._may_overwrite != tag.name:
            return _said("TAG_TAKEN", epc=key, tid=tag.name)
        return None

    def _planned(self, label: Label, tag: _Tag) -> EpcPlan:
        about, lot = self.job.about, identify(self.job.subject).lot
        prefix, last_day = about.get("company_prefix_length"), about.get("use_by")
        return epc_for(
            identify(label.key),
            epc_bits=tag.epc_bits,
            lot=lot or "",
            expiry=date.fromisoformat(last_day) if last_day else None,
            company_prefix_length=int(prefix) if prefix else None,
        )

    # Writing

    async def _write(self, tag: _Tag, plan: _Plan) -> Written:
        new, tid, label = plan.write.epc, tag.tid, plan.label
        opened = label.state == "open"  # of an earlier attempt: the tag may bear the serial
        try:
            if tag.epc != new:
                await self._reader.write_epc(tag.epc, new, tid=tid)
            opened = True  # from here on the tag bears the serial
            if self._manner.password:
                await self._protect(new, tid)
            await self._verify(tag, plan)
        except TagLost:
            await self._within(lambda db: tag_jobs.note_fault(db, label, tag.name, GONE, self._now()))
            return _said("TAG_GONE", tid=tag.name, code=label.code)
        except (TagLocked, TagPasswordRefused, TagTooSmall) as error:
            code = "WRONG_CHIP" if isinstance(error, TagTooSmall) else "LOCKED_TAG"
            set_aside = partial(self._set_aside, label=label, tag=tag, code=code, reason=str(error))
            return await self._within(lambda db: set_aside(db, touched=opened))
        except (TagWriteError, TagError) as error:
            return await self._within(partial(self._failed, label=label, tag=tag, reason=error.code))
        except ReaderError as error:  # the connection: nothing is known, and the serial stays with its tag
            return Written(reader_down(self._called, error))
        await self._within(lambda db: tag_jobs.use(db, label, tag.name, self._now()))
        self._tries.pop(tag.name, None)
        return Written(Message("TAG_WRITTEN", {"code": label.code}), label, new)

    async def _protect(self, epc: bytes, tid: bytes) -> None:
        """Give the tag its access password and lock EPC and passwords with it; done before, that stays."""
        password = self._manner.password
        try:
            await self._reader.write_memory(
                epc, Bank.RESERVED, ACCESS_PASSWORD_WORD, password.to_bytes(2 * WORD), tid=tid
            )
        except (TagLocked, TagPasswordRefused):
            # Ours already, of an earlier attempt? Then it opens to our password.
            await self._reader.read_memory(epc, Bank.EPC, PC_WORD, 1, password=password, tid=tid)
        await self._reader.lock_tag(epc, _LOCKS, password=password, tid=tid)

    async def _verify(self, tag: _Tag, plan: _Plan) -> None:
        """Read the tag as any reader would, and see that it names what it was given."""
        new = plan.write.epc
        words = EPC_WORD - PC_WORD + len(new) // WORD
        held = await self._reader.read_memory(
            new, Bank.EPC, PC_WORD, words, password=self._manner.password, tid=tag.tid
        )
        if told_by(int.from_bytes(held[:WORD]), held[WORD:]).identifier.key != plan.label.key:
            raise TagWriteError("The tag does not name {key}.", key=plan.label.key)

    def _failed(self, db: Connection, label: Label, tag: _Tag, reason: str) -> Written:
        """A write that did not come true: once more, or the tag is set aside and its serial given up."""
        self._tries[tag.name] = self._tries.get(tag.name, 0) + 1
        if self._tries[tag.name] < self._manner.attempts:
            tag_jobs.note_fault(db, label, tag.name, "TAG_AGAIN", self._now())
            return _said("TAG_AGAIN", tid=tag.name, reason=reason)
        return self._set_aside(db, label, tag, "WRITE_FAIL", reason, touched=True)

    def _set_aside(
        self, db: Connection, label: Label, tag: _Tag, code: str, reason: str, *, touched: bool = False
    ) -> Written:
        """The tag goes into the bin, and its serial too if it may be on it."""
        if touched:
            tag_jobs.spend(db, label, tag.name, code, self._now())
        else:
            tag_jobs.reject(db, label, tag.name, code, self._now())
        return _said(code, tid=tag.name, reason=reason)

    def _compared(self, db: Connection, printed: str, meant: Label | None) -> Written:
        last = self._last(db, meant)
        if last is None:
            return _said("NO_LAST_TAG")
        if _says(printed, last):
            return _said("LABEL_AGREES", last, code=last.code)
        tag_jobs.spend(db, last, last.tid, "LABEL_MISMATCH", self._now())
        return _said("LABEL_MISMATCH", printed=printed[:60], code=last.code)

    def _given_up(self, db: Connection, meant: Label | None) -> Written:
        last = self._last(db, meant)
        if last is None:
            return _said("NO_LAST_TAG")
        tag_jobs.spend(db, last, last.tid, "TAG_GIVEN_UP", self._now())
        return _said("TAG_GIVEN_UP", code=last.code)

    def _last(self, db: Connection, meant: Label | None) -> Label | None:
        """The tag that was written last, if it is the one that is meant and not recorded already."""
        last = next(iter(tag_jobs.last_used(db, self.job.id)), None)
        other = last is None or last.batch is not None or (meant is not None and meant.key != last.key)
        return None if other else last

    async def _within(self, work: Callable[[Connection], _T]) -> _T:
        return await self._outbox.within(work)


def _said(code: str, label: Label | None = None, /, **fields: object) -> Written:
    return Written(Message(code, fields), label)


def _names(epc: bytes) -> str | None:
    """The item or unit that a tag names; a blank one carries something that names nothing of ours."""
    try:
        found: Identifier = decode_epc(epc).identifier
    except InvalidInput:
        return None
    return found.key if found.kind in {"item", "unit"} else None


def _says(printed: str, label: Label) -> bool:
    """Whether what was scanned or typed from a label names what its tag names."""
    said = as_typed(printed)
    if said == label.link or read_as(said) == read_as(label.code):
        return True
    try:
        return from_text(said).key == label.key
    except InvalidInput:
        return False

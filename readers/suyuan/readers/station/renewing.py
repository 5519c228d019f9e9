"""Renewing the secrets of tags at the readers that are to (decision 0029), beside whatever is done there.

::

    [[renewals]]
    reader = "desk"                # an NFC reader, or one that writes UHF tags
    keys = "tag-keys.toml"         # of the passwords that tags have; beside the records, or a whole path

A tag comes, is read, and gets a fresh random number in place of the one that it has: in its link as ``y=``,
or in the user memory of a UHF tag. What was found and what was written is told in an event of its own, as
digests: what a person undoes later is a step, and no step puts the old number back on the tag.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from suyuan.readers.errors import (
    NdefError,
    ReaderConfigError,
    ReaderError,
    SeveralTags,
    TagLocked,
    TagLost,
    TagPasswordRefused,
    TagTaken,
    TagTooSmall,
    TagUnsupported,
    UnsupportedOperation,
)
from suyuan.readers.observation import Observation
from suyuan.readers.station import secret_rows
from suyuan.readers.station.bodies import local_time, tag_entry
from suyuan.readers.station.chips import chip_names
from suyuan.readers.station.clock import Quality
from suyuan.readers.station.config import ReadPoint, Section, StationConfig
from suyuan.readers.station.event_id import new_event_id
from suyuan.readers.station.identity import Identity
from suyuan.readers.station.intake import Intake
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.secret_rows import Intent
from suyuan.readers.station.status import RenewsLinks
from suyuan.readers.station.surroundings import Surroundings
from suyuan.readers.station.table import Table, wrong
from suyuan.readers.station.words import Message
from suyuan.readers.tags.gen2 import Bank
from suyuan.readers.words import sentence
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.sun import KeyFile, SunError, read_key_file, sun_of
from suyuan.trace.sun.renewal import LENGTH, digest, is_secret, near, new_secret, secret_of, torn, with_secret

AGAIN_S, AFTER_FAULT_S = 30.0, 600.0
"""A tag that stays in the field is not renewed again before; nor a UHF tag of which it failed."""
MOST_WAITING = 1000
MOST_LATELY = 10_000
_UNTOUCHED = (
    TagTaken,
    TagLocked,
    TagPasswordRefused,
    TagTooSmall,
    TagUnsupported,
    UnsupportedOperation,
    SeveralTags,
    NdefError,
    ReaderConfigError,
)
"""What a driver finds out before it writes anything."""
_WORDS = LENGTH // 2


@dataclass(frozen=True, slots=True)
class RenewalRule:
    """Tags on ``reader`` get a fresh secret; ``keys`` is the file of their passwords, empty for none."""

    reader: str
    keys: str = ""


def _rule(table: Table) -> RenewalRule:
    return RenewalRule(table.text("reader"), table.text("keys", default=""))


def _check(config: StationConfig) -> None:
    readers = {name for point in config.read_points for name in point.readers}
    named = [rule.reader for rule in RENEWALS.of(config)]
    for name in named:
        if name not in readers:
            raise wrong(
                "renewals.reader",
                "No read point listens to {value!r}.",
                "Name a reader of a read point.",
                value=name,
            )
        if named.count(name) > 1:
            raise wrong("renewals.reader", "{value!r} stands there twice.", "Leave one out.", value=name)


RENEWALS = Section("renewals", _rule, check=_check)


@dataclass(frozen=True, slots=True)
class _Found:
    """A tag that lies there: its object, its ``secret``, what it is to say with another, and how to write."""

    chip: str
    identity: Identity
    secret: str
    with_secret: Callable[[str], str]
    write: Callable[[str], Awaitable[object]]


def _signs(link: str) -> bool:
    """Whether a chip signs each tap of this link, which is worth more than any number of ours."""
    try:
        sun_of(link)
    except SunError:
        return False
    return True


class Renewing:
    """Renews the secrets of tags that the readers of ``[[renewals]]`` see, one after the other.

    Raises:
        SunKeyError: a key file cannot be used.
    """

    def __init__(
        self,
        config: StationConfig,
        outbox: Outbox,
        intake: Intake,
        around: Surroundings,
        *,
        alarm: Callable[[str, Message | None], None],
        recorded: Callable[[], None],
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._intake = intake
        self._around = around
        self._alarm = alarm
        self._recorded = recorded
        self._keys: dict[str, KeyFile | None] = {
            rule.reader: read_key_file(config.data / rule.keys) if rule.keys else None
            for rule in RENEWALS.of(config)
        }
        self._waiting: asyncio.Queue[tuple[str, Observation]] = asyncio.Queue(MOST_WAITING)
        self._chips_waiting: set[bytes] = set()
        self._not_before: dict[str, float] = {}

    def see(self, reader: str, seen: Observation) -> None:
        """Take in what a reader saw; more than can wait is renewed the next time."""
        if reader not in self._keys or seen.typed or not seen.tid or self._waiting.full():
            return
        if seen.tid not in self._chips_waiting:
            self._chips_waiting.add(seen.tid)
            self._waiting.put_nowait((reader, seen))

    async def loop(self) -> None:
        """Renew, for ever; first tell what was in doubt when the station ended."""
        await self._watched("", self._tell_untold)
        while True:
            reader, seen = await self._waiting.get()
            self._chips_waiting.discard(seen.tid or b"")
            await self._watched(reader, partial(self._renew, reader, seen))

    async def _watched(self, reader: str, deed: Callable[[], Awaitable[None]]) -> None:
        try:
            await deed()
        except SuyuanError as error:
            self._alarm(reader, Message("NOT_RENEWED", {"reader": reader, "reason": sentence(error)}))

    async def _renew(self, reader: str, seen: Observation) -> None:
        chip = next(iter(chip_names((seen.tid or b"",))), "")
        now = self._around.monotonic()
        if not chip or now < self._not_before.get(chip, now):
            return
        await self._tell_untold()
        self._alarm("", None)
        before = await self._outbox.within(lambda db: secret_rows.of_chip(db, chip))
        found = await (self._link if seen.text is not None else self._memory)(reader, seen, chip, before)
        if found is None:
            return
        if len(self._not_before) >= MOST_LATELY:
            self._not_before.clear()
        # An NFC tag is seen again only once it was lifted and laid down.
        self._not_before[chip] = now + AFTER_FAULT_S if seen.text is None else now
        await self._write(reader, found, before)
        self._not_before[chip] = now + AGAIN_S
        self._alarm(reader, None)

    async def _link(self, reader: str, seen: Observation, chip: str, before: Intent | None) -> _Found | None:
        """An NFC tag with a link; one that lost its link while we wrote gets it back."""
        text = seen.text or ""
        meant = text or (before.text if before is not None else "")
        identity = self._identity(meant)
        source = self._intake.writer(reader)
        if identity is None or not isinstance(source, RenewsLinks) or _signs(meant):
            return None

        async def write(secret: str) -> None:
            keys = self._keys[reader]
            await source.renew_link(seen.tid or b"", text, with_secret(meant, secret), keys=keys)

        return _Found(chip, identity, secret_of(text), lambda secret: with_secret(meant, secret), write)

    async def _memory(
        self, reader: str, seen: Observation, chip: str, before: Intent | None
    ) -> _Found | None:
        """A UHF tag whose user memory is free for it."""
        identity = self._identity(seen.epc)
        if identity is None:
            return None
        source = self._intake.encoder(reader)
        try:
            held = await source.read_memory(seen.epc, Bank.USER, 0, _WORDS, tid=seen.tid)
        except TagLost:
            return None  # it has gone through the door: nothing was to be renewed any more
        text = held.decode("latin-1")
        if not is_secret(text):
            if before is None and held.strip(b"\0") and held.strip(b"\xff"):
                raise TagTaken(
                    "The user memory of the tag {tid} holds something else.",
                    where=reader,
                    remedy="Take this reader out of [[renewals]], or tags whose user memory is free.",
                    tid=chip,
                    carries=chip,
                    link="",
                )
            text = ""

        async def write(secret: str) -> None:
            await source.write_memory(seen.epc, Bank.USER, 0, secret.encode("ascii"), tid=seen.tid)

        return _Found(chip, identity, text, lambda secret: secret, write)

    def _identity(self, content: bytes | str) -> Identity | None:
        """The single thing that a tag names; what is no name, or that of many, has no secret."""
        identities = self._around.identities
        try:
            found = (
                identities.from_text(content) if isinstance(content, str) else identities.from_tag(content)
            )
        except InvalidInput:
            return None
        return found if found.kind in ("item", "unit") else None

    async def _write(self, reader: str, found: _Found, before: Intent | None) -> None:
        """Write a fresh secret: noted before, told after, whatever happens between.

        ``before`` is what stood noted of the tag, which may still lack its link: it does where this one did
        not touch it.
        """
        now, point = self._around.now(), self._point(reader)
        new = new_secret(self._around.random.randbytes)

        def told(secret: str) -> str:
            return digest(found.identity.key, found.chip, secret) if secret else ""

        intent = Intent(
            found.chip,
            new_event_id(now, self._around.random),
            found.identity.epc,
            found.with_secret(new),
            told(found.secret),
            tuple(map(told, (new, *torn(found.secret, new)))),
            tuple(map(told, near(found.secret, new))),
            now,
            point.name,
        )
        await self._outbox.within(lambda db: secret_rows.begin(db, intent))
        try:
            await found.write(new)
        except _UNTOUCHED:
            await self._outbox.within(lambda db: secret_rows.never_begun(db, intent, before))
            raise
        except ReaderError:
            await self._tell_doubt(intent, self._around.clock())
            raise
        await self._tell(intent, self._around.clock(), secretWritten=intent.maybe[0])
        await self._outbox.within(lambda db: secret_rows.end(db, intent))

    async def _tell_untold(self) -> None:
        """Tell what no event could; nobody knows any more how right the clock was then."""
        for intent in await self._outbox.within(secret_rows.untold):
            await self._tell_doubt(intent, "unsynchronised")

    async def _tell_doubt(self, intent: Intent, clock: Quality) -> None:
        await self._tell(intent, clock, secretMaybe=list(intent.maybe), secretNear=list(intent.near))
        await self._outbox.within(lambda db: secret_rows.leave_in_doubt(db, intent))

    async def _tell(self, intent: Intent, clock: Quality, **outcome: object) -> None:
        """Store the event of an intent; one that is stored already stays as it is."""
        around = self._around
        point = next((p for p in self._config.read_points if p.name == intent.read_point), None)
        body: dict[str, Any] = {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "epcList": [intent.epc],
            "eventTime": local_time(intent.at, self._config.utc_offset),
            "eventTimeZoneOffset": self._config.utc_offset,
            **({} if point is None else {"readPoint": {"id": point.read_point}}),
            "suyuan:tags": [tag_entry(intent.epc, intent.chip, secretFound=intent.found, **outcome)],
            "suyuan:station": self._config.station,
            "suyuan:basis": "read",
        }
        entry = Entry(intent.event_id, body, intent.at, around.monotonic(), around.boot_id, clock=clock)
        await self._outbox.append([entry])
        self._recorded()

    def _point(self, reader: str) -> ReadPoint:
        """The first read point of a reader; the configuration was checked to have one."""
        return next(point for point in self._config.read_points if reader in point.readers)

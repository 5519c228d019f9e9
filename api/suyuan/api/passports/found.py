"""What is found of a code for a plain page: its passport, kept or built, and what is known of looks at it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NamedTuple

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from suyuan.api.house import House
from suyuan.api.passports.bodies import Kept
from suyuan.api.passports.codes import Code
from suyuan.api.passports.pages import Before
from suyuan.api.passports.watch import Watch, watching
from suyuan.api.passports.written import OWN
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import identify
from suyuan.trace.recall.facts import number_not_known
from suyuan.trace.register.labels import seal_of_label
from suyuan.trace.scan.likelihood import State
from suyuan.trace.store.columns import instant
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.passport_news import LATEST, Latest
from suyuan.trace.store.passport_rows import Ask, Standing, asking

_GIVEN = "SELECT 1 FROM link WHERE key IN (:item, :batch, :product) AND ended IS NULL LIMIT 1"
_GLANCE = (  # one statement: with each, whoever asks gives up their turn
    f"SELECT ({_GIVEN}) AS given, (SELECT job FROM label WHERE key = :key) AS job,"  # noqa: S608 (ours)
    " coalesce((SELECT 1 FROM tag_binding WHERE key = :key LIMIT 1),"
    " (SELECT 1 FROM tag_told WHERE key = :key LIMIT 1)) AS chip,"
    " s.count, s.first, s.state, p.body, p.evidence"
    " FROM (SELECT 1) AS one LEFT JOIN scan_summary AS s ON s.key = :key"
    " LEFT JOIN passport AS p ON p.key = :key AND p.lot = :lot"
)
_SUSPECTED = frozenset({State.SUSPICIOUS.value, State.KNOWN_COPY.value})
_JOBS = 10_000


class _Glance(NamedTuple):
    """What one statement tells of a code: of links, labels and chips, of looks, and of its passport."""

    given: int | None
    job: str | None
    chip: int | None
    looks: int | None
    first: int | None
    state: str | None
    body: bytes | None
    evidence: int

    @classmethod
    def at(cls, code: Code, ask: Ask) -> _Glance:
        """Of this code."""
        told = ask(_GLANCE, {"key": code.owner.key, "lot": code.owner.lot, **code.levels(None)})
        assert told is not None  # noqa: S101 (one row, whatever is joined to it)
        return cls(*told)

    @property
    def standing(self) -> Standing | None:
        """The row of its passport."""
        return None if self.body is None else Standing(bytes(self.body), self.evidence)


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be answered."""

    code: Code
    kept: Kept
    before: Before


class Finder:
    """Finds it, for one event loop; in the loop itself wherever some look-ups by key are enough."""

    def __init__(self, house: House) -> None:
        self._house = house
        # One passport is built at a time: whoever waits finds what others asked for, and the loop its turn.
        self._builder = CapacityLimiter(1)
        self._watch = watching(house.engine)
        self._turn = asyncio.Lock()
        self._version = -1
        self._is_fresh = False
        self._latest = Latest()
        self._sealed: dict[str, bool] = {}

    def close(self) -> None:
        """Give back what it watches with."""
        if self._watch is not None:
            self._watch.close()

    async def find(self, code: Code) -> Found | NotFound | None:
        """What is plain of a code, or that nobody gave it out; None where the routes must look.

        Raises:
            SuyuanError, sqlite3.Error: the routes will find the same.
        """
        watch = self._watch
        if watch is None:
            return await run_sync(self._found_in_turn, code)
        latest = await self._caught_up(watch)
        glance = _Glance.at(code, watch.ask)
        kept = self._house.passports.at_hand(code.owner, glance.standing, latest, watch.ask)
        if kept is None and (unknown := self._unnamed(code, latest, watch.ask)) is not None:
            return unknown
        if kept is None:
            kept = await run_sync(self._house.passports.find, code.owner, latest)
        if kept is None:
            found = await run_sync(self._built, code, limiter=self._builder)
            if not isinstance(found, Kept):
                return found
            kept = found
        return self._seen(code, kept, glance, watch.ask)

    async def _caught_up(self, watch: Watch) -> Latest:
        """All that was acknowledged before this was asked for.

        Whoever comes before the next turn of the loop was waiting already when it was looked for last.
        """
        if self._is_fresh:
            return self._latest
        if watch.version() != self._version:
            async with self._turn:  # whoever waits here finds that somebody looked after they came
                version = watch.version()
                if version != self._version:
                    told = watch.ask(LATEST, {})
                    if told is None or Latest.of(told) != self._latest:
                        self._latest = await run_sync(self._house.passports.catch_up)
                    self._version = version
                return self._latest
        self._is_fresh = True
        asyncio.get_running_loop().call_soon(self._ages)
        return self._latest

    def _ages(self) -> None:
        self._is_fresh = False

    def _built(self, code: Code) -> Kept | NotFound | None:
        """What is kept for a code, built if need be; what is said of an item that nobody gave out."""
        passports = self._house.passports
        kept = passports.find(code.owner, passports.catch_up())
        if kept is None:
            try:
                self._house.passport(code.link.replace(OWN, code.serial))
            except NotFound as unknown:
                with Reading(self._house.engine) as reading:
                    is_told = code.serial and not self._is_linked(code, asking(reading))
                return unknown if is_told else None
            kept = passports.find(code.owner, passports.catch_up())  # None: it has another name, or is new
        return kept

    def _unnamed(self, code: Code, latest: Latest, ask: Ask) -> NotFound | None:
        """What is said of an item that nothing names but its product, without asking all that tells of it."""
        if not code.serial:
            return None
        item = identify(code.link.replace(OWN, code.serial))
        if self._house.passports.is_unnamed(item, latest, ask) and not self._is_linked(code, ask):
            return number_not_known(item)
        return None

    def _is_linked(self, code: Code, ask: Ask) -> bool:
        """Whether a producer's link, or another resolver, may be where a code leads that nobody gave out."""
        if not code.is_below_pages and self._house.handled_by(identify(code.owner.key)) is not None:
            return True
        return ask(_GIVEN, code.levels(None)) is not None

    def _found_in_turn(self, code: Code) -> Found | NotFound | None:
        """The same for a database that does not tell by itself that something changed; in a thread."""
        kept = self._built(code)
        if not isinstance(kept, Kept):
            return kept
        with Reading(self._house.engine) as reading:
            ask = asking(reading)
            return self._seen(code, kept, _Glance.at(code, ask), ask)

    def _seen(self, code: Code, kept: Kept, glance: _Glance, ask: Ask) -> Found | None:
        """What is known of looks at it, if nothing but these is to be told."""
        if code.serial and kept.body.kind != "item":
            return None  # its lot is stopped and tells for it
        if (
            glance.given is not None
            or glance.chip is not None
            or glance.state in _SUSPECTED
            or (glance.job is not None and self._is_sealed(glance.job, code))
        ):
            return None
        levels = code.levels(kept.body.lot)
        if levels["batch"] not in (None, *code.owner) and ask(_GIVEN, levels) is not None:
            return None  # the lot that it is of, though the link does not name it
        if glance.looks is None:
            return Found(code, kept, Before())
        return Found(
            code, kept, Before(glance.looks, None if glance.first is None else instant(glance.first))
        )

    def _is_sealed(self, job: str, code: Code) -> bool:
        if job not in self._sealed:
            if len(self._sealed) > _JOBS:
                self._sealed.clear()
            with Reading(self._house.engine) as reading:
                self._sealed[job] = seal_of_label(reading, code.owner.key) is not None
        return self._sealed[job]

"""Pages of passports made ahead: one for all items with the same history, per language and size of type."""

from __future__ import annotations

import gzip
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from string import ascii_letters
from threading import Lock

from suyuan.api.passports.bodies import Body
from suyuan.api.passports.slots import SERIAL, MadePage, OpenCount, Openings, OpenMoment, OpenSpeech
from suyuan.api.passports.written import OWN, owned
from suyuan.portal.consumer import page_of_passport
from suyuan.portal.language import Language, Speech
from suyuan.portal.rendering import Page
from suyuan.portal.tiled.source import TileSource
from suyuan.trace.recall.passport import Level, Passport, Seen, VerdictState
from suyuan.trace.recall.passports import as_of_day
from suyuan.trace.scan.judging import judged

MOST = 256 * 1024 * 1024
"""Bytes of pages that are kept at most: six kilobytes each, two languages, with looks before and without."""
_MARK = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a page is asked for: below which path, and what its reader chose."""

    path: str  # of the request, OWN for the serial
    link: str  # of the code, likewise
    query: tuple[tuple[str, str], ...]
    language: Language
    chosen: Language | None
    large: bool


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of looks at a code before this one."""

    count: int = 0
    first: datetime | None = None


class Pages:
    """Makes pages and keeps them. Safe to use from several threads."""

    def __init__(self, zone: tzinfo, tiles: TileSource | None) -> None:
        self._zone = zone
        self._tiles = tiles
        self._made: OrderedDict[tuple[object, ...], MadePage] = OrderedDict()
        self._size = 0
        self._proven: dict[tuple[object, ...], bool] = {}
        self._lock = Lock()

    def ready(self, body: Body, asked: Asked, before: Before, now: datetime) -> MadePage | None:
        """The page if it is made already."""
        return self._made.get(self._key(body, asked, before, now))

    def page(self, body: Body, asked: Asked, before: Before, now: datetime) -> MadePage | None:
        """The page, made if need be; None where it must be made for each look."""
        key = self._key(body, asked, before, now)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            made = self._make(body, asked, before, now)
            if made is not None:
                self._made[key] = made
                self._size += made.size
                while self._size > MOST:
                    _, gone = self._made.popitem(last=False)
                    self._size -= gone.size
            return made

    def _key(self, body: Body, asked: Asked, before: Before, now: datetime) -> tuple[object, ...]:
        day, its_day = now.astimezone(self._zone).date(), now.astimezone(Speech(asked.language).zone).date()
        return (body, asked, bool(before.count), before.first is None, day, its_day)

    def _make(self, body: Body, asked: Asked, before: Before, now: datetime) -> MadePage | None:
        html, openings, passport = self._rendered(body, asked, before, now)
        if passport.verdict.state is VerdictState.UNKNOWN:
            return None
        made = MadePage.of(html, openings)
        reasons = tuple(reason.code for reason in passport.verdict.reasons)
        kind = (
            passport.kind,
            reasons,
            asked.language,
            asked.large,
            bool(before.count),
            tuple(filling.what for filling in made.fillings),
            made.opens,
        )
        if kind not in self._proven:
            self._proven[kind] = self._is_right(made, body, asked, before, now)
        return made if self._proven[kind] else None

    def _is_right(self, made: MadePage, body: Body, asked: Asked, before: Before, now: datetime) -> bool:
        """See :mod:`suyuan.api.passports.slots`: other stand-ins, and none at all."""
        html, openings, _ = self._rendered(body, asked, before, _another(now), longer=7)
        again = MadePage.of(html, openings)
        serial = "AZ09-x"
        filled = made.gzipped(Speech(asked.language), values_of(serial, before, now))
        seen = _seen(body, before.count, before.first)
        passport = judged(as_of_day(owned(body.passport, serial), now, self._zone), seen)
        page = _page(asked, serial, Speech(asked.language))
        plain = page_of_passport(page, passport, asked.link.replace(OWN, serial), self._tiles).body
        is_right = again.stills == made.stills and gzip.decompress(filled) == bytes(plain)
        if not is_right:
            _log.warning("pages of this kind are made for each look: the template uses what stands open")
        return is_right

    def _rendered(
        self, body: Body, asked: Asked, before: Before, now: datetime, longer: int = 0
    ) -> tuple[str, Openings, Passport]:
        mark = "".join(secrets.choice(ascii_letters) for _ in range(_MARK + longer))
        openings = Openings(mark)
        count = OpenCount.of("count", 5 + longer, openings) if before.count else 0
        first = None if before.first is None else OpenMoment.of_moment("first", before.first, openings)
        passport = judged(
            as_of_day(owned(body.passport, openings.serial), now, self._zone), _seen(body, count, first)
        )
        checked = OpenMoment.of_moment("checked", now, openings)
        passport = replace(passport, verdict=replace(passport.verdict, checked_at=checked))
        page = _page(asked, openings.serial, OpenSpeech(asked.language, openings=openings))
        link = asked.link.replace(OWN, openings.serial)
        html = page_of_passport(page, passport, link, self._tiles).body
        return bytes(html).decode(), openings, passport


def values_of(serial: str, before: Before, now: datetime) -> Mapping[str, object]:
    """What is filled in."""
    return {SERIAL: serial, "count": before.count, "first": before.first, "checked": now}


def level_of(body: Body) -> Level:
    """What a code is worth of which nobody knows a chip or a seal."""
    return Level.SERIAL if body.kind in ("item", "unit") else Level.LOT


def _seen(body: Body, count: int, first: datetime | None) -> Seen:
    return Seen(level_of(body), (), count, first)


def _page(asked: Asked, serial: str, speech: Speech) -> Page:
    path = asked.path.replace(OWN, serial)
    return Page(path, asked.query, speech, asked.chosen, asked.large, principal=None)


def _another(now: datetime) -> datetime:
    """Another time of the same day, wherever that is asked for."""
    return now + timedelta(seconds=61) if now.minute < 30 else now - timedelta(seconds=61)  # noqa: PLR2004 (half an hour)

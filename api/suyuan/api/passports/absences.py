"""Pages of items that nobody gave out, made ahead: one for all, per language and size of type.

Whoever guesses codes asks for many of them; what is said of each differs in what it calls itself only.
"""

from __future__ import annotations

import gzip
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, tzinfo
from string import ascii_letters
from threading import Lock

from suyuan.api.passports.pages import Asked
from suyuan.api.passports.slots import GTIN, LOT, SERIAL, MadePage, Openings, OpenMoment, OpenSpeech
from suyuan.portal.consumer import page_of_absence
from suyuan.portal.language import Speech
from suyuan.portal.rendering import Page
from suyuan.trace.errors import NotFound

MOST = 200
"""Pages that are kept at most: by language and size of type, with a lot or without, and what is said."""
_MARK = 20
_log = logging.getLogger(__name__)


class Absences:
    """Makes pages and keeps them. Safe to use from several threads."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._made: OrderedDict[tuple[object, ...], MadePage | None] = OrderedDict()
        self._lock = Lock()

    def page(
        self, asked: Asked, unknown: NotFound, code: Mapping[str, str], now: datetime
    ) -> MadePage | None:
        """The page that says of ``code``, its parts by name, that it is ``unknown``; None: by the routes.

        ``asked`` has :func:`stand_in` of the parts in place of them.
        """
        shape = _with_values(unknown, {value: stand_in(name) for name, value in code.items()})
        today = now.astimezone(self._zone).date()
        key = (asked, shape.template, shape.where, shape.remedy, tuple(sorted(shape.fields.items())), today)
        with self._lock:
            if key not in self._made:
                self._made[key] = _made(asked, shape, now)
                if len(self._made) > MOST:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


def stand_in(name: str) -> str:
    """Stands for a part of a code in paths and errors: nothing that is plain has it."""
    return {SERIAL: "\ue000", LOT: "\ue001", GTIN: "\ue002"}[name]


def _made(asked: Asked, shape: NotFound, now: datetime) -> MadePage | None:
    """See :mod:`suyuan.api.passports.slots`: other stand-ins, and none at all, must come to the same."""
    made, again = (_rendered(asked, shape, now, longer) for longer in (0, 7))
    code = {GTIN: "09521234000013", LOT: "L1.b", SERIAL: "AZ09-x"}
    filled = made.gzipped(Speech(asked.language), {**code, "checked": now})
    plain = _page(asked, shape, code, Speech(asked.language), now)
    if again.stills == made.stills and gzip.decompress(filled) == plain:
        return made
    _log.warning("pages of unknown codes are made for each look: the template uses what stands open")
    return None


def _rendered(asked: Asked, shape: NotFound, now: datetime, longer: int) -> MadePage:
    openings = Openings("".join(secrets.choice(ascii_letters) for _ in range(_MARK + longer)))
    checked = OpenMoment.of_moment("checked", now, openings)
    code = {name: openings.part(name) for name in (GTIN, LOT, SERIAL)}
    html = _page(asked, shape, code, OpenSpeech(asked.language, openings=openings), checked)
    return MadePage.of(html.decode(), openings)


def _page(asked: Asked, shape: NotFound, code: Mapping[str, str], speech: Speech, now: datetime) -> bytes:
    values = {stand_in(name): value for name, value in code.items()}
    path, link = (_filled(text, values) for text in (asked.path, asked.link))
    page = Page(path, asked.query, speech, asked.chosen, asked.large, principal=None)
    return bytes(page_of_absence(page, link, _with_values(shape, values), now).body)


def _with_values(error: NotFound, values: Mapping[str, str]) -> NotFound:
    """The same of other values."""
    fields = {name: values.get(str(value), value) for name, value in error.fields.items()}
    return NotFound(error.template, where=error.where, remedy=error.remedy, **fields)


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text

"""Short forms for the screen: codes, times, ages, and the footer's chips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal
from urllib.parse import unquote

from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station.page.picture import BAD_SKEW_S, Picture
from suyuan.readers.station.page.words import say
from suyuan.readers.station.status import Status
from suyuan.readers.station.watch import Tag

Level = Literal["ok", "warn", "bad", "none"]
MOST_CODE = 16
ANSWERED_S = 30.0
"""A block list confirmed within this time says that the platform answers."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SERIAL = re.compile(r"/(?:21|serial)/([^/?#]+)")
_UNIT = re.compile(r"/(?:00|own/unit)/([^/?#]+)")
_LOT = re.compile(r"/(?:10|lot)/([^/?#]+)")


@dataclass(frozen=True, slots=True)
class Chip:
    """One fact of the footer; its shape tells the level too."""

    level: Level
    text: str
    title: str = ""


def short(tag: Tag) -> str:
    """What tells one tag from its neighbours: the serial, the SSCC, the lot; the end of anything long."""
    for pattern in (_SERIAL, _UNIT, _LOT):
        if found := pattern.search(tag.code):
            return _end(unquote(found[1]))
    if tag.code.startswith("urn:"):
        return _end(tag.code.rpartition(":")[2])
    return _end(tag.code) or "?"


def _end(text: str) -> str:
    return text if len(text) <= MOST_CODE else f"…{text[1 - MOST_CODE :]}"


def clock(time: datetime, zone: timezone) -> str:
    """The time of day at the station."""
    return time.astimezone(zone).strftime("%H:%M:%S")


def age(language: str, seconds: float) -> str:
    """A length of time in its largest unit."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return say(language, f"age.{unit}", n=int(seconds // size))
    return say(language, "age.s", n=max(0, int(seconds)))


def chips(picture: Picture, language: str, block_list_max_age_s: float) -> list[Chip]:
    """The footer: what waits, the platform, the clock, the block list, each reader, what stands."""
    status = picture.status
    if status is None:
        return [Chip("bad", say(language, "foot.unknown"))]
    return [
        _queue(status, language),
        *_refused(status, language),
        *_of_store_and_clock(status, language),
        _server(status, language),
        _clock(picture, status, language),
        _block_list(status, language, block_list_max_age_s),
        *_readers(status, language),
    ]


def _queue(status: Status, language: str) -> Chip:
    depth, oldest = status.queue.depth, status.oldest_unsent_s
    if not depth or oldest is None:
        return Chip("ok", say(language, "foot.queue", depth=depth))
    text = say(language, "foot.queue-age", depth=depth, age=age(language, oldest))
    return Chip("ok" if oldest < _MINUTE else "warn", text)


def _refused(status: Status, language: str) -> Iterator[Chip]:
    if status.queue.refused:
        told = next((m for m in status.alarms if m.code == "REFUSED"), None)
        title = "" if told is None else f"{told.text(language)} {told.remedy(language)}"
        yield Chip("bad", say(language, "foot.refused", count=status.queue.refused), title)


def _of_store_and_clock(status: Status, language: str) -> Iterator[Chip]:
    """What stops no goods yet, in its whole sentence: it is rare, and somebody has to do something."""
    for message in status.alarms:
        if message.code in {"LITTLE_ROOM", "CLOCK_SET", "STATION_CLOCK"}:
            yield Chip("warn", message.text(language), message.remedy(language))


def _server(status: Status, language: str) -> Chip:
    """Whether the platform answers: delivery tells while something waits, the polled block list otherwise."""
    levels: dict[str, Level] = {"away": "warn", "not-signed-in": "bad"}
    told = next((m for m in status.alarms if m.code in {"OFFLINE", "NOT_SIGNED_IN"}), None)
    title = "" if told is None else f"{told.text(language)} {told.remedy(language)}"
    confirmed_s = status.block_list_age_s
    if status.server != "idle" or confirmed_s is None:
        return Chip(levels.get(status.server, "ok"), say(language, f"foot.server.{status.server}"), title)
    if confirmed_s <= ANSWERED_S:
        return Chip("ok", say(language, "foot.server.connected"))
    return Chip("warn", say(language, "foot.server.silent", age=age(language, confirmed_s)))


def _clock(picture: Picture, status: Status, language: str) -> Chip:
    time, skew = clock(status.clock, picture.zone), picture.skew_s
    if skew is None or abs(skew) < BAD_SKEW_S:
        return Chip("ok", say(language, "foot.clock", time=time))
    return Chip("warn", say(language, "foot.skew", time=time, seconds=f"{skew:+.0f}"))


def _block_list(status: Status, language: str, most_s: float) -> Chip:
    if status.block_list_age_s is None:
        return Chip("none", say(language, "foot.no-list"))
    level: Level = "ok" if status.block_list_age_s <= most_s else "warn"
    if any(m.code == "SIGNATURE_FAIL" for m in status.alarms):
        level = "bad"
    return Chip(level, say(language, "foot.list", age=age(language, status.block_list_age_s)))


def _readers(status: Status, language: str) -> Iterator[Chip]:
    for name, health in status.readers.items():
        if health is None or not health.connected:
            yield Chip("bad", say(language, "foot.reader-down", name=name))
        else:
            yield _reader(name, health, status.clock, language)


def _reader(name: str, health: ReaderHealth, now: datetime, language: str) -> Chip:
    if health.last_heard is None:
        heard, silent_s = say(language, "foot.never"), 0.0
    else:
        silent_s = (now - health.last_heard).total_seconds()
        heard = say(language, "foot.heard", age=age(language, silent_s))
    told = {"name": name, "heard": heard, "reads": health.reads, "dropped": health.dropped}
    if health.dropped:
        return Chip("warn", say(language, "foot.reader-dropped", **told))
    return Chip("ok", say(language, "foot.reader", **told))

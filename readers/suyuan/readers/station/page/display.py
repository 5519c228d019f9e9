"""Short forms for the screen: codes, times, ages, and the footer's chips."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Literal
from urllib.parse import unquote

from suyuan.readers.reader import ReaderHealth
from suyuan.readers.station.duration import duration
from suyuan.readers.station.duty import Duty
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.picture import BAD_SKEW_S, Picture
from suyuan.readers.station.page.words import say
from suyuan.readers.station.status import Status
from suyuan.readers.station.watch import Tag
from suyuan.readers.station.words import Message

Level = Literal["ok", "warn", "bad", "none"]
MOST_CODE = 18
ANSWERED_S = 30.0
"""A block list confirmed within this time says that the platform answers."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SERIAL = re.compile(r"/(?:21|serial)/([^/?#]+)")
_UNIT = re.compile(r"/(?:00|own/unit)/([^/?#]+)")
_LOT = re.compile(r"/(?:10|lot)/([^/?#]+)")
_PRODUCT = re.compile(r"/(?:01|own/product)/([^/?#]+)")
_LINK = re.compile(r"https?://[^\s,，；。]*[^\s,，；。.:：]")
GROUPS: Mapping[str, tuple[Step, ...]] = {
    "making": (Step.COMMISSION, Step.IMPORT, Step.PACK, Step.UNPACK, Step.TRANSFORM),
    "quality": (Step.INSPECT, Step.RELEASE, Step.MEASURE),
    "store": (Step.STORE, Step.COUNT, Step.PICK),
    "trade": (Step.SHIP, Step.RECEIVE, Step.SELL),
    "back": (Step.HOLD, Step.RETURN, Step.DESTROY),
}
"""The steps as the page offers them, by what people call their work."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One fact of the footer; its shape tells the level too. ``aside`` is what a small screen leaves out."""

    level: Level
    text: str
    title: str = ""
    aside: bool = False


def grouped(allowed: Sequence[Step]) -> list[tuple[str, tuple[Step, ...]]]:
    """The groups of the steps that are ``allowed``, without the empty ones."""
    found = ((name, tuple(step for step in steps if step in allowed)) for name, steps in GROUPS.items())
    return [(name, steps) for name, steps in found if steps]


def short(tag: Tag) -> str:
    """What tells one tag from its neighbours: the serial, the SSCC, the lot; the end of anything long."""
    return short_code(tag.code)


def short_code(code: str) -> str:
    """The same of a code that is no tag's."""
    if named := _named(code):
        return _end(named)
    if code.startswith("urn:"):
        return _end(code.rpartition(":")[2])
    return _end(code) or "?"


def _named(code: str) -> str:
    """The serial, unit or lot that a link names; empty where it names none."""
    found = next((m for pattern in (_SERIAL, _UNIT, _LOT) if (m := pattern.search(code))), None)
    return "" if found is None else unquote(found[1])


def product_code(key: str) -> str:
    """The GTIN or own code of a product, as it is printed."""
    found = _PRODUCT.search(key)
    return unquote(found[1]) if found else _end(key)


def plain(text: str) -> str:
    """``text`` with its links as the list of tags has them; with their product where there are several."""
    links = _LINK.findall(text)
    products = {found[1] if (found := _PRODUCT.search(link)) else "" for link in links}

    def said(link: re.Match[str]) -> str:
        if not _named(link[0]):
            return link[0]  # an address, say
        product, code = _PRODUCT.search(link[0]), short_code(link[0])
        return f"{unquote(product[1])}·{code}" if product and len(products) > 1 else code

    return _LINK.sub(said, text)


def conditions(picture: Picture) -> list[Message]:
    """What stands against the station and is not told above already, in whole sentences."""
    told = {message.code for message in picture.messages}
    return [message for message in picture.alarms if message.code not in told]


def _end(text: str) -> str:
    shown = text if len(text) <= MOST_CODE else f"…{text[1 - MOST_CODE :]}"
    # What turns the direction of writing, or moves the cursor, is no letter of a code.
    return "".join(c if c.isprintable() else "·" for c in shown)


def clock(time: datetime, zone: timezone) -> str:
    """The time of day at the station."""
    return time.astimezone(zone).strftime("%H:%M:%S")


def age(language: str, seconds: float) -> str:
    """A length of time in its largest unit."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return say(language, f"age.{unit}", n=int(seconds // size))
    return say(language, "age.s", n=max(0, int(seconds)))


def chips(
    picture: Picture, language: str, block_list_max_age_s: float, duty: Duty, reader: str = ""
) -> list[Chip]:
    """The footer: who works, what waits, the platform, the clock, the block list, each reader, what stands.

    ``reader`` is the one of the read point that is looked at.
    """
    status = picture.status
    if status is None:
        return [Chip("bad", say(language, "foot.unknown"))]
    return [
        *_person(duty, language),
        _queue(status, language),
        *_refused(status, language),
        *_of_store_and_clock(status, language),
        _server(status, language),
        _clock(picture, status, language),
        _block_list(status, language, block_list_max_age_s),
        *_readers(status, reader, language),
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
    """What stops no goods yet; the whole sentence and what to do stand below it, see :func:`conditions`."""
    words = {"LITTLE_ROOM": "room", "CLOCK_SET": "clock-set", "STATION_CLOCK": "station-clock"}
    for message in status.alarms:
        if message.code in words:
            title = f"{message.text(language)} {message.remedy(language)}"
            yield Chip("warn", say(language, f"foot.{words[message.code]}"), title)


def _person(duty: Duty, language: str) -> Iterator[Chip]:
    """Who is at work, and their shift if it is not the whole day."""
    if not duty.staff:
        return
    person = duty.person
    if person is None:
        yield Chip("bad", say(language, "foot.nobody"))
    elif person.begins == person.ends:
        yield Chip("ok", say(language, "foot.person", name=person.name))
    else:
        begins, ends = (f"{moment:%H:%M}" for moment in (person.begins, person.ends))
        yield Chip("ok", say(language, "foot.shift", name=person.name, begins=begins, ends=ends))


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
        return Chip("ok", say(language, "foot.clock", time=time), aside=True)
    how_long = f"{'-' if skew < 0 else '+'}{duration(skew).text(language)}"
    return Chip("warn", say(language, "foot.skew", time=time, duration=how_long))


def _block_list(status: Status, language: str, most_s: float) -> Chip:
    if status.block_list_age_s is None:
        wanted = any(m.code == "NO_BLOCK_LIST" for m in status.alarms)
        return Chip("warn" if wanted else "none", say(language, "foot.no-list"), aside=not wanted)
    level: Level = "ok" if status.block_list_age_s <= most_s else "warn"
    if any(m.code == "SIGNATURE_FAIL" for m in status.alarms):
        level = "bad"
    text = say(language, "foot.list", age=age(language, status.block_list_age_s))
    return Chip(level, text, aside=level == "ok")


def _readers(status: Status, reader: str, language: str) -> Iterator[Chip]:
    for name, health in status.readers.items():
        if health is None or not health.connected:
            yield Chip("bad", say(language, "foot.reader-down", name=name))
        else:
            chip = _reader(name, health, status.clock, language)
            yield replace(chip, aside=chip.level == "ok" and name != reader)


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

"""How makers write what a reader saw: Impinj, Zebra (fixed readers and handhelds), and whoever else.

A dialect turns one JSON event into what it says: sightings, changes of inputs, notices. An event of no known
shape, or one of a tag that cannot be, is a ``ValueError``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from suyuan.readers.impinj import events as impinj
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reports import (
    HIGHEST_ANTENNA,
    MAX_TID_BYTES,
    Notice,
    base64_bytes,
    hex_bytes,
    instant,
    part,
    strength,
    text_of,
    whole,
)

ONLY_ANTENNA = 1
"""Where a tag was seen if the event does not say."""
HIGHEST_COUNT = 2**31
_NUMBERS = (0, 2**63)
_LONGEST_NAME = 128
ZEBRA_NOTICES = frozenset(("heartbeat", "gpi", "gpo", "error", "warning", "exception", "alerts", "userapp"))
NOTICES = impinj.NOTICES | ZEBRA_NOTICES
"""Kinds of notices that we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Of which device an event is, and what makes it the same event if it comes again.

    ``names``: all that the event calls its device by, the one that it is known by first.
    ``same`` is None where nothing does: an event without a time cannot be told from the next of the same tag.
    """

    names: tuple[str, ...] = ()
    same: Hashable = None

    @property
    def device(self) -> str:
        """The name of the device, empty where the event has none."""
        return self.names[0] if self.names else ""


@dataclass(frozen=True, slots=True)
class Sighting(Told):
    """An observation."""

    seen: Observation


@dataclass(frozen=True, slots=True)
class Switched(Told):
    """A change of an input."""

    change: InputChange


@dataclass(frozen=True, slots=True)
class Garbled:
    """One of several in an event that cannot be; the others are."""

    reason: str


Said = Sighting | Switched | Notice | Garbled


@dataclass(frozen=True, slots=True)
class Arrival:
    """Of which reader an event came, when, and whether our clock counts instead of the device's."""

    reader: str
    host: datetime
    host_clock: bool = False

    def time(self, told: datetime | None) -> datetime:
        """The time of a sighting of which the device tells the time ``told``."""
        return self.host if told is None or self.host_clock else told


Dialect = Callable[[object, Arrival], Iterable[Said]]
"""One event may hold a whole batch, which is made out only as fast as it is asked for."""


def impinj_event(event: object, arrival: Arrival) -> list[Said]:
    """An event of Impinj's IoT device interface."""
    said = impinj.read_event(event, arrival.reader, arrival.host, host_clock=arrival.host_clock)
    facts = part(event)
    told, names = _name(facts.get("timestamp")), _names(facts.get("hostname"))
    if isinstance(said, Notice):
        change = None
        if said.kind == impinj.INPUT:
            change = impinj.input_change(part(facts.get("gpiTransitionEvent")), arrival.reader, said.at)
        return [said if change is None else _switched(change, names, told if instant(told) else None)]
    tag = part(facts.get("tagInventoryEvent"))
    last = _name(tag.get("lastSeenTime"))
    same = (told, last, said.epc, said.antenna) if told or last else None
    return [Sighting(said, names=names, same=same)]


def zebra_event(event: object, arrival: Arrival) -> Iterable[Said]:
    """An event of Zebra's IoT Connector: one tag of a fixed reader, or a batch of a handheld."""
    message = part(event)
    for wrapper in ("dataEVT", "data_evt"):
        message = part(message.get(wrapper)) or message
    data = part(message.get("data"))
    told = instant(message.get("timestamp"))
    if isinstance(message.get("data"), list):
        return (_zebra_one(each, told, message, arrival) for each in _objects(message.get("data")))
    if "idHex" in data or data.get("format") == "epc":
        return [_zebra_tag(data, "idHex", told, message, arrival)]
    batches = [*_objects(data.get("tagData")), *_objects(data.get("barcodeData"))]
    if batches or "tagData" in data or "barcodeData" in data:
        return (_zebra_one(each, told, message, arrival) for each in batches)
    return [_zebra_notice(message, data, told, arrival)]


def _zebra_one(
    each: Mapping[str, Any], told: datetime | None, message: Mapping[str, Any], arrival: Arrival
) -> Said:
    """One tag or barcode of a batch."""
    try:
        if "decodedBarcode" in each:
            return _zebra_barcode(each, told, message, arrival)
        epc = next((name for name in ("idHex", "EPCid") if name in each), "EPC")
        return _zebra_tag(each, epc, told, message, arrival)
    except ValueError as error:
        return Garbled(str(error))


def _zebra_tag(
    tag: Mapping[str, Any], epc: str, told: datetime | None, message: Mapping[str, Any], arrival: Arrival
) -> Sighting:
    last = instant(tag.get("lastSeenTime")) or told
    first = instant(tag.get("firstSeenTime")) or last
    seen = Observation(
        arrival.reader,
        whole(tag.get("antenna"), 1, HIGHEST_ANTENNA) or ONLY_ANTENNA,
        hex_bytes(tag.get(epc)),
        min(arrival.time(first), arrival.time(last)),
        arrival.time(last),
        whole(tag.get("reads", tag.get("seenCount")), 1, HIGHEST_COUNT) or 1,
        strength(tag.get("peakRssi")),
        tid_of(tag.get("TID")),
    )
    return Sighting(
        seen,
        names=_zebra_names(tag, message),
        same=None if last is None else (last, whole(tag.get("eventNum"), *_NUMBERS), seen.epc, seen.antenna),
    )


def _zebra_barcode(
    code: Mapping[str, Any], told: datetime | None, message: Mapping[str, Any], arrival: Arrival
) -> Sighting:
    text = text_of(code.get("decodedBarcode"))
    at = arrival.time(told)
    seen = Observation(arrival.reader, ONLY_ANTENNA, b"", at, at, text=text)
    same = None if told is None else (told, whole(code.get("eventNum"), *_NUMBERS), text)
    return Sighting(seen, names=_zebra_names(code, message), same=same)


def _zebra_names(*places: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("hostName", "HOSTNAME", "hostname", "MAC", "mac")
    return _names(*(place.get(name) for place in places for name in names))


def _zebra_notice(
    message: Mapping[str, Any], data: Mapping[str, Any], told: datetime | None, arrival: Arrival
) -> Said:
    at = arrival.time(told)
    kind = _name(message.get("type")) or _name(message.get("command"))
    if not kind:
        kind = next((name.removesuffix("EVT") for name in message if name.endswith("EVT")), "").lower()
    if not kind:
        message_text = "an event of no kind that is known"
        raise ValueError(message_text)
    if kind.lower() == "gpi":
        port, state = whole(data.get("pin"), 1, HIGHEST_ANTENNA), _name(data.get("state")).lower()
        if port is not None and state in {"high", "low"}:
            change = InputChange(arrival.reader, port, high=state == "high", at=at)
            return _switched(change, _zebra_names(data, message), told)
    return Notice(kind.lower(), at, data)


EPC_FORMATS = ("hex", "base64", "uri")


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a generic event has what: names of members, with dots for members of members; empty: nowhere.

    ``form``: how the EPC is written. As a URI it is told as text, like a symbol that names the same thing.
    """

    events: str = ""
    epc: str = "epc"
    form: str = "hex"
    text: str = "text"
    tid: str = "tid"
    time: str = "timestamp"
    antenna: str = "antenna"
    rssi: str = "rssi"
    count: str = "count"
    device: str = "device"
    number: str = "id"

    def event(self, event: object, arrival: Arrival) -> Iterable[Said]:
        """What a generic event says."""
        if not isinstance(event, dict):
            message = "an event that is no object"
            raise ValueError(message)  # noqa: TRY004 - one kind of fault for all that cannot be understood
        whole_event = part(cast("object", event))
        if not self.events:
            return [self._sighting(whole_event, whole_event, arrival)]
        return self._batch(whole_event, arrival)

    def _batch(self, event: Mapping[str, Any], arrival: Arrival) -> Iterator[Said]:
        for each in _objects(_at(event, self.events)):
            try:
                yield self._sighting(each, event, arrival)
            except ValueError as error:
                yield Garbled(str(error))

    def _sighting(self, tag: Mapping[str, Any], around: Mapping[str, Any], arrival: Arrival) -> Sighting:
        """A tag or symbol; what it does not say of itself, the event around it may."""

        def at(path: str) -> object:
            found = _at(tag, path)
            return _at(around, path) if found is None else found

        written = at(self.epc)
        epc, text = b"", None
        if written is None:
            text = text_of(at(self.text))
        elif self.form == "uri":
            text = text_of(written)
        else:
            epc = hex_bytes(written) if self.form == "hex" else base64_bytes(written)
        told = instant(at(self.time))
        antenna = whole(at(self.antenna), 1, HIGHEST_ANTENNA) or ONLY_ANTENNA
        seen = Observation(
            arrival.reader,
            antenna,
            epc,
            arrival.time(told),
            arrival.time(told),
            whole(at(self.count), 1, HIGHEST_COUNT) or 1,
            strength(at(self.rssi)),
            tid_of(at(self.tid)),
            text,
        )
        number = at(self.number)
        same = None if told is None else (told, _name(number) or whole(number, *_NUMBERS), epc, text, antenna)
        return Sighting(seen, names=_names(at(self.device)), same=same)


def tid_of(value: object) -> bytes | None:
    """A chip's id in hex, None where it is not told or cannot be: the tag was seen all the same."""
    try:
        return None if value is None else hex_bytes(value, MAX_TID_BYTES)
    except ValueError:
        return None


def _at(event: Mapping[str, Any], path: str) -> object:
    """What is at a path like ``reader.name``, None if nothing."""
    if not path:
        return None
    *outer, last = path.split(".")
    for name in outer:
        event = part(event.get(name))
    return event.get(last)


def _objects(value: object) -> list[Mapping[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [part(item) for item in items]


def _switched(change: InputChange, names: tuple[str, ...], told: Hashable) -> Switched:
    """A change of an input, at the time that the device told, if it told one."""
    return Switched(change, names=names, same=(told, change.port, change.high) if told else None)


def _names(*values: object) -> tuple[str, ...]:
    return tuple(name for value in values if (name := _name(value)))


def _name(value: object) -> str:
    """A short text, empty where it is none."""
    return value if isinstance(value, str) and len(value) <= _LONGEST_NAME else ""

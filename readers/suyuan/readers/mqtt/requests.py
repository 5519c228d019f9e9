"""What the driver asks of a broker: its options, and the topics that it subscribes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.readers import credentials, tls
from suyuan.readers.address import COMMON_OPTIONS, Option, ReaderAddress, integer, label, number
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.llrp.requests import clock_source
from suyuan.readers.mqtt.dialects import EPC_FORMATS, Dialect, Fields, impinj_event, zebra_event

LONGEST_TOPIC = 65_535
"""Bytes of a topic filter (MQTT 3.1.1 §4.7.3)."""
LONGEST_NAME = 512
DIALECTS = ("impinj", "zebra", "generic")


def one_of(*words: str) -> Any:
    """A parser of one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            message = f"one of {', '.join(words)} is needed"
            raise ValueError(message)
        return text

    return parse


def field_path(text: str) -> str:
    """The name of a member, with dots for members of members; empty for none."""
    if len(text) > 128 or not text.isprintable() or any(not step for step in text.split(".") if text):  # noqa: PLR2004
        message = "a name such as epc or data.idHex is needed"
        raise ValueError(message)
    return text


def topic_name(text: str) -> str:
    """A topic without wildcards."""
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable() or "#" in text or "+" in text:
        message = "a topic without wildcards is needed"
        raise ValueError(message)
    return text


_FIELDS = {
    "events_field": ("events", "array of tags within an event; the event itself is one by default"),
    "epc_field": ("epc", "member with the EPC"),
    "text_field": ("text", "member with the text of a symbol, where there is no EPC"),
    "tid_field": ("tid", "member with the chip's id in hex"),
    "time_field": ("time", "member with the time: ISO 8601, or s, ms or µs since 1970"),
    "antenna_field": ("antenna", "member with the number of the antenna"),
    "rssi_field": ("rssi", "member with the strength in dBm"),
    "count_field": ("count", "member with the number of readings"),
    "device_field": ("device", "member with the name of the device"),
    "id_field": ("number", "member with the number of the event"),
}

OPTIONS: tuple[Option, ...] = (
    *COMMON_OPTIONS,
    *credentials.OPTIONS,
    *tls.OPTIONS,
    Option("dialect", one_of(*DIALECTS), "generic", "impinj, zebra, or generic with the fields named below"),
    Option(
        "client_id",
        label,
        None,
        "keeps a session of this name at the broker, which holds what comes meanwhile",
    ),
    Option("qos", integer(0, 1), 1, "0: at most once, 1: at least once"),
    Option("device", label, None, "only what this device publishes, where several share a topic"),
    Option("will", topic_name, None, "topic on which the broker tells that the device has gone"),
    Option(
        "heartbeat", number(1, 86_400), None, "seconds within which the device always publishes something"
    ),
    Option(
        "window",
        integer(1, 1_000_000),
        10_000,
        "events of a device that are known again when they come again",
    ),
    Option("payload", integer(64, 16 * 1024 * 1024), 1024 * 1024, "most bytes of a message"),
    Option("keepalive", integer(1, 3_600), 20, "seconds between signs of life to the broker"),
    Option("timeout", number(0.05, 300), 10.0, "seconds to wait for a connection or an answer"),
    Option("clock", clock_source, False, "whose time observations carry: device (default) or host"),
    Option("epc_format", one_of(*EPC_FORMATS), None, "generic: how the EPC is written: hex, base64 or uri"),
    *(Option(name, field_path, None, f"generic: {what}") for name, (_, what) in _FIELDS.items()),
)


def read_topic(address: ReaderAddress) -> str:
    """The topic filter in an address: its path.

    Raises:
        ReaderConfigError: there is none, or none that may be subscribed to.
    """
    topic = address.path.removeprefix("/")
    if not address.host or not topic or "#" in address.url:
        raise ReaderConfigError(
            "{url} is not the address of readers behind a broker.",
            where="url",
            remedy="Write mqtt://broker/topic/filter, with '#' as %23 and options after a '?'.",
            url=address.url,
        )
    check_filter(topic)
    return topic


def check_filter(topic: str) -> None:
    """Raise if a topic filter cannot be (MQTT 3.1.1 §4.7.1).

    Raises:
        ReaderConfigError: a wildcard where none may be, or too long.
    """
    levels = topic.split("/")
    wrong = (
        len(topic.encode("utf-8", "replace")) > LONGEST_TOPIC
        or not topic.isprintable()
        or any("#" in level for level in levels[:-1])
        or any(len(level) > 1 and ("#" in level or "+" in level) for level in levels)
    )
    if wrong:
        raise ReaderConfigError(
            "{topic!a} is no topic filter.",
            where="topic",
            remedy="'+' stands for one whole level, '#' for all further ones at the end.",
            topic=topic[:200],
        )


def read_dialect(address: ReaderAddress, options: Mapping[str, Any]) -> Dialect:
    """The dialect that the options name.

    Raises:
        ReaderConfigError: fields are named for a dialect that has its own.
    """
    named = [name for name in (*_FIELDS, "epc_format") if name in address.options]
    if options["dialect"] != "generic":
        if named:
            raise ReaderConfigError(
                "Only the dialect generic has the option {option}.", where=named[0], option=named[0]
            )
        return impinj_event if options["dialect"] == "impinj" else zebra_event
    places = {place: options[name] for name, (place, _) in _FIELDS.items() if name in address.options}
    return Fields(**places, form=options["epc_format"] or "hex").event

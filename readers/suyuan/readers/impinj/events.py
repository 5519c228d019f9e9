"""The events of Impinj's IoT device interface, as they come over HTTP and over MQTT alike.

An event is a JSON object whose ``eventType`` names the member that holds its facts: ``tagInventory`` has a
``tagInventoryEvent``. What that has in it is a matter of configuration: the EPC in hex, in base64, or both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
    whole,
)

TAG = "tagInventory"
INVENTORY = "inventoryStatus"
RUNNING, ARMED, IDLE = "running", "armed", "idle"
"""States of an inventory: at work, waiting for its trigger, and neither."""
INPUT = "gpiTransition"
ANTENNA_IN, ANTENNA_OUT = "antennaConnected", "antennaDisconnected"
NOTICES = frozenset(
    (
        INVENTORY,
        "inventoryTerminated",
        ANTENNA_IN,
        ANTENNA_OUT,
        "antennaActivation",
        INPUT,
        "diagnostic",
        "overflow",
    )
)
"""Events about the reader itself that we know."""
ONLY_ANTENNA = 1
"""Where a tag was seen if the reader is configured not to say."""

_LEVELS = {"low-to-high": True, "high-to-low": False, "high": True, "low": False}
_CENTI = 100


def input_change(facts: Mapping[str, Any], reader: str, at: datetime) -> InputChange | None:
    """What a gpiTransition, or the state of an input, says; None where that is nothing."""
    port = whole(facts.get("gpi"), 1, HIGHEST_ANTENNA)
    high = _LEVELS.get(str(facts.get("transition", facts.get("state"))))
    return None if port is None or high is None else InputChange(reader, port, high=high, at=at)


def read_event(
    event: object, reader: str, host: datetime, *, host_clock: bool = False
) -> Observation | Notice:
    """What one event says; ``host`` is the time of the host, used where the event tells none that can be.

    Raises:
        ValueError: it is no event, or one of a tag without an EPC that can be.
    """
    whole_event = part(event)
    kind = kind_of(whole_event)
    facts = part(whole_event.get(f"{kind}Event"))
    told = None if host_clock else instant(whole_event.get("timestamp"))
    if kind != TAG:
        return Notice(kind, told or host, facts)
    seen = told if host_clock else instant(facts.get("lastSeenTime")) or told
    return Observation(
        reader,
        whole(facts.get("antennaPort"), 1, HIGHEST_ANTENNA) or ONLY_ANTENNA,
        epc_of(facts),
        seen or host,
        seen or host,
        1,
        strength(facts.get("peakRssiCdbm"), _CENTI),
        _tid_of(facts),
    )


def kind_of(event: Mapping[str, Any]) -> str:
    """The kind of an event: what it says, or what the member that holds its facts is called.

    Raises:
        ValueError: neither is there.
    """
    kind = event.get("eventType")
    if isinstance(kind, str) and kind:
        return kind
    for name in event:
        if name.endswith("Event") and len(name) > len("Event"):
            return name.removesuffix("Event")
    message = "an event without a type"
    raise ValueError(message)


def epc_of(facts: Mapping[str, Any]) -> bytes:
    """The EPC of a tag event, from hex if it is there, else from base64.

    Raises:
        ValueError: there is none, or none that can be.
    """
    written = facts.get("epcHex")
    return hex_bytes(written) if written is not None else base64_bytes(facts.get("epc"))


def _tid_of(facts: Mapping[str, Any]) -> bytes | None:
    """The chip's id, None where it is not told, or not as it should be: the tag was seen all the same."""
    try:
        if facts.get("tidHex") is not None:
            return hex_bytes(facts["tidHex"], MAX_TID_BYTES)
        return None if facts.get("tid") is None else base64_bytes(facts["tid"], MAX_TID_BYTES)
    except ValueError:
        return None

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.impinj.events import input_change, read_event
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reports import Notice

HOST = datetime(2026, 5, 1, 12, tzinfo=UTC)
SEEN = datetime(2026, 5, 1, 11, 59, 59, 658_476, tzinfo=UTC)
EPC = bytes.fromhex("e28011606000020a6681f23f")


def event(**facts: Any) -> dict[str, Any]:
    return {
        "timestamp": "2026-05-01T11:59:59.900000001Z",
        "hostname": "dock-1",
        "eventType": "tagInventory",
        "tagInventoryEvent": {"epcHex": EPC.hex(), **facts},
    }


def seen(said: object) -> Observation:
    report = read_event(said, "dock", HOST)
    assert isinstance(report, Observation)
    return report


def test_a_tag_event_with_everything() -> None:
    facts = {
        "antennaPort": 3,
        "peakRssiCdbm": -5650,
        "tidHex": "E2801160",
        "lastSeenTime": "2026-05-01T11:59:59.658476625Z",
    }
    assert seen(event(**facts)) == Observation(
        "dock", 3, EPC, SEEN, SEEN, 1, -56.5, bytes.fromhex("e2801160")
    )


def test_an_event_with_the_epc_alone_is_timed_by_the_event_and_then_by_the_host() -> None:
    bare = seen(event())
    assert (bare.antenna, bare.epc, bare.rssi_dbm, bare.tid) == (1, EPC, None, None)
    assert bare.last_seen == datetime(2026, 5, 1, 11, 59, 59, 900_000, tzinfo=UTC)
    assert seen({"tagInventoryEvent": {"epcHex": EPC.hex()}}).last_seen == HOST
    by_host = read_event(event(), "dock", HOST, host_clock=True)
    assert isinstance(by_host, Observation)
    assert by_host.first_seen == HOST


@pytest.mark.parametrize("epc", ["4oARYGAAAgpmgfI_", "4oARYGAAAgpmgfI/"])
def test_an_epc_in_base64(epc: str) -> None:
    assert seen({"eventType": "tagInventory", "tagInventoryEvent": {"epc": epc, "tid": "4oAR"}}).epc == EPC


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"antennaPort": 0}, ("antenna", 1)),
        ({"antennaPort": "2"}, ("antenna", 1)),
        ({"antennaPort": True}, ("antenna", 1)),
        ({"peakRssiCdbm": 1e300}, ("rssi_dbm", None)),
        ({"tidHex": "zz"}, ("tid", None)),
        ({"lastSeenTime": "yesterday"}, ("epc", EPC)),
    ],
)
def test_a_tag_was_seen_though_something_beside_its_epc_cannot_be(
    facts: dict[str, Any], kept: tuple[str, Any]
) -> None:
    assert getattr(seen(event(**facts)), kept[0]) == kept[1]


@pytest.mark.parametrize(
    "said",
    [
        None,
        7,
        [],
        {},
        {"eventType": 5},
        {"eventType": "tagInventory"},
        {"eventType": "tagInventory", "tagInventoryEvent": []},
        {"eventType": "tagInventory", "tagInventoryEvent": {}},
        event(epcHex="E2" * 63),
        event(epcHex="E2\u0660\u0660"),
        event(epcHex=None, epc="!"),
    ],
)
def test_what_is_no_event_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match=r"without a type|is not 1 to 62 bytes"):
        read_event(said, "dock", HOST)


def test_other_events_are_notices() -> None:
    notice = read_event(
        {"timestamp": "2026-05-01T11:59:59Z", "antennaDisconnectedEvent": {"antennaPort": 2}}, "dock", HOST
    )
    assert isinstance(notice, Notice)
    assert (notice.kind, notice.antenna) == ("antennaDisconnected", 2)


def test_inputs() -> None:
    assert input_change({"gpi": 2, "transition": "low-to-high"}, "dock", HOST) == InputChange(
        "dock", 2, high=True, at=HOST
    )
    assert input_change({"gpi": 1, "state": "low"}, "dock", HOST) == InputChange(
        "dock", 1, high=False, at=HOST
    )
    odd_ones: list[dict[str, Any]] = [
        {"gpi": 1},
        {"gpi": 1, "transition": []},
        {"gpi": 0, "state": "low"},
        {"state": "high"},
    ]
    assert [input_change(odd, "dock", HOST) for odd in odd_ones] == [None] * 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(["epcHex", "epc", "tidHex", "tid", "antennaPort", "peakRssiCdbm", "lastSeenTime"])


@given(st.dictionaries(NAMES, JSON), JSON)
def test_any_event_is_a_report_or_refused(facts: dict[str, Any], timestamp: object) -> None:
    said = {"eventType": "tagInventory", "timestamp": timestamp, "tagInventoryEvent": facts}
    try:
        report = read_event(said, "dock", HOST)
    except ValueError:
        return
    assert isinstance(report, Observation)
    assert 1 <= len(report.epc) <= 62

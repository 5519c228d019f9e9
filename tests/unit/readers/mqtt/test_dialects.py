from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.mqtt.dialects import (
    Arrival,
    Dialect,
    Fields,
    Garbled,
    Sighting,
    Switched,
    impinj_event,
    zebra_event,
)
from suyuan.readers.observation import InputChange
from suyuan.readers.reports import Notice

HOST = datetime(2026, 5, 1, 12, tzinfo=UTC)
SEEN = HOST - timedelta(hours=1)
ARRIVAL = Arrival("dock", HOST)
EPC = bytes.fromhex("3066c4409047e140075bcd15")
TAG: dict[str, Any] = {"format": "epc", "idHex": EPC.hex(), "eventNum": 7, "antenna": 2, "peakRssi": -56}
MESSAGE: dict[str, Any] = {"data": TAG, "timestamp": "2026-05-01T11:00:00.000+0000", "type": "SIMPLE"}


def only(dialect: Dialect, event: object, arrival: Arrival = ARRIVAL) -> Sighting:
    (said,) = dialect(event, arrival)
    assert isinstance(said, Sighting)
    return said


# Zebra


@pytest.mark.parametrize("kind", ["SIMPLE", "INVENTORY", "PORTAL", "CONVEYOR", "DIRECTIONALITY", "CUSTOM"])
def test_a_tag_of_a_fixed_zebra_reader_in_any_mode(kind: str) -> None:
    data = TAG | {"reads": 3, "TID": "E2801160", "hostName": "FX9600A", "MAC": "84:24:8D:00:00:01"}
    said = only(zebra_event, MESSAGE | {"data": data, "type": kind})
    seen = said.seen
    assert (seen.reader, seen.antenna, seen.epc, seen.count) == ("dock", 2, EPC, 3)
    assert (seen.first_seen, seen.last_seen, seen.rssi_dbm) == (SEEN, SEEN, -56.0)
    assert (seen.tid, said.device) == (bytes.fromhex("e2801160"), "FX9600A")


def test_the_event_number_tells_two_sightings_of_one_instant_apart() -> None:
    first, second = (only(zebra_event, MESSAGE | {"data": TAG | {"eventNum": n}}) for n in (7, 8))
    assert first.same == only(zebra_event, MESSAGE).same
    assert first.same != second.same


def test_an_event_without_a_time_is_never_the_same_as_another() -> None:
    said = only(zebra_event, {"data": TAG, "type": "INVENTORY"})
    assert (said.same, said.seen.last_seen) == (None, HOST)


def test_a_batch_of_a_handheld_has_tags_and_barcodes() -> None:
    tag = {
        "EPCid": EPC.hex(),
        "EPC": "00" * 12,
        "TID": "E280",
        "eventNum": 1,
        "peakRssi": -39,
        "seenCount": 4,
    }
    timed = tag | {"firstSeenTime": 1_777_633_200_000, "lastSeenTime": 1_777_633_201_000, "HOSTNAME": "RFD40"}
    code = {"symbology": "QR", "decodedBarcode": "(01)06901234567892(21)7"}
    batch = {"tagData": [tag, timed], "barcodeData": [code]}
    said = list(zebra_event(MESSAGE | {"type": "BALANCED_PERFORMANCE", "data": batch}, ARRIVAL))
    sightings = [each for each in said if isinstance(each, Sighting)]
    assert len(sightings) == len(said) == 3
    plain, with_times, barcode = (each.seen for each in sightings)
    assert (plain.epc, plain.antenna, plain.count, plain.last_seen) == (EPC, 1, 4, SEEN)
    assert with_times.last_seen - with_times.first_seen == timedelta(seconds=1)
    assert sightings[1].device == "RFD40"
    assert (barcode.epc, barcode.text, barcode.last_seen) == (b"", "(01)06901234567892(21)7", SEEN)


def test_tags_in_an_array_of_data_and_in_a_named_event() -> None:
    assert len(list(zebra_event(MESSAGE | {"data": [TAG, TAG]}, ARRIVAL))) == 2
    assert only(zebra_event, {"dataEVT": MESSAGE}).seen.epc == EPC


def test_what_cannot_be_in_a_batch_leaves_the_others() -> None:
    good, bad = {"EPCid": EPC.hex()}, {"EPCid": "zz"}
    codes = [{"decodedBarcode": "\ud800"}, {"decodedBarcode": "x"}]
    said = list(zebra_event({"data": {"tagData": [bad, 7, good], "barcodeData": codes}}, ARRIVAL))
    assert [type(each) for each in said] == [Garbled, Garbled, Sighting, Garbled, Sighting]
    said = list(Fields(events="tags").event({"tags": [{"epc": EPC.hex()}, {}, {"epc": 5}]}, ARRIVAL))
    assert [type(each) for each in said] == [Sighting, Garbled, Garbled]


def test_heartbeats_are_notices_and_inputs_change() -> None:
    (beat,) = zebra_event({"type": "heartbeat", "data": {"cpu": 5}, "timestamp": "x"}, ARRIVAL)
    assert isinstance(beat, Notice)
    assert beat.kind == "heartbeat"
    assert list(zebra_event({"heartBeatEVT": {"battery": 90}}, ARRIVAL)) == [Notice("heartbeat", HOST, {})]
    pin = {"type": "gpi", "data": {"pin": 2, "state": "HIGH"}}
    assert list(zebra_event(pin, ARRIVAL)) == [Switched(InputChange("dock", 2, high=True, at=HOST))]
    timed = pin | {"timestamp": "2026-05-01T11:00:00Z", "hostName": "FX1", "MAC": "84:24"}
    change = InputChange("dock", 2, high=True, at=SEEN)
    assert list(zebra_event(timed, ARRIVAL)) == [
        Switched(change, names=("FX1", "84:24"), same=(SEEN, 2, True))
    ]
    (unclear,) = zebra_event({"type": "gpi", "data": {"pin": "x"}}, ARRIVAL)
    assert isinstance(unclear, Notice)


@pytest.mark.parametrize(
    "event",
    [
        7,
        None,
        "text",
        {},
        {"data": {}},
        {"data": {"format": "epc"}, "timestamp": "x"},
        {"data": {"idHex": "zz"}},
        {"data": {"idHex": 7}},
    ],
)
def test_what_no_zebra_reader_says(event: object) -> None:
    with pytest.raises(ValueError, match=r"is not|of no kind|surrogates"):
        zebra_event(event, ARRIVAL)


# Impinj


def test_an_impinj_event_over_mqtt() -> None:
    event = {
        "timestamp": "2026-05-01T11:00:01.000000001Z",
        "hostname": "impinj-1",
        "eventType": "tagInventory",
        "tagInventoryEvent": {"epcHex": EPC.hex(), "antennaPort": 2, "lastSeenTime": "2026-05-01T11:00:00Z"},
    }
    said = only(impinj_event, event)
    assert (said.seen.epc, said.seen.antenna, said.seen.last_seen, said.device) == (EPC, 2, SEEN, "impinj-1")
    later = event | {"timestamp": "2026-05-01T11:00:01.000000002Z"}
    assert only(impinj_event, later).same != said.same  # nanoseconds tell them apart
    assert only(impinj_event, {"tagInventoryEvent": {"epcHex": EPC.hex()}}).same is None
    pin = {"eventType": "gpiTransition", "gpiTransitionEvent": {"gpi": 1, "transition": "high-to-low"}}
    assert impinj_event(pin, ARRIVAL) == [Switched(InputChange("dock", 1, high=False, at=HOST))]
    told = "2026-05-01T11:00:00Z"
    change = InputChange("dock", 1, high=False, at=SEEN)
    assert impinj_event(pin | {"timestamp": told, "hostname": "impinj-1"}, ARRIVAL) == [
        Switched(change, names=("impinj-1",), same=(told, 1, False))
    ]
    (notice,) = impinj_event({"eventType": "inventoryStatus", "inventoryStatusEvent": {}}, ARRIVAL)
    assert isinstance(notice, Notice)


# Whoever else

PLAIN: dict[str, Any] = {"epc": EPC.hex(), "timestamp": "2026-05-01T11:00:00Z", "antenna": 3, "rssi": -60.5}


def test_a_generic_event_with_the_usual_names() -> None:
    said = only(Fields().event, PLAIN | {"count": 2, "device": "gate", "tid": "E280", "id": 5})
    seen = said.seen
    assert (seen.epc, seen.antenna, seen.rssi_dbm, seen.count) == (EPC, 3, -60.5, 2)
    assert (seen.last_seen, seen.tid, said.device) == (SEEN, b"\xe2\x80", "gate")
    assert said.same != only(Fields().event, PLAIN | {"device": "gate", "id": 6}).same


def test_a_generic_event_with_names_of_its_own() -> None:
    fields = Fields(
        events="reads",
        epc="tag.uii",
        form="base64",
        time="t",
        antenna="port",
        device="reader.name",
        number="n",
    )
    event = {
        "reader": {"name": "gate"},
        "t": 1_777_633_200,
        "reads": [
            {"tag": {"uii": "MGbEQJBH4UAHW80V"}, "port": 2},
            {"tag": {"uii": "MGbEQJBH4UAHW80V"}, "t": 1_777_633_201},
        ],
    }
    said = list(fields.event(event, ARRIVAL))
    sightings = [each for each in said if isinstance(each, Sighting)]
    assert [(each.seen.epc, each.seen.antenna, each.device) for each in sightings] == [
        (EPC, 2, "gate"),
        (EPC, 1, "gate"),
    ]
    assert sightings[1].seen.last_seen - sightings[0].seen.last_seen == timedelta(seconds=1)


def test_a_uri_or_a_symbol_is_told_as_text() -> None:
    uri = "urn:epc:id:sgtin:0614141.812345.6789"
    assert only(Fields(form="uri").event, PLAIN | {"epc": uri}).seen.text == uri
    said = only(Fields().event, {"text": "(01)06901234567892"})
    assert (said.seen.text, said.seen.epc) == ("(01)06901234567892", b"")


@pytest.mark.parametrize("event", [7, [], None, {}, {"epc": "zz"}, {"epc": None}, {"text": " "}, {"epc": {}}])
def test_what_no_generic_event_is(event: object) -> None:
    with pytest.raises(ValueError, match=r"is not|no object"):
        Fields().event(event, ARRIVAL)


def test_the_host_s_clock_can_count_instead() -> None:
    by_host = replace(ARRIVAL, host_clock=True)
    for dialect, event in ((zebra_event, MESSAGE), (Fields().event, PLAIN)):
        assert only(dialect, event, by_host).seen.last_seen == HOST
        assert only(dialect, event, by_host).same is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "data",
        "idHex",
        "tagData",
        "barcodeData",
        "timestamp",
        "type",
        "epc",
        "antenna",
        "reads",
        "eventType",
        "EPCid",
        "decodedBarcode",
        "eventNum",
        "dataEVT",
        "tagInventoryEvent",
        "epcHex",
        "hostname",
        "tid",
    ]
)
EVENTS = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=10
)


@pytest.mark.parametrize("dialect", [impinj_event, zebra_event, Fields().event, Fields(events="data").event])
@given(event=EVENTS)
def test_any_event_says_something_or_is_refused(dialect: Dialect, event: object) -> None:
    try:
        said = dialect(event, ARRIVAL)
    except ValueError:
        return
    for each in said:
        if isinstance(each, Sighting):
            assert each.seen.epc or each.seen.text
            hash(each.same)

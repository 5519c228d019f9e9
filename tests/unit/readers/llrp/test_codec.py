"""LLRP bytes: transcripts written by hand from the standard's clause 16, round trips, and hostile input."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suyuan.readers.errors import ProtocolError
from suyuan.readers.llrp.codec import (
    MAX_MESSAGE,
    Message,
    Parameter,
    decode_message,
    encode_message,
    read_header,
)
from suyuan.readers.llrp.tables import MESSAGES, PARAMETER_NAMES, Field, Layout

# Whole messages are slow to draw, and machines that run tests are busy: neither is a fault of the codec.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TRANSCRIPTS = {
    "KEEPALIVE": ("043E 0000000A 00000005", Message("KEEPALIVE", 5)),
    "KEEPALIVE_ACK": ("0448 0000000A 00000005", Message("KEEPALIVE_ACK", 5)),
    "CLOSE_CONNECTION": ("040E 0000000A 00000009", Message("CLOSE_CONNECTION", 9)),
    "ENABLE_EVENTS_AND_REPORTS": ("0440 0000000A 00000001", Message("ENABLE_EVENTS_AND_REPORTS", 1)),
    "GET_READER_CAPABILITIES": (
        "0401 0000000B 00000001 00",
        Message("GET_READER_CAPABILITIES", 1, {"RequestedData": 0}),
    ),
    "DELETE_ROSPEC of all": ("0415 0000000E 00000002 00000000", Message("DELETE_ROSPEC", 2, {"ROSpecID": 0})),
    "DELETE_ROSPEC_RESPONSE": (
        "041F 00000012 00000002 011F 0008 0000 0000",
        Message(
            "DELETE_ROSPEC_RESPONSE",
            2,
            children=(Parameter("LLRPStatus", {"StatusCode": 0, "ErrorDescription": ""}),),
        ),
    ),
    "ERROR_MESSAGE in version 1.1": (
        "0864 00000016 00000007 011F 000C 006D 0004 66616963",
        Message(
            "ERROR_MESSAGE",
            7,
            children=(Parameter("LLRPStatus", {"StatusCode": 109, "ErrorDescription": "faic"}),),
            version=2,
        ),
    ),
    "connection accepted": (
        "043F 00000020 00000000 00F6 0016 0080 000C 0006 5A6C 8C3E 4000 0100 0006 0000",
        Message(
            "READER_EVENT_NOTIFICATION",
            0,
            children=(
                Parameter(
                    "ReaderEventNotificationData",
                    children=(
                        Parameter("UTCTimestamp", {"Microseconds": 0x0006_5A6C_8C3E_4000}),
                        Parameter("ConnectionAttemptEvent", {"Status": 0}),
                    ),
                ),
            ),
        ),
    ),
    "keepalives every ten seconds": (
        "0403 00000014 00000003 00 00DC 0009 01 00002710",
        Message(
            "SET_READER_CONFIG",
            3,
            {"ResetToFactoryDefault": 0},
            (Parameter("KeepaliveSpec", {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": 10_000}),),
        ),
    ),
    "ADD_ROSPEC": (
        (
            "0414 0000004B 00000004"
            " 00B1 0041 00000001 00 00"
            " 00B2 0012 00B3 0005 00 00B6 0009 00 00000000"
            " 00B7 0018 0001 0000 00B8 0009 00 00000000 00BA 0007 0001 01"
            " 00ED 000D 01 0001 00EE 0006 1F C0"
        ),
        Message(
            "ADD_ROSPEC",
            4,
            children=(
                Parameter(
                    "ROSpec",
                    {"ROSpecID": 1, "Priority": 0, "CurrentState": 0},
                    (
                        Parameter(
                            "ROBoundarySpec",
                            children=(
                                Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": 0}),
                                Parameter(
                                    "ROSpecStopTrigger",
                                    {"ROSpecStopTriggerType": 0, "DurationTriggerValue": 0},
                                ),
                            ),
                        ),
                        Parameter(
                            "AISpec",
                            {"AntennaIDs": (0,)},
                            (
                                Parameter(
                                    "AISpecStopTrigger", {"AISpecStopTriggerType": 0, "DurationTrigger": 0}
                                ),
                                Parameter(
                                    "InventoryParameterSpec", {"InventoryParameterSpecID": 1, "ProtocolID": 1}
                                ),
                            ),
                        ),
                        Parameter(
                            "ROReportSpec",
                            {"ROReportTrigger": 1, "N": 1},
                            (
                                Parameter(
                                    "TagReportContentSelector",
                                    {
                                        "EnableROSpecID": 0,
                                        "EnableSpecIndex": 0,
                                        "EnableInventoryParameterSpecID": 0,
                                        "EnableAntennaID": 1,
                                        "EnableChannelIndex": 1,
                                        "EnablePeakRSSI": 1,
                                        "EnableFirstSeenTimestamp": 1,
                                        "EnableLastSeenTimestamp": 1,
                                        "EnableTagSeenCount": 1,
                                        "EnableAccessSpecID": 1,
                                    },
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
    "a vendor's message passes through": (
        "07FF 00000011 00000001 0000651A 15 DEAD",
        Message("CUSTOM_MESSAGE", 1, {"VendorIdentifier": 25882, "MessageSubtype": 21, "Data": b"\xde\xad"}),
    ),
}


@pytest.mark.parametrize("title", TRANSCRIPTS)
def test_transcript(title: str) -> None:
    text, message = TRANSCRIPTS[title]
    data = bytes.fromhex(text)
    assert encode_message(message).hex(" ") == data.hex(" ")
    assert decode_message(data) == message


def test_unknown_messages_and_parameters_keep_their_bytes() -> None:
    strange = bytes.fromhex("0465 00000016 00000007 0321 0004 011F 0008 0000 0000")
    message = decode_message(strange)
    assert (message.name, message.fields["Data"].hex()) == ("Unknown-101", "03210004011f000800000000")
    status = decode_message(bytes.fromhex("041F 00000018 00000002 011F 0008 0000 0000 0321 0006 BEEF"))
    assert status.children[1] == Parameter("Unknown-801", {"Data": b"\xbe\xef"})
    assert status.find("LLRPStatus") == next(status.all("LLRPStatus"))
    assert status.find("ROSpec") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has 10 bytes, got 0"),
        ("043E 0000000A 000000", "has 10 bytes, got 9"),
        ("003E 0000000A 00000005", "no LLRP version 0"),
        ("143E 0000000A 00000005", "no LLRP version 5"),
        ("043E 00000009 00000005", "cannot be 9 bytes"),
        ("043E FFFFFFFF 00000005", "cannot be 4294967295 bytes"),
        ("043E 0000000B 00000005", "announces 11 bytes, 10 are there"),
        ("0415 0000000C 00000002 0000", "ROSpecID is cut off"),
        ("041F 0000000C 00000002 011F", "A parameter is cut off"),
        ("041F 0000000E 00000002 011F 0003", "Parameter 287 cannot be 3 bytes"),
        ("041F 00000012 00000002 011F 0009 0000 0000", "Parameter 287 cannot be 9 bytes"),
        ("041F 00000012 00000002 011F 0008 0000 0001", "ErrorDescription announces more"),
        ("041F 00000010 00000002 011F 0006 0000", "ErrorDescription is cut off"),
        ("041F 00000013 00000002 011F 0009 0000 0001 FF", "ErrorDescription is not UTF-8"),
        ("043D 0000000B 00000002 FF", "no TV parameter 127"),
        ("043D 0000000C 00000002 81 00", "AntennaID is cut off"),
    ],
)
def test_what_cannot_be_is_a_protocol_error(text: str, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        decode_message(bytes.fromhex(text))


def test_nesting_is_bounded() -> None:
    inner = b""
    for _ in range(2000):
        inner = bytes.fromhex("00F0") + (len(inner) + 4).to_bytes(2, "big") + inner
    data = bytes.fromhex("043D") + (len(inner) + 10).to_bytes(4, "big") + bytes(4) + inner
    with pytest.raises(ProtocolError, match="nested more than 12"):
        decode_message(data)


def test_the_longest_message_is_bounded() -> None:
    assert (
        read_header(bytes.fromhex("043D") + MAX_MESSAGE.to_bytes(4, "big") + bytes(4)).length == MAX_MESSAGE
    )
    with pytest.raises(ProtocolError):
        read_header(bytes.fromhex("043D") + (MAX_MESSAGE + 1).to_bytes(4, "big") + bytes(4))


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (Message("NO_SUCH"), "no LLRP message NO_SUCH"),
        (Message("KEEPALIVE", children=(Parameter("NoSuch"),)), "no LLRP parameter NoSuch"),
        (Message("DELETE_ROSPEC", fields={"ROSpec": 1}), "has no fields"),
        (Message("DELETE_ROSPEC", fields={"ROSpecID": 1 << 32}), "cannot be 4294967296"),
        (Message("KEEPALIVE", children=(Parameter("PeakRSSI", {"PeakRSSI": 128}),)), "cannot be 128"),
        (Message("KEEPALIVE", children=(Parameter("Custom", {"Data": bytes(70_000)}),)), "too long"),
        (Message("KEEPALIVE", children=(Parameter("AISpec", {"AntennaIDs": (70_000,)}),)), "cannot be"),
    ],
)
def test_what_we_build_wrongly_is_a_value_error(message: Message, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        encode_message(message)


COUNTED: dict[str, st.SearchStrategy[Any]] = {
    "u16v": st.lists(st.integers(0, 0xFFFF), max_size=5).map(tuple),
    "u32v": st.lists(st.integers(0, 0xFFFF_FFFF), max_size=5).map(tuple),
    "utf8": st.text(max_size=10),
    "u1v": st.binary(max_size=20),
    "u8v": st.binary(max_size=20),
    "rest": st.binary(max_size=20),
}


def field_values(entry: Field) -> st.SearchStrategy[Any]:
    if not entry.width:
        return COUNTED[entry.type]
    if entry.type == "b":
        return st.binary(min_size=entry.width // 8, max_size=entry.width // 8)
    if entry.type == "s":
        return st.integers(-(1 << (entry.width - 1)), (1 << (entry.width - 1)) - 1)
    return st.integers(0, (1 << entry.width) - 1)


def layout_fields(layout: Layout) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {entry.name: field_values(entry) for entry in layout.fields if entry.type != "r"}
    )


def takes_children(layout: Layout) -> bool:
    return not layout.tv and all(entry.type != "rest" for entry in layout.fields)


def parameters(depth: int) -> st.SearchStrategy[Parameter]:
    def of(layout: Layout) -> st.SearchStrategy[Parameter]:
        nested = (
            st.lists(parameters(depth - 1), max_size=2) if depth and takes_children(layout) else st.just([])
        )
        return st.builds(Parameter, st.just(layout.name), layout_fields(layout), nested.map(tuple))

    return st.sampled_from(sorted(PARAMETER_NAMES.values(), key=lambda layout: layout.number)).flatmap(of)


def messages() -> st.SearchStrategy[Message]:
    def of(layout: Layout) -> st.SearchStrategy[Message]:
        nested = st.lists(parameters(3), max_size=3) if takes_children(layout) else st.just([])
        return st.builds(
            Message,
            st.just(layout.name),
            st.integers(0, 0xFFFF_FFFF),
            layout_fields(layout),
            nested.map(tuple),
            st.sampled_from([1, 2]),
        )

    return st.sampled_from(list(MESSAGES.values())).flatmap(of)


@UNHURRIED
@given(messages())
def test_every_message_comes_back_as_it_went(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


@UNHURRIED
@given(st.binary(max_size=80), st.sampled_from([1, 2, 61, 63, 20, 30, 36, 1023, 999]))
def test_the_decoder_is_total(body: bytes, number: int) -> None:
    framed = (1 << 10 | number).to_bytes(2, "big") + (10 + len(body)).to_bytes(4, "big") + bytes(4) + body
    for data in (body, framed):
        try:
            message = decode_message(data)
        except ProtocolError:
            continue
        assert message.version in {1, 2}


@UNHURRIED
@given(messages(), st.data())
def test_a_damaged_message_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    raw = bytearray(encode_message(message))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode_message(bytes(raw))
    except ProtocolError as error:
        assert error.retryable  # noqa: PT017 - both outcomes are right, each with its own claim
    else:
        assert isinstance(decoded, Message)

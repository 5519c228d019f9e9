"""The examples of NXP AN12196, byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suyuan.readers.errors import ProtocolError, TagLost, TagUnsupported, TagWriteError
from suyuan.readers.tags.ev2 import Channel, Refused, authenticate, padded, session_keys, unpadded
from suyuan.trace.sun.ciphers import cmac, short_mac

h = bytes.fromhex


def script(*exchanges: tuple[str, str]) -> Callable[[bytes], bytes]:
    """A tag that expects these commands and gives these answers."""
    left = list(exchanges)

    def transceive(command: bytes) -> bytes:
        expected, answer = left.pop(0)
        assert command == h(expected)
        return h(answer)

    return transceive


FIRST = ("9071000002000000", "A04C124213C186F22399D33AC2A3021591AF")
SECOND = (
    "90AF00002035C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D00",
    "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F081206639100",
)
RANDOM_A = h("13C5DB8A5930439FC3DEF9A4C675360F")
KEYS = h("1309C877509E5A215007FF0ED19CA564"), h("4C6626F5E72EA694202139295C7A7FC7")


def test_authentication_and_a_file_written() -> None:
    """§6.6, then §5.4 in the session that it opens."""
    url = b"\x00\x51\xd1\x01\x4d\x55\x04choose.url.com/ntag424?e=" + b"0" * 32 + b"&c=" + b"0" * 16
    command = (
        "908D00009F02000000800000421C73A27D827658AF481FDFF20A5025B559D0E3AA21E58D347F343CFFC768BFE596C706BC"
        "00F2176781D4B0242642A0FF5A42C461AAF894D9A1284B8C76BCFA658ACD40555D362E08DB15CF421B51283F9064BCBE20"
        "E96CAE545B407C9D651A3315B27373772E5DA2367D2064AE054AF996C6F1F669170FA88CE8C4E3A4A7BBBEF0FD971FF532"
        "C3A802AF745660F2B4D1D9A8499661EBF300"
    )
    write = (command, "FC222E5F7A5424529100")
    channel = authenticate(script(FIRST, SECOND, write), 0, bytes(16), lambda size: RANDOM_A[:size])
    assert channel is not None
    assert channel.command(0x8D, h("02000000800000"), url.ljust(128, b"\0"), full=True) == b""


def test_session_keys() -> None:
    assert session_keys(bytes(16), RANDOM_A, h("B9E2FC789B64BF237CCCAA20EC7E6E48")) == KEYS


def test_file_settings_are_changed() -> None:
    """§6.9: the second command of the session above."""
    channel = Channel(
        script(
            (
                "905F0000190261B6D97903566E84C3AE5274467E89EAD799B7C1A0EF7A0400",
                short_mac(cmac(KEYS[1], h("000200" + "9D00C4DF"))).hex() + "9100",
            )
        ),
        0,
        KEYS,
        h("9D00C4DF"),
    )
    channel._count = 1  # pyright: ignore[reportPrivateUsage] - the file was written before
    settings = h("4000E0C1F121200000430000430000")
    assert channel.command(0x5F, b"\x02", settings, full=True) == b""


def test_a_signed_answer() -> None:
    """§5.3: GetFileSettings."""
    answer = "0040EEEE000100D1FE001F00004400004400002000006A0000"
    channel = Channel(
        script(("90F5000009026597A457C8CD442C00", answer + "2A474282E7A479869100")),
        0,
        (bytes(16), h("8248134A386E86EB7FAF54A52E536CB6")),
        h("7A21085E"),
    )
    assert channel.command(0xF5, b"\x02") == h(answer)


GET_UID = ("90510000088E2C155ADDA99BE300", "70756055688505B52A5E26E59E329CD6595F672298EA41B79100")
UID_KEYS = h("2B4D963C014DC36F24F69A50A394F875"), h("379D32130CE61705DD5FD8C36B95D764")


def test_an_encrypted_answer() -> None:
    """§7.3: GetCardUID."""
    channel = Channel(script(GET_UID), 0, UID_KEYS, h("DF055522"))
    assert channel.command(0x51, full=True) == h("04958CAA5C5E80")


@pytest.mark.parametrize("at", range(24))
def test_an_answer_with_one_bit_changed_is_not_the_tags(at: int) -> None:
    changed = bytearray(h(GET_UID[1]))
    changed[at] ^= 1
    channel = Channel(script((GET_UID[0], changed.hex())), 0, UID_KEYS, h("DF055522"))
    with pytest.raises(ProtocolError):
        channel.command(0x51, full=True)


@pytest.mark.parametrize("answer", ["9100", "00" * 8 + "9100", "00" * 7 + "9100"])
def test_an_answer_without_its_mac_is_not_the_tags(answer: str) -> None:
    channel = Channel(script((GET_UID[0], answer)), 0, UID_KEYS, h("DF055522"))
    with pytest.raises(ProtocolError):
        channel.command(0x51, full=True)


def test_refusals_are_told_by_their_status() -> None:
    channel = Channel(script((GET_UID[0], "919D")), 0, UID_KEYS, h("DF055522"))
    with pytest.raises(Refused, match="status 919D") as caught:
        channel.command(0x51, full=True)
    assert caught.value.status_word == h("919D")


@pytest.mark.parametrize(
    ("exchanges", "error"),
    [
        ([(FIRST[0], "91AD")], TagWriteError),
        ([(FIRST[0], "919D")], TagUnsupported),
        ([(FIRST[0], "6D00")], TagUnsupported),
        ([(FIRST[0], "")], TagLost),
        ([(FIRST[0], "A04C91AF")], TagUnsupported),
        ([FIRST, (SECOND[0], "919D")], TagUnsupported),
        ([FIRST, (SECOND[0], SECOND[1][:32] + "9100")], TagUnsupported),
        ([FIRST, (SECOND[0], "00" * 32 + "9100")], ProtocolError),
    ],
)
def test_an_authentication_that_fails(exchanges: list[tuple[str, str]], error: type[Exception]) -> None:
    with pytest.raises(error):
        authenticate(script(*exchanges), 0, bytes(16), lambda size: RANDOM_A[:size])


def test_another_key_is_no_error() -> None:
    assert (
        authenticate(script(FIRST, (SECOND[0], "91AE")), 0, bytes(16), lambda size: RANDOM_A[:size]) is None
    )


def test_padding() -> None:
    for size in range(40):
        data = b"\x80" * size
        assert len(padded(data)) % 16 == 0
        assert unpadded(padded(data)) == data
    for bad in (b"", bytes(16), b"\x81" + bytes(15)):
        with pytest.raises(ValueError, match="not padded"):
            unpadded(bad)

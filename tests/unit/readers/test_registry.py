from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.readers.address import ReaderAddress, flag, number, parse_address, spelled_out
from suyuan.readers.errors import MissingDependency, ReaderConfigError, ReaderError
from suyuan.readers.llrp.driver import LlrpReader
from suyuan.readers.registry import BUILTIN, DriverEntry, driver_class, drivers, open_reader
from suyuan.readers.sim import SimReader
from suyuan.trace.errors import InvalidInput


def now() -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC)


def test_builtin_schemes_open_their_drivers_without_connecting() -> None:
    llrp = open_reader(
        "llrp://10.0.0.5:5085?antennas=1,2&session=2&power=27.5&n=4&keepalive=5&clock=host&name=dock", now=now
    )
    assert isinstance(llrp, LlrpReader)
    assert llrp.name == "dock"
    assert not llrp.health().connected
    assert llrp.capabilities.keepalive_s == 5
    assert not llrp.capabilities.device_clock
    assert isinstance(open_reader("SIM://Dock?period=0.1", now=now), SimReader)


def test_a_reader_is_named_after_its_address() -> None:
    assert open_reader("llrp://10.0.0.5", now=now).name == "10.0.0.5:5084"
    assert open_reader("llrp://[::1]:6000", now=now).name == "::1:6000"
    assert open_reader("sim://dock", now=now).name == "dock"


@pytest.mark.parametrize(
    ("url", "where", "says"),
    [
        ("lrp://10.0.0.5", "scheme", "did you mean llrp?"),
        ("https://10.0.0.5", "scheme", "Known schemes: http, impinj+http, impinj+https, llrp"),
        ("10.0.0.5", "url", "has no scheme"),
        ("llrp:10.0.0.5", "url", "has no scheme"),
        ("llrp://", "url", "Write llrp://host"),
        ("llrp://10.0.0.5/path", "url", "Write llrp://host"),
        ("llrp://10.0.0.5:99999", "url", "Port"),
        ("llrp://[::1", "url", "not a valid address"),
        ("llrp://root:secret@10.0.0.5", "url", "must not carry a user name"),
        ("llrp://10.0.0.5#x", "url", "after '#'"),
        ("llrp://10.0.0.5?antena=1", "antena", "did you mean antennas?"),
        ("llrp://10.0.0.5?zzz=1", "zzz", "Valid options: antennas, clock, duty, keepalive, mode, n, name"),
        ("llrp://10.0.0.5?antennas=1,x", "antennas", "a whole number from 1 to 65535"),
        ("llrp://10.0.0.5?antennas=1,1", "antennas", "each once"),
        ("llrp://10.0.0.5?session=4", "session", "between 0 and 3"),
        ("llrp://10.0.0.5?session=-0x1", "session", "a whole number"),
        ("llrp://10.0.0.5?power=nan", "power", "a number from -10 to 40"),
        ("llrp://10.0.0.5?power=loud", "power", "a number from -10 to 40"),
        ("llrp://10.0.0.5?session=1&session=2", "session", "given twice"),
        ("llrp://10.0.0.5?session", "options", "cannot be read"),
        ("llrp://10.0.0.5?clock=moon", "clock", "device or host"),
        ("llrp://10.0.0.5?name=%20", "name", "a printable name"),
        ("llrp://10.0.0.5?name=%1b[2J", "name", "a printable name"),
        ("llrp://10.0.0.5/\x1b[2J", "url", "cannot be printed"),
        ("llrp://" + "a" * 3000, "url", "at most 2048 characters"),
        ("mqtt://broker/dock/#/tags", "url", "write %23 for '#'"),
        ("sim://", "url", "Write sim://name"),
        ("sim://dock:80", "url", "Write sim://name"),
        ("sim://dock?epcs=3066C4", "epcs", "an even number"),
        ("sim://dock?epcs=zz", "epcs", "cannot be 'zz'"),
    ],
)
def test_a_bad_address_is_told_with_the_valid_ones(url: str, where: str, says: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=now)
    assert caught.value.where == where
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_bad_address_is_invalid_input_and_never_worth_a_retry() -> None:
    with pytest.raises(InvalidInput) as caught:
        open_reader("llrp://", now=now)
    assert caught.value.status == 400
    assert isinstance(caught.value, ReaderError)
    assert not caught.value.retryable


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(max_size=30).map("llrp://10.0.0.5?".__add__))
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        reader = open_reader(text, now=now)
    except ReaderConfigError as error:
        assert error.where  # noqa: PT017 - both outcomes are right, each with its own claim
    else:
        assert reader.name


def test_a_missing_library_is_named_with_the_command_that_installs_it() -> None:
    table = {"pcsc": DriverEntry("suyuan_no_such_module.driver", "PcscReader", "pip install 'suyuan[pcsc]'")}
    with pytest.raises(MissingDependency) as caught:
        open_reader("pcsc://ACR122U", now=now, table=table)
    assert "suyuan_no_such_module" in str(caught.value)
    assert "Run: pip install 'suyuan[pcsc]'" in str(caught.value)


@pytest.mark.parametrize("attribute", ["parse_address", "ReaderAddress", "nothing_of_that_name"])
def test_an_entry_point_that_is_no_driver_is_refused(attribute: str) -> None:
    table = {"odd": DriverEntry("suyuan.readers.address", attribute)}
    with pytest.raises(ReaderConfigError, match="is not a reader driver"):
        driver_class(parse_address("odd://x"), table)


def test_entry_points_add_schemes_but_never_replace_the_builtin_ones() -> None:
    def found(*, group: str) -> list[EntryPoint]:
        assert group == "suyuan.readers"
        return [
            EntryPoint("NFC", "acme_nfc.driver:NfcReader [usb]", group),
            EntryPoint("llrp", "evil.module:Reader", group),
        ]

    known = drivers(found)
    assert known["nfc"] == DriverEntry("acme_nfc.driver", "NfcReader", "pip install 'acme_nfc[usb]'")
    assert known["llrp"] == BUILTIN["llrp"]


def test_the_installed_entry_points_are_read() -> None:
    assert drivers().keys() >= {"llrp", "sim"}


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("OFF", False), ("1", True), ("0", False)])
def test_flags(text: str, value: bool) -> None:
    assert flag(text) is value
    with pytest.raises(ValueError, match="yes or no"):
        flag("perhaps")


def test_infinity_is_no_number_within_limits() -> None:
    with pytest.raises(ValueError, match="a number from 0 to 1"):
        number(0, 1)("inf")


def test_an_address_keeps_its_parts() -> None:
    address: Any = parse_address("LLRP://Reader.Local:5084/?n=1&name=%E6%9C%88%E5%8F%B0")
    assert address == ReaderAddress(
        address.url, "llrp", "reader.local", 5084, "/", {"n": "1", "name": "月台"}
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("192.168.1.50", ("llrp://192.168.1.50",)),
        (" 192.168.1.50:5085 ", ("llrp://192.168.1.50:5085",)),
        ("fx9600.local", ("llrp://fx9600.local",)),
        ("fe80::1", ("llrp://[fe80::1]",)),
        ("[fe80::1]:5084", ("llrp://[fe80::1]:5084",)),
        ("/dev/ttyACM0", ("serial:///dev/ttyACM0", "nfc+tty:///dev/ttyACM0")),
        ("pcsc://ACR122U", ("pcsc://ACR122U",)),
        ("", ("",)),
    ],
)
def test_an_address_without_a_scheme_is_spelled_out(typed: str, meant: tuple[str, ...]) -> None:
    assert spelled_out(typed) == meant


@pytest.mark.parametrize(
    "url",
    [
        "mqtts://dock:se%40cret@broker.example/rfid",
        "impinj+http://dock:se%40cret@r700.local/",
    ],
)
def test_a_password_in_an_address_is_read_and_never_shown(url: str) -> None:
    address = parse_address(url)
    assert (address.user, address.password) == ("dock", "se@cret")
    assert "cret" not in repr(address)
    assert address.url == url.replace("se%40cret", "***")


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://dock:sec/ret@broker/rfid",
        "mqtt://dock:sec:ret@[broker/rfid",
        "mqtt://dock:secret@broker:99999/rfid",
        "mqtt://dock:sec\nret@broker/rfid",
        "mqtt://dock:secret@broker/rfid#part",
        "mqtt://dock:se#ret@broker/rfid",
        "mqtt://dock:se?ret@broker/rfid",
        "mqtt://dock:secret@broker/rfid?a",
        "llrp://dock:secret@10.0.0.5",
    ],
)
def test_an_address_that_cannot_be_read_does_not_show_its_password_either(url: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        parse_address(url)
    assert "se" not in str(caught.value).split(" ")[0]
    assert "ret@" not in str(caught.value)

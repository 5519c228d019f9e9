"""The driver with readers that have their own ways: vendors, versions, clocks, TLS, and trouble of theirs."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.readers.certificates import Certificate, make_certificate, strict_door
from tests.unit.readers.llrp.test_driver import WELCOME, Play, hang, playing

from suyuan.readers.errors import (
    AccessDenied,
    ProtocolError,
    ReaderConfigError,
    ReaderError,
    RequestRefused,
    TagLost,
    TagWriteError,
    TransientConnectionError,
    UnsupportedOperation,
    UntrustedDevice,
)
from suyuan.readers.field import Bench
from suyuan.readers.llrp import device
from suyuan.readers.llrp.codec import Message, Parameter, decode_message, encode_parameter
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.driver import LlrpReader
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.inventory import answer, status
from suyuan.readers.llrp.requests import Inventory, add_rospec
from suyuan.readers.llrp.session import event
from suyuan.readers.llrp.tables import MESSAGES
from suyuan.readers.llrp.vendors import EXTENSIONS_ENABLED, Vendor
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.tags.gen2 import Bank

A = bytes.fromhex("3066c4409047e140075bcd15")
ODD = bytes.fromhex("f73795211411234538566cb0afc4")


def now() -> datetime:
    return datetime.now(UTC)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the state of a reader has no event to wait for
            await asyncio.sleep(0.002)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@asynccontextmanager
async def opened(emulator: LlrpEmulator, *options: str) -> AsyncGenerator[LlrpReader]:
    async with emulator:
        reader = open_reader(f"{emulator.url}?{'&'.join(('timeout=5', *options))}", now=now)
        assert isinstance(reader, LlrpReader)
        async with reader:
            yield reader


async def first(reader: Reader) -> Observation:
    async with asyncio.timeout(20):
        (seen,) = await reader.receive(1)
    return seen


# What is told besides


@pytest.mark.parametrize("vendor", Vendor)
@pytest.mark.parametrize("epc", [A, ODD])
async def test_the_chip_is_told_with_the_tag_where_that_is_wanted(
    bench: Bench, vendor: Vendor, epc: bytes
) -> None:
    tag = bench.put(2, epc, rssi_dbm=-47.25)
    async with opened(LlrpEmulator(now=now, field=bench, vendor=vendor, round_s=0.01), "tid=yes") as reader:
        seen = await first(reader)
        assert (seen.antenna, seen.epc, seen.tid) == (2, epc, tag.tid)
        assert seen.rssi_dbm == (-47.25 if vendor is Vendor.IMPINJ else -47.0)
        assert reader.capabilities.tid
        await reader.write_epc(epc, A[::-1])
        async with asyncio.timeout(20):  # what came of the command is told by itself, without the chip
            while (seen := await first(reader)).epc != A[::-1] or seen.tid is None:
                pass
        assert seen.tid == tag.tid


async def test_without_being_asked_nobody_tells_the_chip(bench: Bench) -> None:
    bench.put(1, A)
    async with opened(LlrpEmulator(now=now, field=bench, round_s=0.01)) as reader:
        assert (await first(reader)).tid is None
        assert not reader.capabilities.tid


async def test_impinj_settings_go_to_impinj_readers_only(bench: Bench) -> None:
    emulator = LlrpEmulator(now=now, field=bench, vendor=Vendor.IMPINJ)
    async with opened(emulator, "search=dual", "duty=10/0.2") as reader:
        assert reader.health().connected
        (run,) = emulator.machine.runs.values()
        (request,) = (part for part in run.describe().children if part.name == "AISpec")
        assert "'Data': b'\\x00\\x02'" in repr(request)
        assert "'Data': b\"\\x00\\x01'\\x10\\x00\\xc8\"" in repr(request)
    for option in ("search=single", "duty=1/0.1"):
        with pytest.raises(ReaderConfigError, match="only Impinj's have"):
            async with opened(LlrpEmulator(now=now), option):
                pass


@pytest.mark.parametrize("option", ["search=triple", "duty=1", "duty=0/1", "version=2", "tid=maybe"])
def test_wrong_settings_are_told(option: str) -> None:
    with pytest.raises(ReaderConfigError):
        open_reader(f"llrp://10.0.0.5?{option}", now=now)


# Devices that are played


Answer = Callable[[Message], Message | None]


def device_with(special: Answer, heard: list[Message] | None = None, then: Play = hang) -> Play:
    """Answers every request as ``special`` does, or else with success."""

    async def play(connection: Connection) -> None:
        await connection.send(event(now(), WELCOME))
        while True:
            frame, data = await connection.read()
            name = MESSAGES[frame.number].name
            message = decode_message(data)
            if heard is not None:
                heard.append(message)
            if name in {"ENABLE_EVENTS_AND_REPORTS", "KEEPALIVE_ACK"}:
                continue
            parts = device.capabilities(2, 0) if name == "GET_READER_CAPABILITIES" else ()
            await connection.send(special(message) or answer(message, *parts))
            if name == "START_ROSPEC":
                await then(connection)

    return play


async def test_what_others_left_is_deleted_one_by_one_where_all_at_once_is_refused() -> None:
    heard: list[Message] = []

    def special(asked: Message) -> Message | None:
        match asked.name:
            case "DELETE_ROSPEC" if asked.fields["ROSpecID"] == 0:
                return answer(asked, code=100)
            case "GET_ROSPECS":
                specs = (Parameter("ROSpec", {"ROSpecID": each}) for each in (77, 78))
                return answer(asked, *specs)
            case _:
                return None

    async with playing(device_with(special, heard), timeout_s=5) as reader, reader:
        deleted = [each.fields["ROSpecID"] for each in heard if each.name == "DELETE_ROSPEC"]
        assert deleted == [0, 77, 78]


async def test_a_reader_that_knows_few_events_is_asked_for_keepalives_alone() -> None:
    heard: list[Message] = []

    def special(asked: Message) -> Message | None:
        wants_events = asked.find("ReaderEventNotificationSpec") is not None
        return answer(asked, code=101) if asked.name == "SET_READER_CONFIG" and wants_events else None

    async with playing(device_with(special, heard), timeout_s=5) as reader, reader:
        asked = [each for each in heard if each.name == "SET_READER_CONFIG"]
        assert [[part.name for part in each.children] for each in asked][-1] == ["KeepaliveSpec"]


def _refusing(*names: str) -> Answer:
    def special(asked: Message) -> Message | None:
        if asked.name not in names:
            return None
        return Message("ERROR_MESSAGE", asked.id, children=(status(109, "what?"),), version=asked.version)

    return special


@pytest.mark.parametrize("how", ["by an error", "by its status"])
async def test_an_impinj_reader_that_refuses_its_extensions_is_used_as_any_other(how: str) -> None:
    def special(asked: Message) -> Message | None:
        if asked.name == "GET_READER_CAPABILITIES":
            return answer(asked, *device.capabilities(2, 0, Vendor.IMPINJ))
        if asked.name == "CUSTOM_MESSAGE" and how == "by its status":
            said = {"MessageSubtype": EXTENSIONS_ENABLED, "Data": encode_parameter(status(401, "no"))}
            return Message(asked.name, asked.id, {**asked.fields, **said})
        return _refusing("CUSTOM_MESSAGE")(asked)

    heard: list[Message] = []
    async with playing(device_with(special, heard), timeout_s=5) as reader, reader:
        (added,) = (each for each in heard if each.name == "ADD_ROSPEC")
        assert "Custom" not in repr(added)


async def test_a_reader_that_tells_nothing_of_its_ports_is_used_without() -> None:
    async with playing(device_with(_refusing("GET_READER_CONFIG")), timeout_s=5) as reader, reader:
        assert reader.health().antennas_out == ()
        assert reader.capabilities.gpi


async def test_a_reader_without_accessspecs_says_so() -> None:
    def special(asked: Message) -> Message | None:
        if asked.name != "GET_READER_CAPABILITIES":
            return None
        parts = [part for part in device.capabilities(2, 0) if part.name != "LLRPCapabilities"]
        return answer(asked, *parts, Parameter("LLRPCapabilities"))

    async with playing(device_with(special), timeout_s=5) as reader, reader:
        assert not reader.capabilities.memory
        with pytest.raises(UnsupportedOperation):
            await reader.read_memory(A, Bank.TID, 0, 2)


async def test_tags_without_an_epc_and_empty_reports_are_passed_over() -> None:
    async def babble(connection: Connection) -> None:
        nameless = Parameter("TagReportData", {}, (Parameter("AntennaID", {"AntennaID": 1}),))
        named = Parameter("TagReportData", {}, (Parameter("EPC_96", {"EPC": A}),))
        await connection.send(Message("RO_ACCESS_REPORT", 1))
        await connection.send(Message("RO_ACCESS_REPORT", 2, children=(nameless, named, nameless)))
        await asyncio.Event().wait()

    async with playing(device_with(lambda _: None, then=babble), timeout_s=5) as reader, reader:
        assert (await first(reader)).epc == A
        health = reader.health()
        assert (health.reads, health.garbled) == (1, 2)


def device_whose_tag_says(result: Callable[[int], Parameter], epc: bytes = A) -> Play:
    """Answers every AccessSpec with one result, as of a tag with that EPC."""

    async def play(connection: Connection) -> None:
        await connection.send(event(now(), WELCOME))
        operation = 0
        while True:
            frame, data = await connection.read()
            message = decode_message(data)
            if message.name in {"ENABLE_EVENTS_AND_REPORTS", "KEEPALIVE_ACK"}:
                continue
            parts = device.capabilities(2, 0) if message.name == "GET_READER_CAPABILITIES" else ()
            await connection.send(answer(message, *parts))
            if message.name == "ADD_ACCESSSPEC":
                operation = int.from_bytes(data[data.index(b"\x01\x55\x00\x0f") + 4 :][:2])
            elif message.name == "ENABLE_ACCESSSPEC":
                named = Parameter("EPC_96", {"EPC": epc})
                tag = Parameter("TagReportData", {}, (named, result(operation)))
                await connection.send(Message("RO_ACCESS_REPORT", frame.id, children=(tag,)))

    return play


def read_result(operation: int, words: tuple[int, ...] = (), result: int = 0) -> Parameter:
    fields = {"Result": result, "OpSpecID": operation, "ReadData": words}
    return Parameter("C1G2ReadOpSpecResult", fields)


async def test_a_reader_that_reads_other_tags_than_it_is_told_to_is_not_believed() -> None:
    play = device_whose_tag_says(lambda number: read_result(number, (1, 2)), epc=A[::-1])
    async with playing(play, timeout_s=5) as reader, reader:
        with pytest.raises(ProtocolError, match="reads other tags"):
            await reader.read_memory(A, Bank.USER, 0, 2, tid=b"\xe2" * 12)
        with pytest.raises(ProtocolError, match="reads other tags"):
            await reader.write_epc(A, ODD)
        assert reader.health().connected


@pytest.mark.parametrize("words", [(), (1,), (1, 2, 3)])
async def test_a_reader_that_reads_more_or_less_than_asked_is_not_believed(words: tuple[int, ...]) -> None:
    play = device_whose_tag_says(lambda number: read_result(number, words))
    async with playing(play, timeout_s=5) as reader, reader:
        with pytest.raises(ProtocolError, match="asked for 2 words"):
            await reader.read_memory(A, Bank.USER, 0, 2, tid=b"\xe2" * 12)


async def test_a_result_that_the_standard_does_not_have_is_a_fault() -> None:
    play = device_whose_tag_says(lambda number: read_result(number, result=99))
    async with playing(play, timeout_s=5) as reader, reader:
        with pytest.raises(TagWriteError):
            await reader.read_memory(A, Bank.USER, 0, 2, tid=b"\xe2" * 12)


async def test_results_of_operations_that_nobody_began_are_passed_over() -> None:
    play = device_whose_tag_says(lambda number: read_result(number + 1, (1, 2)))
    async with playing(play, timeout_s=0.5) as reader, reader:
        with pytest.raises(TagLost):
            await reader.read_memory(A, Bank.USER, 0, 2, tid=b"\xe2" * 12)


# Versions


async def test_the_newer_version_is_spoken_where_both_can(bench: Bench) -> None:
    emulator = LlrpEmulator(now=now, field=bench)
    async with opened(emulator, "version=1.1") as reader:
        assert emulator.machine.client is not None
        assert emulator.machine.client.version == 2
        assert reader.health().connected


@pytest.mark.parametrize("older", ["refuses", "tells"])
async def test_the_older_version_is_spoken_with_a_reader_that_has_no_other(older: str) -> None:
    heard: list[Message] = []

    def special(asked: Message) -> Message | None:
        if asked.name != "GET_SUPPORTED_VERSION":
            return None
        if older == "refuses":
            return _refusing(asked.name)(asked)
        fields = {"CurrentVersion": 1, "SupportedVersion": 1}
        return replace(answer(asked), fields=fields)

    async with playing(device_with(special, heard), timeout_s=5) as reader:
        reader._newest = True
        async with reader:
            versions = {each.name: each.version for each in heard}
    assert versions["GET_SUPPORTED_VERSION"] == 2
    assert versions["ADD_ROSPEC"] == 1


# What happens at the reader


async def test_a_run_that_the_reader_ended_by_itself_is_started_again(bench: Bench) -> None:
    emulator = LlrpEmulator(now=now, field=bench, round_s=0.01)
    async with opened(emulator) as reader:
        await emulator.listening()
        emulator.trouble("too hot")
        assert emulator.machine.running(1) is None
        await asyncio.wait_for(emulator.listening(), 20)
        bench.put(1, A)
        assert (await first(reader)).epc == A


async def test_a_run_that_cannot_be_started_again_ends_the_connection(bench: Bench) -> None:
    emulator = LlrpEmulator(now=now, field=bench, round_s=0.01)
    async with opened(emulator) as reader:
        await emulator.listening()
        emulator.trouble("burnt out")
        emulator.machine.runs.clear()
        with pytest.raises(RequestRefused, match="START_ROSPEC"):
            await asyncio.wait_for(reader.receive(), 20)


async def test_antennas_that_are_out_are_known(bench: Bench) -> None:
    emulator = LlrpEmulator(now=now, field=bench)
    emulator.plug(3, plugged_in=False)
    async with opened(emulator) as reader:
        assert reader.health().antennas_out == (3,)
        emulator.plug(1, plugged_in=False)
        await until(lambda: reader.health().antennas_out == (1, 3))
        emulator.plug(3, plugged_in=True)
        await until(lambda: reader.health().antennas_out == (1,))


async def test_inputs_are_told_as_they_are_and_as_they_change(bench: Bench) -> None:
    later = timedelta(hours=1)
    emulator = LlrpEmulator(now=lambda: now() + later, field=bench)
    emulator.switch(2, high=True)
    async with opened(emulator) as reader:
        heard = aiter(reader.inputs())
        states = [await anext(heard) for _ in range(4)]
        assert [(each.port, each.high) for each in states] == [(1, False), (2, True), (3, False), (4, False)]
        emulator.switch(2, high=False)
        change = await anext(heard)
        assert change == InputChange(reader.name, 2, high=False, at=change.at)
        assert change.at > now() + later / 2  # by the device's clock
    async with opened(LlrpEmulator(now=lambda: now() + later), "clock=host") as reader:
        assert (await anext(aiter(reader.inputs()))).at < now() + later / 2


async def test_an_input_that_changes_while_its_state_is_asked_for_is_told_once() -> None:
    def special(asked: Message) -> Message | None:
        if asked.name == "GET_READER_CONFIG" and asked.fields["RequestedData"] == device.INPUT_STATES:
            state = Parameter("GPIPortCurrentState", {"GPIPortNum": 1, "Config": 1, "State": 0})
            return answer(asked, state)
        return None

    async def play(connection: Connection) -> None:
        send = connection.send

        async def sending(message: Message) -> None:
            await send(message)
            if message.find("GPIPortCurrentState") is not None:
                changed = Parameter("GPIEvent", {"GPIPortNumber": 1, "GPIEvent": 1})
                await send(event(now(), changed))

        connection.send = sending  # type: ignore[method-assign]
        await device_with(special)(connection)

    async with playing(play, timeout_s=5) as reader, reader:
        heard = aiter(reader.inputs())
        assert (await anext(heard)).high
        waiting = asyncio.ensure_future(anext(heard))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        waiting.cancel()


async def test_a_reader_without_a_date_is_dated_by_the_host(bench: Bench) -> None:
    bench.put(1, A)
    async with opened(LlrpEmulator(now=now, field=bench, round_s=0.01, utc=False)) as reader:
        seen = await first(reader)
        assert abs(seen.first_seen - now()) < timedelta(seconds=20)
        assert reader.health().clock_offset_s is None
        assert not reader.capabilities.device_clock


async def test_a_reader_that_restarts_takes_leave(bench: Bench) -> None:
    emulator = LlrpEmulator(now=now, field=bench)
    async with opened(emulator) as reader:
        await emulator.listening()
        await emulator.restart()
        with pytest.raises(TransientConnectionError, match="closes the connection"):
            await asyncio.wait_for(reader.receive(), 20)


# TLS


@pytest.fixture
def files(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
async def secure(files: Certificate, bench: Bench) -> AsyncIterator[LlrpEmulator]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    async with LlrpEmulator(now=now, field=bench, tls=context) as emulator:
        yield emulator


async def knock(emulator: LlrpEmulator, *options: str) -> ReaderError | None:
    try:
        url = f"{emulator.url}?{'&'.join(('timeout=5', *options))}"
        async with open_reader(url, now=now) as reader:
            assert reader.health().connected
    except ReaderError as error:
        return error
    return None


async def test_a_reader_is_trusted_by_its_authority_or_its_fingerprint_and_never_unseen(
    secure: LlrpEmulator, files: Certificate
) -> None:
    assert secure.url.startswith("llrps://")
    assert await knock(secure, f"ca={files.ca}") is None
    assert await knock(secure, f"fingerprint={files.fingerprint}") is None
    for options in ((), (f"fingerprint={'0' * 64}",)):
        assert isinstance(await knock(secure, *options), UntrustedDevice)


async def test_a_reader_that_wants_to_know_us_is_shown_our_certificate(
    files: Certificate, bench: Bench
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(files.ca)
    async with LlrpEmulator(now=now, field=bench, tls=context) as emulator:
        ours = f"ca={files.ca}&cert={files.certificate}&key={files.key}"
        assert await knock(emulator, ours) is None
        assert isinstance(await knock(emulator, f"ca={files.ca}"), TransientConnectionError)
    with strict_door(files) as port:
        for trust in (f"ca={files.ca}", f"fingerprint={files.fingerprint}"):
            with pytest.raises(AccessDenied, match="asks for a certificate of ours"):
                await open_reader(f"llrps://127.0.0.1:{port}?{trust}", now=now).__aenter__()


async def test_wrong_files_are_told(secure: LlrpEmulator, files: Certificate, tmp_path: Path) -> None:
    for options in (
        f"ca={tmp_path}/none",
        f"ca={files.ca}&cert={files.ca}",
        f"ca={files.ca}&key={files.key}",
    ):
        assert isinstance(await knock(secure, options), ReaderConfigError)


def test_over_plain_tcp_there_is_nothing_to_trust() -> None:
    with pytest.raises(ReaderConfigError, match="no option ca"):
        open_reader("llrp://10.0.0.5?ca=/x", now=now)
    assert open_reader("llrps://10.0.0.5", now=now).name == "10.0.0.5:5085"


async def test_who_speaks_plainly_to_a_secure_reader_is_not_understood(secure: LlrpEmulator) -> None:
    plain = open_reader(f"llrp://127.0.0.1:{secure.port}?timeout=1", now=now)
    with pytest.raises(TransientConnectionError):
        await plain.__aenter__()


def test_a_rospec_asks_an_impinj_reader_for_more() -> None:
    told = answer(Message("GET_READER_CAPABILITIES"), *device.capabilities(2, 0, Vendor.IMPINJ))
    assert "Custom" in repr(add_rospec(Inventory(), told, Vendor.IMPINJ))
    assert "Custom" not in repr(add_rospec(Inventory(), told, Vendor.GENERIC))

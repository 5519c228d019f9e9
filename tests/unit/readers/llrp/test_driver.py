"""The driver against devices that misbehave: the right error, in time, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from suyuan.readers.errors import (
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
    TruncatedMessage,
)
from suyuan.readers.llrp import device
from suyuan.readers.llrp.codec import Message, Parameter, decode_message, encode_message
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.driver import LlrpReader
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.inventory import answer
from suyuan.readers.llrp.report import write_report
from suyuan.readers.llrp.requests import Inventory, add_rospec, read_info, set_reader_config
from suyuan.readers.llrp.session import event
from suyuan.readers.llrp.tables import MESSAGES
from suyuan.readers.observation import Observation
from suyuan.readers.registry import open_reader

Play = Callable[[Connection], Awaitable[None]]
WELCOME = Parameter("ConnectionAttemptEvent", {"Status": 0})


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def playing(play: Play, **options: float) -> AsyncGenerator[LlrpReader]:
    """A reader for a device that plays a script to each client, then hangs up."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        connection = Connection(reader, writer)
        try:
            await play(connection)
            await connection.hang_up()
        except TransientConnectionError:
            pass  # the reader under test gave up first
        finally:
            connection.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield LlrpReader(
        "dock",
        "127.0.0.1",
        port,
        now=now,
        timeout_s=options.get("timeout_s", 0.5),
        keepalive_s=options.get("keepalive_s", 5.0),
    )
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)  # the turn of the loop in which aborted sockets are closed


def sends(*chunks: bytes | Message) -> Play:
    async def play(connection: Connection) -> None:
        for chunk in chunks:
            await (connection.send_raw(chunk) if isinstance(chunk, bytes) else connection.send(chunk))

    return play


async def hang(connection: Connection) -> None:
    del connection
    await asyncio.Event().wait()


async def welcome_then_hang(connection: Connection) -> None:
    await connection.send(event(now(), WELCOME))
    await asyncio.Event().wait()


async def answers_with_another_message(connection: Connection) -> None:
    await connection.send(event(now(), WELCOME))
    frame, _ = await connection.read()
    await connection.send(Message("GET_ROSPECS_RESPONSE", frame.id))
    await asyncio.Event().wait()


async def reads_nothing_but_asks_for_life(connection: Connection) -> None:
    await connection.send(event(now(), WELCOME))
    while True:
        await connection.send(Message("KEEPALIVE", 1))
        await asyncio.sleep(0)


def welcome(status: int) -> Message:
    return event(now(), Parameter("ConnectionAttemptEvent", {"Status": status}))


@pytest.mark.parametrize(
    ("play", "expected", "says"),
    [
        pytest.param(sends(), TransientConnectionError, "closed the connection", id="hangs up"),
        pytest.param(hang, TransientConnectionError, "Nothing was heard", id="says nothing"),
        pytest.param(sends(b"\x04\x3f\x00"), TruncatedMessage, "3 bytes into", id="half a header"),
        pytest.param(sends(b"HTTP/1.1 400 Bad Request\r\n"), ProtocolError, "cannot be", id="a web server"),
        pytest.param(sends(b"\x04\x3f\xff\xff\xff\xff" + bytes(4)), ProtocolError, "cannot be", id="4 GB"),
        pytest.param(
            sends(b"\x04\x3f\x00\x00\x00\x00" + bytes(4)), ProtocolError, "cannot be", id="length 0"
        ),
        pytest.param(
            sends(b"\x0c\x3f\x00\x00\x00\x0a" + bytes(4)), ProtocolError, "version 3", id="version 3"
        ),
        pytest.param(sends(Message("KEEPALIVE", 1)), ProtocolError, "began with KEEPALIVE", id="no event"),
        pytest.param(sends(event(now())), ProtocolError, "began with READER_EVENT", id="another event"),
        pytest.param(sends(welcome(1)), ReaderBusy, "serves another client", id="busy: reader's own"),
        pytest.param(sends(welcome(2)), ReaderBusy, "serves another client", id="busy: another client"),
        pytest.param(sends(welcome(3)), RequestRefused, "status 3", id="refused"),
        pytest.param(sends(welcome(0)), TransientConnectionError, "closed the connection", id="welcome, bye"),
        pytest.param(welcome_then_hang, TransientConnectionError, "Nothing was heard", id="no answer"),
        pytest.param(answers_with_another_message, ProtocolError, "answered GET_READER", id="wrong answer"),
        pytest.param(reads_nothing_but_asks_for_life, TransientConnectionError, "Nothing", id="flood"),
    ],
)
async def test_a_device_that_misbehaves_at_the_start(
    play: Play, expected: type[ReaderError], says: str
) -> None:
    async with asyncio.timeout(60), playing(play) as reader:
        with pytest.raises(expected, match=says) as caught:
            await reader.__aenter__()
        assert type(caught.value) is expected
        assert not reader.health().connected
        await reader.aclose()


async def test_nobody_listens_there() -> None:
    async with LlrpEmulator(now=now) as emulator:
        port = emulator.port
    with pytest.raises(TransientConnectionError, match="There is no connection to"):
        await LlrpReader("dock", "127.0.0.1", port, now=now).__aenter__()


def device_that(*, refuses: str = "", status: int = 100, then: Play | None = None) -> Play:
    """Answers every request; refuses one; plays ``then`` once the ROSpec is started."""

    async def play(connection: Connection) -> None:
        await connection.send(event(now(), WELCOME))
        name = ""
        while True:
            frame, data = await connection.read()
            assert len(data) == frame.length
            name = MESSAGES[frame.number].name
            if name == "ENABLE_EVENTS_AND_REPORTS":
                continue  # nobody answers that
            parts = device.capabilities(2, 0) if name == "GET_READER_CAPABILITIES" else ()
            code = status if name == refuses else 0
            await connection.send(answer(Message(name, frame.id), *parts, code=code, description="no"))
            if name == "START_ROSPEC":
                break
        if then is not None:
            await then(connection)

    return play


@pytest.mark.parametrize("refused", ["SET_READER_CONFIG", "ADD_ROSPEC", "ENABLE_ROSPEC", "START_ROSPEC"])
async def test_a_refused_request_names_itself(refused: str) -> None:
    async with playing(device_that(refuses=refused)) as reader:
        with pytest.raises(RequestRefused, match=f"refused {refused} with status 100: 'no'"):
            await reader.__aenter__()


async def test_a_device_that_will_not_delete_what_is_not_there_is_still_used() -> None:
    async with playing(device_that(refuses="DELETE_ROSPEC", then=hang)) as reader, reader:
        assert reader.health().connected


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        pytest.param(
            sends(event(now(), Parameter("ConnectionCloseEvent"))), TransientConnectionError, id="close event"
        ),
        pytest.param(sends(b"\x04\x3d\x00\x00\x00\x20" + bytes(8)), TruncatedMessage, id="half a report"),
        pytest.param(
            sends(bytes.fromhex("043D0000000F00000001 00F0 0005 FF")), ProtocolError, id="bad report"
        ),
        pytest.param(sends(bytes.fromhex("043F0000000C00000001 00F6")), ProtocolError, id="bad event"),
        pytest.param(hang, TransientConnectionError, id="silence"),
    ],
)
async def test_a_device_that_misbehaves_later(then: Play, expected: type[ReaderError]) -> None:
    async with playing(device_that(then=then), keepalive_s=0.3) as reader, reader:
        with pytest.raises(expected) as caught:
            await asyncio.wait_for(reader.receive(), 5)
        assert type(caught.value) is expected
        with pytest.raises(expected):
            await reader.set_gpo(1, high=True)


async def test_messages_that_nobody_asked_for_are_passed_over() -> None:
    async def chatter(connection: Connection) -> None:
        await connection.send(Message("GET_ROSPECS_RESPONSE", 9_999))
        await connection.send(Message("CUSTOM_MESSAGE", 1, {"VendorIdentifier": 1, "Data": b"x"}))
        await connection.send_raw(bytes.fromhex("0465 0000000A 00000001"))
        await connection.send(event(now(), Parameter("AntennaEvent", {"EventType": 0, "AntennaID": 2})))
        await connection.send(event(now(), Parameter("ReaderExceptionEvent", {"Message": "hot\x1b[2J"})))
        tag = Observation("", 1, bytes(12), now(), now(), 1, -55.0)
        await connection.send_raw(write_report([tag], message_id=3))
        await asyncio.Event().wait()

    async with playing(device_that(then=chatter)) as reader, reader:
        (seen,) = await asyncio.wait_for(reader.receive(), 5)
        assert (seen.epc, seen.antenna, seen.rssi_dbm) == (bytes(12), 1, -55.0)


async def test_keepalives_keep_a_quiet_connection_and_are_answered() -> None:
    async with LlrpEmulator(now=now) as emulator:
        url = f"{emulator.url}?keepalive=0.2"
        async with open_reader(url, now=now) as reader:
            await asyncio.sleep(0.9)
            assert reader.health().connected
            emulator.silence()
            with pytest.raises(TransientConnectionError, match="Nothing was heard"):
                await asyncio.wait_for(reader.receive(), 5)


async def test_the_clock_offset_of_the_device_is_known() -> None:
    fast = timedelta(seconds=90)
    async with LlrpEmulator(now=lambda: now() + fast) as emulator:
        for option, offset in (("device", fast), ("host", timedelta())):
            async with open_reader(f"{emulator.url}?clock={option}", now=now) as reader:
                assert reader.health().clock_offset_s == pytest.approx(90, abs=2)
                await emulator.listening()
                await emulator.present(1, [bytes(12)])
                (seen,) = await asyncio.wait_for(reader.receive(), 5)
                assert abs(seen.first_seen - (now() + offset)) < timedelta(seconds=5)
            await emulator.alone()


async def test_a_second_client_is_turned_away_and_the_first_goes_on() -> None:
    async with LlrpEmulator(now=now) as emulator, open_reader(emulator.url, now=now) as first:
        with pytest.raises(ReaderBusy):
            await open_reader(emulator.url, now=now).__aenter__()
        await emulator.present(1, [bytes(12)])
        assert len(await asyncio.wait_for(first.receive(), 5)) == 1


async def test_outputs_are_switched_and_wrong_ones_refused() -> None:
    async with LlrpEmulator(now=now) as emulator, open_reader(emulator.url, now=now) as reader:
        await reader.set_gpo(2, high=True)
        await reader.set_gpo(3, high=False)
        assert emulator.gpo == {2: True, 3: False}
        with pytest.raises(RequestRefused, match="no output 9"):
            await reader.set_gpo(9, high=True)
        assert reader.info is not None
        assert (reader.info.firmware, reader.info.antennas) == (device.FIRMWARE, (1, 2, 3, 4))


CAPABILITIES = decode_message(
    encode_message(answer(Message("GET_READER_CAPABILITIES"), *device.capabilities(2, 0)))
)


def antenna_configurations(request: Message) -> list[Parameter]:
    rospec = request.find("ROSpec")
    look = rospec.find("AISpec") if rospec else None
    spec = look.find("InventoryParameterSpec") if look else None
    assert spec is not None
    return list(spec.all("AntennaConfiguration"))


def test_options_become_an_antenna_configuration_each() -> None:
    wanted = Inventory((1, 2), session=2, power_dbm=20.1, mode=1, population=64, report_every=5)
    first, second = antenna_configurations(add_rospec(wanted, CAPABILITIES))
    assert (first.fields["AntennaID"], second.fields["AntennaID"]) == (1, 2)
    transmitter, command = first.children
    assert transmitter.fields["HopTableID"] == 1
    assert device.POWER_STEPS[transmitter.fields["TransmitPower"] - 1] == 2000
    assert [part.name for part in command.children] == ["C1G2RFControl", "C1G2SingulationControl"]
    assert command.children[1].fields == {"Session": 2, "TagPopulation": 64}


def test_what_is_not_asked_for_is_left_to_the_reader() -> None:
    assert antenna_configurations(add_rospec(Inventory(), CAPABILITIES)) == []
    (one,) = antenna_configurations(add_rospec(Inventory(session=1), CAPABILITIES))
    assert one.fields["AntennaID"] == 0
    assert [part.name for part in one.children] == ["C1G2InventoryCommand"]


@pytest.mark.parametrize(
    ("wanted", "capabilities", "says"),
    [
        (Inventory((3,)), CAPABILITIES, r"no antenna 3.*It has 1 to 2"),
        (Inventory(power_dbm=5), CAPABILITIES, r"only 5 dBm.*Its steps: 10, 10\.25"),
        (
            Inventory(power_dbm=5),
            Message("GET_READER_CAPABILITIES_RESPONSE"),
            "does not tell its power steps",
        ),
    ],
)
def test_what_the_reader_does_not_have_is_a_bad_option(
    wanted: Inventory, capabilities: Message, says: str
) -> None:
    with pytest.raises(ReaderConfigError, match=says):
        add_rospec(wanted, capabilities)


async def test_an_antenna_that_is_not_there_ends_the_connect_with_its_name() -> None:
    async with LlrpEmulator(now=now, antennas=2) as emulator:
        with pytest.raises(ReaderConfigError, match="no antenna 3"):
            await open_reader(f"{emulator.url}?antennas=1,3", now=now).__aenter__()


def test_what_a_device_says_of_itself_is_printable() -> None:
    general = {"ReaderFirmwareVersion": "1.0\x1b[2J", "MaxNumberOfAntennaSupported": 1, "ModelName": 7}
    told = Message(
        "GET_READER_CAPABILITIES_RESPONSE", 1, {}, (Parameter("GeneralDeviceCapabilities", general),)
    )
    info = read_info(decode_message(encode_message(told)))
    assert (info.model, info.firmware, info.antennas) == ("0/7", "1.0?[2J", (1,))
    assert read_info(Message("GET_READER_CAPABILITIES_RESPONSE")).antennas == ()


def test_keepalives_are_asked_for_in_milliseconds() -> None:
    spec = set_reader_config(0.25).find("KeepaliveSpec")
    assert spec is not None
    assert spec.fields["PeriodicTriggerValue"] == 250


async def test_cancelling_a_connect_leaves_nothing_behind() -> None:
    async with playing(welcome_then_hang, timeout_s=30) as reader:
        connecting = asyncio.create_task(reader.__aenter__())
        await asyncio.sleep(0.05)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "reader dock"]


async def test_reports_of_many_tags_come_whole_and_in_order() -> None:
    async with LlrpEmulator(now=now) as emulator, open_reader(f"{emulator.url}?n=50", now=now) as reader:
        await emulator.listening()
        epcs = [number.to_bytes(12, "big") for number in range(1234)]
        sending = asyncio.create_task(emulator.present(2, epcs))
        seen: list[Observation] = []
        async with asyncio.timeout(10):
            while len(seen) < len(epcs):
                seen += await reader.receive()
        assert await sending == 1234
        assert [each.epc for each in seen] == epcs

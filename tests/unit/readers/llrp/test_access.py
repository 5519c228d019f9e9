"""The emulated reader's AccessSpecs, inputs and manners, as any LLRP client meets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.readers.llrp.test_emulator import Client, add, code, rospec, state

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.field import Bench
from suyuan.readers.llrp import access, vendors
from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.vendors import Vendor
from suyuan.readers.tags.gen2 import Bank, Lock, LockField, Target
from suyuan.readers.virtual.gen2 import VirtualGen2

A, B = b"\xaa" * 12, b"\xbb" * 12
PASSWORD = 0xCAFE_0001


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def emulator(bench: Bench) -> AsyncIterator[LlrpEmulator]:
    async with LlrpEmulator(now=now, field=bench, antennas=2, round_s=0.01) as running:
        yield running


async def connected(emulator: LlrpEmulator) -> Client:
    client = Client(Connection(*await asyncio.open_connection("127.0.0.1", emulator.port)))
    assert (await client.next()).name == "READER_EVENT_NOTIFICATION"
    return client


@pytest.fixture
async def client(emulator: LlrpEmulator) -> AsyncIterator[Client]:
    client = await connected(emulator)
    yield client
    await client.connection.aclose()


async def look(client: Client, **options: Any) -> None:
    await add(client, rospec(report=(0, 0), **options))
    assert code(await client.ask("START_ROSPEC", ROSpecID=1)) == 0


async def do(
    client: Client,
    *commands: Parameter,
    tag: Target | None = None,
    version: int = 1,
    times: int = 1,
) -> list[Parameter]:
    """Carry out commands in one AccessSpec; the results of the first tag."""
    added = access.add_accessspec(7, tag or Target(), commands[0], times=times)
    (spec,) = added.children
    command = spec.find("AccessCommand")
    assert command is not None
    whole = Parameter("AccessCommand", {}, (*command.children, *commands[1:]))
    parts = tuple(whole if part.name == "AccessCommand" else part for part in spec.children)
    spec = Parameter("AccessSpec", spec.fields, parts)
    assert code(await client.ask("ADD_ACCESSSPEC", spec, version=version)) == 0
    assert code(await client.ask("ENABLE_ACCESSSPEC", AccessSpecID=7)) == 0
    return await told(client)


async def told(client: Client) -> list[Parameter]:
    while True:
        message = client.others.pop(0) if client.others else await client.next()
        if results := list(access.results(message)):
            return [result for _, result in results]


async def specs(client: Client) -> list[tuple[int, int]]:
    listed = (await client.ask("GET_ACCESSSPECS")).all("AccessSpec")
    return [(each.fields["AccessSpecID"], each.fields["CurrentState"]) for each in listed]


async def test_commands_are_carried_out_in_order_up_to_the_first_that_fails(
    client: Client, bench: Bench
) -> None:
    tag = bench.put(1, A)
    await look(client)
    results = await do(
        client,
        access.write(1, Bank.USER, 0, b"abcd", 0),
        access.read(2, Bank.USER, 0, 2, 0),
        access.read(3, Bank.USER, 0, 99, 0),
        access.write(4, Bank.USER, 0, b"zz", 0),
    )
    assert [(each.name, each.fields["OpSpecID"], each.fields["Result"]) for each in results] == [
        ("C1G2WriteOpSpecResult", 1, 0),
        ("C1G2ReadOpSpecResult", 2, 0),
        ("C1G2ReadOpSpecResult", 3, 1),
    ]
    assert results[0].fields["NumWordsWritten"] == 2
    assert access.words_read(results[1]) == b"abcd" == tag.read(Bank.USER, 0, 2)
    assert await specs(client) == []  # it ended by its count


async def test_only_tags_that_match_are_touched(client: Client, bench: Bench) -> None:
    one, other = bench.put(1, A), bench.put(1, B)
    await look(client)
    await do(client, access.write(1, Bank.USER, 0, b"ab", 0), tag=Target(B))
    await do(client, access.write(2, Bank.USER, 1, b"cd", 0), tag=Target(None, one.tid))
    assert one.read(Bank.USER, 0, 2) == b"\0\0cd"
    assert other.read(Bank.USER, 0, 2) == b"ab\0\0"


async def test_blocks_are_written_and_erased(client: Client, bench: Bench) -> None:
    tag = bench.put(1, A)
    await look(client)
    place = {"OpSpecID": 1, "MB": 3, "WordPointer": 2}
    written = await do(client, Parameter("C1G2BlockWrite", {**place, "WriteData": (0x6162, 0x6364)}))
    assert [each.name for each in written] == ["C1G2BlockWriteOpSpecResult"]
    assert tag.read(Bank.USER, 1, 3) == b"\0\0abcd"
    (erased,) = await do(client, Parameter("C1G2BlockErase", {**place, "WordCount": 1}))
    assert erased == Parameter("C1G2BlockEraseOpSpecResult", {"Result": 0, "OpSpecID": 1})
    assert tag.read(Bank.USER, 1, 3) == b"\0\0\0\0cd"


@pytest.mark.parametrize("version", [1, 2])
async def test_why_a_tag_refuses_is_told_as_the_version_can(
    client: Client, bench: Bench, version: int
) -> None:
    tag = bench.lay(1, VirtualGen2(A, access_password=PASSWORD))
    tag.lock({LockField.EPC: Lock.LOCK, LockField.ACCESS_PASSWORD: Lock.LOCK}, PASSWORD)
    if version > 1:
        assert code(await client.ask("SET_PROTOCOL_VERSION", ProtocolVersion=2, version=2)) == 0
    await look(client)
    silence_or_password, fault_or_locked = (5, 7), (1, 5)
    expected = (
        (access.write(1, Bank.EPC, 2, b"ab", 0), (2, 2)),  # locked
        (access.write(2, Bank.USER, 99, b"ab", 0), (1, 1)),  # beyond the end
        (access.write(3, Bank.USER, 0, b"ab", 5), silence_or_password),
        (access.read(4, Bank.RESERVED, 2, 2, 0), fault_or_locked),
        (access.read(5, Bank.USER, 99, 1, 0), (1, 4)),  # a fault; beyond the end
        (access.lock(6, {LockField.TID: Lock.UNLOCK}, PASSWORD), (2, 7)),  # a fault; locked for ever
        (access.lock(7, {LockField.EPC: Lock.UNLOCK}, 0), (3, 5)),  # silence; wrong password
        (access.kill(8, 9), (1, 1)),  # no kill password
    )
    for command, results in expected:
        (result,) = await do(client, command)
        assert result.fields["Result"] == results[version - 1], command.name


BAD: dict[str, Callable[[Parameter], Parameter]] = {
    "no id": lambda spec: Parameter("AccessSpec", {**spec.fields, "AccessSpecID": 0}, spec.children),
    "no end": lambda spec: Parameter("AccessSpec", spec.fields, spec.children[1:]),
    "no command": lambda spec: Parameter(
        "AccessSpec",
        spec.fields,
        (spec.children[0], Parameter("AccessCommand", {}, (Parameter("C1G2TagSpec"),))),
    ),
    "an unknown command": lambda spec: Parameter(
        "AccessSpec",
        spec.fields,
        (
            spec.children[0],
            Parameter("AccessCommand", {}, (Parameter("C1G2TagSpec"), Parameter("ClientRequestOpSpec"))),
        ),
    ),
}


@pytest.mark.parametrize("title", BAD)
async def test_an_accessspec_that_it_cannot_carry_out_is_refused(client: Client, title: str) -> None:
    (spec,) = access.add_accessspec(7, Target(A), access.read(1, Bank.TID, 0, 2, 0)).children
    assert code(await client.ask("ADD_ACCESSSPEC", BAD[title](spec))) == 100
    assert await specs(client) == []


async def test_accessspecs_are_listed_switched_and_deleted(client: Client) -> None:
    requests = [
        access.add_accessspec(number, Target(A), access.read(1, Bank.TID, 0, 2, 0)).children
        for number in range(1, 10)
    ]
    for request in requests[:8]:
        assert code(await client.ask("ADD_ACCESSSPEC", *request)) == 0
    assert code(await client.ask("ADD_ACCESSSPEC", *requests[0])) == 100
    assert code(await client.ask("ADD_ACCESSSPEC", *requests[8])) == 301
    assert code(await client.ask("ENABLE_ACCESSSPEC", AccessSpecID=0)) == 0
    assert code(await client.ask("DISABLE_ACCESSSPEC", AccessSpecID=2)) == 0
    assert (await specs(client))[:3] == [(1, 1), (2, 0), (3, 1)]
    assert code(await client.ask("DELETE_ACCESSSPEC", AccessSpecID=9)) == 100
    for _ in range(2):
        assert code(await client.ask("DELETE_ACCESSSPEC", AccessSpecID=0)) == 0
    assert await specs(client) == []


# Inputs


def edge(port: int, *, high: bool, timeout_ms: int = 0) -> Parameter:
    fields = {"GPIPortNum": port, "GPIEvent": int(high), "Timeout": timeout_ms}
    return Parameter("GPITriggerValue", fields)


async def hears(client: Client, *kinds: int, ports: tuple[int, ...] = ()) -> None:
    events = tuple(
        Parameter("EventNotificationState", {"EventType": kind, "NotificationState": 1}) for kind in kinds
    )
    inputs = (
        Parameter("GPIPortCurrentState", {"GPIPortNum": port, "Config": 1, "State": 2}) for port in ports
    )
    spec = Parameter("ReaderEventNotificationSpec", {}, events)
    assert code(await client.ask("SET_READER_CONFIG", spec, *inputs)) == 0


async def heard(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """The events that are there now; asked for so that nothing is still on its way."""
    await client.ask("GET_ROSPECS")
    found: list[tuple[str, dict[str, Any]]] = []
    for message in client.others:
        for data in message.all("ReaderEventNotificationData"):
            found += [(part.name, dict(part.fields)) for part in data.children[1:]]
    client.others.clear()
    return found


async def test_an_input_starts_and_ends_a_rospec(
    client: Client, bench: Bench, emulator: LlrpEmulator
) -> None:
    bench.put(1, A)
    boundary = Parameter(
        "ROBoundarySpec",
        {},
        (
            Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": 3}, (edge(1, high=True),)),
            Parameter("ROSpecStopTrigger", {"ROSpecStopTriggerType": 2}, (edge(1, high=False),)),
        ),
    )
    whole = rospec(report=(2, 0))
    await add(client, Parameter("ROSpec", whole.fields, (boundary, *whole.children[1:])))
    assert await state(client) == [1]
    emulator.switch(2, high=True)
    assert await state(client) == [1]
    emulator.switch(1, high=True)
    await asyncio.wait_for(emulator.listening(), 20)
    emulator.switch(1, high=False)
    assert await state(client) == [1]


async def test_an_input_ends_an_antenna_spec(client: Client, bench: Bench, emulator: LlrpEmulator) -> None:
    bench.put(1, A)
    end = Parameter("AISpecStopTrigger", {"AISpecStopTriggerType": 2}, (edge(3, high=True),))
    await add(client, rospec(look=end, report=(1, 0)))
    assert code(await client.ask("START_ROSPEC", ROSpecID=1)) == 0
    await asyncio.wait_for(emulator.listening(), 20)
    emulator.switch(3, high=True)
    ((tag,),) = await client.reports(1)
    assert tag[:2] == (1, A)


async def test_inputs_are_told_to_those_who_asked(client: Client, emulator: LlrpEmulator) -> None:
    emulator.switch(1, high=True)
    assert await heard(client) == []
    await hears(client, 1, ports=(1, 2))
    for port, high in ((1, False), (1, False), (2, True), (3, True)):
        emulator.switch(port, high=high)
    assert await heard(client) == [
        ("GPIEvent", {"GPIPortNumber": 1, "GPIEvent": 0}),
        ("GPIEvent", {"GPIPortNumber": 2, "GPIEvent": 1}),
    ]
    config = await client.ask("GET_READER_CONFIG", RequestedData=9)
    states = [each.fields["State"] for each in config.all("GPIPortCurrentState")]
    assert states == [0, 1, 1, 0]
    bad = Parameter("GPIPortCurrentState", {"GPIPortNum": 9, "Config": 1})
    assert code(await client.ask("SET_READER_CONFIG", bad)) == 301


# Manners


async def test_trouble_ends_the_runs_and_is_told(
    client: Client, bench: Bench, emulator: LlrpEmulator
) -> None:
    bench.put(1, A)
    await hears(client, 2, 4, 8)
    await look(client, antennas=(1,))
    await asyncio.wait_for(emulator.listening(), 20)
    await heard(client)
    emulator.plug(2, plugged_in=False)
    emulator.trouble("too hot")
    assert await heard(client) == [
        ("AntennaEvent", {"EventType": 0, "AntennaID": 2}),
        ("ReaderExceptionEvent", {"Message": "too hot"}),
        ("ROSpecEvent", {"EventType": 1, "ROSpecID": 1, "PreemptingROSpecID": 0}),
    ]
    assert await state(client) == [1]
    config = await client.ask("GET_READER_CONFIG", RequestedData=2)
    assert [each.fields["AntennaConnected"] for each in config.all("AntennaProperties")] == [1, 0]


async def test_what_happens_while_nobody_is_there_is_kept_for_who_asked_for_it(
    client: Client, bench: Bench, emulator: LlrpEmulator
) -> None:
    bench.put(1, A)
    holding = Parameter("EventsAndReports", {"HoldEventsAndReportsUponReconnect": 1})
    assert code(await client.ask("SET_READER_CONFIG", holding)) == 0
    await hears(client, 1, ports=(1,))
    await add(client, rospec(report=(1, 1)))
    assert code(await client.ask("START_ROSPEC", ROSpecID=1)) == 0
    await client.reports(1)
    await client.connection.aclose()
    await asyncio.wait_for(emulator.alone(), 20)
    emulator.switch(1, high=True)
    async with asyncio.timeout(20):
        while len(emulator.machine.held) < 4:  # noqa: ASYNC110 - the event, and tags of the next rounds
            await asyncio.sleep(0.002)
    again = await connected(emulator)
    assert await state(again) == [2]
    assert again.others == []
    await again.connection.send(Message("ENABLE_EVENTS_AND_REPORTS", 1))
    await again.ask("GET_ROSPECS")
    assert {"RO_ACCESS_REPORT", "READER_EVENT_NOTIFICATION"} <= {each.name for each in again.others}
    assert ("GPIEvent", {"GPIPortNumber": 1, "GPIEvent": 1}) in await heard(again)
    await again.connection.aclose()


async def test_a_restart_takes_leave_and_forgets(client: Client, emulator: LlrpEmulator) -> None:
    await add(client, rospec())
    await emulator.restart()
    last = await client.next()
    (data,) = last.children
    assert data.find("ConnectionCloseEvent") is not None
    with pytest.raises(TransientConnectionError):
        await client.next()
    await asyncio.wait_for(emulator.alone(), 20)
    again = await connected(emulator)
    assert await state(again) == []
    await again.connection.aclose()


async def test_a_clock_without_a_date_tells_times_since_it_was_switched_on(bench: Bench) -> None:
    bench.put(1, A)
    async with LlrpEmulator(now=now, field=bench, round_s=0.01, utc=False) as emulator:
        client = Client(Connection(*await asyncio.open_connection("127.0.0.1", emulator.port)))
        (data,) = (await client.next()).children
        uptime = data.find("Uptime")
        assert uptime is not None
        assert uptime.fields["Microseconds"] < 60_000_000
        await add(client, rospec(report=(1, 1)))
        await client.connection.send(Message("START_ROSPEC", 5, {"ROSpecID": 1}))
        while (message := await client.next()).name != "RO_ACCESS_REPORT":
            pass
        (tag,) = message.children
        first = tag.find("FirstSeenTimestampUptime")
        assert first is not None
        assert first.fields["Microseconds"] < 60_000_000
        await client.connection.aclose()


async def test_an_impinj_reader_takes_its_own_parameters_once_they_are_enabled(bench: Bench) -> None:
    tag = bench.put(1, A, rssi_dbm=-47.25)
    async with LlrpEmulator(now=now, field=bench, round_s=0.01, vendor=Vendor.IMPINJ) as emulator:
        client = await connected(emulator)
        capabilities = await client.ask("GET_READER_CAPABILITIES")
        assert vendors.vendor_of(capabilities) is Vendor.IMPINJ
        whole = rospec(report=(1, 1))
        selector = vendors.content_selector(tid=True)
        last = whole.children[-1]
        asked = Parameter(last.name, last.fields, (selector,))
        spec = Parameter("ROSpec", whole.fields, (*whole.children[:-1], asked))
        assert code(await client.ask("ADD_ROSPEC", spec)) == 102
        enable = vendors.enable_extensions()
        await client.connection.send(Message(enable.name, 5, enable.fields))
        enabled = await client.next()
        assert enabled.fields["MessageSubtype"] == vendors.EXTENSIONS_ENABLED
        await add(client, spec)
        await client.connection.send(Message("START_ROSPEC", 6, {"ROSpecID": 1}))
        while (message := await client.next()).name != "RO_ACCESS_REPORT":
            pass
        (told,) = message.children
        besides = {each.fields["ParameterSubtype"]: each.fields["Data"] for each in told.all("Custom")}
        assert besides == {
            vendors.SERIALIZED_TID: b"\x00\x06" + tag.tid,
            vendors.PEAK_RSSI: (-4725).to_bytes(2, signed=True),
        }
        await client.connection.aclose()


async def test_a_zebra_reader_says_more_of_itself_than_the_standard_has() -> None:
    async with LlrpEmulator(now=now, vendor=Vendor.ZEBRA) as emulator:
        client = await connected(emulator)
        capabilities = await client.ask("GET_READER_CAPABILITIES")
        assert vendors.vendor_of(capabilities) is Vendor.ZEBRA
        assert [each.fields["VendorIdentifier"] for each in capabilities.all("Custom")] == [vendors.ZEBRA]
        await client.connection.aclose()


async def test_what_happens_is_told_line_by_line(bench: Bench) -> None:
    lines: list[str] = []
    bench.put(1, A)
    async with LlrpEmulator(now=now, field=bench, round_s=0.01, tell=lines.append) as emulator:
        client = await connected(emulator)
        await look(client)
        await do(client, access.write(1, Bank.USER, 0, b"ab", 0))
        output = Parameter("GPOWriteData", {"GPOPortNumber": 2, "GPOData": 1})
        assert code(await client.ask("SET_READER_CONFIG", output)) == 0
        emulator.switch(1, high=True)
        await client.connection.aclose()
        await asyncio.wait_for(emulator.alone(), 20)
    for line in (
        "ADD_ROSPEC",
        "ROSpec 1 started",
        f"C1G2Write on {A.hex().upper()}: done",
        "output 2 high",
        "input 1 high",
    ):
        assert line in lines


def test_patterns_of_a_target_mean_its_length_too() -> None:
    (pattern,) = access.target_tags(Target(A))
    assert pattern.fields["Pointer"] == 16
    assert pattern.fields["TagData"] == b"\x30\x00" + A
    assert len(access.target_tags(Target(A, b"\xe2" * 12))) == 2
    (anybody,) = access.target_tags(Target())
    assert anybody.fields["TagMask"] == b""

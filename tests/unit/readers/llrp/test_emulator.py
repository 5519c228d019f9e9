"""The emulated reader as any LLRP client sees it: requests by hand, answers as the standard has them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.field import Bench, TagInField
from suyuan.readers.llrp.codec import Message, Parameter, decode_message
from suyuan.readers.llrp.connection import Connection
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.inventory import Accumulator
from suyuan.readers.observation import Observation

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B = b"\xaa" * 12, b"\xbb" * 12


def now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Sends requests one by one and keeps what comes in between."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.others: list[Message] = []
        self.last_id = 100

    async def next(self) -> Message:
        async with asyncio.timeout(5):
            _, data = await self.connection.read()
        return decode_message(data)

    async def ask(self, name: str, *children: Parameter, version: int = 1, **fields: int) -> Message:
        self.last_id += 1
        await self.connection.send(Message(name, self.last_id, fields, children, version))
        while True:
            message = await self.next()
            if message.id == self.last_id and message.name != "RO_ACCESS_REPORT":
                return message
            self.others.append(message)

    async def reports(self, count: int) -> list[list[tuple[int, bytes, int]]]:
        """The next tag reports as (antenna, EPC, count) each."""
        found: list[list[tuple[int, bytes, int]]] = []
        while len(found) < count:
            message = self.others.pop(0) if self.others else await self.next()
            if message.name == "RO_ACCESS_REPORT":
                found.append([tag_of(tag) for tag in message.all("TagReportData")])
        return found


def tag_of(tag: Parameter) -> tuple[int, bytes, int]:
    epc, antenna, count = tag.find("EPC_96"), tag.find("AntennaID"), tag.find("TagSeenCount")
    assert epc is not None
    assert antenna is not None
    assert count is not None
    return antenna.fields["AntennaID"], epc.fields["EPC"], count.fields["TagCount"]


def code(message: Message) -> int:
    status = message.find("LLRPStatus")
    assert status is not None
    return int(status.fields["StatusCode"])


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
async def emulator(bench: Bench) -> AsyncIterator[LlrpEmulator]:
    async with LlrpEmulator(now=now, field=bench, antennas=2, round_s=0.01) as running:
        yield running


@pytest.fixture
async def client(emulator: LlrpEmulator) -> AsyncIterator[Client]:
    connection = Connection(*await asyncio.open_connection("127.0.0.1", emulator.port))
    client = Client(connection)
    welcome = await client.next()
    (data,) = welcome.children
    assert [part.name for part in data.children] == ["UTCTimestamp", "ConnectionAttemptEvent"]
    assert data.children[1].fields == {"Status": 0}
    yield client
    await connection.aclose()


def rospec(
    *,
    start: int = 0,
    period_ms: int = 0,
    duration_ms: int = 0,
    stop: int = 0,
    look: Parameter | None = None,
    antennas: tuple[int, ...] = (0,),
    report: tuple[int, int] = (1, 1),
    number: int = 1,
) -> Parameter:
    periodic = (Parameter("PeriodicTriggerValue", {"Offset": 5, "Period": period_ms}),) if start == 2 else ()
    ending = {"ROSpecStopTriggerType": stop or int(duration_ms > 0), "DurationTriggerValue": duration_ms}
    return Parameter(
        "ROSpec",
        {"ROSpecID": number},
        (
            Parameter(
                "ROBoundarySpec",
                children=(
                    Parameter("ROSpecStartTrigger", {"ROSpecStartTriggerType": start}, periodic),
                    Parameter("ROSpecStopTrigger", ending),
                ),
            ),
            Parameter(
                "AISpec",
                {"AntennaIDs": antennas},
                (
                    look or Parameter("AISpecStopTrigger"),
                    Parameter("InventoryParameterSpec", {"InventoryParameterSpecID": 1, "ProtocolID": 1}),
                ),
            ),
            Parameter("ROReportSpec", {"ROReportTrigger": report[0], "N": report[1]}),
        ),
    )


async def add(client: Client, spec: Parameter) -> None:
    assert code(await client.ask("ADD_ROSPEC", spec)) == 0
    assert code(await client.ask("ENABLE_ROSPEC", ROSpecID=spec.fields["ROSpecID"])) == 0


async def state(client: Client) -> list[int]:
    found = await client.ask("GET_ROSPECS")
    return [spec.fields["CurrentState"] for spec in found.all("ROSpec")]


async def test_deleting_all_of_nothing_succeeds_and_one_of_nothing_does_not(client: Client) -> None:
    assert code(await client.ask("DELETE_ROSPEC", ROSpecID=0)) == 0
    for name in ("DELETE_ROSPEC", "ENABLE_ROSPEC", "DISABLE_ROSPEC", "START_ROSPEC", "STOP_ROSPEC"):
        refused = await client.ask(name, ROSpecID=7)
        assert (refused.name, code(refused)) == (f"{name}_RESPONSE", 100)


async def test_messages_without_an_answer_get_none(client: Client) -> None:
    await client.connection.send(Message("ENABLE_EVENTS_AND_REPORTS", 1))
    await client.connection.send(Message("KEEPALIVE_ACK", 2))
    await client.connection.send(Message("GET_REPORT", 3))
    assert (await client.ask("GET_ROSPECS")).name == "GET_ROSPECS_RESPONSE"
    assert client.others == []


async def test_the_states_of_a_rospec(client: Client) -> None:
    spec = rospec()
    assert code(await client.ask("ADD_ROSPEC", spec)) == 0
    assert await state(client) == [0]
    assert code(await client.ask("START_ROSPEC", ROSpecID=1)) == 100
    assert code(await client.ask("ADD_ROSPEC", spec)) == 100
    for name, expected in (
        ("ENABLE_ROSPEC", 1),
        ("ENABLE_ROSPEC", 1),
        ("START_ROSPEC", 2),
        ("STOP_ROSPEC", 1),
        ("START_ROSPEC", 2),
        ("DISABLE_ROSPEC", 0),
    ):
        assert code(await client.ask(name, ROSpecID=1)) == 0
        assert await state(client) == [expected]
    assert code(await client.ask("DELETE_ROSPEC", ROSpecID=0)) == 0
    assert await state(client) == []


async def test_an_immediate_start_trigger_needs_no_start(client: Client, bench: Bench) -> None:
    bench.put(2, A)
    await add(client, rospec(start=1))
    assert await client.reports(2) == [[(2, A, 1)], [(2, A, 1)]]
    assert await state(client) == [2]


async def test_a_duration_ends_the_run_and_reports_once_at_its_end(client: Client, bench: Bench) -> None:
    bench.put(1, A)
    bench.put(2, B)
    await add(client, rospec(duration_ms=200, report=(2, 0)))
    await client.ask("START_ROSPEC", ROSpecID=1)
    ((first, second),) = await client.reports(1)
    assert {first[:2], second[:2]} == {(1, A), (2, B)}
    assert first[2] > 1
    assert await state(client) == [1]


async def test_a_periodic_trigger_runs_again_and_again(client: Client, bench: Bench) -> None:
    bench.put(1, A)
    await add(client, rospec(start=2, period_ms=30, duration_ms=15, report=(1, 0)))
    reports = await client.reports(3)
    assert [[tag[:2] for tag in report] for report in reports] == [[(1, A)]] * 3


async def test_a_stopped_run_begins_again_by_its_periodic_trigger(client: Client, bench: Bench) -> None:
    bench.put(1, A)
    await add(client, rospec(start=2, period_ms=1000))
    await client.reports(1)
    assert code(await client.ask("STOP_ROSPEC", ROSpecID=1)) == 0
    client.others.clear()
    assert await client.reports(1) == [[(1, A, 1)]]
    assert await state(client) == [2]


async def test_a_periodic_trigger_without_a_period_runs_once(client: Client, bench: Bench) -> None:
    bench.put(1, A)
    await add(client, rospec(start=2, duration_ms=20, report=(1, 0)))
    assert len(await client.reports(1)) == 1
    await asyncio.sleep(0.05)
    assert await state(client) == [1]
    assert client.others == []


@pytest.mark.parametrize(
    "trigger",
    [
        {"TriggerType": 0, "NumberOfTags": 3},
        {"TriggerType": 1, "T": 150},
        {"TriggerType": 2, "NumberOfAttempts": 3},
        {"TriggerType": 2, "NumberOfAttempts": 1000, "Timeout": 150},
    ],
)
async def test_tag_observation_triggers_end_the_antenna_spec(
    client: Client, bench: Bench, trigger: dict[str, int]
) -> None:
    bench.put(1, A)
    look = Parameter(
        "AISpecStopTrigger", {"AISpecStopTriggerType": 3}, (Parameter("TagObservationTrigger", trigger),)
    )
    await add(client, rospec(look=look, report=(1, 0)))
    await client.ask("START_ROSPEC", ROSpecID=1)
    ((tag,),) = await client.reports(1)
    assert tag[:2] == (1, A)
    assert tag[2] >= 2
    assert await state(client) == [1]


async def test_a_report_carries_n_tags(client: Client, bench: Bench) -> None:
    for number in range(5):
        bench.put(1, number.to_bytes(12, "big"))
    look = Parameter("AISpecStopTrigger", {"AISpecStopTriggerType": 1, "DurationTrigger": 5})
    await add(client, rospec(look=look, antennas=(1,), report=(1, 2)))
    await client.ask("START_ROSPEC", ROSpecID=1)
    assert [len(report) for report in await client.reports(3)] == [2, 2, 1]


async def test_reports_that_wait_come_when_asked_for(client: Client, bench: Bench) -> None:
    bench.put(1, A)
    await add(client, rospec(report=(0, 0)))
    await client.ask("START_ROSPEC", ROSpecID=1)
    await asyncio.sleep(0.05)
    assert await state(client) == [2]
    assert client.others == []
    await client.connection.send(Message("GET_REPORT", 1))
    ((tag,),) = await client.reports(1)
    assert tag[:2] == (1, A)


BAD = {
    "no id": rospec(number=0),
    "no such antenna": rospec(antennas=(3,)),
    "no antenna at all": rospec(antennas=()),
    "a GPI start": rospec(start=3),
    "a GPI end of the antenna spec": rospec(
        look=Parameter("AISpecStopTrigger", {"AISpecStopTriggerType": 2})
    ),
    "an unknown tag trigger": rospec(
        look=Parameter(
            "AISpecStopTrigger",
            {"AISpecStopTriggerType": 3},
            (Parameter("TagObservationTrigger", {"TriggerType": 9}),),
        )
    ),
    "a GPI end": rospec(stop=2),
    "no boundary": Parameter("ROSpec", {"ROSpecID": 1}),
}


@pytest.mark.parametrize("title", BAD)
async def test_a_rospec_that_it_cannot_run_is_refused(client: Client, title: str) -> None:
    assert code(await client.ask("ADD_ROSPEC", BAD[title])) == 100
    assert await state(client) == []


async def test_a_message_without_its_rospec_is_refused(client: Client) -> None:
    assert code(await client.ask("ADD_ROSPEC")) == 100


async def test_configuration_versions_and_what_is_not_there(client: Client) -> None:
    config = await client.ask("GET_READER_CONFIG")
    assert [part.fields["AntennaID"] for part in config.all("AntennaProperties")] == [1, 2]
    versions = await client.ask("GET_SUPPORTED_VERSION", version=2)
    assert versions.fields == {"CurrentVersion": 1, "SupportedVersion": 2}
    assert versions.version == 2
    assert code(await client.ask("SET_PROTOCOL_VERSION", ProtocolVersion=2, version=2)) == 0
    assert code(await client.ask("DELETE_ACCESSSPEC", AccessSpecID=0)) == 0
    for requested, part in (
        (1, "GeneralDeviceCapabilities"),
        (2, "LLRPCapabilities"),
        (3, "RegulatoryCapabilities"),
    ):
        told = await client.ask("GET_READER_CAPABILITIES", RequestedData=requested)
        assert [child.name for child in told.children] == ["LLRPStatus", part]
    assert code(await client.ask("ADD_ACCESSSPEC")) == 100
    refused = await client.ask("CUSTOM_MESSAGE", VendorIdentifier=25882, MessageSubtype=21)
    assert (refused.name, code(refused)) == ("ERROR_MESSAGE", 109)


async def test_a_malformed_request_is_answered_and_the_session_goes_on(client: Client) -> None:
    await client.connection.send_raw(bytes.fromhex("0415 0000000C 00000042 0000"))
    told = await client.next()
    assert (told.name, told.id, code(told)) == ("ERROR_MESSAGE", 0x42, 100)
    assert await state(client) == []


async def test_garbage_ends_the_session_and_the_next_client_is_welcome(
    client: Client, emulator: LlrpEmulator
) -> None:
    await client.connection.send_raw(b"\xff" * 10)
    with pytest.raises(TransientConnectionError):
        await client.next()
    await asyncio.wait_for(emulator.alone(), 5)
    again = Client(Connection(*await asyncio.open_connection("127.0.0.1", emulator.port)))
    assert (await again.next()).name == "READER_EVENT_NOTIFICATION"
    await again.connection.aclose()


async def test_keepalives_begin_and_end_when_told(client: Client) -> None:
    for kind in (1, 1, 0):
        spec = Parameter("KeepaliveSpec", {"KeepaliveTriggerType": kind, "PeriodicTriggerValue": 10})
        assert code(await client.ask("SET_READER_CONFIG", spec)) == 0
        if kind:
            assert (await client.next()).name == "KEEPALIVE"
    client.others.clear()
    await asyncio.sleep(0.05)
    assert await state(client) == []
    assert client.others == []


async def test_what_nobody_listens_to_is_not_seen(client: Client, emulator: LlrpEmulator) -> None:
    assert await emulator.present(1, [A]) == 0
    await add(client, rospec(antennas=(2,)))
    await client.ask("START_ROSPEC", ROSpecID=1)
    assert await emulator.present(1, [A], at=NOON) == 0
    assert await emulator.present(2, [], at=NOON) == 0
    assert await emulator.present(2, [A, B], at=NOON, count=4) == 2
    assert await client.reports(2) == [[(2, A, 4)], [(2, B, 4)]]


async def test_faults_without_a_client_do_nothing() -> None:
    emulator = LlrpEmulator(now=now)
    await emulator.cut()
    await emulator.send_raw(b"x")
    assert await emulator.present(1, [A]) == 0
    await emulator.aclose()


@pytest.mark.usefixtures("client")
async def test_switching_it_off_is_no_fault(emulator: LlrpEmulator) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.append(told))
    await emulator.aclose()
    await asyncio.sleep(0)
    assert not emulator.connected
    assert faults == []


async def test_a_polite_end_is_answered(client: Client) -> None:
    assert code(await client.ask("CLOSE_CONNECTION")) == 0
    with pytest.raises(TransientConnectionError, match="closed the connection"):
        await client.next()


async def test_a_field_that_breaks_takes_the_device_down() -> None:
    class Broken:
        def seen(self, antenna: int, at: datetime) -> list[TagInField]:
            raise ZeroDivisionError(antenna, at)

    async with LlrpEmulator(now=now, field=Broken()) as emulator:
        client = Client(Connection(*await asyncio.open_connection("127.0.0.1", emulator.port)))
        assert (await client.next()).name == "READER_EVENT_NOTIFICATION"
        await add(client, rospec())

        async def start() -> None:
            """The answer may or may not come before the end."""
            await client.ask("START_ROSPEC", ROSpecID=1)
            await client.next()

        with pytest.raises(TransientConnectionError):
            await start()
        await client.connection.aclose()


def test_sightings_of_one_tag_add_up() -> None:
    gathered = Accumulator()
    later = NOON + timedelta(seconds=2)
    gathered.add(Observation("", 1, A, NOON, NOON, 1, -60.0))
    gathered.add(Observation("", 1, A, later, later, 2, -50.0))
    gathered.add(Observation("", 2, A, later, later, 1, None))
    assert len(gathered) == 2
    assert list(gathered.take(5, whole=False)) == []
    assert list(gathered.take(5, whole=True)) == [
        [Observation("", 1, A, NOON, later, 3, -50.0), Observation("", 2, A, later, later, 1, None)]
    ]
    assert len(gathered) == 0

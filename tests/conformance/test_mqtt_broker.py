"""Readers behind a real mosquitto: what is kept, what is told once, and what a broker refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from tests.conformance.network_rigs import EPCS, Broker, Relay, now, running, until
from tests.unit.readers.certificates import make_certificate

from suyuan.readers.errors import (
    AccessDenied,
    ReaderConfigError,
    ReaderError,
    TransientConnectionError,
    UntrustedDevice,
)
from suyuan.readers.mqtt.emulator import MqttEmulator
from suyuan.readers.observation import InputChange, Observation
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.supervisor import Backoff, Supervisor

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
A, B, C = EPCS[:3]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    async with running(tmp_path) as made:
        yield made


def opened(port: int, query: str = "dialect=zebra", topic: str = "plant/+/tags") -> Reader:
    return open_reader(f"mqtt://127.0.0.1:{port}/{topic}?name=dock&{query}", now=now)


def device(broker: Broker, dialect: str = "zebra", name: str = "r1", will: str | None = None) -> MqttEmulator:
    return MqttEmulator(
        "127.0.0.1", broker.port, f"plant/{name}/tags", dialect, now=now, device=name, will=will
    )


async def take(reader: Reader, count: int) -> list[Observation]:
    taken: list[Observation] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            taken += await reader.receive(count - len(taken))
    return taken


@pytest.mark.parametrize("dialect", ["impinj", "zebra", "handheld", "generic"])
@pytest.mark.parametrize("way", ["single", "batch", "joined"])
async def test_every_dialect_in_every_way_of_joining(broker: Broker, dialect: str, way: str) -> None:
    query = f"dialect={'zebra' if dialect == 'handheld' else dialect}"
    async with opened(broker.port, query) as reader, device(broker, dialect) as emulator:
        await emulator.present(2, [A, B], rssi_dbm=-47, at=NOON, batch=way == "batch", joined=way == "joined")
        seen = await take(reader, 2)
        assert [each.epc for each in seen] == [A, B]
        assert {each.antenna for each in seen} == {1 if dialect == "handheld" else 2}
        assert {(each.first_seen, each.last_seen, each.rssi_dbm) for each in seen} == {(NOON, NOON, -47.0)}
        assert reader.health().garbled == 0


async def test_barcodes_and_inputs_of_a_handheld(broker: Broker) -> None:
    async with opened(broker.port) as reader, device(broker) as emulator:
        await emulator.scan("(01)06901234567892(21)7", at=NOON)
        await emulator.publish(orjson.dumps({"type": "gpi", "data": {"pin": 1, "state": "HIGH"}}))
        (seen,) = await take(reader, 1)
        assert (seen.text, seen.epc, seen.last_seen) == ("(01)06901234567892(21)7", b"", NOON)
        change = await asyncio.wait_for(anext(reader.inputs()), 20)
        assert isinstance(change, InputChange)
        assert (change.port, change.high) == (1, True)


async def test_a_session_keeps_what_comes_while_we_are_away(broker: Broker) -> None:
    query = "dialect=zebra&client_id=dock-1"
    async with opened(broker.port, query):
        pass
    async with device(broker) as emulator:
        await emulator.present(1, [A, B, C], at=NOON)
    async with opened(broker.port, query) as reader:
        assert [each.epc for each in await take(reader, 3)] == [A, B, C]
        assert reader.health().reads == 3


async def test_a_close_in_the_midst_loses_nothing(broker: Broker) -> None:
    query = "dialect=zebra&client_id=dock-1"
    epcs = [number.to_bytes(12, "big") for number in range(300)]
    told: list[bytes] = []
    async with device(broker) as emulator:
        reader = opened(broker.port, query)
        async with reader:
            publishing = asyncio.create_task(emulator.present(1, epcs, at=NOON))
            told += [each.epc for each in await take(reader, 1)]
        told += [seen.epc async for seen in reader.observations()]
        await publishing
        async with opened(broker.port, query) as follower:
            # What the broker did not see acknowledged comes again: more often than once, never less.
            async with asyncio.timeout(20):
                while set(told) != set(epcs):
                    told += [each.epc for each in await follower.receive()]


@pytest.mark.parametrize("end", ["close", "wills"])
async def test_a_supervisor_loses_nothing_of_a_backlog_that_ends_in_its_midst(
    broker: Broker, end: str
) -> None:
    query = "dialect=zebra&client_id=dock-1&will=plant/r1/will"
    async with opened(broker.port, query):
        pass
    epcs = [number.to_bytes(12, "big") for number in range(600)]
    async with device(broker) as emulator:
        for number, epc in enumerate(epcs):
            await emulator.present(1, [epc], at=NOON)
            if end == "wills" and number in {100, 200}:
                await emulator.publish(b"gone", topic="plant/r1/will")
    told: list[bytes] = []
    async with supervised(broker.port, query) as first:
        if end == "wills":
            told += [each.epc for each in await take(first, len(epcs))]
        else:
            told += [each.epc for each in await take(first, 1)]
    told += [each.epc async for each in first.observations()]
    async with supervised(broker.port, query) as second:
        async with asyncio.timeout(20):
            while set(told) != set(epcs):
                told += [each.epc for each in await second.receive()]


async def test_a_will_that_was_retained_is_of_a_former_time(broker: Broker) -> None:
    async with device(broker) as emulator:
        await emulator.publish(b"gone", topic="plant/r1/will", retain=True)
        async with opened(broker.port, "dialect=zebra&will=plant/r1/will") as reader:
            await emulator.publish(b"", topic="plant/r1/will", retain=True)  # takes it back
            await emulator.present(1, [A], at=NOON)
            assert [each.epc for each in await take(reader, 1)] == [A]
            assert reader.health().connected


async def test_without_a_session_what_comes_meanwhile_is_not_kept(broker: Broker) -> None:
    async with opened(broker.port):
        pass
    async with device(broker) as emulator:
        await emulator.present(1, [A], at=NOON)
        async with opened(broker.port) as reader:
            await emulator.present(1, [B], at=NOON)
            assert [each.epc for each in await take(reader, 1)] == [B]


@asynccontextmanager
async def supervised(port: int, query: str) -> AsyncGenerator[Supervisor]:
    async with Supervisor(
        lambda: opened(port, query), now=now, chance=lambda: 0.0, backoff=Backoff(first_s=0.01, most_s=0.1)
    ) as supervisor:
        await until(lambda: supervisor.health().connected)
        yield supervisor


async def test_a_line_cut_within_a_message_loses_nothing_and_tells_nothing_twice(broker: Broker) -> None:
    async with (
        Relay(broker) as relay,
        device(broker) as emulator,
        supervised(relay.port, "dialect=zebra&client_id=dock-1") as reader,
    ):
        await emulator.present(1, [A], at=NOON)
        assert [each.epc for each in await take(reader, 1)] == [A]
        relay.cut_next(40)
        await emulator.present(1, [B, C], at=NOON)
        assert [each.epc for each in await take(reader, 2)] == [B, C]
        health = reader.health()
        assert (health.reads, health.truncated, health.garbled, relay.cuts) == (3, 0, 0, 1)


async def test_a_message_that_is_published_twice_is_told_once(broker: Broker) -> None:
    async with opened(broker.port) as reader, device(broker) as emulator:
        event = orjson.dumps(emulator.event(A, 1, -50, NOON))
        for _ in range(3):
            await emulator.publish(event)
        await emulator.present(1, [B], at=NOON)
        assert [each.epc for each in await take(reader, 2)] == [A, B]
        assert reader.health().repeated == 2


async def test_a_retained_message_is_told_once_though_the_line_breaks_and_is_no_sign_of_life(
    broker: Broker,
) -> None:
    at = now().replace(microsecond=0) - timedelta(seconds=60)
    async with device(broker) as emulator:
        await emulator.present(1, [A], at=at, retain=True)
    async with Relay(broker) as relay, supervised(relay.port, "dialect=zebra") as reader:
        (seen,) = await take(reader, 1)
        assert (seen.epc, seen.last_seen) == (A, at)  # late, but with its own time
        await relay.say(b"\xff\xff\xff\xff\xff\xff")
        await until(lambda: reader.health().repeated == 1)
        assert reader.health().reads == 1


async def test_a_retained_message_without_a_time_is_not_told_at_all(broker: Broker) -> None:
    async with device(broker) as emulator:
        await emulator.publish(orjson.dumps({"data": {"idHex": A.hex()}}), retain=True)
        async with opened(broker.port) as reader:
            await until(lambda: reader.health().repeated == 1)
            await emulator.publish(orjson.dumps({"data": {"idHex": B.hex()}}))
            assert [each.epc for each in await take(reader, 1)] == [B]


async def test_several_devices_on_one_topic_and_one_of_them_alone(broker: Broker) -> None:
    async with (
        opened(broker.port) as both,
        opened(broker.port, "dialect=zebra&device=r2") as second,
        device(broker) as r1,
        device(broker, name="r2") as r2,
    ):
        await r1.present(1, [A], at=NOON)
        await r2.present(1, [A], at=NOON)
        seen = await take(both, 2)
        assert [(each.reader, each.epc) for each in seen] == [("dock", A)] * 2
        assert [each.epc for each in await take(second, 1)] == [A]
        assert second.health().reads == 1


async def test_the_will_of_a_device_ends_the_connection(broker: Broker) -> None:
    emulator = device(broker, will="plant/r1/will")
    await emulator.__aenter__()
    async with opened(broker.port, "dialect=zebra&will=plant/r1/will") as reader:
        await emulator.present(1, [A], at=NOON)
        assert len(await take(reader, 1)) == 1
        async with device(broker) as other:  # the broker speaks for the dead; here somebody else does
            await other.publish(b"gone", topic="plant/r1/will")
        with pytest.raises(TransientConnectionError, match="has gone"):
            await asyncio.wait_for(reader.receive(), 20)
    await emulator.__aexit__(None, None, None)


async def test_garbage_is_counted_and_the_rest_told(broker: Broker) -> None:
    async with (
        opened(broker.port, "dialect=zebra&payload=500") as reader,
        device(broker) as emulator,
    ):
        garbage = [
            b"",
            b"hello",
            b"[" * 400,
            b"\xff",
            b'{"data":NaN}',
            b"x" * 501,
            b"7",
            b'{"data":{"idHex":1}}',
        ]
        for payload in garbage:
            await emulator.publish(payload)
        await emulator.present(1, [A], at=NOON)
        assert [each.epc for each in await take(reader, 1)] == [A]
        assert reader.health().garbled == len(garbage)


async def test_a_late_event_keeps_its_time_and_does_not_move_the_clock(broker: Broker) -> None:
    async with opened(broker.port) as reader, device(broker) as emulator:
        at = now()
        await emulator.present(1, [A], at=at)
        await emulator.present(1, [B], at=at - timedelta(hours=3))
        seen = await take(reader, 2)
        assert seen[1].last_seen == at - timedelta(hours=3)
        offset = reader.health().clock_offset_s
        assert offset is not None
        assert -20 < offset < 1


async def test_a_flood_is_bounded_and_counted(broker: Broker) -> None:
    async with opened(broker.port, "dialect=zebra&queue=50") as reader, device(broker) as emulator:
        for start in range(0, 5_000, 500):
            epcs = (number.to_bytes(12, "big") for number in range(start, start + 500))
            await emulator.present(1, epcs, at=NOON, joined=True)
        await until(lambda: reader.health().reads == 5_000)
        assert reader.health().dropped == 4_950


# Who may, and to whom we speak


async def test_a_broker_that_wants_a_password(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("")
    async with running(tmp_path, "allow_anonymous false") as broker:
        for user in ("", "dock:wrong@"):
            with pytest.raises(AccessDenied) as caught:
                await open_reader(f"mqtt://{user}127.0.0.1:{broker.port}/tags", now=now).__aenter__()
            assert "wrong" not in str(caught.value)


async def test_a_topic_that_may_not_be_heard(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.write_text("topic read allowed/#\n")
    async with running(tmp_path, "allow_anonymous true", f"acl_file {rules}") as broker:
        async with opened(broker.port, topic="allowed/x"):
            pass
        reader = opened(broker.port, topic="forbidden/x")
        try:
            async with reader:
                pass  # this mosquitto lets subscribe and then tells nothing
        except AccessDenied as error:
            assert "forbidden" in str(error)  # noqa: PT017 - brokers differ


async def test_tls_is_never_unseen(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    settings = (f"certfile {files.certificate}", f"keyfile {files.key}", "allow_anonymous true")
    async with running(tmp_path, *settings) as broker:
        url = f"mqtts://127.0.0.1:{broker.port}/tags?timeout=10"
        for query in (f"&ca={files.ca}", f"&fingerprint={files.fingerprint}"):
            async with open_reader(url + query, now=now) as reader:
                assert reader.health().connected
        with pytest.raises(UntrustedDevice, match="is not trusted"):
            await open_reader(url, now=now).__aenter__()
        with pytest.raises(UntrustedDevice, match=files.fingerprint):
            await open_reader(f"{url}&fingerprint={'0' * 64}", now=now).__aenter__()
        with pytest.raises(ReaderConfigError):
            await open_reader(f"{url}&ca={tmp_path}", now=now).__aenter__()


async def test_a_broker_that_wants_to_know_us_is_shown_our_certificate(tmp_path: Path) -> None:
    files, strangers = make_certificate(tmp_path), make_certificate(tmp_path / "theirs")
    settings = (
        f"certfile {files.certificate}",
        f"keyfile {files.key}",
        f"cafile {files.ca}",
        "require_certificate true",
        "allow_anonymous true",
    )
    async with running(tmp_path, *settings) as broker:
        url = f"mqtts://127.0.0.1:{broker.port}/tags?timeout=10&"
        for trust in (f"ca={files.ca}", f"fingerprint={files.fingerprint}"):
            ours = f"{trust}&cert={files.certificate}&key={files.key}"
            async with open_reader(url + ours, now=now) as reader:
                assert reader.health().connected
        for ours in ("", f"&cert={strangers.certificate}&key={strangers.key}"):
            with pytest.raises(AccessDenied, match="asks for a certificate of ours"):
                await open_reader(f"{url}ca={files.ca}{ours}", now=now).__aenter__()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x09"])
async def test_what_is_no_broker_is_told_and_nothing_is_left(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ReaderError) as caught:
            await opened(port, "timeout=0.5").__aenter__()
        assert str(caught.value).isprintable()
    with pytest.raises(TransientConnectionError, match="There is no connection"):
        await opened(port, "timeout=5").__aenter__()


async def test_a_connection_that_is_given_up_while_it_is_made_leaves_nothing() -> None:
    silent: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        silent.add(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader = opened(server.sockets[0].getsockname()[1], "timeout=10")
        connecting = asyncio.create_task(reader.__aenter__())
        await until(lambda: len(silent) == 2)  # the knock, and the connection
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        for writer in silent:
            writer.close()
    assert not [task for task in asyncio.all_tasks() if "mqtt" in task.get_name()]

# pyright: reportPrivateUsage=false

"""The driver against an emulated R700 over HTTP, and against servers that are none."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs
from tests.unit.readers.certificates import make_certificate, strict_door

from suyuan.readers.errors import (
    AccessDenied,
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
    UntrustedDevice,
)
from suyuan.readers.impinj.claim import Claim
from suyuan.readers.impinj.driver import ImpinjReader
from suyuan.readers.impinj.emulator import R700Emulator
from suyuan.readers.impinj.requests import own_preset
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader

EPC = bytes.fromhex("3066c4409047e140075bcd15")


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this user's locks are."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "suyuan"


def now() -> datetime:
    return datetime.now(UTC)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.002)


async def take(reader: Reader, count: int) -> list[Observation]:
    taken: list[Observation] = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            taken += await reader.receive(count - len(taken))
    return taken


def opened(emulator: R700Emulator, query: str = "", user: str = "") -> Reader:
    return open_reader(f"{emulator.url.replace('//', f'//{user}')}?name=dock&{query}".rstrip("&"), now=now)


async def test_what_we_started_is_stopped_and_nothing_else() -> None:
    async with R700Emulator(now=now, presets=("default", "night")) as emulator:
        async with opened(emulator, "preset=night"):
            assert emulator.running == "night"
        assert emulator.running is None
        await emulator.start("night")
        async with opened(emulator, "preset=night"):
            await emulator.listening()
        assert emulator.running == "night"


async def test_an_inventory_of_our_own() -> None:
    async with R700Emulator(now=now, antennas=4) as emulator:
        async with opened(emulator, "antennas=1,3&power=27.5&session=1&mode=2&population=8") as reader:
            assert emulator.running == own_preset("dock")
            (antenna, _) = emulator.presets[own_preset("dock")]["antennaConfigs"]
            assert (antenna["transmitPowerCdbm"], antenna["inventorySession"], antenna["rfMode"]) == (
                2750,
                1,
                2,
            )
            await emulator.present(3, [EPC])
            assert [seen.antenna for seen in await take(reader, 1)] == [3]
        assert emulator.running is None
        with pytest.raises(RequestRefused, match="antennaPort is out of range"):
            await opened(emulator, "antennas=5").__aenter__()


async def test_a_reader_at_work_is_busy_unless_it_is_taken_or_heard() -> None:
    async with R700Emulator(now=now) as emulator:
        await emulator.start("night")
        with pytest.raises(ReaderBusy, match="runs 'night' already"):
            await opened(emulator).__aenter__()
        async with opened(emulator, "profile=keep") as reader:
            await emulator.present(1, [EPC])
            assert [seen.epc for seen in await take(reader, 1)] == [EPC]
            await emulator.stop()
            await emulator.start("day")
            await emulator.present(1, [EPC])
            assert len(await take(reader, 1)) == 1
        assert emulator.running == "day"
        async with opened(emulator, "take=yes"):
            assert emulator.running == "default"


@pytest.mark.parametrize("query", ["antennas=1", "preset=default"])
async def test_our_own_inventory_that_outlived_us_is_ended_and_ours_started_as_it_is_wished_now(
    query: str,
) -> None:
    async with R700Emulator(now=now, antennas=2) as emulator:
        await emulator.start(own_preset("dock"))  # what a station that was killed leaves
        async with opened(emulator, query) as reader:
            assert emulator.running == ("default" if "default" in query else own_preset("dock"))
            await emulator.present(1, [EPC])
            assert len(await take(reader, 1)) == 1
        assert emulator.running is None


@pytest.mark.parametrize(
    "theirs", ["", own_preset("dock", "another machine"), own_preset("another reader's name")]
)
async def test_an_inventory_of_another_station_is_taken_only_where_we_may(theirs: str) -> None:
    async with R700Emulator(now=now, antennas=2) as emulator:
        await emulator.start(theirs)
        with pytest.raises(ReaderBusy, match=theirs or "an inventory of another client") as caught:
            await opened(emulator, "antennas=1").__aenter__()
        assert emulator.running == theirs
        assert "take=yes" in caught.value.remedy
        async with opened(emulator, "antennas=1&take=yes") as reader:
            await emulator.present(1, [EPC])
            assert len(await take(reader, 1)) == 1
        assert emulator.running is None


async def test_our_own_inventory_that_runs_is_left_alone_by_whoever_has_the_same_address() -> None:
    async with R700Emulator(now=now, antennas=2) as emulator:
        async with opened(emulator, "antennas=1") as reader:
            for query in ("antennas=1", "preset=default"):
                second = opened(emulator, query)
                second.take_over(reader)  # even one that had begun it once
                with pytest.raises(ReaderBusy, match="runs 'suyuan-"):
                    await second.__aenter__()
            await emulator.present(1, [EPC])
            assert len(await take(reader, 1)) == 1
        async with opened(emulator, "antennas=1"):
            assert emulator.running == own_preset("dock")


async def test_who_begins_our_own_inventory_meanwhile_makes_the_reader_busy() -> None:
    async with R700Emulator(now=now, antennas=2) as emulator, opened(emulator, "antennas=1"):
        await emulator.stop()
        with pytest.raises(ReaderBusy, match="runs 'suyuan-"):
            await opened(emulator, "antennas=1").__aenter__()
        async with opened(emulator, "antennas=1&take=yes"):
            assert emulator.running == own_preset("dock")


async def test_a_killed_process_leaves_no_lock(locks: Path) -> None:
    code = (
        "import sys, pathlib; from suyuan.readers.impinj.claim import Claim; "
        "claim = Claim('x', pathlib.Path(sys.argv[1])); print(claim.take(), flush=True); sys.stdin.read()"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(locks), stdin=PIPE, stdout=PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"True\n"
    claim, other = Claim("x", locks), Claim("y", locks)
    assert not claim.take()
    assert other.take()
    other.release()
    holder.kill()
    await holder.wait()
    assert claim.take()
    claim.release()


def test_where_no_lock_can_be_had_the_log_says_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with capture_logs() as logs:
        assert Claim("x", tmp_path / "state").take()
    assert [each["event"] for each in logs] == ["impinj.no_lock"]
    assert Claim("x", None).take()


async def test_closing_drops_the_stream() -> None:
    async with R700Emulator(now=now) as emulator:
        reader = opened(emulator)
        async with reader:
            await emulator.listening()
            assert isinstance(reader, ImpinjReader)
            assert reader._stream is not None
            assert not reader._stream.is_closed
        assert reader._stream.is_closed


async def test_who_starts_in_between_makes_the_reader_busy() -> None:
    class Late(R700Emulator):
        async def _state(self, request: Request) -> Response:
            answer = await super()._state(request)
            self.running = "night"  # somebody starts it just after it was asked
            return answer

    async with Late(now=now) as emulator:
        with pytest.raises(ReaderBusy, match=r"at work for another client: The preset 'night' runs"):
            await opened(emulator).__aenter__()


async def test_an_inventory_that_somebody_stops_is_an_error_that_a_new_connection_mends() -> None:
    async with R700Emulator(now=now) as emulator:
        async with opened(emulator) as reader:
            await emulator.present(1, [EPC])
            await emulator.stop()
            assert len(await take(reader, 1)) == 1
            with pytest.raises(TransientConnectionError, match="was stopped"):
                await asyncio.wait_for(reader.receive(), 20)
        async with opened(emulator) as reader:
            await emulator.present(1, [EPC])
            assert len(await take(reader, 1)) == 1


async def test_a_connection_that_follows_a_dead_one_stops_what_that_had_started() -> None:
    async with R700Emulator(now=now) as emulator:
        async with opened(emulator) as former:
            await emulator.cut()
            with pytest.raises(TransientConnectionError):
                await asyncio.wait_for(former.receive(), 20)
        assert emulator.running == "default"
        follower = opened(emulator)
        follower.take_over(former)
        async with follower:
            await emulator.listening()
        assert emulator.running is None


async def test_users_and_passwords() -> None:
    async with R700Emulator(now=now, login=("root", "impinj")) as emulator:
        async with opened(emulator, user="root:impinj@"):
            pass
        for user in ("", "root:wrong@", "eve:impinj@"):
            with pytest.raises(AccessDenied) as caught:
                await opened(emulator, user=user).__aenter__()
            assert "wrong" not in str(caught.value)


async def test_old_firmware_another_interface_and_an_unknown_preset_are_told() -> None:
    async with R700Emulator(now=now) as emulator:
        with pytest.raises(RequestRefused, match="does not know /profiles/inventory/presets/x/start"):
            await opened(emulator, "preset=x").__aenter__()
        emulator.interface = False
        with pytest.raises(RequestRefused, match="has no IoT device interface"):
            await opened(emulator).__aenter__()


async def test_inputs_outputs_and_antennas() -> None:
    async with R700Emulator(now=now) as emulator:
        emulator.gpi[2] = True
        async with opened(emulator) as reader:
            inputs = reader.inputs()
            await emulator.set_input(1, high=True)
            told = [await asyncio.wait_for(anext(inputs), 20) for _ in range(3)]
            assert [(each.port, each.high) for each in told] == [(1, False), (2, True), (1, True)]
            await emulator.tell("antennaDisconnected", {"antennaPort": 4})
            await until(lambda: reader.health().antennas_out == (4,))
            await emulator.tell("antennaConnected", {"antennaPort": 4})
            await until(lambda: reader.health().antennas_out == ())
            await reader.set_gpo(3, high=True)
            assert emulator.gpo == {3: True}
            with pytest.raises(RequestRefused, match="no such output"):
                await reader.set_gpo(9, high=True)
        with pytest.raises(TransientConnectionError):
            await reader.set_gpo(3, high=True)


async def test_clocks_are_compared() -> None:
    async with R700Emulator(now=lambda: now() + timedelta(days=365)) as emulator:
        async with opened(emulator) as reader:
            await emulator.present(1, [EPC])
            (seen,) = await take(reader, 1)
            offset = reader.health().clock_offset_s
            assert offset is not None
            assert 364 < offset / 86_400 < 366
            assert seen.last_seen - now() > timedelta(days=364)
        async with opened(emulator, "clock=host") as reader:
            await emulator.present(1, [EPC])
            (seen,) = await take(reader, 1)
            assert abs(seen.last_seen - now()) < timedelta(seconds=20)


async def test_a_stream_that_falls_silent_is_dead() -> None:
    async with R700Emulator(now=now, keepalive_s=0.05) as emulator:
        async with opened(emulator, "keepalive=0.2") as reader:
            await emulator.listening()
            emulator.silence()
            with pytest.raises(TransientConnectionError, match="Nothing was heard"):
                await asyncio.wait_for(reader.receive(), 20)
        emulator.silence(False)
        async with opened(emulator, "keepalive=0.3") as reader:
            await asyncio.sleep(1.0)  # longer than three signs of life, all of which come
            assert reader.health().connected


async def test_server_sent_events() -> None:
    async with R700Emulator(now=now, sse=True) as emulator, opened(emulator) as reader:
        await emulator.present(1, [EPC, EPC])
        assert len(await take(reader, 2)) == 2


async def test_events_that_cannot_be_are_counted_and_the_others_told() -> None:
    good = b'{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"3066C4409047E140075BCD15"}}\n'
    bad = [
        b"{}",
        b"7",
        b'"text"',
        b"[]",
        b'{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"zz"}}',
        b'{"eventType":"tagInventory","tagInventoryEvent":{"epc":"!!"}}',
        b'{"eventType":"tagInventory"}',
    ]
    async with R700Emulator(now=now) as emulator, opened(emulator) as reader:
        await emulator.listening()
        await emulator.send_raw(b"\n".join(bad) + b"\n" + good * 2)
        await emulator.tell("somethingNew", {"value": 1})
        await emulator.tell("somethingNew", {"value": 2})
        assert len(await take(reader, 2)) == 2
        assert reader.health().garbled == len(bad)
        assert isinstance(reader, ImpinjReader)
        await until(lambda: reader.notices.unknown["somethingNew"] == 2)
        assert reader.health().connected


@pytest.mark.parametrize(
    "line", [b"not JSON", b'{"a":NaN}', b"[" * 5000, b'{"a":"\xff"}', b'{"a":"\\ud800"}', b'{"a":1}}']
)
async def test_lines_that_are_no_json_end_the_connection_after_what_was_seen(line: bytes) -> None:
    async with R700Emulator(now=now) as emulator, opened(emulator) as reader:
        await emulator.present(1, [EPC])
        await emulator.send_raw(line + b"\n")
        assert len(await take(reader, 1)) == 1
        with pytest.raises(ProtocolError):
            await asyncio.wait_for(reader.receive(), 20)


async def test_what_comes_behind_garbage_in_one_piece_is_told_before_the_end() -> None:
    event = b'{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"3066C4409047E140075BCD15"}}\n'
    async with R700Emulator(now=now) as emulator, opened(emulator) as reader:
        await emulator.listening()
        await emulator.send_raw(event + b"not JSON\n" + event * 600)
        assert len(await take(reader, 601)) == 601
        with pytest.raises(ProtocolError):
            await asyncio.wait_for(reader.receive(), 20)
        assert reader.health().garbled == 1


def test_garbage_in_numbers_is_counted_and_logged_once() -> None:
    reader = ImpinjReader("dock", httpx.URL("http://r700.local"), now=now)
    line = b'{"eventType":"tagInventory"}'
    with capture_logs() as logs:
        for _ in range(2):
            reader._take([line] * 300)
    assert [(each["event"], each["count"]) for each in logs] == [("impinj.garbled", 300)] * 2
    assert reader.health().garbled == 600


async def test_a_flood_in_one_piece_is_bounded_and_counted() -> None:
    event = b'{"eventType":"tagInventory","tagInventoryEvent":{"epcHex":"3066C4409047E140075BCD15"}}\n'
    async with R700Emulator(now=now) as emulator, opened(emulator, "queue=100") as reader:
        await emulator.listening()
        await emulator.send_raw(event * 30_000)
        await until(lambda: reader.health().reads == 30_000)
        assert reader.health().dropped == 30_000 - 100


# TLS


@pytest.mark.parametrize("days", [1, -1])
async def test_a_pinned_certificate_is_trusted_alone_however_old(tmp_path: Path, days: int) -> None:
    files = make_certificate(tmp_path, days)
    async with R700Emulator(now=now, certificate=(files.certificate, files.key)) as emulator:
        colons = ":".join(files.fingerprint[i : i + 2] for i in range(0, 64, 2)).upper()
        async with opened(emulator, f"fingerprint={colons}") as reader:
            await emulator.present(1, [EPC])
            assert len(await take(reader, 1)) == 1
        with pytest.raises(UntrustedDevice) as caught:
            await opened(emulator, f"fingerprint={'0' * 64}").__aenter__()
        assert files.fingerprint in str(caught.value)


async def test_a_certificate_is_trusted_through_its_authority_and_never_unseen(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    async with R700Emulator(now=now, certificate=(files.certificate, files.key)) as emulator:
        async with opened(emulator, f"ca={files.ca}"):
            pass
        with pytest.raises(UntrustedDevice, match="is not trusted"):
            await opened(emulator).__aenter__()
        with pytest.raises(ReaderConfigError, match="cannot be read from"):
            await opened(emulator, "ca=/does/not/exist").__aenter__()
        with pytest.raises(ReaderConfigError, match="not both"):
            opened(emulator, f"ca={files.ca}&fingerprint={files.fingerprint}")
        with pytest.raises(ReaderError, match=r"does not speak HTTP|no connection|closes"):
            await open_reader(emulator.url.replace("https", "http"), now=now).__aenter__()


async def test_a_reader_that_wants_to_know_us_is_shown_our_certificate(tmp_path: Path) -> None:
    files, strangers = make_certificate(tmp_path / "ours"), make_certificate(tmp_path / "theirs")
    certificate = (files.certificate, files.key)
    async with R700Emulator(now=now, certificate=certificate, client_ca=files.ca) as emulator:
        for trust in (f"ca={files.ca}", f"fingerprint={files.fingerprint}"):
            async with opened(emulator, f"{trust}&cert={files.certificate}&key={files.key}") as reader:
                await emulator.present(1, [EPC])
                assert len(await take(reader, 1)) == 1
    with strict_door(files) as port:
        for trust in (f"ca={files.ca}", f"fingerprint={files.fingerprint}"):
            for ours in ("", f"&cert={strangers.certificate}&key={strangers.key}"):
                with pytest.raises(AccessDenied, match="asks for a certificate of ours"):
                    await open_reader(f"impinj+https://127.0.0.1:{port}/?{trust}{ours}", now=now).__aenter__()


async def test_plain_http_where_tls_was_meant(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    async with R700Emulator(now=now) as emulator:
        for query in ("", f"?fingerprint={files.fingerprint}", f"?ca={files.ca}"):
            with pytest.raises(TransientConnectionError, match="There is no connection"):
                await open_reader(emulator.url.replace("http", "https") + query, now=now).__aenter__()


# Servers that are no readers


@asynccontextmanager
async def answering(answer: bytes) -> AsyncGenerator[str]:
    """The address of a server that answers any request with these bytes, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"impinj+http://127.0.0.1:{server.sockets[0].getsockname()[1]}/?timeout=10"


async def test_an_answer_that_comes_byte_by_byte_is_not_waited_for_longer_than_told() -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with suppress(OSError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        over.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"impinj+http://127.0.0.1:{server.sockets[0].getsockname()[1]}/?timeout=0.3"
        async with asyncio.timeout(20):
            with pytest.raises(TransientConnectionError, match="Nothing was heard"):
                await open_reader(url, now=now).__aenter__()
            await over.wait()  # and has hung up


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (b"SSH-2.0-dropbear\r\n\r\n", ProtocolError, "does not speak HTTP"),
        (b"", TransientConnectionError, "no connection"),
        (http("200 OK", b"<html>"), ProtocolError, "not JSON"),
        (http("200 OK", b"[" * 9000), ProtocolError, "not JSON"),
        (http("200 OK", b"x" * 2_000_000), ProtocolError, "has more than"),
        (http("301 Moved", b"", "Location: https://x/"), RequestRefused, "to another address"),
        (http("403 Forbidden"), AccessDenied, "status 403"),
        (http("404 Not Found"), RequestRefused, "no IoT device interface"),
        (http("500 Oops", b'{"message":"\\u001b[2J boom"}'), RequestRefused, r"status 500: \\x1b\[2J boom"),
        (http("503 Busy", b"\xff" * 9000), RequestRefused, "status 503"),
    ],
)
async def test_what_is_no_reader_is_told_by_a_clear_error(
    answer: bytes, kind: type[ReaderError], says: str
) -> None:
    async with answering(answer) as url:
        with pytest.raises(kind, match=says) as caught:
            await open_reader(url, now=now).__aenter__()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700


async def test_a_port_where_nobody_listens() -> None:
    async with answering(b"") as url:
        pass
    with pytest.raises(TransientConnectionError, match="There is no connection"):
        await open_reader(url, now=now).__aenter__()


def telling(facts: dict[str, Any], **headers: str) -> httpx.MockTransport:
    """A reader that says the same of everything, and whose stream has these headers and ends at once."""

    async def body(data: bytes) -> AsyncGenerator[bytes]:
        yield data

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/stream"):
            return httpx.Response(200, headers=headers, content=body(b"\r\n"))
        return httpx.Response(200, content=body(orjson.dumps(facts)))

    return httpx.MockTransport(answer)


async def test_a_stream_that_is_compressed_is_refused() -> None:
    transport = telling({}, **{"Content-Encoding": "gzip"})
    reader = ImpinjReader("dock", httpx.URL("http://r700.local"), now=now, transport=transport)
    with pytest.raises(ProtocolError, match="compressed"):
        await reader.__aenter__()


async def test_a_reader_that_says_nonsense_of_itself_is_shown_harmless() -> None:
    nonsense: dict[str, Any] = {
        "manufacturer": "\x1b[2J" * 90,
        "productModel": 7,
        "primaryFirmware": [],
        "time": "soon",
        "status": {},
        "activePreset": "x",
        "gpiConfigurations": [{"a": 1}, 7, {"gpi": [], "state": {}}],
    }
    transport = telling(nonsense)
    async with ImpinjReader("dock", httpx.URL("http://r700.local"), now=now, transport=transport) as reader:
        assert reader.info is not None
        assert reader.info.model.isprintable()
        assert (reader.info.firmware, reader.health().clock_offset_s) == ("", None)


@pytest.mark.parametrize(
    ("url", "where", "says"),
    [
        ("impinj+https://", "url", "Write impinj+https://root@host/"),
        ("impinj+https://r700/path", "url", "Write impinj+https://root@host/"),
        ("impinj+https://r700/?preset=a/../b", "preset", "no name of a preset"),
        ("impinj+https://r700/?preset=..", "preset", "no name of a preset"),
        ("impinj+https://r700/?preset=a&profile=keep", "preset", "do not go together"),
        ("impinj+https://r700/?power=20", "power", "do not go together"),
        ("impinj+https://r700/?profile=other", "profile", "only keep"),
        ("impinj+https://r700/?antennas=0", "antennas", "between 1 and 255"),
        ("impinj+http://r700/?fingerprint=" + "0" * 64, "fingerprint", "no certificate"),
        ("impinj+https://r700/?fingerprint=00", "fingerprint", "64 hex digits"),
        ("impinj+https://:secret@r700/", "url", "no user"),
    ],
)
def test_a_bad_address_is_told(url: str, where: str, says: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=now)
    assert caught.value.where == where
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_reader_is_named_after_its_host() -> None:
    assert open_reader("impinj+https://root:pw@r700.local/", now=now).name == "r700.local"
    assert open_reader("impinj+http://r700.local:8080", now=now).name == "r700.local:8080"

"""A station as its own process: a simulated reader, a platform behind real TCP, SIGTERM at the end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from suyuan.trace.gs1 import encode_epc, identify

CONFIG = """
[station]
id = "s1"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[page]
listen = "off"
[server]
url = "http://127.0.0.1:{port}"
token = "secret"
[[readers]]
name = "gate"
url = "sim://gate?epcs={epcs}&period=0.05"
[[read_points]]
name = "in"
reader = "gate"
step = "receive"
read_point = "https://id.gs1.org/414/6901234567892"
automatic = true
[read_points.smoothing]
quiet_s = 0.3
[read_points.order]
"""


def tag(serial: int) -> bytes:
    return encode_epc(identify(f"https://id.gs1.org/01/06901234567892/21/{serial}"), company_prefix_length=7)


class Platform:
    """As much HTTP as a capture takes."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.arrived = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.tokens.add(headers.get("authorization", ""))
                writer.write(self.answer(lines[0].split()[0:2], body))
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass  # the station hung up
        finally:
            writer.close()

    def answer(self, request: list[str], body: bytes) -> bytes:
        if request[0] == "POST":
            self.events += json.loads(body)["epcisBody"]["eventList"]
            self.arrived.set()
            return b"HTTP/1.1 202 Accepted\r\nLocation: /capture/1\r\nContent-Length: 0\r\n\r\n"
        if request[1] == "/capture/1":
            job = b'{"running":false,"success":true}'
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(job), job)
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


async def test_a_station_reads_delivers_and_stops_in_good_order(tmp_path: Path) -> None:
    platform = Platform()
    server = await asyncio.start_server(platform.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    config = tmp_path / "station.toml"
    config.write_text(CONFIG.format(port=port, epcs=",".join(tag(n).hex() for n in range(6))))
    command = "import sys; from pathlib import Path; from suyuan.readers.station.agent import run;"
    station = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        command + "run(Path(sys.argv[1]))",
        str(config),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        await platform.arrived.wait()
        await asyncio.sleep(0.2)
        station.send_signal(signal.SIGTERM)
        out, _ = await station.communicate()
    server.close()
    await server.wait_closed()
    lines = [json.loads(line) for line in out.splitlines()]
    assert station.returncode == 0
    assert lines[0] == {"station": "s1", "state": "ready"}
    assert lines[-1] == {"station": "s1", "state": "stopped"}
    stored = [event for line in lines for event in line.get("eventIDs", [])]
    assert [e["eventID"] for e in platform.events] == stored[: len(platform.events)]
    assert platform.events[0]["bizStep"] == "receiving"
    assert len(platform.events[0]["epcList"]) == 6
    assert platform.tokens == {"Bearer secret"}

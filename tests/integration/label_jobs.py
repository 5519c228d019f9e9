"""A job of labels, the tags that it is written on, and a platform that has it: for tests of the station."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
from tests.unit.readers.station.fakes import PLACE

from suyuan.readers.tags import ndef, type2
from suyuan.readers.virtual.tags import VirtualNtag

GTIN = "06901234567892"
JOB, OTHERS, UHF = "00c0ffee00c0ffee", "1111111111111111", "2222222222222222"
HOME = "https://trace.example"


def link(number: int) -> str:
    return f"{HOME}/01/{GTIN}/10/L7/21/K7M3QP4{number:02d}"


def told_of(job: str, count: int = 5, carrier: str = "nfc") -> dict[str, Any]:
    return {
        "job": job,
        "subject": f"https://id.gs1.org/01/{GTIN}/10/L7",
        "carrier": carrier,
        "count": count,
        "created": "2026-11-21T08:00:00+00:00",
        "about": {"name_zh": "鲜肉粽", "name_en": "Pork zongzi", "lot": "L7", "best_before": "2026-12-01"},
    }


def labels(count: int = 5, seal: str = "") -> list[dict[str, Any]]:
    return [
        {"position": n, "key": f"https://id.gs1.org/01/{GTIN}/21/K7M3QP4{n:02d}", "link": link(n) + seal}
        for n in range(count)
    ]


@dataclass
class Platform:
    """As much of a platform as a station needs that writes tags; it can go away."""

    count: int = 5
    seal: str = ""
    away: bool = False
    asked: list[str] = field(default_factory=list[str])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("refused")
        status, body = self.answer(request.method, request.url.path, request.content)
        return httpx.Response(status, json=body, headers={"Location": "/capture/1"})

    def answer(self, method: str, path: str, content: bytes) -> tuple[int, Any]:
        if method == "POST":
            self.events += json.loads(content)["epcisBody"]["eventList"]
            return 202, None
        match path:
            case "/api/labels":
                return 200, {"jobs": [told_of(JOB, self.count), told_of(UHF, 1, "uhf")]}
            case _ if path == f"/api/labels/{JOB}":
                return 200, {**told_of(JOB, self.count), "labels": labels(self.count, self.seal)}
            case _ if path == f"/api/labels/{UHF}":
                return 200, {**told_of(UHF, 1, "uhf"), "labels": labels(1)}
            case "/capture/1":
                return 200, {"running": False, "success": True}
            case _:
                return 404, {"title": "Not found"}


def ntag(number: int, carries: str = "", **more: Any) -> VirtualNtag:
    message = ndef.encode([ndef.uri_record(carries)]) if carries else b""
    return VirtualNtag(bytes((4, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, number)), message=message, **more)


def on(tag: VirtualNtag) -> str:
    """What the memory of a tag says, whoever wrote it."""
    return ndef.link(type2.read_message(lambda command: tag.answer(command) or b""))


def uid(tag: VirtualNtag) -> str:
    return tag.uid.hex().upper()


class Web:
    """The platform over TCP, for a station that is a process of its own."""

    def __init__(self, platform: Platform) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = platform.answer("GET", self.path, b"")
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,))

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def station_file(platform: str, page: int, reader: str) -> str:
    """The configuration of a packing station whose one reader writes tags."""
    return f"""\
[station]
id = "packing-1"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[server]
url = "{platform}"
token = "x"
[page]
listen = "127.0.0.1:{page}"
[[readers]]
name = "nfc"
url = "{reader}"
[[read_points]]
name = "press"
reader = "nfc"
step = "receive"
read_point = "{PLACE}/254/1"
"""

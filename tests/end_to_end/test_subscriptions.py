"""Subscriptions of the real server: killed as it delivers, followed over a WebSocket, ended in order."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.end_to_end.programs import environ
from tests.forked import ended, forked
from tests.integration.test_named_queries import document
from tests.ports import free_port
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

JSON = {"Content-Type": "application/json"}
PATIENCE_S = 60.0


@dataclass
class Receiver:
    """Takes messages, or keeps the server waiting for its answer."""

    events: list[str] = field(default_factory=list[str])
    messages: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @contextmanager
    def listening(self) -> Generator[None]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                found = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
                receiver.asked.set()
                if not receiver.answers.wait(5):
                    return  # the other side is dead
                receiver.messages += 1
                receiver.events += [one["epcList"][0] for one in found]
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def serve(settings: dict[str, str], log: Path) -> ForkServerProcess:
    """A server that answers; a group of its own, to be killed whole."""
    process = forked("serve", "--insecure", environ=settings, output=log)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert process.is_alive(), log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            httpx.get(f"http://127.0.0.1:{settings['SUYUAN_PORT']}/livez", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return process


def test_killed_while_it_delivers_the_server_sends_again_and_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    settings = {**environ(tmp_path / "var", port), "SUYUAN_RECEIVERS": "127.0.0.0/8"}
    receiver, log, base = Receiver(), tmp_path / "log", f"http://127.0.0.1:{port}"
    process = serve(settings, log)
    try:
        with receiver.listening(), httpx.Client(base_url=base, timeout=20) as client:
            assert client.post("/queries", json={"name": "q", "query": {}}).status_code == 201
            made = client.post(
                "/queries/q/subscriptions",
                json={"dest": receiver.url, "stream": True, "epcFormat": "Never_Translates"},
            )
            assert made.status_code == 201, made.text
            first = _capture(client, "shipping", "receiving")
            assert receiver.asked.wait(10)
            _kill(process)  # before the receiver has answered
            receiver.answers.set()
            process = serve(settings, log)
            with connect(f"ws://127.0.0.1:{port}/queries/q/events?stream=true", proxy=None) as follower:
                second = _capture(client, "storing")
                told = orjson.loads(follower.recv(10))
                told = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
                assert [one["bizStep"] for one in told] == ["storing"]
                _until(lambda: set(receiver.events) >= {*first, *second})
                order = list(dict.fromkeys(receiver.events))
                assert order == [*first, *second]
                state = client.get(made.headers["Location"]).json()
                assert state["suyuan:state"] == "active"
                assert "signatureToken" not in state
                _only_what_it_should_be(port)
                began = time.monotonic()
                process.terminate()
                assert ended(process, 20) == 0, log.read_text()
                assert time.monotonic() - began < 8
                with pytest.raises(ConnectionClosed):
                    follower.recv(5)
    finally:
        if process.is_alive():
            _kill(process)
    assert "Traceback" not in log.read_text()


def _kill(process: ForkServerProcess) -> None:
    assert process.pid
    os.killpg(process.pid, signal.SIGKILL)
    assert ended(process) == -signal.SIGKILL


def _only_what_it_should_be(port: int) -> None:
    for path, status in (("/", 403), ("/queries/none/events?stream=true", 404), ("/queries/q/events", 400)):
        with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{port}{path}", proxy=None):
            pass
        assert refused.value.response.status_code == status
    stream, page = f"ws://127.0.0.1:{port}/queries/q/events?stream=true", "https://elsewhere.example"
    with pytest.raises(InvalidStatus), connect(stream, origin=Origin(page), proxy=None):
        pass


def _capture(client: httpx.Client, *steps: str) -> list[str]:
    content = document(*steps)
    assert client.post("/capture", content=content, headers=JSON).status_code == 202
    return [one["epcList"][0] for one in orjson.loads(content)["epcisBody"]["eventList"]]


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)

"""The port that a program of ours is given."""

from __future__ import annotations

import socket

import pytest

from suyuan.simulator import ports


def test_it_is_free_and_not_one_of_connections() -> None:
    port = ports.free_port()
    assert port in ports.LISTENING
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))


def test_one_that_somebody_has_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "LISTENING", range(port, port + 20))
        monkeypatch.setattr(ports, "_TRIES", 20)
        assert {ports.free_port() for _ in range(50)} <= set(range(port + 1, port + 20))


def test_an_address_of_another_machine_is_for_the_listener_to_refuse() -> None:
    assert ports.free_port("192.0.2.1") in ports.LISTENING

"""Ports of the tests: outside of those of connections, nobody else's, and each once."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from tests.ports import FIRST, LAST, free_port, outside, part


def test_a_port_is_free_for_both_protocols_and_handed_out_once() -> None:
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == len(ports)
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", ports[0]))


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_has_is_passed_over(kind: socket.SocketKind) -> None:
    last = free_port()
    taken: list[socket.socket] = []
    try:
        for port in range(last + 1, last + 4):
            taken.append(socket.socket(socket.AF_INET, kind))
            with suppress(OSError):  # then somebody else has it
                taken[-1].bind(("127.0.0.1", port))
        assert free_port() not in range(last, last + 4)
    finally:
        for one in taken:
            one.close()


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        (32_768, 60_999, FIRST, LAST),  # Linux
        (49_152, 65_535, FIRST, LAST),  # others
        (15_000, 65_535, FIRST, 14_999),
        (1024, 60_999, 61_000, 65_535),
        (1024, 65_535, FIRST, LAST),  # connections are given every port: then as well as can be
    ],
)
def test_they_are_not_given_to_connections(low: int, high: int, first: int, last: int) -> None:
    found = outside(low, high)
    assert (found[0], found[-1]) == (first, last)


def test_each_process_has_a_part_of_its_own() -> None:
    parts = [part(range(100, 200), number, 3) for number in range(3)]
    assert [(one[0], one[-1]) for one in parts] == [(100, 132), (133, 165), (166, 198)]

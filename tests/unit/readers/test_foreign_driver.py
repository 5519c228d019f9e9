"""A driver of another package works by its entry point; a broken one is a sentence and no traceback."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suyuan.readers.errors import ReaderConfigError, ReaderError
from suyuan.readers.registry import DriverEntry, open_reader
from suyuan.readers.words import remedy, sentence

DRIVER = """
from suyuan.readers.address import COMMON_OPTIONS, read_options
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities, ReaderDriver, ReaderInfo


class Acme(ReaderDriver):
    @classmethod
    def from_address(cls, address, *, now):
        options = read_options(address, COMMON_OPTIONS)
        return cls(options["name"] or address.host, now=now, queue=options["queue"])

    @property
    def capabilities(self):
        return Capabilities(antennas=False)

    async def _connect(self):
        self._background(self._read())
        return ReaderInfo("Acme 1", antennas=(1,))

    async def _disconnect(self):
        pass

    async def _read(self):
        at = self._now()
        self._deliver([Observation(self.name, 1, bytes(12), at, at, 1, -50.0, None)])


class Unconnected(Acme):
    async def _connect(self):
        return {}["firmware"]


class Unmade(Acme):
    @classmethod
    def from_address(cls, address, *, now):
        return cls(address.options["sitting"], now=now)


class Unread(Acme):
    async def _read(self):
        self._deliver(7)
"""


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, DriverEntry]:
    (tmp_path / "acme_of_a_test.py").write_text(DRIVER, "utf-8")
    (tmp_path / "acme_that_breaks.py").write_text("raise RuntimeError('no licence')\n", "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    names = {"acme": "Acme", "unconnected": "Unconnected", "unmade": "Unmade", "unread": "Unread"}
    table = {scheme: DriverEntry("acme_of_a_test", name) for scheme, name in names.items()}
    return {**table, "unloaded": DriverEntry("acme_that_breaks", "Acme")}


async def test_it_reads_and_knows_its_options(acme: dict[str, DriverEntry]) -> None:
    async with open_reader("acme://h?name=door", now=now, table=acme) as reader:
        seen = await anext(aiter(reader.observations()))
        assert (seen.reader, seen.epc) == ("door", bytes(12))
    with pytest.raises(ReaderConfigError, match="acme readers have no option x"):
        open_reader("acme://h?x=1", now=now, table=acme)


@pytest.mark.parametrize(
    ("scheme", "says"),
    [
        ("unloaded", "The driver for unloaded readers is broken: RuntimeError('no licence')"),
        ("unmade", "The driver for unmade readers is broken: KeyError('sitting')"),
        ("unconnected", "The driver of h failed: KeyError('firmware')"),
        ("unread", "The driver of h failed: TypeError("),
    ],
)
async def test_a_broken_one_is_a_sentence(acme: dict[str, DriverEntry], scheme: str, says: str) -> None:
    with pytest.raises(ReaderError) as caught:
        async with open_reader(f"{scheme}://h", now=now, table=acme) as reader:
            await anext(aiter(reader.observations()))
    assert caught.value.detail.startswith(says)
    assert "驱动" in sentence(caught.value).zh
    assert remedy(caught.value).zh == "请告知驱动的提供方；其他读写器不受影响。"

"""The server's worker: what the first request would wait for is done before it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Event
from time import monotonic, sleep
from types import SimpleNamespace

import pytest

from suyuan.api import worker
from suyuan.portal.language import LANGUAGES, catalogue
from suyuan.portal.rendering import environment, prepare


def test_who_computes_gives_way_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    followed = Event()
    lineage = SimpleNamespace(follow=followed.set)
    made = SimpleNamespace(
        state=SimpleNamespace(house=SimpleNamespace(records=SimpleNamespace(lineage=lineage)))
    )
    monkeypatch.setenv(worker.MAIN_PROCESS, str(os.getppid()))
    monkeypatch.setattr("suyuan.api.worker.app.create", lambda: made)
    frozen: list[int] = []

    def walks(*thresholds: int) -> None:
        assert thresholds == worker.GARBAGE

    monkeypatch.setattr("suyuan.api.worker.gc.set_threshold", walks)
    monkeypatch.setattr("suyuan.api.worker.gc.freeze", lambda: frozen.append(1))
    monkeypatch.setattr("suyuan.api.worker._end_with", int)
    turns: list[float] = []
    monkeypatch.setattr("suyuan.api.worker.sys.setswitchinterval", turns.append)
    assert worker.create() is made
    assert turns == [worker.TURN_S]
    assert followed.wait(20)
    deadline = monotonic() + 20
    while len(frozen) < 2 and monotonic() < deadline:
        sleep(0.01)
    assert len(frozen) == 2


@pytest.mark.slow  # coverage of a process that only imports
def test_a_start_loads_nothing_that_few_need() -> None:
    """Compilers of machine code, and what only rankings, a smallest cut or GraphML asks: a second of each."""
    told = (
        "import sys, suyuan.api.worker;"
        " print(*sorted({'numba', 'llvmlite', 'scipy', 'networkx'} & sys.modules.keys()))"
    )
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_the_first_page_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    environment.cache_clear()
    catalogue.cache_clear()
    prepare()

    def compiled(*_: object, **__: object) -> None:
        pytest.fail("a template is compiled while somebody waits")

    monkeypatch.setattr(environment(), "compile", compiled)
    for template in environment().list_templates():
        assert environment().get_template(template).name == template
    before = catalogue.cache_info().misses
    assert [catalogue(language) for language in LANGUAGES]
    assert catalogue.cache_info().misses == before

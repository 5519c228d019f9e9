"""The server's worker: what the first request would wait for is done before it comes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from suyuan.api import worker
from suyuan.portal.language import LANGUAGES, catalogue
from suyuan.portal.rendering import environment, prepare
from suyuan.trace.store.engine import DatabaseUnavailable


def begin(monkeypatch: pytest.MonkeyPatch, follow: Callable[[], int]) -> None:
    """Create the worker's application, whose house follows the evidence as given, and wait for that."""
    made = SimpleNamespace(state=SimpleNamespace(house=SimpleNamespace(follow=follow)))
    monkeypatch.setenv(worker.MAIN_PROCESS, str(os.getppid()))
    monkeypatch.setattr("suyuan.api.worker.app.create", lambda: made)
    monkeypatch.setattr("suyuan.api.worker.gc.freeze", lambda: None)
    monkeypatch.setattr("suyuan.api.worker._end_with", int)
    turns: list[float] = []
    monkeypatch.setattr("suyuan.api.worker.sys.setswitchinterval", turns.append)
    assert worker.create() is made
    assert turns == [worker.TURN_S]
    for thread in threading.enumerate():
        if thread.name == "follow-evidence":
            thread.join(10)


def test_the_lineage_follows_before_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    followed = threading.Event()

    def follow() -> int:
        followed.set()
        return 1

    begin(monkeypatch, follow)
    assert followed.is_set()


def test_a_database_that_is_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def follow() -> int:
        asked.append("follow")
        raise DatabaseUnavailable("away")

    begin(monkeypatch, follow)  # an exception that is lost in a thread is an error here
    assert asked == ["follow"]


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

"""The register on both systems, and its pages over one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.integration.register.entries import (
    ADMIN,
    GIVE,
    NOW,
    party,
)
from tests.integration.register.pages import World, opened

from suyuan.trace.register.book import (
    Registered,
    enter,
)
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import Viewer


@pytest.fixture
def book(engine: Engine) -> Callable[..., Registered]:
    """Enters one thing, as the operator unless told otherwise."""

    def enter_one(told: Entry, by: Viewer = ADMIN, **options: Any) -> Registered:
        with Writing(engine) as writing:
            return enter(writing, told, by=by, now=NOW, give=GIVE, **options)

    return enter_one


@pytest.fixture
def farm(book: Callable[..., Registered]) -> str:
    return book(party("青山牧场")).key


@pytest.fixture
def dairy(book: Callable[..., Registered]) -> str:
    return book(party("白云乳业")).key


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL that is executed."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path) as made:
        yield made

"""The verdict is seen soon, and few bytes are needed for it; ``tests/bench/bench_first_sight.py`` counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.end_to_end.fake_pages import serving
from tests.end_to_end.first_sight import first_sight
from tests.unit.portal.fake_house import passport_link

from suyuan.trace.recall.passport import VerdictState

pytestmark = pytest.mark.chromium

MOST_MS = 10_000  # the aim is 1,000 on a quiet machine; a busy one must not fail for nothing
MOST_BYTES = 30_000


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as address:
        yield address


@pytest.mark.parametrize("state", [VerdictState.REGISTERED, VerdictState.RECALLED])
def test_the_verdict_is_seen_at_once(server: str, browser: Browser, state: VerdictState) -> None:
    seen_ms, size = first_sight(browser, server + passport_link(state))
    assert 0 < seen_ms <= MOST_MS
    assert 0 < size <= MOST_BYTES

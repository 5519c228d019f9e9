"""The worked examples run against the oracle and against every engine."""

from __future__ import annotations

import pytest

from .engines import ENGINES, Build


@pytest.fixture(params=sorted(ENGINES))
def build(request: pytest.FixtureRequest) -> Build:
    """Makes a tracer from occurrences and the owners of places."""
    return ENGINES[str(request.param)]

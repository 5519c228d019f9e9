"""The rivals of the compiled engine answer the same as it does, and who does not is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from suyuan.simulator.trace_trials import Trial
from suyuan.simulator.trade_rivals import Networkx, Reached, postgres
from suyuan.simulator.trade_tables import Trade, grow
from suyuan.trace.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from tests.integration.conftest import Server


@pytest.fixture(scope="module")
def trade() -> Trade:
    return grow(200)


@pytest.mark.postgres
def test_networkx_and_a_recursive_query_answer_as_we_do(trade: Trade, postgres_server: Server) -> None:
    address = postgres_server.database()
    with postgres(trade, address) as query:
        rows = list(Trial(trade, 2, {"networkx": Networkx(trade), "PostgreSQL": query}).rows())
    told = {row.question: row.found for row in rows if row.engine == "compiled"}
    assert len(told) == 9
    assert all(found > 0 for found in told.values())
    beside = [row.question for row in rows if row.engine == "PostgreSQL"]
    assert beside == [row.question for row in rows if row.engine == "networkx"]
    assert len(beside) == 4


def test_an_address_where_no_database_answers_is_told(trade: Trade, tmp_path: Path) -> None:
    for address in (f"postgresql:///?host={tmp_path}", "nonsense"):
        with pytest.raises(Unavailable, match="No database answers"), postgres(trade, address):
            pass


class Forgetful(Networkx):
    """Leaves out one thing."""

    def forward(self, suspects: Sequence[int]) -> Reached:
        return dict(list(super().forward(suspects).items())[1:])


def test_an_engine_that_answers_otherwise_is_told(trade: Trade) -> None:
    with pytest.raises(Conflict, match="forgetful answers otherwise"):
        list(Trial(trade, 1, {"forgetful": Forgetful(trade)}).rows())

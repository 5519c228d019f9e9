"""Whom makers deal with: directly, through others, and never by what somebody says of himself alone."""

from __future__ import annotations

from sqlalchemy import Engine, insert

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.partners_reached import reached
from suyuan.trace.store.record_tables import ConcernedRow, PassedRow

PARTIES = ("maker", "carrier", "shop", "stranger", "other")


def named(engine: Engine, *pairs: tuple[str, str], key: str = "") -> None:
    rows = [
        {"by_id": PARTIES.index(by), "concerned_id": PARTIES.index(whom), "key": key} for by, whom in pairs
    ]
    with Writing(engine) as writing:
        writing.connection.execute(insert(PassedRow), rows)


def test_partners_are_named_by_somebody_whom_a_maker_reaches(engine: Engine) -> None:
    with Writing(engine) as writing:
        writing.connection.execute(
            insert(ConcernedRow), [{"id": n, "key": key} for n, key in enumerate(PARTIES)]
        )
    named(engine, *((one, one) for one in PARTIES))
    named(engine, ("maker", "carrier"), ("carrier", "shop"), ("shop", "carrier"))
    named(engine, ("stranger", "maker"), ("stranger", "shop"), ("stranger", "other"), ("other", "stranger"))
    named(engine, ("maker", "stranger"), key="https://id.gs1.org/01/06901234567892")
    with Reading(engine) as reading:
        assert reached(reading, {"maker"}, {*PARTIES, "nobody"}) == {"maker", "carrier", "shop"}
        assert reached(reading, {"shop"}, ["maker", "carrier"]) == {"carrier"}
        assert reached(reading, {"nobody"}, ["nobody", "shop"]) == {"nobody"}
        assert reached(reading, (), PARTIES) == frozenset()

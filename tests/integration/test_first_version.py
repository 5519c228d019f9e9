"""A store that version 0001 filled, brought to today: its evidence concerns whom it would concern today."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, select, text
from tests.integration.market import FARM_A, ITEMS, NOW, PLANT, SHOP, story

from suyuan.trace.store import migrate as migrating
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.migrate import migrate, migrate_to
from suyuan.trace.store.record_tables import ConcernedRow, ConcernRow, PassedRow

OWN = "https://trace.example.cn/own"
LETTUCE, PLACE = f"{OWN}/product/P00001A", f"{OWN}/place/P00001A"
VERSIONS = Path(migrating.__file__).parent / "migrations" / "versions"


def odd() -> Iterator[tuple[str, dict[str, Any]]]:
    """What the market's story does not show: own codes, names that are none, a crowd, odd lots."""
    place = {"readPoint": {"id": f"{PLACE}/point/7"}, "bizLocation": {"id": PLACE}}
    own = [f"{LETTUCE}/lot/L7/serial/1", f"{LETTUCE}/serial/2"]
    ends = [{"type": "owning_party", "source": f"urn:example:party:{n}"} for n in range(60)]
    somebody = {"type": "https://example.cn/type/owner", "destination": SHOP.party}
    yield "the house", _event("ObjectEvent", **place, action="ADD", epcList=own, ilmd={"ex:lotNumber": "L8"})
    yield (
        PLANT.party,
        _event("ObjectEvent", action="ADD", epcList=list(ITEMS), ilmd={"ex:lotNumber": "甲 " * 30}),
    )
    yield PLANT.party, _event(
        "ObjectEvent", **place, action="OBSERVE", epcList=[ITEMS[0]],
        sourceList=ends, destinationList=[somebody],
    )  # fmt: skip
    yield FARM_A.party, _event(
        "TransactionEvent", action="ADD", parentID=own[0], epcList=[own[1]],
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:example:po:7"}],
        quantityList=[{"epcClass": f"{LETTUCE}/lot/L9", "quantity": 2.0}, {"epcClass": PLANT.product}],
        sourceList=[{"type": "location", "source": f"{PLACE}/point/8"}],
        destinationList=[{"type": "possessing_party", "destination": SHOP.party}],
    )  # fmt: skip


def _event(kind: str, **told: Any) -> dict[str, Any]:
    return {"type": kind, "eventTime": "2026-11-09T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", **told}


@pytest.fixture
def told(sqlite_engine: Engine) -> Engine:
    for party, event in (*story(), *odd()):
        document = {
            "@context": [
                "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                {"ex": "https://example.cn/ns/"},
            ],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": [event]},
        }  # fmt: skip
        job = capture(sqlite_engine, orjson.dumps(document), "application/json", party=party, now=NOW)
        assert job.success, job
    return sqlite_engine


def test_its_evidence_concerns_the_same_as_captured_today(told: Engine, empty_database: str) -> None:
    old = open_engine(empty_database)
    migrate_to(old, "0001")
    with Reading(told) as reading, Writing(old) as writing:
        for name in ("document", "context", "evidence"):
            for row in reading.connection.execute(text(f"SELECT * FROM {name}")).mappings().all():  # noqa: S608
                names = ", ".join(f'"{column}"' for column in row)
                values = ", ".join(f":{column}" for column in row)
                writing.connection.execute(text(f"INSERT INTO {name} ({names}) VALUES ({values})"), dict(row))  # noqa: S608
    migrate(old)
    concerns, passed = derived(old)
    assert (concerns, passed) == derived(told)
    assert f"{LETTUCE}/lot/L8" in {key for _, _, key in passed}
    assert len({who for who, *_ in concerns if who.startswith("urn:example:party:")}) == 50
    old.dispose()


def derived(engine: Engine) -> tuple[set[tuple[Any, ...]], set[tuple[str, str, str]]]:
    """Whom each event concerns with its times, and what passed by whom: keys instead of private ids."""
    with Reading(engine) as reading:
        names = dict(reading.connection.execute(select(ConcernedRow.id, ConcernedRow.key)).all())
        concerns = reading.connection.execute(
            select(
                ConcernRow.concerned_id, ConcernRow.sequence, ConcernRow.event_time, ConcernRow.record_time
            )
        )
        passed = reading.connection.execute(
            select(PassedRow.concerned_id, PassedRow.by_id, PassedRow.key)
        ).all()
        return (
            {(names[who], *more) for who, *more in concerns},
            {(names[who], names[by], key) for who, by, key in passed},
        )


@pytest.mark.parametrize("version", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_a_version_means_what_it_meant(version: Path) -> None:
    """Of ours it imports at most what GS1 says: our own rules and tables change, its do not."""
    named = [
        node for node in ast.walk(ast.parse(version.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    ours = {str(node.module) for node in named if str(node.module).startswith("suyuan")}
    assert ours <= {"suyuan.trace.gs1"}

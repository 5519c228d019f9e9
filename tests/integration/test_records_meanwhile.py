"""Records while others tell and ask: what was handed out may be asked on, no question sees half a replay."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError
from tests.integration import market

from suyuan.api import following
from suyuan.api.records import LiveRecords
from suyuan.api.settings import Form
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.recall.parcels import Parcel
from suyuan.trace.register.aliases import link
from suyuan.trace.store.engine import DatabaseUnavailable, Writing
from suyuan.trace.store.sight import HOUSE

CRATES = tuple(f"urn:epc:id:grai:9521234.00001.C{number}" for number in range(2))
MANY = 600


@pytest.fixture(params=["objects", "tables"])
def form(request: pytest.FixtureRequest) -> Form:
    """How lineage is kept."""
    return cast("Form", request.param)


def packed(hour: int, crate: str, *things: str) -> dict[str, Any]:
    """Things go into a crate at the plant."""
    at = f"2026-11-19T{hour:02}:00:00+08:00"
    return {
        "type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": crate,
        "eventTime": at, "eventTimeZoneOffset": "+08:00", "childEPCs": list(things),
        "bizLocation": {"id": market.PLANT.place},
    }  # fmt: skip


def filled(records: LiveRecords, here: market.Market) -> None:
    """The first item and many others go into crates, which tables have no room for as they are."""
    for hour, crate in enumerate(CRATES, 8):
        others = (f"{market.LOT}/21/M{number}" for number in range(hour, MANY, 2))
        market.capture(here.house, market.PLANT.party, packed(hour, crate, market.ITEMS[0], *others))
    records.follow()


def test_a_share_is_asked_of_what_is_on_record_when_it_is_called(tmp_path: Path, form: Form) -> None:
    with market.open_market(tmp_path) as here:
        records = LiveRecords(here.house.engine, form)
        scope = records.scope([Suspect(market.LOT)], Options())
        early, share = records.share(scope), records.share(scope)

        def told(share: Any) -> Iterator[tuple[str, tuple[Parcel, ...]]]:
            return ((key, tuple(share(key, line))) for line in scope.lines for key in line.keys)

        before = dict(told(early))
        filled(records, here)
        records.trace([Suspect(f"{market.PLANT.product}/21/M{MANY // 2}")], Options())
        after = dict(told(share))
        assert after == dict(told(records.share(scope)))
        assert after != before
        assert dict(told(early)) == before  # of what was told once nothing else is told later


def test_a_replay_that_fails_half_way_leaves_what_was_there(
    tmp_path: Path, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    with market.open_market(tmp_path) as here:
        engine = here.house.engine
        records = LiveRecords(engine, form)
        told = following.occurrences

        def broken(*asked: Any) -> Iterator[Any]:
            yield from list(told(*asked))[:4]
            raise OperationalError("SELECT", {}, Exception("the database is away"))

        def all_there() -> tuple[Any, ...]:
            scope = records.scope([Suspect(market.LOT)], Options())
            return scope, records.lots_of(market.FARM_A.product), records.journey(market.ITEM_KEYS[0])

        monkeypatch.setattr(following, "_TAKEN_IN_AT_ONCE", 2)
        with monkeypatch.context() as away:
            away.setattr(following, "occurrences", broken)
            with pytest.raises(DatabaseUnavailable):
                records.follow()
        expected = all_there()
        code = f"https://id.gs1.org/01/0{market.gln(90)}"
        with records.settled() as newest:
            with Writing(engine) as writing:
                link(writing, code, market.FARM_A.product, by=HOUSE, now=market.NOW)
            with monkeypatch.context() as away, ThreadPoolExecutor(1) as other:
                away.setattr(following, "occurrences", broken)
                with pytest.raises(DatabaseUnavailable):
                    other.submit(records.follow).result()
            assert records.follow() == newest
            assert all_there() == expected
            assert records.aliases().key(code) == code
        assert records.follow() == newest
        assert records.aliases().key(code) == market.FARM_A.product
        assert all_there() == expected

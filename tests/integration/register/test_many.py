"""A register of many entries on both systems: few statements, pages, and time."""

from __future__ import annotations

from time import process_time

import pytest
from sqlalchemy import Engine, func, select
from tests.integration.register.entries import (
    ADMIN,
    GIVE,
    NOW,
    company,
    entry,
    product,
)

from suyuan.trace.gs1 import check_digit
from suyuan.trace.register.book import (
    enter_all,
    entries,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Viewer
from suyuan.trace.store.vocabulary import attributes


def test_showing_is_one_query_for_many_keys(engine: Engine, farm: str, statements: list[str]) -> None:
    with Reading(engine) as reading:
        statements.clear()
        attributes(reading, [farm, *(f"x:{n}" for n in range(400))])
    assert len([s for s in statements if "FROM vocabulary" in s]) == 1


def test_lists_are_paged_by_key(engine: Engine, farm: str, dairy: str) -> None:
    batch = [product(identifier=gtin(n), producer=farm, name_zh=f"产品{n}") for n in range(25)]
    with Writing(engine) as writing:
        made = enter_all(writing, batch, by=ADMIN, now=NOW)
    with Reading(engine) as reading:
        keys: list[str] = []
        after = ""
        while True:
            page = entries(reading, viewer=company(farm), kind="product", after=after, limit=10)
            keys += [one.key for one in page.entries]
            after = page.after
            if not after:
                break
        assert keys == sorted(one.key for one in made)
        assert [e.key for e in entries(reading, viewer=ADMIN, search="产品24").entries] == [made[24].key]
        assert entries(reading, viewer=ADMIN, owner=dairy, kind="product").entries == ()
        assert len(entries(reading, viewer=ADMIN, limit=10_000).entries) == 27
        assert entries(reading, viewer=ADMIN, search="%").entries == ()
        assert entries(reading, viewer=ADMIN, search="\0", after="\0").entries == ()
        assert entries(reading, viewer=Viewer("nobody", "company", "")).entries == ()
        assert entries(reading, viewer=company(dairy), kind="product").entries == ()


def gtin(number: int) -> str:
    body = f"950600{number:06d}"
    return f"{body}{check_digit(body)}"


@pytest.mark.slow
def test_ten_thousand_products_and_places_in_time(engine: Engine, farm: str) -> None:
    """Issue: importing 10,000 products or places within 20 s."""
    names = {"name_en": "Milk", "standard": "GB/T 19302", "storage_zh": "2–6 ℃ 冷藏", "net_content": "250 mL"}
    products = [
        product(identifier=gtin(n), producer=farm, code=f"P{n}", name_zh=f"产品{n}", **names)
        for n in range(10_000)
    ]
    places = [
        entry("place", party=farm, stage="零售", name_zh=f"门店{n}", district="330106", code=f"S{n}")
        for n in range(10_000)
    ]
    for batch in (products, places):
        began = process_time()  # of this process: what else the machine does is not ours
        with Writing(engine) as writing:
            enter_all(writing, batch, by=ADMIN, now=NOW, give=GIVE)
        assert process_time() - began < 20
    with Reading(engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(EntryRow)).scalar() == 20_001

"""The companies and products of the sample world in the register, as the operator of a platform has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from suyuan.simulator.cast import Party, Product
from suyuan.simulator.world import World
from suyuan.trace.register.book import enter_all
from suyuan.trace.register.finding import EntryRefused
from suyuan.trace.register.sheets import Entry, EntryKind, read_sheet
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import HOUSE

_LICENSED = timedelta(days=900)
"""How long licences still last when the world ends: they are given for five years."""


def register_world(writing: Writing, world: World, now: datetime) -> None:
    """Enter companies and products that are not in the register yet; what somebody amended stays."""
    known = set(writing.connection.execute(select(EntryRow.key)).scalars())
    until = (world.end + _LICENSED).date().isoformat()
    for entries in (
        [_entry("party", party.key, dict(_party(party, until))) for party in world.cast.parties],
        [_entry("product", product.key, dict(_product(product))) for product in world.cast.products],
    ):
        missing = [entry for entry in entries if entry.key not in known]
        enter_all(writing, missing, by=HOUSE, now=now, confirmed=True)


def _entry(kind: EntryKind, key: str, told: dict[str, str]) -> Entry:
    entry, findings = read_sheet(kind, {"identifier": key, **told})
    if entry is None:
        raise EntryRefused(findings)
    return entry


def _party(party: Party, until: str) -> Iterator[tuple[str, str]]:
    yield "roles", party.role
    yield "name_zh", party.name.zh
    yield "name_en", party.name.en
    yield "uscc", party.uscc
    if party.licence:
        yield "licence", party.licence
        yield "licence_until", until
    yield "district", party.district
    yield "city_zh", party.city.zh
    yield "city_en", party.city.en
    yield "phone", party.phone


def _product(product: Product) -> Iterator[tuple[str, str]]:
    yield "name_zh", product.name.zh
    yield "name_en", product.name.en
    yield "producer", product.producer.key
    yield "category", product.category
    yield "farm_product", product.farm_product
    yield "net_content", product.net_content
    yield "storage_zh", product.storage.zh
    yield "storage_en", product.storage.en
    yield "ingredients_zh", product.ingredients.zh
    yield "ingredients_en", product.ingredients.en
    if product.nutrition:
        yield "nutrition", product.nutrition
        yield "nutrition_per", "100g"
    yield "allergens", "\n".join(product.allergen_groups)

"""Master data of the sample world as one EPCIS document.

Source of the form: EPCIS 2.0 §9.5 and §10 (epcisHeader, vocabularies), CBV 2.0 §9-10 (attributes); what the
CBV has no name for stands in our own namespace.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.readers.station.bodies import CONTEXT
from suyuan.simulator.cast import Door, Party, Product, Site, Text
from suyuan.simulator.world import World

VTYPE = "urn:epcglobal:epcis:vtype:"


def master_data(world: World) -> dict[str, Any]:
    """An EPCISDocument without events: products, places, read points and parties; JSON values."""
    vocabularies = {
        "EPCClass": [_element(p.key, _product(p)) for p in world.cast.products],
        "BusinessLocation": [_element(s.key, _site(s)) for s in world.stations],
        "ReadPoint": [_element(d.key, _door(s, d)) for s in world.stations for d in s.doors],
        "Party": [_element(p.key, _party(p)) for p in world.cast.parties],
    }
    listed = [
        {"type": VTYPE + name, "vocabularyElementList": elements} for name, elements in vocabularies.items()
    ]
    return {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": world.end.isoformat(timespec="milliseconds"),
        "epcisHeader": {"epcisMasterData": {"vocabularyList": listed}},
        "epcisBody": {"eventList": []},
    }


def _product(product: Product) -> Iterable[tuple[str, str]]:
    yield "cbvmda:descriptionShort", product.name.en
    yield "cbvmda:netContentDescription", product.net_content
    yield from _both("name", product.name)
    yield "suyuan:storage", f"{product.storage.zh} {product.storage.en}"
    yield from _both("storage", product.storage)
    yield from _both("ingredients", product.ingredients)
    yield from _both("allergens", product.allergens)
    yield "suyuan:producer", product.producer.key


def _site(site: Site) -> Iterable[tuple[str, str]]:
    latitude, longitude = site.at
    yield "cbvmda:name", site.name.en
    yield "cbvmda:latitude", f"{latitude:.2f}"
    yield "cbvmda:longitude", f"{longitude:.2f}"
    yield from _both("name", site.name)
    yield from _both("city", site.city)
    yield "suyuan:stage", site.stage
    yield "suyuan:party", site.party.key


def _door(site: Site, door: Door) -> Iterable[tuple[str, str]]:
    yield "cbvmda:site", site.key.rpartition("/")[2]
    yield from _both(
        "name", Text(f"{site.name.zh} {door.antenna} 号读点", f"{site.name.en}, reader {door.antenna}")
    )
    yield from _both("city", site.city)
    yield "suyuan:party", site.party.key


def _party(party: Party) -> Iterable[tuple[str, str]]:
    yield "cbvmda:name", party.name.en
    yield from _both("name", party.name)
    yield from _both("city", party.city)
    yield "suyuan:phone", party.phone
    if party.licence:
        yield "suyuan:licence", party.licence


def _both(stem: str, text: Text) -> Iterable[tuple[str, str]]:
    return ((f"suyuan:{stem}Zh", text.zh), (f"suyuan:{stem}En", text.en))


def _element(key: str, attributes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {"id": key, "attributes": [{"id": name, "attribute": value} for name, value in attributes]}

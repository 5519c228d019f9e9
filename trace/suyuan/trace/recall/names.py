"""Master data attributes as what people read: names in two languages, products, parties.

Attribute ids come as CURIEs, URNs or URIs (``cbvmda:descriptionShort``, ``urn:epcglobal:cbv:mda#name``);
only their last part is looked at. Ours (namespace https://ns.suyuan.example/): nameZh, nameEn, cityZh,
cityEn, storageZh, storageEn, ingredientsZh, ingredientsEn, allergensZh, allergensEn, producer, party,
licence, phone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from suyuan.trace.gs1 import identify
from suyuan.trace.recall.passport import Party, Product, Text

Attributes = Mapping[str, str]
_SEPARATORS = re.compile(r"[:/#]")


def by_local_name(attributes: Attributes) -> Attributes:
    """The attributes under the last part of their ids."""
    return {_SEPARATORS.split(name)[-1]: value for name, value in attributes.items()}


def text(attributes: Attributes, stem: str, *fallbacks: str) -> Text:
    """``stemZh`` and ``stemEn``; where both are absent the first fallback there is, in whatever language."""
    zh, en = attributes.get(f"{stem}Zh", ""), attributes.get(f"{stem}En", "")
    if zh or en:
        return Text(zh, en)
    found = next((attributes[name] for name in (stem, *fallbacks) if attributes.get(name)), "")
    return Text(found, found)


def name(attributes: Attributes) -> Text:
    """What a thing is called."""
    return text(attributes, "name", "descriptionShort", "regulatedProductName", "functionalName", "site")


def city(attributes: Attributes) -> Text:
    """The city of a place or party: public, unlike its street."""
    return text(attributes, "city")


def product(key: str, attributes: Attributes) -> Product | None:
    """The product of a canonical product key, GS1's or own, or None without master data."""
    identifier = identify(key)
    if not attributes or (identifier.gtin is None and identifier.own_part("product") is None):
        return None
    return Product(
        gtin=identifier.gtin or "",
        name=name(attributes),
        net_content=attributes.get("netContentDescription", ""),
        storage=text(attributes, "storage"),
        ingredients=text(attributes, "ingredients"),
        allergens=text(attributes, "allergens"),
    )


def party(key: str, attributes: Attributes) -> Party | None:
    """The party of a key, or None without master data."""
    if not attributes:
        return None
    return Party(
        key=key,
        name=name(attributes),
        city=city(attributes),
        licence=attributes.get("licence", ""),
        phone=attributes.get("phone", ""),
    )

"""Master data attributes as what people read: names in two languages, products, parties.

Attribute ids come as CURIEs, URNs or URIs (``cbvmda:descriptionShort``, ``urn:epcglobal:cbv:mda#name``);
only their last part is looked at. Ours (namespace https://ns.suyuan.example/): nameZh, nameEn, cityZh,
cityEn, storageZh, storageEn, ingredientsZh, ingredientsEn, allergensZh, allergensEn, allergens, nutrition,
nutritionPer, servingSize, nutritionZh, nutritionEn, standard, producer, party, licence, licenceUntil, uscc,
phone, district.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from suyuan.trace.checks.facts import Point
from suyuan.trace.gs1 import identify
from suyuan.trace.recall.allergens import groups
from suyuan.trace.recall.licences import licence_fits, licence_says, uscc_fits
from suyuan.trace.recall.passport import Nutrient, Party, Product, Text
from suyuan.trace.register.choices import Choice
from suyuan.trace.register.nutrition import AMOUNTS, LONGEST_TABLE, NUTRIENTS, nutrients_of, read_nutrients

Attributes = Mapping[str, str]
_SEPARATORS = re.compile(r"[:/#]")
_DISTRICT = re.compile("[1-9][0-9]{5}")
_NOWHERE = Point(0.0, 0.0)
"""What programs write that do not know it; there is nothing but sea."""


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


def near(*told: Attributes) -> Point | str:
    """Where a place is, by the first of ``told`` that says so: to a tenth of a degree, or its city's code.

    As coarse as the city, which is public; the coordinates themselves are not. Degrees are of WGS 84, codes
    those of GB/T 2260 with zeros for the district; empty where neither is told.

    >>> near({"latitude": "30.2741", "longitude": "120.1551", "district": "330106"})
    Point(latitude=30.3, longitude=120.2)
    >>> near({}, {"district": "330106"})
    '330100'
    """
    for one in told:
        if found := _coarse(one) or _city_code(one):
            return found
    return ""


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
        allergen_groups=groups(attributes),
        nutrition=text(attributes, "nutrition"),
        standard=attributes.get("standard", ""),
        nutrients=tuple(_nutrients(attributes)),
        nutrients_per=_per(attributes),
    )


def _nutrients(attributes: Attributes) -> Iterator[Nutrient]:
    """The nutrition table, if it reads as one: whoever tells master data may write anything there."""
    told = attributes.get("nutrition", "")
    is_table = len(told) <= LONGEST_TABLE and _per(attributes) != Text()
    table, _ = read_nutrients(told) if is_table else ("", ())
    for one in nutrients_of(table):
        yield Nutrient(_named(NUTRIENTS, one.code), f"{one.amount} {one.unit}", one.share)


def _per(attributes: Attributes) -> Text:
    per = attributes.get("nutritionPer", "")
    found = _named(AMOUNTS, per)
    size = attributes.get("servingSize", "") if per == "serving" else ""
    return Text(f"{found.zh} ({size})", f"{found.en} ({size})") if size else found


def _named(choices: Iterable[Choice], code: str) -> Text:
    return next((Text(one.zh, one.en) for one in choices if one.code == code), Text())


def party(key: str, attributes: Attributes) -> Party | None:
    """The party of a key, or None without master data."""
    if not attributes:
        return None
    licence, uscc = attributes.get("licence", ""), attributes.get("uscc", "")
    return Party(
        key=key,
        name=name(attributes),
        city=city(attributes),
        licence=licence,
        phone=attributes.get("phone", ""),
        licence_fits=licence_fits(licence),
        licence_says=licence_says(licence),
        licence_until=_day(attributes.get("licenceUntil")),
        uscc=uscc,
        uscc_fits=uscc_fits(uscc),
    )


def _coarse(told: Attributes) -> Point | None:
    try:
        at = Point(round(float(told["latitude"]), 1), round(float(told["longitude"]), 1))
    except (KeyError, ValueError):
        return None
    is_right = abs(at.latitude) <= 90 and abs(at.longitude) <= 180  # noqa: PLR2004 (degrees; NaN is not)
    return at if is_right and at != _NOWHERE else None


def _city_code(told: Attributes) -> str:
    code = told.get("district", "")
    return f"{code[:4]}00" if _DISTRICT.fullmatch(code) else ""


def _day(told: str | None) -> date | None:
    """A local date as written; None for anything else."""
    try:
        return date.fromisoformat(told or "")
    except ValueError:
        return None

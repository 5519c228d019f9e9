"""An identified thing: its canonical key, what kind of thing it is, and the element strings that say so.

The canonical key is the canonical GS1 Digital Link at its finest level, with only the keys that identify:
an item is its GTIN and serial (its lot is a relation, not part of its name), a lot its GTIN and lot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.digital_links import CANONICAL_STEM
from suyuan.trace.gs1.elements import NAMES, element_value
from suyuan.trace.gs1.errors import StructureError, UnknownApplicationIdentifier, shown
from suyuan.trace.gs1.verdict import Elements

Kind = Literal["item", "lot", "unit", "place", "product", "other"]

_EXTENSION = "/254/"
_OWN_PLACE, _POINT = "/own/place/", "/point/"

# Finest first: the one qualifier that belongs to the canonical key. 7040 never does: it repeats the GIAI.
_FINEST: dict[str, tuple[str, ...]] = {
    "01": ("21", "235", "10", "22"),
    "8006": ("21", "10", "22"),
    "414": ("254",),
    "415": ("8020",),
    "8010": ("8011",),
    "8017": ("8019",),
    "8018": ("8019",),
}
_TRADE_ITEM_KINDS: dict[str, Kind] = {"21": "item", "235": "item", "10": "lot"}
_KINDS: dict[str, Kind] = {"00": "unit", "8004": "unit", "414": "place"}
_GRAI_TYPE_LENGTH = 14


@dataclass(frozen=True, slots=True)
class Identifier:
    """One thing, whatever spelling named it.

    ``key`` is canonical: equal keys, same thing. ``ais`` are the AIs that the spelling told, in the order of
    a Digital Link, in canonical form; empty where the identifier is not one of GS1. A returnable asset is a
    ``unit`` with serial and a ``product`` without; documents, parties and services are ``other``.

    ``own`` are the parts of an identifier that a platform gave to who has none of GS1 (product, lot, serial,
    unit, place, point, party; see :mod:`suyuan.trace.gs1.own`), in the ``namespace`` of that platform.
    """

    key: str
    kind: Kind
    ais: Elements = ()
    namespace: str = ""
    own: Elements = ()

    def value(self, ai: str) -> str | None:
        """The value of ``ai``, or None where the spelling did not tell it."""
        for known, value in self.ais:
            if known == ai:
                return value
        return None

    def own_part(self, name: str) -> str | None:
        """A part of an own identifier, or None."""
        return next((value for known, value in self.own if known == name), None)

    @property
    def gtin(self) -> str | None:
        """GTIN-14 of a trade item, or of the whole of which it is a piece (ITIP)."""
        if not self.ais:
            return None
        ai, value = self.ais[0]
        return value if ai == "01" else value[:14] if ai == "8006" else None

    @property
    def lot(self) -> str | None:
        """Batch or lot."""
        return self.value("10") or self.own_part("lot")

    @property
    def serial(self) -> str | None:
        """Serial number of an item, the producer's (21) or that of a third party (235)."""
        return self.value("21") or self.value("235") or self.own_part("serial")

    @property
    def sscc(self) -> str | None:
        """Number of a logistic unit."""
        return self.value("00")

    @property
    def gln(self) -> str | None:
        """Global location number of a place or a party."""
        return self.value("414") or self.value("417") or self.value("415")

    @property
    def lot_key(self) -> str | None:
        """Canonical key of the lot, where the spelling told product and lot."""
        lot = self.lot
        if lot is None:
            return None
        if self.own:
            return f"{self.product_key}/lot/{escaped(lot)}"
        return f"{CANONICAL_STEM}/{self.ais[0][0]}/{self.ais[0][1]}/10/{escaped(lot)}"

    @property
    def product_key(self) -> str | None:
        """Canonical key of the product (class) of which this is an instance, a lot or the class itself."""
        code = self.own_part("product")
        if code is not None:
            return f"{self.namespace}/own/product/{code}"
        if not self.ais:
            return None
        ai, value = self.ais[0]
        if ai == "8006":
            return f"{CANONICAL_STEM}/01/{value[:14]}"
        if ai == "8003":
            return f"{CANONICAL_STEM}/8003/{value[:_GRAI_TYPE_LENGTH]}"
        return f"{CANONICAL_STEM}/{ai}/{escaped(value)}" if ai in {"01", "8010"} else None


def escaped(value: str) -> str:
    """``value`` as a segment of a Digital Link: everything but letters, digits and ``-._~`` is encoded."""
    return value if value.isalnum() and value.isascii() else quote(value, safe="")


def identifier_of(elements: Sequence[tuple[str, str]]) -> Identifier:
    """The identifier that ``elements`` name: a primary key and its qualifiers, checked and put in order.

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    return assembled(checked(elements))


def checked(elements: Sequence[tuple[str, str]]) -> Elements:
    """``elements`` in canonical form and order: every value right, and the qualifiers at home in the key."""
    if not elements:
        raise StructureError(
            "There is no identification key.", remedy="Name at least one, such as 01 (GTIN)."
        )
    primary = next((ai for ai, _ in elements if ai in KEYS), None)
    values: dict[str, str] = {}
    for ai, value in elements:
        if ai in values:
            raise StructureError(
                "AI {ai} is given twice.", where=ai, remedy="Give every AI once.", ai=ai, value=shown(value)
            )
        values[ai] = element_value(ai, value)
    if primary is None:
        ai = elements[0][0]
        raise UnknownApplicationIdentifier(
            "AI {ai} ({key}) does not identify anything by itself.",
            where=ai,
            remedy="Name the identification key that it qualifies first, such as 01 (GTIN).",
            ai=ai,
            key=NAMES[ai],
        )
    rest = [ai for ai in values if ai != primary]
    for ai in rest:
        _check_at_home(ai, primary)
    if values.get("254") == "0":
        del values["254"]  # EPC Tag Data Standard §6.3.3: extension 0 means that there is none
        rest.remove("254")
    return ((primary, values[primary]), *((ai, values[ai]) for ai in _QUALIFIER_ORDER if ai in rest))


# Of one key all come in an order that it allows; those of different keys never meet.
_QUALIFIER_ORDER = tuple(dict.fromkeys(ai for orders in KEYS.values() for order in orders for ai in order))


def _check_at_home(ai: str, primary: str) -> None:
    """Raise where ``ai`` cannot qualify ``primary``."""
    if not any(ai in order for order in KEYS[primary]):
        raise UnknownApplicationIdentifier(
            "AI {ai} ({name}) does not belong to {key} (AI {primary}).",
            where=ai,
            remedy="Leave it out, or name it under its own key.",
            ai=ai,
            name=NAMES[ai],
            key=NAMES[primary],
            primary=primary,
        )


def assembled(ais: Elements) -> Identifier:
    """The identifier of ``ais`` that are already checked, primary key first."""
    primary, value = ais[0]
    finest, key = "", f"{CANONICAL_STEM}/{primary}/{escaped(value)}"
    if len(ais) > 1 and primary in _FINEST:
        told = dict(ais)
        finest = next((ai for ai in _FINEST[primary] if ai in told), "")
        if finest:
            key = f"{key}/{finest}/{escaped(told[finest])}"
    if primary in {"01", "8006"}:
        kind = _TRADE_ITEM_KINDS.get(finest, "product")
    elif primary == "8003":
        kind = "unit" if len(value) > _GRAI_TYPE_LENGTH else "product"
    elif primary == "8010":
        kind = "item" if finest else "product"
    else:
        kind = _KINDS.get(primary, "other")
    return Identifier(key, kind, ais)


def site(key: str) -> str:
    """The place key without its GLN extension or point: the place as a whole. Others stand as they are."""
    if key.startswith(f"{CANONICAL_STEM}/414/"):
        return key.partition(_EXTENSION)[0]
    if _OWN_PLACE in key:
        return key.partition(_POINT)[0]
    return key


def digital_link(ais: Sequence[tuple[str, str]], base: str = CANONICAL_STEM) -> str:
    """The GS1 Digital Link of ``ais`` under ``base`` (scheme, host and any path prefix), qualifiers included.

    >>> digital_link([("01", "9506000134352"), ("21", "32a/b")], "https://example.cn/s")
    'https://example.cn/s/01/09506000134352/21/32a%2Fb'
    """
    path = "".join(f"/{ai}/{escaped(value)}" for ai, value in checked(ais))
    return base.rstrip("/") + path


def element_string(identifier: Identifier) -> str:
    """The bracketed element string, as printed under a bar code; empty where it is not a GS1 identifier.

    >>> element_string(identifier_of([("01", "09506000134352"), ("21", "123")]))
    '(01)09506000134352(21)123'
    """
    return "".join(f"({ai}){value}" for ai, value in identifier.ais)

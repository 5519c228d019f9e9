"""What the resolver knows of a code: the links that people gave to it, and the house's own pages.

Every level that has links has a default: the one that its owner marked, else our page, else the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from suyuan.api.house import House
from suyuan.api.resolver.verifying import VERIFICATION
from suyuan.portal.consumer import PAGES
from suyuan.portal.services import Label
from suyuan.trace.gs1 import Identifier, identify, link_of, site
from suyuan.trace.lineage.kept import Things
from suyuan.trace.recall.facts import not_known
from suyuan.trace.recall.nameplate import may_be_packed
from suyuan.trace.resolver import LINK_TYPES, Anchor, Link, Role, levels, link_type
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.links import links_of

_OF_PAGES = {
    "product": link_type("gs1:pip"),
    "place": link_type("gs1:locationInfo"),
    "other": link_type("gs1:registryEntry"),
}
_TRACEABILITY = link_type("gs1:traceability")
_EPCIS = link_type("gs1:epcis")
VERIFICATION_SERVICE = link_type("gs1:verificationService")
_ANY_HOST = "https://id.gs1.org"
_VERIFIED = frozenset({"product", "lot", "item"})
_ONE_OF_MANY = frozenset({"item", "lot", "unit"})
_EPCIS_QUERIES = {
    "item": "MATCH_anyEPC",
    "unit": "MATCH_anyEPC",
    "lot": "MATCH_anyEPCClass",
    "product": "MATCH_anyEPCClass",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A code with the links of its levels, the finest first; levels without links are left out.

    ``is_unknown``: it says that it is on an item, a lot or a unit of which nothing is on record or linked.
    """

    identifier: Identifier
    anchors: tuple[Anchor, ...]
    is_unknown: bool

    @property
    def levels(self) -> list[Sequence[Link]]:
        """The links of each level."""
        return [anchor.links for anchor in self.anchors]


class Resolving:
    """The resolver over one house; ``public_url`` is where the world reaches it."""

    def __init__(self, house: House, public_url: str) -> None:
        self._house = house
        self.public_url = public_url.rstrip("/")

    def resolved(self, scanned: Identifier) -> Resolved:
        """All links of a code and of what it is one of. A handful of look-ups, whatever the levels.

        Raises ``NotFound`` where nothing is on record or linked on any level; ``where`` is the part of the
        code that is not known.
        """
        with self._house.records.looked_once():
            return self._resolved(scanned)

    def _resolved(self, scanned: Identifier) -> Resolved:
        records = self._house.records
        names = records.aliases()

        def levels_on_record(things: Things) -> tuple[dict[str, Identifier], set[str]]:
            lot = things.lot_of(names.key(scanned.key)) if scanned.kind == "item" else None
            found = {names.key(one.key): one for one in levels(scanned, _code_of(lot))}
            return found, {key for key, one in found.items() if may_be_packed(one) and things.is_born(key)}

        found, known = records.asked(levels_on_record)
        known.update(key for key, told in records.attributes(found).items() if told)
        with Reading(self._house.engine) as reading:
            given = links_of(reading, {key: entry_of(names.identifier(one)) for key, one in found.items()})
        described = self._house.labels([*found])
        anchors = [
            Anchor(link_of(level, self.public_url), _words(described[key]), links)
            for key, level in found.items()
            if (links := self._links(level, given.get(key, []), is_known=key in known))
        ]
        if not anchors:
            raise not_known(names.identifier(scanned), records)
        is_told = names.key(scanned.key) in known | given.keys()
        return Resolved(scanned, tuple(anchors), scanned.kind in _ONE_OF_MANY and not is_told)

    def page_of(self, identifier: Identifier) -> str:
        """The address of our own page of a thing, whatever the namespace of its own code is called."""
        return self.public_url + PAGES + urlsplit(link_of(identifier, _ANY_HOST)).path

    def verification_of(self, identifier: Identifier) -> str:
        """The address at which our service verifies an item; of a product or lot its beginning."""
        return self.public_url + VERIFICATION + urlsplit(link_of(identifier, _ANY_HOST)).path

    def _links(self, level: Identifier, given: Sequence[Link], *, is_known: bool) -> Sequence[Link]:
        """What people gave first, then ours, which are the default where nobody marked another."""
        links = [*given, *(self._own_links(level) if is_known else ())]
        default = next((at for at, link in enumerate(given) if link.role is Role.DEFAULT), len(given))
        if default == len(links):  # no page of ours, and nobody said: the first one
            default = 0
        return [
            replace(link, role=Role.DEFAULT)
            if at == default
            else replace(link, role=Role.NONE)
            if link.role is Role.DEFAULT
            else link
            for at, link in enumerate(links)
        ]

    def _own_links(self, level: Identifier) -> Iterator[Link]:
        """Our page, first in the language of whoever asks and then in each; the events of what moves."""
        page, kind = self.page_of(level), _OF_PAGES.get(level.kind, _TRACEABILITY)
        words = LINK_TYPES[kind]
        yield Link(kind, page, f"{words.zh} {words.en}")
        yield Link(kind, f"{page}?lang=zh-CN", words.zh, ("zh",), "text/html")
        yield Link(kind, f"{page}?lang=en", words.en, ("en",), "text/html")
        if level.kind not in _EPCIS_QUERIES:
            return
        query = f"{_EPCIS_QUERIES[level.kind]}={quote(level.key, safe='')}"
        address = f"{self.public_url}/events?{query}"
        yield Link(_EPCIS, address, LINK_TYPES[_EPCIS].en, type="application/ld+json", fwqs=False)
        if level.kind in _VERIFIED and not level.own:
            address, service = self.verification_of(level), LINK_TYPES[VERIFICATION_SERVICE]
            yield Link(VERIFICATION_SERVICE, address, f"{service.zh} {service.en}", type="application/json")


def entry_of(identifier: Identifier) -> str:
    """The entry of the register whose owner gives links to a code; empty where there can be none."""
    return identifier.product_key or (site(identifier.key) if identifier.kind == "place" else "")


def _code_of(lot: str | None) -> str:
    return (identify(lot).lot or "") if lot else ""


def _words(label: Label) -> str:
    """What a thing is, in a few words: its name where it has one, and its code."""
    names = " / ".join(dict.fromkeys(name for name in (label.name.zh, label.name.en) if name))
    return f"{names} {label.code}".strip()

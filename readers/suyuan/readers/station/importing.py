"""The first station of imports (首站赋码): the papers without which nothing is given a code. Pure.

The papers are the customs declaration (报关单), the inspection and quarantine certificate
(入境货物检验检疫证明) and test reports. Records of disinfection and of a supervised warehouse
were asked for until January 2023; where an authority asks again they are test reports of another kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from suyuan.readers.station.order import Particulars
from suyuan.trace.epcis.event import TypedReference

_PAPER = "https://ns.suyuan.example/paper/"
DECLARATION, CERTIFICATE, TEST = "customs-declaration", "ciq-certificate", "test-report"


@dataclass(frozen=True, slots=True)
class Certificate:
    """An inspection and quarantine certificate: the products (GTIN or key) and lots that it covers.

    Empty products or lots: it does not name any, and covers the whole declaration.
    """

    number: str
    products: frozenset[str] = frozenset()
    lots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Importing(Particulars):
    """What stands on the papers of a consignment."""

    declaration: str = ""
    certificate: Certificate | None = None
    tests: tuple[str, ...] = ()
    exporter: str = ""

    def lacks(self) -> tuple[str, ...]:
        """The papers that are not there."""
        there = {
            DECLARATION: bool(self.declaration),
            CERTIFICATE: self.certificate is not None and bool(self.certificate.number),
            TEST: bool(self.tests),
        }
        return tuple(name for name, given in there.items() if not given)

    def references(self) -> tuple[TypedReference, ...]:
        """The papers as business transactions of the event."""
        return tuple(self._references())

    def _references(self) -> Iterator[TypedReference]:
        if self.declaration:
            yield TypedReference(_PAPER + DECLARATION, _named(DECLARATION, self.declaration))
        if self.certificate is not None:
            yield TypedReference("cert", _named(CERTIFICATE, self.certificate.number))
        for number in self.tests:
            yield TypedReference("testres", _named(TEST, number))


def contradictions(told: Certificate, product: str | None, lots: Iterable[str]) -> list[tuple[str, str]]:
    """Where goods are others than the certificate covers: what it says, and what they are."""
    found: list[tuple[str, str]] = []
    if told.products and product is not None and _plain(product) not in set(map(_plain, told.products)):
        found.append((", ".join(sorted(told.products)), product))
    found += [
        (", ".join(sorted(told.lots)), lot)
        for lot in dict.fromkeys(lots)
        if told.lots and lot not in told.lots
    ]
    return found


def _plain(product: str) -> str:
    return product.zfill(14) if product.isdigit() else product


def _named(kind: str, number: str) -> str:
    return f"{_PAPER}{kind}/{quote(number, safe='')}"

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
            DECLARATION: bool(self.declaration.strip()),
            CERTIFICATE: self.certificate is not None and bool(self.certificate.number.strip()),
            TEST: any(number.strip() for number in self.tests),
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
        for number in filter(str.strip, self.tests):
            yield TypedReference("testres", _named(TEST, number))


UNKNOWN = "?"
"""The product or lot of goods that the station does not know: no certificate shows that it covers them."""


def contradictions(told: Certificate, products: Iterable[str], lots: Iterable[str]) -> list[tuple[str, str]]:
    """Where goods are others than the certificate covers: what it says, and what they are."""
    covered = set(map(_plain, told.products))
    found = [
        (", ".join(sorted(told.products)), product)
        for product in dict.fromkeys(map(_plain, products))
        if covered and product not in covered
    ]
    found += [
        (", ".join(sorted(told.lots)), lot)
        for lot in dict.fromkeys(lots)
        if told.lots and lot not in told.lots
    ]
    return found


def _plain(product: str) -> str:
    code = product.removeprefix("https://id.gs1.org/01/")
    return code.zfill(14) if code.isdigit() else code


def _named(kind: str, number: str) -> str:
    return f"{_PAPER}{kind}/{quote(number, safe='')}"

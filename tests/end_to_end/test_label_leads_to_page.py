"""From paper to page: the symbols of a sheet, read back from its pixels, lead to the goods they are on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import httpx
import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page
from tests.end_to_end.axe import objections
from tests.integration.live_server import PLACE, Live, live_server

from suyuan.portal.labels import Order, Symbology, faces, form_of, look_of
from suyuan.portal.sheet import sheets
from suyuan.trace.gs1 import scanned
from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.accounts import AccountRole
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import Viewer

pytestmark = pytest.mark.chromium

ADMIN = Viewer("root", "administrator", "")
GTIN, LOT = "06901234567892", "L7"
_DPI = 203
_FORMATS = {"qr": zxingcpp.BarcodeFormat.QRCode, "datamatrix": zxingcpp.BarcodeFormat.DataMatrix}
_COUNT = 24


@dataclass(frozen=True, slots=True)
class Farm:
    live: Live
    party: str
    lot: str
    token: str  # of its station

    def sheet(self, symbology: Symbology) -> Sequence[str]:
        """What a reader gets from the pixels of a sheet of new labels, whose goods were packed meanwhile."""
        labels = self.live.labels
        farmer = Viewer("farmer", "company", self.party)
        job, tags = labels.job(farmer, labels.make(farmer, Order(self.lot, _COUNT, symbology=symbology)))
        self._pack([tag.key for tag in tags])
        paper: Any = pypdfium2.PdfDocument(
            BytesIO(sheets(faces(job, tags), form_of(job), look_of(job, labels.typeface()), "labels"))
        )
        image = paper[0].render(scale=_DPI / 72).to_pil()
        paper.close()
        return [
            one.text
            for one in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(_FORMATS[symbology]))
        ]

    def _pack(self, keys: Sequence[str]) -> None:
        event = {
            "type": "ObjectEvent",
            "action": "ADD",
            "bizStep": "commissioning",
            "disposition": "active",
            "eventTime": datetime.now(UTC).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": list(keys),
            "readPoint": {"id": PLACE},
            "bizLocation": {"id": PLACE},
            "ilmd": {"cbvmda:lotNumber": LOT},
        }
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": datetime.now(UTC).isoformat(),
            "epcisBody": {"eventList": [event]},
        }
        told = httpx.post(
            f"{self.live.url}/capture",
            json=document,
            headers={"Authorization": f"Bearer {self.token}", "GS1-Capture-Error-Behaviour": "rollback"},
        )
        assert told.status_code == 202, told.text


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with live_server(tmp_path_factory.mktemp("leads")) as live:
        with Writing(live.house.engine) as writing:

            def entered(kind: Any, **values: str) -> str:
                entry, found = read_sheet(kind, values)
                assert entry is not None, found
                give = giving(live.url)
                now = datetime.now(UTC)
                return enter_all(writing, [entry], by=ADMIN, now=now, give=give, confirmed=True)[0].key

            party = entered("party", roles="producer", name_zh="山下合作社", district="330106")
            product = entered(
                "product", identifier=GTIN, name_zh="鲜肉粽", name_en="Pork zongzi", producer=party
            )
            lot = entered("lot", product=product, lot=LOT)
        live.sign_up("farmer", AccountRole.COMPANY, party)
        yield Farm(live, party, lot, live.station_of(party))


@pytest.fixture
def page(browser: Browser, farm: Farm) -> Iterator[Page]:
    context = browser.new_context(
        base_url=farm.live.url, viewport={"width": 360, "height": 780}, locale="en-GB"
    )
    yield context.new_page()
    context.close()


def test_the_qr_of_a_printed_label_opens_the_page_of_its_item(farm: Farm, page: Page) -> None:
    links = farm.sheet("qr")
    assert len(set(links)) == _COUNT
    for link in (links[0], links[-1]):
        page.goto(link)
        _is_page_of(page, str(scanned(link).serial))


def test_the_data_matrix_of_a_printed_label_is_looked_up_as_a_scanner_types_it(
    farm: Farm, page: Page
) -> None:
    elements = farm.sheet("datamatrix")
    assert len(set(elements)) == _COUNT
    page.goto("/")
    page.fill("#code", elements[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/01/**")
    _is_page_of(page, str(scanned(elements[0]).serial))


def _is_page_of(page: Page, serial: str) -> None:
    text = page.locator("main").inner_text()
    assert "Pork zongzi" in text
    assert page.locator("#verdict").inner_text() == "On record"
    page.locator(".proof summary").click()
    assert serial in page.locator("main").inner_text()
    assert LOT in text
    assert objections(page) == []

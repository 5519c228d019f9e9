"""The page of a place, a party, an asset or a document: what its code names, and whose it is."""

from __future__ import annotations

from starlette.responses import Response

from suyuan.portal.rendering import Page, render
from suyuan.trace.recall.nameplate import Nameplate


def nameplate_page(page: Page, plate: Nameplate) -> Response:
    """The page; it says that it is no page of goods, and judges nothing."""
    is_party = plate.party is not None and plate.party.key == plate.key
    return render(page, "nameplate.html", {"plate": plate, "is_party": is_party}, cache_control="no-cache")

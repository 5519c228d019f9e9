"""Codes as the paths of plain links name them, and how a page of one is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from suyuan.api.passports.pages import Asked
from suyuan.api.passports.slots import GTIN, LOT, SERIAL
from suyuan.api.passports.written import OWN
from suyuan.portal.consumer import PAGES
from suyuan.portal.language import Language, negotiate
from suyuan.trace.store.passport_rows import Owner

_STEM = "https://id.gs1.org"
_VALUE = "[A-Za-z0-9._~-]+"
_PATH = re.compile(
    f"({PAGES})?(?:/01/([0-9]{{14}})(?:/10/({_VALUE}))?(?:/21/({_VALUE}))?|/00/([0-9]{{18}}))".encode()
)
_LONGEST = 200
"""Bytes of a path of which anything is remembered; those of codes are half as long."""
_LONGEST_HEADER = 100
"""Characters likewise of the languages of a reader; browsers send a third of it."""
CHOICES: Mapping[bytes, tuple[tuple[str, str], ...]] = {
    b"": (),
    b"lang=zh-CN": (("lang", "zh-CN"),),
    b"lang=en": (("lang", "en"),),
    b"large=1": (("large", "1"),),
    b"lang=zh-CN&large=1": (("lang", "zh-CN"), ("large", "1")),
    b"lang=en&large=1": (("lang", "en"), ("large", "1")),
    b"large=1&lang=zh-CN": (("large", "1"), ("lang", "zh-CN")),
    b"large=1&lang=en": (("large", "1"), ("lang", "en")),
}
"""The queries of plain links: what a reader chose on a page of ours."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that a path names: under what its passport is kept, and the path without its serial."""

    owner: Owner
    product: str
    serial: str
    is_below_pages: bool
    link: str

    @property
    def parts(self) -> dict[str, str]:
        """The parts of the code of an item, the last one last."""
        gtin = self.product.rpartition("/")[2]
        lot = {LOT: self.owner.lot.rpartition("/")[2]} if self.owner.lot else {}
        return {GTIN: gtin, **lot, SERIAL: self.serial}

    def levels(self, lot: str | None) -> dict[str, str | None]:
        """Of what a link may have been given that leads elsewhere; below the pages nothing does."""
        if self.is_below_pages:
            return {"item": None, "batch": None, "product": None}
        batch = f"{self.product}/10/{lot}" if lot else self.owner.lot
        return {"item": self.owner.key, "batch": batch, "product": self.product}


def code_at(path: bytes) -> Code | None:
    """The code that a path names, as sent and without a query."""
    return None if len(path) > _LONGEST else _code_at(path)


@lru_cache(maxsize=4096)
def _code_at(path: bytes) -> Code | None:
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    below, gtin, lot, serial, sscc = (part.decode() if part else "" for part in found.groups())
    if sscc:
        return Code(Owner(f"{_STEM}/00/{sscc}", ""), "", "", bool(below), f"/00/{sscc}")
    product = f"{_STEM}/01/{gtin}"
    lot_key = f"{product}/10/{lot}" if lot else ""
    link = f"/01/{gtin}" + (f"/10/{lot}" if lot else "")
    if serial:
        return Code(
            Owner(f"{product}/21/{serial}", lot_key), product, serial, bool(below), f"{link}/21/{OWN}"
        )
    return Code(Owner(lot_key or product, ""), product, "", bool(below), link)


def asked_for(query: bytes, accept_language: str, link: str) -> Asked:
    """How the page of a link is asked for; ``query`` is one of :data:`CHOICES`."""
    is_short = len(accept_language) <= _LONGEST_HEADER
    language = (_language if is_short else _language.__wrapped__)(query, accept_language)
    return _asked_in(language, query, link)


@lru_cache(maxsize=1024)
def _language(query: bytes, accept_language: str) -> Language:
    return negotiate(dict(CHOICES[query]).get("lang"), accept_language)


@lru_cache(maxsize=32_768)
def _asked_in(language: Language, query: bytes, link: str) -> Asked:
    """Kept by the language, not by the header, which may be of any length."""
    chosen = dict(CHOICES[query])
    is_chosen = language if chosen.get("lang") == language else None
    return Asked(f"{PAGES}{link}", link, CHOICES[query], language, is_chosen, large="large" in chosen)

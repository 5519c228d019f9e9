"""The commonest spellings in their plainest form: known as right, and brought to their key, in one step.

Events are full of these, and taking each apart costs ten times as much. Whatever is not plain (escapes, other
schemes, several qualifiers, a wrong check digit) is left to :mod:`suyuan.trace.gs1.spelling`, which says the
same of these.
"""

from __future__ import annotations

import re
from functools import lru_cache

from suyuan.trace.gs1.elements import check_digit

_LAST = r"[A-Za-z0-9\-_.]{1,20}"
# A reference is as long as the company prefix leaves room for: the look-behinds count both and their dot.
_ITEM = r"(id:sgtin|class:lgtin):([0-9]{6,12})\.([0-9])([0-9]{0,6})(?<=:[0-9.]{14})\."
_PLACE = r"(id:sgln):([0-9]{6,12})\.([0-9]{0,6})(?<=:[0-9.]{13})\."
_UNIT = r"(id:sscc):([0-9]{6,12})\.([0-9])([0-9]{4,10})(?<=:[0-9.]{18})"
_PARTY = r"(id:pgln):([0-9]{6,12})\.([0-9]{0,6})(?<=:[0-9.]{13})"
is_plain_urn = re.compile(rf"urn:epc:(?:{_ITEM}{_LAST}|{_PLACE}{_LAST}|{_UNIT}|{_PARTY})\Z").match
_whole = re.compile(rf"urn:epc:(?:{_UNIT}|{_PARTY})\Z").match
_front = re.compile(rf"urn:epc:(?:{_ITEM}|{_PLACE})\Z").match
_last = re.compile(_LAST).fullmatch
_plain_link = re.compile(
    r"https://id\.gs1\.org/(?:"
    rf"01/([0-9]{{14}})(?:/(?:10|21)/{_LAST})?|00/([0-9]{{18}})|414/([0-9]{{13}})(?:/254/{_LAST})?|417/([0-9]{{13}})"
    r")\Z"
).match
_item_of_lot_link = re.compile(rf"https://id\.gs1\.org/01/([0-9]{{14}})/10/({_LAST})/21/({_LAST})\Z").match
_item_link = re.compile(rf"https://id\.gs1\.org/01/([0-9]{{14}})/(10|21)/({_LAST})\Z").match
_SHORTEST = len("urn:epc:id:sgtin:")


def plain_key(uri: str) -> str | None:
    """The canonical key of a plain spelling, None for any other.

    >>> plain_key("urn:epc:class:lgtin:9506000.013435.L7")
    'https://id.gs1.org/01/09506000134352/10/L7'
    """
    if uri[:8] != "urn:epc:":
        link = _plain_link(uri)
        if link is None:
            return None
        number = link.group(link.lastindex or 0)
        return uri if str(check_digit(number[:-1])) == number[-1] else None
    cut = uri.find(".", uri.find(".", _SHORTEST) + 1) + 1
    if not cut:
        return _key_of_whole(uri)
    front, last = _key_of_front(uri[:cut]), uri[cut:]
    if front is None or not _last(last):
        return None
    return front[:_PLACE_KEY] if last == "0" and front.endswith("/254/") else front + last


def item_elements(uri: str) -> tuple[tuple[str, str], ...] | None:
    """The element strings of an item's or a lot's link in its plainest form, None for any other.

    What a station reads is one of these each time, new and never met before. Of an item the lot may be told.
    """
    if (link := _item_link(uri)) is not None:
        gtin, ai, last = link.groups()
        return (("01", gtin), (ai, last)) if _is_gtin(gtin) else None
    if (link := _item_of_lot_link(uri)) is not None:
        gtin, lot, last = link.groups()
        return (("01", gtin), ("10", lot), ("21", last)) if _is_gtin(gtin) else None
    return None


@lru_cache(maxsize=4096)
def _is_gtin(number: str) -> bool:
    return str(check_digit(number[:-1])) == number[-1]


class _Fronts(dict[str, str]):
    """URNs up to the last dot → the keys of items and lots as far, and "" where it is no product's."""

    def __missing__(self, front: str) -> str:
        key = (front.startswith(_ITEMS) and _key_of_front(front + ".")) or ""
        if len(front) <= _LONGEST_FRONT:
            if len(self) >= _MOST_FRONTS:
                self.clear()
            self[front] = key
        return key


_ITEMS = ("urn:epc:id:sgtin:", "urn:epc:class:lgtin:")
_MOST_FRONTS = 4096
_LONGEST_FRONT = 60
_LONGEST_LAST = 20
_fronts = _Fronts()


def item_key(uri: str) -> str | None:
    """The canonical key of an item's or a lot's URN or link in its plainest form, None for any other.

    Most identifiers of events are these, of few products, and each occurs once: remembering them whole, as
    others are, does not pay.
    """
    if uri[:8] == "https://":
        last = uri[_ITEM_STEM:]
        return uri if _is_item_stem(uri[:_ITEM_STEM]) and _is_last(last) else None
    front, _, last = uri.rpartition(".")
    key = _fronts[front]
    return key + last if key and _is_last(last) else None


def item_with_lot(uri: str) -> tuple[str, str] | None:
    """The canonical keys of an item and of its lot, of a link in its plainest form that tells both.

    >>> item_with_lot("https://id.gs1.org/01/09506000134352/10/L7/21/123")
    ('https://id.gs1.org/01/09506000134352/21/123', 'https://id.gs1.org/01/09506000134352/10/L7')
    """
    stem = uri[:_ITEM_STEM]
    if not stem.endswith("/10/") or not _is_item_stem(stem):
        return None
    lot, between, serial = uri[_ITEM_STEM:].partition("/21/")
    if not between or not _is_last(lot) or not _is_last(serial):
        return None
    return f"{stem[:-4]}/21/{serial}", f"{stem}{lot}"


def _is_last(last: str) -> bool:
    return bool((last.isalnum() and last.isascii() and len(last) <= _LONGEST_LAST) or _last(last))


_ITEM_STEM = len("https://id.gs1.org/01/09506000134352/21/")


@lru_cache(maxsize=4096)
def _is_item_stem(stem: str) -> bool:
    """Whether it is the link of an item or a lot but for the serial or lot number."""
    return len(stem) == _ITEM_STEM and item_elements(f"{stem}0") is not None


_PLACE_KEY = len("https://id.gs1.org/414/") + 13


def _key_of_whole(uri: str) -> str | None:
    urn = _whole(uri)
    if urn is None:
        return None
    scheme, prefix, extension, reference, _, party, rest = urn.groups()
    if scheme:
        return f"https://id.gs1.org/00/{_checked(extension + prefix + reference)}"
    return f"https://id.gs1.org/417/{_checked(party + rest)}"


@lru_cache(maxsize=4096)
def _key_of_front(front: str) -> str | None:
    """The key as far as the serial, lot or extension; many of one product or place come together."""
    urn = _front(front)
    if urn is None:
        return None
    scheme, prefix, indicator, reference, _, place, rest = urn.groups()
    if scheme:
        ai = "21" if scheme == "id:sgtin" else "10"
        return f"https://id.gs1.org/01/{_checked(indicator + prefix + reference)}/{ai}/"
    return f"https://id.gs1.org/414/{_checked(place + rest)}/254/"


def _checked(digits: str) -> str:
    return f"{digits}{check_digit(digits)}"

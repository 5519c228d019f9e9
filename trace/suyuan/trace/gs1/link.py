"""GS1 Digital Link URIs: from a path to the element strings it names.

Source: GS1 Digital Link Standard, URI syntax 1.6 §4 (the short names such as ``gtin`` are of its edition
1.0 and still found on labels). Compressed links are not read here.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from suyuan.trace.gs1.elements import ELEMENTS
from suyuan.trace.gs1.errors import CharacterError, StructureError, UnknownApplicationIdentifier, shown
from suyuan.trace.gs1.identifier import QUALIFIERS, Elements, checked

_SHORT_NAMES = {
    "gtin": "01", "cpv": "22", "lot": "10", "ser": "21", "sscc": "00", "gln": "414", "glnx": "254",
    "party": "417", "payto": "415", "refno": "8020", "gdti": "253", "gcn": "255", "ginc": "401",
    "gsin": "402", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "cpsn": "8011",
    "gsrnp": "8017", "gsrn": "8018", "srin": "8019",
}  # fmt: skip
_PRIMARY = {**{ai: ai for ai in QUALIFIERS}, **{n: ai for n, ai in _SHORT_NAMES.items() if ai in QUALIFIERS}}
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
# A company prefix has at least four digits, so a key value begins with four. This tells /01/0950… from the
# month in https://news.example/2026/01/15.
_KEY_VALUE = re.compile("[0-9]{4}")


def unescaped(value: str, where: str) -> str:
    """``value`` percent-decoded; raises for a ``%`` that begins no escape."""
    if "%" not in value:
        return value
    broken = _BROKEN_ESCAPE.search(value)
    if broken:
        raise CharacterError(
            where, "the part", value, broken.start() + 1, "% followed by two hexadecimal digits"
        )
    return unquote(value)


def elements_of_path(path: str, query: str = "", *, certainly: bool = False) -> Elements | None:
    """The element strings named by a Digital Link's path, None where it is the path of something else.

    The first segment that is a primary key followed by what may be its value decides; what stands before is
    a prefix of the resolver. With ``certainly`` (a bare path, or GS1's own resolver) any value counts as one.
    A lot in the query (``?10=``) is told too.
    """
    segments = path.strip("/").split("/")
    for index, name in enumerate(segments[:-1]):
        primary = _PRIMARY.get(name) or _PRIMARY.get(name.lower())
        if primary and (certainly or _KEY_VALUE.match(segments[index + 1])):
            return _elements(primary, segments[index:], query)
    return None


def _elements(primary: str, segments: list[str], query: str) -> Elements:
    """The element strings of alternating AIs and values, checked for their order too."""
    if len(segments) % 2:
        raise StructureError(
            "AI {ai} has no value in {value}.",
            where=shown(segments[-1]),
            remedy="Every AI is followed by its value.",
            ai=shown(segments[-1]),
            value=shown("/".join(segments)),
        )
    elements = [(primary, unescaped(segments[1], primary))]
    for index in range(2, len(segments), 2):
        ai = _SHORT_NAMES.get(segments[index].lower(), segments[index])
        if ai not in ELEMENTS or ai in QUALIFIERS:
            raise UnknownApplicationIdentifier(
                "{ai} cannot follow {key} (AI {primary}) in the path.",
                where=shown(ai),
                remedy="Only the key's qualifiers stand in the path; attributes belong into the query.",
                ai=shown(ai),
                key=ELEMENTS[primary].name,
                primary=primary,
            )
        elements.append((ai, unescaped(segments[index + 1], ai)))
    _check_order([ai for ai, _ in elements[1:]], primary)
    if query and primary in {"01", "8006"} and all(ai != "10" for ai, _ in elements):
        elements.extend(_lot_of_query(query))
    return checked(elements)


def _lot_of_query(query: str) -> list[tuple[str, str]]:
    """The lot that a query string tells, as at most one element."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name == "10":
            return [("10", unescaped(value.replace("+", " "), "10"))]
    return []


def _check_order(qualifiers: list[str], primary: str) -> None:
    """Raise unless ``qualifiers`` follow one of the orders of ``primary``; one alone is always in order."""
    if not qualifiers[1:]:
        return
    for order in QUALIFIERS[primary]:
        if [ai for ai in order if ai in qualifiers] == qualifiers:
            return
    raise StructureError(
        "The qualifiers {found} of {key} are not in the order of the standard.",
        where="/".join(qualifiers),
        remedy="Write them in the order 22, 10, 21; 235 stands alone.",
        found=", ".join(qualifiers),
        key=ELEMENTS[primary].name,
    )

"""GS1 Digital Link URIs: from a path to the element strings it names.

Source: GS1 Digital Link Standard, URI syntax 1.6 §4 (the short names such as ``gtin`` are of its edition
1.0 and still found on labels). Compressed links are not read here.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from suyuan.trace.gs1.application_identifiers import KEYS, PATHS
from suyuan.trace.gs1.contents import BROKEN_ESCAPE
from suyuan.trace.gs1.digital_links import ai_of, start_of_key
from suyuan.trace.gs1.elements import NAMES
from suyuan.trace.gs1.errors import CharacterError, StructureError, UnknownApplicationIdentifier, shown
from suyuan.trace.gs1.identifier import checked
from suyuan.trace.gs1.verdict import OLD_LABELS, Elements

# A company prefix has at least four digits, so a key value begins with four. This tells /01/0950… from the
# month in https://news.example/2026/01/15.
_KEY_VALUE = re.compile("[0-9]{4}")


def unescaped(value: str, where: str) -> str:
    """``value`` percent-decoded; raises for a ``%`` that begins no escape."""
    if "%" not in value:
        return value
    broken = BROKEN_ESCAPE.search(value)
    if broken:
        raise CharacterError(
            where, "the part", value, broken.start() + 1, "% followed by two hexadecimal digits"
        )
    return unquote(value)


def elements_of_path(path: str, query: str = "", *, certainly: bool = False) -> Elements | None:
    """The element strings named by a Digital Link's path, None where it is the path of something else.

    The last key that is followed only by qualifiers and values decides, as in the standard; where there is
    none, the first segment that is a key followed by what may be its value, so that what is wrong behind it
    is named. What stands before is a prefix of the resolver. With ``certainly`` (a bare path, or GS1's own
    resolver) any value counts as one. A lot in the query (``?10=``) is told too.
    """
    segments = ["", *path.strip("/").split("/")]
    last = start_of_key(segments, OLD_LABELS)
    for index in (last, *range(1, len(segments) - 1)):  # segment 0 is empty: no key
        ai = ai_of(segments[index], OLD_LABELS)
        if ai in KEYS and (certainly or _KEY_VALUE.match(segments[index + 1])):
            return _elements(ai, segments[index:], query)
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
        ai = ai_of(segments[index], OLD_LABELS)
        if ai not in NAMES or ai in KEYS:
            raise UnknownApplicationIdentifier(
                "{ai} cannot follow {key} (AI {primary}) in the path.",
                where=shown(ai),
                remedy="Only the key's qualifiers stand in the path; attributes belong into the query.",
                ai=shown(ai),
                key=NAMES[primary],
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
    if not qualifiers[1:] or (primary, *qualifiers) in PATHS:
        return
    raise StructureError(
        "The qualifiers {found} of {key} are not in the order of the standard.",
        where="/".join(qualifiers),
        remedy="Write them in the order 22, 10, 21; 235 stands alone.",
        found=", ".join(qualifiers),
        key=NAMES[primary],
    )

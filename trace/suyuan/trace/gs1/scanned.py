"""What a scanner or a camera gives for a symbol, to the identifier in it.

Source: GS1 General Specifications §5.10 (symbology identifiers) and §7.8 (element strings).
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.element_strings import GS, parse_bracketed, parse_raw
from suyuan.trace.gs1.identifier import Identifier, identifier_of
from suyuan.trace.gs1.scan_data import COMPOSITE, GS1_SYMBOLOGIES, read_scan
from suyuan.trace.gs1.short_links import in_full
from suyuan.trace.gs1.spelling import MOST_CHARACTERS, identify
from suyuan.trace.gs1.verdict import Elements, Leniency

_AROUND = " \t\r\n"  # not str.strip(): that would take the separator too
_SYMBOLOGY = re.compile(r"\](?P<identifier>[A-Za-z][0-9A-Za-z])")
_TRADE_ITEM = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_RAW = re.compile(r"01[0-9]{14}|00[0-9]{18}$")
# What names the object is wanted: an attribute that GS1 has yet to assign does not stand in its way.
_LENIENT = Leniency(unknown_ais=True, as_typed=True)


def scanned(text: str) -> Identifier:
    """The identifier in ``text`` as read from a symbol or a tag, or typed from below one.

    Understood is whatever :func:`~suyuan.trace.gs1.spelling.identify` reads, short links of any host, and
    element strings, bracketed or as a scanner gives them, with or without symbology identifier; attributes
    such as dates are passed over. The number alone of an EAN or UPC symbol is a ``product``: it names neither
    lot nor item.

    >>> scanned("]C101095060001343521729061521123").key
    'https://id.gs1.org/01/09506000134352/21/123'
    >>> scanned("(01)09506000134352(10)ABC").key
    'https://id.gs1.org/01/09506000134352/10/ABC'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    if len(text) > MOST_CHARACTERS:
        return identify(text)  # which refuses it
    text = text.strip(_AROUND)
    symbology = _SYMBOLOGY.match(text)
    if symbology and COMPOSITE in text:
        verdict = read_scan(text, _LENIENT).verdict
        return _named(verdict.elements or verdict.confirmed())
    if symbology:
        text = text[symbology.end() :]
    text = text.removesuffix(GS)
    if text.startswith("("):
        return _named(parse_bracketed(text, _LENIENT))
    if _TRADE_ITEM.fullmatch(text):
        return identifier_of((("01", text),))
    if (symbology and symbology["identifier"] in GS1_SYMBOLOGIES) or text[:1] == GS or _RAW.match(text):
        return _named(parse_raw(text.removeprefix(GS), GS, _LENIENT))
    return _of_uri(text)


def _of_uri(uri: str) -> Identifier:
    found = identify(uri)
    link = in_full(uri) if found.kind == "other" and not found.ais else None
    return found if link is None else identify(link)


def _named(elements: Elements) -> Identifier:
    """The identifier among ``elements``: the first key with those of its qualifiers that are told."""
    key = next((ai for ai, _ in elements if ai in KEYS), "")
    own = {ai for order in KEYS.get(key, ()) for ai in order} | {key}
    naming = dict.fromkeys(each for each in elements if each[0] in own)
    return identifier_of(tuple(naming) or elements[:1])

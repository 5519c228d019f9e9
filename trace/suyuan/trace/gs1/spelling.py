"""Any spelling of an identifier to the one canonical key."""

from __future__ import annotations

import re
from functools import lru_cache

from suyuan.trace.gs1.digital_links import NOT_IN_A_URI
from suyuan.trace.gs1.errors import CharacterError, LengthError, StructureError, shown
from suyuan.trace.gs1.identifier import Identifier, assembled
from suyuan.trace.gs1.link import elements_of_path
from suyuan.trace.gs1.own import own_of_link
from suyuan.trace.gs1.plain import item_elements, item_key, item_with_lot, plain_key
from suyuan.trace.gs1.short_links import uncompressed
from suyuan.trace.gs1.urn import identifier_of_urn, urn_of
from suyuan.trace.gs1.verdict import Elements

MOST_CHARACTERS = 2048
"""Longer URIs are refused: no identification key needs a tenth of it."""

# What strangers send stays below some 30 MB: only short spellings are remembered.
_CACHED = 32_768
_LONGEST_CACHED = 256
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?=.)")
_WEB = re.compile(r"https?://([^/?#]+)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_WEB_SCHEME = re.compile("https?:", re.IGNORECASE)
_ONLY_DIGITAL_LINKS = "id.gs1.org"


def identify(uri: str) -> Identifier:
    """The identifier that ``uri`` spells.

    Understood are EPC URNs (pure identity, class, pattern, tag), GS1 Digital Links of any host and prefix,
    own identifiers of any platform (``https://…/own/…``), and a bare Digital Link path. Links may be
    compressed where that cannot be chance: behind a key in clear, as a bare path and at id.gs1.org. Any other
    absolute URI is an identifier of kind ``other``, its own key.

    >>> identify("urn:epc:id:sgtin:9506000.013435.123").key
    'https://id.gs1.org/01/09506000134352/21/123'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    return _remembered(uri) if len(uri) <= _LONGEST_CACHED else _identify(uri)


def canonical_key(uri: str) -> str:
    """The canonical key of what ``uri`` spells; see :func:`identify`."""
    if (key := item_key(uri)) is not None:
        return key
    if (told := item_with_lot(uri)) is not None:
        return told[0]
    if len(uri) <= _LONGEST_CACHED:
        return _remembered_key(uri) or _remembered(uri).key
    return _identify(uri).key


def to_urn(key: str, company_prefix_length: int) -> str | None:
    """The EPC pure identity or class URN of ``key`` (any spelling), None where EPC has no scheme for it.

    >>> to_urn("https://id.gs1.org/01/09506000134352/21/123", 7)
    'urn:epc:id:sgtin:9506000.013435.123'
    """
    return urn_of(identify(key), company_prefix_length)


def _identify(uri: str) -> Identifier:
    if (plain := item_elements(uri)) is not None:
        return assembled(plain)
    _check_characters(uri)
    if uri[:8].lower() == "urn:epc:":
        return identifier_of_urn(uri) or Identifier(uri, "other")
    web = _WEB.match(uri)
    if web:
        host, path, query = web.groups()
        if "/own/" in path and host.lower() != _ONLY_DIGITAL_LINKS:
            own = own_of_link(uri)
            if own is not None:
                return own
        ais = _elements(uri, path, query or "", certainly=host.lower() == _ONLY_DIGITAL_LINKS)
        return Identifier(uri, "other") if ais is None else assembled(ais)
    if _ABSOLUTE.match(uri) and not _WEB_SCHEME.match(uri):
        return Identifier(uri, "other")
    if uri[:1].isdigit() or uri[:1] == "/":
        path, _, query = uri.partition("#")[0].partition("?")
        ais = _elements(uri, path, query, certainly=True)
        if ais is not None:
            return assembled(ais)
    raise StructureError(
        "{value} is neither a URI nor the path of a Digital Link.",
        remedy="Write an EPC URN (urn:epc:id:…), a Digital Link (https://…/01/…) or another absolute URI.",
        value=shown(uri),
    )


def _elements(uri: str, path: str, query: str, *, certainly: bool) -> Elements | None:
    """The element strings of a path, or of the link that it is short for."""
    try:
        ais = elements_of_path(path, query, certainly=certainly)
    except StructureError:  # the last segment has no AI before it: behind a key it may be packed
        if (plain := uncompressed(uri)) is None:
            raise
    else:
        if ais is not None or not certainly or (plain := uncompressed(uri)) is None:
            return ais
    found = _WEB.match(plain)
    path, _, query = (plain[found.start(2) :] if found else plain).partition("?")
    return elements_of_path(path, query, certainly=True)


_remembered = lru_cache(maxsize=_CACHED)(_identify)
_remembered_key = lru_cache(maxsize=_CACHED)(plain_key)


def _check_characters(uri: str) -> None:
    if len(uri) > MOST_CHARACTERS:
        raise LengthError(
            "The identifier has {length} characters; at most {expected} are read.",
            remedy="An identifier is a short URI: see what else was sent in its place.",
            length=len(uri),
            expected=MOST_CHARACTERS,
        )
    wrong = NOT_IN_A_URI.search(uri)
    if wrong and (_ABSOLUTE.match(uri) or uri[:1] == "/"):
        raise CharacterError(
            "",
            "the URI",
            uri,
            wrong.start() + 1,
            "unreserved, reserved and percent-encoded characters (RFC 3986)",
        )

"""Compressed GS1 Digital Links, and back: the same elements in fewer characters, for small symbols and tags.

Source: GS1 Digital Link Standard 1.1, compression.

::

    https://id.gs1.org/01/05412345000013/10/ABC123?17=290331      as it is
    https://id.gs1.org/01/05412345000013/EEarwSMXLjTY             the key in clear
    https://id.gs1.org/DQnYUc1gmjcXx…                             all of it

What is packed and how tells :mod:`suyuan.trace.gs1.packed`. Whoever needs a service of the link's host reads
it as before: stem, parameters that are none of GS1's, and fragment stand where they stood.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote, unquote

from suyuan.trace.gs1.application_identifiers import APPLICATION_IDENTIFIERS, KEYS
from suyuan.trace.gs1.digital_links import DigitalLink, parse_link
from suyuan.trace.gs1.errors import IdentifierError, StructureError, shown
from suyuan.trace.gs1.faults import Fault, Gs1SyntaxError
from suyuan.trace.gs1.packed import LONGEST, Pairs, given_twice, is_disputed, packed, unpacked
from suyuan.trace.gs1.verdict import OLD_LABELS, Elements, content_fault, form_fault

_ADDRESS = re.compile(r"((?:https?|HTTPS?)://[^/?#]+)(/[^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_NO_KEY = frozenset(("no-key-in-path", "uri-without-path"))
_PARAMETER = re.compile(rf"(?![0-9]+=)[A-Za-z0-9_-]{{1,{LONGEST}}}=")
# What may stand in a query as it is, except that some read + as a space.
_IN_A_QUERY = "-._~!$'()*,;:@/?="


def compressed(uri: str, *, key_in_clear: bool = False, optimised: bool = True, others: bool = False) -> str:
    """``uri``, a Digital Link compressed or not, in its compressed form.

    With ``key_in_clear`` the primary key stands as it is and only the rest is packed (nothing, where there is
    no rest). ``optimised`` uses one code for several AIs that often stand together. With ``others`` the
    parameters that are none of GS1's are packed too, all of them or, where one cannot be, none.

    >>> compressed("https://id.gs1.org/01/05412345000013/10/ABC123", optimised=False)
    'https://id.gs1.org/AQnYUc1gmiCNV4JG'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` for what is no well-formed Digital Link, and
    where stem or key look so much like another key that nobody could read the result.
    """
    link = _read(uri)
    packable = _packable(link.parameters) if others else ()
    clear, elements = (link.path[:1], link.elements[1:]) if key_in_clear else ((), link.elements)
    path = _path(clear)
    if elements or packable:
        path += "/" + packed(elements, packable, optimised=optimised)
    parameters = () if packable else link.parameters
    result = link.stem + path + _tail(parameters, link.fragment)
    if not _tells(result, link):
        raise StructureError(
            "The link cannot be compressed: it would not be seen where the compressed part begins.",
            remedy="Leave it as it is, or take an address that has nothing like a key in it.",
            value=shown(uri),
        )
    return result


def decompressed(uri: str) -> str:
    """The Digital Link ``uri``, compressed wholly, in part or not at all, with nothing compressed.

    Attributes stand in the order of their AIs, values are escaped in one way, and a GTIN has 14 digits: two
    links that tell the same below one stem come out as one. Linear in the length of ``uri``.

    >>> decompressed("https://id.gs1.org/AQnYUc1gmiCNV4JG")
    'https://id.gs1.org/01/05412345000013/10/ABC123'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` for what is no well-formed Digital Link. What
    values mean, check digits among it, is for :func:`~suyuan.trace.gs1.digital_links.check_link` to judge.
    """
    link = _read(uri)
    attributes = tuple(f"{ai}={_escaped(value)}" for ai, value in link.attributes)
    return link.stem + _path(link.path) + _tail(attributes + link.parameters, link.fragment)


def _tells(uri: str, link: DigitalLink) -> bool:
    """Whether ``uri`` is read as ``link``."""
    try:
        return _read(uri) == link
    except IdentifierError:
        return False


def _read(uri: str) -> DigitalLink:
    """The parts of a Digital Link of either kind, its attributes in the order of their AIs."""
    try:
        return _confirmed(parse_link(uri, OLD_LABELS))
    except Gs1SyntaxError as error:
        found = _ADDRESS.fullmatch(uri)
        if found is None:
            raise
        origin, path, query, fragment = found.groups()
        head, _, text = path.removesuffix("/").rpartition("/")
        stem, clear = _in_clear(origin + head)
        # No code for AIs begins with a digit: such a text is a value, only of no key.
        if not text or text.isdigit() or not (clear or error.fault.code in _NO_KEY):
            raise
    return _read_compressed(text, stem, clear, query, fragment)


def _read_compressed(
    text: str, stem: str, clear: Elements, query: str | None, fragment: str | None
) -> DigitalLink:
    if not is_disputed(text):
        return _unpacked(text, stem, clear, query, fragment, as_toolkit=False)
    ways: list[DigitalLink] = []
    faults: list[IdentifierError] = []
    for as_toolkit in (False, True):
        try:
            ways.append(_unpacked(text, stem, clear, query, fragment, as_toolkit=as_toolkit))
        except IdentifierError as error:
            faults.append(error)
    if not ways:
        raise faults[0]
    if len(ways) > 1:  # data in the wrong order seldom make sense
        ways = [link for link in ways if _is_sound(link)] or ways
    if len(ways) > 1 and ways[0] != ways[1]:
        raise StructureError(
            "The compressed link can be read in two ways: makers of its code order the data differently.",
            where=shown(text),
            remedy="Ask who made it for the link that is not compressed.",
            value=shown(text),
        )
    return ways[0]


def _is_sound(link: DigitalLink) -> bool:
    return all(content_fault(ai, value) is None for ai, value in link.elements)


def _in_clear(uri: str) -> tuple[str, Elements]:
    """Stem and elements of what stands before the compressed part: a key in clear, or only a stem."""
    try:
        link = parse_link(uri, OLD_LABELS)
    except Gs1SyntaxError as error:
        if error.fault.code not in _NO_KEY:
            raise
        return uri, ()
    return link.stem, link.elements


def _unpacked(
    text: str, stem: str, clear: Elements, query: str | None, fragment: str | None, *, as_toolkit: bool
) -> DigitalLink:
    elements, others = unpacked(text, as_toolkit=as_toolkit)
    told_twice = {ai for ai, _ in clear} & {ai for ai, _ in elements}
    if told_twice:
        raise given_twice(min(told_twice), text)
    path, attributes = _placed(clear + elements)
    told = [f"{ai}={_escaped(value)}" for ai, value in attributes]
    told += [f"{name}={quote(value, safe=_IN_A_QUERY)}" for name, value in others]
    told += [query] if query else []
    # Read again as a whole, it keeps every rule of a link that never was compressed.
    return _confirmed(parse_link(stem + _path(path) + _tail(told, fragment), OLD_LABELS))


def _placed(elements: Elements) -> tuple[Elements, Elements]:
    """Path and attributes: the first key, the qualifiers of the order that leaves only attributes over."""
    values = dict(elements)
    key = next((ai for ai, _ in elements if ai in KEYS), None)
    if key is None:
        raise Gs1SyntaxError(Fault("no-key"))
    paths = [(key, *(ai for ai in order if ai in values)) for order in KEYS[key]]
    paths.sort(key=len, reverse=True)
    fitting = (path for path in paths if all(_is_attribute(ai) or ai in path for ai in values))
    path = next(fitting, paths[0])
    rest = [ai for ai in values if ai not in path]
    return tuple((ai, values[ai]) for ai in path), tuple((ai, values[ai]) for ai in rest)


def _is_attribute(ai: str) -> bool:
    return APPLICATION_IDENTIFIERS[ai].attribute


def _confirmed(link: DigitalLink) -> DigitalLink:
    """``link`` in its one form, once every value has the length and the characters of its AI."""
    for ai, value in link.elements:
        fault = form_fault(ai, value)
        if fault is not None:
            raise fault.error()
    return replace(link, attributes=tuple(sorted(link.attributes)))


def _packable(parameters: tuple[str, ...]) -> Pairs:
    """``parameters`` as names and values that can be packed without loss; empty where one of them cannot."""
    pairs: list[tuple[str, str]] = []
    for parameter in parameters:
        name, _, text = parameter.partition("=")
        value = unquote(text)
        lossless = value.isascii() and len(value) <= LONGEST and quote(value, safe=_IN_A_QUERY) == text
        if not (lossless and _PARAMETER.match(parameter)):
            return ()
        pairs.append((name, value))
    return tuple(pairs)


def _path(elements: Elements) -> str:
    return "".join(f"/{ai}/{_escaped(value)}" for ai, value in elements)


def _tail(parameters: tuple[str, ...] | list[str], fragment: str | None) -> str:
    query = "?" + "&".join(parameters) if parameters else ""
    return query if fragment is None else f"{query}#{fragment}"


def _escaped(value: str) -> str:
    return quote(value, safe="")

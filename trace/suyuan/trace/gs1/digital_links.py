"""GS1 Digital Link URIs: taken apart, checked, built, and in canonical form.

Source: GS1 Digital Link Standard, URI syntax 1.6 §4; RFC 3986. The key and its qualifiers are the last places
of the path, whatever stands before them; attributes are query parameters whose names are digits, all other
parameters belong to somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from suyuan.trace.gs1.application_identifiers import APPLICATION_IDENTIFIERS, KEYS, PATHS, Combination
from suyuan.trace.gs1.element_strings import add, refuse_size
from suyuan.trace.gs1.faults import Fault, Gs1SyntaxError
from suyuan.trace.gs1.verdict import (
    GTIN_DIGITS,
    SHORT_GTINS,
    STRICT,
    Elements,
    Leniency,
    Verdict,
    row_of,
    verdict_of,
)

CANONICAL_STEM = "https://id.gs1.org"

# Edition 1.0 of the standard had names for keys and qualifiers.
_SHORT_NAMES = {
    "gtin": "01", "cpv": "22", "lot": "10", "ser": "21", "sscc": "00", "gln": "414", "glnx": "254",
    "party": "417", "payto": "415", "refno": "8020", "gdti": "253", "gcn": "255", "ginc": "401",
    "gsin": "402", "gmn": "8013", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010",
    "cpsn": "8011", "gsrnp": "8017", "gsrn": "8018", "srin": "8019",
}  # fmt: skip
NOT_IN_A_URI = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
# In capitals a link makes a smaller QR symbol; RFC 3986 would allow mixed case too, the reference does not.
_URI = re.compile(r"(?:https?|HTTPS?)://([^/]+)(/[^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_SCHEME = re.compile(r"(?:https?|HTTPS?)://")
_NOT_IN_A_HOST = re.compile(r"[_~?#@!$&'()*+,;=%]")
# Values are written whatever they are: half a surrogate pair must not stop a link.
_in_path = partial(quote, safe="", errors="surrogatepass")
_in_query = partial(quote_plus, safe="", errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """The parts of a Digital Link. ``stem`` is what stands before the key, without a slash at its end.

    ``path`` is the key with its qualifiers, ``attributes`` the AIs of the query, both with values decoded;
    ``parameters`` are the other parameters of the query, as they stand; ``fragment`` is None without ``#``.
    """

    stem: str
    path: Elements
    attributes: Elements = ()
    parameters: tuple[str, ...] = ()
    fragment: str | None = None

    @property
    def elements(self) -> Elements:
        """All elements, as they are told."""
        return self.path + self.attributes


def parse_link(uri: str, leniency: Leniency = STRICT) -> DigitalLink:
    """The parts of the Digital Link ``uri``.

    >>> parse_link("https://example.cn/s/01/09506000134352/10/A%2F1?17=271231&lang=zh").elements
    (('01', '09506000134352'), ('10', 'A/1'), ('17', '271231'))

    Raises :class:`~suyuan.trace.gs1.faults.Gs1SyntaxError` where it is not well formed as a link: lengths of
    values and the places of AIs are looked at, not what values mean.
    """
    refuse_size(uri)
    found = _URI.fullmatch(uri)
    wrong = NOT_IN_A_URI.search(uri)
    if wrong or found is None:
        raise Gs1SyntaxError(_no_address(uri, wrong))
    host, path, query, fragment = found.groups()
    wrong = _NOT_IN_A_HOST.search(host)
    if wrong:
        raise Gs1SyntaxError(Fault("uri-domain", "", host, wrong.start(), 1))
    segments = path.split("/")
    start = start_of_key(segments, leniency)
    if not start:
        raise Gs1SyntaxError(Fault("no-key-in-path", "", uri, found.start(2), len(path)))
    told: list[tuple[str, str]] = []
    for index in range(start, len(segments), 2):
        _tell(told, ai_of(segments[index], leniency), segments[index + 1], unquote, leniency)
    count = len(told)
    parameters = _tell_query(told, query, leniency) if query else ()
    elements = tuple(told)
    fault = _misplaced(tuple([ai for ai, _ in elements[:count]]), tuple([ai for ai, _ in elements[count:]]))
    if fault:
        raise Gs1SyntaxError(fault)
    tail = sum(map(len, segments[start:])) + len(segments) - start
    stem = uri[: found.end(2) - tail]
    return DigitalLink(stem, elements[:count], elements[count:], parameters, fragment)


def check_link(uri: str, leniency: Leniency = STRICT) -> Verdict:
    """The verdict on ``uri`` as a Digital Link: form, contents and associations."""
    try:
        return verdict_of(parse_link(uri, leniency).elements)
    except Gs1SyntaxError as error:
        return Verdict((), (error.fault,))


def link_of_elements(elements: Elements, stem: str = CANONICAL_STEM, leniency: Leniency = STRICT) -> str:
    """The Digital Link of ``elements`` below ``stem``.

    The first key among them begins it; the rest that does not qualify it are attributes: those of predefined
    length first, else in the order told; a repeated AI stands once.

    >>> link_of_elements((("10", "A/1"), ("01", "09506000134352"), ("3103", "000750")), "https://example.cn/")
    'https://example.cn/01/09506000134352/10/A%2F1?3103=000750'

    Raises :class:`~suyuan.trace.gs1.faults.Gs1SyntaxError` where no key is among them, or an AI that has no
    place in a Digital Link. Values are not looked at.
    """
    plan = _plan(tuple([ai for ai, _ in elements]), leniency)
    if isinstance(plan, Fault):
        raise Gs1SyntaxError(plan)
    path, attributes = plan
    link = stem.removesuffix("/") + "".join(
        [f"/{elements[at][0]}/{_in_path(elements[at][1])}" for at in path]
    )
    if not attributes:
        return link
    return f"{link}?" + "&".join([f"{elements[at][0]}={_in_query(elements[at][1])}" for at in attributes])


def canonical_link(elements: Elements) -> str:
    """The one canonical Digital Link of ``elements``: that below :data:`CANONICAL_STEM`."""
    return link_of_elements(elements)


def _no_address(uri: str, wrong: re.Match[str] | None) -> Fault:
    """Why ``uri`` is no web address with a path."""
    if wrong:
        return Fault("uri-character", "", uri, wrong.start(), 1)
    return Fault("uri-without-path" if _SCHEME.match(uri) else "uri-scheme", "", uri, 0, len(uri))


def ai_of(name: str, leniency: Leniency) -> str:
    """The AI that a segment of the path names, by its digits or an old name."""
    return _SHORT_NAMES.get(name.lower(), name) if leniency.short_names else name


def start_of_key(segments: list[str], leniency: Leniency) -> int:
    """Where the key stands: looked for from the end, over pairs of AIs and values; 0 where there is none."""
    for index in range(len(segments) - 2, 0, -2):
        ai = ai_of(segments[index], leniency)
        if ai in KEYS:
            return index
        if row_of(ai, leniency) is None:
            break
    return 0


def _tell(
    told: list[tuple[str, str]], ai: str, text: str, decode: Callable[..., str], leniency: Leniency
) -> None:
    """Append the element ``ai`` with its percent-decoded value."""
    value = decode(text, encoding="latin-1") if "%" in text or "+" in text else text
    if "\0" in value:
        raise Gs1SyntaxError(Fault("null-character", ai, value, value.index("\0"), 1))
    if leniency.short_gtins and ai == "01" and len(value) in SHORT_GTINS:
        value = value.zfill(GTIN_DIGITS)
    add(told, ai, value)


def _tell_query(told: list[tuple[str, str]], query: str, leniency: Leniency) -> tuple[str, ...]:
    """Append the attributes of ``query``; return the parameters that are none."""
    parameters: list[str] = []
    for pair in query.split("&"):
        name, equals, text = pair.partition("=")
        if equals and name.isdigit():  # a URI has no digits but those of ASCII
            if row_of(name, leniency) is None:
                raise Gs1SyntaxError(Fault("unknown-ai", "", pair, 0, len(name)))
            _tell(told, name, text, unquote_plus, leniency)
        elif pair:
            parameters.append(pair)
    return tuple(parameters)


@lru_cache(maxsize=1024)
def _misplaced(path: Combination, attributes: Combination) -> Fault | None:
    """The first AI that has no place where it stands; the values do not matter."""
    if path not in PATHS:
        found = "/".join(path)
        return Fault("path-order", "", found, 0, len(found))
    for index, ai in enumerate(attributes):
        if ai in path or ai in attributes[:index]:
            return Fault("repeated-in-query", ai)
        row = APPLICATION_IDENTIFIERS.get(ai)
        if row is None:
            continue  # one that the caller let pass
        if not row.attribute:
            return Fault("not-an-attribute", ai)
        if any((*path[:at], ai, *path[at:]) in PATHS for at in range(1, len(path) + 1)):
            return Fault("belongs-in-path", ai)
    return None


@lru_cache(maxsize=1024)
def _plan(ais: Combination, leniency: Leniency) -> tuple[tuple[int, ...], tuple[int, ...]] | Fault:
    """Which elements stand in the path and which in the query, by their places in ``ais``."""
    key = next((ai for ai in ais if ai in KEYS), None)
    if key is None:
        return Fault("no-key")
    # The order that takes up most of the elements; of equals the first.
    order = max(KEYS[key], key=lambda order: sum(ais.count(ai) for ai in order))
    path = [ai for ai in (key, *order) if ai in ais]
    rest = [ai for ai in dict.fromkeys(ais) if ai not in path]
    first: list[int] = []
    then: list[int] = []
    for ai in rest:
        row = row_of(ai, leniency)
        if row is None or not row.attribute:
            return Fault("not-an-attribute", ai)
        (first if row.predefined else then).append(ais.index(ai))
    return tuple(map(ais.index, path)), (*first, *then)

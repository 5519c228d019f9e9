"""Identifiers of those who have none from GS1: https URIs in the namespace of the platform that gave them.

::

    https://HOST[/prefix]/own/product/CODE[/lot/LOT][/serial/SERIAL]
    https://HOST[/prefix]/own/unit/CODE
    https://HOST[/prefix]/own/place/CODE[/point/POINT]
    https://HOST[/prefix]/own/party/CODE
    https://HOST[/prefix]/own/recipe/CODE

The URI is the identifier and the link on the label at once. It never looks like a GS1 Digital Link: no number
is invented that GS1 could have given to somebody else, and a CODE begins with a letter where the key of a
Digital Link begins with a digit. A CODE is of :data:`ALPHABET`, has a digit in it and ends with a check
character. LOT, SERIAL and POINT are short texts in any script, percent-encoded.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import unquote_to_bytes, urlsplit

from suyuan.trace.gs1.elements import element_value
from suyuan.trace.gs1.errors import (
    CharacterError,
    CheckCharacterError,
    LengthError,
    StructureError,
    shown,
)
from suyuan.trace.gs1.identifier import Identifier, Kind, digital_link, escaped, identifier_of
from suyuan.trace.gs1.link import unescaped
from suyuan.trace.gs1.verdict import Elements

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 digits and letters that nobody confuses: without I, L, O and U."""

OWN_KINDS = ("product", "unit", "place", "party", "recipe")
SHORTEST_CODE, LONGEST_CODE = 4, 16
LONGEST_TEXT = 40
"""Characters of a lot, a serial or a point."""

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans("OIL", "011")  # what people write for what they see
_LINK = re.compile(
    rf"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<prefix>[^?#]*?)/own/(?P<kind>{'|'.join(OWN_KINDS)})"
    r"/(?P<rest>[^?#]+)",
    re.IGNORECASE,
)
_LIKE_A_CODE = re.compile(r"(?=.*[0-9])[A-Za-z][A-Za-z0-9]{3,15}")
_PARTS: dict[str, tuple[str, ...]] = {
    "product": ("lot", "serial"),
    "unit": (),
    "place": ("point",),
    "party": (),
    "recipe": (),
}
_KINDS: dict[str, Kind] = {
    "product": "product",
    "unit": "unit",
    "place": "place",
    "party": "other",
    "recipe": "other",
}
_KINDS_OF_PARTS: dict[str, Kind] = {"lot": "lot", "serial": "item", "point": "place"}
_FINEST = {"product": ("serial", "lot"), "place": ("point",)}
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_USUAL_PORTS = {"http": 80, "https": 443}
_FIRST = frozenset(ALPHABET) - frozenset("0123456789")


def check_character(body: str) -> str:
    """The character that, put behind ``body``, lets every wrong character and every swap of two be found.

    >>> check_character("P00001")
    'A'

    It makes the sum of the characters, weighted with powers of a generator of GF(32), zero: the weights of
    any two places differ as long as a code has at most 31 characters.
    """
    return ALPHABET[_times_generator(_weighted_sum(body))]


def is_checked(code: str) -> bool:
    """Whether the last character of ``code`` is the check character of the others."""
    return bool(code) and _weighted_sum(code) == 0


def _weighted_sum(code: str) -> int:
    total = 0
    for character in code:
        total = _times_generator(total) ^ _VALUES[character]
    return total


def _times_generator(value: int) -> int:
    """``value`` times x in GF(2)[x] modulo the primitive polynomial x^5 + x^2 + 1."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def code_of_number(letter: str, number: int, width: int = 5) -> str:
    """The code of the ``number``-th thing of a series: its letter, the number with 32 digits, the check.

    >>> code_of_number("P", 1)
    'P00001A'
    """
    digits = ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    body = letter + digits.rjust(width, "0")
    return body + check_character(body)


def namespace_of(url: str) -> str:
    """The namespace of a platform that the world reaches under ``url``: always https, without a usual port.

    >>> namespace_of("http://Trace.Example.cn:80/s/")
    'https://trace.example.cn/s'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _USUAL_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"https://{host}{port}{parts.path.rstrip('/')}"


def own_identifier(namespace: str, kind: str, code: str, **parts: str) -> Identifier:
    """The identifier of a code in a namespace, with its lot, serial or point.

    >>> own_identifier("https://example.cn", "product", "P00001A", lot="A 1").key
    'https://example.cn/own/product/P00001A/lot/A%201'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    told = [(name, _text(name, parts[name])) for name in _PARTS[kind] if parts.get(name)]
    return _assembled(namespace, ((kind, _checked_code(kind, code)), *told))


def own_of_link(url: str, *, strictly: bool = False) -> Identifier | None:
    """The own identifier that a web address spells, None where it is no such.

    Other people's pages may have ``/own/product/`` in their address: what does not look like a code at all
    (letters, a digit among them) is theirs, unless ``strictly`` says that the address is one of ours.

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` for what looks like a code and is wrong.
    """
    found = _LINK.match(url)
    if found is None or not _is_authority(found["authority"]):
        return None
    kind = found["kind"].lower()
    code, *rest = found["rest"].strip("/").split("/")
    if not strictly and not _LIKE_A_CODE.fullmatch(code):
        return None
    told = _pairs(kind, rest)
    namespace = namespace_of(f"{found['scheme'].lower()}://{found['authority']}{found['prefix']}")
    return _assembled(namespace, ((kind, _checked_code(kind, code)), *told))


def link_of(identifier: Identifier, base: str) -> str:
    """What stands in the symbol or tag of ``identifier``: its Digital Link under ``base``, or its own URI.

    An own URI has its lot beside its serial, and the scheme of ``base`` where ``base`` is its namespace.
    """
    if not identifier.own:
        return digital_link(identifier.ais, base)
    link = identifier.namespace + _path(identifier.own)
    plain = urlsplit(base).scheme == "http" and namespace_of(base) == identifier.namespace
    return f"http{link.removeprefix('https')}" if plain else link


def piece_of(product: Identifier, *, lot: str = "", serial: str = "") -> Identifier:
    """The lot or item of ``product``, in whichever system its product is named.

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` where the system cannot name it so.
    """
    code = product.own_part("product")
    if code is not None:
        return own_identifier(product.namespace, "product", code, lot=lot, serial=serial)
    if product.gtin is None:
        raise StructureError(
            "{value} is not a product.",
            remedy="Name a product by its GTIN or by its own code.",
            value=shown(product.key),
        )
    more = [(ai, value) for ai, value in (("10", lot), ("21", serial)) if value]
    return identifier_of([("01", product.gtin), *more])


def plain_lot(name: str) -> str | None:
    """``name`` if GS1 takes it as a lot (AI 10: at most 20 characters of set 82), else None."""
    try:
        return element_value("10", name)
    except (CharacterError, LengthError):
        return None


def lot_code(name: str) -> str:
    """A lot number of GS1 for a lot called ``name``: itself where it can be one, else one made of it.

    The same name always gives the same number, so that two who type it mean one lot.

    >>> lot_code("L-7"), len(lot_code("端午"))
    ('L-7', 8)
    """
    plain = plain_lot(name)
    if plain is not None:
        return plain
    number = int.from_bytes(hashlib.sha256(unicodedata.normalize("NFC", name).encode()).digest()[:5])
    return "".join(ALPHABET[number >> (5 * place) & 31] for place in range(8))


def grouped(code: str, size: int = 4) -> str:
    """``code`` in groups, as people read and type it.

    >>> grouped("7K3M9PQRT4WX")
    '7K3M 9PQR T4WX'
    """
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


def read_as(text: str) -> str:
    """``text`` as a code: capital letters, without spaces and hyphens, O read as 0, I and L as 1."""
    return re.sub(r"[\s-]", "", text).upper().translate(_READ_AS)


def _is_authority(text: str) -> bool:
    """Whether ``text`` is a host with or without a port, and nothing odd."""
    found = _AUTHORITY.fullmatch(text)
    return found is not None and int(found["port"] or 0) < 1 << 16


def _checked_code(kind: str, code: str) -> str:
    """``code`` in canonical form."""
    read = code.upper().translate(_READ_AS)
    if not SHORTEST_CODE <= len(read) <= LONGEST_CODE:
        raise LengthError(
            "The code {value} has {length} characters, not {expected}.",
            where=kind,
            remedy="Compare it with the label; nothing may be left out or added.",
            name=kind,
            value=shown(code),
            length=len(read),
            expected=f"{SHORTEST_CODE} to {LONGEST_CODE}",
        )
    for position, character in enumerate(read, 1):
        if character not in (_VALUES if position > 1 else _FIRST):
            allowed = "digits and capital letters without I, L, O and U, a letter first"
            raise CharacterError(kind, "the code", code, position, allowed)
    if not is_checked(read):
        raise CheckCharacterError(kind, code)
    return read


def _pairs(kind: str, segments: list[str]) -> Elements:
    """What follows the code in the path: names of parts and their values, in their order."""
    names = _PARTS[kind]
    told: list[tuple[str, str]] = []
    for index in range(0, len(segments), 2):
        name = segments[index].lower()
        after = names[names.index(told[-1][0]) + 1 :] if told else names
        if name not in after or index + 1 == len(segments) or not segments[index + 1]:
            raise StructureError(
                "{value} cannot follow {key} in a code of this platform.",
                where=shown(segments[index]),
                remedy="After a product come /lot/ and /serial/, after a place /point/, each with its value.",
                value=shown("/".join(segments[index:])),
                key=told[-1][0] if told else kind,
            )
        told.append((name, _text(name, _decoded(segments[index + 1], name))))
    return tuple(told)


def _decoded(segment: str, where: str) -> str:
    unescaped(segment, where)  # says which escape is broken
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as error:
        raise CharacterError(where, "the part", segment, error.start + 1, "text in UTF-8") from error


def _text(where: str, value: str) -> str:
    """A lot, serial or point as one spelling: composed characters (NFC), nothing invisible."""
    text = unicodedata.normalize("NFC", value)
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise LengthError(
            "The {name} {value} has {length} characters, not {expected}.",
            where=where,
            remedy="Shorten it; what else there is to say stands in the record.",
            name=where,
            value=shown(text),
            length=len(text),
            expected=f"1 to {LONGEST_TEXT}",
        )
    for position, character in enumerate(text, 1):
        at_an_end = position in (1, len(text))
        if not character.isprintable() or character == "\N{REPLACEMENT CHARACTER}" or (
            character == " " and at_an_end
        ):  # fmt: skip
            raise CharacterError(where, "the part", text, position, "visible characters and single spaces")
    if text in (".", ".."):  # browsers would take it out of the address
        raise CharacterError(where, "the part", text, 1, "more than a dot")
    return text


def _assembled(namespace: str, own: Elements) -> Identifier:
    kind, code = own[0]
    told = dict(own)
    finest = next((name for name in _FINEST.get(kind, ()) if name in told), "")
    parts = ((kind, code), *(((finest, told[finest]),) if finest else ()))
    return Identifier(namespace + _path(parts), _KINDS_OF_PARTS.get(finest, _KINDS[kind]), (), namespace, own)


def _path(own: Elements) -> str:
    return "/own" + "".join(f"/{name}/{escaped(value)}" for name, value in own)

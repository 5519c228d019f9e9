"""What a person typed into the look-up box, turned into the path of a Digital Link."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import SplitResult, quote, unquote, urlsplit

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import Identifier, IdentifierError, decode_epc, digital_link, identify, scanned
from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.digital_links import ai_of, start_of_key
from suyuan.trace.gs1.element_strings import GS
from suyuan.trace.gs1.errors import shown
from suyuan.trace.gs1.own import OWN_KINDS, read_as
from suyuan.trace.gs1.short_links import in_full
from suyuan.trace.gs1.verdict import OLD_LABELS

MAX_LENGTH = 500

_AROUND = " \t\r\n\u3000"  # not all that str.strip() takes: the separator of a scanner is a space to it
_ELEMENT = re.compile(r"[(\[](\d{2,4})[)\]]([^()\[\]]+)")
_PATH_ORDER = ("00", "01", "22", "10", "21")  # the key, then its qualifiers as the syntax orders them
_LIKE_A_LINK = re.compile(r"(?:https?:)?//|/|[\w.-]+\.[A-Za-z]{2,}(?::\d+)?/", re.IGNORECASE)
_KEY_VALUE = re.compile("[0-9]{4}")
# A keyboard wedge has no key for FNC1: it types one of these, if anything.
_SEPARATORS = re.compile(r"\x1d|␝|<GS>|\{GS\}|\^", re.IGNORECASE)
_RAW = re.compile(r"\][A-Za-z][0-9A-Za-z]|\x1d|01[0-9]{14}.|00[0-9]{18}\x1d?$", re.DOTALL)
_EPC_HEX = re.compile(r"(?:[0-9A-F]{4}){6,}", re.IGNORECASE)
_OWN_CODE = re.compile(r"[A-Z](?=.*[0-9])[A-Z0-9]{3,15}")
_OWN_LETTERS = {"P": "product", "K": "unit"}  # what the codes that platforms give begin with
# What a Chinese keyboard types for the letters, digits and brackets of a label.
_HALF_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {ord("【"): "(", ord("】"): ")"}


def typed_link(text: str, host: str = "") -> str:
    """The path of a link, an element string ``(01)…(21)…``, an EPC, a bare GTIN or SSCC, or an own code.

    A link may be compressed, of an old label (``/gtin/…``), or tell the memory of a tag; element strings may
    be as a scanner gives them, an EPC a URN or hexadecimal. An own code may be followed by its serial, in
    groups as printed. ``host`` is that of this platform: the own links of another one lead to
    ``/other/HOST/…``.

    Only the form is read here; whether the numbers can be right is the house's to say.

    Raises:
        InvalidInput: the text has none of these forms, or what has no other form cannot be right.
    """
    text = "".join(sign for sign in text.strip(_AROUND) if unicodedata.category(sign) != "Cf")
    if len(text) > MAX_LENGTH:
        raise InvalidInput("The code is longer than {limit} characters", where="code", limit=MAX_LENGTH)
    if _LIKE_A_LINK.match(text):
        return _from_own_link(text, host) or _from_link(text)
    text = text.translate(_HALF_WIDTH)
    if text.lower().startswith("urn:"):
        return _path(identify(text), text)
    if text.startswith(("(", "[")):
        return _from_elements(text)
    return _number(text) or _from_scanner(text) or _from_epc_memory(text) or _from_own_code(text)


def typed_query(text: str, host: str) -> str:
    """The query of a pasted link of this very ``host``: its marks say something about the code too."""
    address = _split(text.strip(_AROUND))
    return address.query if address.netloc.lower() == host.lower() and address.netloc else ""


def parts(link: str) -> list[tuple[str, str]]:
    """The pairs of application identifier and value of a Digital Link path, as far as they can be told apart.

    Of an own link the pairs of its part (product, lot, serial …) and value.
    """
    segments = [unquote(part) for part in _split(link).path.split("/") if part]
    for start, segment in enumerate(segments):
        if segment in OWN_KINDS and start and segments[start - 1] == "own":
            return _pairs(segments[start:])
    found = _pairs(segments[_start(segments) :])
    return [(ai_of(name, OLD_LABELS), value) for name, value in found]


def near_gtins(text: str) -> list[str]:
    """The GTINs with a right check digit that differ from ``text`` in one digit or by two that are swapped.

    At most 27: one for each digit, and those of the swaps that mend it.
    """
    digits = [int(digit) for digit in text]
    off = sum(digit * (1 if at % 2 else 3) for at, digit in enumerate(digits)) % 10
    found: list[str] = []
    for at, digit in enumerate(digits):
        factor = 1 if at % 2 else 7  # 7 is what undoes 3, modulo 10
        found.append(_with(digits, at, (digit - off * factor) % 10))
        if at and digits[at - 1] != digit:
            swapped = [*digits[: at - 1], digit, digits[at - 1], *digits[at + 1 :]]
            if not sum(each * (1 if at % 2 else 3) for at, each in enumerate(swapped)) % 10:
                found.append("".join(map(str, swapped)))
    return found


def _with(digits: list[int], at: int, digit: int) -> str:
    return "".join(map(str, [*digits[:at], digit, *digits[at + 1 :]]))


def _start(segments: list[str]) -> int:
    """Where the key of a path stands; where nothing keeps the rules, the first that looks like one."""
    if found := start_of_key(["", *segments], OLD_LABELS):
        return found - 1
    keys = [at for at, segment in enumerate(segments) if ai_of(segment, OLD_LABELS) in KEYS]
    with_value = [at for at in keys if at + 1 < len(segments) and _KEY_VALUE.match(segments[at + 1])]
    return next(iter(with_value or keys), len(segments))


def _pairs(segments: list[str]) -> list[tuple[str, str]]:
    padded = [*segments, ""]
    return [(padded[at], padded[at + 1]) for at in range(0, len(segments), 2)]


def _from_link(text: str) -> str:
    pairs = parts(in_full(text) or text)
    if not pairs or not pairs[0][1]:
        raise InvalidInput(
            "This link names no product and no logistic unit",
            where="code",
            remedy="A Suyuan link contains /01/ or /00/ and a number.",
        )
    return "".join(f"/{quote(ai, safe='')}/{_quoted(value)}" for ai, value in pairs)


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _from_own_link(text: str, host: str) -> str | None:
    address = _split(text)
    before, found, rest = address.path.partition("/own/")
    if not found or rest.split("/", 1)[0] not in OWN_KINDS:
        return None
    path = "/own/" + quote(rest, safe="/%-._~()", errors="replace")
    if not address.netloc or (address.netloc.lower() == host.lower() and not before):
        return path
    where = quote(address.netloc, safe=":[]", errors="replace")
    return f"/other/{where}{quote(before, safe='/%-._~', errors='replace')}{path}"


def _split(link: str) -> SplitResult:
    """The parts of a web address; one that cannot be taken apart has none."""
    try:
        return urlsplit(link)
    except ValueError:  # a bracket that is not closed
        return SplitResult("", "", "", "", "")


def _path(found: Identifier, text: str) -> str:
    """The path of what a text in one of GS1's forms names; other URNs name nothing that has a page."""
    if not found.ais:
        raise InvalidInput(
            "{value} names no goods and no place",
            where="code",
            remedy="Type a link, a code such as (01)09506000134352(21)A1, or the digits under the symbol.",
            value=shown(text),
        )
    return digital_link(found.ais, base="")


def _number(text: str) -> str | None:
    """The path of a bare GTIN or SSCC, typed with or without spaces."""
    digits = re.sub(r"[ \t\u3000-]", "", text)
    if not digits.isascii() or not digits.isdigit():
        return None
    if len(digits) == 18:  # noqa: PLR2004 (the length of an SSCC)
        return f"/00/{digits}"
    if len(digits) in (8, 12, 13, 14):
        return f"/01/{digits.zfill(14)}"
    if _RAW.match(digits):
        return _path(scanned(digits), text)
    if _EPC_HEX.fullmatch(digits):
        return None
    raise InvalidInput(
        "{given} digits are neither a product number (8, 12, 13 or 14) nor a logistic unit (18)",
        where="code",
        given=len(digits),
        remedy="Compare the number with the one printed under the symbol.",
    )


def _from_scanner(text: str) -> str | None:
    """The path of element strings without brackets, as a scanner gives them."""
    separated = _SEPARATORS.sub(GS, text)
    return _path(scanned(separated), text) if _RAW.match(separated) else None


def _from_epc_memory(text: str) -> str | None:
    """The path of an EPC in hexadecimal, as readers show it."""
    digits = re.sub(r"[\s:-]", "", text)
    if not _EPC_HEX.fullmatch(digits):
        return None
    try:
        return digital_link(decode_epc(bytes.fromhex(digits)).identifier.ais, base="")
    except IdentifierError as error:
        error.where = "code"
        raise


def _from_own_code(text: str) -> str:
    code, *groups = text.split() or [""]
    read = read_as(code)
    if not code.isascii() or not _OWN_CODE.fullmatch(read):
        _refuse_other_letters(text)
        raise InvalidInput(
            "This is not a code we know how to read",
            where="code",
            remedy="Type a link, a code such as (01)09506000134352(21)A1, or the digits under the symbol.",
        )
    serial = read_as("".join(groups))
    kind = _OWN_LETTERS.get(read[0], "product")
    return f"/own/{kind}/{read}" + (f"/serial/{_quoted(serial)}" if serial else "")


def _refuse_other_letters(text: str) -> None:
    """Say of a code which of its letters only looks like one of ours."""
    if not any(sign.isascii() and sign.isdigit() for sign in text):
        return  # a word, not a code
    for at, sign in enumerate(text, 1):
        if not sign.isascii() and sign.isalnum():
            raise InvalidInput(
                "Character {position} of the code, {character}, is neither a digit nor a Latin letter",
                where="code",
                remedy="Some letters of other scripts look the same: type the code instead of copying it.",
                position=at,
                character=shown(sign),
            )


def _from_elements(text: str) -> str:
    found = {ai: value.strip() for ai, value in _ELEMENT.findall(text)}
    order = _PATH_ORDER if found.keys() & {"00", "01"} else tuple(found)
    key = next((ai for ai in order if ai in found and ai in KEYS), "")
    if not key:
        raise InvalidInput(
            "The code has no (01) product number and no (00) logistic unit",
            where="code",
            remedy="Type it as it is printed, with its brackets.",
        )
    if key == "01":
        found[key] = found[key].zfill(14)
    behind = {ai for each in KEYS[key] for ai in each}
    qualifiers = sorted((ai for ai in found if ai in behind), key=_place_in_path)
    return "".join(f"/{ai}/{_quoted(found[ai])}" for ai in (key, *qualifiers))


def _place_in_path(ai: str) -> int:
    return _PATH_ORDER.index(ai) if ai in _PATH_ORDER else len(_PATH_ORDER)

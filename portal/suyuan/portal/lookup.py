"""What a person typed into the look-up box, turned into the path of a Digital Link."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import digital_link, identify
from suyuan.trace.gs1.own import OWN_KINDS, read_as
from suyuan.trace.gs1.short_links import in_full

MAX_LENGTH = 500
_ELEMENT = re.compile(r"\((\d{2,4})\)([^()]+)")
_PATH_ORDER = (
    "00",
    "01",
    "22",
    "10",
    "21",
)  # the key, then its qualifiers in the order of GS1 Digital Link §5.4


_OWN_CODE = re.compile(r"[A-Za-z](?=\S*[0-9])[A-Za-z0-9]{3,15}")
_OWN_LETTERS = {"P": "product", "K": "unit"}  # what the codes that platforms give begin with


def typed_link(text: str, host: str = "") -> str:
    """The path of a link, an element string ``(01)…(21)…``, an EPC URN, a bare GTIN or SSCC, or an own code.

    A link may be compressed, or tell the memory of a tag. An own code may be followed by its serial, in
    groups as printed. ``host`` is that of this platform: the own links of another one lead to
    ``/other/HOST/…``.

    Only the form is read here; whether the numbers can be right is the house's to say.

    Raises:
        InvalidInput: the text has none of these forms, or an EPC URN cannot be right.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise InvalidInput("The code is longer than {limit} characters", where="code", limit=MAX_LENGTH)
    if "://" in text or text.startswith(("/01/", "/00/", "/own/")):
        return _from_own_link(text, host) or _from_link(in_full(text) or text)
    if text.lower().startswith("urn:epc:"):
        return digital_link(identify(text).ais, base="")
    if text.startswith("("):
        return _from_elements(text)
    digits = re.sub(r"[\s-]", "", text)
    if digits.isascii() and digits.isdigit():
        if len(digits) == 18:  # noqa: PLR2004 (the length of an SSCC)
            return f"/00/{digits}"
        if len(digits) in (8, 12, 13, 14):
            return f"/01/{digits.zfill(14)}"
        raise InvalidInput(
            "{given} digits are neither a product number (8, 12, 13 or 14) nor a logistic unit (18)",
            where="code",
            given=len(digits),
            remedy="Compare the number with the one printed under the symbol.",
        )
    if _OWN_CODE.match(text):
        return _from_own_code(text)
    raise InvalidInput(
        "This is not a code we know how to read",
        where="code",
        remedy="Type a link, a code such as (01)09506000134352(21)A1, or the digits under the symbol.",
    )


def parts(link: str) -> list[tuple[str, str]]:
    """The pairs of application identifier and value of a Digital Link path, as far as they can be told apart.

    Of an own link the pairs of its part (product, lot, serial …) and value.
    """
    segments = [unquote(part) for part in _split(link).path.split("/") if part]
    for start, segment in enumerate(segments):
        if segment in OWN_KINDS and start and segments[start - 1] == "own":
            rest = segments[start:]
            return [(rest[i], rest[i + 1] if i + 1 < len(rest) else "") for i in range(0, len(rest), 2)]
        if segment in ("00", "01"):
            rest = segments[start:]
            return [(rest[i], rest[i + 1] if i + 1 < len(rest) else "") for i in range(0, len(rest), 2)]
    return []


def _from_link(text: str) -> str:
    pairs = parts(text)
    if not pairs:
        raise InvalidInput(
            "This link names no product and no logistic unit",
            where="code",
            remedy="A Suyuan link contains /01/ or /00/ and a number.",
        )
    return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in pairs)


def _from_own_link(text: str, host: str) -> str | None:
    address = _split(text)
    before, found, rest = address.path.partition("/own/")
    if not found or rest.split("/", 1)[0] not in OWN_KINDS:
        return None
    path = "/own/" + quote(rest, safe="/%-._~()")
    if not address.netloc or (address.netloc.lower() == host.lower() and not before):
        return path
    return f"/other/{quote(address.netloc, safe=':[]')}{quote(before, safe='/%-._~')}{path}"


def _split(link: str) -> SplitResult:
    """The parts of a web address; one that cannot be taken apart has none."""
    try:
        return urlsplit(link)
    except ValueError:  # a bracket that is not closed
        return SplitResult("", "", "", "", "")


def _from_own_code(text: str) -> str:
    code, *groups = text.split()
    kind = _OWN_LETTERS.get(code[0].upper(), "product")
    serial = read_as("".join(groups))
    return f"/own/{kind}/{read_as(code)}" + (f"/serial/{serial}" if serial else "")


def _from_elements(text: str) -> str:
    found = {ai: value.strip() for ai, value in _ELEMENT.findall(text)}
    if "00" in found:
        return f"/00/{quote(found['00'], safe='')}"
    if "01" not in found:
        raise InvalidInput(
            "The code has no (01) product number and no (00) logistic unit",
            where="code",
            remedy="Type it as it is printed, with its brackets.",
        )
    path = "".join(f"/{ai}/{quote(found[ai], safe='')}" for ai in _PATH_ORDER if ai in found)
    return path.replace(f"/01/{found['01']}", f"/01/{found['01'].zfill(14)}", 1)

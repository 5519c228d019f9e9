"""EPC URNs: pure identity, class, pattern and tag URNs to element strings, and back.

Source: EPC Tag Data Standard 2.3 §6 (pure identity), §7 (correspondence to GS1 keys), §12 (tag URIs). A GS1
key does not tell where the company prefix ends, so a URN is written only for a length that is known (see
:mod:`suyuan.trace.gs1.prefixes`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from suyuan.trace.gs1.elements import check_digit, element_value
from suyuan.trace.gs1.errors import CharacterError, LengthError, StructureError, shown
from suyuan.trace.gs1.identifier import Identifier, Kind, assembled, checked
from suyuan.trace.gs1.link import unescaped
from suyuan.trace.gs1.verdict import Elements

SHORTEST_PREFIX, LONGEST_PREFIX = 6, 12


@dataclass(frozen=True, slots=True)
class Scheme:
    """How an EPC scheme spells a GS1 key.

    ``digits`` is the length of company prefix and reference together (0: free, and without check digit);
    with ``leading`` the reference's first digit stands before the prefix in the key. ``last`` says where the
    remaining field goes: into an element of that AI, or ``tail``: behind the key's own digits.
    """

    name: str
    ai: str
    digits: int
    leading: bool = False
    last: str | None = None
    pieces: bool = False
    namespace: Literal["id", "class"] = "id"


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("sgtin", "01", 13, leading=True, last="21"),
        Scheme("lgtin", "01", 13, leading=True, last="10", namespace="class"),
        Scheme("upui", "01", 13, leading=True, last="235"),
        Scheme("itip", "8006", 13, leading=True, last="21", pieces=True),
        Scheme("sscc", "00", 17, leading=True),
        Scheme("sgln", "414", 12, last="254"),
        Scheme("pgln", "417", 12),
        Scheme("grai", "8003", 12, last="tail"),
        Scheme("gdti", "253", 12, last="tail"),
        Scheme("sgcn", "255", 12, last="tail"),
        Scheme("gsrn", "8018", 17),
        Scheme("gsrnp", "8017", 17),
        Scheme("gsin", "402", 16),
        Scheme("giai", "8004", 0),
        Scheme("ginc", "401", 0),
        Scheme("cpi", "8010", 0, last="8011"),
    )
}


def _forms(*fields: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(field) for field in fields)


_NUMBER = "(?:0|[1-9][0-9]{0,%d})"
_SUPPLIER = "[0-9A-HJ-NP-Z]{5,6}"
# Schemes of others: no Digital Link exists, so the pure identity URN itself is the key. Owner codes of
# containers may have I and O (OOLU), which the grammar of §6.3.19 forgets.
_FOREIGN: dict[str, tuple[tuple[re.Pattern[str], ...], Kind]] = {
    "gid": (_forms(_NUMBER % 8, _NUMBER % 7, _NUMBER % 10), "item"),
    "usdod": (_forms(_SUPPLIER, _NUMBER % 10), "item"),
    "adi": (_forms(_SUPPLIER, "[0-9A-Z/-]{0,32}", "(?=.{1,30}$)#?[0-9A-Z/-]+"), "item"),
    "bic": (_forms("[A-Z]{3}[JUZ][0-9]{7}"), "unit"),
    "imovn": (_forms("[0-9]{7}"), "unit"),
}
FOREIGN_SCHEMES = frozenset(_FOREIGN)
"""The schemes of others than GS1."""
_MUST_ESCAPE = str.maketrans({c: f"%{ord(c):02X}" for c in '"%&/<>?#'})
_TAG_SCHEME = re.compile(
    "sgtin-(96|198)|sscc-96|sgln-(96|195)|grai-(96|170)|giai-(96|202)|gsrnp?-96|gdti-(96|113|174)"
    "|cpi-(96|var)|sgcn-96|itip-(110|212)|gid-96|usdod-96|adi-var"
)
_USUAL_FILTERS = frozenset(map(str, range(8)))
_FILTERS = {"usdod": frozenset(map(str, range(16))), "adi": frozenset(map(str, range(64)))}
_WITHOUT_FILTER = frozenset({"gid"})
CONTROLS = re.compile(
    r"(?:\[att=x[0-9A-Fa-f]{2}\])?(?:\[umi=[01]\])?(?:\[xpc(?:-w1)?=x[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{4})?\])?"
)
_NAMESPACES = frozenset({"id", "class", "idpat", "tag"})


def identifier_of_urn(urn: str) -> Identifier | None:
    """The identifier of an EPC URN; None for a pattern that stands for many things, or another ``urn:epc``.

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` that names the part at fault.
    """
    parts = urn.split(":", 4)
    if len(parts) < 5 or parts[2].lower() not in _NAMESPACES:  # noqa: PLR2004 - urn:epc:space:scheme:body
        return None
    space, name, body = parts[2].lower(), parts[3].lower(), parts[4]
    if space == "tag":
        name, body = _without_filter(name, body)
    scheme = SCHEMES.get(name)
    if scheme is not None and (space == "class") == (scheme.namespace == "class"):
        ais = _elements(scheme, body, pattern=space == "idpat")
        return None if ais is None else assembled(ais)
    if name not in _FOREIGN or space == "class":
        raise _unknown(f"{space}:{name}", urn)
    if space == "idpat" and "*" in body:
        return None
    return foreign_identifier(name, [unescaped(field, name) for field in body.split(".")])


def foreign_identifier(scheme: str, fields: Sequence[str]) -> Identifier:
    """The identifier of a scheme of others, of its fields without escapes (gid, usdod, adi, bic, imovn).

    Raises a :class:`~suyuan.trace.gs1.errors.StructureError`.
    """
    forms, kind = _FOREIGN[scheme]
    body = ".".join(field.translate(_MUST_ESCAPE) for field in fields)
    if len(fields) != len(forms) or not all(form.fullmatch(f) for form, f in zip(forms, fields, strict=True)):
        raise _misshaped(scheme, body)
    checked_digit = _CHECKED.get(scheme)
    if checked_digit and fields[0][-1] != (expected := checked_digit(fields[0][:-1])):
        raise StructureError(
            "The check digit of {value} is wrong: {expected} would be right.",
            where=scheme,
            remedy="Compare with the container or the ship's papers; do not simply replace the last digit.",
            value=body,
            expected=expected,
        )
    return Identifier(f"urn:epc:id:{scheme}:{body}", kind)


def foreign_fields(identifier: Identifier) -> tuple[str, ...]:
    """The fields of an identifier of a scheme of others, without escapes."""
    scheme, body = identifier.key.split(":", 4)[3:]
    return tuple(unescaped(field, scheme) for field in body.split("."))


def _container_check(code: str) -> str:
    """The check digit of a container (ISO 6346): letters count from 10, multiples of 11 left out."""
    values = (int(c) if c.isdigit() else (n := ord(c) - 55) + (n - 1) // 10 for c in code)
    return str(sum(value << place for place, value in enumerate(values)) % 11 % 10)


def _vessel_check(digits: str) -> str:
    """The check digit of a ship's IMO number: weights 7 to 2."""
    return str(sum(weight * int(digit) for weight, digit in zip(range(7, 1, -1), digits, strict=True)) % 10)


_CHECKED = {"bic": _container_check, "imovn": _vessel_check}


def _without_filter(name: str, body: str) -> tuple[str, str]:
    """Scheme and body of a tag URN as those of its pure identity (``sgtin-96``, ``3.0614141.…``)."""
    if name.startswith("[") and CONTROLS.fullmatch(name):
        name, _, body = body.partition(":")
        name = name.lower()
    if not _TAG_SCHEME.fullmatch(name):
        raise _unknown(f"tag:{name}", f"{name}:{body}")
    base = name.rpartition("-")[0]
    if base in _WITHOUT_FILTER:
        return base, body
    value, _, rest = body.partition(".")
    if value not in _FILTERS.get(base, _USUAL_FILTERS):
        raise StructureError(
            "The tag URN of {scheme} begins with {filter}, which is not a filter value of that scheme.",
            where=name,
            remedy="The filter comes first: urn:epc:tag:sgtin-96:3.9506000.013435.123, for example.",
            scheme=shown(name),
            filter=shown(value),
        )
    return base, rest


def _elements(scheme: Scheme, body: str, *, pattern: bool) -> Elements | None:
    """The element strings of a body of ``scheme``; None for a pattern wider than one class."""
    free = 1 if scheme.last else 0
    fields = body.split(".", (3 if scheme.pieces else 1) + free)
    if len(fields) != (4 if scheme.pieces else 2) + free:
        raise _misshaped(scheme.name, body)
    last = fields.pop() if free else None
    if pattern:
        if "*" in fields:
            return None
        last = None if last == "*" else last
    key = key_of_fields(scheme, fields)
    if last is None:
        return checked(((scheme.ai, key),))
    value = unescaped(last, scheme.name)
    if not value:
        raise _wrong_length(scheme.name, "last part", value, "at least 1")
    if scheme.last == "tail":
        return checked(((scheme.ai, key + value),))
    return checked(((scheme.ai, key), (scheme.last or "", value)))


def key_of_fields(scheme: Scheme, fields: list[str]) -> str:
    """The key's value from company prefix and reference, with its check digit."""
    prefix, reference = fields[0], fields[1]
    check_prefix(scheme, prefix)
    if not scheme.digits:
        if not reference:
            raise _wrong_length(scheme.name, "reference", reference, "at least 1")
        return prefix + unescaped(reference, scheme.name)
    if reference or scheme.leading:
        _check_digits(scheme.name, "reference", reference)
    if len(prefix) + len(reference) != scheme.digits:
        raise _wrong_length(scheme.name, "reference", reference, str(scheme.digits - len(prefix)))
    return _joined(scheme, fields)


def _joined(scheme: Scheme, fields: Sequence[str]) -> str:
    """The key of company prefix, reference and what may follow, known to be digits of the right number."""
    prefix, reference = fields[0], fields[1]
    if not scheme.digits:
        return prefix + reference
    digits = reference[0] + prefix + reference[1:] if scheme.leading else prefix + reference
    key = f"{digits}{check_digit(digits)}"
    if scheme.ai == "8003":  # the zero in front is of the element string, not of the GRAI (§7.6)
        key = "0" + key
    return key + "".join(fields[2:])


def elements_of_fields(scheme: Scheme, fields: Sequence[str]) -> Elements:
    """The element strings of the fields that a tag tells: digits are digits and of the right number there.

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError` for characters that the key does not have.
    """
    if scheme.last is None:
        key = _joined(scheme, fields)
        return ((scheme.ai, key if scheme.digits else element_value(scheme.ai, key)),)
    key, last = _joined(scheme, fields[:-1]), fields[-1]
    if scheme.last == "tail":
        return ((scheme.ai, element_value(scheme.ai, key + last)),)
    if not scheme.digits or scheme.pieces:
        key = element_value(scheme.ai, key)
    if scheme.last == "254" and last == "0":
        return ((scheme.ai, key),)
    return ((scheme.ai, key), (scheme.last, element_value(scheme.last, last)))


def fields_of(scheme: Scheme, identifier: Identifier, length: int) -> tuple[str, ...] | None:
    """The fields of ``identifier`` in ``scheme``, without escapes; None where it has no such prefix.

    The last one is empty where the identifier does not tell it.
    """
    value = identifier.ais[0][1]
    if not _has_prefix(scheme, value, length):
        return None
    if scheme.ai == "8003":
        value = value[1:]
    if not scheme.digits:
        fields, tail = [value[:length], value[length:]], ""
    elif scheme.leading:
        fields = [value[1 : 1 + length], value[0] + value[1 + length : scheme.digits]]
        tail = value[scheme.digits + 1 :]
    else:
        fields, tail = [value[:length], value[length : scheme.digits]], value[scheme.digits + 1 :]
    if scheme.pieces:
        fields += [tail[:2], tail[2:]]
    if scheme.last:
        last = tail if scheme.last == "tail" else identifier.value(scheme.last) or ""
        fields.append(last or ("0" if scheme.ai == "414" else ""))
    return tuple(fields)


def check_prefix(scheme: Scheme, prefix: str) -> None:
    """Raise unless ``prefix`` can be a company prefix."""
    _check_digits(scheme.name, "company prefix", prefix)
    if not SHORTEST_PREFIX <= len(prefix) <= LONGEST_PREFIX:
        raise _wrong_length(scheme.name, "company prefix", prefix, f"{SHORTEST_PREFIX} to {LONGEST_PREFIX}")


def field_count(name: str) -> int:
    """How many fields an EPC of scheme ``name`` has, 0 where there is no such scheme."""
    scheme = SCHEMES.get(name)
    if scheme is None:
        return len(_FOREIGN[name][0]) if name in _FOREIGN else 0
    return 2 + (2 if scheme.pieces else 0) + (1 if scheme.last else 0)


def _check_digits(scheme: str, part: str, value: str) -> None:
    if not value:
        raise _wrong_length(scheme, part, value, "at least 1")
    if not (value.isascii() and value.isdigit()):
        position = next(i for i, c in enumerate(value, 1) if c not in "0123456789")
        raise CharacterError(scheme, f"the {part}", value, position, "digits")


def _wrong_length(scheme: str, part: str, value: str, expected: str) -> LengthError:
    return LengthError(
        "The {part} {value} of the {scheme} has {length} digits; {expected} would be right.",
        where=scheme,
        remedy="Company prefix and reference together have a fixed length; see where the dot belongs.",
        part=part,
        value=shown(value),
        scheme=scheme.upper(),
        length=len(value),
        expected=expected,
    )


def _unknown(scheme: str, urn: str) -> StructureError:
    return StructureError(
        "{value} is of no EPC scheme: {scheme} is unknown.",
        where=shown(scheme),
        remedy="Write urn:epc:id:sgtin, urn:epc:class:lgtin, urn:epc:id:sscc, urn:epc:id:sgln and so on.",
        value=shown(urn),
        scheme=shown(scheme),
    )


def _misshaped(scheme: str, body: str) -> StructureError:
    return StructureError(
        "{value} has not the parts of an EPC of scheme {scheme}.",
        where=scheme,
        remedy="Parts are separated by dots; compare with EPC Tag Data Standard section 6.3.",
        value=shown(body),
        scheme=scheme,
    )


_BY_ELEMENTS = {(s.ai, s.last): s for s in SCHEMES.values()}


def urn_of(identifier: Identifier, company_prefix_length: int) -> str | None:
    """The EPC pure identity or class URN of ``identifier``, None where there is no EPC scheme for it.

    A product becomes the pattern of all its instances (``urn:epc:idpat:sgtin:….*``). The length of the
    company prefix is not part of a GS1 key and has to be known.
    """
    if not SHORTEST_PREFIX <= company_prefix_length <= LONGEST_PREFIX:
        raise LengthError(
            "A GS1 company prefix has {expected} digits, not {length}.",
            where="company_prefix_length",
            remedy="Look the length up in the company's GS1 licence.",
            length=company_prefix_length,
            expected=f"{SHORTEST_PREFIX} to {LONGEST_PREFIX}",
        )
    if not identifier.ais:
        return identifier.key if identifier.key.startswith("urn:epc:id:") else None
    primary = identifier.ais[0][0]
    finest = next((ai for ai in ("21", "235", "10", "22", "254", "8011") if identifier.value(ai)), None)
    if finest is None:
        finest = {"01": "21", "8006": "21", "8003": "tail", "253": "tail", "255": "tail"}.get(primary)
        finest = {"414": "254", "8010": "8011"}.get(primary, finest)
    scheme = _BY_ELEMENTS.get((primary, finest))
    fields = fields_of(scheme, identifier, company_prefix_length) if scheme else None
    return _spelled(scheme, fields) if scheme and fields else None


def _has_prefix(scheme: Scheme, value: str, length: int) -> bool:
    """Whether a free-form key begins with a company prefix of ``length`` digits and goes on."""
    return bool(scheme.digits) or (value[:length].isdigit() and len(value) > length)


def _spelled(scheme: Scheme, fields: Sequence[str]) -> str:
    """The URN of ``fields``; the pattern of all of a class where the last one is not told."""
    named = fields[-1] or not scheme.last
    space = scheme.namespace if named else "idpat"
    body = ".".join([*(field.translate(_MUST_ESCAPE) for field in fields[:-1]), ""])
    return f"urn:epc:{space}:{scheme.name}:{body}{fields[-1].translate(_MUST_ESCAPE) if named else '*'}"

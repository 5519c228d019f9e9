"""Codes that people type in: what is wrong with them, and what they say.

Sources: GB 32100-2015 (unified social credit code), the numbering rules of food production licences (SC) and
of food operating licences (JY), GB/T 17710 = ISO 7064 (MOD 11,10), GB/T 2260 (districts). That the last digit
of SC and JY is MOD 11,10 is stated nowhere in the rules themselves; it holds for every SC number that we
have, and for most JY numbers: there a wrong one is a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from suyuan.trace.errors import SuyuanError
from suyuan.trace.gs1 import Identifier, IdentifierError, digital_link, identify
from suyuan.trace.gs1.errors import shown
from suyuan.trace.register.districts import district_name
from suyuan.trace.register.finding import Finding, error, warning

Findings = tuple[Finding, ...]

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_USCC_LENGTH = 18
_USCC_VALUES: Mapping[str, int] = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_SC = re.compile(r"SC([12])(\d{2})(\d{6})\d{4}\d", re.ASCII)
_JY = re.compile(r"JY[123](\d{6})\d{6}\d", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_LAST_CATEGORY = {"1": 31, "2": 3}  # foods, additives
_EXTENDED_GLN = re.compile(r"(\d{13})[/.\-]([A-Za-z0-9]{1,20})", re.ASCII)
_GLN_LENGTH = 13
_ROUNDS = 5  # what a blank kept apart may compose once it is gone; nothing real needs more than two
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})


def compact(text: str) -> str:
    """``text`` as codes are written: full-width characters made narrow, capitals, without blanks.

    >>> compact(" sc 1146４ 0105 ")
    'SC114640105'
    """
    for _ in range(_ROUNDS):
        read = "".join(unicodedata.normalize("NFKC", text).split()).upper()
        if read == text:
            break
        text = read
    return text


def uscc_check_character(first: str) -> str:
    """The check character of the first 17 characters of a unified social credit code (GB 32100-2015 §4.5)."""
    total = sum(_USCC_VALUES[character] * pow(3, place, 31) for place, character in enumerate(first))
    return _USCC_ALPHABET[-total % 31]


def mod_11_10(digits: str) -> bool:
    """Whether the last of ``digits`` is their check digit (ISO 7064 MOD 11,10); finds every single change."""
    product = 10
    for digit in digits[:-1]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (product + int(digits[-1])) % 10 == 1


def check_uscc(code: str) -> Findings:
    """What is wrong with a unified social credit code.

    A wrong check character is a warning: such codes are in use (they were given out by mistake).
    """
    if len(code) != _USCC_LENGTH:
        return (
            error(
                "uscc-length",
                "The unified social credit code {value} has {length} characters; it must have 18.",
                remedy="Copy all 18 characters from the business licence.",
                value=code,
                length=len(code),
            ),
        )
    for place, character in enumerate(code, 1):
        if character not in _USCC_VALUES:
            return (
                error(
                    "uscc-character",
                    "Character {position} of the unified social credit code is {character}, "
                    "which does not occur in such codes.",
                    remedy="The letters I, O, S, V and Z are not used: look for 1, 0, 5 or 2 in their place.",
                    position=place,
                    character=character,
                ),
            )
    if uscc_check_character(code[:-1]) != code[-1]:
        return (
            warning(
                "uscc-check",
                "The check character of the unified social credit code {value} does not fit.",
                remedy="Compare it with the business licence. If it stands there so, confirm it.",
                value=code,
            ),
        )
    return ()


def check_licence(code: str) -> Findings:
    """What is wrong with a licence: SC and JY are checked, of others only that they are meant is asked."""
    if code.startswith("SC"):
        return check_sc(code)
    if code.startswith("JY"):
        return check_jy(code)
    return (
        warning(
            "licence-kind",
            "The licence {value} is neither a food production licence (SC) nor a food operating licence "
            "(JY); its number cannot be checked.",
            remedy="If it is another licence, such as one for slaughter or transport, confirm it.",
            value=code,
        ),
    )


def check_sc(code: str) -> Findings:
    """What is wrong with a food production licence: SC, category (3 digits), district (6), number, check."""
    found = _SC.fullmatch(code)
    if found is None:
        return (_licence_form(code, "SC"),)
    kind, category, district = found.groups()
    if not 1 <= int(category) <= _LAST_CATEGORY[kind]:
        return (
            error(
                "sc-category",
                "The food production licence {value} names category {category}, which does not exist.",
                remedy="Copy it again: behind SC stand 1 and 01 to 31 for foods, or 2 and 01 to 03 for "
                "additives.",
                value=code,
                category=kind + category,
            ),
        )
    if not mod_11_10(code[2:]):
        return (
            error(
                "sc-check",
                "The check digit of the food production licence {value} is wrong.",
                remedy="Compare it digit by digit with the licence.",
                value=code,
            ),
        )
    return _licence_district(code, district)


def check_jy(code: str) -> Findings:
    """What is wrong with a food operating licence: JY, 1 (seller), 2 (caterer) or 3 (canteen), district."""
    found = _JY.fullmatch(code)
    if found is None:
        return (_licence_form(code, "JY"),)
    if not mod_11_10(code[2:]):
        return (
            warning(
                "jy-check",
                "The check digit of the food operating licence {value} does not fit.",
                remedy="Compare it with the licence. If it stands there so, confirm it.",
                value=code,
            ),
        )
    return _licence_district(code, found[1])


def sc_category(licence: str) -> str | None:
    """The food category 01 to 31 of a food production licence; None of additives and of other licences."""
    found = _SC.fullmatch(licence)
    return found[2] if found is not None and found[1] == "1" else None


def check_district(code: str) -> Findings:
    """A warning where the code is no division that is listed; an error where it has not the form of one."""
    if _DIGITS.fullmatch(code) is None or len(code) != 6:  # noqa: PLR2004 (GB/T 2260)
        return (
            error(
                "district-form",
                "{value} is not a district.",
                remedy="Give its code of six digits, such as 330106, or its name from the city down, "
                "such as 杭州市西湖区.",
                value=code,
            ),
        )
    if district_name(code) is None:
        return (
            warning(
                "district-unknown",
                "The district {value} is not in the list of administrative divisions (GB/T 2260).",
                remedy="Look for a later code, since districts merge and split. If it is right, confirm it.",
                value=code,
            ),
        )
    return ()


def key_of(kind: str, text: str) -> tuple[str, Findings]:
    """The canonical key that ``text`` names for an entry of ``kind``, and what is wrong with it.

    Taken are the bare digits of a GTIN or GLN, a GLN with an extension (``9506000000015/3``), an EPC URN, a
    GS1 Digital Link, and any other absolute URI as an identifier of one's own.
    """
    spelled = unicodedata.normalize("NFKC", text).strip()
    digits = "".join(spelled.replace("-", "").split())
    if _DIGITS.fullmatch(digits) and not is_bare_number(kind, digits):
        return "", (
            error(
                "identifier-length",
                "{value} has {count} digits: a GLN has 13, a GTIN 8, 12, 13 or 14.",
                remedy="Copy it from the certificate of GS1; without one leave it empty.",
                value=spelled,
                count=len(digits),
            ),
        )
    try:
        found = identify(_link(kind, digits, spelled))
    except IdentifierError as wrong:
        return "", (finding_of(wrong),)
    if (found.ais or found.own) and not _fits(kind, found):
        return "", (
            error(
                "identifier-kind",
                "{value} identifies something else.",
                remedy="Give a GTIN for a product, a GLN for a place or a company; or leave it empty.",
                value=spelled,
            ),
        )
    return found.key, ()


def is_bare_number(kind: str, text: str) -> bool:
    """Whether ``text`` has the form of a GTIN of a product, or of a GLN of a place or party, in digits."""
    digits = "".join(text.replace("-", "").split())
    lengths = _GTIN_LENGTHS if kind in {"product", "lot"} else {_GLN_LENGTH}
    return _DIGITS.fullmatch(digits) is not None and len(digits) in lengths


def finding_of(wrong: SuyuanError) -> Finding:
    """An error of the house as a finding."""
    return error(wrong.code, wrong.template, where=wrong.where, remedy=wrong.remedy, **wrong.fields)


def _link(kind: str, digits: str, spelled: str) -> str:
    if is_bare_number(kind, digits):
        if kind in {"product", "lot"}:
            return digital_link([("01", digits.zfill(14))])
        return digital_link([("417" if kind == "party" else "414", digits)])
    extended = _EXTENDED_GLN.fullmatch(spelled)
    if extended is not None and kind in {"place", "read_point"}:
        return digital_link([("414", extended[1]), ("254", extended[2])])
    return spelled


def _fits(kind: str, found: Identifier) -> bool:
    if found.own:
        return found.own[-1][0] == ("point" if kind == "read_point" else kind)
    primary = found.ais[0][0]
    if kind in {"product", "lot"}:
        return found.kind == kind and primary == "01"
    if kind == "party":
        return primary == "417"
    return kind in {"place", "read_point"} and primary == "414"


def _licence_form(code: str, prefix: str) -> Finding:
    return error(
        "licence-form",
        "{value} has not the form of a licence number: {prefix} and 14 digits.",
        remedy="Copy it again from the licence.",
        value=shown(code),
        prefix=prefix,
    )


def _licence_district(code: str, district: str) -> Findings:
    # Development zones have codes of their own within their city: what must be listed is the city.
    if district_name(district) is not None or district_name(f"{district[:4]}00") is not None:
        return ()
    return (
        warning(
            "licence-district",
            "The licence {value} names the district {district}, which is not in the list of administrative "
            "divisions (GB/T 2260).",
            remedy="Compare it with the licence. If it stands there so, confirm it.",
            value=code,
            district=district,
        ),
    )

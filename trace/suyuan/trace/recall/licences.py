"""What the numbers of a company's papers show by themselves: that they are built as such numbers are.

Whether a licence was ever given, and to whom, only the authority that gave it can tell.
"""

from __future__ import annotations

from suyuan.trace.recall.passport import Text
from suyuan.trace.register import choices
from suyuan.trace.register.codes import check_licence, check_uscc, compact, sc_category
from suyuan.trace.register.districts import city_name, city_name_en

_DISTRICT = {"SC": slice(5, 11), "JY": slice(3, 9)}  # behind SC the kind of food in 3 digits, behind JY one
_UNJUDGED = frozenset({"licence-kind"})
_KNOWN_GAPS = frozenset({"licence-district"})  # divisions merge: their old codes are no fault of the number


def licence_fits(licence: str) -> bool | None:
    """Whether a production (SC) or operating (JY) licence number is well built; None: another, or none."""
    if not licence:
        return None
    found = {finding.code for finding in check_licence(compact(licence))}
    if found & _UNJUDGED:
        return None
    return found <= _KNOWN_GAPS


def uscc_fits(code: str) -> bool | None:
    """Whether a unified social credit code is well built (GB 32100-2015); None where there is none."""
    return not check_uscc(compact(code)) if code else None


def licence_says(licence: str) -> Text:
    """The kind of food and the city that a well-built licence number names.

    >>> licence_says("SC10413010200279").zh
    '肉制品 · 石家庄市'
    """
    number = compact(licence)
    if not licence_fits(licence):
        return Text()
    category = next((one for one in choices.CATEGORIES if one.code == sc_category(number)), None)
    digits = number[_DISTRICT[number[:2]]]
    zh = category.zh if category else "", city_name(digits)
    en = category.en if category else "", city_name_en(digits) or city_name(digits)
    return Text(" · ".join(filter(None, zh)), " · ".join(filter(None, en)))

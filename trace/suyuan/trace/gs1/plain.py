"""The commonest spellings in their plainest form: known as right, and brought to their key, in one step.

Events are full of these, and taking each apart costs ten times as much. Whatever is not plain (escapes, other
schemes, several qualifiers, a wrong check digit) is left to :mod:`suyuan.trace.gs1.spelling`, which says the
same of these.
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.elements import check_digit

_LAST = r"[A-Za-z0-9\-_.]{1,20}"
# A reference is as long as the company prefix leaves room for: the look-behinds count both and their dot.
is_plain_urn = re.compile(
    r"urn:epc:(?:"
    rf"(id:sgtin|class:lgtin):([0-9]{{6,12}})\.([0-9])([0-9]{{0,6}})(?<=:[0-9.]{{14}})\.({_LAST})"
    rf"|id:sgln:([0-9]{{6,12}})\.([0-9]{{0,6}})(?<=:[0-9.]{{13}})\.({_LAST})"
    r"|id:sscc:([0-9]{6,12})\.([0-9])([0-9]{4,10})(?<=:[0-9.]{18})"
    r"|id:pgln:([0-9]{6,12})\.([0-9]{0,6})(?<=:[0-9.]{13})"
    r")\Z"
).match
_TRADE_ITEM, _PLACE, _UNIT, _PARTY = 5, 8, 11, 13
"""The last group of each alternative tells which it was."""
_plain_link = re.compile(
    r"https://id\.gs1\.org/(?:"
    rf"01/([0-9]{{14}})(?:/(?:10|21)/{_LAST})?|00/([0-9]{{18}})|414/([0-9]{{13}})(?:/254/{_LAST})?|417/([0-9]{{13}})"
    r")\Z"
).match


def plain_key(uri: str) -> str | None:
    """The canonical key of a plain spelling, None for any other.

    >>> plain_key("urn:epc:class:lgtin:9506000.013435.L7")
    'https://id.gs1.org/01/09506000134352/10/L7'
    """
    urn = is_plain_urn(uri)
    if urn is None:
        link = _plain_link(uri)
        if link is None:
            return None
        number = link.group(link.lastindex or 0)
        return uri if str(check_digit(number[:-1])) == number[-1] else None
    which = urn.lastindex
    if which == _TRADE_ITEM:
        space, prefix, indicator, reference, last = urn.group(1, 2, 3, 4, 5)
        ai = "21" if space == "id:sgtin" else "10"
        return f"https://id.gs1.org/01/{_checked(indicator + prefix + reference)}/{ai}/{last}"
    if which == _UNIT:
        prefix, extension, reference = urn.group(9, 10, 11)
        return f"https://id.gs1.org/00/{_checked(extension + prefix + reference)}"
    if which == _PARTY:
        return f"https://id.gs1.org/417/{_checked(urn[12] + urn[13])}"
    place = f"https://id.gs1.org/414/{_checked(urn[6] + urn[7])}"
    return place if urn[8] == "0" else f"{place}/254/{urn[8]}"


def _checked(digits: str) -> str:
    return f"{digits}{check_digit(digits)}"

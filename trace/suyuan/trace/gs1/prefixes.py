"""Where the GS1 company prefix of a key ends: known, or asked for, never guessed.

A URN and the classic tag schemes need the length; a key or a Digital Link does not tell it. It comes with a
URN or a tag that was seen, or from whoever knows the licences (decision 0010). The standard itself settles
GTIN-8 and prefixes of four or five digits, and says which numbers make no EPC at all.
Source: EPC Tag Data Standard 2.3 §7.1 to §7.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from suyuan.trace.gs1.identifier import Identifier
from suyuan.trace.gs1.urn import LONGEST_PREFIX, SCHEMES, SHORTEST_PREFIX, urn_of

LengthOf: TypeAlias = Callable[[str], int | None]
"""The first twelve digits of a key, from its company prefix on, to the prefix's length; None: not known."""

SHORTEST_LICENCE = 4
_LED = frozenset(s.ai for s in SCHEMES.values() if s.leading) | {"8003"}  # one digit stands before the prefix
_TRADE_ITEMS = frozenset({"01", "8006"})
_GTIN_8 = re.compile("0{6}[13-9]")
_GTIN_8_PREFIX = 8
# GTIN-14 from its second digit on: eight digits inside a company, company numbers, restricted circulation,
# ISSN, refund receipts, coupons. None of them makes an EPC.
_NO_EPC = re.compile("0{5}[02]|04|000[1-7]|0?2|97[7]|98[0-4]|99")


def prefix_length(identifier: Identifier, length_of: LengthOf) -> int | None:
    """How many digits the company prefix in ``identifier`` has, as EPC URNs and tags count them.

    None where nobody knows, and for numbers that make no EPC.

    >>> from suyuan.trace.gs1.identifier import identifier_of
    >>> item = identifier_of([("01", "09506000134352"), ("21", "123")])
    >>> prefix_length(item, known_prefixes(["9506000"]))
    7
    """
    if not identifier.ais:
        return None
    ai, value = identifier.ais[0]
    digits = from_prefix_on(identifier)
    if ai in _TRADE_ITEMS:
        if _GTIN_8.match(value):
            return _GTIN_8_PREFIX
        if _NO_EPC.match(digits):
            return None
    length = length_of(digits[:LONGEST_PREFIX])
    if length is None or not SHORTEST_LICENCE <= length <= LONGEST_PREFIX:
        return None
    return max(length, SHORTEST_PREFIX)


def from_prefix_on(identifier: Identifier) -> str:
    """The key of ``identifier`` from its company prefix on; empty for what is not of GS1."""
    if not identifier.ais:
        return ""
    ai, value = identifier.ais[0]
    return value[1:] if ai in _LED else value


def known_urn(identifier: Identifier, length_of: LengthOf) -> str | None:
    """The EPC URN of ``identifier``; None where EPC has no scheme for it or nobody knows the length.

    >>> from suyuan.trace.gs1.identifier import identifier_of
    >>> known_urn(identifier_of([("00", "395060003000000017")]), known_prefixes(["9506000"]))
    'urn:epc:id:sscc:9506000.3300000001'
    """
    if not identifier.ais:
        return identifier.key if identifier.key.startswith("urn:epc:id:") else None
    length = prefix_length(identifier, length_of)
    return None if length is None else urn_of(identifier, length)


def known_prefixes(prefixes: Iterable[str]) -> LengthOf:
    """Answers from ``prefixes`` that are on record, of 4 to 12 digits. Where two of them fit, nobody knows.

    Of companies it holds that none's prefix begins with another's, so that happens only where one is wrong.
    """
    known = frozenset(prefixes)

    def length_of(digits: str) -> int | None:
        fitting = [n for n in range(SHORTEST_LICENCE, LONGEST_PREFIX + 1) if digits[:n] in known]
        return fitting[0] if len(set(fitting)) == 1 and len(digits) >= fitting[0] else None

    return length_of


def prefix_of_urn(urn: str) -> str | None:
    """The company prefix that an EPC URN of GS1 spells, None where it spells none.

    >>> prefix_of_urn("urn:epc:id:sgtin:9506000.013435.123")
    '9506000'
    >>> prefix_of_urn("urn:epc:tag:sscc-96:0.952012.03456789123")
    '952012'
    """
    if urn[:8].lower() != "urn:epc:":
        return None
    space, _, rest = urn[8:].partition(":")
    if space.lower() == "tag" and rest.startswith("["):
        rest = rest.partition(":")[2]
    name, _, body = rest.partition(":")
    name = name.lower()
    if space.lower() == "tag":
        name, body = name.rpartition("-")[0], body.partition(".")[2]
    elif space.lower() not in {"id", "class", "idpat"}:
        return None
    prefix = body.partition(".")[0]
    right = prefix.isascii() and prefix.isdigit() and SHORTEST_PREFIX <= len(prefix) <= LONGEST_PREFIX
    return prefix if right and name in SCHEMES else None

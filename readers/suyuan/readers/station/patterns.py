"""Which tags of a cycle count: patterns over what a tag says (ALE 1.1 §8.2.8, ECFilterSpec).

A pattern is one of

- ``item``, ``case``, ``pallet``: the filter value of the tag (TDS 2.3 §10); links and symbols have none;
- ``urn:epc:pat:sgtin-96:3.6901234.*.*`` or ``urn:epc:idpat:sgtin:6901234.*.*``: each field is a number, a
  ``*`` or a range ``[200-300]``;
- the beginning of a canonical Digital Link, up to a whole component: ``https://id.gs1.org/01/06901234567892``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from suyuan.readers.station.identity import Identity
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import Epc, decode_epc

Test = Callable[[bytes | str, Identity | None], bool]
"""Whether a content, and the identity that it spells, if any, fits."""

_WORDS = {"item": 1, "case": 2, "pallet": 6}
_PATTERN = re.compile(r"urn:epc:(pat|idpat):([a-z0-9-]{1,30}):([^:\s]{1,200})", re.IGNORECASE)
_RANGE = re.compile(r"\[([0-9]{1,20})-([0-9]{1,20})\]")
_FIELD = re.compile(r"\*|[^.*\[\]]+|\[[0-9]{1,20}-[0-9]{1,20}\]")
_LINK = re.compile(r"https?://[^\s?#]{4,300}", re.IGNORECASE)


def is_pattern(text: str) -> bool:
    """Whether ``text`` is a pattern."""
    if text in _WORDS or _LINK.fullmatch(text):
        return True
    found = _PATTERN.fullmatch(text)
    return found is not None and all(_FIELD.fullmatch(field) for field in found[3].split("."))


def wanted(include: Sequence[str], exclude: Sequence[str]) -> Test:
    """The test of what counts: it fits one of ``include`` (none: anything does) and none of ``exclude``."""
    into, out = [_test(each) for each in include], [_test(each) for each in exclude]

    def fits(content: bytes | str, identity: Identity | None) -> bool:
        inside = not into or any(test(content, identity) for test in into)
        return inside and not any(test(content, identity) for test in out)

    return fits


def _test(pattern: str) -> Test:
    if pattern in _WORDS:
        value = _WORDS[pattern]

        def by_filter(content: bytes | str, _: Identity | None) -> bool:
            epc = _decoded(content)
            return epc is not None and epc.filter == value and bool(epc.filter_name)

        return by_filter
    found = _PATTERN.fullmatch(pattern)
    if found is None:
        return _by_link(pattern.rstrip("/"))
    return _by_fields(found[1].lower() == "pat", found[2].lower(), found[3].split("."))


def _by_link(beginning: str) -> Test:
    def test(_: bytes | str, identity: Identity | None) -> bool:
        known = () if identity is None else (identity.key, identity.product_key or "", identity.lot_key or "")
        return any(key == beginning or key.startswith(f"{beginning}/") for key in known)

    return test


def _by_fields(of_tag: bool, scheme: str, fields: Sequence[str]) -> Test:
    def test(content: bytes | str, _: Identity | None) -> bool:
        epc = _decoded(content)
        urn = None if epc is None else epc.tag_urn if of_tag else epc.urn
        if urn is None:
            return False
        told, values = urn.split(":")[3], urn.split(":", 4)[4].split(".")
        alike = told.lower() == scheme and len(values) == len(fields)
        return alike and all(map(_fits, fields, values))

    return test


def _fits(field: str, value: str) -> bool:
    if field in {"*", value}:
        return True
    ends = _RANGE.fullmatch(field)
    return ends is not None and value.isdigit() and int(ends[1]) <= int(value) <= int(ends[2])


def _decoded(content: bytes | str) -> Epc | None:
    if isinstance(content, str):
        return None
    try:
        return decode_epc(content)
    except InvalidInput:
        return None

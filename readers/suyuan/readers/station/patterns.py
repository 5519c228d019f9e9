"""Which tags of a cycle count: patterns over what a tag says (ALE 1.1 §8.2.8, ECFilterSpec).

A pattern is one of

- ``item``, ``case``, ``pallet``: the filter value of the tag (TDS 2.3 §10); links and symbols have none;
- ``urn:epc:pat:sgtin-96:3.6901234.*.*`` or ``urn:epc:idpat:sgtin:6901234.*.*``: each field is a number, a
  ``*`` or a range ``[200-300]``, and the scheme is one that tags have, with all of its fields;
- the beginning of a canonical Digital Link, up to a whole component: ``https://id.gs1.org/01/06901234567892``,
  whatever host a tag's own link names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from suyuan.readers.station.identity import Identity
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import Epc, IdentifierError, decode_epc, identify
from suyuan.trace.gs1.tags.schemes import LAYOUTS
from suyuan.trace.gs1.urn import field_count

Test = Callable[[bytes | str, Identity | None], bool]
"""Whether a content, and the identity that it spells, if any, fits."""

_WORDS = {"item": 1, "case": 2, "pallet": 6}
_PATTERN = re.compile(r"urn:epc:(pat|idpat):([a-z0-9-]{1,30}):([^:\s]{1,200})", re.IGNORECASE)
_RANGE = re.compile(r"\[([0-9]{1,20})-([0-9]{1,20})\]")
_FIELD = re.compile(r"\*|[^*\[\]]+")
_LINK = re.compile(r"https?://[^\s?#]{4,300}", re.IGNORECASE)

_CLASSIC = [layout for layout in LAYOUTS.values() if not layout.ais]
_FIELDS = {layout.urn: field_count(layout.urn) for layout in LAYOUTS.values()}
"""How many fields the schemes have that tags can hold."""
_TAG_FIELDS = {layout.name.lower(): _FIELDS[layout.urn] + (layout.filter_bits > 0) for layout in _CLASSIC}


def is_pattern(text: str) -> bool:
    """Whether ``text`` is a pattern that some tag can fit."""
    if text in _WORDS:
        return True
    found = _PATTERN.fullmatch(text)
    if found is None:
        return canonical(text) == text.rstrip("/") != ""
    *_, fields = _parts(found)
    return bool(fields) and all(map(_is_field, fields))


def _parts(found: re.Match[str]) -> tuple[bool, str, list[str]]:
    """Whether it is of tag URNs, the scheme and its fields: none where they are not as many as it has."""
    of_tag, scheme = found[1].lower() == "pat", found[2].lower()
    count = (_TAG_FIELDS if of_tag else _FIELDS).get(scheme, 1)
    fields = found[3].split(".", count - 1)
    return of_tag, scheme, fields if len(fields) == count > 1 else []


def _is_field(field: str) -> bool:
    ends = _RANGE.fullmatch(field)
    return int(ends[1]) <= int(ends[2]) if ends else _FIELD.fullmatch(field) is not None


def canonical(link: str) -> str:
    """The canonical spelling of the beginning of a Digital Link; empty for anything else.

    >>> canonical("https://shop.example/01/6901234567892")
    'https://id.gs1.org/01/06901234567892'
    """
    if not _LINK.fullmatch(link):
        return ""
    for value in ("", "/1"):  # it may end with the number of an AI
        try:
            return identify(link.rstrip("/") + value).key.removesuffix(value)
        except IdentifierError:
            continue
    return ""


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
    return _by_fields(*_parts(found))


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
        told, values = urn.split(":")[3], urn.split(":", 4)[4].split(".", len(fields) - 1)
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

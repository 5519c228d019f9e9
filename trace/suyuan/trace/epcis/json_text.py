"""From bytes to a bounded JSON value: UTF-8, no NUL, repeated member names noted, limited depth and text.

orjson refuses invalid UTF-8, lone surrogates, infinite numbers and nesting beyond 1,024 by itself. What it
lets pass silently, that the last of two members of one name wins, becomes a warning here: RFC 8259 §4 leaves
it open, GS1's own AssociationEvent-h example does it, and two systems may disagree about such an event.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Findings, Limits, Path, Problem, ValidationError, quote, too_large

# Each string of the text, and the colon after it if it is a member name.
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"([ \t\r\n]*+:)?+', re.DOTALL)
_SPACED_COLON = re.compile(rb'"[ \t\r\n]++:')


def parse(data: bytes, limits: Limits, warnings: Findings) -> Any:
    """The value of a JSON text.

    Raises:
        ValidationError: it is not JSON, or contains NUL.
        TooLarge: it exceeds the limits body_bytes, parts, members, depth or text.
    """
    if len(data) > limits.body_bytes:
        raise too_large("body_bytes", limits.body_bytes)
    if data.count(b",") + data.count(b"{") + data.count(b"[") > limits.parts:
        raise too_large("parts", limits.parts)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        problem = Problem(
            "",
            "This is not JSON: {reason}.",
            {"reason": quote(error.msg)},
            "Send one JSON text in UTF-8, without byte order mark.",
        )
        raise ValidationError([problem]) from error
    members = _measure(value, limits)
    if _may_repeat(data, members):
        _tell_repeated(data, limits, warnings)
    if b"\\u0000" in data:
        _refuse_nul(value)
    return value


def _may_repeat(data: bytes, members: int) -> bool:
    """Whether the text spells more members than its value has."""
    if data.count(b'":') == members and b'\\"' not in data and not _SPACED_COLON.search(data):
        return False  # the common case in a third of the time: each such pair of bytes ends a name
    return sum(map(bool, _STRINGS.findall(data))) != members


def _measure(value: Any, limits: Limits) -> int:
    """The number of members; walks level by level, so that depth costs no stack."""
    longest, most = limits.text, limits.members
    members = depth = 0
    level: list[Any] = [value]
    while level:
        depth += 1
        if depth > limits.depth + 1:
            raise too_large("depth", limits.depth)
        below: list[Any] = []
        for entry in level:
            kind = entry.__class__  # the parser makes exactly these types
            if kind is str:
                if len(entry) > longest:
                    raise too_large("text", longest)
            elif kind is dict:
                if len(entry) > most:
                    raise too_large("members", most)
                members += len(entry)
                below += entry.values()
            elif kind is list:
                below += entry
        level = below
    return members


def _tell_repeated(data: bytes, limits: Limits, warnings: Findings) -> None:
    """Note members of one name and different values; the same value twice says nothing new."""

    def merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for name, value in pairs:
            if members.setdefault(name, value) != value:
                warnings.add(
                    (),
                    "The member {name} occurs twice in one object, with different values.",
                    "The last one counts here; send only one, since other systems may keep the other.",
                    name=name,
                )
        return members

    try:
        json.loads(data, object_pairs_hook=merged)
    except RecursionError as error:  # a dropped twin may nest deeper than what orjson kept
        raise too_large("depth", limits.depth) from error


def _refuse_nul(value: Any) -> None:
    findings = Findings()
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending and not findings.full:
        path, entry = pending.pop()
        if is_object(entry):
            pending.extend(((*path, name), name) for name in entry if "\0" in name)
            pending.extend(((*path, name), member) for name, member in entry.items())
        elif is_list(entry):
            pending.extend(((*path, index), member) for index, member in enumerate(entry))
        elif isinstance(entry, str) and "\0" in entry:
            findings.add(path, "The text {value} contains NUL.", "Leave the character out.", value=entry)
    findings.raise_any()

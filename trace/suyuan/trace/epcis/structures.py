"""Checks of lists and objects within an event, and of identifiers and extension fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.context import expand, is_absolute
from suyuan.trace.epcis.fields import Check, Reading, is_uri
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.gs1.plain import is_plain_urn, item_key


def list_of(check: Check, *, least: int = 0, unique: bool = False) -> Check:
    """The check of a list whose entries pass ``check``."""

    def check_list(value: Any, path: Path, reading: Reading) -> Any:
        if not is_list(value):
            reading.findings.add(
                path, "Found {value} where a list belongs.", "Write a list, even of one.", value=value
            )
            return value
        entries: list[Any] = value
        for index, entry in enumerate(entries):
            kept = check(entry, (*path, index), reading)
            if kept is not entry:
                entries[index] = kept
            if reading.findings.full:
                return entries
        if len(entries) < least:
            reading.findings.add(path, "The list is empty.", "Fill it, or leave the field out.")
        if unique and len(entries) > 1:
            _check_unique(entries, path, reading)
        return entries

    return check_list


def _check_unique(entries: list[Any], path: Path, reading: Reading) -> None:
    strings = [entry for entry in entries if isinstance(entry, str)]
    if len(set(strings)) < len(strings):
        repeated = next(entry for index, entry in enumerate(strings) if entry in strings[:index])
        reading.findings.add(path, "{value} is listed twice.", "Name each only once.", value=repeated)


def object_of(
    members: Mapping[str, Check],
    *,
    required: tuple[str, ...] = (),
    one_of: tuple[str, ...] = (),
    extensible: bool = True,
) -> Check:
    """The check of an object with these members; others only as extensions, if it is extensible."""

    def check_object(value: Any, path: Path, reading: Reading) -> Any:
        if not is_object(value):
            reading.findings.add(
                path, "Found {value} where an object belongs.", "Write a JSON object.", value=value
            )
            return value
        found: dict[str, Any] = value
        for name, member in found.items():
            check = members.get(name)
            if check is not None:
                kept = check(member, (*path, name), reading)
                if kept is not member:
                    found[name] = kept
            elif extensible:
                extension(name, member, (*path, name), reading)
            else:
                _unknown(name, (*path, name), reading)
        for name in required:
            if name not in found:
                reading.findings.add(
                    (*path, name), "The field {name} is missing.", "Add the field.", name=name
                )
        if one_of and not any(name in found for name in one_of):
            reading.findings.add(path, "The object is empty.", "Fill it, or leave the field out.")
        return found

    return check_object


def identifier(value: Any, path: Path, reading: Reading) -> Any:
    """A URI; if it is an EPC URN or a GS1 Digital Link, one with the right length and check digit."""
    # URNs have no check digit that could be wrong.
    if isinstance(value, str) and (item_key(value) is not None or is_plain_urn(value)):
        return value
    if not isinstance(value, str) or not is_uri(value):
        return fields.uri(value, path, reading)
    try:
        identify(value)
    except IdentifierError as error:
        reading.findings.add(path, error.template, error.remedy, **error.fields)
    return value


identifier_list = list_of(identifier)
epc_list = list_of(identifier, unique=True)
place = object_of({"id": identifier}, required=("id",))
_uri_list = list_of(fields.uri)


def uri_or_list(value: Any, path: Path, reading: Reading) -> Any:
    """One URI, or a list of URIs (certificationInfo)."""
    if is_list(value):
        return _uri_list(value, path, reading)
    return fields.uri(value, path, reading)


def ilmd(value: Any, path: Path, reading: Reading) -> Any:
    """Instance or lot master data: extension fields only."""
    if not is_object(value):
        reading.findings.add(
            path, "Found {value} where an object belongs.", "Write a JSON object.", value=value
        )
        return value
    found: dict[str, Any] = value
    for name, member in found.items():
        extension(name, member, (*path, name), reading)
    return found


def extension(name: str, value: Any, path: Path, reading: Reading) -> None:
    """Check an extension field: its prefix is declared, here and in all it contains."""
    if name in reading.right:
        pass
    elif ":" not in name:
        _unknown(name, path, reading)
    elif not is_uri(name):
        reading.findings.add(
            path, "{name} is not a field name.", "Write prefix:name, of URI characters.", name=name
        )
    elif expand(name, reading.prefixes) is None:
        _undeclared(name, path, reading)
    else:
        reading.right.add(name)
    if is_object(value) or is_list(value):
        _check_within(value, path, reading)


def _check_within(value: dict[str, Any] | list[Any], path: Path, reading: Reading) -> None:
    if reading.findings.full:
        return
    if isinstance(value, list):
        for index, entry in enumerate(value):
            if is_object(entry) or is_list(entry):
                _check_within(entry, (*path, index), reading)
        return
    for name, member in value.items():
        if ":" in name and not is_absolute(name) and expand(name, reading.prefixes) is None:
            _undeclared(name, (*path, name), reading)
        if is_object(member) or is_list(member):
            _check_within(member, (*path, name), reading)


def _unknown(name: str, path: Path, reading: Reading) -> None:
    reading.findings.add(
        path,
        "EPCIS has no field {name} here.",
        "Check the spelling; a field of your own needs a prefix that @context declares: example:name.",
        name=name,
    )


def _undeclared(name: str, path: Path, reading: Reading) -> None:
    reading.findings.add(
        path,
        "The prefix of {name} is not declared.",
        "Declare the prefix inside the document; contexts named by URL are not fetched.",
        name=name,
    )

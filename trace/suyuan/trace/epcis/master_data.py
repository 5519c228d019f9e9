"""Master data of a document: vocabulary elements with attributes and children. Source: EPCIS 2.0 §7.1.6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.envelope import VocabularyElement, vocabulary_lists
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path
from suyuan.trace.epcis.structures import extension


def master_data_of(shell: Mapping[str, Any], reading: Reading) -> tuple[VocabularyElement, ...]:
    """The vocabulary elements of a document in JSON form, wherever it has them."""
    return tuple(
        element for path, listed in vocabulary_lists(shell) for element in master_data(listed, path, reading)
    )


def members(value: Mapping[str, Any], known: Iterable[str], path: Path, reading: Reading) -> None:
    """Check the members of a part of the document that are not among the known ones: extensions, comments."""
    for name, member in value.items():
        # A JSON-LD processor drops terms without meaning; outside events, a leading underscore is a comment.
        if name not in known and not name.startswith("_"):
            extension(name, member, (*path, name), reading)


def master_data(listed: Any, path: Path, reading: Reading) -> tuple[VocabularyElement, ...]:
    """The vocabulary elements of a vocabularyList in JSON form (EPCIS 2.0 §7.1.6)."""
    elements: list[VocabularyElement] = []
    if not is_list(listed):
        reading.findings.add(
            path, "Found {value} where a list belongs.", "Write a list, even of one.", value=listed
        )
        return ()
    for index, vocabulary in enumerate(listed):
        at = (*path, index)
        if not is_object(vocabulary) or not isinstance(vocabulary.get("type"), str):
            reading.findings.add(at, "The vocabulary has no type.", "Name its type, a URI.")
            continue
        kind: str = vocabulary["type"]
        fields.uri(kind, (*at, "type"), reading)
        members(vocabulary, _VOCABULARY, at, reading)
        elements_of: Any = vocabulary.get("vocabularyElementList", [])
        if not is_list(elements_of):
            reading.findings.add(
                (*at, "vocabularyElementList"),
                "Found {value} where a list belongs.",
                "Write a list, even of one.",
                value=elements_of,
            )
            continue
        for place, member in enumerate(elements_of):
            element = _vocabulary_element(kind, member, (*at, "vocabularyElementList", place), reading)
            if element is not None:
                elements.append(element)
    return tuple(elements)


_VOCABULARY = ("type", "vocabularyElementList")
_ELEMENT = ("id", "attributes", "children")
_ATTRIBUTE = ("id", "attribute")


def _vocabulary_element(kind: str, member: Any, path: Path, reading: Reading) -> VocabularyElement | None:
    if not is_object(member) or not isinstance(member.get("id"), str):
        reading.findings.add(path, "The vocabulary element has no id.", "Name what it describes, a URI.")
        return None
    entry: dict[str, Any] = member
    fields.uri(entry["id"], (*path, "id"), reading)
    members(entry, _ELEMENT, path, reading)
    attributes: dict[str, Any] = {}
    gathered: dict[str, list[Any]] = {}  # of the names that repeat
    for index, attribute in enumerate(_listed(entry, "attributes", path, reading)):
        if not is_object(attribute) or not isinstance(attribute.get("id"), str):
            reading.findings.add(
                (*path, "attributes", index), "The attribute has no id.", "Name it by a URI."
            )
            continue
        name: str = attribute["id"]
        at = (*path, "attributes", index)
        fields.uri(name, (*at, "id"), reading)
        members(attribute, _ATTRIBUTE, at, reading)
        value: Any = attribute.get("attribute")
        if name in gathered:
            gathered[name].append(value)
        elif name in attributes:
            earlier = attributes[name]
            attributes[name] = gathered[name] = [*(earlier if is_list(earlier) else [earlier]), value]
        else:
            attributes[name] = value
    children = _listed(entry, "children", path, reading)
    for index, child in enumerate(children):
        fields.uri(child, (*path, "children", index), reading)
    return VocabularyElement(kind, entry["id"], attributes, tuple(children))


def _listed(entry: Mapping[str, Any], name: str, path: Path, reading: Reading) -> list[Any]:
    value = entry.get(name, [])
    if not is_list(value):
        reading.findings.add(
            (*path, name), "Found {value} where a list belongs.", "Write a list, even of one.", value=value
        )
        return []
    return value

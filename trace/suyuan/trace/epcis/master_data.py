"""Master data of a document: vocabulary elements with attributes and children. Source: EPCIS 2.0 §7.1.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.trace.epcis import fields
from suyuan.trace.epcis.envelope import VocabularyElement
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path


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
        members: Any = vocabulary.get("vocabularyElementList", [])
        if not is_list(members):
            reading.findings.add(
                (*at, "vocabularyElementList"),
                "Found {value} where a list belongs.",
                "Write a list, even of one.",
                value=members,
            )
            continue
        for place, member in enumerate(members):
            element = _vocabulary_element(kind, member, (*at, "vocabularyElementList", place), reading)
            if element is not None:
                elements.append(element)
    return tuple(elements)


def _vocabulary_element(kind: str, member: Any, path: Path, reading: Reading) -> VocabularyElement | None:
    if not is_object(member) or not isinstance(member.get("id"), str):
        reading.findings.add(path, "The vocabulary element has no id.", "Name what it describes, a URI.")
        return None
    entry: dict[str, Any] = member
    fields.uri(entry["id"], (*path, "id"), reading)
    attributes: dict[str, Any] = {}
    for index, attribute in enumerate(_listed(entry, "attributes", path, reading)):
        if not is_object(attribute) or not isinstance(attribute.get("id"), str):
            reading.findings.add(
                (*path, "attributes", index), "The attribute has no id.", "Name it by a URI."
            )
            continue
        name: str = attribute["id"]
        value: Any = attribute.get("attribute")
        if name in attributes:
            earlier = attributes[name]
            attributes[name] = [*earlier, value] if is_list(earlier) else [earlier, value]
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

"""One XML event element to the JSON form of the event, for EPCIS 2.0 and 1.2.

EPCIS 1.2 hides later fields in nested ``extension`` and ``baseExtension`` elements; they are lifted out. What
stands there without namespace and is no EPCIS field is kept under the ``epcis:`` prefix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from suyuan.trace.epcis.problems import Findings, Limits
from suyuan.trace.epcis.sensors import NUMBERS
from suyuan.trace.epcis.validate import FIELDS
from suyuan.trace.epcis.xml_values import XSI, Element, Names, boolean, number, put, split, text_of

_NIL = f"{{{XSI}}}nil"
_WRAPPERS = frozenset(("extension", "baseExtension"))
_EPCIS_FIELDS = frozenset(name for table in FIELDS.values() for name in table) | {"epcClass", "quantity"}
_COMPACT = frozenset(("type", "component", "exception"))


class EventElements:
    """Turns event elements into bodies; remembers where each came from, to tell where a problem is."""

    def __init__(self, names: Names, limits: Limits, findings: Findings, *, is_old: bool = False) -> None:
        self._names = names
        self._is_old = is_old  # EPCIS 1.2 knew no sensor data: any content may stand where 2.0 has it
        self._limits = limits
        self._findings = findings
        self._readers: dict[str, Callable[[Element], Any]] = {
            "epcList": _texts,
            "childEPCs": _texts,
            "inputEPCList": _texts,
            "outputEPCList": _texts,
            "quantityList": _quantities,
            "childQuantityList": _quantities,
            "inputQuantityList": _quantities,
            "outputQuantityList": _quantities,
            "bizTransactionList": self._references,
            "sourceList": self._references,
            "destinationList": self._references,
            "readPoint": self._object,
            "bizLocation": self._object,
            "errorDeclaration": self._object,
            "ilmd": self._object,
            "correctiveEventIDs": _texts,
            "persistentDisposition": self._persistent_disposition,
            "sensorElementList": self._sensor_elements,
            "quantity": lambda element: number(text_of(element)),
            "bizStep": self._term,
            "disposition": self._term,
            "reason": self._term,
        }

    def body(self, element: Element, index: int) -> dict[str, Any]:
        """The JSON form of the event; ``index`` is its place among the events, for problems."""
        namespace, kind = split(element.tag)
        body: dict[str, Any] = {"type": self._names.member(element) if namespace else kind}
        body.update(self._names.attributes(element))
        self._fill(body, element, (index,))
        return _from_quantity_event(body) if kind == "QuantityEvent" else body

    def _fill(
        self,
        body: dict[str, Any],
        element: Element,
        path: tuple[str | int, ...],
        *,
        wrapped: bool = False,
    ) -> None:
        for child in element:
            namespace, name = split(child.tag)
            if namespace:
                put(body, self._names.member(child), self._names.extension(child, self._limits))
            elif name in _WRAPPERS:
                self._fill(body, child, path, wrapped=True)
            elif wrapped and name not in _EPCIS_FIELDS:
                put(body, "epcis:" + name, self._names.extension(child, self._limits))
            else:
                self._field(body, name, child, path)

    def _field(self, body: dict[str, Any], name: str, child: Element, path: tuple[str | int, ...]) -> None:
        reader = self._readers.get(name)
        value = text_of(child) if reader is None else reader(child)
        if reader is None and len(child):
            value = self._names.extension(child, self._limits)
        if name == "certificationInfo":
            put(body, name, value)
        elif name in body:
            self._findings.add(
                (*path, name), "The element {name} occurs twice.", "Keep one of the two.", name=name
            )
        elif value != [] and (name != "ilmd" or value) and child.get(_NIL) not in ("true", "1"):
            body[name] = value

    def _object(self, element: Element) -> dict[str, Any]:
        members: dict[str, Any] = dict(self._names.attributes(element))
        self._fill(members, element, (split(element.tag)[1],), wrapped=False)
        return members

    def _term(self, element: Element) -> str:
        return self._names.compact(text_of(element), element)

    def _references(self, element: Element) -> list[dict[str, Any]]:
        references: list[dict[str, Any]] = []
        for child in element:
            reference: dict[str, Any] = {}
            if (kind := child.get("type")) is not None:
                reference["type"] = self._names.compact(str(kind).strip(), child)
            reference[split(child.tag)[1]] = text_of(child)
            references.append(reference)
        return references

    def _persistent_disposition(self, element: Element) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for child in element:
            changes.setdefault(split(child.tag)[1], []).append(self._term(child))
        return changes

    def _sensor_elements(self, element: Element) -> list[dict[str, Any]]:
        return [self._sensor_element(child) for child in element if split(child.tag) == ("", "sensorElement")]

    def _sensor_element(self, element: Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        reports: list[dict[str, Any]] = []
        for child in element:
            namespace, name = split(child.tag)
            if namespace:
                put(members, self._names.member(child), self._names.extension(child, self._limits))
            elif name == "sensorReport":
                reports.append(self._measured(child))
            elif name == "sensorMetadata":
                members[name] = self._measured(child)
            elif name in _WRAPPERS:
                self._fill(members, child, (name,), wrapped=True)
            else:
                put(
                    members,
                    ("epcis:" if self._is_old else "") + name,
                    self._names.extension(child, self._limits),
                )
        if reports:
            members["sensorReport"] = reports
        return members

    def _measured(self, element: Element) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for name, text in self._names.attributes(element).items():
            if name in NUMBERS:
                members[name] = number(text)
            elif name == "booleanValue":
                members[name] = boolean(text)
            else:
                members[name] = self._names.compact(text, element) if name in _COMPACT else text
        if text := text_of(element):
            self._names.beside(members, text)
        return members


def _texts(element: Element) -> list[str]:
    return [text_of(child) for child in element]


def _quantities(element: Element) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for child in element:
        entry: dict[str, Any] = {}
        for part in child:
            name = split(part.tag)[1]
            if name == "quantity":
                if part.get(_NIL) not in ("true", "1"):
                    entry[name] = number(text_of(part))
            else:
                entry[name] = text_of(part)
        entries.append(entry)
    return entries


def _from_quantity_event(body: dict[str, Any]) -> dict[str, Any]:
    """The deprecated QuantityEvent said what an OBSERVE of a quantityList says now (EPCIS 1.2 §7.4.4)."""
    entry = {name: body.pop(name) for name in ("epcClass", "quantity") if name in body}
    return {**body, "type": "ObjectEvent", "action": "OBSERVE", "quantityList": [entry]}

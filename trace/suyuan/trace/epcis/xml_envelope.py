"""What an XML document says beside its events, in the JSON form: header, master data, extensions.

The Standard Business Document Header becomes sender, receiver and instanceIdentifier; one that says more
stands in ``epcisHeader`` as well, so that it can be given back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suyuan.trace.epcis.envelope import Form
from suyuan.trace.epcis.problems import Limits
from suyuan.trace.epcis.xml_sbdh import HEADER, SBDH, header_of, parties_of
from suyuan.trace.epcis.xml_values import (
    Element,
    Names,
    local_name,
    put,
    split,
    text_of,
)

_LOCAL = "epcis:"
_OWN_ATTRIBUTES = frozenset(("schemaVersion", "creationDate", "id"))


def child(element: Element | None, name: str) -> Element | None:
    """The first child of that local name, whatever its namespace."""
    if element is None:
        return None
    return next((one for one in element if local_name(one) == name), None)


class Envelope:
    """Reads what is around the events; ``vocabularies`` are the elements that hold master data, by place."""

    def __init__(self, root: Element, form: Form, names: Names, limits: Limits) -> None:
        self._root = root
        self._form = form
        self._names = names
        self._limits = limits
        self.vocabularies: dict[str, list[Element]] = {"epcisHeader": [], "epcisBody": []}

    def shell(self) -> dict[str, Any]:
        """The document in JSON form, without context and events.

        Raises:
            TooLarge: an extension nests deeper than the limit.
        """
        root = self._root
        shell: dict[str, Any] = {"type": self._form}
        for name in ("id", "schemaVersion", "creationDate"):
            if root.get(name) is not None:
                shell[name] = str(root.get(name))
        header = self._header(shell)
        body = self._body()
        vocabularies = body.pop("vocabularyList", None)
        if vocabularies:  # of an EPCISMasterDataDocument, which JSON does not know
            master = header.setdefault("epcisMasterData", {})
            master["vocabularyList"] = [*master.get("vocabularyList", ()), *vocabularies]
        if header:
            shell["epcisHeader"] = header
        shell["epcisBody"] = body
        for name, value in self._names.attributes(root).items():
            if name not in _OWN_ATTRIBUTES:
                put(shell, name if ":" in name else _LOCAL + name, value)
        self._extensions(shell, root, ("EPCISHeader", "EPCISBody"))
        return shell

    def _header(self, shell: dict[str, Any]) -> dict[str, Any]:
        """The epcisHeader; the parties are put into the shell."""
        header: dict[str, Any] = {}
        found = child(self._root, "EPCISHeader")
        if found is None:
            return header
        sbdh = next((one for one in found if one.tag == HEADER), None)
        if sbdh is not None:
            plain = Names()
            plain.prefix(SBDH, "sbdh")
            told = plain.extension(sbdh, self._limits)
            shell.update(parties_of(told, "sbdh"))
            if told != header_of(shell):
                self._names.prefix(SBDH, "sbdh")
                header[self._names.member(sbdh)] = self._names.extension(sbdh, self._limits)
        master = child(child(found, "extension"), "EPCISMasterData")
        if master is not None:
            listed = self._vocabulary_list(child(master, "VocabularyList"), "epcisHeader")
            header["epcisMasterData"] = {"vocabularyList": listed}
            self._extensions(header["epcisMasterData"], master, ("VocabularyList",))
        for name, value in self._names.attributes(found).items():
            put(header, name if ":" in name else _LOCAL + name, value)
        self._extensions(header, found, ("StandardBusinessDocumentHeader", "EPCISMasterData"))
        return header

    def _body(self) -> dict[str, Any]:
        found = child(self._root, "EPCISBody")
        body: dict[str, Any] = {}
        if self._form != "EPCISQueryDocument":
            told = self._vocabulary_list(child(found, "VocabularyList"), "epcisHeader")
            body |= {"vocabularyList": told} if told else {"eventList": []}
            self._extensions(body, found, ("EventList", "VocabularyList"))
            return body
        results = child(found, "QueryResults")
        answer: dict[str, Any] = {}
        for name in ("queryName", "subscriptionID"):
            told_name = child(results, name)
            if told_name is not None:
                answer[name] = text_of(told_name)
        holder = child(results, "resultsBody")
        content: dict[str, Any] = {"eventList": []}
        told = self._vocabulary_list(child(holder, "VocabularyList"), "epcisBody")
        if told:
            content["vocabularyList"] = told
        self._extensions(content, holder, ("EventList", "VocabularyList"))
        answer["resultsBody"] = content
        self._extensions(answer, results, ("queryName", "subscriptionID", "resultsBody"))
        body["queryResults"] = answer
        self._extensions(body, found, ("QueryResults",))
        return body

    def _extensions(
        self, told: dict[str, Any], element: Element | None, known: Iterable[str], *, is_inside: bool = False
    ) -> None:
        """Add what is no part of the standard; what stands in ``extension`` has names without namespace."""
        for one in element if element is not None else ():
            namespace, name = split(one.tag)
            if namespace:
                if is_inside or name not in known:
                    put(told, self._names.member(one), self._names.extension(one, self._limits))
            elif name == "extension":
                self._extensions(told, one, known, is_inside=True)
            elif name not in known:
                put(told, _LOCAL + name, self._names.extension(one, self._limits))

    def _vocabulary_list(self, found: Element | None, place: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = []
        for vocabulary in found if found is not None else ():
            self.vocabularies[place].append(vocabulary)
            elements = child(vocabulary, "VocabularyElementList")
            members = [self._vocabulary_element(one) for one in (() if elements is None else elements)]
            entry: dict[str, Any] = {"type": vocabulary.get("type"), "vocabularyElementList": members}
            self._attributes(entry, vocabulary, "type")
            self._extensions(entry, vocabulary, ("VocabularyElementList",))
            listed.append(entry)
        return listed

    def _vocabulary_element(self, element: Element) -> dict[str, Any]:
        entry: dict[str, Any] = {"id": element.get("id")}
        attributes = [
            {"id": one.get("id"), "attribute": self._attribute(one)}
            for one in element
            if local_name(one) == "attribute"
        ]
        if attributes:
            entry["attributes"] = attributes
        children = child(element, "children")
        if children is not None and len(children):
            entry["children"] = [text_of(one) for one in children]
        self._attributes(entry, element, "id")
        self._extensions(entry, element, ("attribute", "children"))
        return entry

    def _attribute(self, element: Element) -> Any:
        """The value of a master data attribute: text, or an object of what is in it."""
        told = self._names.attributes(element).items()
        value: dict[str, Any] = {name: text for name, text in told if name != "id"}
        for one in element:
            put(value, self._names.member(one), self._names.extension(one, self._limits))
            if tail := (one.tail or "").strip():
                self._names.beside(value, tail)
        content = text_of(element)
        if not value:
            return content
        if content:
            self._names.beside(value, content)
        return value

    def _attributes(self, entry: dict[str, Any], element: Element, own: str) -> None:
        for name, text in self._names.attributes(element).items():
            if name != own:
                put(entry, name if ":" in name else _LOCAL + name, text)

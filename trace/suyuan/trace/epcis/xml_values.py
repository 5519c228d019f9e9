"""From XML elements to values of the JSON form: names with prefixes, extension content, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from lxml import etree

from suyuan.trace.epcis.context import CBV_MASTER_DATA, MOST_PREFIXES, STANDARD_PREFIXES
from suyuan.trace.epcis.json_shapes import is_list
from suyuan.trace.epcis.problems import Limits, too_large

# lxml gives its element type no public name.
Element: TypeAlias = etree._Element  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - see above

XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
TEXT_BESIDE_MEMBERS = "rdf:value"
_TYPE = f"{{{XSI}}}type"
_NIL = f"{{{XSI}}}nil"
_OWN_PREFIXES = {RDF: "rdf", XML: "xml", XSI: "xsi"}
_MACHINERY = (XSI, XSD)
_WHOLE = frozenset(
    (
        *("integer", "int", "long", "short", "byte", "positiveInteger", "negativeInteger"),
        *("unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"),
        *("nonNegativeInteger", "nonPositiveInteger"),
    )
)
_FRACTIONAL = frozenset(("double", "float", "decimal"))
_DIGITS_OF_64_BITS = re.compile(r"[+-]?+[0-9]{1,18}\Z")
_STANDARD_BY_IRI = {iri: prefix for prefix, iri in STANDARD_PREFIXES.items()} | {
    CBV_MASTER_DATA[:-1]: "cbvmda"
}
_NOT_PREFIXES = frozenset(("http", "https", "urn", "xmlns", *_OWN_PREFIXES.values()))
_INTEGER = re.compile(r"[+-]?+[0-9]{1,15}\Z")
_DECIMAL = re.compile(r"[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]{1,3})?+\Z")


class Names:
    """The prefixes in use for the namespaces of one document; becomes its JSON-LD context entry."""

    def __init__(self) -> None:
        self.declared: dict[str, str] = {}
        self._by_iri: dict[str, str] = {}
        self._members: dict[str, str] = {}
        self._made_up = 0
        self._at_root: Mapping[str | None, str] | None = None
        self._wishes: Mapping[str, str | None] = {}

    def declare(self, root: Element, besides: tuple[str, ...], *, is_all: bool) -> None:
        """Take over the prefixes that the root declares, used or not, but for these namespaces.

        ``is_all`` tells that no other element declares any: then what is in scope need not be asked of each.

        Raises:
            TooLarge: there are more than ``MOST_PREFIXES``.
        """
        declared = root.nsmap
        if is_all:
            self._at_root = declared
            self._wishes = {namespace: prefix for prefix, namespace in declared.items()}
        for prefix, namespace in declared.items():
            known = namespace in besides or namespace in _MACHINERY or namespace in _STANDARD_BY_IRI
            if prefix and ":" in namespace and not known:
                self.prefix(namespace, prefix)

    def prefix(self, namespace: str, wish: str | None) -> str:
        """The prefix of a namespace, the document's own where it is free."""
        known = _STANDARD_BY_IRI.get(namespace) or self._by_iri.get(namespace)
        if known is not None:
            return known
        if (own := _OWN_PREFIXES.get(namespace)) is not None:
            self.declared[own] = namespace
            self._by_iri[namespace] = own
            return own
        free = (
            wish and wish not in self.declared and wish not in STANDARD_PREFIXES and wish not in _NOT_PREFIXES
        )
        self._made_up = max(self._made_up, len(self.declared))
        while not free:
            self._made_up += 1
            wish = f"ns{self._made_up}"
            free = wish not in self.declared
        if len(self.declared) >= MOST_PREFIXES:
            raise too_large("prefixes", MOST_PREFIXES)
        chosen = str(wish)
        self.declared[chosen] = namespace
        self._by_iri[namespace] = chosen
        return chosen

    def member(self, element: Element) -> str:
        """The member name of an element: ``prefix:local``, or ``local`` outside all namespaces."""
        name = self._members.get(element.tag)
        if name is None:
            namespace, local = split(element.tag)
            name = f"{self.prefix(namespace, element.prefix)}:{local}" if namespace else local
            self._members[element.tag] = name
        return name

    def compact(self, value: str, element: Element) -> str:
        """A value ``prefix:rest`` of a namespace known here, under the prefix that the context gives it."""
        prefix, colon, rest = value.partition(":")
        namespace = self._scope(element).get(prefix) if colon and not rest.startswith("//") else None
        return value if namespace is None else f"{self.prefix(namespace, prefix)}:{rest}"

    def attributes(self, element: Element) -> dict[str, str]:
        """The element's attributes by member name, without ``xsi:…``: these are not about what is said."""
        found: dict[str, str] = {}
        for name, value in element.items():
            namespace, local = split(str(name))
            if namespace == XSI:
                continue
            if namespace:
                local = f"{self.prefix(namespace, self._wish(namespace, element))}:{local}"
            found[local] = str(value)
        return found

    def _scope(self, element: Element) -> Mapping[str | None, str]:
        return element.nsmap if self._at_root is None else self._at_root

    def _wish(self, namespace: str, element: Element) -> str | None:
        """The prefix under which the element knows the namespace."""
        if self._at_root is not None:
            return self._wishes.get(namespace)
        return next((prefix for prefix, iri in element.nsmap.items() if iri == namespace), None)

    def extension(self, element: Element, limits: Limits, depth: int = 1) -> Any:
        """The value of an extension element: text, or an object of its attributes and children.

        Text beside these stands under ``rdf:value``; a type that is no number and not of XML Schema, and
        ``xsi:nil``, stand under their own names.

        Raises:
            TooLarge: it nests deeper than the limit.
        """
        if depth > limits.depth:
            raise too_large("depth", limits.depth)
        content: Any = text_of(element)
        if len(content) > limits.text:
            raise too_large("text", limits.text)
        members: dict[str, Any] = self.attributes(element)
        kind = element.get(_TYPE)
        if kind is not None:
            content = self._typed(members, content, kind, element)
        if (nil := element.get(_NIL)) is not None:
            members[self.prefix(XSI, "xsi") + ":nil"] = str(nil)
        texts = [content] if content != "" else []
        for child in element:
            put(members, self.member(child), self.extension(child, limits, depth + 1))
            if tail := (child.tail or "").strip():
                texts.append(tail)
        if not members:
            return content
        for text in texts:
            self.beside(members, text)
        return members

    def beside(self, members: dict[str, Any], text: Any) -> None:
        """Add text that stands beside attributes and elements."""
        self.prefix(RDF, "rdf")
        put(members, TEXT_BESIDE_MEMBERS, text)

    def _typed(self, members: dict[str, Any], content: str, kind: str, element: Element) -> Any:
        """The content as its type has it; a type of the sender's own becomes a member."""
        if self._scope(element).get(kind.strip().rpartition(":")[0] or None) == XSD:
            return typed(content, kind, self._scope(element))
        members[self.prefix(XSI, "xsi") + ":type"] = self.compact(kind.strip(), element)
        return content


def split(tag: str) -> tuple[str, str]:
    """(namespace, local name) of an lxml tag."""
    return _remembered_split(tag) if len(tag) <= _LONGEST_REMEMBERED else _split(tag)


def _split(tag: str) -> tuple[str, str]:
    if tag[:1] == "{":
        namespace, _, local = tag[1:].partition("}")
        return namespace, local
    return "", tag


_LONGEST_REMEMBERED = 200
_remembered_split = lru_cache(maxsize=4096)(_split)


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return split(element.tag)[1]


def text_of(element: Element) -> str:
    """The element's own text, trimmed; text after children is whitespace in EPCIS and not kept."""
    return (element.text or "").strip()


def put(members: dict[str, Any], name: str, value: Any) -> None:
    """Add a member; a name that occurs again gathers its values in a list."""
    if name not in members:
        members[name] = value
    elif is_list(members[name]):
        members[name].append(value)
    else:
        members[name] = [members[name], value]


def number(text: str) -> Any:
    """The number that the text spells; the text itself if it spells none (the validator tells)."""
    text = text.strip()
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _DECIMAL.match(text) else text


def typed(text: str, kind: str, scope: Mapping[str | None, str]) -> Any:
    """The number or truth value that an ``xsi:type`` of XML Schema makes of the text; else the text."""
    prefix, _, local = kind.strip().rpartition(":")
    if scope.get(prefix or None) != XSD:
        return text
    if local == "boolean":
        return boolean(text)
    if local in _WHOLE:
        return int(text) if _DIGITS_OF_64_BITS.match(text) else text
    return float(text) if local in _FRACTIONAL and _is_exact(text) else text


def _is_exact(text: str) -> bool:
    """Whether a number of 64 bits is written like this, and so comes back as the same."""
    return _DECIMAL.match(text) is not None and Decimal(repr(float(text))) == Decimal(text)


def boolean(text: str) -> Any:
    """The truth value of an xsd:boolean; the text itself if it is none."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip(), text)

"""From values of the JSON form to XML elements: names, text, extensions. The inverse of ``xml_values``.

What XML has no room for is refused with its place, never dropped; a character that it cannot carry becomes
U+FFFD (decision 0016). Numbers and truth values of extensions carry an ``xsi:type``, as in GS1's own
examples, so that they come back as what they were.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote as percent

from lxml import etree

from suyuan.trace.epcis.canonical import extension_text
from suyuan.trace.epcis.context import CBV_MASTER_DATA, STANDARD_PREFIXES, expand
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path, Problem, ValidationError, json_pointer, quote
from suyuan.trace.epcis.validate import FIELDS
from suyuan.trace.epcis.xml_values import RDF, XML, XSI, Element

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*\Z")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_URI = re.compile(r"%(?![0-9A-Fa-f]{2})|[^!#-;=?-\[\]_a-z~]")
_LOCAL = "epcis:"
_ATTRIBUTES = (f"{{{XML}}}", f"{{{XSI}}}")
# What would be read as a part of the standard if it stood in an extension element without namespace.
_RESERVED = frozenset(
    (*FIELDS, *(name for table in FIELDS.values() for name in table), "extension", "baseExtension")
)


def is_name(text: str) -> bool:
    """Whether the text can be the local name of an element here: ASCII, as all of EPCIS."""
    return _NAME.match(text) is not None


def carried(text: str) -> str:
    """The text with U+FFFD for each character that XML 1.0 cannot carry (§2.2), such as U+0001 or U+FFFF.

    One partner's such character so never keeps another from all that he asked for.
    """
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


class Elements:
    """Writes what stands at one place of a document; knows the prefixes there, and tells the place."""

    def __init__(self, known: Mapping[str, str], place: Path = ()) -> None:
        self._known = known
        self._is_typed = known.get("xsd") == STANDARD_PREFIXES["xsd"]  # as the root declares it
        self._place = place

    def refusal(self, path: Path, template: str, remedy: str, **fields: str) -> ValidationError:
        """The error for what cannot be written, to be raised."""
        return ValidationError([Problem(json_pointer((*self._place, *path)), template, fields, remedy)])

    def text(self, parent: Element, tag: str, value: Any) -> Element:
        """Append an element with that text."""
        element = etree.SubElement(parent, tag)
        element.text = carried(extension_text(value))
        return element

    def set(self, element: Element, name: str, value: Any) -> None:
        """Set an attribute; text is kept with its spaces, which count in a ``stringValue``."""
        element.set(name, carried(value if isinstance(value, str) else extension_text(value)))

    def tag(self, name: str, path: Path) -> str:
        """The XML name of a member name.

        Raises:
            ValidationError: it cannot be one.
        """
        expanded = expand(name, self._known)
        if expanded is None or not is_name(expanded[1]):
            raise self._no_element(name, path)
        namespace, local = expanded
        return f"{{{xml_namespace(namespace)}}}{local}" if namespace else local

    def _no_element(self, name: str, path: Path) -> ValidationError:
        return self.refusal(
            path,
            "The name {name} cannot be an XML element.",
            "Ask for the event in JSON.",
            name=quote(name),
        )

    def is_local(self, name: str) -> bool:
        """Whether the member came from an ``extension`` element, where names have no namespace."""
        local = name.removeprefix(_LOCAL)
        return (
            local != name
            and self._known.get("epcis") == STANDARD_PREFIXES["epcis"]
            and is_name(local)
            and local not in _RESERVED
        )

    def locals(self, parent: Element, value: Mapping[str, Any], path: Path) -> None:
        """Append the members without namespace; ``parent`` is the ``extension`` element they belong in."""
        for name, member in value.items():
            if self.is_local(name):
                self._value(parent, name.removeprefix(_LOCAL), member, (*path, name))

    def extensions(
        self, element: Element, value: Mapping[str, Any], path: Path, *, besides_locals: bool = False
    ) -> None:
        """Append the extension members of a value, ``besides_locals`` without those of :meth:`locals`."""
        for name, member in value.items():
            if ":" in name and not (besides_locals and self.is_local(name)):
                self.extension(element, name, member, (*path, name))

    def extension(self, parent: Element, name: str, value: Any, path: Path) -> None:
        """Append an extension field, as often as its list has entries; nothing for null.

        What XML itself defines (``xml:lang``, ``xsi:type``) is an attribute.
        """
        tag = self.tag(name, path)
        if not tag.startswith(_ATTRIBUTES):
            self._value(parent, tag, value, path)
        elif is_list(value) or is_object(value):
            raise self._no_element(name, path)
        elif value is not None:
            self.set(parent, tag, value)

    def _members(self, element: Element, value: Mapping[str, Any], path: Path) -> None:
        """Append the members of an extension; text among them is the element's own, if it is not alone."""
        own: tuple[str, str] | None = None
        for inner, member in value.items():
            if isinstance(member, str) and member.strip() and expand(inner, self._known) == (RDF, "value"):
                own = inner, member
            else:
                self.extension(element, inner, member, (*path, inner))
        if own is not None and (len(element) or element.attrib):
            element.text = carried(extension_text(own[1]))
        elif own is not None:
            self.extension(element, *own, path)

    def _value(self, parent: Element, tag: str, value: Any, path: Path) -> None:
        if is_list(value):
            for entry in value:
                self._value(parent, tag, entry, path)
        elif is_object(value):
            element = etree.SubElement(parent, tag)
            self._members(element, value, path)
        elif value is not None:
            element = self.text(parent, tag, value)
            kind = _schema_type(value)
            if kind is not None and self._is_typed:
                element.set(f"{{{XSI}}}type", "xsd:" + kind)

    def attribute(self, parent: Element, name: str, value: Any, path: Path) -> None:
        """Append a master data ``attribute`` of that id; its schema forbids to say more about its type."""
        if is_object(value):
            element = etree.SubElement(parent, "attribute")
            self._members(element, value, path)
        else:
            element = self.text(parent, "attribute", "" if value is None else value)
        self.set(element, "id", name)

    def qualified(self, parent: Element, name: str, value: Any, path: Path) -> None:
        """Append a value of a schema whose elements are qualified and whose attributes are not (SBDH)."""
        if is_list(value):
            for entry in value:
                self.qualified(parent, name, entry, path)
            return
        element = etree.SubElement(parent, self.tag(name, path))
        for inner, member in value.items() if is_object(value) else ():
            at = (*path, inner)
            if expand(inner, self._known) == (RDF, "value"):
                element.text = carried(extension_text(member))
            elif ":" in inner:
                self.qualified(element, inner, member, at)
            else:
                self.set(element, self.tag(inner, at), member)
        if not is_object(value) and value is not None:
            element.text = carried(extension_text(value))


def _schema_type(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "double" if isinstance(value, float) else None


@lru_cache(maxsize=1000)
def xml_namespace(namespace: str) -> str:
    """The namespace as XML documents name it: that of CBV master data has no colon at its end there.

    What is no URI, such as ``urn:a b`` or ``urn:食品``, is percent-encoded (RFC 3987 §3.1).
    """
    if namespace == CBV_MASTER_DATA:
        return CBV_MASTER_DATA[:-1]
    encoded = _NO_URI.sub(lambda found: percent(found[0], safe=""), namespace)
    try:
        etree.Element(f"{{{encoded}}}a")
    except ValueError:  # brackets where no address stands, say
        return percent(namespace, safe=":")
    return encoded

"""Published tag vectors, Digital Links and EPCIS documents, as they stand in the reference data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree as ET

import pytest

from suyuan.trace.gs1 import (
    IdentifierError,
    canonical_key,
    decode_epc,
    element_string,
    encode_epc,
    identify,
)
from suyuan.trace.gs1.tags import LAYOUTS

pytestmark = pytest.mark.shared

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"

IDENTIFIER_FIELDS = frozenset(
    {"epcList", "childEPCs", "inputEPCList", "outputEPCList", "epcClass", "parentID", "deviceID", "source"}
    | {"destination", "bizTransaction", "transformationID"}
)
PLACE_FIELDS = frozenset({"readPoint", "bizLocation"})
XML_TAGS = frozenset({"epc", "epcClass", "parentID", "source", "destination", "bizTransaction"})
XML_PLACES = frozenset({"readPoint", "bizLocation"})


def test_the_vectors_of_the_tag_data_standard(shared: Path) -> None:
    vectors = json.loads((shared / "tags" / "epc-tds-2.3.json").read_text())["vectors"]
    for vector in vectors:
        memory = bytes.fromhex(vector["hex"] + "0" * (-len(vector["hex"]) % 4))
        epc = decode_epc(memory)
        assert epc.scheme == vector["scheme"]
        beside = "".join(f"({ai}){value}" for ai, value in epc.data)
        told = element_string(epc.identifier) + beside
        assert told == vector.get("ai", told)
        assert epc.tag_urn == vector.get("tag_uri", epc.tag_urn)
        assert epc.urn == vector.get("epc_uri", epc.urn)
        assert epc.hostname == vector.get("hostname", "")
        written = encode_epc(
            epc.identifier,
            company_prefix_length=epc.company_prefix_length or None,
            filter=epc.filter,
            scheme=epc.scheme,
            data=epc.data,
            hostname=epc.hostname,
        )
        assert written == memory
    assert len(vectors) == 18


def test_the_headers_of_the_tag_data_standard(shared: Path) -> None:
    headers = json.loads((shared / "tags" / "epc-tds-2.3.json").read_text())["headers"]
    assert {name: f"{row.header:02X}" for name, row in LAYOUTS.items() if row.ais} == headers


# What the reference engine refuses and we take, or the other way round, with the reason.
OTHERWISE = {
    "HtTp://a/b/00/006141411234567890": "schemes are case-insensitive (RFC 3986 §3.1)",
    "https://a/gtin/12312312312333": "refused there by an option only; the next vector takes a short name",
    "https://a/01/416000336108": "refused there by an option only; GTIN-12 is padded here",
    "https://a/8004/9520614141234567?01=02345673": "attributes in the query are not looked at",
    "https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ+987": "attributes in the query are not looked at",
    "https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&99=XYZ789": "attributes are not looked at",
    "https://example.com/01/09520123456788?99=XYZ&89=ABC123": "attributes in the query are not looked at",
}


def test_the_digital_links_of_the_reference_engine(shared: Path) -> None:
    lines = (shared / "gs1" / "gs1engine_dl_parse.jsonl").read_text().splitlines()
    vectors = [json.loads(line) for line in lines]
    different: list[str] = []
    for vector in vectors:
        try:
            identifier = identify(vector["uri"])
        except IdentifierError:
            identifier = None
        taken = identifier is not None and bool(identifier.ais)
        if taken is not vector["ok"]:
            different.append(vector["uri"])
        elif identifier is not None and taken:
            told = vector["ai"].replace("^", "")
            for ai, value in identifier.ais:
                assert ai + value in told, vector["uri"]
            assert told.startswith("".join(identifier.ais[0]))
    assert len(vectors) == 40
    assert set(different) == set(OTHERWISE)


def identifiers_of_json(value: Json, field: str = "") -> Iterator[str]:
    """The identifiers in an EPCIS JSON document: strings in the fields that hold identifiers."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "id" and field in PLACE_FIELDS:
                yield str(member)
            else:
                yield from identifiers_of_json(member, name)
    elif isinstance(value, list):
        for member in value:
            yield from identifiers_of_json(member, field)
    elif isinstance(value, str) and field in IDENTIFIER_FIELDS:
        yield value


def identifiers_of_xml(path: Path) -> Iterator[str]:
    """The identifiers in an EPCIS XML document."""
    for element in ET.parse(path).iter():  # noqa: S314 - published examples, not a stranger's document
        name = element.tag.rpartition("}")[2]
        if name in XML_TAGS and element.text and element.text.strip():
            yield element.text.strip()
        elif name in XML_PLACES:
            yield from ((child.text or "").strip() for child in element if child.tag == "id")


def test_every_identifier_of_the_published_documents_is_understood(shared: Path) -> None:
    manifest = json.loads((shared / "epcis" / "MANIFEST.json").read_text())
    files = [e["file"] for e in manifest if e["kind"] in {"document", "event"} and e["expect"] == "valid"]
    wrong: list[str] = []
    kinds: dict[str, int] = {}
    for file in files:
        path = shared / "epcis" / file
        found = (
            identifiers_of_xml(path)
            if path.suffix == ".xml"
            else identifiers_of_json(json.loads(path.read_text()))
        )
        for uri in found:
            try:
                identifier = identify(uri)
            except IdentifierError as error:
                wrong.append(f"{file}: {error}")
                continue
            kinds[identifier.kind] = kinds.get(identifier.kind, 0) + 1
            assert canonical_key(identifier.key) == identifier.key
            if identifier.kind != "other":
                assert identifier.key.startswith("https://id.gs1.org/"), uri
    assert not wrong
    assert len(files) > 130
    assert min(kinds[kind] for kind in ("item", "lot", "unit", "place", "product")) > 20

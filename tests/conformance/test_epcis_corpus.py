"""The published EPCIS documents of GS1, OpenEPCIS and the FSMA 204 profile: read, refused, written again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from lxml import etree

from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.document import Document, read_document, read_event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.json_document import event_from_body, read_json, write_document_json, write_json
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.epcis.xml_document import read_xml, write_document_xml

pytestmark = pytest.mark.shared

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
# Marked valid in the manifest, refused here on purpose.
CBV_URNS_IN_JSON = (
    "gs1-epcis/XML/WithEventHashID/event_with_identical_hash_id_7.json"  # GS1's schema refuses it too
)
CAPTURE_JOBS = "gs1-epcis/XML/CaptureJob/"  # answers of a server, no events
# GS1's drafts in the "simple context": not EPCIS 2.0 even apart from their compact names.
DRAFTS = {
    "Example-TransactionEvents-2020_07_03y.jsonld": "a sourceList that is no list",
    "PersistentDisposition-example.jsonld": "id in the place of eventID",
    "object_event_all_possible_fields.jsonld": "ILMD with action OBSERVE",
    "SensorDataExample12.jsonld": "no schemaVersion",
    "SensorDataExample17.jsonld": "a schemaVersion that is a number",
}
# The XML schema lets the type of a sensor report be missing beside an exception, the JSON schema does not.
WITHOUT_REPORT_TYPE = "gs1-epcis/XML/WithSensorData/SensorDataExamples.xml"


@pytest.fixture(scope="module")
def epcis(shared: Path) -> Path:
    return shared / "epcis"


@pytest.fixture(scope="module")
def manifest(epcis: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((epcis / "MANIFEST.json").read_text())
    return entries


def _files(manifest: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [
        entry
        for entry in manifest
        if entry["kind"] == kind
        and not entry["file"].startswith(("fsma204/profile/FSMA-1-Harvesting-Event-Schema",))
    ]


def _content(path: Path) -> tuple[bytes, bool]:
    """The document without its DOCTYPE, and whether it had one."""
    data = path.read_bytes()
    stripped = re.sub(rb"<!DOCTYPE [a-z]+>", b"", data)
    return stripped, stripped != data


@pytest.fixture(scope="module")
def documents(epcis: Path, manifest: list[dict[str, Any]]) -> dict[str, Document]:
    """Every document that the manifest calls valid."""
    return {
        entry["file"]: read_document(_content(epcis / entry["file"])[0])
        for entry in _files(manifest, "document")
        if entry["file"] != CBV_URNS_IN_JSON and not entry["file"].startswith(CAPTURE_JOBS)
    }


def test_valid_documents_are_read_with_all_their_events(
    documents: dict[str, Document], manifest: list[dict[str, Any]]
) -> None:
    assert len(documents) >= 120
    told = {entry["file"]: entry["events"] for entry in manifest if entry["events"] is not None}
    wrong = {
        file: len(document.events)
        for file, document in documents.items()
        if told.get(file) != len(document.events)
    }
    assert not {file: count for file, count in wrong.items() if file in told}


def test_a_doctype_is_refused_even_if_it_is_harmless(epcis: Path, documents: dict[str, Document]) -> None:
    with_doctype = [file for file in documents if _content(epcis / file)[1]]
    assert len(with_doctype) == 12
    for file in with_doctype:
        with pytest.raises(ValidationError, match="DOCTYPE"):
            read_document((epcis / file).read_bytes())


def test_what_is_no_document_of_events_is_refused(epcis: Path, manifest: list[dict[str, Any]]) -> None:
    jobs = [entry["file"] for entry in manifest if entry["file"].startswith(CAPTURE_JOBS)]
    assert jobs
    for file in jobs:
        with pytest.raises(ValidationError, match="not an EPCIS document"):
            read_document((epcis / file).read_bytes())


def test_cbv_urns_in_json_are_refused_naming_the_word(epcis: Path) -> None:
    with pytest.raises(ValidationError) as caught:
        read_document((epcis / CBV_URNS_IN_JSON).read_bytes())
    first = caught.value.problems[0]
    assert first.where == "/epcisBody/eventList/0/bizStep"
    assert first.fields["word"] == "receiving"
    assert first.remedy == "Write the bare word."


def test_single_events_are_read(epcis: Path, manifest: list[dict[str, Any]]) -> None:
    entries = _files(manifest, "event")
    assert len(entries) == 10
    types = {read_event((epcis / entry["file"]).read_bytes()).type for entry in entries}
    assert types >= {"ObjectEvent", "AggregationEvent", "TransformationEvent", "example:CustomEvent"}


def test_profile_events_are_judged_as_their_profile_does(epcis: Path, manifest: list[dict[str, Any]]) -> None:
    verdicts: dict[str, bool] = {}
    for entry in _files(manifest, "profile-event"):
        try:
            read_event((epcis / entry["file"]).read_bytes())
        except ValidationError:
            verdicts[entry["file"]] = False
        else:
            verdicts[entry["file"]] = True
    assert len(verdicts) == 3
    assert verdicts == {file: "Invalid" not in file for file in verdicts}


def test_invalid_documents_are_refused_with_place_and_remedy(
    epcis: Path, manifest: list[dict[str, Any]]
) -> None:
    entries = _files(manifest, "invalid")
    assert len(entries) == 10
    for entry in entries:
        with pytest.raises(ValidationError) as caught:
            read_document((epcis / entry["file"]).read_bytes())
        assert caught.value.problems
        for problem in caught.value.problems:
            assert problem.where.startswith("/"), entry["file"]
            assert problem.detail, entry["file"]
            assert problem.remedy, entry["file"]


def test_all_five_faults_of_one_document_are_told_at_once(epcis: Path) -> None:
    path = "openepcis/2.0/EPCIS/JSON/Capture/Invalid/Combination_of_multiple_invalid_fields.json"
    with pytest.raises(ValidationError) as caught:
        read_document((epcis / path).read_bytes())
    assert [problem.where.removeprefix("/epcisBody/eventList") for problem in caught.value.problems] == [
        "/0/bizStep",
        "/1/disposition",
        "/2/sourceList/0/type",
        "/3/ilmd/materialType",
        "/4/eventTime",
        "/4/action",
    ]


def test_compact_names_of_the_simple_context_become_bare_words(
    epcis: Path, manifest: list[dict[str, Any]]
) -> None:
    read = refused = 0
    for entry in _files(manifest, "document-curie"):
        data = (epcis / entry["file"]).read_bytes()
        if entry["file"].rsplit("/", 1)[1] in DRAFTS:
            with pytest.raises(ValidationError):
                read_document(data)
            refused += 1
            continue
        for event in read_document(data).events:
            assert '"cbv:' not in json.dumps(dict(event.body)), entry["file"]
        read += 1
    assert (read, refused) == (41, 5)


def test_json_is_written_back_with_the_same_bodies(documents: dict[str, Document]) -> None:
    for file, document in documents.items():
        again = read_json(write_json(document.events, creation_date=NOW))
        assert [event.body for event in again.events] == [event.body for event in document.events], file
        assert [evidence_hash(event) for event in again.events] == [
            evidence_hash(e) for e in document.events
        ], file


def test_an_event_is_rebuilt_from_its_stored_body(documents: dict[str, Document]) -> None:
    for file, document in documents.items():
        for event in document.events:
            assert event_from_body(event.body, event.context) == event, file


@pytest.mark.parametrize("form", ["EPCISDocument", "EPCISQueryDocument"])
def test_written_json_is_valid_by_the_official_schema(
    epcis: Path, documents: dict[str, Document], form: Any
) -> None:
    schema = json.loads((epcis / "schemas/json-schema/epcis-json-schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    for file, document in documents.items():
        if file == WITHOUT_REPORT_TYPE:
            continue
        written = json.loads(write_json(document.events, form=form, creation_date=NOW, subscription_id="s-1"))
        faults = [f"{error.instance_path} {error.message[:200]}" for error in validator.iter_errors(written)]
        assert not faults, file


@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_written_xml_is_valid_by_the_official_schemas_and_says_the_same(
    epcis: Path, documents: dict[str, Document], version: Any
) -> None:
    folder = epcis / "schemas/xsd" / f"{version}.0".replace(".", "_")
    schemas = {
        form: etree.XMLSchema(etree.parse(str(folder / f"{name}-{version.replace('.', '_')}.xsd")))
        for form, name in (
            ("EPCISDocument", "EPCglobal-epcis"),
            ("EPCISQueryDocument", "EPCglobal-epcis-query"),
            ("EPCISMasterDataDocument", "EPCglobal-epcis-masterdata"),
        )
    }
    for file, document in documents.items():
        written = write_document_xml(document, now=NOW, version=version)
        schema = schemas[document.form]
        assert schema.validate(etree.fromstring(written)), (file, schema.error_log)
        again = read_xml(written)
        assert again.schema_version == version
        assert [evidence_hash(event) for event in again.events] == [
            evidence_hash(e) for e in document.events
        ], file
        assert [event_hash(event) for event in again.events] == [event_hash(e) for e in document.events], file
        assert again.vocabularies == document.vocabularies, file
        assert again.header == document.header, file


def test_documents_are_given_back_whole(documents: dict[str, Document]) -> None:
    """JSON again is equal member by member, and so is XML that went through JSON."""
    through_json = 0
    for file, document in documents.items():
        from_json = read_json(write_document_json(document, now=NOW))
        assert [event.body for event in from_json.events] == [event.body for event in document.events], file
        assert from_json.context == document.context, file
        assert from_json.vocabularies == document.vocabularies, file
        if not file.endswith(".xml"):
            assert from_json.shell == document.shell, file
        elif document.form != "EPCISMasterDataDocument":  # in JSON, the header of an EPCISDocument
            again = read_xml(write_document_xml(from_json, now=NOW, version=_version(document)))
            assert again.shell == document.shell, file
            assert [event.body for event in again.events] == [event.body for event in document.events], file
            through_json += 1
    assert through_json >= 40


def _version(document: Document) -> Any:
    return "1.2" if document.schema_version.startswith("1") else "2.0"


def test_master_data_are_read(documents: dict[str, Document]) -> None:
    elements = documents["gs1-epcis/XML/Mimasu/Example-masterData.xml"].vocabularies
    first = elements[0]
    assert first.type == "urn:epcglobal:epcis:vtype:BusinessLocation"
    assert first.id == "urn:epc:id:sgln:0037000.00729.0"
    assert first.attributes["http://epcis.example.com/mda/latitude"] == "+18.0000"
    assert len(first.children) == 3
    assert first.attributes["http://epcis.example.com/mda/address"] == {
        "example:Address": {"Street": "100 Nowhere Street", "City": "Fancy", "State": "DC", "Zip": "99999"}
    }
    rich = documents[
        "gs1-epcis/XML/WithFullCombinationOfFields/masterdata_all_possible_fields.xml"
    ].vocabularies
    assert rich[0].attributes["http://example.com/ext1#array"] == ["string1InArray", "string2InArray"]

"""Whatever is sent, the readers answer with a document or an error of ours; and what they read survives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from suyuan.trace.epcis.canonical import event_hash, evidence_hash
from suyuan.trace.epcis.document import read_document, read_event
from suyuan.trace.epcis.json_document import read_json, write_json
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.epcis.validate import FIELDS
from suyuan.trace.epcis.xml_document import read_xml, write_xml
from suyuan.trace.errors import SuyuanError
from suyuan.trace.gs1 import IdentifierError, canonical_key, check_digit, identify
from suyuan.trace.gs1.plain import is_plain_urn, item_key, item_with_lot, plain_key

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NAMES = sorted({name for table in FIELDS.values() for name in table})
INNER = [
    "id",
    "epcClass",
    "quantity",
    "uom",
    "type",
    "source",
    "sensorReport",
    "set",
    "example:a",
    "nope:a",
    "@id",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**63), max_value=2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["ADD", "shipping", "urn:x:1", "2026-11-21T01:30:00Z", "+08:00", "cbv:Disp-recalled", "po"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
BASE = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-21T01:30:00Z",
    "eventTimeZoneOffset": "+08:00",
    "action": "ADD",
    "epcList": ["urn:x:1"],
}
events = st.fixed_dictionaries(
    {"type": st.sampled_from([*FIELDS, "example:Custom", "x"])},
    optional={name: values for name in (*NAMES, "example:field", "plain") if name != "type"},
)
text = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
extension = st.recursive(
    text | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9, allow_subnormal=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["example:a", "example:b", "plain"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _document(body: Any) -> bytes:
    return json.dumps(
        {
            "@context": [STANDARD, {"example": "http://ns.example.com/epcis/"}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-21T01:30:00Z",
            "epcisBody": {"eventList": [body]},
        }
    ).encode()


def _read_whatever(data: bytes) -> None:
    for read in (read_document, read_event, read_json, read_xml):
        try:
            read(data)
        except SuyuanError:
            continue


@given(st.binary(max_size=200))
def test_any_bytes_give_a_document_or_an_error_of_ours(data: bytes) -> None:
    _read_whatever(data)
    _read_whatever(b"<" + data)
    _read_whatever(b'{"type": "EPCISDocument", ' + data)


@given(values)
def test_any_json_gives_a_document_or_an_error_of_ours(value: Any) -> None:
    _read_whatever(json.dumps(value).encode())


@given(events | st.dictionaries(st.sampled_from(NAMES), values, max_size=2).map(lambda some: BASE | some))
def test_any_event_is_read_or_refused_and_survives_if_read(body: dict[str, Any]) -> None:
    try:
        document = read_json(_document(body))
    except ValidationError as caught:
        problems = caught.problems
    else:
        problems = ()
        again = read_json(write_json(document.events, creation_date=NOW))
        assert [event.body for event in again.events] == [event.body for event in document.events]
        assert event_hash(again.events[0]) == event_hash(document.events[0])
    assert all(problem.detail and problem.where for problem in problems)


@given(extension)
def test_extensions_survive_json_and_xml(value: Any) -> None:
    body = {
        "type": "ObjectEvent",
        "eventTime": "2026-11-21T01:30:00Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "epcList": ["urn:x:1"],
        "example:field": value,
        "ilmd": {"example:field": value},
    }
    (event,) = read_json(_document(body)).events
    (from_json,) = read_json(write_json([event], creation_date=NOW)).events
    assert from_json.body == event.body
    (from_xml,) = read_xml(write_xml([event], NOW)).events
    assert evidence_hash(from_xml) == evidence_hash(event)
    assert event_hash(from_xml) == event_hash(event)


digits = st.text("0123456789", max_size=13)
tails = st.text("abcXYZ019-_.", max_size=22)


@given(st.sampled_from(["id:sgtin", "class:lgtin", "id:sscc", "id:sgln", "id:pgln"]), digits, digits, tails)
@example("id:sgtin", "000000", "000000", ".")  # a dot of the serial does not stand for a digit before it
def test_the_short_way_accepts_only_what_the_gs1_room_accepts(
    scheme: str, one: str, two: str, tail: str
) -> None:
    for urn in (f"urn:epc:{scheme}:{one}.{two}", f"urn:epc:{scheme}:{one}.{two}.{tail}"):
        if is_plain_urn(urn):
            assert identify(urn).key.startswith("https://id.gs1.org/")
            assert plain_key(urn) == identify(urn).key
        if (key := item_key(urn)) is not None:
            assert key == plain_key(urn)


@given(st.sampled_from(["id:sgtin", "class:lgtin", "id:sscc", "id:sgln", "id:pgln"]), st.data())
def test_the_short_way_is_taken_by_plain_urns(scheme: str, data: st.DataObject) -> None:
    total = {"id:sgtin": 13, "class:lgtin": 13, "id:sscc": 17, "id:sgln": 12, "id:pgln": 12}[scheme]
    prefix = data.draw(st.integers(6, 12))
    number = data.draw(st.text("0123456789", min_size=total, max_size=total))
    urn = f"urn:epc:{scheme}:{number[:prefix]}.{number[prefix:]}"
    if scheme in ("id:sgtin", "class:lgtin", "id:sgln"):
        urn += "." + data.draw(st.text("abcXYZ019-_.", min_size=1, max_size=20))
    assert is_plain_urn(urn)
    assert plain_key(urn) == identify(urn).key == canonical_key(urn)
    is_item = scheme in ("id:sgtin", "class:lgtin") and urn.count(".") == 2
    assert item_key(urn) == (plain_key(urn) if is_item else None)
    assert plain_key(plain_key(urn) or "") == plain_key(urn)


@given(digits.map(lambda start: start.rjust(13, "0")), tails, tails)
@example("0952123400001", "L1", "21")
@example("0952123400001", "10", "S/21/T")
@example("0952123400001", "21", "")
def test_an_item_told_with_its_lot_is_the_one_that_other_spellings_of_it_name(
    start: str, lot: str, serial: str
) -> None:
    path = f"/01/{start}{check_digit(start)}/10/{lot}/21/{serial}"
    short = item_with_lot(f"https://id.gs1.org{path}")
    try:
        told = identify(f"https://shop.example{path}")  # by the long way
    except IdentifierError:
        assert short is None
        return
    if short is not None:
        assert short == (told.key, told.lot_key)
        assert identify(f"https://id.gs1.org{path}") == told
        assert canonical_key(f"https://id.gs1.org{path}") == told.key
    elif 0 < len(lot) <= 20 and 0 < len(serial) <= 20:
        assert "/" in serial
    wrong = f"{start}{(int(check_digit(start)) + 1) % 10}"
    assert item_with_lot(f"https://id.gs1.org/01/{wrong}/10/{lot}/21/{serial}") is None

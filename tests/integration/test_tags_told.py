"""Chips that events tell of: whose word binds, what is taken back, and that all of it can be made anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tag_bindings import ChipKind, bindings_of_keys, signs
from suyuan.trace.store.tag_readings import count
from suyuan.trace.store.tag_told import tags_told, tell_anew
from suyuan.trace.sun import Tap

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
FACTORY, SHOP = "https://id.gs1.org/417/6901234567892", "https://id.gs1.org/417/6901234567908"
ITEM = "https://id.gs1.org/01/06901234567892/21/1"
CHIP, OTHER = "04A1B2C3D4E501", "04A1B2C3D4E502"
ONE, TWO = "1" * 32, "2" * 32


def send(engine: Engine, party: str, name: str, tags: Any, action: str = "ADD", **more: Any) -> None:
    event = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-0000000000{name}",
        "action": action,
        "eventTime": "2026-11-22T08:00:00Z",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [ITEM],
        "suyuan:tags": tags,
        **more,
    }
    document = {
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"suyuan": "https://ns.suyuan.example/"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T08:00:00Z",
        "epcisBody": {"eventList": [event]},
    }
    job = capture(engine, json.dumps(document).encode(), "application/json", party=party, now=NOW)
    assert job.success, job.errors


def tag(chip: str = CHIP, **more: Any) -> dict[str, Any]:
    return {"suyuan:epc": ITEM, "suyuan:tid": chip, **{f"suyuan:{name}": told for name, told in more.items()}}


def bound(engine: Engine) -> list[tuple[str, str, bool]]:
    with Reading(engine) as reading:
        return [(b.chip, b.party, b.until is None) for b in bindings_of_keys(reading, [ITEM])]


def test_what_brings_an_item_about_says_which_chip_is_on_it(engine: Engine) -> None:
    send(engine, FACTORY, "01", [tag(original=True)])
    assert bound(engine) == [(CHIP, FACTORY, True)]
    with Reading(engine) as reading:
        (told,) = tags_told(reading, ITEM)
        (binding,) = bindings_of_keys(reading, [ITEM])
    assert (told.chip, told.party, told.original, told.found) == (CHIP, FACTORY, True, "")
    assert binding.kind is ChipKind.NFC


def test_nobody_else_binds_a_chip_to_it(engine: Engine) -> None:
    send(engine, FACTORY, "01", [tag()])
    send(engine, SHOP, "02", [tag(OTHER)])
    assert bound(engine) == [(CHIP, FACTORY, True)]
    send(engine, FACTORY, "03", [tag(OTHER)])
    assert {chip for chip, *_ in bound(engine)} == {CHIP, OTHER}


def test_who_brought_it_about_without_a_chip_keeps_others_from_binding_one(engine: Engine) -> None:
    send(engine, FACTORY, "01", [])
    send(engine, SHOP, "02", [tag(OTHER)])
    assert bound(engine) == []
    with Reading(engine) as reading:
        assert [told.chip for told in tags_told(reading, ITEM)] == [OTHER], "that it said so stays known"


def test_a_reading_binds_nothing(engine: Engine) -> None:
    send(engine, FACTORY, "01", [tag(secretFound=ONE, secretWritten=TWO)], action="OBSERVE")
    assert bound(engine) == []
    with Reading(engine) as reading:
        (told,) = tags_told(reading, ITEM)
    assert (told.found, told.written, told.maybe, told.sound) == (ONE, TWO, (), True)


def test_what_was_declared_wrong_was_never_so(engine: Engine) -> None:
    send(engine, FACTORY, "01", [tag()])
    wrong = {"declarationTime": "2026-11-22T09:00:00Z", "reason": "did_not_occur"}
    send(engine, FACTORY, "01", [tag()], errorDeclaration=wrong)
    assert bound(engine) == [(CHIP, FACTORY, False)]
    with Reading(engine) as reading:
        assert tags_told(reading, ITEM) == []


@pytest.mark.parametrize(
    "tags",
    [
        "x",
        5,
        [1, None, [], {}],
        [{"suyuan:epc": ITEM}],
        [{"suyuan:epc": ITEM, "suyuan:tid": 5}],
        [{"suyuan:epc": ITEM, "suyuan:tid": "08010203"}],
        [{"suyuan:epc": ITEM, "suyuan:tid": "zz" * 8}],
        [{"suyuan:epc": ITEM, "suyuan:tid": "04" * 200}],
        [{"suyuan:epc": "nonsense", "suyuan:tid": CHIP}],
        [{"suyuan:epc": ITEM[:-1] + "2", "suyuan:tid": CHIP}],
    ],
)
def test_what_cannot_be_is_left_out(engine: Engine, tags: Any) -> None:
    send(engine, FACTORY, "01", tags)
    assert bound(engine) == []
    with Reading(engine) as reading:
        assert tags_told(reading, ITEM) == []


def test_bad_members_of_an_entry_are_left_out_alone(engine: Engine) -> None:
    maybe = [ONE, 5, "x", *[TWO] * 100]
    clock = {"suyuan:clockQuality": "unsynchronised"}
    bad = tag(CHIP.lower(), original="yes", secretFound=7, secretWritten="x", secretMaybe=maybe)
    send(engine, FACTORY, "01", [bad], **clock)
    with Reading(engine) as reading:
        (told,) = tags_told(reading, ITEM)
    assert (told.chip, told.original, told.found, told.written, told.sound) == (CHIP, None, "", "", False)
    assert told.maybe[:2] == (ONE, TWO)
    assert len(told.maybe) <= 16


def test_all_of_it_is_made_anew_from_evidence(engine: Engine) -> None:
    send(engine, FACTORY, "01", [tag()])
    send(engine, SHOP, "02", [tag(OTHER, secretFound=ONE)], action="OBSERVE")
    send(engine, FACTORY, "03", [tag(OTHER)])
    with Reading(engine) as reading:
        before = tags_told(reading, ITEM)
    with Writing(engine) as writing:
        signs(writing, CHIP)
        tap = Tap(bytes.fromhex(CHIP), 1, 1)
        assert count(writing, tap, seen=NOW, visitor=b"")
    chips = bound(engine)
    for _ in range(2):
        assert tell_anew(engine, at_once=2) == 3
        assert bound(engine) == chips
        with Reading(engine) as reading:
            assert tags_told(reading, ITEM) == before
            kinds = {one.chip: one.kind for one in bindings_of_keys(reading, [ITEM])}
        assert kinds == {CHIP: ChipKind.SUN, OTHER: ChipKind.NFC}

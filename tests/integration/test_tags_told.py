"""Chips that events tell of: whose word binds, what is taken back, and that all of it can be made anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.event import listen, remove

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.store import tag_told
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import LabelJobRow, LabelRow
from suyuan.trace.store.tag_bindings import ChipKind, bindings_of_chip, bindings_of_keys, signs
from suyuan.trace.store.tag_readings import count
from suyuan.trace.store.tag_told import (
    MOST_OF_ONE,
    made_with,
    makers_of,
    tag_entries,
    tags_told,
    tell_anew,
    tellers,
)
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


def test_the_label_says_whose_item_it_is_whoever_tells_of_it_first(engine: Engine) -> None:
    job: dict[str, Any] = {
        "id": "j",
        "owner": FACTORY,
        "subject": "",
        "carrier": "nfc",
        "count": 1,
        "content": {},
    }
    with Writing(engine) as writing:
        writing.connection.execute(insert(LabelJobRow), {**job, "created": NOW, "created_by": "farmer"})
        writing.connection.execute(insert(LabelRow), {"key": ITEM, "job": "j", "position": 0})
    send(engine, SHOP, "01", [tag(OTHER)])
    assert bound(engine) == []
    send(engine, FACTORY, "02", [tag()])
    assert bound(engine) == [(CHIP, FACTORY, True)]
    with Reading(engine) as reading:
        assert makers_of(reading, [ITEM]) == {ITEM: FACTORY}


def test_a_chip_that_another_party_took_first_is_told_in_the_log(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    second = ITEM[:-1] + "2"
    send(engine, SHOP, "01", [{**tag(), "suyuan:epc": second}], epcList=[second])
    send(engine, FACTORY, "02", [tag(), tag(OTHER)])
    assert bound(engine) == [(OTHER, FACTORY, True)]
    assert f"1 chips that {FACTORY} told of" in caplog.text
    with Reading(engine) as reading:
        assert made_with(reading, [ITEM], CHIP) == {FACTORY}
        assert made_with(reading, [second], CHIP) == {SHOP}
        assert made_with(reading, [second], OTHER) == frozenset()


def test_of_each_object_a_few_chips_are_taken_from_one_event(engine: Engine) -> None:
    many = [ITEM[:-1] + str(n) for n in range(100, 200)]
    tags = [tag(f"04{n:012X}") for n in range(3000)]
    tags += [{**tag(f"05{n:012X}"), "suyuan:epc": each} for n, each in enumerate(many)]
    statements: list[str] = []

    def note(_1: Any, _2: Any, statement: str, *_others: Any) -> None:
        statements.append(statement)

    listen(engine, "before_cursor_execute", note)
    try:
        send(engine, FACTORY, "01", tags, epcList=[ITEM, *many])
    finally:
        remove(engine, "before_cursor_execute", note)
    assert len(bound(engine)) == MOST_OF_ONE
    with Reading(engine) as reading:
        assert len(tags_told(reading, ITEM)) == MOST_OF_ONE
        assert {one.key for one in bindings_of_keys(reading, many)} == set(many)
    assert sum("tag_binding" in one for one in statements) < 10, "not one for each chip"


def test_of_one_event_so_many_chips_are_taken_as_it_may_name_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_told, "MOST_ENTRIES", 3)
    items = [ITEM[:-1] + str(n) for n in range(5)]
    body = {"type": "ObjectEvent", "action": "ADD", "epcList": items}
    event = event_from_body(
        {**body, "eventTime": "2026-11-22T08:00:00Z", "eventTimeZoneOffset": "+08:00",
         "suyuan:tags": [{**tag(), "suyuan:epc": each} for each in items]},
        ({"suyuan": "https://ns.suyuan.example/"},),
    )  # fmt: skip
    assert [one.key for one in tag_entries(event)] == items[:3]


def test_what_strangers_tell_crowds_out_nobodys_word(engine: Engine) -> None:
    send(engine, FACTORY, "01", [tag(secretFound=ONE)], action="OBSERVE")
    send(engine, SHOP, "02", [tag(OTHER)] * 5, action="OBSERVE")
    with Reading(engine) as reading:
        assert tellers(reading, [ITEM]) == {FACTORY: FACTORY, SHOP: SHOP}
        (told,) = tags_told(reading, ITEM, [FACTORY], limit=3)
        assert (told.party, told.found) == (FACTORY, ONE)
        assert [one.party for one in tags_told(reading, ITEM, limit=3)] == [FACTORY, SHOP, SHOP]


def test_of_many_who_tell_of_one_item_the_first_are_looked_at(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tag_told, "MOST_TELLERS", 2)
    for number in range(4):
        send(engine, SHOP if number % 2 else FACTORY, f"0{number}", [tag()], action="OBSERVE")
    send(engine, "https://id.gs1.org/417/9521234000013", "09", [tag()], action="OBSERVE")
    with Reading(engine) as reading:
        assert list(tellers(reading, [ITEM])) == [FACTORY, SHOP]


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


def test_a_chip_that_was_moved_by_mistake_is_where_it_was_before(engine: Engine) -> None:
    second, third = ITEM[:-1] + "2", ITEM[:-1] + "3"

    def put(item: str, name: str, hour: int, **more: Any) -> None:
        time = f"2026-11-22T{hour:02}:00:00Z"
        send(engine, FACTORY, name, [{**tag(), "suyuan:epc": item}], epcList=[item], eventTime=time, **more)

    def spans() -> dict[str, tuple[int, int | None]]:
        with Reading(engine) as reading:
            found = bindings_of_chip(reading, CHIP)
        return {b.key: (b.since.hour, b.until and b.until.hour) for b in found}

    wrong = {"declarationTime": "2026-11-22T09:00:00Z", "reason": "did_not_occur"}
    put(ITEM, "01", 1)
    put(second, "02", 2)
    put(third, "03", 3)
    assert spans() == {ITEM: (1, 2), second: (2, 3), third: (3, None)}
    put(second, "02", 2, errorDeclaration=wrong)
    assert spans() == {ITEM: (1, 3), second: (2, 2), third: (3, None)}
    put(third, "03", 3, errorDeclaration=wrong)
    assert spans() == {ITEM: (1, None), second: (2, 2), third: (3, 3)}
    tell_anew(engine)
    assert spans() == {ITEM: (1, None), second: (2, 2), third: (3, 3)}


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

"""Checks over a store: what they read of it, and what the command prints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import Engine, insert
from tests.unit.trace.checks.ledgers import (
    FARM,
    GROWER,
    LOT,
    MAKER,
    MEAL,
    PLANT,
    RICE,
    SELLER,
    SHOP,
    case,
    gln,
    item,
)
from typer.testing import CliRunner

from suyuan.api.checking import findings
from suyuan.api.commands.check import check
from suyuan.api.database import prepared_engine
from suyuan.api.house import CapturedBy, House
from suyuan.api.settings import read_settings
from suyuan.trace.checks import Checked, Finding
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import AliasRow, EntryRow

NOW = datetime(2026, 3, 20, tzinfo=UTC)
COMMAND = typer.Typer()
COMMAND.command()(check)
OWN = "https://ns.suyuan.example/"
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"suyuan": OWN}]
EAST = "+08:00"


def at(day: int, clock: str = "08:00") -> dict[str, Any]:
    return {"eventTime": f"2026-03-{day:02d}T{clock}:00{EAST}", "eventTimeZoneOffset": EAST}


def seen(step: str, where: str, *, kg: float | None = None, lot: str = LOT, **more: Any) -> dict[str, Any]:
    place = {"readPoint": {"id": where}} if step == "shipping" else {"bizLocation": {"id": where}}
    amounts = {} if kg is None else {"quantityList": [{"epcClass": lot, "quantity": kg * 1000, "uom": "GRM"}]}
    return {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, **place, **amounts, **more}


def to(party: str, place: str) -> dict[str, Any]:
    ends = (("owning_party", party), ("location", place))
    return {"destinationList": [{"type": kind, "destination": key} for kind, key in ends]}


EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (GROWER, {**seen("commissioning", FARM, kg=100, action="ADD"), **at(1),
              "ilmd": {"cbvmda:itemExpirationDate": "2026-03-06"}}),
    (GROWER, {**seen("shipping", FARM, kg=100), **at(2), **to(MAKER, PLANT)}),
    (MAKER, {**seen("receiving", PLANT, kg=100), **at(3)}),
    (MAKER, {"type": "TransformationEvent", "bizStep": "creating_class_instance", **at(4),
             "bizLocation": {"id": PLANT},
             "inputQuantityList": [{"epcClass": LOT, "quantity": 100, "uom": "KGM"}],
             "outputQuantityList": [{"epcClass": f"{MEAL}/10/M1", "quantity": 97, "uom": "KGM"}]}),
    (MAKER, {**seen("commissioning", PLANT, action="ADD", epcList=[item(1)]), **at(5),
             "suyuan:tags": [{"suyuan:epc": item(1), "suyuan:tid": "E280AA"}]}),
    (SELLER, {**seen("stocking", SHOP, epcList=[item(1)]), **at(5, "09:00"),
              "suyuan:tags": [{"suyuan:epc": item(1), "suyuan:tid": "E280BB"}]}),
    (MAKER, {**seen("shipping", PLANT, epcList=[case(1)]), **at(6), **to(SELLER, SHOP)}),
    (MAKER, {**seen("retail_selling", PLANT, kg=3), **at(7, "23:30")}),
)  # fmt: skip


def element(key: str, **attributes: str | list[str]) -> dict[str, Any]:
    listed = [
        {"id": name.replace("__", ":"), "attribute": value}
        for name, told in attributes.items()
        for value in (told if isinstance(told, list) else [told])
    ]
    return {"id": key, "attributes": listed}


MASTER_DATA: Mapping[str, list[dict[str, Any]]] = {
    "urn:epcglobal:epcis:vtype:BusinessLocation": [
        element(PLANT, cbvmda__latitude="31.23", cbvmda__longitude="121.47", suyuan__party=MAKER,
                suyuan__nameZh="申江食品厂", suyuan__nameEn="Shenjiang plant"),
        element(SHOP, cbvmda__latitude="39.9", cbvmda__longitude="116.41", suyuan__party=SELLER,
                suyuan__district="110101", suyuan__nameZh="京华超市", suyuan__nameEn="Jinghua store"),
        element(FARM, cbvmda__latitude="ninety", cbvmda__longitude="1e400", suyuan__party=GROWER),
    ],
    "urn:epcglobal:epcis:vtype:EPCClass": [element(MEAL, suyuan__saleRegions=["330000", "31"])],
    f"{OWN}vtype/Recipe": [
        element(f"{OWN}recipe/1", suyuan__product=MEAL, suyuan__inputs=f"{RICE} = 100 KGM",
                suyuan__yieldLeast="80", suyuan__yieldMost="90"),
        element(f"{OWN}recipe/2", suyuan__product=RICE, suyuan__inputs="nonsense", suyuan__yieldLeast="x"),
    ],
}  # fmt: skip


def document(events: list[dict[str, Any]], header: dict[str, Any] | None = None) -> bytes:
    body = {
        "@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": "2026-03-19T00:00:00Z", "epcisBody": {"eventList": events}, **(header or {}),
    }  # fmt: skip
    return json.dumps(body).encode()


def house_with(engine: Engine) -> House:
    house = House(engine, read_settings({"SUYUAN_DATABASE": str(engine.url)}), lambda: NOW)
    vocabularies = [
        {"type": kind, "vocabularyElementList": elements} for kind, elements in MASTER_DATA.items()
    ]
    header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}}}
    told = [(GROWER, document([], header)), *((party, document([event])) for party, event in EVENTS[::-1])]
    for party, content in told:
        job = house.capture(content, "application/json", by=CapturedBy(party), behaviour="rollback")
        assert job.success, job.errors
    return house


def by_code(found: Checked) -> dict[str, Finding]:
    return {one.code: one for one in found.findings}


def test_everything_on_record_is_checked(engine: Engine) -> None:
    house = house_with(engine)
    heard: list[int] = []
    found = findings(house, heard=heard.append)
    told = by_code(found)
    assert set(told) == {
        "stock-below-zero", "yield-high", "two-tags", "impossible-travel", "outside-region", "not-received",
        "sold-expired",
    }  # fmt: skip
    assert len(found.findings) == len(told)
    assert heard == [0]
    assert (told["not-received"].party, told["not-received"].keys) == (SELLER, (case(1),))
    number = told["sold-expired"].number("days")
    assert number is not None
    assert number.value == 1  # 23:30 on the seventh, where it was sold
    assert [one.party for one in found.records] == sorted([GROWER, MAKER, SELLER])


def test_what_was_declared_wrong_does_not_count(sqlite_engine: Engine) -> None:
    house = house_with(sqlite_engine)
    sold = next(one for one in house.events_of(LOT) if one.step == "retail_selling")
    (event,) = house.records.evidence([sold.evidence]).values()
    wrong = {
        **event.body,
        "errorDeclaration": {"declarationTime": "2026-03-08T00:00:00Z", "reason": "incorrect_data"},
    }
    house.capture(document([wrong]), "application/json", by=CapturedBy(MAKER), behaviour="rollback")
    told = by_code(findings(house))
    assert {"stock-below-zero", "sold-expired"}.isdisjoint(told)


def test_a_place_is_the_same_under_its_second_name(sqlite_engine: Engine) -> None:
    house = house_with(sqlite_engine)
    came = {**seen("receiving", gln(9), epcList=[case(1)]), **at(8)}
    house.capture(document([came]), "application/json", by=CapturedBy(SELLER), behaviour="rollback")
    assert by_code(findings(house))["diverted"].place == gln(9)
    with Writing(sqlite_engine) as writing:
        by: dict[str, Any] = {"created": NOW, "created_by": "operator"}
        blank = dict.fromkeys(("note", "code", "search", "place", "stage", "district"), "")
        entry = {"key": SHOP, "kind": "place", "owner": GROWER, "state": "approved", "party": SELLER}
        writing.connection.execute(insert(EntryRow), {**blank, **entry, **by})
        writing.connection.execute(insert(AliasRow), {"alias": gln(9), "key": SHOP, **by})
    assert {"diverted", "not-received"}.isdisjoint(by_code(findings(house)))


def test_the_command_says_it_and_ends_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUYUAN_DATABASE", str(tmp_path / "suyuan.db"))
    house_with(prepared_engine(tmp_path / "suyuan.db")).close()
    run = CliRunner().invoke
    said = run(COMMAND, ["--by", "2026-03-20"])
    assert said.exit_code == 1
    assert "Alarm: Two tags bear one identity. " in said.stdout
    assert "Shenjiang plant: 100 kg of (01)" in said.stdout
    assert "came in and 103 kg went out, 3 kg too much." in said.stdout
    assert "Mass balance: " in said.stdout
    chinese = run(COMMAND, ["--by", "2026-03-20", "--language", "zh-CN", "--party", SELLER])
    assert "警告：已发货，未收货。" in chinese.stdout
    assert "京华超市" in chinese.stdout
    scans = tmp_path / "scans.jsonl"
    told = {"code": item(1), "time": "2026-03-20T01:00:00+08:00", "latitude": 31.2, "longitude": 121.4}
    scans.write_text(f"{json.dumps(told)}\n{json.dumps({**told, 'latitude': 23.1})}\n", encoding="utf-8")
    assert "One code scanned far apart" in run(COMMAND, ["--scans", str(scans)]).stdout
    late = run(COMMAND, ["--json", "--since", "2026-03-20T00:00:00+08:00"])
    assert (late.exit_code, json.loads(late.stdout)["findings"]) == (0, [])
    scans.write_text(json.dumps({**told, "latitude": "north"}), encoding="utf-8")
    for wrong, why in (
        (["--since", "yesterday"], "yesterday is no time"),
        (["--party", "9506000000999"], "9506000000999"),
        (["--party", gln(77, "417")], "Nothing is on record under"),
        (["--scans", str(scans)], "Line 1 is no scan"),
    ):
        assert why in str(run(COMMAND, wrong).exception)

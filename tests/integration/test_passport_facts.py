"""What a page says of its producer and of the cold chain, from a real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.recall.passport import Entered, Passport, VerdictState
from suyuan.trace.register import deciding
from suyuan.trace.register.book import amend, enter
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE, Viewer

MAKER = "https://id.gs1.org/417/9521234000013"
PRODUCT = "https://id.gs1.org/01/09521234000013"
ITEM, BOX = f"{PRODUCT}/21/7", "https://id.gs1.org/00/095212340000000013"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
COMPANY, OPERATOR = Viewer("maker", "company", MAKER), Viewer("root", "administrator", "")
FACTS = {"name_zh": "酱园", "roles": "producer", "district": "330106", "uscc": "91350100M000100Y43"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = read_settings({"SUYUAN_VAR": str(tmp_path), "SUYUAN_PUBLIC_URL": "https://trace.example"})
    house = open_house(settings, lambda: NOON)
    yield house
    house.engine.dispose()


def registered(house: House, *, by: Viewer) -> None:
    with Writing(house.engine) as writing:
        more = {"licence": "SC10413010200279", "licence_until": "2030-01-31"}
        enter(writing, Entry("party", MAKER, {**FACTS, **more}), by=by, now=NOON, confirmed=True)
        told = {"name_zh": "酱油", "producer": MAKER, "category": "03", "allergens": "soybeans\ngluten"}
        enter(writing, Entry("product", PRODUCT, told), by=by, now=NOON, confirmed=True)


def tell(house: House, *bodies: dict[str, Any]) -> None:
    events = [
        {"type": "ObjectEvent", "action": "OBSERVE", "eventTimeZoneOffset": "+08:00"}
        | {"eventTime": (NOON - timedelta(days=2) + timedelta(hours=n)).isoformat()}
        | body
        for n, body in enumerate(bodies)
    ]
    sent = document(list(map(orjson.dumps, events)), NOON)
    job = capture(house.engine, sent, "application/json", party=MAKER, now=NOON)
    assert job.success, job.errors


def passport(house: House, key: str = ITEM) -> Passport:
    return house.passport(key)


def test_an_entry_that_waited_says_when_the_operator_let_it_count(house: House) -> None:
    with Writing(house.engine) as writing:
        create_account(writing, OPERATOR.name, role=AccountRole.ADMINISTRATOR, party="", now=NOON)
        deciding.require_approval(writing, required=True)
    registered(house, by=COMPANY)
    with Writing(house.engine) as writing:
        later = NOON + timedelta(hours=1)
        for key in (MAKER, PRODUCT):
            deciding.approve(writing, key, by=OPERATOR, now=later)
    found = passport(house, PRODUCT).producer
    assert found is not None
    assert found.entered == Entered(NOON, later)
    assert (found.licence_fits, found.uscc_fits) == (True, True)
    assert str(found.licence_until) == "2030-01-31"


def test_an_entry_that_did_not_wait_was_looked_at_by_nobody(house: House) -> None:
    registered(house, by=COMPANY)
    found = passport(house, PRODUCT)
    assert found.producer is not None
    assert found.producer.entered == Entered(NOON)
    assert found.product is not None
    assert found.product.allergen_groups == ("gluten", "soybeans")


def test_what_the_operator_enters_is_its_word_until_the_owner_changes_it(house: House) -> None:
    def entered() -> Entered | None:
        found = passport(house, PRODUCT).producer
        return None if found is None else found.entered

    registered(house, by=HOUSE)
    assert entered() == Entered(NOON, NOON)
    later, latest = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    for by, now, licence in ((COMPANY, later, "SC10413010200287"), (HOUSE, latest, "SC10413010200279")):
        with Writing(house.engine) as writing:
            entry = Entry("party", MAKER, {**FACTS, "licence": licence})
            amend(writing, MAKER, entry, by=by, now=now, confirmed=True)
        assert entered() == (Entered(later) if by is COMPANY else Entered(NOON, latest))


def test_the_temperature_of_a_box_is_that_of_what_is_in_it(house: House) -> None:
    too_warm = {"type": "Temperature", "uom": "CEL", "value": 9.0, "exception": "ALARM_CONDITION"}
    made = {"action": "ADD", "bizStep": "commissioning", "epcList": [ITEM]}
    packed = {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": BOX}
    packed |= {"childEPCs": [ITEM]}
    measured = {"epcList": [BOX], "bizStep": "sensor_reporting"}
    measured |= {"sensorElementList": [{"sensorReport": [too_warm], "suyuan:mostAllowed": 4}]}
    tell(house, made, packed, measured)
    found = passport(house)
    assert found.temperature is not None
    assert (found.temperature.most_c, found.temperature.high_c) == (9.0, 4.0)
    assert found.verdict.state is VerdictState.ATTENTION
    assert found.verdict.reasons[0].code == "temperature-open"
    checked = {"epcList": [ITEM], "bizStep": "inspecting", "disposition": "conformant"}
    tell(house, *[{"epcList": [ITEM], "bizStep": "stocking"}] * 4, checked)
    assert passport(house).verdict.state is VerdictState.REGISTERED

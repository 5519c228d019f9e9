"""Whose word counts of what others told of, too, on both systems."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, func, select
from tests.integration.register.entries import (
    ADMIN,
    MILK,
    NOW,
    codes,
    company,
    entry,
    party,
    product,
    shown,
)

from suyuan.trace.errors import NotAllowed
from suyuan.trace.register.aliases import link
from suyuan.trace.register.book import (
    Registered,
    approve,
    refuse,
)
from suyuan.trace.register.claims import doubtful
from suyuan.trace.register.finding import EntryRefused
from suyuan.trace.register.parties import place_facts
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import VocabularyRow
from suyuan.trace.store.vocabulary import find


def statement(key: str, name: str) -> bytes:
    element = {"id": key, "attributes": [{"id": "suyuan:nameZh", "attribute": name}]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [element]}
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-01T08:00:00Z",
            "epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}},
            "epcisBody": {"eventList": []},
        }
    )


def test_of_a_registered_key_the_owners_word_counts(
    engine: Engine, book: Callable[..., Registered], farm: str, dairy: str
) -> None:
    book(product(producer=farm))
    unregistered = "https://id.gs1.org/01/09506000100012"
    for who, hours in ((farm, 1), (dairy, 2)):
        for key in (MILK, unregistered):
            now = NOW + timedelta(hours=hours)
            capture(engine, statement(key, f"{who} says"), "application/json", party=who, now=now)
    assert shown(engine, MILK)["suyuan:nameZh"] == f"{farm} says"
    assert shown(engine, unregistered)["suyuan:nameZh"] == f"{dairy} says"
    with Reading(engine) as reading:
        kept = select(func.count()).where(VocabularyRow.key == MILK)
        assert reading.connection.execute(kept).scalar() == 3
        assert [found.key for found in find(reading, f"{dairy} says", viewer=ADMIN)] == [unregistered]


def test_a_claim_to_a_foreign_number_waits_for_the_operator(
    engine: Engine, book: Callable[..., Registered], farm: str
) -> None:
    """Whose place it is sees what happens there: a company's word alone does not make a GLN its own."""
    told = {"party": farm, "stage": "retail", "name_zh": "店", "district": "330106"}
    foreign = entry("place", identifier="9506000000022", **told)
    with pytest.raises(EntryRefused) as refused:
        book(foreign, by=company(farm))
    assert codes(refused.value.findings) == [(0, "identifier", "claim-waits")]
    claimed = book(foreign, by=company(farm), confirmed=True)
    assert claimed.state == "pending"
    with Reading(engine) as reading:
        assert place_facts(reading, [claimed.key]) == {}
    own = book(entry("place", **told), by=company(farm))
    point = entry("read_point", place=own.key, name_zh="门", identifier="9506000000039/1")
    assert book(point, by=company(farm), confirmed=True).state == "pending"
    below = entry("read_point", place=own.key, name_zh="门", identifier=f"{own.key}/point/7")
    assert [book(below, by=company(farm)).state, own.state] == ["approved", "approved"]
    gln = book(party("有 GLN 的牧场", identifier="9506000000015")).key
    shop = entry("place", **(told | {"party": gln}), identifier="9506000000053")
    assert book(shop, by=company(gln)).state == "approved"


def test_who_claims_what_others_told_of_hides_nobodys_word(
    engine: Engine, book: Callable[..., Registered], farm: str, dairy: str
) -> None:
    capture(engine, statement(MILK, "真牛奶"), "application/json", party=dairy, now=NOW)
    claimed = book(product(producer=farm, name_zh="假牛奶"), by=company(farm), confirmed=True)
    assert claimed.state == "pending"
    assert shown(engine, MILK) == {"suyuan:nameZh": "真牛奶"}
    with Writing(engine) as writing:
        refuse(writing, MILK, by=ADMIN, now=NOW, note="不是你的")
    assert shown(engine, MILK) == {"suyuan:nameZh": "真牛奶"}
    with Writing(engine) as writing:
        approve(writing, MILK, by=ADMIN, now=NOW)
    assert shown(engine, MILK)["suyuan:nameZh"] == "假牛奶"


def test_what_others_have_had_is_no_companys_by_its_word(
    engine: Engine, book: Callable[..., Registered], farm: str, dairy: str
) -> None:
    seen: dict[str, Any] = orjson.loads(statement(MILK, "x"))
    del seen["epcisHeader"]
    seen["epcisBody"]["eventList"] = [
        {
            "type": "ObjectEvent",
            "eventTime": "2026-05-01T08:00:00Z",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "epcList": [f"{MILK}/21/1"],
            "bizLocation": {"id": "https://id.gs1.org/414/9506000000022"},
        }
    ]
    capture(engine, orjson.dumps(seen), "application/json", party=dairy, now=NOW)
    with Reading(engine) as reading:
        place = "https://id.gs1.org/414/9506000000022"
        assert doubtful(reading, "product", [MILK, "https://id.gs1.org/01/09506000100012"], party=farm) == {
            MILK
        }
        assert doubtful(reading, "product", [MILK], party=dairy) == set()
        assert doubtful(reading, "place", [place], party=farm) == {place}
        assert doubtful(reading, "lot", [f"{MILK}/10/A"], party=farm) == set()
        assert doubtful(reading, "party", [farm], party=farm) == {farm}
    own = book(product(identifier="", producer=farm), by=company(farm))
    assert own.state == "approved"
    with Writing(engine) as writing:
        with pytest.raises(NotAllowed):
            link(writing, MILK, own.key, by=company(farm), now=NOW)
        assert link(writing, MILK, own.key, by=ADMIN, now=NOW) == MILK

"""What pages show to whom, beside the matrix: receipts, reports, letters, dossiers, papers in boxes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update
from tests.integration.market import (
    AUTHORITIES,
    CASE_UNIT,
    LOT,
    NOW,
    PLANT,
    RIVAL,
    RIVAL_LOT,
    SHOP,
    Market,
    capture,
    entries,
    open_market,
)

from suyuan.api.authority import ensure_authority, own_party
from suyuan.trace.register.book import amend, enter_all
from suyuan.trace.register.documents import Draft, add_document, documents_of
from suyuan.trace.register.sheets import Entry
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import LotDocumentRow
from suyuan.trace.store.sight import HOUSE, Viewer

RECEIPT = {"shop": SHOP.place, "product": PLANT.product, "day": "2026-11-08", "lang": "en"}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as opened:
        yield opened


def officer(market: Market, name: str, party: str) -> str:
    """An account of an authority that signs in with a token; returns its name."""
    with Writing(market.house.engine) as writing:
        create_account(writing, name, role=AccountRole.REGULATOR, party=party, now=NOW)
        token, _ = create_token(writing, name, now=NOW, randbytes=lambda count: name.encode().ljust(count))
    market.tokens = {**market.tokens, name: token}
    return name


def authority(market: Market, name: str, stages: tuple[str, ...], regions: tuple[str, ...]) -> str:
    """An officer of a new authority."""
    with Writing(market.house.engine) as writing:
        ensure_authority(writing, own_party(name), name=f"{name}局", now=NOW, stages=stages, regions=regions)
    return officer(market, f"{name}-officer", own_party(name))


def test_a_receipt_is_for_whoever_is_competent_for_the_shop(market: Market) -> None:
    beijing = authority(market, "beijing", ("retail",), ("110000",))
    told = market.ask(beijing, "GET", "/console/receipt", params=RECEIPT)
    assert told.status_code == 200
    assert "PL-7301" in told.text
    elsewhere = market.ask("competent", "GET", "/console/receipt", params=RECEIPT)
    assert elsewhere.status_code == 403
    assert "beijing局" in elsewhere.text  # who is to be asked
    assert "PL-7301" not in elsewhere.text


def test_a_report_in_a_case_is_seen_by_colleagues_of_whoever_conducts_it(market: Market) -> None:
    colleague = officer(market, "colleague", AUTHORITIES["conducting"][0])
    page = f"/console/complaints/{market.complaint}"
    assert market.ask(colleague, "GET", page).status_code == 404
    joined = market.ask("competent", "POST", f"{page}/join", data={"case": market.case})
    assert joined.status_code == 303, joined.text
    assert market.ask(colleague, "GET", page).status_code == 200
    assert market.ask("other", "GET", page).status_code == 404


def test_an_authority_that_is_asked_sees_the_letter_and_its_part_of_the_case(market: Market) -> None:
    page = f"/console/case/{market.case}"
    assert market.ask("competent", "GET", page).status_code == 404
    asked = market.ask("conducting", "POST", f"{page}/ask", data={"reason": "Please look at this plant"})
    assert asked.status_code == 303, asked.text
    letters = market.house.case(market.case).transfers
    theirs = next(one for one in letters if one.to == AUTHORITIES["competent"][0])
    foreign = next(one for one in letters if one.to != AUTHORITIES["competent"][0])
    told = market.ask("competent", "GET", page, params={"lang": "zh-CN"})
    assert told.status_code == 200, told.text
    assert f"{page}/letter/{theirs.number}" in told.text
    assert "江南食品场所" in told.text  # where the goods are for which it is competent
    assert f"{page}/letter/{foreign.number}" not in told.text
    assert "灯市口" not in told.text
    assert f"{page}/propose" not in told.text
    assert "案件甲" in market.ask("competent", "GET", "/console").text
    assert market.ask("competent", "GET", f"{page}/letter/{theirs.number}").status_code == 200
    assert market.ask("competent", "GET", f"{page}/letter/{foreign.number}").status_code == 404
    act = {"reason": "ours now", "sure": "1"}
    assert market.ask("competent", "POST", f"{page}/propose/release", data=act).status_code == 403
    for path in (page, f"{page}/letter/{theirs.number}"):
        assert market.ask("other", "GET", path).status_code == 404
        assert market.ask("owner", "GET", path).status_code == 404
    whole = market.ask("conducting", "GET", page, params={"lang": "zh-CN"})
    assert "灯市口" in whole.text
    assert f"{page}/letter/{foreign.number}" in whole.text


def test_a_dossier_opens_for_what_is_in_sight_and_shows_no_more(market: Market) -> None:
    page, asked = f"/console/dossier/{LOT}", {"lang": "zh-CN"}
    for who, status in (("other", 403), ("owner", 403), ("competent", 200), ("conducting", 200)):
        assert market.ask(who, "GET", page, params=asked).status_code == status, who
    whole = market.ask("admin", "GET", page, params=asked).text
    part = market.ask("competent", "GET", page, params=asked).text
    case = market.ask("conducting", "GET", page, params=asked).text
    for text in (whole, case):
        assert "本档案不含" not in text
        assert "灯市口超市场所" in text  # where the rest of the lot is now
        assert "DOC-PLANT-1" in text
    assert "本档案不含" in part
    assert "DOC-PLANT-1" in part
    assert "江南食品场所" in part
    beyond = part.partition("灯市口超市场所")[2]
    assert not beyond, beyond[:500]


def boxed(market: Market) -> str:
    """A lot of the plant that went to the shop inside a pallet only; returns its key. It has a document."""
    lot, item = PLANT.lot("PL-8800"), f"{PLANT.product}/21/BOXED"
    pallet = CASE_UNIT[:-2] + "20"  # another SSCC, with its check digit
    with Writing(market.house.engine) as writing:
        told = Entry("lot", lot, {"product": PLANT.product, "lot": "PL-8800"})
        enter_all(writing, [told], by=HOUSE, now=NOW, confirmed=True)
        paper = Draft(kind="inspection", number="DOC-BOXED", issuer="检测所")
        maker = Viewer("x", "company", PLANT.party)
        add_document(writing, lot, paper, by=maker, now=NOW, randbytes=Random(88).randbytes)
    base = {"type": "ObjectEvent", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE"}
    capture(
        market.house,
        PLANT.party,
        {
            **base, "action": "ADD", "eventTime": "2026-11-10T08:00:00+08:00", "bizStep": "commissioning",
            "bizLocation": {"id": PLANT.place}, "epcList": [f"{lot}/21/BOXED"],
            "ilmd": {"cbvmda:lotNumber": "PL-8800"},
        },
        {
            **base, "type": "AggregationEvent", "action": "ADD", "eventTime": "2026-11-10T09:00:00+08:00",
            "bizStep": "packing", "bizLocation": {"id": PLANT.place}, "parentID": pallet, "childEPCs": [item],
        },
        {
            **base, "eventTime": "2026-11-10T10:00:00+08:00", "bizStep": "shipping",
            "readPoint": {"id": PLANT.dock}, "epcList": [pallet],
            "destinationList": [{"type": "possessing_party", "destination": SHOP.party}],
        },
    )  # fmt: skip
    return lot


def test_what_happened_to_the_pieces_of_a_lot_is_summed_in_its_dossier_as_far_as_it_is_in_sight(
    market: Market,
) -> None:
    lot = boxed(market)
    base = {"type": "ObjectEvent", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE"}
    sold = {
        **base, "eventTime": "2026-11-12T10:00:00+08:00", "bizStep": "retail_selling",
        "bizLocation": {"id": SHOP.place}, "epcList": [f"{PLANT.product}/21/BOXED"],
    }  # fmt: skip
    capture(market.house, SHOP.party, sold)
    page, zh = f"/console/dossier/{lot}", {"lang": "zh-CN"}
    whole, part = (market.ask(who, "GET", page, params=zh).text for who in ("admin", "competent"))
    steps = {name: text.partition("逐件追溯汇总")[2] for name, text in (("whole", whole), ("part", part))}
    for told in ("赋码", "装箱", "发货", "售出", "1 件", "灯市口"):
        assert told in steps["whole"], told
    for told in ("赋码", "装箱", "发货", "1 件", "江南食品场所"):
        assert told in steps["part"], told
    for secret in ("售出", "灯市口"):
        assert secret not in steps["part"], secret
    evidence = re.findall(r'<li id="e\d+">.*?href="([^"]+)"', part)
    assert len(evidence) == 3
    for path in evidence:
        assert market.ask("competent", "GET", path).status_code == 200, path


def test_papers_of_what_came_in_a_pallet_are_shown_to_who_received_it(market: Market) -> None:
    lot = boxed(market)
    with Writing(market.house.engine) as writing:
        paper = documents_of(writing, lot, viewer=HOUSE)[0].id
    for page in (f"/console/register/entry/{lot}", f"/console/object/{lot}"):
        assert "DOC-BOXED" in market.ask("owner", "GET", page).text
        assert "DOC-BOXED" in market.ask("downstream", "GET", page).text, page
        for who in ("rival", "upstream"):
            assert market.ask(who, "GET", page).status_code == 404, (page, who)
    file = f"/console/register/paper/{paper}"
    assert market.ask("rival", "GET", file).status_code == 404


def test_a_shopper_reads_what_is_only_registered_as_the_producers_word(market: Market) -> None:
    with Writing(market.house.engine) as writing:
        by: dict[str, Any] = {"by": HOUSE, "now": NOW, "confirmed": True}
        party = next(one for one in entries() if one.key == PLANT.party)
        told = {**party.values, "licence": "SC10133010600015"}
        amend(writing, PLANT.party, replace(party, values=told), **by)
        product = next(one for one in entries() if one.key == PLANT.product)
        told = {**product.values, "allergens": "milk", "storage_zh": "冷藏", "storage_en": "Keep cold"}
        amend(writing, PLANT.product, replace(product, values=told), **by)
        lot = {"product": PLANT.product, "lot": "PL-7301", "best_before": "2027-03-01"}
        lot |= {"production_date": "2026-11-04", "use_by": "2027-04-01"}
        amend(writing, LOT, Entry("lot", LOT, lot), **by)
        paper = Draft(kind="inspection", number="DOC-OF-RIVAL", issuer="检测所", expires="2027-01-01")
        rival = Viewer("x", "company", RIVAL.party)
        row = add_document(
            writing, RIVAL_LOT, paper, by=rival, now=NOW, randbytes=Random(3).randbytes
        )  # and somebody else's word about the plant's lot:
        moved = update(LotDocumentRow).where(LotDocumentRow.id == row.id).values(lot=LOT)
        writing.connection.execute(moved)
    page = f"/p/01/{PLANT.product[-14:]}/10/PL-7301"
    zh = market.ask("anonymous", "GET", page, params={"lang": "zh-CN"}).text
    en = market.ask("anonymous", "GET", page, params={"lang": "en"}).text
    for word in ("2027", "生产者登记，无事件记录", "由生产者提供", "DOC-PLANT-1", "冷藏", "SC10133010600015"):
        assert word in zh, word
    for word in ("no event records it", "provided by the producer", "has not verified", "Keep cold", "Milk"):
        assert word.casefold() in en.casefold(), word
    assert "DOC-OF-RIVAL" not in en
    till = market.ask("device", "GET", "/api/check", params={"code": LOT}).json()
    assert till["object"]["last_day"] == "2027-04-01"  # the till goes by the same dates


def test_the_form_that_amends_an_entry_is_its_owners(market: Market) -> None:
    form = f"/console/register/amend/{PLANT.product}"
    for who, status in (
        ("owner", 200),
        ("admin", 200),
        ("downstream", 403),
        ("competent", 403),
        ("rival", 404),
    ):
        assert market.ask(who, "GET", form).status_code == status, who


@pytest.mark.parametrize(
    "typed", ["javascript:alert(1)", PLANT.lot("PL-73O1"), f"{PLANT.product}/21/S1x", "P00001A"]
)
def test_a_typing_error_in_the_trace_is_told_as_one(market: Market, typed: str) -> None:
    for who in ("admin", "competent", "conducting", "owner"):
        for page in ("trace", "scope"):
            answer = market.ask(who, "GET", f"/console/{page}", params={"suspect": typed, "lang": "en"})
            assert answer.status_code == 404, (who, page)
            assert "Nothing is on record under" in answer.text
            assert typed in answer.text


def test_a_name_or_lot_number_in_the_trace_leads_to_a_choice(market: Market) -> None:
    for typed in ("PL-7301", "江南食品产品"):
        answer = market.ask("competent", "GET", "/console/trace", params={"suspect": typed, "lang": "en"})
        assert answer.status_code == 404
        assert "suspect=https%3A%2F%2Fid.gs1.org%2F01%2F" in answer.text, typed


def test_an_officer_is_still_told_with_whom_it_lies(market: Market) -> None:
    answer = market.ask("other", "GET", "/console/trace", params={"suspect": LOT, "lang": "en"})
    assert answer.status_code == 403
    assert AUTHORITIES["competent"][1] in answer.text

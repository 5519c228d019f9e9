"""The register on both systems: entering, amending, approving, and what of it is shown."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Engine, func, insert, select
from tests.integration.register.entries import (
    ADMIN,
    LATER,
    MILK,
    NOW,
    codes,
    company,
    entry,
    party,
    product,
    shown,
)

from suyuan.trace.epcis.document import read_document
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound
from suyuan.trace.register.aliases import link
from suyuan.trace.register.book import (
    EntryExists,
    NotInThisState,
    Registered,
    amend,
    approve,
    check_all,
    counts,
    enter,
    enter_all,
    entries,
    look_up,
    refuse,
    require_approval,
    withdraw,
)
from suyuan.trace.register.finding import EntryRefused
from suyuan.trace.register.parties import PlaceFacts, competence_of, licence_findings, place_facts
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AliasRow
from suyuan.trace.store.sight import Competence, Viewer
from suyuan.trace.store.tables import DocumentRow, VocabularyRow
from suyuan.trace.store.vocabulary import find, statements_of


def test_what_is_entered_is_told_as_master_data_in_the_owners_name(
    engine: Engine, book: Callable[..., Registered], farm: str
) -> None:
    made = book(product(producer=farm, allergens="牛奶", shelf_life_days="7", net_content="250 mL"))
    assert (made.key, made.owner, made.party, made.state) == (MILK, farm, farm, "approved")
    told = shown(engine, MILK)
    assert told["suyuan:nameZh"] == told["cbvmda:descriptionShort"] == "鲜牛奶"
    assert told["cbvmda:netContentDescription"] == "250 mL"
    assert told["suyuan:allergensZh"] == "乳"
    with Reading(engine) as reading:
        row = reading.connection.execute(
            select(VocabularyRow.party, VocabularyRow.document_id).where(VocabularyRow.key == MILK)
        ).one()
        assert row.party == farm
        content = reading.connection.execute(
            select(DocumentRow.content).where(DocumentRow.id == row.document_id)
        ).scalar_one()
        assert find(reading, "鲜牛", viewer=ADMIN)[0].key == MILK
    document = read_document(zlib.decompress(content), "application/json")
    (stated,) = statements_of(document.vocabularies)
    assert stated.attributes == {
        "suyuan:nameZh": "鲜牛奶",
        "suyuan:producer": farm,
        "cbvmda:netContentDescription": "250 mL",
        "suyuan:shelfLifeDays": "7",
        "suyuan:allergens": "milk",
        "cbvmda:descriptionShort": "鲜牛奶",
        "suyuan:allergensZh": "乳",
        "suyuan:allergensEn": "Milk",
    }


def test_places_and_their_read_points(engine: Engine, book: Callable[..., Registered], farm: str) -> None:
    place = book(entry("place", party=farm, stage="farm", name_zh="一号牛舍", district="330106", code="S1"))
    first = book(entry("read_point", place=place.key, name_zh="一号门"))
    gln = book(
        entry("place", identifier="9506000000015", party=farm, stage="储存", name_zh="冷库", district="3301")
    )
    second = book(entry("read_point", place="9506000000015", name_zh="门"), by=company(farm))
    assert place.key.startswith("https://trace.example.cn/own/place/")
    assert first.key == f"{place.key}/point/1"
    assert second.key == f"{gln.key}/254/1"
    assert (first.party, first.stage, first.district) == (farm, "farm", "330106")
    with Reading(engine) as reading:
        assert place_facts(reading, [first.key, gln.key, f"{gln.key}/254/77", farm, "x:y"]) == {
            first.key: PlaceFacts("farm", "330106", farm),
            gln.key: PlaceFacts("storage", "330100", farm),
            f"{gln.key}/254/77": PlaceFacts("storage", "330100", farm),
        }
    with Writing(engine) as writing:
        moved = entry(
            "place", party=farm, stage="slaughter", name_zh="一号车间", district="330108", code="S1"
        )
        amend(writing, place.key, moved, by=ADMIN, now=NOW + LATER)
    with Reading(engine) as reading:
        assert place_facts(reading, [first.key]) == {first.key: PlaceFacts("slaughter", "330108", farm)}
    assert shown(engine, first.key)["suyuan:party"] == farm


def test_competence_of_an_authority(engine: Engine, book: Callable[..., Registered], farm: str) -> None:
    told = {"roles": "监管部门", "stages": "零售、批发", "regions": "杭州市", "district": "3301"}
    bureau = book(party("杭州市市场监督管理局", **told)).key
    country = book(party("总局", **{**told, "regions": "000000"})).key
    with Reading(engine) as reading:
        assert competence_of(reading, bureau) == Competence(
            frozenset({"retail", "wholesale"}), frozenset({"3301"})
        )
        assert competence_of(reading, country) == Competence(
            frozenset({"retail", "wholesale"}), frozenset({""})
        )
        assert competence_of(reading, farm) is None
        assert competence_of(reading, "") is None
    with Writing(engine) as writing:
        withdraw(writing, bureau, by=ADMIN, now=NOW)
        assert competence_of(writing, bureau) is None


def test_a_lot_gets_its_dates_from_the_product(book: Callable[..., Registered], farm: str) -> None:
    book(product(producer=farm, shelf_life_days="7", code="MILK"))
    by = company(farm)
    first = book(entry("lot", product="MILK", lot="L1", production_date="2026-05-01"), by=by)
    told = {"production_date": "2026-05-01", "best_before": "2026-05-05", "use_by": "2026-05-09"}
    second = book(entry("lot", product="9506000134352", lot="L2", **told), by=by)
    assert (first.key, first.owner) == (f"{MILK}/10/L1", farm)
    assert first.entry.value("best_before") == "2026-05-08"
    assert first.entry.value("use_by") == ""
    assert second.entry.value("best_before") == "2026-05-05"
    assert second.entry.value("use_by") == "2026-05-09"


def test_lots_of_own_products_stand_below_them(book: Callable[..., Registered], farm: str) -> None:
    made = book(product(identifier="", producer=farm, code="菜"))
    lot = book(entry("lot", product="菜", lot="五月 1"), by=company(farm))
    assert made.key.startswith("https://trace.example.cn/own/product/")
    assert lot.key == f"{made.key}/lot/%E4%BA%94%E6%9C%88%201"


def test_recipes_refer_to_products(book: Callable[..., Registered], farm: str) -> None:
    book(product(producer=farm))
    book(product(identifier="9506000100012", name_zh="生牛乳", producer=farm, code="RAW"))
    made = book(entry("recipe", product=MILK, inputs="RAW = 102 %", yield_least="90"), by=company(farm))
    assert made.entry.value("inputs") == "https://id.gs1.org/01/09506000100012 = 102 P1"
    with pytest.raises(EntryRefused) as refused:
        book(entry("recipe", product=MILK, inputs="9506000134352 = 1 kg"), by=company(farm))
    assert codes(refused.value.findings) == [(0, "inputs", "recipe-circular")]
    with pytest.raises(EntryRefused) as refused:
        book(entry("recipe", product=MILK, inputs="9506000100029 = 1 kg"), by=company(farm))
    assert codes(refused.value.findings) == [(0, "inputs", "input-unknown")]


def test_a_warning_is_confirmed_and_stays_on_record(engine: Engine, book: Callable[..., Registered]) -> None:
    doubtful = party("盒马", uscc="91350203M0001QAY9B")
    with pytest.raises(EntryRefused) as refused:
        book(doubtful)
    assert codes(refused.value.findings) == [(0, "uscc", "uscc-check")]
    made = book(doubtful, confirmed=True)
    assert shown(engine, made.key)["suyuan:confirmed"] == "uscc:uscc-check"
    with pytest.raises(EntryRefused) as refused:
        book(party("盒马二", uscc="91350203M0001QAY9B"))
    assert codes(refused.value.findings) == [(0, "uscc", "uscc-check"), (0, "uscc", "uscc-known")]


def test_the_licence_of_the_producer_is_compared_with_the_category(book: Callable[..., Registered]) -> None:
    with_licence = book(party("茶厂", licence="SC11464010500015")).key
    without = book(party("作坊")).key
    with pytest.raises(EntryRefused) as refused:
        book(product(producer=with_licence, category="05"))
    assert refused.value.fields["licence"] == "SC11464010500015"
    assert codes(refused.value.findings) == [(0, "category", "licence-category")]
    with pytest.raises(EntryRefused) as refused:
        book(product(producer=without, category="05"))
    assert codes(refused.value.findings) == [(0, "category", "licence-missing")]
    assert book(product(producer=with_licence, category="14")).state == "approved"


def test_a_licence_that_ran_out_is_named_with_its_rule(
    engine: Engine, book: Callable[..., Registered]
) -> None:
    told = {"licence": "SC11464010500015", "licence_until": "2026-05-01"}
    producer = book(party("茶厂", **told)).key
    tea = book(product(producer=producer, category="14")).key
    milk = book(product(identifier="9506000100012", producer=producer, category="05"), confirmed=True).key
    plain = book(product(identifier="9506000100029", producer=producer)).key
    with Reading(engine) as reading:
        assert licence_findings(reading, tea, date(2026, 5, 1)) == ()
        (expired,) = licence_findings(reading, tea, date(2026, 5, 2))
        assert (expired.severity, expired.code) == ("error", "licence-expired")
        assert "SC11464010500015" in expired.detail
        assert "Article 35" in expired.detail
        found = licence_findings(reading, milk, date(2026, 5, 2))
        assert [one.code for one in found] == ["licence-expired", "licence-category"]
        assert licence_findings(reading, plain, date(2026, 5, 2)) == ()
        assert licence_findings(reading, "https://id.gs1.org/01/09506000100036", date(2026, 5, 2)) == ()


def test_references_must_be_in_the_register(book: Callable[..., Registered], farm: str, dairy: str) -> None:
    with pytest.raises(EntryRefused) as refused:
        book(product(producer="NOBODY"))
    assert codes(refused.value.findings) == [(0, "producer", "reference-unknown")]
    with pytest.raises(EntryRefused) as refused:
        book(entry("lot", product=MILK, lot="1"))
    assert codes(refused.value.findings) == [(0, "product", "reference-unknown")]
    place = entry("place", party=dairy, stage="farm", name_zh="x", district="330106")
    with pytest.raises(EntryRefused) as refused:
        book(place, by=company(farm))
    assert codes(refused.value.findings) == [(0, "party", "not-yours")]


def test_an_alias_names_its_entry(engine: Engine, book: Callable[..., Registered], farm: str) -> None:
    made = book(product(identifier="", producer=farm))
    with Writing(engine) as writing:
        row = {"alias": MILK, "key": made.key, "created": NOW, "created_by": "x"}
        writing.connection.execute(insert(AliasRow), row)
    lot = book(entry("lot", product=MILK, lot="L1"))
    assert lot.entry.value("product") == made.key
    with Reading(engine) as reading:
        assert look_up(reading, MILK, viewer=ADMIN).key == made.key
    with pytest.raises(EntryExists):
        book(product(producer=farm))


def test_what_is_taken_is_told_as_far_as_the_asker_may_know(
    book: Callable[..., Registered], farm: str, dairy: str
) -> None:
    book(product(producer=farm, code="P-1"))
    with pytest.raises(EntryExists) as own:
        book(product(producer=farm), by=company(farm))
    assert (own.value.status, own.value.where, own.value.fields["owner"]) == (409, "identifier", farm)
    with pytest.raises(EntryExists) as foreign:
        book(product(producer=dairy), by=company(dairy))
    assert farm not in str(foreign.value)
    with pytest.raises(EntryExists) as code:
        book(product(identifier="9506000100012", producer=farm, code="P-1"))
    assert code.value.where == "code"
    assert book(product(identifier="9506000100012", producer=dairy, code="P-1")).owner == dairy


def test_a_batch_is_all_or_nothing(engine: Engine, farm: str) -> None:
    batch = [
        product(producer=farm),
        product(identifier="9506000100012", producer="NOBODY"),
        product(identifier="9506000134352", producer=farm),
        product(identifier="9506000100029", producer=farm, code="A"),
        product(identifier="9506000100036", producer=farm, code="A"),
    ]
    with Reading(engine) as reading:
        found = check_all(reading, batch, by=ADMIN)
    expected = [(1, "producer", "reference-unknown"), (2, "identifier", "twice"), (4, "code", "twice")]
    assert codes(found) == expected
    with pytest.raises(EntryRefused) as refused, Writing(engine) as writing:
        enter_all(writing, batch, by=ADMIN, now=NOW)
    assert codes(refused.value.findings) == expected
    with Reading(engine) as reading:
        assert counts(reading, viewer=ADMIN) == {("party", "approved"): 1}
        assert reading.connection.execute(select(func.count()).select_from(VocabularyRow)).scalar() == 1
    with Writing(engine) as writing:
        made = enter_all(writing, [batch[3], batch[0]], by=ADMIN, now=NOW)
    assert [one.key for one in made] == ["https://id.gs1.org/01/09506000100029", MILK]
    with pytest.raises(EntryExists) as taken, Writing(engine) as writing:
        enter_all(writing, [product(identifier="9506000100043", producer=farm), batch[3]], by=ADMIN, now=NOW)
    assert codes(taken.value.findings) == [(1, "identifier", "taken")]


@pytest.mark.parametrize(
    "by", [Viewer("o", "regulator", "x"), Viewer("s", "station", "x"), Viewer("c", "company", "")]
)
def test_others_write_nothing(engine: Engine, farm: str, by: Viewer) -> None:
    with Writing(engine) as writing:
        with pytest.raises(NotAllowed):
            enter(writing, product(producer=farm), by=by, now=NOW)
        with pytest.raises((NotAllowed, NotFound)):
            withdraw(writing, farm, by=by, now=NOW)
        with pytest.raises(NotAllowed):
            approve(writing, farm, by=by, now=NOW)
    with Reading(engine) as reading, pytest.raises(NotAllowed):
        check_all(reading, [product(producer=farm)], by=by)


def test_a_company_enters_no_companies(book: Callable[..., Registered], farm: str) -> None:
    with pytest.raises(NotAllowed):
        book(party("另一家"), by=company(farm))


def test_amending_keeps_what_was_told(engine: Engine, book: Callable[..., Registered], farm: str) -> None:
    book(product(producer=farm, net_content="250 mL"))
    with Writing(engine) as writing:
        told = product(producer=farm, name_zh="纯牛奶")
        done = amend(writing, MILK, told, by=company(farm), now=NOW + LATER)
        assert (done.entry.value("name_zh"), done.state, done.created) == ("纯牛奶", "approved", NOW)
    assert shown(engine, MILK)["suyuan:nameZh"] == "纯牛奶"
    assert "cbvmda:netContentDescription" not in shown(engine, MILK)
    with Reading(engine) as reading:
        kept = select(func.count()).where(VocabularyRow.key == MILK)
        assert reading.connection.execute(kept).scalar() == 2
        assert entries(reading, viewer=ADMIN, search="纯牛").entries[0].entry == done.entry
        assert entries(reading, viewer=ADMIN, search="鲜牛").entries == ()
    with Writing(engine) as writing, pytest.raises(EntryRefused) as refused:
        amend(writing, MILK, product(identifier="9506000100012", producer=farm), by=ADMIN, now=NOW)
    assert codes(refused.value.findings) == [(None, "identifier", "identity-changed")]


def test_what_is_amended_stays_its_owners(
    engine: Engine, book: Callable[..., Registered], farm: str, dairy: str
) -> None:
    brand = book(product(producer=dairy, code="Ｐ 1"), by=company(farm), confirmed=True)
    assert brand.state == "pending"  # another's name is not the company's to give
    with Writing(engine) as writing:
        approve(writing, MILK, by=ADMIN, now=NOW)
    place = book(entry("place", party=farm, stage="farm", name_zh="牛舍", district="330106"))
    other = book(entry("place", party=farm, stage="farm", name_zh="羊舍", district="330106"))
    point = book(entry("read_point", place=place.key, name_zh="门"))
    assert (brand.owner, brand.party) == (farm, dairy)
    with Writing(engine) as writing:
        told = product(producer=dairy, name_zh="新名")
        done = amend(writing, MILK, told, by=ADMIN, now=NOW + LATER)
        assert (done.owner, done.party) == (farm, dairy)
        moved = entry("read_point", place=other.key, name_zh="门")
        with pytest.raises(EntryRefused):
            amend(writing, point.key, moved, by=ADMIN, now=NOW + LATER)
        sold = entry("place", party=dairy, stage="farm", name_zh="牛舍", district="330106")
        assert amend(writing, place.key, sold, by=ADMIN, now=NOW + LATER).owner == dairy
        assert look_up(writing, point.key, viewer=company(dairy)).owner == dairy
    assert shown(engine, MILK)["suyuan:nameZh"] == "新名"
    assert shown(engine, point.key)["suyuan:party"] == dairy


def test_codes_are_the_same_in_any_width(book: Callable[..., Registered], farm: str) -> None:
    book(product(producer=farm, code="ＭＩＬＫ  １"))
    lot = book(entry("lot", product="MILK 1", lot="1"))
    assert lot.entry.value("product") == MILK
    assert book(party("有代码", uscc="91350200776049653A")).key
    by_uscc = entry("place", party="91350200776049653a", stage="farm", name_zh="场", district="330106")
    assert book(by_uscc).state == "approved"


def test_nobody_amends_what_is_anothers(
    engine: Engine, book: Callable[..., Registered], farm: str, dairy: str
) -> None:
    book(product(producer=farm))
    with Writing(engine) as writing:
        for act in (
            lambda: amend(writing, MILK, product(producer=farm), by=company(dairy), now=NOW),
            lambda: withdraw(writing, MILK, by=company(dairy), now=NOW),
        ):
            with pytest.raises((NotAllowed, NotFound)):
                act()
        with pytest.raises(NotFound):
            amend(writing, "https://id.gs1.org/01/09506000100012", product(producer=farm), by=ADMIN, now=NOW)


def test_with_approval_a_companys_entries_wait(
    engine: Engine, book: Callable[..., Registered], farm: str
) -> None:
    by = company(farm)
    with Writing(engine) as writing:
        require_approval(writing, True)
    assert book(product(producer=farm), by=by).state == "pending"
    assert shown(engine, MILK) == {}
    with Reading(engine) as reading:
        assert find(reading, "鲜牛奶", viewer=ADMIN) == []
        assert find(reading, "9506000134352", viewer=ADMIN) == []
        assert look_up(reading, MILK, viewer=by).entry.value("name_zh") == "鲜牛奶"
        assert counts(reading, viewer=ADMIN)["product", "pending"] == 1
    lot = book(entry("lot", product=MILK, lot="1"), by=by)
    assert lot.state == "pending"
    with Writing(engine) as writing:
        with pytest.raises(InvalidInput):
            refuse(writing, MILK, by=ADMIN, now=NOW, note=" ")
        assert refuse(writing, MILK, by=ADMIN, now=NOW, note="图片不清").note == "图片不清"
        with pytest.raises(NotInThisState):
            refuse(writing, MILK, by=ADMIN, now=NOW, note="again")
        again = amend(writing, MILK, product(producer=farm, name_zh="牛奶"), by=by, now=NOW + LATER)
        assert (again.state, again.note, again.decided_by) == ("pending", "", None)
        done = approve(writing, MILK, by=ADMIN, now=NOW + LATER)
        assert (done.state, done.decided_by) == ("approved", "operator")
        with pytest.raises(NotInThisState):
            approve(writing, MILK, by=ADMIN, now=NOW)
    assert shown(engine, MILK)["suyuan:nameZh"] == "牛奶"
    assert book(product(identifier="9506000100012", producer=farm)).state == "approved"  # the operator's own


def test_an_entry_is_decided_upon_and_amended_under_its_second_name(
    engine: Engine, book: Callable[..., Registered], farm: str
) -> None:
    made = book(product(producer=farm))
    second = "https://id.gs1.org/01/06901234567892"
    with Writing(engine) as writing:
        link(writing, second, made.key, by=ADMIN, now=NOW)
        told = product(producer=farm, name_zh="纯牛奶", identifier="")
        assert amend(writing, second, told, by=ADMIN, now=NOW, confirmed=True).key == made.key
        assert withdraw(writing, second, by=ADMIN, now=NOW).state == "withdrawn"
        assert approve(writing, second, by=ADMIN, now=NOW).state == "approved"
        found = look_up(writing, made.key, viewer=ADMIN)
    assert (found.state, found.entry.value("name_zh")) == ("approved", "纯牛奶")


def test_what_is_withdrawn_is_not_shown_and_carries_nothing_new(
    engine: Engine, book: Callable[..., Registered], farm: str
) -> None:
    place = book(entry("place", party=farm, stage="farm", name_zh="牛舍", district="330106")).key
    point = book(entry("read_point", place=place, name_zh="门")).key
    with Writing(engine) as writing:
        with pytest.raises(NotInThisState) as standing:
            withdraw(writing, farm, by=ADMIN, now=NOW)
        assert standing.value.fields["count"] == 2
        assert withdraw(writing, place, by=company(farm), now=NOW, note="拆除").state == "withdrawn"
        with pytest.raises(NotInThisState):
            withdraw(writing, place, by=company(farm), now=NOW)
        moved = entry("place", party=farm, stage="farm", name_zh="牛舍", district="330106")
        with pytest.raises(NotInThisState):
            amend(writing, place, moved, by=company(farm), now=NOW)
    assert shown(engine, place) == shown(engine, point) == {}
    with pytest.raises(EntryRefused) as refused:
        book(entry("read_point", place=place, name_zh="二号门"))
    assert codes(refused.value.findings) == [(0, "place", "reference-ended")]
    with Writing(engine) as writing:
        approve(writing, place, by=ADMIN, now=NOW)
    assert shown(engine, place)["suyuan:nameZh"] == "牛舍"


@pytest.mark.parametrize(
    "key", ["", "\0", "\ud800", "x", "https://id.gs1.org/01/1", "' OR 1=1 --", "https://a.cn/x"]
)
def test_what_is_not_there_is_not_found(engine: Engine, key: str) -> None:
    with Reading(engine) as reading, pytest.raises(NotFound):
        look_up(reading, key, viewer=ADMIN)

"""The register on both systems: entering, amending, approving, and what of it is shown."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, event, func, insert, select

from suyuan.trace.epcis.document import read_document
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound
from suyuan.trace.gs1 import check_digit
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
    giving,
    look_up,
    refuse,
    require_approval,
    withdraw,
)
from suyuan.trace.register.claims import doubtful
from suyuan.trace.register.finding import EntryRefused, Finding
from suyuan.trace.register.parties import PlaceFacts, competence_of, licence_findings, place_facts
from suyuan.trace.register.sheets import Entry, EntryKind, read_sheet
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.sight import Competence, Viewer
from suyuan.trace.store.tables import DocumentRow, VocabularyRow
from suyuan.trace.store.vocabulary import attributes, find, statements_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ADMIN = Viewer("operator", "administrator", "")
MILK = "https://id.gs1.org/01/09506000134352"
GIVE = giving("https://trace.example.cn")
LATER = timedelta(hours=1)


def entry(kind: EntryKind, **told: str) -> Entry:
    read, findings = read_sheet(kind, told)
    assert read is not None, findings
    return read


def party(name: str, **told: str) -> Entry:
    return entry("party", **({"name_zh": name, "roles": "生产者", "district": "330106"} | told))


def product(**told: str) -> Entry:
    return entry("product", **({"identifier": "9506000134352", "name_zh": "鲜牛奶"} | told))


def company(key: str) -> Viewer:
    return Viewer(f"staff of {key}", "company", key)


@pytest.fixture
def book(engine: Engine) -> Callable[..., Registered]:
    """Enters one thing, as the operator unless told otherwise."""

    def enter_one(told: Entry, by: Viewer = ADMIN, **options: Any) -> Registered:
        with Writing(engine) as writing:
            return enter(writing, told, by=by, now=NOW, give=GIVE, **options)

    return enter_one


@pytest.fixture
def farm(book: Callable[..., Registered]) -> str:
    return book(party("青山牧场")).key


@pytest.fixture
def dairy(book: Callable[..., Registered]) -> str:
    return book(party("白云乳业")).key


def codes(findings: tuple[Finding, ...]) -> list[tuple[int | None, str, str]]:
    return [(found.row, found.where, found.code) for found in findings]


def shown(engine: Engine, key: str) -> dict[str, str]:
    with Reading(engine) as reading:
        return attributes(reading, [key]).get(key, {})


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL that is executed."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


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


def test_showing_is_one_query_for_many_keys(engine: Engine, farm: str, statements: list[str]) -> None:
    with Reading(engine) as reading:
        statements.clear()
        attributes(reading, [farm, *(f"x:{n}" for n in range(400))])
    assert len([s for s in statements if "FROM vocabulary" in s]) == 1


def test_lists_are_paged_by_key(engine: Engine, farm: str, dairy: str) -> None:
    batch = [product(identifier=gtin(n), producer=farm, name_zh=f"产品{n}") for n in range(25)]
    with Writing(engine) as writing:
        made = enter_all(writing, batch, by=ADMIN, now=NOW)
    with Reading(engine) as reading:
        keys: list[str] = []
        after = ""
        while True:
            page = entries(reading, viewer=company(farm), kind="product", after=after, limit=10)
            keys += [one.key for one in page.entries]
            after = page.after
            if not after:
                break
        assert keys == sorted(one.key for one in made)
        assert [e.key for e in entries(reading, viewer=ADMIN, search="产品24").entries] == [made[24].key]
        assert entries(reading, viewer=ADMIN, owner=dairy, kind="product").entries == ()
        assert len(entries(reading, viewer=ADMIN, limit=10_000).entries) == 27
        assert entries(reading, viewer=ADMIN, search="%").entries == ()
        assert entries(reading, viewer=ADMIN, search="\0", after="\0").entries == ()
        assert entries(reading, viewer=Viewer("nobody", "company", "")).entries == ()
        assert entries(reading, viewer=company(dairy), kind="product").entries == ()


@pytest.mark.parametrize(
    "key", ["", "\0", "\ud800", "x", "https://id.gs1.org/01/1", "' OR 1=1 --", "https://a.cn/x"]
)
def test_what_is_not_there_is_not_found(engine: Engine, key: str) -> None:
    with Reading(engine) as reading, pytest.raises(NotFound):
        look_up(reading, key, viewer=ADMIN)


def gtin(number: int) -> str:
    body = f"950600{number:06d}"
    return f"{body}{check_digit(body)}"


@pytest.mark.slow
def test_ten_thousand_products_and_places_in_time(engine: Engine, farm: str) -> None:
    """Issue: importing 10,000 products or places within 20 s."""
    names = {"name_en": "Milk", "standard": "GB/T 19302", "storage_zh": "2–6 ℃ 冷藏", "net_content": "250 mL"}
    products = [
        product(identifier=gtin(n), producer=farm, code=f"P{n}", name_zh=f"产品{n}", **names)
        for n in range(10_000)
    ]
    places = [
        entry("place", party=farm, stage="零售", name_zh=f"门店{n}", district="330106", code=f"S{n}")
        for n in range(10_000)
    ]
    for batch in (products, places):
        began = process_time()  # of this process: what else the machine does is not ours
        with Writing(engine) as writing:
            enter_all(writing, batch, by=ADMIN, now=NOW, give=GIVE)
        assert process_time() - began < 20
    with Reading(engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(EntryRow)).scalar() == 20_001

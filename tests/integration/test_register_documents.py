"""Documents of lots and the files that belong to them, on both systems."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from itertools import count

import pytest
from sqlalchemy import Engine, func, select

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooLarge
from suyuan.trace.register.attachments import attachment, cleaned, keep_attachment
from suyuan.trace.register.book import enter, giving
from suyuan.trace.register.documents import (
    Draft,
    LotDocument,
    Standing,
    add_document,
    document,
    documents_of,
    read_document,
    standings,
    withdraw_document,
)
from suyuan.trace.register.sheets import EntryKind, read_sheet
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AttachmentRow, LotDocumentRow
from suyuan.trace.store.sight import HOUSE, Competence, Viewer

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = date(2026, 5, 1)
ADMIN = Viewer("operator", "administrator", "")
FARM, SHOP = "https://id.gs1.org/417/9506000000015", "https://id.gs1.org/417/9506000000022"
STAFF, STRANGER = Viewer("farmer", "company", FARM), Viewer("shopkeeper", "company", SHOP)
PORK, LOT = "9506000134352", "https://id.gs1.org/01/09506000134352/10/L1"
PDF = b"%PDF-1.7\n%%EOF\n"
QUARANTINE = Draft("animal_quarantine", "No 1", "杭州市动物卫生监督所", "2026-04-30", "2026-05-03")
Enter = Callable[..., str]


@pytest.fixture
def randbytes() -> Callable[[int], bytes]:
    numbers = count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


@pytest.fixture
def register(engine: Engine) -> Enter:
    def enter_one(kind: EntryKind, by: Viewer = ADMIN, **told: str) -> str:
        entry, findings = read_sheet(kind, told)
        assert entry is not None, findings
        with Writing(engine) as writing:
            give = giving("https://trace.example.cn")
            return enter(writing, entry, by=by, now=NOW, give=give, confirmed=True).key

    for key, name in ((FARM, "青山牧场"), (SHOP, "门店")):
        enter_one("party", identifier=key, name_zh=name, roles="producer", district="330106")
    return enter_one


@pytest.fixture
def lot(register: Enter) -> str:
    register("product", identifier=PORK, name_zh="猪肉", producer=FARM, farm_product="猪肉")
    return register("lot", product=PORK, lot="L1", production_date="2026-04-30")


@pytest.fixture
def add(engine: Engine, randbytes: Callable[[int], bytes]) -> Callable[..., LotDocument]:
    def add_one(draft: Draft, by: Viewer = STAFF, on: str = LOT, file: str | None = None) -> LotDocument:
        with Writing(engine) as writing:
            return add_document(writing, on, draft, by=by, now=NOW, randbytes=randbytes, attachment=file)

    return add_one


def standing(engine: Engine, day: date = DAY, lot: str = LOT) -> Standing:
    with Reading(engine) as reading:
        return standings(reading, [lot], day)[lot]


def test_pork_needs_two_certificates(engine: Engine, lot: str, add: Callable[..., LotDocument]) -> None:
    assert lot == LOT
    assert standing(engine).missing == ("animal_quarantine", "meat_inspection")
    first = add(QUARANTINE)
    assert (first.owner, first.created_by) == (FARM, "farmer")
    assert standing(engine).missing == ("meat_inspection",)
    add(Draft("meat_inspection", "B 7", "屠宰场"))
    assert standing(engine).missing == ()
    assert standing(engine, date(2026, 5, 3)).expired == ()
    late = standing(engine, date(2026, 5, 4))
    assert (late.missing, late.expired) == ((), (first,))
    again = add(Draft("animal_quarantine", "No 2", "杭州市动物卫生监督所", "2026-05-03", "2026-05-09"))
    late = standing(engine, date(2026, 5, 4))
    assert late.expired == ()
    assert again in late.valid


@pytest.mark.parametrize(
    ("told", "required"),
    [
        ({"farm_product": "pork"}, ("animal_quarantine", "meat_inspection")),
        ({"farm_product": "meat"}, ("animal_quarantine",)),
        ({"farm_product": "plants"}, ("commitment",)),
        ({"farm_product": "eggs"}, ("commitment",)),
        ({"category": "05"}, ("inspection_certificate",)),
        ({}, ()),
    ],
)
def test_what_is_required_follows_from_the_product(
    engine: Engine, register: Enter, told: dict[str, str], required: tuple[str, ...]
) -> None:
    register("product", identifier=PORK, name_zh="x", producer=FARM, **told)
    assert standing(engine).required == standing(engine).missing == required


def test_of_an_unknown_product_nothing_is_known_to_be_required(engine: Engine, register: Enter) -> None:
    assert register
    assert standing(engine) == Standing(LOT, (), (), (), ())


def test_a_document_is_withdrawn_and_stays_on_record(
    engine: Engine, lot: str, add: Callable[..., LotDocument]
) -> None:
    made = add(QUARANTINE)
    with pytest.raises(Conflict):
        add(QUARANTINE)
    with Writing(engine) as writing:
        gone = withdraw_document(writing, made.id, by=STAFF, now=NOW)
        assert gone.withdrawn == NOW
        assert withdraw_document(writing, made.id, by=STAFF, now=NOW) == gone
    assert "animal_quarantine" in standing(engine).missing
    add(QUARANTINE)
    with Reading(engine) as reading:
        assert [one.withdrawn for one in documents_of(reading, lot, viewer=STAFF)] == [NOW, None]


def test_strangers_neither_see_nor_add(engine: Engine, lot: str, add: Callable[..., LotDocument]) -> None:
    made = add(QUARANTINE)
    officer = Viewer("officer", "regulator", "x", Competence(frozenset({"retail"}), frozenset({"33"})))
    with Reading(engine) as reading:
        assert [len(documents_of(reading, lot, viewer=v)) for v in (STAFF, HOUSE, STRANGER, officer)] == [
            1,
            1,
            0,
            0,
        ]
        with pytest.raises(NotFound):
            document(reading, made.id, viewer=STRANGER)
        assert standings(reading, [lot], DAY, viewer=STRANGER)[lot].valid == ()
    with pytest.raises(NotFound):
        add(QUARANTINE, by=STRANGER)
    with pytest.raises(NotAllowed):
        add(QUARANTINE, by=officer)
    with Writing(engine) as writing, pytest.raises(NotFound):
        withdraw_document(writing, made.id, by=STRANGER, now=NOW)
    assert add(Draft("release", "1", "平台"), by=ADMIN).owner == FARM


@pytest.mark.parametrize(
    "lot", ["", "x", "https://id.gs1.org/01/09506000134352", "https://id.gs1.org/01/1/10/A"]
)
def test_documents_belong_to_lots(register: Enter, add: Callable[..., LotDocument], lot: str) -> None:
    assert register
    with pytest.raises(InvalidInput):
        add(QUARANTINE, on=lot)


def test_what_is_wrong_with_a_document_is_told_with_its_field() -> None:
    read, findings = read_document({"kind": "检疫证明", "number": "1", "issuer": "所", "issued": "2026-5-1"})
    assert (read, findings) == (Draft("animal_quarantine", "1", "所", "2026-05-01"), ())
    told = {"kind": "通行证", "number": " ", "issued": "2026-05-02", "expires": "2026-05-01"}
    read, findings = read_document(told)
    assert read is None
    assert [(found.where, found.code) for found in findings] == [
        ("kind", "no-choice"),
        ("number", "missing"),
        ("issuer", "missing"),
        ("expires", "date-order"),
    ]


def test_files_are_kept_once_per_owner(
    engine: Engine, lot: str, add: Callable[..., LotDocument], randbytes: Callable[[int], bytes]
) -> None:
    with Writing(engine) as writing:
        keep = partial(keep_attachment, writing, now=NOW, randbytes=randbytes, name="检疫.pdf")
        first = keep(PDF, owner=FARM)
        assert keep(cleaned(PDF, "again.pdf"), owner=FARM) == first
        other = keep(PDF, owner=SHOP)
        assert other.id != first.id
        with pytest.raises(TooLarge):
            keep(bytes(100 * 1024 * 1024), owner=FARM)
    assert add(QUARANTINE, file=first.id).attachment == first.id
    with pytest.raises(NotFound):
        add(Draft("release", "2", "x"), file=other.id)
    with pytest.raises(NotFound):
        add(Draft("release", "3", "x"), file="nothing")
    with Reading(engine) as reading:
        kept = attachment(reading, first.id)
        assert (kept.content, kept.media_type, kept.name) == (PDF, "application/pdf", "检疫.pdf")
        with pytest.raises(NotFound):
            attachment(reading, "nothing")
        assert reading.connection.execute(select(func.count()).select_from(AttachmentRow)).scalar() == 2
        assert reading.connection.execute(select(func.count()).select_from(LotDocumentRow)).scalar() == 1
    assert lot == LOT

"""However wide a competence and however large a case: sight is asked in statements that a database takes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from sqlalchemy import ColumnElement, Engine, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute
from tests.integration.market import AUTHORITIES, LOT, NOW, PLANT, SHOP, entries

from suyuan.trace.register.book import enter_all
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import (
    ComplaintRow,
    DeviceRow,
    EntryRow,
    InvestigationRow,
    LabelJobRow,
    LotDocumentRow,
)
from suyuan.trace.store.sight import (
    HOUSE,
    STAGES,
    Competence,
    Purpose,
    Viewer,
    visible_complaints,
    visible_devices,
    visible_documents,
    visible_entries,
    visible_events,
    visible_investigations,
    visible_label_jobs,
    visible_objects,
    visible_statements,
)
from suyuan.trace.store.tables import EvidenceRow, ObjectRow, VocabularyRow

VISIBLE: tuple[tuple[InstrumentedAttribute[str], Callable[[Viewer], ColumnElement[bool]]], ...] = (
    (EvidenceRow.key, visible_events),
    (ObjectRow.key, visible_objects),
    (EntryRow.key, visible_entries),
    (VocabularyRow.key, visible_statements),
    (LotDocumentRow.id, visible_documents),
    (DeviceRow.id, visible_devices),
    (LabelJobRow.id, visible_label_jobs),
    (ComplaintRow.number, visible_complaints),
    (InvestigationRow.number, visible_investigations),
)
ZHEJIANG = frozenset(f"33{number:04}" for number in range(100, 900))


def officer(regions: frozenset[str], stages: frozenset[str] = frozenset(STAGES)) -> Viewer:
    return Viewer("o", "regulator", AUTHORITIES["competent"][0], Competence(stages, regions))


COMPANY = Viewer("c", "company", PLANT.party)
WIDE = officer(ZHEJIANG | {"11", "4401"}, frozenset(STAGES) | {f"stage-{number}" for number in range(400)})


@pytest.fixture
def registered(engine: Engine) -> Engine:
    with Writing(engine) as writing:
        for kind in ("party", "place", "product", "lot"):
            some = [entry for entry in entries() if entry.kind == kind]
            enter_all(writing, some, by=HOUSE, now=NOW, confirmed=True)
    return engine


def test_any_number_of_regions_and_stages_can_be_asked_for(
    registered: Engine, subtests: pytest.Subtests
) -> None:
    for column, visible in VISIBLE:
        with subtests.test(column=str(column)), Reading(registered) as reading:
            reading.connection.execute(select(column).where(visible(WIDE))).all()


def test_regions_of_every_length_cover_what_begins_with_them(registered: Engine) -> None:
    assert WIDE.competence is not None
    with Reading(registered) as reading:
        for viewer in (WIDE, officer(frozenset(("33", "11"))), officer(frozenset(("3301", "110101", "5")))):
            assert viewer.competence is not None
            found = set(
                reading.connection.execute(
                    select(EntryRow.key).where(EntryRow.kind == "place", visible_entries(viewer))
                ).scalars()
            )
            rows = reading.connection.execute(
                select(EntryRow.key, EntryRow.stage, EntryRow.district).where(EntryRow.kind == "place")
            )
            told = {key for key, stage, district in rows if viewer.competence.covers(stage, district)}
            assert found == told
            assert {PLANT.place, SHOP.place} <= found


def test_there_is_room_for_more_around_what_is_in_sight(
    registered: Engine, subtests: pytest.Subtests
) -> None:
    """SQLite parses 100 levels at most: a filter must not stand near that limit before anybody adds to it."""
    for (column, visible), viewer in product(VISIBLE, (COMPANY, WIDE)):
        statement: Select[str] = select(column).where(visible(viewer))
        for _ in range(4):
            statement = select(EntryRow.key).where(exists(statement.correlate(None)))
        with subtests.test(column=str(column), role=viewer.role), Reading(registered) as reading:
            reading.connection.execute(statement).all()


def test_a_purpose_of_any_size_can_be_asked_with(registered: Engine) -> None:
    keys = frozenset(f"https://id.gs1.org/01/09521234003007/21/{number}" for number in range(260_000))
    purpose = Purpose(keys, keys | {LOT, "quoted\"\\'键"})
    with Reading(registered) as reading:
        for column, where in (
            (EvidenceRow.key, visible_events(COMPANY, purpose)),
            (ObjectRow.key, visible_objects(COMPANY, purpose)),
            (LotDocumentRow.id, visible_documents(COMPANY, purpose)),
        ):
            assert reading.connection.execute(select(column).where(where)).all() == []

"""Tables that wait to be confirmed, and what was told of an entry before, on both systems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from suyuan.trace.errors import NotFound
from suyuan.trace.register import book
from suyuan.trace.register.history import aliases_of, told_before
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.register.uploads import (
    LIFETIME,
    MOST_WAITING,
    forget_upload,
    keep_upload,
    waiting_upload,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import UploadRow
from suyuan.trace.store.sight import Viewer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OPERATOR = Viewer("operator", "administrator", "")


def kept(engine: Engine, account: str, content: bytes, now: datetime = NOW) -> str:
    with Writing(engine) as writing:
        return keep_upload(writing, account, "product", name="表\n.xlsx", content=content, now=now).id


def test_a_table_waits_for_its_account_alone(engine: Engine) -> None:
    upload = kept(engine, "farm", b"\0\xff table")
    assert kept(engine, "shop", b"\0\xff table") != upload
    with Reading(engine) as reading:
        found = waiting_upload(reading, "farm", upload, now=NOW + LIFETIME - timedelta(seconds=1))
        assert (found.kind, found.name, found.content) == ("product", "表.xlsx", b"\0\xff table")
        for account, now in (("shop", NOW), ("farm", NOW + LIFETIME)):
            with pytest.raises(NotFound):
                waiting_upload(reading, account, upload, now=now)


def test_sent_again_it_waits_anew_and_is_kept_once(engine: Engine) -> None:
    upload = kept(engine, "farm", b"a")
    assert kept(engine, "farm", b"a", NOW + timedelta(minutes=50)) == upload
    with Reading(engine) as reading:
        waiting_upload(reading, "farm", upload, now=NOW + timedelta(minutes=90))


def test_the_oldest_gives_way_and_what_is_over_is_swept(engine: Engine) -> None:
    ids = [kept(engine, "farm", bytes([n]), NOW + timedelta(seconds=n)) for n in range(MOST_WAITING + 2)]
    other = kept(engine, "shop", b"x")
    with Reading(engine) as reading:
        for upload in ids[-MOST_WAITING:]:
            waiting_upload(reading, "farm", upload, now=NOW)
        for upload in ids[:-MOST_WAITING]:
            with pytest.raises(NotFound):
                waiting_upload(reading, "farm", upload, now=NOW)
        waiting_upload(reading, "shop", other, now=NOW)
    kept(engine, "new", b"y", NOW + timedelta(hours=3))
    with Reading(engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(UploadRow)).scalar() == 1


def test_only_the_account_lets_go_of_it(engine: Engine) -> None:
    upload = kept(engine, "farm", b"a")
    with Writing(engine) as writing:
        forget_upload(writing, "shop", upload)
    with Reading(engine) as reading:
        waiting_upload(reading, "farm", upload, now=NOW)
    with Writing(engine) as writing:
        forget_upload(writing, "farm", upload)
    with Reading(engine) as reading, pytest.raises(NotFound):
        waiting_upload(reading, "farm", upload, now=NOW)


def test_what_was_told_before_stays_with_its_time(engine: Engine) -> None:
    told = {"name_zh": "清溪", "roles": "producer", "district": "330106"}
    with Writing(engine) as writing:
        entry, _ = read_sheet("party", told)
        assert entry is not None
        made = book.enter(
            writing, entry, by=OPERATOR, now=NOW, give=book.giving("https://a.example"), confirmed=True
        )
        for hours, phone in ((1, "1"), (2, "1"), (3, "2")):  # the second says nothing new
            entry, _ = read_sheet("party", {**told, "phone": phone})
            assert entry is not None
            now = NOW + timedelta(hours=hours)
            made = book.amend(writing, made.key, entry, by=OPERATOR, now=now, confirmed=True)
        history = told_before(writing, made)
        assert aliases_of(writing, made.key) == []
    assert [(time, one.value("phone")) for time, one in history] == [
        (NOW + timedelta(hours=3), "2"),
        (NOW + timedelta(hours=1), "1"),
        (NOW, ""),
    ]

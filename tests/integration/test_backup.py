"""A store saved and restored: the same rows, the same answers, on either database; and never half of it."""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from suyuan.trace.epcis.document import read_document
from suyuan.trace.errors import NotFound, WrongUse
from suyuan.trace.store.accounts import AccountRole, create_account, verify_password
from suyuan.trace.store.backup import (
    BackupFailed,
    BackupUnfit,
    StoreNotEmpty,
    back_up,
    read_manifest,
    restore,
)
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.history import occurrences
from suyuan.trace.store.migrate import Standing, migrate_to, standing
from suyuan.trace.store.settings import set_setting, setting

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
PARTY = "https://id.gs1.org/417/9521234000006"
EVENTS = 30


def _fill(engine: Engine) -> None:
    events = [
        {
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:00000000-0000-7000-8000-{number:012d}",
            "action": "OBSERVE",
            "eventTime": f"2026-11-20T08:{number:02d}:00.000+08:00",
            "eventTimeZoneOffset": "+08:00",
            "epcList": [f"https://id.gs1.org/01/09521234000013/21/{number}"],
            "suyuan:note": f"一箱生菜 {number}",
        }
        for number in range(EVENTS)
    ]
    content = orjson.dumps(
        {
            "@context": [
                "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                {"suyuan": "https://ns.suyuan.example/"},
            ],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00.000Z",
            "epcisBody": {"eventList": events},
        }
    )
    assert len(read_document(content, "application/json").events) == EVENTS
    capture(engine, content, "application/json", party=PARTY, now=NOW, behaviour="rollback")
    with Writing(engine) as writing:
        create_account(
            writing, "li", role=AccountRole.REGULATOR, party=PARTY, now=NOW, password="a long sentence"
        )
        set_setting(writing, "block-list-key", bytes(range(256)))


def _told(engine: Engine) -> list[str]:
    with Reading(engine) as reading:
        return [repr(occurrence) for occurrence in occurrences(reading, 0)]


@pytest.fixture(params=["to sqlite", pytest.param("to postgresql", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Engine]:
    if request.param == "to sqlite":
        return lambda: open_engine(tmp_path / "restored.db")
    server = request.getfixturevalue("postgres_server")
    return lambda: open_engine(server.database())


def test_a_restored_store_answers_as_the_saved_one(
    engine: Engine, target: Callable[[], Engine], tmp_path: Path
) -> None:
    _fill(engine)
    path = tmp_path / "monday.zip"
    manifest = back_up(engine, path, now=NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_manifest(path) == manifest
    restored = target()
    assert restore(restored, path) == manifest
    assert _told(restored) == _told(engine)
    with Reading(restored) as reading:
        assert standing(reading.connection) is Standing.CURRENT
        assert verify_password(reading, "li", "a long sentence").party == PARTY
        assert setting(reading, "block-list-key") == bytes(range(256))
    again = tmp_path / "again.zip"
    assert back_up(restored, again, now=NOW).tables == manifest.tables
    # and it goes on: the next event gets the next number
    _next_is_stored(restored)
    restored.dispose()


def _next_is_stored(engine: Engine) -> None:
    body = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T08:00:00.000Z",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "action": "OBSERVE",
                    "eventTime": "2026-11-21T08:00:00.000+08:00",
                    "eventTimeZoneOffset": "+08:00",
                    "epcList": ["https://id.gs1.org/01/09521234000013/21/1"],
                }
            ]
        },
    }
    capture(engine, orjson.dumps(body), "application/json", party=PARTY, now=NOW, behaviour="rollback")
    with Reading(engine) as reading:
        assert [number for number, _ in occurrences(reading, EVENTS)] == [EVENTS + 1]


def test_a_restore_never_mixes_with_what_is_there(sqlite_engine: Engine, tmp_path: Path) -> None:
    _fill(sqlite_engine)
    back_up(sqlite_engine, tmp_path / "b.zip", now=NOW)
    before = _told(sqlite_engine)
    with pytest.raises(StoreNotEmpty, match="in use"):
        restore(sqlite_engine, tmp_path / "b.zip")
    assert _told(sqlite_engine) == before


def test_an_older_backup_is_brought_to_this_schema(tmp_path: Path) -> None:
    old = open_engine(tmp_path / "old.db")
    migrate_to(old, "0001")
    with Writing(old) as writing:
        create_account(
            writing, "li", role=AccountRole.REGULATOR, party=PARTY, now=NOW, password="a long sentence"
        )
    assert back_up(old, tmp_path / "old.zip", now=NOW).schema == "0001"
    new = open_engine(tmp_path / "new.db")
    restore(new, tmp_path / "old.zip")
    with Reading(new) as reading:
        assert standing(reading.connection) is Standing.CURRENT
        assert verify_password(reading, "li", "a long sentence").name == "li"


def _rewrite(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return changed


def _manifest_with(**members: object) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        return orjson.dumps({**orjson.loads(content), **members}) if name == "manifest.json" else content

    return change


def _cut_evidence(name: str, content: bytes) -> bytes:
    return content[: len(content) // 2] if name == "evidence.ndjson" else content


def _one_row_less(name: str, content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1]) if name == "incidence.ndjson" else content


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_cut_evidence, "damaged in evidence"),
        (_one_row_less, "damaged in incidence"),
        (_manifest_with(schema="9999"), "newer version"),
        (_manifest_with(form="something else"), "not a backup"),
        (_manifest_with(tables=[{"name": "evidence"}]), "not a backup"),
    ],
)
def test_a_damaged_backup_changes_nothing(
    sqlite_engine: Engine, tmp_path: Path, change: Callable[[str, bytes], bytes], says: str
) -> None:
    _fill(sqlite_engine)
    back_up(sqlite_engine, tmp_path / "b.zip", now=NOW)
    target = open_engine(tmp_path / "target.db")
    with pytest.raises(BackupUnfit, match=says):
        restore(target, _rewrite(tmp_path / "b.zip", change))
    with Reading(target) as reading:
        if standing(reading.connection) is not Standing.EMPTY:
            for table in ("evidence", "account", "object"):
                assert reading.connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0  # noqa: S608 (constants)
    restore(target, tmp_path / "b.zip")  # the same database still takes a good one
    target.dispose()


def test_a_file_that_is_no_backup_is_told(tmp_path: Path) -> None:
    target = open_engine(tmp_path / "target.db")
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(BackupUnfit, match=r"letter\.pdf is not a backup"):
        restore(target, tmp_path / "letter.pdf")
    with pytest.raises(NotFound, match=r"no file .*absent\.zip"):
        restore(target, tmp_path / "absent.zip")
    with pytest.raises(BackupFailed, match="cannot be read"):
        restore(target, tmp_path)


def test_a_full_disk_leaves_no_file_and_is_told(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("suyuan.trace.store.backup.os.fsync", full)
    folder = tmp_path / "disk"
    folder.mkdir()
    with pytest.raises(BackupFailed, match="No space left on device"):
        back_up(sqlite_engine, folder / "b.zip", now=NOW)
    assert list(folder.iterdir()) == []


def test_a_disk_that_fails_under_a_restore_changes_nothing(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(sqlite_engine)
    back_up(sqlite_engine, tmp_path / "b.zip", now=NOW)
    opened = zipfile.ZipFile.open

    def failing(archive: zipfile.ZipFile, name: str, *arguments: Any, **more: Any) -> Any:
        if name == "evidence.ndjson":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return opened(archive, name, *arguments, **more)

    monkeypatch.setattr(zipfile.ZipFile, "open", failing)
    target = open_engine(tmp_path / "target.db")
    with pytest.raises(BackupUnfit, match="damaged in evidence"):
        restore(target, tmp_path / "b.zip")
    with Reading(target) as reading:
        assert reading.connection.execute(text("SELECT count(*) FROM object")).scalar() == 0
    target.dispose()


def test_a_backup_never_replaces_a_file(sqlite_engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"precious")
    with pytest.raises(WrongUse, match="exists already"):
        back_up(sqlite_engine, tmp_path / "b.zip", now=NOW)
    assert (tmp_path / "b.zip").read_bytes() == b"precious"
    with pytest.raises(WrongUse, match="folder"):
        back_up(sqlite_engine, tmp_path / "no" / "b.zip", now=NOW)

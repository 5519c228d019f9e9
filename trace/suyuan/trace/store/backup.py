"""The whole store in one file, and back, on either database.

A backup is a zip of one NDJSON file per table, in the order in which foreign keys let them be filled, and a
``manifest.json`` with the schema version, the columns, the number of rows and the SHA-256 of every table.
It is read in one snapshot while the server goes on working. A restore fills an empty database in one
transaction: after an error nothing is there. Because rows are values and not pages, a backup of SQLite can be
restored into PostgreSQL and the other way round.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
)

from suyuan.trace.errors import Conflict, InvalidInput, NotFound, Unavailable, WrongUse
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.lineage_tables import DERIVED
from suyuan.trace.store.migrate import VERSION_TABLE, Standing, migrate, migrate_to, standing
from suyuan.trace.store.passport_tables import DERIVED as DERIVED_PASSPORTS
from suyuan.trace.store.scan_tables import ScanSaltRow

FORM = "suyuan-backup-1"
_MANIFEST = "manifest.json"
_ROWS_AT_ONCE = 2_000
_LONGEST_LINE = 256 << 20  # bytes; one row with a large document in it
# What a zip member can fail with: a bad sector, damage, an end too early, a password, an unknown method.
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


class BackupUnfit(InvalidInput):
    """The file is not a backup, is damaged, or was made by a newer version."""

    code = "backup-unfit"
    title = "This backup cannot be restored"


class BackupFailed(Unavailable):
    """The file of a backup cannot be written or read: a full disk, a folder of somebody else."""

    code = "backup-failed"
    title = "The backup failed"


class StoreNotEmpty(Conflict):
    """A restore would mix with what is there."""

    code = "store-not-empty"
    title = "The database is not empty"


@dataclass(frozen=True, slots=True)
class TableTold:
    """One table in the manifest; ``binary`` are the columns whose values stand in base64."""

    name: str
    columns: tuple[str, ...]
    binary: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``made`` is the instant of its snapshot, ``schema`` the migration it stands at."""

    form: str
    made: str
    schema: str
    tables: tuple[TableTold, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)


def back_up(engine: Engine, path: Path, *, now: datetime) -> Manifest:
    """Write the whole store to ``path``, which must not exist; it appears complete or not at all.

    The file is readable by its owner only: it holds password hashes and signing keys.

    Raises:
        WrongUse: ``path`` exists, or its folder does not.
        BackupFailed: the disk is full, or the folder cannot be written.
    """
    try:
        if path.exists():
            raise WrongUse(
                "{path} exists already", where=str(path), path=str(path), remedy="Choose another name."
            )
        if not path.absolute().parent.is_dir():
            raise WrongUse("The folder of {path} does not exist", where=str(path), path=str(path))
        manifest = _write_whole(engine, path, now)
        _sync_folder(path.absolute().parent)
    except OSError as error:
        raise BackupFailed(
            "The backup cannot be written to {path}: {reason}",
            where=str(path),
            path=str(path),
            reason=error.strerror or str(error),
            remedy="Name a folder where this user may write, on a disk with room. Nothing was changed.",
        ) from error
    return manifest


def read_manifest(path: Path) -> Manifest:
    """What the backup at ``path`` says of itself.

    Raises:
        NotFound, BackupFailed: no such file, or it cannot be read.
        BackupUnfit: it is no backup.
    """
    with _opened(path) as archive:
        return _manifest(archive, path)


def restore(engine: Engine, path: Path) -> Manifest:
    """Fill the empty database of ``engine`` from ``path`` and bring it to the schema of this version.

    All or nothing but for the schema: after an error the tables are there and empty.

    Raises:
        NotFound, BackupFailed: no such file, or it cannot be read.
        BackupUnfit: no backup, damaged (which table), or newer than this version.
        StoreNotEmpty: the database has rows.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        _check_empty(engine, manifest.schema)
        try:
            migrate_to(engine, manifest.schema)
        except LookupError as error:
            raise BackupUnfit(
                "{path} was made by a newer version of Suyuan (schema {schema})",
                where=str(path),
                path=str(path),
                schema=manifest.schema,
                remedy="Install that version, or a later one.",
            ) from error
        with Writing(engine) as writing:
            tables = _tables(writing.connection)
            for told in manifest.tables:
                _fill(writing.connection, tables, told, archive)
    migrate(engine)
    return manifest


def _write_whole(engine: Engine, path: Path, now: datetime) -> Manifest:
    """Write beside ``path``, and give the file its name once all of it is on disk."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream, Reading(engine) as reading:
            manifest = _write(reading.connection, stream, now)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _write(connection: Connection, stream: IO[bytes], now: datetime) -> Manifest:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        told = tuple(_dump(connection, table, archive) for table in _tables(connection).values())
        manifest = Manifest(FORM, now.isoformat(timespec="milliseconds"), _schema(connection), told)
        archive.writestr(_MANIFEST, orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    return manifest


def _tables(connection: Connection) -> dict[str, Table]:
    """The tables as the database has them, in the order of their foreign keys; plain column types.

    Without those of lineage and of passports, which are written anew from evidence, and without salts of
    scans, which end with their day.
    """
    left_out = (VERSION_TABLE, *DERIVED, *DERIVED_PASSPORTS, ScanSaltRow.__tablename__)
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name not in left_out)
    return {table.name: table for table in found.sorted_tables}


def _dump(connection: Connection, table: Table, archive: zipfile.ZipFile) -> TableTold:
    columns = tuple(column.name for column in table.columns)
    binary = tuple(column.name for column in table.columns if isinstance(column.type, LargeBinary))
    digest, count = hashlib.sha256(), 0
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS_AT_ONCE)
    with archive.open(f"{table.name}.ndjson", "w", force_zip64=True) as member:
        for row in connection.execute(query):
            values = [_told(value) for value in row]
            line = orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)
            digest.update(line)
            member.write(line)
            count += 1
    return TableTold(table.name, columns, binary, count, digest.hexdigest())


def _told(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise NotFound(
            "There is no file {path}", where=str(path), path=str(path), remedy="Compare the name."
        ) from error
    except OSError as error:
        raise BackupFailed(
            "{path} cannot be read: {reason}",
            where=str(path),
            path=str(path),
            reason=error.strerror or str(error),
            remedy="Name a file that suyuan backup wrote and that this user may read.",
        ) from error
    except zipfile.BadZipFile as error:
        raise _no_backup(path) from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        told: Mapping[str, Any] = orjson.loads(archive.read(_MANIFEST))
        if told["form"] != FORM:
            raise _no_backup(path)
        tables = tuple(
            TableTold(t["name"], tuple(t["columns"]), tuple(t["binary"]), t["rows"], t["sha256"])
            for t in told["tables"]
        )
        return Manifest(told["form"], told["made"], told["schema"], tables)
    except (KeyError, TypeError, ValueError, *_UNREADABLE) as error:
        raise _no_backup(path) from error


def _no_backup(path: Path) -> BackupUnfit:
    return BackupUnfit(
        "{path} is not a backup of Suyuan",
        where=str(path),
        path=str(path),
        remedy="Name a file that suyuan backup wrote.",
    )


def _check_empty(engine: Engine, schema: str) -> None:
    """Raise unless nothing is there: no tables, or those of ``schema`` without a row."""
    with Reading(engine) as reading:
        if standing(reading.connection) is Standing.EMPTY:
            return
        tables = _tables(reading.connection)
        filled = next((name for name, table in tables.items() if _count(reading.connection, table)), None)
        if filled is not None or _schema(reading.connection) != schema:
            raise StoreNotEmpty(
                "The database is in use (table {table}); a backup is restored into an empty one",
                where="database",
                table=filled or VERSION_TABLE,
                remedy="Name a new database, or a SUYUAN_VAR that does not exist yet.",
            )


def _schema(connection: Connection) -> str:
    found: str = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()  # noqa: S608 (a constant)
    return found


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar() or 0


def _fill(
    connection: Connection, tables: Mapping[str, Table], told: TableTold, archive: zipfile.ZipFile
) -> None:
    table = tables.get(told.name)
    if table is None or {column.name for column in table.columns} != set(told.columns):
        raise _damaged(told, "the table or its columns are not those of its schema")
    digest = hashlib.sha256()
    for rows in _in_batches(_rows(archive, told, digest)):
        connection.execute(insert(table), rows)
    if _count(connection, table) != told.rows or digest.hexdigest() != told.sha256:
        raise _damaged(told, "its rows are not those that were written")


def _rows(archive: zipfile.ZipFile, told: TableTold, digest: Any) -> Iterator[dict[str, Any]]:
    try:
        with archive.open(f"{told.name}.ndjson") as member:
            while line := member.readline(_LONGEST_LINE):
                digest.update(line)
                row = dict(zip(told.columns, orjson.loads(line), strict=True))
                for name in told.binary:
                    if row[name] is not None:
                        row[name] = base64.b64decode(row[name], validate=True)
                yield row
    except (KeyError, ValueError, TypeError, *_UNREADABLE) as error:
        raise _damaged(told, str(error)) from error


def _in_batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _damaged(told: TableTold, reason: str) -> BackupUnfit:
    return BackupUnfit(
        "The backup is damaged in {table}: {reason}",
        where=told.name,
        table=told.name,
        reason=reason,
        remedy="Restore another backup; nothing was changed.",
    )


def _sync_folder(folder: Path) -> None:
    """A new name is durable only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

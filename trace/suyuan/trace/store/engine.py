"""Opening the database and working in it: one reader type, one writer type, one commit at the edge.

SQLite: WAL, ``synchronous=FULL`` (read back on every connect, because a WAL with NORMAL loses commits that
were acknowledged when the power fails), foreign keys, BEGIN IMMEDIATE for writers. PostgreSQL: UTC, and
writers queue on one advisory lock, so that sequence numbers rise in the order of commits on both: whoever
follows evidence by sequence number never misses a row that committed late.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from suyuan.trace.errors import InvalidInput, TooLarge, Unavailable, WrongUse
from suyuan.trace.store.migrate import VERSION_TABLE, Standing, standing

BUSY_TIMEOUT_S = 30.0
_WRITER_LOCK = 0x5355_5955_414E  # "SUYUAN": the advisory lock of the one writer on PostgreSQL
_FULL = 2
_LIMIT_EXCEEDED = "54000"  # SQLSTATE program_limit_exceeded: no index of PostgreSQL takes what was given
_TOO_COMPLEX = ("Expression tree is too large", "too many terms", "too many SQL variables", "parser stack")
"""What SQLite says of a statement that is too much for it; it is as well as ever."""
_READS = "suyuan_reads"
_MUCH_CACHE_KIB = 16_384
_MUCH_LOG_PAGES = 8_000  # of 4 KiB


class DatabaseUnavailable(Unavailable):
    """The database does not answer, is locked by another program, or its disk is full."""

    code = "database-unavailable"
    title = "The database is not available"


class QueryTooComplex(TooLarge):
    """A query that would compare with more than is sensible (QueryTooComplexException)."""

    code = "query-too-complex"
    title = "The query is too complex"


class DatabaseUnfit(WrongUse):
    """What was named is not a database that this version can work with."""

    code = "database-unfit"
    title = "This database cannot be used"


def open_engine(url_or_path: str | Path) -> Engine:
    """An engine on a SQLite file (made if absent) or a PostgreSQL URL; connects once to see that it is ours.

    An empty database, or one of an older version, opens: :func:`suyuan.trace.store.migrate.migrate` it.

    Raises:
        DatabaseUnavailable: it cannot be reached or opened.
        DatabaseUnfit: not a URL we know, not a database, another program's, or newer than this version.
    """
    url = _url(url_or_path)
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    try:
        with _translated(engine), engine.connect() as connection:
            _check_ours(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def expect_much(engine: Engine) -> None:
    """Let SQLite keep more pages in memory, and let its log grow longer before that is copied into the file.

    For whoever writes a great deal at once, as a server does when stations come back: a quarter less is
    written, an eighth is read. What is committed is as durable as ever.
    """
    if engine.dialect.name == "sqlite":
        engine.dispose()  # its connections were opened without

        @event.listens_for(engine, "connect")
        def expect(connection: sqlite3.Connection, _record: object) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
            connection.execute(f"PRAGMA cache_size=-{_MUCH_CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_MUCH_LOG_PAGES}")


def make_folder(folder: Path) -> None:
    """Make the folder of a store, for its owner only; one that is there stays as it is.

    Raises:
        DatabaseUnavailable: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_made(folder, error) from error


def exposed(engine: Engine) -> Sequence[Path]:
    """The files of a store that other users of this machine can read: they hold password hashes and keys."""
    if os.name != "posix" or engine.url.get_backend_name() != "sqlite":
        return ()
    store = Path(str(engine.url.database))
    files = [store.with_name(store.name + end) for end in ("", "-wal", "-shm")]
    others = stat.S_IRWXG | stat.S_IRWXO
    if not store.absolute().parent.stat().st_mode & others:
        return ()
    return [file for file in files if file.exists() and file.stat().st_mode & others]


class Reading:
    """A unit of reading: one consistent snapshot, on which any attempt to write fails.

    Use as a context manager; ``connection`` is valid inside only.
    """

    __slots__ = ("_connection", "_engine")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The open connection."""
        if self._connection is None:
            message = f"{type(self).__name__} is used outside its with block"
            raise RuntimeError(message)
        return self._connection

    def __enter__(self) -> Self:
        with _translated(self._engine):
            connection = self._engine.connect()
            try:
                self._begin(connection)
            except BaseException:
                connection.close()
                raise
        self._connection = connection
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self.connection, None
        with _translated(self._engine):
            try:
                if error is None:
                    connection.commit()
            finally:
                connection.close()  # rolls back whatever is not committed
                if isinstance(error, DBAPIError):
                    raise error

    def _begin(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.execution_options(**{_READS: True})
        else:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.begin()


class Writing(Reading):
    """A unit of writing: the only one at its moment. Commits on leaving, rolls back on any exception.

    Those of one process take their turn here before they ask the database: SQLite lets those who wait try
    again after a while, in no order, so that one of four could wait for seconds.
    """

    __slots__ = ()

    def __enter__(self) -> Self:
        turn = _turn_of(self._engine)
        if not turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise DatabaseUnavailable(
                "Others have been writing to {address} for {seconds} seconds",
                where="database",
                address=_address(self._engine.url),
                seconds=BUSY_TIMEOUT_S,
                remedy="Try again; nothing was stored.",
            )
        try:
            return super().__enter__()
        except BaseException:
            turn.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            _turn_of(self._engine).release()

    def _begin(self, connection: Connection) -> None:
        connection.begin()
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})


_TURNS: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


def _turn_of(engine: Engine) -> Lock:
    return _TURNS.setdefault(engine, Lock())


def _url(given: str | Path) -> URL:
    if isinstance(given, Path) or "://" not in given:
        return URL.create("sqlite", database=str(given))
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):  # a port that is no number
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        raise DatabaseUnfit(
            "The database is named neither as a file nor as a PostgreSQL address",
            where="database",
            remedy="Give a path, or postgresql://user:password@host/name.",
        )
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg")
    return url


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:") or "mode" in url.query:
        raise DatabaseUnfit(
            "Evidence is kept in a file, not in memory", where="database", remedy="Give the path of a file."
        )
    folder = Path(str(url.database)).parent
    if not folder.is_dir():
        raise DatabaseUnavailable(
            "The folder {folder} does not exist",
            where="database",
            folder=str(folder),
            remedy="Make it first.",
        )
    if "uri" not in url.query:
        _make_private(Path(str(url.database)))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def settle(connection: sqlite3.Connection, _record: object) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
        connection.isolation_level = (
            None  # SQLAlchemy begins, see below; sqlite3 still commits and rolls back
        )
        cursor = connection.cursor()
        mode = cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        durability = cursor.execute("PRAGMA synchronous").fetchone()[0]
        cursor.close()
        if mode != "wal" or durability != _FULL:
            raise DatabaseUnavailable(
                "SQLite offers journal mode {mode} with synchronous={durability}; commits would not last",
                where="database",
                mode=mode,
                durability=durability,
                remedy="Put the file on a local disk that supports WAL.",
            )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] (registered)
        reads = bool(connection.get_execution_options().get(_READS))
        connection.exec_driver_sql(f"PRAGMA query_only={int(reads)}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _make_private(file: Path) -> None:
    """Make the file of a new store, readable by its owner only; SQLite makes those beside it alike."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise _not_made(file, error) from error


def _not_made(path: Path, error: OSError) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "{path} cannot be made: {reason}",
        where="database",
        path=str(path),
        reason=error.strerror or str(error),
        remedy="Name a place where this user may write, on a disk with room.",
    )


# Whatever is asked here is a page of few rows for one viewer. A plan made for any viewer, which PostgreSQL
# turns to after some repetitions, takes up to twenty times as long; so do compiling and workers at times.
_OPTIONS = (
    "-c timezone=UTC -c plan_cache_mode=force_custom_plan -c jit=off -c max_parallel_workers_per_gather=0"
)


def _postgresql(url: URL) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": 10, "options": _OPTIONS}
    try:
        return create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except ImportError as error:
        raise DatabaseUnfit(
            "The PostgreSQL driver is not installed",
            where="database",
            remedy="pip install 'suyuan[postgres]'",
        ) from error


def _check_ours(connection: Connection) -> None:
    found = standing(connection)
    if found is Standing.FOREIGN:
        names = ", ".join(sorted(inspect(connection).get_table_names())[:5])
        raise DatabaseUnfit(
            "This database belongs to another program (tables {tables}, no {own})",
            where="database",
            tables=names,
            own=VERSION_TABLE,
            remedy="Name an empty database, or the one of this installation.",
        )
    if found is Standing.NEWER:
        raise DatabaseUnfit(
            "This database was made by a newer version of Suyuan",
            where="database",
            remedy="Install that version; older ones would misread it.",
        )


@contextmanager
def _translated(engine: Engine) -> Generator[None]:
    """Driver errors that say "away", "locked", "full" or "not a database" as errors of the house."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if getattr(error.orig, "sqlstate", None) == _LIMIT_EXCEEDED:
            raise InvalidInput(
                "A text is too long for the database: {reason}",
                reason=_first_line(error),
                remedy="Shorten it; nothing was stored.",
            ) from error
        if isinstance(error.orig, sqlite3.Error) and str(error.orig).startswith(_TOO_COMPLEX):
            raise QueryTooComplex(
                "The query is too complex", where="query", remedy="Ask for less at once."
            ) from error
        raise DatabaseUnavailable(
            "The database at {address} does not answer: {reason}",
            where="database",
            address=_address(engine.url),
            reason=_first_line(error),
            remedy="See that it runs, that its disk has room, and try again.",
        ) from error
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and "not a database" in str(error.orig):
            raise DatabaseUnfit(
                "{address} is not a SQLite database", where="database", address=_address(engine.url)
            ) from error
        if error.connection_invalidated:
            raise DatabaseUnavailable(
                "The connection to {address} broke", where="database", address=_address(engine.url)
            ) from error
        raise


def _address(url: URL) -> str:
    """Where, without user and password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "the local socket"
    return f"{host}{f':{url.port}' if url.port else ''}/{quote(url.database or '')}"


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().split("\n", 1)[0]

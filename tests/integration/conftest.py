"""A migrated database per test, on SQLite and on a private PostgreSQL server that the suite starts itself."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, text
from tests.ports import free_port

from suyuan.api import database
from suyuan.trace.store import accounts
from suyuan.trace.store.engine import open_engine
from suyuan.trace.store.migrate import Standing, migrate, standing

_REQUIRE_ALL = os.environ.get("SUYUAN_REQUIRE") == "all"
_PATIENCE_S = 60


def _absent(reason: str) -> None:
    if _REQUIRE_ALL:
        pytest.fail(f"SUYUAN_REQUIRE=all, but {reason}")
    pytest.skip(reason)


Migrate = Callable[[Engine], None]


@pytest.fixture(scope="session")
def migrate_quickly(tmp_path_factory: pytest.TempPathFactory) -> Migrate:
    """What :func:`migrate` does, on an empty SQLite file by a copy of one that was migrated."""
    template = tmp_path_factory.mktemp("template") / "template.db"
    opened = open_engine(template)
    migrate(opened)
    opened.dispose()

    def copy(engine: Engine) -> None:
        with engine.connect() as connection:
            empty = standing(connection) is Standing.EMPTY
        if empty and engine.url.get_backend_name() == "sqlite":
            engine.dispose()
            shutil.copyfile(template, str(engine.url.database))
        else:
            migrate(engine)

    return copy


@pytest.fixture(scope="session", autouse=True)
def quick_houses(migrate_quickly: Migrate) -> Iterator[None]:
    """Houses of this process take up stores as above, and hash passwords at the algorithm's least cost.

    What that spares is a second for each test of a page. The true cost and the true migrations have tests of
    their own, and servers that are processes of their own have nothing else.
    """
    least = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "migrate", migrate_quickly)
        patch.setattr(accounts, "hasher", lambda: least)
        accounts._no_ones_hash.cache_clear()  # pyright: ignore[reportPrivateUsage] (it was made by the other)
        yield


@dataclass
class Server:
    """A running PostgreSQL; ``database()`` makes a fresh one, a copy of the migrated template or empty."""

    socket_folder: Path
    port: int
    made: int = 0
    engines: list[Engine] = field(default_factory=list[Engine])

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.socket_folder}&port={self.port}"

    def database(self, template: str = "template0") -> str:
        self.made += 1
        name = f"test_{self.made}"
        engine = open_engine(self.url("postgres"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return self.url(name)

    def migrated(self) -> str:
        return self.database("suyuan_template")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One private server for the whole session: a temporary folder, a free loopback port, a unix socket."""
    programs = _programs()
    if programs is None:
        _absent("there is no PostgreSQL server; on Debian: apt-get install postgresql")
        return
    # A short path: a unix socket's may have 107 bytes, pytest's folders are longer.
    folder = Path(mkdtemp(prefix="suyuan-pg-"))
    try:
        as_user = _unprivileged(folder)
        data = folder / "data"
        _run([*as_user, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust",
              "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], folder)  # fmt: skip
        port = free_port()
        settings = (
            f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off -c synchronous_commit=off -c max_connections=60"
            # Hundreds of databases that live for a second each: nobody cleans them, and their log is short.
            " -c autovacuum=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
        )
        control = [*as_user, str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", str(_PATIENCE_S)]
        _run([*control, "-l", str(folder / "log"), "-o", settings, "start"], folder)
        try:
            server = Server(folder, port)
            _make_template(server)
            yield server
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table, on each system in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "suyuan.db")
    server: Server = request.getfixturevalue("postgres_server")
    return server.database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path, migrate_quickly: Migrate) -> Iterator[Engine]:
    """An engine on a migrated, empty store, on each system in turn."""
    if request.param == "sqlite":
        opened = open_engine(tmp_path / "suyuan.db")
        migrate_quickly(opened)
    else:
        server: Server = request.getfixturevalue("postgres_server")
        opened = open_engine(server.migrated())
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path, migrate_quickly: Migrate) -> Iterator[Engine]:
    """An engine on a migrated, empty SQLite store."""
    opened = open_engine(tmp_path / "one.db")
    migrate_quickly(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def postgresql_engine(postgres_server: Server) -> Iterator[Engine]:
    """An engine on a migrated, empty PostgreSQL store."""
    opened = open_engine(postgres_server.migrated())
    yield opened
    opened.dispose()


def _make_template(server: Server) -> None:
    engine = open_engine(server.url("postgres"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE suyuan_template"))
    engine.dispose()
    template = open_engine(server.url("suyuan_template"))
    migrate(template)
    template.dispose()


def _programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``: Debian keeps them off the PATH; the newest version wins."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then as the user that its package makes, or as nobody."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return ["runuser", "-u", name, "--"]
    _absent("PostgreSQL does not run as root, and there is no other user to run it as")
    return []


def _run(command: list[str], folder: Path) -> None:
    # pg_ctl's server inherits its output: a pipe would never close, a file does no harm.
    log = folder / "commands"
    with log.open("ab") as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, cwd="/", timeout=_PATIENCE_S, check=False
        )
    if done.returncode:
        pytest.fail(f"{command[-1]}: status {done.returncode}\n{log.read_text()}")

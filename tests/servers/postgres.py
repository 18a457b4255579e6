"""A real PostgreSQL: the programs of this machine's package, on a free port."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.servers.finding import HOST, free_port, fresh_name, given_address, unavailable
from tests.servers.local_process import LocalProcess

_PACKAGES = Path("/usr/lib/postgresql")  # Debian keeps one folder per major version here
_READY_WITHIN_S = 30.0
_INITDB_WITHIN_S = 60.0
_USER = "backstride"
_SYSTEM_USER = "postgres"


@dataclass(frozen=True)
class PostgresAddress:
    """Where a PostgreSQL listens, as a URL with a user who may create databases."""

    url: str

    def fresh_database(self, template: str = "template1") -> str:
        """Make a database, empty or a copy of another, and return its SQLAlchemy URL."""
        name = fresh_name("test").replace("-", "_")
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(made)
        database = make_url(self.url).set(drivername="postgresql+psycopg", database=name)
        return database.render_as_string(hide_password=False)

    def answers(self) -> bool:
        """Tell whether the server takes connections."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class LocalPostgres:
    """One server of its own, which keeps its data over a restart; delete it by `remove`."""

    def __init__(
        self, programs: Path, folder: Path | None = None, initdb_options: Sequence[str] = ()
    ) -> None:
        # Not pytest's folder: the server refuses to be root, and that folder is its owner's alone.
        self._folder = folder or folder_for_postgres()
        as_system_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self._folder, _SYSTEM_USER, _SYSTEM_USER)
            ids = [f"--reuid={_SYSTEM_USER}", f"--regid={_SYSTEM_USER}"]
            as_system_user = ["setpriv", *ids, "--init-groups"]
        data = self._folder / "data"
        self._initdb = [
            *as_system_user,
            *(str(programs / "initdb"), "--auth=trust", f"--username={_USER}"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", f"--pgdata={data}"),
            *initdb_options,
        ]
        port = free_port()
        self.address = PostgresAddress(f"postgresql://{_USER}@{HOST}:{port}/postgres")
        self._process = LocalProcess(
            [
                *as_system_user,
                *(str(programs / "postgres"), "-D", str(data), "-h", HOST, "-p", str(port)),
                *("-c", "unix_socket_directories="),
                # The machine does not fail in a test; only the server does.
                *("-c", "fsync=off"),
            ],
            log=self._folder / "postgres.log",
            is_ready=self.address.answers,
            ready_within_s=_READY_WITHIN_S,
            stop_signal=signal.SIGINT,  # SIGTERM would wait until the last client has gone
            # Its own way to crash: after SIGKILL its children hold the data for a while.
            kill_signal=signal.SIGQUIT,
        )

    def start(self) -> None:
        """Start the server, also again after `stop` or `kill`, and wait until it answers."""
        if not (self._folder / "data").exists():
            made = subprocess.run(
                self._initdb,
                capture_output=True,
                text=True,
                timeout=_INITDB_WITHIN_S,
                check=False,
                cwd=self._folder,
            )
            assert made.returncode == 0, made.stdout + made.stderr
        self._process.start()

    def stop(self) -> None:
        """End the server as an operator would, whoever is connected."""
        self._process.stop()

    def kill(self) -> None:
        """End the server at once, without a checkpoint; it recovers at the next start."""
        self._process.kill()

    def remove(self) -> None:
        """Delete what is on the disk; the server has to be stopped."""
        shutil.rmtree(self._folder)


def folder_for_postgres() -> Path:
    """Make a folder whose way the server's user may go."""
    return Path(tempfile.mkdtemp(prefix="backstride-postgres-"))


def installed_programs() -> Path:
    """Return the folder of the programs; skips, or fails, when there is none."""
    found = sorted(
        _PACKAGES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        unavailable("postgres", "there is no program initdb on this machine")
    return Path(on_path).resolve().parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresAddress]:
    """Lend the PostgreSQL that all tests share; take a fresh database in each test."""
    if url := given_address("postgres"):
        yield PostgresAddress(url)
        return
    server = LocalPostgres(installed_programs())
    try:
        server.start()
        yield server.address
        server.stop()
    finally:
        server.remove()


@pytest.fixture
def own_postgres() -> Iterator[LocalPostgres]:
    """Lend a running PostgreSQL that belongs to one test, which may stop, kill and start it."""
    server = LocalPostgres(installed_programs())
    try:
        server.start()
        yield server
        server.stop()
    finally:
        server.remove()

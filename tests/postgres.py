"""PostgreSQL for tests: a server of their own, made when the first test asks for it, and a new database for each test.

Nothing has to be installed beyond the server's programs, and nothing is left behind: the server listens on a socket in a
temporary folder only, and does not wait for disks, because a test does not survive a power cut anyway. The folder is in memory if
there is room, where making a database takes a tenth of the time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runregistry.store import Store

__all__ = ["PostgresServer", "find_binaries", "postgres_server", "postgres_url"]

PROGRAMS = ("initdb", "postgres")
USER = "registry"
TEMPLATE = "registry_template"
START_S = 60
# A folder in memory, and the room that it needs: some databases of 8 MB, and the log of what was written.
MEMORY, ROOM = Path("/dev/shm"), 2_000_000_000
SETTINGS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off"),
    *("listen_addresses=", "max_connections=120", "shared_buffers=64MB", "jit=off"),
)


class PostgresServer:
    """A running server.

    Parameters
    ----------
    folder : path
        The parent of its data and its socket; short, because the path of a socket is.
    binaries : path
        Where its programs are.
    settings : sequence of str
        Its settings, ``name=value``; those of a server for tests if not given.
    """

    def __init__(self, folder: Path, binaries: Path, settings: Sequence[str] = SETTINGS) -> None:
        self.folder = folder
        self._settings = settings
        self._binaries = binaries
        self._as = _unprivileged(folder)
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: psycopg.Connection[Any] | None = None

    def start(self) -> None:
        """Make the data folder and start the server in it."""
        data = str(self.folder / "data")
        # A language whose order of names is not that of their characters, so that a test notices who relies on it.
        locale = ["--encoding", "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US"]
        self._run([*self._program("initdb"), "-D", data, "-U", USER, "--auth", "trust", "--no-sync", *locale])
        options = [part for setting in self._settings for part in ("-c", setting)]
        command = [*self._program("postgres"), "-D", data, "-k", str(self.folder), *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as)
        self._wait()
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        Store(self.url(TEMPLATE)).close()

    def stop(self) -> None:
        """Stop the server at once."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    @contextmanager
    def database(self, *, empty: bool = False, more: str = "") -> Iterator[str]:
        """Make a database, with a registry's tables unless it is to be `empty`; yields its URL and drops it at the end."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else TEMPLATE} STRATEGY = FILE_COPY {more}")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        if self._connection is None:
            self._connection = psycopg.connect(self.url("postgres"), autocommit=True)
        self._connection.execute(statement)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                return self._execute("SELECT 1")
            except psycopg.OperationalError:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text()}") from None
                time.sleep(0.05)

    def _program(self, name: str) -> list[str]:
        return [str(self._binaries / name)]

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, **self._as)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def find_binaries() -> Path | None:
    """The folder of the server's programs: the one on PATH, what pg_config names, or where Debian puts them, newest first."""
    candidates = [Path(found).resolve().parent for found in filter(None, map(shutil.which, PROGRAMS))]
    if config := shutil.which("pg_config"):
        named = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.append(Path(named))
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda path: [int(part) for part in path.parent.name.split(".")], reverse=True)
    return next((path for path in candidates if all((path / name).is_file() for name in PROGRAMS)), None)


def _roomy() -> str:
    try:
        has_room = shutil.disk_usage(MEMORY).free >= ROOM and os.access(MEMORY, os.W_OK)
    except OSError:
        has_room = False
    return str(MEMORY) if has_room else "/tmp"


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Give the folder to the user as whom the server runs; it refuses to run as root."""
    settings: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL}
    if os.geteuid() != 0:
        return settings
    import pwd

    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return settings | {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for all tests of this process; tests that need it are skipped where its programs are missing."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("the programs of PostgreSQL are not installed; on Debian and Ubuntu: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="rr-pg-", dir=_roomy()))
    server = PostgresServer(folder, binaries)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a database of one's own, with the tables of an empty registry."""
    with postgres_server.database() as url:
        yield url

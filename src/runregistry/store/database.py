"""One database, SQLite or PostgreSQL, opened, recognised and guarded.

Only this module and its neighbours `connections` and `migrations` know which database it is. Reads see one snapshot; writes are
one transaction that starts by locking the event counter, so that there is one writer at a time on both databases, events are
numbered in the order in which they are committed, and no update is lost.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from runregistry.errors import DamagedFile, MigrationNeeded, SettingsError, StoreCorrupt, StoreError, UsageError
from runregistry.store import schema
from runregistry.store.connections import DAMAGED, USUAL_PATIENCE, Patience, faults_of, open_engine, reason
from runregistry.store.gate import pass_gate
from runregistry.store.migrations import create_tables, migrate, revision_of
from runregistry.store.mirror_tables import info as mirror_info
from runregistry.store.turns import Turns

__all__ = ["Database", "normalise_url"]

# "RRgy" in ASCII: how a SQLite file says whose it is (PRAGMA application_id), and on PostgreSQL the lock for making tables.
_APPLICATION_ID = 0x52526779


def normalise_url(database: str | os.PathLike[str]) -> URL:
    """Turn what a user writes into a database URL.

    Parameters
    ----------
    database : str or path
        ``sqlite:///file.db``, ``sqlite://`` (in memory), ``postgresql://user@host/name``, or the path of a SQLite file.

    Raises
    ------
    SettingsError
        The text is no URL of a database that the registry can live in.
    """
    text = os.fspath(database)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # the second one is of a port that is no number
        raise SettingsError(f"{text!r} is not a database URL; write sqlite:///file.db or postgresql://user@host/name") from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise SettingsError(f"the registry lives on SQLite or PostgreSQL, not on {backend!r}; write sqlite:///… or postgresql://…")


class Database:
    """An open database, with its tables made if it was empty.

    Parameters
    ----------
    database : str or path
        See `normalise_url`.
    patience : Patience
        How long to wait for what.
    any_revision : bool
        True opens a registry of any release, for who migrates it.
    as_mirror : bool
        Whether the caller knows that it may be a mirror, and keeps it; all others can't change one.

    Attributes
    ----------
    is_mirror : bool
        Whether it holds what another registry had when it was read.

    Raises
    ------
    StoreCorrupt
        The file is no SQLite file, is damaged, or holds something else than a registry.
    MigrationNeeded
        The registry was made by another release of the package.
    """

    def __init__(
        self,
        database: str | os.PathLike[str],
        *,
        patience: Patience = USUAL_PATIENCE,
        any_revision: bool = False,
        as_mirror: bool = False,
    ) -> None:
        self.is_mirror = False
        self._as_mirror = as_mirror
        self.url = normalise_url(database)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.in_memory = self.is_sqlite and self.url.database in (None, "", ":memory:")
        # A database in memory is its connection, and there is just one: everyone takes a turn, in the order of asking.
        self._turn: Callable[[], AbstractContextManager[None]] = Turns(patience.lock_s).turn if self.in_memory else nullcontext
        self._check_folder()
        self.engine = open_engine(self.url, patience)
        self._readers = self._reading_engine()
        try:
            self._recognise(any_revision)
        except (OperationalError, DatabaseError, sqlite3.Error) as error:
            self.close()
            if "not a database" in reason(error):
                raise StoreCorrupt(f"{self.name} is not a SQLite file; name another file for the registry") from error
            if DAMAGED in reason(error):
                raise DamagedFile(f"the file {self.name} is damaged ({reason(error)}); restore it from a backup") from error
            raise StoreError(f"can't open the database {self.name}: {reason(error)}") from error
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """The database in words, without a password."""
        return self.url.render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None if it has none."""
        return Path(str(self.url.database)).expanduser() if self.is_sqlite and not self.in_memory else None

    def close(self) -> None:
        """Give back every connection. The object can't be used afterwards."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that sees one snapshot of the database.

        Raises
        ------
        StoreError
            The database does not answer; see `runregistry.store.connections.faults_of`.
        """
        with faults_of(self.name), self._turn(), self._readers.connect() as connection:
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the one writing transaction; it is committed at the end, or rolled back whole.

        Raises
        ------
        StoreConflict
            Another writer held the database for longer than the time-out. Nothing was stored.
        StoreError
            The database refused the change, or does not answer; see `runregistry.store.connections.faults_of`.
        UsageError
            It is a mirror.
        """
        self._check_may_write()
        with self._transaction() as connection:
            if not self.is_sqlite:
                # What SQLite's BEGIN IMMEDIATE does for the whole file; the lock is given in the order of asking.
                counter = schema.counter.c
                connection.execute(select(counter.value).where(counter.name == "event").with_for_update())
            yield connection
            pass_gate()

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        """Open a writing transaction that may make and alter tables, for as long as it takes; nobody else does so meanwhile."""
        with self._transaction(whole=True) as connection:
            if self.is_sqlite:
                yield connection
                self._check_foreign_keys(connection)
                return
            connection.execute(select(func.set_config("statement_timeout", "0", True)))
            connection.execute(select(func.pg_advisory_xact_lock(_APPLICATION_ID)))
            yield connection

    def migrate(self) -> str | None:
        """Bring the registry to the schema of this release, in one transaction; return the one that it had."""
        self._check_may_write()
        with self.altering() as connection:
            found = revision_of(connection)
            if found is not None and found.isdecimal() and int(found) > int(schema.SCHEMA_VERSION):
                self._check_revision(found)
            migrate(connection)
        return found

    def _check_may_write(self) -> None:
        if self.is_mirror and not self._as_mirror:
            raise UsageError(
                f"{self.name} is a mirror: it changes only when runregistry mirror sync reads the registry that it is of again."
                " Change that one, or name another database"
            )

    @contextmanager
    def _transaction(self, *, whole: bool = False) -> Iterator[Connection]:
        """Open a transaction; `whole`: SQLite checks references at its end only, since it alters tables by making them anew."""
        with faults_of(self.name), self._turn(), self.engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            if whole and self.is_sqlite:
                self._set_outside_transaction(connection, "PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                if whole and self.is_sqlite:
                    self._set_outside_transaction(connection, "PRAGMA foreign_keys = ON")

    @staticmethod
    def _set_outside_transaction(connection: Connection, pragma: str) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(pragma)

    def _check_foreign_keys(self, connection: Connection) -> None:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreCorrupt(f"{self.name}: row {broken[1]} of {broken[0]} refers to a row of {broken[2]} that is not there")

    def _reading_engine(self) -> Engine:
        if self.is_sqlite:
            return self.engine  # every transaction of SQLite is a snapshot
        return self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def _check_folder(self) -> None:
        if self.is_sqlite and not self.in_memory:
            folder = Path(str(self.url.database)).expanduser().parent
            if not folder.is_dir():
                raise StoreError(f"can't open the database {self.name}: the folder {folder} does not exist; make it first")

    def _recognise(self, any_revision: bool) -> None:
        """Make the tables in an empty database; refuse one that is not ours, or of another release."""
        with self.engine.connect() as connection:
            tables = self._table_names(connection)
            connection.rollback()
        if not tables:
            self._create()
            return
        if schema.registry_info.name not in tables or schema.run_event.name not in tables:
            raise StoreCorrupt(f"{self.name} is a database, but not a run registry; name another file, or an empty database")
        self.is_mirror = mirror_info.name in tables
        with self.reading() as connection:
            found = revision_of(connection)
        if not any_revision:
            self._check_revision(found)

    def _check_revision(self, found: str | None) -> None:
        needed = schema.SCHEMA_VERSION
        if found == needed:
            return
        if self.is_mirror:
            raise MigrationNeeded(
                f"the mirror {self.name} was made by another release of runregistry (its tables are of schema {found}, this"
                f" release needs {needed}); move it away, and make it again: runregistry mirror sync"
            )
        if found is not None and found.isdecimal() and int(found) > int(needed):
            raise MigrationNeeded(
                f"{self.name} has the tables of schema {found}, which is newer than this release of runregistry ({needed});"
                " install the release that made them, or a newer one"
            )
        raise MigrationNeeded(
            f"{self.name} has the tables of schema {found}, this release of runregistry needs {needed}; make a backup, then run:"
            f" runregistry admin migrate --database {self.name}"
        )

    def _table_names(self, connection: Connection) -> set[str]:
        names = set(inspect(connection).get_table_names())
        if self.is_sqlite and names:
            owner = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
            if owner != _APPLICATION_ID:
                raise StoreCorrupt(f"{self.name} is a SQLite file of another program; name another file for the registry")
        return names

    def _create(self) -> None:
        if self.is_sqlite and not self.in_memory:
            with self.engine.connect() as connection:
                # A property of the file: readers never wait for the writer.
                self._set_outside_transaction(connection, "PRAGMA journal_mode = WAL")
        with self.altering() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
            else:
                self._check_encoding(connection)
            # Two processes may open the same empty database: the second finds the tables made.
            create_tables(connection)

    def _check_encoding(self, connection: Connection) -> None:
        encoding = connection.scalar(select(func.current_setting("server_encoding")))
        if encoding != "UTF8":
            raise StoreError(
                f"the database {self.name} keeps text as {encoding}, and the registry needs UTF8; make one with:"
                " CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'"
            )

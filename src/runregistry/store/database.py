"""One database, SQLite or PostgreSQL, opened, recognised and guarded.

Only this module knows which database it is. Reads see one snapshot; writes are one transaction that starts by locking the event
counter, so that events are numbered in the order in which they are committed and no update is lost.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import QueuePool

from runregistry.errors import MigrationNeeded, MissingExtraError, SettingsError, StoreConflict, StoreCorrupt, StoreError
from runregistry.store import schema
from runregistry.store.turns import Turns

__all__ = ["Database", "normalise_url"]

# "RRgy" in ASCII: how a SQLite file says whose it is (PRAGMA application_id).
_APPLICATION_ID = 0x52526779
_BUSY_TIMEOUT_S = 30.0


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

    Raises
    ------
    StoreCorrupt
        The file is no SQLite file, or holds something else than a registry.
    MigrationNeeded
        The registry was made by another version of the package.
    """

    def __init__(self, database: str | os.PathLike[str]) -> None:
        self.url = normalise_url(database)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.in_memory = self.is_sqlite and self.url.database in (None, "", ":memory:")
        # A database in memory is its connection, and there is just one: everyone takes a turn, in the order of asking.
        self._turn: Callable[[], AbstractContextManager[None]] = Turns(_BUSY_TIMEOUT_S).turn if self.in_memory else nullcontext
        self.engine = self._create_engine()
        try:
            self._recognise()
        except (OperationalError, DatabaseError, sqlite3.Error) as error:
            self.close()
            if "not a database" in _reason(error):
                raise StoreCorrupt(f"{self.name} is not a SQLite file; name another file for the registry") from error
            raise StoreError(f"can't open the database {self.name}: {_reason(error)}") from error
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """The database in words, without a password."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give back every connection. The object can't be used afterwards."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection that sees one snapshot of the database."""
        with self._turn(), self.engine.connect() as connection:
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
        """
        try:
            with self._turn(), self._writing_connection() as connection, connection.begin():
                yield connection
        except OperationalError as error:
            if _is_busy(error):
                raise StoreConflict(f"another process is writing to {self.name}; nothing was stored, try again") from error
            raise StoreError(f"the database {self.name} refused the change, nothing was stored: {_reason(error)}") from error

    def _writing_connection(self) -> Connection:
        return self.engine.connect().execution_options(writes=True)

    def _create_engine(self) -> Engine:
        if self.is_sqlite and not self.in_memory:
            folder = Path(str(self.url.database)).expanduser().parent
            if not folder.is_dir():
                raise StoreError(f"can't open the database {self.name}: the folder {folder} does not exist; make it first")
        options: dict[str, Any] = {"poolclass": QueuePool, "pool_pre_ping": not self.is_sqlite}
        if self.is_sqlite:
            options["connect_args"] = {"check_same_thread": False, "timeout": _BUSY_TIMEOUT_S}
        if self.in_memory:
            options |= {"pool_size": 1, "max_overflow": 0}
        try:
            engine = create_engine(self.url, **options)
        except (NoSuchModuleError, ImportError) as error:
            raise MissingExtraError("A registry on PostgreSQL", "postgres") from error
        if self.is_sqlite:
            event.listen(engine, "connect", self._on_sqlite_connect)
            event.listen(engine, "begin", _on_sqlite_begin)
        return engine

    def _on_sqlite_connect(self, connection: Any, _record: Any) -> None:
        # The driver must not start transactions of its own: `_on_sqlite_begin` says when and how.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")

    def _recognise(self) -> None:
        """Make the tables in an empty database; refuse one that is not ours."""
        with self.engine.connect() as connection:
            tables = self._table_names(connection)
            connection.rollback()
        if not tables:
            self._create()
            return
        if schema.registry_info.name not in tables or schema.run_event.name not in tables:
            raise StoreCorrupt(f"{self.name} is a database, but not a run registry; name another file, or an empty database")
        with self.reading() as connection:
            found = connection.scalar(select(schema.registry_info.c.value).where(schema.registry_info.c.key == "schema"))
        if found != schema.SCHEMA_VERSION:
            raise MigrationNeeded(
                f"{self.name} has the tables of schema {found}, this version of runregistry needs {schema.SCHEMA_VERSION}"
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
                # WAL is a property of the file: readers never wait for the writer. It can't be set inside a transaction.
                driver = connection.connection.driver_connection
                assert driver is not None
                connection.rollback()
                driver.execute("PRAGMA journal_mode = WAL")
        with self.writing() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
            # Two processes may open the same empty database: the second finds the tables made.
            schema.metadata.create_all(connection, checkfirst=True)
            known = connection.scalar(select(schema.registry_info.c.value).where(schema.registry_info.c.key == "schema"))
            if known is None:
                connection.execute(insert(schema.registry_info).values(key="schema", value=schema.SCHEMA_VERSION))
                connection.execute(insert(schema.counter).values(name="event", value=0))


def _on_sqlite_begin(connection: Connection) -> None:
    # A writer takes the lock at once: a read that becomes a write later could find the database changed under it.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_busy(error: OperationalError) -> bool:
    text = str(error.orig).lower()
    return "locked" in text or "busy" in text or "deadlock" in text or "lock timeout" in text


def _reason(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).strip()

"""Connections to either database: how many, how long anything may take, and what their errors mean here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from runregistry.errors import DamagedFile, MissingExtraError, StoreConflict, StoreError, UsageError

__all__ = ["DAMAGED", "USUAL_PATIENCE", "Patience", "faults_of", "open_engine", "reason"]

_POOL_SIZE, _POOL_MORE = 8, 8
_POOL_WAIT_S = 30.0
_RECYCLE_S = 1800  # sooner than firewalls forget an idle connection
# PostgreSQL: a lock that was not given, a deadlock, a serialization failure, no connection left.
_BUSY_STATES = frozenset({"55P03", "40P01", "40001", "53300"})
_CANCELLED = "57014"
_FELL_SILENT = "25P03"
DAMAGED = "malformed"  # SQLite's word for a file that it can't read any more


class Patience(NamedTuple):
    """How long is waited, in seconds, before an error says so.

    Attributes
    ----------
    lock_s : float
        For other writers.
    statement_s : float
        For one statement of PostgreSQL.
    idle_s : float
        How long PostgreSQL keeps a transaction of a process that has stopped asking, with everything it has locked.
    """

    lock_s: float = 30.0
    statement_s: float = 120.0
    idle_s: float = 300.0


USUAL_PATIENCE = Patience()


def open_engine(url: URL, patience: Patience) -> Engine:
    """Return the engine of a database; nothing is connected yet.

    Raises
    ------
    MissingExtraError
        The driver of PostgreSQL is not installed.
    """
    try:
        return _sqlite(url, patience) if url.get_backend_name() == "sqlite" else _postgresql(url, patience)
    except (NoSuchModuleError, ImportError) as error:
        raise MissingExtraError("A registry on PostgreSQL", "postgres") from error


@contextmanager
def faults_of(name: str) -> Iterator[None]:
    """Turn errors of a database into those of the registry.

    Raises
    ------
    StoreConflict
        Another writer held the database for too long, or no connection was free. Nothing was stored.
    UsageError
        The database can't hold a value.
    DamagedFile
        The file is damaged.
    StoreError
        Everything else that is not a mistake of this package.
    """
    try:
        yield
    except PoolTimeout as error:
        raise StoreConflict(f"all connections to {name} are in use; nothing was stored, try again") from error
    except DataError as error:
        raise UsageError(f"the database can't hold a value of this, nothing was stored: {reason(error)}") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        raise _translated(name, error) from error
    except DatabaseError as error:
        if DAMAGED not in reason(error):
            raise
        raise DamagedFile(f"the file {name} is damaged ({reason(error)}); restore it from a backup") from error


def reason(error: BaseException) -> str:
    """Return what the driver said."""
    return str(getattr(error, "orig", None) or error).strip()


def _translated(name: str, error: DBAPIError) -> StoreError:
    state, text = getattr(error.orig, "sqlstate", None), reason(error)
    if state in _BUSY_STATES or "database is locked" in text or "database table is locked" in text:
        return StoreConflict(f"another process is writing to {name}; nothing was stored, try again")
    if state == _CANCELLED:
        return StoreError(f"the database {name} took too long, nothing was stored: {text}")
    if error.connection_invalidated or state == _FELL_SILENT:
        return StoreError(f"the connection to {name} was lost; look whether a change was stored before you repeat it: {text}")
    return StoreError(f"the database {name} refused, nothing was stored: {text}")


def _postgresql(url: URL, patience: Patience) -> Engine:
    limits = {
        "lock_timeout": patience.lock_s,
        "statement_timeout": patience.statement_s,
        "idle_in_transaction_session_timeout": patience.idle_s,
    }
    options = [f"-c {name}={round(seconds * 1000)}" for name, seconds in limits.items()]
    # What the operator's URL says comes last, and wins.
    given = url.query.get("options", "")
    # Else the driver gives bytes where the database has no encoding, and nobody gets as far as refusing it.
    arguments = {
        "client_encoding": "utf8",
        "options": " ".join([*options, *([given] if isinstance(given, str) else given)]).strip(),
    }
    if "application_name" not in url.query:
        arguments["application_name"] = "runregistry"
    return create_engine(
        url.difference_update_query(["options"]),
        connect_args=arguments,
        hide_parameters=True,  # they are what people sent, and errors are logged
        pool_size=_POOL_SIZE,
        max_overflow=_POOL_MORE,
        pool_timeout=_POOL_WAIT_S,
        pool_recycle=_RECYCLE_S,
        pool_pre_ping=True,
    )


def _sqlite(url: URL, patience: Patience) -> Engine:
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": patience.lock_s}}
    if url.database in (None, "", ":memory:"):
        options |= {"pool_size": 1, "max_overflow": 0}
    else:
        options |= {"pool_size": _POOL_SIZE, "max_overflow": _POOL_MORE, "pool_timeout": _POOL_WAIT_S}
    engine = create_engine(url, poolclass=QueuePool, hide_parameters=True, **options)
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver must not start transactions of its own: `_on_sqlite_begin` says when and how.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _on_sqlite_begin(connection: Connection) -> None:
    # A writer takes the lock at once: a read that becomes a write later could find the database changed under it.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

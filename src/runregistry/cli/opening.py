"""Opening registries for commands; the packages that this needs are asked for only here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runregistry.errors import MissingExtraError, SettingsError, UsageError

if TYPE_CHECKING:
    from runregistry.client import Client
    from runregistry.store import Store

__all__ = ["check_there", "needing", "open_client", "open_store"]


@contextmanager
def needing(what: str, extra: str) -> Iterator[None]:
    """Say which extra is missing if an import fails.

    Examples
    --------
    >>> try:
    ...     with needing("The picture", "plots"):
    ...         import no_such_package
    ... except MissingExtraError as error:
    ...     error.extra
    'plots'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError(what, extra) from error


@contextmanager
def open_store(database: str | None, settings: Path | None = None) -> Iterator[Store]:
    """Open the database of a registry, which gets tables and settings if it is new, and close it at the end.

    Parameters
    ----------
    database : str, optional
        URL or path of a SQLite file; the embedded registry's if not given.
    settings : path, optional
        For a new registry; those that ship with the package if not given.
    """
    with needing("A registry of your own", "server"):
        from runregistry.local import default_database
        from runregistry.server import ensure_settings
        from runregistry.store import Store
    with Store(database or default_database()) as store:
        ensure_settings(store, settings)
        yield store


@contextmanager
def open_client(target: str | None, database: str | None) -> Iterator[Client]:
    """Open a client of the registry that a command asks.

    Parameters
    ----------
    target : str, optional
        Name or URL; what ``ENVIRONMENT`` says, or production, if not given.
    database : str, optional
        Database of an embedded registry; makes ``embedded`` the target.
    """
    from runregistry.client import Client, read_settings

    if database is not None and target not in (None, "embedded"):
        raise UsageError(f"--database is for an embedded registry, it can't be used with --target {target}")
    if database is not None or read_settings(target).target_name == "embedded":
        target = "embedded"
        with needing("The embedded registry", "server"):
            from runregistry.local import default_database
        check_there(database or default_database())
    with Client(target, database=database) as client:
        yield client


def check_there(database: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return a database, unless it is a file that does not exist.

    Raises
    ------
    SettingsError
        A question must not leave an empty registry behind where a name was mistyped.
    """
    with needing("A registry of your own", "server"):
        from runregistry.store.database import normalise_url
    url = normalise_url(database)
    if url.get_backend_name() == "sqlite" and url.database and not os.path.exists(url.database):
        raise SettingsError(
            f"there is no registry at {url.database}; runregistry demo, load or admin init make one, --database names another"
        )
    return database

"""The file of a mirror: where it is, whether it is one, whether it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runregistry.client.settings import environment
from runregistry.errors import MigrationNeeded, SettingsError, UsageError
from runregistry.mirror.reports import Status
from runregistry.store import Store

__all__ = ["FORMAT", "check_mirror", "default_mirror", "open_mirror", "opened", "set_aside", "status"]

FORMAT = "1"


def default_mirror() -> Path:
    """Return the file of the mirror: ``RUNREGISTRY_MIRROR``, else one in the user's data folder."""
    named = environment().get("RUNREGISTRY_MIRROR", "").strip()
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return Path(user_data_path("runregistry", appauthor=False)) / "mirror.sqlite"


def open_mirror(path: str | os.PathLike[str] | None = None) -> Store:
    """Open a mirror that is there; the caller closes it.

    Raises
    ------
    SettingsError
        There is none at this path.
    StoreError
        It is damaged, was made by another release, or is no mirror.
    """
    file = Path(path) if path is not None else default_mirror()
    if not file.is_file():
        raise SettingsError(f"there is no mirror at {file}; make one: runregistry mirror sync --mirror {file}")
    store = Store(file, as_mirror=True)
    try:
        check_mirror(store)
    except BaseException:
        store.close()
        raise
    return store


@contextmanager
def opened(path: str | os.PathLike[str] | None = None) -> Iterator[Store]:
    """Open a mirror, and close it at the end; see `open_mirror`."""
    store = open_mirror(path)
    try:
        yield store
    finally:
        store.close()


def check_mirror(store: Store) -> None:
    """Raise unless a database is a mirror of this release."""
    if not store.database.is_mirror:
        raise UsageError(f"{store.database.name} is a registry, and no mirror; name another file with --mirror")
    with store.reading() as connection:
        found = store.mirrored.about(connection).get("format")
    if found != FORMAT:
        raise MigrationNeeded(
            f"the mirror {store.database.name} has format {found}, this release of runregistry reads {FORMAT}; move it away, and"
            " make it again: runregistry mirror sync"
        )


def set_aside(path: Path) -> Path:
    """Give a damaged file another name, with all that belongs to it, and return that."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside


def status(path: str | os.PathLike[str] | None = None, *, check: bool = False) -> Status:
    """Return how a mirror stands.

    Parameters
    ----------
    path : path, optional
        The mirror; `default_mirror` if not given.
    check : bool
        Whether every row is read, and compared with what was stored.

    Raises
    ------
    SettingsError, StoreError
        There is no mirror, or it can't be read at all.
    """
    with opened(path) as store, store.reading() as connection:
        about, counts = store.mirrored.about(connection), store.mirrored.counts(connection)
        claims = store.mirrored.claims(connection)
        damage = list(store.mirrored.damage(connection)) if check else None
        assert store.database.file is not None
        size = store.database.file.stat().st_size / 1e6
        name = os.fspath(store.database.file)
        return Status(name, about["source"], claims, counts["runs"], counts["datasets"], counts["jsons"], size, damage)

"""What can be wrong with an embedded registry; no registry is made by looking for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from runregistry.cli.opening import needing
from runregistry.client.doctor import FAIL, OK, WARN, Check, check_answers
from runregistry.errors import MigrationNeeded, MissingExtraError, RunRegistryError, SettingsError, StoreCorrupt

if TYPE_CHECKING:
    from runregistry.client import Settings

__all__ = ["check_embedded"]


def check_embedded(settings: Settings, database: str | None) -> Iterator[Check]:
    """Yield how an embedded registry stands: its packages, its file, its tables, and whether it answers."""
    try:
        with needing("The embedded registry", "server"):
            from runregistry.local import default_database, transport
            from runregistry.store.database import normalise_url
        named = database or default_database()
        url = normalise_url(named)
    except MissingExtraError as fault:
        yield Check("embedded", FAIL, str(fault), "pip install 'runregistry[server]'")
        return
    except RunRegistryError as fault:
        yield Check("database", FAIL, str(fault), "name another with --database or in RUNREGISTRY_DATABASE")
        return
    said_by = "--database" if database else "RUNREGISTRY_DATABASE, or the usual place"
    if url.get_backend_name() == "sqlite":
        found = _check_file(Path(url.database or ":memory:"), said_by)
        yield found
        if found.status != OK:
            return
    else:
        yield Check("database", OK, f"{url.render_as_string(hide_password=True)}, from {said_by}")
    try:
        opened = transport(named)
    except RunRegistryError as fault:
        yield Check("tables", FAIL, str(fault), _way_out(fault))
        return
    yield Check("tables", OK, "those of this release")
    yield from check_answers(settings, opened)


def _check_file(path: Path, said_by: str) -> Check:
    shown = f"{path}, from {said_by}"
    if not path.exists():
        step = "runregistry demo, load or admin init make one; --database or RUNREGISTRY_DATABASE name another"
        return Check("database", WARN, f"there is none yet at {shown}", step)
    if not path.is_file():
        return Check("database", FAIL, f"not a file: {shown}", "name another with --database or in RUNREGISTRY_DATABASE")
    if path.stat().st_size == 0:
        return Check("database", WARN, f"empty: {shown}", "runregistry admin init makes its tables")
    closed = next((place for place in (path, path.parent) if not os.access(place, os.R_OK | os.W_OK)), None)
    if closed is not None:
        # SQLite keeps its journal beside the file.
        return Check("database", FAIL, f"{closed} can't be read and written: {shown}", f"ls -ld {closed}: whose is it?")
    return Check("database", OK, f"{shown}; {path.stat().st_size / 1e6:.1f} MB, can be written")


def _way_out(fault: RunRegistryError) -> str:
    if isinstance(fault, MigrationNeeded):
        return "make a backup, then runregistry admin migrate; or install the release that made it"
    if isinstance(fault, StoreCorrupt):
        return "name another file with --database or in RUNREGISTRY_DATABASE, or restore a backup"
    if isinstance(fault, SettingsError):
        return "runregistry admin import-settings gives it settings"
    return "is another program holding it, or the disk full?"

"""The classifiers that are in force, parsed once for each state of the configuration."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from runregistry.engine import OfflineClassifiers, OnlineClassifiers, RunClassifiers, by_component
from runregistry.store import Store

__all__ = ["ActiveClassifiers", "active_classifiers"]


class ActiveClassifiers(NamedTuple):
    """What decides about a run: its class and significance, its components, and those of its offline datasets."""

    run: RunClassifiers
    online: OnlineClassifiers
    offline: OfflineClassifiers


def active_classifiers(store: Store, connection: Connection) -> ActiveClassifiers:
    """Return the classifiers that are in force."""
    families = {name: _fields(store, connection, name) for name in ("class", "dataset", "component")}
    columns = {half: _column_names(store, connection, half) for half in ("online", "offline")}
    return _parsed(msgspec.json.encode((families, columns)))


@lru_cache(maxsize=8)
def _parsed(encoded: bytes) -> ActiveClassifiers:
    # Keyed by the content, so that a change of configuration, in this process or another, is never missed.
    families, columns = msgspec.json.decode(encoded)
    named = {half: {int(number): name for number, name in columns[half]} for half in columns}
    return ActiveClassifiers(
        RunClassifiers(families["class"], families["dataset"]),
        OnlineClassifiers(by_component(families["component"], named["online"])),
        OfflineClassifiers(by_component(families["component"], named["offline"])),
    )


def _fields(store: Store, connection: Connection, family: str) -> list[dict[str, Any]]:
    return [{"id": item.id, **item.fields} for item in store.configuration.items(connection, family)]


def _column_names(store: Store, connection: Connection, half: str) -> list[tuple[int, str]]:
    rows = store.configuration.workspaces(connection, half)
    return [(column.id, f"{row.workspace}-{column.name}") for row in rows for column in row.columns]

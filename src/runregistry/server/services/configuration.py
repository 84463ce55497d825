"""Classifiers, accepted datasets, permissions and workspaces, as the service shows and takes them.

Items are never changed: an edit makes a new one with a new id, and the old one stays in the history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import UsageError
from runregistry.server.identity import Permission
from runregistry.server.services.families import (
    FAMILIES,
    check_category,
    check_item,
    item_object,
    removed_object,
)
from runregistry.server.services.values import integer
from runregistry.store import Item, Store

__all__ = [
    "add_item",
    "edit_item",
    "list_accepted_datasets",
    "list_classifiers",
    "list_classifiers_of_component",
    "list_component_classifiers",
    "list_workspaces",
    "read_permissions",
    "remove_item",
]

_HALVES = ("online", "offline")
# Asked about the item that is about to go; raises if it must stay.
MayChange = Callable[[Item], None]


def list_classifiers(store: Store, category: str) -> list[dict[str, Any]]:
    """Return the classifiers of a category that are in force."""
    check_category(category)
    return _list(store, category)


def list_component_classifiers(store: Store, half: str) -> list[dict[str, Any]]:
    """Return the component classifiers of the online or offline half, each with its column and workspace."""
    if half not in _HALVES:
        raise UsageError("component classifiers must be either online or offline")
    with store.reading() as connection:
        columns = _columns_of_half(store, connection, half)
        items = _items(store, connection, "component")
    return [item | {"WorkspaceColumn": columns[item["component"]]} for item in items if item["component"] in columns]


def list_classifiers_of_component(store: Store, category: str, component: object) -> list[dict[str, Any]]:
    """Return the classifiers of one workspace column.

    Raises
    ------
    UsageError
        Classifiers of this category are for no column.
    """
    check_category(category)
    if category != "component":
        model = FAMILIES[category].model
        raise UsageError(f"column {model}.component does not exist: only classifiers of category component are for a column")
    number = integer(component, "component")
    return [item for item in _list(store, category) if item["component"] == number]


def list_accepted_datasets(store: Store, run_class: str | None = None) -> list[dict[str, Any]]:
    """Return which datasets a run that leaves OPEN gets, of all run classes or of one."""
    return [item for item in _list(store, "datasets_accepted") if run_class is None or item["class"] == run_class]


def list_workspaces(store: Store, half: str) -> list[dict[str, Any]]:
    """Return the workspaces of one half with their columns; of a half that does not exist, none."""
    with store.reading() as connection:
        rows = store.configuration.workspaces(connection, half)
    return [
        _workspace_object(row)
        | {"columns": [column.name for column in row.columns], "columns_with_id": list(map(_column_object, row.columns))}
        for row in rows
    ]


def read_permissions(store: Store, connection: Connection) -> list[Permission]:
    """Return the permissions that are in force."""
    items = store.configuration.items(connection, "permission")
    return [Permission(item.fields["egroup"], tuple(item.fields["routes"])) for item in items]


def add_item(store: Store, family: str, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Add an item to a family; the body holds its fields, other keys are ignored."""
    _check_family(family)
    fields = check_item(family, body)
    with store.changing() as connection:
        _check_column(store, connection, family, fields)
        if FAMILIES[family].is_classifier:
            fields |= {"created_by": by or None, "updated_by": None}
        return item_object(family, store.configuration.add(connection, family, fields, by))


def edit_item(
    store: Store, family: str, number: object, body: Mapping[str, Any], by: str, may_change: MayChange | None = None
) -> dict[str, Any]:
    """Put a new item in the place of one that is in force; what the body lacks is not taken from the old one.

    Parameters
    ----------
    may_change : callable, optional
        Asked about the old item, inside the transaction; raises if the user may not replace it.

    Raises
    ------
    Conflict
        The item is not in force (any more), with the service's text.
    """
    _check_family(family)
    item_id = integer(number, "id")
    with store.changing() as connection:
        old = _in_force(store, connection, family, item_id, may_change)
        fields = check_item(family, body)
        _check_column(store, connection, family, fields)
        if FAMILIES[family].is_classifier:
            # Who made it decides about rights, so the body has no say in it.
            fields |= {"created_by": old.fields.get("created_by") if old else None, "updated_by": by or None}
        return item_object(family, store.configuration.replace(connection, family, item_id, fields, by))


def remove_item(store: Store, family: str, number: object, by: str, may_change: MayChange | None = None) -> dict[str, Any]:
    """Take an item out of force; return what it was.

    Raises
    ------
    NotFound
        No such item is in force, with the service's text.
    """
    _check_family(family)
    item_id = integer(number, "id")
    with store.changing() as connection:
        _in_force(store, connection, family, item_id, may_change)
        return removed_object(store.configuration.remove(connection, family, item_id, by))


def _check_family(family: str) -> None:
    if family != "datasets_accepted":
        check_category(family)


def _in_force(store: Store, connection: Connection, family: str, number: int, may_change: MayChange | None) -> Item | None:
    """Return an item that may be changed; None if there is none, which the store refuses in its own words."""
    item = next((item for item in store.configuration.items(connection, family) if item.id == number), None)
    if item is not None and may_change is not None:
        may_change(item)
    return item


def _check_column(store: Store, connection: Connection, family: str, fields: Mapping[str, Any]) -> None:
    if family != "component":
        return
    number = fields["component"]
    known = [column.id for half in _HALVES for row in store.configuration.workspaces(connection, half) for column in row.columns]
    if number not in known:
        raise UsageError(
            f"component {number} is no id of a workspace column; /workspaces/online and /workspaces/offline list them"
        )


def _list(store: Store, family: str) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return _items(store, connection, family)


def _items(store: Store, connection: Connection, family: str) -> list[dict[str, Any]]:
    """Return a family's items; each names, as the service does, the list and the settings that it belongs to."""
    settings = store.configuration.current_settings(connection)
    shape = FAMILIES[family]
    row = {"id": settings.id, "metadata": {"by": settings.by}, "createdAt": settings.created_at}
    row |= {other.list_id: settings.lists[name] for name, other in FAMILIES.items()}
    number = settings.lists[family]
    answer = []
    for item in store.configuration.items(connection, family):
        entries = {"id": item.id, shape.list_id: number}
        lists = [{"id": number, f"{shape.model}Entries": entries, "Settings": [row]}]
        answer.append(item_object(family, item) | {f"{shape.model}Lists": lists})
    return answer


def _columns_of_half(store: Store, connection: Connection, half: str) -> dict[int, dict[str, Any]]:
    rows = store.configuration.workspaces(connection, half)
    return {column.id: _column_object(column) | {"Workspace": _workspace_object(row)} for row in rows for column in row.columns}


def _workspace_object(row: Any) -> dict[str, Any]:
    dates = {"createdAt": row.created_at, "updatedAt": row.updated_at}
    return {"id": row.id, "workspace": row.workspace, "online_or_offline": row.online_or_offline} | dates


def _column_object(row: Any) -> dict[str, Any]:
    dates = {"createdAt": row.created_at, "updatedAt": row.updated_at}
    return {"id": row.id, "id_workspace": row.id_workspace, "name": row.name} | dates
